// Package words compares how monclient/cmdtable and the ceph tool of Pacific, Reef and Tentacle read command lines: the
// release's own ceph_argparse is run on every command of the release's table. It needs no cluster.
package words
