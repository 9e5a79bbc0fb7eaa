package cephmap

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// watching is a watch whose events are awaited.
type watching[T any] struct {
	*monclient.Watch[T]
	last monclient.WatchEvent[T]
}

func follow[T any](t *testing.T, w *monclient.Watch[T], err error) *watching[T] {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return &watching[T]{Watch: w}
}

// next returns the next event.
func (w *watching[T]) next(t *testing.T) monclient.WatchEvent[T] {
	t.Helper()
	e, err := w.Next(deadline(t))
	require.NoError(t, err)
	w.last = e
	return e
}

// ready returns an event that must be there already.
func (w *watching[T]) ready(t *testing.T, says string) monclient.WatchEvent[T] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	e, err := w.Next(ctx)
	require.NoError(t, err, says)
	w.last = e
	return e
}

// TestWatches compares what watches tell with what ceph prints, after real changes, on both sides of the end of a monitor.
func TestWatches(t *testing.T) {
	for _, rel := range realceph.Releases() {
		t.Run(string(rel), func(t *testing.T) {
			realceph.Require(t, rel)
			t.Parallel()
			c, err := realceph.Start(deadline(t), realceph.Options{Release: rel, Mons: 3, Conf: map[string]string{
				"mon_lease":              "2",
				"paxos_propose_interval": "0.1",
			}})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.Stop()) })
			newWatcher(t, c).run(t)
		})
	}
}

// watcher watches everything, with one client.
type watcher struct {
	*realceph.Cluster
	client   *monclient.Client
	monmap   *watching[*cephmap.MonMap]
	mgrmap   *watching[*cephmap.MgrMap]
	fsmap    *watching[*cephmap.FSMap]
	services *watching[*cephmap.ServiceMap]
	osdmap   *watching[*cephmap.OSDMap]
	config   *watching[monclient.ConfigChange]
	keys     *watching[monclient.KVChange]
	log      *watching[monclient.LogEntry]
	warnings *watching[monclient.LogEntry]
}

func newWatcher(t *testing.T, c *realceph.Cluster) *watcher {
	t.Helper()
	w := &watcher{Cluster: c, client: connect(t, c)}
	var none monclient.WatchOptions
	warnings, err := w.client.WatchLog(monclient.LogOptions{Level: monclient.LogWarn})
	w.warnings = follow(t, warnings, err)
	log, err := w.client.WatchLog(monclient.LogOptions{Level: monclient.LogInfo, Channel: "cluster", WatchOptions: monclient.WatchOptions{Start: 1}})
	w.log = follow(t, log, err)
	monmap, err := w.client.WatchMonMap(none)
	w.monmap = follow(t, monmap, err)
	mgrmap, err := w.client.WatchMgrMap(none)
	w.mgrmap = follow(t, mgrmap, err)
	fsmap, err := w.client.WatchFSMap(none)
	w.fsmap = follow(t, fsmap, err)
	services, err := w.client.WatchServiceMap(none)
	w.services = follow(t, services, err)
	osdmap, err := w.client.WatchOSDMap(monclient.WatchOptions{Start: 1, All: true})
	w.osdmap = follow(t, osdmap, err)
	config, err := w.client.WatchConfig(none)
	w.config = follow(t, config, err)
	keys, err := w.client.WatchKV("watch/", none)
	w.keys = follow(t, keys, err)
	return w
}

// do has the watching client itself run a command, and everything that follows the map have it when it was answered.
func (w *watcher) do(t *testing.T, barrier, prefix string, args map[string]any) {
	t.Helper()
	reply, err := w.client.Command(deadline(t), monclient.Command{Prefix: prefix, Args: args, Barrier: barrier})
	require.NoError(t, err)
	require.NoError(t, reply.Err())
}

// dump returns what a command prints as JSON.
func (w *watcher) dump(t *testing.T, prefix string) string {
	t.Helper()
	reply, err := w.client.Command(deadline(t), monclient.Command{Prefix: prefix, Format: "json"})
	require.NoError(t, err)
	require.NoError(t, reply.Err())
	return strings.TrimSpace(string(reply.Output))
}

// same compares a value with what ceph prints, field by field.
func same(t *testing.T, printed string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	require.JSONEq(t, printed, string(text))
}

func (w *watcher) run(t *testing.T) {
	require.Equal(t, uint64(1), w.osdmap.next(t).Epoch, "history, whatever else the session has brought")
	first := w.keys.next(t)
	require.True(t, first.Full)
	require.True(t, w.config.next(t).Full)
	late, err := w.client.WatchConfig(monclient.WatchOptions{})
	require.Equal(t, w.config.last, follow(t, late, err).next(t), "a monitor sends it once in a session")

	w.change(t, 1)
	mon, ok := w.client.Session()
	require.True(t, ok)
	before := w.osdmap.last.Epoch
	require.NoError(t, w.KillMon(mon.Mon))
	require.NoError(t, w.WaitQuorum(deadline(t), 2))
	// What happens while the client may have no session, seen by another client.
	ceph(t, w.Cluster, "osd", "setmaxosd", "100")
	ceph(t, w.Cluster, "config-key", "rm", "watch/kept")
	ceph(t, w.Cluster, "config-key", "set", "watch/away", "2")
	ceph(t, w.Cluster, "log", "away 2")
	change := w.keys.next(t)
	for change.Value.Set["watch/away"] == nil {
		require.Equal(t, []string{"watch/kept"}, change.Value.Deleted)
		change = w.keys.next(t)
	}
	require.False(t, change.Full)
	w.change(t, 2)
	require.Greater(t, w.osdmap.last.Epoch, before)
	w.everyLine(t)
}

// change changes every map, and compares.
func (w *watcher) change(t *testing.T, round int) {
	t.Helper()
	on := round%2 == 1

	// Monitors answer this one before they change the map.
	w.do(t, "monmap", "mon set-weight", map[string]any{"name": "b", "weight": round})
	m := w.monmap.next(t)
	weight := func() int {
		mon, _ := m.Value.Mon("b")
		return int(mon.Weight)
	}
	for weight() != round {
		m = w.monmap.next(t)
	}
	require.True(t, m.Synced)
	epoch, err := w.client.Latest(deadline(t), "monmap")
	require.NoError(t, err)
	require.Equal(t, m.Epoch, epoch)
	var printed map[string]any
	require.NoError(t, json.Unmarshal([]byte(w.dump(t, "mon dump")), &printed))
	delete(printed, "quorum") // which is not of the map
	text, err := json.Marshal(printed)
	require.NoError(t, err)
	same(t, string(text), m.Value)

	verb := "mgr module disable"
	args := map[string]any{"module": "iostat"}
	if on {
		verb, args["force"] = "mgr module enable", "--force"
	}
	w.do(t, "mgrmap", verb, args)
	mgr := w.mgrmap.ready(t, "the barrier has let the reply through")
	require.Equal(t, on, strings.Contains(strings.Join(mgr.Value.Modules, " "), "iostat"))
	same(t, w.dump(t, "mgr dump"), mgr.Value)
	epoch, err = w.client.Latest(deadline(t), "mgrmap")
	require.NoError(t, err)
	require.Equal(t, mgr.Epoch, epoch)

	w.do(t, "fsmap", "fs flag set", map[string]any{"flag_name": "enable_multiple", "val": fmt.Sprint(on), "yes_i_really_mean_it": true})
	fs := w.fsmap.ready(t, "the barrier has let the reply through")
	require.Equal(t, on, fs.Value.EnableMultiple)
	same(t, w.dump(t, "fs dump"), fs.Value)

	epoch, err = w.client.Latest(deadline(t), "servicemap")
	require.NoError(t, err)
	if w.services.last.Epoch < epoch {
		w.services.ready(t, "the client has seen it") // TestMapsAreWhatCephPrints compares it: the command takes a manager
	}
	require.Equal(t, epoch, w.services.last.Epoch)

	verb = "osd unset"
	if on {
		verb = "osd set"
	}
	w.do(t, "osdmap", verb, map[string]any{"key": "noscrub"})
	newest, _, err := w.client.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	for w.osdmap.last.Epoch < newest {
		before := w.osdmap.last.Epoch
		e := w.osdmap.ready(t, "the barrier has let the reply through")
		require.Equal(t, before+1, e.Epoch)
		require.EqualValues(t, e.Epoch, e.Value.Epoch)
		require.False(t, e.Full)
	}
	require.True(t, w.osdmap.last.Synced)

	w.do(t, "config", "config set", map[string]any{"who": "client", "name": "mon_client_log_interval", "value": fmt.Sprint(round + 4)})
	change := w.config.ready(t, "the barrier has let the reply through").Value
	require.Equal(t, []string{"mon_client_log_interval"}, change.Changed)
	require.Contains(t, change.Options["mon_client_log_interval"], fmt.Sprint(round+4))
	w.do(t, "config", "config rm", map[string]any{"who": "client", "name": "mon_client_log_interval"})
	require.Equal(t, []string{"mon_client_log_interval"}, w.config.ready(t, "as is what was removed").Value.Removed)

	w.do(t, "kv:watch/", "config-key set", map[string]any{"key": "watch/kept", "val": fmt.Sprint(round)})
	set := w.keys.ready(t, "the barrier has let the reply through").Value.Set
	require.Equal(t, fmt.Sprint(round), string(set["watch/kept"]))

	w.do(t, "", "log", map[string]any{"logtext": []string{fmt.Sprint("told ", round)}, "level": "warn"})
}

// everyLine requires that every line was told once: those of the log command, which all go through watched.
func (w *watcher) everyLine(t *testing.T) {
	t.Helper()
	w.do(t, "", "log", map[string]any{"logtext": []string{"the last line"}, "level": "error"})
	told := func(log *watching[monclient.LogEntry]) (lines []string) {
		seen := make(map[string]bool)
		for {
			e := log.next(t).Value
			id := fmt.Sprint(e.Rank, e.Seq, e.Time, e.Text)
			require.False(t, seen[id], "told twice: %v", e)
			seen[id] = true
			if e.Name.String() == "client.admin" {
				lines = append(lines, e.Text)
			}
			if e.Text == "the last line" {
				return lines
			}
		}
	}
	require.Equal(t, []string{"told 1", "away 2", "told 2", "the last line"}, told(w.log))
	require.Equal(t, []string{"told 1", "told 2", "the last line"}, told(w.warnings))
	require.Equal(t, monclient.LogError, w.log.last.Value.Level)
	require.Equal(t, "cluster", w.log.last.Value.Channel)
	require.Contains(t, w.dump(t, "log last"), `"the last line"`)
	var last []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(w.dump(t, "log last")), &last))
	text, err := json.Marshal(w.log.last.Value)
	require.NoError(t, err)
	found := false
	for _, line := range last {
		if bytes.Contains(line, []byte("the last line")) && bytes.Contains(line, []byte("client.admin")) && !bytes.Contains(line, []byte("audit")) {
			require.JSONEq(t, string(line), string(text))
			found = true
		}
	}
	require.True(t, found)
}
