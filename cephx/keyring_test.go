package cephx

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// keyringTests say what `ceph-authtool -l` of 16.2.15 makes of each text, unless noted. K1 and K2 stand for keys.
var keyringTests = []struct {
	name, text string
	want       string // entities as render prints them
}{
	{"plain", "[client.a]\n\tkey = K1\n", "client.a K1"},
	{"as ceph-authtool writes it", "[client.admin]\n\tkey = K1\n\tcaps mon = \"allow *\"\n\tcaps osd = \"profile rbd pool=\\\"a\\\"\"\n",
		`client.admin K1 mon="allow *" osd="profile rbd pool=\"a\""`},
	{"several entities keep their order", "[mon.]\nkey = K2\n[client.b]\nkey = K1\n[client.a]\nkey = K2\n", "mon. K2|client.b K1|client.a K2"},
	{"CRLF", "[client.a]\r\n\tkey = K1\r\n", "client.a K1"},
	{"CR", "[client.a]\rkey = K1\r", "client.a K1"},
	{"comments", "# x\n  ; y\n[client.a] # z\nkey = K1 ; \\\ncaps mon = a#b\n# end without newline", `client.a K1 mon="a"`},
	{"empty lines", "\n \t\n[client.a]\n\nkey = K1\n", "client.a K1"},
	{"empty file", "", ""},
	{"empty section", "[client.a]\n[client.b]\nkey=K1\n", "client.a -|client.b K1"},
	{"quotes", "[client.a]\nkey = \"K1\" # c\ncaps mon = 'allow \"r\"'\ncaps osd = 'it\\'s'\n", `client.a K1 mon="allow \"r\"" osd="it's"`},
	{"quotes within a value", "[client.a]\ncaps mon = a \"b\" c\n", `client.a - mon="a \"b\" c"`},
	{"escapes", "[client.a]\ncaps mon = \"a \\\"x\\\" \\# \\; \\\\ \\n\"\n", `client.a - mon="a \"x\" # ; \\ n"`},
	{"continuation", "[client.a]\ncaps mon = allow r\\\n   more\n", `client.a - mon="allow r   more"`},
	{"continuation with CRLF", "[client.a]\r\ncaps mon = x\\\r\n y\r\n", `client.a - mon="x y"`},
	{"continuation before a line", "[client.\\\na]\nkey = K1\n", "client.a K1"},
	{"no continuation of a comment", "[client.a]\n# x \\\nkey = K1\n", "client.a K1"},
	{"underscores are blanks", "[client.a_b]\ncaps_mon = \"allow\"\n", `client.a_b - mon="allow"`},
	{"runs of blanks", "[client.a]\n caps \t mon = a\n", `client.a - mon="a"`},
	{"values are trimmed, quoted or not", "[client.a]\ncaps mon = \" a \"\ncaps osd = \\ b\\ \n", `client.a - mon="a" osd="b"`},
	{"empty value", "[client.a]\ncaps mon =\ncaps osd = \"\"\n", `client.a - mon="" osd=""`},
	{"value with anything", "[client.a]\ncaps mon=a=b[c]\n", `client.a - mon="a=b[c]"`},
	{"auid is ignored", "[client.a]\nauid = 3\nkey = K1\n", "client.a K1"},
	{"global is ignored", "[global]\nbogus = 3\n[client.a]\nkey = K1\n", "client.a K1"},
	{"sections merge, later wins", "[client.a]\nkey = K1\ncaps mon = x\n[client.b]\n[client.a]\ncaps mon = y\nkey = K2\n", `client.a K2 mon="y"|client.b -`},
	{"only the last key must be right", "[client.a]\nkey = AQ=\nkey = K1\n", "client.a K1"},
	{"no key, as ceph-authtool writes it", "[client.a]\nkey = AAAAAAAAAAAAAAAA\ncaps mon = x\n", `client.a - mon="x"`},
	{"name with blanks and signs", "[client.a  b\\]\\#=\"]\nkey = K1\n", "client.a  b]#=\" K1"},
	{"name with an empty id", "[client.]\nkey = K1\n", "client. K1"},
	{"capabilities for what is no daemon", "[client.a]\ncaps foo = x\n", `client.a - foo="x"`},
	{"key of type aes256k (not known to 16.2)", "[client.a]\nkey = " + countingKRB5 + "\n", "client.a K3"},
}

// substitute puts keys for their names.
func substitute(text string) []byte {
	return []byte(strings.NewReplacer("K1", realKey1, "K2", realKey2).Replace(text))
}

func render(ring *Keyring) string {
	var entries []string
	for _, e := range ring.Entries {
		s := e.Name.String() + " "
		switch e.Key.Reveal() {
		case realKey1:
			s += "K1"
		case realKey2:
			s += "K2"
		case countingKRB5:
			s += "K3"
		case "":
			s += "-"
		default:
			s += "?"
		}
		for _, daemon := range []string{"foo", "mon", "osd"} {
			if v, ok := e.Caps[daemon]; ok {
				s += fmt.Sprintf(" %s=%q", daemon, v)
			}
		}
		entries = append(entries, s)
	}
	return strings.Join(entries, "|")
}

func TestParseKeyring(t *testing.T) {
	for _, tt := range keyringTests {
		t.Run(tt.name, func(t *testing.T) {
			text := substitute(tt.text)
			ring, err := ParseKeyring("f", text)
			require.NoError(t, err)
			require.Equal(t, tt.want, render(ring))

			var out bytes.Buffer
			n, err := ring.WriteTo(&out)
			require.NoError(t, err)
			require.EqualValues(t, out.Len(), n)
			back, err := ParseKeyring("f", out.Bytes())
			require.NoError(t, err)
			require.Equal(t, ring, back)

			for n := range text { // prefixes may be keyrings, but must not panic
				_, _ = ParseKeyring("f", text[:n])
			}
		})
	}
}

func TestKeyringErrors(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"no final newline", "[client.a]\nkey = K1", "keyring /k:2: [client.a]: no newline at the end of the file"},
		{"no final newline after a header", "[client.a]", "keyring /k:1: [client.a]: no newline at the end of the file"},
		{"no final newline after a quote", "[client.a]\nkey = \"K1\"", "keyring /k:2: [client.a]: no newline at the end of the file"},
		{"backslash at the end", "[client.a]\ncaps mon = a\\", "keyring /k:2: [client.a]: backslash at the end of the file"},
		{"blank before a header", " [client.a]\nkey = K1\n", "keyring /k:1: blank before a section header"},
		{"blank before a later header", "[client.a]\r\nkey = K1\r\n\r\n [client.b]\r\n", "keyring /k:4: [client.a]: blank before a section header"},
		{"blank in a header", "[ client.a ]\nkey = K1\n", "keyring /k:1: [ client.a ]: section is not named after an entity, such as client.admin, nor global"},
		{"no entity name", "[bogus]\nkey = K1\n", "keyring /k:1: [bogus]: section is not named after an entity, such as client.admin, nor global"},
		{"unknown entity type", "[client.a]\n[foo.a]\nkey = K1\n", "keyring /k:2: [foo.a]: section is not named after an entity"},
		{"empty header", "[]\nkey = K1\n", "keyring /k:1: section is not named after an entity"},
		{"global is case sensitive", "[GLOBAL]\nkey = K1\n", "keyring /k:1: [GLOBAL]: section is not named after an entity"},
		{"open header", "[client.a\nkey = K1\n", "keyring /k:1: section header without ]"},
		{"text after a header", "[client.a]x\n", "keyring /k:1: [client.a]: unexpected text at the end of the line"},
		{"item before any section", "\nkey = K1\n[client.a]\n", "keyring /k:2: item outside of a section"},
		{"line without =", "[client.a]\nAQA77ANrpfjpOhAA\n", "keyring /k:2: [client.a]: neither a section header nor NAME = VALUE"},
		{"comment in a name", "[client.a]\ncaps m#on = x\n", "keyring /k:2: [client.a]: neither a section header nor NAME = VALUE"},
		{"continuation in a name", "[client.a]\nke\\\ny = K1\n", "keyring /k:2: [client.a]: neither a section header nor NAME = VALUE"},
		{"unknown item", "[client.a]\nbogus = 3\n", `keyring /k:2: [client.a]: unknown item "bogus", want key or caps DAEMON`},
		{"pending key", "[client.a]\npending_key = K1\n", `keyring /k:2: [client.a]: unknown item "pending key", want key or caps DAEMON`},
		{"case matters", "[client.a]\nKey = K1\n", "keyring /k:2: [client.a]: unknown item, want key or caps DAEMON"},
		{"key in the place of a name", "[client.a]\nK1 = x\n", "keyring /k:2: [client.a]: unknown item, want key or caps DAEMON"},
		{"caps without a daemon", "[client.a]\ncaps = x\n", `keyring /k:2: [client.a]: unknown item "caps", want key or caps DAEMON`},
		{"no name", "[client.a]\n= 5\n", `keyring /k:2: [client.a]: unknown item "", want key or caps DAEMON`},
		{"comment in quotes", "[client.a]\ncaps mon = \"allow # r\"\n", "keyring /k:2: [client.a]: comment begins inside quotes: write a backslash before # and ;"},
		{"open quotes", "[client.a]\ncaps mon = \"a\n", "keyring /k:2: [client.a]: quoted value does not end on its line"},
		{"open quotes at the end", "[client.a]\ncaps mon = \"a", "keyring /k:2: [client.a]: quoted value does not end on its line"},
		{"continuation in quotes", "[client.a]\ncaps mon = \"a\\\n b\"\n", "keyring /k:2: [client.a]: quoted value does not end on its line"},
		{"text after quotes", "[client.a]\ncaps mon = \"a\" b\n", "keyring /k:2: [client.a]: unexpected text at the end of the line"},
		{"empty key", "[client.a]\nkey =\n", "keyring /k:2: [client.a]: key: invalid key: empty"},
		{"truncated key", "[client.a]\ncaps mon = \\\nx\nkey = AQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0i\n", "keyring /k:4: [client.a]: key: invalid key: truncated: 15 of 16 secret bytes"},
		{"key of unknown type", "[client.b]\n[client.a]\n\n  key = CQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==\n", "keyring /k:4: [client.a]: key: invalid key: unknown key type 9"},
		{"the bad key is not the last line", "[client.a]\nkey = AQ=\n[client.b]\nkey = K1\n", "keyring /k:2: [client.a]: key: invalid key: bad base64: truncated at character 3"},
		{"not UTF-8", "[client.a]\n#\xff\n", "keyring /k:2: not valid UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseKeyring("/k", substitute(tt.text))
			require.ErrorContains(t, err, tt.want)
			var ke *KeyringError
			require.ErrorAs(t, err, &ke)
			require.Equal(t, "/k", ke.File)
			for _, secret := range []string{realKey1, "AQA77ANr", "fjpOhAA", "YjTj6qAJ"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestKeyringErrorsWrapTheirCause(t *testing.T) {
	_, err := ParseKeyring("/k", []byte("[client.a]\nkey = CQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==\n"))
	require.ErrorIs(t, err, ErrInvalidKey)
	require.ErrorIs(t, err, ErrKeyType)
}

func TestKeyringLookup(t *testing.T) {
	ring, err := ParseKeyring("/k", substitute("[client.a]\nkey = K1\n[client.b]\ncaps mon = x\n"))
	require.NoError(t, err)
	name := func(id string) denc.EntityName { return denc.EntityName{Type: denc.EntityClient, ID: id} }
	k, err := ring.Key(name("a"))
	require.NoError(t, err)
	require.Equal(t, realKey1, k.Reveal())
	_, err = ring.Key(name("b"))
	require.ErrorIs(t, err, ErrNoKey)
	require.EqualError(t, err, "keyring /k: [client.b]: no key")
	_, err = ring.Key(name("c"))
	require.ErrorIs(t, err, ErrNoEntity)
	require.EqualError(t, err, "keyring /k: no such entity in the keyring: client.c")

	ring.Set(Entry{Name: name("a"), Key: mustKey(t, realKey2)})
	ring.Set(Entry{Name: name("c"), Key: mustKey(t, realKey1)})
	require.Equal(t, "client.a K2|client.b - mon=\"x\"|client.c K1", render(ring))
	ring.Wipe()
	_, err = ring.Entries[0].Key.secret()
	require.ErrorIs(t, err, ErrNoKey)
}

func TestKeyringWrite(t *testing.T) {
	ring := &Keyring{Entries: []Entry{
		{Name: denc.EntityName{Type: denc.EntityMon}, Key: mustKey(t, realKey2)},
		{Name: admin, Key: mustKey(t, realKey1), Caps: map[string]string{"osd": `allow "x" # ; \`, "mds": "allow *", "mon": ""}},
	}}
	var out bytes.Buffer
	_, err := ring.WriteTo(&out)
	require.NoError(t, err)
	// Read by `ceph-authtool -l` of 16.2.15, which lists the same.
	require.Equal(t, "[mon.]\n\tkey = "+realKey2+"\n\n[client.admin]\n\tkey = "+realKey1+
		"\n\tcaps mds = \"allow *\"\n\tcaps mon = \"\"\n\tcaps osd = \"allow \\\"x\\\" \\# \\; \\\\\"\n", out.String())

	for _, bad := range []Entry{
		{Name: denc.EntityName{}},
		{Name: denc.EntityName{Type: denc.EntityClient, ID: "a\nb"}},
		{Name: denc.EntityName{Type: denc.EntityClient, ID: "\xff"}},
		{Name: admin, Caps: map[string]string{"mon": "a\nb"}},
		{Name: admin, Caps: map[string]string{"mon": " a"}},
		{Name: admin, Caps: map[string]string{"mon": "\xff"}},
		{Name: admin, Caps: map[string]string{"m on": "a"}},
		{Name: admin, Caps: map[string]string{"": "a"}},
	} {
		out.Reset()
		_, err := (&Keyring{Entries: []Entry{bad}}).WriteTo(&out)
		require.ErrorIs(t, err, errNotWritable)
		require.Zero(t, out.Len())
	}
}

func TestLoadKeyring(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	require.NoError(t, os.WriteFile(path, substitute("[client.a]\nkey = K1\n"), 0o600))
	ring, err := LoadKeyring(path)
	require.NoError(t, err)
	require.Equal(t, path, ring.File)
	require.Equal(t, "client.a K1", render(ring))

	_, err = LoadKeyring(path + ".absent")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = LoadKeyring(filepath.Dir(path))
	require.Error(t, err)

	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(maxKeyringFile+1)) // sparse
	require.NoError(t, f.Close())
	_, err = LoadKeyring(path)
	require.ErrorContains(t, err, "more than 67108864 bytes")
}
