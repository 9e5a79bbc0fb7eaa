// Package racecheck says whether this program was built with the race detector, so that the run which relies
// on the detector can prove that it was there, and a test that counts allocations can leave them uncounted
// where the detector adds its own.
//
// It detects nothing itself. Only tests use it.
package racecheck
