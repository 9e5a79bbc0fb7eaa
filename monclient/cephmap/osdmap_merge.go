package cephmap

import (
	"slices"

	"github.com/libmonclient/libmonclient/denc"
)

// merge returns old with the entries of changed in place of its own or added, and then without those with the keys
// removed, all three in order. It returns old itself when there is nothing to do, and never changes it.
func merge[K, V any](old, changed []Entry[K, V], removed []K, compare func(a, b K) int) []Entry[K, V] {
	if len(changed) == 0 && len(removed) == 0 {
		return old
	}
	merged := make([]Entry[K, V], 0, len(old)+len(changed))
	// Between two keys that are named, old is copied as a whole.
	next := func() (key K, ok bool) {
		switch {
		case len(changed) > 0 && (len(removed) == 0 || compare(changed[0].Key, removed[0]) <= 0):
			return changed[0].Key, true
		case len(removed) > 0:
			return removed[0], true
		}
		return key, false
	}
	for key, ok := next(); ok; key, ok = next() {
		at, found := slices.BinarySearchFunc(old, key, func(e Entry[K, V], key K) int { return compare(e.Key, key) })
		merged = append(merged, old[:at]...)
		if old = old[at:]; found {
			old = old[1:]
		}
		gone := len(removed) > 0 && compare(removed[0], key) == 0
		if len(changed) > 0 && compare(changed[0].Key, key) == 0 {
			if !gone {
				merged = append(merged, changed[0])
			}
			changed = changed[1:]
		}
		for len(removed) > 0 && compare(removed[0], key) == 0 {
			removed = removed[1:]
		}
	}
	if merged = append(merged, old...); len(merged) == 0 {
		return nil
	}
	return merged
}

// sortedAddrs returns addresses in the order of the keys of blocklists.
func sortedAddrs(s []denc.EntityAddr) []denc.EntityAddr {
	return slices.SortedFunc(slices.Values(s), addrCodec.compare)
}

// withoutFlags returns the keys that have no flags any more.
func withoutFlags(m []Entry[int32, OSDState]) []int32 {
	var ids []int32
	for _, e := range m {
		if e.Value == 0 {
			ids = append(ids, e.Key)
		}
	}
	return ids
}

// unionOfSnaps returns the snapshots of both.
func unionOfSnaps(a, b []SnapInterval) []SnapInterval {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b SnapInterval) int {
		if a.Start < b.Start {
			return -1
		}
		return 1
	})
	var union []SnapInterval
	for _, s := range all {
		if n := len(union); n > 0 && s.Start <= union[n-1].Start+union[n-1].Length {
			last := &union[n-1]
			last.Length = max(last.Length, s.Start+s.Length-last.Start)
			continue
		}
		union = append(union, s)
	}
	return union
}

// subtractSnaps returns the snapshots of a that are not in b.
func subtractSnaps(a, b []SnapInterval) []SnapInterval {
	var rest []SnapInterval
	for _, s := range a {
		start, end := s.Start, s.Start+s.Length
		for len(b) > 0 && b[0].Start+b[0].Length <= start {
			b = b[1:]
		}
		for _, c := range b {
			if c.Start >= end || start >= end {
				break
			}
			if c.Start > start {
				rest = append(rest, SnapInterval{start, c.Start - start})
			}
			start = max(start, c.Start+c.Length)
		}
		if start < end {
			rest = append(rest, SnapInterval{start, end - start})
		}
	}
	return rest
}
