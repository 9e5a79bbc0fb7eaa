package denc

// Features is a set of Ceph feature bits (src/include/ceph_features.h). A bit whose meaning was given anew only
// counts together with the bits that mark the incarnation, so the constants are masks of several bits: test them with
// Has.
type Features uint64

// The features that a monitor client depends on.
const (
	FeatureSubscribe2     Features = 1 << 4
	FeatureMonNames       Features = 1 << 5
	FeatureIncSubOSDMap   Features = 1 << 10
	FeatureOSDReplyMux    Features = 1 << 12
	FeatureMonEnc         Features = 1 << 15
	FeatureMsgAuth        Features = 1 << 23
	FeatureKeepalive2     Features = 1 << 42
	FeatureServerJewel    Features = 1 << 57 // also MON_STATEFUL_SUB, and the mark of incarnation 2
	FeatureMsgAddr2       Features = 1 << 59
	FeatureCephxV2        Features = 1 << 61
	FeatureServerNautilus Features = 1<<2 | incarnation3
	FeatureServerOctopus  Features = 1<<16 | incarnation3
	FeatureServerPacific  Features = 1<<20 | incarnation3
	FeatureServerQuincy   Features = 1<<33 | incarnation3
	FeatureServerReef     Features = 1<<31 | incarnation3
	FeatureServerSquid    Features = 1<<49 | incarnation2
	FeatureServerTentacle Features = 1<<50 | incarnation2

	incarnation2 Features = 1 << 57
	incarnation3 Features = 1<<28 | incarnation2
)

// FeaturesAll is everything that a 20.2 daemon advertises, and what this library advertises: the monitors of all
// supported releases accept it, and it makes them encode every map in its newest form.
const FeaturesAll Features = 0x3f07fffffffdffff

// Has reports whether every bit of mask is in f.
func (f Features) Has(mask Features) bool { return f&mask == mask }
