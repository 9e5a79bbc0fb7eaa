package cephconf_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

func Example() {
	const conf = `[global]
	mon host = 10.0.0.1:3300, 10.0.0.2:3300
	fsid = 8b40a1a5-4a8e-4c1d-8d8f-0d5d3a0b1c2d
[client.backup]
	rados mon op timeout = 1m 30s
`
	// A program uses the zero System, which is the real machine.
	c := cephconf.New(cephconf.System{
		LookupEnv: func(string) (string, bool) { return "", false },
		Open: func(path string) (io.ReadCloser, error) {
			if path == "/etc/ceph/ceph.conf" {
				return io.NopCloser(strings.NewReader(conf)), nil
			}
			return nil, fs.ErrNotExist
		},
	})
	rest, err := c.Load([]string{"--id", "backup", "--mon-client-hunt-parallel=1", "status"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Name(), rest)

	timeout, _ := c.Duration("rados_mon_op_timeout")
	source, _ := c.Source("rados_mon_op_timeout")
	fmt.Println(timeout, "from", source)

	start, err := c.Monitors(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range start.Mons {
		fmt.Println(m.Name, m.Addrs)
	}
	_, err = c.KeySource()
	fmt.Println(err)
	// Output:
	// client.backup [status]
	// 1m30s from /etc/ceph/ceph.conf:5 [client.backup]
	// noname-a v2:10.0.0.1:3300/0
	// noname-b v2:10.0.0.2:3300/0
	// cephconf: no keyring: keyring (default): /etc/ceph/ceph.client.backup.keyring: file does not exist, /etc/ceph/ceph.keyring: file does not exist, /etc/ceph/keyring: file does not exist, /etc/ceph/keyring.bin: file does not exist
}
