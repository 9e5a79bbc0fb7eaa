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

// logTimeFormat is that of ceph -w.
const logTimeFormat = "2006-01-02T15:04:05.000000-0700"

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
	for _, w := range words {
		if prefix, ok := strings.CutPrefix(w, "kv:"); ok && prefix != "" {
			continue
		}
		if !slices.Contains(watchable, w) || w == "kv:" {
			known := append(slices.Clone(watchable[:len(watchable)-1]), "kv:PREFIX")
			return &usageError{msg: "watch: " + oneOf(w, known).Error(), try: "monc watch osdmap"}
		}
	}
	return nil
}

// happening is what a watch has to tell.
type happening struct {
	what  string
	event monclient.WatchEvent[any]
	err   error
}

// watch follows maps until --count events were printed or ctx ends.
func (a *app) watch(ctx context.Context, client *monclient.Client, words []string) error {
	ctx, cancel := context.WithCancel(ctx)
	happenings := make(chan happening) // without room, so that nothing is printed late
	var followers sync.WaitGroup
	defer followers.Wait()
	defer cancel()
	for _, what := range slices.Compact(slices.Sorted(slices.Values(words))) {
		next, err := a.follow(client, what)
		if err != nil {
			return err
		}
		followers.Go(func() {
			for {
				e, err := next(ctx)
				select {
				case happenings <- happening{what, e, err}:
				case <-ctx.Done():
					return
				}
				if err != nil && !isMapError(err) {
					return
				}
			}
		})
	}
	stop := a.patience(fmt.Sprintf("%s; monitors send nothing that the client's capabilities do not allow", strings.Join(words, ", ")))
	defer func() { stop() }()
	before := describer{history: a.from > 0}
	for printed := uint64(0); a.count == 0 || printed < a.count; printed++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case in := <-happenings:
			if in.err != nil && !isMapError(in.err) {
				return in.err
			}
			stop()
			line := before.describe(in)
			line.Time = a.now().Format(timeFormat)
			if err := a.printEvent(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow returns what fetches the next event.
func (a *app) follow(client *monclient.Client, what string) (func(context.Context) (monclient.WatchEvent[any], error), error) {
	if what != "fsmap.user" { // which has no value
		w, err := client.WatchAny(monclient.WatchSpec{What: what, WatchOptions: monclient.WatchOptions{Start: a.from, All: true}})
		if err != nil {
			return nil, err
		}
		return w.Next, nil
	}
	s, err := client.Subscribe(what, a.from, false)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (monclient.WatchEvent[any], error) {
		e, err := s.Next(ctx)
		return monclient.WatchEvent[any]{Epoch: e.Epoch, Raw: e.Data, Full: e.Full, Synced: e.Synced, Missed: e.Missed}, err
	}, nil
}

func isMapError(err error) bool {
	var bad *monclient.MapError
	return errors.As(err, &bad)
}

// eventLine is one line of output.
type eventLine struct {
	Time   string `json:"time"`
	What   string `json:"what"`
	Epoch  uint64 `json:"epoch"`
	Full   bool   `json:"full"`
	Synced bool   `json:"synced"`
	Size   int    `json:"size"` // of the encoded map, or of the text
	// Missed is how many events before this one did not fit the queue.
	Missed int `json:"missed,omitempty"`

	MonMap     *cephmap.MonMap     `json:"monmap,omitempty"`
	MgrMap     *cephmap.MgrMap     `json:"mgrmap,omitempty"`
	FSMap      *cephmap.FSMap      `json:"fsmap,omitempty"`
	ServiceMap *cephmap.ServiceMap `json:"servicemap,omitempty"`
	OSDMap     *osdmapCounts       `json:"osdmap,omitempty"` // monc osdmap has all of it
	Changes    []osdmapChange      `json:"changes,omitzero"` // in the osdmap since the line before; nil of the first one
	Config     *map[string]string  `json:"config,omitempty"`
	Changed    []string            `json:"changed,omitempty"` // options
	Removed    []string            `json:"removed,omitempty"`
	Keys       map[string]*string  `json:"keys,omitempty"` // nil: deleted
	Base64     map[string]string   `json:"keys_base64,omitempty"`
	Log        *logLine            `json:"log,omitempty"`

	Modified string `json:"modified,omitempty"`
	Error    string `json:"error,omitempty"` // the map cannot be read

	facts string
	// more is what goes on lines of its own, which begin as the first one does.
	more []string
}

type logLine struct {
	Time     string `json:"time"`
	Name     string `json:"name"`
	Channel  string `json:"channel"`
	Priority string `json:"priority"`
	Seq      uint64 `json:"seq"`
	Text     string `json:"text"`
}

// describer makes lines of events. It knows the last map of each kind, because a line says what has changed.
type describer struct {
	mgrmap   *cephmap.MgrMap
	fsmap    *cephmap.FSMap
	services *cephmap.ServiceMap
	osdmap   *cephmap.OSDMap
	config   bool
	history  bool // when something happened is of interest
}

func (d *describer) describe(in happening) eventLine {
	e := in.event
	line := eventLine{What: in.what, Epoch: e.Epoch, Full: e.Full, Synced: e.Synced, Size: len(e.Raw), Missed: e.Missed}
	var bad *monclient.MapError
	if errors.As(in.err, &bad) {
		line.Error = bad.Err.Error()
		line.facts = "cannot be read: " + oneLine(line.Error)
		return line
	}
	switch v := e.Value.(type) {
	case *cephmap.MonMap:
		line.MonMap = v
		mons := make([]string, len(v.Mons))
		for i := range v.Mons {
			mons[i] = fmt.Sprintf("%s=%s", oneLine(v.Mons[i].Name), v.Mons[i].Addrs)
		}
		line.facts = fmt.Sprintf("%d mons: %s", len(mons), strings.Join(mons, " "))
	case *cephmap.MgrMap:
		line.MgrMap, line.facts = v, mgrFacts(d.mgrmap, v)
		d.mgrmap = v
	case *cephmap.FSMap:
		line.FSMap, line.facts = v, fsFacts(d.fsmap, v)
		d.fsmap = v
	case *cephmap.ServiceMap:
		line.ServiceMap, line.Modified = v, v.Modified.String()
		line.facts = serviceFacts(d.services, v)
		d.services = v
	case *cephmap.OSDMap:
		line.describeOSDMap(d.osdmap, v, d.history)
		d.osdmap = v
	case monclient.ConfigChange:
		line.describeConfig(v, !d.config)
		d.config = true
	case monclient.KVChange:
		line.describeKeys(v)
	case monclient.LogEntry:
		line.describeEntry(v)
	}
	return line
}

// describeConfig tells all options the first time, and then what has changed.
func (l *eventLine) describeConfig(v monclient.ConfigChange, first bool) {
	config := redacted(v.Options)
	l.Config = &config
	for name, value := range v.Options {
		l.Size += len(name) + len(value)
	}
	if first {
		l.facts = joinPairs(config)
		return
	}
	l.Changed, l.Removed = v.Changed, v.Removed
	var facts []string
	for _, name := range v.Changed {
		facts = append(facts, "+"+name+"="+oneLine(config[name]))
	}
	for _, name := range v.Removed {
		facts = append(facts, "-"+name)
	}
	l.facts = strings.Join(facts, " ")
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
func (l *eventLine) describeKeys(change monclient.KVChange) {
	l.Keys = make(map[string]*string)
	facts := make([]string, 0, len(change.Set)+len(change.Deleted))
	for _, k := range slices.Sorted(maps.Keys(change.Set)) {
		v := change.Set[k]
		l.Size += len(k) + len(v)
		if text := string(v); utf8.ValidString(text) {
			l.Keys[k] = &text
		} else {
			if l.Base64 == nil {
				l.Base64 = make(map[string]string)
			}
			l.Base64[k] = base64.StdEncoding.EncodeToString(v)
		}
		facts = append(facts, fmt.Sprintf("+%s (%d bytes)", oneLine(k), len(v)))
	}
	for _, k := range change.Deleted {
		l.Size += len(k)
		l.Keys[k] = nil
		facts = append(facts, "-"+oneLine(k))
	}
	l.facts = strings.Join(facts, ", ")
	if len(facts) == 0 {
		l.facts = "no keys"
	}
}

// describeEntry tells of an entry of the log, as ceph -w does.
func (l *eventLine) describeEntry(e monclient.LogEntry) {
	stamp := e.Time.Local().Format(timeFormat)
	priority := monmsg.LogPriority(e.Level).String()
	l.Size = len(e.Text)
	l.Log = &logLine{Time: stamp, Name: e.Name.String(), Channel: e.Channel, Priority: priority, Seq: e.Seq, Text: e.Text}
	l.facts = fmt.Sprintf("%s %s %s %s", e.Time.Local().Format(logTimeFormat), oneLine(e.Name.String()), priority, oneLine(e.Text))
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
	if l.Log != nil {
		text := l.facts
		if l.Missed > 0 {
			text += fmt.Sprintf("  (%d entries before it were missed)", l.Missed)
		}
		return a.print(text + "\n")
	}
	kind := "incremental"
	if l.Full {
		kind = "full"
	}
	begin := fmt.Sprintf("%s %s %d %s %d bytes", l.Time, l.What, l.Epoch, kind, l.Size)
	text := begin
	if l.facts != "" {
		text += "  " + l.facts
	}
	if l.Missed > 0 {
		text += fmt.Sprintf("  (%d events before it were missed)", l.Missed)
	}
	for _, more := range l.more {
		text += "\n" + begin + "  " + more
	}
	return a.print(text + "\n")
}
