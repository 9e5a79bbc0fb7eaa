package cephmap

import (
	"math/bits"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// MonFeatures is a set of features of a quorum (mon_feature_t in src/mon/mon_types.h). They are not the feature bits
// of a connection.
type MonFeatures uint64

// The features (ceph::features::mon in src/mon/mon_types.h).
const (
	MonFeatureKraken           MonFeatures = 1 << 0
	MonFeatureLuminous         MonFeatures = 1 << 1
	MonFeatureMimic            MonFeatures = 1 << 2
	MonFeatureOSDMapPrune      MonFeatures = 1 << 3
	MonFeatureNautilus         MonFeatures = 1 << 4
	MonFeatureOctopus          MonFeatures = 1 << 5
	MonFeaturePacific          MonFeatures = 1 << 6
	MonFeaturePinging          MonFeatures = 1 << 7
	MonFeatureQuincy           MonFeatures = 1 << 8
	MonFeatureReef             MonFeatures = 1 << 9
	MonFeatureSquid            MonFeatures = 1 << 10
	MonFeatureTentacle         MonFeatures = 1 << 11
	MonFeatureAuthAES256K      MonFeatures = 1 << 31
	MonFeatureNVMeofBeaconDiff MonFeatures = 1 << 32
	MonFeatureReserved         MonFeatures = 1 << 63
)

// PersistentMonFeatures returns what monitors of the release make persistent in a new cluster.
func PersistentMonFeatures(r Release) MonFeatures {
	switch {
	case r >= ReleaseTentacle:
		return 0x180000fff
	case r >= ReleaseSquid:
		return 0x7ff
	case r >= ReleaseReef:
		return 0x3ff
	case r >= ReleaseQuincy:
		return 0x1ff
	case r >= ReleasePacific:
		return 0xff
	case r >= ReleaseOctopus:
		return 0x3f
	case r >= ReleaseNautilus:
		return 0x1f
	}
	return 0
}

func (f MonFeatures) bitName() string {
	switch f {
	case MonFeatureKraken:
		return "kraken"
	case MonFeatureLuminous:
		return "luminous"
	case MonFeatureMimic:
		return "mimic"
	case MonFeatureOSDMapPrune:
		return "osdmap-prune"
	case MonFeatureNautilus:
		return "nautilus"
	case MonFeatureOctopus:
		return "octopus"
	case MonFeaturePacific:
		return "pacific"
	case MonFeaturePinging:
		return "elector-pinging"
	case MonFeatureQuincy:
		return "quincy"
	case MonFeatureReef:
		return "reef"
	case MonFeatureSquid:
		return "squid"
	case MonFeatureTentacle:
		return "tentacle"
	case MonFeatureAuthAES256K:
		return "cephx_auth_aes256k"
	case MonFeatureNVMeofBeaconDiff:
		return "nvmeof_beacon_diff"
	case MonFeatureReserved:
		return "reserved"
	}
	return "unknown"
}

// Has reports whether every feature of g is in f.
func (f MonFeatures) Has(g MonFeatures) bool { return f&g == g }

// Names returns the names of the features, lowest bit first; a bit without a name is unknown. It is never nil.
func (f MonFeatures) Names() []string {
	names := make([]string, 0, bits.OnesCount64(uint64(f)))
	for rest := uint64(f); rest != 0; rest &= rest - 1 {
		names = append(names, MonFeatures(rest&-rest).bitName())
	}
	return names
}

// String returns the names in brackets.
func (f MonFeatures) String() string { return "[" + strings.Join(f.Names(), ",") + "]" }

// release returns the newest release whose features are all there, as a monitor does with a map that names none
// (infer_ceph_release_from_mon_features in src/mon/mon_types.cc).
func (f MonFeatures) release() Release {
	marks := []struct {
		feature MonFeatures
		release Release
	}{
		{MonFeatureTentacle, ReleaseTentacle}, {MonFeatureSquid, ReleaseSquid}, {MonFeatureReef, ReleaseReef},
		{MonFeatureQuincy, ReleaseQuincy}, {MonFeaturePacific, ReleasePacific}, {MonFeatureOctopus, ReleaseOctopus},
		{MonFeatureNautilus, ReleaseNautilus}, {MonFeatureMimic, 13}, {MonFeatureLuminous, 12}, {MonFeatureKraken, 11},
	}
	for _, m := range marks {
		if f.Has(m.feature) {
			return m.release
		}
	}
	return ReleaseUnknown
}

func (f *MonFeatures) decodeFrom(r *denc.Reader, name string) {
	s := r.Start(name, 1)
	*f = MonFeatures(r.Uint64("features"))
	r.Finish(s)
}

func (f MonFeatures) appendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	return denc.AppendFinish(denc.AppendUint64(b, uint64(f)), mark)
}
