package cmdtable

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// parse turns a word into the argument's value, or says why it is none. The rules are those of the ceph tool
// (src/pybind/ceph_argparse.py); kinds that are not known here are left to the monitors.
func (a *Arg) parse(word string) (any, error) {
	switch a.Type {
	case "CephInt":
		return a.parseInt(word)
	case "CephFloat":
		return a.parseFloat(word)
	case "CephBool":
		switch strings.ToLower(word) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, fmt.Errorf("%q is neither true nor false", word)
	case "CephChoices":
		if !slices.Contains(a.Choices, word) {
			return nil, NoneOf(word, a.Choices)
		}
	case "CephString":
		return word, checkCharacters(word, a.Goodchars)
	case "CephOsdName":
		return parseOSD(word)
	case "CephName":
		return word, checkName(word)
	case "CephPgid":
		return word, checkPG(word)
	case "CephUUID":
		if !isUUID(word) {
			return nil, fmt.Errorf("%q is no UUID", word)
		}
	case "CephIPAddr", "CephEntityAddr":
		return word, checkAddress(word, a.Type == "CephEntityAddr")
	case "CephFragment":
		return word, checkFragment(word)
	}
	return word, nil
}

// checkFragment takes a part of a directory of a filesystem (frag_t in src/include/frag.h). The ceph tool takes none: it
// reads the hexadecimal number as a decimal one.
func checkFragment(word string) error {
	value, bits, ok := strings.Cut(word, "/")
	hex, ok2 := strings.CutPrefix(value, "0x")
	_, valueErr := strconv.ParseUint(hex, 16, 32)
	_, bitsErr := strconv.ParseUint(bits, 10, 8)
	if !ok || !ok2 || valueErr != nil || bitsErr != nil {
		return fmt.Errorf("%q is no fragment: write 0xVALUE/BITS, such as 0x4/3", word)
	}
	return nil
}

// maxDigits bounds the integers that are read, which takes more than the time for their length.
const maxDigits = 4096

// parseInt takes decimal numbers and such with 0x, 0o and 0b in front.
func (a *Arg) parseInt(word string) (any, error) {
	if len(word) > maxDigits {
		return nil, fmt.Errorf("%q… is no integer", word[:16])
	}
	n, ok := new(big.Int).SetString(word, 0)
	digits := strings.TrimLeft(word, "+-")
	if !ok || (len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' && n.Sign() != 0) {
		return nil, fmt.Errorf("%q is no integer", word)
	}
	f, _ := n.Float64()
	if err := a.checkRange(word, f); err != nil {
		return nil, err
	}
	return json.Number(n.String()), nil
}

func (a *Arg) parseFloat(word string) (any, error) {
	f, err := strconv.ParseFloat(word, 64)
	if err != nil || strings.ContainsAny(word, "xX_") || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%q is no number", word)
	}
	if err := a.checkRange(word, f); err != nil {
		return nil, err
	}
	// Monitors tell integers and floats apart, and refuse an integer where they want a float.
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return json.Number(text), nil
}

func (a *Arg) checkRange(word string, f float64) error {
	for i, limit := range a.Range {
		l, err := strconv.ParseFloat(limit, 64)
		switch {
		case err != nil: // Parse has refused it
		case i == 0 && f < l:
			return fmt.Errorf("%s is less than %s", word, limit)
		case i == 1 && f > l:
			return fmt.Errorf("%s is more than %s", word, limit)
		}
	}
	return nil
}

func parseOSD(word string) (any, error) {
	if word == "*" {
		return word, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(word, "osd."), 10, 31)
	if err != nil {
		return nil, fmt.Errorf("%q is no OSD: write 3 or osd.3", word)
	}
	return n, nil
}

var entityTypes = []string{"osd", "mon", "client", "mds", "mgr"}

func checkName(word string) error {
	if word == "*" || word == "mgr" || word == "mon" {
		return nil
	}
	kind, id, ok := strings.Cut(word, ".")
	if !ok || !slices.Contains(entityTypes, kind) {
		return fmt.Errorf("%q is no name: write TYPE.ID with one of the types %s", word, strings.Join(entityTypes, ", "))
	}
	if kind == "osd" && id != "*" {
		if _, err := strconv.Atoi(id); err != nil {
			return fmt.Errorf("%q is no OSD: write osd.3", word)
		}
	}
	return nil
}

func checkPG(word string) error {
	pool, pg, ok := strings.Cut(word, ".")
	_, poolErr := strconv.ParseUint(pool, 10, 63)
	_, pgErr := strconv.ParseUint(pg, 16, 64)
	if !ok || poolErr != nil || pgErr != nil {
		return fmt.Errorf("%q is no placement group: write POOL.PG, such as 1.2f", word)
	}
	return nil
}

// checkAddress takes an IP address with a type in front of it, a port and, where allowed, a nonce behind it; all but the
// address may be left out.
func checkAddress(word string, nonceAllowed bool) error {
	bad := fmt.Errorf("%q is no address: write IP or IP:PORT, [IPv6]:PORT", word)
	text := word
	for _, kind := range []string{"v1:", "v2:", "any:"} {
		text = strings.TrimPrefix(text, kind)
	}
	if nonceAllowed {
		if at, nonce, ok := strings.Cut(text, "/"); ok {
			if _, err := strconv.ParseUint(strings.TrimSuffix(nonce, "]"), 10, 32); err != nil {
				return fmt.Errorf("%w, and a number after /", bad)
			}
			if text = at; strings.HasSuffix(nonce, "]") {
				text += "]"
			}
		}
	}
	if _, err := netip.ParseAddrPort(text); err == nil {
		return nil
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if text, ok = strings.CutSuffix(inner, "]"); !ok {
			return bad
		}
	}
	if _, err := netip.ParseAddr(text); err != nil {
		return bad
	}
	return nil
}

// checkCharacters refuses characters outside a set such as [A-Za-z0-9-_.].
func checkCharacters(word, set string) error {
	inner, ok := goodset(set)
	if !ok {
		return nil
	}
	for _, c := range word {
		if !inSet(inner, c) {
			return fmt.Errorf("%q has %q, which is not allowed: %s", word, c, set)
		}
	}
	return nil
}

// goodset returns what is in the brackets of a set of characters. Sets of another form are for the monitors to check.
func goodset(set string) (inner string, ok bool) {
	inner, ok = strings.CutPrefix(set, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	return inner, ok && ok2 && !strings.ContainsAny(inner, `[]\^`)
}

// inSet reports whether c is in a set of characters and of ranges such as a-z. A dash that cannot make a range is a
// character like others.
func inSet(set string, c rune) bool {
	s := []rune(set)
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) && s[i+1] == '-' {
			if s[i] <= c && c <= s[i+2] {
				return true
			}
			i += 2
			continue
		}
		if s[i] == c {
			return true
		}
	}
	return false
}

// isUUID takes a UUID as Python's does: 32 hexadecimal digits, with dashes wherever they are, in braces, after urn:uuid:.
func isUUID(word string) bool {
	word = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(word), "urn:"), "uuid:"), "{}")
	word = strings.ReplaceAll(word, "-", "")
	return len(word) == 32 && strings.Trim(word, "0123456789abcdef") == ""
}
