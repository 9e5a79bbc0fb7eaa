#compdef monc
# Completion of monc for zsh: monc completion zsh > a directory of $fpath, as _monc

_monc() {
	local curcontext=$curcontext state line
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
			'versions:show which releases the daemons run'
			'watch:follow maps, one line for every change'
			'monmap:print the map of the monitors, or save it'
			'get-version:show the newest and the oldest epoch of a map'
			'testmon:run monitors for tests, without a cluster'
			'version:show monc'\''s own version'
			'completion:print a script that completes monc'\''s command lines'
			'help:show help, of a command or of monc'
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
				'1:argument:(status command versions watch monmap get-version testmon version completion help)'
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
