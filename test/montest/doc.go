// Package montest lets Ceph's own clients judge the embedded monitors of monclient/montest: the unmodified ceph command,
// and librados under it, of Pacific, Reef and Tentacle.
//
// That our client and our monitors agree proves nothing, for they may share a misreading.
package montest
