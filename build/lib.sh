#!/bin/bash
# Builds the C library from capi/ and include/monclient.h. What is current already is left alone.
#
#   build/lib.sh        lib/libmonclient.so.X.Y.Z with its links and lib/libmonclient.a, stripped;
#                       lib/debug/libmonclient.so.X.Y.Z, the same library with its symbols
#   build/lib.sh test   lib/test/: with the hooks of test/capi/monclienttest.h, and not stripped
#   build/lib.sh asan   lib/asan/: as test, with AddressSanitizer in C and in Go
#   build/lib.sh valgrind  lib/valgrind/: as test, and telling memcheck of Go's stacks and heap
#
#   build/lib.sh version  prints the version and builds nothing
#
#   CC, CGO_CFLAGS      as go has them
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

fail() {
	complain "$*"
	exit 1
}

header=include/monclient.h
hooks=test/capi/monclienttest.h

# version MEMBER... prints MONCLIENT_VERSION_MEMBER, the one place where the version is written, with points between.
version() {
	local member number out=
	for member; do
		number=$(sed -n "s/^[[:blank:]]*MONCLIENT_VERSION_$member = \([0-9][0-9]*\),.*/\1/p" "$header")
		[ -n "$number" ] || fail "$header has no MONCLIENT_VERSION_$member"
		out+=${out:+.}$number
	done
	echo "$out"
}

variant=${1-}
tags=netgo,osusergo
flags=(-trimpath -buildvcs=false)
case $variant in
version)
	version MAJOR MINOR PATCH
	exit
	;;
'') dir=lib ;;
test) dir=lib/test ;;
asan)
	dir=lib/asan
	flags+=(-asan)
	;;
valgrind)
	dir=lib/valgrind
	tags+=,valgrind # Go's own
	;;
*)
	complain "there is no variant called $variant; there are: test, asan, valgrind, and that without a name"
	exit 2
	;;
esac
[ -z "$variant" ] || tags+=,monclienttest
flags+=(-tags "$tags")

need_go
export CGO_ENABLED=1
[ "$(go env GOOS)" = linux ] || fail "the C library is for Linux"
cc=$(go env CC)
need "${cc%% *}" gcc libc6-dev || fail "the C library needs a C compiler; without one, only the Go library and bin/monc can be built"
need objcopy binutils

# functions HEADER DEFAULT prints "VERSION NAME" for each function; the version is that of its "Since", or the default.
functions() {
	awk -v default="$2" '
		match($0, /Since [0-9]+\.[0-9]+/) { since = substr($0, RSTART + 6, RLENGTH - 6) }
		/^MONCLIENT_API / {
			name = $0
			sub(/\(.*/, "", name)
			sub(/.*[ *]/, "", name)
			if (since == "") since = default
			if (name !~ /^monclient(test)?_[a-z0-9_]+$/ || since == "") {
				printf "%s:%d: no name or no \"Since\": %s\n", FILENAME, NR, $0 >"/dev/stderr"
				exit 1
			}
			print since, name
			since = ""
		}' "$1"
}

# version_script prints the linker's list of what is exported: every function by name, below the release that it came with.
version_script() {
	{
		functions "$header" "" | sort -V
		[ -z "$variant" ] || functions "$hooks" TEST
	} | awk '
		$1 != node {
			if (node != "") end()
			before = node
			node = $1
			printf "LIBMONCLIENT_%s {\nglobal:\n", node
		}
		{ printf "\t%s;\n", $2 }
		function end() {
			print before == "" ? "local:\n\t*;\n};" : "} LIBMONCLIENT_" before ";"
		}
		END { end() }'
}

# fingerprint prints a hash of everything that the library is made of.
fingerprint() {
	local sources
	# shellcheck disable=SC2016 # the dollars are of go's template
	sources=$(go list -deps -tags "$tags" -f '{{if not .Standard}}{{$d := .Dir}}
		{{- range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .CgoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}
		{{- range .CFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .HFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}
		{{- range .SFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}' ./capi)
	{
		go env GOVERSION GOOS GOARCH GOAMD64 GOARM64 GOEXPERIMENT CC CGO_CFLAGS CGO_CPPFLAGS CGO_LDFLAGS
		# A script that calls this one has added to them what is added here.
		go env GOFLAGS | tr ' ' '\n' | sort -u
		# shellcheck disable=SC2086 # CC may have arguments
		$cc --version
		printf '%s\n' "$sources" "$header" "$hooks" go.mod go.sum build/lib.sh | sed '/^$/d' | tr '\n' '\0' | xargs -0 sha256sum
	} | sha256sum
}

# patch_runtime prepares the one change of Go that the library needs. The runtime takes SIGCHLD, SIGPROF and 34 (which is
# SIGRTMIN for glibc and something else for musl) out of the mask of all its threads, whatever the program blocks, so that a
# program that waits for SIGCHLD with signalfd or sigwait would lose it to a thread of ours, and a blocked SIGPROF would
# kill. Go has no switch for it; it has overlays.
patch_runtime() {
	local table copy=$tmp/sigtab_linux_generic.go
	table=$(go env GOROOT)/src/runtime/sigtab_linux_generic.go
	sed -E '/\/\* (17|27|34) \*\//s/ \+ _SigUnblock|_SigUnblock \+ //' "$table" >"$copy"
	[ "$(diff "$table" "$copy" | grep -c '^>.*/\* \(17\|27\|34\) \*/')" = 3 ] ||
		fail "$table is not as this script knows it: see patch_runtime in build/lib.sh"
	printf '{"Replace": {"%s": "%s"}}\n' "$table" "$copy" >"$tmp/overlay.json"
	flags+=("-overlay=$tmp/overlay.json")
}

# No signals to preempt threads that run Go: they would interrupt the system calls of the program's threads.
runtime_flags="-X=runtime.godebugDefault=asyncpreemptoff=1"

# link OUTPUT makes a shared library. Go's build id, which knows of paths, is left out; the linker's is of the content.
link() {
	local extldflags
	extldflags="-Wl,-soname,$soname -Xlinker \"--version-script=$tmp/map\" -Wl,-z,relro,-z,now,-z,nodelete,-z,noexecstack -Wl,--build-id=sha1"
	# clang leaves the sanitizer's functions to the program.
	[ "$variant" = asan ] || extldflags+=" -Wl,-z,defs"
	go build -buildmode=c-shared "${flags[@]}" -ldflags="$runtime_flags -buildid= -B none '-extldflags=$extldflags'" -o "$1" ./capi
}

# archive OUTPUT makes a static library of one object, in which nothing is global but what the header declares: two runtimes
# of Go would clash, and names such as fatalf are the program's.
archive() {
	go build -buildmode=c-archive "${flags[@]}" -ldflags="$runtime_flags -s -w -buildid=" -o "$tmp/go.a" ./capi
	sed -n 's/^\t\(monclient.*\);$/\1/p' "$tmp/map" >"$tmp/names"
	# shellcheck disable=SC2086 # CC may have arguments
	$cc -r -nostdlib -Wl,-d -o "$tmp/libmonclient.o" -Wl,--whole-archive "$tmp/go.a" -Wl,--no-whole-archive
	objcopy --keep-global-symbols="$tmp/names" --strip-unneeded "$tmp/libmonclient.o"
	(cd "$tmp" && ar rcsD static.a libmonclient.o)
	mv "$tmp/static.a" "$1"
}

# publish FILE DIR puts a shared library into the directory, at once, beside its links and without older versions.
publish() {
	mkdir -p "$2"
	mv -f "$1" "$2/$file"
	ln -sfn "$file" "$2/$soname"
	ln -sfn "$soname" "$2/libmonclient.so"
	find "$2" -maxdepth 1 -name 'libmonclient.so.*' ! -name "$file" ! -name "$soname" -delete
}

file=libmonclient.so.$(version MAJOR MINOR PATCH)
soname=libmonclient.so.$(version MAJOR)
outputs=("$dir/$file")
[ -n "$variant" ] || outputs+=("lib/debug/$file" lib/libmonclient.a)

# Several tests may want the library at the same time.
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9

# go compiles C again when a file of the package has changed, and the headers are not in it.
CGO_CPPFLAGS="${CGO_CPPFLAGS:+$CGO_CPPFLAGS }-DMONCLIENT_HEADERS=$(cat "$header" "$hooks" | sha256sum | cut -c 1-32)"
export CGO_CPPFLAGS
# gcc makes one function of those that are alike, and leaves the others without debug information; abidw needs it.
CGO_CFLAGS="$(go env CGO_CFLAGS)$(! "${cc%% *}" -fno-ipa-icf -E -x c /dev/null >/dev/null 2>&1 || echo " -fno-ipa-icf")"
export CGO_CFLAGS
want=$(fingerprint)
stamp=$dir/.made-of
current=$([ ! -e "$stamp" ] || cat "$stamp")
for output in "${outputs[@]}"; do
	[ -e "$output" ] || current=
done
if [ "$current" = "$want" ]; then
	echo "${outputs[*]}: current"
	exit
fi

rm -rf "$stamp" "$dir"/.tmp.*
tmp=$(mktemp -d "$PWD/$dir/.tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

version_script >"$tmp/map"
patch_runtime
link "$tmp/full"
if [ -n "$variant" ]; then
	publish "$tmp/full" "$dir"
else
	strip --strip-unneeded -o "$tmp/stripped" "$tmp/full"
	archive lib/libmonclient.a
	publish "$tmp/full" lib/debug
	publish "$tmp/stripped" lib
fi
printf '%s\n' "$want" >"$stamp"
echo "${outputs[*]}: built"
