package cephmap_test

import (
	"encoding/json"
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

func Example() {
	addrs, err := denc.ParseEntityAddrVec("10.0.0.1", denc.AddrAny)
	if err != nil {
		fmt.Println(err)
		return
	}
	bootstrap, err := cephmap.NewBootstrapMonMap(addrs)
	if err != nil {
		fmt.Println(err)
		return
	}

	m, err := cephmap.DecodeMonMap(bootstrap.AppendTo(nil)) // as it would come from a monitor
	if err != nil {
		fmt.Println(err)
		return
	}
	for rank, mon := range m.Mons {
		fmt.Println(rank, mon.Name, mon.Addrs)
	}
	// Output:
	// 0 noname-a-legacy v1:10.0.0.1:6789/0
	// 1 noname-a v2:10.0.0.1:3300/0
}

// What changed from one epoch to the next, in words and for programs.
func ExampleDiffOSDMaps() {
	up := &cephmap.OSD{State: cephmap.OSDExists | cephmap.OSDUp, Weight: cephmap.OSDWeightIn}
	before := &cephmap.OSDMap{Epoch: 7, OSDs: []*cephmap.OSD{up, up}}
	after := &cephmap.OSDMap{Epoch: 8, OSDs: []*cephmap.OSD{up, {State: cephmap.OSDExists, Weight: cephmap.OSDWeightIn}}}
	after.Flags = cephmap.OSDMapNoOut
	for _, c := range cephmap.DiffOSDMaps(before, after) {
		line, err := json.Marshal(c)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c, string(line))
	}
	// Output:
	// noout set {"kind":"flag_set","name":"noout"}
	// osd.1 down {"kind":"osd_down","osd":1}
}
