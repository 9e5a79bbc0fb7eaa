package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
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
