package cephmap

import (
	"encoding/json"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// printable is a map that ceph prints as JSON.
type printable interface {
	json.Marshaler
	AppendTo(b []byte) []byte
}

func decodeMgrMap(b []byte) (printable, error)     { return DecodeMgrMap(b) }
func decodeServiceMap(b []byte) (printable, error) { return DecodeServiceMap(b) }
func decodeFSMap(b []byte) (printable, error)      { return DecodeFSMap(b) }

// What monitors of every release sent encodes to the same bytes, and is printed as the release's ceph prints it.
func TestMapsOfEveryReleaseAreWhatCephPrints(t *testing.T) {
	for kind, decode := range map[string]func([]byte) (printable, error){
		"mgrmap": decodeMgrMap, "servicemap": decodeServiceMap, "fsmap": decodeFSMap,
	} {
		all := golden(t, "*/"+kind+"*.bin")
		maps.Copy(all, golden(t, "*/live/"+kind+".bin"))
		printed := 0
		for name, wire := range all {
			t.Run(name, func(t *testing.T) {
				m, err := decode(wire)
				require.NoError(t, err)
				require.Equal(t, wire, m.AppendTo(nil))
				got, err := m.MarshalJSON()
				require.NoError(t, err)
				require.True(t, json.Valid(got))
				if want, ok := companion(t, name, ".json"); ok {
					printed++
					require.Equal(t, strings.TrimSpace(want), string(got))
				}
				// Every one of the prefixes takes its time, and the long maps repeat themselves.
				if len(wire) < 10_000 {
					requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := decode(b); return err })
				}
				_, err = decode(append(slices.Clone(wire), 0))
				require.ErrorIs(t, err, denc.ErrTrailing)
			})
		}
		require.GreaterOrEqual(t, printed, 3, kind)
	}
}

// Bytes from elsewhere allocate in proportion to their number, whatever they say.
func TestAbsurdCountsOfMapsAllocateNoMoreThanArrived(t *testing.T) {
	for name, decode := range map[string]func([]byte) (printable, error){
		"tentacle/fsmap-dump.bin": decodeFSMap, "tentacle/servicemap-dump.bin": decodeServiceMap, "tentacle/mgrmap-down.bin": decodeMgrMap,
	} {
		wire := readFile(t, "testdata/"+name)
		var before, after runtime.MemStats
		for off := 0; off < len(wire)-3; off += 3 {
			b := slices.Clone(wire)
			copy(b[off:], "\xff\xff\xff\xff")
			runtime.ReadMemStats(&before)
			_, _ = decode(b)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64*len(b)+8192), "%s at %d", name, off)
		}
	}
}

func TestJSONOfEmptyMaps(t *testing.T) {
	for _, m := range []printable{new(MgrMap), new(ServiceMap), new(FSMap), new(MDSMap)} {
		got, err := m.MarshalJSON()
		require.NoError(t, err)
		require.True(t, json.Valid(got), string(got))
		require.Contains(t, string(got), `"epoch":0,`)
	}
}

func TestJSONWriterKeepsOrderMarkupAndEmptyNames(t *testing.T) {
	w := new(jsonWriter)
	w.object("", func() {
		w.strMap("z", map[string]string{"": "<&>", "b": "\"", "a": "\x01"})
		w.list("a", func() { w.object("", func() {}); w.int("", -1) })
		w.bool("a", true)
	})
	got, err := w.bytes("test")
	require.NoError(t, err)
	want := `{"z":{"":"<&>","a":"\u0001","b":"\""},"a":[{},-1],"a":true}`
	require.Equal(t, want, string(got))
}
