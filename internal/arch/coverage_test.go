package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// coverageDocument is the page that says where everything is that Ceph's libraries have.
const coverageDocument = "docs/coverage.md"

// row is a row of a table: the cells by the name of their column.
type row struct {
	line  int
	cells map[string]string
}

// tables returns all rows of a page's tables.
func tables(text string) []row {
	var rows []row
	var header []string
	for i, line := range strings.Split(text, "\n") {
		inside, ok := strings.CutPrefix(line, "|")
		if !ok {
			header = nil
			continue
		}
		cells := strings.Split(strings.TrimSuffix(inside, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		switch {
		case header == nil:
			header = cells
		case strings.Trim(inside, "-|") != "":
			r := row{i + 1, map[string]string{}}
			for j, cell := range cells {
				if j < len(header) {
					r.cells[header[j]] = cell
				}
			}
			if len(cells) != len(header) {
				r.cells = nil
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// releasesOfTests are the packages whose tests run each release, by the column of it.
var releasesOfTests = map[string]*regexp.Regexp{
	"16": regexp.MustCompile("`test/(integration|compat|cephmap|words) "),
	"18": regexp.MustCompile("`test/(integration|compat|cephmap|words|survive) "),
	"20": regexp.MustCompile("`test/(integration|compat|cephmap|words|survive) "),
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// spans returns what is in backquotes.
func spans(cell string) (list []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

// goNames returns the exported names of packages: Connect, Client.Command, Config.Name, with the package's name in front but
// for the first one.
func goNames(t *testing.T, root string, packages ...string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for i, path := range packages {
		prefix := ""
		if i > 0 {
			prefix = filepath.Base(path) + "."
		}
		files, err := filepath.Glob(filepath.Join(root, path, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, path)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, decl := range f.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					names[prefix+receiver(d)+d.Name.Name] = d.Name.IsExported()
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						ts, ok := spec.(*ast.TypeSpec)
						if !ok {
							continue
						}
						names[prefix+ts.Name.Name] = ts.Name.IsExported()
						if st, ok := ts.Type.(*ast.StructType); ok {
							for _, field := range st.Fields.List {
								for _, name := range field.Names {
									names[prefix+ts.Name.Name+"."+name.Name] = name.IsExported()
								}
							}
						}
					}
				}
			}
		}
	}
	return names
}

// receiver returns the type of a method, with a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return "?."
		}
	}
}

// source returns the text of all files that the patterns match.
func source(t *testing.T, root string, patterns ...string) string {
	t.Helper()
	var b strings.Builder
	for _, p := range patterns {
		files, err := filepath.Glob(filepath.Join(root, p))
		require.NoError(t, err)
		require.NotEmpty(t, files, p)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			b.Write(text)
		}
	}
	return b.String()
}

var declared = regexp.MustCompile(`(?m)^MONCLIENT_API [^(]*?\b(monclient_\w+)\(`)

// TestCoverageDocument holds docs/coverage.md against the sources: everything that it names is there, and everything that
// there is of the client is in it.
func TestCoverageDocument(t *testing.T) {
	root := moduleDir(t)
	c := &coverage{root: root, tests: map[string]string{}, t: t}
	text, err := os.ReadFile(filepath.Join(root, coverageDocument))
	require.NoError(t, err)
	c.goNames = goNames(t, root, "monclient", "monclient/cephconf", "monclient/cmdtable", "monclient/prom")
	c.header = map[string]bool{}
	for _, m := range declared.FindAllStringSubmatch(source(t, root, "include/monclient.h"), -1) {
		c.header[m[1]] = true
	}
	c.python = source(t, root, "bindings/python/src/monclient/__init__.py", "bindings/python/src/monclient/client.py", "bindings/python/src/monclient/_core.py",
		"bindings/python/src/monclient/_osdmap.py")
	c.aio = source(t, root, "bindings/python/src/monclient/aio.py", "bindings/python/src/monclient/_core.py")
	c.rados = source(t, root, "bindings/python/src/monclient/compat/rados.py")
	c.monc = source(t, root, "cmd/monc/*.go")
	for _, complaint := range c.judge(tables(string(text))) {
		t.Errorf("%s:%s", coverageDocument, complaint)
	}
}

// coverage is what a page about it is held against.
type coverage struct {
	t                        *testing.T
	root                     string
	goNames, header          map[string]bool
	python, aio, rados, monc string
	tests                    map[string]string // sources of tests, by package
}

func (c *coverage) judge(rows []row) (complaints []string) {
	named := map[string]bool{}
	for _, r := range rows {
		complain := func(format string, args ...any) {
			complaints = append(complaints, fmt.Sprintf("%d: ", r.line)+fmt.Sprintf(format, args...))
		}
		if r.cells == nil {
			complain("the row has not as many cells as the table has columns")
			continue
		}
		for column, there := range map[string]func(string) bool{
			"Go": func(name string) bool { return c.goNames[name] }, "C": func(name string) bool { return c.header[name] },
			"Python": c.hasPython, "monc": c.hasVerb, "Tests": c.hasTest,
		} {
			for _, name := range spans(r.cells[column]) {
				named[name] = true
				if !there(name) {
					complain("%s: there is no %s", column, name)
				}
			}
		}
		if tests, ok := r.cells["Tests"]; ok && tests == "" {
			complain("no test")
		}
		for release, places := range releasesOfTests {
			marked, ok := r.cells[release]
			if runs := places.MatchString(r.cells["Tests"]); ok && runs != (marked == "✓") {
				complain("its tests run on %s: %v", release, runs)
			}
		}
	}
	missing := func(what string, all map[string]bool, base func(string) string) {
		for _, name := range sortedKeys(all) {
			if all[name] && !named[name] && !named[base(name)] {
				complaints = append(complaints, fmt.Sprintf(" nothing about the %s %s", what, name))
			}
		}
	}
	missing("function", c.header, func(name string) string { return strings.TrimSuffix(name, "_async") })
	methods := map[string]bool{}
	for name, exported := range c.goNames {
		if strings.HasPrefix(name, "Client.") {
			methods[name] = exported
		}
	}
	missing("method", methods, func(name string) string { return strings.Replace(name, ".Start", ".", 1) })
	return complaints
}

// hasPython finds a function of a module, or a method or property of a class. A class is only asked for its name.
func (c *coverage) hasPython(name string) bool {
	sources := []string{c.python}
	if inside, ok := strings.CutPrefix(name, "rados."); ok {
		sources, name = []string{c.rados}, inside
	} else if strings.HasPrefix(name, "Client.") {
		sources = append(sources, c.aio)
	}
	class, method, ok := strings.Cut(name, ".")
	pattern := `(?m)^(async )?(def|class) ` + class + `\b`
	if ok {
		pattern = `(?m)^    (async )?def ` + method + `\(`
	}
	for _, s := range sources {
		if !regexp.MustCompile(pattern).MatchString(s) {
			return false
		}
	}
	return true
}

// hasVerb finds a verb, or an option.
func (c *coverage) hasVerb(name string) bool {
	if option, ok := strings.CutPrefix(name, "--"); ok {
		return strings.Contains(c.monc, `"`+option+`"`) || strings.Contains(c.monc, "--"+option)
	}
	verb, ok := strings.CutPrefix(name, "monc ")
	return ok && strings.Contains(c.monc, `name: "`+verb+`"`)
}

// hasTest finds a test: "package Test/sub//test", "test_file.py test". What subtests are called is a text in the package, or
// a function of the C program that the element before names.
func (c *coverage) hasTest(name string) bool {
	where, pattern, ok := strings.Cut(name, " ")
	if !ok {
		return false
	}
	if strings.HasSuffix(where, ".py") {
		return strings.Contains(c.testSource("bindings/python/tests/"+where), "\ndef "+pattern+"(")
	}
	text := c.testSource(where + "/*_test.go")
	function, subtests, _ := strings.Cut(pattern, "/")
	if !strings.Contains(text, "\nfunc "+function+"(t *testing.T)") {
		return false
	}
	program := ""
	for element := range strings.SplitSeq(subtests, "/") {
		switch {
		case element == "" || strings.Contains(text, `"`+element+`"`):
		case where == "test/capi" && strings.Contains(c.testSource("test/capi/c/"+program+".c"), "TEST("+element+")"):
		default:
			return false
		}
		program = element
	}
	return true
}

// testSource returns the text of tests, or nothing where there are none.
func (c *coverage) testSource(pattern string) string {
	if text, ok := c.tests[pattern]; ok {
		return text
	}
	if files, err := filepath.Glob(filepath.Join(c.root, pattern)); err != nil || len(files) == 0 {
		return ""
	}
	c.tests[pattern] = source(c.t, c.root, pattern)
	return c.tests[pattern]
}

// TestCoverageJudge shows the judge of the page each thing that can be wrong with it.
func TestCoverageJudge(t *testing.T) {
	c := &coverage{
		goNames: map[string]bool{"Client.Ping": true, "Client.StartPing": true, "Client.hidden": false, "Connect": true},
		header:  map[string]bool{"monclient_ping": true, "monclient_ping_async": true},
		python:  "class Client:\n    def ping(self) -> None:\n", aio: "    async def ping(self) -> None:\n", rados: "class Rados:\n    def ping_monitor(self):\n",
		monc:  `name: "ping", name: "conf"`,
		tests: map[string]string{"x/*_test.go": "\nfunc TestPing(t *testing.T) { \"sub\" }", "test/integration/*_test.go": "\nfunc TestPing(t *testing.T)", "bindings/python/tests/test_x.py": "\ndef test_ping("},
	}
	const head = "| Ceph | Go | C | Python | monc | Tests | 16 |\n|---|---|---|---|---|---|---|\n"
	const good = "| `x` | `Client.Ping` | `monclient_ping` | `Client.ping`, `rados.Rados.ping_monitor` | `monc ping` | `x TestPing/sub`, `test_x.py test_ping` | |\n"
	for name, tt := range map[string]struct {
		row  string
		want []string
	}{
		"nothing":                   {"", nil},
		"no such method":            {"| | `Client.Pong` | | | | `x TestPing` | |", []string{"4: Go: there is no Client.Pong"}},
		"a method that is hidden":   {"| | `Client.hidden` | | | | `x TestPing` | |", []string{"4: Go: there is no Client.hidden"}},
		"no such function":          {"| | | `monclient_pong` | | | `x TestPing` | |", []string{"4: C: there is no monclient_pong"}},
		"no such Python":            {"| | | | `Client.pong` | | `x TestPing` | |", []string{"4: Python: there is no Client.pong"}},
		"no such verb":              {"| | | | | `monc pong` | `x TestPing` | |", []string{"4: monc: there is no monc pong"}},
		"no such test":              {"| | | | | | `x TestPong` | |", []string{"4: Tests: there is no x TestPong"}},
		"no such subtest":           {"| | | | | | `x TestPing/other` | |", []string{"4: Tests: there is no x TestPing/other"}},
		"no such Python test":       {"| | | | | | `test_x.py test_pong` | |", []string{"4: Tests: there is no test_x.py test_pong"}},
		"no such package":           {"| | | | | | `y TestPing` | |", []string{"4: Tests: there is no y TestPing"}},
		"no test at all":            {"| | `Connect` | | | | | |", []string{"4: no test"}},
		"a cell too few":            {"| | `Connect` | | | `x TestPing` | |", []string{"4: the row has not as many cells as the table has columns"}},
		"a release too many":        {"| | | | | | `x TestPing` | ✓ |", []string{"4: its tests run on 16: false"}},
		"a release that is missing": {"| | | | | | `test/integration TestPing` | |", []string{"4: its tests run on 16: true"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, c.judge(tables(head+good+tt.row)))
		})
	}
	require.Equal(t, []string{" nothing about the function monclient_ping", " nothing about the function monclient_ping_async",
		" nothing about the method Client.Ping", " nothing about the method Client.StartPing"}, c.judge(nil))
}
