//go:build linux

package abi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The C in front of Go is compiled against the prototypes that cgo makes of the Go functions, with every warning about a type that
// does not fit: go build itself asks for none. cgo makes the prototypes again here, for they are in no file.
func TestFrontFitsGo(t *testing.T) {
	t.Parallel()
	need(t, "g++", "g++")
	seeSources(t)
	for _, tags := range []string{"netgo,osusergo", "netgo,osusergo,monclienttest"} {
		t.Run(tags, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			list := command(t, "go", "list", "-json=ImportPath,Dir,CgoFiles,CFiles,CgoCFLAGS", "-tags", tags, "./capi")
			list.Env = append(os.Environ(), "CGO_ENABLED=1")
			var pkg struct {
				ImportPath, Dir             string
				CgoFiles, CFiles, CgoCFLAGS []string
			}
			require.NoError(t, json.Unmarshal([]byte(output(t, list)), &pkg))
			require.Contains(t, pkg.CFiles, "front.c")

			args := append([]string{"tool", "cgo", "-objdir", dir, "-importpath", pkg.ImportPath, "--"}, pkg.CgoCFLAGS...)
			cgo := command(t, "go", append(args, pkg.CgoFiles...)...)
			cgo.Dir = pkg.Dir
			cgo.Env = append(os.Environ(), "CGO_ENABLED=1", "CGO_LDFLAGS=")
			output(t, cgo)

			flags := append([]string{"-fsyntax-only", "-pthread", "-I" + dir, "-I" + filepath.Join(root(t), "include"), "-I" + pkg.Dir}, strict...)
			flags = append(flags, "-Wconversion", "-Wsign-conversion")
			for _, file := range pkg.CFiles {
				run(t, compiler(t), append(flags, "-std=c11", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", filepath.Join(pkg.Dir, file))...)
			}

			// As C++, which lets no pointer become another by itself, the prototypes at least. It knows no atomics of C.
			write(t, dir, "c++/stdatomic.h", "typedef unsigned atomic_uint;\n#define _Atomic\n")
			source := write(t, dir, "export.cc", "#include \"_cgo_export.h\"\n#include \"monclient.h\"\n")
			run(t, "g++", append([]string{"-std=c++17", "-I" + filepath.Join(dir, "c++"), "-U_GNU_SOURCE"}, append(flags, source)...)...)
		})
	}
}
