package realceph

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"time"
)

// maxAdminReply bounds an admin socket's answer; a mon's longest, "config show", is below 200 KiB.
const maxAdminReply = 16 << 20

// adminTimeout bounds one exchange: a frozen daemon accepts connections and never answers.
const adminTimeout = 2 * time.Second

// admin asks a daemon's admin socket. The request is JSON closed by a zero byte, the reply a big-endian
// length and that many bytes (src/common/admin_socket.cc, AdminSocket::do_accept).
func admin(ctx context.Context, path string, cmd map[string]any) ([]byte, error) {
	request, err := json.Marshal(cmd)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(append(request, 0)); err != nil {
		return nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, fmt.Errorf("admin socket %s: %w", path, err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxAdminReply {
		return nil, fmt.Errorf("admin socket %s: reply of %d bytes", path, n)
	}
	reply := make([]byte, n)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return nil, fmt.Errorf("admin socket %s: %w", path, err)
	}
	return reply, nil
}

// MonStatus is what a monitor says of itself in mon_status.
type MonStatus struct {
	Name   string `json:"name"`
	Rank   int    `json:"rank"`
	State  string `json:"state"` // "probing", "electing", "leader", "peon", …
	Quorum []int  `json:"quorum"`
	MonMap struct {
		Epoch uint32 `json:"epoch"`
		FSID  string `json:"fsid"`
	} `json:"monmap"`
}

// inQuorum reports whether the monitor belongs to a quorum.
func (s MonStatus) inQuorum() bool { return s.State == "leader" || s.State == "peon" }
