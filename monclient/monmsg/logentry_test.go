package monmsg

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// logEntryHex is the first entry that a 16.2.15 monitor sent to a log-info subscription.
const logEntryHex = "0505 99000000" + "01000000 01000000 61" + "01 0000000000000000" +
	"02 02000000" +
	"01 0101 1c000000 02000000 00000000 10000000 0200 5f32 7f000001 0000000000000000" +
	"01 0101 1c000000 01000000 00000000 10000000 0200 5f33 7f000001 0000000000000000" +
	"b9ec036b d6f01514" + "0f00000000000000" + "0100" +
	"1b000000 41637469766174696e67206d616e61676572206461656d6f6e2078" + "07000000 636c7573746572"

var logEntry = LogEntry{
	Name: denc.EntityName{Type: denc.EntityMon, ID: "a"},
	Rank: denc.PeerName{Type: denc.EntityMon, Num: 0},
	Addrs: denc.EntityAddrVec{
		denc.AddrFrom(denc.AddrMsgr2, netip.MustParseAddrPort("127.0.0.1:24370")),
		denc.AddrFrom(denc.AddrLegacy, netip.MustParseAddrPort("127.0.0.1:24371")),
	},
	Stamp:    denc.UTime{Sec: 0x6b03ecb9, Nsec: 0x1415f0d6},
	Seq:      15,
	Priority: LogInfo,
	Message:  "Activating manager daemon x",
	Channel:  "cluster",
}

func TestLogEntry(t *testing.T) {
	wire := unhex(t, logEntryHex)
	r := denc.NewReader(wire)
	var got LogEntry
	got.DecodeFrom(r)
	require.NoError(t, r.Done())
	require.Equal(t, logEntry, got)
	require.Equal(t, wire, got.AppendTo(nil, denc.FeaturesAll))
	for n := range wire {
		r := denc.NewReader(wire[:n])
		got.DecodeFrom(r)
		require.ErrorIs(t, r.Err(), denc.ErrShort)
	}
}

func TestLogEntryBeforeNautilusIsRefused(t *testing.T) {
	r := denc.NewReader(unhex(t, "0402 01000000 00"))
	new(LogEntry).DecodeFrom(r)
	require.ErrorIs(t, r.Err(), denc.ErrMalformed)
	require.ErrorContains(t, r.Err(), "struct_v")
}

func TestLogPriorityString(t *testing.T) {
	require.Equal(t, "[DBG]", LogDebug.String())
	require.Equal(t, "[ERR]", LogError.String())
	require.Equal(t, "[priority 9]", LogPriority(9).String())
}
