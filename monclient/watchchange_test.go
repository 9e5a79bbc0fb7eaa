package monclient

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestWatchedConfigSaysWhatHasChanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.SetConfig("client", "log_file", "a")
		c.SetConfig("client", "rados_mon_op_timeout", "7")
		client := c.connect()
		w, err := client.WatchConfig(WatchOptions{})
		require.NoError(t, err)
		e := seen(t, w)
		require.Equal(t, ConfigChange{
			Options: map[string]string{"log_file": "a", "rados_mon_op_timeout": "7"},
			Changed: []string{"log_file", "rados_mon_op_timeout"}, Removed: []string{},
		}, e.Value)
		require.True(t, e.Full)
		require.True(t, e.Synced)

		// A monitor sends it once in a session.
		late, err := client.WatchConfig(WatchOptions{})
		require.NoError(t, err)
		require.Equal(t, e, seen(t, late))

		now := c.failOver(client)
		require.Contains(t, subscribed(now)[0], "config")
		requireQuiet(t, w)
		c.SetConfig("client.admin", "log_file", "b")
		synctest.Wait()
		c.SetConfig("client", "err_to_stderr", "true") // before anybody has fetched the other
		synctest.Wait()
		e = seen(t, w)
		require.Equal(t, []string{"err_to_stderr", "log_file"}, e.Value.Changed, "since the last one that was fetched")
		require.Equal(t, "b", e.Value.Options["log_file"])
		now.Send(&monmsg.MConfig{Options: map[string]string{"log_file": "b"}})
		e = seen(t, w)
		require.Equal(t, ConfigChange{
			Options: map[string]string{"log_file": "b"}, Changed: []string{}, Removed: []string{"err_to_stderr", "rados_mon_op_timeout"},
		}, e.Value)
	})
}

// change prints what an event of keys says.
func change(e WatchEvent[KVChange]) string {
	s := ""
	if e.Full {
		s = "all:"
	}
	for _, key := range slices.Sorted(maps.Keys(e.Value.Set)) {
		s += fmt.Sprintf(" +%s=%s", key, e.Value.Set[key])
	}
	for _, key := range e.Value.Deleted {
		s += " -" + key
	}
	return s
}

func TestWatchedKeysGoOnOverAFailover(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.SetKV("w/a", []byte("1"))
		c.SetKV("w/b", []byte("2"))
		client := c.connect()
		w, err := client.WatchKV("w/", WatchOptions{})
		require.NoError(t, err)
		e := seen(t, w)
		require.Equal(t, "all: +w/a=1 +w/b=2", change(e))
		require.True(t, e.Synced)
		c.SetKV("other", []byte("3"))
		requireQuiet(t, w)
		c.SetKV("w/a", nil)
		require.Equal(t, " -w/a", change(seen(t, w)))
		at := watchedVersion(c, client)

		c.current(client).Kill()
		c.SetKV("w/b", nil)
		c.SetKV("w/c", []byte{})
		synctest.Wait()
		require.Equal(t, at+1, subscribed(c.current(client))[0]["kv:w/"].Start)
		e = seen(t, w)
		require.Equal(t, " +w/c= -w/b", change(e))
		require.NotNil(t, e.Value.Set["w/c"])

		resumed, err := client.WatchKV("w/", WatchOptions{Start: e.Epoch})
		require.NoError(t, err)
		require.Equal(t, " +w/c=", change(seen(t, resumed)))
	})
}

// watchedVersion returns the version of the keys that the session's entry is at.
func watchedVersion(_ *cluster, client *Client) uint64 {
	at := make(chan uint64)
	_ = client.core.post(func() { at <- client.core.subs.entries["kv:w/"].subscribers[0].next - 1 })
	return <-at
}

func TestKeysThatVanishedWhereTheHistoryIsTrimmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		synctest.Wait()
		deafen(c.Mon("a"))
		w, err := client.WatchKV("w/", WatchOptions{})
		require.NoError(t, err)
		synctest.Wait()
		send := func(version uint64, incremental bool, values map[string][]byte) {
			c.Mon("a").Send(&monmsg.MKVData{Version: version, Prefix: "w/", Incremental: incremental, Values: values})
			synctest.Wait()
		}
		send(5, false, map[string][]byte{"w/a": []byte("1"), "w/b": []byte("2")})
		require.Equal(t, "all: +w/a=1 +w/b=2", change(seen(t, w)))
		send(900, false, map[string][]byte{"w/b": []byte("2"), "w/c": []byte("3")})
		require.Equal(t, "all: +w/b=2 +w/c=3 -w/a", change(seen(t, w)), "it is told as gone")
		send(900, false, map[string][]byte{}) // as another watch of the session gets it
		requireQuiet(t, w)

		// Who is slow gets what has become of the keys.
		send(901, true, map[string][]byte{"w/d": []byte("4"), "w/b": nil})
		send(902, true, map[string][]byte{})
		send(903, true, map[string][]byte{"w/d": nil, "w/e": []byte("5")})
		e := seen(t, w)
		require.Equal(t, " +w/e=5 -w/b -w/d", change(e))
		require.Equal(t, uint64(903), e.Epoch)
		require.Equal(t, 1, e.Missed)
		send(950, false, map[string][]byte{"w/f": []byte("6"), "w/g": []byte("7")})
		send(951, true, map[string][]byte{"w/g": nil, "w/h": []byte("8")})
		require.Equal(t, "all: +w/f=6 +w/h=8 -w/c -w/e", change(seen(t, w)))
	})
}

func TestWatchedValuesAsJSON(t *testing.T) {
	for want, v := range map[string]any{
		`{"prefix":"w/","set":{"w/a":"1"},"set_base64":{"w/b":"/w=="},"deleted":["w/c"]}`: KVChange{"w/", map[string][]byte{"w/a": []byte("1"), "w/b": {255}}, []string{"w/c"}},
		`{"options":{"a":"1"},"changed":["a"],"removed":[]}`:                              ConfigChange{map[string]string{"a": "1"}, []string{"a"}, []string{}},
	} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.JSONEq(t, want, string(b))
	}
}

func TestWatchOfAllChangesOfKeysLosesNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		w, err := client.WatchKV("w/", WatchOptions{All: true, MaxEvents: 3})
		require.NoError(t, err)
		synctest.Wait()
		for i := range 6 {
			c.SetKV(fmt.Sprint("w/", i), []byte("x"))
			synctest.Wait()
		}
		e := seen(t, w)
		require.Equal(t, "all: +w/0=x +w/1=x +w/2=x +w/3=x", change(e))
		require.Equal(t, 3, e.Missed)
		require.Equal(t, " +w/4=x", change(seen(t, w)))
		require.Equal(t, " +w/5=x", change(seen(t, w)))
	})
}

// entry makes an entry of the log.
func entry(seq uint64, level monmsg.LogPriority, channel, text string) monmsg.LogEntry {
	return monmsg.LogEntry{
		Name: denc.EntityName{Type: denc.EntityMon, ID: "a"}, Rank: denc.PeerName{Type: denc.EntityMon}, Stamp: denc.UTime{Sec: uint32(seq)},
		Seq: seq, Priority: level, Channel: channel, Message: text,
	}
}

func TestWatchedLogLosesAndRepeatsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		w, err := client.WatchLog(LogOptions{Level: LogInfo})
		require.NoError(t, err)
		warnings, err := client.WatchLog(LogOptions{Level: LogWarn})
		require.NoError(t, err)
		synctest.Wait()
		c.Log(monmsg.LogInfo, "one")
		c.Log(monmsg.LogDebug, "whispered")
		e := seen(t, w)
		require.Equal(t, "one", e.Value.Text)
		require.Equal(t, LogInfo, e.Value.Level)
		require.Equal(t, "cluster", e.Value.Channel)
		require.True(t, e.Synced)
		require.False(t, e.Full)

		c.current(client).Kill()
		c.Log(monmsg.LogInfo, "two")
		c.Log(monmsg.LogWarn, "three")
		synctest.Wait()
		require.Equal(t, map[string]monmsg.Subscription{"monmap": {Start: 2}, "log-info": {Start: e.Epoch + 1}}, subscribed(c.current(client))[0])
		two, three := seen(t, w), seen(t, w)
		require.Equal(t, []string{"two", "three"}, []string{two.Value.Text, three.Value.Text})
		require.False(t, two.Synced)
		require.True(t, three.Synced)
		require.Less(t, two.Epoch, three.Epoch)
		require.Equal(t, "three", seen(t, warnings).Value.Text)

		// Another one that wants history has the monitor send everything again.
		history, err := client.WatchLog(LogOptions{WatchOptions: WatchOptions{Start: 1}})
		require.NoError(t, err)
		var texts []string
		for len(texts) == 0 || texts[len(texts)-1] != "three" {
			texts = append(texts, seen(t, history).Value.Text)
		}
		require.Subset(t, texts, []string{"one", "whispered", "two", "three"})
		requireQuiet(t, w)
		c.Log(monmsg.LogError, "four")
		for _, watch := range []*Watch[LogEntry]{w, warnings, history} {
			require.Equal(t, "four", seen(t, watch).Value.Text)
			requireQuiet(t, watch)
		}
	})
}

func TestMessageOfTheLogThatOverlapsWithTheOneBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		synctest.Wait()
		deafen(c.Mon("a"))
		w, err := client.WatchLog(LogOptions{Level: LogInfo})
		require.NoError(t, err)
		audit, err := client.WatchAny(WatchSpec{What: "log-debug", Channel: "audit"})
		require.NoError(t, err)
		synctest.Wait()
		one, two, three := entry(1, monmsg.LogInfo, "cluster", "one"), entry(2, monmsg.LogDebug, "audit", "two"), entry(3, monmsg.LogInfo, "audit", "three")
		send := func(version uint64, entries ...monmsg.LogEntry) {
			c.Mon("a").Send(&monmsg.MLog{Paxos: monmsg.Paxos{Version: version}, FSID: testFSID, Entries: entries})
		}
		send(7, one)
		send(8, one, two)
		send(9, one, two, three)
		send(9, three)
		synctest.Wait()
		require.Equal(t, "one", seen(t, w).Value.Text)
		last := seen(t, w)
		require.Equal(t, "three", last.Value.Text)
		require.Equal(t, uint64(9), last.Epoch)
		requireQuiet(t, w)
		first := seen(t, audit)
		require.Equal(t, "two", first.Value.(LogEntry).Text)
		require.Equal(t, "three", seen(t, audit).Value.(LogEntry).Text)
		requireQuiet(t, audit)
	})
}

func TestSlowWatchOfTheLogIsToldOfTheGap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		w, err := client.WatchLog(LogOptions{Channel: "cluster", WatchOptions: WatchOptions{MaxEvents: 2}})
		require.NoError(t, err)
		synctest.Wait()
		for i := range 5 {
			c.Log(monmsg.LogInfo, fmt.Sprint(i))
			synctest.Wait()
		}
		e := seen(t, w)
		require.Equal(t, "3", e.Value.Text)
		require.Equal(t, 3, e.Missed)
		require.Equal(t, "4", seen(t, w).Value.Text)
	})
}
