package monclient

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// session is an authenticated connection to one monitor. It is owned by the client's goroutine, except that readLoop
// receives from conn.
type session struct {
	attempt *attempt // how it came about
	conn    *msgr2.Conn
	auth    *cephx.Session
	since   time.Time
	name    string // the monitor's, as the newest map has it

	// established: the monitor has sent its monmap, or the map was known, so the session is good for requests.
	established bool
	standby     bool // it is a spare one
	mgr         bool // it is the one with the active manager

	calls  int // that were sent on it and are not answered
	health health

	// osdmapSent is the newest epoch of which the monitor knows that it has sent it in this session. It does not send that
	// one again, but goes on from it, unless it is asked for an earlier one: then it begins anew (MonSession::osd_epoch,
	// Monitor::handle_subscribe in src/mon/Monitor.cc, OSDMonitor::send_incremental in src/mon/OSDMonitor.cc).
	osdmapSent uint64
}

// briefSession is how long a session has to last to be more than an attempt that failed late. A monitor that lets
// clients in and drops them, as one does that is out of quorum, is not to be called in a loop.
const briefSession = time.Second

// send queues a message. A failure is the end of the connection, which readLoop reports.
func (s *session) send(m monmsg.Message, tid uint64) {
	version, compat := m.MsgVersion()
	out := &msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Tid: tid, Payload: m}
	if d, ok := m.(monmsg.DataMessage); ok {
		out.Data = d.Data()
	}
	s.conn.Send(out) //nolint:errcheck // see above
}

// close ends the connection; readLoop ends then.
func (s *session) close() { s.conn.Close() }

// readLoop receives and decodes messages and hands them to the client's goroutine, until the connection ends.
func (c *core) readLoop(s *session) {
	defer c.others.Done()
	defer c.stats.end(s)
	if err := c.survive(func() { c.receive(s) }); err != nil {
		s.conn.Close()
		c.deliver(arrival{session: s, err: err})
	}
}

// receive is readLoop's work.
func (c *core) receive(s *session) {
	for {
		m, err := s.conn.Receive()
		if err != nil {
			c.deliver(arrival{session: s, err: err})
			return
		}
		msg, err := monmsg.Decode(m.Type, m.Version, m.Compat, m.Front, m.Middle, m.Data)
		switch {
		case errors.Is(err, monmsg.ErrUnknownType):
			c.note(logMessageIgnored, "type", m.Type)
			continue
		case err != nil:
			s.conn.Close()
			c.deliver(arrival{session: s, err: err})
			return
		}
		if !c.deliver(arrival{session: s, message: msg, tid: m.Tid}) {
			return
		}
	}
}

// newSession makes a session of a finished attempt, and starts its reader.
func (c *core) newSession(a *attempt, conn *msgr2.Conn, auth *cephx.Session) *session {
	now := time.Now()
	auth.SetKey(c.cfg.Key) // should it have been replaced during the attempt
	s := &session{attempt: a, conn: conn, auth: auth, since: now, name: a.mon, standby: a.standby}
	s.health.init(s, now, c.cfg.PingInterval)
	c.scheduleRenewal(s)
	c.others.Add(1)
	c.stats.begin(s)
	go c.readLoop(s)
	// Every session begins with the monmap: it names the cluster, and comes before the answer to anything else.
	s.send(&monmsg.MMonGetMap{}, 0)
	return s
}

// adopt makes a session the one that everything goes through.
func (c *core) adopt(s *session) {
	s.standby = false
	c.session = s
	if id := s.auth.GlobalID(); id != c.auth.GlobalID() {
		c.dropStandbys(id)
	}
	c.auth, c.credential.dropped = s.auth.State(), cephx.AuthState{}
	c.published.globalID.Store(c.auth.GlobalID())
	c.stats.tickets(c.auth)
	c.subs.resubscribe()
	if c.confirmed {
		c.establish(s)
	}
}

// info describes the session.
func (s *session) info(monmap *cephmap.MonMap) SessionInfo {
	info := s.conn.Info()
	if n, ok := monmap.NameOf(s.attempt.addr); ok {
		s.name = n // bootstrap maps have other names
	}
	return SessionInfo{
		Mon: s.name, Rank: int(info.PeerGID), Addr: s.attempt.addr, Mode: msgr2.ModeName(info.Mode),
		Features: info.Features, Local: info.LocalAddr, Since: s.since,
	}
}

// establish makes the session good for requests.
func (c *core) establish(s *session) {
	tookOver := s.established
	s.established = true
	c.peer(s.attempt.addr).good = time.Now()
	info := s.info(c.monmap)
	c.published.session.Store(&info)
	c.published.addr.Store(&info.Local)
	event := SessionEvent{Kind: SessionConnected, Mon: s.name, Addr: s.attempt.addr, Elapsed: s.since.Sub(c.hunt.began)}
	if tookOver {
		event.Kind, event.Elapsed = SessionFailedOver, time.Since(c.hunt.began)
	}
	c.tell(event)
	c.hunt.multiple = max(c.hunt.multiple/c.cfg.HuntBackoff, 1) // the next hunt may be more eager again
	c.subs.flush()
	c.sendUnsent()
	c.resumeLog(s)
	c.learnCommands()
	c.tendStandbys(time.Now())
}

// lose gives a session up. What was asked of it is asked of another one, or ends, as its policy says. Reports about sessions
// that are over already change nothing.
func (c *core) lose(s *session, err error) {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the monitor closed the connection: %w", err)
	}
	if s.mgr {
		c.loseMgr(s, err)
		return
	}
	if s.standby {
		c.loseStandby(s, err)
		return
	}
	if c.session != s {
		return
	}
	c.session = nil
	c.published.session.Store(nil)
	s.close()
	now := time.Now()
	lasted := now.Sub(s.since)
	if s.established {
		c.tell(SessionEvent{Kind: SessionLost, Mon: s.name, Addr: s.attempt.addr, Elapsed: lasted, Err: lost(err)})
		c.hunt.began = now
	}
	c.orphan(s, err)
	if next := c.takeStandby(); next != nil {
		c.peer(s.attempt.addr).failed = now
		c.adopt(next)
		return
	}
	if lasted < briefSession {
		// The round that led to it goes on: others are tried at once, and the same one after a pause.
		c.hunt.failed(c, s.attempt, stepSession, err)
		c.afterFailure(now)
		return
	}
	c.peer(s.attempt.addr).failed = now
	c.startHunt()
}

// lost wraps the reason of a lost session so that errors.Is finds net.ErrClosed as well.
func lost(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return err
	}
	return &lostError{err}
}

type lostError struct{ cause error }

func (e *lostError) Error() string   { return e.cause.Error() }
func (e *lostError) Unwrap() []error { return []error{e.cause, net.ErrClosed} }

// handle takes a message of a session. Those of sessions that are over come too late; a standby is not asked for maps.
func (c *core) handle(s *session, m monmsg.Message, tid uint64) {
	if s.mgr {
		c.mgrAnswered(s, m, tid)
		return
	}
	if c.session != s && !c.isStandby(s) {
		return
	}
	s.health.answers++
	switch m := m.(type) {
	case *monmsg.MMonMap:
		c.handleMonMap(s, m)
		return
	case *monmsg.MMonCommandAck:
		c.answer(s, tid, m)
		return
	case *monmsg.MPoolOpReply, *monmsg.MStatfsReply, *monmsg.MGetPoolStatsReply:
		c.answer(s, tid, m)
		return
	case *monmsg.MMonGetVersionReply:
		if !c.proven(s, m.Handle) {
			c.answer(s, m.Handle, m) // its tid is 0
		}
		return
	case *monmsg.MAuthReply:
		c.renewed(s, m)
		return
	}
	if s.standby {
		return
	}
	switch m := m.(type) {
	case *monmsg.MOSDMap:
		s.noteOSDMaps(m)
		c.stats.told("osdmap", uint64(m.Newest))
		c.subs.deliver(m)
	case *monmsg.MLogAck:
		c.logAcked(m)
	default:
		c.subs.deliver(m)
	}
}

// noteOSDMaps notes which epoch the monitor takes for the newest that it has sent. The newest map in full, which comes for
// epoch 0, does not count; a full map in place of trimmed ones, which is the oldest that it has, does.
func (s *session) noteOSDMaps(m *monmsg.MOSDMap) {
	newest := uint64(0)
	for _, e := range m.Incrementals {
		newest = max(newest, uint64(e.Epoch))
	}
	for _, e := range m.Full {
		if e.Epoch == m.TrimLowerBound {
			newest = max(newest, uint64(e.Epoch))
		}
	}
	if newest > 0 {
		s.osdmapSent = newest
	}
}

// osdmapStart returns which epoch to ask for when one is wanted: the one before where it is the only one that the monitor
// would not send. Epoch 1 has none before it, but 0 has the newest map sent.
func (s *session) osdmapStart(wanted uint64) uint64 {
	if wanted > 0 && wanted == s.osdmapSent {
		return wanted - 1
	}
	return wanted
}

// handleMonMap takes a monmap: the first of a session makes the session good for requests.
func (c *core) handleMonMap(s *session, m *monmsg.MMonMap) {
	next, err := cephmap.DecodeMonMap(m.Map)
	if err != nil {
		c.lose(s, fmt.Errorf("%w: %w", ErrBadMap, err))
		return
	}
	if next.FSID != c.fsid && c.fsid != uuid.Nil {
		c.lose(s, fmt.Errorf("%w: fsid %v, want %v", ErrForeignCluster, next.FSID, c.fsid))
		return
	}
	if next.Epoch < c.monmap.Epoch && c.confirmed {
		c.note(logMonMapOld, "epoch", next.Epoch, "have", c.monmap.Epoch)
		if s.standby {
			c.vouch(s)
		}
		return
	}
	if next.Epoch != c.monmap.Epoch || !c.confirmed {
		revoked := next.AuthEpoch > c.monmap.AuthEpoch && c.confirmed
		c.fsid = next.FSID
		c.confirmed = true
		c.monmap = next
		c.published.monmap.Store(next)
		c.hunt.replan()
		c.forgetPeers()
		if revoked {
			// The tickets for services were revoked (auth_epoch in src/mon/MonMap.h).
			for _, each := range c.sessions() {
				each.auth.DropServices()
				c.renew(each)
			}
		}
	}
	if s.standby {
		c.vouch(s)
		return
	}
	c.subs.deliver(m)
	if c.session != s {
		return
	}
	if !s.established {
		c.establish(s)
		return
	}
	c.leaveRemoved()
}

// errRemoved says that a monitor was removed.
var errRemoved = errors.New("is not in monmap")

// leaveRemoved gives up the sessions with monitors that the monmap does not have any more where they were.
func (c *core) leaveRemoved() {
	for _, s := range c.sessions() {
		if _, ok := c.monmap.RankOfAddr(s.attempt.addr); !ok {
			c.lose(s, fmt.Errorf("mon.%s at %v %w %d any more", s.name, s.attempt.addr, errRemoved, c.monmap.Epoch))
		}
	}
	c.tendStandbys(time.Now()) // a monitor that is new may be one to have a session with
}

// sessions returns the session and its standbys.
func (c *core) sessions() []*session {
	var all []*session
	if c.session != nil {
		all = append(all, c.session)
	}
	return append(all, c.standby.sessions...)
}
