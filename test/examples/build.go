//go:build linux

package examples

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Variant is a way of building the programs.
type Variant string

// The variants.
const (
	// Installed programs are those of a user: build/install.sh puts the library into a prefix, where pkg-config finds it.
	Installed Variant = "installed"
	// Sanitized programs and their library, which has the hooks of test/capi/monclienttest.h, check memory, leaks at exit and
	// undefined behaviour. What they find ends them with the exit code SanitizerExit.
	Sanitized Variant = "asan"
)

// SanitizerExit is how a sanitized program ends that has a bug.
const SanitizerExit = 99

// sanitize are the flags of the compiler for the program; the library has its own.
const sanitize = "-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined"

// Names are the examples.
var Names = []string{
	"status", "command", "at_most_once", "command_async", "watch_callbacks", "watch_epoll", "tell", "watch_values", "osdmap", "cluster", "dlopen",
	"command_cpp", "watch_cpp", "ask_cpp",
}

// Programs are the examples of one variant, built.
type Programs struct {
	Dir     string
	Library string // the shared library that they use
	env     []string
}

// module is the root of the repository.
var module = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
})

// Build returns the examples of a variant. It fails the test when they do not build.
func Build(tb testing.TB, v Variant) Programs {
	tb.Helper()
	p, err := builds[v]()
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

var builds = map[Variant]func() (Programs, error){
	Installed: sync.OnceValues(buildInstalled),
	Sanitized: sync.OnceValues(buildSanitized),
}

func buildInstalled() (Programs, error) {
	dir := filepath.Join(module(), "lib", "examples", "installed")
	prefix := filepath.Join(dir, "prefix")
	library := filepath.Join(prefix, "lib")
	p := Programs{Dir: dir, Library: filepath.Join(library, "libmonclient.so.0"), env: []string{"LD_LIBRARY_PATH=" + library}}
	return p, locked(func() error {
		if err := readSources(); err != nil {
			return err
		}
		if err := run(`. build/host.sh && need pkg-config pkg-config && need g++ g++ && need make make &&
			PREFIX="$0" build/install.sh`, prefix); err != nil {
			return err
		}
		// BUILD is relative, for make has no way to write a blank in a file's name.
		return made(filepath.Join(dir, "examples"), `PKG_CONFIG_PATH="$0/prefix/lib/pkgconfig" \
			make -s -B -C bindings/c-examples BUILD=../../lib/examples/installed \
			WARNINGS="-Wall -Wextra -Wpedantic -Wshadow -Werror"`, dir,
			"bindings/c-examples", "include")
	})
}

func buildSanitized() (Programs, error) {
	dir := filepath.Join(module(), "lib", "examples", "asan")
	library := filepath.Join(module(), "lib", "asan")
	p := Programs{Dir: dir, Library: filepath.Join(library, "libmonclient.so.0"), env: []string{
		"LD_LIBRARY_PATH=" + library,
		fmt.Sprintf("ASAN_OPTIONS=detect_leaks=1:exitcode=%d:detect_stack_use_after_return=1", SanitizerExit),
		fmt.Sprintf("UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=%d", SanitizerExit),
	}}
	return p, locked(func() error {
		if err := readSources(); err != nil {
			return err
		}
		if err := run(`. build/host.sh && need g++ g++ && need make make && build/lib.sh asan`, dir); err != nil {
			return err
		}
		return made(filepath.Join(dir, "examples"), `make -s -B -C bindings/c-examples BUILD=../../lib/examples/asan \
			MONCLIENT_CFLAGS=-I../../include MONCLIENT_LIBS="-L../../lib/asan -lmonclient" \
			CFLAGS="`+sanitize+`" WARNINGS="-Wall -Wextra -Werror"`, dir,
			"bindings/c-examples", "include")
	})
}

// BuildWrapper builds testdata/wrapper.cpp, sanitized, for a standard of C++, and returns it as a program called wrapper.
func BuildWrapper(tb testing.TB, standard string) Programs {
	tb.Helper()
	p := Build(tb, Sanitized)
	p.Dir = filepath.Join(p.Dir, standard)
	err := locked(func() error {
		if err := os.MkdirAll(p.Dir, 0o755); err != nil {
			return err
		}
		// Not optimized, which would take half a minute.
		return made(filepath.Join(p.Dir, "wrapper"), `g++ -std=`+standard+` `+strict+` `+sanitize+` -O0 -pthread \
			-Iinclude -Itest/capi test/examples/testdata/wrapper.cpp -o "$0/wrapper" -Llib/asan -lmonclient`, p.Dir,
			"test/examples/testdata", "include", "test/capi/monclienttest.h")
	})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// strict are the warnings that the wrapper must not cause in anybody's program.
const strict = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

// locked runs build alone among all tests, which may run in several processes.
func locked(build func() error) error {
	dir := filepath.Join(module(), "lib", "examples")
	for _, d := range []string{"installed", "asan"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	lock, err := os.Create(filepath.Join(dir, ".lock"))
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return errors.Join(err, lock.Close())
	}
	return errors.Join(build(), lock.Close())
}

// made runs a command unless what it makes has been made by the same command of the same sources.
func made(target, command, arg string, sources ...string) error {
	sum := sha256.New()
	fmt.Fprintln(sum, command)
	for _, root := range sources {
		err := filepath.WalkDir(filepath.Join(module(), root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			fmt.Fprintln(sum, path, len(b))
			sum.Write(b)
			return err
		})
		if err != nil {
			return err
		}
	}
	want, stamp := hex.EncodeToString(sum.Sum(nil)), target+".made-of"
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return nil
	}
	if err := run(command, arg); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(want), 0o644)
}

// run runs a command of the shell in the root of the repository.
func run(command, arg string) error {
	cmd := exec.Command("bash", "-c", command, arg)
	cmd.Dir = module()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return nil
}

// readSources reads what the library is made of, which tells go test that its results depend on it.
func readSources() error {
	for _, root := range []string{
		"build/lib", "build/lib.sh", "build/install.sh", "capi", "cephx", "denc", "include", "monclient", "msgr2",
		"test/capi/monclienttest.h", "go.mod", "go.sum",
	} {
		err := filepath.WalkDir(filepath.Join(module(), root), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && slices.Contains([]string{"testdata", "montest"}, d.Name()):
				return filepath.SkipDir
			case d.IsDir() || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
