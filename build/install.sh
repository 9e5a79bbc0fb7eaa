#!/bin/bash
# Installs the C library, or removes it again.
#
#   build/install.sh [uninstall]
#
#   PREFIX      where it will be used (default: /usr/local); the licenses go to PREFIX/share/doc/libmonclient
#   LIBDIR      of libraries (default: PREFIX/lib); Debian's own are in /usr/lib/x86_64-linux-gnu, for example
#   INCLUDEDIR  of headers (default: PREFIX/include)
#   DESTDIR     put in front of all of these, for packages
set -euo pipefail
cd "$(dirname "$0")/.."
. build/host.sh

prefix=${PREFIX:-/usr/local}
prefix=${prefix%/}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
destdir=${DESTDIR-}
for dir in "${prefix:-/}" "$libdir" "$includedir" "${destdir:-/}"; do
	case $dir in
	/*) ;;
	*)
		complain "$dir must begin with /"
		exit 2
		;;
	esac
done

case ${1-} in
'')
	need_go
	build/lib.sh
	;;
uninstall) ;;
*)
	complain "usage: build/install.sh [uninstall]"
	exit 2
	;;
esac
action=${1:-install}
version=$(build/lib.sh version)
soname=libmonclient.so.${version%%.*}
file=libmonclient.so.$version
cmakedir=$libdir/cmake/monclient
docdir=$prefix/share/doc/libmonclient

# put MODE FILE TARGET installs the file, or removes the target.
put() {
	if [ "$action" = install ]; then
		install -D -m "$1" "$2" "$destdir$3"
	else
		rm -f "$destdir$3"
	fi
}

# put_link TEXT TARGET does so with a symbolic link.
put_link() {
	if [ "$action" = install ]; then
		ln -sfn "$1" "$destdir$2"
	else
		rm -f "$destdir$2"
	fi
}

# put_filled TEMPLATE TARGET does so with a template of build/lib.
put_filled() {
	if [ "$action" = install ]; then
		fill <"build/lib/$1" >"$tmp/$1"
	fi
	put 644 "$tmp/$1" "$2"
}

# fill replaces @NAME@, and fails when one is left.
fill() {
	local text name value pointer=4
	text=$(cat)
	# The fifth byte of an ELF file says whether it is one of 64 bits.
	[ "$(od -An -tu1 -j4 -N1 "lib/$file" | tr -d ' ')" != 2 ] || pointer=8
	while read -r name value; do
		text=${text//"@$name@"/"$value"}
	done <<-END
		VERSION $version
		MAJOR ${version%%.*}
		SONAME $soname
		SOFILE $file
		POINTER_SIZE $pointer
		PREFIX ${prefix:-/}
		LIBDIR $(below "$libdir")
		INCLUDEDIR $(below "$includedir")
		CMAKE_TO_LIBDIR $(realpath -m -s --relative-to="$cmakedir" "$libdir")
		CMAKE_TO_INCLUDEDIR $(realpath -m -s --relative-to="$cmakedir" "$includedir")
	END
	case $text in
	*@[A-Z]*@*)
		complain "a template asks for something that is not known: $(grep -o '@[A-Z_]*@' <<<"$text" | head -n 1)"
		return 1
		;;
	esac
	printf '%s\n' "$text"
}

# below DIR writes it with pkg-config's ${prefix}, so that pkg-config --define-prefix can move it.
below() {
	case $1 in
	"$prefix"/*) printf '%s\n' "\${prefix}${1#"$prefix"}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

for header in include/monclient.h include/monclient.hpp; do
	put 644 "$header" "$includedir/${header##*/}"
done
put 755 "lib/$file" "$libdir/$file"
put_link "$file" "$libdir/$soname"
put_link "$soname" "$libdir/libmonclient.so"
put 644 lib/libmonclient.a "$libdir/libmonclient.a"
put_filled monclient.pc.in "$libdir/pkgconfig/monclient.pc"
put_filled monclient-config.cmake.in "$cmakedir/monclient-config.cmake"
put_filled monclient-config-version.cmake.in "$cmakedir/monclient-config-version.cmake"
if [ "$action" = install ]; then
	env -u GOOS -u GOARCH go run ./internal/cmd/licenses "lib/$file" >"$tmp/LICENSE.others"
fi
put 644 LICENSE "$docdir/LICENSE"
put 644 "$tmp/LICENSE.others" "$docdir/LICENSE.others"
for dir in "$cmakedir" "$docdir"; do
	if [ "$action" = uninstall ] && [ -d "$destdir$dir" ]; then
		rmdir --ignore-fail-on-non-empty "$destdir$dir"
	fi
done

# In a package's tree there is nothing to tell the dynamic linker.
if [ -z "$destdir" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then
	ldconfig
fi
echo "$action of libmonclient $version: $destdir$libdir, $destdir$includedir"
