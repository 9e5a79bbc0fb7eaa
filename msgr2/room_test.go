package msgr2

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoomIsOneAndGoes(t *testing.T) {
	func() {
		r := makeRoom()
		require.GreaterOrEqual(t, r.Cap(), roomSize)
		require.Same(t, r, makeRoom())
		runtime.KeepAlive(r)
	}()
	for room.made.Value() != nil {
		runtime.GC()
	}
	require.NotNil(t, makeRoom(), "it comes back")
}
