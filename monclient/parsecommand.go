package monclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// CommandTable returns the cluster's own table of commands, which it asks the monitors for once, and again when the monmap
// says that they have become those of another release. A manager's modules add commands as they are enabled, which an
// older table does not have.
func (c *Client) CommandTable(ctx context.Context) (*cmdtable.Table, error) {
	release := c.MonMap().MinMonRelease
	if known := c.core.published.table.Load(); known != nil && known.release == release {
		return known.table, nil
	}
	reply, err := c.Command(ctx, Command{Prefix: "get_command_descriptions", Resend: ResendAlways})
	if err == nil {
		err = reply.Err()
	}
	if err != nil {
		return nil, err
	}
	table, err := cmdtable.Parse(reply.Output)
	if err != nil {
		return nil, fmt.Errorf("monclient: %w", err)
	}
	c.core.published.table.Store(&releaseTable{table, release})
	return table, nil
}

// releaseTable is a table of commands and the release that it is of.
type releaseTable struct {
	table   *cmdtable.Table
	release cephmap.Release
}

// ParseCommand makes a command of words, as the ceph tool does of its arguments: "osd", "pool", "create", "data", "8". It checks
// them by the cluster's own table of commands and sends nothing but the question for that. The manager's commands get it as
// their target. What is wrong with the words is
// a *cmdtable.UnknownError, of words that begin no command, or a *cmdtable.UsageError, of arguments that do not fit, and an
// EINVAL in either case.
func (c *Client) ParseCommand(ctx context.Context, words []string) (Command, error) {
	if len(words) == 0 {
		return Command{}, fmt.Errorf("monclient: a command of no words: %w", denc.EINVAL)
	}
	table, err := c.CommandTable(ctx)
	if err != nil {
		return Command{}, err
	}
	found, args, err := table.Match(words)
	if err != nil {
		return Command{}, fmt.Errorf("monclient: %w%s: %w", err, nearest(err), denc.EINVAL)
	}
	cmd := Command{Prefix: found.Prefix(), Args: args}
	if found.Flags.Has(cmdtable.FlagMgr) {
		cmd.Target = "mgr"
	}
	return cmd, nil
}

// nearest says which command was perhaps meant by words that are none.
func nearest(err error) string {
	var unknown *cmdtable.UnknownError
	if !errors.As(err, &unknown) || len(unknown.Near) == 0 {
		return ""
	}
	return fmt.Sprintf("; the nearest is %q", unknown.Near[0].Prefix())
}

// Text returns what is sent to the monitors: one JSON object.
func (cmd Command) Text() (string, error) {
	pieces, err := cmd.text()
	if err != nil {
		return "", err
	}
	text := pieces[0]
	for _, piece := range pieces[1:] {
		text += piece
	}
	return text, nil
}
