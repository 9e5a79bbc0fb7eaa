package montest

import (
	"context"
	"errors"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// mgrAuth joins a connection's authentication to the messenger: who comes to a manager has a ticket for it.
type mgrAuth struct{ handshake *cephx.ServiceServerHandshake }

// Request implements msgr2.ServerAuthenticator.
func (a mgrAuth) Request(method uint32, modes []uint32, payload []byte) (msgr2.AuthReply, error) {
	return mgrAuthReply(a.handshake.Request(method, modes, payload))
}

// More implements msgr2.ServerAuthenticator.
func (a mgrAuth) More(payload []byte) (msgr2.AuthReply, error) {
	return mgrAuthReply(a.handshake.More(payload))
}

func mgrAuthReply(o cephx.Outcome, err error) (msgr2.AuthReply, error) {
	switch {
	case err != nil:
		return msgr2.AuthReply{}, err
	case o.Refused != nil:
		return msgr2.AuthReply{Refused: &msgr2.AuthRefusal{
			Result: o.Refused.Result, AllowedMethods: o.Refused.AllowedMethods, AllowedModes: o.Refused.AllowedModes,
		}}, nil
	case o.Done != nil:
		grant := &msgr2.AuthGrant{GlobalID: o.Done.GlobalID, Mode: o.Done.Mode, Payload: o.Done.Payload}
		grant.SessionKey, grant.ConnectionSecret = o.Done.Keys()
		return msgr2.AuthReply{Done: grant}, nil
	}
	return msgr2.AuthReply{More: o.More}, nil
}

// serve runs one connection to the manager.
func (m *Mgr) serve(nc *faultyConn) {
	c := m.cluster
	auth := mgrAuth{c.keys.NewServiceHandshake(denc.EntityMgr)}
	ctx, cancel := context.WithTimeout(c.ctx, handshakeTimeout)
	defer cancel()
	c.state.mu.Lock()
	gid := m.gid
	c.state.mu.Unlock()
	conn, err := msgr2.Server(ctx, nc, msgr2.ServerConfig{
		Auth: auth, Entity: denc.EntityMgr, Addrs: denc.EntityAddrVec{m.Addr()}, GID: int64(gid), Features: c.features(),
		Revision0: c.opts.Revision0, Compression: c.compresses(), IgnoreKeepalives: m.end.ignoresKeepalives, Trace: c.tracer(m.end),
	})
	if err != nil {
		c.opts.Logger.Debug("handshake", "mgr", m.name, "error", err)
		return
	}
	defer conn.Close()
	name, _, caps, err := auth.handshake.Client()
	if err != nil {
		return
	}
	s := &mgrSession{mgr: m, conn: conn, client: name, grants: parseCaps(caps)}
	inbox := make(chan received, maxReceivedAhead)
	dispatched := make(chan struct{})
	go func() {
		defer close(dispatched)
		for in := range inbox {
			if !s.dispatch(in.message, in.tid) {
				conn.Close()
			}
		}
	}()
	s.receive(inbox)
	close(inbox)
	<-dispatched
}

// mgrSession is one client's connection to a manager.
type mgrSession struct {
	mgr    *Mgr
	conn   *msgr2.Conn
	client denc.EntityName
	grants []grant // what its ticket allows
}

// receive decodes messages until the connection ends, or is to be ended.
func (s *mgrSession) receive(inbox chan<- received) {
	for {
		in, err := s.conn.Receive()
		if err != nil {
			return
		}
		m, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
		switch {
		case errors.Is(err, monmsg.ErrUnknownType):
			continue
		case err != nil:
			return
		}
		inbox <- received{m, in.Tid}
	}
}

// send sends a message to the client.
func (s *mgrSession) send(m monmsg.Message, output []byte, tid uint64) {
	version, compat := m.MsgVersion()
	_ = s.conn.Send(&msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Tid: tid, Payload: m, Data: output}) // to a client that has gone
}

// dispatch takes one message; false ends the connection, as when a client says that it is a daemon.
func (s *mgrSession) dispatch(m monmsg.Message, tid uint64) bool {
	if act, ok := s.mgr.end.controlled(m); ok && !act(m) {
		return true
	}
	switch m := m.(type) {
	case *monmsg.MMgrCommand:
		r := s.run(m.Cmd, m.Input, false)
		s.send(&monmsg.MMgrCommandReply{Retval: r.Retval, Status: r.Status}, r.Output, tid)
	case *monmsg.MCommand:
		// Without the cluster's fsid it is what clients before Octopus sent (DaemonServer::handle_command in
		// src/mgr/DaemonServer.cc).
		r := s.run(m.Cmd, m.Input, m.FSID == s.mgr.cluster.opts.FSID)
		s.send(&monmsg.MCommandReply{Retval: r.Retval, Status: r.Status}, r.Output, tid)
	default:
		return false
	}
	return true
}
