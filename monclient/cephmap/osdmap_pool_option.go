package cephmap

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// PoolOptionKey is a setting of a pool that most pools do not have (pool_opts_t::key_t in src/osd/osd_types.h).
type PoolOptionKey int32

// poolOptionNames are the names by which ceph osd pool set knows the options.
var poolOptionNames = [...]string{
	"scrub_min_interval", "scrub_max_interval", "deep_scrub_interval", "recovery_priority", "recovery_op_priority",
	"scrub_priority", "compression_mode", "compression_algorithm", "compression_required_ratio",
	"compression_max_blob_size", "compression_min_blob_size", "csum_type", "csum_max_block", "csum_min_block",
	"fingerprint_algorithm", "pg_num_min", "target_size_bytes", "target_size_ratio", "pg_autoscale_bias",
	"read_lease_interval", "dedup_tier", "dedup_chunk_algorithm", "dedup_cdc_chunk_size", "pg_num_max", "read_ratio",
	"pct_update_delay",
}

// String returns the option's name, or option 77 for one that is not known here.
func (k PoolOptionKey) String() string {
	if k >= 0 && int(k) < len(poolOptionNames) {
		return poolOptionNames[k]
	}
	return fmt.Sprintf("option %d", int32(k))
}

// PoolOptionKind is the type of an option's value (pool_opts_t::type_t in src/osd/osd_types.h).
type PoolOptionKind int32

// The kinds.
const (
	PoolOptionString PoolOptionKind = 0
	PoolOptionInt    PoolOptionKind = 1
	PoolOptionFloat  PoolOptionKind = 2
)

// PoolOption is an option and its value, in the field that its kind names.
type PoolOption struct {
	Key    PoolOptionKey
	Kind   PoolOptionKind
	String string
	Int    int64
	Float  float64
}

// Option returns the option of that name, and whether the pool has it.
func (p *Pool) Option(name string) (PoolOption, bool) {
	i := slices.IndexFunc(p.Options, func(o PoolOption) bool { return o.Key.String() == name })
	if i < 0 {
		return PoolOption{}, false
	}
	return p.Options[i], true
}

const poolOptionsVersion = 2

func decodePoolOptions(r *denc.Reader) []PoolOption {
	s := r.Start("opts", poolOptionsVersion)
	var options []PoolOption
	if n := r.Count(4+4+4, "opts"); n > 0 {
		options = make([]PoolOption, n)
	}
	for i := range options {
		o := &options[i]
		o.Key = PoolOptionKey(r.Int32("key"))
		switch o.Kind = PoolOptionKind(r.Int32("kind")); o.Kind {
		case PoolOptionString:
			o.String = r.String("value")
		case PoolOptionInt:
			if s.Version < 2 {
				o.Int = int64(r.Int32("value"))
			} else {
				o.Int = r.Int64("value")
			}
		case PoolOptionFloat:
			o.Float = r.Float64("value")
		default:
			r.Fail("kind", "%d of option %s is neither 0, 1 nor 2", o.Kind, o.Key)
		}
		if r.Err() != nil {
			return nil
		}
	}
	r.Finish(s)
	byKey := func(a, b PoolOption) int { return cmp.Compare(a.Key, b.Key) }
	slices.SortStableFunc(options, byKey)
	return slices.CompactFunc(options, func(a, b PoolOption) bool { return byKey(a, b) == 0 })
}

func appendPoolOptions(b []byte, options []PoolOption) []byte {
	b, mark := denc.AppendStart(b, poolOptionsVersion, 1)
	b = denc.AppendUint32(b, uint32(len(options)))
	for i := range options {
		o := &options[i]
		b = denc.AppendInt32(b, int32(o.Key))
		b = denc.AppendInt32(b, int32(o.Kind))
		switch o.Kind {
		case PoolOptionString:
			b = denc.AppendString(b, o.String)
		case PoolOptionInt:
			b = denc.AppendInt64(b, o.Int)
		case PoolOptionFloat:
			b = denc.AppendFloat64(b, o.Float)
		}
	}
	return denc.AppendFinish(b, mark)
}
