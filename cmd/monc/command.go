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
	return a.send(ctx, func(ctx context.Context, client *monclient.Client) (monclient.Command, error) {
		if strings.HasPrefix(strings.TrimSpace(words[0]), "{") {
			return monclient.Command{JSON: withFormat(words, a.format), Input: input}, nil
		}
		table, err := a.fetchTable(ctx, client)
		if err != nil {
			return monclient.Command{}, err
		}
		prefix, args, err := match(table, words)
		if err != nil {
			return monclient.Command{}, err
		}
		return monclient.Command{Prefix: prefix, Args: args, Format: a.format, Input: input}, nil
	})
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
	reply, err := client.Command(ctx, monclient.Command{Prefix: "get_command_descriptions"})
	if err != nil {
		return nil, a.explainLost("table of commands", err)
	}
	if reply.Retval < 0 {
		fmt.Fprintf(a.stderr, "Error %s: problem getting command descriptions from mon.: %s\n", errnoName(reply.Retval), reply.Status)
		return nil, &refusal{code: refusalCode(reply.Retval)}
	}
	table, err := cmdtable.Parse(reply.Output)
	if err != nil {
		return nil, &failure{err: err, text: "the monitors' table of commands: " + err.Error(), try: "the command in JSON: monc command '{\"prefix\": …}'", code: exitFailure}
	}
	return table, nil
}

// send connects, sends the command that build makes, and writes the answer as the ceph tool does.
func (a *app) send(ctx context.Context, build func(context.Context, *monclient.Client) (monclient.Command, error)) error {
	return a.withClient(ctx, func(client *monclient.Client) error {
		cmd, err := build(ctx, client)
		if err != nil {
			return err
		}
		if a.verbose {
			a.hunt.note("sending %s", cmd)
		}
		stop := a.patience("the answer to " + cmd.String() + "; monitors without a quorum do not answer")
		reply, err := client.Command(ctx, cmd)
		stop()
		if err != nil {
			return a.explainLost(cmd.String(), err)
		}
		return a.writeReply(reply)
	})
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
