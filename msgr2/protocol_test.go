package msgr2

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/memnet"
)

// TestServerThatBreaksTheProtocol plays a server that is in order up to a step and then sends something else.
func TestServerThatBreaksTheProtocol(t *testing.T) {
	elsewhere := denc.AddrFrom(denc.AddrMsgr2, netip.MustParseAddrPort("10.0.0.9:3300"))
	serverIdent := func(change func(*ident)) []byte {
		i := ident{addrs: denc.EntityAddrVec{monAddr}, supported: denc.FeaturesAll, flags: identLossy}
		change(&i)
		return i.append(nil, false)
	}
	tests := []struct {
		name    string
		at      Step
		tag     tag
		payload []byte
		want    error
		text    string
	}{
		{"AUTH_DONE before HELLO", StepHello, tagAuthDone, authDone{1, 1, nil}.append(nil), ErrFrame, "AUTH_DONE where [HELLO] is due"},
		{"a HELLO that is cut", StepHello, tagHello, []byte{1, 1, 1}, denc.ErrShort, "hello"},
		{"a HELLO with more", StepHello, tagHello, append(hello{denc.EntityMon, monAddr}.append(nil), 0), denc.ErrTrailing, ""},
		{"a HELLO without our address", StepHello, tagHello, hello{denc.EntityMon, denc.EntityAddr{}}.append(nil), ErrFrame, "without the address"},
		{"HELLO twice", StepAuth, tagHello, hello{denc.EntityMon, monAddr}.append(nil), ErrFrame, "HELLO where"},
		{"a message before its time", StepAuth, tagMessage, make([]byte, headerLen), ErrFrame, "MESSAGE where"},
		{"an AUTH_BAD_METHOD that is cut", StepAuth, tagAuthBadMethod, []byte{1, 0}, denc.ErrShort, "auth_bad_method.method"},
		{"an AUTH_BAD_METHOD of four billion methods", StepAuth, tagAuthBadMethod, []byte{1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}, denc.ErrShort, "allowed_methods"},
		{"an AUTH_REPLY_MORE that is cut", StepAuth, tagAuthReplyMore, []byte{9, 0, 0, 0}, denc.ErrShort, "auth_reply_more.payload"},
		{"an AUTH_DONE that is cut", StepAuth, tagAuthDone, make([]byte, 12), denc.ErrShort, "auth_done.payload"},
		{"an AUTH_DONE of an unknown mode", StepAuth, tagAuthDone, authDone{1, 7, nil}.append(nil), ErrMode, "chose 7 (unknown)"},
		{"a short AUTH_SIGNATURE", StepSignature, tagAuthSignature, []byte{1, 2, 3}, ErrSignature, ""},
		{"SERVER_IDENT without a signature", StepSignature, tagServerIdent, serverIdent(func(*ident) {}), ErrFrame, "SERVER_IDENT where [AUTH_SIGNATURE] is due"},
		{"compression that was declined", StepCompression, tagCompressionDone, denc.AppendUint32(denc.AppendBool(nil, true), 3), ErrFrame, "turns compression on (method 3)"},
		{"a COMPRESSION_DONE that is cut", StepCompression, tagCompressionDone, []byte{0}, denc.ErrShort, "compression_done.method"},
		{"WAIT", StepIdent, tagWait, nil, ErrFrame, "WAIT"},
		{"a SERVER_IDENT that is cut", StepIdent, tagServerIdent, make([]byte, 4), denc.ErrShort, "entity_addr.nonce"},
		{"another monitor's SERVER_IDENT", StepIdent, tagServerIdent, serverIdent(func(i *ident) { i.addrs[0] = elsewhere }), ErrWrongPeer, "it is at v2:10.0.0.9:3300/0, called was v2:10.0.0.1:3300/0"},
		{"a SERVER_IDENT without a feature", StepIdent, tagServerIdent, serverIdent(func(i *ident) { i.supported &^= denc.FeatureMsgAddr2 }), ErrFeatures, "the peer lacks the features 0x800000000000000"},
		{"an IDENT_MISSING_FEATURES that is cut", StepIdent, tagMissingFeatures, []byte{1}, denc.ErrShort, "ident_missing_features"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newTestAuth(ModeSecure)
			cc, sc := clientConfig(a), serverConfig(a)
			sc.Entity = denc.EntityMon
			cc.OfferCompression = tt.at == StepCompression
			cn, sn := memnet.Pipe()
			served := make(chan struct{})
			go func() {
				defer close(served)
				h := newHandshake(sn, false, true)
				s := &serverHandshake{handshake: h, cfg: sc}
				_ = h.run(context.Background(), func() error { return s.stepsUntil(tt.at) })
				if h.seal != nil && h.send(tt.tag, tt.payload) == nil {
					_ = h.flush()
				}
				discard(sn)
			}()
			_, err := Client(t.Context(), cn, cc)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.text)
			var he *HandshakeError
			require.ErrorAs(t, err, &he)
			require.Equal(t, tt.at, he.Step)
			<-served
			sn.Close()
		})
	}
}

// stepsUntil runs the accepting side's handshake up to a step and leaves the connection open there.
func (s *serverHandshake) stepsUntil(step Step) error {
	if err := s.banners(); err != nil || step == StepHello {
		return err
	}
	if err := s.hello(); err != nil || step == StepAuth {
		return err
	}
	done, err := s.authenticate()
	if err != nil {
		return err
	}
	mine, _ := s.signatures(done.SessionKey)
	if err := s.switchMode(done.Mode, done.ConnectionSecret, false); err != nil || step == StepSignature {
		return err
	}
	if err := s.send(tagAuthSignature, mine); err != nil {
		return err
	}
	return s.flush()
}

func TestModeNames(t *testing.T) {
	require.Equal(t, []string{"unknown", "crc", "secure"}, []string{ModeName(ModeUnknown), ModeName(ModeCRC), ModeName(ModeSecure)})
	require.Equal(t, "frame tag 99", tag(99).String())
	require.Equal(t, "message type 50 v1 tid 3 seq 0 front 2 data 1", (&Message{Type: 50, Version: 1, Tid: 3, Front: []byte("ab"), Data: []byte("c")}).String())
}
