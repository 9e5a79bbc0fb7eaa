package msgr2

import "fmt"

// tag says what a frame carries (Tag in src/msg/async/frames_v2.h).
type tag uint8

const (
	tagHello           tag = 1
	tagAuthRequest     tag = 2
	tagAuthBadMethod   tag = 3
	tagAuthReplyMore   tag = 4
	tagAuthRequestMore tag = 5
	tagAuthDone        tag = 6
	tagAuthSignature   tag = 7
	tagClientIdent     tag = 8
	tagServerIdent     tag = 9
	tagMissingFeatures tag = 10
	tagReconnect       tag = 11
	tagReset           tag = 12
	tagRetry           tag = 13
	tagRetryGlobal     tag = 14
	tagReconnectOK     tag = 15
	tagWait            tag = 16
	tagMessage         tag = 17
	tagKeepalive2      tag = 18
	tagKeepalive2Ack   tag = 19
	tagAck             tag = 20
	tagCompressionReq  tag = 21
	tagCompressionDone tag = 22
)

var tagNames = [...]string{
	tagHello: "HELLO", tagAuthRequest: "AUTH_REQUEST", tagAuthBadMethod: "AUTH_BAD_METHOD", tagAuthReplyMore: "AUTH_REPLY_MORE",
	tagAuthRequestMore: "AUTH_REQUEST_MORE", tagAuthDone: "AUTH_DONE", tagAuthSignature: "AUTH_SIGNATURE",
	tagClientIdent: "CLIENT_IDENT", tagServerIdent: "SERVER_IDENT", tagMissingFeatures: "IDENT_MISSING_FEATURES",
	tagReconnect: "SESSION_RECONNECT", tagReset: "SESSION_RESET", tagRetry: "SESSION_RETRY", tagRetryGlobal: "SESSION_RETRY_GLOBAL",
	tagReconnectOK: "SESSION_RECONNECT_OK", tagWait: "WAIT", tagMessage: "MESSAGE", tagKeepalive2: "KEEPALIVE2",
	tagKeepalive2Ack: "KEEPALIVE2_ACK", tagAck: "ACK", tagCompressionReq: "COMPRESSION_REQUEST", tagCompressionDone: "COMPRESSION_DONE",
}

func (t tag) String() string {
	if int(t) < len(tagNames) && tagNames[t] != "" {
		return tagNames[t]
	}
	return fmt.Sprintf("frame tag %d", uint8(t))
}
