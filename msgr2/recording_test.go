package msgr2_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/msgr2"
)

// TestRecordings replays whole sessions with real monitors, in every mode and revision: with the same random numbers
// the client must write the very bytes that the monitor accepted, and read the same messages.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.flow")
	require.NoError(t, err)
	seen := make(map[string]int)
	for _, file := range files {
		release, variant, ok := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".flow"), "-")
		require.True(t, ok, file)
		seen[release]++
		t.Run(release+"/"+variant, func(t *testing.T) {
			rec := readRecording(t, file)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			tape := newTape(rec.flows)
			conn := rec.connect(ctx, t, tape)
			defer conn.Close()
			require.Equal(t, rec.mode, conn.Info().Mode)
			require.Positive(t, conn.Info().GlobalID)
			require.Equal(t, denc.EntityAddrVec{rec.target}, conn.Info().PeerAddrs[:1])
			for _, step := range rec.steps {
				if step.send {
					require.NoError(t, conn.Send(step.message()))
					continue
				}
				got, err := conn.Receive()
				require.NoError(t, tape.failure())
				require.NoError(t, err)
				require.Equal(t, []uint64{uint64(step.typ), uint64(step.version), uint64(step.compat), step.tid},
					[]uint64{uint64(got.Type), uint64(got.Version), uint64(got.Compat), got.Tid})
				require.True(t, bytes.Equal(step.front, got.Front) && bytes.Equal(step.data, got.Data) && len(got.Middle) == 0, "%v", got)
			}
			require.NoError(t, tape.failure())
			require.Zero(t, tape.left(), "bytes that the recording has and the client did not write or read")
		})
	}
	for _, release := range []string{"pacific", "reef", "tentacle"} {
		require.Equal(t, 5, seen[release], release)
	}
}

// A client that signs with another key, or picks other random numbers, is told apart from the recorded one: the
// comparison above compares something.
func TestRecordingsTellClientsApart(t *testing.T) {
	rec := readRecording(t, "testdata/reef-secure.flow")
	rec.seed[0]++
	tape := newTape(rec.flows)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := msgr2.Client(ctx, tape, rec.config(t))
	require.Error(t, err)
	require.ErrorContains(t, tape.failure(), "the recording has")
}

// Whatever byte of the monitor's side of a handshake is changed, the client does not go on as if nothing were.
func TestRecordingsWithAByteChanged(t *testing.T) {
	for _, file := range []string{"testdata/reef-secure.flow", "testdata/tentacle-crc.flow"} {
		rec := readRecording(t, file)
		handshake := 0
		for i := range rec.flows { // up to the first message
			if i%2 == 1 && i <= handshakeFlows(rec) {
				handshake += len(rec.flows[i])
			}
		}
		for at := 0; at < handshake; at += 7 {
			flows := make([][]byte, len(rec.flows))
			n := at
			for i, f := range rec.flows {
				flows[i] = bytes.Clone(f)
				if i%2 == 1 {
					if n >= 0 && n < len(f) {
						flows[i][n] ^= 0x10
					}
					n -= len(f)
				}
			}
			tape := newTape(flows)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			conn, err := msgr2.Client(ctx, tape, rec.config(t))
			cancel()
			if err == nil {
				conn.Close()
			}
			// A changed banner may be one of a monitor with other abilities, to which the client then says
			// something else than it did; but it never signs, or goes on, on changed bytes.
			require.Error(t, err, "%s: byte %d of the monitor's", file, at)
		}
	}
}

// handshakeFlows is the last flow of the handshake: two are for each request that followed.
func handshakeFlows(rec *recording) int {
	requests := 0
	for _, s := range rec.steps {
		if s.send {
			requests++
		}
	}
	return len(rec.flows) - 2*requests - 1
}

// recording is a file that internal/cmd/capture wrote.
type recording struct {
	name        denc.EntityName
	key         cephx.Key
	seed        [32]byte
	nonce       uint32
	target      denc.EntityAddr
	mode        uint32
	revision0   bool
	compression bool
	steps       []step
	flows       [][]byte
}

// step is a message that was sent or received.
type step struct {
	send                 bool
	typ, version, compat uint16
	tid                  uint64
	front, data          []byte
}

func (s step) message() *msgr2.Message {
	return &msgr2.Message{Type: s.typ, Version: s.version, Compat: s.compat, Tid: s.tid, Front: s.front, Data: s.data}
}

func readRecording(t *testing.T, file string) *recording {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	rec := new(recording)
	for line := range strings.SplitSeq(string(text), "\n") {
		if header, ok := strings.CutPrefix(line, "# "); ok {
			rec.header(t, header)
			continue
		}
		if strings.HasPrefix(line, ">>> Flow ") {
			direction := "(client to server)"
			if len(rec.flows)%2 == 1 {
				direction = "(server to client)"
			}
			require.Equal(t, fmt.Sprintf(">>> Flow %d %s", len(rec.flows)+1, direction), line)
			rec.flows = append(rec.flows, nil)
			continue
		}
		if line == "" {
			continue
		}
		require.NotEmpty(t, rec.flows, line)
		_, columns, ok := strings.Cut(line, " ")
		require.True(t, ok, line)
		columns, _, _ = strings.Cut(columns, "|")
		b, err := hex.DecodeString(strings.Join(strings.Fields(columns), ""))
		require.NoError(t, err, line)
		last := len(rec.flows) - 1
		rec.flows[last] = append(rec.flows[last], b...)
	}
	require.NotEmpty(t, rec.steps)
	return rec
}

func (rec *recording) header(t *testing.T, line string) {
	t.Helper()
	key, value, _ := strings.Cut(line, ": ")
	var err error
	switch key {
	case "name":
		rec.name, err = denc.ParseEntityName(value)
	case "key":
		rec.key, err = cephx.ParseKey(value)
	case "seed":
		var seed []byte
		seed, err = base64.StdEncoding.DecodeString(value)
		require.Len(t, seed, len(rec.seed))
		copy(rec.seed[:], seed)
	case "nonce":
		rec.nonce = uint32(number(t, value))
	case "target":
		rec.target, err = denc.ParseEntityAddr(value, denc.AddrMsgr2)
	case "mode":
		rec.mode = uint32(number(t, value))
	case "revision0":
		rec.revision0, err = strconv.ParseBool(value)
	case "compression":
		rec.compression, err = strconv.ParseBool(value)
	case "send", "receive":
		w := strings.Fields(value)
		require.Len(t, w, 12, line)
		rec.steps = append(rec.steps, step{
			send: key == "send", typ: uint16(number(t, w[1])), version: uint16(number(t, w[3])), compat: uint16(number(t, w[5])),
			tid: number(t, w[7]), front: undash(t, w[9]), data: undash(t, w[11]),
		})
	}
	require.NoError(t, err, line)
}

func number(t *testing.T, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err)
	return n
}

func undash(t *testing.T, s string) []byte {
	t.Helper()
	if s == "-" {
		return nil
	}
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func (rec *recording) config(t *testing.T) msgr2.ClientConfig {
	t.Helper()
	handshake, err := cephx.NewHandshake(cephx.Config{
		Name: rec.name, Key: rec.key, Modes: []cephx.Mode{cephx.Mode(rec.mode)}, Rand: rand.NewChaCha8(rec.seed),
	})
	require.NoError(t, err)
	return msgr2.ClientConfig{
		Auth: handshake, Target: rec.target, Nonce: rec.nonce, GID: -1, GlobalSeq: 1,
		Revision0: rec.revision0, OfferCompression: rec.compression,
	}
}

func (rec *recording) connect(ctx context.Context, t *testing.T, tape *tape) *msgr2.Conn {
	t.Helper()
	conn, err := msgr2.Client(ctx, tape, rec.config(t))
	require.NoError(t, tape.failure())
	require.NoError(t, err)
	return conn
}

// tape is a connection to a recorded monitor, which sends each of its flows once the client has written all that came
// before it, and hangs up on a client that writes something else.
type tape struct {
	mu     sync.Mutex
	moved  sync.Cond
	flows  [][]byte // what is left of them
	at     int      // the present one; even: the client's
	err    error    // what was wrong with what the client wrote
	closed bool
}

func newTape(flows [][]byte) *tape {
	t := &tape{flows: make([][]byte, len(flows))}
	copy(t.flows, flows)
	t.moved.L = &t.mu
	return t
}

func (t *tape) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// left returns the number of bytes that have not been played.
func (t *tape) left() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.flows[min(t.at, len(t.flows)):] {
		n += len(f)
	}
	return n
}

// advance goes on to the next flow when the present one is used up.
func (t *tape) advance() {
	if t.at < len(t.flows) && len(t.flows[t.at]) == 0 {
		t.at++
	}
	t.moved.Broadcast()
}

func (t *tape) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		switch {
		case t.closed:
			return 0, net.ErrClosed
		case t.err != nil || t.at >= len(t.flows):
			return 0, io.EOF
		case t.at%2 == 1:
			n := copy(p, t.flows[t.at])
			t.flows[t.at] = t.flows[t.at][n:]
			t.advance()
			return n, nil
		}
		t.moved.Wait()
	}
}

func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, net.ErrClosed
	}
	if t.err == nil {
		switch {
		case t.at >= len(t.flows) || t.at%2 == 1:
			t.err = fmt.Errorf("flow %d: the client writes %x where it is to read", t.at+1, p)
		case !bytes.HasPrefix(t.flows[t.at], p):
			t.err = fmt.Errorf("flow %d: the client writes\n%s the recording has\n%s", t.at+1, hex.Dump(p), hex.Dump(t.flows[t.at][:min(len(p), len(t.flows[t.at]))]))
		default:
			t.flows[t.at] = t.flows[t.at][len(p):]
			t.advance()
		}
	}
	t.moved.Broadcast()
	return len(p), nil
}

func (t *tape) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.moved.Broadcast()
	return nil
}

func (t *tape) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (t *tape) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (t *tape) SetDeadline(time.Time) error      { return t.Close() } // only ever used to end a wait
func (t *tape) SetReadDeadline(time.Time) error  { return nil }
func (t *tape) SetWriteDeadline(time.Time) error { return nil }
