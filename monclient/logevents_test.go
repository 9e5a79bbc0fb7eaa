package monclient

import (
	"bytes"
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// TestLogEventsAreDocumented holds the list in the documentation of LogEvents to the one in the code.
func TestLogEventsAreDocumented(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "logevents.go", nil, parser.ParseComments)
	require.NoError(t, err)
	var doc string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "LogEvents" {
			doc = fn.Doc.Text()
		}
	}
	line := regexp.MustCompile(`^\t(.{24})(.{7})(.{37})\S`) // columns
	var documented []LogEvent
	for text := range strings.Lines(doc) {
		if !strings.HasPrefix(text, "\t") {
			continue
		}
		m := line.FindStringSubmatch(text)
		require.NotNil(t, m, text)
		var level slog.Level
		require.NoError(t, level.UnmarshalText([]byte(strings.TrimSpace(m[2]))))
		documented = append(documented, LogEvent{strings.TrimSpace(m[1]), level, strings.Fields(m[3])})
	}
	byName := func(a, b LogEvent) int { return strings.Compare(a.Name, b.Name) }
	all := LogEvents()
	for i := range all {
		all[i].Keys = append([]string{}, all[i].Keys...)
	}
	slices.SortFunc(all, byName)
	slices.SortFunc(documented, byName)
	require.Equal(t, documented, all)
	for i, e := range all {
		require.Regexp(t, `^[a-z]+\.[a-z_]+$`, e.Name)
		require.True(t, i == 0 || all[i-1].Name != e.Name, "%s is there twice", e.Name)
		for _, key := range e.Keys {
			require.Regexp(t, `^[a-z_]+$`, key, e.Name)
		}
	}
}

// TestLogIsWrittenAsDocumented looks at every place of the package that writes to the log: it must name an event of the list,
// and give its keys, in their order.
func TestLogIsWrittenAsDocumented(t *testing.T) {
	files := packageFiles(t)
	keys := make(map[string][]string) // by the name of the variable
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				if call, ok := v.Values[0].(*ast.CallExpr); ok && nameOf(call.Fun) == "logged" {
					keys[v.Names[0].Name] = literals(call.Args[2:])
				}
			}
			return true
		})
	}
	require.Len(t, keys, len(LogEvents()))
	used := make(map[string]bool)
	for path, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name == "note" {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				to, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				var event string
				var args []ast.Expr
				switch {
				case to.Sel.Name == "note":
					event, args = nameOf(call.Args[0]), call.Args[1:]
				case nameOf(to.X) == "Logger": // where there is no client yet: Log(ctx, event.Level, event.Name, ...)
					require.Equal(t, "Log", to.Sel.Name, "%s: %s", path, fn.Name.Name)
					name, ok := call.Args[2].(*ast.SelectorExpr)
					require.True(t, ok, "%s: %s", path, fn.Name.Name)
					event, args = nameOf(name.X), call.Args[3:]
				default:
					return true
				}
				require.Contains(t, keys, event, "%s: %s", path, fn.Name.Name)
				used[event] = true
				var given []ast.Expr
				for i := 0; i < len(args); i += 2 {
					given = append(given, args[i])
				}
				require.Equal(t, keys[event], literals(given), "%s: %s", path, fn.Name.Name)
				require.Zero(t, len(args)%2, "%s: %s", path, fn.Name.Name)
				return true
			})
		}
	}
	for event := range keys {
		require.True(t, used[event], "nothing logs %s", event)
	}
}

// packageFiles returns the package's files without its tests.
func packageFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	files := make(map[string]*ast.File)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			files[e.Name()], err = parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
			require.NoError(t, err)
		}
	}
	return files
}

// nameOf returns the last name of an expression such as c.cfg.Logger.
func nameOf(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

func literals(list []ast.Expr) []string {
	texts := []string{}
	for _, x := range list {
		text := "not a string"
		if l, ok := x.(*ast.BasicLit); ok {
			text, _ = strconv.Unquote(l.Value)
		}
		texts = append(texts, text)
	}
	return texts
}

// recorder is a handler that keeps what it is told.
type recorder struct {
	slog.Handler
	mu      sync.Mutex
	records []slog.Record
}

func (r *recorder) Handle(ctx context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, record)
	return r.Handler.Handle(ctx, record)
}

// TestLogOfALife has a lot happen to a client, and looks at what it has logged.
func TestLogOfALife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 2, montest.Options{Mons: 3})
		var out bytes.Buffer
		log := &recorder{Handler: slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})}
		key := c.Key("client.admin")
		client := c.connect(standbys(1), func(cfg *Config) { cfg.Logger = slog.New(log) })
		_, err := client.SubscribeWith(SubscribeOptions{What: "osdmap", MaxEvents: 1})
		require.NoError(t, err)
		_, err = client.Command(t.Context(), Command{Prefix: "config-key set", Args: map[string]any{"key": "k", "val": "the secret value"}})
		require.NoError(t, err)
		after(time.Second)
		for range 3 {
			require.NoError(t, c.Advance("osdmap", 1))
			after(time.Second)
		}
		c.current(client).SendOldMonMap()
		c.Mon(client.Standbys()[0].Mon).DropClients()
		after(time.Minute)
		c.current(client).DropClients() // the standby takes over
		after(time.Minute)
		for _, mon := range c.Mons() {
			mon.Kill()
		}
		after(5 * time.Second)
		other := testKey(t)
		require.NoError(t, client.SetCredential(other))
		for _, mon := range c.Mons() {
			require.NoError(t, mon.Start())
		}
		after(time.Minute) // refused
		require.NoError(t, client.SetCredential(key))
		after(time.Minute)
		require.Equal(t, StateConnected, client.Stats().State)
		require.NoError(t, client.Close())

		seen := make(map[string]bool)
		for _, record := range log.records {
			i := slices.IndexFunc(LogEvents(), func(e LogEvent) bool { return e.Name == record.Message })
			require.GreaterOrEqual(t, i, 0, record.Message)
			e := LogEvents()[i]
			seen[e.Name] = true
			require.Equal(t, e.Level, record.Level, e.Name)
			var keys []string
			record.Attrs(func(a slog.Attr) bool {
				keys = append(keys, a.Key)
				require.NotContains(t, []slog.Kind{slog.KindLogValuer, slog.KindGroup}, a.Value.Kind(), "%s: %s", e.Name, a.Key)
				return true
			})
			require.Equal(t, e.Keys, keys, e.Name)
		}
		for _, name := range []string{
			"session.hunting", "session.attempt_failed", "session.connected", "session.lost", "session.failed_over",
			"standby.ready", "standby.lost", "credential.changed", "monmap.ignored", "subscription.dropped",
		} {
			require.True(t, seen[name], "%s in %v", name, seen)
		}
		require.NotContains(t, out.String(), "the secret value")
		for _, k := range []cephx.Key{key, other} {
			require.NotContains(t, out.String(), k.Reveal())
		}
		for line := range strings.Lines(out.String()) {
			var record map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &record))
			if addr, ok := record["addr"]; ok {
				_, err := denc.ParseEntityAddr(addr.(string), denc.AddrMsgr2)
				require.NoError(t, err, line)
			}
		}
	})
}
