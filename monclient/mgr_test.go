package monclient

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// mgrCommand runs a command for a manager, which must be answered.
func mgrCommand(t *testing.T, c *Client, target, prefix string) *Reply {
	t.Helper()
	reply, err := c.Command(t.Context(), Command{Target: target, Prefix: prefix, Format: "json"})
	require.NoError(t, err)
	return reply
}

// startMgr starts a command for the manager.
func startMgr(t *testing.T, c *Client, cmd Command) <-chan result {
	t.Helper()
	if cmd.Target == "" {
		cmd.Target = "mgr"
	}
	ch := make(chan result, 1)
	_, err := c.StartCommand(cmd, -1, func(r *Reply, err error) { ch <- result{r, err} })
	require.NoError(t, err)
	return ch
}

type result struct {
	reply *Reply
	err   error
}

// mgrDials returns how often a manager was dialled.
func (c *cluster) mgrDials(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls[c.Mgr(name).Addr().AddrPort().String()])
}

func TestMgrCommands(t *testing.T) {
	for _, o := range []montest.Options{
		{Release: cephmap.ReleasePacific},
		{Release: cephmap.ReleaseReef, Modes: []cephx.Mode{cephx.ModeCRC}},
		{Release: cephmap.ReleaseTentacle},
		{Release: cephmap.ReleaseTentacle, KeyType: cephx.AES},
		{NoAuth: true},
	} {
		t.Run(fmt.Sprint(o.Release, o.KeyType, o.NoAuth), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o.Mgrs = 2
				mons := startMons(t, 1, o)
				c := mons.connect()
				_, there := c.Mgr()
				require.False(t, there)
				synctest.Wait()
				for _, what := range subscribed(mons.Mon("a")) {
					require.NotContains(t, what, "mgrmap", "nobody needs it")
				}

				reply := mgrCommand(t, c, "mgr", "balancer status")
				require.NoError(t, reply.Err())
				require.JSONEq(t, `{"active":false,"mode":"upmap","plans":[]}`, string(reply.Output))
				require.Equal(t, "mgr.x", reply.From)
				require.Empty(t, reply.Mon)
				info, there := c.Mgr()
				require.True(t, there)
				require.Equal(t, "x", info.Name)
				require.Equal(t, mons.Mgr("x").Addr(), info.Addr)
				session, _ := c.Session()
				require.Equal(t, session.Local.Nonce, info.Local.Nonce)
				require.Equal(t, session.Mode, info.Mode)

				for _, target := range []string{"mgr.x", "mgr.*"} {
					reply = mgrCommand(t, c, target, "mgr_status")
					require.NoError(t, reply.Err())
					require.Contains(t, string(reply.Output), `"mgr":"x"`)
				}
				reply = mgrCommand(t, c, "mgr.*", "pg stat")
				require.ErrorIs(t, reply.Err(), denc.EINVAL)
				require.Equal(t, "unknown command prefix pg stat", reply.Status)
				reply = mgrCommand(t, c, "mgr", "version")
				require.Equal(t, "No handler found for 'version'", reply.Status)

				_, err := c.Command(t.Context(), Command{Target: "mgr.y", Prefix: "version"})
				require.Equal(t, denc.ENXIO, Errno(err))
				require.ErrorIs(t, err, ErrNotSent)
				require.ErrorContains(t, err, "mgr.y is not the active manager, which is mgr.x")

				for _, m := range mons.Mgr("x").Received() {
					if m, ok := m.(*monmsg.MCommand); ok {
						require.Equal(t, testFSID, m.FSID)
					}
				}
			})
		})
	}
}

func TestMgrDenies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		client := func(name string, caps map[string]string) *Client {
			key, err := mons.AddEntity(name, caps)
			require.NoError(t, err)
			return mons.connect(func(cfg *Config) {
				cfg.Name, _ = denc.ParseEntityName(name)
				cfg.Key = key
			})
		}
		none := client("client.none", map[string]string{"mon": "allow r"})
		reply := mgrCommand(t, none, "mgr", "pg stat")
		require.ErrorIs(t, reply.Err(), denc.EACCES)
		require.ErrorContains(t, reply.Err(), "does your client key have mgr caps?")
		reader := client("client.reader", map[string]string{"mon": "allow r", "mgr": "allow r"})
		require.NoError(t, mgrCommand(t, reader, "mgr", "pg stat").Err())
		require.ErrorIs(t, mgrCommand(t, reader, "mgr", "balancer on").Err(), denc.EACCES)
		require.ErrorIs(t, mgrCommand(t, reader, "mgr.x", "version").Err(), denc.EACCES)
	})
}

// hold has a manager keep commands without an answer until the returned function is called.
func hold(mons *cluster, prefix string) (release func()) {
	gate := make(chan struct{})
	mons.HandleMgrCommand(prefix, func(cmd montest.Command) montest.Result {
		<-gate
		return montest.Result{Output: []byte("from " + cmd.Mgr)}
	})
	return func() { close(gate) }
}

func TestMgrManyInFlight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		mons.HandleMgrCommand("echo name=n,type=CephInt", func(cmd montest.Command) montest.Result {
			return montest.Result{Output: []byte(cmd.String("n"))}
		})
		const n = 200
		var all []<-chan result
		for i := range n {
			all = append(all, startMgr(t, c, Command{Prefix: "echo", Args: map[string]any{"n": i}, Input: make([]byte, i)}))
		}
		for i, ch := range all {
			r := <-ch
			require.NoError(t, r.err)
			require.Equal(t, fmt.Sprint(i), string(r.reply.Output))
		}
		require.Equal(t, 1, mons.mgrDials("x"))
	})
}

func TestMgrFailover(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 2})
		c := mons.connect()
		release := hold(mons, "slow")
		again := startMgr(t, c, Command{Prefix: "slow"})
		once := startMgr(t, c, Command{Prefix: "slow", Resend: ResendNever})
		other := startMgr(t, c, Command{Target: "mgr.x", Prefix: "slow"})
		synctest.Wait()
		require.NoError(t, mons.FailMgr())
		r := <-once
		require.ErrorIs(t, r.err, ErrSessionLost)
		require.ErrorIs(t, r.err, ErrOutcomeUnknown)
		require.ErrorContains(t, r.err, "mgr.x")
		_, there := c.Mgr()
		require.False(t, there)
		later := startMgr(t, c, Command{Prefix: "pg stat"})
		began := time.Now()
		release()
		r = <-later
		require.NoError(t, r.err)
		require.Equal(t, "mgr.y", r.reply.From)
		require.False(t, r.reply.Resent)
		require.LessOrEqual(t, time.Since(began), 1100*time.Millisecond)
		r = <-again
		require.NoError(t, r.err)
		require.Equal(t, "from y", string(r.reply.Output))
		require.True(t, r.reply.Resent)
		r = <-other
		require.Equal(t, denc.ENXIO, Errno(r.err))
		require.ErrorIs(t, r.err, ErrOutcomeUnknown)
		after(5 * time.Second) // x is a standby now
		require.True(t, mons.Mgr("y").Active())
		require.NoError(t, mons.FailMgr())
		after(5 * time.Second)
		require.Equal(t, "mgr.x", mgrCommand(t, c, "mgr", "pg stat").From)
	})
}

// TestMgrCommandsAreNotKnownToRead has commands end that may be sent again only if they read.
func TestMgrCommandsAreNotKnownToRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 2})
		c := mons.connect(func(cfg *Config) { cfg.Resend = ResendReadOnly })
		mgrCommand(t, c, "mgr", "pg stat")
		synctest.Wait()
		release := hold(mons, "version")
		defer release()
		command := startMgr(t, c, Command{Prefix: "version"})
		tell := startMgr(t, c, Command{Target: "mgr.x", Prefix: "version"})
		synctest.Wait()
		require.NoError(t, mons.FailMgr())
		for _, ch := range []<-chan result{command, tell} {
			r := <-ch
			require.ErrorIs(t, r.err, ErrSessionLost)
			require.ErrorIs(t, r.err, ErrOutcomeUnknown)
		}
		require.Equal(t, "mgr.y", mgrCommand(t, c, "mgr", "pg stat").From)
	})
}

// TestMgrMapsThatChangeNothing has the map change for other reasons than the active manager.
func TestMgrMapsThatChangeNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 2})
		c := mons.connect()
		mgrCommand(t, c, "mgr", "pg stat")
		before, _ := c.Mgr()
		mons.Mgr("y").Kill()
		require.NoError(t, mons.Advance("mgrmap", 5))
		synctest.Wait()
		mgrCommand(t, c, "mgr", "pg stat")
		now, _ := c.Mgr()
		require.Equal(t, before, now)
		require.Equal(t, 1, mons.mgrDials("x"))
	})
}

func TestMgrKilledAndNoneLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		mgrCommand(t, c, "mgr", "pg stat")
		mons.Mgr("x").Kill()
		synctest.Wait()
		waiting := startMgr(t, c, Command{Prefix: "pg stat", Resend: ResendNever})
		named := startMgr(t, c, Command{Target: "mgr.x", Prefix: "version"})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := c.Command(ctx, Command{Target: "mgr", Prefix: "pg stat"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrNotSent)
		require.Equal(t, denc.ETIMEDOUT, Errno(err))
		require.ErrorContains(t, err, "has no active manager")
		require.NoError(t, mons.Mgr("x").Start())
		for _, ch := range []<-chan result{waiting, named} {
			r := <-ch
			require.NoError(t, r.err)
			require.False(t, r.reply.Resent)
		}
	})
}

func TestMgrFrozen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 2})
		c := mons.connect()
		mgrCommand(t, c, "mgr", "pg stat")
		mons.Mgr("x").Freeze()
		began := time.Now()
		once := startMgr(t, c, Command{Prefix: "pg stat", Resend: ResendNever})
		waiting := startMgr(t, c, Command{Prefix: "pg stat"})
		r := <-once
		require.ErrorIs(t, r.err, ErrKeepalive)
		require.ErrorIs(t, r.err, ErrOutcomeUnknown)
		require.Less(t, time.Since(began), 4*time.Second)
		after(20 * time.Second) // nobody has noticed
		require.NoError(t, mons.FailMgr())
		r = <-waiting
		require.NoError(t, r.err)
		require.Equal(t, "mgr.y", r.reply.From)
		require.Less(t, time.Since(began), 27*time.Second)
	})
}

func TestMgrUnreachable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		mons.Mgr("x").Refuse()
		began := time.Now()
		waiting := startMgr(t, c, Command{Prefix: "pg stat"})
		_, err := c.Command(withTimeout(t, 5*time.Second+time.Millisecond), Command{Target: "mgr", Prefix: "pg stat"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "mgr.x: ")
		require.Equal(t, 6, mons.mgrDials("x"), "one at once, and one a second")
		mons.Mgr("x").Heal()
		require.NoError(t, (<-waiting).err)
		require.Less(t, time.Since(began), 7*time.Second)

		// One that answers nothing has as long as a monitor.
		mons.Mgr("x").Silence()
		mons.Mgr("x").DropClients()
		synctest.Wait()
		_, err = c.Command(withTimeout(t, 15*time.Second), Command{Target: "mgr", Prefix: "pg stat"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no answer within 10s")
		require.ErrorIs(t, err, ErrNotSent)
	})
}

func withTimeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestMgrTicketsAreRenewed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		after(3 * time.Hour) // tickets live one hour
		began := time.Now()
		require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err())
		require.Zero(t, time.Since(began), "nothing was refused")
	})
}

func TestMgrRefusesATicket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		session, _ := c.Session()
		require.NoError(t, mons.KeyServer().WipeServices()) // and nobody tells
		began := time.Now()
		require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err())
		require.Zero(t, time.Since(began), "fresh tickets are tried at once")
		require.Equal(t, 2, mons.mgrDials("x"))
		now, _ := c.Session()
		require.Equal(t, session, now, "the session with the monitors goes on")
	})
}

func TestMgrAfterServiceKeysWereWiped(t *testing.T) {
	for _, keyType := range []cephx.KeyType{cephx.AES, cephx.AES256KRB5} {
		bubble(t, func(t *testing.T) {
			mons := startMons(t, 1, montest.Options{Mgrs: 1, Release: cephmap.ReleaseTentacle, KeyType: keyType})
			c := mons.connect()
			require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err())
			require.NoError(t, mons.WipeServiceKeys())
			synctest.Wait()
			require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err(), "the session goes on")
			mons.Mgr("x").DropClients()
			synctest.Wait()
			require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err())
			require.Equal(t, 2, mons.mgrDials("x"), "the old ticket was not tried")
		})
	}
}

func TestMgrRefusesForever(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		mons.onDial(func(address string) {
			if address == mons.Mgr("x").Addr().AddrPort().String() {
				_ = mons.KeyServer().WipeServices()
			}
		})
		began := time.Now()
		_, err := c.Command(ctx, Command{Target: "mgr", Prefix: "pg stat"})
		require.ErrorIs(t, err, cephx.ErrRejected)
		require.ErrorIs(t, err, ErrNotSent)
		require.Equal(t, denc.EACCES, Errno(err))
		require.InDelta(t, 30, time.Since(began).Seconds(), 2)
		mons.onDial(nil)
		require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err())
	})
}

func TestMgrWithoutMonitors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1, Mgrs: 1})
		c := mons.connect()
		mgrCommand(t, c, "mgr", "pg stat")
		mons.Mon("a").Kill()
		synctest.Wait()
		require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err(), "the manager needs no monitor for that")
		mons.Mgr("x").DropClients()
		synctest.Wait()
		require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err(), "and there is a ticket")
	})
}

func TestMgrSessionIsReleased(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		mgrCommand(t, c, "mgr", "pg stat")
		after(59 * time.Second)
		_, there := c.Mgr()
		require.True(t, there)
		after(2 * time.Second)
		_, there = c.Mgr()
		require.False(t, there)
		require.Equal(t, 1, mons.openConns())
		require.NoError(t, mgrCommand(t, c, "mgr", "pg stat").Err())
	})
}

func TestMgrCancelAndClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		release := hold(mons, "slow")
		defer release()
		got := make(chan result, 1)
		call, err := c.StartCommand(Command{Target: "mgr", Prefix: "slow"}, -1, func(r *Reply, err error) { got <- result{r, err} })
		require.NoError(t, err)
		synctest.Wait()
		call.Cancel()
		r := <-got
		require.ErrorIs(t, r.err, context.Canceled)
		require.ErrorIs(t, r.err, ErrOutcomeUnknown)

		_, err = c.StartCommand(Command{Target: "mgr", Prefix: "slow"}, time.Second, func(r *Reply, err error) { got <- result{r, err} })
		require.NoError(t, err)
		r = <-got
		require.ErrorIs(t, r.err, ErrTimeout)
		require.ErrorIs(t, r.err, ErrOutcomeUnknown)

		closing := startMgr(t, c, Command{Prefix: "slow"})
		synctest.Wait()
		require.NoError(t, c.Close())
		r = <-closing
		require.ErrorIs(t, r.err, ErrClosed)
		require.ErrorIs(t, r.err, ErrOutcomeUnknown)
		require.Zero(t, mons.openConns())
		_, there := c.Mgr()
		require.False(t, there)
	})
}

// TestMgrClosedWhileConnecting closes clients at every step of the way to the manager.
func TestMgrClosedWhileConnecting(t *testing.T) {
	for i := range 20 {
		bubble(t, func(t *testing.T) {
			mons := startMons(t, 1, montest.Options{Mgrs: 1})
			c := mons.connect()
			mons.Mon("a").Delay(time.Millisecond)
			ch := startMgr(t, c, Command{Prefix: "pg stat"})
			after(time.Duration(i) * 500 * time.Microsecond)
			require.NoError(t, c.Close())
			if r := <-ch; r.err != nil {
				require.ErrorIs(t, r.err, ErrClosed)
			}
			require.Zero(t, mons.openConns())
		})
	}
}

func TestMgrTargets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mgrs: 1})
		c := mons.connect()
		for _, target := range []string{"mgr.", "mgrx", "Mgr"} {
			_, err := c.Command(t.Context(), Command{Target: target, Prefix: "version"})
			require.Equal(t, denc.EINVAL, Errno(err), target)
			require.ErrorContains(t, err, "Command.Target")
		}
	})
}
