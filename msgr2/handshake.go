package msgr2

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

const (
	// maxTranscript bounds what one side may send during a handshake, which the signature covers.
	maxTranscript = 512 << 10
	// readBufferSize is small because a process may hold thousands of connections; larger reads bypass the buffer.
	readBufferSize = 4 << 10
	signatureLen   = sha256.Size
)

// handshake is the state that both roles share. It is owned by the goroutine that runs it.
type handshake struct {
	nc     *progressConn
	br     *bufio.Reader
	mine   banner
	rev1   bool
	agreed uint64 // messenger features of both
	seal   sealer
	open   opener
	f      frame
	out    []byte
	step   Step
	onStep func(Step) // nil: nobody wants to know
	trace  func(Frame)

	// sent and received are all bytes of this handshake, until the signatures have been made over them.
	sent, received []byte
	recording      bool
}

// run runs the steps under ctx and turns what ends them into a HandshakeError. On an error nc is closed.
func (h *handshake) run(ctx context.Context, steps func() error) error {
	start := time.Now()
	// An expired deadline is what makes blocked reads and writes return.
	stop := context.AfterFunc(ctx, func() { _ = h.nc.SetDeadline(time.Unix(1, 0)) })
	err := steps()
	if !stop() && (err == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		err = context.Cause(ctx)
	}
	if err != nil {
		h.nc.Close()
		return &HandshakeError{Step: h.step, Elapsed: time.Since(start), Err: err}
	}
	return nil
}

// begin notes how far the handshake is.
func (h *handshake) begin(step Step) {
	h.step = step
	if h.onStep != nil {
		h.onStep(step)
	}
}

// Read implements io.Reader for the opener: the connection, with what is read kept for the signature.
func (h *handshake) Read(p []byte) (int, error) {
	n, err := h.br.Read(p)
	if h.recording {
		if len(h.received)+n > maxTranscript {
			return 0, fmt.Errorf("%w: more than %d bytes before the handshake is done", ErrTooLarge, maxTranscript)
		}
		h.received = append(h.received, p[:n]...)
	}
	return n, err
}

// flush writes what send has gathered.
func (h *handshake) flush() error {
	if h.recording {
		h.sent = append(h.sent, h.out...)
	}
	_, err := h.nc.Write(h.out)
	h.out = h.out[:0]
	return err
}

// send adds a control frame to what flush will write.
func (h *handshake) send(t tag, payload []byte) error {
	out, err := h.seal.seal(h.out, t, []segment{{bytes: payload}})
	if err != nil {
		return err
	}
	h.out = out
	traceSent(h.trace, t, []segment{{bytes: payload}})
	return nil
}

// receive reads the next frame, which must carry one of the tags.
func (h *handshake) receive(want ...tag) (tag, []byte, error) {
	if err := h.open.open(h, &h.f, maxFirstSegment); err != nil {
		return 0, nil, unexpected(err)
	}
	traceReceived(h.trace, &h.f)
	for _, t := range want {
		if h.f.tag == t {
			p, err := h.f.payload()
			return t, p, err
		}
	}
	return 0, nil, frameErrorf("%v where %v is due", h.f.tag, want)
}

// banners exchanges banners and decides on the revision.
func (h *handshake) banners() error {
	h.begin(StepBanner)
	h.recording = true
	h.out = h.mine.append(h.out)
	writeErr := h.flush()
	// A peer that is no messenger may have said so, and hung up, before it heard anything.
	theirs, err := readBanner(h)
	if writeErr != nil && !errors.Is(err, ErrNotCeph) && !errors.Is(err, ErrLegacyPeer) {
		return writeErr
	}
	if err != nil {
		return err
	}
	if h.agreed, err = h.mine.agree(theirs); err != nil {
		return err
	}
	h.rev1 = h.agreed&Revision1 != 0
	h.seal, h.open = &crcFraming{rev1: h.rev1}, &crcFraming{rev1: h.rev1}
	return nil
}

// switchMode installs the mode that was agreed on, for both directions.
func (h *handshake) switchMode(mode uint32, secret []byte, client bool) error {
	switch mode {
	case ModeCRC:
		return nil
	case ModeSecure:
		seal, open, err := newSecureFraming(secret, h.rev1, client)
		h.seal, h.open = seal, open
		return err
	}
	return fmt.Errorf("%w: mode %d is neither crc nor secure", ErrMode, mode)
}

// signatures returns what this side has to send, and what it has to see: each is a proof, under the session key, of
// all bytes that its sender has received.
func (h *handshake) signatures(sessionKey []byte) (mine, theirs []byte) {
	h.recording = false
	mine, theirs = sign(sessionKey, h.received), sign(sessionKey, h.sent)
	h.sent, h.received = nil, nil
	return mine, theirs
}

func sign(key, transcript []byte) []byte {
	if len(key) == 0 {
		return make([]byte, signatureLen)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(transcript)
	return mac.Sum(nil)
}

// checkSignature reads the peer's AUTH_SIGNATURE.
func (h *handshake) checkSignature(want []byte) error {
	h.begin(StepSignature)
	_, got, err := h.receive(tagAuthSignature)
	if err != nil {
		return err
	}
	if !hmac.Equal(got, want) {
		return ErrSignature
	}
	return nil
}

var _ io.Reader = (*handshake)(nil)

// newHandshake prepares a handshake that offers the given messenger features.
func newHandshake(nc net.Conn, revision0, compression bool) *handshake {
	supported := supportedBits
	if revision0 {
		supported &^= Revision1
	}
	if !compression {
		supported &^= Compression
	}
	counted := &progressConn{Conn: socketOf(nc)}
	return &handshake{nc: counted, br: bufio.NewReaderSize(counted, readBufferSize), mine: banner{supported: supported}}
}

// orAll returns f, or all features when f is 0.
func orAll(f denc.Features) denc.Features {
	if f == 0 {
		return denc.FeaturesAll
	}
	return f
}
