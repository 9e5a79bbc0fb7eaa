package cephmap

import "github.com/libmonclient/libmonclient/denc"

// ServiceMapHeader is what identifies a map of service daemons. It has no fsid.
type ServiceMapHeader struct {
	Epoch    uint32
	Modified denc.UTime
}

// DecodeServiceMapHeader reads what identifies a map of service daemons (src/mgr/ServiceMap.h) and checks that b holds
// it completely and nothing else.
func DecodeServiceMapHeader(b []byte) (ServiceMapHeader, error) {
	var h ServiceMapHeader
	err := decodeHeader(b, "servicemap", 1, func(r *denc.Reader) {
		h.Epoch = r.Uint32("epoch")
		h.Modified = r.UTime("modified")
	})
	return h, err
}
