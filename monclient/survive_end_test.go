package monclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// logCommand is a command that makes an entry of a text.
func logCommand(text string) Command {
	return Command{Prefix: "log", Args: map[string]any{"logtext": []string{text}}}
}

// sentTo counts the commands with a text that a monitor was sent, whatever became of them.
func sentTo(m *montest.Mon, text string) (n int) {
	for _, cmd := range got[*monmsg.MMonCommand](m) {
		for _, s := range cmd.Cmd {
			if s == fmt.Sprintf(`{"logtext":[%q],"prefix":"log"}`, text) {
				n++
			}
		}
	}
	return n
}

// endings are the ways in which commands have ended, by text.
type endings map[string][]error

// start starts a command and notes its end, on the client's goroutine.
func (e endings) start(t *testing.T, client *Client, text string, timeout time.Duration) *Call {
	t.Helper()
	call, err := client.StartCommand(logCommand(text), timeout, func(_ *Reply, err error) { e[text] = append(e[text], err) })
	require.NoError(t, err)
	return call
}

func TestCloseWithWorkInFlight(t *testing.T) {
	for _, policy := range []Resend{ResendAlways, ResendNever, ResendReadOnly} {
		for _, hunting := range []bool{false, true} {
			for n := range 2 {
				t.Run(fmt.Sprintf("%v/hunting %v/%d standbys", policy, hunting, n), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						c := startMons(t, 1, montest.Options{Mons: 3})
						client := c.connect(standbys(n), func(cfg *Config) { cfg.Resend = policy })
						after(time.Second)
						c.LoseQuorum() // so that nothing is answered
						ends := make(endings)
						results := make(chan error, 100)
						for i := range 20 {
							ends.start(t, client, fmt.Sprintf("sent %d", i), 0)
						}
						for range 20 {
							go func() {
								_, err := client.Command(t.Context(), Command{Prefix: "fsid"})
								results <- err
							}()
							go func() {
								_, _, err := client.Version(t.Context(), "osdmap")
								results <- err
							}()
						}
						synctest.Wait()
						if hunting {
							for _, m := range c.Mons() {
								m.BlackHole()
							}
							after(30 * time.Second)
							synctest.Wait()
							_, there := client.Session()
							require.False(t, there)
						}
						for i := range 20 {
							ends.start(t, client, fmt.Sprintf("late %d", i), 0)
						}
						synctest.Wait()
						require.NoError(t, client.Close())
						require.Len(t, ends, 40)
						for text, errs := range ends {
							require.Len(t, errs, 1, "%s", text)
							unknown := !hunting || text[:4] == "sent"
							require.Equal(t, unknown, errors.Is(errs[0], ErrOutcomeUnknown), "%s: %v", text, errs[0])
							require.Equal(t, !unknown, errors.Is(errs[0], ErrNotSent), "%s: %v", text, errs[0])
							if hunting && text[:4] == "sent" && policy != ResendAlways {
								require.ErrorIs(t, errs[0], ErrSessionLost, "it ended with its session")
								require.ErrorIs(t, errs[0], net.ErrClosed)
							} else {
								require.ErrorIs(t, errs[0], ErrClosed)
								require.Equal(t, denc.ESHUTDOWN, Errno(errs[0]))
							}
						}
						for range 40 {
							err := <-results
							require.Error(t, err)
							require.True(t, errors.Is(err, ErrClosed) || errors.Is(err, ErrSessionLost), "%v", err)
						}
						synctest.Wait()
						require.Empty(t, results)
						require.Zero(t, c.openConns())
						_, err := client.StartCommand(logCommand("too late"), 0, func(*Reply, error) { t.Error("it was not accepted") })
						require.ErrorIs(t, err, ErrClosed)
						require.ErrorIs(t, err, ErrNotSent)
						_, err = client.Command(t.Context(), logCommand("too late"))
						require.ErrorIs(t, err, ErrNotSent)
						for _, m := range c.Mons() {
							m.Heal()
						}
						c.RegainQuorum()
						after(time.Minute)
						require.Zero(t, sentTo(c.Mon("a"), "too late")+sentTo(c.Mon("b"), "too late")+sentTo(c.Mon("c"), "too late"))
					})
				})
			}
		}
	}
}

// TestWithdrawnCommandsAreNeverResent: canceled, or their time is up, while the monitor that has them is silent. They are not
// asked of another one.
func TestWithdrawnCommandsAreNeverResent(t *testing.T) {
	for _, fault := range []func(*montest.Mon){(*montest.Mon).Freeze, (*montest.Mon).BlackHole, (*montest.Mon).LeaveQuorum} {
		for n := range 2 {
			bubble(t, func(t *testing.T) {
				a := startAsking(t, standbys(n))
				fault(a.victim)
				ends := make(endings)
				call := ends.start(t, a.client, "canceled", 0)
				ends.start(t, a.client, "timed out", 300*time.Millisecond)
				ends.start(t, a.client, "kept", 0)
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := a.client.Command(ctx, logCommand("given up"))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, err, ErrOutcomeUnknown)
				call.Cancel()
				call.Cancel()
				after(30 * time.Second)
				synctest.Wait()
				require.Len(t, ends["canceled"], 1)
				require.ErrorIs(t, ends["canceled"][0], context.Canceled)
				require.ErrorIs(t, ends["canceled"][0], ErrOutcomeUnknown)
				require.Len(t, ends["timed out"], 1)
				require.ErrorIs(t, ends["timed out"][0], ErrTimeout)
				require.ErrorIs(t, ends["timed out"][0], ErrOutcomeUnknown)
				require.Equal(t, []error{nil}, ends["kept"])
				kept := 0
				for _, m := range a.Mons() {
					if m == a.victim {
						continue
					}
					kept += sentTo(m, "kept")
					for _, text := range []string{"canceled", "timed out", "given up"} {
						require.Zero(t, sentTo(m, text), "%s was sent to mon.%s", text, m.Name())
					}
				}
				require.Equal(t, 1, kept)
			})
		}
	}
}

// TestCommandsThatWereNeverSent: there is no monitor to send them to, and then their callers do not wait any longer.
func TestCommandsThatWereNeverSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := startAsking(t)
		for _, m := range a.Mons() {
			m.Kill()
		}
		synctest.Wait()
		ends := make(endings)
		call := ends.start(t, a.client, "canceled", 0)
		ends.start(t, a.client, "timed out", 300*time.Millisecond)
		ends.start(t, a.client, "sent in the end", 0)
		call.Cancel()
		after(time.Second)
		for _, m := range a.Mons() {
			require.NoError(t, m.Start())
		}
		after(time.Minute)
		synctest.Wait()
		for text, errs := range ends {
			require.Len(t, errs, 1, text)
			if text == "sent in the end" {
				require.NoError(t, errs[0])
			} else {
				require.ErrorIs(t, errs[0], ErrNotSent, text)
				require.NotErrorIs(t, errs[0], ErrOutcomeUnknown, text)
			}
		}
		times := 0
		for _, e := range a.LogEntries() {
			if e.Channel == "cluster" {
				require.Equal(t, "sent in the end", e.Message)
				times++
			}
		}
		require.Equal(t, 1, times)
	})
}

// TestNegativeAnswersAreAnswers: a monitor that refuses a command has not lost it.
func TestNegativeAnswersAreAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := startAsking(t)
		r, err := a.client.Command(t.Context(), Command{Prefix: "nonsense", Resend: ResendNever})
		require.NoError(t, err)
		require.False(t, r.Resent)
		require.Equal(t, a.victim.Name(), r.Mon)
		var refused *CommandError
		require.ErrorAs(t, r.Err(), &refused)
		require.ErrorIs(t, r.Err(), denc.EINVAL)
		require.NotErrorIs(t, r.Err(), ErrNotSent)
		require.NotErrorIs(t, r.Err(), ErrOutcomeUnknown)
	})
}
