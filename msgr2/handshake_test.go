package msgr2

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/memnet"
)

var monAddr = denc.AddrFrom(denc.AddrMsgr2, netip.MustParseAddrPort("10.0.0.1:3300"))

// testAuth plays both sides of an authentication with one challenge, whose outcome the test decides.
type testAuth struct {
	modes     []uint32 // offered by the client
	grant     AuthGrant
	refuse    int // so many requests
	clientKey []byte
	secret    []byte
	doneErr   error
	badErr    error
}

func (a *testAuth) Begin() (uint32, []uint32, []byte, error) {
	return MethodCephx, a.modes, []byte("begin"), nil
}

func (a *testAuth) BadMethod(method uint32, result int32, _, _ []uint32) (uint32, []uint32, []byte, error) {
	if a.badErr != nil {
		return 0, nil, nil, a.badErr
	}
	return MethodNone, a.modes, []byte("again"), nil
}

func (a *testAuth) More(p []byte) ([]byte, error) { return append([]byte("answer to "), p...), nil }

func (a *testAuth) Done(uint64, uint32, []byte) ([]byte, []byte, error) {
	return a.clientKey, a.secret, a.doneErr
}

type testServerAuth struct{ *testAuth }

func (a testServerAuth) Request(uint32, []uint32, []byte) (AuthReply, error) {
	if a.refuse > 0 {
		a.refuse--
		return AuthReply{Refused: &AuthRefusal{Result: -95, AllowedMethods: []uint32{1}, AllowedModes: []uint32{2, 1}}}, nil
	}
	return AuthReply{More: []byte("challenge")}, nil
}

func (a testServerAuth) More(p []byte) (AuthReply, error) {
	if string(p) != "answer to challenge" {
		return AuthReply{}, fmt.Errorf("unexpected answer %q", p)
	}
	return AuthReply{Done: &a.grant}, nil
}

// newTestAuth returns an authentication that ends in the given mode.
func newTestAuth(mode uint32) *testAuth {
	secret := sha256.Sum256([]byte("secret"))
	key := []byte("0123456789abcdef")
	a := &testAuth{modes: []uint32{ModeSecure, ModeCRC}, clientKey: key}
	a.grant = AuthGrant{GlobalID: 4711, Mode: mode, SessionKey: key, Payload: []byte("ticket")}
	if mode == ModeSecure {
		a.secret = append(secret[:], secret[:]...)
		a.grant.ConnectionSecret = a.secret
	}
	return a
}

func clientConfig(a *testAuth) ClientConfig {
	return ClientConfig{Auth: a, Target: monAddr, Nonce: 99, GID: -1, GlobalSeq: 1}
}

func serverConfig(a *testAuth) ServerConfig {
	return ServerConfig{Auth: testServerAuth{a}, Addrs: denc.EntityAddrVec{monAddr}, GID: 2}
}

// pair runs both handshakes over cn and sn.
func pair(t *testing.T, cn, sn net.Conn, cc ClientConfig, sc ServerConfig) (client, server *Conn, clientErr, serverErr error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		server, serverErr = Server(ctx, sn, sc)
	}()
	client, clientErr = Client(ctx, cn, cc)
	<-done
	return client, server, clientErr, serverErr
}

// mustPair returns a connected pair which the test's end closes.
func mustPair(t *testing.T, cc ClientConfig, sc ServerConfig) (client, server *Conn) {
	t.Helper()
	cn, sn := memnet.Pipe()
	client, server, cerr, serr := pair(t, cn, sn, cc, sc)
	require.NoError(t, cerr)
	require.NoError(t, serr)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func TestHandshakeInEveryRevisionAndMode(t *testing.T) {
	for _, mode := range []uint32{ModeCRC, ModeSecure} {
		for _, rev0 := range []bool{false, true} {
			for _, compression := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s rev0=%v compression=%v", ModeName(mode), rev0, compression), func(t *testing.T) {
					a := newTestAuth(mode)
					cc, sc := clientConfig(a), serverConfig(a)
					cc.Revision0, cc.OfferCompression, sc.Compression = rev0, compression, compression
					client, server := mustPair(t, cc, sc)

					info := client.Info()
					require.Equal(t, uint64(4711), info.GlobalID)
					require.Equal(t, mode, info.Mode)
					require.Equal(t, denc.FeaturesAll, info.Features)
					require.Equal(t, "10.0.0.1:0/99", info.LocalAddr.String())
					require.Equal(t, denc.EntityAddrVec{monAddr}, info.PeerAddrs)
					require.Equal(t, int64(2), info.PeerGID)
					require.Equal(t, int64(-1), server.Info().PeerGID)

					exchange(t, client, server)
					exchange(t, server, client)
				})
			}
		}
	}
}

// exchange sends messages of all shapes and sizes one way.
func exchange(t *testing.T, from, to *Conn) {
	t.Helper()
	big := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
	messages := []*Message{
		{Type: 1, Version: 1, Compat: 1},
		{Type: 2, Version: 3, Compat: 2, Tid: 7, Front: []byte("front")},
		{Type: 3, Version: 1, Compat: 1, Priority: PriorityHigh, Data: []byte("data only")},
		{Type: 4, Version: 1, Compat: 1, Front: []byte("f"), Middle: []byte("m"), Data: []byte("d")},
		{Type: 5, Version: 1, Compat: 1, Front: make([]byte, 48), Data: make([]byte, 16)},
		{Type: 6, Version: 1, Compat: 1, Front: []byte("f"), Data: big},
		{Type: 7, Version: 1, Compat: 1, Payload: fixedPayload("encoded on the way"), Data: []byte{1}},
	}
	for _, m := range messages {
		require.NoError(t, from.Send(m))
	}
	for i, want := range messages {
		got, err := to.Receive()
		require.NoError(t, err)
		require.Equal(t, want.Type, got.Type)
		require.Equal(t, want.Version, got.Version)
		require.Equal(t, want.Compat, got.Compat)
		require.Equal(t, want.Tid, got.Tid)
		require.Equal(t, uint64(i+1), got.Seq)
		front := want.Front
		if want.Payload != nil {
			front = want.Payload.AppendFront(nil, 0)
		}
		require.True(t, bytes.Equal(front, got.Front), "front of message %d", i)
		require.True(t, bytes.Equal(want.Middle, got.Middle), "middle of message %d", i)
		require.True(t, bytes.Equal(want.Data, got.Data), "data of message %d", i)
	}
}

type fixedPayload string

func (p fixedPayload) AppendFront(b []byte, _ denc.Features) []byte { return append(b, p...) }

func TestAuthenticationIsRetriedAfterBadMethod(t *testing.T) {
	a := newTestAuth(ModeSecure)
	a.refuse = 2
	client, server := mustPair(t, clientConfig(a), serverConfig(a))
	exchange(t, client, server)
}

func TestHandshakeRefuses(t *testing.T) {
	errRefused := errors.New("no other method")
	tests := []struct {
		name  string
		setup func(a *testAuth, cc *ClientConfig, sc *ServerConfig)
		step  Step
		want  error
		text  string
	}{
		{"a daemon of another kind", func(_ *testAuth, _ *ClientConfig, sc *ServerConfig) { sc.Entity = denc.EntityOSD },
			StepHello, ErrWrongPeer, "a osd answers, want a mon"},
		{"a mode that was not offered", func(a *testAuth, _ *ClientConfig, _ *ServerConfig) {
			a.modes = []uint32{ModeSecure}
			a.grant.Mode = ModeCRC
		},
			StepAuth, ErrMode, "the peer chose 1 (crc), offered were [2]"},
		{"secure mode without a secret", func(a *testAuth, _ *ClientConfig, _ *ServerConfig) { a.secret = nil },
			StepAuth, ErrMode, "connection secret of 0 bytes"},
		{"a wrong session key", func(a *testAuth, _ *ClientConfig, _ *ServerConfig) { a.clientKey = []byte("another key") },
			StepSignature, ErrSignature, ""},
		{"a refused method without another", func(a *testAuth, _ *ClientConfig, _ *ServerConfig) { a.refuse = 1; a.badErr = errRefused },
			StepAuth, errRefused, ""},
		{"a bad ticket", func(a *testAuth, _ *ClientConfig, _ *ServerConfig) { a.doneErr = errRefused },
			StepAuth, errRefused, ""},
		{"features that the daemon requires", func(_ *testAuth, cc *ClientConfig, sc *ServerConfig) {
			cc.Features = denc.FeatureMsgAddr2
			sc.Required = denc.FeatureServerReef
		}, StepIdent, ErrFeatures, "the peer requires the features 0x200000090000000"},
		{"features that the daemon lacks", func(_ *testAuth, cc *ClientConfig, sc *ServerConfig) {
			sc.Features = denc.FeatureMsgAddr2
			cc.Required = denc.FeatureOSDReplyMux
		}, StepIdent, io.ErrUnexpectedEOF, ""},
		{"an address that is not the daemon's", func(_ *testAuth, cc *ClientConfig, _ *ServerConfig) { cc.Target.Port++ },
			StepIdent, io.ErrUnexpectedEOF, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newTestAuth(ModeSecure)
			cc, sc := clientConfig(a), serverConfig(a)
			tt.setup(a, &cc, &sc)
			cn, sn := memnet.Pipe()
			client, server, err, serr := pair(t, cn, sn, cc, sc)
			require.Nil(t, client)
			if server != nil {
				server.Close()
			} else {
				require.Error(t, serr)
			}
			require.ErrorIs(t, err, tt.want)
			var he *HandshakeError
			require.ErrorAs(t, err, &he)
			require.Equal(t, tt.step, he.Step, "%v", err)
			require.ErrorContains(t, err, tt.text)
		})
	}
}

func TestPeersThatAreNoMonitor(t *testing.T) {
	tests := []struct {
		name, sends string
		want        error
	}{
		{"an HTTP server", "HTTP/1.1 400 Bad Request\r\n\r\n", ErrNotCeph},
		{"an SSH server", "SSH-2.0-OpenSSH_9.2p1\r\n", ErrNotCeph},
		{"one that says little", "no", ErrNotCeph},
		{"messenger v1", "ceph v027 and its addresses", ErrLegacyPeer},
		{"one that hangs up", "", io.ErrUnexpectedEOF},
		{"one that hangs up in its banner", "ceph v2", io.ErrUnexpectedEOF},
		{"an empty banner", "ceph v2\n\x00\x00", ErrFrame},
		{"a huge banner", "ceph v2\n\xff\xff" + string(make([]byte, 65535)), ErrFrame},
		{"an unknown required feature", "ceph v2\n\x10\x00" + string([]byte{3, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}), ErrFeatures},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cn, sn := memnet.Pipe()
			go func() {
				_, _ = sn.Write([]byte(tt.sends))
				_, _ = io.ReadFull(sn, make([]byte, len(bannerPrefix)+2+bannerPayloadLen))
				sn.Close()
			}()
			_, err := Client(t.Context(), cn, clientConfig(newTestAuth(ModeCRC)))
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func TestGarbageAfterTheBanner(t *testing.T) {
	cn, sn := memnet.Pipe()
	defer sn.Close()
	_, err := sn.Write(append(banner{supported: Revision1}.append(nil), make([]byte, preambleLen)...))
	require.NoError(t, err)
	_, err = Client(t.Context(), cn, clientConfig(newTestAuth(ModeCRC)))
	require.ErrorIs(t, err, ErrFrame)
}

// discard reads until the connection ends.
func discard(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// receiveAll receives until the connection ends.
func receiveAll(c *Conn) {
	for {
		if _, err := c.Receive(); err != nil {
			return
		}
	}
}

func TestSilentPeerEndsAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cn, sn := memnet.Pipe()
		defer sn.Close()
		go discard(sn)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := Client(ctx, cn, clientConfig(newTestAuth(ModeCRC)))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestCancelEndsTheHandshakeWithItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cn, sn := memnet.Pipe()
		defer sn.Close()
		go discard(sn)
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("another monitor was faster")
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := Client(ctx, cn, clientConfig(newTestAuth(ModeCRC)))
		require.ErrorIs(t, err, why)
	})
}

// TestEveryReadAndWriteMayFail lets the Nth read or write of a handshake and an exchange fail, N counted up until
// none does.
func TestEveryReadAndWriteMayFail(t *testing.T) {
	for n := 1; ; n++ {
		require.Less(t, n, 1000)
		a := newTestAuth(ModeSecure)
		cn, sn := memnet.Pipe()
		fc := &failingConn{Conn: cn, left: n}
		client, server, err, _ := pair(t, fc, sn, clientConfig(a), serverConfig(a))
		if err == nil {
			require.NoError(t, server.Send(&Message{Type: 1, Front: []byte("hello")}))
			_, err = client.Receive()
			client.Close()
		}
		if server != nil {
			server.Close()
		}
		if !fc.failed {
			require.NoError(t, err)
			require.Greater(t, n, 10)
			return
		}
		require.ErrorIs(t, err, syscall.ECONNRESET, "failure %d", n)
	}
}

// TestEveryChangedBitIsNoticed flips one bit of what the server sends, at every offset, in crc mode: crcs and the
// signature leave nothing out.
func TestEveryChangedBitIsNoticed(t *testing.T) {
	for _, mode := range []uint32{ModeCRC, ModeSecure} {
		t.Run(ModeName(mode), func(t *testing.T) {
			for off := 0; ; off++ {
				require.Less(t, off, 5000)
				a := newTestAuth(mode)
				cn, sn := memnet.Pipe()
				fc := &flippingConn{Conn: cn, at: off}
				client, server, err, _ := pair(t, fc, sn, clientConfig(a), serverConfig(a))
				if server != nil {
					defer server.Close()
				}
				if client != nil {
					client.Close()
				}
				if !fc.flipped {
					require.NoError(t, err)
					return
				}
				require.Error(t, err, "a changed bit at offset %d of what the server sent", off)
			}
		})
	}
}

// failingConn fails the Nth read or write from its creation.
type failingConn struct {
	net.Conn
	left   int
	failed bool
}

func (c *failingConn) fail() bool {
	c.left--
	if c.left == 0 {
		c.failed = true
		c.Conn.Close()
	}
	return c.failed
}

func (c *failingConn) Read(p []byte) (int, error) {
	if c.fail() {
		return 0, syscall.ECONNRESET
	}
	return c.Conn.Read(p[:min(len(p), 20)]) // small reads make more places to fail at
}

func (c *failingConn) Write(p []byte) (int, error) {
	if c.fail() {
		return 0, syscall.ECONNRESET
	}
	return c.Conn.Write(p)
}

// flippingConn changes one bit of what is read.
type flippingConn struct {
	net.Conn
	at, off int
	flipped bool
}

func (c *flippingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.at >= c.off && c.at < c.off+n {
		p[c.at-c.off] ^= 0x40
		c.flipped = true
		// What was changed into a longer length must not make the test wait for bytes that never come.
		_ = c.Conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	}
	c.off += n
	return n, err
}

func TestPreambleLimits(t *testing.T) {
	make32 := func(change func(p []byte)) []byte {
		p := make([]byte, preambleLen)
		fillPreamble(p, tagMessage, []int{headerLen, 10})
		change(p)
		binary.LittleEndian.PutUint32(p[preambleCRCOff:], denc.CRC32C(0, p[:preambleCRCOff]))
		return p
	}
	tests := []struct {
		name   string
		change func(p []byte)
		want   error
	}{
		{"as it should be", func([]byte) {}, nil},
		{"tag 0", func(p []byte) { p[0] = 0 }, ErrFrame},
		{"tag 23", func(p []byte) { p[0] = 23 }, ErrFrame},
		{"no segment", func(p []byte) { p[1] = 0 }, ErrFrame},
		{"five segments", func(p []byte) { p[1] = 5 }, ErrFrame},
		{"a control frame of two", func(p []byte) { p[0] = byte(tagHello) }, ErrFrame},
		{"an empty last segment", func(p []byte) { p[2+6] = 0 }, ErrFrame},
		{"a length for an absent segment", func(p []byte) { p[1] = 1 }, ErrFrame},
		{"the compression flag", func(p []byte) { p[26] = 1 }, ErrFrame},
		{"4 GiB", func(p []byte) { copy(p[2+6:], "\xff\xff\xff\xff") }, ErrTooLarge},
		{"a long header", func(p []byte) { p[2+2] = 1 }, ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parsePreamble(make32(tt.change), 1<<20)
			require.ErrorIs(t, err, tt.want)
		})
	}
	t.Run("a wrong crc", func(t *testing.T) {
		p := make32(func([]byte) {})
		p[preambleCRCOff]++
		_, err := parsePreamble(p, 1<<20)
		require.ErrorIs(t, err, ErrFrame)
	})
}

func TestAnnouncedBytesAreNotAllocated(t *testing.T) {
	var f frame
	p := make([]byte, preambleLen)
	fillPreamble(p, tagMessage, []int{headerLen, 400 << 20})
	src := slices.Concat(p, make([]byte, headerLen))
	src = binary.LittleEndian.AppendUint32(src, denc.CRC32C(denc.CRCSeed, make([]byte, headerLen)))
	err := (&crcFraming{rev1: true}).open(bytes.NewReader(src), &f, DefaultMaxMessage)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.LessOrEqual(t, cap(f.body), 2*growStep)
}

func TestKeepalive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTestAuth(ModeSecure)
		cn, sn := memnet.Pipe()
		client, server, cerr, serr := pair(t, cn, sn, clientConfig(a), serverConfig(a))
		require.NoError(t, cerr)
		require.NoError(t, serr)
		go receiveAll(client)
		go receiveAll(server)
		at, _ := client.LastAck()
		require.Zero(t, at)
		<-time.After(5 * time.Second)
		client.Keepalive()
		synctest.Wait()
		at, rtt := client.LastAck()
		require.Equal(t, time.Now(), at)
		require.Zero(t, rtt)
		client.Close()
		server.Close()
	})
}

func TestCloseEndsReceiveAndSend(t *testing.T) {
	a := newTestAuth(ModeCRC)
	client, server := mustPair(t, clientConfig(a), serverConfig(a))
	got := make(chan error, 1)
	go func() { _, err := client.Receive(); got <- err }()
	require.NoError(t, client.Close())
	err := <-got
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, err, net.ErrClosed)
	require.ErrorIs(t, client.Send(&Message{}), ErrClosed)
	_, err = server.Receive()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, client.Close(), "closing twice")
}

// sealedMessages returns the frames of messages with the given seqs, in crc mode.
func sealedMessages(t *testing.T, seqs ...uint64) []byte {
	t.Helper()
	var b []byte
	for _, seq := range seqs {
		var err error
		o := outgoing{m: &Message{Type: uint16(seq), Version: 1}, seq: seq}
		b, err = (&crcFraming{rev1: true}).seal(b, tagMessage, []segment{{encoder: &o}, {bytes: []byte("front")}})
		require.NoError(t, err)
	}
	return b
}

// readyConn returns a connection in crc mode, and the other end of its wire.
func readyConn(t testing.TB) (*Conn, net.Conn) {
	t.Helper()
	nc, peer := memnet.Pipe()
	h := &handshake{nc: &progressConn{Conn: nc}, br: bufio.NewReader(nc), seal: &crcFraming{rev1: true}, open: &crcFraming{rev1: true}}
	c := newConn(h, Info{}, 1<<20)
	go c.writeLoop()
	t.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

func TestMessagesOutOfSequenceAreDropped(t *testing.T) {
	c, peer := readyConn(t)
	_, err := peer.Write(sealedMessages(t, 5, 5, 4, 9)) // gaps are legal
	require.NoError(t, err)
	for _, want := range []uint64{5, 9} {
		m, err := c.Receive()
		require.NoError(t, err)
		require.Equal(t, want, m.Seq)
	}
}

func TestSessionFramesEndTheConnection(t *testing.T) {
	for _, tg := range []tag{tagHello, tagReconnect, tagReset, tagRetry, tagRetryGlobal, tagReconnectOK, tagWait, tagServerIdent} {
		t.Run(tg.String(), func(t *testing.T) {
			c, peer := readyConn(t)
			b, err := (&crcFraming{rev1: true}).seal(nil, tg, []segment{{}})
			require.NoError(t, err)
			_, err = peer.Write(b)
			require.NoError(t, err)
			_, err = c.Receive()
			require.ErrorIs(t, err, ErrFrame)
			require.ErrorContains(t, err, tg.String())
			require.ErrorIs(t, c.Send(&Message{}), ErrFrame)
		})
	}
}

// FuzzReceive feeds a ready connection, in crc mode, with arbitrary bytes.
func FuzzReceive(f *testing.F) {
	o := outgoing{m: &Message{Type: 4, Version: 1}, seq: 1}
	seed, err := (&crcFraming{rev1: true}).seal(nil, tagMessage, []segment{{encoder: &o}, {bytes: []byte("front")}, {}, {bytes: []byte("data")}})
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte("ceph v2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var fr frame
		for _, framing := range []opener{&crcFraming{rev1: true}, &crcFraming{}} {
			r := bytes.NewReader(b)
			for framing.open(r, &fr, 1<<20) == nil {
				if fr.tag == tagMessage {
					parseMessage(&fr)
				}
				require.LessOrEqual(t, cap(fr.body), 2*growStep+len(b))
			}
		}
	})
}

// FuzzHandshake plays a peer that sends arbitrary bytes after a proper banner.
func FuzzHandshake(f *testing.F) {
	hello, err := (&crcFraming{rev1: true}).seal(nil, tagHello, []segment{{bytes: hello{denc.EntityMon, monAddr}.append(nil)}})
	require.NoError(f, err)
	f.Add(hello)
	bad, err := (&crcFraming{rev1: true}).seal(hello, tagAuthBadMethod, []segment{{bytes: badMethod{2, -13, []uint32{2}, []uint32{2, 1}}.append(nil)}})
	require.NoError(f, err)
	f.Add(bad)
	f.Fuzz(func(t *testing.T, b []byte) {
		nc, peer := memnet.Pipe()
		go discard(peer)
		go func() {
			_, _ = peer.Write(banner{supported: Revision1}.append(nil))
			_, _ = peer.Write(b)
			peer.Close()
		}()
		_, err := Client(t.Context(), nc, clientConfig(newTestAuth(ModeCRC)))
		require.Error(t, err)
	})
}
