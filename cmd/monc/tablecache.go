package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

// keptTables are the tables of commands that completion has asked clusters for, in files of the user's:
// $XDG_CACHE_HOME/monc, else ~/.cache/monc. A table is kept under the cluster's fsid and its release. What these are, only
// the cluster knows, so a small file for each configuration says what they were, and, by its age, when that was.
//
// Whatever goes wrong with files is as if there were none.
type keptTables struct {
	dir     string // empty: nothing is kept
	cluster string // the file that names the table
	now     func() time.Time
}

// maxKept bounds what is read of a file.
const maxKept = 8 << 20

// openTables returns what is kept for a configuration.
func (a *app) openTables(conf *cephconf.Config) keptTables {
	k := keptTables{now: a.now}
	cache, _ := a.lookupEnv("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) {
		home, _ := a.lookupEnv("HOME")
		if !filepath.IsAbs(home) {
			return k
		}
		cache = filepath.Join(home, ".cache")
	}
	h := sha256.New()
	_, _ = io.WriteString(h, conf.Path()+"\x00"+conf.Cluster()+"\x00"+conf.Name().String())
	for _, option := range []string{"fsid", "mon_host", "monmap", "mon_dns_srv_name", "keyring"} {
		value, _ := conf.Get(option)
		_, _ = io.WriteString(h, "\x00"+value)
	}
	k.dir = filepath.Join(cache, "monc")
	k.cluster = filepath.Join(k.dir, "cluster-"+hex.EncodeToString(h.Sum(nil)[:12]))
	return k
}

// load returns the table of the configuration's cluster, nil if there is none, and how old it is.
func (k keptTables) load() (*cmdtable.Table, time.Duration) {
	if k.dir == "" {
		return nil, 0
	}
	name, err := os.ReadFile(k.cluster)
	if err != nil || !strings.HasPrefix(string(name), "commands-") || strings.ContainsAny(string(name), `/\`) {
		return nil, 0
	}
	info, err := os.Stat(k.cluster)
	if err != nil {
		return nil, 0
	}
	packed, err := os.ReadFile(filepath.Join(k.dir, string(name)))
	if err != nil {
		return nil, 0
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, 0
	}
	text, err := io.ReadAll(io.LimitReader(r, maxKept))
	if err != nil {
		return nil, 0
	}
	table, err := cmdtable.Parse(text)
	if err != nil {
		return nil, 0
	}
	return table, k.now().Sub(info.ModTime())
}

// save keeps a table.
func (k keptTables) save(fsid, release string, text []byte) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(text)
	_ = w.Close()
	name := "commands-" + fsid + "-" + release + ".json.gz"
	if k.write(filepath.Join(k.dir, name), packed.Bytes()) {
		k.write(k.cluster, []byte(name))
		_ = os.Remove(k.cluster + ".down")
	}
}

// isDown reports whether the cluster has not answered a moment ago.
func (k keptTables) isDown() bool {
	info, err := os.Stat(k.cluster + ".down")
	return k.dir != "" && err == nil && k.now().Sub(info.ModTime()) < downAge
}

// setDown remembers that the cluster has not answered.
func (k keptTables) setDown() { k.write(k.cluster+".down", nil) }

// write replaces a file at once, so that nobody reads half of one, and reports whether it did.
func (k keptTables) write(path string, content []byte) bool {
	if k.dir == "" || os.MkdirAll(k.dir, 0o700) != nil {
		return false
	}
	f, err := os.CreateTemp(k.dir, ".new-*")
	if err != nil {
		return false
	}
	_, err = f.Write(content)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		now := k.now()
		err = os.Chtimes(f.Name(), now, now)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err == nil
}
