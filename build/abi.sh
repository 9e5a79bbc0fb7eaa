#!/bin/bash
# Holds the C library to what abi/ has recorded of it: functions, structures and types (abi/monclient.abi, by abidw), and
# the constants of the header with their values (abi/constants.txt).
#
#   build/abi.sh check      fails when something is not as recorded, and says what
#   build/abi.sh update     records what there is now; the commit says why it may differ
#   build/abi.sh read LIBRARY HEADERS            prints the record of a library and its directory of headers
#   build/abi.sh compare RECORD LIBRARY HEADERS  compares such a record
#
# What was released may get new functions and, at the end of structures that know their size, new members. Anything else
# is another libmonclient.so.N.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

record=abi/monclient.abi
constants=abi/constants.txt

# read_abi LIBRARY HEADERS prints what abidw sees of the exported functions, without what is not part of the ABI: paths,
# lines, and types that are not in the headers.
read_abi() {
	local exported described only
	# Before 2.2 abidw did not know the option; what it prints besides is not compared.
	only=$(abidw --help 2>&1 | grep -o -m 1 -e --exported-interfaces-only) || true
	abidw ${only:+"$only"} --headers-dir "$2" --drop-private-types --no-show-locs --no-comp-dir-path \
		--no-corpus-path --no-elf-needed --no-architecture --no-write-default-sizes --type-id-style hash "$1" >"$tmp/read.abi"
	# A compiler may have folded functions that are alike into one, and abidw then describes one of them only.
	exported=$(grep -c '<elf-symbol name=' "$tmp/read.abi") || true
	described=$(grep -c '<function-decl .* elf-symbol-id=' "$tmp/read.abi") || true
	if [ "$exported" = 0 ] || [ "$exported" != "$described" ]; then
		complain "$1 exports $exported functions, and its debug information describes $described"
		return 1
	fi
	cat "$tmp/read.abi"
}

# compare RECORD LIBRARY HEADERS prints the differences. The record is compared by meaning, so neither the compiler nor
# abidw's version need be those that it was written with.
compare() {
	local status=0
	read_abi "$2" "$3" >"$tmp/now.abi"
	abidiff --no-architecture --no-show-locs --no-corpus-path --harmless --no-unreferenced-symbols "$1" "$tmp/now.abi" || status=$?
	[ "$status" = 0 ] || complain "the ABI is not as recorded in $1"
	return "$status"
}

# list_constants prints each constant of the header with its value, as the compiler knows it. That of the version may change.
list_constants() {
	{
		echo '#include <stdio.h>'
		echo '#include "monclient.h"'
		echo 'int main(void) {'
		# The comments of the header speak of constants, too.
		"$cc" -std=c11 -E -P -Iinclude include/monclient.h | grep -o 'MONCLIENT_[A-Z0-9_]* *=' | tr -d ' =' | grep -v '^MONCLIENT_VERSION_' |
			sed 's/.*/printf("%s %lld\\n", "&", (long long)&);/'
		echo 'return 0; }'
	} >"$tmp/constants.c"
	"$cc" -std=c11 -Iinclude -o "$tmp/constants" "$tmp/constants.c"
	"$tmp/constants"
}

need abidw abigail-tools
need_go
cc=$(CGO_ENABLED=1 go env CC)
cc=${cc%% *}
need "$cc" gcc libc6-dev
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

case ${1-} in
check)
	build/lib.sh >"$tmp/out"
	status=0
	compare "$record" "lib/debug/libmonclient.so" include || status=1
	list_constants >"$tmp/constants.txt"
	diff -u --label "$constants" --label include/monclient.h "$constants" "$tmp/constants.txt" || {
		complain "the constants are not as recorded in $constants"
		status=1
	}
	exit "$status"
	;;
read)
	read_abi "$2" "$3"
	;;
compare)
	compare "$2" "$3" "$4"
	;;
update)
	build/lib.sh
	read_abi lib/debug/libmonclient.so include >"$tmp/monclient.abi"
	list_constants >"$tmp/constants.txt"
	mv "$tmp/monclient.abi" "$record"
	mv "$tmp/constants.txt" "$constants"
	;;
*)
	complain "usage: build/abi.sh check|update|read LIBRARY HEADERS|compare RECORD LIBRARY HEADERS"
	exit 2
	;;
esac
