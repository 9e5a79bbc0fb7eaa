// Command commands measures this repository's clients beside librados: the same sessions, commands and questions to the same real
// monitors in the same run, with the same ceph.conf and keyring.
//
//	commands [-release reef] [-rounds 7] [-scale 1] [-modes secure,crc] [-scenarios REGEXP]
//	         [-results FILE] [-text FILE] [-json FILE] [-profile DIR]
//
// Each side is a program of its own, so that the kernel counts its processor time: bench/commands/client is ours in Go ("go"),
// c/monclient.c is ours by the C library ("c"), and c/librados.c is compiled against the librados of the release's unpacked tree
// and runs with that tree's libraries. The two in C have c/load.c in common. All have one command line and take time in the same
// places:
//
//   - wall: one operation as its caller sees it, percentiles of all callers' operations;
//   - elapsed: the whole load divided by its operations, which differs from wall where several callers share a session;
//   - throughput: operations in a second, and bandwidth: bytes of input or output in a second;
//   - cpu: user and system time of the whole process during the load, all its threads, divided by the operations;
//   - switches: context switches, voluntary and not, likewise;
//   - connections: TCP connections that were begun, likewise;
//   - allocations: of Go's heap, of the program in Go only;
//   - resident: the process's memory after connecting and a first command; anonymous: what of that is not of files,
//     which processes share.
//
// A load goes on for a time, a fraction of a second; a tenth of it goes first and is not measured. The sides take turns, and
// each round another one begins, so that what else the machine does hits all alike. Every number in the table is the median of
// the rounds. A ratio is ours divided by librados's: its value is the median of the rounds' own ratios, and the range next to it
// their lowest and highest. Below 1, ours is less. Where a range is wide the machine was not quiet, or the rounds were too few.
//
// What is done, by the names that -scenarios chooses from:
//
//   - connect-1, connect-3: create a client, connect, authenticate, have the monmap, shut down, with 1 and with 3 monitors.
//     librados also fetches monmap and configuration through a connection of its own before it connects, as it always does;
//     ours does not unless monclient_fetch_config says so.
//   - connect-silent: the same where one of 3 monitors neither answers nor refuses. It needs a network namespace and is left out,
//     and said to be, where this user may not make one.
//   - latency-version, throughput-version-8, -32, -128: how new the OSDMap is: one MMonGetVersion and its reply. Ours is Version;
//     librados's is rados_wait_for_latest_osdmap, which asks the same and then finds that it has that map.
//   - latency-fsid, throughput-fsid-8, -32, -128: a command whose work and output are small.
//   - throughput-version-pipelined, throughput-fsid-pipelined: 1000 in flight in one session from one thread, by callbacks in Go and
//     a queue in C. librados has no call to the monitors that does not wait, so beside these stands the fastest that it has
//     done in that round: with 1, 8, 32 or 128 threads on one handle, or 128 threads on 32 handles (-handles).
//   - large-reply: config-key get of a value of 1.15 MB. large-input: fsid with 8 MiB of input, which the monitor takes and ignores.
//
// The monitors run on the same machine and have a share in wall, elapsed and throughput; cpu, switches and memory are the clients'
// alone. They do not keep their log of commands, which would cost them more than the commands do.
//
// -results appends the measurements in the form of bench/result. -text appends the results in the format of Go benchmarks, one
// line for each side and round, for benchstat:
//
//	benchstat -col /client bench-reef.txt       # the sides beside each other
//	benchstat -filter /client:go old.txt new.txt # before and after a change
//
// The exit status is 3 when something that must be installed is missing; the text says what.
package main
