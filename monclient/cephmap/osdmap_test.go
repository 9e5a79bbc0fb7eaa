package cephmap

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestOSDMapHeaderAgreesWithOSDDump(t *testing.T) {
	for name, wire := range golden(t, "*/osdmap-e*.bin") {
		t.Run(name, func(t *testing.T) {
			text, ok := companion(t, name, ".json")
			require.True(t, ok)
			var want struct {
				Epoch                   uint32
				FSID, Created, Modified string
			}
			require.NoError(t, json.Unmarshal([]byte(text), &want))
			h, err := DecodeOSDMapHeader(wire)
			require.NoError(t, err)
			require.Equal(t, want.Epoch, h.Epoch)
			require.Equal(t, want.FSID, h.FSID.String())
			require.Equal(t, want.Created, h.Created.String())
			require.Equal(t, want.Modified, h.Modified.String())

			require.NoError(t, VerifyOSDMap(wire))
			requireEveryPrefixFails(t, wire, VerifyOSDMap)
			_, err = DecodeOSDMapHeader(append(slices.Clone(wire), 0))
			require.ErrorIs(t, err, denc.ErrTrailing)
		})
	}
}

func TestOSDMapIncrementalHeader(t *testing.T) {
	for name, wire := range golden(t, "*/osdmap-inc-e*.bin") {
		t.Run(name, func(t *testing.T) {
			h, err := DecodeOSDMapIncrementalHeader(wire)
			require.NoError(t, err)
			require.Equal(t, testFSID, h.FSID)
			require.Contains(t, name, "-e"+strconv.Itoa(int(h.Epoch))+".bin")
			require.Equal(t, 2026, h.Modified.Time().Year())
			require.NoError(t, VerifyOSDMapIncremental(wire))
			requireEveryPrefixFails(t, wire, VerifyOSDMapIncremental)
		})
	}
}

func TestEveryChangedByteOfAnOSDMapIsFound(t *testing.T) {
	full := readFile(t, "testdata/tentacle/osdmap-e1.bin")
	inc := readFile(t, "testdata/tentacle/osdmap-inc-e2.bin")
	for wire, verify := range map[*[]byte]func([]byte) error{&full: VerifyOSDMap, &inc: VerifyOSDMapIncremental} {
		checksums := 0
		for i := range *wire {
			b := slices.Clone(*wire)
			b[i] ^= 0x10
			err := verify(b)
			if i == 0 {
				continue // a version above 8 is another map
			}
			require.Error(t, err, "byte %d", i)
			if errors.Is(err, ErrChecksum) {
				checksums++
			}
		}
		require.Greater(t, checksums, len(*wire)-30)
	}
}

func TestOSDMapOfANewerMonitor(t *testing.T) {
	wire := readFile(t, "testdata/tentacle/osdmap-e1.bin")
	// What a newer wrapper appends after the checksum counts into it.
	newer := append(slices.Clone(wire), 1, 2, 3)
	newer[0] = 9
	newer[2] += 3
	h, err := DecodeOSDMapHeader(newer)
	require.NoError(t, err)
	require.EqualValues(t, 1, h.Epoch)
	require.ErrorIs(t, VerifyOSDMap(newer), ErrChecksum)

	same := slices.Clone(newer)
	same[0] = 8
	_, err = DecodeOSDMapHeader(same)
	require.ErrorIs(t, err, denc.ErrMalformed)
	require.ErrorContains(t, err, "3 bytes after")
}

func TestOSDMapOfVersion7HasNoChecksum(t *testing.T) {
	wire := readFile(t, "testdata/pacific/osdmap-e1.bin")
	old := slices.Clone(wire[:len(wire)-4])
	old[0] = 7
	old[2] -= 4
	require.NoError(t, VerifyOSDMap(old))
	old[0] = 6
	old[1] = 6
	require.ErrorContains(t, VerifyOSDMap(old), "struct_v")
	require.Error(t, VerifyOSDMapIncremental(old))
}
