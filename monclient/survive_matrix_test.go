package monclient

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// faultsOfTheMatrix are what monitors and networks do to a client, each over some time.
var faultsOfTheMatrix = []struct {
	name     string
	options  montest.Options
	commands int
	gap      time.Duration
	tickets  time.Duration // how long they live, 0: for long
	delay    time.Duration // of the monitors' answers, 0: wireDelay
	do       func(s *survivor)
	after    func(s *survivor)
}{
	{name: "kill -9", do: func(s *survivor) {
		for range 4 {
			after(3*time.Second + 2*time.Millisecond) // while an answer is on its way
			m := s.victim()
			m.Kill()
			after(2 * time.Second)
			require.NoError(s.t, m.Start())
		}
	}},
	{name: "SIGSTOP", do: func(s *survivor) {
		for range 2 {
			after(3*time.Second + 2*time.Millisecond)
			m := s.victim()
			m.Freeze()
			after(8 * time.Second)
			m.Thaw()
		}
	}},
	{name: "SIGSTOP, then kill -9", do: func(s *survivor) {
		after(3*time.Second + 2*time.Millisecond)
		m := s.victim()
		m.Freeze()
		after(time.Second)
		m.Thaw()
		after(time.Second)
		m.Freeze()
		after(time.Second)
		m.Kill()
		m.Thaw()
		after(time.Second)
		require.NoError(s.t, m.Start())
	}},
	{name: "black hole", do: func(s *survivor) {
		for range 2 {
			after(3*time.Second + 2*time.Millisecond)
			m := s.victim()
			m.BlackHole()
			after(8 * time.Second)
			m.FillHole()
		}
	}},
	{name: "short black holes", do: func(s *survivor) { // in which TCP sends again what was lost
		for range 5 {
			after(time.Second + 2*time.Millisecond)
			m := s.victim()
			m.BlackHole()
			after(time.Second)
			m.FillHole()
		}
	}, after: func(s *survivor) {
		require.Zero(s.t, s.count(SessionLost), "none was long enough to give the monitor up")
	}},
	{name: "reset in mid-frame", do: func(s *survivor) {
		for i := range 30 {
			after(400*time.Millisecond + 2*time.Millisecond)
			s.victim().ResetAfter(1 + 37*i)
		}
	}, after: func(s *survivor) { require.Greater(s.t, s.count(SessionLost), 10) }},
	{name: "one monitor out of quorum", do: func(s *survivor) {
		after(3*time.Second + 2*time.Millisecond)
		m := s.victim()
		m.LeaveQuorum()
		after(40 * time.Second)
		m.JoinQuorum()
	}, after: func(s *survivor) { require.LessOrEqual(s.t, s.slowest(), 7*time.Second) }},
	{name: "quorum loss and return", do: func(s *survivor) {
		after(3*time.Second + 2*time.Millisecond)
		s.LoseQuorum()
		after(12 * time.Second)
		s.RegainQuorum()
	}, after: func(s *survivor) { require.Zero(s.t, s.count(SessionLost), "no monitor answers better than another") }},
	{name: "long quorum loss", commands: 100, gap: 500 * time.Millisecond, do: func(s *survivor) {
		after(3*time.Second + 2*time.Millisecond)
		s.LoseQuorum()
		after(40 * time.Second)
		s.RegainQuorum()
	}},
	{name: "rolling restart", commands: 1000, gap: 30 * time.Millisecond, delay: 50 * time.Millisecond, do: func(s *survivor) {
		after(time.Second)
		for _, m := range s.Mons() {
			m.Kill()
			after(4 * time.Second)
			require.NoError(s.t, m.Start())
			after(4*time.Second + 7*time.Millisecond)
		}
	}},
	{name: "removed and added elsewhere", do: func(s *survivor) {
		for range 3 {
			after(2*time.Second + 2*time.Millisecond)
			name := s.victim().Name()
			require.NoError(s.t, s.RemoveMon(name))
			after(2 * time.Second)
			m, err := s.AddMon(name, denc.EntityAddr{})
			require.NoError(s.t, err)
			m.Delay(wireDelay)
		}
	}, after: func(s *survivor) { require.Len(s.t, s.client.MonMap().Mons, 3) }},
	{name: "moved", do: func(s *survivor) {
		for i := range 3 {
			after(2*time.Second + 2*time.Millisecond)
			m := s.victim()
			to := m.Addr()
			to.Port += uint16(1000 + i)
			require.NoError(s.t, s.MoveMon(m.Name(), to))
		}
	}},
	{name: "tickets of 5 s", commands: 240, gap: 500 * time.Millisecond, tickets: 5 * time.Second, do: func(s *survivor) {
		after(2 * time.Minute)
	}, after: func(s *survivor) {
		require.Zero(s.t, s.count(SessionLost), "tickets are renewed in time")
		require.Zero(s.t, s.count(SessionAttempt))
	}},
	{name: "tickets of 5 s, and monitors that restart", commands: 240, gap: 500 * time.Millisecond, tickets: 5 * time.Second, do: func(s *survivor) {
		for range 12 {
			after(7*time.Second + 2*time.Millisecond)
			m := s.victim()
			m.Kill()
			after(2 * time.Second)
			require.NoError(s.t, m.Start())
		}
	}},
	{name: "key rotation", options: montest.Options{Release: cephmap.ReleaseTentacle}, do: func(s *survivor) {
		for range 3 {
			after(2 * time.Second)
			key, err := s.RotateKey("client.admin")
			require.NoError(s.t, err)
			after(time.Second)
			require.NoError(s.t, s.client.SetCredential(key))
			after(time.Second + 2*time.Millisecond)
			s.victim().DropClients()
		}
	}, after: func(s *survivor) { require.Equal(s.t, 3, s.count(SessionCredential)) }},
}

// slowest returns how long the slowest command took.
func (s *survivor) slowest() (d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		d = max(d, a.took)
	}
	return d
}

// TestFaultMatrix lives through every fault with every policy, with a standby and without: nothing is lost, nothing is
// executed twice that is not to be, or without the result saying so, no map is missed, and nothing is left behind.
func TestFaultMatrix(t *testing.T) {
	for _, fault := range faultsOfTheMatrix {
		for _, policy := range []Resend{ResendAlways, ResendNever, ResendReadOnly} {
			for standbys := range 3 { // with two of them, reading is spread and hedged, too
				t.Run(fmt.Sprintf("%s/%v/%d standbys", fault.name, policy, standbys), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						commands, gap := fault.commands, fault.gap
						if commands == 0 {
							commands, gap = 150, 100*time.Millisecond
						}
						change := func(s *survivor, cfg *Config) {
							if standbys == 2 {
								cfg.ReadBalance, cfg.HedgeDelay = true, 20*time.Millisecond
							}
							require.NoError(t, s.SetTicketTTL(fault.tickets, fault.tickets))
						}
						s := startSurvivor(t, fault.options, policy, standbys, change)
						if fault.delay != 0 {
							s.delay(fault.delay)
						}
						s.subscribe("osdmap", "monmap", "config", "log-info")
						after(time.Second) // a session of some age
						id := s.client.GlobalID()
						during(
							func() { fault.do(s) },
							func() { s.load(commands, gap) },
							func() { s.publish(40, time.Duration(commands)*gap/40) },
						)
						s.settle()
						require.Equal(t, id, s.client.GlobalID(), "it is the same client to the monitors")
						if fault.after != nil {
							fault.after(s)
						}
						s.verify()
					})
				})
			}
		}
	}
}

// TestIdleClientKeepsItsTickets: nobody asks for anything, and subscriptions go on.
func TestIdleClientKeepsItsTickets(t *testing.T) {
	for standbys := range 3 {
		bubble(t, func(t *testing.T) {
			s := startSurvivor(t, montest.Options{}, ResendAlways, standbys, func(s *survivor, _ *Config) {
				require.NoError(t, s.SetTicketTTL(5*time.Second, 5*time.Second))
			})
			s.subscribe("osdmap")
			id := s.client.GlobalID()
			for range 4 {
				after(2 * time.Minute)
				tickets := s.client.Stats().Tickets
				require.Contains(t, tickets, "auth")
				for service, left := range tickets { // an expired one would end no session either
					require.Positive(t, left, service)
				}
				m := s.victim()
				m.Kill()
				after(time.Second)
				require.NoError(t, m.Start())
				require.NoError(t, s.Advance("osdmap", 3))
			}
			require.Equal(t, 4, s.count(SessionLost), "but for those that were killed")
			require.Equal(t, id, s.client.GlobalID())
			s.verify()
		})
	}
}
