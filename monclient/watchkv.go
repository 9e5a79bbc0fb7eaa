package monclient

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// KVChange is what has changed of the monitors' config-key store below a prefix.
type KVChange struct {
	Prefix  string
	Set     map[string][]byte // by the whole key, prefix included
	Deleted []string          // whole keys, in order
}

// MarshalJSON writes {"prefix": PREFIX, "set": {KEY: VALUE}, "set_base64": {KEY: VALUE that is not UTF-8}, "deleted": [KEY]}.
func (k KVChange) MarshalJSON() ([]byte, error) {
	text := make(map[string]string, len(k.Set))
	var others map[string][]byte
	for key, v := range k.Set {
		if utf8.Valid(v) {
			text[key] = string(v)
			continue
		}
		if others == nil {
			others = make(map[string][]byte)
		}
		others[key] = v
	}
	return json.Marshal(struct {
		Prefix  string            `json:"prefix"`
		Set     map[string]string `json:"set"`
		Base64  map[string][]byte `json:"set_base64,omitempty"`
		Deleted []string          `json:"deleted"`
	}{k.Prefix, text, others, k.Deleted})
}

// WatchKV follows the keys of the monitors' config-key store that begin with a prefix. The first event has all of them, and
// later ones have what has changed, which goes on over a change of session. Where that is too long ago for the monitors,
// an event has everything again, which Full says, and what has gone is Deleted as ever. An event that resumes, with a Start,
// comes even if it has nothing to say.
func (c *Client) WatchKV(prefix string, o WatchOptions) (*Watch[KVChange], error) {
	if prefix == "" {
		return nil, fmt.Errorf("monclient: watch %s: no prefix: %w", kvPrefix, cephconf.ErrInvalidValue)
	}
	return watch(c, kvPrefix+prefix, o, keyReader(prefix))
}

// keyReader returns a reader that knows which keys it has told of.
func keyReader(prefix string) reader[KVChange] {
	known := make(map[string]bool)
	began := false
	return func(m MapEvent) ([]WatchEvent[KVChange], error) {
		message, ok := m.Message.(*monmsg.MKVData)
		if !ok {
			return nil, nil
		}
		change := KVChange{Prefix: prefix, Set: make(map[string][]byte), Deleted: []string{}} // not null
		for key, v := range message.Values {
			if v == nil {
				change.Deleted = append(change.Deleted, key)
				delete(known, key)
				continue
			}
			change.Set[key] = v
			known[key] = true
		}
		if m.Full {
			for key := range known {
				if _, has := change.Set[key]; !has {
					change.Deleted = append(change.Deleted, key)
					delete(known, key)
				}
			}
		}
		slices.Sort(change.Deleted)
		// Monitors send a message for every change of the store, whatever its key.
		if began && !m.Full && len(change.Set)+len(change.Deleted) == 0 {
			return nil, nil
		}
		began = true
		return []WatchEvent[KVChange]{{Epoch: m.Epoch, Value: change, Full: m.Full, Synced: true}}, nil
	}
}

// mergeKeys makes one event of two that follow each other.
func mergeKeys(first, second MapEvent) (MapEvent, bool) {
	a, ok := first.Message.(*monmsg.MKVData)
	b, also := second.Message.(*monmsg.MKVData)
	if !ok || !also {
		return second, true
	}
	missed := len(a.Values) > 0 && len(b.Values) > 0
	if second.Full {
		return second, missed
	}
	if len(b.Values) == 0 { // as most are: of other keys
		both := *a
		both.Version = b.Version
		first.Message, first.Epoch = &both, second.Epoch
		return first, missed
	}
	both := monmsg.MKVData{Version: b.Version, Prefix: b.Prefix, Incremental: a.Incremental, Values: maps.Clone(a.Values)}
	if both.Values == nil {
		both.Values = make(map[string][]byte, len(b.Values))
	}
	for key, v := range b.Values {
		if v == nil && first.Full {
			delete(both.Values, key)
			continue
		}
		both.Values[key] = v
	}
	return kvEvent(&both), missed
}
