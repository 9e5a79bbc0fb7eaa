package cephmap

import (
	"bytes"

	"github.com/libmonclient/libmonclient/denc"
)

// crushMagic is what CRUSH maps begin with (CRUSH_MAGIC in src/crush/crush.h).
const crushMagic = 0x00010000

// crushOutline is what is read of a CRUSH map: names, and what of clients it asks for. Where data goes is not.
type crushOutline struct {
	names      CRUSHNames
	straw2     bool // some bucket has that algorithm
	rules      []crushRuleOutline
	tunables   crushTunables
	chooseArgs bool   // such as no straw2 weights could stand for
	tail       []byte // after all that maps before Squid had
}

// crushRuleOutline says which of the newer things a rule makes use of. The zero value is also that of no rule.
type crushRuleOutline struct {
	varyR, stable, msr bool
}

// crushTunables are those that clients may be too old for (struct crush_map in src/crush/crush.h).
type crushTunables struct {
	descendOnce                    uint32
	varyR, stable                  uint8
	msrDescents, msrCollisionTries uint32
}

// outlineCRUSH reads through a CRUSH map (CrushWrapper::encode in src/crush/CrushWrapper.cc) of the form that Luminous
// and later write.
func outlineCRUSH(b []byte) (crushOutline, error) {
	r := denc.NewReader(b)
	if magic := r.Uint32("magic"); magic != crushMagic && r.Err() == nil {
		r.Fail("magic", "0x%08x", magic)
	}
	buckets := r.Int32("max_buckets")
	rules := r.Uint32("max_rules")
	r.Int32("max_devices")
	var o crushOutline
	for i := int32(0); i < buckets && r.Err() == nil; i++ {
		if readCRUSHBucket(r) == crushStraw2 {
			o.straw2 = true
		}
	}
	for i := uint32(0); i < rules && r.Err() == nil; i++ {
		o.rules = append(o.rules, readCRUSHRule(r))
	}
	o.names.Types = decodeMap(r, "type_map", int32Codec, stringCodec)
	o.names.Items = decodeMap(r, "name_map", int32Codec, stringCodec)
	o.names.Rules = decodeMap(r, "rule_name_map", int32Codec, stringCodec)
	o.tunables.decodeFrom(r)
	o.names.ItemClasses = decodeMap(r, "class_map", int32Codec, int32Codec)
	o.names.Classes = decodeMap(r, "class_name", int32Codec, stringCodec)
	for range r.Count(8, "class_bucket") {
		r.Int32("class_bucket")
		skipArray(r, r.Uint32("class_bucket"), 8, "class_bucket")
	}
	o.chooseArgs = readCRUSHChooseArgs(r)
	o.tail = r.Rest()
	if tail := denc.NewReader(o.tail); len(o.tail) >= len(crushMSRDefaults) {
		o.tunables.msrDescents = tail.Uint32("msr_descents")
		o.tunables.msrCollisionTries = tail.Uint32("msr_collision_tries")
	}
	return o, r.Err()
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

// readCRUSHBucket returns the algorithm of a bucket, 0 for an id that no bucket has.
func readCRUSHBucket(r *denc.Reader) uint8 {
	if r.Uint32("bucket") == 0 {
		return 0
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
	return alg
}

// Types and steps of rules (enum crush_rule_type and crush_opcodes in src/crush/crush.h).
const (
	crushRuleMSRFirstN = 4
	crushRuleMSRIndep  = 5
	crushSetVaryR      = 12
	crushSetStable     = 13
)

func readCRUSHRule(r *denc.Reader) (o crushRuleOutline) {
	if r.Uint32("rule") == 0 {
		return o
	}
	steps := r.Uint32("rule.len")
	if mask := r.Bytes(4, "rule.mask"); mask != nil {
		o.msr = mask[1] == crushRuleMSRFirstN || mask[1] == crushRuleMSRIndep
	}
	for ; steps > 0 && r.Err() == nil; steps-- {
		switch r.Uint32("rule.op") {
		case crushSetVaryR:
			o.varyR = true
		case crushSetStable:
			o.stable = true
		}
		r.Bytes(8, "rule.args")
	}
	return o
}

// decodeFrom reads all but the last two, which have what they have by default.
func (t *crushTunables) decodeFrom(r *denc.Reader) {
	r.Bytes(3*4, "choose_tries")
	t.descendOnce = r.Uint32("chooseleaf_descend_once")
	t.varyR = r.Uint8("chooseleaf_vary_r")
	r.Uint8("straw_calc_version")
	r.Uint32("allowed_bucket_algs")
	t.stable = r.Uint8("chooseleaf_stable")
	t.msrDescents, t.msrCollisionTries = crushMSRDefault, crushMSRDefault
}

// readCRUSHChooseArgs reports whether there are weights other than those of one set, the default one, with one weight
// for each item (CrushWrapper::has_incompat_choose_args in src/crush/CrushWrapper.cc).
func readCRUSHChooseArgs(r *denc.Reader) (incompatible bool) {
	const byDefault = -1
	sets := r.Count(12, "choose_args")
	for range sets {
		if r.Int64("choose_args") != byDefault || sets > 1 {
			incompatible = true
		}
		for range r.Count(12, "choose_args") {
			r.Uint32("choose_args.bucket")
			positions := r.Count(4, "choose_args.weight_set")
			for range positions {
				skipArray(r, r.Uint32("choose_args.weights"), 4, "choose_args.weights")
			}
			ids := r.Uint32("choose_args.ids")
			skipArray(r, ids, 4, "choose_args.ids")
			if ids != 0 || positions > 1 {
				incompatible = true
			}
		}
	}
	return incompatible
}

// crushMSRDefaults are the two tunables that Tentacle puts at the end of a CRUSH map for those who know them
// (msr_descents and msr_collision_tries in src/crush/crush.h), both with their default value.
var crushMSRDefaults = []byte{crushMSRDefault, 0, 0, 0, crushMSRDefault, 0, 0, 0}

const crushMSRDefault = 100

// withoutMSRDefaults returns the CRUSH map of an incremental as it stands in full maps, which do without these.
func (o *crushOutline) withoutMSRDefaults(b []byte) []byte {
	if bytes.Equal(o.tail, crushMSRDefaults) {
		return b[: len(b)-len(crushMSRDefaults) : len(b)-len(crushMSRDefaults)]
	}
	return b
}
