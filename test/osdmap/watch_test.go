package osdmap

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// watchers follow the map from the first epoch on, each with a session that begins with another monitor, so that whichever
// is killed is somebody's. One more is content with the newest.
type watchers struct {
	c      *cluster
	all    []*follower
	newest *monclient.Watch[*cephmap.OSDMap]
}

// follower is one that wants every epoch.
type follower struct {
	*monclient.Watch[*cephmap.OSDMap]
	mon    string // of its first session
	events []monclient.WatchEvent[*cephmap.OSDMap]
}

func (c *cluster) watch(t *testing.T) *watchers {
	t.Helper()
	w := &watchers{c: c}
	for _, mon := range c.Mons() {
		client := c.connect(t, mon)
		s, ok := client.Session()
		require.True(t, ok)
		require.Equal(t, mon.Name, s.Mon)
		all, err := client.WatchOSDMap(monclient.WatchOptions{Start: 1, All: true})
		require.NoError(t, err)
		w.all = append(w.all, &follower{Watch: all, mon: mon.Name})
	}
	var err error
	w.newest, err = c.client.WatchOSDMap(monclient.WatchOptions{})
	require.NoError(t, err)
	return w
}

// catchUp fetches all events up to the newest map that there is.
func (w *watchers) catchUp(t *testing.T) {
	t.Helper()
	newest, _, err := w.c.client.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	for _, f := range w.all {
		f.upTo(t, uint32(newest))
	}
	var e monclient.WatchEvent[*cephmap.OSDMap]
	for e.Epoch < newest {
		epoch := e.Epoch
		e, err = w.newest.Next(deadline(t))
		require.NoError(t, err)
		require.Greater(t, e.Epoch, epoch)
	}
	requireBytes(t, w.c.ask(t, "osd getmap", map[string]any{"epoch": e.Epoch}), e.Value.AppendTo(nil), "epoch %d", e.Epoch)
}

// upTo fetches events up to that epoch: none is missing, and none comes twice.
func (f *follower) upTo(t *testing.T, epoch uint32) {
	t.Helper()
	for ctx := deadline(t); uint32(len(f.events)) < epoch; {
		e, err := f.Next(ctx)
		require.NoError(t, err)
		require.EqualValues(t, len(f.events)+1, e.Epoch, "first with mon.%s", f.mon)
		require.Zero(t, e.Missed)
		f.events = append(f.events, e)
	}
}

// requireHistory compares what was watched with what was. That equal maps are printed alike needs to be seen only once.
func (w *watchers) requireHistory(t *testing.T, h history) {
	t.Helper()
	for _, f := range w.all {
		f.upTo(t, h.newest)
		for i, e := range f.events {
			epoch := uint32(i + 1)
			requireBytes(t, h.full[epoch], e.Value.AppendTo(nil), "epoch %d, first with mon.%s", epoch, f.mon)
			require.False(t, e.Full, "epoch %d, first with mon.%s", epoch, f.mon)
			requireBytes(t, h.incs[epoch], e.Raw, "epoch %d, first with mon.%s", epoch, f.mon)
			if f == w.all[0] {
				w.c.requireDumped(t, e.Value)
			}
		}
	}
}

// requireBytes compares maps, and says where they differ when they do: they are long.
func requireBytes(t *testing.T, want, got []byte, format string, args ...any) {
	t.Helper()
	if bytes.Equal(want, got) {
		return
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	require.Fail(t, "not the same bytes", "%s: %d and %d bytes, the same up to %d: then %x and %x", fmt.Sprintf(format, args...),
		len(want), len(got), at, want[at:min(at+32, len(want))], got[at:min(at+32, len(got))])
}

// kill kills the leader, or a peon, in the midst of changes, when all monitors are there, and names it. churned returns
// when the last of these changes was made.
func (c *cluster) kill(t *testing.T, state string) (victim string, churned func()) {
	t.Helper()
	require.NoError(t, c.WaitQuorum(deadline(t), len(c.Mons())))
	for _, m := range c.Mons() {
		s, err := c.MonStatus(deadline(t), m.Name)
		require.NoError(t, err)
		if s.State == state {
			victim = m.Name
		}
	}
	var (
		busy  sync.WaitGroup
		errs  = make([]error, 60)
		begun = make(chan struct{})
	)
	busy.Go(func() {
		for i := range errs {
			errs[i] = c.do(t, churn[i%len(churn)])
			if i == len(errs)/4 {
				close(begun)
			}
		}
	})
	t.Cleanup(busy.Wait) // of a test that has failed
	<-begun
	require.NoError(t, c.KillMon(victim))
	return victim, func() {
		t.Helper()
		busy.Wait()
		require.NoError(t, errors.Join(errs...))
	}
}

// churn changes the map in ways that leave no trace. It does not matter if one is done twice, as the monitor that was asked may
// have been killed before it answered.
var churn = []string{"osd set nosnaptrim", "osd reweight 2 0.7", "osd unset nosnaptrim", "osd reweight 2 1"}

// kinds are those of all changes that the script makes.
var kinds = []cephmap.OSDMapChangeKind{
	cephmap.OSDMapSettingChanged, cephmap.OSDMapFlagSet, cephmap.OSDMapFlagUnset,
	cephmap.CRUSHChanged, cephmap.CRUSHItemAdded, cephmap.CRUSHItemRemoved, cephmap.CRUSHRuleAdded, cephmap.CRUSHRuleRemoved,
	cephmap.CRUSHFlagSet, cephmap.CRUSHFlagUnset, cephmap.ClassFlagSet, cephmap.ClassFlagUnset,
	cephmap.ECProfileCreated, cephmap.ECProfileChanged, cephmap.ECProfileDeleted,
	cephmap.PoolCreated, cephmap.PoolDeleted, cephmap.PoolRenamed, cephmap.PoolChanged, cephmap.PoolFlagSet, cephmap.PoolFlagUnset,
	cephmap.PoolSnapCreated, cephmap.PoolSnapRemoved, cephmap.PoolSnapsRemoved,
	cephmap.PoolAppEnabled, cephmap.PoolAppDisabled, cephmap.PoolAppChanged,
	cephmap.OSDCreated, cephmap.OSDRemoved, cephmap.OSDWasDestroyed, cephmap.OSDWentUp, cephmap.OSDWentDown,
	cephmap.OSDWentIn, cephmap.OSDWentOut, cephmap.OSDReweighted, cephmap.OSDAffinity, cephmap.OSDFlagSet, cephmap.OSDFlagUnset,
	cephmap.PGTempChanged, cephmap.PrimaryTempChanged, cephmap.PGUpmapChanged, cephmap.PGUpmapItemsChanged, cephmap.PGUpmapPrimariesChanged,
	cephmap.BlocklistAdded, cephmap.BlocklistRemoved, cephmap.RangeBlocklistAdded, cephmap.RangeBlocklistRemoved,
}

// sinceReef are the kinds of what Pacific has not.
var sinceReef = map[cephmap.OSDMapChangeKind]bool{
	cephmap.PGUpmapPrimariesChanged: true,
	cephmap.RangeBlocklistAdded:     true, cephmap.RangeBlocklistRemoved: true,
}

// requireEveryKind says that the history has changes of all kinds that a cluster on one site has.
func (c *cluster) requireEveryKind(t *testing.T, h history) {
	t.Helper()
	seen := make(map[cephmap.OSDMapChangeKind]bool)
	var last *cephmap.OSDMap
	for e := uint32(1); e <= h.newest; e++ {
		m, err := cephmap.DecodeOSDMap(h.full[e])
		require.NoError(t, err)
		for _, change := range cephmap.DiffOSDMaps(last, m) {
			seen[change.Kind] = true
		}
		last = m
	}
	for _, kind := range kinds {
		if c.Release == realceph.Pacific && sinceReef[kind] {
			continue
		}
		assert.True(t, seen[kind], "the history has no %s", kind)
	}
}
