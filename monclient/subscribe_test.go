package monclient

import (
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// osdmaps makes a message of maps whose content is nothing but their names.
func osdmaps(newest uint32, incs []uint32, fulls ...uint32) *monmsg.MOSDMap {
	m := &monmsg.MOSDMap{FSID: testFSID, Newest: newest, TrimLowerBound: 1}
	for _, e := range incs {
		m.Incrementals = append(m.Incrementals, monmsg.EpochMap{Epoch: e, Map: fmt.Appendf(nil, "inc %d", e)})
	}
	for _, e := range fulls {
		m.Full = append(m.Full, monmsg.EpochMap{Epoch: e, Map: fmt.Appendf(nil, "full %d", e)})
	}
	return m
}

// nextOSDMap returns the next event as "full 5" or "inc 6" and checks that it holds such a map.
func nextOSDMap(t *testing.T, s *Subscription) string {
	t.Helper()
	e, err := s.Next(t.Context())
	require.NoError(t, err)
	require.Zero(t, e.Missed)
	if e.Full {
		require.NoError(t, cephmap.VerifyOSDMap(e.Data))
		return fmt.Sprint("full ", e.Epoch)
	}
	require.NoError(t, cephmap.VerifyOSDMapIncremental(e.Data))
	return fmt.Sprint("inc ", e.Epoch)
}

func nextOSDMaps(t *testing.T, s *Subscription, n int) (list []string) {
	t.Helper()
	for range n {
		list = append(list, nextOSDMap(t, s))
	}
	return list
}

func TestSubscriptionGoesOnAfterAChangeOfSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		first := c.current(client)
		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		defer sub.Close()
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 2))
		require.Equal(t, []string{"full 10", "inc 11", "inc 12"}, nextOSDMaps(t, sub, 3))
		first.Kill()
		synctest.Wait()
		second := c.current(client)
		require.Equal(t, []map[string]monmsg.Subscription{{"monmap": {Start: 2}, "osdmap": {Start: 13}}}, subscribed(second), "all in one request")
		second.Send(osdmaps(13, []uint32{12, 13})) // 12 again, which has been seen
		e, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(13), e.Epoch)
		require.Equal(t, "inc 13", string(e.Data))
		require.False(t, e.Full)
	})
}

func TestOnetimeOSDMapGetsEverythingThereIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 84))
		client := c.connect()
		sub, err := client.Subscribe("osdmap", 5, true)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var want, epochs []uint64
		for e := uint64(5); e <= 85; e++ {
			want = append(want, e)
		}
		for e, err := range sub.All(ctx) {
			require.NoError(t, err)
			require.False(t, e.Full)
			require.NoError(t, cephmap.VerifyOSDMapIncremental(e.Data))
			epochs = append(epochs, e.Epoch)
		}
		require.Equal(t, want, epochs)
		_, err = sub.Next(t.Context())
		require.ErrorIs(t, err, io.EOF)
		// A monitor sends 40 maps for a onetime subscription and forgets it.
		synctest.Wait()
		onetime := func(start uint64) map[string]monmsg.Subscription {
			return map[string]monmsg.Subscription{"osdmap": {Start: start, Flags: monmsg.SubscribeOnetime}}
		}
		require.Equal(t, []map[string]monmsg.Subscription{{"monmap": {Start: 2}}, onetime(5), onetime(45), onetime(85)}, subscribed(c.Mon("a")))
	})
}

func TestSubscribersOfOneMapShareIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 2))
		client := c.connect()
		one, err := client.Subscribe("osdmap", 4, false)
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 2))
		synctest.Wait()
		two, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []map[string]monmsg.Subscription{{"monmap": {Start: 2}}, {"osdmap": {Start: 4}}, {"osdmap": {Start: 0}}}, subscribed(c.Mon("a")))
		require.NoError(t, c.Advance("osdmap", 1))
		require.Equal(t, []string{"inc 4", "inc 5", "inc 6"}, nextOSDMaps(t, one, 3))
		require.Equal(t, []string{"full 5", "inc 6"}, nextOSDMaps(t, two, 2))
		one.Close()
		_, err = one.Next(t.Context())
		require.ErrorIs(t, err, ErrUnsubscribed)
		require.NoError(t, c.Advance("osdmap", 1))
		require.Equal(t, "inc 7", nextOSDMap(t, two))
	})
}

func TestSlowSubscriberLosesTheOldestAndIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		sub, err := client.Subscribe("osdmap", 1, false)
		require.NoError(t, err)
		synctest.Wait() // epoch 1 is there
		for range maxQueuedEvents + 9 {
			require.NoError(t, c.Advance("osdmap", 1))
		}
		synctest.Wait()
		_, err = client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err, "the session does not wait for the subscriber")
		e, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(11), e.Epoch)
		require.Equal(t, 10, e.Missed)
		e, err = sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(12), e.Epoch)
		require.Zero(t, e.Missed)
	})
}

func TestWaitForMap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		advanced := make(chan error, 2)
		go func() {
			after(2 * time.Second)
			advanced <- c.Advance("osdmap", 7) // which is one short
			after(time.Second)
			advanced <- c.Advance("osdmap", 1)
		}()
		start := time.Now()
		epoch, err := client.WaitForMap(t.Context(), "osdmap", 9)
		require.NoError(t, err)
		require.NoError(t, <-advanced)
		require.NoError(t, <-advanced)
		require.Equal(t, uint64(9), epoch)
		require.Equal(t, 3*time.Second, time.Since(start))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.WaitForMap(ctx, "osdmap", 10)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// Monitors keep one level of the log for a session: the lowest is subscribed to.
func TestLevelsOfTheLogAtTheSameTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		warn, err := client.Subscribe("log-warn", 0, false)
		require.NoError(t, err)
		synctest.Wait()
		info, err := client.Subscribe("log-info", 0, false)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []map[string]monmsg.Subscription{{"monmap": {Start: 2}}, {"log-warn": {}}, {"log-info": {}}}, subscribed(c.Mon("a")))
		c.Log(monmsg.LogInfo, "just so")
		c.Log(monmsg.LogWarn, "watch out")
		text := func(s *Subscription) string {
			e, err := s.Next(t.Context())
			require.NoError(t, err)
			entries := e.Message.(*monmsg.MLog).Entries
			require.Len(t, entries, 1)
			return entries[0].Message
		}
		require.Equal(t, "watch out", text(warn))
		require.Equal(t, "just so", text(info))
		require.Equal(t, "watch out", text(info))
	})
}

func TestMapsOfEveryKindReachTheirSubscribers(t *testing.T) {
	rawMap := []byte{1, 1, 4, 0, 0, 0, 33, 0, 0, 0}
	tests := []struct {
		what  string
		m     monmsg.Message
		epoch uint64
		full  bool
	}{
		{"mgrmap", &monmsg.MMgrMap{Map: rawMap}, 33, true},
		{"servicemap", &monmsg.MServiceMap{Map: rawMap}, 33, true},
		{"fsmap", &monmsg.MFSMap{Epoch: 33, Map: rawMap}, 33, true},
		{"fsmap.user", &monmsg.MFSMapUser{Epoch: 33, Map: rawMap}, 33, true},
		{"config", &monmsg.MConfig{Options: map[string]string{"a": "b"}}, 0, true},
		{"kv:config/", &monmsg.MKVData{Version: 33, Prefix: "config/"}, 33, true},
		{"kv:x", &monmsg.MKVData{Version: 33, Prefix: "x", Incremental: true}, 33, false},
		{"log-info", &monmsg.MLog{Paxos: monmsg.Paxos{Version: 33}, FSID: testFSID, Entries: []monmsg.LogEntry{{Priority: monmsg.LogInfo}}}, 33, false},
		{"osdmap", osdmaps(33, nil, 33), 33, true},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				client := c.connect()
				synctest.Wait()
				deafen(c.Mon("a")) // what is sent here is all that comes
				sub, err := client.Subscribe(tt.what, 0, true)
				require.NoError(t, err)
				synctest.Wait()
				c.Mon("a").Send(tt.m)
				e, err := sub.Next(t.Context())
				require.NoError(t, err)
				require.Equal(t, tt.what, e.What)
				require.Equal(t, tt.epoch, e.Epoch)
				require.Equal(t, tt.full, e.Full)
				require.IsType(t, tt.m, e.Message)
				_, err = sub.Next(t.Context())
				require.ErrorIs(t, err, io.EOF)
			})
		})
	}
}

// Monitors send an osdmap again in a session when an earlier epoch is asked for than the one that they sent last, which is the only
// one that they do not send again.
func TestOSDMapsThatTheSessionHasBroughtAlready(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		first, err := client.Subscribe("osdmap", 8, false)
		require.NoError(t, err)
		defer first.Close()
		require.Equal(t, []string{"inc 8", "inc 9", "inc 10"}, nextOSDMaps(t, first, 3))

		for _, epoch := range []uint64{3, 10} {
			got, err := client.WaitForMap(t.Context(), "osdmap", epoch)
			require.NoError(t, err)
			require.Equal(t, max(epoch, 3), got)
		}
		second, err := client.Subscribe("osdmap", 5, false)
		require.NoError(t, err)
		defer second.Close()
		require.Equal(t, []string{"inc 5", "inc 6", "inc 7", "inc 8", "inc 9", "inc 10"}, nextOSDMaps(t, second, 6))
		third, err := client.Subscribe("osdmap", 10, false)
		require.NoError(t, err)
		defer third.Close()
		require.Equal(t, "inc 10", nextOSDMap(t, third))
		require.NoError(t, c.Advance("osdmap", 1))
		for _, s := range []*Subscription{first, second, third} {
			require.Equal(t, "inc 11", nextOSDMap(t, s), "who has seen it does not see it again")
		}
		synctest.Wait()
		asked := subscribed(c.Mon("a"))
		require.Equal(t, uint64(9), asked[len(asked)-1]["osdmap"].Start)
	})
}

func TestLatestReplacesWhatWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		latest, err := client.SubscribeWith(SubscribeOptions{What: "monmap", Latest: true})
		require.NoError(t, err)
		every, err := client.SubscribeWith(SubscribeOptions{What: "monmap", MaxEvents: 3})
		require.NoError(t, err)
		synctest.Wait()
		for range 5 {
			require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}))
			synctest.Wait()
		}
		e, err := latest.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(6), e.Epoch)
		require.Equal(t, 5, e.Missed, "those that it has replaced")
		require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}))
		e, err = latest.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, uint64(7), e.Epoch)
		require.Zero(t, e.Missed)

		synctest.Wait()
		var epochs []uint64
		missed := 0
		for range 3 {
			e, err := every.Next(t.Context())
			require.NoError(t, err)
			epochs = append(epochs, e.Epoch)
			missed += e.Missed
		}
		require.Equal(t, []uint64{5, 6, 7}, epochs)
		require.Equal(t, 4, missed, "a gap, and it is marked")
	})
}

func TestWhatWaitsIsBoundedByItsSize(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		s, err := client.SubscribeWith(SubscribeOptions{What: "monmap", MaxBytes: 1})
		require.NoError(t, err)
		synctest.Wait()
		for range 3 {
			require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}))
			synctest.Wait()
		}
		e, err := s.Next(t.Context())
		require.NoError(t, err, "one may wait, whatever its size")
		require.Equal(t, uint64(4), e.Epoch)
		require.Equal(t, 3, e.Missed)
	})
}

func TestSubscribeOptionsThatMakeNoSense(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		for text, o := range map[string]SubscribeOptions{
			`"osdmaps" is none of`:                       {What: "osdmaps"},
			`subscribe to osdmap: Latest is for maps`:    {What: "osdmap", Latest: true},
			`subscribe to kv:a: Latest is for maps`:      {What: "kv:a", Latest: true},
			`subscribe to log-info: Latest is for maps`:  {What: "log-info", Latest: true},
			`SubscribeOptions.MaxEvents is negative: -1`: {What: "monmap", MaxEvents: -1},
			`SubscribeOptions.MaxBytes is negative: -7`:  {What: "monmap", MaxBytes: -7},
		} {
			_, err := client.SubscribeWith(o)
			require.ErrorContains(t, err, text)
			require.Equal(t, denc.EINVAL, Errno(err))
		}
	})
}
