// Package clusters runs the programs of bindings/c-examples, built as users build them, against real clusters of each
// release, and compares what they print and how they end with the release's own ceph command.
//
//	build/install-ceph.sh                     # once: unpack the three releases
//	go test ./test/examples/clusters          # half a minute
//
// Releases that are not installed are skipped, or fail the tests when CI is set or LIBMONCLIENT_REAL is "require".
package clusters
