package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

func (a *app) runStatus(ctx context.Context, _ []string) error {
	return a.send(ctx, func(context.Context, *monclient.Client) (monclient.Command, error) {
		return monclient.Command{Prefix: "status", Format: a.format}, nil
	})
}

func (a *app) runVersions(ctx context.Context, _ []string) error {
	return a.send(ctx, func(context.Context, *monclient.Client) (monclient.Command, error) {
		return monclient.Command{Prefix: "versions", Format: a.format}, nil
	})
}

func (a *app) runCommand(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return &usageError{msg: "command: missing ARG...", try: "monc command osd tree, or monc help command"}
	}
	input, err := a.readInput()
	if err != nil {
		return err
	}
	if strings.HasPrefix(strings.TrimSpace(words[0]), "{") {
		return a.send(ctx, func(context.Context, *monclient.Client) (monclient.Command, error) {
			return monclient.Command{JSON: withFormat(words, a.format), Input: input}, nil
		})
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		table, err := a.fetchTable(ctx, client)
		if err != nil {
			return err
		}
		known, args, err := match(table, words)
		if err != nil {
			return err
		}
		cmd := monclient.Command{Target: targetOf(known), Prefix: known.Prefix(), Args: args, Format: a.format, Input: input}
		if known.Flags.Has(cmdtable.FlagPoll) {
			return a.poll(ctx, client, cmd)
		}
		reply, err := a.ask(ctx, client, cmd)
		if err != nil {
			return err
		}
		return a.writeReply(reply)
	})
}

// targetOf returns who executes a command. As by the ceph tool (validate in src/pybind/ceph_argparse.py), what is the
// manager's is sent to it, with what that means: it takes capabilities for mgr, and waits for a manager. The monitors would
// pass it on, with capabilities for them, but with the same answer.
func targetOf(cmd *cmdtable.Command) string {
	if cmd.Flags.Has(cmdtable.FlagMgr) {
		return "mgr"
	}
	return ""
}

const (
	pollPeriod = time.Second // as of the ceph tool, without --period
	pollHeader = 20          // lines from one header to the next
)

// poll sends a command that is made for it again and again, until it is refused or Ctrl-C (do_command in src/ceph.in).
func (a *app) poll(ctx context.Context, client *monclient.Client, cmd monclient.Command) error {
	cmd.Args["poll"], cmd.Args["width"] = true, a.columns
	for i := 0; ; i++ {
		cmd.Args["print_header"] = i%pollHeader == 0
		reply, err := a.ask(ctx, client, cmd)
		if err != nil {
			return err
		}
		if reply.Retval < 0 {
			return a.writeReply(reply)
		}
		if len(reply.Output) > 0 {
			reply.Output = append(reply.Output, '\n')
		}
		if err := a.writeReply(reply); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollPeriod):
		}
	}
}

// withFormat sets the format of a JSON command that may be in pieces. What is no JSON object stays as it is, for the
// monitors to refuse in their own words.
func withFormat(pieces []string, format string) []string {
	if format == "" {
		return pieces
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(strings.Join(pieces, "")), &object) != nil || object == nil {
		return pieces
	}
	object["format"] = json.RawMessage(`"` + format + `"`)
	b, err := json.Marshal(object)
	if err != nil {
		return pieces
	}
	return []string{string(b)}
}

// readInput reads what --in names.
func (a *app) readInput() ([]byte, error) {
	var (
		b   []byte
		err error
	)
	switch a.in {
	case "":
		return nil, nil
	case "-":
		b, err = io.ReadAll(a.stdin)
	default:
		b, err = os.ReadFile(a.in)
	}
	if err != nil {
		return nil, &failure{err: err, text: "--in: " + err.Error(), try: "the name of a file that you may read, or - for standard input", code: exitFailure}
	}
	return b, nil
}

// fetchTable asks for the monitors' table of commands.
func (a *app) fetchTable(ctx context.Context, client *monclient.Client) (*cmdtable.Table, error) {
	_, table, err := a.askTable(ctx, client)
	return table, err
}

// askTable asks for the monitors' table of commands, and returns their answer, too.
func (a *app) askTable(ctx context.Context, client *monclient.Client) ([]byte, *cmdtable.Table, error) {
	reply, err := client.Command(ctx, monclient.Command{Prefix: "get_command_descriptions", Resend: monclient.ResendAlways})
	if err != nil {
		return nil, nil, a.explainLost("table of commands", err)
	}
	if reply.Retval < 0 {
		fmt.Fprintf(a.stderr, "Error %s: problem getting command descriptions from mon.: %s\n", errnoName(reply.Retval), reply.Status)
		return nil, nil, &refusal{code: refusalCode(reply.Retval)}
	}
	table, err := cmdtable.Parse(reply.Output)
	if err != nil {
		return nil, nil, &failure{err: err, text: "the monitors' table of commands: " + err.Error(), try: "the command in JSON: monc command '{\"prefix\": …}'", code: exitFailure}
	}
	return reply.Output, table, nil
}

// send connects, sends the command that build makes, and writes the answer as the ceph tool does.
func (a *app) send(ctx context.Context, build func(context.Context, *monclient.Client) (monclient.Command, error)) error {
	return a.withClient(ctx, func(client *monclient.Client) error {
		cmd, err := build(ctx, client)
		if err != nil {
			return err
		}
		reply, err := a.ask(ctx, client, cmd)
		if err != nil {
			return err
		}
		return a.writeReply(reply)
	})
}

// ask sends a command and returns the answer.
func (a *app) ask(ctx context.Context, client *monclient.Client, cmd monclient.Command) (*monclient.Reply, error) {
	whom, why := "", "monitors without a quorum do not answer"
	if cmd.Target == "mgr" {
		whom, why = " to the manager", "it takes an active ceph-mgr"
	}
	if a.verbose {
		a.hunt.note("sending %s%s", cmd, whom)
	}
	stop := a.patience("the answer to " + cmd.String() + "; " + why)
	reply, err := client.Command(ctx, cmd)
	stop()
	if err != nil {
		return nil, a.explainLost(cmd.String(), err)
	}
	return reply, nil
}

// writeReply writes the output to where --out says, else to standard output, and the status to standard error (main in
// src/ceph.in). An empty line goes ahead of JSON on standard output, whatever the answer: long ago the status was
// printed there, and programs skip that line.
func (a *app) writeReply(reply *monclient.Reply) error {
	output := reply.Output
	if a.out == "" && strings.HasPrefix(a.format, "json") {
		output = append([]byte{'\n'}, output...)
	}
	if reply.Retval >= 0 || len(output) > 0 { // a refusal does not empty a file that is there
		if err := a.writeOutput(output); err != nil && !quiet(err) {
			return err
		}
	}
	switch {
	case reply.Retval < 0:
		fmt.Fprintf(a.stderr, "Error %s: %s\n", errnoName(reply.Retval), reply.Status)
		return &refusal{code: refusalCode(reply.Retval)}
	case reply.Status != "":
		fmt.Fprintln(a.stderr, reply.Status)
	}
	return nil
}

// writeOutput writes to where --out says. A file that is there is replaced once there is something to replace it with.
func (a *app) writeOutput(b []byte) error {
	if a.out == "" || a.out == "-" {
		_, err := io.Copy(a.stdout, bytes.NewReader(b))
		return err
	}
	if err := os.WriteFile(a.out, b, 0o644); err != nil {
		return &failure{err: err, text: "--out: " + err.Error(), try: "a file in a directory that you may write to", code: exitFailure}
	}
	return nil
}

// errnoName names a negative answer as the ceph tool does, which takes the names from Python.
func errnoName(retval int32) string {
	switch errno := denc.ErrnoOf(retval); errno {
	case denc.EOPNOTSUPP:
		return "ENOTSUP"
	default:
		return errno.Name()
	}
}

// refusalCode returns the exit code for a negative answer. Exit codes have eight bits, and 0 would be success.
func refusalCode(retval int32) int {
	if code := -int64(retval); code >= 1 && code <= 255 {
		return int(code)
	}
	return exitFailure
}

// errInvalidCommand is what the words of a command failed at: its code is that of the monitors, and of the ceph tool.
var errInvalidCommand = errors.New("invalid command")

const exitInvalidCommand = int(denc.EINVAL)
