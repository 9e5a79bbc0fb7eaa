// Package handle turns objects into numbers that can cross the C boundary and come back: never used twice, with the
// kind of the object in the last byte, so that a stale, foreign or invented one is found out and never another object.
//
// It knows nothing of C. Package capi has one Table for each kind.
package handle
