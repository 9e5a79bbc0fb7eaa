// Package cephmap reads and writes the maps that monitors hand out: monmap, manager, file system and service maps, OSD maps
// and their increments. Functions whose names end in Header read what identifies a map (epoch, fsid, times) without
// decoding the rest.
// An OSDMap's MarshalJSON is what osd dump prints, and DiffOSDMaps says what changed from one to another.
//
// It knows encoded maps. How a map arrives is the business of packages monmsg and msgr2; when one replaces another is
// that of package monclient. It imports denc and nothing else of this module. Monitor clients call it, and monitors
// in tests, which also encode monmaps with it.
package cephmap
