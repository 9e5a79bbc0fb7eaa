package montest_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// mgrMaps follows the map of the managers.
func mgrMaps(t *testing.T, client *monclient.Client) func() *cephmap.MgrMap {
	sub, err := client.Subscribe("mgrmap", 0, false)
	require.NoError(t, err)
	return func() *cephmap.MgrMap {
		e, err := sub.Next(t.Context())
		require.NoError(t, err)
		m, err := cephmap.DecodeMgrMap(e.Data)
		require.NoError(t, err)
		return m
	}
}

func TestMgrsChangePlaces(t *testing.T) {
	for _, release := range []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle} {
		bubble(t, montest.Options{Release: release, Mgrs: 2}, func(t *testing.T, c *montest.Cluster) {
			client := connect(t, c)
			next := mgrMaps(t, client)
			m := next()
			require.True(t, m.Available)
			require.Equal(t, "x", m.ActiveName)
			require.Equal(t, denc.EntityAddrVec{c.Mgr("x").Addr()}, m.ActiveAddrs)
			require.NotZero(t, m.ActiveAddrs[0].Nonce)
			require.Len(t, m.Standbys, 1)
			require.True(t, m.ActiveFeatures.Has(denc.FeatureServerOctopus))
			reply, err := client.Command(t.Context(), monclient.Command{Prefix: "mgr dump", Format: "json"})
			require.NoError(t, err)
			text, err := json.Marshal(m)
			require.NoError(t, err)
			require.JSONEq(t, string(text), string(reply.Output))

			began, old := time.Now(), m.ActiveAddrs[0]
			reply, err = client.Command(t.Context(), monclient.Command{Prefix: "mgr fail"})
			require.NoError(t, err)
			require.NoError(t, reply.Err())
			m = next()
			require.False(t, m.Available)
			require.Empty(t, m.ActiveAddrs)
			require.Nil(t, c.ActiveMgr())
			require.ErrorContains(t, c.FailMgr(), "none is active")
			m = next()
			require.True(t, m.Available)
			require.Equal(t, "y", m.ActiveName)
			require.Equal(t, time.Second, time.Since(began))
			require.True(t, c.Mgr("y").Active())
			m = next() // x is back
			require.Equal(t, "y", m.ActiveName)
			require.Len(t, m.Standbys, 1)
			require.NotEqual(t, old, c.Mgr("x").Addr())

			c.Mgr("y").Kill()
			require.False(t, next().Available)
			require.Equal(t, "x", next().ActiveName)
			c.Mgr("x").Kill()
			m = next()
			require.False(t, m.Available)
			require.False(t, c.Mgr("x").Alive())
			require.NoError(t, c.Mgr("x").Start())
			require.ErrorContains(t, c.Mgr("x").Start(), "mgr.x runs already")
			require.False(t, next().Available)
			require.Equal(t, "x", next().ActiveName)
			require.Nil(t, c.Mgr("z"))
		})
	}
}

func TestMgrCommandsThroughMonitors(t *testing.T) {
	bubble(t, montest.Options{Mgrs: 1}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		c.HandleMgrCommand("hello", func(cmd montest.Command) montest.Result {
			require.Empty(t, cmd.Mon)
			return montest.Result{Output: []byte(cmd.Mgr)}
		})
		reply, err := client.Command(t.Context(), monclient.Command{Prefix: "hello"})
		require.NoError(t, err)
		require.Equal(t, "x", string(reply.Output))
		var rows map[string]struct {
			Sig   []any  `json:"sig"`
			Flags uint64 `json:"flags"`
		}
		reply, err = client.Command(t.Context(), monclient.Command{Prefix: "get_command_descriptions"})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(reply.Output, &rows))
		flags := map[any]uint64{}
		for _, row := range rows {
			flags[row.Sig[0]] |= row.Flags
		}
		require.EqualValues(t, 8, flags["hello"]&8)
		require.EqualValues(t, 8, flags["balancer"]&8)
		require.Zero(t, flags["health"]&8)

		c.HandleMgrCommand("hello", nil)
		reply, err = client.Command(t.Context(), monclient.Command{Target: "mgr", Prefix: "hello"})
		require.NoError(t, err)
		require.ErrorIs(t, reply.Err(), denc.EINVAL)
		c.Mgr("x").Kill()
		reply, err = client.Command(t.Context(), monclient.Command{Prefix: "balancer status"})
		require.NoError(t, err)
		require.ErrorIs(t, reply.Err(), denc.EAGAIN)
	})
}

func TestMgrControl(t *testing.T) {
	bubble(t, montest.Options{Mgrs: 1, Transcript: true}, func(t *testing.T, c *montest.Cluster) {
		client := connect(t, c)
		c.Mgr("x").Control(monmsg.TypeMgrCommand, montest.Drop)
		_, err := client.StartCommand(monclient.Command{Target: "mgr", Prefix: "balancer on"}, -1, func(*monclient.Reply, error) {})
		require.NoError(t, err)
		reply, err := client.Command(t.Context(), monclient.Command{Target: "mgr", Prefix: "balancer status", Format: "json"})
		require.NoError(t, err)
		require.Contains(t, string(reply.Output), `"active":false`)
		reply, err = client.Command(t.Context(), monclient.Command{Target: "mgr.*", Prefix: "config show", Format: "json"})
		require.NoError(t, err)
		require.Contains(t, string(reply.Output), `"name":"mgr.x"`)
		synctest.Wait()
		require.Contains(t, c.Transcript().String(), "AUTH_REQUEST cephx [secure crc], an authorizer")
		require.Contains(t, c.Transcript().String(), "< MMgrCommand balancer on")
		require.Len(t, c.Mgr("x").Received(), 3)
	})
}

func TestTooManyMgrs(t *testing.T) {
	for _, n := range []int{-1, 4} {
		_, err := montest.New(montest.Options{Mgrs: n})
		require.ErrorContains(t, err, "Options.Mgrs")
	}
}
