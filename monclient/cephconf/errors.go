package cephconf

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// The errors of this package, for errors.Is.
var (
	// ErrUnknownOption reports an option that the schema lacks and that no file or monitor sets.
	ErrUnknownOption = errors.New("unknown option")
	// ErrInvalidValue reports a value that does not fit the type or the bounds of its option.
	ErrInvalidValue = errors.New("invalid value")
	// ErrSyntax reports a configuration file that does not follow the grammar.
	ErrSyntax = errors.New("syntax error")
	// ErrLoop reports metavariables that expand to themselves.
	ErrLoop = errors.New("variable expansion loop")
	// ErrSecret reports an option that Get does not hand out, see Config.Secret.
	ErrSecret = errors.New("the option is secret")
	// ErrNoConf reports that no configuration file could be read.
	ErrNoConf = errors.New("no configuration file")
	// ErrNoKeyring reports that there is no key, no keyfile and no keyring that opens.
	ErrNoKeyring = errors.New("no keyring")
	// ErrNoMonitors reports that nothing says where the monitors are.
	ErrNoMonitors = errors.New("no monitors configured")
)

// SyntaxError is a violation of the grammar of a configuration file. It is an ErrSyntax and never quotes the file, whose
// lines may hold secrets.
type SyntaxError struct {
	Path string
	Line int // from 1
	Msg  string
}

// Error returns the file, the line and what is wrong.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("cephconf: %s:%d: %s", e.Path, e.Line, e.Msg)
}

// Is reports whether target is ErrSyntax.
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }

// OptionError is an error about the value of one option.
type OptionError struct {
	Option string
	Source Source // where the value came from
	Err    error  // wraps ErrInvalidValue, ErrLoop or ErrSecret
}

// Error returns the option, the origin of its value and what is wrong.
func (e *OptionError) Error() string {
	return fmt.Sprintf("cephconf: %s (%s): %v", e.Option, e.Source, e.Err)
}

// Unwrap returns the cause.
func (e *OptionError) Unwrap() error { return e.Err }

// TriedPath is a file that was looked for, and why it was not used.
type TriedPath struct {
	Path string
	Err  error
}

// NoConfError lists where a configuration file was looked for. It is an ErrNoConf.
type NoConfError struct {
	From  string // what named the paths: "default search path", "environment CEPH_CONF", ...
	Tried []TriedPath
}

// Error returns every path with its reason.
func (e *NoConfError) Error() string {
	return fmt.Sprintf("cephconf: no configuration file (%s): %s", e.From, tried(e.Tried))
}

// Unwrap returns ErrNoConf and the reason of every path.
func (e *NoConfError) Unwrap() []error { return causes(ErrNoConf, e.Tried) }

// NoKeyringError lists where a key was looked for. It is an ErrNoKeyring.
type NoKeyringError struct {
	Option string // keyring or keyfile
	Source Source // what named the paths
	Tried  []TriedPath
}

// Error returns every path with its reason.
func (e *NoKeyringError) Error() string {
	return fmt.Sprintf("cephconf: no keyring: %s (%s): %s", e.Option, e.Source, tried(e.Tried))
}

// Unwrap returns ErrNoKeyring and the reason of every path.
func (e *NoKeyringError) Unwrap() []error { return causes(ErrNoKeyring, e.Tried) }

// NoMonitorsError lists what was looked at for the addresses of monitors. It is an ErrNoMonitors.
type NoMonitorsError struct {
	Looked []error // one per place, in order
}

// Error returns every place with its reason.
func (e *NoMonitorsError) Error() string {
	s := make([]string, len(e.Looked))
	for i, err := range e.Looked {
		s[i] = strings.TrimPrefix(err.Error(), "cephconf: ")
	}
	return "cephconf: no monitors configured: " + strings.Join(s, "; ")
}

// Unwrap returns ErrNoMonitors and the reason of every place.
func (e *NoMonitorsError) Unwrap() []error { return append([]error{ErrNoMonitors}, e.Looked...) }

func tried(paths []TriedPath) string {
	if len(paths) == 0 {
		return "the list of paths is empty"
	}
	s := make([]string, len(paths))
	for i, p := range paths {
		s[i] = fmt.Sprintf("%s: %v", p.Path, reason(p.Err))
	}
	return strings.Join(s, ", ")
}

// reason drops the operation and the path that errors of the file system repeat.
func reason(err error) error {
	for {
		pathErr, ok := errors.AsType[*fs.PathError](err)
		if !ok {
			return err
		}
		err = pathErr.Err
	}
}

func causes(sentinel error, paths []TriedPath) []error {
	errs := []error{sentinel}
	for _, p := range paths {
		errs = append(errs, p.Err)
	}
	return errs
}
