package msgr2

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// ServerConfig is what the accepting side of a connection needs.
type ServerConfig struct {
	// Auth authenticates the caller; it is used once.
	Auth ServerAuthenticator
	// Entity is the kind of daemon that this side is, 0: a monitor.
	Entity denc.EntityType
	// Addrs are this side's own addresses; a caller must have called one of them.
	Addrs denc.EntityAddrVec
	// GID is the rank of a monitor, or the global_id of another daemon.
	GID int64
	// Features are the advertised features, 0: denc.FeaturesAll.
	Features denc.Features
	// Required are the features that the caller must have besides denc.FeatureMsgAddr2.
	Required denc.Features
	// Revision0 gives up msgr2.1, as daemons did before Octopus.
	Revision0 bool
	// Compression takes part in the compression negotiation and declines, as daemons since Quincy do.
	Compression bool
	// MaxMessage bounds a received message, 0: DefaultMaxMessage.
	MaxMessage int
	// IgnoreKeepalives, when set, is asked whether to leave a keepalive unanswered, as only tests want it.
	IgnoreKeepalives func() bool
	// Trace, when set, is told of every frame that was sent or received.
	Trace func(Frame)
}

// Server runs the accepting side's handshake on nc and returns the connection, which owns nc from then on. ctx bounds
// the handshake only. On an error, always a *HandshakeError, nc is closed.
func Server(ctx context.Context, nc net.Conn, cfg ServerConfig) (*Conn, error) {
	h := newHandshake(nc, cfg.Revision0, cfg.Compression)
	h.trace = cfg.Trace
	if cfg.Entity == 0 {
		cfg.Entity = denc.EntityMon
	}
	cfg.Required |= denc.FeatureMsgAddr2
	s := &serverHandshake{handshake: h, cfg: cfg}
	if err := h.run(ctx, s.steps); err != nil {
		return nil, err
	}
	c := newConn(h, s.info, cfg.MaxMessage)
	c.ignoreKeepalives = cfg.IgnoreKeepalives
	go c.writeLoop()
	return c, nil
}

// serverHandshake is the accepting side.
type serverHandshake struct {
	*handshake
	cfg  ServerConfig
	info Info
}

func (s *serverHandshake) steps() error {
	if err := s.banners(); err != nil {
		return err
	}
	if err := s.hello(); err != nil {
		return err
	}
	done, err := s.authenticate()
	if err != nil {
		return err
	}
	mine, theirs := s.signatures(done.SessionKey)
	if err := s.switchMode(done.Mode, done.ConnectionSecret, false); err != nil {
		return err
	}
	if err := s.send(tagAuthSignature, mine); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.checkSignature(theirs); err != nil {
		return err
	}
	if s.agreed&Compression != 0 {
		if err := s.compression(); err != nil {
			return err
		}
	}
	return s.clientIdent()
}

func (s *serverHandshake) hello() error {
	s.begin(StepHello)
	seen := denc.EntityAddr{Type: denc.AddrMsgr2}
	if tcp, ok := s.nc.RemoteAddr().(*net.TCPAddr); ok {
		seen = denc.AddrFrom(denc.AddrMsgr2, tcp.AddrPort())
		seen.IP = seen.IP.Unmap()
	} else if len(s.cfg.Addrs) > 0 {
		// A connection without TCP has no address; the caller shares this side's.
		seen.IP = s.cfg.Addrs[0].IP
	}
	if err := s.send(tagHello, hello{s.cfg.Entity, seen}.append(nil)); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	_, p, err := s.receive(tagHello)
	if err != nil {
		return err
	}
	_, err = parseHello(p)
	return err
}

// errNoReply is what a ServerAuthenticator is held to.
var errNoReply = errors.New("msgr2: the authenticator gave no reply")

func (s *serverHandshake) authenticate() (*AuthGrant, error) {
	s.begin(StepAuth)
	want := []tag{tagAuthRequest}
	var method uint32
	for {
		t, p, err := s.receive(want...)
		if err != nil {
			return nil, err
		}
		var reply AuthReply
		if t == tagAuthRequest {
			req, err := parseAuthRequest(p)
			if err != nil {
				return nil, err
			}
			method = req.method
			if reply, err = s.cfg.Auth.Request(req.method, req.modes, req.payload); err != nil {
				return nil, err
			}
		} else {
			r := denc.NewReader(p)
			more := r.Blob("auth_request_more.payload")
			if err := r.Done(); err != nil {
				return nil, err
			}
			if reply, err = s.cfg.Auth.More(more); err != nil {
				return nil, err
			}
		}
		switch {
		case reply.Refused != nil:
			bad := badMethod{method, reply.Refused.Result, reply.Refused.AllowedMethods, reply.Refused.AllowedModes}
			err = s.send(tagAuthBadMethod, bad.append(nil))
			want = []tag{tagAuthRequest}
		case reply.Done != nil:
			g := reply.Done
			s.info.GlobalID, s.info.Mode = g.GlobalID, g.Mode
			if err := s.send(tagAuthDone, authDone{g.GlobalID, g.Mode, g.Payload}.append(nil)); err != nil {
				return nil, err
			}
			return g, s.flush()
		case reply.More != nil:
			err = s.send(tagAuthReplyMore, denc.AppendBlob(nil, reply.More))
			want = []tag{tagAuthRequestMore}
		default:
			err = errNoReply
		}
		if err == nil {
			err = s.flush()
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *serverHandshake) compression() error {
	s.begin(StepCompression)
	_, p, err := s.receive(tagCompressionReq)
	if err != nil {
		return err
	}
	r := denc.NewReader(p)
	r.Bool("compression_request.is_compress")
	readUint32s(r, "compression_request.preferred_methods")
	if err := r.Done(); err != nil {
		return err
	}
	if err := s.send(tagCompressionDone, denc.AppendUint32(denc.AppendBool(nil, false), 0)); err != nil {
		return err
	}
	return s.flush()
}

func (s *serverHandshake) clientIdent() error {
	s.begin(StepIdent)
	supported := orAll(s.cfg.Features)
	for {
		_, p, err := s.receive(tagClientIdent)
		if err != nil {
			return err
		}
		theirs, err := parseIdent(p, true)
		if err != nil {
			return err
		}
		if len(theirs.addrs) == 0 || theirs.addrs[0].IsBlank() {
			return frameErrorf("CLIENT_IDENT without an address")
		}
		if !slices.Contains(s.cfg.Addrs, theirs.target) {
			return fmt.Errorf("%w: called is %v, this is %v", ErrWrongPeer, theirs.target, s.cfg.Addrs)
		}
		if missing := theirs.required &^ supported; missing != 0 {
			return fmt.Errorf("%w: the peer requires the features 0x%x", ErrFeatures, uint64(missing))
		}
		if missing := s.cfg.Required &^ theirs.supported; missing != 0 {
			if err := s.send(tagMissingFeatures, denc.AppendUint64(nil, uint64(missing))); err != nil {
				return err
			}
			if err := s.flush(); err != nil {
				return err
			}
			continue // the caller may try again with more
		}
		s.info.PeerAddrs, s.info.PeerGID = theirs.addrs, theirs.gid
		s.info.LocalAddr = theirs.target
		s.info.Features = supported & theirs.supported
		if err := s.send(tagServerIdent, ident{
			addrs: s.cfg.Addrs, gid: s.cfg.GID, globalSeq: 1, supported: supported, required: s.cfg.Required, flags: identLossy,
		}.append(nil, false)); err != nil {
			return err
		}
		return s.flush()
	}
}
