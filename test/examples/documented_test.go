//go:build linux

package examples

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The programs in the papers and headers compile without a warning and do what is said of them.
func TestDocumentedPrograms(t *testing.T) {
	tests := []struct {
		name, compile, source string
		wants                 []string
	}{
		{"readme.c", "cc -std=c11", readmeProgram(t), []string{"cluster:", "osdmap 1: "}},
		{"header.c", "cc -std=c99", "#include <monclient.h>\n#include <stdio.h>\n#include <stdlib.h>\n" +
			"static void die(const char *text) { fprintf(stderr, \"%s\\n\", text); exit(1); }\n" +
			"int main(void)\n{\n" + inShort(t, "monclient.h") + "return 0;\n}\n", []string{"cluster:"}},
		{"header.cpp", "g++ -std=c++17", "#include <monclient.hpp>\n#include <iostream>\nint main()\n{\n" +
			inShort(t, "monclient.hpp") + "std::cout << tree.get().output();\n}\n", []string{"cluster:", "ID  CLASS  WEIGHT"}},
	}
	p := Build(t, Installed)
	_, conf := quorum(t, 3)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			source := filepath.Join(dir, tt.name)
			require.NoError(t, os.WriteFile(source, []byte(tt.source), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "unbuffered.h"), []byte(unbuffered), 0o600))
			p := p
			require.NoError(t, run(`export PKG_CONFIG_PATH=`+p.Dir+`/prefix/lib/pkgconfig
				`+tt.compile+` -Wall -Wextra -Wpedantic -Werror -include "${0%/*}/unbuffered.h" -o "$0.out" "$0" $(pkg-config --cflags --libs monclient)`, source))
			p.Dir = dir
			program := p.Start(t, conf, tt.name+".out")
			for _, want := range tt.wants {
				program.AwaitText(want)
			}
			require.NoError(t, program.Stdin.Close())
			r := program.Wait()
			require.Zero(t, r.Code, r)
		})
	}
}

// unbuffered shows what a program prints while it runs.
const unbuffered = `#include <stdio.h>
__attribute__((constructor)) static void unbuffered(void) { setvbuf(stdout, NULL, _IONBF, 0); }
`

// readmeProgram returns the program in C of the README. It waits for a key before it ends.
func readmeProgram(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(module(), "README.md"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "\n```c\n")
	require.True(t, ok, "README.md has a program in C")
	program, _, _ := strings.Cut(rest, "```")
	require.Contains(t, program, "getchar();")
	return program
}

// inShort returns the first program of a header.
func inShort(t *testing.T, header string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module(), "include", header))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), " * In short\n")
	require.True(t, ok)
	var program strings.Builder
	for line := range strings.Lines(rest) {
		code, indented := strings.CutPrefix(line, " *     ")
		switch {
		case indented:
			program.WriteString(code)
		case strings.TrimSpace(line) != "*":
			return program.String()
		}
	}
	return program.String()
}
