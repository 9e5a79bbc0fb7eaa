package cephmap

import (
	"bytes"

	"github.com/libmonclient/libmonclient/denc"
)

// crushMagic is what CRUSH maps begin with (CRUSH_MAGIC in src/crush/crush.h).
const crushMagic = 0x00010000

// crushOutline is what has to be known of a CRUSH map to apply an incremental.
type crushOutline struct {
	classes []Entry[int32, string] // device classes by id
	tail    []byte                 // after all that maps before Tentacle had
}

// outlineCRUSH reads through a CRUSH map (CrushWrapper::encode in src/crush/CrushWrapper.cc); false when it is none
// of the form that Luminous and later write.
func outlineCRUSH(b []byte) (crushOutline, bool) {
	r := denc.NewReader(b)
	if r.Uint32("magic") != crushMagic {
		return crushOutline{}, false
	}
	buckets := r.Int32("max_buckets")
	rules := r.Uint32("max_rules")
	r.Int32("max_devices")
	for i := int32(0); i < buckets && r.Err() == nil; i++ {
		skipCRUSHBucket(r)
	}
	for i := uint32(0); i < rules && r.Err() == nil; i++ {
		if r.Uint32("rule") != 0 {
			steps := r.Uint32("rule.len")
			r.Bytes(4, "rule.mask")
			skipArray(r, steps, 12, "rule.steps")
		}
	}
	for _, names := range []string{"type_map", "name_map", "rule_name_map"} {
		decodeMap(r, names, int32Codec, stringCodec)
	}
	r.Bytes(4+4+4+4+1+1+4+1, "tunables")
	skipArray(r, r.Uint32("class_map"), 8, "class_map")
	var o crushOutline
	o.classes = decodeMap(r, "class_name", int32Codec, stringCodec)
	for range r.Count(8, "class_bucket") {
		r.Int32("class_bucket")
		skipArray(r, r.Uint32("class_bucket"), 8, "class_bucket")
	}
	for range r.Count(12, "choose_args") {
		r.Int64("choose_args")
		for range r.Count(12, "choose_args") {
			skipCRUSHChooseArg(r)
		}
	}
	o.tail = r.Rest()
	return o, r.Err() == nil
}

// skipArray reads over n elements of size bytes.
func skipArray(r *denc.Reader, n uint32, size int, field string) {
	if uint64(n)*uint64(size) > uint64(r.Remaining()) {
		n = uint32(r.Remaining()/size) + 1 // does not fit either, and fits an int
	}
	r.Bytes(int(n)*size, field)
}

// Algorithms of buckets (CRUSH_BUCKET_UNIFORM and so on in src/crush/crush.h).
const (
	crushUniform = 1
	crushList    = 2
	crushTree    = 3
	crushStraw   = 4
	crushStraw2  = 5
)

func skipCRUSHBucket(r *denc.Reader) {
	if r.Uint32("bucket") == 0 {
		return // an id that no bucket has
	}
	r.Int32("bucket.id")
	r.Uint16("bucket.type")
	alg := r.Uint8("bucket.alg")
	r.Uint8("bucket.hash")
	r.Uint32("bucket.weight")
	size := r.Uint32("bucket.size")
	skipArray(r, size, 4, "bucket.items")
	switch alg {
	case crushUniform:
		r.Uint32("bucket.item_weight")
	case crushList, crushStraw:
		skipArray(r, size, 8, "bucket.item_weights")
	case crushTree:
		skipArray(r, uint32(r.Uint8("bucket.num_nodes")), 4, "bucket.node_weights")
	case crushStraw2:
		skipArray(r, size, 4, "bucket.item_weights")
	default:
		r.Fail("bucket.alg", "%d is no algorithm", alg)
	}
}

func skipCRUSHChooseArg(r *denc.Reader) {
	r.Uint32("choose_args.bucket")
	for range r.Count(4, "choose_args.weight_set") {
		skipArray(r, r.Uint32("choose_args.weights"), 4, "choose_args.weights")
	}
	skipArray(r, r.Uint32("choose_args.ids"), 4, "choose_args.ids")
}

// crushMSRDefaults are the two tunables that Tentacle puts at the end of a CRUSH map for those who know them, 100 and
// 100 (msr_descents and msr_collision_tries in src/crush/crush.h).
var crushMSRDefaults = []byte{100, 0, 0, 0, 100, 0, 0, 0}

// withoutMSRDefaults returns the CRUSH map of an incremental as it stands in full maps, which do without these.
func (o crushOutline) withoutMSRDefaults(b []byte) []byte {
	if bytes.Equal(o.tail, crushMSRDefaults) {
		return b[: len(b)-len(crushMSRDefaults) : len(b)-len(crushMSRDefaults)]
	}
	return b
}
