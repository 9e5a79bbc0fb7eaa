package cmdtable

import (
	"encoding/json"
	"strings"
)

// PrefixOf returns the prefix of a command in JSON, which is one object in one piece or several, as monitors take it:
// the pieces are joined with nothing between them. It reports false for what has no prefix, for what has several, and for
// what is no JSON: nobody should rely on what a monitor makes of those.
//
// It goes over the text without decoding any other field.
func PrefixOf(pieces []string) (string, bool) {
	text := strings.Join(pieces, "")
	// The names and values are found by eye below, which takes that the text is valid. Package json would find fields
	// named "Prefix", too, and monitors would not.
	if !json.Valid([]byte(text)) {
		return "", false
	}
	s := scanner{text: text}
	if s.next() != '{' {
		return "", false
	}
	prefix, found := "", false
	for s.next() == '"' { // else it is the end of an empty object
		name := unquote(s.token())
		s.next() // the colon
		s.next()
		value := s.token()
		if name == "prefix" {
			if found || value[0] != '"' {
				return "", false
			}
			prefix, found = unquote(value), true
		}
		if s.next() != ',' {
			break
		}
	}
	return prefix, prefix != ""
}

// scanner goes over valid JSON.
type scanner struct {
	text string
	at   int // of the next byte
}

// next consumes white space and one byte, which it returns: 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}

// token consumes the rest of the value whose first byte was the last that next consumed, and returns all of it.
func (s *scanner) token() string {
	start := s.at - 1
	switch s.text[start] {
	case '"':
		s.endString()
	case '{', '[':
		for nesting := 1; nesting > 0 && s.at < len(s.text); {
			c := s.text[s.at]
			s.at++
			switch c {
			case '"':
				s.endString()
			case '{', '[':
				nesting++
			case '}', ']':
				nesting--
			}
		}
	default:
		if n := strings.IndexAny(s.text[s.at:], ",]} \t\r\n"); n >= 0 {
			s.at += n
		} else {
			s.at = len(s.text)
		}
	}
	return s.text[start:s.at]
}

// endString consumes a string's text and the quote at its end.
func (s *scanner) endString() {
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch c {
		case '\\':
			s.at++
		case '"':
			return
		}
	}
}

// unquote returns the text of a string.
func unquote(quoted string) string {
	if !strings.Contains(quoted, `\`) {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	if json.Unmarshal([]byte(quoted), &text) != nil {
		return ""
	}
	return text
}
