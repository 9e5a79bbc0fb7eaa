// Package cephx is Ceph's authentication (src/auth/cephx): keys and keyring files, the two envelopes that seal things
// with a key, tickets, and both sides of the handshake with a monitor or another daemon as state machines.
//
// It is bytes in, bytes out. It knows no sockets and no frames: messenger v2 drives a [Handshake] through four methods
// of basic types (Begin, BadMethod, More, Done) and knows nothing of this package, as this package knows nothing of
// the messenger. It imports denc and the standard library. The monitor client, its configuration and the embedded
// monitors for tests call it; no one else needs to.
//
// The way of a client: a [Key] comes from text or from a [Keyring]; each connection attempt gets its own [Handshake],
// made from a [Config] with the [AuthState] of the attempt before; the attempt that wins yields a [Session], which keeps
// the tickets fresh while the connection lives, and whose State goes into the next attempt. A [ServiceHandshake]
// presents a ticket to a manager or an OSD.
//
// The way of a monitor, for embedded ones: a quorum shares a [KeyServer], which knows the entities' keys, makes the tickets
// and rotates what seals them; each accepted connection gets a [ServerHandshake], driven through Request and More,
// which yields a [ServerSession] that answers renewals. A manager or an OSD reads tickets with a
// [ServiceServerHandshake]. Its answers, refusals included, are those of real monitors, whose faults a test
// can add with [ServerFaults].
//
// # Secrets
//
// A Key, a ticket, a state, a handshake and a session print as [redacted] or as their harmless parts, whatever the verb,
// and do the same in slog, encoding/json and other text encoders. Even a struct that keeps one in an unexported field,
// where the fmt package calls no methods, prints an address. The text of a key is had by asking for it, with
// [Key.Reveal]. Errors never quote a key, nor a keyring's line.
package cephx
