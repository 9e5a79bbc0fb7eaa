#!/bin/bash
# The Python package in bindings/python, with the tools that requirements-dev.txt pins, in a virtual environment.
#
#   build/python.sh generate       bindings/python/src/monclient/_ctypes.py and .pyi from include/monclient.h
#   build/python.sh check          that they are current; ruff; mypy --strict
#   build/python.sh test [ARG...]  pytest on embedded monitors; arguments are pytest's
#   build/python.sh ceph           pytest on real monitors of Pacific, Reef and Tentacle; RELEASES="reef" for some
#   build/python.sh wheel          bindings/python/dist/: a wheel with the library, tried in an empty environment; an sdist
#   build/python.sh bench          commands and imports beside python3-rados; RELEASE=reef BENCHFLAGS=
#   build/python.sh bench-ceph     the ceph script with librados, with this package, and monc; RELEASE=reef BENCHFLAGS=
#
#   PYTHON   which Python, 3.9 or newer (default: python3); more than one for test: PYTHON="python3.9 python3.14t"
#
# Exit status: 0, 1 something failed, 2 wrong usage, 3 something is not installed and could not be.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

project=bindings/python
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
unset PYTHONHOME PYTHONPATH

# venv PYTHON [REGEXP] sets $bin to a virtual environment's bin directory, with the tools, or those that match.
venv() {
	local python=$1 version key dir
	grep -E "${2-}" "$project/requirements-dev.txt" >"$tmp/requirements"
	need "$python" python3 || exit 3
	if ! version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3]); sys.exit(sys.version_info < (3, 9))'); then
		complain "$python is Python ${version:-of no version}; 3.9 or newer is needed"
		exit 3
	fi
	key=$({ cat "$tmp/requirements"; "$python" -c 'import sys; print(sys.executable, sys.version)'; } | sha256sum | cut -c1-12)
	dir=$cache_dir/python/$version-$key
	bin=$dir/bin
	[ ! -e "$dir/.complete" ] || return 0
	if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
		echo "installing python3-venv"
		{ as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends python3-venv; } >"$tmp/apt" 2>&1 </dev/null || {
			tail -n 15 "$tmp/apt" >&2
			complain "$python has no venv; as root, run:  apt-get update && apt-get install -y python3-venv"
			exit 3
		}
	fi
	echo "making a virtual environment of Python $version in $dir"
	rm -rf "$dir"
	"$python" -m venv "$dir"
	"$bin/pip" install -q -r "$tmp/requirements" || exit 3
	touch "$dir/.complete"
}

# The tools' own Python is the first of $PYTHON.
tools() {
	local first
	read -r first _ <<<"${PYTHON:-python3}"
	venv "$first"
}

# What the tests load and run: the library, and monc, which has the embedded monitors.
library() {
	need_go || exit 3
	build/lib.sh
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$tmp/monc" ./cmd/monc
	LIBMONCLIENT=$PWD/lib/libmonclient.so.0
	MONC=$tmp/monc
	export LIBMONCLIENT MONC
}

# pytest ARG... in the project.
pytest() {
	(cd "$project" && PYTHONPATH=$PWD/src "$bin/python" -m pytest -q -p no:cacheprovider "$@")
}

generate() {
	tools
	need cc gcc || exit 3
	"$bin/python" "$project/generate.py"
}

check() {
	tools
	need cc gcc || exit 3
	(
		cd "$project"
		"$bin/python" generate.py --check
		"$bin/ruff" check --no-cache -q .
		"$bin/ruff" format --no-cache --check -q .
		"$bin/mypy" --cache-dir="$cache_dir/python/mypy" --no-error-summary
	)
}

run_tests() {
	local python
	library
	for python in ${PYTHON:-python3}; do
		venv "$python" '^(pytest|pycparser)' # not every Python has the others
		"$bin/python" -V
		pytest "$@"
	done
}

ceph() {
	local release releases=${RELEASES:-pacific reef tentacle}
	tools
	library
	# shellcheck disable=SC2086 # a list
	build/install-ceph.sh $releases </dev/null
	go build -o "$tmp/realceph" ./internal/cmd/realceph
	for release in $releases; do
		echo "$release:"
		(
			cd "$project"
			export PYTHONPATH=$PWD/src
			"$tmp/realceph" run --release "$release" --mons 3 --mgr --conf paxos_propose_interval=0.1 -- \
				"$bin/python" -m pytest -q -p no:cacheprovider -m ceph tests/test_ceph.py
		)
	done
}

wheel() {
	local stage=$tmp/stage dist=$PWD/$project/dist wheel
	tools
	library
	need objdump binutils || exit 3
	[ -x "$bin/auditwheel" ] || { complain "packaging wants Python 3.10 or newer"; exit 3; }
	SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
	export SOURCE_DATE_EPOCH
	mkdir -p "$stage"
	(cd "$project" && tar -c --exclude=./dist --exclude=./build --exclude='*.egg-info' --exclude=__pycache__ \
		--exclude='./.*_cache' .) | tar -x -C "$stage"
	cp LICENSE "$stage/"
	install -D -m 644 include/monclient.h "$stage/include/monclient.h"
	rm -rf "$dist"
	mkdir -p "$dist"
	"$bin/python" -m build -n -s -o "$dist" "$stage" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; return 1; }
	install -m 755 "$(readlink -f "$LIBMONCLIENT")" "$stage/src/monclient/libmonclient.so.0"
	install -m 755 "$MONC" "$stage/src/monclient/monc"
	env -u GOOS -u GOARCH go run ./internal/cmd/licenses "$stage/src/monclient/libmonclient.so.0" "$MONC" >"$stage/LICENSE.others"
	"$bin/python" -m build -n -w -o "$dist" "$stage" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; return 1; }
	wheel=$(echo "$dist"/monclient-*-py3-none-manylinux_*.whl)
	"$bin/auditwheel" show "$wheel" | tee "$tmp/audit"
	# auditwheel names the oldest platform that the wheel is good for; its tag may not promise an older one.
	"$bin/python" - "$wheel" "$tmp/audit" <<'EOP'
import re, sys
tag = re.search(r"-(manylinux_\d+_\d+_\w+)\.whl$", sys.argv[1])[1]
said = re.search(r"following platform\s+tag:\s+\"(\w+)\"", open(sys.argv[2]).read())[1]
sys.exit(0 if tag == said else f"the wheel is for {tag}, and auditwheel says {said}")
EOP
	try_wheel "$wheel"
	try_sdist "$dist"/monclient-*.tar.gz
	ls -l "$dist"
}

# try_wheel WHEEL installs it where nothing else is, and uses everything that is in it.
try_wheel() {
	local clean=$tmp/clean
	"$bin/python" -m venv "$clean"
	"$clean/bin/pip" install -q --no-index --only-binary :all: "$1"
	# Everything of others that is in the wheel is there with its license.
	go version -m "$clean"/lib/python*/site-packages/monclient/{libmonclient.so.0,monc} | awk '
		$1 == "dep" { print $2, $3 }
		$2 ~ /^go1/ { sub(/^go/, "", $2); print "Go " $2 ", its runtime and its standard library" }' | sort -u >"$tmp/parts"
	env -u LIBMONCLIENT -u MONC "$clean/bin/python" -I -X dev -W error - "$tmp/parts" <<'EOP'
import asyncio, importlib.metadata, pathlib, sys
import monclient, monclient.aio, monclient.testing
from monclient.compat import rados

package = pathlib.Path(monclient.__file__).parent
assert sys.prefix in str(package), package
assert importlib.metadata.version("monclient") == monclient.library_version() == monclient.__version__
assert {d.metadata["Name"] for d in importlib.metadata.distributions()} <= {"monclient", "pip", "setuptools"}
assert f"{package}/libmonclient.so.0" in pathlib.Path("/proc/self/maps").read_text()
licenses = {f.name: f.read_text() for f in importlib.metadata.files("monclient") if f.name.startswith("LICENSE")}
assert "Apache License" in licenses["LICENSE"]
parts = pathlib.Path(sys.argv[1]).read_text().splitlines()
assert len(parts) > 3 and not {*parts} - {*licenses["LICENSE.others"].splitlines()}, parts
assert (package / "py.typed").exists() and (package / "_ctypes.pyi").exists()
assert monclient.testing._monc() == f"{package}/monc"
with monclient.testing.MonCluster() as cluster:
    with cluster.connect() as client:
        assert client.command("status", format="json").json()["fsid"] == cluster.fsid
    async def main():
        async with cluster.aconnect() as client:
            assert (await client.command("fsid")).text.strip() == cluster.fsid
    asyncio.run(main())
    with rados.Rados(conffile=cluster.conf) as c:
        assert c.get_fsid() == cluster.fsid
print("installed alone and tried")
EOP
	# pytest finds the fixtures by the entry point.
	cat >"$tmp/test_installed.py" <<'EOP'
def test_installed(mon_cluster):
    with mon_cluster.connect() as client:
        assert client.fsid == mon_cluster.fsid
EOP
	"$clean/bin/pip" install -q "$("$bin/pip" freeze | grep '^pytest==')"
	(cd "$tmp" && env -u LIBMONCLIENT -u MONC "$clean/bin/python" -m pytest -q -p no:cacheprovider test_installed.py)
}

# try_sdist SDIST makes of it what pip makes: a package without the library, which says so unless it is told where one is.
try_sdist() {
	local source=$tmp/source said
	"$bin/python" -m venv "$source"
	"$bin/python" -m pip wheel -q --no-index --no-deps --no-build-isolation -w "$tmp" "$1"
	"$source/bin/pip" install -q --no-index "$tmp"/monclient-*-py3-none-any.whl
	(cd "$tmp" && LIBMONCLIENT=$LIBMONCLIENT "$source/bin/python" -I -c 'import monclient; monclient.library_version()')
	if said=$(cd "$tmp" && env -u LIBMONCLIENT "$source/bin/python" -I -c 'import monclient; monclient.library_version()' 2>&1); then
		echo "the sdist's package has found this system's library; what it says without one was not tried"
	elif [[ ${said##*$'\n'} != "ImportError: cannot load libmonclient.so.0"* ]]; then
		printf '%s\n' "$said" >&2
		return 1
	fi
	# What is generated can be generated from it.
	tar -xzf "$1" -C "$tmp"
	"$bin/python" "$tmp"/monclient-*/generate.py --check
}

bench() {
	# Bytecode is kept, as where packages are installed.
	unset PYTHONDONTWRITEBYTECODE
	export PYTHONPYCACHEPREFIX=$tmp/bytecode
	local release=${RELEASE:-reef}
	library
	build/install-ceph.sh "$release" </dev/null
	go build -o "$tmp/realceph" ./internal/cmd/realceph
	# The release's own Python, which has python3-rados: as its ceph command is started, without the command.
	# shellcheck disable=SC2016,SC2086 # for the inner shell; a list
	"$tmp/realceph" run --release "$release" --mons 3 -- bash -c '
		sed "s,/usr/bin/python3'\'' '\''[^'\'']*/usr/bin/ceph'\'' ,/usr/bin/python3'\'' ," "$REALCEPH_CEPH" >"$0" && chmod +x "$0" &&
		BENCH_PYTHON=$0 "$0" "$@"' "$tmp/python" "$PWD/$project/bench.py" ${BENCHFLAGS-}
}

bench_ceph() {
	# As above.
	unset PYTHONDONTWRITEBYTECODE
	export PYTHONPYCACHEPREFIX=$tmp/bytecode
	local release=${RELEASE:-reef}
	library
	build/install-ceph.sh "$release" </dev/null
	go build -o "$tmp/realceph" ./internal/cmd/realceph
	# shellcheck disable=SC2086 # a list
	"$tmp/realceph" run --release "$release" --mons 3 --osds 1 -- python3 "$project/bench_ceph.py" ${BENCHFLAGS-}
}

case ${1-} in
generate | check | wheel | bench | bench-ceph | ceph)
	[ $# = 1 ] || { complain "$1 takes no arguments"; exit 2; }
	"${1/-/_}"
	;;
test)
	shift
	run_tests "$@"
	;;
*)
	complain "there are: generate check test ceph wheel bench bench-ceph"
	exit 2
	;;
esac
