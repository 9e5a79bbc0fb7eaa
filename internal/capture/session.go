package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Message is a message from a monitor, as it came.
type Message struct {
	Type, Version, Compat uint16
	Tid                   uint64
	Front, Middle, Data   []byte
	// Why says what provoked it.
	Why string
}

// Decode decodes the message with package monmsg.
func (m Message) Decode() (monmsg.Message, error) {
	return monmsg.Decode(m.Type, m.Version, m.Compat, m.Front, m.Middle, m.Data)
}

// admin is the entity that everything here is done as.
var admin = denc.EntityName{Type: denc.EntityClient, ID: "admin"}

// seq counts the connections of the process.
var seq atomic.Uint64

// session is a connection to one monitor.
type session struct {
	conn     *msgr2.Conn
	auth     *cephx.Session
	features denc.Features
	incoming chan Message // closed by the receiving goroutine, after err was set
	err      error
	why      atomic.Pointer[string]
	tid      uint64
	kept     []Message // by the caller's goroutine
}

// retryInterval is the pause before a monitor is tried again.
const retryInterval = 50 * time.Millisecond

// open connects to a monitor as client.admin and advertises the features. A monitor that has not got global ids to give
// yet, as for a moment after an election, hangs up; it is tried again until ctx ends.
func open(ctx context.Context, c *realceph.Cluster, mon realceph.Mon, features denc.Features) (*session, error) {
	for {
		s, err := tryOpen(ctx, c, mon, features)
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, context.Cause(ctx))
		case <-time.After(retryInterval):
		}
	}
}

func tryOpen(ctx context.Context, c *realceph.Cluster, mon realceph.Mon, features denc.Features) (*session, error) {
	ring, err := cephx.LoadKeyring(c.KeyringPath)
	if err != nil {
		return nil, err
	}
	key, err := ring.Key(admin)
	if err != nil {
		return nil, err
	}
	handshake, err := cephx.NewHandshake(cephx.Config{Name: admin, Key: key})
	if err != nil {
		return nil, err
	}
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", mon.V2.String())
	if err != nil {
		return nil, err
	}
	n := seq.Add(1)
	conn, err := msgr2.Client(ctx, nc, msgr2.ClientConfig{
		Auth:      handshake,
		Target:    denc.EntityAddr{Type: denc.AddrMsgr2, IP: mon.V2.Addr(), Port: mon.V2.Port()},
		Nonce:     uint32(time.Now().UnixNano()) + uint32(n),
		GID:       -1,
		GlobalSeq: n,
		Features:  features,
	})
	if err != nil {
		return nil, fmt.Errorf("mon.%s: %w", mon.Name, err)
	}
	s := &session{conn: conn, features: features, incoming: make(chan Message)}
	if s.auth, err = handshake.Session(); err != nil {
		conn.Close()
		return nil, err
	}
	s.because("nothing")
	go s.receive()
	return s, nil
}

// because says what the messages from now on are provoked by.
func (s *session) because(format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	s.why.Store(&why)
}

func (s *session) receive() {
	defer close(s.incoming)
	for {
		m, err := s.conn.Receive()
		if err != nil {
			s.err = err
			return
		}
		s.incoming <- Message{
			Type: m.Type, Version: m.Version, Compat: m.Compat, Tid: m.Tid,
			Front: m.Front, Middle: m.Middle, Data: m.Data, Why: *s.why.Load(),
		}
	}
}

// close ends the session and its goroutine.
func (s *session) close() {
	s.conn.Close()
	for range s.incoming { //nolint:revive // until it is closed
	}
}

func (s *session) send(m monmsg.Message) error {
	s.tid++
	version, compat := m.MsgVersion()
	out := &msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Tid: s.tid, Front: m.AppendFront(nil, s.features)}
	if d, ok := m.(monmsg.DataMessage); ok {
		out.Data = d.Data()
	}
	return s.conn.Send(out)
}

// await keeps messages until one is what is waited for, and returns that one.
func (s *session) await(ctx context.Context, wanted func(Message) bool) (Message, error) {
	for {
		select {
		case m, ok := <-s.incoming:
			if !ok {
				if errors.Is(s.err, io.EOF) {
					return Message{}, fmt.Errorf("after %s: the monitor closed the connection", *s.why.Load())
				}
				return Message{}, fmt.Errorf("after %s: %w", *s.why.Load(), s.err)
			}
			s.kept = append(s.kept, m)
			if wanted(m) {
				return m, nil
			}
		case <-ctx.Done():
			return Message{}, fmt.Errorf("after %s: %w", *s.why.Load(), context.Cause(ctx))
		}
	}
}

// exchange sends a message and waits for one of the type.
func (s *session) exchange(ctx context.Context, why string, m monmsg.Message, answer uint16) (Message, error) {
	s.because("%s", why)
	if err := s.send(m); err != nil {
		return Message{}, err
	}
	return s.await(ctx, func(m Message) bool { return m.Type == answer })
}
