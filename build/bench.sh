#!/bin/bash
# Measures this library beside librados on the same real monitors, and what of it needs none, and writes bench/results.jsonl,
# bench/machine.json, bench/RESULTS.md with the aims and the tables, and the plots.
#
#   build/bench.sh [PART]...        no part: all of them, one after the other; otherwise the others' results stay as they are
#   build/bench.sh check [PART]...  compares the ratios with those in bench/results.jsonl instead, and fails only if one is
#                                   worse by more than a factor, outside of what the rounds of either have seen
#
# The parts, with how many seconds each is meant to take. One that takes four times as long is ended.
#
#   codecs 60        codecs and the path of a command, with allocations; the frame codec beside the standard library
#   boundary 40      what the C library adds to Go's calls, and what loading it costs, beside librados
#   commands 240     connecting, one caller, many callers, large replies and inputs (sections connect, latency, throughput, large)
#   python 90        from Python, beside python3-rados
#   subscription 30  from a change to its event
#   failover 120     what a lost monitor costs; the black hole only where root may make one
#   scale 120        up to 10,000 clients in a process
#   process 60       monc beside ceph
#   ceiling 20       the client against an embedded monitor
#   osdmap 40        the OSD map, and catching up with it
#
#   RELEASE      which Ceph (default: reef)
#   FACTOR       of check (default: 1.5)
#   BENCHFLAGS   flags for the program of the one part that is named, such as "-rounds 15"; see bench/*/doc.go. For failover,
#                "-flap 30m" and "-herd 1000" measure something else, and nothing is written
#   BENCH        only these benchmarks of the codecs, a regular expression; they are printed, and nothing is written
#   BENCHCOUNT   how often each benchmark of the codecs runs (default: 3; benchstat wants 10)
#
# bench-RELEASE.txt gets the codecs' benchmarks as Go prints them, for benchstat, and bench-RELEASE.jsonl what was measured.
# Exit status: 0, 1 something failed or is worse, 2 wrong usage, 3 something is not installed and could not be.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

release=${RELEASE:-reef}
count=${BENCHCOUNT:-3}
parts="codecs boundary commands python subscription failover scale process ceiling osdmap"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
results=$tmp/results.jsonl

# limited COMMAND... ends it after four times the part's time; it is told first, so that it can stop its clusters.
limited() {
	timeout --foreground -s INT -k 30 $((4 * budget)) "$@"
}

# program NAME builds bench/NAME.
program() {
	CGO_ENABLED=0 go build -trimpath -o "$tmp/$1" "./bench/$1"
}

# gobench PACKAGE... FLAG... runs Go benchmarks and keeps what they print.
gobench() {
	CGO_ENABLED=0 go test -run='^$' -benchmem "$@" | tee -a "$tmp/text" | sed -n '/^Benchmark/p; /FAIL/p' >&2
}

codecs() {
	local round
	: >"$tmp/text"
	if [ -n "${BENCH-}" ] && [ "$BENCH" != . ]; then
		gobench ./capi/eventq ./denc ./cephx ./msgr2 ./monclient/... ./bench/codecs -bench="$BENCH" -count="$count"
		keep_text
		return
	fi
	# One round after the other, so that the codec and its limit take turns.
	CGO_ENABLED=0 go test -c -o "$tmp/msgr2.test" ./msgr2
	for ((round = 0; round < 5 || round < count; round++)); do
		(cd msgr2 && "$tmp/msgr2.test" -test.run='^$' -test.bench='^BenchmarkFrame$' -test.benchmem -test.benchtime=40ms) >>"$tmp/text"
	done
	gobench ./capi/eventq ./denc ./cephx ./msgr2 ./monclient/... ./bench/codecs -bench=. -skip='^BenchmarkFrame$|^BenchmarkOSDMap' \
		-benchtime=30ms -count="$count" -p=1
	"$tmp/report" convert -results "$results" <"$tmp/text"
	keep_text
}

keep_text() {
	mv "$tmp/text" "bench-$release.txt"
}

boundary() {
	build/lib.sh
	build/lib.sh test
	program boundary
	limited "$tmp/boundary" -release "$release" -results "$results" "${flags[@]}"
}

commands() {
	build/lib.sh
	[ "$(id -u)" != 0 ] || need ip iproute2 || true # for the silent monitor, which it leaves out otherwise, and says so
	program commands
	limited "$tmp/commands" -release "$release" -results "$results" "${flags[@]}"
}

python() {
	BENCHFLAGS="--results $results ${flags[*]}" limited build/python.sh bench
}

scale() {
	program scale
	limited "$tmp/scale" -release "$release" -sections "${1-scale}" -results "$results" "${flags[@]}"
}

subscription() { scale subscription; }

process() { scale process; }

failover() {
	local faults=kill,freeze,blackhole
	program failover
	case " ${flags[*]} " in
	*" -flap "* | *" -herd "*)
		"$tmp/failover" -release "$release" "${flags[@]}"
		return
		;;
	esac
	if [ "$(id -u)" != 0 ]; then
		complain "failover: without the black hole, which needs root"
		faults=kill,freeze
	elif ! need ip iproute2 || ! unshare --net true 2>/dev/null; then
		complain "failover: without the black hole, which needs iproute2 and the right to make networks"
		faults=kill,freeze
	fi
	limited "$tmp/failover" -release "$release" -quick -faults "$faults" -results "$results" "${flags[@]}"
}

ceiling() {
	program ceiling
	limited "$tmp/ceiling" -results "$results" "${flags[@]}"
}

osdmap() {
	: >"$tmp/text"
	gobench ./monclient/cephmap -bench='^BenchmarkOSDMap' -benchtime=200ms -count=3
	"$tmp/report" convert -results "$results" <"$tmp/text"
	program osdmap
	limited "$tmp/osdmap" -release "$release" -results "$results" "${flags[@]}"
}

# The seconds that a part is meant to take.
budget_of() {
	sed -n "2,/^set /s/^#   $1 \([0-9][0-9]*\) .*/\1/p" "$0"
}

checking=
if [ "${1-}" = check ]; then
	checking=1
	shift
	[ -s bench/results.jsonl ] || { complain "there is no bench/results.jsonl to compare with"; exit 2; }
fi
for part; do
	case " $parts " in
	*" $part "*) ;;
	*)
		complain "no part called $part; there are: $parts"
		exit 2
		;;
	esac
done
read -ra flags <<<"${BENCHFLAGS-}"
if [ ${#flags[@]} -gt 0 ] && [ $# != 1 ]; then
	complain "BENCHFLAGS are those of one part's program: name the part"
	exit 2
fi
# shellcheck disable=SC2086 # $parts is a list
[ $# -gt 0 ] || set -- $parts

need_go || exit 3
need cc gcc libc6-dev || exit 3
build/install-ceph.sh "$release"
program report
"$tmp/report" machine -release "$release" >"$tmp/machine.json"

failed=
for part; do
	begin=$SECONDS budget=$(budget_of "$part")
	echo "$part:"
	set +e
	(
		set -e
		"$part"
	)
	status=$?
	set -e
	echo "$part: $((SECONDS - begin)) s of $budget"
	case $status in
	0) ;;
	3) exit 3 ;;
	124) failed+=" $part" && complain "$part was ended after $((4 * budget)) s" ;;
	*) failed+=" $part" && complain "$part has failed ($status)" ;;
	esac
done

if [ ! -s "$results" ]; then
	[ -z "$failed" ] || { complain "failed:$failed"; exit 1; }
	exit 0 # it was something else that was measured
fi
cp "$results" "bench-$release.jsonl"
if [ -n "$checking" ]; then
	"$tmp/report" check -factor "${FACTOR:-1.5}" bench/results.jsonl "$results"
else
	"$tmp/report" take "$results" "$tmp/machine.json" bench
	sed -n '/^| .*\*\*NOT met\*\*/p; /^| .*not measured/p; /^[0-9]* met, /p' bench/RESULTS.md
	echo "bench/RESULTS.md has it all"
fi
[ -z "$failed" ] || { complain "failed:$failed"; exit 1; }
