package monclient_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

func TestContent(t *testing.T) {
	tests := []struct {
		name string
		m    monmsg.Message
		want string // empty: none
	}{
		{"no options", &monmsg.MConfig{}, `{"options":{}}`},
		{"options", &monmsg.MConfig{Options: map[string]string{"debug_ms": "1", "b": `"`}}, `{"options":{"b":"\"","debug_ms":"1"}}`},
		{"no keys", &monmsg.MKVData{}, `{"keys":{}}`},
		{"keys", &monmsg.MKVData{Values: map[string][]byte{"a": []byte("x"), "deleted": nil, "empty": {}, "z": {0xff}}},
			`{"keys":{"a":"x","deleted":null,"empty":""},"keys_base64":{"z":"/w=="}}`},
		{"no entries", &monmsg.MLog{}, `{"entries":[]}`},
		{"entries", &monmsg.MLog{Entries: []monmsg.LogEntry{{
			Stamp: denc.UTime{Sec: 1600000000, Nsec: 5000}, Name: denc.EntityName{Type: denc.EntityMon, ID: "a"}, Channel: "cluster",
			Priority: monmsg.LogWarn, Seq: 7, Message: "slow",
		}}}, `{"entries":[{"time":"2020-09-13T12:26:40.000005Z","name":"mon.a","channel":"cluster","priority":"[WRN]","seq":7,"text":"slow"}]}`},
		{"a map", &monmsg.MMonMap{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := monclient.MapEvent{Message: tt.m}.Content()
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
}
