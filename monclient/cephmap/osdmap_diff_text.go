package cephmap

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// String returns the change as a sentence for people, without a full stop: osd.3 down.
func (c OSDMapChange) String() string {
	switch kind := string(c.Kind); {
	case strings.HasPrefix(kind, "osd_"):
		return "osd." + strconv.Itoa(int(c.OSD)) + " " + c.osdText()
	case strings.HasPrefix(kind, "pool_"):
		return fmt.Sprintf("pool %d %q %s", c.Pool, c.PoolName, c.poolText())
	case strings.HasPrefix(kind, "ec_profile_"):
		return fmt.Sprintf("erasure code profile %q %s", c.Name, strings.TrimPrefix(kind, "ec_profile_")) + c.profileText()
	}
	switch c.Kind {
	case OSDMapClusterChanged:
		return fmt.Sprintf("cluster %s instead of %s", c.New, c.Old)
	case OSDMapSettingChanged, OSDMapStretchChanged:
		return c.Name + " " + c.fromTo()
	case OSDMapFlagSet:
		return c.Name + " set"
	case OSDMapFlagUnset:
		return c.Name + " unset"
	case CRUSHChanged:
		if c.Old == c.New {
			return "CRUSH map changed"
		}
		return fmt.Sprintf("CRUSH map changed, version %d instead of %d", c.New, c.Old)
	case CRUSHItemAdded:
		return c.Name + " added to the CRUSH map"
	case CRUSHItemRemoved:
		return c.Name + " removed from the CRUSH map"
	case CRUSHRuleAdded:
		return "CRUSH rule " + c.Name + " added"
	case CRUSHRuleRemoved:
		return "CRUSH rule " + c.Name + " removed"
	case CRUSHFlagSet:
		return fmt.Sprintf("%s set for %s", c.New, c.Name)
	case CRUSHFlagUnset:
		return fmt.Sprintf("%s unset for %s", c.Old, c.Name)
	case ClassFlagSet:
		return fmt.Sprintf("%s set for the device class %s", c.New, c.Name)
	case ClassFlagUnset:
		return fmt.Sprintf("%s unset for the device class %s", c.Old, c.Name)
	case BlocklistAdded, RangeBlocklistAdded:
		return fmt.Sprintf("%s blocklisted until %s", c.Name, c.New)
	case BlocklistChanged, RangeBlocklistChanged:
		return fmt.Sprintf("%s blocklisted until %s instead of %s", c.Name, c.New, c.Old)
	case BlocklistRemoved, RangeBlocklistRemoved:
		return c.Name + " no longer blocklisted"
	}
	return strings.TrimSuffix(string(c.Kind), "_changed") + ": " + c.countText()
}

func (c OSDMapChange) osdText() string {
	switch c.Kind {
	case OSDWentUp, OSDRestarted:
		text := "up"
		if c.Kind == OSDRestarted {
			text = "restarted"
		}
		if c.New != "" {
			text += fmt.Sprintf(" at %s", c.New)
		}
		return text
	case OSDWentIn:
		if c.New != 1.0 {
			return fmt.Sprintf("in, with weight %s", valueText(c.New))
		}
		return "in"
	case OSDReweighted:
		return "weight " + c.fromTo()
	case OSDAffinity:
		return "primary affinity " + c.fromTo()
	case OSDAddrsChanged:
		return c.Name + " address " + c.fromTo()
	case OSDFlagSet:
		return c.Name + " set"
	case OSDFlagUnset:
		return c.Name + " unset"
	case OSDDetailsChanged:
		return c.Name + " " + c.fromTo()
	}
	return strings.TrimPrefix(string(c.Kind), "osd_") // created, removed, destroyed, down, out
}

func (c OSDMapChange) poolText() string {
	switch c.Kind {
	case PoolCreated:
		text := "created"
		if p, ok := c.New.(*Pool); ok && p != nil {
			text += ": " + p.summary()
		}
		return text
	case PoolRenamed:
		return c.renamedText()
	case PoolFlagSet:
		return c.Name + " set"
	case PoolFlagUnset:
		if c.Name == "creating" {
			return "has all its placement groups"
		}
		return c.Name + " unset"
	case PoolSnapCreated:
		return fmt.Sprintf("snapshot %q created", c.Name)
	case PoolSnapRemoved:
		return fmt.Sprintf("snapshot %q removed", c.Name)
	case PoolAppEnabled:
		return "application " + c.Name + " enabled"
	case PoolAppDisabled:
		return "application " + c.Name + " disabled"
	case PoolAppChanged:
		return "application " + c.Name + " " + c.fromTo()
	case PoolSnapsRemoved:
		return "snapshots " + valueText(c.New) + " to be trimmed"
	case PoolSnapsPurged:
		return "snapshots " + valueText(c.Old) + " trimmed"
	case PoolChanged:
		return c.Name + " " + c.withoutNone().fromTo()
	}
	return strings.TrimPrefix(string(c.Kind), "pool_") // deleted
}

// summary says what people want to know of a pool first.
func (p *Pool) summary() string {
	text := p.Type.String()
	if p.ErasureCodeProfile != "" {
		text += fmt.Sprintf(" with profile %q", p.ErasureCodeProfile)
	}
	groups := "placement groups"
	if p.PGNum == 1 {
		groups = "placement group"
	}
	return fmt.Sprintf("%s, size %d, %d %s", text, p.Size, p.PGNum, groups)
}

func (c OSDMapChange) renamedText() string {
	switch {
	case c.Old == nil:
		return "named"
	case c.New == nil:
		return "has no name any more"
	}
	return fmt.Sprintf("renamed, was %q", c.Old)
}

// withoutNone has nil for what stands for no tier.
func (c OSDMapChange) withoutNone() OSDMapChange {
	for _, v := range []*any{&c.Old, &c.New} {
		if strings.Contains(c.Name, "tier") && (*v == any("[]") || *v == any(int64(-1))) {
			*v = nil
		}
	}
	return c
}

func (c OSDMapChange) profileText() string {
	switch c.Kind {
	case ECProfileCreated:
		return ": " + valueText(c.New)
	case ECProfileChanged:
		return " from " + valueText(c.Old) + " to " + valueText(c.New)
	}
	return ""
}

// fromTo says what became of a value.
func (c OSDMapChange) fromTo() string {
	switch {
	case c.Old == nil:
		return "set to " + valueText(c.New)
	case c.New == nil:
		return "unset, was " + valueText(c.Old)
	}
	return "changed from " + valueText(c.Old) + " to " + valueText(c.New)
}

func (c OSDMapChange) countText() string {
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{{c.Added, "added"}, {c.Changed, "changed"}, {c.Removed, "removed"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	return strings.Join(parts, ", ")
}

// valueText returns one of the values that changes have.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		if v == "" {
			return "nothing"
		}
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', 6, 64)
	case StringMap:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = e.Key + "=" + e.Value
		}
		if len(parts) == 0 {
			return "nothing"
		}
		return strings.Join(parts, " ")
	case []SnapInterval:
		return snapsText(v)
	}
	return fmt.Sprint(v)
}

// MarshalJSON returns the change as an object with the member kind and those of osd, pool, pool_name, name, old, new,
// added, changed and removed that its kind has.
func (c OSDMapChange) MarshalJSON() ([]byte, error) {
	w := new(jsonWriter)
	w.object("", func() {
		kind := string(c.Kind)
		w.str("kind", kind)
		switch {
		case strings.HasPrefix(kind, "osd_"):
			w.int("osd", int64(c.OSD))
		case strings.HasPrefix(kind, "pool_"):
			w.int("pool", c.Pool)
			w.str("pool_name", c.PoolName)
		}
		if c.Name != "" {
			w.str("name", c.Name)
		}
		w.value("old", c.Old)
		w.value("new", c.New)
		if c.Added+c.Changed+c.Removed > 0 {
			w.int("added", int64(c.Added))
			w.int("changed", int64(c.Changed))
			w.int("removed", int64(c.Removed))
		}
	})
	return w.bytes("change of an osdmap")
}

// value writes one of the values that changes have, if there is one.
func (w *jsonWriter) value(key string, v any) {
	switch v := v.(type) {
	case nil:
	case bool:
		w.bool(key, v)
	case int64:
		w.int(key, v)
	case uint64:
		w.uint(key, v)
	case float64:
		w.float(key, v)
	case denc.UTime:
		w.time(key, v)
	case StringMap:
		w.strings(key, v)
	case []SnapInterval:
		w.list(key, func() {
			for _, s := range v {
				w.object("", func() {
					w.uint("begin", s.Start)
					w.uint("length", s.Length)
				})
			}
		})
	case *Pool:
		w.object(key, func() { v.dumpSummary(w) })
	default:
		w.str(key, valueText(v))
	}
}

// dumpSummary writes what summary says, and what data of the pool goes by.
func (p *Pool) dumpSummary(w *jsonWriter) {
	if p == nil {
		return
	}
	w.str("type", p.Type.String())
	w.uint("size", uint64(p.Size))
	w.uint("min_size", uint64(p.MinSize))
	w.uint("pg_num", uint64(p.PGNum))
	w.uint("crush_rule", uint64(p.CRUSHRule))
	w.str("erasure_code_profile", p.ErasureCodeProfile)
}
