package cephmap

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// MgrMapHeader is what identifies a map of the managers. It has no fsid.
type MgrMapHeader struct {
	Epoch uint32
}

// DecodeMgrMapHeader reads what identifies a map of the managers (src/mon/MgrMap.h) and checks that b holds it
// completely and nothing else.
func DecodeMgrMapHeader(b []byte) (MgrMapHeader, error) {
	var h MgrMapHeader
	err := decodeHeader(b, "mgrmap", 14, func(r *denc.Reader) { h.Epoch = r.Uint32("epoch") })
	return h, err
}

// decodeHeader reads the beginning of a versioned map that is all of b; newest is the newest version known of it.
func decodeHeader(b []byte, name string, newest uint8, read func(*denc.Reader)) error {
	r := denc.NewReader(b)
	s := r.Start(name, newest)
	read(r)
	r.Finish(s)
	if err := r.Done(); err != nil {
		return fmt.Errorf("cephmap: %w", err)
	}
	return nil
}
