#!/bin/bash
# Runs every fuzz target of the repository, or of the packages named, for a while each.
#
#   FUZZTIME=5s build/fuzz.sh [./denc …]
#
# FUZZCOUNTS names a file to which "PASSED FAILED 0" is appended. An input that fails is kept in the package's
# testdata/fuzz, where `go test` runs it from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh
need_go
export FUZZTIME=${FUZZTIME:-5s}

# only_late LOG reports whether a run failed for nothing but that its time was up while a worker was busy, which Go's
# coordinator reports as a failure (golang/go issue 75804, mended in Go 1.27). A real one names an input or a line.
only_late() {
	grep -q '^    context deadline exceeded$' "$1" && ! grep -qE 'Failing input written|panic:|_test\.go:[0-9]+:|process hung or terminated' "$1"
}

# one DIR BINARY IMPORTPATH TARGET runs a target on one core and says in a line how it went.
one() {
	local begin=$SECONDS log
	log=$(mktemp "$tmp/log.XXXXXX")
	# Making one interesting input smaller may take a minute by default, the whole of a short run.
	if (cd "$1" && exec "$2" -test.run='^$' -test.fuzz="^$4\$" -test.fuzztime="$FUZZTIME" -test.parallel=1 \
		-test.fuzzminimizetime=200ms -test.timeout=10m -test.fuzzcachedir="$gocache/fuzz/$3") >"$log" 2>&1 </dev/null || only_late "$log"; then
		printf 'ok    %-40s %s\n' "$4" "$(sed -n 's/.*execs: \([0-9]*\) .*total: \([0-9]*\)).*/\1 inputs, corpus \2/p' "$log" | tail -n 1)"
		echo pass >>"$tmp/results"
	else
		{ printf 'FAIL  %s in %s after %s s\n' "$4" "$1" $((SECONDS - begin)); cat "$log"; } >"$log.all"
		cat "$log.all"
		echo fail >>"$tmp/results"
	fi
}
if [ "${1-}" = --one ]; then
	shift
	one "$@"
	exit
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
gocache=$(go env GOCACHE)
export tmp gocache
: >"$tmp/results"

# shellcheck disable=SC2046 # a list
[ $# -gt 0 ] || set -- $(grep -rl --include='*_test.go' '^func Fuzz' . | sed 's,/[^/]*$,,' | sort -u)
n=0
for dir; do
	path=$(go list "$dir")
	n=$((n + 1))
	# Compiled once for all its targets, with the instrumentation that -fuzz asks for.
	if ! go test -c -vet=off -fuzz=. -o "$tmp/$n.test" "$dir" >"$tmp/log" 2>&1; then
		printf 'FAIL  %s\n' "$dir"
		cat "$tmp/log"
		echo fail >>"$tmp/results"
		continue
	fi
	(cd "$dir" && "$tmp/$n.test" -test.list='^Fuzz') | sed -n 's/^Fuzz/&/p' | while read -r target; do
		printf '%s\0' "$dir" "$tmp/$n.test" "$path" "$target" >>"$tmp/jobs"
	done
done
[ ! -s "$tmp/jobs" ] || xargs -0 -n 4 -P "$(getconf _NPROCESSORS_ONLN)" "$0" --one <"$tmp/jobs"

passed=$(grep -c pass "$tmp/results" || true)
failed=$(grep -c fail "$tmp/results" || true)
if [ -n "${FUZZCOUNTS-}" ]; then
	echo "$passed $failed 0" >>"$FUZZCOUNTS"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ]
