// Package cephmap lets real clusters of Pacific, Reef and Tentacle judge what monclient/cephmap makes of the maps that
// their monitors send: every map comes out as the bytes that came in, and as JSON it is what the release's own ceph
// command prints of that epoch, to the byte.
package cephmap
