package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

func TestWriteReply(t *testing.T) {
	tests := []struct {
		name   string
		reply  monclient.Reply
		format string
		want   outcome
	}{
		{"plain", monclient.Reply{Output: []byte("a\nb")}, "", outcome{0, "a\nb", ""}},
		{"plain asked for", monclient.Reply{Output: []byte("a\n")}, "plain", outcome{0, "a\n", ""}},
		{"json", monclient.Reply{Output: []byte("{}\n")}, "json", outcome{0, "\n{}\n", ""}},
		{"json-pretty", monclient.Reply{Output: []byte("{}")}, "json-pretty", outcome{0, "\n{}", ""}},
		{"xml", monclient.Reply{Output: []byte("<a/>")}, "xml", outcome{0, "<a/>", ""}},
		{"status", monclient.Reply{Output: []byte("x\n"), Status: "dumped"}, "", outcome{0, "x\n", "dumped\n"}},
		{"positive", monclient.Reply{Retval: 7, Status: "seven"}, "", outcome{0, "", "seven\n"}},
		{"refused", monclient.Reply{Retval: -22, Status: "no such thing"}, "", outcome{22, "", "Error EINVAL: no such thing\n"}},
		{"refused without words", monclient.Reply{Retval: -2}, "json", outcome{2, "\n", "Error ENOENT: \n"}},
		{"named as Python does", monclient.Reply{Retval: -95, Status: "s"}, "", outcome{95, "", "Error ENOTSUP: s\n"}},
		{"output and refusal", monclient.Reply{Retval: -1, Output: []byte("o"), Status: "s"}, "", outcome{1, "o", "Error EPERM: s\n"}},
		{"too large for an exit code", monclient.Reply{Retval: -256, Status: "s"}, "", outcome{1, "", "Error errno 256: s\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			a := &app{env: world{}.env(&stdout, &stderr), options: options{format: tt.format}}
			code := a.report(t.Context(), a.writeReply(&tt.reply))
			require.Equal(t, tt.want, outcome{code, stdout.String(), stderr.String()})
		})
	}
}

func TestOutputFile(t *testing.T) {
	var stdout bytes.Buffer
	path := filepath.Join(t.TempDir(), "out")
	a := &app{env: world{}.env(&stdout, io.Discard), options: options{format: "json", out: path}}
	require.NoError(t, a.writeReply(&monclient.Reply{Output: []byte("{}")}))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "{}", string(b))
	require.Error(t, a.writeReply(&monclient.Reply{Retval: -2}))
	b, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "{}", string(b), "a refusal leaves the file alone")
	require.Empty(t, stdout.String())

	a.out = "-"
	require.NoError(t, a.writeReply(&monclient.Reply{Output: []byte("{}")}))
	require.Equal(t, "{}", stdout.String())

	a.out = filepath.Join(path, "x")
	require.ErrorContains(t, a.writeReply(&monclient.Reply{Output: []byte("{}")}), "--out: ")
}

func TestFormatOfJSONCommands(t *testing.T) {
	tests := []struct {
		name   string
		pieces []string
		format string
		want   []string
	}{
		{"as it is", []string{`{ "prefix":"a" }`}, "", []string{`{ "prefix":"a" }`}},
		{"set", []string{`{"prefix":"a"}`}, "json", []string{`{"format":"json","prefix":"a"}`}},
		{"replaced", []string{`{"prefix":"a","format":"xml"}`}, "json", []string{`{"format":"json","prefix":"a"}`}},
		{"pieces", []string{`{"prefix":`, `"a"}`}, "json", []string{`{"format":"json","prefix":"a"}`}},
		{"numbers keep their digits", []string{`{"n":12345678901234567890,"x":1.0}`}, "json", []string{`{"format":"json","n":12345678901234567890,"x":1.0}`}},
		{"no JSON is for the monitors to refuse", []string{`{bad`}, "json", []string{`{bad`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, withFormat(tt.pieces, tt.format)) })
	}
}

func TestWatchLines(t *testing.T) {
	monmap := cephmap.NewMonMap(uuid.MustParse("f0f0f0f0-0000-4000-8000-000000000001"), cephmap.ReleaseReef)
	monmap.Epoch = 3
	addrs, err := denc.ParseEntityAddrVec("[v2:10.0.0.1:3300,v1:10.0.0.1:6789]", denc.AddrMsgr2)
	require.NoError(t, err)
	require.NoError(t, monmap.Add(cephmap.MonInfo{Name: "a", Addrs: addrs}))
	encoded := monmap.AppendTo(nil)
	stamp := denc.FromTime(time.Date(2024, 2, 29, 11, 59, 59, 0, time.UTC))
	entry := monmsg.LogEntry{Name: denc.EntityName{Type: denc.EntityMon, ID: "a"}, Stamp: stamp, Seq: 9, Priority: monmsg.LogWarn, Message: "two\nlines \x1b[31m", Channel: "cluster"}
	local := stamp.Time().Local().Format(timeFormat)
	const now = "2024-02-29T12:00:00.123Z "
	tests := []struct {
		name  string
		event monclient.MapEvent
		plain string
		json  string
	}{
		{"monmap", monclient.MapEvent{What: "monmap", Epoch: 3, Full: true, Data: encoded},
			"monmap 3 full " + strconv.Itoa(len(encoded)) + " bytes  1 mons: a=[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]", ""},
		{"map that is not decoded", monclient.MapEvent{What: "mgrmap", Epoch: 7, Full: true, Data: make([]byte, 10)},
			"mgrmap 7 full 10 bytes", `{"time":"2024-02-29T12:00:00.123Z","what":"mgrmap","epoch":7,"full":true,"size":10}`},
		{"broken incremental", monclient.MapEvent{What: "osdmap", Epoch: 8, Data: []byte{1}, Missed: 2}, "", ""},
		{"configuration", monclient.MapEvent{What: "config", Full: true, Message: &monmsg.MConfig{Options: map[string]string{"b": "2", "a": "x\ny", "key": "secret"}}},
			"config 0 full 15 bytes  a=x y b=2 key=[redacted]",
			`{"time":"2024-02-29T12:00:00.123Z","what":"config","epoch":0,"full":true,"size":15,"config":{"a":"x\ny","b":"2","key":"[redacted]"}}`},
		{"no configuration", monclient.MapEvent{What: "config", Full: true, Message: &monmsg.MConfig{}},
			"config 0 full 0 bytes  no options", `{"time":"2024-02-29T12:00:00.123Z","what":"config","epoch":0,"full":true,"size":0,"config":{}}`},
		{"keys", monclient.MapEvent{What: "kv:k/", Epoch: 5, Message: &monmsg.MKVData{Prefix: "k/", Incremental: true, Values: map[string][]byte{"k/a": []byte("v"), "k/b": nil, "k/c": {0xff}, "k/d": {}}}},
			"kv:k/ 5 incremental 14 bytes  k/a (1 bytes), k/b deleted, k/c (1 bytes), k/d (0 bytes)",
			`{"time":"2024-02-29T12:00:00.123Z","what":"kv:k/","epoch":5,"full":false,"size":14,"keys":{"k/a":"v","k/b":null,"k/d":""},"keys_base64":{"k/c":"/w=="}}`},
		{"no keys", monclient.MapEvent{What: "kv:k/", Epoch: 5, Full: true, Message: &monmsg.MKVData{}}, "kv:k/ 5 full 0 bytes  no keys", ""},
		{"log", monclient.MapEvent{What: "log-info", Epoch: 6, Message: &monmsg.MLog{Entries: []monmsg.LogEntry{entry}}},
			"log-info 6 entry 15 bytes  " + local + " [WRN] mon.a cluster: two lines  [31m",
			`{"time":"2024-02-29T12:00:00.123Z","what":"log-info","epoch":6,"full":false,"size":15,"log":{"time":"` + local + `","name":"mon.a","channel":"cluster","priority":"[WRN]","seq":9,"text":"two\nlines \u001b[31m"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout bytes.Buffer
			a := &app{env: world{}.env(&stdout, io.Discard)}
			lines := a.describe(tt.event)
			require.Len(t, lines, 1)
			require.NoError(t, a.printEvent(lines[0]))
			if tt.plain != "" {
				require.Equal(t, now+tt.plain+"\n", stdout.String())
			} else {
				require.Contains(t, stdout.String(), "cannot be read: ")
				require.Contains(t, stdout.String(), "(2 events before it were missed)")
			}
			stdout.Reset()
			a.format = "json"
			require.NoError(t, a.printEvent(lines[0]))
			if tt.json != "" {
				require.Equal(t, tt.json+"\n", stdout.String())
			}
		})
	}
}

// TestLogBatches: every entry is an event of its own.
func TestLogBatches(t *testing.T) {
	a := &app{env: world{}.env(io.Discard, io.Discard)}
	lines := a.describe(monclient.MapEvent{What: "log-info", Missed: 4, Message: &monmsg.MLog{Entries: make([]monmsg.LogEntry, 3)}})
	require.Len(t, lines, 3)
	require.Equal(t, 4, lines[0].Missed)
	require.Zero(t, lines[1].Missed)
}
