// Package cephmap reads the maps that monitors hand out: the monmap in full, and of the OSD, manager, file system and
// service maps what identifies them (epoch, fsid, times) without decoding the rest.
//
// It knows encoded maps. How a map arrives is the business of packages monmsg and msgr2; when one replaces another is
// that of package monclient. It imports denc and nothing else of this module. Monitor clients call it, and monitors
// in tests, which also encode monmaps with it.
package cephmap
