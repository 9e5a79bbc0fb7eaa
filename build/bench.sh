#!/bin/bash
# Runs the benchmarks: the codecs, what the C library adds, a command's way to a real monitor and back beside librados, and
# from Python beside python3-rados, and the ceph script with the one and the other.
#
#   build/bench.sh [codecs] [boundary] [client] [python] [ceph]   (no argument: these)
#   build/bench.sh failover                                       what a lost monitor costs, which takes long
#
#   RELEASE      which Ceph (default: reef)
#   BENCH        only these benchmarks of the codecs, a regular expression (default: .)
#   BENCHCOUNT   how often each of them runs (default: 1; benchstat wants 10)
#   BENCHFLAGS   flags for the client's benchmark, such as "-rounds 15 -modes crc", see bench/commands/doc.go; or for that of
#                failover, such as "-faults kill" or "-flap 30m", see bench/failover/doc.go
#
# bench-RELEASE.txt gets the results of all as Go benchmarks print them, for benchstat, and bench-RELEASE.json the
# client's in full; failover-RELEASE.txt and .json are those of failover. Exit status: 0, 1 something failed, 2 wrong usage, 3 something is not installed and could not be.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

release=${RELEASE:-reef}
codecs_packages="./capi/eventq ./denc ./cephx ./msgr2 ./monclient/... ./bench/codecs"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

codecs() {
	# shellcheck disable=SC2086 # $codecs_packages is a list
	CGO_ENABLED=0 go test -run='^$' -bench="${BENCH:-.}" -benchmem -count="${BENCHCOUNT:-1}" $codecs_packages 2>&1 | tee -a "$tmp/text"
}

boundary() {
	build/install-ceph.sh "$release"
	need cc gcc libc6-dev || exit 3
	go build -trimpath -o "$tmp/boundary" ./bench/boundary
	"$tmp/boundary" -release "$release" -text "$tmp/text"
}

client() {
	build/install-ceph.sh "$release"
	need cc gcc libc6-dev || exit 3
	CGO_ENABLED=0 go build -trimpath -o "$tmp/bench" ./bench/commands
	# shellcheck disable=SC2086 # $BENCHFLAGS is a list
	"$tmp/bench" -release "$release" -text "$tmp/text" -json "$tmp/json" ${BENCHFLAGS-}
}

python() {
	RELEASE=$release BENCHFLAGS='' build/python.sh bench
}

ceph() {
	RELEASE=$release BENCHFLAGS='' build/python.sh bench-ceph
}

failover() {
	build/install-ceph.sh "$release"
	need cc gcc libc6-dev || exit 3
	need ip iproute2 || exit 3 # for the black hole
	CGO_ENABLED=0 go build -trimpath -o "$tmp/failover" ./bench/failover
	# shellcheck disable=SC2086 # $BENCHFLAGS is a list
	"$tmp/failover" -release "$release" -text "failover-$release.txt" -json "failover-$release.json" ${BENCHFLAGS-}
}

[ $# -gt 0 ] || set -- codecs boundary client python ceph
for part; do
	case $part in
	codecs | boundary | client | python | ceph | failover) ;;
	*)
		complain "no part called $part; there are: codecs boundary client python ceph failover"
		exit 2
		;;
	esac
done
need_go || exit 3
for part; do
	"$part"
done
[ ! -e "$tmp/text" ] || mv "$tmp/text" "bench-$release.txt"
[ ! -e "$tmp/json" ] || mv "$tmp/json" "bench-$release.json"
