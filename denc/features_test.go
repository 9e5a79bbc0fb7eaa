package denc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

func TestFeatures(t *testing.T) {
	// The sets that monitors of three releases offered in SERVER_IDENT.
	const (
		pacific  denc.Features = 0x3f01cfbdfffdffff
		reef     denc.Features = 0x3f01cfbffffdffff
		tentacle denc.Features = 0x3f07fffffffdffff
	)
	tests := []struct {
		name                    string
		mask                    denc.Features
		want                    uint64
		pacific, reef, tentacle bool
	}{
		{"SUBSCRIBE2", denc.FeatureSubscribe2, 0x10, true, true, true},
		{"MONNAMES", denc.FeatureMonNames, 0x20, true, true, true},
		{"INCSUBOSDMAP", denc.FeatureIncSubOSDMap, 0x400, true, true, true},
		{"OSDREPLYMUX", denc.FeatureOSDReplyMux, 0x1000, true, true, true},
		{"MONENC", denc.FeatureMonEnc, 0x8000, true, true, true},
		{"MSG_AUTH", denc.FeatureMsgAuth, 0x800000, true, true, true},
		{"MSGR_KEEPALIVE2", denc.FeatureKeepalive2, 0x40000000000, true, true, true},
		{"SERVER_JEWEL", denc.FeatureServerJewel, 0x200000000000000, true, true, true},
		{"MSG_ADDR2", denc.FeatureMsgAddr2, 0x800000000000000, true, true, true},
		{"CEPHX_V2", denc.FeatureCephxV2, 0x2000000000000000, true, true, true},
		{"SERVER_NAUTILUS", denc.FeatureServerNautilus, 0x200000010000004, true, true, true},
		{"SERVER_OCTOPUS", denc.FeatureServerOctopus, 0x200000010010000, true, true, true},
		{"SERVER_PACIFIC", denc.FeatureServerPacific, 0x200000010100000, true, true, true},
		{"SERVER_QUINCY", denc.FeatureServerQuincy, 0x200000210000000, false, true, true},
		// Pacific offers bit 31 too, from its older meaning: the mask does not tell Reef from Pacific.
		{"SERVER_REEF", denc.FeatureServerReef, 0x200000090000000, true, true, true},
		{"SERVER_SQUID", denc.FeatureServerSquid, 0x202000000000000, false, false, true},
		{"SERVER_TENTACLE", denc.FeatureServerTentacle, 0x204000000000000, false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, uint64(tt.mask))
			require.Equal(t, tt.pacific, pacific.Has(tt.mask), "Pacific")
			require.Equal(t, tt.reef, reef.Has(tt.mask), "Reef")
			require.Equal(t, tt.tentacle, tentacle.Has(tt.mask), "Tentacle")
			require.True(t, denc.FeaturesAll.Has(tt.mask))
			require.False(t, denc.Features(0).Has(tt.mask))
		})
	}
	require.Equal(t, tentacle, denc.FeaturesAll)
}

func TestAReclaimedBitNeedsItsMarks(t *testing.T) {
	for _, mark := range []denc.Features{1 << 57, 1 << 28} {
		require.False(t, (denc.FeaturesAll &^ mark).Has(denc.FeatureServerNautilus), "bit 2 alone means something older")
	}
	require.False(t, (denc.FeaturesAll &^ (1 << 57)).Has(denc.FeatureServerSquid))
	require.True(t, (denc.FeaturesAll &^ (1 << 28)).Has(denc.FeatureServerSquid), "incarnation 2 has one mark")
}
