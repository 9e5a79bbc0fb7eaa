package montest_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
	"github.com/libmonclient/libmonclient/msgr2"
)

// raw is a connection without package monclient, which notes what comes, and when.
type raw struct {
	*msgr2.Conn
	t       *testing.T
	c       *montest.Cluster
	session *cephx.Session
	start   time.Time

	got  chan monmsg.Message
	lost chan time.Duration // since start; why is in err
	err  error
}

// call connects to a monitor as client.admin, as a new client or one that has been there before.
func call(t *testing.T, c *montest.Cluster, mon string, key cephx.Key, old *cephx.Session) (*raw, error) {
	t.Helper()
	addr := c.Mon(mon).Addr()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	nc, err := c.Dial(ctx, "tcp", addr.AddrPort().String())
	if err != nil {
		return nil, err
	}
	cfg := cephx.Config{Name: denc.EntityName{Type: denc.EntityClient, ID: "admin"}, Key: key}
	if old != nil {
		cfg.Previous = old.State()
	}
	auth, err := cephx.NewHandshake(cfg)
	require.NoError(t, err)
	conn, err := msgr2.Client(ctx, nc, msgr2.ClientConfig{Auth: auth, Target: addr, GID: -1, GlobalSeq: 1})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	r := &raw{Conn: conn, t: t, c: c, start: time.Now(), got: make(chan monmsg.Message, 100), lost: make(chan time.Duration, 1)}
	r.session, err = auth.Session()
	require.NoError(t, err)
	go r.read()
	return r, nil
}

// dialRaw connects to a monitor with the right key.
func dialRaw(t *testing.T, c *montest.Cluster, mon string) *raw {
	t.Helper()
	r, err := call(t, c, mon, c.Key("client.admin"), nil)
	require.NoError(t, err)
	return r
}

func (r *raw) read() {
	for {
		in, err := r.Receive()
		if err != nil {
			r.err = err
			r.lost <- time.Since(r.start)
			return
		}
		m, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
		if err == nil {
			r.got <- m
		}
	}
}

func (r *raw) send(m monmsg.Message) { sendTo(r.t, r.Conn, m) }

// took returns what has come, at this time of the bubble.
func (r *raw) took() (names []string) {
	synctest.Wait()
	for {
		select {
		case m := <-r.got:
			names = append(names, monmsg.TypeName(m.MsgType()))
		default:
			return names
		}
	}
}

// log asks for an entry in the cluster log.
func (r *raw) log(text string) {
	r.send(&monmsg.MMonCommand{FSID: r.c.MonMap().FSID, Cmd: []string{`{"prefix":"log","logtext":["` + text + `"]}`}})
}

// logged counts the entries of a text.
func logged(c *montest.Cluster, text string) int {
	n := 0
	for _, e := range c.LogEntries() {
		if e.Message == text && e.Channel == "cluster" {
			n++
		}
	}
	return n
}

func (r *raw) subscribe(start uint64, what ...string) {
	m := &monmsg.MMonSubscribe{What: make(map[string]monmsg.Subscription)}
	for _, w := range what {
		m.What[w] = monmsg.Subscription{Start: start}
	}
	r.send(m)
}

func TestBlackHole(t *testing.T) {
	bubble(t, montest.Options{Mons: 2}, func(t *testing.T, c *montest.Cluster) {
		r := dialRaw(t, c, "a")
		r.subscribe(2, "osdmap")
		require.Empty(t, r.took())
		c.Mon("a").BlackHole()
		r.log("lost for now")
		r.Keepalive()
		require.NoError(t, c.Advance("osdmap", 1))
		<-time.After(time.Hour)
		require.Empty(t, r.took())
		require.Zero(t, logged(c, "lost for now"))
		_, rtt := r.LastAck()
		require.Zero(t, rtt)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Dial(ctx, "tcp", c.Mon("a").Addr().AddrPort().String())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		dialRaw(t, c, "b")
		dialled := make(chan error, 1)
		go func() {
			nc, err := c.Dial(t.Context(), "tcp", c.Mon("a").Addr().AddrPort().String())
			if err == nil {
				nc.Close()
			}
			dialled <- err
		}()
		synctest.Wait()
		require.Empty(t, dialled)

		c.Mon("a").Heal()
		require.Equal(t, []string{"MOSDMap", "MMonCommandAck"}, r.took(), "what was written meanwhile arrives")
		require.Equal(t, 1, logged(c, "lost for now"))
		_, rtt = r.LastAck()
		require.Equal(t, time.Hour+time.Second, rtt)
		require.NoError(t, <-dialled)
		r.log("as before")
		require.Equal(t, []string{"MMonCommandAck"}, r.took())
	})
}

func TestBlackHoleHidesTheEnd(t *testing.T) {
	for _, end := range []func(*montest.Mon){(*montest.Mon).Kill, (*montest.Mon).DropClients} {
		bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
			r, m := dialRaw(t, c, "a"), c.Mon("a")
			r.subscribe(2, "osdmap")
			require.Empty(t, r.took())
			m.BlackHole()
			require.NoError(t, c.Advance("osdmap", 1))
			synctest.Wait()
			end(m)
			r.log("nobody hears it")
			<-time.After(time.Minute)
			require.Empty(t, r.took())
			require.Empty(t, r.lost)
			m.FillHole()
			require.Equal(t, []string{"MOSDMap"}, r.took(), "what the monitor had written before it went")
			require.Equal(t, time.Minute, <-r.lost)
			require.ErrorIs(t, r.err, io.EOF)
			require.Zero(t, logged(c, "nobody hears it"))
		})
	}
}

func TestBlackHoleTakesASendBufferAndNoMore(t *testing.T) {
	bubble(t, montest.Options{Mons: 1, Modes: []cephx.Mode{cephx.ModeCRC}}, func(t *testing.T, c *montest.Cluster) {
		r := dialRaw(t, c, "a")
		r.subscribe(0, "kv:k")
		require.Equal(t, []string{"MKVData"}, r.took())
		c.Mon("a").BlackHole()
		for range 20 { // the monitor's end waits in a write
			c.SetKV("k", make([]byte, 40_000))
		}
		<-time.After(time.Second)
		require.Empty(t, r.took())
		c.Mon("a").FillHole()
		require.Len(t, r.took(), 20)
		c.Mon("a").BlackHole()
		for range 20 {
			c.SetKV("k", make([]byte, 40_000))
		}
		synctest.Wait() // and at the end of the test the cluster closes all the same
	})
}

func TestBlackHoleOverTCP(t *testing.T) {
	c := montest.Start(t, montest.Options{TCP: true})
	r := dialRaw(t, c, "a")
	c.Mon("a").BlackHole()
	r.log("over TCP")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Dial(ctx, "tcp", c.Mon("a").Addr().AddrPort().String())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Zero(t, logged(c, "over TCP"))
	require.Empty(t, r.got)
	c.Mon("a").Heal()
	require.IsType(t, &monmsg.MMonCommandAck{}, <-r.got)
	require.Equal(t, 1, logged(c, "over TCP"))
}

func TestOneMonitorOutOfQuorum(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		fsid := c.MonMap().FSID
		r, other := dialRaw(t, c, "b"), dialRaw(t, c, "a")
		for _, x := range []*raw{r, other} {
			x.subscribe(2, "osdmap")
		}
		require.Empty(t, r.took())
		c.Mon("b").LeaveQuorum()
		r.log("held")
		r.send(&monmsg.MMonGetVersion{Handle: 7, What: "osdmap"})
		require.NoError(t, c.Advance("osdmap", 1))
		r.Keepalive()
		r.send(&monmsg.MMonGetMap{})
		r.send(&monmsg.MPing{})
		r.send(&monmsg.MCommand{FSID: fsid, Cmd: []string{`{"prefix":"mon_status"}`}})
		require.Equal(t, []string{"MMonMap", "MPing", "MCommandReply"}, r.took())
		acked, _ := r.LastAck()
		require.Equal(t, time.Now(), acked)
		require.Equal(t, []string{"MOSDMap"}, other.took(), "the others go on")

		_, err := call(t, c, "b", c.Key("client.admin"), nil)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "there is no id for a new client")
		var step *msgr2.HandshakeError
		require.ErrorAs(t, err, &step)
		require.Equal(t, msgr2.StepAuth, step.Step)

		require.Equal(t, 25*time.Second, <-r.lost, "the lease and two elections")
		for range 3 {
			again, err := call(t, c, "b", c.Key("client.admin"), r.session)
			require.NoError(t, err, "who has an id is let in")
			require.Equal(t, r.session.GlobalID(), again.session.GlobalID())
			require.Equal(t, 5*time.Second, <-again.lost)
		}
		require.Empty(t, other.lost)
		require.Zero(t, logged(c, "held"))

		again, err := call(t, c, "b", c.Key("client.admin"), r.session)
		require.NoError(t, err)
		again.log("held again")
		again.subscribe(3, "osdmap")
		require.Empty(t, again.took())
		require.NoError(t, c.Advance("osdmap", 2))
		require.Empty(t, again.took())
		c.Mon("b").JoinQuorum()
		require.Equal(t, []string{"MOSDMap", "MMonCommandAck"}, again.took())
		require.Equal(t, 1, logged(c, "held again"))
		require.Zero(t, logged(c, "held"), "its session is over")
		<-time.After(time.Minute)
		require.Empty(t, again.lost)
		dialRaw(t, c, "b")
	})
}

func TestTooFewAreNoQuorum(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		r := dialRaw(t, c, "a")
		c.Mon("b").LeaveQuorum()
		c.Mon("c").Kill()
		r.log("held")
		require.Empty(t, r.took())
		<-time.After(20 * time.Second)
		c.Mon("b").JoinQuorum()
		require.Equal(t, []string{"MMonCommandAck"}, r.took())
		<-time.After(20 * time.Second)
		require.Empty(t, r.lost, "it was not out for long enough")
		c.LoseQuorum()
		require.Equal(t, 65*time.Second, <-r.lost)
	})
}

func TestMonitorRemovedAndAddedElsewhere(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		r, other := dialRaw(t, c, "c"), dialRaw(t, c, "a")
		r.subscribe(2, "monmap")
		other.subscribe(2, "monmap")
		require.Empty(t, other.took())
		start := time.Now()
		require.NoError(t, c.RemoveMon("c"))
		require.Equal(t, 10*time.Millisecond, time.Since(start))
		require.Equal(t, []string{"MMonMap"}, r.took(), "its own clients get the map without it")
		require.Equal(t, 10*time.Millisecond, <-r.lost)
		require.Equal(t, []string{"MMonMap"}, other.took())
		_, err := call(t, c, "c", c.Key("client.admin"), nil)
		require.Error(t, err)
		m := c.MonMap()
		require.Equal(t, []uint32{2}, m.RemovedRanks)
		require.Error(t, c.RemoveMon("c"))

		before := c.Mon("c").Addr()
		added, err := c.AddMon("c", denc.EntityAddr{})
		require.NoError(t, err)
		require.Same(t, c.Mon("c"), added)
		require.NotEqual(t, before, added.Addr())
		require.Equal(t, []string{"MMonMap"}, other.took())
		m = c.MonMap()
		require.Equal(t, uint32(3), m.Epoch)
		require.Empty(t, m.RemovedRanks)
		rank, ok := m.RankOfAddr(added.Addr())
		require.True(t, ok)
		require.Equal(t, 2, rank)
		_, err = c.AddMon("c", denc.EntityAddr{})
		require.ErrorContains(t, err, "mon.c")
		d, err := c.AddMon("d", denc.EntityAddr{})
		require.NoError(t, err)
		require.NotEqual(t, added.Addr(), d.Addr())
		dialRaw(t, c, "c").log("from c")
		dialRaw(t, c, "d").log("from d")
		require.Equal(t, []string{"MMonMap"}, other.took())
		require.Equal(t, 1, logged(c, "from c"))
		require.Equal(t, 1, logged(c, "from d"))
		require.Empty(t, other.lost)
		require.Len(t, c.Mons(), 4)
	})
}

func TestMonitorMoved(t *testing.T) {
	bubble(t, montest.Options{Mons: 3}, func(t *testing.T, c *montest.Cluster) {
		r := dialRaw(t, c, "b")
		r.subscribe(2, "monmap")
		to := c.Mon("b").Addr()
		to.Port = 4400
		require.NoError(t, c.MoveMon("b", to))
		require.Equal(t, []string{"MMonMap"}, r.took())
		require.Equal(t, 10*time.Millisecond, <-r.lost)
		require.Equal(t, to, c.Mon("b").Addr())
		dialRaw(t, c, "b").log("here")
		synctest.Wait()
		require.Equal(t, 1, logged(c, "here"), "it is in quorum again")
	})
}

func TestOneMonitorLeavesTheMap(t *testing.T) {
	c, err := montest.New(montest.Options{Mons: 2})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.AddMon("", denc.EntityAddr{})
	require.ErrorContains(t, err, "no name")
	require.ErrorContains(t, c.RemoveMon("x"), "no mon.x")
	require.ErrorContains(t, c.MoveMon("x", denc.EntityAddr{}), "no mon.x")
	require.NoError(t, c.RemoveMon("b"))
	require.NoError(t, c.UpdateMonMap(func(*cephmap.MonMap) {}), "one of one is a quorum")
}

// renewal sends what the session wants renewed, after d.
func (r *raw) renewal(d time.Duration) (result int32) {
	r.t.Helper()
	<-time.After(d)
	payload, err := r.session.RenewRequest()
	require.NoError(r.t, err)
	require.NotNil(r.t, payload)
	r.send(&monmsg.MAuth{Protocol: 2, Payload: payload})
	reply, ok := (<-r.got).(*monmsg.MAuthReply)
	require.True(r.t, ok)
	return reply.Result
}

func TestRotatedKey(t *testing.T) {
	for _, release := range []cephmap.Release{cephmap.ReleaseReef, cephmap.ReleaseTentacle} {
		bubble(t, montest.Options{Release: release}, func(t *testing.T, c *montest.Cluster) {
			require.NoError(t, c.SetTicketTTL(10*time.Second, time.Hour))
			old := c.Key("client.admin")
			r := dialRaw(t, c, "a")
			key, err := c.RotateKey("client.admin")
			require.NoError(t, err)
			require.True(t, key.Equal(c.Key("client.admin")))
			require.Equal(t, old.Type(), key.Type())
			r.log("the session goes on")
			require.Equal(t, []string{"MMonCommandAck"}, r.took())
			_, err = call(t, c, "a", old, r.session)
			require.ErrorIs(t, err, cephx.ErrRejected)
			again, err := call(t, c, "a", key, r.session)
			require.NoError(t, err)
			require.Equal(t, r.session.GlobalID(), again.session.GlobalID(), "the old ticket with the new key")
			require.Equal(t, int32(-13), r.renewal(8*time.Second))
			<-time.After(time.Second)
			if release == cephmap.ReleaseTentacle {
				require.Equal(t, 8*time.Second+10*time.Millisecond, <-r.lost)
			} else {
				require.Empty(t, r.lost)
			}
			_, err = c.RotateKey("client.nobody")
			require.ErrorContains(t, err, "client.nobody")
			_, err = c.RotateKey("nobody")
			require.Error(t, err)
		})
	}
}

func TestTicketsThatLiveForSeconds(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		require.NoError(t, c.SetTicketTTL(5*time.Second, 5*time.Second))
		require.Error(t, c.SetTicketTTL(-1, 0))
		r := dialRaw(t, c, "a")
		for range 10 {
			<-time.After(4 * time.Second)
			payload, err := r.session.RenewRequest()
			require.NoError(t, err)
			require.NotNil(t, payload)
			r.send(&monmsg.MAuth{Protocol: 2, Payload: payload})
			reply := (<-r.got).(*monmsg.MAuthReply)
			require.NoError(t, r.session.RenewReply(reply.Result, reply.Payload))
		}
	})
}

func TestPendingKey(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		r := dialRaw(t, c, "a")
		fsid := c.MonMap().FSID
		ask := func(prefix string) *monmsg.MMonCommandAck {
			r.send(&monmsg.MMonCommand{FSID: fsid, Cmd: []string{`{"prefix":"` + prefix + `","entity":"client.admin"}`}})
			ack := (<-r.got).(*monmsg.MMonCommandAck)
			require.Zero(t, ack.Retval, ack.Status)
			return ack
		}
		old := c.Key("client.admin")
		pending := func() cephx.Key {
			for line := range strings.Lines(string(ask("auth get-or-create-pending").Output)) {
				if text, ok := strings.CutPrefix(line, "\tpending key = "); ok {
					key, err := cephx.ParseKey(strings.TrimSpace(text))
					require.NoError(t, err)
					return key
				}
			}
			require.Fail(t, "no pending key")
			return cephx.Key{}
		}
		try := func(key cephx.Key) error {
			_, err := call(t, c, "a", key, nil)
			return err
		}
		key := pending()
		require.True(t, key.Equal(pending()), "the one that is there")
		require.NoError(t, try(old))
		require.NoError(t, try(key))
		ask("auth clear-pending")
		require.ErrorIs(t, try(key), cephx.ErrRejected)
		key = pending()
		ask("auth commit-pending")
		require.ErrorIs(t, try(old), cephx.ErrRejected)
		require.NoError(t, try(key))
		require.True(t, key.Equal(c.Key("client.admin")))
		require.Equal(t, "no pending key", ask("auth commit-pending").Status)
		r.send(&monmsg.MMonCommand{FSID: fsid, Cmd: []string{`{"prefix":"auth rotate","entity":"client.admin"}`}})
		require.Equal(t, "command not known", (<-r.got).(*monmsg.MMonCommandAck).Status, "before Tentacle")
	})
}
