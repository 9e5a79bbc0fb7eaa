package monmsg

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// capture is a message as a real peer sent it, from testdata/RELEASE/NN-NAME.hex:
//
//	# type: 20
//	# version: 2
//	# compat: 2
//	# origin: which program of which version sent it, and how it was caught
//	front:
//	(lines of hex)
//	data:
//	(lines of hex)
//
// A segment that is not there is empty.
type capture struct {
	typ, version, compat uint16
	origin               string
	front, middle, data  []byte
}

func parseCapture(text string) (c capture, err error) {
	segments := map[string]*[]byte{"front:": &c.front, "middle:": &c.middle, "data:": &c.data}
	numbers := map[string]*uint16{"type": &c.typ, "version": &c.version, "compat": &c.compat}
	var into *[]byte
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if header, ok := strings.CutPrefix(line, "#"); ok {
			key, value, _ := strings.Cut(strings.TrimSpace(header), ":")
			value = strings.TrimSpace(value)
			if key == "origin" {
				c.origin = value
			} else if p := numbers[key]; p != nil {
				n, err := strconv.ParseUint(value, 0, 16)
				if err != nil {
					return c, fmt.Errorf("line %d: %w", i+1, err)
				}
				*p = uint16(n)
			}
			continue
		}
		if p, ok := segments[line]; ok {
			into = p
			continue
		}
		b, err := hex.DecodeString(line)
		if err != nil || (len(b) > 0 && into == nil) {
			return c, fmt.Errorf("line %d is neither a header nor hex of a segment", i+1)
		}
		if len(b) > 0 {
			*into = append(*into, b...)
		}
	}
	if c.typ == 0 || c.version == 0 || c.origin == "" {
		return c, fmt.Errorf("type, version or origin is missing")
	}
	return c, nil
}

// captures returns the captured messages by file name.
func captures(t testing.TB) map[string]capture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.hex"))
	require.NoError(t, err)
	all := make(map[string]capture)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		c, err := parseCapture(string(text))
		require.NoError(t, err, f)
		all[filepath.ToSlash(f)] = c
	}
	require.NotEmpty(t, all)
	return all
}

func TestCapturedMessagesDecodeAndEncodeToTheSameBytes(t *testing.T) {
	for name, c := range captures(t) {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, name, "-"+TypeName(c.typ)+".hex", "the file's name tells its type")
			m, err := Decode(c.typ, c.version, c.compat, c.front, c.middle, c.data)
			require.NoError(t, err)
			version, compat := m.MsgVersion()
			require.Equal(t, c.version, version)
			require.Equal(t, c.compat, compat)
			require.Equal(t, c.front, m.AppendFront(nil, denc.FeaturesAll))
			require.Empty(t, c.middle)
			if d, ok := m.(DataMessage); ok {
				require.Equal(t, c.data, d.Data())
			} else {
				require.Empty(t, c.data)
			}
			for n := range c.front {
				if _, err := Decode(c.typ, c.version, c.compat, c.front[:n], nil, nil); err == nil && n > 0 {
					require.Equal(t, TypeLogAck, c.typ, "prefix of %d bytes", n)
				}
			}
		})
	}
}

func TestEveryTypeWasCapturedFromEveryRelease(t *testing.T) {
	seen := make(map[string]map[uint16]bool)
	for name, c := range captures(t) {
		release := strings.Split(name, "/")[1]
		if seen[release] == nil {
			seen[release] = make(map[uint16]bool)
		}
		seen[release][c.typ] = true
	}
	for _, release := range []string{"pacific", "reef", "tentacle"} {
		for typ := range kinds {
			require.True(t, seen[release][typ], "%s from %s", TypeName(typ), release)
		}
	}
}

func TestParseCaptureRefusesWhatItDoesNotUnderstand(t *testing.T) {
	const head = "# type: 2\n# version: 1\n# origin: here\n"
	for _, text := range []string{"", "# type: 2\n# version: 1\n", head + "ff\n", head + "front:\nzz\n", "# type: x\n"} {
		_, err := parseCapture(text)
		require.Error(t, err, "%q", text)
	}
	c, err := parseCapture(head + "front:\nff\n00\ndata:\n01\n")
	require.NoError(t, err)
	require.Equal(t, capture{typ: 2, version: 1, origin: "here", front: []byte{0xff, 0}, data: []byte{1}}, c)
}
