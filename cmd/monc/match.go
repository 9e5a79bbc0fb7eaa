package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// match finds the command that words stand for, and its arguments by name.
func match(table *cmdtable.Table, words []string) (*cmdtable.Command, map[string]any, error) {
	if words[0] == "tell" || words[0] == "daemon" || words[0] == "ping" {
		tool := "monc "
		if words[0] == "daemon" {
			tool = "ceph "
		}
		return nil, nil, &failure{
			err: errInvalidCommand, code: exitInvalidCommand,
			text: fmt.Sprintf("%q goes to one daemon; monc command is for the quorum of monitors", words[0]),
			try:  tool + strings.Join(words, " "),
		}
	}
	cmd, args, err := table.Match(words)
	if err != nil {
		return nil, nil, explainWords(err)
	}
	return cmd, args, nil
}

// explainWords says what is wrong about the words of a command: how it is used, or which ones are like it.
func explainWords(err error) error {
	f := &failure{err: errInvalidCommand, text: err.Error(), code: exitInvalidCommand}
	if wrong, ok := errors.AsType[*cmdtable.UsageError](err); ok {
		f.more = []string{wrap("usage: "+wrong.Command.String(), 74, "      ")}
		if help := wrong.Command.Help; help != "" {
			f.more = append(f.more, wrap(help, 76, "  "))
		}
		f.try = "monc help command " + wrong.Command.Prefix()
		return f
	}
	unknown, ok := errors.AsType[*cmdtable.UnknownError](err)
	if !ok || len(unknown.Near) == 0 {
		f.try = "monc help command lists the commands"
		return f
	}
	f.more = append(f.more, "the nearest commands:")
	for _, c := range unknown.Near {
		f.more = append(f.more, "  "+wrap(c.Short(), 70, "        "))
	}
	f.try = "monc command " + unknown.Near[0].Prefix()
	return f
}
