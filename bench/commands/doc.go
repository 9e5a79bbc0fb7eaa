// Command bench measures this repository's client beside librados: the same commands to the same real monitor in the same
// run, with the same ceph.conf and keyring.
//
//	bench [-release reef] [-rounds 9] [-scale 1] [-modes secure,crc] [-scenarios REGEXP] [-text FILE] [-json FILE] [-profile DIR]
//
// Each side is a program of its own, so that the kernel counts its processor time: bench/commands/client (ours) and
// librados/librados_bench.c, which is compiled against the librados of the release's unpacked tree and runs with that
// tree's libraries. They have one command line and take time in the same places:
//
//   - wall: one operation as its caller sees it, the median and the 99th percentile of all callers' operations;
//   - elapsed: the whole load divided by its operations, which differs from wall where several callers share a session;
//   - cpu: user and system time of the whole process during the load, all its threads, divided by the operations;
//   - switches: context switches, voluntary and not, likewise;
//   - allocations: of Go's heap, ours only;
//   - resident: the process's memory after connecting and a first command; anonymous: what of that is not of files,
//     which processes share.
//
// A tenth of every load goes first and is not measured. The sides take turns, and each round the other one begins, so
// that what else the machine does hits both alike. Every number in the table is the median of the rounds. A ratio is
// ours divided by librados's: its value is the median of the rounds' own ratios, and the range next to it their lowest
// and highest. Below 1, ours is less. Where a range is wide the machine was not quiet, or the rounds were too few.
//
// The monitor runs on the same machine and has a share in wall and elapsed; cpu, switches and memory are the clients'
// alone. It does not keep its log of commands, which would cost it more than the commands do.
//
// What the programs do not share: librados also follows the OSD map and the manager map, as it always does, and fetches
// monmap and configuration through a connection of their own before it connects, which "connect" shows.
//
// The exit status is 3 when something that must be installed is missing; the text says what.
//
// -text appends the results in the format of Go benchmarks, one line for each side and round, for benchstat:
//
//	benchstat -col /client bench-reef.txt          # ours beside librados
//	benchstat -filter /client:ours old.txt new.txt # before and after a change
package main
