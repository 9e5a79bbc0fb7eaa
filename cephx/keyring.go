package cephx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/libmonclient/libmonclient/denc"
)

// Keyring is the content of a keyring file: entities with their keys and capabilities (src/auth/KeyRing.cc). It prints
// without its keys.
type Keyring struct {
	// File is where it was read from, for messages.
	File string
	// Entries are in the order in which the entities first appear.
	Entries []Entry
}

// Entry is one entity of a keyring.
type Entry struct {
	Name denc.EntityName
	// Key is zero if the keyring gives none.
	Key Key
	// Caps maps a daemon type to the capabilities that the entity should have with it. Only monitors read them.
	Caps map[string]string
}

// KeyringError says what is wrong with a keyring file, and where. It never quotes the file's text beyond names.
type KeyringError struct {
	File   string
	Line   int    // from 1; 0 if the file as a whole is meant
	Entity string // the section, if one has begun
	Err    error
}

// Error prints file, line and entity before the cause.
func (e *KeyringError) Error() string {
	var b strings.Builder
	b.WriteString("keyring ")
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Entity != "" {
		fmt.Fprintf(&b, ": [%s]", e.Entity)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

// Unwrap returns the cause.
func (e *KeyringError) Unwrap() error { return e.Err }

// maxKeyringFile bounds what LoadKeyring reads: room for a hundred thousand entities.
const maxKeyringFile = 64 << 20

// LoadKeyring reads and parses a keyring file. Errors of the file system come as they are, so that errors.Is(err,
// fs.ErrNotExist) works; all others are a *KeyringError.
func LoadKeyring(path string) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cephx: keyring: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(f, maxKeyringFile+1))
	defer func() { clear(data) }()
	if err != nil {
		return nil, fmt.Errorf("cephx: keyring: %w", err)
	}
	if len(data) > maxKeyringFile {
		return nil, &KeyringError{File: path, Err: fmt.Errorf("more than %d bytes", maxKeyringFile)}
	}
	return ParseKeyring(path, data)
}

// Entry returns the entry of an entity.
func (k *Keyring) Entry(name denc.EntityName) (*Entry, bool) {
	i := slices.IndexFunc(k.Entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return nil, false
	}
	return &k.Entries[i], true
}

// Key returns the key of an entity. The error wraps ErrNoEntity or ErrNoKey.
func (k *Keyring) Key(name denc.EntityName) (Key, error) {
	e, ok := k.Entry(name)
	if !ok {
		return Key{}, &KeyringError{File: k.File, Err: fmt.Errorf("%w: %v", ErrNoEntity, name)}
	}
	if e.Key.IsZero() {
		return Key{}, &KeyringError{File: k.File, Entity: name.String(), Err: ErrNoKey}
	}
	return e.Key, nil
}

// Set adds an entry, or replaces the one of the same entity.
func (k *Keyring) Set(e Entry) {
	if old, ok := k.Entry(e.Name); ok {
		*old = e
		return
	}
	k.Entries = append(k.Entries, e)
}

// Wipe wipes all keys. See Key.Wipe.
func (k *Keyring) Wipe() {
	for _, e := range k.Entries {
		e.Key.Wipe()
	}
}

// WriteTo writes k in the form of a keyring file, keys in clear text. It fails, having written nothing, if a name or a
// capability cannot be expressed in one.
func (k *Keyring) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	for i, e := range k.Entries {
		if i > 0 {
			b.WriteByte('\n')
		}
		if err := e.write(&b); err != nil {
			return 0, &KeyringError{File: k.File, Entity: e.Name.String(), Err: err}
		}
	}
	defer clear(b.Bytes())
	n, err := w.Write(b.Bytes())
	return int64(n), err
}

var errNotWritable = errors.New("cannot be written to a keyring")

func (e *Entry) write(b *bytes.Buffer) error {
	name := e.Name.String()
	if parsed, err := denc.ParseEntityName(name); err != nil || parsed != e.Name || !writable(name) {
		return fmt.Errorf("entity name %w", errNotWritable)
	}
	fmt.Fprintf(b, "[%s]\n", escapeName.Replace(name))
	if !e.Key.IsZero() {
		fmt.Fprintf(b, "\tkey = %s\n", e.Key.Reveal())
	}
	for _, daemon := range slices.Sorted(maps.Keys(e.Caps)) {
		value := e.Caps[daemon]
		if !validDaemon(daemon) || !writable(value) || value != trim(value) {
			return fmt.Errorf("capability %q %w", daemon, errNotWritable)
		}
		fmt.Fprintf(b, "\tcaps %s = \"%s\"\n", daemon, escapeValue.Replace(value))
	}
	return nil
}

// writable reports whether text fits on one line.
func writable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsAny(text, "\n\r")
}

// What has a meaning in a section header and in a quoted value. Comments begin even inside quotes, so # and ; are
// among them, though ceph-authtool writes those bare and then cannot read its own file.
var (
	escapeName  = strings.NewReplacer(`\`, `\\`, `]`, `\]`, `#`, `\#`, `;`, `\;`)
	escapeValue = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `#`, `\#`, `;`, `\;`)
)

// validDaemon reports whether s can be what capabilities are for, such as mon. Underscores are blanks in a file.
func validDaemon(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// trim removes what surrounds a value: white space, also inside quotes.
func trim(s string) string { return strings.Trim(s, " \t\n\v\f\r") }
