//go:build linux

package abi

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The bytes depend on the sources and the compilers, not on where and how often they were built. In the other checkout
// Go files have one comment more, at their end, where it changes no line's number: so go compiles each package again and takes
// nothing of ours out of its cache. (Not files with C in them: cgo makes names of what these contain.)
func TestSameBytesFromAnotherCheckout(t *testing.T) {
	t.Parallel()
	dir := library(t)
	other := filepath.Join(t.TempDir(), "another checkout, with a longer name")
	require.NoError(t, copyModule(root(t), other))

	cmd := command(t, "nice", "build/lib.sh")
	cmd.Dir = other
	output(t, cmd)
	for _, file := range []string{"libmonclient.so", "libmonclient.a", "debug/libmonclient.so"} {
		require.Equal(t, sum(t, filepath.Join(dir, file)), sum(t, filepath.Join(other, "lib", file)), file)
	}
}

func sum(t *testing.T, path string) string {
	t.Helper()
	hash := sha256.Sum256([]byte(read(t, path)))
	return hex.EncodeToString(hash[:])
}

// copyModule copies what the library is built from.
func copyModule(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (slices.Contains([]string{".git", "bin", "lib", "cmd", "bindings"}, name) || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o777)
		case !d.Type().IsRegular() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".go") && !strings.Contains(string(text), "\nimport \"C\"\n") {
			text = append(text, "\n// Compile this again.\n"...)
		}
		return os.WriteFile(filepath.Join(to, name), text, info.Mode().Perm())
	})
}
