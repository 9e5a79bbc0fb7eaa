package cephconf

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dump prints a file the way ceph-conf --show-conf does, without quotes.
func dump(f *file) string {
	var b strings.Builder
	for _, s := range f.sectionNames() {
		b.WriteString("[" + s + "]")
		for _, k := range slices.Sorted(maps.Keys(f.sections[s])) {
			b.WriteString(" " + k + "=<" + f.sections[s][k].value + ">")
		}
	}
	return b.String()
}

// grammar was checked by hand, row for row, with ceph-conf 16.2.15 --show-conf, which printed the same sections, keys and
// values or refused the file, except where a comment says so. err is our message in place of Ceph's.
var grammar = []struct {
	name, in, want, err string
}{
	{"plain", "[global]\na = b\n", "[global] a=<b>", ""},
	{"empty file", "", "", ""},
	{"empty lines only", "\n\n", "", ""},
	{"comment only, no newline", "# c", "", ""},
	{"section without keys", "[global]\n", "[global]", ""},
	{"one pair without section is global", "a=b\n", "[global] a=<b>", ""},
	{"the same, indented", " a=b\n", "[global] a=<b>", ""},
	{"two pairs without section", "a=b\nc=d\n", "", ":1: a key before the first [section]"},
	{"pair before a section", "a=b\n[global]\nc=d\n", "", ":1: a key before the first [section]"},
	{"pair after a comment, no section", "#x\na=b\n", "", ":2: a key before the first [section]"},

	// Encoding. ceph-conf as built by Debian aborts at any byte above 127 outside of comments; other builds take it.
	{"UTF-8", "[global]\na=é\n", "[global] a=<é>", ""},
	{"not UTF-8", "[global]\na=\xff\n", "", ":2: not valid UTF-8"},
	{"CRLF", "[global]\r\na=x\r\n", "[global] a=<x>", ""},
	{"CR", "[global]\ra=x\r", "[global] a=<x>", ""},
	{"NUL", "[global]\na=x\x00y\n", "[global] a=<x\x00y>", ""},

	// Sections.
	{"sections are case sensitive", "[Global]\na=b\n", "[Global] a=<b>", ""},
	{"blanks belong to the name", "[ global ]\na=b\n", "[ global ] a=<b>", ""},
	{"repeated sections merge", "[global]\na=1\nb=1\n[client]\nb=2\n[global]\na=3\nc=4\n", "[client] b=<2>[global] a=<3> b=<1> c=<4>", ""},
	{"comment behind a header", "[global] # c\na=b\n", "[global] a=<b>", ""},
	{"text behind a header", "[global] x\na=b\n", "", ":1: unexpected text after the section name"},
	{"no name", "[]\na=b\n", "", ":1: a section without a name"},
	{"comment inside a name", "[glo#bal]\na=b\n", "", ":1: the closing ] of a section name is missing"},
	{"escape inside a name", "[glo\\]bal]\na=b\n", "[glo]bal] a=<b>", ""},
	{"bracket inside a name", "[a[b]\na=b\n", "[a[b] a=<b>", ""},
	{"continued name", "[glo\\\nbal]\na=x\n", "[global] a=<x>", ""},
	{"indented first header", " [global]\na=b\n", "", ":1: blanks before a [section]"},
	{"indented later header", "[global]\na=b\n [client]\nc=d\n", "", ":3: blanks before a [section]"},
	{"blanks on a line before the first header", "  \n[global]\na=b\n", "", ":1: blanks on a line before the first [section]"},
	{"indented comment before the first header", "\n  # c\n[global]\na=b\n", "[global] a=<b>", ""},
	{"continuation before the first header", "\\\n[global]\na=b\n", "[global] a=<b>", ""},

	// The last line.
	{"no newline after a value", "[global]\na = b", "", ":2: the file does not end with a newline"},
	{"no newline after a header", "[global]", "", ":1: the file does not end with a newline"},
	{"blanks at the end", "[global]\na=b\n  ", "", ":3: the file does not end with a newline"},
	{"comment at the end", "[global]\na=b\n# c", "[global] a=<b>", ""},
	{"continuation at the end", "[global]\na=b\\\n", "", ":3: the file does not end with a newline"},
	{"backslash at the end", "[global]\na=b\\", "", ":2: the file does not end with a newline"},

	// Keys.
	{"indented keys and blank lines", "[global]\n# c\n  ; d\n\n a=b\n\n \n", "[global] a=<b>", ""},
	{"blanks in keys", "[global]\na b  c = d\n\te\t f=g\n", "[global] a_b_c=<d> e_f=<g>", ""},
	{"dashes stay", "[global]\na-b = d\n", "[global] a-b=<d>", ""},
	{"keys are case sensitive, the last one wins", "[global]\na=1\na=2\nA=3\n", "[global] A=<3> a=<2>", ""},
	{"spellings of one key", "[global]\na_b = 1\na b = 2\n", "[global] a_b=<2>", ""},
	{"outer underscores stay", "[global]\n_a_=x\n", "[global] _a_=<x>", ""},
	{"escapes stay in keys", "[global]\na\\=b = c\n", "[global] a\\=b=<c>", ""},
	{"continued key", "[global]\na \\\n=x\n", "[global] a=<x>", ""},
	{"opening bracket in a key", "[global]\n a[b = c\n", "", ":2: neither a [section] nor key = value"},
	{"closing bracket in a key", "[global]\na]b = c\n", "[global] a]b=<c>", ""},
	{"no key", "[global]\n= c\n", "", ":2: no key before ="},
	{"no equals sign", "[global]\na\n", "", ":2: neither a [section] nor key = value"},
	{"include", "[global]\ninclude foo\n", "", ":2: neither a [section] nor key = value"},
	{"comment inside a key", "[global]\n a# c\n", "", ":2: neither a [section] nor key = value"},

	// Values.
	{"empty value", "[global]\na=\n\n b=c\n", "[global] a=<> b=<c>", ""},
	{"equals signs and brackets", "[global]\na= x=y[z]\n", "[global] a=<x=y[z]>", ""},
	{"trimmed", "[global]\na =  x y\t \n", "[global] a=<x y>", ""},
	{"tabs inside stay", "[global]\na=x\ty\n", "[global] a=<x\ty>", ""},
	{"comment", "[global]\na=x ; y\nb=z#\n", "[global] a=<x> b=<z>", ""},
	{"escaped comment", "[global]\na=x\\; \\#y\n", "[global] a=<x; #y>", ""},
	{"escapes", "[global]\na=x\\ny\\\\z\n", "[global] a=<xny\\z>", ""},
	{"escaped blank is trimmed", "[global]\na=x\\ \n", "[global] a=<x>", ""},
	{"continued", "[global]\na=x \\\n  y\n", "[global] a=<x   y>", ""},
	{"continued to an empty line", "[global]\na=x\\\n\n", "[global] a=<x>", ""},
	{"begins on the next line", "[global]\na = \\\n   b\n", "[global] a=<b>", ""},
	{"double quotes", "[global]\na=\"x y\" \n", "[global] a=<x y>", ""},
	{"single quotes", "[global]\na='x\"y'\n", "[global] a=<x\"y>", ""},
	{"trimmed inside quotes", "[global]\na=\" x \"\n", "[global] a=<x>", ""},
	{"empty quotes", "[global]\na=\"\"\n", "[global] a=<>", ""},
	{"comment behind quotes", "[global]\na=\"x\" # y\n", "[global] a=<x>", ""},
	{"text behind quotes", "[global]\na=\"x\" y\n", "", ":2: unexpected text after the closing quote of a value"},
	{"comment inside quotes", "[global]\na=\"x#y\"\n", "", ":2: a # inside quotes starts a comment unless a backslash precedes it"},
	{"escaped comment inside quotes", "[global]\na=\"x\\#y\"\n", "[global] a=<x#y>", ""},
	{"escaped quote", "[global]\na=\"x\\\"y\"\n", "[global] a=<x\"y>", ""},
	{"open quote", "[global]\na=\"x\n", "", ":2: the closing quote of a value is missing"},
	{"continuation inside quotes", "[global]\na=\"x\\\ny\"\n", "", ":2: the closing quote of a value is missing"},
	{"quote inside a value", "[global]\na=x\"y\n", "[global] a=<x\"y>", ""},
}

func TestParse(t *testing.T) {
	for _, tt := range grammar {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parse("c.conf", []byte(tt.in))
			if tt.err != "" {
				require.EqualError(t, err, "cephconf: c.conf"+tt.err)
				require.ErrorIs(t, err, ErrSyntax)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, dump(f))
		})
	}
}

func TestParseKnowsLines(t *testing.T) {
	f, err := parse("c.conf", []byte("# c\r\n\r\n[global]\ra = 1\n\n  b = x \\\n  y\n  # c\nc = 3\n"))
	require.NoError(t, err)
	for key, line := range map[string]int{"a": 4, "b": 6, "c": 9} {
		require.Equal(t, line, f.sections["global"][key].line, key)
	}
}

func TestSyntaxErrorsQuoteNothing(t *testing.T) {
	for _, in := range []string{"[global]\nkey = \"AQDsecret# x\"\n", "[global]\nkey AQDsecret\n", "[global]\nkey = 'AQDsecret\n", "key = AQDsecret", "[AQDsecret\n"} {
		_, err := parse("c.conf", []byte(in))
		require.ErrorIs(t, err, ErrSyntax)
		require.NotContains(t, err.Error(), "AQD")
	}
}

// Long runs of anything that the grammar looks beyond must not be searched again from each of their bytes.
func TestParseIsLinear(t *testing.T) {
	const n = 1 << 17
	for name, in := range map[string]string{
		"blanks in a value":  "[a]\nx=" + strings.Repeat(" ", n) + "y\n",
		"tabs in a key":      "[a]\nx" + strings.Repeat("\t", n) + "y=\n",
		"words of a key":     "[a]\n" + strings.Repeat("x \t", n) + "=\n",
		"continuations":      "[a]\nx=" + strings.Repeat("\\\n", n) + "y\n",
		"comments":           "[a]\nx=y\n" + strings.Repeat("#\n", n),
		"blank lines":        "[a]\nx=y" + strings.Repeat("\n \n", n),
		"blanks at the end":  "[a]\nx=y\n" + strings.Repeat(" ", n),
		"keys without value": "[a]\n" + strings.Repeat("x=\n", n/4),
		"blanks in a name":   "[" + strings.Repeat(" ", n) + "]\n",
		"no equals sign":     "[a]\nx" + strings.Repeat("\t\\\n", n) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parse("c.conf", []byte(in))
			require.NotEqual(t, f == nil, err == nil)
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range grammar {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h := &host{files: map[string]string{"f.conf": string(data)}}
		c := New(h.system())
		if err := c.ReadFile("f.conf"); err != nil {
			require.ErrorIs(t, err, ErrSyntax)
			return
		}
		c.Warnings()
		own := c.sections()
		for section, keys := range c.file.sections {
			for key, e := range keys {
				require.NotZero(t, e.line)
				require.Equal(t, key, NormalizeKey(key))
				strongest, winner, ok := c.file.lookup(key, own...)
				if !slices.Contains(own, section) {
					continue
				}
				require.True(t, ok)
				if schema[key] != nil || strings.Contains(strongest.value, "$") {
					continue
				}
				v, err := c.Get(key)
				require.NoError(t, err)
				require.Equal(t, strongest.value, v)
				src, err := c.Source(key)
				require.NoError(t, err)
				require.Equal(t, Source{Level: LevelFile, Where: "f.conf", Line: strongest.line, Section: winner}, src)
			}
		}
	})
}
