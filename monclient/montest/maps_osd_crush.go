package montest

import (
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// crushBucket is a root or a host (crush_bucket in src/crush/crush.h), of the weight of its items.
type crushBucket struct {
	ID      int32
	Type    uint16
	Name    string
	Items   []int32
	Weights []uint32
}

// Types of what is in the CRUSH map (OSDMap::_build_crush_types in src/osd/OSDMap.cc).
const (
	crushTypeOSD  = 0
	crushTypeHost = 1
	crushTypeRoot = 11
)

var crushTypes = [...]string{
	"osd", "host", "chassis", "rack", "row", "pdu", "pod", "room", "datacenter", "zone", "region", "root",
}

// crushClass is the device class of all OSDs; it is number 0.
const crushClass = "hdd"

func (b *crushBucket) weight() (sum uint32) {
	for _, w := range b.Weights {
		sum += w
	}
	return sum
}

// crushTree returns the root and the hosts that OSDs are in, in the order of their first OSDs. They have the odd ids;
// the even ones are for their shadows, which stand for what they hold of a class.
func (m *osdMap) crushTree() []crushBucket {
	tree := []crushBucket{{ID: -1, Type: crushTypeRoot, Name: "default"}}
	at := map[string]int{}
	for i := range m.OSDs {
		o := &m.OSDs[i]
		if o.Host == "" {
			continue
		}
		k, known := at[o.Host]
		if !known {
			k = len(tree)
			at[o.Host] = k
			tree = append(tree, crushBucket{ID: int32(-1 - 2*k), Type: crushTypeHost, Name: o.Host})
		}
		tree[k].Items = append(tree[k].Items, o.ID)
		tree[k].Weights = append(tree[k].Weights, o.HostWeight)
	}
	for i := 1; i < len(tree); i++ {
		tree[0].Items = append(tree[0].Items, tree[i].ID)
		tree[0].Weights = append(tree[0].Weights, tree[i].weight())
	}
	return tree
}

// crush returns the CRUSH map (CrushWrapper::encode in src/crush/CrushWrapper.cc) with a replicated rule, which takes
// any OSDs: the map of a new cluster with osd_crush_chooseleaf_type = 0. There are no shadows until there is an OSD.
func (m *osdMap) crush() []byte {
	tree := m.crushTree()
	shadows := len(tree) > 1
	slots := 8
	for slots < 2*len(tree) {
		slots *= 2
	}
	var devices int32
	for i := range m.OSDs {
		if m.OSDs[i].Host != "" {
			devices = m.OSDs[i].ID + 1
		}
	}

	b := denc.AppendUint32(nil, 0x00010000) // CRUSH_MAGIC
	b = denc.AppendInt32(b, int32(slots))
	b = denc.AppendUint32(b, 1) // rules
	b = denc.AppendInt32(b, devices)
	for i := range slots {
		switch k := i / 2; {
		case k < len(tree) && i%2 == 0:
			b = tree[k].appendTo(b, tree[k].ID, 0)
		case k < len(tree) && shadows:
			b = tree[k].appendTo(b, tree[k].ID-1, -1)
		default:
			b = denc.AppendUint32(b, 0) // no bucket
		}
	}
	b = appendCRUSHRule(b, m.Release)
	b = denc.AppendUint32(b, uint32(len(crushTypes)))
	for i, name := range crushTypes {
		b = denc.AppendString(denc.AppendInt32(b, int32(i)), name)
	}
	b = m.appendCRUSHNames(b, tree, shadows)
	b = denc.AppendUint32(b, 1) // names of rules
	b = denc.AppendString(denc.AppendInt32(b, 0), "replicated_rule")

	// Tunables, of the profile jewel.
	b = appendZeros(b, 2)             // choose_local_tries, choose_local_fallback_tries
	b = denc.AppendUint32(b, 50)      // choose_total_tries
	b = denc.AppendUint32(b, 1)       // chooseleaf_descend_once
	b = append(b, 1, 1)               // chooseleaf_vary_r, straw_calc_version
	b = denc.AppendUint32(b, 0x36)    // allowed_bucket_algs
	b = denc.AppendUint8(b, 1)        // chooseleaf_stable
	b = m.appendCRUSHClasses(b, tree) // class_map, class_name, class_bucket
	return appendZeros(b, 1)          // choose_args
}

// appendTo appends the bucket as id, or its shadow; the buckets in it become their shadows by adding shadow.
func (b *crushBucket) appendTo(to []byte, id, shadow int32) []byte {
	const straw2 = 5
	to = denc.AppendUint32(to, straw2)
	to = denc.AppendInt32(to, id)
	to = denc.AppendUint16(to, b.Type)
	to = append(to, straw2, 0) // rjenkins1
	to = denc.AppendUint32(to, b.weight())
	to = denc.AppendUint32(to, uint32(len(b.Items)))
	for _, item := range b.Items {
		if item < 0 {
			item += shadow
		}
		to = denc.AppendInt32(to, item)
	}
	for _, w := range b.Weights {
		to = denc.AppendUint32(to, w)
	}
	return to
}

// appendCRUSHRule appends the one rule (crush_rule in src/crush/crush.h).
func appendCRUSHRule(b []byte, release cephmap.Release) []byte {
	const (
		opTake         = 1
		opChooseFirstN = 2
		opEmit         = 4
	)
	maxSize := uint8(10)
	if release >= cephmap.ReleaseReef {
		maxSize = 100
	}
	b = denc.AppendUint32(b, 1)     // there is one
	b = denc.AppendUint32(b, 3)     // steps
	b = append(b, 0, 1, 1, maxSize) // ruleset, replicated, min_size, max_size
	for _, step := range [...][3]int32{{opTake, -1, 0}, {opChooseFirstN, 0, crushTypeOSD}, {opEmit, 0, 0}} {
		for _, v := range step {
			b = denc.AppendInt32(b, v)
		}
	}
	return b
}

// appendCRUSHNames appends the names of buckets and devices, by id.
func (m *osdMap) appendCRUSHNames(b []byte, tree []crushBucket, shadows bool) []byte {
	countAt := len(b)
	b = denc.AppendUint32(b, 0)
	var n uint32
	add := func(id int32, name string) {
		b = denc.AppendString(denc.AppendInt32(b, id), name)
		n++
	}
	for i := len(tree) - 1; i >= 0; i-- {
		if shadows {
			add(tree[i].ID-1, tree[i].Name+"~"+crushClass)
		}
		add(tree[i].ID, tree[i].Name)
	}
	for i := range m.OSDs {
		if m.OSDs[i].Host != "" {
			add(m.OSDs[i].ID, m.OSDs[i].name())
		}
	}
	putUint32(b[countAt:], n)
	return b
}

// appendCRUSHClasses appends what is of which class, the names of classes, and the shadows of buckets by class.
func (m *osdMap) appendCRUSHClasses(b []byte, tree []crushBucket) []byte {
	if len(tree) == 1 {
		return appendZeros(b, 3)
	}
	countAt := len(b)
	b = denc.AppendUint32(b, 0)
	var n uint32
	add := func(id int32) {
		b = appendZeros(denc.AppendInt32(b, id), 1)
		n++
	}
	for i := len(tree) - 1; i >= 0; i-- {
		add(tree[i].ID - 1)
	}
	for i := range m.OSDs {
		if m.OSDs[i].Host != "" {
			add(m.OSDs[i].ID)
		}
	}
	putUint32(b[countAt:], n)

	b = denc.AppendUint32(b, 1)
	b = denc.AppendString(appendZeros(b, 1), crushClass)
	b = denc.AppendUint32(b, uint32(len(tree)))
	for i := len(tree) - 1; i >= 0; i-- {
		b = denc.AppendInt32(b, tree[i].ID)
		b = appendZeros(denc.AppendUint32(b, 1), 1) // of class 0
		b = denc.AppendInt32(b, tree[i].ID-1)
	}
	return b
}
