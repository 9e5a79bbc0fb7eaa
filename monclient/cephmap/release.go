package cephmap

import "fmt"

// Release is a release of Ceph by its number (ceph_release_t in src/common/ceph_releases.h).
type Release uint8

// The releases that a monitor client may meet.
const (
	ReleaseUnknown  Release = 0
	ReleaseNautilus Release = 14
	ReleaseOctopus  Release = 15
	ReleasePacific  Release = 16
	ReleaseQuincy   Release = 17
	ReleaseReef     Release = 18
	ReleaseSquid    Release = 19
	ReleaseTentacle Release = 20
)

var releaseNames = [...]string{
	"unknown", "argonaut", "bobtail", "cuttlefish", "dumpling", "emperor", "firefly", "giant", "hammer", "infernalis",
	"jewel", "kraken", "luminous", "mimic", "nautilus", "octopus", "pacific", "quincy", "reef", "squid", "tentacle",
}

// String returns the name of the release, such as reef, or release 77 for one that is not known here.
func (r Release) String() string {
	if int(r) < len(releaseNames) {
		return releaseNames[r]
	}
	return fmt.Sprintf("release %d", uint8(r))
}
