package montest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// authCommands are the authentication database (src/mon/AuthMonitor.cc). What they answer has the keys in it: that is
// their purpose.
var authCommands = []ownCommand{
	{signature: "auth ls", help: "list the entities with keys and capabilities", module: "auth", perm: "rx", run: cmdAuthLs},
	{signature: "auth list", help: "list the entities, as auth ls", module: "auth", perm: "rx", run: cmdAuthLs},
	{signature: "auth get name=entity,type=CephString", help: "write a keyring with an entity, its key and capabilities", module: "auth", perm: "rx", run: cmdAuthGet},
	{signature: "auth export name=entity,type=CephString,req=false", help: "write a keyring with one entity or all of them", module: "auth", perm: "rx", run: cmdAuthExport},
	{signature: "auth get-key name=entity,type=CephString", help: "show the key of an entity", module: "auth", perm: "rx", run: cmdAuthGetKey},
	{signature: "auth print-key name=entity,type=CephString", help: "show the key of an entity", module: "auth", perm: "rx", run: cmdAuthGetKey},
	{signature: "auth print_key name=entity,type=CephString", help: "show the key of an entity", module: "auth", perm: "rx", run: cmdAuthGetKey},
	{signature: "auth add name=entity,type=CephString name=caps,type=CephString,n=N,req=false name=key_type,type=CephString,req=false,positional=false,since=20",
		help: "add an entity, with the key of a keyring in the input or a new one", module: "auth", perm: "rwx", run: cmdAuthAdd},
	{signature: "auth get-or-create name=entity,type=CephString name=caps,type=CephString,n=N,req=false name=key_type,type=CephString,req=false,positional=false,since=20",
		help: "write a keyring with an entity, which is made if need be", module: "auth", perm: "rwx", run: cmdAuthGetOrCreate},
	{signature: "auth get-or-create-key name=entity,type=CephString name=caps,type=CephString,n=N,req=false name=key_type,type=CephString,req=false,positional=false,since=20",
		help: "show the key of an entity, which is made if need be", module: "auth", perm: "rwx", run: cmdAuthGetOrCreate},
	{signature: "auth caps name=entity,type=CephString name=caps,type=CephString,n=N", help: "set all capabilities of an entity", module: "auth", perm: "rwx", run: cmdAuthCaps},
	{signature: "auth rm name=entity,type=CephString", help: "remove an entity", module: "auth", perm: "rwx", run: cmdAuthRm},
	{signature: "auth del name=entity,type=CephString", help: "remove an entity, as auth rm", module: "auth", perm: "rwx", run: cmdAuthRm},
	{signature: "auth import", help: "add and change the entities of a keyring in the input", module: "auth", perm: "rwx", run: cmdAuthImport},
}

// dumpEntity writes an entity with its key.
func (e *entity) dump(w *jsonWriter) {
	w.object("", func() {
		w.str("entity", e.name.String())
		w.str("key", e.key.Reveal())
		if !e.pending.IsZero() {
			w.str("pending_key", e.pending.Reveal())
		}
		w.strMap("caps", e.caps)
	})
}

func dumpEntities(w *jsonWriter, key string, all []entity) {
	w.list(key, func() {
		for i := range all {
			all[i].dump(w)
		}
	})
}

// keyringText prints entities as a keyring (KeyRing::print in src/auth/KeyRing.cc), with capabilities or without.
func keyringText(all []entity, caps bool) []byte {
	var b []byte
	for _, e := range all {
		b = fmt.Appendf(b, "[%s]\n\tkey = %s\n", e.name, e.key.Reveal())
		if !e.pending.IsZero() {
			b = fmt.Appendf(b, "\tpending key = %s\n", e.pending.Reveal())
		}
		if !caps {
			continue
		}
		for _, service := range sortedKeys(e.caps) {
			b = fmt.Appendf(b, "\tcaps %s = \"%s\"\n", service, e.caps[service])
		}
	}
	return b
}

// keyring answers a keyring, or the same as JSON.
func (c *commandContext) keyring(all []entity, caps bool) Result {
	var w jsonWriter
	dumpEntities(&w, "", all)
	return c.either(w.b, keyringText(all, caps))
}

// keyOnly answers the key of an entity.
func (c *commandContext) keyOnly(e entity) Result {
	return c.either(jsonObject(func(w *jsonWriter) { w.str("key", e.key.Reveal()) }), []byte(e.key.Reveal()))
}

func cmdAuthLs(c *commandContext) Result {
	all := c.auth.all()
	if c.JSON() {
		return c.object(func(w *jsonWriter) { dumpEntities(w, "auth_dump", all) })
	}
	var b []byte
	for _, e := range all {
		b = fmt.Appendf(b, "%s\n\tkey: %s\n", e.name, e.key.Reveal())
		for _, service := range sortedKeys(e.caps) {
			b = fmt.Appendf(b, "\tcaps: [%s] %s\n", service, e.caps[service])
		}
	}
	return Result{Output: b}.withStatus("%s", c.was("installed auth entries:\n"))
}

// given returns the entity that a command is about. bad is what is said of one that is no entity's name.
func (c *commandContext) given(bad string) (denc.EntityName, *Result) {
	name, err := denc.ParseEntityName(c.String("entity"))
	if err != nil {
		r := Fail(denc.EINVAL, "%s", bad)
		return name, &r
	}
	return name, nil
}

func cmdAuthGet(c *commandContext) Result {
	name, bad := c.given("invalid entity_auth " + c.String("entity"))
	if bad != nil {
		return *bad
	}
	e, ok := c.auth.lookup(name)
	if !ok {
		return Fail(denc.ENOENT, "failed to find %s in keyring", name)
	}
	return c.keyring([]entity{e}, true).withStatus("%s", c.was("exported keyring for %s", name))
}

func cmdAuthExport(c *commandContext) Result {
	if c.String("entity") == "" {
		return c.keyring(c.auth.all(), true).withStatus("%s", c.was("exported master keyring"))
	}
	name, bad := c.given("invalid entity_auth " + c.String("entity"))
	if bad != nil {
		return *bad
	}
	e, ok := c.auth.lookup(name)
	if !ok {
		return Fail(denc.ENOENT, "no key for auth(key=AAAAAAAAAAAAAAAA)")
	}
	return c.keyring([]entity{e}, true)
}

func cmdAuthGetKey(c *commandContext) Result {
	name, bad := c.given("invalid entity_auth " + c.String("entity"))
	if bad != nil {
		return *bad
	}
	e, ok := c.auth.lookup(name)
	if !ok {
		return Fail(denc.ENOENT, "don't have %s", name)
	}
	return c.keyOnly(e)
}

// capServices are those whose capabilities entities have.
var capServices = []string{"mon", "osd", "mds", "mgr"}

// givenCaps returns the argument caps: pairs of a service and what it allows.
func (c *commandContext) givenCaps() (map[string]string, *Result) {
	words := c.list("caps")
	if len(words)%2 != 0 {
		r := Fail(denc.EINVAL, "bad capabilities request; odd number of arguments")
		return nil, &r
	}
	caps := make(map[string]string)
	for pair := range slices.Chunk(words, 2) {
		service, grant := pair[0], pair[1]
		if !slices.Contains(capServices, service) {
			r := Fail(denc.EINVAL, "unknown cap type '%s'", service)
			return nil, &r
		}
		if first, _, _ := strings.Cut(strings.TrimLeft(grant, " \t"), " "); grant != "" && first != "allow" && first != "profile" {
			r := Fail(denc.EINVAL, "%s capability parse failed, stopped at '%s' of '%s'", service, grant, grant)
			return nil, &r
		}
		caps[service] = grant
	}
	return caps, nil
}

// newKey makes a key of the type that is asked for, or of the cluster's.
func (c *commandContext) newKey() (cephx.Key, *Result) {
	keyType := c.opts.KeyType
	if name := c.String("key_type"); name != "" && c.release() >= cephmap.ReleaseTentacle {
		switch name {
		case cephx.AES.String():
			keyType = cephx.AES
		case cephx.AES256KRB5.String():
			keyType = cephx.AES256KRB5
		default:
			r := Fail(denc.EINVAL, "unknown key type '%s'", name)
			return cephx.Key{}, &r
		}
	}
	key, err := cephx.GenerateKey(keyType, time.Now(), nil)
	if err != nil {
		r := Fail(denc.EIO, "no key: %v", err)
		return cephx.Key{}, &r
	}
	return key, nil
}

// mismatch returns the service whose capabilities are not what e has.
func (e *entity) mismatch(caps map[string]string) string {
	for _, service := range sortedKeys(caps) {
		if e.caps[service] != caps[service] {
			return service
		}
	}
	return ""
}

func cmdAuthAdd(c *commandContext) Result {
	name, bad := c.given("bad entity name")
	if bad != nil {
		return *bad
	}
	caps, bad := c.givenCaps()
	if bad != nil {
		return *bad
	}
	var key cephx.Key
	if len(c.Input) > 0 {
		ring, bad := parseInput(c.Input)
		if bad != nil {
			return *bad
		}
		entry, ok := ring.Entry(name)
		if !ok {
			return Fail(denc.EINVAL, "key for %s not found in provided keyring", name)
		}
		if len(caps) > 0 && len(entry.Caps) > 0 {
			return Fail(denc.EINVAL, "caps cannot be specified both in keyring and in command")
		}
		key = entry.Key
		if len(caps) == 0 {
			caps = entry.Caps
		}
	}
	if e, exists := c.auth.lookup(name); exists {
		switch service := e.mismatch(caps); {
		case !key.IsZero() && !key.Equal(e.key):
			return Fail(denc.EINVAL, "entity %s exists but key does not match", name)
		case service != "":
			return Fail(denc.EINVAL, "entity %s exists but cap %s does not match", name, service)
		case len(caps) != len(e.caps):
			return Fail(denc.EINVAL, "entity %s exists but caps do not match", name)
		}
		return Result{}
	}
	if key.IsZero() {
		if key, bad = c.newKey(); bad != nil {
			return *bad
		}
	}
	c.auth.set(entity{name: name, key: key, caps: caps})
	return done("added key for %s", name)
}

func cmdAuthGetOrCreate(c *commandContext) Result {
	name, bad := c.given("bad entity name")
	if bad != nil {
		return *bad
	}
	caps, bad := c.givenCaps()
	if bad != nil {
		return *bad
	}
	e, exists := c.auth.lookup(name)
	if !exists {
		key, bad := c.newKey()
		if bad != nil {
			return *bad
		}
		e = entity{name: name, key: key, caps: caps}
		c.auth.set(e)
	} else if service := e.mismatch(caps); service != "" {
		return Fail(denc.EINVAL, "key for %s exists but cap %s does not match", name, service)
	}
	if c.Prefix == "auth get-or-create-key" {
		return c.keyOnly(e)
	}
	return c.keyring([]entity{e}, false)
}

func cmdAuthCaps(c *commandContext) Result {
	name, bad := c.given("bad entity name")
	if bad != nil {
		return *bad
	}
	e, ok := c.auth.lookup(name)
	if !ok {
		return Fail(denc.ENOENT, "couldn't find entry %s", name)
	}
	caps, bad := c.givenCaps()
	if bad != nil {
		return *bad
	}
	maps.DeleteFunc(caps, func(_, v string) bool { return v == "" })
	e.caps = caps
	c.auth.set(e)
	r := done("updated caps for %s", name)
	if c.release() >= cephmap.ReleaseTentacle {
		r.Output = c.keyring([]entity{e}, true).Output
	}
	return r
}

func cmdAuthRm(c *commandContext) Result {
	name, bad := c.given("bad entity name")
	if bad != nil {
		return *bad
	}
	if !c.auth.remove(name) {
		return done("%s", c.was("entity %s does not exist", name))
	}
	return done("%s", c.was("updated"))
}

// parseInput parses the keyring that came along with a command.
func parseInput(input []byte) (*cephx.Keyring, *Result) {
	ring, err := cephx.ParseKeyring("(input)", input)
	if err != nil || len(ring.Entries) == 0 && len(bytes.TrimSpace(input)) > 0 {
		r := Fail(denc.EINVAL, "error decoding keyring cannot parse buffer: Malformed input")
		return nil, &r
	}
	return ring, nil
}

func cmdAuthImport(c *commandContext) Result {
	if len(c.Input) == 0 {
		return Fail(denc.EINVAL, "auth import: no data supplied")
	}
	ring, bad := parseInput(c.Input)
	if bad != nil {
		return *bad
	}
	for _, entry := range ring.Entries {
		if entry.Key.IsZero() {
			return Fail(denc.EINVAL, "entity %s has no key", entry.Name)
		}
	}
	for _, entry := range ring.Entries {
		c.auth.set(entity{name: entry.Name, key: entry.Key, caps: entry.Caps})
	}
	return done("%s", c.was("imported keyring"))
}
