package cephconf

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// Type is the type of an option's value (Option::type_t in src/common/options.h).
type Type int

// The types. The texts they accept are those of Option::parse_value in src/common/options.cc, except that floats that
// are no number or not finite and hexadecimal ones are refused.
const (
	TypeStr       Type = iota
	TypeInt            // an SI suffix K, M, G, T, P or E may follow
	TypeUint           // likewise
	TypeFloat          //
	TypeBool           // true, false in any case, or an integer
	TypeSize           // bytes; K or Ki, KB, M, ... may follow
	TypeSecs           // 90, 5m, 1h 30m
	TypeMillisecs      // an integer
	TypeAddr           // one address
	TypeAddrVec        // one address or a bracketed list
	TypeUUID
)

// String returns Ceph's word for the type.
func (t Type) String() string {
	words := [...]string{"str", "int", "uint", "float", "bool", "size", "secs", "millisecs", "addr", "addrvec", "uuid"}
	if t < 0 || int(t) >= len(words) {
		return fmt.Sprintf("type(%d)", int(t))
	}
	return words[t]
}

// normalize checks raw and returns it in the form that Ceph prints. Errors wrap ErrInvalidValue, and quote raw unless
// the option is secret.
func (o *Option) normalize(raw string) (string, error) {
	s, err := o.Type.normalize(raw)
	if err == nil && o.check != nil {
		s, err = o.check(s)
	}
	if err == nil {
		return s, nil
	}
	if o.Secret {
		return "", fmt.Errorf("%w: %w", ErrInvalidValue, err)
	}
	return "", fmt.Errorf("%w %q: %w", ErrInvalidValue, raw, err)
}

func (t Type) normalize(raw string) (string, error) {
	switch t {
	case TypeInt:
		v, err := parseInt(raw)
		return strconv.FormatInt(v, 10), err
	case TypeUint:
		v, err := parseUint(raw)
		return strconv.FormatUint(v, 10), err
	case TypeFloat:
		v, err := parseFloat(raw)
		return strconv.FormatFloat(v, 'f', 6, 64), err
	case TypeBool:
		v, err := parseBool(raw)
		return strconv.FormatBool(v), err
	case TypeSize:
		v, err := parseSize(raw)
		return strconv.FormatUint(v, 10), err
	case TypeSecs:
		v, err := parseSecs(raw)
		return strconv.FormatInt(v, 10), err
	case TypeMillisecs:
		v, err := parseDigits(raw)
		if err == nil && v < 0 {
			err = errNegative
		}
		return strconv.FormatInt(v, 10), err
	case TypeAddr:
		a, err := denc.ParseEntityAddr(raw, denc.AddrMsgr2)
		return a.String(), unprefix(err)
	case TypeAddrVec:
		v, err := denc.ParseEntityAddrVec(raw, denc.AddrMsgr2)
		return v.String(), unprefix(err)
	case TypeUUID:
		v, err := parseUUID(raw)
		return v.String(), err
	}
	return raw, nil
}

var (
	errNotInt   = errors.New("not an integer")
	errNegative = errors.New("negative")
	errRange    = errors.New("out of range")
)

// parseDigits parses an optionally signed decimal number and nothing else.
func parseDigits(s string) (int64, error) {
	v, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errRange
	}
	if err != nil {
		return 0, errNotInt
	}
	return v, nil
}

// parseInt parses a number with an optional SI suffix (strict_si_cast in src/common/strtol.cc).
func parseInt(s string) (int64, error) {
	factor := int64(1)
	if s != "" {
		if i := strings.IndexByte("KMGTPE", s[len(s)-1]); i >= 0 {
			s = s[:len(s)-1]
			for range i + 1 {
				factor *= 1000
			}
		}
	}
	v, err := parseDigits(s)
	if err != nil {
		return 0, err
	}
	if v > math.MaxInt64/factor || v < math.MinInt64/factor {
		return 0, errRange
	}
	return v * factor, nil
}

func parseUint(s string) (uint64, error) {
	v, err := parseInt(s)
	if err == nil && v < 0 {
		return 0, errNegative
	}
	return uint64(v), err
}

// parseSize parses a number with an optional suffix, a power of 1024 (strict_iec_cast in src/common/strtol.cc):
// B, K, KB, Ki, KiB and so on.
func parseSize(s string) (uint64, error) {
	end := 0
	for end < len(s) && strings.IndexByte("0123456789+-", s[end]) >= 0 {
		end++
	}
	num, unit := s[:end], s[end:]
	shift := 0
	if len(unit) > 1 && unit[len(unit)-1] == 'B' {
		unit = unit[:len(unit)-1]
	}
	switch {
	case unit == "" || unit == "B":
	case len(unit) == 1 || len(unit) == 2 && unit[1] == 'i':
		i := strings.IndexByte("KMGTPE", unit[0])
		if i < 0 {
			return 0, fmt.Errorf("unknown unit %q", unit)
		}
		shift = 10 * (i + 1)
	default:
		return 0, fmt.Errorf("unknown unit %q", unit)
	}
	v, err := parseDigits(num)
	switch {
	case err != nil:
		return 0, err
	case v < 0:
		return 0, errNegative
	case uint64(v) > math.MaxUint64>>shift:
		return 0, errRange
	}
	return uint64(v) << shift, nil
}

func parseFloat(s string) (float64, error) {
	s = strings.TrimLeftFunc(s, isSpace)
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, errors.New("not a number")
	}
	v, err := strconv.ParseFloat(s, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errRange
	}
	if err != nil {
		return 0, errors.New("not a number")
	}
	return v, nil
}

func parseBool(s string) (bool, error) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	}
	v, err := parseDigits(strings.TrimLeftFunc(s, isSpace))
	if err != nil || v > math.MaxInt32 || v < math.MinInt32 {
		return false, errors.New("neither true, false nor an integer")
	}
	return v != 0, nil
}

// timeUnits are the units of a time span (parse_timespan in src/common/ceph_time.cc).
var timeUnits = map[string]int64{
	"s": 1, "sec": 1, "second": 1, "seconds": 1,
	"m": 60, "min": 60, "minute": 60, "minutes": 60,
	"h": 3600, "hr": 3600, "hour": 3600, "hours": 3600,
	"d": 86400, "day": 86400, "days": 86400,
	"w": 604800, "wk": 604800, "week": 604800, "weeks": 604800,
	"mo": 2592000, "month": 2592000, "months": 2592000,
	"y": 31536000, "yr": 31536000, "year": 31536000, "years": 31536000,
}

// parseSecs sums numbers, each with a unit; the last one may be a bare number of seconds. No number at all is 0.
func parseSecs(s string) (int64, error) {
	word := func(in func(byte) bool) string {
		s = strings.TrimLeftFunc(s, isSpace)
		end := 0
		for end < len(s) && in(s[end]) {
			end++
		}
		w := s[:end]
		s = strings.TrimLeftFunc(s[end:], isSpace)
		return w
	}
	var sum int64
	for s = strings.TrimLeftFunc(s, isSpace); s != ""; {
		num := word(func(c byte) bool { return c >= '0' && c <= '9' })
		if num == "" {
			return 0, errors.New("want a number of seconds, or numbers with a unit such as 1h 30m")
		}
		v, err := parseDigits(num)
		if err != nil {
			return 0, err
		}
		factor := int64(1)
		switch unit := word(func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }); {
		case unit != "":
			var ok bool
			if factor, ok = timeUnits[unit]; !ok {
				return 0, fmt.Errorf("unknown unit of time %q", unit)
			}
		case s != "":
			return 0, fmt.Errorf("no unit of time after %s", num)
		}
		if v > (math.MaxInt64-sum)/factor {
			return 0, errRange
		}
		sum += v * factor
	}
	return sum, nil
}

// parseUUID accepts the usual form and 32 hexadecimal digits, either one in braces, and no other.
func parseUUID(s string) (uuid.UUID, error) {
	bare := s
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		bare = s[1 : len(s)-1]
	}
	u, err := uuid.Parse(bare)
	if err != nil || len(bare) != 36 && len(bare) != 32 {
		return uuid.UUID{}, errors.New("not a UUID")
	}
	return u, nil
}

// unprefix drops the name of another package from the front of an error that gets wrapped in one of ours.
func unprefix(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "denc: "))
}

// checkDebug checks N or N/M, both 0 to 99, and returns N/M.
func checkDebug(s string) (string, error) {
	log, gather, both := strings.Cut(strings.TrimSpace(s), "/")
	if !both || gather == "" {
		gather = log
	}
	for _, n := range []string{log, gather} {
		if v, err := strconv.Atoi(n); err != nil || v < 0 || v > 99 {
			return "", errors.New("want N or N/M, both from 0 to 99")
		}
	}
	return strings.TrimLeft(log, "+") + "/" + strings.TrimLeft(gather, "+"), nil
}

// checkNotNegative checks the normal form of a number.
func checkNotNegative(s string) (string, error) {
	if strings.HasPrefix(s, "-") && strings.Trim(s, "-0.") != "" {
		return "", errNegative
	}
	return s, nil
}

// checkPositive checks the normal form of a number.
func checkPositive(s string) (string, error) {
	if strings.Trim(s, "-0.") == "" {
		return "", errors.New("must be more than 0")
	}
	return checkNotNegative(s)
}

// checkResend knows the policies by their names.
func checkResend(s string) (string, error) {
	switch s {
	case "always", "never", "read-only":
		return s, nil
	}
	return "", errors.New("want always, never or read-only")
}

func checkEntityName(s string) (string, error) {
	if _, err := denc.ParseEntityName(s); err != nil {
		return "", unprefix(err)
	}
	return s, nil
}

// duration reads a normalised value of type t as a time. Numbers count seconds. Times that time.Duration cannot hold
// become the longest or shortest that it can.
func (t Type) duration(s string) (time.Duration, error) {
	switch t {
	case TypeFloat:
		v, err := parseFloat(s)
		if err != nil {
			return 0, err
		}
		if ns := v * float64(time.Second); ns < math.MaxInt64 && ns > math.MinInt64 {
			return time.Duration(math.Round(ns)), nil
		}
		if v < 0 {
			return math.MinInt64, nil
		}
		return math.MaxInt64, nil
	case TypeInt, TypeUint, TypeSecs, TypeMillisecs:
		unit := time.Second
		if t == TypeMillisecs {
			unit = time.Millisecond
		}
		v, err := parseDigits(s)
		switch {
		case err != nil:
			return 0, err
		case v > math.MaxInt64/int64(unit):
			return math.MaxInt64, nil
		case v < math.MinInt64/int64(unit):
			return math.MinInt64, nil
		}
		return time.Duration(v) * unit, nil
	case TypeStr: // an option outside the schema
		v, err := parseSecs(s)
		if err != nil {
			return 0, err
		}
		return TypeSecs.duration(strconv.FormatInt(v, 10))
	}
	return 0, fmt.Errorf("a value of type %s is no time", t)
}

// isSpace is isspace of the C locale.
func isSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }
