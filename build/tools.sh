#!/bin/bash
# Builds the checkers that `make lint` uses, each pinned, into the user's cache, and prints where they are.
#
#   LIBMONCLIENT_TOOLS_DIR  where they go (default: $XDG_CACHE_HOME or ~/.cache, /libmonclient/tools)
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh
need_go

golangci_lint=v2.15.0 # has staticcheck in it

# The name holds Go's version, for a linter cannot read what a newer Go than its own compiles.
program=${LIBMONCLIENT_TOOLS_DIR:-$cache_dir/tools}/golangci-lint-$golangci_lint-$(go env GOVERSION)
if [ ! -x "$program" ]; then
	dir=${program%/*}
	mkdir -p "$dir"
	tmp=$(mktemp -d "$dir/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	echo "building golangci-lint $golangci_lint, once; it takes a minute or two" >&2
	# Built for this host even when a cross build is going on around.
	env -u GOOS -u GOARCH GOFLAGS= CGO_ENABLED=0 GOBIN="$tmp" go install -trimpath -ldflags='-s -w' \
		"github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$golangci_lint" >"$tmp/log" 2>&1 </dev/null ||
		{ tail -n 15 "$tmp/log" >&2; complain "golangci-lint $golangci_lint cannot be built"; exit 1; }
	mv "$tmp/golangci-lint" "$program"
fi
echo "$program"
