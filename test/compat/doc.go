// Package compat compares what stands in for librados with librados itself, on real clusters of every release: the release's own
// ceph script, unchanged, with its own librados and with monclient.compat.rados in its place, for what it prints and how it
// ends; and the module itself with python3-rados, for what it makes of bad input.
package compat
