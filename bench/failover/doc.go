// Command failover measures what a lost monitor costs the client of this repository and librados: the time to the next
// successful command, on the same real quorum of three, in the same run.
//
//	failover [-release reef] [-faults kill,freeze,blackhole] [-variants go,waiting] [-sides REGEXP]
//	         [-rounds 10] [-silent-rounds 3] [-phase 10s] [-quick] [-text FILE] [-json FILE] [-results FILE]
//	failover -flap 30m [-options NAME=VALUE,...] [-release reef] [-text FILE] [-json FILE]
//	failover -herd 1000 [-herd-librados 100] [-options NAME=VALUE,...] [-release reef] [-text FILE] [-json FILE]
//
// The faults hit the monitor that a side has its session with: kill (kill -9), freeze (SIGSTOP), blackhole (its packets are
// dropped, both ways). By turns it is the leader and one of the others. The command is a read ("fsid"), because writes wait
// for the monitors' own election, which no client can shorten. There are two variants:
//
//   - go: the client is idle when the fault happens; a read begins right after, and its time is taken;
//   - waiting: reads are made one after the other while the fault happens, and the longest time between two successes is
//     taken.
//
// The sides are programs of their own, and take the time in themselves: client (ours; bare, with a standby session, and with
// a standby session and reads hedged after 100 ms) and librados/failover.c, compiled against the librados of the release's
// unpacked tree. All have default settings but for those that the side's name tells.
// A monitor that dies and has its connections closed costs milliseconds: the sides take turns, each round another one first.
// One that is silent costs up to tens of seconds, which the sides wait out together, by the same fault; they have been idle
// for a while before it, each round for another one up to -phase, because the answer depends on when the last keepalive was.
// Between faults the monitor comes back, all three are in quorum again, and take new clients, which monitors do not for some
// seconds. (Their mon_tick_interval is 1 s, to make that shorter.) The black hole needs root and iproute2.
//
// When a monitor is killed, the kernel takes some milliseconds to take the process down before it closes its connections, which
// no client can know of. That is part of the times; "after close" leaves it out.
//
// -quick has few rounds, which take two minutes; -results appends all rounds as measurements (bench/result).
//
// A ratio is a side's number divided by librados's. Goals are what the project has set itself.
//
// -flap keeps all processors busy for the given time, at normal priority, with one more process than there are processors
// and with a client that reads all the time, and watches a client that has default settings and a standby session: how
// often does it leave a monitor although none has failed? 0 is right. It also tells the longest time that a read of it took.
//
// -herd connects so many clients in one process, kills the monitor that most of them have their session with, and counts
// the connections to the other monitors: how many in the busiest 10 ms and 100 ms, and the time until every client has had a
// read answered. The connections are those that the kernel lists in /proc/net/tcp, looked at every 10 ms, which misses some that
// are reset at once; ours are also counted as they are dialled. Of librados there are fewer, because each has a dozen threads.
//
// # Between the programs
//
// The programs of both sides print a line of JSON with their version, and then obey lines of their standard input, each of
// which they answer with a line of JSON:
//
//	connect     one client, anew; a first read is answered
//	read        read until one succeeds: {"ns", "at_ns" when that ended, "errors", "error"}
//	loop        read, one after the other; answered after the first success
//	mark        end the loop with the first success of a read that begins from now on: {"ns" the longest gap, "at_ns", "reads", …}
//	herd N      so many clients
//	watch       a stampede is about to come
//	stampede    all of the herd read until success, at once: {"latencies_ns", "errors", "dials_ns" (ours)}
//	flap        one client that reads every 100 ms (ours)
//	flapped     what has become of it: {"latencies_ns", "errors", "events", "told"} (ours)
//	close       close all clients
//
// The exit status is 3 when something that must be installed is missing; the text says what.
package main
