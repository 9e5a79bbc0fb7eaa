package capture

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// maxPerType is how many messages of one type Golden keeps.
const maxPerType = 6

// Golden returns the messages that are worth keeping: no two with the same content, and of each type the first few.
func Golden(all []Message) []Message {
	var kept []Message
	count := make(map[uint16]int)
	for _, m := range all {
		known := false
		for _, k := range kept {
			known = known || k.Type == m.Type && bytes.Equal(k.Front, m.Front) && bytes.Equal(k.Data, m.Data)
		}
		// The first incrementals say little; the monmaps all differ in what can be in one.
		if known || m.Type != monmsg.TypeMonMap && count[m.Type] == maxPerType {
			continue
		}
		count[m.Type]++
		kept = append(kept, m)
	}
	return kept
}

// Hex returns the message as package monmsg keeps golden messages: a header, and every segment that is not empty
// in hex. program is the one that sent it, with its version.
func (m Message) Hex(program string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# type: %d\n# version: %d\n# compat: %d\n", m.Type, m.Version, m.Compat)
	fmt.Fprintf(&b, "# origin: %s, provoked by %s, caught by internal/cmd/capture\n", program, m.Why)
	for _, segment := range []struct {
		name  string
		bytes []byte
	}{{"front", m.Front}, {"middle", m.Middle}, {"data", m.Data}} {
		if len(segment.bytes) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", segment.name)
		for rest := segment.bytes; len(rest) > 0; {
			n := min(64, len(rest))
			b.WriteString(hex.EncodeToString(rest[:n]) + "\n")
			rest = rest[n:]
		}
	}
	return b.Bytes()
}

// Map is an encoded map out of a message.
type Map struct {
	Name  string // of the file: monmap-e1, osdmap-e7, osdmap-inc-e8, mgrmap, fsmap, fsmap-user, servicemap
	Bytes []byte
	Why   string
}

// Maps returns the maps that are in the messages, each once. A monmap in a form from before Nautilus is called
// legacy-monmap, an OSD map from the same message is left out.
func Maps(all []Message) ([]Map, error) {
	var maps []Map
	add := func(why, name string, b []byte) {
		for _, m := range maps {
			if m.Name == name && bytes.Equal(m.Bytes, b) {
				return
			}
		}
		maps = append(maps, Map{name, b, why})
	}
	legacy := func(m Message) bool { return m.Why == whyOlder }
	for _, m := range all {
		decoded, err := m.Decode()
		if err != nil {
			return nil, err
		}
		switch d := decoded.(type) {
		case *monmsg.MMonMap:
			if legacy(m) {
				add(m.Why, "legacy-monmap", d.Map)
			} else if len(d.Map) >= 26 {
				add(m.Why, fmt.Sprintf("monmap-e%d", d.Map[22]), d.Map) // the epoch; there are few
			}
		case *monmsg.MOSDMap:
			for _, e := range d.Full {
				if !legacy(m) {
					add(m.Why, fmt.Sprintf("osdmap-e%d", e.Epoch), e.Map)
				}
			}
			for _, e := range d.Incrementals {
				add(m.Why, fmt.Sprintf("osdmap-inc-e%d", e.Epoch), e.Map)
			}
		case *monmsg.MMgrMap:
			add(m.Why, "mgrmap", d.Map)
		case *monmsg.MFSMap:
			add(m.Why, "fsmap", d.Map)
		case *monmsg.MFSMapUser:
			add(m.Why, "fsmap-user", d.Map)
		case *monmsg.MServiceMap:
			add(m.Why, "servicemap", d.Map)
		}
	}
	return maps, nil
}
