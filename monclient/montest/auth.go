package montest

import (
	"errors"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// errNoIDs ends the connection of a new client when there is no quorum to give it a global_id.
var errNoIDs = errors.New("montest: no quorum, so no global_id to give")

// newKeyServer makes the quorum's authentication.
func newKeyServer(c *Cluster) (*cephx.KeyServer, error) {
	policy := cephx.ServerPolicy{Modes: c.opts.Modes, ServiceKeyType: c.opts.KeyType}
	if c.opts.NoAuth {
		policy.Methods = []cephx.Method{cephx.MethodNone}
	}
	return cephx.NewKeyServer(cephx.KeyServerConfig{
		Policy: policy,
		Lookup: func(name denc.EntityName) (cephx.Entry, bool) {
			e, ok := c.state.auth.lookup(name)
			return cephx.Entry{Name: e.name, Key: e.key, Caps: capsOf(e)}, ok
		},
	})
}

// KeyServer is the quorum's authentication, where tests rotate its secrets, shorten the lives of tickets (SetPolicy), or
// have clients refused (SetFaults: RejectReclaim, Refuse, CorruptReply).
func (c *Cluster) KeyServer() *cephx.KeyServer { return c.keys }

// RejectReclaim has the monitors refuse whoever comes back with the global_id of an earlier session.
func (c *Cluster) RejectReclaim() { c.keys.SetFaults(cephx.ServerFaults{RejectReclaim: true}) }

// ExpireTickets makes all tickets that have been given out useless.
func (c *Cluster) ExpireTickets() error { return c.keys.ExpireTickets() }

// SetTicketTTL sets the lifetimes of the tickets that are given out from now on, auth_mon_ticket_ttl and
// auth_service_ticket_ttl; 0 is Ceph's default. The secrets behind them rotate as often.
func (c *Cluster) SetTicketTTL(auth, service time.Duration) error {
	p := c.keys.Policy()
	p.AuthTTL, p.ServiceTTL = auth, service
	return c.keys.SetPolicy(p)
}

// RotateKey gives an entity a new key of the same type, and returns it, as the command "auth rotate" of Tentacle does. Sessions
// go on; who proves itself with the old key from now on is refused with EACCES, which ends the session when it was to renew
// the ticket of one, from Tentacle on.
func (c *Cluster) RotateKey(name string) (cephx.Key, error) {
	n, err := denc.ParseEntityName(name)
	if err != nil {
		return cephx.Key{}, err
	}
	e, ok := c.state.auth.lookup(n)
	if !ok {
		return cephx.Key{}, fmt.Errorf("montest: rotate the key: no %s", name)
	}
	if e.key, err = cephx.GenerateKey(e.key.Type(), time.Now(), nil); err != nil {
		return cephx.Key{}, err
	}
	c.state.setEntity(e)
	return e.key, nil
}

// setEntity changes an entity, its pending key included.
func (st *state) setEntity(e entity) {
	st.auth.set(e)
	st.keys.SetPendingKey(e.name, e.pending)
}

// WipeServiceKeys makes all service tickets useless and says so in the monmap's auth_epoch, as the command
// "auth wipe-rotating-service-keys" of Tentacle does.
func (c *Cluster) WipeServiceKeys() error {
	if err := c.keys.WipeServices(); err != nil {
		return err
	}
	return c.UpdateMonMap(func(m *cephmap.MonMap) { m.AuthEpoch += 20 })
}

func capsOf(e entity) map[string]string {
	if len(e.caps) == 0 {
		return nil
	}
	return e.caps
}

// serverAuth joins a connection's authentication to the messenger.
type serverAuth struct {
	handshake *cephx.ServerHandshake
	name      denc.EntityName // set when it is done
	session   *cephx.ServerSession
}

// newServerAuth returns the authentication of a new connection to a monitor.
func (c *Cluster) newServerAuth(m *Mon) *serverAuth {
	return &serverAuth{handshake: c.keys.NewHandshake(func() (uint64, error) {
		st := &c.state
		st.mu.Lock()
		defer st.mu.Unlock()
		if !st.inQuorum(st.rankOf(m.name)) {
			return 0, errNoIDs
		}
		st.nextGlobalID++
		return st.nextGlobalID, nil
	})}
}

// Request implements msgr2.ServerAuthenticator.
func (a *serverAuth) Request(method uint32, modes []uint32, payload []byte) (msgr2.AuthReply, error) {
	return a.reply(a.handshake.Request(method, modes, payload))
}

// More implements msgr2.ServerAuthenticator.
func (a *serverAuth) More(payload []byte) (msgr2.AuthReply, error) {
	return a.reply(a.handshake.More(payload))
}

func (a *serverAuth) reply(o cephx.Outcome, err error) (msgr2.AuthReply, error) {
	switch {
	case err != nil:
		return msgr2.AuthReply{}, err
	case o.Refused != nil:
		return msgr2.AuthReply{Refused: &msgr2.AuthRefusal{
			Result: o.Refused.Result, AllowedMethods: o.Refused.AllowedMethods, AllowedModes: o.Refused.AllowedModes,
		}}, nil
	case o.Done != nil:
		if a.session, err = a.handshake.Session(); err != nil {
			return msgr2.AuthReply{}, err
		}
		a.name = a.session.Name()
		grant := &msgr2.AuthGrant{GlobalID: o.Done.GlobalID, Mode: o.Done.Mode, Payload: o.Done.Payload}
		grant.SessionKey, grant.ConnectionSecret = o.Done.Keys()
		return msgr2.AuthReply{Done: grant}, nil
	}
	return msgr2.AuthReply{More: o.More}, nil
}

// renew answers an MAuth, by which a client renews its tickets. From Tentacle on a monitor ends the connection of a
// client that it refuses.
func (s *session) renew(m *monmsg.MAuth, tid uint64) bool {
	result, payload := s.auth.session.Renew(m.Payload)
	s.send(&monmsg.MAuthReply{Protocol: m.Protocol, Result: result, GlobalID: s.auth.session.GlobalID(), Payload: payload}, tid)
	return result >= 0 || s.mon.cluster.opts.Release < cephmap.ReleaseTentacle
}

// releaseFeatures are the feature bits that monitors of a release advertise, as seen in SERVER_IDENT.
var releaseFeatures = map[cephmap.Release]denc.Features{
	cephmap.ReleasePacific:  0x3f01cfbdfffdffff,
	cephmap.ReleaseReef:     0x3f01cfbffffdffff,
	cephmap.ReleaseTentacle: denc.FeaturesAll,
}

func (c *Cluster) features() denc.Features { return releaseFeatures[c.opts.Release] }

// compresses reports whether monitors of the release take part in the compression negotiation.
func (c *Cluster) compresses() bool { return c.opts.Release > cephmap.ReleasePacific }
