// Package survive shows that sessions survive: clients of package monclient are at work on real quorums of three monitors and a
// mgr, of Reef and of Tentacle, while monitors are killed, hang, fall silent, lose their quorum, move and restart, connections
// break in mid-frame, tickets expire and keys change.
//
// After every fault, what the clients were told is compared with what the cluster did, by the cluster's own log and tools: no
// command is lost, none is executed twice unless its result says that it was sent twice, none at all under ResendNever, no
// epoch of a map is missed, and goroutines, sockets and memory are what they were.
//
//	build/install-ceph.sh                                # once: unpack the releases
//	go test ./test/survive                               # some two minutes
//	go test ./test/survive -run //matrix/reef/black -v # one fault
//	LONG=1 go test ./test/survive                        # expiring tickets for two minutes instead of seconds
//	SURVIVE_SOAK=1h go test ./test/survive -run //soak -timeout 2h -v
//	SURVIVE_SEED=42 go test ./test/survive -run //soak   # the faults of another run again
//
// The monitors have a network of their own, so that packets to one of them can be dropped: that needs root, or user namespaces,
// and iproute2. Releases that are not installed are skipped, or fail the tests when CI is set or LIBMONCLIENT_REAL is "require".
package survive
