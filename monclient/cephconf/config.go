package cephconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// Level says how strong a value is; the strongest level that has one wins (CONF_* in src/common/config.h).
type Level int

// The levels, weakest first.
const (
	LevelDefault  Level = iota // compiled in, or --default-OPTION
	LevelMon                   // the monitors' configuration database
	LevelFile                  // ceph.conf
	LevelEnv                   // CEPH_ARGS, CEPH_KEYRING
	LevelCmdline               // the command line
	LevelOverride              // Config.Set
	numLevels
)

// String returns the level's word.
func (l Level) String() string {
	words := [...]string{"default", "monitors", "file", "environment", "command line", "override"}
	if l < 0 || int(l) >= len(words) {
		return fmt.Sprintf("level(%d)", int(l))
	}
	return words[l]
}

// Source says where a value came from.
type Source struct {
	Level   Level
	Where   string // the file, the variable or the argument; may be empty
	Line    int    // in the file, from 1; 0 elsewhere
	Section string // of the file
}

// String returns the source for an error message: "/etc/ceph/ceph.conf:3 [global]", "environment CEPH_ARGS --mon-host".
func (s Source) String() string {
	switch {
	case s.Line > 0:
		return fmt.Sprintf("%s:%d [%s]", s.Where, s.Line, s.Section)
	case s.Where == "":
		return s.Level.String()
	}
	return s.Level.String() + " " + s.Where
}

// System is what a Config knows of the machine. Fields that are nil mean the real one.
type System struct {
	LookupEnv func(name string) (string, bool)
	Open      func(path string) (io.ReadCloser, error)
	Stat      func(path string) (fs.FileInfo, error) // with an Open of one's own: nil means that nothing is known
	Hostname  func() (string, error)
	Getpid    func() int
	Resolver  Resolver
}

func (s System) withDefaults() System {
	if s.LookupEnv == nil {
		s.LookupEnv = os.LookupEnv
	}
	if s.Stat == nil && s.Open == nil {
		s.Stat = os.Stat
	}
	if s.Open == nil {
		s.Open = func(path string) (io.ReadCloser, error) { return os.Open(path) }
	}
	if s.Hostname == nil {
		s.Hostname = os.Hostname
	}
	if s.Getpid == nil {
		s.Getpid = os.Getpid
	}
	if s.Resolver == nil {
		s.Resolver = net.DefaultResolver
	}
	return s
}

// Config is the configuration of one client. It is safe for concurrent use, and prints none of its values.
type Config struct {
	sys System
	id  uint64 // $cctid

	mu     sync.RWMutex
	levels [numLevels]map[string]setting // normalised values; LevelFile has only what the path of the file implies
	file   *file                         // nil until one was read
	noConf *NoConfError                  // why there is no file, if one was looked for
}

type setting struct {
	value  string
	source Source
}

var lastID atomic.Uint64

// New returns the configuration with nothing but the defaults. The zero System is the real one.
func New(sys System) *Config {
	c := &Config{sys: sys.withDefaults(), id: lastID.Add(1)}
	for l := range c.levels {
		c.levels[l] = make(map[string]setting)
	}
	return c
}

// Clone returns a configuration that begins as a copy of c. Later changes of either do not change the other.
func (c *Config) Clone() *Config {
	c.mu.RLock()
	defer c.mu.RUnlock()
	clone := &Config{sys: c.sys, id: c.id, file: c.file, noConf: c.noConf}
	for l := range c.levels {
		clone.levels[l] = maps.Clone(c.levels[l])
	}
	return clone
}

// Load does what a program does first: it takes over the environment, a command line without the name of the program,
// and the configuration file. rest is what of args is no option of the schema. That none of the default configuration
// files exists is no error, because the monitors may be known otherwise; the error of Monitors tells it if they are not.
func (c *Config) Load(args []string) (rest []string, err error) {
	if err := c.ParseEnv(); err != nil {
		return nil, err
	}
	if rest, err = c.ParseArgv(args); err != nil {
		return nil, err
	}
	if err := c.ReadFile(""); err != nil {
		if noConf, ok := errors.AsType[*NoConfError](err); !ok || noConf.From != fromDefaultSearch {
			return nil, err
		}
	}
	return rest, nil
}

// Set sets an option at the highest level. Unknown options are an ErrUnknownOption, values that do not fit an
// ErrInvalidValue, and either leaves the configuration as it was.
// Implements: int rados_conf_set(rados_t cluster, const char *option, const char *value)
func (c *Config) Set(option, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(option, value, Source{Level: LevelOverride})
}

// set is Set for any level. The caller holds mu.
func (c *Config) set(option, value string, source Source) error {
	o, ok := schema[NormalizeKey(option)]
	if !ok {
		return fmt.Errorf("cephconf: %w %q (%s)", ErrUnknownOption, option, source)
	}
	v, err := o.normalize(value)
	if err != nil {
		return &OptionError{Option: o.Name, Source: source, Err: err}
	}
	c.levels[source.Level][o.Name] = setting{value: v, source: source}
	return nil
}

// SetMon replaces the values of the monitors' level by what an MConfig carries. It returns an error for each value that
// does not count: because it does not fit its option, or because the option is none that the monitors may set.
// Options outside the schema are kept as they are.
func (c *Config) SetMon(values map[string]string) (ignored []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.levels[LevelMon])
	source := Source{Level: LevelMon}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		o, ok := schema[name]
		switch {
		case !ok:
			c.levels[LevelMon][name] = setting{value: values[name], source: source}
		case o.Local:
			ignored = append(ignored, &OptionError{Option: name, Source: source, Err: errors.New("not taken from the monitors")})
		default:
			if err := c.set(name, values[name], source); err != nil {
				ignored = append(ignored, err)
			}
		}
	}
	return ignored
}

// Name returns the name to authenticate as.
func (c *Config) Name() denc.EntityName {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.name()
}

func (c *Config) name() denc.EntityName {
	n, err := denc.ParseEntityName(c.setting(schema[optName]).value)
	if err != nil { // every level has been checked when it was set
		n, _ = denc.ParseEntityName(defaultName)
	}
	return n
}

// Cluster returns the cluster's name: set, else the stem of a configuration file X.conf, else ceph.
func (c *Config) Cluster() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.setting(schema[optCluster]).value
}

// Path returns the path of the configuration file, empty if none has been read.
func (c *Config) Path() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.file == nil {
		return ""
	}
	return c.file.path
}

// sections returns where the file may have our options, strongest first.
func (c *Config) sections() []string {
	n := c.name()
	return []string{n.String(), n.Type.String(), "global"}
}

// setting returns the strongest value of an option of the schema, before metavariables. The caller holds mu.
func (c *Config) setting(o *Option) setting {
	for l := numLevels - 1; l >= 0; l-- {
		if s, ok := c.levels[l][o.Name]; ok {
			return s
		}
		if l == LevelFile && !o.fileless() {
			if s, err := c.fileSetting(o); s != nil && err == nil {
				return *s
			}
		}
	}
	v, err := o.normalize(o.Default)
	if err != nil {
		v = o.Default // an address or so that is not set
	}
	return setting{value: v, source: Source{Level: LevelDefault}}
}

// fileless reports whether the option says which file and which of its sections to use, and so cannot come from it.
func (o *Option) fileless() bool {
	return o.Name == optName || o.Name == optCluster || o.Name == optConf
}

// fileSetting returns what the file says of an option, and nil if it says nothing.
func (c *Config) fileSetting(o *Option) (*setting, error) {
	if c.file == nil {
		return nil, nil
	}
	e, section, ok := c.file.lookup(o.Name, c.sections()...)
	if !ok {
		return nil, nil
	}
	source := Source{Level: LevelFile, Where: c.file.path, Line: e.line, Section: section}
	v, err := o.normalize(e.value)
	if err != nil {
		return &setting{source: source}, &OptionError{Option: o.Name, Source: source, Err: err}
	}
	return &setting{value: v, source: source}, nil
}

// unknown returns an option outside the schema, which a file or the monitors may have.
func (c *Config) unknown(key string) (setting, bool) {
	if c.file != nil {
		if e, section, ok := c.file.lookup(key, c.sections()...); ok {
			return setting{value: e.value, source: Source{Level: LevelFile, Where: c.file.path, Line: e.line, Section: section}}, true
		}
	}
	s, ok := c.levels[LevelMon][key]
	return s, ok
}

// Warnings returns an error for each value in the file that does not count because it does not fit its option.
func (c *Config) Warnings() []error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		if o := schema[name]; !o.fileless() {
			if _, err := c.fileSetting(o); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// Source returns where the value of an option comes from.
func (c *Config) Source(option string) (Source, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, s, err := c.find(option)
	return s.source, err
}

// find returns the strongest value of an option, before metavariables. Options outside the schema are strings.
func (c *Config) find(option string) (*Option, setting, error) {
	key := NormalizeKey(option)
	if o, ok := schema[key]; ok {
		return o, c.setting(o), nil
	}
	if s, ok := c.unknown(key); ok {
		return &Option{Name: key, Type: TypeStr}, s, nil
	}
	return nil, setting{}, fmt.Errorf("cephconf: %w %q", ErrUnknownOption, option)
}

// Get returns the value of an option as text, in the form in which Ceph prints its type, with metavariables expanded.
// Options outside the schema are readable when the file or the monitors set them, else they are an ErrUnknownOption.
//
// A secret option that is set gives the text [redacted] and an ErrSecret. Metavariables that form a loop give an ErrLoop,
// and the text that Ceph would use.
// Implements: int rados_conf_get(rados_t cluster, const char *option, char *buf, size_t len)
func (c *Config) Get(option string) (string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, _, _, err := c.get(option)
	return v, err
}

func (c *Config) get(option string) (string, *Option, setting, error) {
	o, s, err := c.find(option)
	if err != nil {
		return "", nil, setting{}, err
	}
	v, err := c.expand(o, s)
	return v, o, s, err
}

// Secret returns the value of an option that Get may refuse to return.
func (c *Config) Secret(option string) (SecretText, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	o, s, err := c.find(option)
	switch {
	case err != nil:
		return SecretText{}, err
	case o.Secret: // base64, in which $ does not occur
		return NewSecretText(s.value), nil
	}
	v, err := c.expand(o, s)
	return NewSecretText(v), err
}

// typed gets an option and reads it with parse, whose errors it dresses.
func typed[T any](c *Config, option string, parse func(t Type, s string) (T, error)) (T, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var zero T
	v, o, s, err := c.get(option)
	if err != nil {
		return zero, err
	}
	t, err := parse(o.Type, v)
	switch {
	case err == nil:
		return t, nil
	case schema[o.Name] == nil: // it may be some other program's password
		err = fmt.Errorf("%w: %w", ErrInvalidValue, err)
	default:
		err = fmt.Errorf("%w %q: %w", ErrInvalidValue, v, err)
	}
	return zero, &OptionError{Option: o.Name, Source: s.source, Err: err}
}

// as lets a getter read options of its own types, and strings from outside the schema.
func as[T any](parse func(string) (T, error), types ...Type) func(Type, string) (T, error) {
	return func(t Type, s string) (T, error) {
		if t != TypeStr && !slices.Contains(types, t) {
			var zero T
			return zero, fmt.Errorf("the option has the type %s", t)
		}
		return parse(s)
	}
}

// Bool returns an option of type bool.
func (c *Config) Bool(option string) (bool, error) { return typed(c, option, as(parseBool, TypeBool)) }

// Int returns an option of type int or uint, or a time in its unit.
func (c *Config) Int(option string) (int64, error) {
	return typed(c, option, as(parseInt, TypeInt, TypeUint, TypeSecs, TypeMillisecs))
}

// Uint returns an option of type uint or size, or an int that is not negative.
func (c *Config) Uint(option string) (uint64, error) {
	return typed(c, option, func(t Type, s string) (uint64, error) {
		if t == TypeSize {
			return strconv.ParseUint(s, 10, 64)
		}
		return as(parseUint, TypeUint, TypeInt)(t, s)
	})
}

// Float returns a number.
func (c *Config) Float(option string) (float64, error) {
	return typed(c, option, as(parseFloat, TypeFloat, TypeInt, TypeUint, TypeSecs, TypeMillisecs, TypeSize))
}

// Duration returns a time, or a number of seconds. It is cut to what time.Duration can hold.
func (c *Config) Duration(option string) (time.Duration, error) {
	return typed(c, option, func(t Type, s string) (time.Duration, error) { return t.duration(s) })
}

// UUID returns an option of type uuid, all zeros when it is not set.
func (c *Config) UUID(option string) (uuid.UUID, error) {
	return typed(c, option, as(parseUUID, TypeUUID))
}

// Strings returns a list: the words between blanks, commas and semicolons.
func (c *Config) Strings(option string) ([]string, error) {
	return typed(c, option, func(_ Type, s string) ([]string, error) {
		return strings.FieldsFunc(s, func(r rune) bool { return isSpace(r) || r == ',' || r == ';' }), nil
	})
}

// splitPaths splits a list of files, in which blanks count only inside an item.
func splitPaths(s string) []string {
	paths := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' })
	for i, p := range paths {
		paths[i] = strings.TrimFunc(p, isSpace)
	}
	return slices.DeleteFunc(paths, func(p string) bool { return p == "" })
}

// clusterOf returns the name of the cluster that the path of a configuration file implies.
func clusterOf(path string) string {
	if stem, ok := strings.CutSuffix(filepath.Base(path), ".conf"); ok {
		return stem
	}
	return defaultCluster
}

// String returns the name and the file, and no values.
func (c *Config) String() string {
	path := c.Path()
	if path == "" {
		path = "no file"
	}
	return fmt.Sprintf("cephconf.Config(%s, %s)", c.Name(), path)
}

// Format prints what String returns for every verb.
func (c *Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue returns what String returns.
func (c *Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
