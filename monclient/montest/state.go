package montest

import (
	"slices"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// state is the cluster that all monitors share. Its mutex guards everything in it, the sessions' subscriptions
// included; nothing waits while holding it.
type state struct {
	mu sync.Mutex

	opts    Options
	created time.Time
	monmap  *cephmap.MonMap
	osdmaps osdMaps
	mgrmap  *mgrMap
	fsmap   *fsMap
	service *serviceMap
	auth    *authDB
	keys    *cephx.KeyServer
	config  configDB
	kv      kvStore
	log     clusterLog
	usage   Usage

	sessions      map[*session]bool
	nextGlobalID  uint64
	quorum        []int         // ranks; empty: there is none
	members       map[*Mon]bool // those in quorum, of the monmap of the last election
	electionRound uint32
	held          []held // what waits for a quorum
	handlers      map[string]userCommand
	mgrs          managers
}

// held is a message that arrived while there was no quorum.
type held struct {
	session *session
	message monmsg.Message
	tid     uint64
}

// entity is one entry of the authentication database.
type entity struct {
	name denc.EntityName
	key  cephx.Key
	// pending is to replace key, and is as good until then; zero: none (EntityAuth::pending_key in src/auth/Auth.h).
	pending cephx.Key
	caps    map[string]string // by service: mon, osd, mgr, mds
}

// authDB is the authentication database, in the order of the names.
type authDB struct {
	mu       sync.Mutex // its own: the handshake looks keys up without the cluster's
	entities []entity
}

func (db *authDB) lookup(name denc.EntityName) (entity, bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	i := slices.IndexFunc(db.entities, func(e entity) bool { return e.name == name })
	if i < 0 {
		return entity{}, false
	}
	return db.entities[i], true
}

// set adds or replaces an entity.
func (db *authDB) set(e entity) {
	db.mu.Lock()
	defer db.mu.Unlock()
	i, found := slices.BinarySearchFunc(db.entities, e, func(a, b entity) int { return compareNames(a.name, b.name) })
	if found {
		db.entities[i] = e
		return
	}
	db.entities = slices.Insert(db.entities, i, e)
}

// remove deletes an entity.
func (db *authDB) remove(name denc.EntityName) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	before := len(db.entities)
	db.entities = slices.DeleteFunc(db.entities, func(e entity) bool { return e.name == name })
	return len(db.entities) < before
}

// all returns the entities in the order of their names.
func (db *authDB) all() []entity {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Clone(db.entities)
}

// compareNames orders names as Ceph does: by type, then by id.
func compareNames(a, b denc.EntityName) int {
	if a.Type != b.Type {
		return int(a.Type) - int(b.Type)
	}
	switch {
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}
