package monclient

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/racecheck"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// randomFaults does something to the monitors for some time, from a seed, and then lets everything be well again.
func randomFaults(s *survivor, r *rand.Rand, n int) {
	for range n {
		after(time.Duration(r.IntN(4000)) * time.Millisecond)
		m := s.victim()
		if r.IntN(3) == 0 {
			m = s.Mons()[r.IntN(3)]
		}
		last := time.Duration(r.IntN(9000)) * time.Millisecond
		switch r.IntN(11) {
		case 0:
			m.Kill()
			after(last)
			require.NoError(s.t, m.Start())
		case 1:
			m.Freeze()
			after(last)
			m.Thaw()
		case 2:
			m.BlackHole()
			after(last)
			m.FillHole()
		case 3:
			m.ResetAfter(1 + r.IntN(2000))
		case 4:
			m.LeaveQuorum()
			after(last)
			m.JoinQuorum()
		case 5:
			s.LoseQuorum()
			after(last)
			s.RegainQuorum()
		case 6:
			m.DropClients()
		case 7:
			require.NoError(s.t, s.RemoveMon(m.Name()))
			after(last)
			_, err := s.AddMon(m.Name(), denc.EntityAddr{})
			require.NoError(s.t, err)
		case 8:
			m.Delay(time.Duration(r.IntN(400)) * time.Millisecond)
		case 9:
			key, err := s.RotateKey("client.admin")
			require.NoError(s.t, err)
			require.NoError(s.t, s.client.SetCredential(key))
		case 10: // two at once
			other := s.Mons()[r.IntN(3)]
			m.BlackHole()
			other.Freeze()
			after(last)
			other.Thaw()
			m.FillHole()
		}
	}
	for _, m := range s.Mons() {
		m.Heal()
		m.Delay(wireDelay)
	}
}

// TestRandomFaults is a soak of an hour and more, of a bubble's time.
func TestRandomFaults(t *testing.T) {
	seeds := 40
	if racecheck.Enabled {
		seeds = 8
	}
	for seed := range seeds {
		policy := []Resend{ResendAlways, ResendNever, ResendReadOnly}[seed%3]
		spares := seed / 3 % 3
		t.Run(fmt.Sprintf("seed %d/%v/%d standbys", seed, policy, spares), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(seed), 6)) //nolint:gosec // a seed that can be given again
				s := startSurvivor(t, montest.Options{}, policy, spares, func(s *survivor, cfg *Config) {
					if seed%2 == 1 {
						require.NoError(t, s.SetTicketTTL(20*time.Second, 10*time.Second))
					}
					if spares == 2 {
						cfg.ReadBalance, cfg.HedgeDelay = true, 20*time.Millisecond
					}
				})
				s.subscribe("osdmap", "monmap", "config", "log-info")
				after(time.Second)
				during(
					func() { randomFaults(s, r, 20) },
					func() { s.load(600, 200*time.Millisecond) },
					func() { s.publish(60, 2*time.Second) },
				)
				s.verify()
			})
		})
	}
}
