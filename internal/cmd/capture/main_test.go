package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-releases", "firefly"}, "firefly"},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"-nope"}, "nope"},
	} {
		var out, errs bytes.Buffer
		require.ErrorContains(t, run(t.Context(), tt.args, &out, &errs), tt.want)
		require.Empty(t, out.String())
	}
}

func TestFilesReplaceThoseOfAnEarlierRun(t *testing.T) {
	root := t.TempDir()
	first := files{root: root}
	first.replace("testdata", "live-*")
	first.write("testdata/live-1", []byte("1"))
	first.write("testdata/live-2", []byte("2"))
	first.write("testdata/other", []byte("3"))
	require.NoError(t, first.err)
	require.Equal(t, 3, first.n)

	second := files{root: root}
	second.replace("testdata", "live-*")
	second.write("testdata/live-2", []byte("4"))
	require.NoError(t, second.err)
	left, err := os.ReadDir(filepath.Join(root, "testdata"))
	require.NoError(t, err)
	require.Len(t, left, 2)

	second.write("no/such/directory", nil)
	require.ErrorIs(t, second.err, os.ErrNotExist)
	second.write("testdata/after", nil)
	require.NoFileExists(t, filepath.Join(root, "testdata", "after"))
}
