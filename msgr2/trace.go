package msgr2

import "slices"

// Frame is a frame for those who look on (ClientConfig.Trace, ServerConfig.Trace). Its memory is its own.
type Frame struct {
	Sent bool
	// Tag is what the frame carries, MESSAGE for example, as src/msg/async/frames_v2.h calls it.
	Tag string
	// Segments are its one to four segments; the first of a MESSAGE is its header. What authenticates is in there in
	// clear, so whoever keeps frames of the handshake keeps secrets.
	Segments [][]byte
}

// IsMessage reports whether the frame carries a message, and returns it.
func (f Frame) IsMessage() (*Message, bool) {
	if f.Tag != tagMessage.String() {
		return nil, false
	}
	in := frame{tag: tagMessage, n: len(f.Segments)}
	copy(in.segs[:], f.Segments)
	m, err := parseMessage(&in)
	return m, err == nil
}

func traceSent(trace func(Frame), t tag, segs []segment) {
	if trace == nil {
		return
	}
	f := Frame{Sent: true, Tag: t.String()}
	for _, s := range segs {
		f.Segments = append(f.Segments, s.appendTo(nil))
	}
	trace(f)
}

func traceReceived(trace func(Frame), in *frame) {
	if trace == nil {
		return
	}
	f := Frame{Tag: in.tag.String()}
	for _, s := range in.segs[:in.n] {
		f.Segments = append(f.Segments, slices.Clone(s))
	}
	trace(f)
}
