package montest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
	"github.com/libmonclient/libmonclient/msgr2"
)

// config returns the configuration of a client of the cluster.
func config(c *montest.Cluster) monclient.Config {
	cfg := monclient.Config{MonMap: c.MonMap(), Key: c.Key("client.admin"), Dial: c.Dial, Hostname: "testhost"}
	if cfg.Key.IsZero() {
		cfg.Methods = []cephx.Method{cephx.MethodNone}
	}
	return cfg
}

// connect connects a client that the test's end closes.
func connect(t testing.TB, c *montest.Cluster, change ...func(*monclient.Config)) *monclient.Client {
	t.Helper()
	cfg := config(c)
	for _, f := range change {
		f(&cfg)
	}
	client, err := monclient.Connect(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

// current returns the monitor of the client's session.
func current(t testing.TB, c *montest.Cluster, client *monclient.Client) *montest.Mon {
	t.Helper()
	s, ok := client.Session()
	require.True(t, ok)
	return c.Mon(s.Mon)
}

func TestClustersOfAllKinds(t *testing.T) {
	for _, release := range []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle} {
		for _, o := range []montest.Options{
			{}, {Mons: 3}, {NoAuth: true}, {Modes: []cephx.Mode{cephx.ModeCRC}}, {KeyType: cephx.AES}, {IPv6: true}, {Revision0: true}, {TCP: true, Mons: 3}, {TCP: true, IPv6: true},
		} {
			o.Release = release
			t.Run(fmt.Sprintf("%v/%+v", release, o), func(t *testing.T) {
				c := montest.Start(t, o)
				client := connect(t, c, func(cfg *monclient.Config) { cfg.OfferCompression = true })
				require.Equal(t, c.MonMap().FSID, client.FSID())
				r, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
				require.NoError(t, err)
				require.NoError(t, r.Err())
				require.Equal(t, client.FSID().String()+"\n", string(r.Output))
				s, _ := client.Session()
				want := "secure"
				if o.NoAuth || len(o.Modes) == 1 {
					want = "crc"
				}
				require.Equal(t, want, s.Mode)
			})
		}
	}
}

// bubble runs a test with fake time, on a cluster in memory.
func bubble(t *testing.T, o montest.Options, f func(t *testing.T, c *montest.Cluster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, montest.Start(t, o)) })
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*montest.Mon)
		want  error
	}{
		{"refuse", (*montest.Mon).Refuse, nil},
		{"silence", (*montest.Mon).Silence, monclient.ErrNoAnswer},
		{"freeze", (*montest.Mon).Freeze, monclient.ErrNoAnswer},
		{"reset in a frame", func(m *montest.Mon) { m.ResetAfter(60) }, nil},
		{"corrupt a byte", func(m *montest.Mon) { m.CorruptByte(60) }, msgr2.ErrFrame},
		{"killed", (*montest.Mon).Kill, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
				tt.fault(c.Mon("a"))
				var first *monclient.Attempt
				cfg := config(c)
				cfg.ConnectTimeout = 20 * time.Second
				cfg.OnSession = func(e monclient.SessionEvent) {
					if e.Kind == monclient.SessionAttempt && first == nil {
						first = &e.Attempt
						c.Mon("a").Heal()
						if !c.Mon("a").Alive() {
							_ = c.Mon("a").Start()
						}
					}
				}
				client, err := monclient.Connect(t.Context(), cfg)
				require.NoError(t, err)
				defer client.Close()
				require.NotNil(t, first, "the first attempt failed")
				if tt.want != nil {
					require.ErrorIs(t, first.Err, tt.want)
				}
			})
		})
	}
}

func TestKeepalivesThatAreDropped(t *testing.T) {
	bubble(t, montest.Options{Mons: 2}, func(t *testing.T, c *montest.Cluster) {
		lost := make(chan error, 1)
		client := connect(t, c, func(cfg *monclient.Config) {
			cfg.OnSession = func(e monclient.SessionEvent) {
				if e.Kind == monclient.SessionLost {
					lost <- e.Err
				}
			}
		})
		first := current(t, c, client)
		start := time.Now()
		first.DropKeepalives()
		require.ErrorIs(t, <-lost, monclient.ErrKeepalive)
		require.Equal(t, 12*time.Second, time.Since(start), "the next keepalive, and the time for its answer")
		synctest.Wait()
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
	})
}

func TestQuorumLostAndRegained(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		c.LoseQuorum()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := client.Command(ctx, monclient.Command{Prefix: "fsid"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = monclient.Connect(ctx, config(c))
		require.Error(t, err, "nobody new is let in")

		answered := make(chan error, 1)
		go func() {
			_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
			answered <- err
		}()
		<-time.After(5 * time.Second)
		c.RegainQuorum()
		require.NoError(t, <-answered)
	})
}

func TestCommandsOfTheUserAreDescribed(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		c.HandleCommand("deploy name=image,type=CephString name=count,type=CephInt,req=false", func(cmd montest.Command) montest.Result {
			return montest.Result{Status: cmd.String("count") + " of " + cmd.String("image")}
		})
		client := connect(t, c)
		r, err := client.Command(t.Context(), monclient.Command{Prefix: "get_command_descriptions"})
		require.NoError(t, err)
		var all map[string]struct{ Sig []any }
		require.NoError(t, json.Unmarshal(r.Output, &all))
		var found []any
		for _, d := range all {
			if d.Sig[0] == "deploy" {
				found = d.Sig
			}
		}
		require.Len(t, found, 3)
		r, err = client.Command(t.Context(), monclient.Command{Prefix: "deploy", Args: map[string]any{"image": "x", "count": 2}})
		require.NoError(t, err)
		require.Equal(t, "2 of x", r.Status)
		c.HandleCommand("deploy", nil)
		r, err = client.Command(t.Context(), monclient.Command{Prefix: "deploy"})
		require.NoError(t, err)
		require.Equal(t, int32(-22), r.Retval)
	})
}

func TestOutageDropsClientsInTheEnd(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		lost := make(chan error, 10)
		connect(t, c, func(cfg *monclient.Config) {
			cfg.OnSession = func(e monclient.SessionEvent) {
				if e.Kind == monclient.SessionLost {
					lost <- e.Err
				}
			}
		})
		start := time.Now()
		c.LoseQuorum()
		require.Error(t, <-lost)
		require.Equal(t, 25*time.Second, time.Since(start))
	})
}

func TestHandlersMayDoAnythingToTheCluster(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		c.HandleCommand("play", func(montest.Command) montest.Result {
			c.LoseQuorum()
			c.RegainQuorum()
			require.NoError(t, c.Advance("osdmap", 1))
			c.SetConfig("client", "debug_ms", "1")
			c.Log(monmsg.LogInfo, "played")
			return montest.Result{Status: c.MonMap().FSID.String()}
		})
		client := connect(t, c)
		for _, held := range []bool{false, true} {
			if held {
				c.LoseQuorum()
			}
			answered := make(chan string)
			go func() {
				r, err := client.Command(t.Context(), monclient.Command{Prefix: "play"})
				if err != nil {
					answered <- err.Error()
					return
				}
				answered <- r.Status
			}()
			synctest.Wait()
			if held {
				c.RegainQuorum()
			}
			require.Equal(t, client.FSID().String(), <-answered)
		}
	})
}

func TestMonitorDiesInTheMiddleOfACommand(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		runs := 0
		c.HandleCommand("deploy", func(cmd montest.Command) montest.Result {
			runs++
			if runs == 1 {
				c.Mon(cmd.Mon).Kill()
			}
			return montest.Result{Status: fmt.Sprint("run ", runs)}
		})
		client := connect(t, c)
		r, err := client.Command(t.Context(), monclient.Command{Prefix: "deploy"})
		require.NoError(t, err)
		require.True(t, r.Resent)
		require.Equal(t, "run 2", r.Status)
	})
}

func TestTicketsThatExpired(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		first := client.GlobalID()
		require.NoError(t, c.ExpireTickets())
		c.Mon("a").DropClients()
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		require.NotEqual(t, first, client.GlobalID(), "the old id could not be reclaimed")
	})
}

func TestTicketsAreRenewedInTime(t *testing.T) {
	bubble(t, montest.Options{Transcript: true}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		<-time.After(100 * time.Hour)
		synctest.Wait()
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		renewed := 0
		for _, f := range c.Transcript() {
			require.NotEqual(t, 2, f.Conn, "the session lasts")
			if f.Tag == "MAuthReply" {
				require.Equal(t, "0", f.Text)
				renewed++
			}
		}
		require.Greater(t, renewed, 100, "service tickets live for an hour")
	})
}

func TestMonitorsMoveAndGo(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		m := current(t, c, client)
		to := m.Addr()
		to.Port = 4400
		require.NoError(t, c.MoveMon(m.Name(), to))
		synctest.Wait()
		<-time.After(time.Second)
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		require.Equal(t, uint32(2), client.MonMap().Epoch)

		m = current(t, c, client)
		require.NoError(t, c.RemoveMon(m.Name()))
		<-time.After(time.Second)
		_, err = client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		require.Len(t, client.MonMap().Mons, 2)
		require.NotEqual(t, m.Name(), current(t, c, client).Name())
	})
}

func TestSubscriptions(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		next := func(s *monclient.Subscription) monclient.MapEvent {
			e, err := s.Next(t.Context())
			require.NoError(t, err)
			return e
		}
		sub := func(what string, start uint64) *monclient.Subscription {
			s, err := client.Subscribe(what, start, false)
			require.NoError(t, err)
			return s
		}
		osd := sub("osdmap", 0)
		e := next(osd)
		require.True(t, e.Full)
		require.NoError(t, cephmap.VerifyOSDMap(e.Data))
		require.NoError(t, c.Advance("osdmap", 90))
		for want := uint64(2); want <= 91; want++ {
			e := next(osd)
			require.Equal(t, want, e.Epoch)
			require.NoError(t, cephmap.VerifyOSDMapIncremental(e.Data))
		}

		config := sub("config", 0)
		require.Empty(t, next(config).Message.(*monmsg.MConfig).Options)
		c.SetConfig("osd", "x", "1")
		c.SetConfig("client", "debug_ms", "1")
		require.Equal(t, map[string]string{"debug_ms": "1"}, next(config).Message.(*monmsg.MConfig).Options)

		kv := sub("kv:a/", 0)
		next(kv)
		c.SetKV("a/b", []byte("v"))
		require.Equal(t, map[string][]byte{"a/b": []byte("v")}, next(kv).Message.(*monmsg.MKVData).Values)
		c.SetKV("a/b", nil)
		require.Equal(t, map[string][]byte{"a/b": nil}, next(kv).Message.(*monmsg.MKVData).Values)

		log := sub("log-info", 0)
		synctest.Wait()
		c.Log(monmsg.LogDebug, "hidden")
		c.Log(monmsg.LogWarn, "watch out")
		require.Equal(t, "watch out", next(log).Message.(*monmsg.MLog).Entries[0].Message)

		for what, whose := range map[string]string{"mgrmap": "mgrmap", "fsmap": "fsmap", "fsmap.user": "fsmap", "servicemap": "servicemap", "monmap": "monmap"} {
			s := sub(what, 0)
			first := next(s)
			require.NotEmpty(t, first.Data, what)
			require.NoError(t, c.Advance(whose, 1))
			require.Equal(t, first.Epoch+1, next(s).Epoch, what)
		}
		require.ErrorContains(t, c.Advance("osdmaps", 1), "none of monmap, osdmap")
	})
}

func TestForeignCorruptAndOldMaps(t *testing.T) {
	bubble(t, montest.Options{Mons: 2}, func(t *testing.T, c *montest.Cluster) {
		require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}))
		client := connect(t, c)
		before := client.MonMap()
		require.Equal(t, uint32(2), before.Epoch)
		for _, send := range []func(*montest.Mon){(*montest.Mon).SendCorruptMonMap, (*montest.Mon).SendOldMonMap} {
			<-time.After(time.Minute)
			send(current(t, c, client))
			<-time.After(time.Second)
			require.Same(t, before, client.MonMap())
			_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
			require.NoError(t, err)
		}
		foreign := uuid.New()
		for _, m := range c.Mons() {
			m.PretendFSID(foreign)
			m.DropClients()
		}
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.ErrorIs(t, err, monclient.ErrForeignCluster)
		for _, m := range c.Mons() {
			m.Heal()
		}
		<-time.After(16 * time.Second)
		_, err = client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		require.Equal(t, before.FSID, client.FSID())
	})
}

func TestReclaimThatIsRejected(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		first := client.GlobalID()
		c.Mon("a").DropClients()
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		require.Equal(t, first, client.GlobalID())
		c.RejectReclaim()
		c.Mon("a").DropClients()
		_, err = client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		require.NotEqual(t, first, client.GlobalID())
	})
}

func TestControl(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		c.Mon("a").Control(monmsg.TypeMonCommand, montest.Drop)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Command(ctx, monclient.Command{Prefix: "fsid"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = client.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err, "once")
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []montest.Options{{Mons: -1}, {Mons: 27}, {Release: 17}, {KeyType: cephx.AES256KRB5}, {Modes: []cephx.Mode{}}} {
		_, err := montest.New(o)
		require.ErrorContains(t, err, "montest: Options.")
	}
}

func TestEntities(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		key, err := c.AddEntity("client.reader", map[string]string{"mon": "allow r"})
		require.NoError(t, err)
		reader := connect(t, c, func(cfg *monclient.Config) {
			cfg.Name = denc.EntityName{Type: denc.EntityClient, ID: "reader"}
			cfg.Key = key
		})
		_, err = reader.Command(t.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(t, err)
		cfg := config(c)
		cfg.Key = key // of somebody else
		_, err = monclient.Connect(t.Context(), cfg)
		require.ErrorIs(t, err, cephx.ErrRejected)
	})
}

// TestManyClustersLeakNothing starts a thousand quorums, one after the other; goleak looks when all tests are done.
func TestManyClustersLeakNothing(t *testing.T) {
	for range 1000 {
		c, err := montest.New(montest.Options{Mons: 3})
		require.NoError(t, err)
		client, err := monclient.Connect(t.Context(), config(c))
		require.NoError(t, err)
		client.Close()
		c.Close()
	}
}

func BenchmarkStartConnectCommandClose(b *testing.B) {
	for b.Loop() {
		c, err := montest.New(montest.Options{})
		require.NoError(b, err)
		client, err := monclient.Connect(b.Context(), config(c))
		require.NoError(b, err)
		_, err = client.Command(b.Context(), monclient.Command{Prefix: "fsid"})
		require.NoError(b, err)
		client.Close()
		c.Close()
	}
}
