package monclient

import (
	"encoding/json"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// OSDMapUpdate is an epoch of the OSDMap: the whole map, or what has changed, which WatchEvent.Full tells apart and
// WatchEvent.Raw has.
type OSDMapUpdate struct {
	Epoch    uint32
	Modified denc.UTime // when this epoch began
}

// MarshalJSON writes {"epoch": EPOCH, "modified": TIME}, the time as Ceph prints it.
func (u OSDMapUpdate) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Epoch    uint32 `json:"epoch"`
		Modified string `json:"modified"`
	}{u.Epoch, u.Modified.String()})
}

// WatchOSDMap follows the map of the OSDs, epoch by epoch: with Start 0 the newest whole map and what changes from there on,
// otherwise what has changed from Start on, or the oldest whole map that the monitors have kept and what has changed since.
// A whole map may also come in between, when somebody else who uses this client wants one. The last epoch that there is has
// the mark Synced; those before it come in batches of 40.
func (c *Client) WatchOSDMap(o WatchOptions) (*Watch[OSDMapUpdate], error) {
	return watch(c, "osdmap", o, valueReader(readOSDMap))
}

// readOSDMap reads what identifies an epoch.
func readOSDMap(m MapEvent) (OSDMapUpdate, error) {
	if m.Full {
		h, err := cephmap.DecodeOSDMapHeader(m.Data)
		return OSDMapUpdate{h.Epoch, h.Modified}, err
	}
	h, err := cephmap.DecodeOSDMapIncrementalHeader(m.Data)
	return OSDMapUpdate{h.Epoch, h.Modified}, err
}
