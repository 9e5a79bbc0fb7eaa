package cephmap_test

import (
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
