package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	tests := []struct {
		name, in, out, err string
	}{
		{
			name: "passes",
			in: `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: chatter\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`,
			out: "ok  \tp\t0.1s\n1 passed, 0 failed, 1 skipped\n",
		},
		{
			name: "a failing test among others",
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"    chatter\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    wrong\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- FAIL: TestB (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`,
			out: "    wrong\n--- FAIL: TestB (0.00s)\nFAIL\tp\t0.1s\n1 passed, 1 failed, 0 skipped\n",
			err: "tests failed",
		},
		{
			name: "a timeout",
			in: `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"panic: test timed out after 1s\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t1.0s\n"}
{"Action":"fail","Package":"p"}
`,
			out: "panic: test timed out after 1s\nFAIL\tp\t1.0s\n1 passed, 1 failed, 0 skipped\n",
			err: "tests failed",
		},
		{
			name: "does not build",
			in: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p/a.go:1:1: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}
`,
			out: "p/a.go:1:1: undefined: x\nFAIL\tp [build failed]\n0 passed, 1 failed, 0 skipped\n",
			err: "tests failed",
		},
		{
			name: "go's own words",
			in:   "go: cannot find main module\n",
			out:  "go: cannot find main module\n0 passed, 0 failed, 0 skipped\n",
			err:  "no test was run",
		},
		{
			name: "no test files",
			in: `{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
{"Action":"skip","Package":"p"}
`,
			out: "0 passed, 0 failed, 0 skipped\n",
			err: "no test was run",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			err := run(strings.NewReader(tt.in), &out, files{})
			require.Equal(t, tt.out, out.String())
			if tt.err == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.err)
			}
		})
	}
}

func TestCountsAreAppended(t *testing.T) {
	const in = `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
	path := filepath.Join(t.TempDir(), "counts")
	var out strings.Builder
	require.NoError(t, run(strings.NewReader(in), &out, files{counts: path}))
	require.NoError(t, run(strings.NewReader(in+in), &out, files{counts: path}))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "1 0 0\n2 0 0\n", string(got))
	require.Empty(t, out.String())
}

// failure is the end of a test, and what it said before.
func failure(test string) string {
	text := `    a_test.go:3: a log line\n        \tError Trace:\t/a_test.go:4\n        \tError:      \tNot equal\n        \tTest:       \t` + test + `\n    more\n--- FAIL: ` + test + `\n`
	return `{"Action":"output","Package":"p","Test":"` + test + `","Output":"` + text + `"}
{"Action":"fail","Package":"p","Test":"` + test + `"}
`
}

func TestAgain(t *testing.T) {
	const (
		passed = `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
		inner  = `{"Action":"pass","Package":"p","Test":"TestB/good"}` + "\n"
		end    = `{"Action":"fail","Package":"p"}` + "\n"
		died   = `{"Action":"output","Package":"p","Test":"TestZ","Output":"panic: test timed out after 1s\n"}` + "\n"
	)
	tests := []struct {
		name, in, again, counts string
	}{
		{"a test with its subtests", passed + inner + failure("TestB/bad") + failure("TestB") + end, "p TestB\n", "1 0 0\n"},
		{"too many", passed + failure("TestB") + failure("TestC") + failure("TestD") + failure("TestE") + end, "", "1 4 0\n"},
		{"a timeout, too", passed + failure("TestB") + died + end, "", "1 1 0\n"},
		{"nothing but a timeout", passed + died + "{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"FAIL\\n\"}\n" + end, "", "1 1 0\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			f := files{counts: filepath.Join(dir, "counts"), again: filepath.Join(dir, "again")}
			var out strings.Builder
			require.ErrorIs(t, run(strings.NewReader(tt.in), &out, f), errFailed)
			again, err := os.ReadFile(f.again)
			if tt.again == "" {
				require.ErrorIs(t, err, os.ErrNotExist)
			}
			require.Equal(t, tt.again, string(again))
			counts, err := os.ReadFile(f.counts)
			require.NoError(t, err)
			require.Equal(t, tt.counts, string(counts))
			require.Equal(t, tt.again == "", strings.Contains(out.String(), "FAIL"), out.String())
		})
	}
}

func TestDigest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "digest")
	var out strings.Builder
	long := strings.Repeat("x", 2*digestWidth)
	in := failure("TestB") + `{"Action":"output","Package":"p","Test":"TestC","Output":"` + long + `\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestC"}` + "\n"
	require.ErrorIs(t, run(strings.NewReader(in), &out, files{digest: path}), errFailed)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "p TestB:\n        \tError Trace:\t/a_test.go:4\n        \tError:      \tNot equal\np TestC:\n"+long[:digestWidth]+"...\n", string(got))
}
