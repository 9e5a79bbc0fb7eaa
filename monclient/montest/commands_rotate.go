package montest

import (
	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// rotateCommands change the keys of entities that are in use (src/mon/AuthMonitor.cc).
var rotateCommands = []ownCommand{
	{signature: "auth rotate name=entity,type=CephString name=key_type,type=CephString,req=false,positional=false", since: cephmap.ReleaseTentacle,
		help: "give an entity a new key, and write a keyring with it", module: "auth", perm: "rwx", run: cmdAuthRotate},
	{signature: "auth get-or-create-pending name=entity,type=CephString", since: cephmap.ReleaseReef,
		help: "make a key that is to replace an entity's, if need be, and write a keyring with both", module: "auth", perm: "rwx", run: cmdAuthPending},
	{signature: "auth clear-pending name=entity,type=CephString", since: cephmap.ReleaseReef,
		help: "remove the key that is to replace an entity's", module: "auth", perm: "rwx", run: cmdAuthClearPending},
	{signature: "auth commit-pending name=entity,type=CephString", since: cephmap.ReleaseReef,
		help: "replace the key of an entity by the pending one", module: "auth", perm: "rwx", run: cmdAuthCommitPending},
}

// existing returns the entity that a command is to change.
func (c *commandContext) existing() (entity, *Result) {
	name, bad := c.given("bad entity name")
	if bad != nil {
		return entity{}, bad
	}
	e, ok := c.auth.lookup(name)
	if !ok {
		r := Fail(denc.ENOENT, "entity %s does not exist", name)
		return e, &r
	}
	return e, nil
}

// changed stores an entity and answers it as a keyring.
func (c *commandContext) changed(e entity) Result {
	c.setEntity(e)
	return c.keyring([]entity{e}, true)
}

func cmdAuthRotate(c *commandContext) Result {
	e, bad := c.existing()
	if bad != nil {
		return *bad
	}
	if e.key, bad = c.newKey(); bad != nil {
		return *bad
	}
	return c.changed(e)
}

func cmdAuthPending(c *commandContext) Result {
	e, bad := c.existing()
	if bad != nil {
		return *bad
	}
	if e.pending.IsZero() {
		if e.pending, bad = c.newKey(); bad != nil {
			return *bad
		}
	}
	return c.changed(e)
}

func cmdAuthClearPending(c *commandContext) Result {
	e, bad := c.existing()
	if bad != nil {
		return *bad
	}
	e.pending = cephx.Key{}
	c.setEntity(e)
	return Result{}
}

func cmdAuthCommitPending(c *commandContext) Result {
	e, bad := c.existing()
	if bad != nil {
		return *bad
	}
	if e.pending.IsZero() {
		return done("no pending key")
	}
	e.key, e.pending = e.pending, cephx.Key{}
	return c.changed(e)
}
