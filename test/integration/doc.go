// Package integration tests the library and monc against real monitors: the same suite on Pacific, Reef and Tentacle,
// on clusters of one and of three monitors that package realceph starts.
//
// The judges are Ceph's own: the ceph command, librados, monmaptool and ceph-authtool of each release.
//
//	build/install-ceph.sh                              # once: unpack the three releases
//	go test ./test/integration                         # some two minutes
//	go test ./test/integration -run /reef              # one release
//	go test ./test/integration -run //live/readonly -v # what is compared with librados
//
// Releases that are not installed are skipped, or fail the tests when CI is set or LIBMONCLIENT_REAL is "require".
// At most two clusters run at once.
package integration
