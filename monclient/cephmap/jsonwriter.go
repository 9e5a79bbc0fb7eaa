package cephmap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// jsonWriter writes JSON with the members of objects in the order of the calls, as Ceph's formatters do, whose objects
// have members named by what the map contains and, in places, several of one name. The zero value is ready to use.
type jsonWriter struct {
	b   []byte
	err error
}

// bytes returns what was written.
func (w *jsonWriter) bytes(what string) ([]byte, error) {
	if w.err != nil {
		return nil, fmt.Errorf("cephmap: %s as JSON: %w", what, w.err)
	}
	return w.b, nil
}

// key begins a value: a member of an object, or with an empty key the next element of a list, or the whole text.
func (w *jsonWriter) key(key string) {
	if n := len(w.b); n > 0 && w.b[n-1] != '{' && w.b[n-1] != '[' {
		w.b = append(w.b, ',')
	}
	if key != "" {
		w.text(key)
		w.b = append(w.b, ':')
	}
}

// member is key for names out of the map, which may be empty.
func (w *jsonWriter) member(key string) {
	w.key("")
	w.text(key)
	w.b = append(w.b, ':')
}

// text writes a string, with < and > as they are.
func (w *jsonWriter) text(s string) {
	if isPlain(s) {
		w.b = append(append(append(w.b, '"'), s...), '"')
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(w.b, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// isPlain reports whether s stands in JSON as it is. Large maps are made of such strings.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (w *jsonWriter) object(key string, body func()) {
	w.key(key)
	w.braces('{', '}', body)
}

func (w *jsonWriter) list(key string, body func()) {
	w.key(key)
	w.braces('[', ']', body)
}

func (w *jsonWriter) braces(begin, end byte, body func()) {
	w.b = append(w.b, begin)
	body()
	w.b = append(w.b, end)
}

func (w *jsonWriter) str(key, s string) {
	w.key(key)
	w.text(s)
}

func (w *jsonWriter) bool(key string, v bool) {
	w.key(key)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *jsonWriter) uint(key string, v uint64) {
	w.key(key)
	w.b = strconv.AppendUint(w.b, v, 10)
}

func (w *jsonWriter) int(key string, v int64) {
	w.key(key)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *jsonWriter) time(key string, t denc.UTime) { w.str(key, t.String()) }

func (w *jsonWriter) strs(key string, list []string) {
	w.list(key, func() { w.elements(list) })
}

// elements writes the elements of a list, each of them with an empty key.
func (w *jsonWriter) elements(list []string) {
	for _, s := range list {
		w.str("", s)
	}
}

func (w *jsonWriter) ints(key string, list []int32) {
	w.list(key, func() {
		for _, n := range list {
			w.int("", int64(n))
		}
	})
}

func (w *jsonWriter) strMap(key string, m map[string]string) {
	w.object(key, func() {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			w.member(k)
			w.text(m[k])
		}
	})
}

// addrVec writes the member addrvec, which the objects of addresses have (entity_addrvec_t::dump in
// src/msg/msg_types.cc).
func (w *jsonWriter) addrVec(v denc.EntityAddrVec) {
	w.list("addrvec", func() {
		for _, a := range v {
			w.object("", func() {
				w.str("type", a.Type.String())
				w.str("addr", sockaddrText(a))
				w.uint("nonce", uint64(a.Nonce))
			})
		}
	})
}

// legacyAddrText returns an address without its type (entity_addr_t::get_legacy_str in src/msg/msg_types.h).
func legacyAddrText(a denc.EntityAddr) string { return fmt.Sprintf("%s/%d", sockaddrText(a), a.Nonce) }

// clockText returns a time as Ceph prints those that are no utime_t, with a colon before the fraction (operator<< of
// ceph::real_clock's time_point in src/common/ceph_time.cc).
func clockText(t denc.UTime) string {
	s := t.Time().Format("2006-01-02T15:04:05:.000000-0700") // Go's layouts want the dot
	return strings.Replace(s, ":.", ":", 1)
}
