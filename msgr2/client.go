package msgr2

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// ClientConfig is what the calling side of a connection needs.
type ClientConfig struct {
	// Auth authenticates this connection; it is used once.
	Auth Authenticator
	// Target is the address of the daemon as its map has it. The daemon drops the connection when this is not, to the
	// byte, one of its own addresses; what nc really leads through is not its concern.
	Target denc.EntityAddr
	// PeerType is the kind of daemon that must answer, 0: a monitor.
	PeerType denc.EntityType
	// Nonce tells this client from others at the same IP address.
	Nonce uint32
	// GID is the client's global_id, -1 while it has none.
	GID int64
	// GlobalSeq counts the connection attempts of the process, from 1.
	GlobalSeq uint64
	// Features are the advertised features, 0: denc.FeaturesAll. They decide how the peer encodes maps.
	Features denc.Features
	// Required are the features that the peer must have besides denc.FeatureMsgAddr2.
	Required denc.Features
	// Revision0 gives up msgr2.1.
	Revision0 bool
	// OfferCompression takes part in the compression negotiation, as librados does, at the cost of a round trip.
	// Daemons never agree to compress for a client.
	OfferCompression bool
	// MaxMessage bounds a received message, 0: DefaultMaxMessage.
	MaxMessage int
	// Trace, when set, is told of every frame that was sent or received.
	Trace func(Frame)
	// OnStep, when set, is told of every step as it begins, on the goroutine that called Client. Every step but the first
	// says that the peer has answered.
	OnStep func(Step)
	// Traffic, when set, counts what the connection carries, from its first byte on. Connections may share it.
	Traffic *Traffic
	// OnPanic, when set, is told of a panic on the connection's own goroutine, with the stack. The panic then ends the
	// connection instead of the process.
	OnPanic func(value any, stack []byte)
}

// Client runs the calling side's handshake on nc and returns the connection, which owns nc from then on. ctx bounds
// the handshake only. On an error, always a *HandshakeError, nc is closed.
func Client(ctx context.Context, nc net.Conn, cfg ClientConfig) (*Conn, error) {
	h := newHandshake(nc, cfg.Revision0, cfg.OfferCompression)
	h.trace, h.onStep, h.nc.traffic = cfg.Trace, cfg.OnStep, cfg.Traffic
	if cfg.PeerType == 0 {
		cfg.PeerType = denc.EntityMon
	}
	cfg.Required |= denc.FeatureMsgAddr2
	c := &clientHandshake{handshake: h, cfg: cfg}
	if err := h.run(ctx, c.steps); err != nil {
		return nil, err
	}
	conn := newConn(h, c.info, cfg.MaxMessage)
	conn.onPanic = cfg.OnPanic
	go conn.writeLoop()
	return conn, nil
}

// clientHandshake is the calling side.
type clientHandshake struct {
	*handshake
	cfg  ClientConfig
	info Info
}

// steps goes through the handshake. It saves two round trips against waiting at every step: AUTH_REQUEST leaves
// together with HELLO, CLIENT_IDENT together with AUTH_SIGNATURE. Neither holds anything that the peer must have
// proved itself for, and nothing that the peer sends is used before its signature has been checked.
func (c *clientHandshake) steps() error {
	if err := c.banners(); err != nil {
		return err
	}
	modes, err := c.hello()
	if err != nil {
		return err
	}
	done, err := c.authenticate(modes)
	if err != nil {
		return err
	}
	mine, theirs := c.signatures(done.sessionKey)
	if err := c.switchMode(done.mode, done.secret, true); err != nil {
		return err
	}
	if err := c.send(tagAuthSignature, mine); err != nil {
		return err
	}
	compression := c.agreed&Compression != 0
	if !compression {
		if err := c.sendIdent(); err != nil {
			return err
		}
	}
	if err := c.flush(); err != nil {
		return err
	}
	if err := c.checkSignature(theirs); err != nil {
		return err
	}
	if compression {
		if err := c.compression(); err != nil {
			return err
		}
	}
	return c.serverIdent()
}

// hello sends HELLO and the first AUTH_REQUEST and reads the peer's HELLO. It returns the modes offered.
func (c *clientHandshake) hello() (modes []uint32, err error) {
	c.begin(StepHello)
	method, modes, payload, err := c.cfg.Auth.Begin()
	if err != nil {
		c.begin(StepAuth)
		return nil, err
	}
	if err := c.send(tagHello, hello{denc.EntityClient, c.cfg.Target}.append(nil)); err != nil {
		return nil, err
	}
	if err := c.send(tagAuthRequest, authRequest{method, modes, payload}.append(nil)); err != nil {
		return nil, err
	}
	if err := c.flush(); err != nil {
		return nil, err
	}
	_, p, err := c.receive(tagHello)
	if err != nil {
		return nil, err
	}
	theirs, err := parseHello(p)
	if err != nil {
		return nil, err
	}
	if theirs.entity != c.cfg.PeerType {
		return nil, fmt.Errorf("%w: a %v answers, want a %v", ErrWrongPeer, theirs.entity, c.cfg.PeerType)
	}
	// Ceph clients take their IP from the first peer that tells it; port 0 and the nonce complete the address.
	c.info.LocalAddr = denc.EntityAddr{Type: denc.AddrAny, Nonce: c.cfg.Nonce, IP: theirs.peer.IP,
		Flowinfo: theirs.peer.Flowinfo, ScopeID: theirs.peer.ScopeID}
	if c.info.LocalAddr.IsBlank() {
		return nil, frameErrorf("HELLO without the address that the peer sees")
	}
	return modes, nil
}

// granted is what AUTH_DONE leads to.
type granted struct {
	mode               uint32
	sessionKey, secret []byte
}

// authenticate goes on from the first AUTH_REQUEST to AUTH_DONE.
func (c *clientHandshake) authenticate(modes []uint32) (g granted, err error) {
	c.begin(StepAuth)
	for {
		t, p, err := c.receive(tagAuthBadMethod, tagAuthReplyMore, tagAuthDone)
		if err != nil {
			return g, err
		}
		switch t {
		case tagAuthBadMethod:
			bad, err := parseBadMethod(p)
			if err != nil {
				return g, err
			}
			req := authRequest{}
			req.method, req.modes, req.payload, err = c.cfg.Auth.BadMethod(bad.method, bad.result, bad.methods, bad.modes)
			if err != nil {
				return g, err
			}
			modes = req.modes
			err = c.sendNow(tagAuthRequest, req.append(nil))
			if err != nil {
				return g, err
			}
		case tagAuthReplyMore:
			r := denc.NewReader(p)
			challenge := r.Blob("auth_reply_more.payload")
			if err := r.Done(); err != nil {
				return g, err
			}
			answer, err := c.cfg.Auth.More(challenge)
			if err != nil {
				return g, err
			}
			if err := c.sendNow(tagAuthRequestMore, denc.AppendBlob(nil, answer)); err != nil {
				return g, err
			}
		default:
			done, err := parseAuthDone(p)
			if err != nil {
				return g, err
			}
			if !slices.Contains(modes, done.mode) {
				return g, fmt.Errorf("%w: the peer chose %d (%s), offered were %v", ErrMode, done.mode, ModeName(done.mode), modes)
			}
			g.mode = done.mode
			g.sessionKey, g.secret, err = c.cfg.Auth.Done(done.globalID, done.mode, done.payload)
			c.info.GlobalID, c.info.Mode = done.globalID, done.mode
			return g, err
		}
	}
}

func (c *clientHandshake) sendNow(t tag, payload []byte) error {
	if err := c.send(t, payload); err != nil {
		return err
	}
	return c.flush()
}

// compression declines compression, which is all that a daemon grants a client.
func (c *clientHandshake) compression() error {
	c.begin(StepCompression)
	req := appendUint32s(denc.AppendBool(nil, false), nil)
	if err := c.sendNow(tagCompressionReq, req); err != nil {
		return err
	}
	_, p, err := c.receive(tagCompressionDone)
	if err != nil {
		return err
	}
	r := denc.NewReader(p)
	on, method := r.Bool("compression_done.is_compress"), r.Uint32("compression_done.method")
	if err := r.Done(); err != nil {
		return err
	}
	if on || method != 0 {
		return frameErrorf("the peer turns compression on (method %d), which was declined", method)
	}
	if err := c.sendIdent(); err != nil {
		return err
	}
	return c.flush()
}

func (c *clientHandshake) sendIdent() error {
	return c.send(tagClientIdent, ident{
		addrs:     denc.EntityAddrVec{c.info.LocalAddr},
		target:    c.cfg.Target,
		gid:       c.cfg.GID,
		globalSeq: c.cfg.GlobalSeq,
		supported: orAll(c.cfg.Features),
		required:  c.cfg.Required,
		flags:     identLossy,
	}.append(nil, true))
}

// serverIdent reads SERVER_IDENT and checks it.
func (c *clientHandshake) serverIdent() error {
	c.begin(StepIdent)
	t, p, err := c.receive(tagServerIdent, tagMissingFeatures, tagWait)
	if err != nil {
		return err
	}
	switch t {
	case tagMissingFeatures:
		r := denc.NewReader(p)
		missing := r.Uint64("ident_missing_features.features")
		if err := r.Done(); err != nil {
			return err
		}
		return fmt.Errorf("%w: the peer requires the features 0x%x", ErrFeatures, missing)
	case tagWait:
		return frameErrorf("the peer answers WAIT to a client")
	}
	theirs, err := parseIdent(p, false)
	if err != nil {
		return err
	}
	if !slices.Contains(theirs.addrs, c.cfg.Target) {
		return fmt.Errorf("%w: it is at %v, called was %v", ErrWrongPeer, theirs.addrs, c.cfg.Target)
	}
	if missing := c.cfg.Required &^ theirs.supported; missing != 0 {
		return fmt.Errorf("%w: the peer lacks the features 0x%x", ErrFeatures, uint64(missing))
	}
	c.info.PeerAddrs, c.info.PeerGID = theirs.addrs, theirs.gid
	c.info.Features = orAll(c.cfg.Features) & theirs.supported
	return nil
}
