package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// Bounds of what a request may ask for.
const (
	maxRequest  = 64 << 10
	maxOutage   = time.Hour
	maxAdvance  = 10_000
	maxInterval = 24 * 60 * 60 // seconds
)

// testFaults makes embedded monitors misbehave for whoever started them: by requests on standard input, which reach
// monitors in any state, and by commands that clients send.
type testFaults struct {
	cluster *montest.Cluster

	mu     sync.Mutex
	outage *time.Timer // ends what lose-quorum began
}

// faultRequest is one line of standard input.
type faultRequest struct {
	ID      json.RawMessage `json:"id"` // comes back with the answer
	Do      string          `json:"do"`
	Mon     *string         `json:"mon"`
	Seconds *float64        `json:"seconds"`
	Bytes   *int            `json:"bytes"`
	FSID    *string         `json:"fsid"`
	Map     *string         `json:"map"`
	Epochs  *int            `json:"epochs"`
}

// faultAnswer is one line of standard output.
type faultAnswer struct {
	ID    json.RawMessage `json:"id,omitempty"`
	OK    bool            `json:"ok,omitempty"`
	Error string          `json:"error,omitempty"`
	Field string          `json:"field,omitempty"` // of the request, when that is wrong
	Addr  string          `json:"addr,omitempty"`  // of the monitor that was added
}

// fieldError says what is wrong with a field of a request.
type fieldError struct{ field, text string }

// Error names the field.
func (e *fieldError) Error() string { return e.field + ": " + e.text }

func badField(field, format string, args ...any) error {
	return &fieldError{field, fmt.Sprintf(format, args...)}
}

// monFault is a request for a monitor, or for all of them when it names none.
type monFault struct {
	takes string // the field that it needs besides, if any
	act   func(m *montest.Mon, r *faultRequest) error
}

// plainFault is one that cannot fail.
func plainFault(act func(*montest.Mon)) monFault {
	return monFault{act: func(m *montest.Mon, _ *faultRequest) error { act(m); return nil }}
}

var monFaults = map[string]monFault{
	"kill": plainFault((*montest.Mon).Kill),
	"start": {act: func(m *montest.Mon, _ *faultRequest) error {
		if m.Alive() {
			return nil
		}
		return m.Start()
	}},
	"freeze":              plainFault((*montest.Mon).Freeze),
	"thaw":                plainFault((*montest.Mon).Thaw),
	"drop-clients":        plainFault((*montest.Mon).DropClients),
	"refuse":              plainFault((*montest.Mon).Refuse),
	"silence":             plainFault((*montest.Mon).Silence),
	"drop-keepalives":     plainFault((*montest.Mon).DropKeepalives),
	"black-hole":          plainFault((*montest.Mon).BlackHole),
	"fill-hole":           plainFault((*montest.Mon).FillHole),
	"leave-quorum":        plainFault((*montest.Mon).LeaveQuorum),
	"join-quorum":         plainFault((*montest.Mon).JoinQuorum),
	"send-corrupt-monmap": plainFault((*montest.Mon).SendCorruptMonMap),
	"send-old-monmap":     plainFault((*montest.Mon).SendOldMonMap),
	"heal":                plainFault((*montest.Mon).Heal),
	"delay": {"seconds", func(m *montest.Mon, r *faultRequest) error {
		if s := *r.Seconds; s < 0 || s > maxInterval {
			return badField("seconds", "is %v, want 0 to %d", s, maxInterval)
		}
		m.Delay(seconds(*r.Seconds))
		return nil
	}},
	"slow-read":    bytesFault((*montest.Mon).SlowRead),
	"reset-after":  bytesFault((*montest.Mon).ResetAfter),
	"corrupt-byte": bytesFault((*montest.Mon).CorruptByte),
	"pretend-fsid": {"fsid", func(m *montest.Mon, r *faultRequest) error {
		fsid, err := uuid.Parse(*r.FSID)
		if err != nil {
			return badField("fsid", "%q is no UUID", *r.FSID)
		}
		m.PretendFSID(fsid)
		return nil
	}},
}

// bytesFault is one that takes a number of bytes.
func bytesFault(act func(*montest.Mon, int)) monFault {
	return monFault{"bytes", func(m *montest.Mon, r *faultRequest) error {
		if *r.Bytes < 1 {
			return badField("bytes", "is %d, want 1 or more", *r.Bytes)
		}
		act(m, *r.Bytes)
		return nil
	}}
}

// clusterFault is a request for the monitors together.
type clusterFault struct {
	takes, mayTake []string
	act            func(f *testFaults, r *faultRequest, a *faultAnswer) error
}

var clusterFaults = map[string]clusterFault{
	"lose-quorum": {mayTake: []string{"seconds"}, act: func(f *testFaults, r *faultRequest, _ *faultAnswer) error {
		if r.Seconds == nil {
			f.loseQuorum(0)
			return nil
		}
		if s := *r.Seconds; s <= 0 || s > maxOutage.Seconds() {
			return badField("seconds", "is %v, want a number up to %v", s, maxOutage.Seconds())
		}
		f.loseQuorum(seconds(*r.Seconds))
		return nil
	}},
	"regain-quorum": {act: func(f *testFaults, _ *faultRequest, _ *faultAnswer) error { f.regainQuorum(); return nil }},
	"advance": {takes: []string{"map"}, mayTake: []string{"epochs"}, act: func(f *testFaults, r *faultRequest, _ *faultAnswer) error {
		n := 1
		if r.Epochs != nil {
			n = *r.Epochs
		}
		if n < 1 || n > maxAdvance {
			return badField("epochs", "is %d, want 1 to %d", n, maxAdvance)
		}
		if !slices.Contains(advancing, *r.Map) {
			return &fieldError{"map", oneOf(*r.Map, advancing).Error()}
		}
		return f.cluster.Advance(*r.Map, n)
	}},
	"remove-mon": {takes: []string{"mon"}, act: func(f *testFaults, r *faultRequest, _ *faultAnswer) error {
		if _, err := f.mon(*r.Mon); err != nil {
			return err
		}
		if len(f.mons()) == 1 {
			return badField("mon", "mon.%s is the last one", *r.Mon)
		}
		return f.cluster.RemoveMon(*r.Mon)
	}},
	"add-mon": {takes: []string{"mon"}, act: func(f *testFaults, r *faultRequest, a *faultAnswer) error {
		if name := *r.Mon; len(name) != 1 || name[0] < 'a' || name[0] > 'z' {
			return badField("mon", "is %q, want a letter from a to z", name)
		}
		if _, err := f.mon(*r.Mon); err == nil {
			return badField("mon", "there is a mon.%s already", *r.Mon)
		}
		m, err := f.cluster.AddMon(*r.Mon, denc.EntityAddr{})
		if err == nil {
			a.Addr = m.Addr().String()
		}
		return err
	}},
}

// advancing are the maps that advance takes.
var advancing = []string{"monmap", "osdmap", "mgrmap", "fsmap", "servicemap"}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// loseQuorum takes the quorum away, for d, or until it is asked back when d is 0.
func (f *testFaults) loseQuorum(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopOutage()
	f.cluster.LoseQuorum()
	if d == 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		// A later outage is not this one's to end.
		if f.outage == timer {
			f.outage = nil
			f.cluster.RegainQuorum()
		}
	})
	f.outage = timer
}

func (f *testFaults) regainQuorum() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopOutage()
	f.cluster.RegainQuorum()
}

// stopOutage forgets when the quorum was to come back. The caller holds mu.
func (f *testFaults) stopOutage() {
	if f.outage != nil {
		f.outage.Stop()
		f.outage = nil
	}
}

// close leaves no timer behind.
func (f *testFaults) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopOutage()
}

// serve executes the requests that come, one a line, and answers each with a line, until they end.
func (f *testFaults) serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxRequest)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		r, given, err := parseRequest(lines.Bytes())
		answer := faultAnswer{ID: r.ID}
		if err == nil {
			err = f.execute(r, given, &answer)
		}
		if answer.OK = err == nil; err != nil {
			answer.Error = strings.TrimPrefix(err.Error(), "montest: ")
			if field, ok := errors.AsType[*fieldError](err); ok {
				answer.Field = field.field
			}
		}
		b, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return nil
}

// execute does what a request asks for.
func (f *testFaults) execute(r *faultRequest, given []string, answer *faultAnswer) error {
	if fault, ok := monFaults[r.Do]; ok {
		var takes []string
		if fault.takes != "" {
			takes = []string{fault.takes}
		}
		if err := checkFields(r.Do, given, takes, []string{"mon"}); err != nil {
			return err
		}
		mons := f.mons()
		if r.Mon != nil {
			m, err := f.mon(*r.Mon)
			if err != nil {
				return err
			}
			mons = []*montest.Mon{m}
		}
		var failed []error
		for _, m := range mons {
			failed = append(failed, fault.act(m, r))
			if _, wrong := errors.AsType[*fieldError](failed[len(failed)-1]); wrong {
				break // for each of them in the same way
			}
		}
		return errors.Join(failed...)
	}
	if fault, ok := clusterFaults[r.Do]; ok {
		if err := checkFields(r.Do, given, fault.takes, fault.mayTake); err != nil {
			return err
		}
		return fault.act(f, r, answer)
	}
	known := append(slices.Collect(maps.Keys(monFaults)), slices.Collect(maps.Keys(clusterFaults))...)
	slices.Sort(known)
	return &fieldError{"do", oneOf(r.Do, known).Error()}
}

// parseRequest reads a request, and which fields it has. Of one that is wrong it returns the ID, if it has one.
func parseRequest(line []byte) (r *faultRequest, given []string, err error) {
	r = new(faultRequest)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil || fields == nil {
		return r, nil, errors.New("the request is no JSON object")
	}
	r.ID = fields["id"]
	given = slices.Sorted(maps.Keys(fields))
	for _, name := range given {
		if string(fields[name]) == "null" {
			return r, nil, badField(name, "is null; leave it out")
		}
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			want := map[string]string{"string": "string", "int": "whole number", "float64": "number"}[wrong.Type.String()]
			return r, nil, badField(wrong.Field, "is a %s, want a %s", wrong.Value, want)
		}
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			if plain, err := strconv.Unquote(name); err == nil {
				name = plain
			}
			return r, nil, badField(name, "there is no such field")
		}
		return r, nil, err
	}
	if r.Do == "" {
		return r, nil, badField("do", "is missing")
	}
	return r, given, nil
}

// checkFields refuses a request without a field that it needs, and with one that means nothing to it.
func checkFields(do string, given, takes, mayTake []string) error {
	for _, name := range takes {
		if !slices.Contains(given, name) {
			return badField(name, "is missing; %s wants it", do)
		}
	}
	for _, name := range given {
		if name != "id" && name != "do" && !slices.Contains(takes, name) && !slices.Contains(mayTake, name) {
			return badField(name, "%s takes none", do)
		}
	}
	return nil
}

// mons returns the monitors that the monmap has.
func (f *testFaults) mons() []*montest.Mon {
	monmap := f.cluster.MonMap()
	return slices.DeleteFunc(f.cluster.Mons(), func(m *montest.Mon) bool {
		_, there := monmap.Mon(m.Name())
		return !there
	})
}

// mon finds one of them.
func (f *testFaults) mon(name string) (*montest.Mon, error) {
	mons := f.mons()
	names := make([]string, 0, len(mons))
	for _, m := range mons {
		if m.Name() == name {
			return m, nil
		}
		names = append(names, m.Name())
	}
	return nil, badField("mon", "there is no mon.%s; there are %s", name, strings.Join(names, ", "))
}

// handleCommands adds commands that do some of this, for clients in any language: {"prefix": "testmon kill", "mon": "a"}.
// A monitor that is to be started or thawed is told through another one.
func (f *testFaults) handleCommands() {
	c := f.cluster
	for _, do := range []string{"kill", "start", "freeze", "thaw", "drop-clients"} {
		act := monFaults[do].act
		c.HandleCommand("testmon "+do+" name=mon,type=CephString", func(cmd montest.Command) montest.Result {
			m := c.Mon(cmd.String("mon"))
			if m == nil {
				return montest.Fail(denc.ENOENT, "no mon.%s", cmd.String("mon"))
			}
			if err := act(m, nil); err != nil {
				return montest.Fail(denc.EINVAL, "%v", err)
			}
			return montest.Result{Status: fmt.Sprintf("mon.%s: %s", m.Name(), do)}
		})
	}
	c.HandleCommand("testmon lose-quorum name=seconds,type=CephFloat", func(cmd montest.Command) montest.Result {
		s, err := strconv.ParseFloat(cmd.String("seconds"), 64)
		// Without a quorum nobody could ask for it back.
		if err != nil || !(s > 0 && s <= maxOutage.Seconds()) {
			return montest.Fail(denc.EINVAL, "seconds is %q, want a number up to %v", cmd.String("seconds"), maxOutage.Seconds())
		}
		f.loseQuorum(seconds(s))
		return montest.Result{Status: "no quorum for " + cmd.String("seconds") + " s"}
	})
}
