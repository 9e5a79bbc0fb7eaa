#!/bin/bash
# Runs the checks named, or all of them, and ends with a line "N passed, N failed, N skipped".
#
#   build/test.sh [ceph] [lint] [cross] [build] [unit] [race] [fuzz] [capi] [python] [integration]
#
#   FUZZTIME          how long each fuzz target runs (default: 5s; 2s when everything is run)
#   CI                when set, a real cluster that cannot be installed is a failure
# shellcheck disable=SC2317 # the phases are called by their names
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. build/host.sh
need_go || exit

all="ceph lint cross build unit race fuzz capi python integration"
if [ $# = 0 ]; then
	# shellcheck disable=SC2086 # $all is a list
	set -- $all
	export FUZZTIME=${FUZZTIME:-2s}
fi
tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
counts=$tmp/counts
: >"$counts"
times=
not_run=
flaky=

count() { echo "$@" >>"$counts"; }

# check NAME COMMAND... runs a command that either passes or fails and is silent when it passes.
check() {
	local name=$1 begin=$SECONDS
	shift
	if "$@" >"$tmp/out" 2>&1 </dev/null; then
		printf 'ok    %-28s %3d s\n' "$name" $((SECONDS - begin))
		count 1 0 0
	else
		printf 'FAIL  %-28s %3d s\n' "$name" $((SECONDS - begin))
		cat "$tmp/out"
		count 0 1 0
		return 1
	fi
}

# silent COMMAND... fails when the command prints anything.
silent() {
	local out
	out=$("$@" 2>&1) || { printf '%s\n' "$out"; return 1; }
	[ -z "$out" ] || { printf '%s\n' "$out"; return 1; }
}

# go_test LIST FLAG... runs go test on the packages that the file lists; testsum shows what matters of it and counts. Where
# again is set, a test or two that fail are run once more.
go_test() {
	local packages=$1 before status
	shift
	before=$(wc -l <"$counts")
	rm -f "$tmp/again"
	# shellcheck disable=SC2046 # a list
	go test -json -vet=off "$@" $(cat "$packages") </dev/null |
		"$tmp/testsum" -counts "$counts" -digest "$tmp/digest" ${again:+-again "$tmp/again"}
	status=$?
	if [ -s "$tmp/again" ]; then
		status=0
		local package name
		while read -r package name; do
			echo "again: $name"
			if go test -json -vet=off -count=1 "$@" -run "^$name\$" "$package" </dev/null | "$tmp/testsum" -counts "$counts" -digest "$tmp/digest"; then
				flaky+=" $name"
			else
				status=1
			fi
		done <"$tmp/again"
	fi
	# Nothing was counted when go or testsum did not get that far.
	[ "$(wc -l <"$counts")" -gt "$before" ] || count 0 1 0
	return "$status"
}

# The packages with tests: those that need real clusters, however far down they ask for them, those that need the C library, and
# all others.
list_packages() {
	[ ! -e "$tmp/real" ] || return 0
	go build -o "$tmp/testsum" ./internal/cmd/testsum &&
		go list -test -f '{{.ImportPath}} {{join .Deps " "}}' ./... >"$tmp/deps" &&
		awk '$1 ~ /\.test$/ {
			sub(/\.test$/, "", $1)
			print $1 > ($0 ~ /\/internal\/realceph( |$)/ ? real : $1 ~ /\/test\/(abi|capi|host|examples)$/ ? capi : pure)
		}' real="$tmp/real" capi="$tmp/capi" pure="$tmp/pure" "$tmp/deps" &&
		[ -s "$tmp/real" ] && [ -s "$tmp/capi" ] && [ -s "$tmp/pure" ] && return 0
	complain "cannot list the packages"
	rm -f "$tmp/real"
	count 0 1 0
	return 1
}

ceph() {
	build/install-ceph.sh </dev/null
	case $? in
	0)
		count 1 0 0
		# From here on a test that finds no cluster fails.
		export LIBMONCLIENT_REAL=require
		;;
	3)
		not_run="the tests against those releases of Ceph that are not installed; see above what the host lacks"
		if [ -n "${CI-}" ]; then
			count 0 1 0
			return 1
		fi
		count 0 0 1
		result="NOT INSTALLED"
		;;
	*)
		count 0 1 0
		return 1
		;;
	esac
}

lint() {
	local status=0 linter
	check gofmt silent gofmt -l . || status=1
	check "go vet" go vet ./... || status=1
	# stringsbuilder and stringscut are left out: what they make of code that is not hot reads worse.
	check "go fix" go fix -stringsbuilder=false -stringscut=false -diff ./... || status=1
	check "go mod tidy" go mod tidy -diff || status=1
	check "go mod verify" go mod verify || status=1
	[ -z "${tools-}" ] || wait "$tools" || true # it is asked again, and then says what is wrong
	if linter=$(build/tools.sh); then
		check "golangci-lint" "$linter" run ./... || status=1
	else
		count 0 1 0
		status=1
	fi
	if need shellcheck shellcheck; then
		check shellcheck shellcheck -x build/*.sh .ci/run || status=1
	else
		count 0 0 1
	fi
	return "$status"
}

cross() {
	local status=0 target
	for target in linux/arm64 darwin/arm64 darwin/amd64 windows/amd64; do
		check "vet $target" env CGO_ENABLED=0 GOOS="${target%/*}" GOARCH="${target#*/}" go vet ./... || status=1
	done
	return "$status"
}

build() {
	local status=0
	check "build ./..." env CGO_ENABLED=0 go build ./... || status=1
	check "build bin/monc" env CGO_ENABLED=0 go build -trimpath -o bin/monc ./cmd/monc || status=1
	return "$status"
}

unit() {
	list_packages || return
	# Without -shuffle, for that is what lets go test keep results.
	CGO_ENABLED=0 go_test "$tmp/pure" -timeout=5m
}

race() {
	list_packages && need_cc || return
	CGO_ENABLED=1 LIBMONCLIENT_RACE=require go_test "$tmp/pure" -race -shuffle=on -timeout=5m
}

# The tests of the C library run programs in C, under sanitizers where that tells more than Go's race detector would.
capi() {
	list_packages && need_cc || return
	local status=0
	need g++ g++ || status=1
	need cmake cmake make || status=1
	need pkg-config pkg-config || status=1
	need valgrind valgrind libc6-dbg || status=1
	need abidw abigail-tools || status=1
	if [ "$status" != 0 ]; then
		count 0 1 0
		return 1
	fi
	check "build/lib.sh" build/lib.sh || status=1
	check "build/lib.sh test" build/lib.sh test || status=1
	check "build/lib.sh asan" build/lib.sh asan || status=1
	check "build/lib.sh valgrind" build/lib.sh valgrind || status=1
	check "build/abi.sh check" build/abi.sh check || status=1
	[ "$status" = 0 ] || return
	go_test "$tmp/capi" -count=1 -timeout=10m # a result that was kept may be of another library
}

# The Python package: what is generated, its types, its tests, a wheel in an empty environment, and real clusters.
python() {
	local status=0
	check "build/python.sh check" build/python.sh check || status=1
	check "build/python.sh test" build/python.sh test || status=1
	check "build/python.sh wheel" build/python.sh wheel || status=1
	if [ -n "${LIBMONCLIENT_REAL-}" ]; then
		check "build/python.sh ceph" build/python.sh ceph || status=1
	elif [ -n "${CI-}" ]; then
		count 0 1 0 # the phase ceph was not asked for, or has failed
		status=1
	fi
	return "$status"
}

integration() {
	list_packages && need_cc || return
	need ip iproute2 || { # for networks in which packets vanish
		count 0 1 0
		return 1
	}
	# Most of the time goes by while daemons start, elect and die: more packages at once than there are cores. And now and then
	# one of the daemons, or librados beside us, has a bad moment of its own: what fails alone is looked at twice, and said.
	local again=1
	CGO_ENABLED=1 LIBMONCLIENT_RACE=require go_test "$tmp/real" -race -shuffle=on -timeout=20m -p 4
}

# The race detector needs cgo, and that a C compiler.
need_cc() {
	need "$(go env CC)" gcc libc6-dev && return 0
	count 0 1 0
	return 1
}

fuzz() {
	local before
	before=$(wc -l <"$counts")
	FUZZCOUNTS=$counts build/fuzz.sh && return 0
	[ "$(wc -l <"$counts")" -gt "$before" ] || count 0 1 0
	return 1
}

# What a bare machine lacks is built while something else is fetched.
case " $* " in
*" ceph "*" lint "*)
	build/tools.sh >/dev/null 2>&1 &
	tools=$!
	;;
esac

status=0
for phase; do
	case " $all " in
	*" $phase "*) ;;
	*)
		complain "no phase called $phase; there are: $all"
		exit 2
		;;
	esac
done
for phase; do
	echo "== $phase"
	begin=$SECONDS
	result=ok
	"$phase" || { result=FAILED status=1; }
	times+=$(printf '%5d s  %-12s %s' $((SECONDS - begin)) "$phase" "$result")$'\n'
done

echo "== in all"
printf '%s%5d s\n' "$times" "$SECONDS"
if [ -s "$tmp/digest" ]; then
	echo "== what failed"
	cat "$tmp/digest"
fi
[ -z "$flaky" ] || echo "FLAKY: failed once, and passed when run again:$flaky"
[ -z "$not_run" ] || echo "NOT RUN: $not_run"
awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$counts" || status=1
exit "$status"
