package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
)

// blocklistCommand is the table's entry.
func blocklistCommand() *command {
	return &command{
		name: "blocklist", args: "ACTION [ADDR]", summary: "show or change which clients the OSDs refuse",
		details: `ACTION is ls, add ADDR [TIME], or rm ADDR.

ADDR is IP:PORT/NONCE, one client, as monc blocklist ls prints it; IP, all that
are there; or, for monitors from Quincy on, a network, cidr:IP/BITS. An entry is
there for TIME, or as long as the cluster has it, an hour as a rule; when it is
added again, it has the new TIME.

add and rm come back when the change is in the newest osdmap. What is on the list
may not read or write objects any more; monitors and managers still serve it.`,
		words: []string{"ls", "add", "rm"}, minWords: 1, maxWords: 3, readsFormat: true,
		examples: []example{
			{"monc blocklist ls", ""},
			{"monc blocklist add 10.0.0.9:0/3710147553 10m", "one client, for ten minutes"},
			{"monc blocklist add cidr:10.9.0.0/16", "a network"},
			{"monc blocklist rm 10.0.0.9:0/3710147553", ""},
		},
		run: (*app).runBlocklist,
	}
}

func (a *app) runBlocklist(ctx context.Context, words []string) error {
	if err := a.checkFormat(); err != nil {
		return err
	}
	verb, args := words[0], words[1:]
	var d time.Duration
	switch {
	case verb == "ls" && len(args) == 0:
	case (verb == "add" || verb == "rm") && len(args) == 0:
		return &usageError{msg: "blocklist " + verb + ": missing ADDR", try: "monc blocklist " + verb + " 10.0.0.9:0/3710147553"}
	case verb == "rm" && len(args) == 1, verb == "add" && len(args) == 1:
	case verb == "add":
		var given *time.Duration
		if err := setDuration(&given, args[1]); err != nil {
			return &usageError{msg: "blocklist add: TIME: " + err.Error(), try: "monc blocklist add " + args[0] + " 10m"}
		}
		if d = *given; d == 0 {
			return &usageError{msg: "blocklist add: TIME: 0 would be over at once", try: "monc blocklist rm " + args[0] + " takes an entry off the list"}
		}
	case verb == "ls" || verb == "rm":
		return &usageError{msg: fmt.Sprintf("blocklist %s: unexpected argument %q", verb, args[len(args)-1]), try: "monc help blocklist"}
	default:
		return &usageError{msg: "blocklist: " + oneOf(verb, []string{"ls", "add", "rm"}).Error(), try: "monc help blocklist"}
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		stop := a.patience("the osdmap; monitors without a quorum do not answer")
		var err error
		var list []monclient.BlocklistEntry
		switch verb {
		case "ls":
			list, err = client.Blocklist(ctx)
		case "add":
			err = client.BlocklistAdd(ctx, args[0], d)
		case "rm":
			err = client.BlocklistRemove(ctx, args[0])
		}
		stop()
		switch {
		case err != nil:
			return a.explainCall("blocklist "+verb, err, "an address is IP:PORT/NONCE, IP, or cidr:IP/BITS: monc help blocklist")
		case verb == "ls":
			return a.printBlocklist(list)
		}
		return nil
	})
}

func (a *app) printBlocklist(list []monclient.BlocklistEntry) error {
	if strings.HasPrefix(a.format, "json") {
		b, err := a.marshal(list)
		if err != nil {
			return err
		}
		return a.print(string(b))
	}
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%s %s\n", e.Addr, e.Until.Local().Format(timeFormat))
	}
	return a.print(b.String())
}

// explainCall says why something that is no command of the monitors' has failed: when it was refused, here or by them, the
// exit code is the errno, as it is for commands. hint is what helps with a wrong argument.
func (a *app) explainCall(what string, err error, hint string) error {
	errno := monclient.Errno(err)
	if interrupted(err) || !errors.As(err, new(denc.Errno)) {
		return a.explainLost(what, err)
	}
	f := &failure{err: err, text: fmt.Sprintf("%s: %s", what, trimPackage(err.Error())), code: refusalCode(-int32(errno))}
	switch errno {
	case denc.EINVAL, denc.ENOENT:
		f.try = hint
	case denc.EACCES, denc.EPERM:
		f.try = "a key with more capabilities: monc command auth get NAME shows what a key may do"
	}
	return f
}
