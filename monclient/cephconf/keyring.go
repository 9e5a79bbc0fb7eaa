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
	kind, list, s, err := c.keyPlaces()
	if err != nil {
		return KeySource{}, err
	}
	if kind == KeyText {
		return KeySource{Kind: KeyText, Text: NewSecretText(strings.TrimSpace(s.value)), Source: s.source}, nil
	}
	none := &NoKeyringError{Option: kind.String(), Source: s.source}
	for _, path := range list {
		err := c.opens(path)
		if err == nil {
			return KeySource{Kind: kind, Path: path, Source: s.source}, nil
		}
		none.Tried = append(none.Tried, TriedPath{Path: path, Err: err})
	}
	return KeySource{}, none
}

// keyPlaces returns the option that says where the key is, and the files to look for. The caller holds mu.
func (c *Config) keyPlaces() (kind KeyKind, paths []string, s setting, err error) {
	if s := c.setting(schema[optKey]); s.value != "" {
		return KeyText, nil, s, nil
	}
	path, _, s, err := c.get(optKeyfile)
	if err != nil || path != "" {
		return KeyFile, []string{path}, s, err
	}
	list, _, s, err := c.get(optKeyring)
	return KeyringFile, splitPaths(list), s, err
}
