package cephmap

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is asked for alone is what the whole has.
func TestOSDMapPartsAsJSON(t *testing.T) {
	for name, wire := range golden(t, "*/osd/osdmap-e*.bin") {
		t.Run(name, func(t *testing.T) {
			m := mustDecodeOSDMap(t, wire)
			text, err := m.MarshalJSON()
			require.NoError(t, err)
			var whole struct {
				Pools []json.RawMessage `json:"pools"`
				OSDs  []json.RawMessage `json:"osds"`
			}
			require.NoError(t, json.Unmarshal(text, &whole))
			require.NotEmpty(t, whole.OSDs)
			require.Len(t, whole.Pools, len(m.Pools))
			for i, p := range m.Pools {
				got, err := m.PoolJSON(p.Key)
				require.NoError(t, err)
				require.Equal(t, string(whole.Pools[i]), string(got))
			}
			var osds []json.RawMessage
			for id := range int32(len(m.OSDs)) + 1 {
				got, err := m.OSDJSON(id)
				require.NoError(t, err)
				if m.OSD(id) == nil {
					require.Nil(t, got)
					continue
				}
				osds = append(osds, got)
			}
			require.Equal(t, whole.OSDs, osds)
			list, err := m.OSDsJSON()
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(list, &osds))
			require.Equal(t, whole.OSDs, osds)
		})
	}
}

func TestOSDMapPartsThatAreNotThere(t *testing.T) {
	m := &OSDMap{OSDs: []*OSD{nil, {State: OSDUp}}}
	for _, id := range []int32{-1, 0, 1, 2} {
		got, err := m.OSDJSON(id)
		require.NoError(t, err)
		require.Nil(t, got)
		require.InDelta(t, 1, m.Affinity(id), 0)
	}
	got, err := m.PoolJSON(-1)
	require.NoError(t, err)
	require.Nil(t, got)
	got, err = m.OSDsJSON()
	require.NoError(t, err)
	require.Equal(t, "[]", string(got))
}

func TestOSDMapWords(t *testing.T) {
	for flags, want := range map[OSDMapFlags][]string{
		0:                          {},
		OSDMapNearFull:             {}, // which has no name
		OSDMapNoOut | OSDMapNoUp:   {"noup", "noout"},
		OSDMapFull | OSDMapNoScrub: {"noscrub"},
	} {
		require.Equal(t, want, flags.Names())
	}
	require.Equal(t, []string{"exists", "up", "noout"}, (OSDExists | OSDUp | OSDNoOut).Names())
	require.Empty(t, OSDState(1<<31).Names())
	m := &OSDMap{OSDs: []*OSD{{State: OSDExists, Weight: OSDWeightIn / 4}, {State: OSDExists}}, PrimaryAffinity: []uint32{OSDWeightIn / 2, 0}}
	require.InDelta(t, 0.25, m.OSD(0).WeightFraction(), 0)
	require.InDelta(t, 0.5, m.Affinity(0), 0)
	require.Zero(t, m.Affinity(1))
}
