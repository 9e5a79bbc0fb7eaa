package main

import (
	"context"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

const (
	// defaultConnectTimeout is how long monc looks for a monitor when nobody says otherwise. Ceph's own 300 s
	// (client_mount_timeout) suit a daemon that starts with the machine; a person wants to know sooner.
	defaultConnectTimeout = 30 * time.Second
	// noLimit is what a time of 0 stands for.
	noLimit = time.Duration(1<<63 - 1)
)

// connect reads the configuration and returns a client with a session.
func (a *app) connect(ctx context.Context) (*monclient.Client, error) {
	conf := cephconf.New(cephconf.System{LookupEnv: a.lookupEnv})
	if _, err := conf.Load(a.conf); err != nil {
		return nil, explain(err, conf)
	}
	for _, w := range conf.Warnings() {
		fmt.Fprintf(a.stderr, "monc: warning: %s\n", trimPackage(w.Error()))
	}
	limit := a.connectLimit(conf)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, monclient.ErrTimeout)
	defer cancel()
	cfg, err := monclient.FromConf(ctx, conf)
	if err != nil {
		return nil, explain(err, conf)
	}
	cfg.ConnectTimeout = limit
	if a.timeout != nil {
		cfg.OpTimeout = *a.timeout
	}
	a.hunt.monmap = cfg.MonMap
	if a.stderrTerminal || a.verbose {
		a.hunt.show = a.stderr
	}
	cfg.OnSession = a.hunt.event
	client, err := monclient.Connect(ctx, cfg)
	if err != nil {
		return nil, a.explainConnect(err, conf, limit)
	}
	if s, ok := client.Session(); ok && a.verbose {
		a.hunt.note("session with mon.%s (rank %d) %s, mode %s, as %s, global_id %d, cluster %s, monmap epoch %d",
			s.Mon, s.Rank, s.Addr, s.Mode, conf.Name(), client.GlobalID(), client.FSID(), client.MonMap().Epoch)
	}
	return client, nil
}

// connectLimit returns how long to look for a monitor: what the command line says, else the configuration.
func (a *app) connectLimit(conf *cephconf.Config) time.Duration {
	limit := defaultConnectTimeout
	if a.connectTimeout != nil {
		limit = *a.connectTimeout
	} else if src, err := conf.Source("client_mount_timeout"); err == nil && src.Level > cephconf.LevelDefault {
		if d, err := conf.Duration("client_mount_timeout"); err == nil {
			limit = d
		}
	}
	if limit <= 0 {
		return noLimit
	}
	return limit
}

// withClient runs f with a session, and closes it.
func (a *app) withClient(ctx context.Context, f func(*monclient.Client) error) error {
	client, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	return f(client)
}

// slowAfter is when monc tells somebody who looks on what it is waiting for.
const slowAfter = 5 * time.Second

// patience tells somebody who looks on, after a while, that an answer is due. The caller calls stop.
func (a *app) patience(what string) (stop func()) {
	if !a.stderrTerminal {
		return func() {}
	}
	t := time.AfterFunc(slowAfter, func() { a.hunt.note("still waiting for %s; Ctrl-C ends it", what) })
	return func() { t.Stop() }
}
