package racecheck

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The detector needs cgo and a C compiler; a run that lost it would pass all the more easily.
func TestDetectorIsThereWhereItIsRequired(t *testing.T) {
	if os.Getenv("LIBMONCLIENT_RACE") == "require" {
		require.True(t, Enabled, "LIBMONCLIENT_RACE=require, but the tests were built without -race")
	}
}
