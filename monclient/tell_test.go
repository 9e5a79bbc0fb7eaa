package monclient

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// whoAnswers is a command that each monitor answers with its name.
const whoAnswers = "who"

func TestTellTargets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		mons.answerCommand(whoAnswers)
		client := mons.connect()
		for target, name := range map[string]string{"mon.a": "a", "mon.b": "b", "mon.c": "c", "mon.0": "a", "mon.2": "c"} {
			reply, err := client.Command(t.Context(), Command{Prefix: whoAnswers, Target: target})
			require.NoError(t, err)
			require.Equal(t, "from "+name, string(reply.Output))
			require.Equal(t, name, reply.Mon)
			require.Equal(t, "mon."+name, reply.From)
			require.False(t, reply.Resent)
		}
		reply, err := client.Command(t.Context(), Command{Prefix: whoAnswers})
		require.NoError(t, err)
		require.Equal(t, "mon."+mons.current(client).Name(), reply.From)
		require.Equal(t, 1, mons.openConns(), "each connection ends with its answer")

		for target, errno := range map[string]denc.Errno{
			"mon.x": denc.ENOENT, "mon.-1": denc.ENOENT, "mon.3": denc.ENOENT, "mon.": denc.ENOENT, "mon.mon.a": denc.ENOENT, "mon.99999999999": denc.ENOENT,
			"mon.*": denc.EINVAL, "mon": denc.EINVAL, "mgr.": denc.EINVAL, "osd.0": denc.EINVAL, "a": denc.EINVAL, "0": denc.EINVAL, "*": denc.EINVAL,
		} {
			_, err := client.Command(t.Context(), Command{Prefix: whoAnswers, Target: target})
			require.Equal(t, errno, Errno(err), "%s: %v", target, err)
			if errno == denc.EINVAL {
				require.ErrorContains(t, err, "Command.Target")
				_, err = client.StartCommand(Command{Prefix: whoAnswers, Target: target}, 0, func(*Reply, error) { t.Error("called") })
				require.Equal(t, errno, Errno(err))
			} else {
				require.ErrorIs(t, err, ErrUnknownMon)
				require.ErrorIs(t, err, ErrNotSent)
				require.ErrorContains(t, err, "has a, b, c")
			}
		}

		// What the monitor refuses is its answer, and no error.
		reply, err = client.Command(t.Context(), Command{Prefix: "no such", Target: "mon.b"})
		require.NoError(t, err)
		require.ErrorIs(t, reply.Err(), denc.EINVAL)
	})
}

func TestTellEach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		mons.answerCommand(whoAnswers)
		client := mons.connect()
		mons.Mon("b").Kill()
		for _, target := range []string{"", "mon.*"} {
			replies, err := client.TellEach(t.Context(), Command{Prefix: whoAnswers, Target: target})
			require.NoError(t, err)
			require.Len(t, replies, 3)
			for i, name := range []string{"a", "b", "c"} {
				require.Equal(t, name, replies[i].Mon)
				if name == "b" {
					require.Equal(t, denc.ENXIO, Errno(replies[i].Err))
					continue
				}
				require.NoError(t, replies[i].Err)
				require.Equal(t, "from "+name, string(replies[i].Reply.Output))
			}
		}
		_, err := client.TellEach(t.Context(), Command{Prefix: whoAnswers, Target: "mon.a"})
		require.Equal(t, denc.EINVAL, Errno(err))
		require.ErrorContains(t, err, "Command.Target")
		_, err = client.TellEach(t.Context(), Command{Prefix: whoAnswers, Args: map[string]any{"x": func() {}}})
		require.Error(t, err)
	})
}

// A monitor that works for longer than Ceph's clients wait does so once, and is heard.
func TestTellTakesItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1})
		times := 0
		mons.HandleCommand("slow", func(montest.Command) montest.Result {
			times++
			after(10 * time.Minute)
			return montest.Result{Output: []byte("done")}
		})
		client := mons.connect()
		reply, err := client.Command(t.Context(), Command{Prefix: "slow", Target: "mon.a"})
		require.NoError(t, err)
		require.Equal(t, "done", string(reply.Output))
		require.False(t, reply.Resent)
		require.Equal(t, 1, times)
	})
}

func TestTellDeadMonitor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		client := mons.connect(onMonA)
		mons.Mon("b").Kill()
		_, err := client.Command(t.Context(), Command{Prefix: "version", Target: "mon.b"})
		require.ErrorIs(t, err, ErrMonUnavailable)
		require.ErrorIs(t, err, ErrNotSent)
		require.Equal(t, denc.ENXIO, Errno(err))
		require.Len(t, mons.dials("b"), tellAttempts)

		// One that comes back in time is asked.
		done := make(chan error, 1)
		_, err = client.StartCommand(Command{Prefix: "version", Target: "mon.b"}, 0, func(_ *Reply, err error) { done <- err })
		require.NoError(t, err)
		after(10 * time.Millisecond)
		require.NoError(t, mons.Mon("b").Start())
		require.NoError(t, <-done)
	})
}

func TestTellFrozenMonitor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		client := mons.connect(onMonA)
		mons.Mon("b").Freeze()
		defer mons.Mon("b").Thaw()
		began := time.Now()
		_, err := client.Command(t.Context(), Command{Prefix: "version", Target: "mon.b"})
		require.Equal(t, denc.ENXIO, Errno(err))
		require.ErrorIs(t, err, ErrNotSent)
		require.InDelta(t, (tellAttempts * defaultHuntInterval).Seconds(), time.Since(began).Seconds(), 0.5)

		// The call's own time counts.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.Command(ctx, Command{Prefix: "version", Target: "mon.b"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ErrNotSent)
		require.ErrorContains(t, err, "mon.b")
	})
}

// onMonA has the session with mon.a, as long as that runs.
func onMonA(cfg *Config) {
	for i := range cfg.MonMap.Mons {
		cfg.MonMap.Mons[i].Priority = uint16(i)
	}
}

// breakTells has the monitors break their connections instead of answering the first n tells, and returns how often such a
// command was executed.
func breakTells(mons *cluster, n int) *int {
	times := new(int)
	mons.HandleCommand("fragile", func(cmd montest.Command) montest.Result {
		if *times++; *times <= n {
			mons.Mon(cmd.Mon).DropClients()
		}
		return montest.Result{Output: []byte("done")}
	})
	return times
}

func TestTellResend(t *testing.T) {
	for _, tt := range []struct {
		name   string
		resend Resend
		breaks int
		times  int
		errno  denc.Errno
	}{
		{"default", ResendDefault, 1, 2, 0},
		{"always", ResendAlways, 1, 2, 0},
		{"always, in vain", ResendAlways, 2, 2, denc.ENXIO},
		{"never", ResendNever, 1, 1, denc.ECONNRESET},
		{"what may write", ResendReadOnly, 1, 1, denc.ECONNRESET},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				mons := startMons(t, 1, montest.Options{Mons: 2})
				client := mons.connect(onMonA)
				times := breakTells(mons, tt.breaks)
				reply, err := client.Command(t.Context(), Command{Prefix: "fragile", Target: "mon.b", Resend: tt.resend})
				require.Equal(t, tt.errno, Errno(err), err)
				require.Equal(t, tt.times, *times)
				if err != nil {
					require.ErrorIs(t, err, ErrOutcomeUnknown)
					require.NotErrorIs(t, err, ErrNotSent)
					return
				}
				require.True(t, reply.Resent)
			})
		})
	}
}

// However a tell ends early, it is known whether the monitor may have it, and its connection ends with it.
func TestTellEndsEarly(t *testing.T) {
	ends := map[string]struct {
		end   func(client *Client, call *Call)
		cause error
		open  int
	}{
		"canceled":  {func(_ *Client, call *Call) { call.Cancel() }, context.Canceled, 1},
		"timed out": {func(*Client, *Call) {}, ErrTimeout, 1},
		"closed":    {func(client *Client, _ *Call) { client.Close() }, ErrClosed, 0},
	}
	for name, tt := range ends {
		for _, sent := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					mons := startMons(t, 1, montest.Options{Mons: 2})
					client := mons.connect(onMonA)
					if sent {
						mons.Mon("b").ControlAll(monmsg.TypeCommand, montest.Drop)
					} else {
						mons.Mon("b").Freeze()
						defer mons.Mon("b").Thaw()
					}
					ended := make(chan error, 2)
					call, err := client.StartCommand(Command{Prefix: "version", Target: "mon.b"}, 2*time.Second, func(_ *Reply, err error) { ended <- err })
					require.NoError(t, err)
					after(time.Second)
					tt.end(client, call)
					err = <-ended
					require.ErrorIs(t, err, tt.cause)
					if sent {
						require.ErrorIs(t, err, ErrOutcomeUnknown)
					} else {
						require.ErrorIs(t, err, ErrNotSent)
					}
					require.ErrorContains(t, err, "mon.b")
					after(time.Second)
					require.Empty(t, ended, "once only")
					require.Equal(t, tt.open, mons.openConns())
				})
			})
		}
	}
}

// A monitor that goes silent once it has the command is given up after as long as Ceph's clients take.
func TestTellMonitorGoesSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 2})
		client := mons.connect(onMonA)
		mons.HandleCommand("silence", func(cmd montest.Command) montest.Result {
			mons.Mon(cmd.Mon).Freeze()
			return montest.Result{}
		})
		defer mons.Mon("b").Thaw()
		began := time.Now()
		_, err := client.Command(t.Context(), Command{Prefix: "silence", Target: "mon.b", Resend: ResendNever})
		require.ErrorIs(t, err, ErrKeepalive)
		require.ErrorIs(t, err, ErrOutcomeUnknown)
		require.InDelta(t, defaultPingTimeout.Seconds(), time.Since(began).Seconds(), 2)
	})
}

func TestTellRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1})
		client := mons.connect()
		_, err := mons.RotateKey("client.admin")
		require.NoError(t, err)
		_, err = client.Command(t.Context(), Command{Prefix: "version", Target: "mon.a"})
		require.Equal(t, denc.EACCES, Errno(err))
		require.ErrorIs(t, err, cephx.ErrRejected)
		require.ErrorIs(t, err, ErrNotSent)
		_, ok := client.Session()
		require.True(t, ok, "the session does not mind")
	})
}

func TestTellWithNewKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1})
		keys := make(chan cephx.Key, 1)
		keys <- mons.Key("client.admin")
		client := mons.connect(func(cfg *Config) {
			cfg.KeySource = func(context.Context) (cephx.Key, error) {
				key := <-keys
				keys <- key
				return key, nil
			}
		})
		key, err := mons.RotateKey("client.admin")
		require.NoError(t, err)
		<-keys
		keys <- key
		reply, err := client.Command(t.Context(), Command{Prefix: "version", Target: "mon.a"})
		require.NoError(t, err)
		require.False(t, reply.Resent)
	})
}

// A monitor that does not let the client continue its identity is asked as a stranger.
func TestTellAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1})
		client := mons.connect()
		id := client.GlobalID()
		mons.RejectReclaim()
		_, err := client.Command(t.Context(), Command{Prefix: "version", Target: "mon.a"})
		require.NoError(t, err)
		require.Equal(t, id, client.GlobalID())
	})
}

// Neither a quorum nor a session is needed.
func TestTellWithoutQuorum(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 3})
		client := mons.connect(onMonA)
		mons.Mon("a").Kill()
		mons.Mon("b").Kill()
		for _, ok := client.Session(); ok; _, ok = client.Session() {
			after(time.Millisecond)
		}
		reply, err := client.Command(t.Context(), Command{Prefix: "mon_status", Target: "mon.c"})
		require.NoError(t, err)
		require.NoError(t, reply.Err())
		pong, err := client.Ping(t.Context(), "c")
		require.NoError(t, err)
		require.Contains(t, string(pong.JSON), "mon_status")
	})
}

func TestTellPanic(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 1})
		told := make(chan any, 8)
		bad := make(chan bool, 1) // whether there is something in it
		client := mons.connect(func(cfg *Config) {
			dial := cfg.Dial
			cfg.OnPanic = func(v any, _ []byte) { told <- v }
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if len(bad) > 0 {
					panic("dial")
				}
				return dial(ctx, network, address)
			}
		})
		bad <- true
		_, err := client.Command(t.Context(), Command{Prefix: "version", Target: "mon.a"})
		var caught *PanicError
		require.ErrorAs(t, err, &caught)
		require.Equal(t, "dial", <-told)
		<-bad
		_, err = client.Command(t.Context(), Command{Prefix: "version", Target: "mon.a"})
		require.NoError(t, err)
	})
}

// An answer that breaks off is none.
func TestTellBreaksOffInTheMiddle(t *testing.T) {
	for _, resend := range []Resend{ResendAlways, ResendNever} {
		t.Run(resend.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				mons := startMons(t, 1, montest.Options{Mons: 2})
				client := mons.connect(onMonA)
				large := make([]byte, 1<<20)
				times := 0
				mons.HandleCommand("large", func(cmd montest.Command) montest.Result {
					if times++; times == 1 {
						mons.Mon(cmd.Mon).ResetAfter(len(large) / 2)
					}
					return montest.Result{Output: large}
				})
				reply, err := client.Command(t.Context(), Command{Prefix: "large", Target: "mon.b", Resend: resend})
				if resend == ResendNever {
					require.ErrorIs(t, err, ErrOutcomeUnknown)
					require.ErrorIs(t, err, ErrSessionLost)
					require.Equal(t, 1, times)
					return
				}
				require.NoError(t, err)
				require.True(t, reply.Resent)
				require.Equal(t, large, reply.Output)
				require.EqualValues(t, 1, client.Stats().Resends)
			})
		})
	}
}

// What becomes of the session is nothing to a tell that is under way, not even that no monitor lets the client in any more.
func TestTellOutlivesTheSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		mons := startMons(t, 1, montest.Options{Mons: 2})
		client := mons.connect(onMonA)
		mons.HandleCommand("slow", func(montest.Command) montest.Result {
			after(time.Minute)
			return montest.Result{Output: []byte("done")}
		})
		done := make(chan error, 1)
		_, err := client.StartCommand(Command{Prefix: "slow", Target: "mon.b"}, 0, func(_ *Reply, err error) { done <- err })
		require.NoError(t, err)
		after(time.Second)
		_, err = mons.RotateKey("client.admin")
		require.NoError(t, err)
		mons.RejectReclaim()
		mons.Mon("a").DropClients()
		_, err = client.Command(t.Context(), Command{Prefix: "status"})
		require.Equal(t, denc.EACCES, Errno(err))
		require.Empty(t, done)
		require.NoError(t, <-done)
	})
}
