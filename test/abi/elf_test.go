//go:build linux

package abi

import (
	"debug/elf"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func open(t *testing.T, path string) *elf.File {
	t.Helper()
	f, err := elf.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// exports lists the functions of the headers as the dynamic symbol table has them: name@@VERSION.
func exports(t *testing.T, headers ...string) []string {
	t.Helper()
	var names []string
	for _, header := range headers {
		for _, f := range functions(t, header) {
			if f.since == "" && header != "include/monclient.h" {
				f.since = "TEST"
			}
			require.NotEmpty(t, f.since, "%s has no \"Since\"", f.name)
			names = append(names, f.name+"@@LIBMONCLIENT_"+f.since)
		}
	}
	slices.Sort(names)
	return names
}

func TestExports(t *testing.T) {
	t.Parallel()
	dir := library(t)
	run(t, "build/lib.sh", "test")
	tests := []struct {
		name, file string
		headers    []string
	}{
		{"what users get", "libmonclient.so", []string{"include/monclient.h"}},
		{"with symbols", "debug/libmonclient.so", []string{"include/monclient.h"}},
		{"with hooks for tests", "test/libmonclient.so", []string{"include/monclient.h", "test/capi/monclienttest.h"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			symbols, err := open(t, filepath.Join(dir, tt.file)).DynamicSymbols()
			require.NoError(t, err)
			var got []string
			for _, s := range symbols {
				if s.Section == elf.SHN_UNDEF || elf.ST_TYPE(s.Info) == elf.STT_OBJECT && s.Section == elf.SHN_ABS {
					continue // what it needs, and the names of the versions
				}
				require.Equal(t, elf.STB_GLOBAL, elf.ST_BIND(s.Info), s.Name)
				require.Equal(t, elf.STT_FUNC, elf.ST_TYPE(s.Info), s.Name)
				require.False(t, s.VersionIndex.IsHidden(), s.Name)
				got = append(got, s.Name+"@@"+s.Version)
			}
			slices.Sort(got)
			require.Equal(t, exports(t, tt.headers...), got)
		})
	}
}

func TestSharedLibrary(t *testing.T) {
	t.Parallel()
	dir := library(t)
	path, err := filepath.EvalSymlinks(filepath.Join(dir, "libmonclient.so"))
	require.NoError(t, err)
	version := strings.TrimSpace(run(t, "build/lib.sh", "version"))
	major, _, _ := strings.Cut(version, ".")
	require.Equal(t, "libmonclient.so."+version, filepath.Base(path))
	same, err := filepath.EvalSymlinks(filepath.Join(dir, "libmonclient.so."+major))
	require.NoError(t, err)
	require.Equal(t, path, same)

	f := open(t, path)
	one := func(tag elf.DynTag) uint64 {
		t.Helper()
		values, err := f.DynValue(tag)
		require.NoError(t, err)
		require.Len(t, values, 1, tag)
		return values[0]
	}
	none := func(tag elf.DynTag) {
		t.Helper()
		values, err := f.DynValue(tag)
		require.NoError(t, err)
		require.Empty(t, values, tag)
	}

	soname, err := f.DynString(elf.DT_SONAME)
	require.NoError(t, err)
	require.Equal(t, []string{"libmonclient.so." + major}, soname)

	needed, err := f.ImportedLibraries()
	require.NoError(t, err)
	require.Contains(t, needed, "libc.so.6")
	for _, name := range needed {
		require.Regexp(t, `^(libc\.so\.6|libpthread\.so\.0|ld-linux[-\w]*\.so\.\d)$`, name, "it needs libc and nothing else")
	}

	require.NotZero(t, elf.DynFlag(one(elf.DT_FLAGS))&elf.DF_BIND_NOW)
	require.Zero(t, elf.DynFlag(one(elf.DT_FLAGS))&elf.DF_TEXTREL)
	require.NotZero(t, elf.DynFlag1(one(elf.DT_FLAGS_1))&elf.DF_1_NOW)
	require.NotZero(t, elf.DynFlag1(one(elf.DT_FLAGS_1))&elf.DF_1_NODELETE, "Go's runtime cannot be unloaded")
	none(elf.DT_TEXTREL)
	none(elf.DT_RPATH)
	none(elf.DT_RUNPATH)

	segments := map[elf.ProgType]elf.ProgFlag{}
	for _, p := range f.Progs {
		segments[p.Type] = p.Flags
		require.False(t, p.Type == elf.PT_LOAD && p.Flags&elf.PF_W != 0 && p.Flags&elf.PF_X != 0, "a segment is writable and executable")
	}
	require.Contains(t, segments, elf.PT_GNU_RELRO)
	require.Contains(t, segments, elf.PT_GNU_STACK)
	require.Zero(t, segments[elf.PT_GNU_STACK]&elf.PF_X, "the stack is executable")

	require.NotNil(t, f.Section(".note.gnu.build-id"), "distributions find debug information by it")
	require.Nil(t, f.Section(".symtab"), "it is not stripped")
	for _, s := range f.Sections {
		require.False(t, strings.HasPrefix(s.Name, ".debug"), s.Name)
	}
	require.Negative(t, strings.Index(read(t, path), root(t)), "it knows where it was built")

	debug := open(t, filepath.Join(dir, "debug", filepath.Base(path)))
	require.NotNil(t, debug.Section(".debug_info"))
	id := func(f *elf.File) []byte {
		b, err := f.Section(".note.gnu.build-id").Data()
		require.NoError(t, err)
		return b
	}
	require.Equal(t, id(f), id(debug))
}

// A program that links the archive shares its names with nobody.
func TestStaticLibrary(t *testing.T) {
	t.Parallel()
	dir := library(t)
	cmd := command(t, "ar", "x", filepath.Join(dir, "libmonclient.a"))
	cmd.Dir = t.TempDir()
	output(t, cmd)
	require.Equal(t, "libmonclient.o\n", run(t, "ar", "t", filepath.Join(dir, "libmonclient.a")))
	object := filepath.Join(cmd.Dir, "libmonclient.o")

	symbols, err := open(t, object).Symbols()
	require.NoError(t, err)
	var got, want []string
	for _, s := range symbols {
		if elf.ST_BIND(s.Info) != elf.STB_LOCAL && s.Section != elf.SHN_UNDEF {
			got = append(got, s.Name)
		}
	}
	for _, f := range functions(t, "include/monclient.h") {
		want = append(want, f.name)
	}
	require.ElementsMatch(t, want, got)
	for _, s := range open(t, object).Sections {
		require.False(t, strings.HasPrefix(s.Name, ".debug"), s.Name)
	}
	require.Negative(t, strings.Index(read(t, object), root(t)), "it knows where it was built")
}
