// Package monmsg holds the messages that a monitor client and a monitor exchange (src/messages): one type each, with
// the front of the message encoded and decoded, and a registry by type number.
//
// It knows the payload of a message. The header (sequence number, tid, priority) and the frame belong to package
// msgr2; the maps that some messages carry stay bytes here and are read by package cephmap; what to answer is
// the business of package monclient. It imports denc and nothing else of this module. Monitor clients call it, and
// monitors in tests.
//
// Decoded messages alias the bytes they were decoded from wherever a field is a []byte: maps, data segments,
// authentication payloads. Strings are copies.
package monmsg
