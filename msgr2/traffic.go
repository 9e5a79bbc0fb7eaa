package msgr2

import "sync/atomic"

// Traffic counts what connections carry. It is safe for concurrent use.
type Traffic struct {
	// BytesIn and BytesOut are what went over the network connections, as it was there: with everything that the protocol,
	// and encryption, add to messages, and with handshakes, failed ones included.
	BytesIn, BytesOut atomic.Uint64
	// MessagesIn and MessagesOut are the messages among it. One counts as sent when all of it was handed to the network.
	// Keepalives are no messages.
	MessagesIn, MessagesOut atomic.Uint64
}

// sent counts the messages of a buffer of which n bytes were written. Nothing is counted by nil.
func (t *Traffic) sent(messages []sealed, n int) {
	if t == nil {
		return
	}
	for len(messages) > 0 && messages[len(messages)-1].end > n {
		messages = messages[:len(messages)-1]
	}
	t.MessagesOut.Add(uint64(len(messages)))
}

// received counts a message. Nothing is counted by nil.
func (t *Traffic) received() {
	if t != nil {
		t.MessagesIn.Add(1)
	}
}
