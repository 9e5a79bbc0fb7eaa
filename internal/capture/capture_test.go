package capture

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// message returns a message as a monitor would send it.
func message(m monmsg.Message, why string) Message {
	version, compat := m.MsgVersion()
	return Message{Type: m.MsgType(), Version: version, Compat: compat, Front: m.AppendFront(nil, denc.FeaturesAll), Why: why}
}

func TestGoldenKeepsEveryContentOnceAndAFewOfAType(t *testing.T) {
	var all []Message
	for i := range 20 {
		reply := message(&monmsg.MMonGetVersionReply{Handle: uint64(i)}, "a query")
		all = append(all, reply, reply)
	}
	all = append(all, message(&monmsg.MConfig{}, "another"))
	got := Golden(all)
	require.Len(t, got, maxPerType+1)
	require.Equal(t, all[0], got[0])
	require.Equal(t, all[2], got[1])
	require.Equal(t, monmsg.TypeConfig, got[maxPerType].Type)
}

func TestMapsAreNamedByKindAndEpoch(t *testing.T) {
	monmap := new(cephmap.MonMap)
	monmap.Epoch = 3
	wire := monmap.AppendTo(nil)
	maps, err := Maps([]Message{
		message(&monmsg.MMonMap{Map: wire}, "one"),
		message(&monmsg.MMonMap{Map: wire}, "two"),
		message(&monmsg.MMonMap{Map: wire}, whyOlder),
		message(&monmsg.MOSDMap{
			Full:         []monmsg.EpochMap{{Epoch: 7, Map: []byte("full")}},
			Incrementals: []monmsg.EpochMap{{Epoch: 8, Map: []byte("inc")}},
		}, "three"),
	})
	require.NoError(t, err)
	var names []string
	for _, m := range maps {
		names = append(names, m.Name+" by "+m.Why)
	}
	require.Equal(t, []string{"monmap-e3 by one", "legacy-monmap by " + whyOlder, "osdmap-e7 by three", "osdmap-inc-e8 by three"}, names)

	_, err = Maps([]Message{{Type: monmsg.TypeOSDMap, Version: 4, Compat: 3, Front: []byte{1}}})
	require.ErrorIs(t, err, denc.ErrShort)
}

// line is a connection whose other side has said its part already.
type line struct {
	net.Conn
	said io.Reader
	err  error
}

func (l *line) Read(p []byte) (int, error)  { return l.said.Read(p) }
func (l *line) Write(p []byte) (int, error) { return len(p), l.err }

func TestTapeKeepsFlows(t *testing.T) {
	tape := &tape{Conn: &line{said: bytes.NewReader([]byte("three"))}}
	var b bytes.Buffer
	require.Error(t, tape.writeTo(&b))

	for _, s := range []string{"o", "ne"} {
		_, err := tape.Write([]byte(s))
		require.NoError(t, err)
	}
	p := make([]byte, 3)
	for {
		if _, err := tape.Read(p); errors.Is(err, io.EOF) {
			break
		}
	}
	_, err := tape.Write([]byte("four"))
	require.NoError(t, err)
	require.NoError(t, tape.writeTo(&b))
	require.Equal(t, ">>> Flow 1 (client to server)\n"+hex.Dump([]byte("one"))+
		">>> Flow 2 (server to client)\n"+hex.Dump([]byte("three"))+
		">>> Flow 3 (client to server)\n"+hex.Dump([]byte("four")), b.String())
}
