package cmdtable

import (
	"fmt"
	"strings"
)

// Expects says in words what the argument may be, such as "an integer, 0 or more".
func (a *Arg) Expects() string {
	what := a.expectsOne()
	if a.List {
		return "one or more: " + what
	}
	return what
}

func (a *Arg) expectsOne() string {
	switch a.Type {
	case "CephInt":
		return a.expectsNumber("an integer")
	case "CephFloat":
		return a.expectsNumber("a number")
	case "CephBool":
		return "true or false"
	case "CephChoices":
		return oneOf(a.Choices)
	case "CephString":
		if set, ok := goodset(a.Goodchars); ok {
			return "text of the characters " + set
		}
		return "text"
	case "CephPoolname":
		return "the name of a pool"
	case "CephObjectname":
		return "the name of an object"
	case "CephOsdName":
		return "an OSD, such as 3 or osd.3"
	case "CephName":
		return "a daemon, such as osd.3 or mon.a"
	case "CephPgid":
		return "a placement group, such as 1.2f"
	case "CephUUID":
		return "a UUID"
	case "CephIPAddr":
		return "an address: IP or IP:PORT, [IPv6]:PORT"
	case "CephEntityAddr":
		return "an address: IP, IP:PORT or IP:PORT/NONCE"
	case "CephFilepath":
		return "the path of a file"
	case "CephSocketpath":
		return "the path of an admin socket"
	case "CephFragment":
		return "a fragment of a directory, such as 0x4/3"
	}
	return "text"
}

func (a *Arg) expectsNumber(kind string) string {
	switch len(a.Range) {
	case 0:
		return kind
	case 1:
		return fmt.Sprintf("%s, %s or more", kind, a.Range[0])
	}
	return fmt.Sprintf("%s from %s to %s", kind, a.Range[0], a.Range[1])
}

// oneOf lists what a word may be.
func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}
