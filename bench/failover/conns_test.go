package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kernelAddr prints an address as /proc/net/tcp does.
func kernelAddr(a netip.AddrPort) string {
	ip := a.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), a.Port())
}

func TestParseConnections(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	local, remote := netip.MustParseAddrPort("127.0.0.1:3300"), netip.MustParseAddrPort("198.18.0.6:40000")
	line := "   0: " + kernelAddr(local) + " " + kernelAddr(remote) + " 06 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 20 4 0 10 -1\n"
	all, err := parseConnections(strings.NewReader(head + line))
	require.NoError(t, err)
	require.Equal(t, []conn{{local, remote, 6, "4711"}}, all)

	for _, bad := range []string{
		"   0: 0100007F:3A98\n",
		strings.Replace(line, ":0CE4", "", 1),
		strings.Replace(line, "0CE4", "0CEX", 1),
		strings.Replace(line, kernelAddr(local), "X"+kernelAddr(local)[1:], 1),
		strings.Replace(line, kernelAddr(remote), "00", 1),
		strings.Replace(line, " 06 ", " XX ", 1),
	} {
		_, err := parseConnections(strings.NewReader(head + bad))
		require.ErrorContains(t, err, "/proc/net/tcp: ", bad)
	}
}
