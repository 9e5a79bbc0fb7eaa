package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// options are monc's own options. Those of ceph.conf stay in the command line, for cephconf.
type options struct {
	format         string
	connectTimeout *time.Duration // nil: not given
	timeout        *time.Duration
	verbose        bool
	help           bool
	version        bool
	in             string
	out            string
	count          uint64
	from           uint64
	epoch          uint64 // 0: the newest
	file           string
	test           testmon
	log            logOptions
}

// flag is one option of the command line.
type flag struct {
	short string // one letter, may be empty
	long  []string
	arg   string // the word for its value, empty if it has none
	help  string
	// conf: it belongs to cephconf, set is nil.
	conf   bool
	hidden bool
	// values are what the value may be; file: it is the name of a file. Both are for completion.
	values []string
	file   bool
	set    func(o *options, value string) error
}

// spelling is how to write the flag in messages.
func (f *flag) spelling() string { return "--" + f.long[0] }

var formats = []string{"plain", "json", "json-pretty", "xml", "xml-pretty", "yaml"}

// globalFlags are taken before and after the command's name.
var globalFlags = []*flag{
	{short: "c", long: []string{"conf"}, arg: "FILE", file: true, conf: true, help: "configuration file (CEPH_CONF; else /etc/ceph/ceph.conf, ~/.ceph/ceph.conf, ./ceph.conf)"},
	{short: "m", long: []string{"mon-host"}, arg: "HOSTS", conf: true, help: "addresses or names of the monitors, with commas between them"},
	{short: "n", long: []string{"name"}, arg: "NAME", conf: true, help: "entity to authenticate as (default client.admin)"},
	{long: []string{"id", "user"}, arg: "ID", conf: true, help: "the same as --name client.ID"},
	{short: "k", long: []string{"keyring"}, arg: "FILE", file: true, conf: true, help: "file with the entity's key (CEPH_KEYRING)"},
	{short: "K", long: []string{"keyfile"}, arg: "FILE", file: true, conf: true, hidden: true},
	{short: "M", long: []string{"monmap"}, arg: "FILE", file: true, conf: true, hidden: true},
	{long: []string{"cluster"}, arg: "NAME", conf: true, help: "name of the cluster, which file names are made of (default ceph)"},
	{short: "f", long: []string{"format"}, arg: "FORMAT", values: formats, help: "format of the output: " + strings.Join(formats, ", "), set: func(o *options, v string) error {
		if !slices.Contains(formats, v) {
			return oneOf(v, formats)
		}
		o.format = v
		return nil
	}},
	{long: []string{"connect-timeout"}, arg: "TIME", help: "how long to look for a monitor (default client_mount_timeout where it is set, else 30s)", set: func(o *options, v string) error {
		return setDuration(&o.connectTimeout, v)
	}},
	{long: []string{"timeout"}, arg: "TIME", help: "how long to wait for an answer (default rados_mon_op_timeout where it is set, else for ever)", set: func(o *options, v string) error {
		return setDuration(&o.timeout, v)
	}},
	{short: "v", long: []string{"verbose"}, help: "tell on standard error what happens", set: func(o *options, _ string) error {
		o.verbose = true
		return nil
	}},
	{short: "h", long: []string{"help"}, help: "show help, of a command after its name", set: func(o *options, _ string) error {
		o.help = true
		return nil
	}},
	{long: []string{"version"}, help: "show monc's version", set: func(o *options, _ string) error {
		o.version = true
		return nil
	}},
}

// Flags of single commands.
var (
	inFlag = &flag{short: "i", long: []string{"in", "in-file"}, arg: "FILE", file: true, help: "send this file along with the command, - is standard input", set: func(o *options, v string) error {
		o.in = v
		return nil
	}}
	outFlag = &flag{short: "o", long: []string{"out", "out-file"}, arg: "FILE", file: true, help: "write the output to this file, - is standard output", set: func(o *options, v string) error {
		o.out = v
		return nil
	}}
	countFlag = &flag{long: []string{"count"}, arg: "N", help: "end after N events", set: func(o *options, v string) error {
		return setNumber(&o.count, v, 1)
	}}
	fromFlag = &flag{long: []string{"from"}, arg: "EPOCH", help: "begin with this epoch instead of the newest", set: func(o *options, v string) error {
		return setNumber(&o.from, v, 0)
	}}
)

// setDuration reads 90, 90s or 1m30s; 0 is no limit.
func setDuration(to **time.Duration, v string) error {
	d, err := time.ParseDuration(v)
	if seconds, numErr := strconv.ParseFloat(v, 64); numErr == nil {
		d, err = time.Duration(seconds*float64(time.Second)), nil
		if seconds > (1<<63-1)/float64(time.Second) || seconds != seconds {
			err = errors.New("out of range")
		}
	}
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no time: write seconds, or 500ms, 10s, 2m", v)
	}
	*to = &d
	return nil
}

func setNumber(to *uint64, v string, least uint64) error {
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil || n < least {
		return fmt.Errorf("%q is no number from %d on", v, least)
	}
	*to = n
	return nil
}

// matchFlag finds the flag that a word of the command line names: --long, --long=value, -s, -svalue or -s=value.
func matchFlag(flags []*flag, word string) (f *flag, value string, hasValue bool) {
	if long, ok := strings.CutPrefix(word, "--"); ok {
		long, value, hasValue = strings.Cut(long, "=")
		long = strings.ReplaceAll(long, "_", "-")
		for _, f := range flags {
			if slices.Contains(f.long, long) {
				return f, value, hasValue
			}
		}
		return nil, "", false
	}
	if len(word) < 2 || word[0] != '-' {
		return nil, "", false
	}
	for _, f := range flags {
		switch {
		case f.short != word[1:2]:
		case len(word) == 2:
			return f, "", false
		case f.arg != "":
			return f, strings.TrimPrefix(word[2:], "="), true
		}
	}
	return nil, "", false
}

// parseFlags takes flags out of args and returns the rest in order. -- ends it and stays in the rest.
func parseFlags(o *options, flags []*flag, args []string) (rest []string, err error) {
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			return append(rest, args[i:]...), nil
		}
		f, value, hasValue := matchFlag(flags, word)
		if f == nil {
			rest = append(rest, word)
			if takesValue(word) && i+1 < len(args) { // which might look like a flag
				i++
				rest = append(rest, args[i])
			}
			continue
		}
		switch {
		case f.arg == "" && hasValue:
			return nil, &usageError{msg: f.spelling() + " takes no value", try: "monc help"}
		case f.arg == "" || hasValue:
		case i+1 == len(args):
			return nil, &usageError{msg: fmt.Sprintf("%s needs a value: %s %s", word, word, f.arg), try: "monc help"}
		default:
			i++
			value = args[i]
		}
		if f.conf {
			rest = append(rest, f.spelling(), value)
			continue
		}
		if err := f.set(o, value); err != nil {
			return nil, &usageError{msg: fmt.Sprintf("%s: %v", f.spelling(), err)}
		}
	}
	return rest, nil
}

// parseGlobal takes monc's own global flags out of the command line.
func parseGlobal(o *options, args []string) (rest []string, err error) {
	return parseFlags(o, globalFlags, args)
}

// takesValue reports whether a word is an option of ceph.conf whose value is the next word.
func takesValue(word string) bool {
	name, ok := strings.CutPrefix(word, "--")
	if !ok || strings.Contains(name, "=") {
		return false
	}
	name = strings.ReplaceAll(name, "-", "_")
	if option, found := cephconf.LookupOption(name); found {
		return option.Type != cephconf.TypeBool
	}
	option, isDefault := strings.CutPrefix(name, "default_")
	_, found := cephconf.LookupOption(option)
	return isDefault && found
}

// parse takes the command's own flags out of args. What else looks like an option is an error, unless the command's
// words may.
func (c *command) parse(o *options, args []string) (words []string, err error) {
	words, err = parseFlags(o, c.flags, args)
	if err != nil || c.anyWords {
		return words, err
	}
	for _, w := range words {
		if strings.HasPrefix(w, "-") && w != "-" {
			return nil, unknownFlag(w, c)
		}
	}
	return words, nil
}

// checkWords refuses too few arguments, and too many.
func (c *command) checkWords(words []string) error {
	switch {
	case c.anyWords:
	case len(words) < c.minWords:
		return &usageError{msg: c.name + ": missing " + c.args, try: c.examples[0].line}
	case len(words) > c.maxWords:
		return &usageError{msg: fmt.Sprintf("%s: unexpected argument %q", c.name, words[c.maxWords]), try: "monc help " + c.name}
	}
	return nil
}

// unknownFlag says that nobody knows an option, and what may have been meant. c may be nil.
func unknownFlag(word string, c *command) error {
	name, _, _ := strings.Cut(word, "=")
	for _, other := range commands {
		if f, _, _ := matchFlag(other.flags, word); f != nil {
			return &usageError{msg: fmt.Sprintf("%s goes with monc %s", name, other.name), try: "monc help " + other.name}
		}
	}
	known := []string{}
	flags := slices.Clone(globalFlags)
	try := "monc help"
	if c != nil {
		flags = append(flags, c.flags...)
		try = "monc help " + c.name
	}
	for _, f := range flags {
		known = append(known, f.long...)
	}
	for _, o := range cephconf.Options() {
		known = append(known, strings.ReplaceAll(o.Name, "_", "-"))
	}
	if near := nearest(strings.TrimLeft(name, "-"), known, 1); len(near) > 0 && strings.HasPrefix(name, "--") {
		try = "--" + near[0] + ", or " + try
	}
	return &usageError{msg: fmt.Sprintf("unknown option %s", name), try: try}
}
