package montest

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// session is one client's connection to one monitor. It is owned by the goroutine that dispatches its messages, but for
// subs, which the state's mutex guards.
type session struct {
	mon        *Mon
	conn       *msgr2.Conn
	wire       *faultyConn // below conn
	auth       *serverAuth
	subs       map[string]*subscription
	osdEpoch   uint64            // the newest osdmap that was sent and counts (MonSession::osd_epoch)
	configSent map[string]string // the newest configuration that the client has, nil if none
	stateful   bool              // the client keeps its subscriptions without acknowledgements (MON_STATEFUL_SUB)
}

// subscription is what a client wants of one map.
type subscription struct {
	start   uint64
	onetime bool
}

// ackInterval is how soon clients that are not stateful are to renew their subscriptions, in seconds
// (mon_subscribe_interval).
const ackInterval = 86400

// send sends a message to the client.
func (s *session) send(m monmsg.Message, tid uint64) {
	version, compat := m.MsgVersion()
	out := &msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Priority: msgr2.PriorityHigh, Tid: tid, Payload: m}
	if d, ok := m.(monmsg.DataMessage); ok {
		out.Data = d.Data()
	}
	_ = s.conn.Send(out) // to a client that has gone
}

// received is a message that waits to be dispatched.
type received struct {
	message monmsg.Message
	tid     uint64
}

// maxReceivedAhead is how many messages are read while another one is dispatched.
const maxReceivedAhead = 256

// serve answers the client until the connection ends. Reading goes on while a message is dispatched, however long that
// takes: keepalives are the messenger's business.
func (s *session) serve() {
	inbox := make(chan received, maxReceivedAhead)
	dispatched := make(chan struct{})
	go func() {
		defer close(dispatched)
		for in := range inbox {
			if s.over() {
				continue // the monitor has ended the connection; what the client sent before it went away still counts
			}
			if !s.dispatch(in.message, in.tid) {
				s.mon.linger() // until the answer is out, if there is one
				s.conn.Close()
			}
		}
	}()
	s.receive(inbox)
	close(inbox)
	<-dispatched
}

// over reports whether the monitor has closed the connection.
func (s *session) over() bool {
	select {
	case <-s.wire.closed:
		return true
	default:
		return false
	}
}

// receive decodes messages until the connection ends, or is to be ended.
func (s *session) receive(inbox chan<- received) {
	for {
		in, err := s.conn.Receive()
		if err != nil {
			return
		}
		m, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
		switch {
		case errors.Is(err, monmsg.ErrUnknownType):
			// A monitor ends the connection of a client that sends what it does not know (Monitor::dispatch_op), too.
			s.mon.cluster.opts.Logger.Warn("unknown message", "type", in.Type)
			return
		case err != nil:
			s.mon.cluster.opts.Logger.Warn("bad message", "error", err)
			return
		}
		inbox <- received{m, in.Tid}
	}
}

// dispatch takes one message; false ends the connection.
func (s *session) dispatch(m monmsg.Message, tid uint64) bool {
	st := &s.mon.cluster.state
	if act, ok := s.mon.controlled(m); ok && !act(m) {
		return true
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return s.handle(m, tid)
}

// handle answers a message. The caller holds the state's mutex.
func (s *session) handle(m monmsg.Message, tid uint64) bool {
	st := &s.mon.cluster.state
	if _, asksForMap := m.(*monmsg.MMonGetMap); s.auth.session.Insecure() && !asksForMap {
		return false // an old client that could not prove its id later (auth_expose_insecure_global_id_reclaim)
	}
	if needsQuorum(m) && !st.inQuorum(st.rankOf(s.mon.name)) {
		st.held = append(st.held, held{s, m, tid})
		return true
	}
	switch m := m.(type) {
	case *monmsg.MMonGetMap:
		s.send(&monmsg.MMonMap{Map: st.encodedMonMap(s.mon)}, tid)
	case *monmsg.MMonSubscribe:
		s.subscribe(m)
	case *monmsg.MMonGetVersion:
		if newest, oldest, ok := st.version(m.What); ok {
			s.send(&monmsg.MMonGetVersionReply{Handle: m.Handle, Version: newest, Oldest: oldest}, 0)
		}
	case *monmsg.MMonGetOSDMap:
		s.getOSDMap(m, tid)
	case *monmsg.MMonCommand:
		s.command(m, tid)
	case *monmsg.MPoolOp:
		return s.poolOp(m, tid)
	case *monmsg.MStatfs:
		s.statfs(m, tid)
	case *monmsg.MGetPoolStats:
		s.poolStats(m, tid)
	case *monmsg.MCommand:
		s.tell(m, tid)
	case *monmsg.MAuth:
		return s.renew(m, tid)
	case *monmsg.MLog:
		s.logEntries(m, tid)
	case *monmsg.MGetConfig:
		s.send(&monmsg.MConfig{Options: st.config.effective(m.Name)}, tid)
	case *monmsg.MPing:
		s.send(&monmsg.MPing{Reply: true, Status: st.pingReply(s.mon)}, tid)
	default:
		s.mon.cluster.opts.Logger.Warn("unexpected message", "type", monmsg.TypeName(m.MsgType()))
		return false
	}
	return true
}

// needsQuorum reports whether a monitor that is out of quorum keeps a message without an answer.
func needsQuorum(m monmsg.Message) bool {
	switch m.(type) {
	case *monmsg.MMonCommand, *monmsg.MMonGetVersion, *monmsg.MLog, *monmsg.MMonGetOSDMap, *monmsg.MPoolOp, *monmsg.MStatfs, *monmsg.MGetPoolStats:
		return true
	}
	return false
}

// subscribe adds to the client's subscriptions and sends what is there already (Monitor::handle_subscribe).
func (s *session) subscribe(m *monmsg.MMonSubscribe) {
	st := &s.mon.cluster.state
	for _, what := range slices.Sorted(maps.Keys(m.What)) {
		w := m.What[what]
		if !subscribable(what) {
			continue // in silence, as monitors do
		}
		if isLog(what) {
			maps.DeleteFunc(s.subs, func(name string, _ *subscription) bool { return isLog(name) })
		}
		if what == "osdmap" && s.osdEpoch > w.Start {
			s.osdEpoch = 0 // it wants earlier ones again
		}
		s.subs[what] = &subscription{start: w.Start, onetime: w.Flags&monmsg.SubscribeOnetime != 0}
		st.publishTo(s, what)
	}
	if !s.stateful {
		s.send(&monmsg.MMonSubscribeAck{Interval: ackInterval, FSID: st.monmap.FSID}, 0)
	}
}

// got notes that the client has a map up to an epoch.
func (s *session) got(what string, epoch uint64) {
	sub := s.subs[what]
	switch {
	case sub == nil || sub.start > epoch:
	case sub.onetime:
		delete(s.subs, what)
	default:
		sub.start = epoch + 1
	}
}

// osdMapForm returns the release in whose form the client can read OSDMaps.
func (s *session) osdMapForm() cephmap.Release {
	return osdMapForm(s.mon.cluster.opts.Release, s.conn.Info().Features)
}

func (s *session) getOSDMap(m *monmsg.MMonGetOSDMap, tid uint64) {
	st := &s.mon.cluster.state
	reply := st.osdmaps.message(st.monmap.FSID)
	for e := m.FullFirst; e != 0 && e <= m.FullLast && len(reply.Full) < osdMapMessageMax; e++ {
		if at, ok := st.osdmaps.inForm(e, s.osdMapForm()); ok {
			reply.Full = append(reply.Full, monmsg.EpochMap{Epoch: e, Map: at.full})
		}
	}
	for e := m.IncFirst; e != 0 && e <= m.IncLast && len(reply.Full)+len(reply.Incrementals) < osdMapMessageMax; e++ {
		if at, ok := st.osdmaps.inForm(e, s.osdMapForm()); ok {
			reply.Incrementals = append(reply.Incrementals, monmsg.EpochMap{Epoch: e, Map: at.inc})
		}
	}
	s.send(reply, tid)
}

// logEntries takes entries of the cluster log that are new and acknowledges them. A message without any, and one from a client
// that may not write, gets no answer, and from Tentacle on none that was sent to another monitor than the leader
// (LogMonitor::preprocess_log in src/mon/LogMonitor.cc).
func (s *session) logEntries(m *monmsg.MLog, tid uint64) {
	st := &s.mon.cluster.state
	if !st.mayWriteLog(s.auth.name) || m.FSID != st.monmap.FSID {
		return
	}
	fresh := slices.DeleteFunc(slices.Clone(m.Entries), func(e monmsg.LogEntry) bool { return st.log.known(&e) })
	if len(fresh) == 0 {
		return
	}
	st.appendLog(fresh...)
	if st.opts.Release >= cephmap.ReleaseTentacle && len(st.quorum) > 0 && st.rankOf(s.mon.name) != slices.Min(st.quorum) {
		return
	}
	s.send(&monmsg.MLogAck{FSID: st.monmap.FSID, Last: m.Entries[len(m.Entries)-1].Seq}, tid)
}

func now() denc.UTime { return denc.FromTime(time.Now()) }
