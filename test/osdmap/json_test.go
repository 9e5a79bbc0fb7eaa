package osdmap

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// readBalance is the one thing in osd dump that a map's JSON has not: how evenly CRUSH spreads the primaries of a pool.
var readBalance = regexp.MustCompile(`,"read_balance":\{[^{}]*\}`)

// dump returns what the cluster's own osd dump says of an epoch.
func (c *cluster) dump(t *testing.T, epoch uint32) []byte {
	t.Helper()
	if c.dumps == nil {
		c.dumps = make(map[uint32][]byte)
	}
	if c.dumps[epoch] == nil {
		text := c.ask(t, "osd dump", map[string]any{"epoch": epoch, "format": "json"})
		c.dumps[epoch] = bytes.TrimSpace(text)
	}
	return c.dumps[epoch]
}

// The members of the blocklist are printed in no order (OSDMap::blocklist in src/osd/OSDMap.h is a hash table).
var (
	blocklist   = regexp.MustCompile(`"blocklist":\{[^{}]*\}`)
	blocklisted = regexp.MustCompile(`"[^"]*":"[^"]*"`)
)

func withSortedBlocklist(text []byte) []byte {
	return blocklist.ReplaceAllFunc(text, func(list []byte) []byte {
		entries := blocklisted.FindAll(bytes.TrimPrefix(list, []byte(`"blocklist":`)), -1)
		slices.SortFunc(entries, bytes.Compare)
		return slices.Concat([]byte(`"blocklist":{`), bytes.Join(entries, []byte(",")), []byte("}"))
	})
}

// requireDumped compares the map's JSON to the last digit and in the order of all members with what the cluster prints.
func (c *cluster) requireDumped(t *testing.T, m *cephmap.OSDMap) {
	t.Helper()
	got, err := m.MarshalJSON()
	require.NoError(t, err)
	want := withSortedBlocklist(readBalance.ReplaceAll(c.dump(t, m.Epoch), nil))
	got = withSortedBlocklist(got)
	if !bytes.Equal(want, got) {
		require.Equal(t, indented(t, want), indented(t, got), "epoch %d", m.Epoch)
		require.Equal(t, string(want), string(got), "epoch %d", m.Epoch)
	}
}

func indented(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, text, "", " "))
	return b.String()
}

// crushDump is what osd crush dump says of names.
type crushDump struct {
	Devices []struct {
		ID    int32  `json:"id"`
		Name  string `json:"name"`
		Class string `json:"class"`
	} `json:"devices"`
	Types []struct {
		ID   int32  `json:"type_id"`
		Name string `json:"name"`
	} `json:"types"`
	Buckets []struct {
		ID   int32  `json:"id"`
		Name string `json:"name"`
	} `json:"buckets"`
	Rules []struct {
		ID   int32  `json:"rule_id"`
		Name string `json:"rule_name"`
	} `json:"rules"`
}

// requireCRUSHNames compares the names in the newest CRUSH map with those that the cluster prints.
func (c *cluster) requireCRUSHNames(t *testing.T) {
	t.Helper()
	m, err := cephmap.DecodeOSDMap(c.ask(t, "osd getmap", nil))
	require.NoError(t, err)
	var dump crushDump
	require.NoError(t, json.Unmarshal(c.ask(t, "osd crush dump", map[string]any{"format": "json"}), &dump))
	names, err := m.CRUSHNames()
	require.NoError(t, err)

	for _, d := range dump.Devices {
		name, ok := names.Items.Get(d.ID)
		require.True(t, ok, d.Name)
		require.Equal(t, d.Name, name)
		class, _ := names.ItemClass(d.ID)
		require.Equal(t, d.Class, class, d.Name)
	}
	for _, b := range dump.Buckets {
		id, ok := names.Items.ID(b.Name)
		require.True(t, ok, b.Name)
		require.Equal(t, b.ID, id)
	}
	require.Len(t, names.Items, len(dump.Devices)+len(dump.Buckets))
	require.Len(t, names.Types, len(dump.Types))
	for i, want := range dump.Types {
		require.Equal(t, cephmap.Entry[int32, string]{Key: want.ID, Value: want.Name}, names.Types[i])
	}
	require.Len(t, names.Rules, len(dump.Rules))
	for i, want := range dump.Rules {
		require.Equal(t, cephmap.Entry[int32, string]{Key: want.ID, Value: want.Name}, names.Rules[i])
	}
	var classes []string
	require.NoError(t, json.Unmarshal(c.ask(t, "osd crush class ls", map[string]any{"format": "json"}), &classes))
	require.Len(t, names.Classes, len(classes))
	for _, want := range classes {
		_, ok := names.Classes.ID(want)
		require.True(t, ok, want)
	}
}
