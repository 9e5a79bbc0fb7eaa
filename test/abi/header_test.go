//go:build linux

package abi

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var strict = []string{"-Wall", "-Wextra", "-Wpedantic", "-Werror"}

// A program may include the header twice, first, and without anything else.
func TestHeaderStandsAlone(t *testing.T) {
	t.Parallel()
	need(t, "g++", "g++")
	dir := t.TempDir()
	const source = "#include \"monclient.h\"\n#include \"monclient.h\"\nint monclient_t_is_a_type(monclient_t);\n"
	write(t, dir, "header.c", source)
	write(t, dir, "header.cc", source)

	type dialect struct{ compiler, file, standard string }
	var dialects []dialect
	for _, compilers := range [][2]string{{compiler(t), "g++"}, {"clang", "clang++"}} {
		for i, standards := range []string{"c99 c11 c17 gnu17", "c++11 c++14 c++17 c++20"} {
			// clang is one more opinion, where there is one.
			if _, err := exec.LookPath(compilers[i]); err != nil {
				continue
			}
			for standard := range strings.FieldsSeq(standards) {
				dialects = append(dialects, dialect{compilers[i], []string{"header.c", "header.cc"}[i], standard})
			}
		}
	}
	require.GreaterOrEqual(t, len(dialects), 8)
	for _, d := range dialects {
		t.Run(d.compiler+" "+d.standard, func(t *testing.T) {
			t.Parallel()
			flags := []string{"-std=" + d.standard, "-fsyntax-only", "-Iinclude", "-Wconversion", "-Wundef"}
			flags = append(flags, "-Wshadow")
			if d.file == "header.c" {
				flags = append(flags, "-Wstrict-prototypes", "-Wc++-compat")
			}
			run(t, d.compiler, append(append(flags, strict...), filepath.Join(dir, d.file))...)
		})
	}
}

// The rules of the header that keep an ABI the same on every compiler and readable for bindings.
func TestHeaderKeepsItsRules(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`).ReplaceAllString(read(t, root(t), "include", "monclient.h"), "")

	for _, define := range regexp.MustCompile(`(?m)^#define\s+(\w+)`).FindAllStringSubmatch(text, -1) {
		require.Contains(t, []string{"MONCLIENT_H", "MONCLIENT_API"}, define[1], "a constant is a member of an enum")
	}
	structures := regexp.MustCompile(`(?s)typedef struct (\w+) \{(.*?)\} (\w+);`).FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, structures)
	for _, s := range structures {
		stem := strings.TrimSuffix(s[3], "_t")
		want := stem
		if regexp.MustCompile(`\b` + stem + `\(`).MatchString(text) {
			want = stem + "_info" // for -Wshadow of C++ a structure and a function share their names
		}
		require.Equal(t, want, s[1])
		for member := range strings.SplitSeq(strings.TrimSpace(s[2]), ";") {
			if member = strings.TrimSpace(member); member != "" {
				require.Regexp(t, `^(u?int(32|64)_t|const (char|void|monclient_\w+) \*|void \*|monclient_\w+_(t|cb))\s*\*?\w+$`, member,
					"%s: a member has a width of its own", s[1])
			}
		}
	}
	for _, enum := range regexp.MustCompile(`(?s)enum \{(.*?)\}`).FindAllStringSubmatch(text, -1) {
		for member := range strings.SplitSeq(enum[1], ",") {
			require.Regexp(t, `^\s*MONCLIENT_\w+ = -?\w+\s*$`, member, "a constant has its value next to it")
		}
	}

	number := func(name string) int {
		match := regexp.MustCompile(`\bMONCLIENT_VERSION_` + name + ` = (\w+)`).FindStringSubmatch(text)
		require.NotNil(t, match, name)
		n, err := strconv.ParseInt(match[1], 0, 32)
		require.NoError(t, err)
		return int(n)
	}
	require.Equal(t, number("MAJOR")<<16|number("MINOR")<<8|number("PATCH"), number("NUMBER"))
}

// function is a declaration of a header.
type function struct{ name, since string }

// functions lists what a header declares.
func functions(t *testing.T, header string) []function {
	t.Helper()
	var list []function
	since := ""
	for line := range strings.Lines(read(t, root(t), header)) {
		if m := regexp.MustCompile(`Since (\d+\.\d+)`).FindStringSubmatch(line); m != nil {
			since = m[1]
		}
		if m := regexp.MustCompile(`^MONCLIENT_API .*?\b(monclient\w*)\(`).FindStringSubmatch(line); m != nil {
			list = append(list, function{m[1], since})
			since = ""
		}
	}
	require.NotEmpty(t, list)
	return list
}
