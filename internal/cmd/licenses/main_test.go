package main

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program with modules in it: the tool itself has none, and tests have no record of theirs.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "realceph")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "../realceph")
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))
	info, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	require.NotEmpty(t, info.Deps)

	var out bytes.Buffer
	require.NoError(t, run(&out, []string{program}))
	require.Contains(t, out.String(), "What realceph contains")
	require.Contains(t, out.String(), "\nGo "+strings.TrimPrefix(runtime.Version(), "go")+", its runtime")
	require.Contains(t, out.String(), "Copyright 2009 The Go Authors")
	for _, m := range info.Deps {
		require.Contains(t, out.String(), "\n"+m.Path+" "+m.Version+"\n")
	}
	require.NotContains(t, out.String(), info.Main.Path)

	var again bytes.Buffer
	require.NoError(t, run(&again, []string{program, program}))
	require.Equal(t, strings.Replace(out.String(), "realceph", "realceph or realceph", 1), again.String(), "nothing twice")
}

func TestRunRefuses(t *testing.T) {
	require.EqualError(t, run(nil, nil), "no files given")
	require.ErrorContains(t, run(nil, []string{"main.go"}), "main.go")
	require.ErrorContains(t, run(nil, []string{"absent"}), "absent")
}

func TestLicenses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name+"\n"), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "LICENSE"), 0o700))
	for _, name := range []string{"NOTICE", "license.go.txt", "licensed.go", "README"} {
		write(name)
	}
	files, err := licenses(dir)
	require.NoError(t, err)
	require.Equal(t, []file{{"NOTICE", []byte("NOTICE\n")}, {"license.go.txt", []byte("license.go.txt\n")}}, files)
	require.NoError(t, os.Remove(filepath.Join(dir, "license.go.txt")))
	_, err = licenses(dir)
	require.ErrorContains(t, err, "no license in "+dir, "a NOTICE grants nothing")
	write("COPYING-MIT")
	_, err = licenses(dir)
	require.NoError(t, err)
	_, err = licenses(filepath.Join(dir, "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestText(t *testing.T) {
	mit, bsd := []file{{"LICENSE", []byte("MIT\n\n")}}, []file{{"LICENSE", []byte("BSD")}, {"PATENTS", []byte("P")}}
	line, thin := strings.Repeat("=", 80), strings.Repeat("-", 80)
	require.Equal(t, "What x.so or y contains of others, and under which licenses.\n\n"+
		line+"\na\nc\n"+thin+"\nLICENSE:\n\nMIT\n\n"+
		line+"\nb\n"+thin+"\nLICENSE:\n\nBSD\n"+thin+"\nPATENTS:\n\nP\n",
		string(text([]string{"/lib/x.so", "bin/y"}, []part{{"a", mit}, {"b", bsd}, {"c", mit}})))
}
