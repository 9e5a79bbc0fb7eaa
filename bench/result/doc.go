// Package result has what the benchmarks measure in one form: a quantity of some work, ours beside somebody else's, round by
// round. Each program appends its measurements to a file of JSON lines, from which bench/report makes the table and the plots.
// Programs that are not written in Go write such lines, too.
package result
