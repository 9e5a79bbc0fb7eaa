// Command ceiling measures how fast the client is where the monitor is not what it waits for: against a monitor in the same
// process (monclient/montest) over loopback TCP, which does next to nothing for a query. Both work on the same processors, so
// every number has the monitor's half of the work in it, and is lower than what the client alone could do.
//
//	ceiling [-rounds 4] [-duration 500ms] [-modes secure,crc] [-loads REGEXP] [-inflight 1000]
//	        [-results FILE] [-cpuprofile FILE] [-memprofile FILE]
//
// The loads are version queries and commands, by one caller that waits for each answer, and pipelined: as many in flight as
// -inflight says, started by one goroutine. Of pipelined ones the operations per second are told, of others the median and
// the 99th percentile of the time that one takes; of all, the processor time of the whole process, the operations that one
// processor would do in a second, and the allocations of Go's heap, by operation. Values are the medians of the rounds.
//
// -results appends all rounds as measurements (bench/result). The profiles are of the measured parts only; goroutines are
// labelled "side", client or monitor, so that pprof's -tagfocus and -tags tell both apart.
package main
