package montest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/libmonclient/libmonclient/denc"
)

// jsonWriter writes JSON in the order of the calls and in the style of Ceph's JSONFormatter (src/common/Formatter.cc):
// no white space, floats with 17 digits. A key of "" is that of a list's element, which has none.
type jsonWriter struct {
	b     []byte
	comma bool
}

func (w *jsonWriter) key(key string) {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
	if key != "" {
		w.b = append(appendJSONString(w.b, key), ':')
	}
}

// object and list write what body writes between the braces or brackets.
func (w *jsonWriter) object(key string, body func()) { w.nest(key, "{}", body) }
func (w *jsonWriter) list(key string, body func())   { w.nest(key, "[]", body) }

func (w *jsonWriter) nest(key, brackets string, body func()) {
	w.key(key)
	w.b = append(w.b, brackets[0])
	w.comma = false
	if body != nil {
		body()
	}
	w.b = append(w.b, brackets[1])
	w.comma = true
}

func (w *jsonWriter) empties(brackets string, keys ...string) {
	for _, key := range keys {
		w.nest(key, brackets, nil)
	}
}

func (w *jsonWriter) str(key, v string) {
	w.key(key)
	w.b = appendJSONString(w.b, v)
}

func (w *jsonWriter) strs(key string, vs []string) {
	w.list(key, func() {
		for _, v := range vs {
			w.str("", v)
		}
	})
}

// strMap writes a map by its keys.
func (w *jsonWriter) strMap(key string, m map[string]string) {
	w.object(key, func() {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			w.str(k, m[k])
		}
	})
}

func (w *jsonWriter) int(key string, v int64) {
	w.key(key)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *jsonWriter) uint(key string, v uint64) {
	w.key(key)
	w.b = strconv.AppendUint(w.b, v, 10)
}

// zeros writes fields that are always 0 here.
func (w *jsonWriter) zeros(keys ...string) {
	for _, key := range keys {
		w.uint(key, 0)
	}
}

func (w *jsonWriter) bool(key string, v bool) {
	w.key(key)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *jsonWriter) float(key string, v float64) {
	w.key(key)
	w.b = strconv.AppendFloat(w.b, v, 'g', 17, 64)
}

func (w *jsonWriter) time(key string, t denc.UTime) { w.str(key, timeText(t)) }

// addrVec writes entity_addrvec_t::dump (src/msg/msg_types.cc) as an object of its own.
func (w *jsonWriter) addrVec(key string, v denc.EntityAddrVec) {
	w.object(key, func() { w.addrs("addrvec", v) })
}

func (w *jsonWriter) addrs(key string, v denc.EntityAddrVec) {
	w.list(key, func() {
		for _, a := range v {
			w.object("", func() {
				w.str("type", a.Type.String())
				w.str("addr", addrWithoutNonce(a))
				w.uint("nonce", uint64(a.Nonce))
			})
		}
	})
}

func addrWithoutNonce(a denc.EntityAddr) string {
	if a.IsBlank() {
		return "(unrecognized address family 0)"
	}
	return a.AddrPort().String()
}

// legacyAddrText prints an address as fields from before messenger v2 have it, without its type
// (entity_addr_t::get_legacy_str in src/msg/msg_types.h).
func legacyAddrText(a denc.EntityAddr) string {
	return addrWithoutNonce(a) + "/" + strconv.FormatUint(uint64(a.Nonce), 10)
}

// legacyAddr is the one address of several that old fields hold: the first of v1, else the first
// (entity_addrvec_t::legacy_or_front_addr in src/msg/msg_types.h).
func legacyAddr(v denc.EntityAddrVec) denc.EntityAddr {
	for _, a := range v {
		if a.Type == denc.AddrLegacy {
			return a
		}
	}
	if len(v) > 0 {
		return v[0]
	}
	return denc.EntityAddr{}
}

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// timeText prints a time, or the seconds of what is too early to be one (operator<< of utime_t in src/include/utime.h).
func timeText(t denc.UTime) string {
	const tenYears = 10 * 365 * 24 * 60 * 60
	if t.Sec < tenYears {
		return fmt.Sprintf("%d.%06d", t.Sec, t.Nsec/1000)
	}
	return t.Time().Format("2006-01-02T15:04:05.000000-0700")
}

// prettyJSON returns JSON as json-pretty has it, which is also what some commands print in plain.
func prettyJSON(b []byte) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(b), "", "    "); err != nil {
		return b
	}
	return append(out.Bytes(), '\n')
}
