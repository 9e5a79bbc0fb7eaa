# Completion of monc for bash: source <(monc completion bash)

_monc_files() {
	local IFS=$'\n'
	COMPREPLY=($(compgen -f -- "$1"))
	compopt -o filenames 2>/dev/null
}

# The cluster's own commands: monc asks it. Of --name=value bash wants the value only.
_monc_cluster() {
	local IFS=$'\n' line program=${COMP_WORDS[0]/#\~\//$HOME/}
	for line in $("$program" complete-command "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
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
		-c|--conf|-m|--mon-host|-n|--name|--id|--user|-k|--keyring|-K|--keyfile|-M|--monmap|--cluster|-f|--format|--connect-timeout|--timeout|-o|--out|--out-file|-i|--in|--in-file|--count|--from|--level|--channel|--epoch|--file|--mons|--mgrs|--dir|--release|--keys|--auth|--modes) ((i++)) ;;
		-*) ;;
		*) command=${COMP_WORDS[i]}; break ;;
		esac
	done

	case $prev in
	-c|--conf) _monc_files "$cur"; return ;;
	-m|--mon-host) return ;;
	-n|--name) return ;;
	--id|--user) return ;;
	-k|--keyring) _monc_files "$cur"; return ;;
	-K|--keyfile) _monc_files "$cur"; return ;;
	-M|--monmap) _monc_files "$cur"; return ;;
	--cluster) return ;;
	-f|--format) COMPREPLY=($(compgen -W "plain json json-pretty xml xml-pretty yaml" -- "$cur")); return ;;
	--connect-timeout) return ;;
	--timeout) return ;;
	-o|--out|--out-file) _monc_files "$cur"; return ;;
	-i|--in|--in-file) _monc_files "$cur"; return ;;
	--count) return ;;
	--from) return ;;
	--level) COMPREPLY=($(compgen -W "debug info sec warn error" -- "$cur")); return ;;
	--channel) COMPREPLY=($(compgen -W "cluster audit *" -- "$cur")); return ;;
	--epoch) return ;;
	--file) _monc_files "$cur"; return ;;
	--mons) return ;;
	--mgrs) return ;;
	--dir) _monc_files "$cur"; return ;;
	--release) COMPREPLY=($(compgen -W "pacific reef tentacle" -- "$cur")); return ;;
	--keys) COMPREPLY=($(compgen -W "aes aes256k" -- "$cur")); return ;;
	--auth) COMPREPLY=($(compgen -W "cephx none" -- "$cur")); return ;;
	--modes) return ;;
	esac

	local flags="--conf --mon-host --name --id --keyring --cluster --format --connect-timeout --timeout --verbose --help --version" words=
	case $command in
	"") words="status command tell ping versions watch log df blocklist monmap osdmap get-version testmon version completion help" ;;
	status) flags+=" --out" ;;
	command) flags+=" --in --out" ;;
	tell) flags+=" --in --out"; words="mon. mon.* mgr mgr.*" ;;
	ping) words="mon." ;;
	versions) flags+=" --out" ;;
	watch) flags+=" --count --from"; words="monmap osdmap mgrmap fsmap fsmap.user servicemap config log-debug log-info log-sec log-warn log-error kv:" ;;
	log) flags+=" --watch --level --channel --count"; words="write" ;;
	blocklist) words="ls add rm" ;;
	monmap) flags+=" --out" ;;
	osdmap) flags+=" --epoch --file --out" ;;
	get-version) words="osdmap monmap fsmap mdsmap" ;;
	testmon) flags+=" --mons --mgrs --dir --release --keys --auth --modes --ipv6 --control" ;;
	completion) words="bash zsh fish" ;;
	help) words="status command tell ping versions watch log df blocklist monmap osdmap get-version testmon version completion help" ;;
	esac
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
