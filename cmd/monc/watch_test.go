package main

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// event makes what a watch tells.
func event(what string, epoch uint64, value any) happening {
	return happening{what: what, event: monclient.WatchEvent[any]{Epoch: epoch, Value: value, Full: true, Synced: true}}
}

func TestWatchLines(t *testing.T) {
	monmap := cephmap.NewMonMap(uuid.MustParse("f0f0f0f0-0000-4000-8000-000000000001"), cephmap.ReleaseReef)
	monmap.Epoch = 3
	addrs, err := denc.ParseEntityAddrVec("[v2:10.0.0.1:3300,v1:10.0.0.1:6789]", denc.AddrMsgr2)
	require.NoError(t, err)
	require.NoError(t, monmap.Add(cephmap.MonInfo{Name: "a", Addrs: addrs}))
	stamp := time.Date(2024, 2, 29, 11, 59, 59, 0, time.UTC)
	entry := monclient.LogEntry{Name: denc.EntityName{Type: denc.EntityMon, ID: "a"}, Time: stamp, Seq: 9, Level: monclient.LogWarn, Text: "two\nlines \x1b[31m", Channel: "cluster"}
	local := stamp.Local().Format(timeFormat)
	delta := func(h happening) happening {
		h.event.Full = false
		return h
	}
	const now = "2024-02-29T12:00:00.123Z "
	tests := []struct {
		name  string
		in    happening
		plain string
		json  string
	}{
		{"monmap", event("monmap", 3, monmap), now + "monmap 3 full 0 bytes  1 mons: a=[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]", ""},
		{"map without a value", event("fsmap.user", 7, nil), now + "fsmap.user 7 full 0 bytes",
			`{"time":"2024-02-29T12:00:00.123Z","what":"fsmap.user","epoch":7,"full":true,"synced":true,"size":0}`},
		{"map that cannot be read", happening{"mgrmap", monclient.WatchEvent[any]{Epoch: 9, Raw: []byte{1}, Full: true}, &monclient.MapError{What: "mgrmap", Epoch: 9, Err: errors.New("too\nshort")}},
			now + "mgrmap 9 full 1 bytes  cannot be read: too short",
			`{"time":"2024-02-29T12:00:00.123Z","what":"mgrmap","epoch":9,"full":true,"synced":false,"size":1,"error":"too\nshort"}`},
		{"configuration", event("config", 0, monclient.ConfigChange{Options: map[string]string{"b": "2", "a": "x\ny", "key": "secret"}, Changed: []string{"a", "b", "key"}}),
			now + "config 0 full 15 bytes  a=x y b=2 key=[redacted]",
			`{"time":"2024-02-29T12:00:00.123Z","what":"config","epoch":0,"full":true,"synced":true,"size":15,"config":{"a":"x\ny","b":"2","key":"[redacted]"}}`},
		{"no configuration", event("config", 0, monclient.ConfigChange{}), now + "config 0 full 0 bytes  no options", ""},
		{"keys", delta(event("kv:k/", 5, monclient.KVChange{Prefix: "k/", Set: map[string][]byte{"k/a": []byte("v"), "k/c": {0xff}, "k/d": {}}, Deleted: []string{"k/b"}})),
			now + "kv:k/ 5 incremental 14 bytes  +k/a (1 bytes), +k/c (1 bytes), +k/d (0 bytes), -k/b",
			`{"time":"2024-02-29T12:00:00.123Z","what":"kv:k/","epoch":5,"full":false,"synced":true,"size":14,"keys":{"k/a":"v","k/b":null,"k/d":""},"keys_base64":{"k/c":"/w=="}}`},
		{"no keys", event("kv:k/", 5, monclient.KVChange{}), now + "kv:k/ 5 full 0 bytes  no keys", ""},
		{"log", delta(event("log-info", 6, entry)), stamp.Local().Format(logTimeFormat) + " mon.a [WRN] two lines  [31m",
			`{"time":"2024-02-29T12:00:00.123Z","what":"log-info","epoch":6,"full":false,"synced":true,"size":15,"log":{"time":"` + local + `","name":"mon.a","channel":"cluster","priority":"[WRN]","seq":9,"text":"two\nlines \u001b[31m"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout bytes.Buffer
			a := &app{env: world{}.env(&stdout, io.Discard)}
			var d describer
			line := d.describe(tt.in)
			line.Time = a.now().Format(timeFormat)
			require.NoError(t, a.printEvent(line))
			require.Equal(t, tt.plain+"\n", stdout.String())
			stdout.Reset()
			a.format = "json"
			require.NoError(t, a.printEvent(line))
			if tt.json != "" {
				require.Equal(t, tt.json+"\n", stdout.String())
			}
		})
	}
}

// TestWatchSaysWhatHasChanged: each map after the one before it.
func TestWatchSaysWhatHasChanged(t *testing.T) {
	mgr := func(name string, gid uint64, available bool, standby string, modules ...string) *cephmap.MgrMap {
		m := &cephmap.MgrMap{ActiveName: name, ActiveGID: gid, Available: available, Modules: modules}
		if standby != "" {
			m.Standbys = map[uint64]cephmap.MgrStandby{9: {GID: 9, Name: standby}}
		}
		return m
	}
	fs := func(name string, state cephmap.MDSState, standby string) *cephmap.FSMap {
		m := &cephmap.FSMap{Filesystems: []cephmap.Filesystem{{ID: 1, MDSMap: cephmap.MDSMap{FSName: name, Info: map[uint64]cephmap.MDSInfo{4: {Name: "a", State: state}}}}}}
		if standby != "" {
			m.Standbys = map[uint64]cephmap.MDSInfo{5: {Name: standby, Rank: -1, State: cephmap.MDSStandby}}
		}
		return m
	}
	services := func(daemons ...string) *cephmap.ServiceMap {
		m := &cephmap.ServiceMap{Services: map[string]cephmap.Service{"rgw": {Daemons: map[string]cephmap.ServiceDaemon{}}}}
		for _, d := range daemons {
			m.Services["rgw"].Daemons[d] = cephmap.ServiceDaemon{}
		}
		return m
	}
	config := func(changed, removed []string, options map[string]string) monclient.ConfigChange {
		return monclient.ConfigChange{Options: options, Changed: changed, Removed: removed}
	}
	tests := []struct {
		what   string
		values []any
		want   []string
	}{
		{"mgrmap", []any{mgr("x", 1, true, "y", "iostat"), mgr("y", 9, false, "", "iostat"), mgr("y", 9, true, "", "status"), mgr("y", 10, true, "", "status"), mgr("", 0, false, "", "status")}, []string{
			"active mgr x; standbys y", "active mgr x -> y (not available yet); standbys -y", "active mgr y (not available yet) -> y; modules +status -iostat",
			"active mgr y started again", "active mgr y -> none",
		}},
		{"fsmap", []any{new(cephmap.FSMap), fs("one", cephmap.MDSCreating, "b"), fs("one", cephmap.MDSActive, ""), fs("two", cephmap.MDSActive, "")}, []string{
			"0 file systems", "file systems +one; one +mds.a rank 0 up:creating; standbys +mds.b up:standby",
			"one +mds.a rank 0 up:active -mds.a rank 0 up:creating; standbys -mds.b up:standby", "file systems +two -one; two +mds.a rank 0 up:active",
		}},
		{"servicemap", []any{services("a"), services("a", "b"), services("b")}, []string{
			"modified 0.000000; daemons +rgw.a", "modified 0.000000; daemons +rgw.b", "modified 0.000000; daemons -rgw.a",
		}},
		{"config", []any{config([]string{"a"}, nil, map[string]string{"a": "1"}), config([]string{"key"}, []string{"a"}, map[string]string{"key": "x"})}, []string{
			"a=1", "+key=[redacted] -a",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			var d describer
			for i, v := range tt.values {
				require.Equal(t, tt.want[i], d.describe(event(tt.what, uint64(i), v)).facts)
			}
		})
	}
}
