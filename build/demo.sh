#!/bin/bash
# Starts three embedded monitors and walks monc through them. Nothing remains; it fails when a step does.
#
#   CONF  a ceph.conf: the part that only reads, against that cluster instead
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh
need_go

title() { printf '\n# %s\n' "$*"; }

# typed ARG... prints a command line as a person would type it, in another terminal if need be.
typed() {
	local word line='$ bin/monc'
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=,-]*) line="$line '$word'" ;;
		*) line="$line $word" ;;
		esac
	done
	printf '%s\n' "$line"
}

# monc ARG... prints the command line and runs it.
monc() {
	typed "$@"
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
		sleep 0.02
	done
}

# Steps that only read.
look() {
	title "Connect, authenticate, and ask how the cluster is."
	monc status

	title "Which version of the OSD map is the newest?"
	monc get-version osdmap

	title "Any command that the monitors know, in words or in JSON."
	monc command mon stat
	monc command '{"prefix": "fsid"}'

	title "The map of the monitors, as the client has it."
	monc watch monmap --count 1
}

end() {
	local pid
	for pid in ${watch-} ${testmon-}; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "${tmp-}"
}

started() { [ -s "$tmp/testmon" ] || ! kill -0 "$testmon" 2>/dev/null; }
watch_ended() { ! kill -0 "$watch" 2>/dev/null; }
# watched PATTERN: the watch has printed it since the last look.
watched() { tail -c "+$((shown + 1))" "$tmp/watch" | grep -q -- "$1" || watch_ended; }
# show_watch PATTERN waits until the watch has printed it, and shows what it printed.
show_watch() {
	until_true 10 watched "$1" || fail "monc watch did not print \"$1\" within 10 s"
	tail -c "+$((shown + 1))" "$tmp/watch" | sed 's/^/  | /'
	! watch_ended || fail "monc watch ended by itself"
	shown=$(wc -c <"$tmp/watch")
}

CGO_ENABLED=0 go build -trimpath -o bin/monc ./cmd/monc

if [ -n "${CONF-}" ]; then
	export CEPH_CONF=$CONF
	look
	exit
fi

tmp=$(mktemp -d)
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

title "Three monitors, embedded in a process of monc; nothing of Ceph is needed."
typed testmon --mons 3 --dir "$tmp"
bin/monc testmon --mons 3 --dir "$tmp" >"$tmp/testmon" </dev/null &
testmon=$!
until_true 10 started || fail "the monitors did not start within 10 s"
sed 's/^/  | /' "$tmp/testmon"
[ -s "$tmp/ceph.conf" ] || fail "the monitors did not start"
export CEPH_CONF=$tmp/ceph.conf

look

title "Watch a map, and change it meanwhile."
typed -v watch osdmap
bin/monc -v watch osdmap >"$tmp/watch" 2>&1 </dev/null &
watch=$!
shown=0
show_watch 'osdmap 1 full'
mon=$(sed -n 's/.*session with mon\.\([a-z]*\).*/\1/p' "$tmp/watch" | head -n 1)
[ -n "$mon" ] || fail "monc watch does not say which monitor it has"
monc command osd set noout
show_watch 'osdmap 2 incremental'

title "The monitor that the watch is connected to, mon.$mon, dies. The watch finds another one and misses nothing."
monc command testmon kill "$mon"
monc command osd unset noout
show_watch 'osdmap 3 incremental'
monc status

printf '\nThat was monc. The monitors end now. "make cluster" starts real ones to keep.\n'
