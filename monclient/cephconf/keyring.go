package cephconf

import "strings"

// KeyKind says what kind of place a key is in.
type KeyKind int

// The kinds of KeySource.
const (
	KeyText     KeyKind = iota + 1 // the option key
	KeyFile                        // a file with nothing but the key
	KeyringFile                    // a keyring with a section for each entity
)

// String returns the name of the option of that kind.
func (k KeyKind) String() string {
	switch k {
	case KeyText:
		return optKey
	case KeyFile:
		return optKeyfile
	case KeyringFile:
		return optKeyring
	}
	return "none"
}

// KeySource is where the key to authenticate with is.
type KeySource struct {
	Kind   KeyKind
	Text   SecretText // of a KeyText: the key in base64
	Path   string     // of a KeyFile or KeyringFile: a file that could be opened
	Source Source     // what named the key or the file
}

// KeySource returns where the key is: the option key, else the file that keyfile names, else the first file of the list
// keyring that opens (KeyRing::from_ceph_context in src/auth/KeyRing.cc). When nothing opens the error is a
// *NoKeyringError, which is ErrNoKeyring.
func (c *Config) KeySource() (KeySource, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if s := c.setting(schema[optKey]); s.value != "" {
		return KeySource{Kind: KeyText, Text: NewSecretText(strings.TrimSpace(s.value)), Source: s.source}, nil
	}
	path, _, s, err := c.get(optKeyfile)
	if err != nil {
		return KeySource{}, err
	}
	if path != "" {
		return c.firstThatOpens(KeyFile, []string{path}, s.source)
	}
	list, _, s, err := c.get(optKeyring)
	if err != nil {
		return KeySource{}, err
	}
	return c.firstThatOpens(KeyringFile, splitPaths(list), s.source)
}

func (c *Config) firstThatOpens(kind KeyKind, paths []string, source Source) (KeySource, error) {
	none := &NoKeyringError{Option: kind.String(), Source: source}
	for _, path := range paths {
		err := c.opens(path)
		if err == nil {
			return KeySource{Kind: kind, Path: path, Source: source}, nil
		}
		none.Tried = append(none.Tried, TriedPath{Path: path, Err: err})
	}
	return KeySource{}, none
}
