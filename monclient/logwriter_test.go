package monclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// logTexts returns the texts of the newest n entries of a channel, as the monitors have them.
func logTexts(t *testing.T, client *Client, channel string, n int) (texts []string) {
	t.Helper()
	for _, e := range logLast(t, client, channel, n) {
		texts = append(texts, e.Message)
	}
	return texts
}

type lastEntry struct {
	Name, Rank, Channel, Priority, Message string
	Seq                                    uint64
	Addrs                                  struct {
		Vec []struct{ Addr string } `json:"addrvec"`
	}
}

func logLast(t *testing.T, client *Client, channel string, n int) (entries []lastEntry) {
	t.Helper()
	reply, err := client.Command(t.Context(), Command{Prefix: "log last", Args: map[string]any{"num": n, "channel": channel, "level": "debug"}, Format: "json"})
	require.NoError(t, err)
	require.NoError(t, reply.Err())
	require.NoError(t, json.Unmarshal(reply.Output, &entries))
	return entries
}

// numbered returns texts with numbers.
func numbered(from, to int) (texts []string) {
	for i := from; i <= to; i++ {
		texts = append(texts, fmt.Sprintf("entry %d", i))
	}
	return texts
}

func TestLogGoesOutInBatches(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect(func(cfg *Config) { cfg.LogBatch = 10 })
		for _, text := range numbered(1, 25) {
			require.NoError(t, client.Log(LogInfo, "", text))
		}
		after(990 * time.Millisecond)
		require.Empty(t, got[*monmsg.MLog](c.Mon("a")), "they wait for others")
		after(20 * time.Millisecond)
		batches := got[*monmsg.MLog](c.Mon("a"))
		require.Len(t, batches, 3, "the next goes with the acknowledgement")
		seq := uint64(0)
		for _, m := range batches {
			require.Equal(t, testFSID, m.FSID)
			require.LessOrEqual(t, len(m.Entries), 10)
			for _, e := range m.Entries {
				seq++
				require.Equal(t, seq, e.Seq)
				require.Equal(t, "client.admin", e.Name.String())
				require.Equal(t, denc.PeerName{Type: denc.EntityClient, Num: int64(client.GlobalID())}, e.Rank)
				info, _ := client.Session()
				require.Equal(t, denc.EntityAddrVec{info.Local}, e.Addrs)
				require.Equal(t, "cluster", e.Channel)
			}
		}
		require.Equal(t, numbered(1, 25), logTexts(t, client, "cluster", 25))
		require.NoError(t, client.FlushLog(t.Context()), "there is nothing to wait for")
		require.Len(t, got[*monmsg.MLog](c.Mon("a")), 3)

		// Levels and channels.
		require.NoError(t, client.Log(LogError, "audit", "who was it"))
		require.NoError(t, client.Log(LogSec, "my-app.1", ""))
		require.NoError(t, client.FlushLog(t.Context()))
		require.Len(t, got[*monmsg.MLog](c.Mon("a")), 4, "at once")
		last := slices.DeleteFunc(logLast(t, client, "*", 100), func(e lastEntry) bool { return e.Seq <= 25 || e.Rank != fmt.Sprintf("client.%d", client.GlobalID()) })
		require.Len(t, last, 2)
		require.Equal(t, []string{"audit", "[ERR]", "who was it"}, []string{last[0].Channel, last[0].Priority, last[0].Message})
		require.Equal(t, []string{"my-app.1", "[SEC]", ""}, []string{last[1].Channel, last[1].Priority, last[1].Message})
	})
}

func TestLogRefusesWhatIsNoEntry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		for _, bad := range []struct {
			level         LogLevel
			channel, text string
			says          string
		}{
			{LogError + 1, "", "x", "level 5"},
			{LogInfo, "../../etc/passwd", "x", "channel"},
			{LogInfo, "..", "x", "channel"},
			{LogInfo, "*", "x", "channel"},
			{LogInfo, "a b", "x", "channel"},
			{LogInfo, strings.Repeat("c", 65), "x", "channel"},
			{LogInfo, "", strings.Repeat("x", 64<<10+1), "text"},
		} {
			err := client.Log(bad.level, bad.channel, bad.text)
			require.ErrorIs(t, err, cephconf.ErrInvalidValue, bad.says)
			require.ErrorContains(t, err, bad.says)
			require.Equal(t, denc.EINVAL, Errno(err))
		}
		_, err := client.StartFlushLog(0, nil)
		require.Equal(t, denc.EINVAL, Errno(err))
		require.NoError(t, client.Close())
		require.ErrorIs(t, client.Log(LogInfo, "", "x"), ErrClosed)
		require.ErrorIs(t, client.FlushLog(t.Context()), ErrClosed)
		_, err = client.StartFlushLog(0, func(error) { panic("called") })
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestLogIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		c.Mon("a").ControlAll(monmsg.TypeLog, montest.Drop)
		client := c.connect(func(cfg *Config) { cfg.LogFlushTimeout = -1 })
		for range 10_000 {
			require.NoError(t, client.Log(LogInfo, "", "x"))
		}
		err := client.Log(LogInfo, "", "x")
		require.ErrorIs(t, err, ErrLogFull)
		require.ErrorContains(t, err, "10000")
		require.Equal(t, denc.EAGAIN, Errno(err))

		big := c.connect(func(cfg *Config) { cfg.LogFlushTimeout = -1 })
		text := strings.Repeat("x", 64<<10)
		n := 0
		for ; n < 1000; n++ {
			if err = big.Log(LogInfo, "", text); err != nil {
				break
			}
		}
		require.ErrorIs(t, err, ErrLogFull)
		require.Equal(t, 255, n, "16 MiB with the channels")

		begun := time.Now()
		require.NoError(t, client.Close())
		require.Zero(t, time.Since(begun), "it was told not to wait")
	})
}

func TestLogSurvivesTheLossOfAMonitor(t *testing.T) {
	for _, kept := range []bool{false, true} { // whether the monitors have written what they did not acknowledge
		for _, n := range []int{20, 200} { // monitors know the newest 50 again
			t.Run(fmt.Sprintf("kept=%v,%d", kept, n), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					c := startMons(t, 1, montest.Options{Mons: 3})
					client := c.connect()
					first := c.current(client)
					for _, text := range numbered(1, n) {
						require.NoError(t, client.Log(LogInfo, "", text))
					}
					first.Control(monmsg.TypeLog, func(m monmsg.Message) bool {
						if kept {
							first.Delay(time.Hour) // the acknowledgement does not come
						}
						return kept
					})
					flushed := make(chan error, 1)
					_, err := client.StartFlushLog(-1, func(err error) { flushed <- err })
					require.NoError(t, err)
					after(10 * time.Millisecond)
					require.Len(t, got[*monmsg.MLog](first), 1)
					first.Kill()
					require.NoError(t, client.Log(LogInfo, "", fmt.Sprintf("entry %d", n+1)))
					require.NoError(t, <-flushed)
					require.NoError(t, client.FlushLog(t.Context()))
					require.NotEqual(t, first, c.current(client))
					require.Equal(t, numbered(1, n+1), logTexts(t, client, "cluster", 1000))
				})
			})
		}
	}
}

// TestLogThatMonitorsHaveAlready: a message with nothing new gets no answer.
func TestLogThatMonitorsHaveAlready(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		a := c.Mon("a")
		client := c.connect()
		after(briefSession)
		a.Control(monmsg.TypeLog, func(monmsg.Message) bool { a.Delay(time.Hour); return true })
		require.NoError(t, client.Log(LogInfo, "", "entry 1"))
		flushed := make(chan error, 1)
		_, err := client.StartFlushLog(-1, func(err error) { flushed <- err })
		require.NoError(t, err)
		after(10 * time.Millisecond)
		// The monitors cannot tell at first that they have it, as one that another monitor is just writing.
		hidden := 1
		c.HandleCommand("log last", func(cmd montest.Command) montest.Result {
			if hidden--; hidden >= 0 {
				return montest.Result{Output: []byte("[]")}
			}
			return montest.Result{Output: fmt.Appendf(nil, `[{"rank":"client.1","seq":1},{"rank":"client.%d","seq":1}]`, client.GlobalID())}
		})
		a.Heal()
		a.DropClients()
		begun := time.Now()
		require.NoError(t, <-flushed)
		require.Len(t, got[*monmsg.MLog](a), 2, "sent again, and not answered")
		require.InDelta(t, 1, time.Since(begun).Seconds(), 0.5, "so they are asked")
	})
}

func TestLogWithoutWriteAccess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		admin := c.connect()
		reply, err := admin.Command(t.Context(), Command{Prefix: "auth get-or-create", Args: map[string]any{"entity": "client.reader", "caps": []string{"mon", "allow r"}}})
		require.NoError(t, err)
		require.NoError(t, reply.Err())
		client := c.connect(func(cfg *Config) {
			cfg.Name = denc.EntityName{Type: denc.EntityClient, ID: "reader"}
			cfg.Key = c.Key("client.reader")
		})
		require.NoError(t, client.Log(LogInfo, "", "x"))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		err = client.FlushLog(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "1 entries")
		require.ErrorContains(t, err, "write access")
		begun := time.Now()
		require.NoError(t, client.Close())
		require.Equal(t, time.Second, time.Since(begun), "LogFlushTimeout")
	})
}

func TestFlushLogEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		c.Mon("a").ControlAll(monmsg.TypeLog, montest.Drop)
		client := c.connect(func(cfg *Config) { cfg.LogFlushTimeout, cfg.OpTimeout = 3*time.Second, 2*time.Second })
		require.NoError(t, client.Log(LogInfo, "", "x"))
		require.ErrorIs(t, client.FlushLog(t.Context()), ErrTimeout)
		ends := make(chan error, 3)
		call, err := client.StartFlushLog(-1, func(err error) { ends <- err })
		require.NoError(t, err)
		call.Cancel()
		require.ErrorIs(t, <-ends, context.Canceled)
		_, err = client.StartFlushLog(time.Second, func(err error) { ends <- err })
		require.NoError(t, err)
		require.ErrorIs(t, <-ends, ErrTimeout)
		_, err = client.StartFlushLog(-1, func(err error) { ends <- err })
		require.NoError(t, err)
		begun := time.Now()
		require.NoError(t, client.Close())
		require.ErrorIs(t, <-ends, ErrClosed)
		require.Equal(t, 3*time.Second, time.Since(begun))
	})
}

func TestCloseFlushesTheLog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client, reader := c.connect(), c.connect()
		require.NoError(t, client.Log(LogWarn, "", "last words"))
		begun := time.Now()
		require.NoError(t, client.Close())
		require.Less(t, time.Since(begun), 100*time.Millisecond)
		require.Equal(t, []string{"last words"}, logTexts(t, reader, "cluster", 1))
	})
}

// TestLogFromCallbacks: Log and StartFlushLog do not wait.
// TestLogBeforeTheFirstSession: who is told of it may be faster than the log, which then does not know the client's number yet.
func TestLogBeforeTheFirstSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{})
		cfg, err := mons.config().resolved(t.Context())
		require.NoError(t, err)
		client := &Client{core: newCore(cfg)}
		require.NoError(t, client.Log(LogInfo, "", "at once"))
		go client.core.run()
		require.NoError(t, client.FlushLog(t.Context()))
		last := logLast(t, client, "cluster", 1)
		require.Len(t, last, 1)
		require.Equal(t, fmt.Sprintf("client.%d", client.GlobalID()), last[0].Rank)
		require.NotEmpty(t, last[0].Addrs.Vec)
		require.NoError(t, client.Close())
	})
}

func TestLogFromCallbacks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		done := make(chan error, 1)
		_, err := client.StartVersion("monmap", 0, func(uint64, uint64, error) {
			err := client.Log(LogInfo, "", "from a callback")
			if _, e := client.StartFlushLog(0, func(err error) { done <- err }); err != nil || e != nil {
				done <- errors.Join(err, e)
			}
		})
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.Equal(t, []string{"from a callback"}, logTexts(t, client, "cluster", 1))
	})
}

// TestLogThroughMonitorsThatDoNotAcknowledge: those of Tentacle do so only where the client has its session with their leader.
func TestLogThroughMonitorsThatDoNotAcknowledge(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3, Release: cephmap.ReleaseTentacle})
		client := c.connect(func(cfg *Config) {
			prefer(cfg, map[string]uint16{"a": 2, "b": 1, "c": 2})
			cfg.LogBatch = 10
		})
		require.Equal(t, "b", c.current(client).Name())
		require.NoError(t, client.Log(LogInfo, "", "entry 1"))
		begun := time.Now()
		require.NoError(t, client.FlushLog(t.Context()))
		require.InDelta(t, 0.2, time.Since(begun).Seconds(), 0.01)
		for _, text := range numbered(2, 25) {
			require.NoError(t, client.Log(LogInfo, "", text))
		}
		after(5 * time.Second)
		require.Equal(t, numbered(1, 25), logTexts(t, client, "cluster", 100))
		require.Len(t, got[*monmsg.MLog](c.Mon("b")), 4)
		require.Zero(t, client.Stats().LogUnacked)
		asked := len(got[*monmsg.MMonCommand](c.Mon("b")))
		after(time.Minute)
		require.Len(t, got[*monmsg.MMonCommand](c.Mon("b")), asked, "there is nothing to ask for")
		// One who came to wait later is not kept waiting.
		require.NoError(t, client.Log(LogInfo, "other", "entry 26"))
		after(1010 * time.Millisecond)
		begun = time.Now()
		require.NoError(t, client.FlushLog(t.Context()))
		require.InDelta(t, 0.2, time.Since(begun).Seconds(), 0.01)
		require.NoError(t, client.Log(LogInfo, "", "last words"))
		require.NoError(t, client.Close())
	})
}
