package monmsg

import (
	"encoding/binary"

	"github.com/libmonclient/libmonclient/denc"
)

// frameHeader is the size of what precedes a versioned structure: version, compat, length.
const frameHeader = 6

// decodeRawMap takes the versioned structure at the end of a front, uninterpreted, frame included. It begins with the
// map's epoch. A message of a version newer than newest may go on after it.
func decodeRawMap(r *denc.Reader, field string, version, newest uint16) []byte {
	raw := r.Rest()
	if r.Err() != nil {
		return nil
	}
	rr := denc.NewReader(raw)
	s := rr.Start(field, 255) // which versions can be read is for the map's decoder to say
	rr.Uint32("epoch")
	rr.Finish(s)
	switch err := rr.Err(); {
	case err != nil:
		r.Fail(field, "no versioned map: %v", err)
		return nil
	case rr.Remaining() > 0 && version <= newest:
		r.Fail(field, "%d bytes after the map", rr.Remaining())
		return nil
	}
	n := rr.Offset()
	return raw[:n:n]
}

// rawEpoch returns the epoch that a versioned map begins with, 0 when the map is too short to have one.
func rawEpoch(raw []byte) uint32 {
	if len(raw) < frameHeader+4 {
		return 0
	}
	return binary.LittleEndian.Uint32(raw[frameHeader:])
}
