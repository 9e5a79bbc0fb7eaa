package monclient

import (
	"fmt"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// targetKind says by what a command gets to where it is executed.
type targetKind int

const (
	toSession targetKind = iota // the monitors: whichever the session is with
	toMon                       // one monitor, by tell
	toMgr                       // the active manager's own commands
	tellMgr                     // one manager, by tell
)

// target is who a command is for.
type target struct {
	kind targetKind
	// name is the monitor's name, or its rank as digits, or the manager's name; "*" is the manager that is active. It may
	// be anything that is not there.
	name string
}

// parseTarget reads Command.Target. That there is no such daemon is found out later: the maps change.
func parseTarget(s string) (target, error) {
	kind, name, named := strings.Cut(s, ".")
	switch {
	case s == "":
		return target{}, nil
	case s == "mgr":
		return target{kind: toMgr}, nil
	case !named, name == "" && kind == "mgr":
	case kind == "mgr":
		return target{kind: tellMgr, name: name}, nil
	case kind == "mon" && name == "*":
		return target{}, &targetError{s, "all monitors are not one target: TellEach asks each of them"}
	case kind == "mon":
		return target{kind: toMon, name: name}, nil
	}
	return target{}, &targetError{s, `it is none of "", "mon.NAME", "mon.RANK", "mgr", "mgr.NAME" and "mgr.*"`}
}

// String returns what parseTarget has read.
func (t target) String() string {
	switch t.kind {
	case toMon:
		return "mon." + t.name
	case toMgr:
		return "mgr"
	case tellMgr:
		return "mgr." + t.name
	}
	return ""
}

// targetError says that a Command.Target cannot be one.
type targetError struct{ target, why string }

func (e *targetError) Error() string { return fmt.Sprintf("Command.Target %q: %s", e.target, e.why) }
func (e *targetError) Unwrap() error { return denc.EINVAL }
