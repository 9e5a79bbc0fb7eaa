package cephconf

import (
	"fmt"
	"strconv"
	"strings"
)

// maxExpansion bounds the text and the number of variables of one expansion: options that name each other twice would
// double the work at every level.
const maxExpansion = 128 << 10

// expansion is the expansion of the metavariables of one option (md_config_t::_expand_meta in src/common/config.cc).
type expansion struct {
	c     *Config
	stack []string // the options being expanded
	err   error    // the first loop, or that there is too much

	spent int // of maxExpansion
}

// expand returns the value of o with metavariables replaced. The caller holds c.mu. Expanding is for strings only; a
// secret shows as [redacted], also inside another option.
func (c *Config) expand(o *Option, s setting) (string, error) {
	if o.Secret && s.value != "" {
		return redacted, &OptionError{Option: o.Name, Source: s.source, Err: ErrSecret}
	}
	if o.Type != TypeStr || !strings.Contains(s.value, "$") {
		return s.value, nil
	}
	x := expansion{c: c}
	v := x.option(o, s.value)
	if x.err != nil {
		return v, &OptionError{Option: o.Name, Source: s.source, Err: x.err}
	}
	return v, nil
}

// expandText is expand for text that belongs to no option.
func (c *Config) expandText(text string) (string, error) {
	x := expansion{c: c}
	v := x.text(text)
	return v, x.err
}

// option expands an option.
func (x *expansion) option(o *Option, value string) string {
	if o.Type != TypeStr || !strings.Contains(value, "$") {
		return value
	}
	x.stack = append(x.stack, o.Name)
	defer func() { x.stack = x.stack[:len(x.stack)-1] }()
	return x.text(value)
}

// text expands text. A variable that would expand to itself makes the whole text that one variable, as in Ceph.
func (x *expansion) text(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !x.spend(len(before)+1) || !found {
			return b.String()
		}
		name, rest := variable(after)
		text = rest
		v, known, ok := x.variable(name)
		switch {
		case !ok:
			return v
		case known:
			if !x.spend(len(v)) {
				return b.String()
			}
			b.WriteString(v)
		default:
			b.WriteString("$" + after[:len(after)-len(rest)])
		}
	}
}

// spend accounts for n bytes and returns false when there were too many.
func (x *expansion) spend(n int) bool {
	if x.spent += n; x.spent <= maxExpansion {
		return true
	}
	x.fail(fmt.Errorf("%w: the variables expand to more than %d bytes", ErrInvalidValue, maxExpansion))
	return false
}

func (x *expansion) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// variable splits the name of a variable, in braces or not, from the text behind its $. No name leaves rest whole.
func variable(s string) (name, rest string) {
	inner, braces := strings.CutPrefix(s, "{")
	end := 0
	for end < len(inner) && (inner[end] >= 'a' && inner[end] <= 'z' || inner[end] == '_') {
		end++
	}
	switch {
	case !braces:
		return inner[:end], inner[end:]
	case end > 0 && end < len(inner) && inner[end] == '}':
		return inner[:end], inner[end+1:]
	}
	return "", s
}

// variable returns the value of a variable, whether there is such a one, and false for ok when it is in a loop.
func (x *expansion) variable(name string) (v string, known, ok bool) {
	switch name {
	case "":
		return "", false, true
	case "cluster":
		return x.c.setting(schema[optCluster]).value, true, true
	case "name":
		return x.c.name().String(), true, true
	case "type":
		return x.c.name().Type.String(), true, true
	case "id", "num":
		return x.c.name().ID, true, true
	case "host":
		return x.c.host(), true, true
	case "pid":
		return strconv.Itoa(x.c.sys.Getpid()), true, true
	case "cctid":
		return strconv.FormatUint(x.c.id, 10), true, true
	case "home":
		home, _ := x.c.sys.LookupEnv("HOME")
		return home, true, true
	}
	o, known := schema[name]
	if !known {
		return "", false, true
	}
	for i, up := range x.stack {
		if up == name {
			chain := append(x.stack[i:len(x.stack):len(x.stack)], name)
			x.fail(fmt.Errorf("%w: %s", ErrLoop, strings.Join(chain, " -> ")))
			return "$" + name, true, false
		}
	}
	s := x.c.setting(o)
	if o.Secret && s.value != "" {
		return redacted, true, true
	}
	// A loop below has ended there, and the variable it left becomes a part of our text.
	return x.option(o, s.value), true, x.spent <= maxExpansion
}

// host returns the option host, else the short hostname.
func (c *Config) host() string {
	if h := c.setting(schema[optHost]).value; h != "" {
		return h
	}
	h, err := c.sys.Hostname()
	if err != nil {
		return ""
	}
	short, _, _ := strings.Cut(h, ".")
	return short
}
