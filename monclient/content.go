package monclient

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Content returns as JSON what the event brings where that is no encoded map; nil for maps:
//
//	config      {"options": {NAME: VALUE}}
//	kv:PREFIX   {"keys": {KEY: VALUE or null when it was deleted}, "keys_base64": {KEY: VALUE that is not UTF-8}}
//	log-LEVEL   {"entries": [{"time", "name", "channel", "priority", "seq", "text"}]}
func (e MapEvent) Content() ([]byte, error) {
	var content any
	switch m := e.Message.(type) {
	case *monmsg.MConfig:
		options := m.Options
		if options == nil {
			options = map[string]string{} // not null
		}
		content = struct {
			Options map[string]string `json:"options"`
		}{options}
	case *monmsg.MKVData:
		content = contentOfKeys(m.Values)
	case *monmsg.MLog:
		content = contentOfLog(m.Entries)
	default:
		return nil, nil
	}
	b, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("monclient: %s: %w", e.What, err)
	}
	return b, nil
}

type keysContent struct {
	Keys   map[string]*string `json:"keys"` // nil: deleted
	Base64 map[string]string  `json:"keys_base64,omitempty"`
}

func contentOfKeys(values map[string][]byte) keysContent {
	c := keysContent{Keys: make(map[string]*string, len(values))}
	for key, v := range values {
		switch text := string(v); {
		case v == nil:
			c.Keys[key] = nil
		case utf8.ValidString(text):
			c.Keys[key] = &text
		default:
			if c.Base64 == nil {
				c.Base64 = make(map[string]string)
			}
			c.Base64[key] = base64.StdEncoding.EncodeToString(v)
		}
	}
	return c
}

type logContent struct {
	Entries []logEntry `json:"entries"`
}

type logEntry struct {
	Time     string `json:"time"` // UTC
	Name     string `json:"name"`
	Channel  string `json:"channel"`
	Priority string `json:"priority"`
	Seq      uint64 `json:"seq"`
	Text     string `json:"text"`
}

func contentOfLog(entries []monmsg.LogEntry) logContent {
	c := logContent{Entries: make([]logEntry, len(entries))}
	for i, e := range entries {
		c.Entries[i] = logEntry{
			Time: e.Stamp.Time().UTC().Format(time.RFC3339Nano), Name: e.Name.String(), Channel: e.Channel,
			Priority: e.Priority.String(), Seq: e.Seq, Text: e.Message,
		}
	}
	return c
}
