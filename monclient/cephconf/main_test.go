package cephconf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is a machine for tests: no file, variable or name but those given.
type host struct {
	env   map[string]string
	files map[string]string
	errs  map[string]error // of opening, instead of fs.ErrNotExist
	names map[string][]string
	srv   map[string]srvAnswer
	asked []string // names looked up
}

type srvAnswer struct {
	cname   string
	records []*net.SRV
}

func (h *host) system() System {
	return System{
		LookupEnv: func(name string) (string, bool) { v, ok := h.env[name]; return v, ok },
		Open: func(path string) (io.ReadCloser, error) {
			if data, ok := h.files[path]; ok {
				return io.NopCloser(bytes.NewReader([]byte(data))), nil
			}
			if err, ok := h.errs[path]; ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: err}
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		Hostname: func() (string, error) { return "node1.example.com", nil },
		Getpid:   func() int { return 4711 },
		Resolver: h,
	}
}

func (h *host) LookupNetIP(_ context.Context, network, name string) ([]netip.Addr, error) {
	h.asked = append(h.asked, name)
	if network != "ip" {
		return nil, errors.New("both families are wanted")
	}
	var ips []netip.Addr
	for _, s := range h.names[name] {
		ips = append(ips, netip.MustParseAddr(s))
	}
	if _, ok := h.names[name]; !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return ips, nil
}

func (h *host) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	h.asked = append(h.asked, name)
	a, ok := h.srv[name]
	if !ok || service+proto != "" {
		return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return a.cname, a.records, ctx.Err()
}

// withConf returns the configuration of client.x with one file.
func withConf(t *testing.T, text string) *Config {
	t.Helper()
	h := &host{files: map[string]string{"/etc/ceph/ceph.conf": text}}
	c := New(h.system())
	_, err := c.Load([]string{"--id", "x"})
	require.NoError(t, err)
	return c
}
