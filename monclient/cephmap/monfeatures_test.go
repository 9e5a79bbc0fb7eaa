package cephmap

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMonFeatureNames(t *testing.T) {
	require.Equal(t, "[kraken,nautilus,unknown,reserved]", (MonFeatureKraken | MonFeatureNautilus | 1<<40 | MonFeatureReserved).String())
	require.Equal(t, []string{}, MonFeatures(0).Names())
	require.True(t, MonFeatures(0xff).Has(MonFeaturePacific))
	require.False(t, MonFeatures(0xff).Has(MonFeaturePacific|MonFeatureQuincy))
}

func TestPersistentMonFeaturesAreThoseOfRealMonitors(t *testing.T) {
	for dir, r := range map[string]Release{"pacific": ReleasePacific, "reef": ReleaseReef, "tentacle": ReleaseTentacle} {
		m := mustDecode(t, readFile(t, "testdata/"+dir+"/monmap-dump-e5.bin"))
		require.Equal(t, m.PersistentFeatures, PersistentMonFeatures(r))
	}
	for r := ReleaseNautilus; r <= ReleaseTentacle; r++ {
		require.Equal(t, r, PersistentMonFeatures(r).release())
	}
	require.Zero(t, PersistentMonFeatures(13))
	require.Equal(t, "mimic", MonFeatures(0xf).release().String())
	require.Equal(t, ReleaseUnknown, MonFeatures(0).release())
}

func TestReleaseNames(t *testing.T) {
	require.Equal(t, "tentacle", ReleaseTentacle.String())
	require.Equal(t, "pacific", ReleasePacific.String())
	require.Equal(t, "unknown", ReleaseUnknown.String())
	require.Equal(t, "release 77", Release(77).String())
}

func TestCipherNames(t *testing.T) {
	require.Equal(t, "none aes aes256k ???", CipherNone.String()+" "+CipherAES.String()+" "+CipherAES256K.String()+" "+Cipher(9).String())
}
