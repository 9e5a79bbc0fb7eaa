package cephmap

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
)

// ErrChecksum says that the bytes of an OSD map are not those that its checksum was made of.
var ErrChecksum = errors.New("cephmap: wrong checksum")

// The newest versions: of the wrapper of full maps and incrementals alike, and of their parts.
const (
	osdMapVersion                  = 8
	osdMapCompat                   = 7
	osdMapClientVersion            = 10
	osdMapIncrementalClientVersion = 9
	osdPartVersion                 = 12
)

// What errors call the two.
const (
	osdMapName            = "osdmap"
	osdMapIncrementalName = "osdmap_incremental"
)

// OSDMapHeader is what identifies a full OSD map.
type OSDMapHeader struct {
	FSID     uuid.UUID
	Epoch    uint32
	Created  denc.UTime
	Modified denc.UTime
}

// OSDMapIncrementalHeader is what identifies an incremental, which turns the map of the epoch before into that of
// Epoch.
type OSDMapIncrementalHeader struct {
	FSID     uuid.UUID
	Epoch    uint32
	Modified denc.UTime
}

// osdMapFrames is what full maps and incrementals have in common: a wrapper around the part for clients, the part
// for OSDs and, from version 8 on, a checksum.
type osdMapFrames struct {
	crc     uint32 // crc or inc_crc
	crcAt   int    // its offset
	fullCRC uint32 // of an incremental
	hasCRC  bool
}

// osdMapPart reads from the beginning of one of the two parts; a nil one reads nothing.
type osdMapPart func(r *denc.Reader, version uint8)

// decodeOSDMapFrames walks through the frames of a full map or an incremental, whose part for clients has
// clientVersion as its newest known version. In the wrapper's known version nothing may follow the checksums.
func decodeOSDMapFrames(b []byte, name string, clientVersion uint8, client, osd osdMapPart) (osdMapFrames, error) {
	var f osdMapFrames
	r := denc.NewReader(b)
	s := r.Start(name, osdMapVersion)
	if r.Err() == nil && s.Version < 7 {
		r.Fail("struct_v", "%d is older than 7, the oldest supported", s.Version)
	}
	part := r.Start("client", clientVersion)
	client(r, part.Version)
	r.Finish(part)
	if osd == nil {
		r.Finish(r.Start("osd", 255)) // not read, so any version will do
	} else {
		part = r.Start("osd", osdPartVersion)
		osd(r, part.Version)
		r.Finish(part)
	}
	if s.Version >= 8 {
		f.hasCRC, f.crcAt = true, r.Offset()
		f.crc = r.Uint32("crc")
		if name == osdMapIncrementalName {
			f.fullCRC = r.Uint32("full_crc")
		}
	}
	if n := r.Remaining(); n > 0 && s.Version <= osdMapVersion {
		r.Fail("crc", "%d bytes after the map", n)
	}
	r.Finish(s)
	if err := r.Done(); err != nil {
		return osdMapFrames{}, fmt.Errorf("cephmap: %w", err)
	}
	return f, nil
}

func decodeOSDMapHeader(b []byte) (h OSDMapHeader, f osdMapFrames, err error) {
	f, err = decodeOSDMapFrames(b, osdMapName, osdMapClientVersion, func(r *denc.Reader, _ uint8) {
		h.FSID = r.UUID("fsid")
		h.Epoch = r.Uint32("epoch")
		h.Created = r.UTime("created")
		h.Modified = r.UTime("modified")
	}, nil)
	if err != nil {
		return OSDMapHeader{}, f, err
	}
	return h, f, nil
}

func decodeOSDMapIncrementalHeader(b []byte) (h OSDMapIncrementalHeader, f osdMapFrames, err error) {
	f, err = decodeOSDMapFrames(b, osdMapIncrementalName, osdMapIncrementalClientVersion, func(r *denc.Reader, _ uint8) {
		h.FSID = r.UUID("fsid")
		h.Epoch = r.Uint32("epoch")
		h.Modified = r.UTime("modified")
	}, nil)
	if err != nil {
		return OSDMapIncrementalHeader{}, f, err
	}
	return h, f, nil
}

// DecodeOSDMapHeader reads what identifies a full OSD map (OSDMap in src/osd/OSDMap.h) and checks that b holds it
// completely and nothing else, but not its checksum.
func DecodeOSDMapHeader(b []byte) (OSDMapHeader, error) {
	h, _, err := decodeOSDMapHeader(b)
	return h, err
}

// DecodeOSDMapIncrementalHeader reads what identifies an incremental (OSDMap::Incremental in src/osd/OSDMap.h) and
// checks that b holds it completely and nothing else, but not its checksum.
func DecodeOSDMapIncrementalHeader(b []byte) (OSDMapIncrementalHeader, error) {
	h, _, err := decodeOSDMapIncrementalHeader(b)
	return h, err
}

// VerifyOSDMap returns an error when b is no complete full OSD map, or one that wraps ErrChecksum when its checksum
// is wrong. Maps of version 7 have none and pass.
func VerifyOSDMap(b []byte) error {
	_, f, err := decodeOSDMapHeader(b)
	if err != nil {
		return err
	}
	return f.verify(b)
}

// VerifyOSDMapIncremental is VerifyOSDMap for incrementals. It checks the incremental's own checksum. The other one,
// of the full map to come, holds only for clients with all features of the cluster.
func VerifyOSDMapIncremental(b []byte) error {
	_, f, err := decodeOSDMapIncrementalHeader(b)
	if err != nil {
		return err
	}
	return f.verify(b)
}

// verify compares the checksum with that of everything else, before and after it: an incremental's goes on over the
// full_crc that follows.
func (f osdMapFrames) verify(b []byte) error {
	if !f.hasCRC {
		return nil
	}
	sum := denc.CRC32C(denc.CRC32C(denc.CRCSeed, b[:f.crcAt]), b[f.crcAt+4:])
	if sum != f.crc {
		return fmt.Errorf("%w: 0x%08x for 0x%08x", ErrChecksum, sum, f.crc)
	}
	return nil
}
