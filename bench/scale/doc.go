// Command scale measures what many clients cost, beside librados, on the same real quorum of three in the same run; how soon
// a change of a map is there; and how long a process takes to say how the cluster is.
//
//	scale [-release reef] [-sections scale,subscription,process] [-modes secure] [-rounds 2] [-connect 500]
//	      [-clients 1,100,300,1000,10000] [-librados 1,100,300] [-idle 20s] [-watches 5] [-changes 50] [-runs 7]
//	      [-results FILE] [-heap PREFIX]
//
// Section scale:
//
//   - "connect 500": so many clients connected by one process, one by one and -parallel at a time, from reading the
//     configuration to a session with a monmap, which each has for itself. The sides take turns. cpu is by client.
//   - "N clients": what a process holds with N connected clients: resident memory, file descriptors, threads, and goroutines, by
//     client: the difference from the same process after it has connected one client and closed it, divided by N. Nothing is
//     collected, trimmed or given back for that; the process is left alone for a moment and then looked at. Our clients share one
//     monclient.Config, as those of a program with so many would, and have no standby sessions, as by default: each of those would
//     cost what a session does. librados has a configuration for each, and as many clients as can be had in sensible time: each
//     takes a dozen threads and ten descriptors.
//   - "idle client": the payload bytes of TCP that a client and its monitor exchange in an hour in which nothing happens, from the
//     counters that the kernel keeps of every connection (TCP_INFO); both sides at the same time, at the same cluster, 100
//     clients each, for -idle, which begins half a keepalive's interval (10 s, both sides) after they have connected: it should be
//     a multiple of that. "packets per hour" counts segments, acknowledgements included. What went over connections that ended meanwhile is not
//     counted.
//
// Section subscription: a client changes the osdmap ("osd set noout", and unset). Measured is the time from the command's
// acknowledgement, as that client sees it, until the new map is there, decoded, at other clients, of which there is one for each
// monitor; 0 where it comes before. "osdmap change" are all those in the same process, "…, leader" and "…, peon" those among them
// whose session is with the leader and with another monitor, and "…, other process" is one of each monitor in another process.
// "…, since it was read" leaves the monitors out: it is from the client's last read from the connection until the map is there.
// Each round another monitor has the client that makes the changes, because it depends on the monitors which comes first. A
// change is acknowledged when a majority has it on disk. When the leader has the command from a client of its own, it tells that it is
// done some milliseconds before it sends the map, which can be seen in the system calls of the client; to a client of another monitor the
// acknowledgement takes longer, and the map is there before. librados has no such subscription, only polling. (The monitors'
// paxos_propose_interval is 50 ms, so that there can be many changes; it is over when the command is acknowledged.)
//
// Section process: "monc status" and "ceph -s" as processes, from their start to their end, with their processor time and the most
// memory that they had, which is looked at in runs of its own.
//
// Clients and monitors need as many file descriptors as there are clients: the limit is raised as far as the system lets it be, and
// numbers of clients beyond it are left out, which is said. The exit status is 3 when something that must be installed is missing;
// the text says what.
//
// -heap has our side write profiles of its heap and goroutines, with the most clients, to PREFIX-heap.prof and
// PREFIX-goroutine.prof.
//
// # Between the programs
//
// The programs of both sides print a line of JSON with their version, and then obey lines of their standard input, each of
// which they answer with a line of JSON:
//
//	connect N P   N more clients, P at a time, each with a configuration of its own: {"ns", "cpu_ns", "clients"}
//	share N P     likewise, with one configuration (ours)
//	runtime       {"goroutines", "heap_bytes", "stack_bytes", "clients"} (ours)
//	profile FILE  writes profiles (ours)
//	at ADDR...    a client with each of these monitors (ours)
//	watch         all clients but the first watch the osdmap from now on (ours)
//	change N      the first client changes it N times, each time waiting until all that watch have seen it:
//	              {"changes": [{"epoch", "ack_ns", "at_ns": […], "read_ns": […]}]} (ours)
//	seen EPOCH    waits until they have seen that epoch: {"seen": [[{"epoch", "at_ns"}]]}, by client (ours)
//	close         closes all clients
package main
