package cephconf

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const minimal = "[global]\nlog_file = x\n"

func TestSearch(t *testing.T) {
	home := map[string]string{"HOME": "/home/u"}
	tests := []struct {
		name          string
		args          []string
		env           map[string]string
		files         []string
		path, cluster string
	}{
		{"etc first", nil, home, []string{"/etc/ceph/ceph.conf", "/home/u/.ceph/ceph.conf", "ceph.conf"}, "/etc/ceph/ceph.conf", "ceph"},
		{"then home", nil, home, []string{"/home/u/.ceph/ceph.conf", "ceph.conf"}, "/home/u/.ceph/ceph.conf", "ceph"},
		{"then here", nil, home, []string{"ceph.conf"}, "ceph.conf", "ceph"},
		{"cluster", []string{"--cluster", "dr"}, home, []string{"/etc/ceph/ceph.conf", "/etc/ceph/dr.conf"}, "/etc/ceph/dr.conf", "dr"},
		{"CEPH_CONF", nil, map[string]string{"CEPH_CONF": "/a/b.conf, /a/c.conf"}, []string{"/a/c.conf", "/etc/ceph/ceph.conf"}, "/a/c.conf", "c"},
		{"CEPH_CONF with variables", []string{"-n", "client.q"}, map[string]string{"CEPH_CONF": "/a/$name.conf;/b"}, []string{"/a/client.q.conf"}, "/a/client.q.conf", "client.q"},
		{"argument before CEPH_CONF", []string{"-c", "/d.conf"}, map[string]string{"CEPH_CONF": "/a/b.conf"}, []string{"/d.conf", "/a/b.conf"}, "/d.conf", "d"},
		{"CEPH_ARGS", nil, map[string]string{"CEPH_ARGS": "--conf=/e.conf", "CEPH_CONF": "/a/b.conf"}, []string{"/e.conf"}, "/e.conf", "e"},
		{"stem and explicit cluster", []string{"-c", "/x/bar.conf", "--cluster=zz"}, nil, []string{"/x/bar.conf"}, "/x/bar.conf", "zz"},
		{"no stem", []string{"-c", "/x/foo.cfg"}, nil, []string{"/x/foo.cfg"}, "/x/foo.cfg", "ceph"},
		{"no stem in the middle", []string{"-c", "/x/foo.conf.bak"}, nil, []string{"/x/foo.conf.bak"}, "/x/foo.conf.bak", "ceph"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &host{env: tt.env, files: map[string]string{}}
			for _, f := range tt.files {
				h.files[f] = minimal
			}
			c := New(h.system())
			_, err := c.Load(tt.args)
			require.NoError(t, err)
			require.Equal(t, tt.path, c.Path())
			require.Equal(t, tt.cluster, c.Cluster())
			keyring, err := c.Get("keyring")
			require.NoError(t, err)
			require.Contains(t, keyring, "/etc/ceph/"+tt.cluster+"."+c.Name().String()+".keyring")
		})
	}
}

func TestNoConf(t *testing.T) {
	h := &host{env: map[string]string{"HOME": "/home/u"}, errs: map[string]error{"/home/u/.ceph/ceph.conf": fs.ErrPermission}}
	c := New(h.system())
	err := c.ReadFile("")
	require.ErrorIs(t, err, ErrNoConf)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, fs.ErrPermission)
	noConf, ok := errors.AsType[*NoConfError](err)
	require.True(t, ok)
	require.Len(t, noConf.Tried, 3)
	require.EqualError(t, err, "cephconf: no configuration file (default search path): /etc/ceph/ceph.conf: file does not exist, "+
		"/home/u/.ceph/ceph.conf: permission denied, ceph.conf: file does not exist")
	require.Empty(t, c.Path())

	// Nothing of the defaults is fine, nothing of what was asked for is not.
	_, err = c.Load(nil)
	require.NoError(t, err)
	_, err = c.Load([]string{"-c", "/x.conf"})
	require.EqualError(t, err, "cephconf: no configuration file (command line -c): /x.conf: file does not exist")
	h.env["CEPH_CONF"] = ",;"
	_, err = New(h.system()).Load(nil)
	require.EqualError(t, err, "cephconf: no configuration file (environment CEPH_CONF): the list of paths is empty")
	require.EqualError(t, c.ReadFile("/y.conf"), "cephconf: no configuration file (given path): /y.conf: file does not exist")
}

func TestABrokenFileIsFinal(t *testing.T) {
	h := &host{files: map[string]string{"/etc/ceph/ceph.conf": "[global", "ceph.conf": minimal}}
	_, err := New(h.system()).Load(nil)
	require.EqualError(t, err, "cephconf: /etc/ceph/ceph.conf:1: the closing ] of a section name is missing")
	require.ErrorIs(t, err, ErrSyntax)
}

func TestReadFileAgain(t *testing.T) {
	h := &host{files: map[string]string{"a.conf": minimal, "b.conf": "[global]\nlog_to_stderr = true\n"}}
	c := New(h.system())
	require.NoError(t, c.ReadFile("a.conf"))
	require.NoError(t, c.ReadFile("b.conf"))
	got, err := c.Get("log_file")
	require.NoError(t, err)
	require.Empty(t, got)
	require.Equal(t, "b", c.Cluster())

	// A file that goes away does not take its values along.
	require.Error(t, c.ReadFile("c.conf"))
	require.Equal(t, "b.conf", c.Path())
}

func TestPathThatExpandsToALoop(t *testing.T) {
	c := New((&host{}).system())
	require.NoError(t, c.Set("log_file", "$log_file"))
	require.ErrorIs(t, c.ReadFile("/x/$log_file"), ErrLoop)
}

func TestReadIsBounded(t *testing.T) {
	c := New((&host{files: map[string]string{"x": strings.Repeat("x", 11)}}).system())
	require.Error(t, second(c.read("x", 10)))
	data, err := c.read("x", 11)
	require.NoError(t, err)
	require.Len(t, data, 11)
}

// With the real machine, in a directory of the test.
func TestRealFiles(t *testing.T) {
	dir := t.TempDir()
	c := New(System{})
	require.ErrorIs(t, c.ReadFile(dir+"/none.conf"), fs.ErrNotExist)
	require.ErrorIs(t, c.ReadFile(dir), ErrNoConf) // a directory opens, and fails when read
	require.Error(t, c.opens(dir))
	h, err := c.expandText("$host $pid")
	require.NoError(t, err)
	require.NotContains(t, h, "$")
}
