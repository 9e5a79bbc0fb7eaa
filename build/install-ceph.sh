#!/bin/bash
# Unpacks real Ceph releases for the tests, without touching the system's own packages.
#
#   build/install-ceph.sh [pacific] [reef] [tentacle]        (no argument: all three)
#
# Each release comes from the Debian suite that ships it, is only unpacked (nothing is configured, no
# maintainer script runs, no root is needed) and runs through its own loader; internal/realceph knows how.
#
#   LIBMONCLIENT_CEPH_DIR       where the trees go (default: $XDG_CACHE_HOME or ~/.cache, /libmonclient/ceph)
#   LIBMONCLIENT_DEBIAN_MIRROR  a Debian mirror's URL or apt source line (default: mmdebstrap's own)
#
# Exit status: 0 all present, 1 an unpacking failed, 2 wrong usage, 3 a tool of the host is missing and
# could not be installed.
set -euo pipefail

# Raise it when what a tree holds changes; internal/realceph (treeFormat) asks for the same number.
format=1
root=${LIBMONCLIENT_CEPH_DIR:-${XDG_CACHE_HOME:-${HOME:?HOME is not set; set LIBMONCLIENT_CEPH_DIR}/.cache}/libmonclient/ceph}
packages=ceph-mon,ceph-mgr,ceph-osd,ceph-base,ceph-common,librados-dev,libc-bin

say() { printf '%s\n' "$*"; }
complain() { printf 'install-ceph: %s\n' "$*" >&2; }

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; }

suite_of() {
	case $1 in
	pacific) suite=bookworm version=16.2 ;;
	reef) suite=trixie version=18.2 ;;
	tentacle) suite=forky version=20.2 ;;
	*) return 1 ;;
	esac
}

present() { # RELEASE
	local line
	{ read -r line <"$root/$1/.stamp"; } 2>/dev/null && [ "$line" = "libmonclient ceph tree $format" ]
}

# tools_missing lists, as Debian packages, what the host still needs.
tools_missing() {
	local need=
	command -v mmdebstrap >/dev/null || need="$need mmdebstrap"
	command -v gpg >/dev/null || need="$need gpg"
	command -v flock >/dev/null || need="$need util-linux"
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] ||
		[ -e /usr/share/keyrings/debian-archive-keyring.pgp ] || need="$need debian-archive-keyring"
	printf '%s' "${need# }"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

host_tools() {
	local need log
	need=$(tools_missing)
	[ -n "$need" ] || return 0
	if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
		say "installing $need"
		log=$(mktemp)
		# shellcheck disable=SC2086 # $need is a list
		if ! {
			as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $need ||
				{ as_root apt-get update &&
					as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $need; }
		} >"$log" 2>&1 </dev/null; then
			tail -n 15 "$log" >&2
		fi
		rm -f "$log"
		need=$(tools_missing)
		[ -n "$need" ] || return 0
	fi
	complain "missing on this host: $need"
	if command -v apt-get >/dev/null; then
		complain "as root, run:  apt-get update && apt-get install -y $need"
	else
		complain "they are packages of Debian and Ubuntu; without apt-get, run this in a container of one of them"
	fi
	complain "then again:    $0 $*"
	return 3
}

# run_in TREE PROGRAM ARG... runs a program of an unpacked tree with that tree's libraries.
run_in() {
	local tree=$1 program=$2 lib loader
	shift 2
	for loader in "$tree"/usr/lib/*-linux-*/ld-linux-*.so.[0-9]; do
		lib=${loader%/*}
	done
	PYTHONHOME=$tree/usr PYTHONNOUSERSITE=1 CEPH_CONF=/dev/null \
		"$loader" --library-path "$lib:$lib/ceph" "$tree/usr/bin/$program" "$@"
}

# slim removes what no test can need: texts, and the big offline tools.
slim() {
	local u=$1/usr
	rm -rf "$u"/share/{doc,man,info,locale,lintian,bash-completion,gdb,zoneinfo,i18n,icons,perl5,perl,fdisk} \
		"$u"/lib/{systemd,udev} "$u"/lib/*/{perl,perl-base,gconv,systemd} \
		"$u"/bin/{radosgw,radosgw-admin,ceph-objectstore-tool,ceph-bluestore-tool,ceph-kvstore-tool} \
		"$u"/bin/{ceph-osdomap-tool,ceph-monstore-tool,cephfs-data-scan,cephfs-journal-tool,cephfs-table-tool} \
		"$1"/var/lib/{apt,dpkg} "$1"/var/cache "$1"/tmp/*
}

# mend makes Reef's mgr modules load: they all import bcrypt (to hash a dashboard's passwords), and trixie's
# bcrypt refuses the subinterpreters in which a mgr runs its modules.
mend() { # RELEASE TREE
	[ "$1" = reef ] || return 0
	cat >"$2/usr/share/ceph/mgr/bcrypt.py" <<-'END'
		"""Stands in for the real bcrypt, which cannot be imported in a subinterpreter."""


		def gensalt(*args):
		    raise NotImplementedError("no password hashing in this tree")


		hashpw = checkpw = gensalt
	END
}

# unpack unpacks packages and what they depend on. With chrootless and the extract variant nothing of them is
# run, so neither root, nor user namespaces, nor mounts are needed, and the check against running packages'
# scripts as root has nothing to check. The setup hook makes the merged /usr that the packages expect.
unpack() { # SUITE PACKAGES DIR [MMDEBSTRAP-OPTION...]
	local suite=$1 include=$2 dir=$3
	shift 3
	# shellcheck disable=SC2016 # $1 and $d are the hook's
	TMPDIR=$tmp/tmp mmdebstrap --mode=chrootless --skip=check/chrootless --variant=extract --format=directory "$@" \
		--setup-hook='mkdir -p "$1/usr" && cd "$1" && for d in bin sbin lib lib64; do mkdir "usr/$d" && ln -s "usr/$d" "$d"; done' \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
		--include="$include" "$suite" "$dir" \
		${LIBMONCLIENT_DEBIAN_MIRROR:+"$LIBMONCLIENT_DEBIAN_MIRROR"} >"$tmp/log" 2>&1 </dev/null 9>&-
}

# unpack_with_newer_keys serves a host whose Debian keys are older than the suite, such as an older Ubuntu: the
# keys it has vouch for bookworm, and bookworm's keyring for the suites after it.
unpack_with_newer_keys() {
	rm -rf "$tmp/tree"
	unpack bookworm debian-archive-keyring "$tmp/keys" &&
		unpack "$suite" "$packages" "$tmp/tree" --keyring="$tmp/keys/usr/share/keyrings/debian-archive-keyring.gpg"
}

install_release() (
	release=$1
	suite_of "$release"
	mkdir -p "$root"
	exec 9>"$root/.$release.lock"
	if ! flock -n 9; then
		say "ceph $release: waiting for another installation of it"
		flock 9
	fi
	! present "$release" || return 0

	rm -rf "$root/.$release".tmp.* # left by a run that was killed; the lock says that none is alive
	tmp=$root/.$release.tmp.$$
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$tmp/tmp"
	say "ceph $release: unpacking from Debian $suite into $root/$release"
	begin=$SECONDS

	if ! unpack "$suite" "$packages" "$tmp/tree" && ! { grep -q NO_PUBKEY "$tmp/log" && unpack_with_newer_keys; }; then
		grep -v '^W: running chrootless' "$tmp/log" | tail -n 15 >&2
		complain "ceph $release: unpacking Debian $suite failed (above: the end of mmdebstrap's output)"
		! grep -q NO_PUBKEY "$tmp/log" ||
			complain "the host's debian-archive-keyring is too old for $suite: install a newer one from Debian"
		return 1
	fi
	slim "$tmp/tree"
	mend "$release" "$tmp/tree"

	# The suites move on; a tree that holds another release must not pass for this one.
	got=$(run_in "$tmp/tree" ceph-mon --version 2>&1 9>&-) || true
	case $got in
	"ceph version $version."*) ;;
	*)
		complain "ceph $release: expected version $version from Debian $suite, but its ceph-mon says: ${got:-nothing}"
		return 1
		;;
	esac
	if ! cli=$(run_in "$tmp/tree" python3 "$tmp/tree/usr/bin/ceph" --version 2>&1 9>&-); then
		complain "ceph $release: its ceph command does not run: $cli"
		return 1
	fi
	{
		printf 'libmonclient ceph tree %s\n' "$format"
		printf '%s\n' "$got" "Debian $suite, $packages"
	} >"$tmp/tree/.stamp"
	if [ -e "$root/$release" ]; then
		mv "$root/$release" "$tmp/old"
	fi
	mv "$tmp/tree" "$root/$release"
	got=${got#ceph version }
	say "ceph $release: ${got%% *}, $(du -sm "$root/$release" | cut -f1) MB, $((SECONDS - begin)) s"
)

main() {
	local release absent=()
	case ${1-} in
	-h | --help)
		usage
		return 0
		;;
	esac
	[ $# -gt 0 ] || set -- pacific reef tentacle
	for release; do
		if ! suite_of "$release"; then
			complain "no release called $release; there are: pacific reef tentacle"
			return 2
		fi
		present "$release" || absent+=("$release")
	done
	[ ${#absent[@]} -gt 0 ] || return 0
	host_tools "$@"
	for release in "${absent[@]}"; do
		install_release "$release"
	done
}

main "$@"
