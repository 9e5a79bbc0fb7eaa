package monclient

import "time"

// roundTrips estimates how long a monitor takes to answer a keepalive, and how much that varies, as TCP does for its
// retransmissions (RFC 6298).
type roundTrips struct {
	smooth time.Duration
	spread time.Duration // the smoothed mean deviation
}

// spreads is how many mean deviations an answer may be late: twice what TCP allows, because what follows here costs more
// than a packet.
const spreads = 8

// add takes a measurement.
func (r *roundTrips) add(rtt time.Duration) {
	rtt = max(rtt, 1)
	if r.smooth == 0 {
		r.smooth, r.spread = rtt, rtt/2
		return
	}
	r.spread += ((rtt - r.smooth).Abs() - r.spread) / 4
	r.smooth += (rtt - r.smooth) / 8
}

// limit returns how long an answer may take before it is unlikely to come.
func (r *roundTrips) limit() time.Duration { return r.smooth + spreads*r.spread }

// Beyond farTimes the shortest round trip, and farMore, a monitor is not near: the differences within one place are noise,
// and all monitors of one place are to share the clients.
const (
	farTimes = 4
	farMore  = 5 * time.Millisecond
)

// far reports whether the monitor is much further away than the nearest one.
func (r *roundTrips) far(nearest time.Duration) bool {
	return nearest > 0 && r.smooth > farTimes*nearest+farMore
}
