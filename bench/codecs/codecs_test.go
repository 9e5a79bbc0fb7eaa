package codecs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

var benchFSID = uuid.MustParse("8f4f1d0a-3c58-4b9e-9a53-6c1c6b1f2f77")

// benchMessages are what the session sends and receives most, and the largest that it receives.
func benchMessages() map[string]monmsg.Message {
	command := []string{`{"prefix":"osd df","output_method":"tree","format":"json"}`}
	return map[string]monmsg.Message{
		"MMonCommand":    &monmsg.MMonCommand{FSID: benchFSID, Cmd: command},
		"MMonCommandAck": &monmsg.MMonCommandAck{Cmd: command, Output: make([]byte, 64<<10)},
		"MMonSubscribe": &monmsg.MMonSubscribe{Hostname: "host", What: map[string]monmsg.Subscription{
			"monmap": {Start: 2}, "config": {}, "osdmap": {Start: 7, Flags: monmsg.SubscribeOnetime},
		}},
		"MOSDMap": &monmsg.MOSDMap{FSID: benchFSID, Full: []monmsg.EpochMap{{Epoch: 9, Map: make([]byte, 1<<20)}}, TrimLowerBound: 1, Newest: 9},
	}
}

func BenchmarkMessageAppendFront(b *testing.B) {
	for name, m := range benchMessages() {
		b.Run(name, func(b *testing.B) {
			buf := m.AppendFront(nil, denc.FeaturesAll)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				buf = m.AppendFront(buf[:0], denc.FeaturesAll)
			}
		})
	}
}

func BenchmarkMessageDecode(b *testing.B) {
	for name, m := range benchMessages() {
		b.Run(name, func(b *testing.B) {
			front := m.AppendFront(nil, denc.FeaturesAll)
			var data []byte
			if d, ok := m.(monmsg.DataMessage); ok {
				data = d.Data()
			}
			version, compat := m.MsgVersion()
			b.SetBytes(int64(len(front)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := monmsg.Decode(m.MsgType(), version, compat, front, nil, data)
				require.NoError(b, err)
			}
		})
	}
}

// benchMonMap returns the map of a cluster with five monitors.
func benchMonMap(tb testing.TB) *cephmap.MonMap {
	tb.Helper()
	m := cephmap.NewMonMap(benchFSID, cephmap.ReleaseTentacle)
	for i := range 5 {
		addrs, err := denc.ParseEntityAddrVec(fmt.Sprintf("[v2:10.0.0.%d:3300/0,v1:10.0.0.%d:6789/0]", i+1, i+1), denc.AddrMsgr2)
		require.NoError(tb, err)
		require.NoError(tb, m.Add(cephmap.MonInfo{Name: string(rune('a' + i)), Addrs: addrs}))
	}
	m.Epoch = 5
	return m
}

func BenchmarkMonMapAppend(b *testing.B) {
	m := benchMonMap(b)
	buf := m.AppendTo(nil)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = m.AppendTo(buf[:0])
	}
}

func BenchmarkMonMapDecode(b *testing.B) {
	wire := benchMonMap(b).AppendTo(nil)
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := cephmap.DecodeMonMap(wire)
		require.NoError(b, err)
	}
}

func BenchmarkMonMapJSON(b *testing.B) {
	m := benchMonMap(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := json.Marshal(m)
		require.NoError(b, err)
	}
}

// TestBenchmarkInputs holds the benchmarks' inputs to what they claim to be.
func TestBenchmarkInputs(t *testing.T) {
	m := benchMonMap(t)
	back, err := cephmap.DecodeMonMap(m.AppendTo(nil))
	require.NoError(t, err)
	require.Len(t, back.Mons, 5)
	for name, m := range benchMessages() {
		require.Equal(t, name, monmsg.TypeName(m.MsgType()))
		front := m.AppendFront(nil, denc.FeaturesAll)
		version, compat := m.MsgVersion()
		back, err := monmsg.Decode(m.MsgType(), version, compat, front, nil, nil)
		require.NoError(t, err, name)
		require.True(t, bytes.Equal(front, back.AppendFront(nil, denc.FeaturesAll)), name)
	}
}
