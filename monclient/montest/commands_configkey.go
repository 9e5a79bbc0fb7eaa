package montest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/libmonclient/libmonclient/denc"
)

// configKeyCommands are the config-key store (src/mon/KVMonitor.cc; ConfigKeyService.cc before Quincy).
var configKeyCommands = []ownCommand{
	{signature: "config-key get name=key,type=CephString", help: "get the value of a key", module: "config-key", perm: "r", run: cmdKeyGet},
	{signature: "config-key set name=key,type=CephString name=val,type=CephString,req=false", help: "set a key, to the input unless a value is given", module: "config-key", perm: "rw", run: cmdKeySet},
	{signature: "config-key put name=key,type=CephString name=val,type=CephString,req=false", help: "set a key, as config-key set", module: "config-key", perm: "rw", run: cmdKeySet},
	{signature: "config-key exists name=key,type=CephString", help: "tell whether there is a key", module: "config-key", perm: "r", run: cmdKeyExists},
	{signature: "config-key rm name=key,type=CephString", help: "remove a key", module: "config-key", perm: "rw", run: cmdKeyRm},
	{signature: "config-key del name=key,type=CephString", help: "remove a key, as config-key rm", module: "config-key", perm: "rw", run: cmdKeyRm},
	{signature: "config-key ls", help: "list all keys", module: "config-key", perm: "r", run: cmdKeyLs},
	{signature: "config-key dump name=key,type=CephString,req=false", help: "show the keys with a prefix and their values", module: "config-key", perm: "r", run: cmdKeyDump},
}

func cmdKeyGet(c *commandContext) Result {
	v, ok := c.kv.values[c.String("key")]
	if !ok {
		return Fail(denc.ENOENT, "")
	}
	return Result{Output: v}
}

// maxKVValue is the longest value that the store takes (mon_config_key_max_entry_size).
const maxKVValue = 64 * 1024

func cmdKeySet(c *commandContext) Result {
	key, value := c.String("key"), c.Input
	if _, given := c.Args["val"]; given {
		value = []byte(c.String("val"))
	}
	if len(value) > maxKVValue {
		return Fail(denc.Errno(27), "error: entry size limited to %d bytes. Use 'mon config key max entry size' to manually adjust", maxKVValue)
	}
	c.kv.set(key, append([]byte{}, value...)) // nil would delete it
	c.publish(kvPrefix)
	return done("set %s", key)
}

func cmdKeyExists(c *commandContext) Result {
	key := c.String("key")
	if _, ok := c.kv.values[key]; !ok {
		return Fail(denc.ENOENT, "key '%s' doesn't exist", key)
	}
	return done("key '%s' exists", key)
}

func cmdKeyRm(c *commandContext) Result {
	if key := c.String("key"); c.kv.values[key] != nil {
		c.kv.set(key, nil)
		c.publish(kvPrefix)
	}
	return done("key deleted")
}

func cmdKeyLs(c *commandContext) Result {
	return c.pretty(jsonList(func(w *jsonWriter) {
		for _, k := range c.kv.keys("") {
			w.str("", k)
		}
	}))
}

func cmdKeyDump(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		for _, k := range c.kv.keys(c.String("key")) {
			w.str(k, printable(c.kv.values[k]))
		}
	})
}

// printable returns a value as text, or how long it is if it is none.
func printable(v []byte) string {
	if !utf8.Valid(v) || strings.ContainsFunc(string(v), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }) {
		return fmt.Sprintf("<<< binary blob of length %d >>>", len(v))
	}
	return string(v)
}
