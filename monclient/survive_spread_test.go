package monclient

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

func balanced(cfg *Config) { cfg.ReadBalance = true }

// standbyOf returns the monitor of the client's only standby.
func (a *asking) standbyOf() *montest.Mon {
	a.t.Helper()
	list := a.client.Standbys()
	require.Len(a.t, list, 1)
	return a.Mon(list[0].Mon)
}

func TestReadsAreSpread(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := startAsking(t, standbys(2), balanced)
		from := make(map[string]int)
		for range 30 {
			r, took := a.ask()
			require.Zero(t, took)
			require.False(t, r.Resent)
			from[r.Mon]++
		}
		require.Equal(t, map[string]int{"a": 10, "b": 10, "c": 10}, from)
		for range 10 {
			r, err := a.client.Command(t.Context(), logCommand("written"))
			require.NoError(t, err)
			require.Equal(t, a.victim.Name(), r.Mon, "what changes something goes to the session's monitor")
		}
	})
}

// TestStandbyThatFails: the session's own monitor is well. What a standby was asked is answered all the same.
func TestStandbyThatFails(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*montest.Mon)
		want  time.Duration // at most
	}{
		{"killed", (*montest.Mon).Kill, 0},
		{"frozen", (*montest.Mon).Freeze, 2500 * time.Millisecond},
		{"black hole", (*montest.Mon).BlackHole, 2500 * time.Millisecond},
		{"out of quorum", (*montest.Mon).LeaveQuorum, 7 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := startAsking(t, standbys(1), balanced)
				m := a.standbyOf()
				tt.fault(m)
				for range 6 {
					r, took := a.ask()
					require.LessOrEqual(t, took, tt.want)
					require.NotEqual(t, m.Name(), r.Mon)
					after(3 * time.Second)
				}
				synctest.Wait()
				require.Equal(t, a.victim.Name(), a.current(a.client).Name(), "the session stays")
				m.Heal()
				m.JoinQuorum()
			})
		})
	}
}

// TestStandbyIsReplaced: there is one again, with the monitor that is left, and then with the one that has come back.
func TestStandbyIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := startAsking(t, standbys(1))
		first := a.standbyOf()
		first.Kill()
		after(10 * time.Second)
		synctest.Wait()
		second := a.standbyOf()
		require.NotEqual(t, first, second)
		require.NotEqual(t, a.victim, second)
		second.Kill()
		after(time.Minute)
		require.Empty(t, a.client.Standbys(), "one monitor is no quorum, and there is no other")
		require.NoError(t, second.Start())
		require.NoError(t, first.Start())
		after(time.Minute)
		a.standbyOf()
		require.Equal(t, 2, a.openConns())
	})
}

// TestStandbyInSpiteOfPriorities: the monitor that is to be tried first is dead, and does not stand in the way of another.
func TestStandbyInSpiteOfPriorities(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 3})
		require.NoError(t, c.UpdateMonMap(func(m *cephmap.MonMap) {
			for i := range m.Mons {
				m.Mons[i].Priority = uint16(i)
			}
		}))
		c.Mon("a").Kill()
		client := c.connect(standbys(1))
		after(10 * time.Second)
		require.Equal(t, "b", c.current(client).Name())
		require.Len(t, client.Standbys(), 1)
		require.Equal(t, "c", client.Standbys()[0].Mon)
	})
}

// TestStandbysCostOneConnectionEach, and none is left when they are not wanted.
func TestStandbysCostOneConnectionEach(t *testing.T) {
	for n := range 4 {
		bubble(t, func(t *testing.T) {
			a := startAsking(t, standbys(n))
			after(10 * time.Minute)
			synctest.Wait()
			dials := 0
			for _, m := range a.Mons() {
				dials += len(a.dials(m.Name()))
			}
			require.Equal(t, 1+min(n, 2), a.openConns())
			require.Len(t, a.client.Standbys(), min(n, 2))
			require.Equal(t, 1+min(n, 2), dials)
		})
	}
}

// TestDoubtLeavesNothingBehind: without a quorum, another monitor is asked now and then, and forgotten.
func TestDoubtLeavesNothingBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := startAsking(t)
		a.LoseQuorum()
		ends := make(endings)
		ends.start(t, a.client, "held", 0)
		after(20 * time.Second)
		a.RegainQuorum()
		after(time.Second)
		synctest.Wait()
		require.Equal(t, []error{nil}, ends["held"])
		require.Equal(t, a.victim.Name(), a.current(a.client).Name())
		after(10 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, a.openConns())
		require.Empty(t, a.client.Standbys())
	})
}
