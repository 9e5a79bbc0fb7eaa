package main

import (
	"context"
	"fmt"
	"strings"
)

func (a *app) runCompletion(_ context.Context, words []string) error {
	scripts := map[string]func() string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	script, ok := scripts[words[0]]
	if !ok {
		return &usageError{msg: "completion: " + oneOf(words[0], shells).Error(), try: "monc completion bash"}
	}
	return a.print(script())
}

// visible returns the flags that are worth offering.
func visible(flags []*flag) []*flag {
	var list []*flag
	for _, f := range flags {
		if !f.hidden {
			list = append(list, f)
		}
	}
	return list
}

// spellings returns all ways to write a flag.
func (f *flag) spellings() []string {
	var list []string
	if f.short != "" {
		list = append(list, "-"+f.short)
	}
	for _, l := range f.long {
		list = append(list, "--"+l)
	}
	return list
}

// flagWords returns the words to offer where an option may stand: the long form of each.
func flagWords(flags []*flag) string {
	var words []string
	for _, f := range visible(flags) {
		words = append(words, f.spelling())
	}
	return strings.Join(words, " ")
}

// everyFlag returns the global flags and those of all commands, each once.
func everyFlag() []*flag {
	list := append([]*flag(nil), globalFlags...)
	seen := make(map[*flag]bool)
	for _, c := range commands {
		for _, f := range c.flags {
			if !seen[f] {
				seen[f] = true
				list = append(list, f)
			}
		}
	}
	return list
}

func bashCompletion() string {
	var b strings.Builder
	b.WriteString(`# Completion of monc for bash: source <(monc completion bash)

_monc_files() {
	local IFS=$'\n'
	COMPREPLY=($(compgen -f -- "$1"))
	compopt -o filenames 2>/dev/null
}

# The cluster's own commands: monc asks it. Of --name=value bash wants the value only.
_monc_cluster() {
	local IFS=$'\n' line program=${COMP_WORDS[0]/#\~\//$HOME/}
	for line in $("$program" ` + completeVerb + ` "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
		line=${line%%$'\t'*}
		case "$cur$prev" in
		=*|*=) line=${line#--*=} ;;
		esac
		COMPREPLY+=("$line")
	done
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == --*= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

_monc() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i
	COMPREPLY=()
	# The command is the first word that is no option and no option's value.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
`)
	fmt.Fprintf(&b, "\t\t%s) ((i++)) ;;\n", strings.Join(withValue(), "|"))
	b.WriteString("\t\t-*) ;;\n\t\t*) command=${COMP_WORDS[i]}; break ;;\n\t\tesac\n\tdone\n\n\tcase $prev in\n")
	for _, f := range everyFlag() {
		if f.arg == "" {
			continue
		}
		pattern := strings.Join(f.spellings(), "|")
		switch {
		case f.file:
			fmt.Fprintf(&b, "\t%s) _monc_files \"$cur\"; return ;;\n", pattern)
		case len(f.values) > 0:
			fmt.Fprintf(&b, "\t%s) COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n", pattern, strings.Join(f.values, " "))
		default:
			fmt.Fprintf(&b, "\t%s) return ;;\n", pattern)
		}
	}
	fmt.Fprintf(&b, "\tesac\n\n\tlocal flags=\"%s\" words=\n\tcase $command in\n\t\"\") words=\"%s\" ;;\n", flagWords(globalFlags), strings.Join(commandNames(), " "))
	for _, c := range commands {
		if len(c.flags)+len(c.words) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\t%s)", c.name)
		if len(c.flags) > 0 {
			fmt.Fprintf(&b, " flags+=\" %s\"", flagWords(c.flags))
		}
		if len(c.words) > 0 {
			if len(c.flags) > 0 {
				b.WriteString(";")
			}
			fmt.Fprintf(&b, " words=\"%s\"", strings.Join(c.words, " "))
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString(`	esac
	local cluster=
	case $command in
	command) cluster=1 ;;
	help) for ((i++; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} == command ]] && cluster=1 words=; done ;;
	esac
	case $cur in
	-*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
	esac
	if [[ -n $cluster ]]; then
		_monc_cluster
	fi
}

complete -F _monc monc
`)
	return b.String()
}

// withValue returns all spellings of flags that take a value.
func withValue() []string {
	var list []string
	for _, f := range everyFlag() {
		if f.arg != "" {
			list = append(list, f.spellings()...)
		}
	}
	return list
}

// quoted makes one word of text for zsh and fish, in single quotes.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func zshCompletion() string {
	var b strings.Builder
	b.WriteString(`#compdef monc
# Completion of monc for zsh: monc completion zsh > a directory of $fpath, as _monc

# The cluster's own commands: monc asks it.
_monc_cluster() {
	local -a lines plain
	local line
	lines=("${(@f)$("${(Q)_monc_words[1]/#\~\//$HOME/}" ` + completeVerb + ` "${(@Q)_monc_words[2,_monc_at]}" 2>/dev/null)}")
	for line in $lines; do
		plain+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	(( $#plain )) && _describe -t cluster-commands "cluster's command" plain
}

_monc() {
	local curcontext=$curcontext state line
	local -a _monc_words=("${words[@]}")
	local _monc_at=$CURRENT
	typeset -A opt_args
	_arguments -C -S \
`)
	for _, f := range visible(globalFlags) {
		fmt.Fprintf(&b, "\t\t%s \\\n", zshFlag(f))
	}
	b.WriteString("\t\t'1:command:->command' \\\n\t\t'*::argument:->argument' && return\n\n\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "\t\t\t%s\n", quoted(c.name+":"+c.summary))
	}
	b.WriteString("\t\t)\n\t\t_describe -t commands 'monc command' commands\n\t\t;;\n\targument)\n\t\tcase $line[1] in\n")
	for _, c := range commands {
		if len(c.flags)+len(c.words) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\t\t%s)\n", c.name)
		switch c.name {
		case "command":
			b.WriteString("\t\t\t_monc_cluster && return\n")
		case "help":
			b.WriteString("\t\t\tif (( ${line[(I)command]} > 1 )); then\n\t\t\t\t_monc_cluster\n\t\t\t\treturn\n\t\t\tfi\n")
		}
		b.WriteString("\t\t\t_arguments -S")
		for _, f := range append(visible(globalFlags), c.flags...) {
			fmt.Fprintf(&b, " \\\n\t\t\t\t%s", zshFlag(f))
		}
		if len(c.words) > 0 {
			words := make([]string, len(c.words))
			for i, w := range c.words {
				words[i] = strings.ReplaceAll(w, ":", `\:`)
			}
			which := "*"
			if c.maxWords == 1 {
				which = "1"
			}
			fmt.Fprintf(&b, " \\\n\t\t\t\t%s", quoted(fmt.Sprintf("%s:argument:(%s)", which, strings.Join(words, " "))))
		}
		b.WriteString("\n\t\t\t;;\n")
	}
	b.WriteString("\t\tesac\n\t\t;;\n\tesac\n}\n\nif [ \"$funcstack[1]\" = _monc ]; then\n\t_monc \"$@\"\nelse\n\tcompdef _monc monc\nfi\n")
	return b.String()
}

// zshFlag is the flag as _arguments wants it.
func zshFlag(f *flag) string {
	help := strings.NewReplacer("[", "(", "]", ")", ":", ",").Replace(f.help)
	tail := "[" + help + "]"
	switch {
	case f.file:
		tail += ":" + strings.ToLower(f.arg) + ":_files"
	case len(f.values) > 0:
		tail += ":" + strings.ToLower(f.arg) + ":(" + strings.Join(f.values, " ") + ")"
	case f.arg != "":
		tail += ":" + strings.ToLower(f.arg) + ": "
	}
	names := f.spellings()
	if len(names) == 1 {
		return quoted(names[0] + tail)
	}
	return fmt.Sprintf("'(%s)'{%s}%s", strings.Join(names, " "), strings.Join(names, ","), quoted(tail))
}

func fishCompletion() string {
	var b strings.Builder
	b.WriteString("# Completion of monc for fish: monc completion fish > ~/.config/fish/completions/monc.fish\n\ncomplete -c monc -f\n")
	b.WriteString(`
# The cluster's own commands: monc asks it.
function __monc_cluster
    set -l words (commandline -opc)
    $words[1] ` + completeVerb + ` $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c monc -n "__fish_seen_subcommand_from command" -a "(__monc_cluster)"

`)
	fmt.Fprintf(&b, "set -l commands %s\n", strings.Join(commandNames(), " "))
	for _, f := range visible(globalFlags) {
		fmt.Fprintf(&b, "complete -c monc%s\n", fishFlag(f))
	}
	for _, c := range commands {
		fmt.Fprintf(&b, "complete -c monc -n \"not __fish_seen_subcommand_from $commands\" -a %s -d %s\n", c.name, quoted(c.summary))
		for _, f := range c.flags {
			fmt.Fprintf(&b, "complete -c monc -n \"__fish_seen_subcommand_from %s\"%s\n", c.name, fishFlag(f))
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&b, "complete -c monc -n \"__fish_seen_subcommand_from %s\" -a %s\n", c.name, quoted(strings.Join(c.words, " ")))
		}
	}
	return b.String()
}

// fishFlag is the flag as options of fish's complete.
func fishFlag(f *flag) string {
	var b strings.Builder
	if f.short != "" {
		b.WriteString(" -s " + f.short)
	}
	for _, l := range f.long {
		b.WriteString(" -l " + l)
	}
	switch {
	case f.file:
		b.WriteString(" -r -F")
	case len(f.values) > 0:
		b.WriteString(" -x -a " + quoted(strings.Join(f.values, " ")))
	case f.arg != "":
		b.WriteString(" -x")
	}
	b.WriteString(" -d " + quoted(f.help))
	return b.String()
}
