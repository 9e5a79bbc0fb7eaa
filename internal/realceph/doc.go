// Package realceph starts and stops clusters of real ceph-mon daemons for this repository's tests,
// benchmarks and demos: one or three monitors, on request with a mgr and memstore OSDs, of Pacific, Reef or
// Tentacle, on free loopback ports, without root and without touching the host's own Ceph.
//
// The daemons come from trees that build/install-ceph.sh unpacks below ~/.cache/libmonclient/ceph
// (LIBMONCLIENT_CEPH_DIR overrides the place) and run through each tree's own loader, so the host's
// distribution does not matter. [Require] ends a test, saying what to run, when a tree is absent.
//
// Any number of clusters may run at once, in one process and in several. A cluster belongs to the process
// that started it: [Cluster.Stop] ends it; when its owner is killed, the kernel kills the daemons
// (Linux's parent-death signal) and the next Start of anybody removes what is left on disk.
//
// With Options.Network, and only then, a cluster needs root or user namespaces ([MainWithNetwork]) and iproute2: its daemons live
// in a network namespace that has no name, each monitor at an address and behind a link of its own, so that what goes to one of
// them can be dropped ([Cluster.BlackHole]). Namespace and links go with the last process in it, however that ends.
//
// The package judges monitors by their admin sockets and by Ceph's own tools, never by this repository's
// client, so that a test of that client has an independent witness. It is not a product: only tests,
// benchmarks, commands below internal/ and the Makefile may use it. It works on Linux; elsewhere it
// compiles and says that it is unsupported.
package realceph
