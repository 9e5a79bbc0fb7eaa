// Package msgr2 is Ceph's messenger version 2 (src/msg/async/ProtocolV2.cc, frames_v2.cc, crypto_onwire.cc): the
// banner, frames in both revisions and both modes, the handshake of both roles, and Conn, which sends and receives
// messages once the handshake is done.
//
// It carries bytes. What the messages mean, and how the peers prove who they are, is somebody else's: authentication
// is the interface Authenticator (ServerAuthenticator for the accepting side), messages are a type number and three
// byte segments. It imports denc only.
//
// A Conn has one reader, the goroutine that calls Receive, and one writer, a goroutine of its own which drains the
// queue of Send, and which Close ends.
//
// Monitors treat every client as lossy: a broken connection is not resumed, and so the SESSION_* frames of the
// protocol end the connection here.
package msgr2
