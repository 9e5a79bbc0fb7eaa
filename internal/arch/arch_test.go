package arch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// room is a package of the module and what it may do.
type room struct {
	path    string // relative to the module
	imports string // the rooms that its code may import, all of them below it; "*" is any
	tests   string // the rooms that only its tests may import besides

	// kind says whose process the code runs in.
	kind kind
	// never lists standard packages that this room must do without, beyond those that its kind forbids.
	never string
	// outside is a module that this room, and no other library or program, may bring along.
	outside string
	// cgo allows import "C".
	cgo bool
	// mayBeAbsent is for a room that has been planned and not been built.
	mayBeAbsent bool
}

type kind int

const (
	library kind = iota // in the process of whoever imports it: no logging, no flags, no signal handlers, no exit
	program             // a main package: may end its process
	support             // for this repository's tests, benchmarks and programs only
)

// libraryNever is what no library room imports: it would act on a process that is not ours.
const libraryNever = "log os/signal flag testing"

// prometheus is what metrics need, with all that belongs to it.
const prometheus = "github.com/prometheus/"

// rooms is the architecture, from the bottom up. Test files may import, beyond what the row says, their own room,
// everything in internal/ and monclient/montest.
var rooms = []room{
	{path: "denc", never: "net os"},
	{path: "cephx", imports: "denc", never: "net net/http"},
	{path: "msgr2", imports: "denc", tests: "cephx", never: "net/http"}, // recorded sessions are replayed with real keys

	{path: "monclient/monmsg", imports: "denc", never: "net os"},
	{path: "monclient/cephmap", imports: "denc", never: "net os"},
	{path: "monclient/cephconf", imports: "denc cephx", never: "net/http"},
	{path: "monclient/cmdtable", never: "net os"},
	{path: "monclient", imports: "denc cephx msgr2 monclient/monmsg monclient/cephmap monclient/cephconf monclient/cmdtable", never: "net/http"},

	// Metrics, for those who want Prometheus' packages in their program.
	{path: "monclient/prom", imports: "monclient", outside: prometheus, never: "net net/http os"},

	// A monitor for tests: the other end of the wire, so it must not know the client.
	{path: "monclient/montest", imports: "denc cephx msgr2 monclient/monmsg monclient/cephmap internal/memnet",
		tests: "monclient monclient/cephconf", kind: support, never: "os/signal log flag"},

	// The C library: what of it needs no C, and the ways in from outside, which nothing imports.
	{path: "capi/handle", never: "net os"},
	{path: "capi/eventq", never: "net"},
	{path: "capi", imports: "monclient denc cephx monclient/cephmap monclient/cephconf capi/handle capi/eventq",
		tests: "monclient/monmsg", kind: program, cgo: true, never: libraryNever},
	{path: "cmd/monc", imports: "monclient denc cephx msgr2 monclient/monmsg monclient/cephmap monclient/cephconf monclient/cmdtable monclient/montest", kind: program},

	// What only this repository needs. realceph judges the library, so it does without it.
	{path: "internal/arch", kind: support},
	{path: "internal/racecheck", kind: support},
	{path: "internal/memnet", kind: support},
	{path: "internal/realceph", kind: support},
	{path: "internal/capture", imports: "*", kind: support},
	{path: "internal/cmd/capture", imports: "*", kind: program},
	{path: "internal/cmd/licenses", kind: program},
	{path: "internal/cmd/realceph", imports: "internal/realceph", kind: program},
	{path: "internal/cmd/testsum", kind: program},
	{path: "test/integration", imports: "*", kind: support},
	{path: "test/montest", imports: "*", kind: support},
	{path: "test/survive", imports: "*", kind: support},
	{path: "test/cephmap", imports: "*", kind: support},
	{path: "test/compat", imports: "internal/realceph", kind: support},
	{path: "test/osdmap", imports: "*", kind: support},
	{path: "test/words", imports: "*", kind: support},
	{path: "test/abi", kind: support},
	{path: "test/capi", imports: "monclient/montest", kind: support},
	{path: "test/host", imports: "*", kind: support},
	{path: "test/examples", kind: support},
	{path: "test/examples/clusters", imports: "test/examples internal/realceph", kind: support},

	// What is measured, beside librados. Its programs write measurements, of which report makes a table.
	{path: "bench/result", kind: support},
	{path: "bench/profile", kind: support},
	{path: "bench/report", imports: "bench/result internal/realceph", kind: program},
	{path: "bench/codecs", tests: "denc monclient/monmsg monclient/cephmap", kind: support},
	{path: "bench/boundary", imports: "bench/result internal/realceph", kind: program},
	{path: "bench/commands", imports: "bench/result internal/realceph", kind: program},
	{path: "bench/commands/client", imports: "bench/profile monclient monclient/cephconf", kind: program},
	{path: "bench/failover", imports: "bench/result internal/realceph", kind: program},
	{path: "bench/failover/client", imports: "monclient monclient/cephconf", kind: program},
	{path: "bench/scale", imports: "bench/result internal/realceph", kind: program},
	{path: "bench/scale/client", imports: "monclient monclient/cephconf", kind: program},
	{path: "bench/osdmap", imports: "bench/result denc monclient monclient/cephconf monclient/cephmap internal/realceph", kind: program},
	{path: "bench/ceiling", imports: "bench/profile bench/result cephx monclient monclient/montest", kind: program},
}

// testsMayImport reports whether every test may import the room at path.
func testsMayImport(path string) bool {
	return path == "monclient/montest" || strings.HasPrefix(path, "internal/")
}

// mayExit reports whether code of the room may end the process.
func (r room) mayExit() bool {
	return r.kind == program && !r.cgo
}

func TestRooms(t *testing.T) {
	for _, complaint := range judge(rooms, scan(t, moduleDir(t))) {
		t.Error(complaint)
	}
}

// judge returns what the packages do that the table does not allow, in words.
func judge(rooms []room, packages map[string]pkg) []string {
	var complaints []string
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }

	byPath := map[string]room{}
	for _, r := range rooms {
		if _, dup := byPath[r.path]; dup {
			complain("%s has two rows in the table", r.path)
		}
		byPath[r.path] = r
		if _, ok := packages[r.path]; !ok && !r.mayBeAbsent {
			complain("%s has a row in the table and no code", r.path)
		}
	}
	for _, path := range sortedKeys(packages) {
		r, ok := byPath[path]
		if !ok {
			complain("%s has no row in the table of rooms in internal/arch", path)
			continue
		}
		for _, f := range packages[path].files {
			never := strings.Fields(r.never)
			if r.kind == library {
				never = append(never, strings.Fields(libraryNever)...)
			}
			for _, imported := range f.rooms {
				if !mayImport(byPath, r, imported, f.test) {
					complain("%s: %s must not import %s", f.name, path, imported)
				}
			}
			for _, imported := range f.others {
				switch {
				case imported == "C" && !r.cgo:
					complain("%s: %s must not import %q", f.name, path, imported)
				case slices.Contains(never, imported) && !f.test:
					complain("%s: %s must not import %s", f.name, path, imported)
				}
			}
			for _, exit := range f.exits {
				if !r.mayExit() && !f.test {
					complain("%s: %s must not end the process with %s", f.name, path, exit)
				}
			}
		}
	}
	return complaints
}

// mayImport reports whether a file of the room from may import the room at path.
func mayImport(byPath map[string]room, from room, path string, test bool) bool {
	to, ok := byPath[path]
	if !ok || to.kind == program && path != from.path {
		return false // a program has no importers
	}
	if from.imports == "*" || slices.Contains(strings.Fields(from.imports), path) {
		return true
	}
	return test && (path == from.path || testsMayImport(path) || slices.Contains(strings.Fields(from.tests), path))
}

// TestTheTableHasNoUpwardArrow holds the table itself to the order in which it is written.
func TestTheTableHasNoUpwardArrow(t *testing.T) {
	position := map[string]int{}
	for i, r := range rooms {
		position[r.path] = i
	}
	for i, r := range rooms {
		if r.imports == "*" {
			require.NotEqual(t, library, r.kind, r.path)
			continue
		}
		for imported := range strings.FieldsSeq(r.imports) {
			at, ok := position[imported]
			require.True(t, ok, "%s may import %s, which has no row", r.path, imported)
			require.True(t, at < i || strings.HasPrefix(imported, "internal/"), "%s stands above %s", imported, r.path)
			if r.kind == library {
				require.Equal(t, library, rooms[at].kind, "%s would bring %s into the library", r.path, imported)
			}
		}
	}
}

// TestDependencies asks the go command what really ends up in a program that imports a library room: only rooms
// reachable in the table, and no package from outside that acts on the process.
func TestDependencies(t *testing.T) {
	byPath := map[string]room{}
	for _, r := range rooms {
		byPath[r.path] = r
	}
	listed := goList(t, moduleDir(t))
	for path, r := range byPath {
		p, ok := listed[modulePath+"/"+path]
		if r.kind == support || !ok {
			continue
		}
		for _, dep := range p.Deps {
			require.True(t, !strings.HasPrefix(dep, prometheus) || r.outside == prometheus, "%s depends on %s", path, dep)
		}
		if r.kind != library {
			continue
		}
		reachable := map[string]bool{}
		var walk func(path string)
		walk = func(path string) {
			for imported := range strings.FieldsSeq(byPath[path].imports) {
				if !reachable[imported] {
					reachable[imported] = true
					walk(imported)
				}
			}
		}
		walk(path)
		for _, dep := range p.Deps {
			if inside, ok := strings.CutPrefix(dep, modulePath+"/"); ok {
				require.True(t, reachable[inside], "%s depends on %s", path, inside)
				continue
			}
			if listed[dep].Standard {
				continue
			}
			for _, imported := range listed[dep].Imports {
				require.NotContains(t, append(strings.Fields(libraryNever), "C"), imported, "%s depends on %s", path, dep)
			}
		}
	}
}

// TestJudge shows the judge a small tree with each offence.
func TestJudge(t *testing.T) {
	rooms := []room{
		{path: "low", never: "net"},
		{path: "high", imports: "low"},
		{path: "front", imports: "high", kind: program, cgo: true},
		{path: "cmd/tool", imports: "high", kind: program},
		{path: "internal/aid", kind: support},
		{path: "internal/all", imports: "*", kind: support},
	}
	const m = modulePath + "/"
	tests := []struct {
		name, file, src string
		want            []string
	}{
		{"downward", "high/a.go", `import "` + m + `low"`, nil},
		{"upward", "low/a.go", `import "` + m + `high"`, []string{"low/a.go: low must not import high"}},
		{"upward under a build tag", "low/a_windows.go", "//go:build never\n\npackage low; import _ \"" + m + `high"`,
			[]string{"low/a_windows.go: low must not import high"}},
		{"upward in a test", "low/a_test.go", `import "` + m + `high"`, []string{"low/a_test.go: low must not import high"}},
		{"an external test of itself", "low/a_test.go", `import "` + m + `low"`, nil},
		{"an aid in a test", "low/a_test.go", `import "` + m + `internal/aid"`, nil},
		{"an aid in the library", "low/a.go", `import "` + m + `internal/aid"`, []string{"low/a.go: low must not import internal/aid"}},
		{"anything in a room of any", "internal/all/a.go", `import "` + m + `high"`, nil},
		{"a program, even there", "internal/all/a.go", `import "` + m + `front"`, []string{"internal/all/a.go: internal/all must not import front"}},
		{"a room that is not in the table", "new/a.go", "", []string{"new has no row in the table of rooms in internal/arch"}},
		{"an import that is not in the table", "internal/all/a.go", `import "` + m + `new"`, []string{"internal/all/a.go: internal/all must not import new"}},
		{"the root of the module", "a.go", "", []string{". has no row in the table of rooms in internal/arch"}},
		{"a forbidden package of the row", "low/a.go", `import "net"`, []string{"low/a.go: low must not import net"}},
		{"in another row", "high/a.go", `import "net"`, nil},
		{"a forbidden package of libraries", "high/a.go", `import "os/signal"`, []string{"high/a.go: high must not import os/signal"}},
		{"logging", "high/a.go", `import l "log"`, []string{"high/a.go: high must not import log"}},
		{"structured logging", "high/a.go", `import "log/slog"`, nil},
		{"logging in a test", "high/a_test.go", `import "log"`, nil},
		{"cgo in the front", "front/a.go", `import "C"`, nil},
		{"an aid in what only tests load", "front/a.go", "//go:build cgo && monclienttest\n\npackage main; import _ \"" + m + `internal/aid"`, nil},
		{"an aid otherwise", "front/a.go", "//go:build cgo\n\npackage main; import _ \"" + m + `internal/aid"`, []string{"front/a.go: front must not import internal/aid"}},
		{"cgo elsewhere", "high/a.go", `import "C"`, []string{`high/a.go: high must not import "C"`}},
		{"cgo in a test", "high/a_test.go", `import "C"`, []string{`high/a_test.go: high must not import "C"`}},
		{"exit of a program", "cmd/tool/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", nil},
		{"exit of the front", "front/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", []string{"front/a.go: front must not end the process with os.Exit"}},
		{"exit in a library", "high/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", []string{"high/a.go: high must not end the process with os.Exit"}},
		{"exit as a value, under another name", "high/a.go", "import sys \"os\"\nvar f = sys.Exit", []string{"high/a.go: high must not end the process with os.Exit"}},
		{"exit through syscall", "internal/aid/a.go", "import \"syscall\"\nfunc f() { syscall.Exit(1) }",
			[]string{"internal/aid/a.go: internal/aid must not end the process with syscall.Exit"}},
		{"exit through log", "internal/aid/a.go", "import \"log\"\nfunc f() { log.Fatalf(``) }",
			[]string{"internal/aid/a.go: internal/aid must not end the process with log.Fatalf"}},
		{"exit in a test", "high/a_test.go", "import \"os\"\nfunc f() { os.Exit(1) }", nil},
		{"a method called Exit", "high/a.go", "import \"os\"\nvar _ = os.Args\nfunc f(os interface{ Exit(int) }) { os.Exit(1) }", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := tt.src
			if !strings.Contains(src, "package ") {
				src = "package x\n" + src
			}
			packages := map[string]pkg{}
			for _, r := range rooms {
				packages[r.path] = pkg{}
			}
			f, err := parse(tt.file, []byte(src))
			require.NoError(t, err)
			packages[f.room()] = pkg{files: []file{f}}
			require.Equal(t, tt.want, judge(rooms, packages))
		})
	}

	require.Equal(t, []string{"b has a row in the table and no code"},
		judge([]room{{path: "a", mayBeAbsent: true}, {path: "b"}}, nil))
	require.Equal(t, []string{"a has two rows in the table"},
		judge([]room{{path: "a"}, {path: "a"}}, map[string]pkg{"a": {}}))
}
