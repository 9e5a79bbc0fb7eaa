package monclient

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

func TestParseLogLevel(t *testing.T) {
	for want, names := range map[LogLevel][]string{
		LogDebug: {"debug", "dbg", "DEBUG", "Dbg"},
		LogInfo:  {"info", "inf", "INFO"},
		LogSec:   {"sec", "security", "Security"},
		LogWarn:  {"warn", "warning", "wrn", "WARN"},
		LogError: {"error", "err", "ERR"},
	} {
		for _, name := range names {
			got, err := ParseLogLevel(name)
			require.NoError(t, err, name)
			require.Equal(t, want, got, name)
		}
		back, err := ParseLogLevel(want.String())
		require.NoError(t, err)
		require.Equal(t, want, back)
	}
	for _, bad := range []string{"", "crit", "warns", "log-info", " info", "1"} {
		_, err := ParseLogLevel(bad)
		require.ErrorIs(t, err, cephconf.ErrInvalidValue, bad)
		require.ErrorContains(t, err, "level")
		require.Equal(t, denc.EINVAL, Errno(err))
	}
	require.Equal(t, "LogLevel(5)", LogLevel(5).String())
}

func TestLogEntryPrintsAsCephDoes(t *testing.T) {
	addr, err := denc.ParseEntityAddr("10.0.0.7:0/123", denc.AddrAny)
	require.NoError(t, err)
	e := logEntryOf(monmsg.LogEntry{
		Name: denc.EntityName{Type: denc.EntityClient, ID: "admin"}, Rank: denc.PeerName{Type: denc.EntityClient, Num: 4123},
		Addrs: denc.EntityAddrVec{addr}, Stamp: denc.UTime{Sec: 1700000000, Nsec: 123456789}, Seq: 7, Priority: monmsg.LogWarn,
		Message: "full\nof \"it\"", Channel: "cluster",
	})
	require.Equal(t, time.Unix(1700000000, 123456789).UTC(), e.Time.UTC())
	require.Equal(t, "2023-11-14T22:13:20.123456+0000 client.admin (client.4123) 7 : cluster [WRN] full\nof \"it\"", e.String())
	require.Equal(t, "2023-11-14T22:13:20.123456+0000 client.admin [WRN] full\nof \"it\"", e.Line())
	b, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"client.admin","rank":"client.4123","addrs":{"addrvec":[{"type":"any","addr":"10.0.0.7:0","nonce":123}]},
		"stamp":"2023-11-14T22:13:20.123456+0000","seq":7,"channel":"cluster","priority":"[WRN]","message":"full\nof \"it\""}`, string(b))

	var back LogEntry
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, e.Time.Truncate(time.Microsecond).UTC(), back.Time.UTC())
	back.Time = e.Time
	require.Equal(t, e, back)
	for _, bad := range []string{
		`{`, `[]`, `{}`, `{"name":"client.admin"}`, `{"name":"client.admin","rank":"cat.7"}`, `{"name":"client.admin","rank":"client.7","stamp":"today"}`,
		`{"name":"client.admin","rank":"client.7","stamp":"2023-11-14T22:13:20.123456+0000","priority":"[???]"}`,
		`{"name":"client.admin","rank":"client.7","stamp":"0.000000","priority":"[INF]","addrs":{"addrvec":[{"type":"v2","addr":"nowhere"}]}}`,
	} {
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}
