// Package codecs has the benchmarks of the codecs of messages and maps. Those of denc, cephx and msgr2 are in these
// packages, because they need what these do not export.
package codecs
