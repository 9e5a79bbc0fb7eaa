package cephmap

import "github.com/libmonclient/libmonclient/denc"

// FSMapHeader is what identifies a map of the file systems. It has no fsid.
type FSMapHeader struct {
	Epoch uint32
}

// DecodeFSMapHeader reads what identifies a map of the file systems (src/mds/FSMap.h) and checks that b holds it
// completely and nothing else.
func DecodeFSMapHeader(b []byte) (FSMapHeader, error) {
	var h FSMapHeader
	err := decodeHeader(b, "fsmap", 8, func(r *denc.Reader) { h.Epoch = r.Uint32("epoch") })
	return h, err
}

// FSMapUserHeader is what identifies the list of file systems that clients get.
type FSMapUserHeader struct {
	Epoch uint32
}

// DecodeFSMapUserHeader reads what identifies the list of file systems (src/mds/FSMapUser.h) and checks that b holds
// it completely and nothing else.
func DecodeFSMapUserHeader(b []byte) (FSMapUserHeader, error) {
	var h FSMapUserHeader
	err := decodeHeader(b, "fsmap_user", 1, func(r *denc.Reader) { h.Epoch = r.Uint32("epoch") })
	return h, err
}
