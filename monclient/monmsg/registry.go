package monmsg

import "fmt"

// Type numbers (src/msg/Message.h, CEPH_MSG_* in src/include/ceph_fs.h).
const (
	TypePing               uint16 = 2
	TypeMonMap             uint16 = 4
	TypeMonGetMap          uint16 = 5
	TypeMonGetOSDMap       uint16 = 6
	TypeStatfs             uint16 = 13
	TypeStatfsReply        uint16 = 14
	TypeMonSubscribe       uint16 = 15
	TypeMonSubscribeAck    uint16 = 16
	TypeAuth               uint16 = 17
	TypeAuthReply          uint16 = 18
	TypeMonGetVersion      uint16 = 19
	TypeMonGetVersionReply uint16 = 20
	TypeOSDMap             uint16 = 41
	TypeFSMap              uint16 = 45
	TypePoolOpReply        uint16 = 48
	TypePoolOp             uint16 = 49
	TypeMonCommand         uint16 = 50
	TypeMonCommandAck      uint16 = 51
	TypeLog                uint16 = 52
	TypeLogAck             uint16 = 53
	TypeKVData             uint16 = 54
	TypeGetPoolStats       uint16 = 58
	TypeGetPoolStatsReply  uint16 = 59
	TypeConfig             uint16 = 62
	TypeGetConfig          uint16 = 63
	TypeCommand            uint16 = 97
	TypeCommandReply       uint16 = 98
	TypeFSMapUser          uint16 = 103
	TypeMgrMap             uint16 = 0x704
	TypeServiceMap         uint16 = 0x707
	TypeMgrCommand         uint16 = 0x709
	TypeMgrCommandReply    uint16 = 0x70a
)

// kind is a row of the registry: version is the newest that the Go type decodes.
type kind struct {
	name    string
	version uint16
	make    func() Message
}

var kinds = map[uint16]kind{
	TypePing:               {"MPing", 1, func() Message { return new(MPing) }},
	TypeMonMap:             {"MMonMap", 1, func() Message { return new(MMonMap) }},
	TypeMonGetMap:          {"MMonGetMap", 1, func() Message { return new(MMonGetMap) }},
	TypeMonGetOSDMap:       {"MMonGetOSDMap", 1, func() Message { return new(MMonGetOSDMap) }},
	TypeStatfs:             {"MStatfs", 2, func() Message { return new(MStatfs) }},
	TypeStatfsReply:        {"MStatfsReply", 1, func() Message { return new(MStatfsReply) }},
	TypeMonSubscribe:       {"MMonSubscribe", 3, func() Message { return new(MMonSubscribe) }},
	TypeMonSubscribeAck:    {"MMonSubscribeAck", 1, func() Message { return new(MMonSubscribeAck) }},
	TypeAuth:               {"MAuth", 1, func() Message { return new(MAuth) }},
	TypeAuthReply:          {"MAuthReply", 1, func() Message { return new(MAuthReply) }},
	TypeMonGetVersion:      {"MMonGetVersion", 1, func() Message { return new(MMonGetVersion) }},
	TypeMonGetVersionReply: {"MMonGetVersionReply", 2, func() Message { return new(MMonGetVersionReply) }},
	TypeOSDMap:             {"MOSDMap", 4, func() Message { return new(MOSDMap) }},
	TypeFSMap:              {"MFSMap", 1, func() Message { return new(MFSMap) }},
	TypePoolOpReply:        {"MPoolOpReply", 1, func() Message { return new(MPoolOpReply) }},
	TypePoolOp:             {"MPoolOp", 4, func() Message { return new(MPoolOp) }},
	TypeMonCommand:         {"MMonCommand", 1, func() Message { return new(MMonCommand) }},
	TypeMonCommandAck:      {"MMonCommandAck", 1, func() Message { return new(MMonCommandAck) }},
	TypeLog:                {"MLog", 1, func() Message { return new(MLog) }},
	TypeLogAck:             {"MLogAck", 1, func() Message { return new(MLogAck) }},
	TypeKVData:             {"MKVData", 1, func() Message { return new(MKVData) }},
	TypeGetPoolStats:       {"MGetPoolStats", 1, func() Message { return new(MGetPoolStats) }},
	TypeGetPoolStatsReply:  {"MGetPoolStatsReply", 2, func() Message { return new(MGetPoolStatsReply) }},
	TypeConfig:             {"MConfig", 1, func() Message { return new(MConfig) }},
	TypeGetConfig:          {"MGetConfig", 1, func() Message { return new(MGetConfig) }},
	TypeCommand:            {"MCommand", 1, func() Message { return new(MCommand) }},
	TypeCommandReply:       {"MCommandReply", 1, func() Message { return new(MCommandReply) }},
	TypeFSMapUser:          {"MFSMapUser", 1, func() Message { return new(MFSMapUser) }},
	TypeMgrMap:             {"MMgrMap", 1, func() Message { return new(MMgrMap) }},
	TypeServiceMap:         {"MServiceMap", 1, func() Message { return new(MServiceMap) }},
	TypeMgrCommand:         {"MMgrCommand", 1, func() Message { return new(MMgrCommand) }},
	TypeMgrCommandReply:    {"MMgrCommandReply", 1, func() Message { return new(MMgrCommandReply) }},
}

// New returns an empty message of the type, false when there is none.
func New(typ uint16) (Message, bool) {
	k, ok := kinds[typ]
	if !ok {
		return nil, false
	}
	return k.make(), true
}

// TypeName returns the name of a message type, such as MMonCommand, or its number when the registry does not have it.
func TypeName(typ uint16) string {
	if k, ok := kinds[typ]; ok {
		return k.name
	}
	return fmt.Sprintf("message type 0x%x", typ)
}

// newestVersion returns the newest version that this package decodes of a type.
func newestVersion(typ uint16) uint16 { return kinds[typ].version }
