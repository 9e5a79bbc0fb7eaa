#!/bin/bash
# Starts a real one-monitor cluster and walks monc through it. Nothing remains; it fails when a step does.
#
#   RELEASE  which Ceph (default: one that is unpacked already, else pacific)
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

# outside builds what is needed, starts the cluster, and runs this script in it.
outside() {
	local release=${RELEASE-} have
	need_go
	if [ -z "$release" ]; then
		release=pacific
		for have in reef tentacle pacific; do
			if [ -e "${LIBMONCLIENT_CEPH_DIR:-$cache_dir/ceph}/$have/.stamp" ]; then
				release=$have
				break
			fi
		done
	fi
	build/install-ceph.sh "$release"
	CGO_ENABLED=0 go build -trimpath -o bin/monc ./cmd/monc
	CGO_ENABLED=0 go build -o bin/realceph ./internal/cmd/realceph
	echo "Starting a real Ceph monitor ($release) on this machine."
	exec bin/realceph run --release "$release" --mons 1 -- "$0" --inside
}

title() { printf '\n# %s\n' "$*"; }

# monc ARG... prints the command line as a person would type it, then runs it.
monc() {
	local word line='$ bin/monc'
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=,-]*) line="$line '$word'" ;;
		*) line="$line $word" ;;
		esac
	done
	printf '%s\n' "$line"
	bin/monc "$@"
}

fail() {
	complain "$*"
	exit 1
}

# until_true SECONDS COMMAND... waits until the command succeeds.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

bytes() { wc -c <"$tmp/watch"; }
watch_ended() { ! kill -0 "$watch" 2>/dev/null; }
seen_first() { [ "$(bytes)" -gt 0 ] || watch_ended; }
seen_change() { tail -c "+$((shown + 1))" "$tmp/watch" | grep -qw -- "$epoch" || watch_ended; }

end_watch() {
	[ -n "$watch" ] || return 0
	kill -TERM "$watch" 2>/dev/null || true
	wait "$watch" 2>/dev/null || true
	watch=
}

inside() {
	tmp=$(mktemp -d)
	watch=
	trap 'end_watch; rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP

	title "Connect, authenticate, and ask how the cluster is."
	monc status

	title "Which version of the OSD map is the newest?"
	monc get-version osdmap

	title "Any command that the monitors know, in words or in JSON."
	monc command mon stat
	monc command '{"prefix": "config get", "who": "mon.a", "key": "mon_max_pg_per_osd"}'

	title "Watch a map, and change it meanwhile."
	echo '$ bin/monc watch osdmap &'
	bin/monc watch osdmap >"$tmp/watch" 2>"$tmp/watch.err" </dev/null &
	watch=$!
	until_true 10 seen_first || fail "monc watch showed nothing within 10 s"
	cat "$tmp/watch"
	shown=$(bytes)
	monc command osd set noout
	epoch=$(bin/monc command '{"prefix": "osd dump", "format": "json"}' | sed -n 's/.*"epoch": *\([0-9][0-9]*\).*/\1/p' | head -n 1)
	[ -n "$epoch" ] || fail "osd dump names no epoch"
	until_true 10 seen_change || fail "monc watch did not show epoch $epoch within 10 s"
	if watch_ended; then
		cat "$tmp/watch.err" >&2
		fail "monc watch ended by itself"
	fi
	echo '(the watch prints:)'
	tail -c "+$((shown + 1))" "$tmp/watch"
	end_watch

	printf '\nThat was monc. The monitor is being stopped and removed. "make cluster" starts one to keep.\n'
}

if [ "${1-}" = --inside ]; then
	inside
else
	outside
fi
