//go:build linux

package abi

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// When this fails on purpose: build/abi.sh update, and the commit says why.
func TestAsRecorded(t *testing.T) {
	t.Parallel()
	library(t)
	run(t, "build/abi.sh", "check")
}

// The record is of every function and every structure of the header, and of nothing else.
func TestRecordIsOfTheHeader(t *testing.T) {
	t.Parallel()
	record := read(t, root(t), "abi", "monclient.abi")
	var names []string
	for _, f := range functions(t, "include/monclient.h") {
		names = append(names, f.name)
		require.Contains(t, record, "elf-symbol-id='"+f.name+"@@LIBMONCLIENT_"+f.since+"'", f.name)
	}
	require.Equal(t, len(names), strings.Count(record, "<function-decl "))
	for line := range strings.Lines(read(t, root(t), "include", "monclient.h")) {
		if name, ok := strings.CutPrefix(line, "typedef struct "); ok {
			name, _, _ = strings.Cut(name, " ")
			require.Contains(t, record, "<class-decl name='"+name+"'")
		}
	}
	require.NotContains(t, record, "capi_", "what is not in the header is nobody's business")
	require.NotContains(t, record, "filepath=", "a line that moves changes nothing")
}

// The constants keep their values; those of the header's enums are listed, but for the version.
func TestConstantsAreOfTheHeader(t *testing.T) {
	t.Parallel()
	constants := read(t, root(t), "abi", "constants.txt")
	require.Contains(t, constants, "MONCLIENT_OK 0\n")
	require.Contains(t, constants, "MONCLIENT_ETIMEDOUT -110\n")
	require.Contains(t, constants, "MONCLIENT_EBADHANDLE -1001\n")
	require.Contains(t, constants, "MONCLIENT_MAX_INPUT 268435456\n")
	require.NotContains(t, constants, "VERSION_M")
}

// The record is good for something: a small library is recorded, changed, and compared.
func TestRecordNoticesChanges(t *testing.T) {
	t.Parallel()
	need(t, "abidiff", "abigail-tools")
	header, source := read(t, "testdata", "small", "small.h"), read(t, "testdata", "small", "small.c")
	const file = "small.h"

	// build makes the library with some words replaced, and returns its directory.
	build := func(t *testing.T, replace ...string) string {
		t.Helper()
		dir := t.TempDir()
		changed := strings.NewReplacer(replace...)
		write(t, dir, file, changed.Replace(header))
		write(t, dir, "small.c", changed.Replace(source))
		run(t, compiler(t), "-std=c11", "-g", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-o", filepath.Join(dir, "small.so"), filepath.Join(dir, "small.c"))
		return dir
	}
	before := build(t)
	record := filepath.Join(t.TempDir(), "small.abi")
	cmd := command(t, "build/abi.sh", "read", filepath.Join(before, "small.so"), before)
	text, err := cmd.Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(record, text, 0o666))

	tests := []struct {
		name    string
		replace []string
		want    string // in the report; "" is no difference
	}{
		{"nothing", nil, ""},
		{"a comment, so that lines move", []string{"typedef struct", "/* A comment\n * of two lines. */\ntypedef struct"}, ""},
		{"a type that is not in the header", []string{"int secret", "long secret"}, ""},
		{"a function is gone", []string{"API int small_close(", "static int small_close("}, "[D] 'function int small_close(uint64_t)'"},
		{"a function is new", []string{"/* new */", "API int small_new(int);\nAPI int small_new(int a) { return a; }"}, "[A] 'function int small_new(int)'"},
		{"a parameter is wider", []string{"uint32_t flags", "uint64_t flags"}, "parameter 2 of type 'typedef uint32_t' changed"},
		{"a parameter has a sign", []string{"uint32_t flags", "int32_t flags"}, "parameter 2 of type 'typedef uint32_t' changed"},
		{"the result is wider", []string{"int small_open", "long small_open"}, "return type changed"},
		{"a member in the middle", []string{"/* middle */", "uint32_t middle;"}, "'uint32_t middle'"},
		{"a member where there was padding", []string{"/* padding */", "uint32_t padding;"}, "'uint32_t padding'"},
		{"two members change places", []string{"uint64_t first", "uint64_t second", "uint64_t second", "uint64_t first"}, "second"},
		{"a callback takes something else", []string{"(*small_cb)(const char *text", "(*small_cb)(const void *text"}, "small_cb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			after := build(t, tt.replace...)
			out, err := command(t, "build/abi.sh", "compare", record, filepath.Join(after, "small.so"), after).CombinedOutput()
			if tt.want == "" {
				require.NoError(t, err, "%s", out)
				return
			}
			require.ErrorAs(t, err, new(*exec.ExitError), "%s", out)
			require.Contains(t, string(out), tt.want)
		})
	}
}
