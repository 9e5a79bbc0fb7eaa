package cephmap

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// poolStatHex is a pool_stat_t with numbers from 1 on, as ceph-mon 18.2.7 frames it.
const poolStatHex = "0705b2010000" + "02023a010000" + "140e30010000" +
	"0100000000000000 0200000000000000 0300000000000000 0400000000000000 0500000000000000 0600000000000000 0700000000000000" +
	"0800000000000000 0900000000000000 0a00000000000000 0b00000000000000 0c00000000000000 0d00000000000000 0e00000000000000" +
	"0f00000000000000 1000000000000000 1100000000000000 1200000000000000 1300000000000000 1400000000000000 1500000000000000" +
	"1600000000000000 1700000000000000 1800000000000000 1900000000000000 1a00000000000000 1b00000000000000 1c00000000000000" +
	"1d000000 1e000000 1f000000 20000000" +
	"2100000000000000 2200000000000000 2300000000000000 2400000000000000 2500000000000000 2600000000000000 2700000000000000 2800000000000000" +
	"00000000" + "2900000000000000 2a00000000000000 2b000000 2c000000" +
	"010150000000" + "2d00000000000000 2e00000000000000 2f00000000000000 3000000000000000 3100000000000000 3200000000000000" +
	"3300000000000000 3400000000000000 3500000000000000 3600000000000000" + "37000000"

func TestPoolStat(t *testing.T) {
	wire := unhex(t, poolStatHex)
	p, err := DecodePoolStat(wire)
	require.NoError(t, err)
	require.Equal(t, wire, p.AppendTo(nil))
	n := int64(0)
	for _, f := range p.Sum.fields() {
		n++
		if f.wide != nil {
			require.Equal(t, n, *f.wide, f.name)
		} else {
			require.Equal(t, int32(n), *f.narrow, f.name)
		}
	}
	require.EqualValues(t, 40, n)
	require.Equal(t, StoreStatfs{45, 46, 47, 48, 49, 50, 51, 52, 53, 54}, p.Store)
	p.Sum, p.Store = ObjectStatSum{}, StoreStatfs{}
	require.Equal(t, PoolStat{LogSize: 41, OndiskLogSize: 42, Up: 43, Acting: 44, NumStores: 55}, p)
	requireEveryPrefixFails(t, wire, func(b []byte) error { _, err := DecodePoolStat(b); return err })
	_, err = DecodePoolStat(append(wire, 0))
	require.ErrorIs(t, err, denc.ErrTrailing)
}

func TestPoolStatOfOtherVersions(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   int
		to   byte
		is   error
	}{
		{"too old", 0, 6, denc.ErrMalformed},
		{"a decoder of a later version is wanted", 1, 8, denc.ErrCompat},
		{"sum too old", 12, 19, denc.ErrMalformed},
		{"newer ones are read", 0, 9, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire := unhex(t, poolStatHex)
			wire[tt.at] = tt.to
			_, err := DecodePoolStat(wire)
			require.ErrorIs(t, err, tt.is)
		})
	}
}

func TestPoolStatUsed(t *testing.T) {
	require.EqualValues(t, 30, (&PoolStat{Store: StoreStatfs{Allocated: 10, OmapAllocated: 20}}).Used())
}

func TestPoolStatJSONHasCephsNames(t *testing.T) {
	p, err := DecodePoolStat(unhex(t, poolStatHex))
	require.NoError(t, err)
	b, err := json.Marshal(p)
	require.NoError(t, err)
	var v struct {
		Sum   map[string]int64 `json:"stat_sum"`
		Store map[string]int64 `json:"store_stats"`
	}
	require.NoError(t, json.Unmarshal(b, &v))
	require.Len(t, v.Sum, 40)
	require.Len(t, v.Store, 10)
	require.EqualValues(t, 8, v.Sum["num_read"])
	require.EqualValues(t, 48, v.Store["allocated"])
}

func FuzzPoolStat(f *testing.F) {
	f.Add(unhex(f, poolStatHex))
	f.Add((&PoolStat{}).AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodePoolStat(b)
		if err != nil {
			return
		}
		again, err := DecodePoolStat(p.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}
