package monclient

import (
	"bytes"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// getMap returns the encoded map of an epoch as the monitors have it.
func getMap(t *testing.T, client *Client, epoch uint64) []byte {
	t.Helper()
	reply, err := client.Command(t.Context(), Command{Prefix: "osd getmap", Args: map[string]any{"epoch": epoch}})
	require.NoError(t, err)
	require.NoError(t, reply.Err())
	return reply.Output
}

// busy makes n epochs of the osdmap of which no two are alike.
func busy(t *testing.T, client *Client, n int) {
	t.Helper()
	for i := range n {
		prefix := "osd set"
		if i%2 == 1 {
			prefix = "osd unset"
		}
		reply, err := client.Command(t.Context(), Command{Prefix: prefix, Args: map[string]any{"key": "noout"}})
		require.NoError(t, err)
		require.NoError(t, reply.Err())
	}
}

// osdmapRequests returns from which epochs on a monitor was asked for osdmaps.
func osdmapRequests(m *montest.Mon) (list []uint64) {
	for _, what := range subscribed(m) {
		if w, ok := what["osdmap"]; ok {
			list = append(list, w.Start)
		}
	}
	return list
}

// fetchedMaps returns how many maps a monitor was asked for by command.
func fetchedMaps(m *montest.Mon) (n int) {
	for _, cmd := range got[*monmsg.MMonCommand](m) {
		if prefixOf(cmd.Cmd) == "osd getmap" {
			n++
		}
	}
	return n
}

// takeEpochs requires that a watch has these epochs next, each with its map; full says of which it was sent whole.
func takeEpochs(t *testing.T, w *Watch[*cephmap.OSDMap], first, last uint64, full ...uint64) *cephmap.OSDMap {
	t.Helper()
	var m *cephmap.OSDMap
	for epoch := first; epoch <= last; epoch++ {
		e := seen(t, w)
		require.Equal(t, epoch, e.Epoch)
		require.EqualValues(t, epoch, e.Value.Epoch)
		require.Equal(t, slices.Contains(full, epoch), e.Full, epoch)
		require.Zero(t, e.Missed, epoch)
		m = e.Value
	}
	return m
}

func watchOSDMap(t *testing.T, client *Client, o WatchOptions) *Watch[*cephmap.OSDMap] {
	t.Helper()
	w, err := client.WatchOSDMap(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func TestWatchedOSDMapsAreThoseOfTheMonitors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		busy(t, client, 30)
		first := client.latestEpoch(t, "osdmap")
		var epochs []uint64
		told := make(chan error, 1)
		_, err := client.WatchFunc(WatchSpec{What: "osdmap", WatchOptions: WatchOptions{Start: 1, MaxEvents: 1}}, func(e WatchEvent[any], err error) {
			if err != nil {
				told <- err
				return
			}
			require.Equal(t, getMap(t, client, e.Epoch), e.Value.(*cephmap.OSDMap).AppendTo(nil)) // it may wait, on this goroutine
			epochs = append(epochs, e.Epoch)
		})
		require.NoError(t, err)
		all := watchOSDMap(t, client, WatchOptions{Start: 1, All: true})
		from := watchOSDMap(t, client, WatchOptions{Start: first - 9, All: true})
		newest := watchOSDMap(t, client, WatchOptions{})
		for epoch := uint64(1); epoch <= first; epoch++ {
			e := seen(t, all)
			require.Equal(t, epoch, e.Epoch)
			require.False(t, e.Full)
			require.Equal(t, getMap(t, client, epoch), e.Value.AppendTo(nil))
		}
		takeEpochs(t, from, first-9, first)
		require.Equal(t, first, seen(t, newest).Epoch)
		busy(t, client, 10)
		synctest.Wait()
		last := seen(t, newest)
		require.Equal(t, first+10, last.Epoch)
		require.Equal(t, 9, last.Missed)
		require.True(t, last.Synced)
		require.False(t, last.Full)
		require.Equal(t, getMap(t, client, last.Epoch), last.Value.AppendTo(nil))
		require.Same(t, takeEpochs(t, all, first+1, first+10), takeEpochs(t, from, first+1, first+10), "made once")
		require.NoError(t, client.Close())
		require.ErrorIs(t, <-told, ErrClosed)
		require.Equal(t, counted(1, first+10), epochs)
	})
}

func TestSlowWatchOfTheOSDMapLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		slow := watchOSDMap(t, client, WatchOptions{All: true, MaxEvents: 10})
		small := watchOSDMap(t, client, WatchOptions{All: true, MaxBytes: 1})
		newest := watchOSDMap(t, client, WatchOptions{MaxEvents: 10})
		fast := watchOSDMap(t, client, WatchOptions{All: true})
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 99))
		synctest.Wait()
		require.Equal(t, uint64(100), client.latestEpoch(t, "osdmap"), "who is slow holds up nobody")
		takeEpochs(t, fast, 1, 100, 1)
		takeEpochs(t, slow, 1, 60, 1)
		takeEpochs(t, small, 1, 30, 1)
		c.failOverOnly(client)
		takeEpochs(t, slow, 61, 100)
		takeEpochs(t, small, 31, 100)
		requireQuiet(t, fast)
		at := uint64(0)
		for at < 100 {
			e := seen(t, newest)
			require.Equal(t, at+uint64(e.Missed)+1, e.Epoch)
			at = e.Epoch
			synctest.Wait() // until there is more
		}
		require.NoError(t, c.Advance("osdmap", 1))
		for _, w := range []*Watch[*cephmap.OSDMap]{slow, small, newest, fast} {
			takeEpochs(t, w, 101, 101)
			requireQuiet(t, w)
		}
		s := client.Stats()
		require.Equal(t, uint64(1), s.OSDMaps.Full)
		require.Zero(t, s.EventsDropped)
		require.Zero(t, s.EventsQueued)
		require.Positive(t, s.OSDMaps.Repaired)
	})
}

// failOverOnly ends the session with the only monitor, and waits for the next one.
func (c *cluster) failOverOnly(client *Client) {
	c.t.Helper()
	mon := c.current(client)
	mon.Kill()
	synctest.Wait()
	require.NoError(c.t, mon.Start())
	_, err := client.Command(c.t.Context(), Command{Prefix: "fsid"})
	require.NoError(c.t, err)
}

// What a slow watch wants, one that resumes, or one that begins, may not be there any more.
func TestWatchOfOSDMapsThatWereTrimmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		slow := watchOSDMap(t, client, WatchOptions{All: true, MaxEvents: 5})
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 59))
		synctest.Wait()
		require.NoError(t, c.TrimOSDMaps(31))
		require.Error(t, c.TrimOSDMaps(30))
		require.Error(t, c.TrimOSDMaps(61))
		base := takeEpochs(t, slow, 1, 5, 1)
		for what, w := range map[string]*Watch[*cephmap.OSDMap]{
			"slow":    slow,
			"resumed": watchOSDMap(t, client, WatchOptions{All: true, Base: base}),
			"begun":   watchOSDMap(t, client, WatchOptions{All: true, Start: 6}),
		} {
			e := seen(t, w)
			require.Equal(t, uint64(31), e.Epoch, what)
			require.True(t, e.Full, what)
			require.Equal(t, 25, e.Missed, what)
			require.Equal(t, getMap(t, client, 31), e.Value.AppendTo(nil), what)
			takeEpochs(t, w, 32, 60)
			requireQuiet(t, w)
		}
		first := watchOSDMap(t, client, WatchOptions{All: true, Start: 1})
		require.Equal(t, 30, seen(t, first).Missed)
		edge := watchOSDMap(t, client, WatchOptions{All: true, Start: 31})
		takeEpochs(t, edge, 31, 60, 31) // the map before it is not there any more
		last := watchOSDMap(t, client, WatchOptions{Start: 32})
		e := seen(t, last)
		for e.Epoch < 60 { // where it comes in two events
			require.False(t, e.Full)
			e = seen(t, last)
		}
	})
}

func TestWatchOfTheOSDMapResumes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		busy(t, client, 20)
		w := watchOSDMap(t, client, WatchOptions{Start: 2, All: true})
		base := takeEpochs(t, w, 2, 10)
		encoded := base.AppendTo(nil)
		require.NoError(t, w.Close())
		require.NoError(t, client.Close())

		// Another client goes on with what has changed, over a failover, and never gets a whole map.
		client = c.connect()
		w = watchOSDMap(t, client, WatchOptions{Base: base, All: true})
		same := watchOSDMap(t, client, WatchOptions{Base: base, Start: 11, All: true})
		newest := client.latestEpoch(t, "osdmap")
		takeEpochs(t, w, 11, newest)
		c.failOver(client)
		synctest.Wait()
		asked := osdmapRequests(c.current(client))
		require.Equal(t, newest+1, asked[len(asked)-1])
		busy(t, client, 70)
		m := takeEpochs(t, w, newest+1, newest+70)
		takeEpochs(t, same, 11, newest+70)
		require.Equal(t, getMap(t, client, newest+70), m.AppendTo(nil))
		require.Equal(t, encoded, base.AppendTo(nil), "it has not changed")
		s := client.Stats().OSDMaps
		require.Zero(t, s.Full)
		require.Zero(t, s.Repaired)

		// A base that is not what the monitors have is found out at once.
		changed := *base
		changed.FullRatio = 0.5
		foreign := *base
		foreign.FSID[0]++
		for what, b := range map[string]*cephmap.OSDMap{"changed": &changed, "of another cluster": &foreign} {
			w := watchOSDMap(t, client, WatchOptions{Base: b, All: true})
			takeEpochs(t, w, 11, newest+70, 11)
			require.NoError(t, w.Close(), what)
		}
		// So is one that the monitors are behind of; it waits.
		ahead := *m
		ahead.Epoch += 5
		ahead.FullRatio = 0.5
		w = watchOSDMap(t, client, WatchOptions{Base: &ahead, All: true})
		requireQuiet(t, w)
		busy(t, client, 6)
		takeEpochs(t, w, newest+76, newest+76, newest+76)
	})
}

func TestWatchOfOSDMapsThatAreStillToCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		next := watchOSDMap(t, client, WatchOptions{Start: 2, All: true})
		far := watchOSDMap(t, client, WatchOptions{Start: 4, All: true})
		requireQuiet(t, next)
		requireQuiet(t, far)
		require.NoError(t, c.Advance("osdmap", 6))
		takeEpochs(t, next, 2, 7)
		takeEpochs(t, far, 4, 7, 4) // there was none before it to begin with
		requireQuiet(t, far)
		require.Equal(t, 3, fetchedMaps(c.Mon("a")))
	})
}

func TestOSDMapsThatDoNotFollow(t *testing.T) {
	increments := func(f func(*monmsg.EpochMap)) func(*monmsg.MOSDMap) {
		return func(m *monmsg.MOSDMap) {
			for i := range m.Incrementals {
				f(&m.Incrementals[i])
			}
		}
	}
	only := func(epoch uint32, f func(*monmsg.EpochMap)) func(*monmsg.MOSDMap) {
		return increments(func(e *monmsg.EpochMap) {
			if e.Epoch == epoch {
				f(e)
			}
		})
	}
	broken := func(e *monmsg.EpochMap) {
		e.Map = slices.Clone(e.Map)
		e.Map[60] ^= 1
	}
	missing := func(m *monmsg.MOSDMap) {
		m.Incrementals = slices.DeleteFunc(m.Incrementals, func(e monmsg.EpochMap) bool { return e.Epoch == 14 })
	}
	once := func(f func(*monmsg.MOSDMap)) func(*monmsg.MOSDMap) {
		done := false
		return func(m *monmsg.MOSDMap) {
			if last := len(m.Incrementals) - 1; last >= 0 && m.Incrementals[last].Epoch >= 14 && !done {
				done = true
				f(m)
			}
		}
	}
	tests := []struct {
		name   string
		tamper func(*monmsg.MOSDMap)
		full   []uint64 // those that are fetched whole
		asked  int      // requests besides the first
		why    string
	}{
		{"crc", only(14, broken), []uint64{14}, 1, "checksum"},
		{"crc of the last", only(20, broken), []uint64{20}, 1, "checksum"},
		{"end", only(14, func(e *monmsg.EpochMap) { e.Map = e.Map[:len(e.Map)-9] }), []uint64{14}, 1, "short"},
		{"two of them", increments(func(e *monmsg.EpochMap) {
			if e.Epoch == 13 || e.Epoch == 15 {
				broken(e)
			}
		}), []uint64{13, 15}, 2, "checksum"},
		{"another epoch's", only(14, func(e *monmsg.EpochMap) { *e = monmsg.EpochMap{Epoch: 14} }), []uint64{14}, 1, "short"},
		{"missing", once(missing), nil, 1, "another epoch"},
		{"the wrong order", once(func(m *monmsg.MOSDMap) { m.Incrementals[0].Epoch += 100 }), nil, 1, "another epoch"},
		{"nothing", func(*monmsg.MOSDMap) {}, nil, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				var log bytes.Buffer
				client := c.connect(func(cfg *Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
				require.NoError(t, c.Advance("osdmap", 9))
				w := watchOSDMap(t, client, WatchOptions{All: true})
				takeEpochs(t, w, 10, 10, 10)
				newest := watchOSDMap(t, client, WatchOptions{})
				require.Equal(t, uint64(10), seen(t, newest).Epoch)
				before := len(osdmapRequests(c.Mon("a")))
				c.TamperOSDMaps(tt.tamper)
				require.NoError(t, c.Advance("osdmap", 10))
				m := takeEpochs(t, w, 11, 20, tt.full...)
				require.Equal(t, getMap(t, client, 20), m.AppendTo(nil))
				for at := uint64(10); at < 20; {
					e := seen(t, newest)
					require.Equal(t, at+uint64(e.Missed)+1, e.Epoch)
					at = e.Epoch
				}
				requireQuiet(t, w)
				requireQuiet(t, newest)
				require.NoError(t, c.Advance("osdmap", 1))
				takeEpochs(t, w, 21, 21)
				takeEpochs(t, newest, 21, 21)
				require.LessOrEqual(t, len(osdmapRequests(c.Mon("a")))-before, 2*tt.asked, "one for each of the two, or for both")
				synctest.Wait()
				var repaired []string
				for line := range strings.Lines(log.String()) {
					if strings.Contains(line, "msg=osdmap.repaired ") {
						repaired = append(repaired, line)
					}
				}
				require.EqualValues(t, len(repaired), client.Stats().OSDMaps.Repaired)
				if tt.asked == 0 {
					require.Empty(t, repaired)
				}
				for _, line := range repaired {
					require.Contains(t, line, tt.why)
				}
			})
		})
	}
}

// What is asked of a monitor that has maps wrong, or does not send them, is bounded, and the user is told.
func TestMonitorsWithoutUsableOSDMaps(t *testing.T) {
	broken := func(all []monmsg.EpochMap) {
		for i := range all {
			all[i].Map = []byte{8, 7, 1, 0, 0, 0, 0}
		}
	}
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		c.HandleCommand("osd getmap name=epoch,type=CephInt,req=false", func(montest.Command) montest.Result {
			return montest.Result{Output: []byte("no map")}
		})
		c.TamperOSDMaps(func(m *monmsg.MOSDMap) { broken(m.Full); broken(m.Incrementals) })
		w := watchOSDMap(t, client, WatchOptions{All: true})
		told := func(epoch uint64) {
			t.Helper()
			e, err := w.Next(t.Context())
			var why *MapError
			require.ErrorAs(t, err, &why)
			require.Equal(t, epoch, e.Epoch)
			require.Equal(t, epoch, why.Epoch)
			require.NotEmpty(t, e.Raw)
			require.True(t, e.Full)
			require.Zero(t, e.Missed)
			requireQuiet(t, w)
		}
		told(10)
		for epoch := uint64(11); epoch < 20; epoch++ {
			require.NoError(t, c.Advance("osdmap", 1))
			told(epoch)
		}
		require.Equal(t, 9, fetchedMaps(c.Mon("a")), "one an epoch")
		require.LessOrEqual(t, len(osdmapRequests(c.Mon("a"))), 30)
		c.TamperOSDMaps(nil)
		c.HandleCommand("osd getmap name=epoch,type=CephInt,req=false", func(montest.Command) montest.Result {
			return montest.Fail(denc.EACCES, "access denied")
		})
		require.NoError(t, c.Advance("osdmap", 1))
		takeEpochs(t, w, 20, 20, 20) // the newest will do
		require.NoError(t, c.Advance("osdmap", 3))
		takeEpochs(t, w, 21, 23)

		// Without a command to fetch it with, history begins with the newest map.
		history := watchOSDMap(t, client, WatchOptions{Start: 9, All: true})
		e := seen(t, history)
		require.Equal(t, uint64(23), e.Epoch)
		require.Equal(t, 14, e.Missed)
		require.True(t, e.Full)
	})
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		w := watchOSDMap(t, client, WatchOptions{All: true})
		takeEpochs(t, w, 1, 1, 1)
		synctest.Wait()
		mon := c.Mon("a")
		mon.ControlAll(monmsg.TypeMonSubscribe, montest.Drop) // so that what is missing never comes
		before := len(osdmapRequests(mon))
		c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			for i := range m.Incrementals {
				m.Incrementals[i].Epoch += 10
			}
		})
		for range 100 {
			require.NoError(t, c.Advance("osdmap", 1))
			after(time.Second)
		}
		var failed int
		for w.sub.waiting() {
			e, err := w.Next(t.Context())
			var why *MapError
			require.ErrorAs(t, err, &why)
			require.ErrorContains(t, err, "monclient: osdmap 2: malformed answer: it has been asked for again, and epoch ")
			require.Equal(t, uint64(2), e.Epoch)
			failed++
		}
		require.Equal(t, 9, failed)
		require.Equal(t, 10, len(osdmapRequests(mon))-before)
	})
}

// A checksum of what the changes make is compared now and then; monitors that know more than we do have others.
func TestChecksumsOfOSDMapsThatWereMade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			for i := range m.Incrementals {
				change, err := cephmap.DecodeOSDMapIncremental(m.Incrementals[i].Map)
				require.NoError(t, err)
				change.FullCRC ^= 1
				m.Incrementals[i].Map = change.AppendTo(nil)
			}
		})
		w := watchOSDMap(t, client, WatchOptions{All: true})
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 3*checkEvery))
		takeEpochs(t, w, 1, 3*checkEvery+1, 1, checkEvery) // whole once more, and then never again
		require.Equal(t, uint64(2), client.Stats().OSDMaps.Full)
	})
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			for i := range m.Incrementals {
				change, err := cephmap.DecodeOSDMapIncremental(m.Incrementals[i].Map)
				require.NoError(t, err)
				if change.Epoch == checkEvery-1 || change.Epoch == 2*checkEvery-1 {
					change.NewFullRatio = 0.5
					m.Incrementals[i].Map = change.AppendTo(nil)
				}
			}
		})
		w := watchOSDMap(t, client, WatchOptions{All: true})
		synctest.Wait()
		require.NoError(t, c.Advance("osdmap", 3*checkEvery))
		takeEpochs(t, w, 1, 3*checkEvery+1, 1, checkEvery, 2*checkEvery) // it helps
	})
}

// A monitor that others were ahead of sends whole maps that are older than what is wanted.
func TestWatchOfTheOSDMapWithAMonitorThatIsBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		c.HandleCommand("osd getmap name=epoch,type=CephInt,req=false", func(montest.Command) montest.Result {
			return montest.Fail(denc.EACCES, "access denied")
		})
		w := watchOSDMap(t, client, WatchOptions{Start: 11, All: true}) // so it wants a whole one from the first change on
		synctest.Wait()
		old := getMapOf(t, client, 10)
		first := true
		c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			if len(m.Full) > 0 && first {
				m.Full[0], first = monmsg.EpochMap{Epoch: 10, Map: old}, false
			}
		})
		require.NoError(t, c.Advance("osdmap", 1))
		requireQuiet(t, w)
		require.NoError(t, c.Advance("osdmap", 1))
		e := seen(t, w)
		require.Equal(t, uint64(12), e.Epoch)
		require.Equal(t, 1, e.Missed)
	})
}

// getMapOf returns an encoded map as a subscription brings it.
func getMapOf(t *testing.T, client *Client, epoch uint64) []byte {
	t.Helper()
	s, err := client.Subscribe("osdmap", 0, true)
	require.NoError(t, err)
	e, err := s.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, epoch, e.Epoch)
	return e.Data
}

// A watch ends at once in whatever it is.
func TestEndOfAWatchOfTheOSDMap(t *testing.T) {
	states := map[string]func(t *testing.T, c *cluster, client *Client) WatchOptions{
		"new": func(*testing.T, *cluster, *Client) WatchOptions { return WatchOptions{} },
		"fetching": func(_ *testing.T, c *cluster, _ *Client) WatchOptions {
			deafen(c.Mon("a"))
			return WatchOptions{Start: 5}
		},
		"full": func(_ *testing.T, _ *cluster, _ *Client) WatchOptions { return WatchOptions{Start: 1, MaxEvents: 1} },
		"asking": func(_ *testing.T, c *cluster, _ *Client) WatchOptions {
			c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
				m.Incrementals = slices.Delete(m.Incrementals, 0, min(3, len(m.Incrementals)))
			})
			return WatchOptions{Start: 2}
		},
		"repairing": func(_ *testing.T, c *cluster, _ *Client) WatchOptions {
			c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
				for i := range m.Incrementals {
					m.Incrementals[i].Map = []byte("x")
				}
			})
			return WatchOptions{Start: 1}
		},
		"without a session": func(_ *testing.T, c *cluster, _ *Client) WatchOptions {
			c.Mon("a").Kill()
			return WatchOptions{Start: 5}
		},
	}
	for name, begin := range states {
		for _, closes := range []string{"watch", "client", "both"} {
			t.Run(name+" "+closes, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					c := startMons(t, 1, montest.Options{})
					require.NoError(t, c.Advance("osdmap", 9))
					client := c.connect()
					synctest.Wait()
					o := begin(t, c, client)
					o.All = true
					w, err := client.WatchOSDMap(o)
					require.NoError(t, err)
					var ends []error
					f, err := client.WatchFunc(WatchSpec{What: "osdmap", WatchOptions: o}, func(_ WatchEvent[any], err error) {
						require.Empty(t, ends)
						if err != nil && !isMapError(err) {
							ends = append(ends, err)
						}
					})
					require.NoError(t, err)
					synctest.Wait()
					want := ErrUnsubscribed
					if closes != "client" {
						require.NoError(t, w.Close())
						require.NoError(t, f.Close())
					} else {
						want = ErrClosed
					}
					if closes != "watch" {
						require.NoError(t, client.Close())
					}
					synctest.Wait()
					require.Len(t, ends, 1)
					require.ErrorIs(t, ends[0], want)
					for err == nil || isMapError(err) {
						_, err = w.Next(t.Context())
					}
					require.ErrorIs(t, err, want)
					s := client.Stats()
					require.Zero(t, s.EventsQueued)
					require.Zero(t, s.CallsInFlight)
					require.NoError(t, w.Close())
					require.NoError(t, f.Close())
				})
			})
		}
	}
}

func TestFunctionOfAWatchOfTheOSDMap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 9))
		var caught any
		client := c.connect(func(cfg *Config) { cfg.OnPanic = func(v any, _ []byte) { caught = v } })

		// It may close the watch, and is told of nothing after that.
		var f io.Closer
		set := make(chan struct{})
		var epochs []uint64
		var ends []error
		f, err := client.WatchFunc(WatchSpec{What: "osdmap", WatchOptions: WatchOptions{Start: 3}}, func(e WatchEvent[any], err error) {
			<-set
			if err != nil {
				ends = append(ends, err)
				return
			}
			if epochs = append(epochs, e.Epoch); e.Epoch == 5 {
				require.NoError(t, f.Close())
			}
		})
		require.NoError(t, err)
		close(set)
		synctest.Wait()
		require.Equal(t, counted(3, 5), epochs)
		require.Len(t, ends, 1)
		require.ErrorIs(t, ends[0], ErrUnsubscribed)

		// A panic of it is one of the client.
		ends = nil
		_, err = client.WatchFunc(WatchSpec{What: "osdmap"}, func(_ WatchEvent[any], err error) {
			if err != nil {
				ends = append(ends, err)
				return
			}
			panic("no map of mine")
		})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, "no map of mine", caught)
		require.Len(t, ends, 1)
		var bug *PanicError
		require.ErrorAs(t, ends[0], &bug)
		_, err = client.OSDMap(t.Context())
		require.ErrorAs(t, err, &bug)
		require.NoError(t, client.Close())
		_, err = client.WatchFunc(WatchSpec{What: "osdmap"}, func(WatchEvent[any], error) {})
		require.ErrorAs(t, err, &bug)
	})
}

// A monitor may answer every request with what is of no use; it is not asked in a loop.
func TestWatchOfTheOSDMapWithAMonitorThatIsWrongEveryTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		c.HandleCommand("osd getmap name=epoch,type=CephInt,req=false", func(montest.Command) montest.Result {
			return montest.Fail(denc.EACCES, "access denied")
		})
		w := watchOSDMap(t, client, WatchOptions{Start: 11, All: true})
		synctest.Wait()
		old := getMapOf(t, client, 10)
		c.TamperOSDMaps(func(m *monmsg.MOSDMap) {
			if len(m.Full) > 0 {
				m.Full[0] = monmsg.EpochMap{Epoch: 10, Map: old}
				m.Incrementals = append(m.Incrementals, monmsg.EpochMap{Epoch: 12, Map: []byte("x")})
			}
		})
		before := len(osdmapRequests(c.Mon("a")))
		require.NoError(t, c.Advance("osdmap", 1))
		synctest.Wait()
		require.LessOrEqual(t, len(osdmapRequests(c.Mon("a")))-before, repairTries+1)
		after(repairPatience)
		require.NoError(t, c.Advance("osdmap", 1))
		_, err := w.Next(t.Context())
		require.True(t, isMapError(err), "%v", err)
		synctest.Wait()
		require.LessOrEqual(t, len(osdmapRequests(c.Mon("a")))-before, repairTries+2)
		c.TamperOSDMaps(nil)
		after(repairPatience)
		require.NoError(t, c.Advance("osdmap", 1))
		_, err = w.Next(t.Context())
		require.True(t, isMapError(err), "%v", err) // it has asked too often to be content with the change of that epoch
		require.Equal(t, uint64(13), seen(t, w).Epoch)
	})
}
