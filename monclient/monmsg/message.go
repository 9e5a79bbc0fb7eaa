package monmsg

import (
	"errors"
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

var (
	// ErrUnknownType says that the registry has no message of that type number. Clients ignore such messages: newer
	// monitors may send them.
	ErrUnknownType = errors.New("monmsg: unknown message type")
	// ErrCompat says that the sender demands a decoder newer than this one.
	ErrCompat = denc.ErrCompat
)

// Message is one message, without its header. Methods are not safe for concurrent use with changes to the fields.
type Message interface {
	// MsgType returns the type number, the same for every value of the Go type.
	MsgType() uint16
	// MsgVersion returns the version and the compat version for the header of the message as AppendFront encodes it.
	MsgVersion() (version, compat uint16)
	// AppendFront appends the front segment as a peer with the given features is to receive it.
	AppendFront(b []byte, features denc.Features) []byte
	// DecodeFront reads the front segment of a message whose header says version. Failures are left in r.
	// Byte slices alias the input.
	DecodeFront(r *denc.Reader, version uint16)
}

// DataMessage is a Message that has a data segment as well.
type DataMessage interface {
	Message
	// Data returns the data segment, which is not copied.
	Data() []byte
	// SetData keeps p, uncopied, as the data segment.
	SetData(p []byte)
}

// Decode decodes the segments of a received message. The result aliases them.
//
// The error wraps ErrUnknownType when there is no such type, ErrCompat when the sender demands a newer decoder, and
// one of denc's errors when the front is bad; it names the message and the field. A front of a version newer than
// ours may have bytes left, a front of our version or an older one may not. No message here has a middle segment;
// like a data segment where none belongs, it is ignored, as Ceph does.
func Decode(typ, version, compat uint16, front, middle, data []byte) (Message, error) {
	m, ok := New(typ)
	if !ok {
		return nil, fmt.Errorf("%w %d (0x%x)", ErrUnknownType, typ, typ)
	}
	newest := newestVersion(typ)
	if compat > newest {
		return nil, fmt.Errorf("monmsg: %s version %d: %w: needs a decoder of version %d, this is %d",
			TypeName(typ), version, ErrCompat, compat, newest)
	}
	r := denc.NewReader(front)
	m.DecodeFront(r, version)
	err := r.Err()
	if version <= newest {
		err = r.Done()
	}
	if err != nil {
		return nil, fmt.Errorf("monmsg: %s version %d: %w", TypeName(typ), version, err)
	}
	if d, ok := m.(DataMessage); ok {
		d.SetData(data)
	}
	return m, nil
}

// oldest makes r fail when the message is of a version before the oldest that a 16.2 or later peer sends.
func oldest(r *denc.Reader, version, supported uint16) {
	if version < supported {
		r.Fail("header.version", "%d is older than %d, the oldest supported", version, supported)
	}
}
