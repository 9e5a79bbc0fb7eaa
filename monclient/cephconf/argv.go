package cephconf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// shortOptions are the arguments that have another name than their option (md_config_t::parse_argv in
// src/common/config.cc, ceph_argparse_early_args in src/common/ceph_argparse.cc).
var shortOptions = map[string]string{
	"-c": optConf,
	"-m": optMonHost,
	"-M": optMonmap,
	"-k": optKeyring,
	"-K": optKeyfile,
	"-n": optName,
}

// idOptions set the part of the name behind client.
var idOptions = []string{"id", "user"}

// ParseArgv takes the options of the schema out of args, which is a command line without the name of the program, and
// returns the rest in order. -- ends it and stays in the rest.
//
//	--opt val, --opt=val, --default-opt val   dashes and underscores are the same
//	--opt, --opt true, --no-opt               options of type bool
//	-c, -m, -M, -k, -K, -n                    conf, mon_host, monmap, keyring, keyfile, name
//	--id, --user                              the name client.ID
//
// Implements: int rados_conf_parse_argv_remainder(rados_t cluster, int argc, const char **argv, const char **remargv)
func (c *Config) ParseArgv(args []string) (rest []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.parseArgs(args, LevelCmdline, "")
}

// ParseEnv takes over the variables CEPH_KEYRING and CEPH_ARGS, which holds blank separated arguments. Arguments that are
// no options of the schema are ignored, as there. CEPH_CONF counts in ReadFile.
// Implements: int rados_conf_parse_env(rados_t cluster, const char *var)
func (c *Config) ParseEnv() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.sys.LookupEnv("CEPH_KEYRING"); ok {
		if err := c.set(optKeyring, v, Source{Level: LevelEnv, Where: "CEPH_KEYRING"}); err != nil {
			return err
		}
	}
	if v, ok := c.sys.LookupEnv("CEPH_ARGS"); ok {
		_, err := c.parseArgs(strings.FieldsFunc(v, isSpace), LevelEnv, "CEPH_ARGS ")
		return err
	}
	return nil
}

// parseArgs is ParseArgv for any level; where goes in front of the argument in a Source.
func (c *Config) parseArgs(args []string, level Level, where string) (rest []string, err error) {
	for i := 0; i < len(args); {
		if args[i] == "--" {
			return append(rest, args[i:]...), nil
		}
		a, ok := parseArg(args[i])
		if !ok {
			rest = append(rest, args[i])
			i++
			continue
		}
		i++
		a.source = Source{Level: level, Where: where + a.arg}
		if a.isDefault {
			a.source.Level = LevelDefault
		}
		switch {
		case a.hasValue:
		case a.isFlag():
			a.value = "true"
			if i < len(args) && slices.Contains(flagValues, args[i]) {
				a.value = args[i]
				i++
			}
		case i == len(args):
			return nil, &OptionError{Option: a.option, Source: a.source, Err: fmt.Errorf("%w: the argument lacks a value", ErrInvalidValue)}
		default:
			a.value = args[i]
			i++
		}
		if err := c.setArg(a); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// flagValues are the only words that a flag takes from a command line.
var flagValues = []string{"true", "false", "1", "0"}

// argument is one option of a command line.
type argument struct {
	arg       string // without value
	option    string
	value     string
	hasValue  bool
	isDefault bool // --default-OPTION
	source    Source
}

// isFlag reports whether the argument may stand alone.
func (a *argument) isFlag() bool {
	o := schema[a.option]
	return o != nil && o.Type == TypeBool && !a.isDefault
}

// parseArg returns what option s names.
func parseArg(s string) (a argument, ok bool) {
	a.arg, a.value, a.hasValue = strings.Cut(s, "=")
	if option, ok := shortOptions[a.arg]; ok {
		a.option = option
		return a, true
	}
	name, ok := strings.CutPrefix(a.arg, "--")
	if !ok {
		return a, false
	}
	name = strings.ReplaceAll(name, "-", "_")
	if slices.Contains(idOptions, name) {
		a.option = name
		return a, true
	}
	if _, ok := schema[name]; ok {
		a.option = name
		return a, true
	}
	if option, ok := strings.CutPrefix(name, "default_"); ok && schema[option] != nil {
		a.option, a.isDefault = option, true
		return a, true
	}
	if option, ok := strings.CutPrefix(name, "no_"); ok && !a.hasValue && schema[option] != nil && schema[option].Type == TypeBool {
		a.option, a.value, a.hasValue = option, "false", true
		return a, true
	}
	return a, false
}

func (c *Config) setArg(a argument) error {
	switch {
	case slices.Contains(idOptions, a.option):
		return c.set(optName, "client."+a.value, a.source)
	case a.isFlag() && !slices.Contains(flagValues, a.value):
		err := errors.New("want true, false, 1 or 0")
		return &OptionError{Option: a.option, Source: a.source, Err: fmt.Errorf("%w %q: %w", ErrInvalidValue, a.value, err)}
	}
	return c.set(a.option, a.value, a.source)
}
