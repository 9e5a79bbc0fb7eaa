package msgr2

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrafficOfWhatTheNetworkTakes(t *testing.T) {
	traffic := new(Traffic)
	to := &chunks{left: writeChunk + 7}
	c := &progressConn{Conn: to, traffic: traffic}
	_, err := c.Write(make([]byte, 3*writeChunk))
	require.ErrorIs(t, err, errFull)
	require.Equal(t, uint64(writeChunk+7), traffic.BytesOut.Load(), "what was written before the error counts")

	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	r := &progressConn{Conn: b, traffic: traffic}
	go func() { _, _ = a.Write(make([]byte, 10)) }()
	_, err = r.Read(make([]byte, 100))
	require.NoError(t, err)
	require.Equal(t, uint64(10), traffic.BytesIn.Load(), "connections share it")
}
