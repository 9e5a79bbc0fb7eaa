//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"encoding/json"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// Maps never change, so a handle is a reference and nothing else: every function that gives one makes a new one.

// eventMaps are the maps that events bring, which the events' memory has numbers of. Users get handles of their own.
var eventMaps = handle.NewTable[*cephmap.OSDMap](C.MONCLIENT_KIND_OSDMAP)

// mapCost is what a map that waits counts for each of its OSDs, besides what the monitors have sent: the most that it has and
// shares with no other one.
const mapCost = 8

// followMaps has each event know the map of the one before it, as they are taken: what waits may be dropped.
func (r *registration) followMaps() {
	r.osdmaps = true
	r.source.OnTake(func(e *event) {
		if e.osdmap != nil {
			e.before = r.last.Swap(e.osdmap)
		}
	})
}

// mapChange is a change with its sentence.
type mapChange struct{ cephmap.OSDMapChange }

// MarshalJSON puts the sentence behind the other members.
func (c mapChange) MarshalJSON() ([]byte, error) {
	object, err := c.OSDMapChange.MarshalJSON()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(c.String())
	if err != nil {
		return nil, err
	}
	object = append(object[:len(object)-1], `,"text":`...)
	return append(append(object, text...), '}'), nil
}

// changesOf are what DiffOSDMaps says, never null.
func changesOf(old, next *cephmap.OSDMap) []mapChange {
	changes := cephmap.DiffOSDMaps(old, next)
	list := make([]mapChange, len(changes))
	for i, c := range changes {
		list[i] = mapChange{c}
	}
	return list
}

// mapValue is the JSON of an event of a subscription to osdmaps as values.
type mapValue struct {
	Epoch    uint32      `json:"epoch"`
	Modified string      `json:"modified"`
	Full     bool        `json:"full"`
	Changes  []mapChange `json:"changes"`
}

// describe makes the JSON of an event with a map, now that it is known which one was before it.
func (e *event) describe() {
	if e.osdmap == nil || e.kind != C.MONCLIENT_EVENT_MAP {
		return
	}
	e.data, e.err = guarded(func() ([]byte, error) {
		v := mapValue{e.osdmap.Epoch, e.osdmap.Modified.String(), e.flags&C.MONCLIENT_EVENT_FULL != 0, []mapChange{}}
		if e.before != nil {
			v.Changes = changesOf(e.before, e.osdmap)
		}
		return json.Marshal(v)
	})
	if e.err != nil {
		e.flags &^= C.MONCLIENT_EVENT_JSON | C.MONCLIENT_EVENT_FULL
	}
}

//export goOSDMap
func goOSDMap(h C.monclient_t, ms C.int32_t, w *C.struct_capi_wait) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	_, err = c.mc.StartOSDMap(timeout(ms), func(m *cephmap.OSDMap, err error) {
		complete(w, err, func() error {
			w.numbers[0] = C.uint64_t(osdmaps.Add(m))
			return nil
		})
	})
	return fail(err)
}

//export goOSDMapAsync
func goOSDMapAsync(h C.monclient_t, ms C.int32_t, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	return fail(begin(c, C.MONCLIENT_EVENT_RESULT, sink, out, func(done func(*cephmap.OSDMap, error)) (*monclient.Call, error) {
		return c.mc.StartOSDMap(timeout(ms), done)
	}, func(e *event, m *cephmap.OSDMap) { e.osdmap, e.epoch = m, uint64(m.Epoch) }))
}

//export goEventMap
func goEventMap(h C.uint64_t, out *C.monclient_osdmap_t) (rc C.int) {
	defer guard(&rc)
	m, ok := eventMaps.Get(handle.Handle(h))
	if !ok {
		return fail(failure(C.MONCLIENT_ENOENT, "the event brings no osdmap"))
	}
	*out = C.monclient_osdmap_t(osdmaps.Add(m))
	return C.MONCLIENT_OK
}

//export goForgetMap
func goForgetMap(h C.uint64_t) { eventMaps.Take(handle.Handle(h)) }

//export goSubMap
func goSubMap(h C.monclient_sub_t, out *C.monclient_osdmap_t) (rc C.int) {
	defer guard(&rc)
	s, err := get(subs, h, "subscription")
	if err != nil {
		return fail(err)
	}
	m := s.reg.last.Load()
	switch {
	case !s.reg.osdmaps:
		return fail(failure(C.MONCLIENT_EINVAL, "sub follows %s, and not osdmap with MONCLIENT_SUBSCRIBE_VALUES", s.reg.what))
	case m == nil:
		return fail(failure(C.MONCLIENT_ENOENT, "no event of the subscription was taken yet"))
	}
	*out = C.monclient_osdmap_t(osdmaps.Add(m))
	return C.MONCLIENT_OK
}

//export goMapDecode
func goMapDecode(data unsafe.Pointer, n C.size_t, out *C.monclient_osdmap_t) (rc C.int) {
	defer guard(&rc)
	// A decoded map keeps nothing of what it came from, so the user's memory is read where it is.
	m, err := cephmap.DecodeOSDMap(unsafe.Slice((*byte)(data), n))
	if err != nil {
		return fail(failure(C.MONCLIENT_EPROTO, "data: %v", err))
	}
	*out = C.monclient_osdmap_t(osdmaps.Add(m))
	return C.MONCLIENT_OK
}

//export goMapRelease
func goMapRelease(h C.monclient_osdmap_t) (rc C.int) {
	defer guard(&rc)
	if _, ok := osdmaps.Take(handle.Handle(h)); !ok {
		return fail(badHandle(h, "osdmap"))
	}
	return C.MONCLIENT_OK
}

//export goMapEpoch
func goMapEpoch(h C.monclient_osdmap_t, out *C.uint64_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err == nil {
		*out = C.uint64_t(m.Epoch)
	}
	return fail(err)
}

//export goMapFSID
func goMapFSID(h C.monclient_osdmap_t, buf *C.char) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err == nil {
		fillFSID(buf, m.FSID.String())
	}
	return fail(err)
}

//export goMapEncode
func goMapEncode(h C.monclient_osdmap_t, data *unsafe.Pointer, n *C.size_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	return fail(newBytes(m.AppendTo(nil), data, n))
}

// poolAnswer is the JSON of a pool in a list of them.
type poolAnswer struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// mapTexts are what there is of a map as text, by CAPI_MAP_...
var mapTexts = map[C.uint32_t]func(*cephmap.OSDMap) ([]byte, error){
	C.CAPI_MAP_JSON:  (*cephmap.OSDMap).MarshalJSON,
	C.CAPI_MAP_OSDS:  (*cephmap.OSDMap).OSDsJSON,
	C.CAPI_MAP_FLAGS: func(m *cephmap.OSDMap) ([]byte, error) { return []byte(m.Flags.String()), nil },
	C.CAPI_MAP_POOLS: func(m *cephmap.OSDMap) ([]byte, error) {
		list := make([]poolAnswer, len(m.PoolNames)) // never null
		for i, p := range m.PoolNames {
			list[i] = poolAnswer{p.Key, p.Value}
		}
		return json.Marshal(list)
	},
}

//export goMapText
func goMapText(h C.monclient_osdmap_t, what C.uint32_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	text, err := mapTexts[what](m)
	if err != nil {
		return fail(err)
	}
	return fail(newJSONText(text, out))
}

//export goMapPoolID
func goMapPoolID(h C.monclient_osdmap_t, name *C.char, n C.size_t, out *C.int64_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	text, err := goText(name, n, "name")
	if err != nil {
		return fail(err)
	}
	id, ok := m.PoolID(text)
	if !ok {
		return fail(failure(C.MONCLIENT_ENOENT, "osdmap %d has no pool %q", m.Epoch, text))
	}
	*out = C.int64_t(id)
	return C.MONCLIENT_OK
}

//export goMapPoolName
func goMapPoolName(h C.monclient_osdmap_t, id C.int64_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	name, ok := m.PoolName(int64(id))
	if !ok {
		return fail(noPool(m, id))
	}
	return fail(newText(name, out))
}

func noPool(m *cephmap.OSDMap, id C.int64_t) error {
	return failure(C.MONCLIENT_ENOENT, "osdmap %d has no pool of id %d", m.Epoch, int64(id))
}

func noOSD(m *cephmap.OSDMap, id C.int32_t) error {
	return failure(C.MONCLIENT_ENOENT, "osdmap %d has no osd.%d", m.Epoch, int32(id))
}

//export goMapPoolJSON
func goMapPoolJSON(h C.monclient_osdmap_t, id C.int64_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	text, err := m.PoolJSON(int64(id))
	if err == nil && text == nil {
		err = noPool(m, id)
	}
	if err != nil {
		return fail(err)
	}
	return fail(newJSONText(text, out))
}

//export goMapOSDJSON
func goMapOSDJSON(h C.monclient_osdmap_t, osd C.int32_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	text, err := m.OSDJSON(int32(osd))
	if err == nil && text == nil {
		err = noOSD(m, osd)
	}
	if err != nil {
		return fail(err)
	}
	return fail(newJSONText(text, out))
}

//export goMapMaxOSD
func goMapMaxOSD(h C.monclient_osdmap_t, out *C.int32_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err == nil {
		*out = C.int32_t(len(m.OSDs))
	}
	return fail(err)
}

//export goMapOSDState
func goMapOSDState(h C.monclient_osdmap_t, osd C.int32_t, up, in *C.int, weight *C.uint32_t) (rc C.int) {
	defer guard(&rc)
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		return fail(err)
	}
	o := m.OSD(int32(osd))
	if o == nil {
		return fail(noOSD(m, osd))
	}
	*up, *in, *weight = bit(o.Up()), bit(o.In()), C.uint32_t(o.Weight)
	return C.MONCLIENT_OK
}

func bit(v bool) C.int {
	if v {
		return 1
	}
	return 0
}

//export goMapDiff
func goMapDiff(old, next C.monclient_osdmap_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	a, err := mapNamed(old, "old")
	if err != nil {
		return fail(err)
	}
	b, err := mapNamed(next, "next")
	if err != nil {
		return fail(err)
	}
	text, err := json.Marshal(changesOf(a, b))
	if err != nil {
		return fail(err)
	}
	return fail(newJSONText(text, out))
}

// mapNamed returns one of several maps, whose handle users call so.
func mapNamed(h C.monclient_osdmap_t, name string) (*cephmap.OSDMap, error) {
	m, err := get(osdmaps, h, "osdmap")
	if err != nil {
		err = failure(C.MONCLIENT_EBADHANDLE, "%s: %v", name, err)
	}
	return m, err
}
