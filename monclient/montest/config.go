package montest

import (
	"maps"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// configDB is the configuration database: values by who they are for ("global", "client", "client.admin") and option.
type configDB struct {
	values map[string]map[string]string
}

func (db *configDB) set(who, option, value string) {
	if db.values == nil {
		db.values = make(map[string]map[string]string)
	}
	if db.values[who] == nil {
		db.values[who] = make(map[string]string)
	}
	db.values[who][normalOption(option)] = value
}

func (db *configDB) remove(who, option string) {
	delete(db.values[who], normalOption(option))
	if len(db.values[who]) == 0 {
		delete(db.values, who)
	}
}

// normalOption returns the name of an option with underscores.
func normalOption(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(name)
}

// effective returns what counts for an entity: the most specific value of each option.
func (db *configDB) effective(name denc.EntityName) map[string]string {
	all := make(map[string]string)
	for _, who := range []string{"global", name.Type.String(), name.String()} {
		maps.Copy(all, db.values[who])
	}
	return all
}

// publishConfig sends the configuration that counts for a client: once in a session, however often it subscribes, and then
// whenever it has changed (ConfigMonitor::maybe_send_config in src/mon/ConfigMonitor.cc).
func (st *state) publishConfig(s *session, sub *subscription) {
	options := st.config.effective(s.auth.name)
	if s.configSent != nil && maps.Equal(options, s.configSent) {
		return
	}
	s.configSent = options
	s.send(&monmsg.MConfig{Options: options}, 0)
	if sub.onetime {
		delete(s.subs, "config")
		return
	}
	sub.start = 1 // it has been sent
}

// kvStore is the config-key store. Every change has a version of its own.
type kvStore struct {
	version uint64
	values  map[string][]byte
	changes []kvChange
}

// kvChange is one change; a nil value is a deletion.
type kvChange struct {
	version uint64
	key     string
	value   []byte
}

func (kv *kvStore) set(key string, value []byte) {
	if kv.values == nil {
		kv.values = make(map[string][]byte)
	}
	kv.version++
	if value == nil {
		delete(kv.values, key)
	} else {
		kv.values[key] = value
	}
	kv.changes = append(kv.changes, kvChange{kv.version, key, value})
}

// keys returns the keys with a prefix, in order.
func (kv *kvStore) keys(prefix string) []string {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(kv.values)) {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	return keys
}

// publishKV sends all keys for start 0, and later one message for each change of the store, possibly with nothing in it
// (KVMonitor::maybe_send_update in src/mon/KVMonitor.cc).
func (st *state) publishKV(s *session, what string, sub *subscription) {
	prefix := strings.TrimPrefix(what, kvPrefix)
	m := &monmsg.MKVData{Version: st.kv.version, Prefix: prefix, Values: make(map[string][]byte)}
	if sub.start == 0 {
		for _, k := range st.kv.keys(prefix) {
			m.Values[k] = st.kv.values[k]
		}
	} else {
		if sub.start > st.kv.version {
			return
		}
		m.Incremental = true
		for _, c := range st.kv.changes {
			if c.version >= sub.start && strings.HasPrefix(c.key, prefix) {
				m.Values[c.key] = c.value
			}
		}
	}
	s.send(m, 0)
	s.got(what, st.kv.version)
}
