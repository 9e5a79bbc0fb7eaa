package monmsg

import "github.com/libmonclient/libmonclient/denc"

// SubscribeOnetime in Subscription.Flags ends the subscription with the first answer
// (CEPH_SUBSCRIBE_ONETIME in src/include/ceph_fs.h).
const SubscribeOnetime uint8 = 1

// Subscription says from where on a map is wanted (ceph_mon_subscribe_item in src/include/ceph_fs.h).
type Subscription struct {
	Start uint64 // the first epoch of interest; 0: the newest, in full
	Flags uint8
}

// MMonSubscribe subscribes to maps by name (src/messages/MMonSubscribe.h). A monitor replaces the subscriptions named
// here and keeps the others. Names that it does not know, or that the client may not have, it ignores in silence.
type MMonSubscribe struct {
	What map[string]Subscription
	// Hostname is that of the client; masked configuration depends on it.
	Hostname string
}

// MsgType returns TypeMonSubscribe.
func (*MMonSubscribe) MsgType() uint16 { return TypeMonSubscribe }

// MsgVersion returns 3, 1.
func (*MMonSubscribe) MsgVersion() (version, compat uint16) { return 3, 1 }

// AppendFront appends the front.
func (m *MMonSubscribe) AppendFront(b []byte, _ denc.Features) []byte {
	b = appendMap(b, m.What, func(b []byte, s Subscription) []byte {
		return denc.AppendUint8(denc.AppendUint64(b, s.Start), s.Flags)
	})
	return denc.AppendString(b, m.Hostname)
}

// DecodeFront reads the front of version 2 or 3; version 2 has no hostname.
func (m *MMonSubscribe) DecodeFront(r *denc.Reader, version uint16) {
	*m = MMonSubscribe{}
	oldest(r, version, 2)
	m.What = decodeMap(r, "what", 9, func() Subscription {
		return Subscription{Start: r.Uint64("what.start"), Flags: r.Uint8("what.flags")}
	})
	if version >= 3 {
		m.Hostname = r.String("hostname")
	}
}
