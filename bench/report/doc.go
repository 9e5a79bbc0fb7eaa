// Command report makes of measurements what people read: bench/RESULTS.md with the project's aims and a table for each
// section, and the plots beside it.
//
//	report machine -release reef          what this machine is, as JSON; to be asked before the measuring, for its load
//	report convert -results FILE          go test -bench -benchmem on standard input, as measurements
//	report take NEW MACHINE DIR           NEW's sections replace those in DIR/results.jsonl, and write follows
//	report write DIR                      DIR/RESULTS.md and DIR/*.svg from DIR/results.jsonl and DIR/machine.json
//	report check [-factor 1.5] OLD NEW    what got better and worse from one results file to the other
//
// The files of measurements are those of package result; a measurement that a file has twice is an error, because nobody
// could say which one counts. The same files make the same report to the byte.
//
// The aims are computed from measurements that they name. One whose measurements are not all there is "not measured",
// unless those that are there suffice to say that it is not met.
//
// check compares ratios, not times: those depend on the machine. Nothing else changes its exit status: 1 if a ratio is
// worse by more than the factor, and lies outside of what either file's rounds have seen. A measurement that only one file
// has is named and judged no further.
//
// The exit status is 2 for wrong usage, and 1 when something failed.
package main
