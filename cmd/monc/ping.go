package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// pingCommand is the table's entry.
func pingCommand() *command {
	return &command{
		name: "ping", args: "MON", summary: "ask one monitor how it is, or each of them",
		details: `MON is mon.NAME, mon.RANK or mon.*, which asks all of them at once. Each has a
connection of its own; neither a session nor a quorum is needed, but the key has
to be right: monitors answer nothing before they know who asks. Of one that does
not answer, monc says whether it is there at all.

The answer is JSON: the monitor's own status and the health as far as it knows
it. With -f json, for mon.*, every monitor is a line, an object with its name and
its answer, or its error.

A monitor that has lost its quorum has no ids for new clients, and hangs up.

It fails, after all have been asked, when one of them has not answered.`,
		words: []string{"mon."}, minWords: 1, maxWords: 1, readsFormat: true,
		examples: []example{
			{"monc ping mon.a", ""},
			{"monc ping mon.*", "all of them"},
			{"monc --connect-timeout 2 ping mon.0", "the one of rank 0, for two seconds at most"},
		},
		run: (*app).runPing,
	}
}

func (a *app) runPing(ctx context.Context, words []string) error {
	name, isMon := strings.CutPrefix(words[0], "mon.")
	if !isMon || name == "" {
		return &usageError{msg: fmt.Sprintf("ping: %q is no monitor: mon.NAME, mon.RANK or mon.*", words[0]), try: "monc ping mon.a, or monc ping mon.*"}
	}
	if !strings.HasPrefix(a.format, "json") && a.format != "" && a.format != "plain" {
		return &usageError{msg: fmt.Sprintf("ping: --format %s: it knows plain, json, json-pretty", a.format)}
	}
	conf, cfg, limit, err := a.resolve(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, monclient.ErrTimeout)
	defer cancel()
	if name == "*" {
		return a.pingEach(ctx, cfg, conf)
	}
	reply, err := monclient.Ping(ctx, cfg, name)
	if err != nil {
		return explainPing(err, conf)
	}
	return a.print(string(reply.JSON) + "\n")
}

// pingEach pings all monitors and fails with the first that does not answer, once all are told.
func (a *app) pingEach(ctx context.Context, cfg monclient.Config, conf *cephconf.Config) error {
	results, err := monclient.PingEach(ctx, cfg)
	if err != nil {
		return explain(err, conf)
	}
	var first error
	for _, r := range results {
		if r.Err != nil && first == nil {
			first = explainPing(r.Err, conf)
		}
		if err := a.printPing(r); err != nil {
			return err
		}
	}
	return first
}

// printPing prints the result for one of several monitors, as the ceph tool does (ping_monitor in src/ceph.in).
func (a *app) printPing(r monclient.PingResult) error {
	if strings.HasPrefix(a.format, "json") {
		line := struct {
			Mon       string          `json:"mon"`
			RoundTrip float64         `json:"round_trip,omitempty"` // in seconds
			Reply     json.RawMessage `json:"reply,omitempty"`
			Alive     *bool           `json:"alive,omitempty"`
			Error     string          `json:"error,omitempty"`
		}{Mon: r.Mon}
		if r.Err == nil {
			line.RoundTrip, line.Reply = r.Reply.RoundTrip.Seconds(), r.Reply.JSON
		} else {
			alive := false
			if failed, ok := errors.AsType[*monclient.PingError](r.Err); ok {
				alive = failed.Alive
			}
			line.Alive, line.Error = &alive, trimPackage(r.Err.Error())
		}
		b, err := json.Marshal(line)
		if a.format == "json-pretty" {
			b, err = json.MarshalIndent(line, "", "    ")
		}
		if err != nil {
			return fmt.Errorf("the answer of mon.%s is no JSON: %w", r.Mon, err)
		}
		return a.print(string(b) + "\n")
	}
	if r.Err != nil {
		return a.print(fmt.Sprintf("mon.%s\nError connecting to monitor: %s\n", r.Mon, strings.TrimPrefix(trimPackage(r.Err.Error()), "ping: ")))
	}
	return a.print(fmt.Sprintf("mon.%s\n%s\n", r.Mon, r.Reply.JSON))
}

// explainPing says why a monitor has not answered.
func explainPing(err error, conf *cephconf.Config) error {
	if interrupted(err) {
		return err
	}
	f := &failure{err: err, text: trimPackage(err.Error()), try: tryFor(err, conf), code: int(monclient.Errno(err))}
	switch {
	case errors.Is(err, monclient.ErrUnknownMon):
		f.try = "monc monmap lists the monitors"
	case errors.Is(err, monclient.ErrNoQuorum):
		f.try = quorumAdvice
	}
	return f
}

// resolve returns the configuration that the command line, the environment and files make, and how long to look for a
// monitor.
func (a *app) resolve(ctx context.Context) (*cephconf.Config, monclient.Config, time.Duration, error) {
	conf := cephconf.New(cephconf.System{LookupEnv: a.lookupEnv})
	if _, err := conf.Load(a.conf); err != nil {
		return nil, monclient.Config{}, 0, explain(err, conf)
	}
	for _, w := range conf.Warnings() {
		fmt.Fprintf(a.stderr, "monc: warning: %s\n", trimPackage(w.Error()))
	}
	limit := a.connectLimit(conf)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, monclient.ErrTimeout)
	defer cancel()
	cfg, err := monclient.FromConf(ctx, conf)
	if err != nil {
		return nil, monclient.Config{}, 0, explain(err, conf)
	}
	return conf, cfg, limit, nil
}
