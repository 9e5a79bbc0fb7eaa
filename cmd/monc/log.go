package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
)

// logOptions are the options of monc log.
type logOptions struct {
	level   string
	channel string
	follow  bool
}

// defaultLogCount is how many entries are shown, as by ceph log last.
const defaultLogCount = 20

// logLevelNames are the levels as help and completion have them.
var logLevelNames = []string{"debug", "info", "sec", "warn", "error"}

var (
	levelFlag = &flag{long: []string{"level"}, arg: "LEVEL", values: logLevelNames, help: "entries of this level and those above, or the level to write with (info): " + strings.Join(logLevelNames, ", "), set: func(o *options, v string) error {
		o.log.level = v
		_, err := logLevel(v)
		return err
	}}
	channelFlag = &flag{long: []string{"channel"}, arg: "CHANNEL", values: []string{"cluster", "audit", "*"}, help: "cluster (the default), audit or another one; * shows all of them", set: func(o *options, v string) error {
		o.log.channel = v
		return nil
	}}
	followFlag = &flag{short: "w", long: []string{"watch"}, help: "follow the log instead, until Ctrl-C, --timeout or --count entries", set: func(o *options, _ string) error {
		o.log.follow = true
		return nil
	}}
)

// logLevel reads a level, of which none is info.
func logLevel(text string) (monclient.LogLevel, error) {
	if text == "" {
		return monclient.LogInfo, nil
	}
	l, err := monclient.ParseLogLevel(text)
	if err != nil {
		return 0, oneOf(text, logLevelNames)
	}
	return l, nil
}

func logCommand() *command {
	return &command{
		name: "log", args: "[write TEXT...]", summary: "show the cluster log, follow it, or write into it",
		details: `Without words the newest entries of the cluster log are shown, oldest first, as
ceph log last does: 20 of them, or --count. With -w new ones are shown as they
come, as ceph -w does, none twice and none left out, whatever becomes of
monitors. With -f json entries are JSON objects, in an array, or one a line.

write adds an entry with TEXT, and returns when the monitors have it. That takes
write access to the log: monitors say nothing to a client that has none, so monc
gives up after --timeout, 30s unless it is given.`,
		flags: []*flag{followFlag, levelFlag, channelFlag, countFlag}, words: []string{"write"}, maxWords: unlimited, readsFormat: true,
		examples: []example{
			{"monc log", ""},
			{"monc log --level warn --channel '*' --count 100", ""},
			{"monc log -w --level debug", ""},
			{`monc log write "backup of pool data begins"`, ""},
			{`monc log write --level warn --channel backup "took 3 hours"`, ""},
		},
		run: (*app).runLog,
	}
}

func (a *app) runLog(ctx context.Context, words []string) error {
	if len(words) > 0 && words[0] == "write" {
		return a.writeLog(ctx, words[1:])
	}
	if len(words) > 0 {
		return &usageError{msg: "log: " + oneOf(words[0], []string{"write"}).Error(), try: "monc log write TEXT, or monc help log"}
	}
	if err := a.checkFormat(); err != nil {
		return err
	}
	level, err := logLevel(a.log.level)
	if err != nil {
		return &usageError{msg: "log: --level: " + err.Error()}
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		if a.log.follow {
			return a.followLog(ctx, client, level)
		}
		return a.lastLog(ctx, client, level)
	})
}

// lastLog shows the newest entries.
func (a *app) lastLog(ctx context.Context, client *monclient.Client, level monclient.LogLevel) error {
	n := defaultLogCount
	if a.count > 0 {
		n = int(min(a.count, unlimited)) //nolint:gosec // it fits
	}
	stop := a.patience("the cluster log; monitors without a quorum do not answer")
	entries, err := client.LastLog(ctx, n, level, a.log.channel)
	stop()
	var refused *monclient.CommandError
	switch {
	case errors.As(err, &refused):
		fmt.Fprintf(a.stderr, "Error %s: %s\n", errnoName(refused.Retval), refused.Status)
		return &refusal{code: refusalCode(refused.Retval)}
	case err != nil:
		return a.explainLost("log", err)
	}
	if strings.HasPrefix(a.format, "json") {
		if entries == nil {
			entries = []monclient.LogEntry{} // not null
		}
		b, err := a.marshal(entries)
		if err != nil {
			return err
		}
		return a.print(string(b))
	}
	var text strings.Builder
	for _, e := range entries {
		e.Time = e.Time.Local()
		text.WriteString(oneLine(e.String()) + "\n")
	}
	return a.print(text.String())
}

// followLog shows entries as they come.
func (a *app) followLog(ctx context.Context, client *monclient.Client, level monclient.LogLevel) error {
	within := ctx
	if a.timeout != nil && *a.timeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, *a.timeout)
		defer cancel()
	}
	channel := a.log.channel
	switch channel {
	case "":
		channel = monclient.DefaultLogChannel
	case monclient.AnyLogChannel:
		channel = ""
	}
	w, err := client.WatchLog(monclient.LogOptions{Level: level, Channel: channel})
	if err != nil {
		return err
	}
	defer w.Close()
	for printed := uint64(0); a.count == 0 || printed < a.count; printed++ {
		e, err := w.Next(within)
		switch {
		case err != nil && ctx.Err() == nil && within.Err() != nil:
			if a.count == 0 {
				return nil // it was asked to end then
			}
			return &failure{err: err, text: fmt.Sprintf("log: fewer than %d entries within %s", a.count, roundTime(*a.timeout)), code: exitNoAnswer}
		case err != nil:
			return err
		}
		if e.Missed > 0 {
			a.hunt.note("%d entries were missed", e.Missed)
		}
		if err := a.printEntry(e.Value); err != nil {
			return err
		}
	}
	return nil
}

// printEntry prints an entry in the form that ceph -w has (RadosClient::handle_log in src/librados/RadosClient.cc).
func (a *app) printEntry(e monclient.LogEntry) error {
	e.Time = e.Time.Local()
	if strings.HasPrefix(a.format, "json") {
		b, err := a.marshal(e)
		if err != nil {
			return err
		}
		return a.print(string(b))
	}
	return a.print(oneLine(e.Line()) + "\n")
}

// writeLog adds an entry to the log.
func (a *app) writeLog(ctx context.Context, words []string) error {
	text := strings.Join(words, " ")
	switch {
	case strings.TrimSpace(text) == "":
		return &usageError{msg: "log write: missing TEXT", try: `monc log write "what happened"`}
	case a.log.follow:
		return &usageError{msg: "log write: -w does not go with write", try: "monc log -w"}
	case a.count > 0:
		return &usageError{msg: "log write: --count does not go with write", try: "monc log --count N"}
	}
	level, err := logLevel(a.log.level)
	if err != nil {
		return &usageError{msg: "log write: --level: " + err.Error()}
	}
	limit := 30 * time.Second
	if a.timeout != nil {
		limit = *a.timeout
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		if err := client.Log(level, a.log.channel, text); err != nil {
			return &failure{err: err, text: "log write: " + strings.TrimPrefix(trimPackage(err.Error()), "log: "), try: "monc help log", code: exitUsage}
		}
		within := ctx
		if limit > 0 {
			var cancel context.CancelFunc
			within, cancel = context.WithTimeoutCause(ctx, limit, monclient.ErrTimeout)
			defer cancel()
		}
		stop := a.patience("the monitors to take the entry")
		err := client.FlushLog(within)
		stop()
		if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return &failure{
				err: err, text: "log write: the monitors have not acknowledged the entry within " + roundTime(limit),
				more: []string{"they do not answer a client that may not write into the log, and nobody without a quorum"},
				try:  "ceph auth get NAME, whose caps for mon have to be allow rw, or allow service log w", code: exitNoAnswer,
			}
		}
		return err
	})
}
