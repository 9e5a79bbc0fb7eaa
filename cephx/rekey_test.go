package cephx

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// rekey gives an entity of the quorum a new key and returns it.
func (q *quorum) rekey(name denc.EntityName, typ KeyType) Key {
	q.t.Helper()
	key := q.newKey(typ)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ring.Set(Entry{Name: name, Key: key, Caps: allCaps})
	return key
}

// eachRekey runs a test for every change of the type of a key, none included.
func eachRekey(t *testing.T, f func(t *testing.T, q *quorum, clk *clock, to KeyType)) {
	for _, from := range keyTypes {
		for _, to := range keyTypes {
			t.Run(fmt.Sprintf("%v to %v", from, to), func(t *testing.T) {
				clk := newClock()
				f(t, newQuorum(t, from, KeyServerConfig{Now: clk.now}), clk, to)
			})
		}
	}
}

func TestNewKeyClaimsTheOldID(t *testing.T) {
	eachRekey(t, func(t *testing.T, q *quorum, clk *clock, to KeyType) {
		cfg := q.config()
		client, _, first := q.connect(cfg)
		key := q.rekey(admin, to)

		old := cfg
		old.Previous = client.State()
		require.Equal(t, client.GlobalID(), q.refused(old).ReclaimedID, "the old key is refused, with its ticket")
		old.Previous = AuthState{}
		require.EqualValues(t, -13, q.refused(old).Result)

		client.SetKey(key)
		cfg.Key, cfg.Previous = key, client.State()
		again, server, second := q.connect(cfg)
		require.Equal(t, first.globalID, second.globalID)
		require.Equal(t, to, ticketOf(t, again.State(), denc.EntityAuth).sessionKey.Type(), "the session key is of the new key's type")
		require.Zero(t, again.State().Need(clk.t, DefaultWant))

		clk.advance(time.Hour)
		require.Equal(t, unhex(t, "0002"), renew(t, again, server)[:2])
		clk.advance(54 * time.Hour)
		require.Equal(t, unhex(t, "0001"), renew(t, again, server)[:2])
		require.Equal(t, first.globalID, again.GlobalID())
	})
}

func TestSetKeyRenewsWithTheNewKey(t *testing.T) {
	eachRekey(t, func(t *testing.T, q *quorum, clk *clock, to KeyType) {
		client, server, _ := q.connect(q.config())
		key := q.rekey(admin, to)
		before := client.State()
		clk.advance(time.Hour)
		require.Equal(t, unhex(t, "0002"), renew(t, client, server)[:2], "service tickets do not need the key")
		clk.advance(54 * time.Hour)
		kept := client.State()
		requireRejected(t, refusedRenewal(t, client, server), -13)
		require.Equal(t, kept, client.State())

		client.SetKey(key)
		require.Equal(t, kept, client.State())
		require.Equal(t, unhex(t, "0001"), renew(t, client, server)[:2])
		require.Equal(t, before.GlobalID(), client.GlobalID())
		require.Zero(t, client.State().Need(clk.t, DefaultWant))
		require.Equal(t, to, ticketOf(t, client.State(), denc.EntityAuth).sessionKey.Type())
	})
}

func TestSetKeyDuringARenewal(t *testing.T) {
	eachRekey(t, func(t *testing.T, q *quorum, clk *clock, to KeyType) {
		client, server, _ := q.connect(q.config())
		clk.advance(54 * time.Hour)
		request, err := client.RenewRequest()
		require.NoError(t, err)
		result, reply := server.Renew(request)
		require.Zero(t, result)
		client.SetKey(q.rekey(admin, to))
		again, err := client.RenewRequest()
		require.NoError(t, err)
		require.Nil(t, again, "a reply is awaited")
		require.NoError(t, client.RenewReply(result, reply), "it is sealed with the key that asked")
		require.Zero(t, client.State().Need(clk.t, DefaultWant))

		clk.advance(54 * time.Hour)
		renew(t, client, server)

		// What the monitor has taken with the old key, and the client with the new one, does not fit together.
		clk.advance(54 * time.Hour)
		request, err = client.RenewRequest()
		require.NoError(t, err)
		client.SetKey(q.rekey(admin, to))
		result, reply = server.Renew(request)
		requireRejected(t, client.RenewReply(result, reply), -13)
		renew(t, client, server)
	})
}

func TestSetKeyWithoutCephx(t *testing.T) {
	q := newQuorum(t, AES, KeyServerConfig{Policy: ServerPolicy{Methods: []Method{MethodNone}}})
	client, _, _ := q.connect(Config{Name: admin})
	client.SetKey(q.key(admin))
	request, err := client.RenewRequest()
	require.NoError(t, err)
	require.Nil(t, request)
}

func TestPendingKey(t *testing.T) {
	eachRekey(t, func(t *testing.T, q *quorum, clk *clock, to KeyType) {
		cfg := q.config()
		client, server, first := q.connect(cfg)
		pending := q.newKey(to)
		q.SetPendingKey(admin, pending)
		clk.advance(54 * time.Hour)
		renew(t, client, server) // with the old key
		client.SetKey(pending)
		clk.advance(54 * time.Hour)
		renew(t, client, server)

		cfg.Previous = client.State()
		q.connect(cfg)
		cfg.Key = pending
		_, _, second := q.connect(cfg)
		require.Equal(t, first.globalID, second.globalID)

		q.SetPendingKey(admin, Key{})
		require.EqualValues(t, -13, q.refused(cfg).Result)
		require.NoError(t, q.SetPolicy(ServerPolicy{KeyTypes: []KeyType{3 - to}}))
		q.SetPendingKey(admin, pending)
		require.EqualValues(t, -13, q.refused(cfg).Result, "its type is not allowed")
	})
}
