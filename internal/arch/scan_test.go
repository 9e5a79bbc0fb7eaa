package arch

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/libmonclient/libmonclient"

// pkg is a directory with Go files.
type pkg struct{ files []file }

// file is a Go file, whatever its build constraints say: they hide code from the go command, not from the rules.
type file struct {
	name   string   // relative to the module, with slashes
	test   bool     // its name ends in _test.go, or it is built with testTag only
	rooms  []string // imports within the module, relative to it
	others []string // imports from outside
	exits  []string // what it uses to end the process
}

// room returns the path of the file's room, "." for the root of the module.
func (f file) room() string { return path.Dir(f.name) }

// exits are the functions that end the process, by package.
var exits = map[string][]string{
	"os":      {"Exit"},
	"syscall": {"Exit"},
	"log":     {"Fatal", "Fatalf", "Fatalln"},
}

// testTag is the build tag of code that is part of a program for tests.
const testTag = "monclienttest"

// needsTag reports whether the file is built with the tag only.
func needsTag(tree *ast.File, tag string) bool {
	for _, group := range tree.Comments {
		for _, line := range group.List {
			if line.Pos() > tree.Package || !constraint.IsGoBuild(line.Text) {
				continue
			}
			expr, err := constraint.Parse(line.Text)
			return err == nil && !expr.Eval(func(t string) bool { return t != tag })
		}
	}
	return false
}

// parse reads a Go file.
func parse(name string, src []byte) (file, error) {
	f := file{name: name, test: strings.HasSuffix(name, "_test.go")}
	tree, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	f.test = f.test || needsTag(tree, testTag)
	local := map[string]string{} // the name in this file of each imported package
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		if inside, ok := strings.CutPrefix(imported, modulePath+"/"); ok {
			f.rooms = append(f.rooms, inside)
		} else {
			f.others = append(f.others, imported)
		}
		if spec.Name != nil {
			local[spec.Name.Name] = imported
		} else {
			local[path.Base(imported)] = imported
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// An identifier with an object is a variable of this file that has the package's name.
		if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil {
			if from := local[x.Name]; slices.Contains(exits[from], sel.Sel.Name) {
				f.exits = append(f.exits, from+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return f, nil
}

// scan reads every Go file of the module. Like the go command it leaves out testdata, directories whose names begin
// with . or _, and other modules.
func scan(t *testing.T, dir string) map[string]pkg {
	t.Helper()
	packages := map[string]pkg{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == dir {
				return nil
			}
			if base := d.Name(); base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		f, err := parse(filepath.ToSlash(rel), src)
		if err != nil {
			return err
		}
		p := packages[f.room()]
		p.files = append(p.files, f)
		packages[f.room()] = p
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, packages, "internal/arch", "the scan has missed its own package")
	return packages
}

// runGo runs the go command as it builds the library, without cgo.
func runGo(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), &stderr)
	return out
}

// moduleDir returns the root of the module.
func moduleDir(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(string(runGo(t, "", "list", "-m", "-f", "{{.Dir}}", modulePath)))
}

// listedPackage is a part of what "go list -json" says of a package.
type listedPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// goList returns the packages of the module and all that they depend on, outside of their tests.
func goList(t *testing.T, dir string) map[string]listedPackage {
	t.Helper()
	out := runGo(t, dir, "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	packages := map[string]listedPackage{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		packages[p.ImportPath] = p
	}
	require.Contains(t, packages, modulePath+"/denc")
	return packages
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
