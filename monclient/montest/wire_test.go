package montest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
	"github.com/libmonclient/libmonclient/msgr2"
)

func TestTranscript(t *testing.T) {
	bubble(t, montest.Options{Transcript: true}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		_, err := client.Command(t.Context(), monclient.Command{Prefix: "osd set", Args: map[string]any{"key": "noout"}, Input: []byte("xy")})
		require.NoError(t, err)
		_, err = client.Command(t.Context(), monclient.Command{Prefix: "config-key set", Args: map[string]any{"key": "k", "val": "hunter2"}})
		require.NoError(t, err)
		_, _, err = client.Version(t.Context(), "osdmap")
		require.NoError(t, err)
		<-time.After(11 * time.Second)
		synctest.Wait()
		require.Equal(t, `a 1 > HELLO mon
a 1 < HELLO client
a 1 < AUTH_REQUEST cephx client.admin [secure crc], a new global_id
a 1 > AUTH_REPLY_MORE
a 1 < AUTH_REQUEST_MORE
a 1 > AUTH_DONE secure
a 1 > AUTH_SIGNATURE
a 1 < AUTH_SIGNATURE
a 1 < CLIENT_IDENT
a 1 > SERVER_IDENT
a 1 < MMonGetMap
a 1 > MMonMap epoch 1
a 1 < MMonSubscribe monmap from 2
a 1 < MMonCommand osd set {"key":"noout"}, 2 bytes of input
a 1 > MMonCommandAck 0 "noout is set"
a 1 < MMonCommand config-key set
a 1 > MMonCommandAck 0 "set k"
a 1 < MMonGetVersion osdmap
a 1 > MMonGetVersionReply 2, oldest 1
`, c.Transcript().Without("KEEPALIVE2", "KEEPALIVE2_ACK").String())
		require.NotContains(t, c.Transcript().String(), "hunter2")
		require.Contains(t, c.Transcript().String(), "a 1 < KEEPALIVE2\na 1 > KEEPALIVE2_ACK\n")
	})
}

// rawClient connects without package monclient, as a client with other features would.
func rawClient(t *testing.T, c *montest.Cluster, features denc.Features) *msgr2.Conn {
	t.Helper()
	addr := c.Mon("a").Addr()
	nc, err := c.Dial(t.Context(), "tcp", addr.AddrPort().String())
	require.NoError(t, err)
	auth, err := cephx.NewHandshake(cephx.Config{Name: denc.EntityName{Type: denc.EntityClient, ID: "admin"}, Key: c.Key("client.admin")})
	require.NoError(t, err)
	conn, err := msgr2.Client(t.Context(), nc, msgr2.ClientConfig{Auth: auth, Target: addr, GID: -1, GlobalSeq: 1, Features: features})
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func sendTo(t *testing.T, conn *msgr2.Conn, m monmsg.Message) {
	t.Helper()
	v, compat := m.MsgVersion()
	require.NoError(t, conn.Send(&msgr2.Message{Type: m.MsgType(), Version: v, Compat: compat, Payload: m}))
}

func receiveFrom(t *testing.T, conn *msgr2.Conn) monmsg.Message {
	t.Helper()
	in, err := conn.Receive()
	require.NoError(t, err)
	m, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
	require.NoError(t, err)
	return m
}

func TestOldClientsGetTheirSubscriptionsAcknowledged(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		conn := rawClient(t, c, denc.FeaturesAll&^(1<<57)) // MON_STATEFUL_SUB
		sendTo(t, conn, &monmsg.MMonSubscribe{What: map[string]monmsg.Subscription{"monmap": {}, "nonsense": {}}})
		require.IsType(t, &monmsg.MMonMap{}, receiveFrom(t, conn))
		require.Equal(t, &monmsg.MMonSubscribeAck{Interval: 86400, FSID: c.MonMap().FSID}, receiveFrom(t, conn))
	})
}

func TestMessagesThatMonitorsAnswer(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		require.NoError(t, c.Advance("osdmap", 2))
		c.SetConfig("client.other", "debug_ms", "5")
		fsid := c.MonMap().FSID
		conn := rawClient(t, c, 0)
		ask := func(m monmsg.Message) monmsg.Message { sendTo(t, conn, m); return receiveFrom(t, conn) }

		require.Contains(t, ask(&monmsg.MPing{}).(*monmsg.MPing).Status, `"rank"`)
		osd := ask(&monmsg.MMonGetOSDMap{FullFirst: 2, FullLast: 9, IncFirst: 3, IncLast: 3}).(*monmsg.MOSDMap)
		require.Len(t, osd.Full, 2)
		require.Len(t, osd.Incrementals, 1)
		require.Equal(t, map[string]string{"debug_ms": "5"}, ask(&monmsg.MGetConfig{Name: denc.EntityName{Type: denc.EntityClient, ID: "other"}}).(*monmsg.MConfig).Options)
		log := &monmsg.MLog{FSID: fsid, Entries: []monmsg.LogEntry{{Seq: 7, Message: "x", Channel: "cluster"}}}
		require.Equal(t, uint64(7), ask(log).(*monmsg.MLogAck).Last)
		told := ask(&monmsg.MCommand{FSID: fsid, Cmd: []string{`{"prefix":"version"}`}}).(*monmsg.MCommandReply)
		require.Zero(t, told.Retval)
		require.Equal(t, int32(-13), ask(&monmsg.MCommand{Cmd: []string{`{"prefix":"version"}`}}).(*monmsg.MCommandReply).Retval, "a foreign fsid")
		require.Equal(t, int32(-1), ask(&monmsg.MMonCommand{Cmd: []string{`{"prefix":"fsid"}`}}).(*monmsg.MMonCommandAck).Retval)
		for cmd, status := range map[string]string{
			"{": "unparseable JSON {", `{"a":1}`: "command prefix not found", `{"prefix":"nonsense"}`: "command not known",
		} {
			ack := ask(&monmsg.MMonCommand{FSID: fsid, Cmd: []string{cmd}}).(*monmsg.MMonCommandAck)
			require.Equal(t, int32(-22), ack.Retval)
			require.Equal(t, status, ack.Status)
		}
		ack := ask(&monmsg.MMonCommand{FSID: fsid}).(*monmsg.MMonCommandAck)
		require.Equal(t, "no command specified", ack.Status)
	})
}

func TestUnknownMessagesEndTheConnection(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		conn := rawClient(t, c, 0)
		require.NoError(t, conn.Send(&msgr2.Message{Type: 9999, Version: 1}))
		_, err := conn.Receive()
		require.Error(t, err)
	})
}

func TestDelayAndSlowReader(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c, func(cfg *monclient.Config) { cfg.ProbeTimeout = 30 * time.Second })
		ask := func(cmd monclient.Command) time.Duration {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := client.Command(ctx, cmd)
			require.NoError(t, err)
			return time.Since(start)
		}
		require.Zero(t, ask(monclient.Command{Prefix: "fsid"}))
		c.Mon("a").Delay(300 * time.Millisecond)
		require.Equal(t, 300*time.Millisecond, ask(monclient.Command{Prefix: "fsid"}))
		c.Mon("a").Heal()
		c.Mon("a").SlowRead(10_000)
		took := ask(monclient.Command{Prefix: "fsid", Input: make([]byte, 50_000)})
		require.InDelta(t, 5, took.Seconds(), 1)
	})
}
