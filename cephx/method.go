package cephx

import (
	"fmt"
	"strings"
)

// Method is an authentication method (CEPH_AUTH_* in src/include/ceph_fs.h).
type Method uint32

// The methods that this package speaks.
const (
	MethodNone  Method = 1
	MethodCephx Method = 2
)

// String returns the word that Ceph's options use.
func (m Method) String() string {
	switch m {
	case MethodNone:
		return "none"
	case MethodCephx:
		return "cephx"
	case 4:
		return "gss"
	}
	return fmt.Sprintf("method(%d)", uint32(m))
}

// ParseMethods parses a list such as auth_client_required has, "cephx, none", keeping its order. As in Ceph, words that
// are not understood are passed over. The result is never nil, so that it counts as a list that was set.
func ParseMethods(list string) []Method {
	methods := []Method{}
	for _, word := range words(list) {
		switch word {
		case "cephx":
			methods = append(methods, MethodCephx)
		case "none":
			methods = append(methods, MethodNone)
		}
	}
	return methods
}

// Mode is a connection mode of messenger v2 (CEPH_CON_MODE_* in src/include/ceph_fs.h).
type Mode uint32

// The connection modes.
const (
	ModeCRC    Mode = 1 // integrity against accidents only
	ModeSecure Mode = 2 // encrypted and authenticated
)

// String returns the word that Ceph's options use.
func (m Mode) String() string {
	switch m {
	case ModeCRC:
		return "crc"
	case ModeSecure:
		return "secure"
	}
	return fmt.Sprintf("mode(%d)", uint32(m))
}

// ParseModes parses a list such as ms_mon_client_mode has, "secure crc", keeping its order. Words that are not understood
// are passed over. The result is never nil.
func ParseModes(list string) []Mode {
	modes := []Mode{}
	for _, word := range words(list) {
		switch word {
		case "crc":
			modes = append(modes, ModeCRC)
		case "secure":
			modes = append(modes, ModeSecure)
		}
	}
	return modes
}

// words splits at the characters that separate the items of Ceph's lists (src/include/str_list.h).
func words(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return strings.ContainsRune(";,= \t", c) })
}
