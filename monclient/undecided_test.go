package monclient

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/montest"
)

// The session is lost before the monitor has said which commands only read: what becomes of those that only those may be
// sent again is decided when another one has.
func TestReadOnlyIsDecidedWhenTheTableIsKnown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		client := c.connect()
		first := c.current(client)
		deafen(first)
		ends := make(map[string]error)
		for _, cmd := range []Command{{Prefix: "fsid"}, logCommand("once")} {
			cmd.Resend = ResendReadOnly
			_, err := client.StartCommand(cmd, time.Minute, func(r *Reply, err error) {
				if err == nil {
					require.True(t, r.Resent)
					err = r.Err()
				}
				ends[cmd.Prefix] = err
			})
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Empty(t, ends)
		first.Kill()
		synctest.Wait()
		require.Len(t, ends, 2)
		require.NoError(t, ends["fsid"])
		require.ErrorIs(t, ends["log"], ErrOutcomeUnknown)
		require.ErrorIs(t, ends["log"], ErrSessionLost)
		require.Equal(t, 0, client.Stats().CallsInFlight)
	})
}

// Nor does anything wait for ever when no table comes.
func TestReadOnlyWithoutATable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		c.HandleCommand("get_command_descriptions", func(montest.Command) montest.Result { return montest.Result{Output: []byte("{")} })
		client := c.connect()
		first := c.current(client)
		deafen(first)
		var ended error
		_, err := client.StartCommand(Command{Prefix: "fsid", Resend: ResendReadOnly}, time.Minute, func(_ *Reply, err error) { ended = err })
		require.NoError(t, err)
		synctest.Wait()
		first.Kill()
		synctest.Wait()
		require.ErrorIs(t, ended, ErrOutcomeUnknown)
	})
}
