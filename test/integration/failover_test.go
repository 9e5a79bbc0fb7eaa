package integration

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
)

// sent tells when something is written to a monitor.
type sent struct {
	armed atomic.Bool
	wrote chan struct{}
}

func (s *sent) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &sentConn{nc, s}, nil
}

type sentConn struct {
	net.Conn
	sent *sent
}

func (c *sentConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err == nil && c.sent.armed.CompareAndSwap(true, false) {
		close(c.sent.wrote)
	}
	return n, err
}

// testMonitorKilled kills the monitor of the session while it owes an answer: the command is sent again, to another
// one, and no epoch is missed.
func testMonitorKilled(t *testing.T, e env) {
	cfg := e.config(t)
	s := &sent{wrote: make(chan struct{})}
	cfg.Dial = s.dial
	c := connect(t, cfg)
	id := c.GlobalID()
	maps := subscribe(t, c, "osdmap", 0, false)
	first := next(t, maps)

	session, ok := c.Session()
	require.True(t, ok)
	victim := session.Mon
	require.NoError(t, e.Freeze(victim))
	s.armed.Store(true)
	type answer struct {
		reply *monclient.Reply
		err   error
	}
	answers := make(chan answer, 1)
	ctx := deadline(t)
	go func() {
		reply, err := c.Command(ctx, monclient.Command{Prefix: "osd set", Args: map[string]any{"key": "noout"}})
		answers <- answer{reply, err}
	}()
	<-s.wrote
	require.NoError(t, e.KillMon(victim))
	a := <-answers
	require.NoError(t, a.err)
	require.NoError(t, a.reply.Err())
	require.True(t, a.reply.Resent)

	session, ok = c.Session()
	require.True(t, ok)
	require.NotEqual(t, victim, session.Mon)
	require.Equal(t, id, c.GlobalID(), "the client is still the same to the monitors")
	output(t, c, monclient.Command{Prefix: "osd unset", Args: map[string]any{"key": "noout"}})
	requireAllEpochs(t, c, maps, first.Epoch)

	require.NoError(t, e.StartMon(victim))
	require.NoError(t, e.WaitQuorum(deadline(t), 3))
	output(t, c, monclient.Command{Prefix: "fsid"})
}

// requireAllEpochs reads a subscription to the OSD map from the epoch after last up to the newest.
func requireAllEpochs(t *testing.T, c *monclient.Client, maps *monclient.Subscription, last uint64) uint64 {
	t.Helper()
	newest, _, err := c.Version(deadline(t), "osdmap")
	require.NoError(t, err)
	require.Greater(t, newest, last)
	for last < newest {
		m := next(t, maps)
		require.Equal(t, last+1, m.Epoch)
		last = m.Epoch
	}
	return last
}

// testMonitorStopped restarts one monitor after the other, as an upgrade does.
func testMonitorStopped(t *testing.T, e env) {
	c := e.connect(t)
	id := c.GlobalID()
	maps := subscribe(t, c, "osdmap", 0, false)
	last := next(t, maps).Epoch
	for _, mon := range e.Mons() {
		require.NoError(t, e.StopMon(mon.Name))
		output(t, c, monclient.Command{Prefix: "osd set", Args: map[string]any{"key": "noscrub"}})
		require.NoError(t, e.StartMon(mon.Name))
		output(t, c, monclient.Command{Prefix: "osd unset", Args: map[string]any{"key": "noscrub"}})
		require.NoError(t, e.WaitQuorum(deadline(t), 3))
		last = requireAllEpochs(t, c, maps, last)
		require.Equal(t, id, c.GlobalID())
	}
}
