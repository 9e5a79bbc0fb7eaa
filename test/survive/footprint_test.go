//go:build linux

package survive

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goroutinesOf returns the stacks of the goroutines that have come of the load with this word.
func goroutinesOf(t testing.TB, word string) string {
	t.Helper()
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	var found []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, fmt.Sprintf("%q:%q", "load", word)) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// socketsTo counts the TCP sockets that programs hold to the addresses of a network. (Those that only wait for their end are
// the kernel's, and have no inode.)
func socketsTo(t testing.TB, network netip.Prefix) int {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	require.NoError(t, err)
	n := 0
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[0] == "sl" || fields[9] == "0" {
			continue
		}
		remote, _, _ := strings.Cut(fields[2], ":")
		b, err := hex.DecodeString(remote)
		require.NoError(t, err)
		require.Len(t, b, 4)
		if network.Contains(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.NativeEndian.Uint32(b))))) {
			n++
		}
	}
	return n
}

// heap returns how much memory is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers let go of at the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// descriptors counts the open files of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(files)
}
