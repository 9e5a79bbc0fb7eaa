package denc

import "hash/crc32"

// CRCSeed is the seed that Ceph starts most of its checksums with, -1; preambles of frames start with 0.
const CRCSeed uint32 = 0xffffffff

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CRC32C continues a CRC-32C (Castagnoli) over b without inverting the result (ceph_crc32c in src/include/crc32c.h):
// seed is where it starts, or the result over what came before.
func CRC32C(seed uint32, b []byte) uint32 { return ^crc32.Update(^seed, castagnoli, b) }
