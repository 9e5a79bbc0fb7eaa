package cmdtable

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// What a table may be. Tentacle's has 168 kB, 686 commands and 8425 commas.
const (
	maxSize    = 4 << 20
	maxCommas  = 1 << 15
	maxNesting = 16
	maxChoices = 1 << 12
)

// ErrTooLarge says that a table is beyond what any cluster's may be.
var ErrTooLarge = errors.New("table of commands is too large")

// Parse reads the table from a monitor's answer.
func Parse(b []byte) (*Table, error) {
	if err := checkSize(b); err != nil {
		return nil, err
	}
	var raw map[string]struct {
		Sig    []json.RawMessage `json:"sig"`
		Help   string            `json:"help"`
		Module optional          `json:"module"`
		Perm   optional          `json:"perm"`
		Avail  optional          `json:"avail"`
		Flags  Flags             `json:"flags"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, err
	}
	t := &Table{commands: make([]*Command, 0, len(raw)), readOnly: make(map[string]bool, len(raw))}
	for _, tag := range slices.Sorted(maps.Keys(raw)) {
		r := raw[tag]
		cmd := &Command{Help: r.Help, Module: string(r.Module), Perm: string(r.Perm), Avail: string(r.Avail), Flags: r.Flags}
		for i, item := range r.Sig {
			var word string
			if json.Unmarshal(item, &word) == nil {
				if len(cmd.Args) > 0 {
					return nil, fmt.Errorf("%s: sig[%d]: the word %q comes after an argument", tag, i, word)
				}
				cmd.Words = append(cmd.Words, word)
				continue
			}
			arg, err := parseArg(item)
			if err != nil {
				return nil, fmt.Errorf("%s: sig[%d]: %w", tag, i, err)
			}
			cmd.Args = append(cmd.Args, arg)
		}
		if len(cmd.Words) == 0 {
			return nil, fmt.Errorf("%s: no words", tag)
		}
		t.addReadOnly(cmd)
		if !cmd.Flags.Has(FlagObsolete) {
			t.commands = append(t.commands, cmd)
		}
	}
	return t, nil
}

// checkSize goes over a table once, before anything is allocated for it: a parsed value takes many times the space of
// its text, so commas are what must be few.
func checkSize(b []byte) error {
	if len(b) > maxSize {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(b))
	}
	commas, nesting, inText := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			inText = !inText
		case inText:
			if c == '\\' {
				i++
			}
		case c == ',':
			if commas++; commas > maxCommas {
				return fmt.Errorf("%w: more than %d values", ErrTooLarge, maxCommas)
			}
		case c == '{' || c == '[':
			if nesting++; nesting > maxNesting {
				return fmt.Errorf("%w: nested %d deep", ErrTooLarge, nesting)
			}
		case c == '}' || c == ']':
			nesting--
		}
	}
	return nil
}

// optional is text that not all monitors send. Anything else in its place is as if it were absent.
type optional string

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*o = optional(text)
	}
	return nil
}

func parseArg(item json.RawMessage) (*Arg, error) {
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
		return nil, errors.New("an argument without name or type")
	}
	n := fmt.Sprint(raw.N)
	arg := &Arg{
		Name: raw.Name, Type: raw.Type, List: raw.N != nil && n != "1", Required: isTrue(raw.Req), Positional: isTrue(raw.Positional),
		Goodchars: raw.Goodchars,
	}
	if raw.Type == "CephChoices" {
		if n := strings.Count(raw.Strings, "|"); n >= maxChoices {
			return nil, fmt.Errorf("%w: %s has more than %d choices", ErrTooLarge, raw.Name, maxChoices)
		}
		arg.Choices = strings.Split(raw.Strings, "|")
	}
	if raw.Range != "" {
		arg.Range = strings.SplitN(raw.Range, "|", 3)
		for _, r := range arg.Range {
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
