package cephx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestNeedAndHave(t *testing.T) {
	clk := newClock()
	mon := newFakeMon(t, AES, clk)
	var none AuthState
	require.True(t, none.IsZero())
	require.Equal(t, DefaultWant, none.Need(clk.t, DefaultWant))
	require.Zero(t, none.Have(clk.t, DefaultWant))

	s := mon.session(Config{}).State()
	require.False(t, s.IsZero())
	const services = denc.EntityMon | denc.EntityOSD | denc.EntityMgr
	for _, tt := range []struct {
		after      time.Duration
		need, have denc.EntityType
	}{
		{0, 0, DefaultWant},
		{45*time.Minute - 1, 0, DefaultWant},
		{45 * time.Minute, services, DefaultWant},
		{time.Hour - 1, services, DefaultWant},
		{time.Hour, services, denc.EntityAuth},
		{54*time.Hour - 1, services, denc.EntityAuth},
		{54 * time.Hour, DefaultWant, denc.EntityAuth},
		{72 * time.Hour, DefaultWant, 0},
	} {
		now := clk.t.Add(tt.after)
		require.Equal(t, tt.need, s.Need(now, DefaultWant), "after %v", tt.after)
		require.Equal(t, tt.have, s.Have(now, DefaultWant), "after %v", tt.after)
		require.Equal(t, tt.have&denc.EntityOSD, s.Have(now, denc.EntityOSD))
	}
	require.Equal(t, denc.EntityMDS, s.Need(clk.t, denc.EntityMDS|denc.EntityMgr))

	var forever Ticket
	forever.sessionKey = mon.key
	forever.setValidity(clk.t, denc.UTime{})
	require.True(t, forever.usable(clk.t.Add(1e6*time.Hour)))
	require.False(t, forever.due(clk.t.Add(1e6*time.Hour)))
	require.True(t, Ticket{}.due(clk.t))
	require.False(t, Ticket{}.usable(clk.t))

	var long Ticket
	long.sessionKey = mon.key
	long.setValidity(clk.t, denc.UTime{Sec: 1<<32 - 1, Nsec: 1<<32 - 1})
	require.True(t, long.RenewAfter.After(clk.t) && long.Expires.After(long.RenewAfter))
}

// renewal parses a 0x0200 request and answers it.
func (m *fakeMon) renewal(request []byte) (keys denc.EntityType, reply []byte) {
	r := denc.NewReader(request)
	require.EqualValues(m.t, 0x0200, r.Uint16("request"))
	a := m.authorizer(r, denc.EntityAuth)
	require.False(m.t, a.haveChallenge)
	require.Zero(m.t, a.challenge)
	require.EqualValues(m.t, 1, r.Uint8("v"))
	keys = denc.EntityType(r.Uint32("keys"))
	require.NoError(m.t, r.Done())
	return keys, append(unhex(m.t, "0002 00000000"), m.ticketReply(m.sessions[denc.EntityAuth], Key{}, extraServices(uint32(keys))...)...)
}

func TestRenewServices(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			clk := newClock()
			mon := newFakeMon(t, typ, clk)
			s := mon.session(Config{})
			before := s.State()
			request, err := s.RenewRequest()
			require.NoError(t, err)
			require.Nil(t, request, "nothing is due")

			clk.advance(45 * time.Minute)
			request, err = s.RenewRequest()
			require.NoError(t, err)
			again, err := s.RenewRequest()
			require.NoError(t, err)
			require.Nil(t, again, "a reply is awaited")
			keys, reply := mon.renewal(request)
			require.Equal(t, denc.EntityMon|denc.EntityOSD|denc.EntityMgr, keys)
			require.NoError(t, s.RenewReply(0, reply))
			require.Zero(t, s.State().Need(clk.t, DefaultWant))
			mgr, _ := s.State().Ticket(denc.EntityMgr)
			require.True(t, mgr.sessionKey.Equal(mon.sessions[denc.EntityMgr]))
			require.Equal(t, clk.t.Add(time.Hour), mgr.Expires)
			require.NotZero(t, before.Need(clk.t, DefaultWant), "the old state is as it was")

			clk.advance(45 * time.Minute)
			request, err = s.RenewRequest()
			require.NoError(t, err)
			_, reply = mon.renewal(request)
			kept := s.State()
			for n := range reply {
				s.pending = getPrincipalSessionKey
				require.Error(t, s.RenewReply(0, reply[:n]))
				require.Equal(t, kept, s.State())
			}
		})
	}
}

func TestRenewAuth(t *testing.T) {
	for _, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) {
			clk := newClock()
			mon := newFakeMon(t, typ, clk)
			s := mon.session(Config{})
			for range 2 { // any number of times in one session
				clk.advance(54 * time.Hour)
				request, err := s.RenewRequest()
				require.NoError(t, err)
				old := mon.authenticated(request) // answers the handshake's challenge, presents the ticket
				require.False(t, old.IsZero())
				require.EqualValues(t, DefaultWant, mon.wanted)
				reply := mon.done(old, true)
				require.NoError(t, s.RenewReply(0, reply))
				require.Zero(t, s.State().Need(clk.t, DefaultWant))
				require.EqualValues(t, 4123, s.GlobalID())
				auth, _ := s.State().authTicket()
				require.True(t, auth.sessionKey.Equal(mon.sessions[denc.EntityAuth]))
			}
		})
	}
}

func TestRenewalRefused(t *testing.T) {
	clk := newClock()
	mon := newFakeMon(t, AES, clk)
	s := mon.session(Config{})
	require.ErrorIs(t, s.RenewReply(0, nil), ErrOutOfOrder)

	clk.advance(time.Hour)
	_, err := s.RenewRequest()
	require.NoError(t, err)
	before := s.State()
	requireRejected(t, s.RenewReply(-13, nil), -13)
	require.Equal(t, before, s.State())

	_, err = s.RenewRequest()
	require.NoError(t, err)
	requireRejected(t, s.RenewReply(0, unhex(t, "0002 eaffffff")), -22)

	_, err = s.RenewRequest()
	require.NoError(t, err)
	require.ErrorIs(t, s.RenewReply(0, unhex(t, "0001 00000000")), ErrProtocol)

	clk.advance(54 * time.Hour)
	_, err = s.RenewRequest()
	require.NoError(t, err)
	require.ErrorIs(t, s.RenewReply(0, unhex(t, "0002 00000000")), ErrProtocol)
}

func TestMgrTicketAloneIsNotAskedFor(t *testing.T) {
	clk := newClock()
	mon := newFakeMon(t, AES, clk)
	s := mon.session(Config{Want: denc.EntityMgr})
	clk.advance(2 * time.Hour)
	request, err := s.RenewRequest()
	require.NoError(t, err)
	require.Nil(t, request)
}

func TestDropServices(t *testing.T) {
	clk := newClock()
	mon := newFakeMon(t, AES256KRB5, clk)
	s := mon.session(Config{})
	s.DropServices()
	require.Equal(t, []denc.EntityType{denc.EntityAuth}, s.State().Services())
	require.EqualValues(t, 4123, s.GlobalID())

	request, err := s.RenewRequest()
	require.NoError(t, err)
	_, reply := mon.renewal(request)
	s.DropServices() // the secrets were wiped once more: what is on its way is worthless
	require.NoError(t, s.RenewReply(0, reply))
	require.Equal(t, []denc.EntityType{denc.EntityAuth}, s.State().Services())

	request, err = s.RenewRequest()
	require.NoError(t, err)
	_, reply = mon.renewal(request)
	require.NoError(t, s.RenewReply(0, reply))
	require.Equal(t, []denc.EntityType{1, 4, 16, 32}, s.State().Services())
}

func TestRenewWithoutAuthTicket(t *testing.T) {
	s := &Session{method: MethodCephx, want: DefaultWant, now: newClock().now}
	_, err := s.RenewRequest()
	require.ErrorIs(t, err, ErrNoTicket)
	_, err = s.renewServices(denc.EntityMon)
	require.ErrorIs(t, err, ErrNoTicket)
	s.pending = getPrincipalSessionKey
	require.ErrorIs(t, s.RenewReply(0, nil), ErrNoTicket)
}
