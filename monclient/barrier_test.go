package monclient

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestLatest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		require.NoError(t, c.Advance("osdmap", 9))
		client := c.connect()
		for _, what := range []string{"monmap", "osdmap", "mgrmap", "fsmap", "mdsmap", "servicemap"} {
			before := client.latestEpoch(t, what)
			require.Positive(t, before)
			if what == "mdsmap" {
				continue
			}
			require.NoError(t, c.Advance(what, 2))
			require.Equal(t, before+2, client.latestEpoch(t, what), what)
		}
		_, err := client.Latest(t.Context(), "config")
		require.ErrorIs(t, err, ErrUnknownMap)
		_, err = client.StartLatest("osdmap", 0, nil)
		require.Equal(t, denc.EINVAL, Errno(err))

		// Who follows the map has it by then, and it is not sent twice.
		w, err := client.WatchOSDMap(WatchOptions{})
		require.NoError(t, err)
		require.Equal(t, uint64(12), seen(t, w).Epoch)
		asked := len(subscribed(c.current(client)))
		require.Equal(t, uint64(12), client.latestEpoch(t, "osdmap"))
		require.Len(t, subscribed(c.current(client)), asked)

		// A session that is lost is no matter, at either step.
		for _, typ := range []uint16{monmsg.TypeMonGetVersion, monmsg.TypeMonSubscribe} {
			mon := c.current(client)
			mon.ControlAll(typ, montest.Drop)
			var got uint64
			_, err = client.StartLatest("mgrmap", time.Hour, func(epoch uint64, err error) {
				require.NoError(t, err)
				got = epoch
			})
			require.NoError(t, err)
			synctest.Wait()
			require.Zero(t, got)
			require.NoError(t, c.Advance("mgrmap", 1))
			mon.Kill()
			synctest.Wait()
			require.Equal(t, client.latestEpoch(t, "mgrmap"), got)
			require.NoError(t, mon.Start())
		}

		deafen(c.current(client))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.Latest(ctx, "osdmap")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "monclient: latest osdmap: ")
		call, err := client.StartLatest("fsmap", -1, func(_ uint64, err error) { require.ErrorIs(t, err, context.Canceled) })
		require.NoError(t, err)
		call.Cancel()
		require.NoError(t, client.Close())
		_, err = client.Latest(t.Context(), "osdmap")
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestReplyBehindABarrier(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		c.HandleCommand("change", func(montest.Command) montest.Result { return montest.Result{Output: []byte("done")} })
		var changes []func()
		change := func() {
			for _, f := range changes {
				f()
			}
		}
		for _, what := range []string{"osdmap", "mgrmap", "fsmap", "mdsmap", "servicemap", "monmap", "config", "kv:w/"} {
			changes = []func(){func() { _ = c.Advance(what, 1) }}
			change()
			reply, err := client.Command(t.Context(), Command{Prefix: "change", Barrier: what})
			require.NoError(t, err, what)
			require.Equal(t, "done", string(reply.Output))
			require.NotEmpty(t, reply.Mon)
			require.False(t, reply.Resent)
		}

		// The answer comes before the map does.
		w, err := client.WatchOSDMap(WatchOptions{})
		require.NoError(t, err)
		at := seen(t, w).Epoch
		mon := c.current(client)
		mon.Control(monmsg.TypeMonGetVersion, func(m monmsg.Message) bool {
			mon.Send(&monmsg.MMonGetVersionReply{Handle: m.(*monmsg.MMonGetVersion).Handle, Version: at + 1, Oldest: 1})
			return false
		})
		var replies []*Reply
		done := func(r *Reply, err error) {
			require.NoError(t, err)
			replies = append(replies, r)
		}
		_, err = client.StartCommand(Command{Prefix: "change", Barrier: "osdmap"}, time.Hour, done)
		require.NoError(t, err)
		synctest.Wait()
		require.Empty(t, replies)
		require.NoError(t, c.Advance("osdmap", 1))
		synctest.Wait()
		require.Len(t, replies, 1)
		require.Equal(t, at+1, seen(t, w).Epoch)

		// A command that has failed changes nothing.
		c.HandleCommand("refused", func(montest.Command) montest.Result { return montest.Fail(denc.EPERM, "no") })
		react(c.current(client), func(m monmsg.Message) bool { _, isCommand := m.(*monmsg.MMonCommand); return isCommand })
		reply, err := client.Command(t.Context(), Command{Prefix: "refused", Barrier: "osdmap"})
		require.NoError(t, err)
		require.Equal(t, denc.EPERM, Errno(reply.Err()))

		// The answer is not lost when the map does not come.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.Command(ctx, Command{Prefix: "change", Barrier: "osdmap"})
		var behind *BarrierError
		require.ErrorAs(t, err, &behind)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, ErrOutcomeUnknown)
		require.Equal(t, "done", string(behind.Reply.Output))
		require.Equal(t, "osdmap", behind.Map)
		require.ErrorContains(t, err, "monclient: command change: answered, but this client has not got the osdmap: ")

		// Nor is a session that is lost in between.
		replies = nil
		_, err = client.StartCommand(Command{Prefix: "change", Barrier: "osdmap", Resend: ResendNever}, time.Hour, done)
		require.NoError(t, err)
		synctest.Wait()
		require.Empty(t, replies)
		c.current(client).Kill()
		synctest.Wait()
		require.Len(t, replies, 1)
		require.False(t, replies[0].Resent)
	})
}
