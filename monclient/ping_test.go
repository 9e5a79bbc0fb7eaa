package monclient

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// requirePong checks that a reply is that of a monitor.
func requirePong(t *testing.T, reply *PingReply, name string) {
	t.Helper()
	require.Equal(t, name, reply.Mon)
	var pong struct {
		Status struct {
			Name string `json:"name"`
		} `json:"mon_status"`
	}
	require.NoError(t, json.Unmarshal(reply.JSON, &pong))
	require.Equal(t, name, pong.Status.Name)
}

func TestPing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		client := mons.connect(onMonA)
		for _, name := range []string{"a", "b", "c"} {
			reply, err := client.Ping(t.Context(), name)
			require.NoError(t, err)
			requirePong(t, reply, name)
		}
		reply, err := client.Ping(t.Context(), "1") // a rank
		require.NoError(t, err)
		requirePong(t, reply, "b")
		mons.Mon("c").LeaveQuorum()
		reply, err = client.Ping(t.Context(), "c")
		require.NoError(t, err)
		requirePong(t, reply, "c")

		for name, errno := range map[string]denc.Errno{"": denc.EINVAL, "x": denc.ENOENT, "mon.a": denc.ENOENT, "-1": denc.ENOENT, "3": denc.ENOENT} {
			_, err := client.Ping(t.Context(), name)
			require.Equal(t, errno, Errno(err), "%q: %v", name, err)
			if name == "" {
				_, err = client.StartPing(name, 0, func(*PingReply, error) { t.Error("called") })
				require.Equal(t, errno, Errno(err))
			}
		}
		_, err = client.StartPing("a", 0, nil)
		require.Equal(t, denc.EINVAL, Errno(err))
		require.Equal(t, 1, mons.openConns())
		client.Close()
		_, err = client.Ping(t.Context(), "a")
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestPingTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 2})
		client := mons.connect(onMonA)
		b := mons.Mon("b")
		var failed *PingError

		b.ControlAll(monmsg.TypePing, montest.Drop)
		began := time.Now()
		_, err := client.Ping(t.Context(), "b")
		require.ErrorIs(t, err, ErrTimeout)
		require.Equal(t, denc.ETIMEDOUT, Errno(err))
		require.Equal(t, defaultPingTimeout, time.Since(began))
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.Alive, "it is there, though it does not answer")

		ended := make(chan error, 1)
		call, err := client.StartPing("b", time.Hour, func(_ *PingReply, err error) { ended <- err })
		require.NoError(t, err)
		after(time.Second)
		call.Cancel()
		require.ErrorIs(t, <-ended, context.Canceled)

		b.Freeze()
		began = time.Now()
		_, err = client.StartPing("b", 5*time.Second, func(_ *PingReply, err error) { ended <- err })
		require.NoError(t, err)
		err = <-ended
		require.Equal(t, 5*time.Second, time.Since(began))
		require.ErrorAs(t, err, &failed)
		require.False(t, failed.Alive)
		require.ErrorIs(t, err, ErrTimeout)
		b.Thaw()

		b.Kill()
		_, err = client.Ping(t.Context(), "b")
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "b", failed.Mon)
		require.False(t, failed.Alive)
		require.Equal(t, denc.ECONNREFUSED, Errno(err))
	})
}

func TestPingWithoutClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		cfg := mons.config()
		for _, name := range []string{"a", "c"} {
			reply, err := Ping(t.Context(), cfg, name)
			require.NoError(t, err)
			requirePong(t, reply, name)
		}
		for name, errno := range map[string]denc.Errno{"": denc.EINVAL, "x": denc.ENOENT} {
			_, err := Ping(t.Context(), cfg, name)
			require.Equal(t, errno, Errno(err), "%q: %v", name, err)
		}
		_, err := Ping(t.Context(), Config{}, "a")
		require.Equal(t, denc.ENOENT, Errno(err))

		// Where there are addresses only, the monitors say who is where.
		nameless := cfg
		nameless.MonMap = cephmap.NewMonMap(uuid.Nil, 0)
		for i, host := range []string{"c", "a", "b"} {
			name := "noname-" + string(rune('a'+i))
			require.NoError(t, nameless.MonMap.AddBootstrap(name, denc.EntityAddrVec{mons.Mon(host).Addr()}, 0, 0))
		}
		reply, err := Ping(t.Context(), nameless, "a")
		require.NoError(t, err)
		requirePong(t, reply, "a")
		_, err = Ping(t.Context(), nameless, "x")
		require.Equal(t, denc.ENOENT, Errno(err))

		mons.Mon("b").Kill()
		results, err := PingEach(t.Context(), nameless)
		require.NoError(t, err)
		require.Len(t, results, 3)
		for i, name := range []string{"a", "b", "c"} {
			require.Equal(t, name, results[i].Mon)
			if name == "b" {
				require.Equal(t, denc.ECONNREFUSED, Errno(results[i].Err))
				continue
			}
			require.NoError(t, results[i].Err)
			requirePong(t, results[i].Reply, name)
		}

		// A wrong key is as much as a monitor says of itself.
		wrong := nameless
		wrong.Key, err = cephx.GenerateKey(cephx.AES, time.Now(), nil)
		require.NoError(t, err)
		results, err = PingEach(t.Context(), wrong)
		require.NoError(t, err)
		alive := 0
		for _, r := range results {
			var failed *PingError
			require.ErrorAs(t, r.Err, &failed)
			if failed.Alive {
				alive++
				require.Equal(t, denc.EACCES, Errno(r.Err))
			}
		}
		require.Equal(t, 2, alive)
		_, err = Ping(t.Context(), wrong, "a")
		require.Equal(t, denc.EACCES, Errno(err))

		for _, m := range mons.Mons() {
			m.Freeze()
			defer m.Thaw()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = Ping(ctx, nameless, "a")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		began := time.Now()
		_, err = Ping(t.Context(), cfg, "a")
		require.ErrorIs(t, err, ErrTimeout)
		require.Equal(t, defaultPingTimeout, time.Since(began))
	})
}

func TestPingWithoutAuthentication(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1, NoAuth: true})
		reply, err := Ping(t.Context(), mons.config(), "a")
		require.NoError(t, err)
		requirePong(t, reply, "a")
	})
}
