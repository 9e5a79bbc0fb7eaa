package cephmap

import (
	"cmp"
	"fmt"
)

// IDNames are names by id, in ascending order of the ids.
type IDNames []Entry[int32, string]

// Get returns the name of an id, and whether it has one.
func (n IDNames) Get(id int32) (string, bool) { return lookup(n, id, cmp.Compare[int32]) }

// ID returns the id with that name, and whether there is one.
func (n IDNames) ID(name string) (int32, bool) {
	for i := range n {
		if n[i].Value == name {
			return n[i].Key, true
		}
	}
	return 0, false
}

// CRUSHNames are the names in a CRUSH map (CrushWrapper in src/crush/CrushWrapper.h).
type CRUSHNames struct {
	// Types are those of buckets, such as host; 0 is that of devices.
	Types IDNames
	// Items are devices, whose ids are those of the OSDs, and buckets, whose ids are negative. A bucket whose name has a
	// ~ is what another has of one device class: default~ssd.
	Items IDNames
	Rules IDNames
	// Classes are the device classes, such as ssd.
	Classes IDNames
	// ItemClasses are the classes of items by their ids, in ascending order.
	ItemClasses []Entry[int32, int32]
}

// ItemClass returns the name of an item's device class, and whether it is of one.
func (n *CRUSHNames) ItemClass(id int32) (string, bool) {
	class, ok := lookup(n.ItemClasses, id, cmp.Compare[int32])
	if !ok {
		return "", false
	}
	return n.Classes.Get(class)
}

// CRUSHNames reads the names out of the map's CRUSH map, of the form that Luminous and later write. Its error wraps one
// of denc's and names the field.
func (m *OSDMap) CRUSHNames() (CRUSHNames, error) {
	o, err := outlineCRUSH(m.CRUSH)
	if err != nil {
		return CRUSHNames{}, fmt.Errorf("cephmap: crush: %w", err)
	}
	return o.names, nil
}
