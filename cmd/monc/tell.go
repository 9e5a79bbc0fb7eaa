package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// tellCommand is the table's entry.
func tellCommand() *command {
	return &command{
		name: "tell", args: "TARGET ARG...", summary: "run a command of one monitor, of each, or of the manager",
		details: `TARGET is mon.NAME, mon.RANK, or mon.* for every monitor; mgr or mgr.* for the
active manager, and mgr.NAME for that one, which must be the active one.

The commands are those of the daemon's admin socket (ceph daemon). The words are
matched against the daemon's own table of commands, as monc command does it with
that of the monitors. JSON is sent as it is.

A monitor needs no quorum for it, and may take as long as it likes; --timeout
limits that.

With mon.* the monitors are asked at once, and their answers are printed in the
order of their ranks, each behind its name as the ceph tool does it.`,
		flags: []*flag{inFlag, outFlag}, words: []string{"mon.", "mon.*", "mgr", "mgr.*"}, anyWords: true, readsFormat: true,
		examples: []example{
			{"monc tell mon.a version", ""},
			{"monc tell mon.* version", "every monitor"},
			{"monc tell mon.0 mon_status", "the monitor of rank 0"},
			{"monc tell mon.a config set debug_mon 10", ""},
			{"monc tell mgr config show", "the active manager"},
		},
		run: (*app).runTell,
	}
}

func (a *app) runTell(ctx context.Context, words []string) error {
	if len(words) < 2 {
		missing := "TARGET"
		if len(words) == 1 {
			missing = "ARG..."
		}
		return &usageError{msg: "tell: missing " + missing, try: "monc tell mon.a version, or monc help tell"}
	}
	target, words := words[0], words[1:]
	switch kind, name, _ := strings.Cut(target, "."); {
	case target == "mgr":
		target = "mgr.*" // its admin socket's commands, too: its other ones are for monc command
	case kind == "mon" && name != "", kind == "mgr" && name != "":
	default:
		return &usageError{msg: fmt.Sprintf("tell: %q is no target: mon.NAME, mon.RANK, mon.*, mgr, mgr.NAME or mgr.*", target), try: "monc tell mon.a version, or monc help tell"}
	}
	input, err := a.readInput()
	if err != nil {
		return err
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		if target == "mon.*" {
			return a.tellEach(ctx, client, words, input)
		}
		reply, err := a.tell(ctx, client, target, words, input)
		if err != nil {
			return err
		}
		return a.writeReply(reply)
	})
}

// tell asks one daemon.
func (a *app) tell(ctx context.Context, client *monclient.Client, target string, words []string, input []byte) (*monclient.Reply, error) {
	cmd := monclient.Command{Target: target, Input: input}
	if strings.HasPrefix(strings.TrimSpace(words[0]), "{") {
		cmd.JSON = withFormat(words, a.format)
	} else {
		table, err := a.fetchTellTable(ctx, client, target)
		if err != nil {
			return nil, err
		}
		known, args, err := table.Match(words)
		if err != nil {
			return nil, explainTellWords(target, err)
		}
		cmd.Prefix, cmd.Args, cmd.Format = known.Prefix(), args, a.format
	}
	if a.verbose {
		a.hunt.note("sending %s", cmd)
	}
	stop := a.patience("the answer of " + target)
	reply, err := client.Command(ctx, cmd)
	stop()
	if err != nil {
		return nil, a.explainTell(target, err)
	}
	return reply, nil
}

// fetchTellTable asks a daemon for the table of its own commands.
func (a *app) fetchTellTable(ctx context.Context, client *monclient.Client, target string) (*cmdtable.Table, error) {
	reply, err := client.Command(ctx, monclient.Command{Target: target, Prefix: "get_command_descriptions"})
	if err != nil {
		return nil, a.explainTell(target, err)
	}
	if reply.Retval < 0 {
		return nil, &failure{
			err: reply.Err(), code: refusalCode(reply.Retval),
			text: fmt.Sprintf("Error %s: problem getting command descriptions from %s: %s", errnoName(reply.Retval), target, reply.Status),
		}
	}
	table, err := cmdtable.Parse(reply.Output)
	if err != nil {
		return nil, &failure{err: err, text: "the table of commands of " + target + ": " + err.Error(), try: "the command in JSON: monc tell " + target + " '{\"prefix\": …}'", code: exitFailure}
	}
	return table, nil
}

// explainTellWords says what is wrong about the words for a daemon.
func explainTellWords(target string, err error) error {
	f, ok := errors.AsType[*failure](explainWords(err))
	if !ok {
		return err
	}
	f.try = strings.Replace(f.try, "monc command ", "monc tell "+target+" ", 1)
	if f.try == "" || !strings.HasPrefix(f.try, "monc tell") {
		f.try = "monc tell " + target + " help lists its commands"
	}
	return f
}

// explainTell says why a daemon has not answered.
func (a *app) explainTell(target string, err error) error {
	lost := a.explainLost(target, err)
	f, ok := errors.AsType[*failure](lost)
	if !ok {
		return lost
	}
	for _, known := range []error{monclient.ErrUnknownMon, monclient.ErrMonUnavailable} {
		if i := strings.Index(f.text, known.Error()); i >= 0 { // which command could not be sent does not matter
			f.text = strings.TrimSuffix(f.text[i:], " ("+monclient.ErrNotSent.Error()+")")
		}
	}
	switch {
	case errors.Is(err, monclient.ErrUnknownMon):
		f.try = "monc monmap lists the monitors"
	case errors.Is(err, monclient.ErrMonUnavailable):
		f.try = "monc ping " + target + " says whether it is there"
	case errors.Is(err, monclient.ErrTimeout) && strings.HasPrefix(target, "mon."):
		f.try = "more time with --timeout, or see whether it is there: monc ping " + target
	}
	if f.code == exitFailure {
		f.code = int(monclient.Errno(err))
	}
	return f
}

// tellEach asks every monitor, and prints the answers in the order of ranks (main in src/ceph.in). The exit code is that of
// the last that refused or did not answer.
func (a *app) tellEach(ctx context.Context, client *monclient.Client, words []string, input []byte) error {
	names := client.MonMap().Ranks()
	type answer struct {
		reply *monclient.Reply
		err   error
	}
	answers := make([]chan answer, len(names))
	for i := range names {
		answers[i] = make(chan answer, 1)
		go func() {
			reply, err := a.tell(ctx, client, fmt.Sprintf("mon.%d", i), words, input)
			answers[i] <- answer{reply, err}
		}()
	}
	var failed error
	var saved []byte
	for i, name := range names {
		got := <-answers[i]
		prefix := ""
		if len(names) > 1 {
			prefix = "mon." + name + ": "
		}
		if got.err != nil {
			failed = got.err
			if f, ok := errors.AsType[*failure](got.err); ok {
				say(a.stderr, f.text, f.more, f.try)
				failed = &refusal{code: f.code}
			}
			continue
		}
		saved = append(saved, got.reply.Output...)
		if err := a.writeTold(prefix, got.reply); err != nil {
			return err
		}
		if got.reply.Retval < 0 {
			fmt.Fprintf(a.stderr, "%sError %s: %s\n", prefix, errnoName(got.reply.Retval), got.reply.Status)
			failed = &refusal{code: refusalCode(got.reply.Retval)}
		}
	}
	if a.out != "" && a.out != "-" && len(saved) > 0 {
		if err := os.WriteFile(a.out, saved, 0o644); err != nil {
			return &failure{err: err, text: "--out: " + err.Error(), try: "a file in a directory that you may write to", code: exitFailure}
		}
	}
	return failed
}

// writeTold writes the output of one of several monitors to standard output, unless a file takes it.
func (a *app) writeTold(prefix string, reply *monclient.Reply) error {
	var b bytes.Buffer
	if a.out == "" {
		if strings.HasPrefix(a.format, "json") {
			b.WriteByte('\n')
		}
		output := reply.Output
		if prefix != "" {
			output = bytes.TrimRight(output, " \t\r\n\v\f")
		}
		if len(output) > 0 {
			b.WriteString(prefix)
			b.Write(output)
			if prefix != "" {
				b.WriteByte('\n')
			}
		}
	} else if a.out == "-" {
		b.Write(reply.Output)
	}
	if _, err := a.stdout.Write(b.Bytes()); err != nil {
		return err
	}
	if reply.Retval >= 0 && reply.Status != "" {
		fmt.Fprintln(a.stderr, prefix+reply.Status)
	}
	return nil
}
