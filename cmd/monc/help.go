package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
)

const environmentHelp = `Every option of ceph.conf is also one of monc: --mon-host 10.0.0.1,
--client-mount-timeout 5, --ms-mon-client-mode crc. TIME is seconds, or 500ms,
10s, 2m; 0 is no limit.

Environment:
  CEPH_CONF     configuration files to look for
  CEPH_KEYRING  keyring files to look for
  CEPH_ARGS     more options, weaker than those of the command line

Exit codes:
  0    done
  N    the monitors refused the command with error number N, as for ceph: 2 for
       ENOENT, 13 for EACCES, 22 for EINVAL. 22 also stands for a command that
       the monitors' table of commands does not have or does not allow.
  1    there is no session with a monitor, or something else went wrong
  2    the command line is wrong
  13   the monitors do not let the client in
  110  the monitors did not answer the command within --timeout
  130  interrupted, by Ctrl-C or SIGTERM
`

// overview is the help of monc as a whole.
func overview() string {
	var b strings.Builder
	b.WriteString("monc talks to the monitors of a Ceph cluster.\n\nUsage:\n  monc [OPTION...] COMMAND [ARG...]\n\nCommands:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-22s %s\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
	}
	b.WriteString("\nOptions:\n")
	writeFlags(&b, globalFlags)
	b.WriteString("\n" + environmentHelp)
	b.WriteString("\nRun monc help COMMAND for more about a command.\n")
	return b.String()
}

// helpText is the help of one command.
func (c *command) helpText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "monc %s: %s.\n\nUsage:\n  monc [OPTION...] %s\n", c.name, c.summary, strings.TrimSpace(c.name+" "+c.args))
	if c.details != "" {
		b.WriteString("\n" + c.details + "\n")
	}
	if len(c.flags) > 0 || c.readsFormat {
		b.WriteString("\nOptions:\n")
		flags := c.flags
		if c.readsFormat {
			f, _, _ := matchFlag(globalFlags, "--format")
			flags = append(flags[:len(flags):len(flags)], f)
		}
		writeFlags(&b, flags)
	}
	b.WriteString("\nExamples:\n")
	for _, e := range c.examples {
		if e.says != "" {
			fmt.Fprintf(&b, "  # %s\n", e.says)
		}
		fmt.Fprintf(&b, "  %s\n", e.line)
	}
	b.WriteString("\nRun monc help for the options that all commands have, and the exit codes.\n")
	return b.String()
}

func writeFlags(b *strings.Builder, flags []*flag) {
	for _, f := range flags {
		if f.hidden {
			continue
		}
		left := "    "
		if f.short != "" {
			left = "-" + f.short + ", "
		}
		left += f.spelling()
		if f.arg != "" {
			left += " " + f.arg
		}
		fmt.Fprintf(b, "  %-28s %s\n", left, wrap(f.help, 80-31, strings.Repeat(" ", 31)))
	}
}

// wrap breaks text into lines of the given width, at blanks, and after | in words that are longer; indent goes in front of
// all but the first.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		blank := 1
		for piece := range strings.SplitAfterSeq(word, "|") {
			if len(word) <= width {
				piece = word
			}
			switch {
			case column == 0:
			case column+blank+len(piece) > width:
				b.WriteString("\n" + indent)
				column = 0
			case blank > 0:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(piece)
			column += len(piece)
			blank = 0
			if len(word) <= width {
				break
			}
		}
	}
	return b.String()
}

func (a *app) runHelp(ctx context.Context, words []string) error {
	switch {
	case len(words) == 0:
		return a.print(overview())
	case words[0] == "command" && len(words) == 1:
		return a.helpOnCommand(ctx)
	case words[0] == "command":
		return a.helpOnCommands(ctx, words[1:])
	case len(words) > 1:
		return &usageError{msg: fmt.Sprintf("help: unexpected argument %q", words[1]), try: "monc help " + words[0]}
	}
	c := findCommand(words[0])
	if c == nil {
		return unknownCommand(words[0])
	}
	return a.print(c.helpText())
}

// version is set by the linker in releases; else it is what the module says.
var version string

func (a *app) runVersion(context.Context, []string) error {
	v, revision := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return a.print("monc " + v + revision + ", for Ceph 16.2 to 20.2\n")
}
