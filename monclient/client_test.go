package monclient

import (
	"context"
	"errors"
	"fmt"
	"math"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func TestConnectAndAsk(t *testing.T) {
	tests := []struct {
		name string
		o    montest.Options
		mode string
	}{
		{"cephx", montest.Options{Mons: 3}, "secure"},
		{"cephx in mode crc", montest.Options{Mons: 3, Modes: []cephx.Mode{cephx.ModeCRC}}, "crc"},
		{"none", montest.Options{Mons: 3, NoAuth: true}, "crc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 3, tt.o)
				c.answerCommand("osd tree")
				require.NoError(t, c.Advance("osdmap", 41))
				client := c.connect()

				info, ok := client.Session()
				require.True(t, ok)
				require.Equal(t, tt.mode, info.Mode)
				rank, _ := c.MonMap().RankOf(info.Mon)
				require.Equal(t, rank, info.Rank)
				require.Equal(t, testFSID, client.FSID())
				require.Equal(t, uint32(3), client.MonMap().Epoch)
				require.Contains(t, []uint64{4101, 4102, 4103}, client.GlobalID(), "one of those that the three attempts were given")

				r, err := client.Command(t.Context(), Command{Prefix: "osd tree", Format: "json", Args: map[string]any{"epoch": 7}, Input: []byte("in")})
				require.NoError(t, err)
				require.NoError(t, r.Err())
				require.Equal(t, "from "+info.Mon, string(r.Output))
				require.False(t, r.Resent)
				cmd := got[*monmsg.MMonCommand](c.Mon(info.Mon))[0]
				require.Equal(t, []string{`{"epoch":7,"format":"json","prefix":"osd tree"}`}, cmd.Cmd)
				require.Equal(t, testFSID, cmd.FSID)
				require.Equal(t, "in", string(cmd.Input))

				newest, oldest, err := client.Version(t.Context(), "osdmap")
				require.NoError(t, err)
				require.Equal(t, []uint64{42, 1}, []uint64{newest, oldest})
			})
		})
	}
}

func TestConnectCostsThisMuch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 3, montest.Options{})
		client := c.connect()
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.NoError(t, err)
		require.Equal(t, uint64(4101), client.GlobalID(), "the first that there is: no other was asked for")
		require.Len(t, c.dials("a"), 1)
		// One question for the map, one subscription, one command: nothing is asked twice.
		received := c.Mon("a").Received()
		require.Len(t, received, 3)
		require.IsType(t, &monmsg.MMonGetMap{}, received[0])
		sub := received[1].(*monmsg.MMonSubscribe)
		require.Equal(t, map[string]monmsg.Subscription{"monmap": {Start: 4}}, sub.What)
		require.Equal(t, "testhost", sub.Hostname)
		require.IsType(t, &monmsg.MMonCommand{}, received[2])
	})
}

func TestArgumentsKeepTheirType(t *testing.T) {
	tests := []struct {
		v    any
		want string
	}{
		{3600.0, "3600.0"}, {float32(1.5), "1.5"}, {1e30, "1e+30"}, {-0.25, "-0.25"}, {7, "7"}, {uint64(1) << 63, "9223372036854775808"},
		{true, "true"}, {"7", `"7"`}, {[]string{"a", "b"}, `["a","b"]`},
	}
	for _, tt := range tests {
		text, err := Command{Prefix: "p", Args: map[string]any{"a": tt.v}}.text()
		require.NoError(t, err)
		require.Equal(t, []string{`{"a":` + tt.want + `,"prefix":"p"}`}, text)
	}
	for _, v := range []any{math.NaN(), math.Inf(1), make(chan int)} {
		_, err := Command{Prefix: "p", Args: map[string]any{"a": v}}.text()
		require.ErrorContains(t, err, `command "p": arguments`)
	}
}

func TestNegativeAnswerIsNoError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		r, err := client.Command(t.Context(), Raw(`{"prefix":"nonsense","key":"secret"}`))
		require.NoError(t, err)
		require.Equal(t, int32(-22), r.Retval)
		require.EqualError(t, r.Err(), "command nonsense: EINVAL: command not known")
		require.ErrorIs(t, r.Err(), syscall.EINVAL)
		require.Equal(t, denc.EINVAL, Errno(r.Err()))
	})
}

func TestCommandIsResentWhenTheMonitorDies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.answerCommand("status")
		client := c.connect()
		first := c.current(client)
		deafen(first)
		type result struct {
			r   *Reply
			err error
		}
		done := make(chan result)
		go func() {
			r, err := client.Command(t.Context(), Command{Prefix: "status"})
			done <- result{r, err}
		}()
		synctest.Wait()
		require.Len(t, got[*monmsg.MMonCommand](first), 1)
		id := client.GlobalID()
		first.Kill()
		res := <-done
		require.NoError(t, res.err)
		require.True(t, res.r.Resent)
		require.Equal(t, "from "+c.current(client).Name(), string(res.r.Output))
		require.NotEqual(t, first.Name(), c.current(client).Name())
		require.Equal(t, id, client.GlobalID(), "the global_id is kept")
		require.Len(t, got[*monmsg.MMonCommand](c.current(client)), 1)
	})
}

func TestCancelledCommandIsNotResent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		first := c.current(client)
		deafen(first)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Command(ctx, Command{Prefix: "log"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "monclient: command log: context deadline exceeded (outcome unknown)")
		require.ErrorIs(t, err, ErrOutcomeUnknown)
		first.Kill()
		after(time.Minute)
		require.NotEqual(t, first.Name(), c.current(client).Name())
		for _, m := range c.Mons() {
			if m != first {
				require.Empty(t, got[*monmsg.MMonCommand](m), "mon.%s", m.Name())
			}
		}
	})
}

func TestCommandWithoutASessionSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect(func(cfg *Config) { cfg.OpTimeout = 2 * time.Second })
		c.Mon("a").Kill()
		synctest.Wait()
		_, ok := client.Session()
		require.False(t, ok)
		start := time.Now()
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.ErrorIs(t, err, ErrTimeout)
		require.Equal(t, 2*time.Second, time.Since(start))
		require.ErrorContains(t, err, "command status")
		require.ErrorContains(t, err, "mon.a v2:192.0.2.1:3300/0: dial: connection refused")
	})
}

func TestCloseEndsEveryCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		synctest.Wait()
		deafen(c.Mon("a"))
		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		errs := make(chan error)
		go func() { _, err := client.Command(t.Context(), Command{Prefix: "x"}); errs <- err }()
		go func() { _, _, err := client.Version(t.Context(), "osdmap"); errs <- err }()
		go func() { _, err := sub.Next(t.Context()); errs <- err }()
		go func() { _, err := client.WaitForMap(t.Context(), "mgrmap", 9); errs <- err }()
		synctest.Wait()
		require.Len(t, got[*monmsg.MMonCommand](c.Mon("a")), 1)
		require.Len(t, got[*monmsg.MMonGetVersion](c.Mon("a")), 1)
		require.NoError(t, client.Close())
		for range 4 {
			require.ErrorIs(t, <-errs, ErrClosed)
		}
		require.Zero(t, c.openConns())
		require.NoError(t, client.Close())
		_, err = client.Command(t.Context(), Command{Prefix: "x"})
		require.ErrorIs(t, err, ErrClosed)
		_, err = client.Subscribe("osdmap", 0, false)
		require.ErrorIs(t, err, ErrClosed)
		require.Equal(t, denc.ESHUTDOWN, Errno(err))
	})
}

func TestVersionOfAnUnknownMapIsRefusedHere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		_, _, err := client.Version(t.Context(), "mgrmap")
		require.ErrorIs(t, err, ErrUnknownMap)
		require.ErrorContains(t, err, `"mgrmap" is none of ["monmap" "osdmap" "fsmap" "mdsmap"]`)
		_, err = client.Subscribe("osdmaps", 0, false)
		require.ErrorIs(t, err, ErrUnknownMap)
		_, err = client.WaitForMap(t.Context(), "config", 1)
		require.ErrorIs(t, err, ErrUnknownMap)
		synctest.Wait()
		require.Len(t, c.Mon("a").Received(), 2, "the monmap's, and nothing else")
	})
}

func TestConfigIsChecked(t *testing.T) {
	valid := Config{MonHost: "10.0.0.1", Methods: []cephx.Method{cephx.MethodNone}}
	tests := []struct {
		name   string
		change func(*Config)
		want   error
		text   string
	}{
		{"no monitors", func(c *Config) { c.MonHost = "" }, nil, "no monitors"},
		{"only v1", func(c *Config) { c.MonHost = "v1:10.0.0.1:6789" }, ErrLegacyOnly, "only v1 addresses"},
		{"an address that is none", func(c *Config) { c.MonHost = "v2:10.0.0:1:2:3" }, nil, "mon_host"},
		{"a negative time", func(c *Config) { c.PingTimeout = -1 }, nil, "PingTimeout is negative"},
		{"no method", func(c *Config) { c.Methods = []cephx.Method{} }, cephx.ErrNoMethod, "method"},
		{"no key", func(c *Config) { c.Methods = []cephx.Method{cephx.MethodCephx} }, cephx.ErrNoKey, "client.admin"},
		{"no mode", func(c *Config) { c.Modes = []cephx.Mode{} }, cephx.ErrNoMethod, "mode"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := valid
			tt.change(&cfg)
			_, err := Connect(t.Context(), cfg)
			require.Error(t, err)
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
			}
			require.ErrorContains(t, err, tt.text)
		})
	}
}

func TestEveryErrorHasAnErrno(t *testing.T) {
	require.Equal(t, denc.Errno(0), Errno(nil))
	require.Equal(t, denc.EIO, Errno(errors.New("something")))
	require.Equal(t, denc.ECANCELED, Errno(fmt.Errorf("call: %w", context.Canceled)))
	for _, e := range errnos {
		require.Equal(t, e.errno, Errno(fmt.Errorf("wrapped: %w", e.err)), "%v", e.err)
	}
}
