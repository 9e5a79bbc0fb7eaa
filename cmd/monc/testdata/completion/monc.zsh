#compdef monc
# Completion of monc for zsh: monc completion zsh > a directory of $fpath, as _monc

# The cluster's own commands: monc asks it.
_monc_cluster() {
	local -a lines plain
	local line
	lines=("${(@f)$("${(Q)_monc_words[1]/#\~\//$HOME/}" complete-command "${(@Q)_monc_words[2,_monc_at]}" 2>/dev/null)}")
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
		'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
		'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
		'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
		'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
		'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
		'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
		'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
		'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
		'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
		'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
		'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
		'--version[show monc'\''s version]' \
		'1:command:->command' \
		'*::argument:->argument' && return

	case $state in
	command)
		local -a commands=(
			'status:show the cluster'\''s status, as ceph status does'
			'command:run a command of the monitors, in words or in JSON'
			'tell:run a command of one monitor, of each, or of the manager'
			'ping:ask one monitor how it is, or each of them'
			'versions:show which releases the daemons run'
			'watch:follow maps, one line for every change'
			'log:show the cluster log, follow it, or write into it'
			'df:show how much space the cluster and its pools have'
			'blocklist:show or change which clients the OSDs refuse'
			'monmap:print the map of the monitors, or save it'
			'osdmap:print the map of the OSDs and pools, or save it'
			'get-version:show the newest and the oldest epoch of a map'
			'testmon:run monitors for tests, without a cluster'
			'version:show monc'\''s own version'
			'completion:print a script that completes monc'\''s command lines'
			'help:show help, of monc, a command, or the cluster'\''s commands'
		)
		_describe -t commands 'monc command' commands
		;;
	argument)
		case $line[1] in
		status)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'(-o --out --out-file)'{-o,--out,--out-file}'[write the output to this file, - is standard output]:file:_files'
			;;
		command)
			_monc_cluster && return
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'(-i --in --in-file)'{-i,--in,--in-file}'[send this file along with the command, - is standard input]:file:_files' \
				'(-o --out --out-file)'{-o,--out,--out-file}'[write the output to this file, - is standard output]:file:_files'
			;;
		tell)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'(-i --in --in-file)'{-i,--in,--in-file}'[send this file along with the command, - is standard input]:file:_files' \
				'(-o --out --out-file)'{-o,--out,--out-file}'[write the output to this file, - is standard output]:file:_files' \
				'*:argument:(mon. mon.* mgr mgr.*)'
			;;
		ping)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'1:argument:(mon.)'
			;;
		versions)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'(-o --out --out-file)'{-o,--out,--out-file}'[write the output to this file, - is standard output]:file:_files'
			;;
		watch)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'--count[end after N events]:n: ' \
				'--from[begin with this epoch instead of the newest]:epoch: ' \
				'*:argument:(monmap osdmap mgrmap fsmap fsmap.user servicemap config log-debug log-info log-sec log-warn log-error kv\:)'
			;;
		log)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'(-w --watch)'{-w,--watch}'[follow the log instead, until Ctrl-C, --timeout or --count entries]' \
				'--level[entries of this level and those above, or the level to write with (info), debug, info, sec, warn, error]:level:(debug info sec warn error)' \
				'--channel[cluster (the default), audit or another one; * shows all of them]:channel:(cluster audit *)' \
				'--count[end after N events]:n: ' \
				'*:argument:(write)'
			;;
		blocklist)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'*:argument:(ls add rm)'
			;;
		monmap)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'(-o --out --out-file)'{-o,--out,--out-file}'[write the output to this file, - is standard output]:file:_files'
			;;
		osdmap)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'--epoch[the map of this epoch instead of the newest]:epoch: ' \
				'--file[read the encoded map from this file, - is standard input, and ask nobody]:file:_files' \
				'(-o --out --out-file)'{-o,--out,--out-file}'[write the output to this file, - is standard output]:file:_files'
			;;
		get-version)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'1:argument:(osdmap monmap fsmap mdsmap)'
			;;
		testmon)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'--mons[how many monitors (default 1)]:n: ' \
				'--mgrs[how many managers, of which one is active (default none, the monitors answer)]:n: ' \
				'--dir[where ceph.conf and the keyring go (default a new directory, which goes when monc does)]:dir:_files' \
				'--release[which release they are like (default reef)]:name:(pacific reef tentacle)' \
				'--keys[type of the keys (default the release'\''s, aes256k from tentacle on)]:type:(aes aes256k)' \
				'--auth[how clients authenticate (default cephx)]:method:(cephx none)' \
				'--modes[connection modes that they allow, in order, secure, crc, or both (default both)]:modes: ' \
				'--ipv6[listen on ,,1]' \
				'--control[take requests from standard input, and end when that does]'
			;;
		completion)
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'1:argument:(bash zsh fish)'
			;;
		help)
			if (( ${line[(I)command]} > 1 )); then
				_monc_cluster
				return
			fi
			_arguments -S \
				'(-c --conf)'{-c,--conf}'[configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)]:file:_files' \
				'(-m --mon-host)'{-m,--mon-host}'[addresses or names of the monitors, with commas between them]:hosts: ' \
				'(-n --name)'{-n,--name}'[entity to authenticate as (default client.admin)]:name: ' \
				'(--id --user)'{--id,--user}'[the same as --name client.ID]:id: ' \
				'(-k --keyring)'{-k,--keyring}'[file with the entity'\''s key (CEPH_KEYRING)]:file:_files' \
				'--cluster[name of the cluster, which file names are made of (default ceph)]:name: ' \
				'(-f --format)'{-f,--format}'[format of the output, plain, json, json-pretty, xml, xml-pretty, yaml]:format:(plain json json-pretty xml xml-pretty yaml)' \
				'--connect-timeout[how long to look for a monitor (default client_mount_timeout where it is set, else 30s)]:time: ' \
				'--timeout[how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)]:time: ' \
				'(-v --verbose)'{-v,--verbose}'[tell on standard error what happens]' \
				'(-h --help)'{-h,--help}'[show help, of a command after its name]' \
				'--version[show monc'\''s version]' \
				'*:argument:(status command tell ping versions watch log df blocklist monmap osdmap get-version testmon version completion help)'
			;;
		esac
		;;
	esac
}

if [ "$funcstack[1]" = _monc ]; then
	_monc "$@"
else
	compdef _monc monc
fi
