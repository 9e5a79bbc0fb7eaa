package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// app is one run of monc.
type app struct {
	env
	options
	cmd  *command
	conf []string // the command line, for what cephconf takes of it
	hunt huntLog
}

// run does everything and returns the exit code.
func run(ctx context.Context, e env, args []string) int {
	a := &app{env: e}
	a.columns = a.width()
	if len(args) > 0 && args[0] == completeVerb {
		a.complete(ctx, args[1:])
		return 0
	}
	err := a.main(ctx, args)
	return a.report(ctx, err)
}

// main runs the command that args name.
func (a *app) main(ctx context.Context, args []string) error {
	if err := a.fromEnvironment(); err != nil {
		return err
	}
	rest, err := parseGlobal(&a.options, args)
	if err != nil {
		return err
	}
	// Configuration files and the environment do not matter for what the words are; connect reads them.
	words, err := cephconf.New(cephconf.System{LookupEnv: a.lookupEnv}).ParseArgv(rest)
	if err != nil {
		return &usageError{msg: trimPackage(err.Error()), try: "monc help"}
	}
	a.conf = rest
	before, literal := words, []string(nil)
	if i := slices.Index(words, "--"); i >= 0 {
		before, literal = words[:i], words[i+1:]
	}
	if len(before) == 0 {
		before, literal = literal, nil
	}
	switch {
	case a.version:
		return a.runVersion(ctx, nil)
	case len(before) == 0 && a.help:
		return a.print(overview())
	case len(before) == 0:
		return &usageError{msg: "no command given", try: "monc help, or monc status"}
	case strings.HasPrefix(before[0], "-"):
		return unknownFlag(before[0], nil)
	}
	if a.cmd = findCommand(before[0]); a.cmd == nil {
		return unknownCommand(before[0])
	}
	if a.help && a.cmd.name == "command" {
		return a.runHelp(ctx, slices.Concat(before, literal))
	}
	if a.help {
		return a.print(a.cmd.helpText())
	}
	positional, err := a.cmd.parse(&a.options, before[1:])
	if err != nil {
		return err
	}
	positional = append(positional, literal...)
	if err := a.cmd.checkWords(positional); err != nil {
		return err
	}
	return a.cmd.run(a, ctx, positional)
}

// width returns how long the lines of help may be that depend on the cluster: COLUMNS, else those of the terminal, else 80.
func (a *app) width() int {
	if text, ok := a.lookupEnv("COLUMNS"); ok {
		if n, err := strconv.Atoi(text); err == nil && n >= 40 {
			return min(n, 200)
		}
	}
	if a.columns < 40 {
		return 80
	}
	return min(a.columns, 200)
}

// fromEnvironment takes monc's own options with a value from CEPH_ARGS, as the ceph tool does with its own; those of
// ceph.conf are for cephconf.
func (a *app) fromEnvironment() error {
	text, _ := a.lookupEnv("CEPH_ARGS")
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		f, value, hasValue := matchFlag(globalFlags, words[i])
		if f == nil || f.conf || f.arg == "" {
			continue
		}
		if !hasValue {
			if i++; i == len(words) {
				break
			}
			value = words[i]
		}
		if err := f.set(&a.options, value); err != nil {
			return &usageError{msg: fmt.Sprintf("CEPH_ARGS: %s: %v", f.spelling(), err)}
		}
	}
	return nil
}

// print writes text to standard output.
func (a *app) print(text string) error {
	_, err := a.stdout.Write([]byte(text))
	return err
}
