// Command osdmap measures what OSDMaps cost: taking a large one apart and putting it together, and catching up with the cluster
// after having been away, beside librados.
//
//	osdmap [-release reef] [-rounds 9] [-osds 10000] [-pools 1000] [-upmaps 100000] [-epochs 100] [-room 1000] [-results FILE]
//
// The large map is the one that the release's osdmaptool --createsimple makes of so many OSDs, to which our encoder has given
// addresses, pools and upmaps. One processor decodes it, applies an incremental to it as clusters have them all the time (ten OSDs
// go down, ten of their up_thru and ten upmaps change), encodes it, prints it as JSON, and compares it with the next one. Bandwidth
// is bytes by processor time, which is what one processor could do if it had nothing else to do.
//
// To catch up, two clients, ours and librados's (librados/catchup.c, with the libraries of the release), are connected to a
// real monitor and have its map. The map changes, one epoch after the other, which neither of them asks for. Then each of them, in
// turn, waits until it has the newest map decoded: Client.OSDMap, and rados_wait_for_latest_osdmap. The map has room for 1000
// OSDs, which -room changes. What is measured is the time, and the processor time of the client's process. The first of both has
// no advantage, as each round the other one begins. A first round is not measured.
//
// The exit status is 3 when something that must be installed is missing; the text says what.
package main
