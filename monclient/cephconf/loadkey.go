package cephconf

import (
	"fmt"

	"github.com/libmonclient/libmonclient/cephx"
)

// Limits on what LoadKey reads: a key has 60 characters, a keyring of every client of a cluster still fits.
const (
	maxKeyfileSize = 64 << 10
	maxKeyringSize = 64 << 20
)

// LoadKey returns the key of Name from where KeySource finds it. Errors name the option, or the file with line and
// entity. A keyring without our entity is a cephx.ErrNoEntity, a damaged key a cephx.ErrInvalidKey.
func (c *Config) LoadKey() (cephx.Key, error) {
	src, err := c.KeySource()
	if err != nil {
		return cephx.Key{}, err
	}
	if src.Kind == KeyText {
		key, err := cephx.ParseKey(src.Text.Reveal())
		if err != nil {
			return cephx.Key{}, &OptionError{Option: optKey, Source: src.Source, Err: fmt.Errorf("%w: %w", ErrInvalidValue, err)}
		}
		return key, nil
	}
	limit := int64(maxKeyringSize)
	if src.Kind == KeyFile {
		limit = maxKeyfileSize
	}
	data, err := c.read(src.Path, limit)
	defer clear(data)
	if err != nil {
		return cephx.Key{}, fmt.Errorf("cephconf: %s %s (%s): %w", src.Kind, src.Path, src.Source, reason(err))
	}
	if src.Kind == KeyFile {
		key, err := cephx.ParseKey(string(data))
		if err != nil {
			return cephx.Key{}, fmt.Errorf("cephconf: %s %s (%s): %w", src.Kind, src.Path, src.Source, err)
		}
		return key, nil
	}
	ring, err := cephx.ParseKeyring(src.Path, data)
	if err != nil {
		return cephx.Key{}, fmt.Errorf("cephconf: %w", err)
	}
	key, err := ring.Key(c.Name())
	if err != nil {
		return cephx.Key{}, fmt.Errorf("cephconf: %w", err)
	}
	return key, nil
}
