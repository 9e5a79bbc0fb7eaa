package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// timeFormat is that of Ceph's logs.
const timeFormat = "2006-01-02T15:04:05.000Z0700"

func (a *app) runWatch(ctx context.Context, words []string) error {
	if err := a.checkFormat(); err != nil {
		return err
	}
	if err := checkWatched(words); err != nil {
		return err
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		within := ctx
		if a.timeout != nil && *a.timeout > 0 {
			var cancel context.CancelFunc
			within, cancel = context.WithTimeout(ctx, *a.timeout)
			defer cancel()
		}
		err := a.watch(within, client, words)
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			if a.count == 0 {
				return nil // it was asked to end then
			}
			return &failure{err: err, text: fmt.Sprintf("watch: fewer than %d events within %s", a.count, roundTime(*a.timeout)), code: exitNoAnswer}
		}
		return err
	})
}

// checkWatched refuses what no monitor would ever answer.
func checkWatched(words []string) error {
	logs := 0
	for _, w := range words {
		if prefix, ok := strings.CutPrefix(w, "kv:"); ok && prefix != "" {
			continue
		}
		if !slices.Contains(watchable, w) || w == "kv:" {
			known := append(slices.Clone(watchable[:len(watchable)-1]), "kv:PREFIX")
			return &usageError{msg: "watch: " + oneOf(w, known).Error(), try: "monc watch osdmap"}
		}
		if strings.HasPrefix(w, "log-") {
			logs++
		}
	}
	if logs > 1 {
		return &usageError{msg: "watch: monitors send one level of the log at a time", try: "the lowest level: monc watch log-debug, which has the others, too"}
	}
	return nil
}

// watch follows maps until --count events were printed or ctx ends.
func (a *app) watch(ctx context.Context, client *monclient.Client, words []string) error {
	ctx, cancel := context.WithCancel(ctx)
	type arrival struct {
		event monclient.MapEvent
		err   error
	}
	arrivals := make(chan arrival) // without room, so that nothing is printed late
	var followers sync.WaitGroup
	defer followers.Wait()
	defer cancel()
	for _, what := range slices.Compact(slices.Sorted(slices.Values(words))) {
		sub, err := client.Subscribe(what, a.from, false)
		if err != nil {
			return err
		}
		followers.Go(func() {
			for {
				e, err := sub.Next(ctx)
				select {
				case arrivals <- arrival{e, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		})
	}
	stop := a.patience(fmt.Sprintf("%s; monitors send nothing that the client's capabilities do not allow", strings.Join(words, ", ")))
	defer func() { stop() }()
	for printed := uint64(0); a.count == 0 || printed < a.count; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case in := <-arrivals:
			if in.err != nil {
				return in.err
			}
			stop()
			for _, line := range a.describe(in.event) {
				if a.count > 0 && printed == a.count {
					break
				}
				if err := a.printEvent(line); err != nil {
					return err
				}
				printed++
			}
		}
	}
	return nil
}

// eventLine is one line of output.
type eventLine struct {
	Time  string `json:"time"`
	What  string `json:"what"`
	Epoch uint64 `json:"epoch"`
	Full  bool   `json:"full"`
	Size  int    `json:"size"` // of the encoded map, or of the text
	// Missed is how many events before this one did not fit the queue.
	Missed int `json:"missed,omitempty"`

	MonMap *cephmap.MonMap    `json:"monmap,omitempty"`
	Config *map[string]string `json:"config,omitempty"`
	Keys   map[string]*string `json:"keys,omitempty"` // nil: deleted
	Base64 map[string]string  `json:"keys_base64,omitempty"`
	Log    *logLine           `json:"log,omitempty"`

	Modified string `json:"modified,omitempty"`

	facts string
}

type logLine struct {
	Time     string `json:"time"`
	Name     string `json:"name"`
	Channel  string `json:"channel"`
	Priority string `json:"priority"`
	Seq      uint64 `json:"seq"`
	Text     string `json:"text"`
}

// describe makes the lines of an event: one, but for the log, which comes in batches.
func (a *app) describe(e monclient.MapEvent) []eventLine {
	line := eventLine{Time: a.now().Format(timeFormat), What: e.What, Epoch: e.Epoch, Full: e.Full, Size: len(e.Data), Missed: e.Missed}
	switch m := e.Message.(type) {
	case *monmsg.MConfig:
		config := redacted(m.Options)
		line.Config = &config
		line.facts = joinPairs(config)
		for k, v := range m.Options {
			line.Size += len(k) + len(v)
		}
	case *monmsg.MKVData:
		line.describeKeys(m.Values)
	case *monmsg.MLog:
		return logLines(line, m.Entries)
	default:
		line.describeMap(e)
	}
	return []eventLine{line}
}

// redacted returns the options without the values of secret ones.
func redacted(options map[string]string) map[string]string {
	config := make(map[string]string, len(options))
	for k, v := range options {
		if o, ok := cephconf.LookupOption(k); ok && o.Secret {
			v = "[redacted]"
		}
		config[k] = v
	}
	return config
}

func joinPairs(m map[string]string) string {
	pairs := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, k+"="+oneLine(m[k]))
	}
	if len(pairs) == 0 {
		return "no options"
	}
	return strings.Join(pairs, " ")
}

// describeKeys tells of keys of the config-key store. Values may be anything, so the short form only has their sizes.
func (l *eventLine) describeKeys(values map[string][]byte) {
	l.Keys = make(map[string]*string)
	facts := make([]string, 0, len(values))
	for _, k := range slices.Sorted(maps.Keys(values)) {
		v := values[k]
		l.Size += len(k) + len(v)
		switch text := string(v); {
		case v == nil:
			l.Keys[k] = nil
			facts = append(facts, oneLine(k)+" deleted")
			continue
		case utf8.ValidString(text):
			l.Keys[k] = &text
		default:
			if l.Base64 == nil {
				l.Base64 = make(map[string]string)
			}
			l.Base64[k] = base64.StdEncoding.EncodeToString(v)
		}
		facts = append(facts, fmt.Sprintf("%s (%d bytes)", oneLine(k), len(v)))
	}
	l.facts = strings.Join(facts, ", ")
	if len(facts) == 0 {
		l.facts = "no keys"
	}
}

func logLines(line eventLine, entries []monmsg.LogEntry) []eventLine {
	lines := make([]eventLine, 0, len(entries))
	for _, e := range entries {
		l := line
		stamp := e.Stamp.Time().Local().Format(timeFormat)
		l.Size = len(e.Message)
		l.Log = &logLine{
			Time: stamp, Name: e.Name.String(), Channel: e.Channel, Priority: e.Priority.String(), Seq: e.Seq, Text: e.Message,
		}
		from := e.Name.String()
		if e.Channel != "" {
			from += " " + e.Channel
		}
		l.facts = fmt.Sprintf("%s %s %s: %s", stamp, e.Priority, oneLine(from), oneLine(e.Message))
		lines = append(lines, l)
		line.Missed = 0 // it was said
	}
	return lines
}

// describeMap tells of a map what can be read without decoding it as a whole.
func (l *eventLine) describeMap(e monclient.MapEvent) {
	var err error
	switch e.What {
	case "monmap":
		if l.MonMap, err = cephmap.DecodeMonMap(e.Data); err == nil {
			mons := make([]string, len(l.MonMap.Mons))
			for i := range l.MonMap.Mons {
				mons[i] = fmt.Sprintf("%s=%s", l.MonMap.Mons[i].Name, l.MonMap.Mons[i].Addrs)
			}
			l.facts = fmt.Sprintf("%d mons: %s", len(mons), strings.Join(mons, " "))
		}
	case "osdmap":
		if e.Full {
			var h cephmap.OSDMapHeader
			if h, err = cephmap.DecodeOSDMapHeader(e.Data); err == nil {
				l.Modified = h.Modified.String()
			}
		} else {
			var h cephmap.OSDMapIncrementalHeader
			if h, err = cephmap.DecodeOSDMapIncrementalHeader(e.Data); err == nil {
				l.Modified = h.Modified.String()
			}
		}
	case "servicemap":
		var h cephmap.ServiceMapHeader
		if h, err = cephmap.DecodeServiceMapHeader(e.Data); err == nil {
			l.Modified = h.Modified.String()
		}
	}
	switch {
	case err != nil:
		l.facts = "cannot be read: " + err.Error()
	case l.Modified != "":
		l.facts = "modified " + l.Modified
	}
}

// oneLine keeps text from others on one line, and from commanding the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, text)
}

func (a *app) printEvent(l eventLine) error {
	if strings.HasPrefix(a.format, "json") {
		b, err := a.marshal(l)
		if err != nil {
			return err
		}
		return a.print(string(b))
	}
	kind := "incremental"
	if l.Full {
		kind = "full"
	}
	if l.Log != nil {
		kind = "entry"
	}
	text := fmt.Sprintf("%s %s %d %s %d bytes", l.Time, l.What, l.Epoch, kind, l.Size)
	if l.facts != "" {
		text += "  " + l.facts
	}
	if l.Missed > 0 {
		text += fmt.Sprintf("  (%d events before it were missed)", l.Missed)
	}
	return a.print(text + "\n")
}
