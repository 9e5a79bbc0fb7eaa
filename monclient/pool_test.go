package monclient

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// allowDeletion has pools deleted.
func (c *cluster) allowDeletion() { c.SetConfig("mon", "mon_allow_pool_delete", "true") }

// counts returns how many messages of a type the monitors have got.
func (c *cluster) counts(m monmsg.Message) int {
	n := 0
	for _, mon := range c.Mons() {
		for _, got := range mon.Received() {
			if got.MsgType() == m.MsgType() {
				n++
			}
		}
	}
	return n
}

func TestPools(t *testing.T) {
	for _, release := range []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle} {
		t.Run(release.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				mons := startMons(t, 1, montest.Options{Release: release, Mons: 3})
				mons.allowDeletion()
				c := mons.connect()
				ctx := t.Context()

				list, err := c.Pools(ctx)
				require.NoError(t, err)
				require.Empty(t, list)
				require.NotNil(t, list)

				epoch, err := c.CreatePool(ctx, "data", PoolOptions{})
				require.NoError(t, err)
				require.EqualValues(t, epoch, c.core.osdmaps.kept.Epoch, "the client has seen the map that has the pool")
				_, err = c.CreatePool(ctx, "more", PoolOptions{CRUSHRule: new(int16)})
				require.NoError(t, err)

				list, err = c.Pools(ctx)
				require.NoError(t, err)
				require.Equal(t, []Pool{{1, "data"}, {2, "more"}}, list)
				id, err := c.PoolID(ctx, "more")
				require.NoError(t, err)
				require.EqualValues(t, 2, id)
				name, err := c.PoolName(ctx, 1)
				require.NoError(t, err)
				require.Equal(t, "data", name)

				require.NoError(t, c.DeletePool(ctx, 1))
				_, err = c.PoolID(ctx, "data")
				require.ErrorIs(t, err, denc.ENOENT)
				list, err = c.Pools(ctx)
				require.NoError(t, err)
				require.Equal(t, []Pool{{2, "more"}}, list)
			})
		})
	}
}

func TestPoolSnapshots(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		ctx := t.Context()
		for _, name := range []string{"whole", "self"} {
			_, err := c.CreatePool(ctx, name, PoolOptions{})
			require.NoError(t, err)
		}

		require.NoError(t, c.CreatePoolSnap(ctx, 1, "one"))
		require.Equal(t, "one", c.core.osdmaps.kept.Pool(1).Snaps[0].Value.Name)
		require.ErrorIs(t, c.CreatePoolSnap(ctx, 1, "one"), denc.EEXIST)
		_, err := c.CreateSelfManagedSnap(ctx, 1)
		require.ErrorIs(t, err, denc.EINVAL)
		require.NoError(t, c.DeletePoolSnap(ctx, 1, "one"))
		require.ErrorIs(t, c.DeletePoolSnap(ctx, 1, "one"), denc.ENOENT)

		require.ErrorIs(t, c.DeleteSelfManagedSnap(ctx, 2, 1), denc.EOPNOTSUPP)
		snap, err := c.CreateSelfManagedSnap(ctx, 2)
		require.NoError(t, err)
		require.EqualValues(t, 2, snap)
		snap, err = c.CreateSelfManagedSnap(ctx, 2)
		require.NoError(t, err)
		require.EqualValues(t, 3, snap)
		require.ErrorIs(t, c.CreatePoolSnap(ctx, 2, "one"), denc.EINVAL)
		require.NoError(t, c.DeleteSelfManagedSnap(ctx, 2, 2))
		require.NoError(t, c.DeleteSelfManagedSnap(ctx, 2, 2), "once more")
		require.ErrorIs(t, c.DeleteSelfManagedSnap(ctx, 2, 99), denc.ENOENT)
	})
}

// TestPoolBadInput: what is refused names what is wrong, and has librados' errno; nothing is sent where that would be of no
// use, or do harm.
func TestPoolBadInput(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		ctx := t.Context()
		_, err := c.CreatePool(ctx, "data", PoolOptions{})
		require.NoError(t, err)
		bad, rule := int16(-2), int16(7)
		tests := []struct {
			name  string
			call  func() error
			errno denc.Errno
			says  string
			asks  bool // the monitors are asked to do it
		}{
			{"create without a name", func() error { _, err := c.CreatePool(ctx, "", PoolOptions{}); return err }, denc.EINVAL, "name is empty", false},
			{"create with a rule that cannot be", func() error { _, err := c.CreatePool(ctx, "x", PoolOptions{CRUSHRule: &bad}); return err }, denc.EINVAL, "PoolOptions.CRUSHRule is -2", false},
			{"create with a rule that is not there", func() error { _, err := c.CreatePool(ctx, "x", PoolOptions{CRUSHRule: &rule}); return err }, denc.ENOENT, `create pool "x"`, true},
			{"create what is there", func() error { _, err := c.CreatePool(ctx, "data", PoolOptions{}); return err }, denc.EEXIST, `"data": it is pool 1`, false},
			{"delete what is not there", func() error { return c.DeletePool(ctx, 9) }, denc.ENOENT, "pool 9", false},
			{"delete a negative id", func() error { return c.DeletePool(ctx, -1) }, denc.ENOENT, "pool -1", false},
			{"delete an id that does not fit", func() error { return c.DeletePool(ctx, 1<<32+1) }, denc.ENOENT, "4294967297", false},
			{"delete what must not be", func() error { return c.DeletePool(ctx, 1) }, denc.EPERM, "mon_allow_pool_delete", true},
			{"snapshot without a name", func() error { return c.CreatePoolSnap(ctx, 1, "") }, denc.EINVAL, "name is empty", false},
			{"delete snapshot without a name", func() error { return c.DeletePoolSnap(ctx, 1, "") }, denc.EINVAL, "name is empty", false},
			{"snapshot of no pool", func() error { return c.CreatePoolSnap(ctx, 9, "s") }, denc.ENOENT, "pool 9", false},
			{"self-managed snapshot of no pool", func() error { _, err := c.CreateSelfManagedSnap(ctx, 9); return err }, denc.ENOENT, "pool 9", false},
			{"id of no pool", func() error { _, err := c.PoolID(ctx, "nope"); return err }, denc.ENOENT, `"nope"`, false},
			{"name of no pool", func() error { _, err := c.PoolName(ctx, 9); return err }, denc.ENOENT, "pool 9", false},
			{"capacity of no pool", func() error { _, err := c.PoolCapacity(ctx, 9); return err }, denc.ENOENT, "pool 9", false},
			{"statistics of no pool", func() error { _, err := c.PoolStats(ctx, "data", "nope"); return err }, denc.ENOENT, `"nope"`, false},
		}
		for _, tt := range tests {
			asked := func() int {
				return mons.counts(&monmsg.MPoolOp{}) + mons.counts(&monmsg.MStatfs{}) + mons.counts(&monmsg.MGetPoolStats{})
			}
			before := asked()
			err := tt.call()
			require.ErrorIs(t, err, tt.errno, tt.name)
			require.Equal(t, tt.errno, Errno(err), tt.name)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, "monclient: ")
			require.Equal(t, tt.asks, asked() > before, tt.name)
		}
		list, err := c.Pools(ctx)
		require.NoError(t, err)
		require.Equal(t, []Pool{{1, "data"}}, list)
	})
}

// TestPoolWithoutCapabilities: monitors say EPERM and nothing more, so the error says what the key lacks.
func TestPoolWithoutCapabilities(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		admin := mons.connect()
		_, err := admin.CreatePool(t.Context(), "data", PoolOptions{})
		require.NoError(t, err)
		reply, err := admin.Command(t.Context(), Command{Prefix: "auth get-or-create", Args: map[string]any{"entity": "client.reader", "caps": []string{"mon", "allow r"}}})
		require.NoError(t, err)
		require.NoError(t, reply.Err())
		c := mons.connect(func(cfg *Config) {
			cfg.Name, cfg.Key = denc.EntityName{Type: denc.EntityClient, ID: "reader"}, mons.Key("client.reader")
		})
		_, err = c.CreatePool(t.Context(), "x", PoolOptions{})
		require.ErrorIs(t, err, denc.EPERM)
		require.ErrorContains(t, err, `"mon" does not allow "w" on "osd"`)
		require.ErrorContains(t, c.DeletePool(t.Context(), 1), "mon_allow_pool_delete")
		_, err = c.CreateSelfManagedSnap(t.Context(), 1)
		require.ErrorContains(t, err, "profile rbd")
		err = c.BlocklistAdd(t.Context(), "192.0.2.9:0/1", 0)
		require.ErrorIs(t, err, denc.EACCES)
		require.ErrorContains(t, err, "access denied")
		require.ErrorContains(t, err, `"mon" does not allow "w" on "osd"`)
		id, err := c.PoolID(t.Context(), "data")
		require.NoError(t, err)
		require.EqualValues(t, 1, id)
	})
}

// TestPoolsAreThoseOfNow: a lookup sees what others have changed; what has not changed is not fetched again, and what has
// is fetched as a change, while nobody holds a subscription.
func TestPoolsAreThoseOfNow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Transcript: true})
		c, other := mons.connect(), mons.connect()
		ctx := t.Context()
		for i := range 5 {
			name := fmt.Sprintf("pool-%d", i)
			_, err := c.PoolID(ctx, name)
			require.ErrorIs(t, err, denc.ENOENT)
			_, err = other.CreatePool(ctx, name, PoolOptions{})
			require.NoError(t, err)
			id, err := c.PoolID(ctx, name)
			require.NoError(t, err)
			require.EqualValues(t, i+1, id)
		}
		before := mons.counts(&monmsg.MMonSubscribe{})
		for range 5 {
			_, err := c.PoolName(ctx, 3)
			require.NoError(t, err)
		}
		require.Equal(t, before, mons.counts(&monmsg.MMonSubscribe{}), "nothing has changed")

		require.NoError(t, mons.Advance("osdmap", 100)) // more than one message holds
		_, err := c.PoolName(ctx, 3)
		require.NoError(t, err)
		require.EqualValues(t, mons.OSDMapEpoch(t, c), c.core.osdmaps.kept.Epoch)
	})
}

// OSDMapEpoch returns the newest epoch.
func (c *cluster) OSDMapEpoch(t *testing.T, client *Client) uint64 {
	newest, _, err := client.Version(t.Context(), "osdmap")
	require.NoError(t, err)
	return newest
}

// TestPoolsBesideASubscription: a monitor sends maps once in a session, whoever they are for.
func TestPoolsBesideASubscription(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		ctx := t.Context()
		_, err := c.CreatePool(ctx, "one", PoolOptions{})
		require.NoError(t, err)
		sub, err := c.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		defer sub.Close()
		for i := range 60 {
			require.NoError(t, mons.Advance("osdmap", 1+i%3))
			if i%7 == 0 {
				_, err := c.CreatePool(ctx, fmt.Sprintf("pool-%d", i), PoolOptions{})
				require.NoError(t, err)
			}
			id, err := c.PoolID(ctx, "one")
			require.NoError(t, err)
			require.EqualValues(t, 1, id)
			require.EqualValues(t, mons.OSDMapEpoch(t, c), c.core.osdmaps.kept.Epoch)
		}
	})
}

// TestManyLookupsAtOnce share one map.
func TestManyLookupsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		mons.connect().CreatePool(t.Context(), "data", PoolOptions{}) //nolint:errcheck // looked up below
		c := mons.connect()
		const n = 500
		ids := make(chan int64, n)
		for range n {
			_, err := c.StartPoolID("data", 0, func(id int64, err error) {
				if err != nil {
					id = -1
				}
				ids <- id
			})
			require.NoError(t, err)
		}
		for range n {
			require.EqualValues(t, 1, <-ids)
		}
	})
}

func TestPoolStatistics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		ctx := t.Context()
		stats, err := c.ClusterStats(ctx)
		require.NoError(t, err)
		require.Zero(t, stats)
		pools, err := c.PoolStats(ctx)
		require.NoError(t, err)
		require.Empty(t, pools)
		require.Zero(t, mons.counts(&monmsg.MGetPoolStats{}), "there is nothing to ask for")

		for _, name := range []string{"a", "b"} {
			_, err := c.CreatePool(ctx, name, PoolOptions{})
			require.NoError(t, err)
		}
		mons.SetUsage(montest.Usage{KB: 3000, KBUsed: 300, KBAvail: 2700, Objects: 5, ObjectSize: 4096})
		stats, err = c.ClusterStats(ctx)
		require.NoError(t, err)
		require.Equal(t, ClusterStats{3000, 300, 2700, 10}, stats)
		capacity, err := c.PoolCapacity(ctx, 2)
		require.NoError(t, err)
		require.Equal(t, ClusterStats{KB: 920, KBUsed: 20, KBAvail: 900, Objects: 5}, capacity)
		pools, err = c.PoolStats(ctx, "b", "b")
		require.NoError(t, err)
		require.Len(t, pools, 1)
		pools, err = c.PoolStats(ctx)
		require.NoError(t, err)
		require.Len(t, pools, 2)
		a := pools["a"]
		require.EqualValues(t, 5*4096, a.Sum.Bytes)
		require.EqualValues(t, 3*5*4096, a.Used())
	})
}

func TestBlocklist(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		ctx := t.Context()
		list, err := c.Blocklist(ctx)
		require.NoError(t, err)
		require.Empty(t, list)

		began := time.Now()
		require.NoError(t, c.BlocklistAdd(ctx, "192.0.2.9:0/77", 90*time.Second))
		require.NoError(t, c.BlocklistAdd(ctx, "[2001:db8::1]:0/1", 0))
		list, err = c.Blocklist(ctx)
		require.NoError(t, err)
		require.Len(t, list, 2)
		until := map[string]time.Duration{}
		for _, e := range list {
			until[e.Addr] = e.Until.Sub(began).Round(time.Second)
		}
		require.Equal(t, map[string]time.Duration{"192.0.2.9:0/77": 90 * time.Second, "[2001:db8::1]:0/1": time.Hour}, until)

		require.NoError(t, c.BlocklistRemove(ctx, "192.0.2.9:0/77"))
		require.NoError(t, c.BlocklistRemove(ctx, "192.0.2.9:0/77"), "once more")
		list, err = c.Blocklist(ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)

		own, err := c.Blocklisted(ctx)
		require.NoError(t, err)
		require.False(t, own)
		require.NoError(t, c.BlocklistAdd(ctx, c.Addr(), 0))
		own, err = c.Blocklisted(ctx)
		require.NoError(t, err)
		require.True(t, own)
		_, err = c.CreatePool(ctx, "data", PoolOptions{}) // which goes on
		require.NoError(t, err)
	})
}

func TestBlocklistBadInput(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		old := startMonsOf(t, cephmap.ReleasePacific)
		c, pacific := mons.connect(), old.connect()
		for _, tt := range []struct {
			c     *Client
			addr  string
			d     time.Duration
			errno denc.Errno
		}{
			{c, "", 0, denc.EINVAL},
			{c, "nonsense", 0, denc.EINVAL},
			{c, "-", 0, denc.EINVAL},
			{c, "192.0.2.9:0/77 and more", 0, denc.EINVAL},
			{c, "192.0.2.9:99999/1", 0, denc.EINVAL},
			{c, "192.0.2.999", 0, denc.EINVAL},
			{c, "192.0.2.9", -time.Second, denc.EINVAL},
			{c, "cidr:192.0.2.0", 0, denc.EINVAL},
			{c, "cidr:192.0.2.0/33", 0, denc.EINVAL},
			{c, "cidr:192.0.2.0:7/24", 0, denc.EINVAL},
			{pacific, "cidr:192.0.2.0/24", 0, denc.EOPNOTSUPP},
		} {
			err := tt.c.BlocklistAdd(t.Context(), tt.addr, tt.d)
			require.Equal(t, tt.errno, Errno(err), "%s: %v", tt.addr, err)
			require.ErrorContains(t, err, fmt.Sprintf("%q", tt.addr))
			if tt.d == 0 {
				require.Equal(t, tt.errno, Errno(tt.c.BlocklistRemove(t.Context(), tt.addr)))
			}
		}
		require.Zero(t, mons.counts(&monmsg.MMonCommand{}))
	})
}

func startMonsOf(t *testing.T, release cephmap.Release) *cluster {
	return startMons(t, 1, montest.Options{Release: release})
}

// TestBlocklistOfOlderMonitors: they know the command by another name.
func TestBlocklistOfOlderMonitors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		unknown := func(montest.Command) montest.Result { return montest.Fail(denc.EINVAL, "command not known") }
		mons.HandleCommand("osd blocklist", unknown)
		c := mons.connect()
		require.NoError(t, c.BlocklistAdd(t.Context(), "192.0.2.9:0/77", time.Minute))
		list, err := c.Blocklist(t.Context())
		require.NoError(t, err)
		require.Len(t, list, 1)
		mons.HandleCommand("osd blacklist", func(montest.Command) montest.Result { return montest.Fail(denc.EINVAL, "nor this") })
		err = c.BlocklistAdd(t.Context(), "192.0.2.9:0/77", time.Minute)
		require.ErrorIs(t, err, denc.EINVAL)
		require.ErrorContains(t, err, "command not known")
	})
}

func TestOnBlocklist(t *testing.T) {
	parse := func(s string) denc.EntityAddr {
		a, err := denc.ParseEntityAddr(s, denc.AddrAny)
		require.NoError(t, err)
		return a
	}
	for _, tt := range []struct {
		entry   string
		isRange bool
		want    bool
	}{
		{"192.0.2.9:0/77", false, true},
		{"192.0.2.9:0/78", false, false},
		{"192.0.2.8:0/77", false, false},
		{"192.0.2.9:0/0", false, true}, // all that is there
		{"192.0.2.0:0/24", true, true},
		{"192.0.2.16:0/28", true, false},
		{"0.0.0.0:0/0", true, true},
		{"[2001:db8::]:0/32", true, false},
		{"192.0.2.0:0/99", true, false},
	} {
		m := new(cephmap.OSDMap)
		list := []cephmap.Entry[denc.EntityAddr, denc.UTime]{{Key: parse(tt.entry)}}
		if tt.isRange {
			m.RangeBlocklist = list
		} else {
			m.Blocklist = list
		}
		require.Equal(t, tt.want, onBlocklist(m, parse("192.0.2.9:0/77")), tt.entry)
	}
}

func TestAddr(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		own, err := denc.ParseEntityAddr(c.Addr(), denc.AddrLegacy)
		require.NoError(t, err)
		require.Equal(t, denc.AddrLegacy, own.Type, "no type is printed")
		require.Zero(t, own.Port)
		require.NotZero(t, own.Nonce)
		before := c.Addr()
		mons.current(c).DropClients()
		after(time.Minute)
		require.Equal(t, before, c.Addr())
	})
}

// TestErrandFate: an error says whether the pool may have been created.
func TestErrandFate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		within := func(d time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			_, err := c.CreatePool(ctx, "data", PoolOptions{})
			return err
		}
		mons.LoseQuorum()
		err := within(time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrNotSent, "it has not come further than the map")
		mons.RegainQuorum()

		mon := mons.Mon("a")
		mon.Control(monmsg.TypePoolOp, montest.Drop)
		err = within(time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrOutcomeUnknown)
		require.NotErrorIs(t, err, ErrNotSent)
	})
}

// TestErrandSurvivesFailover: whatever step it is at, it goes on with another monitor.
func TestErrandSurvivesFailover(t *testing.T) {
	for name, m := range map[string]monmsg.Message{
		"version": &monmsg.MMonGetVersion{}, "map": &monmsg.MMonSubscribe{}, "operation": &monmsg.MPoolOp{},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				mons := startMons(t, 1, montest.Options{Mons: 3})
				c := mons.connect()
				mon := mons.current(c)
				done := make(chan error, 1)
				mon.Control(m.MsgType(), montest.Drop)
				_, err := c.StartCreatePool("data", PoolOptions{}, 0, func(_ uint64, err error) { done <- err })
				require.NoError(t, err)
				after(time.Second)
				mon.Kill()
				require.NoError(t, <-done)
				id, err := c.PoolID(t.Context(), "data")
				require.NoError(t, err)
				require.EqualValues(t, 1, id)
			})
		})
	}
}

// TestPoolOpIsSentOnceWithResendNever: it is a change, as commands are.
func TestPoolOpIsSentOnceWithResendNever(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		c := mons.connect(func(cfg *Config) { cfg.Resend = ResendNever })
		mon := mons.current(c)
		mon.Control(monmsg.TypePoolOp, montest.Drop)
		done := make(chan error, 1)
		_, err := c.StartCreatePool("data", PoolOptions{}, 0, func(_ uint64, err error) { done <- err })
		require.NoError(t, err)
		after(time.Second)
		mon.Kill()
		err = <-done
		require.ErrorIs(t, err, ErrSessionLost)
		require.ErrorIs(t, err, ErrOutcomeUnknown)
	})
}

func TestErrandCancelAndClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		mons.LoseQuorum()
		ended := make(chan error, 2)
		call, err := c.StartPools(0, func(_ []Pool, err error) { ended <- err })
		require.NoError(t, err)
		call.Cancel()
		call.Cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		_, err = c.StartDeletePool(1, 2*time.Second, func(err error) { ended <- err })
		require.NoError(t, err)
		began := time.Now()
		require.ErrorIs(t, <-ended, ErrTimeout)
		require.Equal(t, 2*time.Second, time.Since(began))
		_, err = c.StartBlocklistAdd("192.0.2.9", 0, 0, func(err error) { ended <- err })
		require.NoError(t, err)
		after(time.Second)
		c.Close()
		err = <-ended
		require.ErrorIs(t, err, ErrClosed)
		require.ErrorIs(t, err, ErrOutcomeUnknown)

		_, err = c.Pools(t.Context())
		require.ErrorIs(t, err, ErrClosed)
		_, err = c.StartPools(0, func([]Pool, error) { t.Error("called") })
		require.ErrorIs(t, err, ErrClosed)
		_, err = c.CreatePool(t.Context(), "data", PoolOptions{})
		require.ErrorIs(t, err, ErrClosed)
		require.ErrorIs(t, err, ErrNotSent)
	})
}

// TestStartWithoutAFunction: nobody would hear of it.
func TestStartWithoutAFunction(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{}).connect()
		for name, start := range map[string]func() (*Call, error){
			"Pools":                 func() (*Call, error) { return c.StartPools(0, nil) },
			"PoolID":                func() (*Call, error) { return c.StartPoolID("x", 0, nil) },
			"PoolName":              func() (*Call, error) { return c.StartPoolName(1, 0, nil) },
			"CreatePool":            func() (*Call, error) { return c.StartCreatePool("x", PoolOptions{}, 0, nil) },
			"DeletePool":            func() (*Call, error) { return c.StartDeletePool(1, 0, nil) },
			"CreatePoolSnap":        func() (*Call, error) { return c.StartCreatePoolSnap(1, "s", 0, nil) },
			"DeletePoolSnap":        func() (*Call, error) { return c.StartDeletePoolSnap(1, "s", 0, nil) },
			"CreateSelfManagedSnap": func() (*Call, error) { return c.StartCreateSelfManagedSnap(1, 0, nil) },
			"DeleteSelfManagedSnap": func() (*Call, error) { return c.StartDeleteSelfManagedSnap(1, 2, 0, nil) },
			"ClusterStats":          func() (*Call, error) { return c.StartClusterStats(0, nil) },
			"PoolCapacity":          func() (*Call, error) { return c.StartPoolCapacity(1, 0, nil) },
			"PoolStats":             func() (*Call, error) { return c.StartPoolStats(nil, 0, nil) },
			"BlocklistAdd":          func() (*Call, error) { return c.StartBlocklistAdd("192.0.2.9", 0, 0, nil) },
			"BlocklistRemove":       func() (*Call, error) { return c.StartBlocklistRemove("192.0.2.9", 0, nil) },
			"Blocklist":             func() (*Call, error) { return c.StartBlocklist(0, nil) },
			"Blocklisted":           func() (*Call, error) { return c.StartBlocklisted(0, nil) },
		} {
			_, err := start()
			require.ErrorIs(t, err, errNoFunction, name)
			require.Equal(t, denc.EINVAL, Errno(err), name)
		}
	})
}

// TestOSDMapThatCannotBeRead ends who needs it, and nobody else.
func TestOSDMapThatCannotBeRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		c := mons.connect()
		mons.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			for i := range m.Full {
				m.Full[i].Map = []byte{8, 7, 1, 0, 0, 0, 0}
			}
		})
		_, err := c.Pools(t.Context())
		require.ErrorIs(t, err, denc.ErrShort)
		mons.TamperOSDMaps(nil)
		_, err = c.Pools(t.Context())
		require.NoError(t, err)

		mons.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			for i := range m.Incrementals {
				m.Incrementals[i].Map = []byte("no change")
			}
		})
		_, err = c.CreatePool(t.Context(), "data", PoolOptions{}) // with a map that is fetched again
		require.NoError(t, err)
		require.Equal(t, OSDMapStats{Full: 3, Repaired: 1}, c.Stats().OSDMaps)
	})
}
