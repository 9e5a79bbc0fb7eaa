package main

import (
	"context"
	"fmt"
)

// command is one of monc's commands. The table of them makes the help and the completion scripts, too.
type command struct {
	name    string
	args    string // its arguments in usage lines
	summary string
	details string // paragraphs for its help, lines of at most 80 columns
	flags   []*flag
	// words are what its arguments may be, for completion.
	words              []string
	minWords, maxWords int
	anyWords           bool // its arguments are not monc's to check
	// readsFormat: -f is of use.
	readsFormat bool
	examples    []example
	run         func(a *app, ctx context.Context, words []string) error
}

type example struct{ line, says string }

const unlimited = 1 << 20

// watchable and versioned are the maps that watch and get-version know.
var (
	watchable = []string{
		"monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap", "config", "log-debug", "log-info", "log-sec",
		"log-warn", "log-error", "kv:",
	}
	versioned = []string{"osdmap", "monmap", "fsmap", "mdsmap"}
	shells    = []string{"bash", "zsh", "fish"}
)

var commands []*command

func init() { // a plain initialiser would be a loop: the help command reads the table
	commands = []*command{
		{
			name: "status", summary: "show the cluster's status, as ceph status does",
			flags: []*flag{outFlag}, readsFormat: true,
			examples: []example{
				{"monc status", "what ceph status prints"},
				{"monc -m 10.0.0.1,10.0.0.2 -n client.reader -k reader.keyring status", "without a ceph.conf"},
				{"monc status -f json", "for programs"},
			},
			run: (*app).runStatus,
		},
		{
			name: "command", args: "ARG...", summary: "run a command of the monitors, in words or in JSON",
			details: `Words are matched against the monitors' own table of commands, as the ceph tool
does it: arguments in their order, or as --name value, --name=value, and --name
for what is true or false. What does not fit is told before anything is sent.
monc help command WORD... shows the commands that begin with words, and how they
are used; so does --help. An option of monc's own, or of ceph.conf, is taken as
such wherever it stands; behind -- everything belongs to the command.

What is the manager's in that table is sent to the active manager, as the ceph
tool does it: it takes capabilities for mgr, and waits until there is a manager,
or for --timeout.

JSON is sent to the monitors as it is. Several pieces are put together by the monitors. With -f
its format is set.

The output is written as the monitors sent it. As the ceph tool does, monc puts
an empty line in front of JSON that -f asks for, unless --out is given. What the
monitors say about the command goes to standard error.

Those of a single daemon are for monc tell.`,
			flags: []*flag{inFlag, outFlag}, anyWords: true, readsFormat: true,
			examples: []example{
				{"monc command osd tree", ""},
				{"monc command osd pool --help", "which commands there are for pools"},
				{"monc command osd pool create data 32 --size 2", ""},
				{"monc command osd dump -f json-pretty", ""},
				{`monc command '{"prefix": "osd tree", "states": ["up"]}'`, "as librados takes it"},
				{"monc command auth import --in client.keyring", "with a file as input"},
				{"monc command osd getcrushmap --out crush.bin", "with a file as output"},
				{"monc command -- config-key set notes -v", "-- ends monc's options"},
			},
			run: (*app).runCommand,
		},
		tellCommand(),
		pingCommand(),
		{
			name: "versions", summary: "show which releases the daemons run",
			flags: []*flag{outFlag}, readsFormat: true,
			examples: []example{{"monc versions", ""}},
			run:      (*app).runVersions,
		},
		{
			name: "watch", args: "WHAT...", summary: "follow maps, one line for every change",
			details: `WHAT is one or more of monmap, osdmap, mgrmap, fsmap, fsmap.user, servicemap;
config for the options that the monitors have for this client; log-debug,
log-info, log-sec, log-warn or log-error for the cluster log from that level
on; kv:PREFIX for keys of the config-key store.

A line has the time, the map, its epoch, whether it is full or incremental, its
size, and what it says, or what has changed since the line before, in short. Of
the osdmap every change has a line of its own. The log is printed as ceph -w
does. With -f json every line is a JSON object, with the map as ceph dumps it;
synced says that it is the newest, and no history. Of the osdmap it has the
changes, each with the sentence that says it, and monc osdmap has the whole map.

It ends after --count events, after --timeout, or with Ctrl-C. Maps that the
client's capabilities do not allow never come.`,
			flags: []*flag{countFlag, fromFlag}, words: watchable, minWords: 1, maxWords: unlimited, readsFormat: true,
			examples: []example{
				{"monc watch osdmap", ""},
				{"monc watch osdmap monmap mgrmap -f json", "for programs"},
				{"monc watch osdmap --from 1 --count 10", "the first ten epochs that the monitors have"},
				{"monc watch osdmap --from 1 --timeout 5", "what has happened since then, and when"},
				{"monc watch kv:config/ log-info", ""},
			},
			run: (*app).runWatch,
		},
		logCommand(),
		dfCommand(),
		blocklistCommand(),
		{
			name: "monmap", summary: "print the map of the monitors, or save it",
			details: `Without --out the map is printed, as ceph mon dump and monmaptool --print do.
With --out it is written in its binary form, which monmaptool and monc -M read.`,
			flags: []*flag{outFlag}, readsFormat: true,
			examples: []example{
				{"monc monmap", ""},
				{"monc monmap -f json-pretty", ""},
				{"monc monmap --out monmap.bin && monmaptool --print monmap.bin", ""},
			},
			run: (*app).runMonMap,
		},
		osdmapCommand(),
		{
			name: "get-version", args: "WHAT", summary: "show the newest and the oldest epoch of a map",
			details: "WHAT is osdmap, monmap or fsmap (also called mdsmap).",
			words:   versioned, minWords: 1, maxWords: 1, readsFormat: true,
			examples: []example{
				{"monc get-version osdmap", "prints two numbers, the newest first"},
				{"monc get-version osdmap -f json", `prints {"what":"osdmap","newest":42,"oldest":1}`},
			},
			run: (*app).runGetVersion,
		},
		{
			name: "testmon", summary: "run monitors for tests, without a cluster",
			details: `Embedded monitors listen on loopback addresses until Ctrl-C, for any client of
Ceph: they speak the real messenger and cephx, answer from a small cluster of
their own that has no OSDs, and keep nothing.

Commands make them misbehave: testmon kill, start, freeze, thaw or drop-clients
with the name of a monitor, and testmon lose-quorum with a number of seconds, as
in: monc command testmon kill b

What clients need is written to a directory, ceph.conf and a keyring, and its
path is printed once all monitors listen. With -f json it is one JSON object.

--control is for programs. They write requests to standard input, a JSON object
a line, and read a line of standard output for each, {"ok":true} or
{"error":"what is wrong"}, with the "id" of the request if it has one. Requests
work when no monitor does. When standard input ends, so does monc. "do" says what:

  kill, start      end as kill -9 does; begin again
  freeze, thaw     neither read nor write; go on
  drop-clients     break all connections
  refuse, silence  close new connections; say nothing on them
  drop-keepalives  leave them unanswered
  black-hole, fill-hole
                   lose everything that goes to clients and comes from them,
                   while the monitors have each other; send it again
  delay            hold back what is written for "seconds"
  slow-read        read "bytes" a second
  reset-after      break a connection after "bytes" more
  corrupt-byte     change a bit of the byte that is number "bytes" from now on
  pretend-fsid     send monmaps of the cluster "fsid"
  send-corrupt-monmap, send-old-monmap
  heal             end all of these but kill
  leave-quorum, join-quorum
                   lose touch with the other monitors, and answer no commands;
                   find it again

The monitor that "mon" names does so, or, without a name, all of them. For the
cluster there are:

  lose-quorum      for "seconds", or until regain-quorum
  advance          publish "epochs" more (1) of "map": monmap, osdmap, mgrmap,
                   fsmap, servicemap
  remove-mon       take "mon" out of the monmap, and end it
  add-mon          start "mon", a letter, and add it to the monmap; the answer has
                   its "addr"`,
			flags: testmonFlags, readsFormat: true,
			examples: []example{
				{"monc testmon --mons 3", ""},
				{"monc testmon --release tentacle --keys aes --dir /tmp/cluster", "then: ceph -c /tmp/cluster/ceph.conf -s"},
				{"monc testmon --auth none -f json", "for programs that start it"},
				{"monc testmon --mons 3 --control", `then, on standard input: {"do":"kill","mon":"a"}`},
			},
			run: (*app).runTestmon,
		},
		{
			name: "version", summary: "show monc's own version",
			examples: []example{{"monc version", ""}},
			run:      (*app).runVersion,
		},
		{
			name: "completion", args: "SHELL", summary: "print a script that completes monc's command lines",
			details: `SHELL is bash, zsh or fish.

After monc command, the words of the cluster's own commands are completed, too,
and their arguments' names and choices. For that monc asks the cluster, for two
seconds at most, and keeps the answer in $XDG_CACHE_HOME/monc (~/.cache/monc)
for an hour, longer while the cluster does not answer.`,
			words: shells, minWords: 1, maxWords: 1,
			examples: []example{
				{"source <(monc completion bash)", "in ~/.bashrc"},
				{"monc completion zsh > ~/.zfunc/_monc", "a directory of $fpath"},
				{"monc completion fish > ~/.config/fish/completions/monc.fish", ""},
			},
			run: (*app).runCompletion,
		},
		{
			name: "help", args: "[COMMAND [WORD...]]", summary: "show help, of monc, a command, or the cluster's commands",
			details: `monc help command WORD... is about the commands of the cluster, which it asks:
those that begin with the words are listed, of which the last may be cut short.
Of a command that is named in full everything is shown, its arguments and what
they may be. Where none begins with the words, those that mention them are
listed. As by the ceph tool, deprecated commands are left out of lists.

Lines are as long as the terminal, or COLUMNS.`,
			maxWords: unlimited,
			examples: []example{
				{"monc help watch", ""},
				{"monc help command osd pool", "the cluster's commands for pools"},
				{"monc help command osd pool create", "all about one"},
				{"monc help command snapshot", "those that mention it"},
			},
			run: (*app).runHelp,
		},
	}
	for _, c := range commands {
		if c.name == "help" {
			c.words = commandNames()
		}
	}
}

func commandNames() []string {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.name
	}
	return names
}

func findCommand(name string) *command {
	for _, c := range commands {
		if c.name == name {
			return c
		}
	}
	return nil
}

// unknownCommand says that monc has no such command. Most often it is one of the monitors'.
func unknownCommand(name string) error {
	try := fmt.Sprintf("monc help, or monc command %s … if it is the monitors' command", name)
	if near := nearest(name, commandNames(), 1); len(near) > 0 {
		try = "monc " + near[0] + ", or " + try
	}
	return &usageError{msg: fmt.Sprintf("unknown command %q", name), try: try}
}
