//go:build linux

package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The wrapper's own test program, sanitized.
func TestWrapper(t *testing.T) {
	for _, standard := range []string{"c++17", "c++20"} {
		t.Run(standard, func(t *testing.T) {
			p := BuildWrapper(t, standard)
			_, conf := managedQuorum(t, 3)
			r := p.Run(t, conf, "wrapper", "one", "--id", "two", "three")
			require.Equal(t, Result{Stdout: "ok\n"}, r)
		})
	}
}

// The header compiles by itself, with whatever compilers there are, without a warning and without exceptions; and it
// defines no macro but its guard.
func TestHeader(t *testing.T) {
	Build(t, Sanitized) // installs a compiler where there is none
	require.NoError(t, readSources())
	source := filepath.Join(t.TempDir(), "header.cpp")
	require.NoError(t, os.WriteFile(source, []byte("#include <monclient.hpp>\n"), 0o600))
	include := filepath.Join(module(), "include")
	compile := func(compiler string, args ...string) string {
		out, err := exec.Command(compiler, append(append(args, strings.Fields(strict)...), "-I"+include, source)...).CombinedOutput()
		require.NoError(t, err, "%s %v: %s", compiler, args, out)
		return string(out)
	}
	for _, compiler := range []string{"g++", "clang++"} {
		if _, err := exec.LookPath(compiler); err != nil {
			continue // the machine of a user has one of them
		}
		for _, args := range [][]string{{"-std=c++17"}, {"-std=c++20"}, {"-std=c++17", "-fno-exceptions", "-fno-rtti"}} {
			compile(compiler, append(args, "-fsyntax-only")...)
		}
	}
	require.Regexp(t, `#define MONCLIENT_HPP\b`, compile("g++", "-std=c++17", "-E", "-dM"))
	text, err := os.ReadFile(filepath.Join(include, "monclient.hpp"))
	require.NoError(t, err)
	require.Len(t, define.FindAll(text, -1), 1)
}
