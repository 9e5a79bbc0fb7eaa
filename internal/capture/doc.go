// Package capture provokes every message that a monitor sends to a client on a real cluster, and keeps the bytes: for
// golden files, which `go run ./internal/cmd/capture` writes, and for the integration tests, which look at what is
// captured live. It also records whole connections, both directions, for tests that replay them.
//
// It talks to monitors with packages msgr2, cephx and monmsg directly, because a monitor client hides what it has no
// use for. It decodes nothing of what it keeps. It is not a product: only tests and the command may use it, on clusters
// of package realceph, which it changes.
package capture
