package msgr2

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// Payload encodes the front of a message straight into the write buffer.
type Payload interface {
	AppendFront(b []byte, features denc.Features) []byte
}

// Message priorities (CEPH_MSG_PRIO_* in src/include/msgr.h).
const (
	PriorityLow     uint16 = 64
	PriorityDefault uint16 = 127
	PriorityHigh    uint16 = 196
)

// Message is one message, sent or received (ceph_msg_header2 in src/include/msgr.h). After Send it belongs to the
// connection until it has been written: do not change it. A received message belongs to its receiver.
type Message struct {
	Type     uint16
	Version  uint16
	Compat   uint16
	Priority uint16 // 0: PriorityDefault
	Tid      uint64
	Seq      uint64 // set by the connection

	// Payload, when set, is sent instead of Front.
	Payload Payload
	Front   []byte
	Middle  []byte
	Data    []byte
}

// headerLen is the size of the first segment of a message frame.
const headerLen = 41

// flagsComplete is CEPH_MSG_FOOTER_COMPLETE | CEPH_MSG_FOOTER_NOCRC, which messages of msgr2 carry.
const flagsComplete = 3

// outgoing is a message on its way into the write buffer: the encoder of its header and of its front.
type outgoing struct {
	m        *Message
	seq, ack uint64
}

func (o *outgoing) appendTo(b []byte) []byte {
	m := o.m
	b = denc.AppendUint64(b, o.seq)
	b = denc.AppendUint64(b, m.Tid)
	b = denc.AppendUint16(b, m.Type)
	priority := m.Priority
	if priority == 0 {
		priority = PriorityDefault
	}
	b = denc.AppendUint16(b, priority)
	b = denc.AppendUint16(b, m.Version)
	b = denc.AppendUint32(b, 0) // data_pre_padding_len
	b = denc.AppendUint16(b, 0) // data_off
	b = denc.AppendUint64(b, o.ack)
	b = denc.AppendUint8(b, flagsComplete)
	b = denc.AppendUint16(b, m.Compat)
	return denc.AppendUint16(b, 0) // reserved
}

// frontEncoder encodes the front of a message.
type frontEncoder struct {
	payload  Payload
	features denc.Features
}

func (e *frontEncoder) appendTo(b []byte) []byte { return e.payload.AppendFront(b, e.features) }

// parseMessage takes a message out of a frame. Its segments are those of the frame.
func parseMessage(f *frame) (m *Message, err error) {
	head := f.segs[0]
	if len(head) != headerLen {
		return nil, frameErrorf("message header of %d bytes, want %d", len(head), headerLen)
	}
	r := denc.NewReader(head)
	m = &Message{Front: f.segs[1], Middle: f.segs[2], Data: f.segs[3]}
	m.Seq = r.Uint64("header.seq")
	m.Tid = r.Uint64("header.tid")
	m.Type = r.Uint16("header.type")
	m.Priority = r.Uint16("header.priority")
	m.Version = r.Uint16("header.version")
	prePadding := r.Uint32("header.data_pre_padding_len")
	r.Uint16("header.data_off")
	r.Uint64("header.ack_seq")
	r.Uint8("header.flags")
	m.Compat = r.Uint16("header.compat_version")
	r.Uint16("header.reserved")
	if prePadding != 0 {
		return nil, frameErrorf("message type %d with %d bytes of data padding", m.Type, prePadding)
	}
	return m, r.Err()
}

// String names the message for logs.
func (m *Message) String() string {
	return fmt.Sprintf("message type %d v%d tid %d seq %d front %d data %d", m.Type, m.Version, m.Tid, m.Seq, len(m.Front), len(m.Data))
}
