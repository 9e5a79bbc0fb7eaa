package cephmap

import "encoding/binary"

// Checksum returns the checksum that the map has when it is encoded, which OSDMapIncremental.FullCRC has of the map that it
// makes. It costs as much as encoding the map.
func (m *OSDMap) Checksum() uint32 {
	b := m.AppendTo(nil)
	return binary.LittleEndian.Uint32(b[len(b)-crcSize:]) // it comes last
}

// crcSize is that of a checksum.
const crcSize = 4
