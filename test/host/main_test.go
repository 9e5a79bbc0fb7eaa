//go:build linux

package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{m}) }

// suite runs the tests, and then removes what they share.
type suite struct{ m *testing.M }

func (s suite) Run() int {
	defer shared.remove()
	return s.m.Run()
}

// shared is what all tests use, each part of it made when the first one needs it.
var shared environment

type environment struct {
	mu       sync.Mutex
	dir      string
	made     map[string]error
	programs map[string]string
	cluster  *montest.Cluster
}

// module is the directory of the module, seen from the package's.
const module = "../.."

func (e *environment) remove() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cluster != nil {
		e.cluster.Close()
	}
	if e.dir != "" {
		_ = os.RemoveAll(e.dir) // a temporary directory, of which nothing hangs
	}
}

// once runs a function for a name, and returns what it returned then.
func (e *environment) once(name string, build func() error) error {
	if err, ok := e.made[name]; ok {
		return err
	}
	if e.made == nil {
		e.made = map[string]error{}
	}
	err := build()
	e.made[name] = err
	return err
}

// directory returns the place of everything that is compiled.
func (e *environment) directory() (string, error) {
	err := e.once("directory", func() (err error) {
		if e.dir, err = os.MkdirTemp("", "monclient-host-"); err != nil {
			return err
		}
		return e.writeFunctions()
	})
	return e.dir, err
}

var function = regexp.MustCompile(`(?m)^MONCLIENT_API[^;(]*?\b(monclient_\w+)\(`)

// writeFunctions writes functions.h: the name of every function of the header.
func (e *environment) writeFunctions() error {
	header, err := os.ReadFile(module + "/include/monclient.h")
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, match := range function.FindAllSubmatch(header, -1) {
		fmt.Fprintf(&b, "X(%s)\n", match[1])
	}
	if b.Len() == 0 {
		return fmt.Errorf("the header has no function")
	}
	return os.WriteFile(filepath.Join(e.dir, "functions.h"), []byte(b.String()), 0o644)
}

// output runs a program and returns an error with what it said.
func output(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// library returns the path of the library in a form of build/lib.sh: "" is what users get, "test" and "asan" have hooks.
func (e *environment) library(form string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.once("library "+form, func() error {
		if form == "" {
			return output("build/lib.sh")
		}
		return output("build/lib.sh", form)
	})
	if err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(module, "lib", form, "libmonclient.so.0"))
}

// other returns the path of the other library made of Go.
func (e *environment) other() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	dir, err := e.directory()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "libother.so")
	return path, e.once("other", func() error {
		return output("env", "CGO_ENABLED=1", "go", "build", "-buildmode=c-shared", "-o", path, "./test/host/testdata/otherlib")
	})
}

// program compiles a C program of testdata and returns its path. flags come last on the compiler's command line.
func (e *environment) program(source string, flags ...string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	dir, err := e.directory()
	if err != nil {
		return "", err
	}
	name := source + " " + strings.Join(flags, " ")
	if e.programs == nil {
		e.programs = map[string]string{}
	}
	if e.programs[name] == "" {
		e.programs[name] = filepath.Join(dir, fmt.Sprintf("%s-%d", source, len(e.programs)))
	}
	return e.programs[name], e.once(name, func() error {
		return output("cc", append([]string{"-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1", "-pthread",
			"-Iinclude", "-Itest/capi", "-I" + dir, "-o", e.programs[name], "test/host/testdata/" + source + ".c"}, flags...)...)
	})
}

// monitors returns the quorum that all hosts may use and none may harm.
func (e *environment) monitors() (*montest.Cluster, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.once("cluster", func() (err error) {
		e.cluster, err = montest.New(montest.Options{Mons: 3, TCP: true})
		return err
	})
	return e.cluster, err
}
