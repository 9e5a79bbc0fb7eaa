package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// helpConnectTimeout is how long the overview of commands may take beyond what monc knows by itself.
const helpConnectTimeout = 5 * time.Second

// helpOnCommands is the help on the cluster's own commands that words begin: one in full, several as a list.
func (a *app) helpOnCommands(ctx context.Context, words []string) error {
	table, err := a.clusterTable(ctx)
	if err != nil {
		return err
	}
	text, err := commandHelp(table, words, a.columns)
	if err != nil {
		return err
	}
	return a.print(text)
}

// helpOnCommand is the help of monc command: its own, and which commands the cluster has. Of a cluster that does not
// answer it says so.
func (a *app) helpOnCommand(ctx context.Context) error {
	if err := a.print(findCommand("command").helpText()); err != nil {
		return err
	}
	if a.connectTimeout == nil {
		limit := helpConnectTimeout
		a.connectTimeout = &limit
	}
	table, err := a.clusterTable(ctx)
	if err != nil {
		if interrupted(err) {
			return err
		}
		why, _, _ := strings.Cut(err.Error(), "\n")
		return a.print("\nThe cluster's commands are not listed here: " + why + ".\n")
	}
	return a.print("\n" + commandGroups(table, a.columns))
}

// clusterTable asks the cluster for its table of commands.
func (a *app) clusterTable(ctx context.Context) (*cmdtable.Table, error) {
	client, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	defer a.patience("the table of commands; monitors without a quorum do not answer")()
	return a.fetchTable(ctx, client)
}

// commandHelp is the help on the commands that words begin.
func commandHelp(table *cmdtable.Table, words []string, width int) (string, error) {
	var b strings.Builder
	found, named := table.Find(words), table.Named(words)
	if len(found)+len(named) == 0 { // perhaps arguments are among the words
		for n := len(words) - 1; n > 0 && len(named) == 0; n-- {
			named = table.Named(words[:n])
		}
	}
	switch text := strings.Join(words, " "); {
	case len(named) > 0:
		for i, c := range named {
			if i > 0 {
				b.WriteString("\n")
			}
			describeCommand(&b, c, width)
		}
		found = slices.DeleteFunc(found, func(c *cmdtable.Command) bool { return slices.Contains(named, c) })
		if len(found) > 0 {
			fmt.Fprintf(&b, "\nOther commands that begin with %q:\n\n", text)
			listCommands(&b, found, width)
		}
	case len(found) > 0:
		listCommands(&b, found, width)
	default:
		mentioning := table.Mentioning(words)
		if len(mentioning) == 0 {
			err := explainWords(&cmdtable.UnknownError{Words: words, Near: table.Similar(words)})
			if f, ok := errors.AsType[*failure](err); ok {
				f.try = strings.Replace(f.try, "monc command ", "monc help command ", 1)
			}
			return "", err
		}
		fmt.Fprintf(&b, "%s\n\n", wrap(fmt.Sprintf("No command begins with %q, but these mention it:", text), width, ""))
		listCommands(&b, mentioning, width)
	}
	return b.String(), nil
}

// listCommands writes each command's line of usage and its help.
func listCommands(b *strings.Builder, list []*cmdtable.Command, width int) {
	for _, c := range list {
		fmt.Fprintf(b, "%s\n    %s\n", wrap(c.Short(), width-8, "        "), wrap(c.Help, width-4, "    "))
	}
}

// describeCommand writes all that the table has about a command.
func describeCommand(b *strings.Builder, c *cmdtable.Command, width int) {
	fmt.Fprintf(b, "%s\n", c.Prefix())
	if c.Help != "" {
		fmt.Fprintf(b, "    %s\n", wrap(c.Help, width-4, "    "))
	}
	fmt.Fprintf(b, "\nUsage:\n  %s\n", wrap("monc command "+c.Short(), width-6, "      "))
	if len(c.Args) > 0 {
		b.WriteString("\nArguments:\n")
	}
	for _, arg := range c.Args {
		name := arg.Name
		if !arg.Positional || arg.Type == "CephBool" {
			name = "--" + strings.ReplaceAll(arg.Name, "_", "-")
		}
		what := arg.Expects()
		if arg.Type == "CephBool" {
			what = "off unless it is given"
			if arg.Required {
				what = arg.Expects()
			}
		}
		if !arg.Required && arg.Type != "CephBool" {
			what += " (optional)"
		}
		if len(name) > 26 {
			fmt.Fprintf(b, "  %s\n%31s%s\n", name, "", wrap(what, width-31, strings.Repeat(" ", 31)))
			continue
		}
		fmt.Fprintf(b, "  %-28s %s\n", name, wrap(what, width-31, strings.Repeat(" ", 31)))
	}
	if slices.ContainsFunc(c.Args, func(arg *cmdtable.Arg) bool { return arg.Positional && arg.Type != "CephBool" }) {
		fmt.Fprintf(b, "\n%s\n", wrap("Arguments may also be given by name, --NAME VALUE or --NAME=VALUE, in any order.", width, ""))
	}
	var notes []string
	if c.Module != "" && c.Perm != "" {
		notes = append(notes, fmt.Sprintf("It takes the capability %q on %q.", c.Perm, c.Module))
	}
	if c.Flags.Has(cmdtable.FlagMgr) {
		notes = append(notes, "The active manager executes it.")
	}
	if c.Flags.Has(cmdtable.FlagDeprecated) {
		notes = append(notes, "It is deprecated.")
	}
	if c.Flags.Has(cmdtable.FlagHidden) {
		notes = append(notes, "It is not in lists of commands.")
	}
	if len(notes) > 0 {
		fmt.Fprintf(b, "\n%s\n", wrap(strings.Join(notes, " "), width, ""))
	}
}

// commandGroups lists the first words of the cluster's commands, with the number of commands of each.
func commandGroups(table *cmdtable.Table, width int) string {
	var words []string
	count := make(map[string]int)
	total := 0
	for _, c := range table.Find(nil) {
		total++
		if count[c.Words[0]]++; count[c.Words[0]] == 1 {
			words = append(words, c.Words[0])
		}
	}
	slices.Sort(words)
	for i, w := range words {
		if count[w] > 1 {
			words[i] = fmt.Sprintf("%s(%d)", w, count[w])
		}
	}
	return fmt.Sprintf("The cluster has %d commands, which begin with:\n  %s\n\nRun monc help command WORD... for those that begin with words, and monc help\ncommand \"\" for all of them.\n",
		total, wrap(strings.Join(words, " "), width-2, "  "))
}
