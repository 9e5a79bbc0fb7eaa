package denc

import (
	"fmt"
	"strconv"
	"strings"
)

// EntityType says what kind of Ceph entity a name belongs to. The same bits, as a mask, name services in tickets
// (src/include/msgr.h, CEPH_ENTITY_TYPE_*).
type EntityType uint32

// The entity types.
const (
	EntityMon    EntityType = 0x01
	EntityMDS    EntityType = 0x02
	EntityOSD    EntityType = 0x04
	EntityClient EntityType = 0x08
	EntityMgr    EntityType = 0x10
	EntityAuth   EntityType = 0x20
	EntityAny    EntityType = 0xff
)

var entityTypeNames = []struct {
	t    EntityType
	name string
}{
	{EntityMon, "mon"}, {EntityMDS, "mds"}, {EntityOSD, "osd"}, {EntityClient, "client"}, {EntityMgr, "mgr"}, {EntityAuth, "auth"},
}

// String returns the type's word: mon, mds, osd, client, mgr, auth.
func (t EntityType) String() string {
	for _, e := range entityTypeNames {
		if e.t == t {
			return e.name
		}
	}
	if t == EntityAny {
		return "any"
	}
	return fmt.Sprintf("entity_type(0x%x)", uint32(t))
}

// ParseEntityType returns the type of one of the words that String prints, "any" excepted.
func ParseEntityType(s string) (EntityType, error) {
	for _, e := range entityTypeNames {
		if e.name == s {
			return e.t, nil
		}
	}
	return 0, fmt.Errorf("denc: entity type %q is none of auth, mon, osd, mds, mgr, client", s)
}

// EntityName is the name that an entity authenticates with, such as client.admin (EntityName in
// src/common/entity_name.h).
type EntityName struct {
	Type EntityType
	ID   string
}

// ParseEntityName parses TYPE.ID, split at the first dot.
func ParseEntityName(s string) (EntityName, error) {
	typ, id, ok := strings.Cut(s, ".")
	if !ok {
		return EntityName{}, fmt.Errorf("denc: entity name %q has no dot: want TYPE.ID, such as client.admin", s)
	}
	t, err := ParseEntityType(typ)
	if err != nil {
		return EntityName{}, fmt.Errorf("denc: entity name %q: type %q is none of auth, mon, osd, mds, mgr, client", s, typ)
	}
	return EntityName{Type: t, ID: id}, nil
}

// String prints TYPE.ID.
func (n EntityName) String() string { return n.Type.String() + "." + n.ID }

// IsZero reports whether n names nothing.
func (n EntityName) IsZero() bool { return n == EntityName{} }

// DecodeFrom reads n. The type is a u32 here and a u8 in PeerName.
func (n *EntityName) DecodeFrom(r *Reader) {
	n.Type = EntityType(r.Uint32("entity_name.type"))
	n.ID = r.String("entity_name.id")
}

// AppendTo appends the encoding of n.
func (n EntityName) AppendTo(b []byte) []byte {
	return AppendString(AppendUint32(b, uint32(n.Type)), n.ID)
}

// PeerName is the name of an entity on the messenger level, such as mon.0 or client.4123 (entity_name_t in
// src/msg/msg_types.h): Num is a rank, an OSD number or a global_id; negative means not known yet.
type PeerName struct {
	Type EntityType
	Num  int64
}

// String prints TYPE.NUM, or TYPE.? when the number is not known.
func (n PeerName) String() string {
	if n.Num < 0 {
		return n.Type.String() + ".?"
	}
	return n.Type.String() + "." + strconv.FormatInt(n.Num, 10)
}

// DecodeFrom reads n.
func (n *PeerName) DecodeFrom(r *Reader) {
	n.Type = EntityType(r.Uint8("entity_name_t.type"))
	n.Num = r.Int64("entity_name_t.num")
}

// AppendTo appends the encoding of n.
func (n PeerName) AppendTo(b []byte) []byte { return AppendInt64(AppendUint8(b, uint8(n.Type)), n.Num) }
