package capture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Variant is a way to connect that is worth a recording.
type Variant struct {
	Name                        string
	Mode                        cephx.Mode
	Revision0, OfferCompression bool
}

// Variants are the recorded ones.
func Variants() []Variant {
	return []Variant{
		{Name: "crc", Mode: cephx.ModeCRC},
		{Name: "secure", Mode: cephx.ModeSecure},
		{Name: "crc-revision0", Mode: cephx.ModeCRC, Revision0: true},
		{Name: "secure-revision0", Mode: cephx.ModeSecure, Revision0: true},
		{Name: "secure-compression", Mode: cephx.ModeSecure, OfferCompression: true},
	}
}

// nonce is that of the recorded client.
const nonce = 0x1b1c0de

// Record connects to a monitor as the variant says, sends a few requests, one after the other's answer, and returns
// the text of the recording: how the client was made, what it sent and received, and all bytes of both directions.
// With the same random numbers a client must write the same bytes again.
func Record(ctx context.Context, c *realceph.Cluster, v Variant, program string) ([]byte, error) {
	ring, err := cephx.LoadKeyring(c.KeyringPath)
	if err != nil {
		return nil, err
	}
	key, err := ring.Key(admin)
	if err != nil {
		return nil, err
	}
	fsid, err := uuid.Parse(c.FSID)
	if err != nil {
		return nil, err
	}
	var seed [32]byte
	copy(seed[:], "recorded "+v.Name)
	handshake, err := cephx.NewHandshake(cephx.Config{Name: admin, Key: key, Modes: []cephx.Mode{v.Mode}, Rand: rand.NewChaCha8(seed)})
	if err != nil {
		return nil, err
	}
	mon := c.Mons()[0]
	target := denc.EntityAddr{Type: denc.AddrMsgr2, IP: mon.V2.Addr(), Port: mon.V2.Port()}
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", mon.V2.String())
	if err != nil {
		return nil, err
	}
	tape := &tape{Conn: nc}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# A session with %s, mode %v, recorded by internal/cmd/capture. The cluster and its keys are no more.\n", program, v.Mode)
	fmt.Fprintf(&b, "# name: %v\n# key: %s\n# seed: %s\n# nonce: %d\n# target: %v\n", admin, key.Reveal(), base64.StdEncoding.EncodeToString(seed[:]), nonce, target)
	fmt.Fprintf(&b, "# mode: %d\n# revision0: %v\n# compression: %v\n", v.Mode, v.Revision0, v.OfferCompression)

	conn, err := msgr2.Client(ctx, tape, msgr2.ClientConfig{
		Auth: handshake, Target: target, Nonce: nonce, GID: -1, GlobalSeq: 1, Revision0: v.Revision0, OfferCompression: v.OfferCompression,
	})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	requests := []monmsg.Message{
		&monmsg.MMonGetMap{},
		&monmsg.MMonSubscribe{What: map[string]monmsg.Subscription{"config": {}}, Hostname: "recorder"},
		&monmsg.MMonCommand{FSID: fsid, Cmd: []string{`{"prefix":"fsid"}`}},
		&monmsg.MMonCommand{FSID: fsid, Cmd: []string{`{"prefix":"config-key set","key":"recorded"}`}, Input: bytes.Repeat([]byte("input "), 20)},
		&monmsg.MMonGetVersion{Handle: 7, What: "monmap"},
	}
	for i, m := range requests {
		version, compat := m.MsgVersion()
		out := &msgr2.Message{Type: m.MsgType(), Version: version, Compat: compat, Tid: uint64(i + 1), Front: m.AppendFront(nil, denc.FeaturesAll)}
		if d, ok := m.(monmsg.DataMessage); ok {
			out.Data = d.Data()
		}
		fmt.Fprintf(&b, "# send: type %d version %d compat %d tid %d front %s data %s\n", out.Type, out.Version, out.Compat, out.Tid, orDash(out.Front), orDash(out.Data))
		if err := conn.Send(out); err != nil {
			return nil, err
		}
		in, err := conn.Receive()
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "# receive: type %d version %d compat %d tid %d front %s data %s\n", in.Type, in.Version, in.Compat, in.Tid, orDash(in.Front), orDash(in.Data))
	}
	conn.Close()
	if err := tape.writeTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// orDash returns p in hex, or a dash for nothing.
func orDash(p []byte) string {
	if len(p) == 0 {
		return "-"
	}
	return hex.EncodeToString(p)
}

// tape keeps what goes through a connection, as flows: what one side sends until the other side does.
type tape struct {
	net.Conn
	mu    sync.Mutex
	flows [][]byte // the client's first, then in turn
}

func (t *tape) keep(fromServer int, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(p) == 0 {
		return
	}
	if len(t.flows)%2 == fromServer {
		t.flows = append(t.flows, nil)
	}
	t.flows[len(t.flows)-1] = append(t.flows[len(t.flows)-1], p...)
}

// Read implements net.Conn.
func (t *tape) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.keep(1, p[:n])
	return n, err
}

// Write implements net.Conn. What is written is kept first: the answer may be read before Write returns.
func (t *tape) Write(p []byte) (int, error) {
	t.keep(0, p)
	return t.Conn.Write(p)
}

func (t *tape) writeTo(b *bytes.Buffer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.flows) == 0 {
		return errors.New("capture: nothing went through the connection")
	}
	for i, flow := range t.flows {
		direction := "client to server"
		if i%2 == 1 {
			direction = "server to client"
		}
		fmt.Fprintf(b, ">>> Flow %d (%s)\n%s", i+1, direction, hex.Dump(flow))
	}
	return nil
}
