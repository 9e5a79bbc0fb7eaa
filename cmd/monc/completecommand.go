package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// completeVerb is how completion scripts ask for words of the cluster's commands: its arguments are the words of the
// command line after monc, up to the one that the cursor is in. It prints what that may be, a line each, with a tab and
// what it is for. It says nothing about errors and ends with 0, whatever happens: somebody is typing.
const completeVerb = "complete-command"

const (
	// completeLimit is how long somebody who types waits for the cluster.
	completeLimit = 2 * time.Second
	// tableAge is how old a table may be that is not asked for again. It changes with upgrades and the manager's modules.
	tableAge = time.Hour
	// downAge is for how long a cluster that did not answer is not asked again.
	downAge = 30 * time.Second
)

// complete prints what the last of the words may be.
func (a *app) complete(ctx context.Context, words []string) {
	if len(words) == 0 {
		return
	}
	a.stderr = io.Discard
	words = joinValues(words)
	last := words[len(words)-1]
	rest, err := parseGlobal(&a.options, words[:len(words)-1])
	if err != nil {
		return
	}
	words, err = cephconf.New(cephconf.System{LookupEnv: a.lookupEnv}).ParseArgv(rest)
	if err != nil {
		return
	}
	a.conf = rest
	words = slices.DeleteFunc(words, func(w string) bool { return w == "--" })
	onlyHelp := len(words) > 0 && words[0] == "help"
	if onlyHelp {
		words = words[1:]
	}
	if len(words) == 0 || words[0] != "command" {
		return
	}
	if words, err = findCommand("command").parse(&a.options, words[1:]); err != nil {
		return
	}
	table := a.completionTable(ctx)
	for _, c := range table.Complete(words, last) {
		if onlyHelp && strings.HasPrefix(c.Word, "-") {
			continue
		}
		fmt.Fprintf(a.stdout, "%s\t%s\n", c.Word, strings.Join(strings.Fields(c.Help), " "))
	}
}

// joinValues puts together what bash takes apart: --name, = and a value.
func joinValues(words []string) []string {
	var joined []string
	for i := 0; i < len(words); i++ {
		if n := len(joined) - 1; n >= 0 && words[i] == "=" && strings.HasPrefix(joined[n], "--") {
			joined[n] += "="
			if i++; i < len(words) {
				joined[n] += words[i]
			}
			continue
		}
		joined = append(joined, words[i])
	}
	return joined
}

// completionTable returns the cluster's table of commands: one that is kept, if it is new enough, else the cluster's own,
// else the one that is kept, however old it is. It may be nil.
func (a *app) completionTable(ctx context.Context) *cmdtable.Table {
	conf := cephconf.New(cephconf.System{LookupEnv: a.lookupEnv})
	if _, err := conf.Load(a.conf); err != nil {
		return nil
	}
	kept := a.openTables(conf)
	table, age := kept.load()
	if (table != nil && age < tableAge) || kept.isDown() {
		return table
	}
	limit := completeLimit
	a.connectTimeout, a.timeout = &limit, &limit
	ctx, cancel := context.WithTimeout(ctx, completeLimit)
	defer cancel()
	client, err := a.connect(ctx)
	if err != nil {
		kept.setDown()
		return table
	}
	defer client.Close()
	text, asked, err := a.askTable(ctx, client)
	if err != nil {
		kept.setDown()
		return table
	}
	kept.save(client.FSID().String(), client.MonMap().MinMonRelease.String(), text)
	return asked
}
