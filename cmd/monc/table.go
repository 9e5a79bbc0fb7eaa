package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Flags of a command (MonCommand in src/mon/MonCommand.h).
const (
	flagObsolete   = 1 << 1
	flagDeprecated = 1 << 2
	flagHidden     = 1 << 5
)

// commandTable is what the monitors answer to get_command_descriptions: a signature for every command, of the
// monitors and of the active manager.
type commandTable struct {
	signatures []*signature
}

// signature is one command: the words that it begins with, and its arguments.
type signature struct {
	prefix []string
	args   []*argument
	help   string
	flags  uint64
}

// argument describes one argument (dump_cmd_to_json in src/common/cmdparse.cc).
type argument struct {
	name       string
	kind       string // CephInt, CephString, …
	list       bool   // one value or more (n=N)
	required   bool
	positional bool     // false: only as --name
	choices    []string // of CephChoices
	ranges     []string // of CephInt and CephFloat: the least, and the greatest if there is one
	goodchars  string   // of CephString: a set of characters, as in regular expressions
}

// parseTable reads the table.
func parseTable(b []byte) (*commandTable, error) {
	var raw map[string]struct {
		Sig   []json.RawMessage `json:"sig"`
		Help  string            `json:"help"`
		Flags uint64            `json:"flags"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, err
	}
	t := &commandTable{signatures: make([]*signature, 0, len(raw))}
	for _, tag := range slices.Sorted(maps.Keys(raw)) {
		cmd := raw[tag]
		sig := &signature{help: cmd.Help, flags: cmd.Flags}
		for i, item := range cmd.Sig {
			var word string
			if json.Unmarshal(item, &word) == nil {
				if len(sig.args) > 0 {
					return nil, fmt.Errorf("%s: sig[%d]: the word %q comes after an argument", tag, i, word)
				}
				sig.prefix = append(sig.prefix, word)
				continue
			}
			arg, err := parseArgument(item)
			if err != nil {
				return nil, fmt.Errorf("%s: sig[%d]: %w", tag, i, err)
			}
			sig.args = append(sig.args, arg)
		}
		if len(sig.prefix) == 0 {
			return nil, fmt.Errorf("%s: no words", tag)
		}
		if sig.flags&flagObsolete == 0 {
			t.signatures = append(t.signatures, sig)
		}
	}
	return t, nil
}

func parseArgument(item json.RawMessage) (*argument, error) {
	// Booleans and numbers come as such or as text, whatever the command's author wrote.
	var raw struct {
		Name       string `json:"name"`
		Type       string `json:"type"`
		N          any    `json:"n"`
		Req        any    `json:"req"`
		Positional any    `json:"positional"`
		Strings    string `json:"strings"`
		Range      string `json:"range"`
		Goodchars  string `json:"goodchars"`
	}
	if err := json.Unmarshal(item, &raw); err != nil {
		return nil, err
	}
	if raw.Name == "" || raw.Type == "" {
		return nil, fmt.Errorf("an argument without name or type")
	}
	n := fmt.Sprint(raw.N)
	arg := &argument{
		name: raw.Name, kind: raw.Type, list: raw.N != nil && n != "1", required: isTrue(raw.Req), positional: isTrue(raw.Positional),
		goodchars: raw.Goodchars,
	}
	if raw.Type == "CephChoices" {
		arg.choices = strings.Split(raw.Strings, "|")
	}
	if raw.Range != "" {
		arg.ranges = strings.Split(raw.Range, "|")
		for _, r := range arg.ranges {
			if _, err := strconv.ParseFloat(r, 64); err != nil {
				return nil, fmt.Errorf("%s: range %q", raw.Name, raw.Range)
			}
		}
	}
	return arg, nil
}

// isTrue reads a boolean that is true when it is absent, and false when it is misspelt, as the ceph tool does.
func isTrue(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return v
	case string:
		return v == "true" || v == "True"
	}
	return false
}

// String is the command's line of usage.
func (s *signature) String() string {
	words := slices.Clone(s.prefix)
	for _, a := range s.args {
		words = append(words, a.String())
	}
	return strings.Join(words, " ")
}

// String is the argument's place in a line of usage.
func (a *argument) String() string {
	var text string
	switch value := a.value(); {
	case a.kind == "CephBool":
		text = "--" + strings.ReplaceAll(a.name, "_", "-")
	case a.kind == "CephChoices" && len(a.choices) == 1 && a.positional:
		text = a.choices[0]
	case a.positional:
		text = "<" + a.name + value + ">"
	default:
		text = "--" + strings.ReplaceAll(a.name, "_", "-") + " <" + strings.TrimPrefix(value, ":") + ">"
	}
	if a.list {
		text += "..."
	}
	if !a.required {
		text = "[" + text + "]"
	}
	return text
}

// value says what values look like.
func (a *argument) value() string {
	switch a.kind {
	case "CephInt", "CephFloat":
		kind := map[string]string{"CephInt": ":int", "CephFloat": ":float"}[a.kind]
		switch len(a.ranges) {
		case 1:
			return kind + "[" + a.ranges[0] + "-]"
		case 2:
			return kind + "[" + a.ranges[0] + "-" + a.ranges[1] + "]"
		}
		return kind
	case "CephChoices":
		return ":" + strings.Join(a.choices, "|")
	case "CephOsdName":
		return ":id|osd.id"
	case "CephName":
		return ":type.id"
	case "CephPgid":
		return ":pool.hex"
	case "CephUUID":
		return ":uuid"
	case "CephIPAddr", "CephEntityAddr":
		return ":addr"
	}
	if a.positional {
		return ""
	}
	return ":" + a.name
}
