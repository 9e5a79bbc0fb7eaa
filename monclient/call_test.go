package monclient

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
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

// completion is what a done function was told, and when. It is written on the client's goroutine and read after
// synctest.Wait, so that the race detector sees a call on any other goroutine.
type completion struct {
	times int
	at    time.Time
	reply *Reply
	err   error
}

func (c *completion) done(r *Reply, err error) {
	c.times++
	c.at, c.reply, c.err = time.Now(), r, err
}

// epochs is done for the other calls.
func (c *completion) epochs(_, _ uint64, err error) { c.done(nil, err) }
func (c *completion) epoch(_ uint64, err error)     { c.done(nil, err) }

// starts are all kinds of calls, none of which a deaf monitor answers.
var starts = []struct {
	name   string
	start  func(c *Client, timeout time.Duration, to *completion) (*Call, error)
	prefix string // of the error's text
	// What the text ends with when it was not sent, and when it was.
	notSent, unknown string
}{
	{"command", func(c *Client, timeout time.Duration, to *completion) (*Call, error) {
		return c.StartCommand(Command{Prefix: "status"}, timeout, to.done)
	}, "monclient: command status: ", " (not sent)", " (outcome unknown)"},
	{"version", func(c *Client, timeout time.Duration, to *completion) (*Call, error) {
		return c.StartVersion("osdmap", timeout, to.epochs)
	}, "monclient: version of osdmap: ", "", ""},
	{"map", func(c *Client, timeout time.Duration, to *completion) (*Call, error) {
		return c.StartWaitForMap("osdmap", 9, timeout, to.epoch)
	}, "monclient: wait for osdmap 9: ", "", ""},
}

// start starts a command whose completion is to be seen.
func start(t *testing.T, client *Client, timeout time.Duration) (*Call, *completion) {
	t.Helper()
	c := new(completion)
	call, err := client.StartCommand(Command{Prefix: "status"}, timeout, c.done)
	require.NoError(t, err)
	return call, c
}

func TestStartedCallsAreAnswered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		c.answerCommand("osd tree")
		require.NoError(t, c.Advance("osdmap", 41))
		client := c.connect()
		var (
			told completion
			list []uint64
		)
		_, err := client.StartCommand(Command{Prefix: "osd tree"}, 0, told.done)
		require.NoError(t, err)
		_, err = client.StartVersion("osdmap", 0, func(newest, oldest uint64, err error) {
			require.NoError(t, err)
			list = append(list, newest, oldest)
		})
		require.NoError(t, err)
		_, err = client.StartWaitForMap("osdmap", 43, 0, func(epoch uint64, err error) {
			require.NoError(t, err)
			list = append(list, epoch)
		})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 1, told.times)
		require.NoError(t, told.err)
		require.NoError(t, told.reply.Err())
		require.Equal(t, "from a", string(told.reply.Output))
		require.Equal(t, []uint64{42, 1}, list)
		require.NoError(t, c.Advance("osdmap", 1))
		synctest.Wait()
		require.Equal(t, []uint64{42, 1, 43}, list)
		require.NoError(t, c.Advance("osdmap", 1))
		require.NoError(t, client.Close())
		require.Equal(t, 1, told.times)
		require.Len(t, list, 3)
	})
}

func TestStartedCallsAreCompletedInOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		var want, got []int // without a lock: the functions run one at a time
		for i := range 500 {
			want = append(want, i)
			_, err := client.StartCommand(Command{Prefix: "status"}, 0, func(_ *Reply, err error) {
				require.NoError(t, err)
				got = append(got, i)
			})
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, want, got)
	})
}

func TestWhatCannotStartIsNotCompleted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		var told completion
		refused := func(call *Call, err error) error {
			t.Helper()
			require.Nil(t, call)
			require.Error(t, err)
			return err
		}
		require.ErrorContains(t, refused(client.StartCommand(Command{Prefix: "p", Args: map[string]any{"a": math.NaN()}}, 0, told.done)), `command "p": arguments`)
		require.ErrorIs(t, refused(client.StartVersion("mgrmap", 0, told.epochs)), ErrUnknownMap)
		require.ErrorIs(t, refused(client.StartWaitForMap("config", 1, 0, told.epoch)), ErrUnknownMap)
		for _, err := range []error{
			refused(client.StartCommand(Command{Prefix: "p"}, 0, nil)), refused(client.StartVersion("osdmap", 0, nil)),
			refused(client.StartWaitForMap("osdmap", 1, 0, nil)),
		} {
			require.ErrorContains(t, err, "the function to call is nil")
			require.Equal(t, denc.EINVAL, Errno(err))
		}
		_, err := client.SubscribeFunc("osdmap", 0, false, nil)
		require.EqualError(t, err, "monclient: subscribe to osdmap: the function to call is nil")
		_, err = client.SubscribeFunc("osdmaps", 0, false, func(MapEvent, error) { told.times++ })
		require.ErrorIs(t, err, ErrUnknownMap)

		require.NoError(t, client.Close())
		for _, tt := range starts {
			require.EqualError(t, refused(tt.start(client, 0, &told)), tt.prefix+"client closed"+tt.notSent)
		}
		_, err = client.SubscribeFunc("osdmap", 0, false, func(MapEvent, error) { told.times++ })
		require.ErrorIs(t, err, ErrClosed)
		require.Zero(t, told.times)
	})
}

func TestTimeoutsAreExact(t *testing.T) {
	for _, tt := range starts {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				client := c.connect(func(cfg *Config) { cfg.OpTimeout = 7 * time.Second })
				synctest.Wait()
				deafen(c.Mon("a"))
				begin := time.Now()
				var own, short, usual, none completion
				for timeout, to := range map[time.Duration]*completion{3 * time.Second: &own, 1: &short, 0: &usual, -1: &none} {
					_, err := tt.start(client, timeout, to)
					require.NoError(t, err)
				}
				after(time.Hour)
				require.Equal(t, time.Duration(1), short.at.Sub(begin))
				require.Equal(t, 3*time.Second, own.at.Sub(begin))
				require.EqualError(t, own.err, tt.prefix+"timed out"+tt.unknown)
				require.ErrorIs(t, own.err, ErrTimeout)
				require.ErrorIs(t, own.err, context.DeadlineExceeded)
				if tt.name == "map" {
					require.Zero(t, usual.times, "Config.OpTimeout is for commands and queries")
				} else {
					require.Equal(t, 7*time.Second, usual.at.Sub(begin))
					require.ErrorIs(t, usual.err, ErrTimeout)
				}
				require.Zero(t, none.times)
				require.NoError(t, client.Close())
				require.ErrorIs(t, none.err, ErrClosed)
				for _, told := range []completion{own, short, usual, none} {
					require.Equal(t, 1, told.times)
				}
			})
		})
	}
}

func TestTimeoutWithoutASessionSaysWhy(t *testing.T) {
	for _, tt := range starts {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				client := c.connect()
				c.Mon("a").Kill()
				synctest.Wait()
				begin := time.Now()
				var told completion
				_, err := tt.start(client, 2*time.Second, &told)
				require.NoError(t, err)
				after(2 * time.Second)
				synctest.Wait()
				require.Equal(t, 1, told.times)
				require.Equal(t, 2*time.Second, told.at.Sub(begin))
				require.ErrorIs(t, told.err, ErrTimeout)
				var why *ConnectError
				require.ErrorAs(t, told.err, &why)
				require.ErrorIs(t, told.err, syscall.ECONNREFUSED)
				require.ErrorContains(t, told.err, tt.prefix)
				require.Equal(t, denc.ETIMEDOUT, Errno(told.err))
			})
		})
	}
}

func TestStartedCallsAreToldThatTheKeyIsRefused(t *testing.T) {
	for _, tt := range starts {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				client := c.connect()
				after(2 * time.Second) // a session of some age
				deafen(c.Mon("a"))
				var before, later completion
				_, err := tt.start(client, -1, &before)
				require.NoError(t, err)
				synctest.Wait()
				c.KeyServer().SetFaults(cephx.ServerFaults{Refuse: func(denc.EntityName) bool { return true }})
				c.Mon("a").DropClients()
				synctest.Wait()
				require.Equal(t, 1, before.times)
				require.ErrorIs(t, before.err, cephx.ErrRejected)
				_, err = tt.start(client, -1, &later)
				require.NoError(t, err)
				synctest.Wait()
				require.Equal(t, 1, later.times)
				require.ErrorIs(t, later.err, cephx.ErrRejected)
			})
		})
	}
}

func TestCancel(t *testing.T) {
	for _, tt := range starts {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{Mons: 2})
				client := c.connect()
				synctest.Wait()
				first := c.current(client)
				deafen(first)
				var told [3]completion
				call, err := tt.start(client, 0, &told[0])
				require.NoError(t, err)
				call.Cancel() // before it was sent, perhaps
				call.Cancel()
				synctest.Wait()
				require.ErrorContains(t, told[0].err, tt.prefix+"context canceled")

				call, err = tt.start(client, time.Minute, &told[1])
				require.NoError(t, err)
				synctest.Wait() // it was sent
				require.Zero(t, told[1].times)
				call.Cancel()
				synctest.Wait()
				require.ErrorIs(t, told[1].err, context.Canceled)

				for _, m := range c.Mons() {
					m.Kill()
				}
				synctest.Wait()
				call, err = tt.start(client, time.Minute, &told[2])
				require.NoError(t, err)
				synctest.Wait()
				call.Cancel()
				synctest.Wait()
				var why *ConnectError
				require.ErrorAs(t, told[2].err, &why)
				require.ErrorIs(t, told[2].err, context.Canceled)
				require.Equal(t, denc.ECANCELED, Errno(told[2].err))

				for _, m := range c.Mons() {
					require.NoError(t, m.Start())
				}
				after(time.Hour)
				require.NoError(t, c.Advance("osdmap", 9)) // what the map's waiters waited for
				synctest.Wait()
				require.NoError(t, client.Close())
				call.Cancel()
				for _, one := range told {
					require.Equal(t, 1, one.times)
				}
				for _, m := range c.Mons() {
					if m != first {
						require.Empty(t, got[*monmsg.MMonCommand](m), "nothing is sent again")
						require.Empty(t, got[*monmsg.MMonGetVersion](m))
						for _, what := range subscribed(m) {
							require.NotContains(t, what, "osdmap")
						}
					}
				}
			})
		})
	}
}

func TestCancelOfACompletedCallChangesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		client := startMons(t, 1, montest.Options{}).connect()
		call, told := start(t, client, time.Minute)
		synctest.Wait()
		require.NoError(t, told.err)
		call.Cancel()
		after(time.Hour)
		require.Equal(t, 1, told.times)
	})
}

func TestCancelFromInsideDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		c.Mon("a").Control(monmsg.TypeMonCommand, montest.Drop)
		first, told := start(t, client, 0)
		var (
			own   atomic.Pointer[Call]
			times int
		)
		ready := make(chan struct{})
		call, err := client.StartCommand(Command{Prefix: "status"}, 0, func(_ *Reply, err error) {
			<-ready // own is set
			require.NoError(t, err)
			times++
			own.Load().Cancel()
			for range 1000 { // far more than anything has room for
				first.Cancel()
			}
		})
		require.NoError(t, err)
		own.Store(call)
		close(ready)
		synctest.Wait()
		require.Equal(t, 1, times)
		require.Equal(t, 1, told.times)
		require.ErrorIs(t, told.err, context.Canceled)
	})
}

func TestStartFromInsideDone(t *testing.T) {
	const n = 10_000
	t.Run("one after the other", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			client := startMons(t, 1, montest.Options{}).connect()
			times := 0
			var done func(*Reply, error)
			again := func() error {
				_, err := client.StartCommand(Command{Prefix: "status"}, time.Hour, done)
				return err
			}
			done = func(_ *Reply, err error) {
				require.NoError(t, err)
				if times++; times < n {
					require.NoError(t, again())
				}
			}
			require.NoError(t, again())
			synctest.Wait()
			require.Equal(t, n, times)
		})
	})
	t.Run("all at once", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			client := startMons(t, 1, montest.Options{}).connect()
			answered, cancelled := 0, 0
			_, err := client.StartVersion("osdmap", 0, func(_, _ uint64, err error) {
				require.NoError(t, err)
				for i := range n {
					call, err := client.StartCommand(Command{Prefix: "status"}, 0, func(_ *Reply, err error) {
						switch {
						case err == nil:
							answered++
						case errors.Is(err, context.Canceled):
							cancelled++
						}
					})
					require.NoError(t, err)
					if i%2 == 0 {
						call.Cancel()
					}
				}
			})
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, n, answered+cancelled)
			require.GreaterOrEqual(t, answered, n/2)
		})
	})
}

func TestCloseCompletesWhatIsPending(t *testing.T) {
	const n = 10_000
	for _, tt := range starts {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				client := c.connect()
				synctest.Wait()
				deafen(c.Mon("a"))
				told := make([]completion, n)
				for i := range told {
					timeout := time.Duration(-1)
					if i%3 == 0 {
						timeout = time.Minute
					}
					call, err := tt.start(client, timeout, &told[i])
					require.NoError(t, err)
					if i == n-1 {
						call.Cancel()
					}
				}
				require.NoError(t, client.Close())
				for i := range told { // before Close has returned
					require.Equal(t, 1, told[i].times)
					if i < n-1 {
						require.ErrorIs(t, told[i].err, ErrClosed)
					}
				}
				require.ErrorIs(t, told[n-1].err, context.Canceled, "what comes before Close counts")
				after(time.Hour)
				for i := range told {
					require.Equal(t, 1, told[i].times)
				}
			})
		})
	}
}

func TestSubscriptionsAreSentBeforeTheCommandsThatFollowThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		_, err := client.StartVersion("osdmap", 0, func(uint64, uint64, error) { // so that all three are looked at together
			_, err := client.Subscribe("osdmap", 0, false)
			require.NoError(t, err)
			_, err = client.StartCommand(Command{Prefix: "status"}, 0, func(*Reply, error) {})
			require.NoError(t, err)
			_, err = client.Subscribe("mgrmap", 0, false)
			require.NoError(t, err)
		})
		require.NoError(t, err)
		synctest.Wait()
		received := c.Mon("a").Received()
		last := received[len(received)-3:]
		require.Contains(t, last[0].(*monmsg.MMonSubscribe).What, "osdmap")
		require.IsType(t, &monmsg.MMonCommand{}, last[1])
		require.Contains(t, last[2].(*monmsg.MMonSubscribe).What, "mgrmap")
	})
}

func TestStartFromInsideDoneWhileClosing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		synctest.Wait()
		deafen(c.Mon("a"))
		var errs []error
		_, err := client.StartCommand(Command{Prefix: "status"}, 0, func(_ *Reply, err error) {
			_, again := client.StartVersion("osdmap", 0, func(uint64, uint64, error) { errs = nil })
			_, follow := client.SubscribeFunc("osdmap", 0, false, func(MapEvent, error) { errs = nil })
			errs = append(errs, err, again, follow)
		})
		require.NoError(t, err)
		require.NoError(t, client.Close())
		require.Len(t, errs, 3)
		for _, err := range errs {
			require.ErrorIs(t, err, ErrClosed)
		}
	})
}

func TestStartedCallsAreResent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.answerCommand("status")
		client := c.connect()
		synctest.Wait()
		first := c.current(client)
		deafen(first)
		var want, order []int
		for i := range 200 {
			want = append(want, i)
			_, err := client.StartCommand(Command{Prefix: "status"}, time.Hour, func(r *Reply, err error) {
				require.NoError(t, err)
				require.True(t, r.Resent)
				require.NotEqual(t, "from "+first.Name(), string(r.Output))
				order = append(order, i)
			})
			require.NoError(t, err)
		}
		var epoch uint64
		_, err := client.StartWaitForMap("osdmap", 2, 0, func(e uint64, err error) {
			require.NoError(t, err)
			epoch = e
		})
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, got[*monmsg.MMonCommand](first), 200)
		require.Empty(t, order)
		first.Kill()
		synctest.Wait()
		require.Equal(t, want, order)
		require.Zero(t, epoch)
		require.NoError(t, c.Advance("osdmap", 1))
		synctest.Wait()
		require.Equal(t, uint64(2), epoch)
	})
}

// TestCallsInFlightCostNoGoroutines: neither while they wait nor when all their times are up at once.
func TestCallsInFlightCostNoGoroutines(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const n = 100_000
		c := startMons(t, 1, montest.Options{NoAuth: true})
		client := c.connect()
		synctest.Wait()
		deafen(c.Mon("a"))
		before := runtime.NumGoroutine()
		begin := time.Now()
		var times atomic.Int64 // that fake time passes is nothing to the race detector
		most := 0
		done := func(_ *Reply, err error) {
			if !errors.Is(err, ErrTimeout) || time.Since(begin) != 5*time.Second {
				t.Errorf("completed with %v after %v", err, time.Since(begin))
			}
			if times.Add(1)%1000 == 0 {
				most = max(most, runtime.NumGoroutine())
			}
		}
		cmd := Raw(`{"prefix":"status"}`)
		for range n {
			_, err := client.StartCommand(cmd, 5*time.Second, done)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.LessOrEqual(t, runtime.NumGoroutine(), before)
		require.Zero(t, times.Load())
		after(5 * time.Second)
		synctest.Wait()
		require.Equal(t, int64(n), times.Load())
		require.LessOrEqual(t, most, before+1, "and a test that waits")
	})
}

func TestDeadlinesComeInOrder(t *testing.T) {
	var d deadlines
	begin := time.Now()
	calls := make([]*Call, 500)
	for i := range calls {
		calls[i] = &Call{deadline: begin.Add(time.Duration(rand.IntN(200)))}
		d.add(calls[i])
	}
	left := slices.Clone(calls)
	rand.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	for _, call := range left[:200] {
		d.remove(call)
	}
	left = left[200:]
	slices.SortFunc(left, func(a, b *Call) int { return a.deadline.Compare(b.deadline) })
	for _, call := range left {
		require.Equal(t, call.deadline, d.first().deadline)
		d.remove(d.first())
	}
	require.Nil(t, d.first())
}
