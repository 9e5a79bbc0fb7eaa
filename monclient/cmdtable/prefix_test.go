package cmdtable

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var prefixTests = []struct {
	name, text string
	want       string // "" is none
}{
	{"alone", `{"prefix":"status"}`, "status"},
	{"several words", `{"prefix": "osd tree", "format": "json"}`, "osd tree"},
	{"last", `{"epoch": 3, "states": ["up", "prefix"], "prefix": "osd tree"}`, "osd tree"},
	{"white space", " \t\r\n{ \n\"prefix\"\t: \"status\"\r}\n ", "status"},
	{"every kind of value", `{"a":1,"b":-1.5e3,"c":true,"d":false,"e":null,"f":"x","g":[],"h":{},"prefix":"a b"}`, "a b"},
	{"in a value", `{"a": {"prefix": "osd rm"}, "b": "\"prefix\":\"osd out\"", "c": ["{", "}", "\\"], "prefix": "status"}`, "status"},
	{"only in a value", `{"a": {"prefix": "status"}, "b": ["prefix", "status"]}`, ""},
	{"of an inner object after it", `{"prefix": "osd rm", "a": {"prefix": "status"}}`, "osd rm"},
	{"escapes", `{"pre\u0066ix": "osd\u0020tree\n"}`, "osd tree\n"},
	{"other case", `{"prefix": "osd rm", "Prefix": "status"}`, "osd rm"},
	{"other case only", `{"PREFIX": "status"}`, ""},
	{"twice", `{"prefix": "status", "prefix": "osd rm"}`, ""},
	{"twice and the same", `{"prefix": "status", "prefix": "status"}`, ""},
	{"text and no text", `{"prefix": "status", "prefix": 1}`, ""},
	{"no text", `{"prefix": ["status"]}`, ""},
	{"null", `{"prefix": null}`, ""},
	{"empty", `{"prefix": ""}`, ""},
	{"none", `{"format": "json"}`, ""},
	{"empty object", `{}`, ""},
	{"empty object with space", `{ }`, ""},
	{"no object", `["prefix", "status"]`, ""},
	{"no object but text", `"prefix"`, ""},
	{"a number", `3`, ""},
	{"nothing", ``, ""},
	{"words", `status`, ""},
	{"cut off", `{"prefix": "status"`, ""},
	{"something after it", `{"prefix": "status"} {"prefix": "osd rm"}`, ""},
	{"a comment", `{"prefix": "status" /* , "prefix": "osd rm" */}`, ""},
	{"a comma too many", `{"prefix": "status",}`, ""},
	{"single quotes", `{'prefix': 'status'}`, ""},
	{"nested deep", `{"a": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `, "prefix": "status"}`, "status"},
	{"nested too deep", `{"a": ` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `, "prefix": "status"}`, ""},
	{"large value", `{"val": "` + strings.Repeat(`\"`, 1<<20) + `", "prefix": "config-key set"}`, "config-key set"},
}

func TestPrefixOf(t *testing.T) {
	for _, tt := range prefixTests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := PrefixOf([]string{tt.text})
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want != "", ok)
			if len(tt.text) > 1000 {
				return
			}
			for n := range tt.text { // pieces may end anywhere
				again, okAgain := PrefixOf([]string{"", tt.text[:n], tt.text[n:]})
				require.Equal(t, got, again)
				require.Equal(t, ok, okAgain)
			}
			again, okAgain := PrefixOf(strings.Split(tt.text, ""))
			require.Equal(t, got, again)
			require.Equal(t, ok, okAgain)
		})
	}
	_, ok := PrefixOf(nil)
	require.False(t, ok)
}

// TestTruncatedPrefix: no strict prefix of a command is one.
func TestTruncatedPrefix(t *testing.T) {
	const text = `{"a": [1, {"b": "\u00e4"}], "prefix": "osd tree", "c": -1.5e+3}`
	for n := range text {
		_, ok := PrefixOf([]string{text[:n]})
		require.False(t, ok, text[:n])
	}
}

// TestPrefixOfOwnTable: the prefix of a command in JSON is that of the command in the table.
func TestPrefixOfOwnTable(t *testing.T) {
	table := recordedTable(t, "tentacle")
	for c := range table.Commands() {
		b, err := json.Marshal(map[string]any{"prefix": c.Prefix(), "format": "json", "args": c.Words})
		require.NoError(t, err)
		prefix, ok := PrefixOf([]string{string(b)})
		require.True(t, ok)
		require.Equal(t, c.Prefix(), prefix)
	}
}

func FuzzPrefixOf(f *testing.F) {
	for _, tt := range prefixTests {
		if len(tt.text) < 1000 {
			f.Add(tt.text, len(tt.text)/2)
		}
	}
	f.Fuzz(func(t *testing.T, text string, cut int) {
		cut = max(0, min(cut, len(text)))
		prefix, ok := PrefixOf([]string{text[:cut], text[cut:]})
		require.Equal(t, ok, prefix != "")

		// What package json finds, where it finds it.
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &fields) != nil {
			require.False(t, ok)
			return
		}
		var want string
		if raw := fields["prefix"]; len(raw) > 0 && raw[0] == '"' {
			require.NoError(t, json.Unmarshal(raw, &want))
		}
		if ok {
			require.Equal(t, want, string([]rune(prefix)))
			return
		}
		if want != "" { // the only reason is that there are several
			names := strings.Count(strings.ToLower(text), "prefix") + strings.Count(text, `\u`)
			require.Greater(t, names, 1)
		}
	})
}

func BenchmarkPrefixOf(b *testing.B) {
	pieces := []string{`{"prefix": "osd tree", "epoch": 4, "states": ["up", "in"], "format": "json"}`}
	b.ReportAllocs()
	for b.Loop() {
		PrefixOf(pieces)
	}
}
