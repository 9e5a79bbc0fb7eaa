package cephconf

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// defaultConf is where Ceph's clients look for a configuration file (CEPH_CONF_FILE_DEFAULT in src/common/config.cc).
const defaultConf = "$data_dir/config, /etc/ceph/$cluster.conf, $home/.ceph/$cluster.conf, $cluster.conf"

// fromDefaultSearch is NoConfError.From when nobody named a file.
const fromDefaultSearch = "default search path"

// ReadFile reads the configuration file: the first of the list path that opens, else of the option conf, else of the
// variable CEPH_CONF, else of the default search path. It replaces what an earlier call has read. No file at all is a
// *NoConfError, which is ErrNoConf; a file that does not parse is a *SyntaxError, and no other file is tried.
// Implements: int rados_conf_read_file(rados_t cluster, const char *path)
func (c *Config) ReadFile(path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, from := c.confList(path)
	noConf := &NoConfError{From: from}
	for _, item := range splitPaths(list) {
		// Clients have no data directory.
		if strings.Contains(item, "$data_dir") {
			continue
		}
		p, err := c.expandText(item)
		if err != nil {
			return fmt.Errorf("cephconf: path %q of the configuration file (%s): %w", item, from, err)
		}
		data, err := c.read(p, maxFileSize)
		if err != nil {
			noConf.Tried = append(noConf.Tried, TriedPath{Path: p, Err: err})
			continue
		}
		f, err := parse(p, data)
		if err != nil {
			return err
		}
		c.file, c.noConf = f, nil
		c.levels[LevelFile][optCluster] = setting{value: clusterOf(p), source: Source{Level: LevelFile, Where: p}}
		return nil
	}
	c.noConf = noConf
	return noConf
}

// confList returns the files to try, and what named them.
func (c *Config) confList(path string) (list, from string) {
	if path != "" {
		return path, "given path"
	}
	if s := c.setting(schema[optConf]); s.value != "" {
		return s.value, s.source.String()
	}
	if env, ok := c.sys.LookupEnv("CEPH_CONF"); ok {
		return env, "environment CEPH_CONF"
	}
	return defaultConf, fromDefaultSearch
}

// read returns what a file holds, up to limit.
func (c *Config) read(path string, limit int64) ([]byte, error) {
	f, err := c.sys.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("larger than %d bytes", limit)
	}
	return data, err
}

// opens returns why a file cannot be read, which for a directory only shows at the first read.
func (c *Config) opens(path string) error {
	f, err := c.sys.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	if _, err := f.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
