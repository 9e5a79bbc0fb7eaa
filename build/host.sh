# What every script here asks of the host. To be sourced, in the repository's root.
# shellcheck shell=bash

# A container's process may have no HOME, and go wants one for its caches.
if [ -z "${HOME-}" ]; then
	HOME=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6) || true
	[ -n "$HOME" ] && [ -w "$HOME" ] || HOME=${TMPDIR:-/tmp}/libmonclient-home-$(id -u)
	mkdir -p "$HOME"
	export HOME
fi
# shellcheck disable=SC2034 # for those who source this
cache_dir=${XDG_CACHE_HOME:-$HOME/.cache}/libmonclient

# The scripts compile main packages only to try them; a clone that git does not trust (another user's, mounted
# into a container) must not stop that.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"

complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

need_go() {
	if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then
		PATH=$PATH:/usr/local/go/bin
	fi
	if ! command -v go >/dev/null; then
		complain "go is neither in PATH nor in /usr/local/go/bin; install Go $(sed -n 's/^go //p' go.mod) or newer"
		return 1
	fi
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

# need PROGRAM PACKAGE... installs the packages when the program is absent and root or sudo allow it.
need() {
	local program=$1 log
	shift
	! command -v "$program" >/dev/null || return 0
	if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
		echo "installing $*"
		log=$(mktemp)
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null ||
			{ as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
				apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null || tail -n 15 "$log" >&2
		rm -f "$log"
	fi
	command -v "$program" >/dev/null && return 0
	complain "$program is missing; as root, run:  apt-get update && apt-get install -y $*"
	return 1
}
