//go:build linux

package abi

import (
	"debug/buildinfo"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// place is where the library was installed for a test.
type place struct {
	destdir, prefix, libdir string // prefix and libdir without destdir
	version                 string
}

func (p place) env() []string {
	return append(os.Environ(), "DESTDIR="+p.destdir, "PREFIX="+p.prefix, "LIBDIR="+p.libdir, "INCLUDEDIR=")
}

// install installs it as a package does for Debian, with libraries in a directory of the architecture, or into a prefix.
// There is always a DESTDIR, for without one the dynamic linker of this machine is told.
func install(t *testing.T, debian bool) place {
	t.Helper()
	library(t)
	p := place{destdir: "/", prefix: filepath.Join(t.TempDir(), "opt", "monclient"), version: strings.TrimSpace(run(t, "build/lib.sh", "version"))}
	p.libdir = filepath.Join(p.prefix, "lib")
	if debian {
		p.destdir, p.prefix, p.libdir = t.TempDir(), "/usr", "/usr/lib/some-linux-gnu"
	}
	p.script(t)
	return p
}

func (p place) script(t *testing.T, args ...string) {
	t.Helper()
	cmd := command(t, "build/install.sh", args...)
	cmd.Env = p.env()
	output(t, cmd)
}

// files lists what is below a directory, with modes and targets of links.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	list := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		list[name] = fmt.Sprintf("%v", info.Mode())
		if d.Type() == fs.ModeSymlink {
			list[name], err = os.Readlink(path)
		}
		return err
	}))
	return list
}

func TestInstall(t *testing.T) {
	t.Parallel()
	p := install(t, true)
	major, _, _ := strings.Cut(p.version, ".")
	want := map[string]string{
		"usr/include/monclient.h":                                               "-rw-r--r--",
		"usr/include/monclient.hpp":                                             "-rw-r--r--",
		"usr/lib/some-linux-gnu/libmonclient.so":                                "libmonclient.so." + major,
		"usr/lib/some-linux-gnu/libmonclient.so." + major:                       "libmonclient.so." + p.version,
		"usr/lib/some-linux-gnu/libmonclient.so." + p.version:                   "-rwxr-xr-x",
		"usr/lib/some-linux-gnu/libmonclient.a":                                 "-rw-r--r--",
		"usr/lib/some-linux-gnu/pkgconfig/monclient.pc":                         "-rw-r--r--",
		"usr/lib/some-linux-gnu/cmake/monclient/monclient-config.cmake":         "-rw-r--r--",
		"usr/lib/some-linux-gnu/cmake/monclient/monclient-config-version.cmake": "-rw-r--r--",
		"usr/share/doc/libmonclient/LICENSE":                                    "-rw-r--r--",
		"usr/share/doc/libmonclient/LICENSE.others":                             "-rw-r--r--",
	}
	require.Equal(t, want, files(t, p.destdir))
	info, err := buildinfo.ReadFile(filepath.Join(p.destdir, p.libdir, "libmonclient.so"))
	require.NoError(t, err)
	licenses := read(t, p.destdir, p.prefix, "share/doc/libmonclient/LICENSE.others")
	require.NotEmpty(t, info.Deps)
	for _, m := range info.Deps {
		require.Contains(t, licenses, "\n"+m.Path+" "+m.Version+"\n")
	}

	p.script(t)
	require.Equal(t, want, files(t, p.destdir), "after installing it again")

	write(t, p.destdir, "usr/include/other.h", "")
	write(t, p.destdir, "usr/lib/some-linux-gnu/cmake/other.cmake", "")
	p.script(t, "uninstall")
	p.script(t, "uninstall")
	require.Equal(t, map[string]string{"usr/include/other.h": "-rw-r--r--", "usr/lib/some-linux-gnu/cmake/other.cmake": "-rw-r--r--"},
		files(t, p.destdir), "what is not ours stays")
	require.NoDirExists(t, filepath.Join(p.destdir, p.libdir, "cmake", "monclient"))
	require.NoDirExists(t, filepath.Join(p.destdir, p.prefix, "share/doc/libmonclient"))
}

func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"a relative prefix", []string{"PREFIX=opt"}, nil, "opt must begin with /"},
		{"a relative destination", []string{"DESTDIR=tree"}, nil, "tree must begin with /"},
		{"another word", []string{"DESTDIR=/nowhere"}, []string{"instal"}, "usage: build/install.sh [uninstall]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, "build/install.sh", tt.args...)
			cmd.Env = append(os.Environ(), tt.env...)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			require.Equal(t, "install.sh: "+tt.want+"\n", string(out))
		})
	}
}

// programs runs what was built with the installed library and expects its version.
func (p place) programs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		cmd := command(t, program)
		// A program that was linked statically must do without.
		if !strings.Contains(filepath.Base(program), "static") {
			cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+p.destdir+p.libdir)
		}
		require.Equal(t, p.version+"\n", output(t, cmd), program)
	}
}

func TestPkgConfig(t *testing.T) {
	t.Parallel()
	need(t, "pkg-config", "pkg-config")
	need(t, "g++", "g++")
	for _, debian := range []bool{false, true} {
		t.Run(map[bool]string{false: "prefix", true: "Debian"}[debian], func(t *testing.T) {
			t.Parallel()
			p := install(t, debian)
			dir := t.TempDir()
			// build compiles and links in the two steps in which a makefile does it, with what pkg-config says.
			build := func(program, compiler, source, libs string, flags ...string) string {
				t.Helper()
				object := filepath.Join(dir, program+".o")
				script := strings.Join([]string{
					`set -euo pipefail`,
					`compiler=$1 source=$2 object=$3 program=$4 libs=$5`,
					`shift 5`,
					`cflags=$(pkg-config --cflags monclient)`,
					`libs=$(pkg-config $libs monclient)`,
					`$compiler "$@" -Wall -Wextra -Wpedantic -Werror $cflags -c "$source" -o "$object"`,
					`$compiler "$@" "$object" -o "$program" $libs`,
				}, "\n")
				cmd := command(t, "bash", append([]string{"-c", script, "build", compiler,
					filepath.Join(root(t), "test/abi/testdata/consumer", source), object, filepath.Join(dir, program), libs}, flags...)...)
				cmd.Env = append(os.Environ(), "PKG_CONFIG_LIBDIR="+p.destdir+p.libdir+"/pkgconfig", "PKG_CONFIG_PATH=")
				if debian {
					cmd.Env = append(cmd.Env, "PKG_CONFIG_SYSROOT_DIR="+p.destdir)
				}
				output(t, cmd)
				return filepath.Join(dir, program)
			}
			p.programs(t,
				build("c-shared", compiler(t), "main.c", "--libs", "-std=c11"),
				build("c-static", compiler(t), "main.c", "--static --libs", "-std=c99", "-static"),
				build("cxx-shared", "g++", "main.cc", "--libs", "-std=c++17"))

			cmd := command(t, "pkg-config", "--modversion", "--variable=prefix", "monclient")
			cmd.Env = append(os.Environ(), "PKG_CONFIG_LIBDIR="+p.destdir+p.libdir+"/pkgconfig")
			require.Contains(t, output(t, cmd), p.prefix)
			cmd = command(t, "pkg-config", "--exact-version="+p.version, "monclient")
			cmd.Env = append(os.Environ(), "PKG_CONFIG_LIBDIR="+p.destdir+p.libdir+"/pkgconfig")
			output(t, cmd)
		})
	}
}

// The package is found where it is, not where it was installed: the trees of Debian and of the prefix are moved.
func TestCMake(t *testing.T) {
	t.Parallel()
	need(t, "cmake", "cmake", "make")
	need(t, "g++", "g++")
	p := install(t, true)
	moved := filepath.Join(t.TempDir(), "moved here")
	require.NoError(t, os.Rename(filepath.Join(p.destdir, "usr"), moved))
	// CMake looks in the directory of an architecture that it knows; here it is told.
	config := filepath.Join(moved, "lib", "some-linux-gnu", "cmake", "monclient")

	dir := t.TempDir()
	out := run(t, "cmake", "-S", "test/abi/testdata/consumer", "-B", dir, "-Dmonclient_DIR="+config, "-DCMAKE_PREFIX_PATH="+config,
		"-DCMAKE_BUILD_TYPE=Release", "-Werror=dev")
	require.Contains(t, out, "monclient_VERSION "+p.version+"\n")
	run(t, "cmake", "--build", dir)

	// CMake's programs know where the library is.
	p.destdir, p.libdir = "", ""
	for _, program := range []string{"c-shared", "c-static", "cxx-shared", "cxx-static"} {
		p.programs(t, filepath.Join(dir, program))
	}
	needed := open(t, filepath.Join(dir, "c-shared"))
	libraries, err := needed.ImportedLibraries()
	require.NoError(t, err)
	major, _, _ := strings.Cut(p.version, ".")
	require.Contains(t, libraries, "libmonclient.so."+major)

	// A tree from which a file was removed is no package, and CMake says which file.
	require.NoError(t, os.Remove(filepath.Join(moved, "lib", "some-linux-gnu", "libmonclient.a")))
	cmd := command(t, "cmake", "-S", "test/abi/testdata/consumer", "-B", t.TempDir(), "-Dmonclient_DIR="+config)
	text, err := cmd.CombinedOutput()
	require.ErrorAs(t, err, new(*exec.ExitError))
	require.Contains(t, strings.Join(strings.Fields(string(text)), " "), "libmonclient.a is missing; install monclient again.")
}
