package realceph

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// NewKey returns a new secret key, base64 as in a keyring, made by the release's ceph-authtool. An empty
// type means the cluster's.
func (c *Cluster) NewKey(ctx context.Context, kt KeyType) (string, error) {
	if kt == "" {
		kt = c.options.KeyType
	}
	args := []string{"--gen-print-key"}
	if c.Release == Tentacle {
		args = append(args, "--key-type", string(kt))
	} else if kt != AES {
		return "", fmt.Errorf("realceph: %s has no keys of type %s", c.Release, kt)
	}
	res := c.Tool(ctx, "ceph-authtool", args...)
	return string(bytes.TrimSpace(res.Stdout)), res.Err
}

// AddClient creates a client such as "client.reader" with a new key of the given type (empty: the cluster's)
// and the given capabilities, {"mon": "allow r"}, and returns the path of its keyring. The cluster's
// ceph.conf leads to that keyring, too.
func (c *Cluster) AddClient(ctx context.Context, name string, kt KeyType, caps map[string]string) (string, error) {
	key, err := c.NewKey(ctx, kt)
	if err != nil {
		return "", err
	}
	path := filepath.Join(c.Dir, name+".keyring")
	if err := writeKeyring(path, entity{name, key, caps}); err != nil {
		return "", err
	}
	if res := c.Ceph(ctx, "auth", "import", "-i", path); res.Err != nil {
		return "", res.Err
	}
	return path, nil
}

// keyLine is the line of a keyring that holds the key.
var keyLine = regexp.MustCompile(`(?m)^\s*key = .*$`)

// ChangeKey gives a client such as "client.admin" a new key of the given type (empty: the cluster's), which replaces the old
// one at once, and returns it: by "auth rotate" where the release has that, by an import elsewhere. The client's keyring has
// the new key, too; who reads it sees the old file or the new one, and the cluster has the new key a moment earlier.
func (c *Cluster) ChangeKey(ctx context.Context, name string, kt KeyType) (string, error) {
	if kt == "" {
		kt = c.options.KeyType
	}
	next := filepath.Join(c.Dir, name+".next")
	defer func() { _ = os.Remove(next) }() // or the cluster's end does
	if c.Release == Tentacle {
		if res := c.Ceph(ctx, "auth", "rotate", name, "--key_type", string(kt), "-o", next); res.Err != nil {
			return "", res.Err
		}
	} else {
		key, err := c.NewKey(ctx, kt)
		if err != nil {
			return "", err
		}
		res := c.Ceph(ctx, "auth", "get", name) // its capabilities stay
		if res.Err != nil {
			return "", res.Err
		}
		if err := replaceFile(next, keyLine.ReplaceAllLiteralString(string(res.Stdout), "\tkey = "+key)); err != nil {
			return "", err
		}
		if res := c.Ceph(ctx, "auth", "import", "-i", next); res.Err != nil {
			return "", res.Err
		}
	}
	res := c.Tool(ctx, "ceph-authtool", next, "--name", name, "--print-key")
	if res.Err != nil {
		return "", res.Err
	}
	text, err := os.ReadFile(next)
	if err != nil {
		return "", fmt.Errorf("realceph: %w", err)
	}
	return string(bytes.TrimSpace(res.Stdout)), replaceFile(filepath.Join(c.Dir, name+".keyring"), string(text))
}

// entity is one section of a keyring.
type entity struct {
	name, key string
	caps      map[string]string
}

func writeKeyring(path string, entities ...entity) error {
	var b strings.Builder
	for _, e := range entities {
		fmt.Fprintf(&b, "[%s]\n\tkey = %s\n", e.name, e.key)
		for _, service := range slices.Sorted(maps.Keys(e.caps)) {
			fmt.Fprintf(&b, "\tcaps %s = %q\n", service, e.caps[service])
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	return nil
}

// makeKeys writes client.admin's keyring, and one of all the entities that the cluster begins with.
func (c *Cluster) makeKeys(ctx context.Context) error {
	all := map[string]string{"mon": "allow *", "osd": "allow *", "mgr": "allow *", "mds": "allow *"}
	entities := []entity{
		{name: "mon.", caps: map[string]string{"mon": "allow *"}},
		{name: "client.admin", caps: all},
	}
	if c.options.Mgr {
		entities = append(entities, entity{name: "mgr.x", caps: map[string]string{"mon": "allow profile mgr", "osd": "allow *", "mds": "allow *"}})
	}
	for i := range c.options.OSDs {
		entities = append(entities, entity{name: fmt.Sprintf("osd.%d", i), caps: map[string]string{"mon": "allow profile osd", "mgr": "allow profile osd", "osd": "allow *"}})
	}
	for i := range entities {
		key, err := c.NewKey(ctx, "")
		if err != nil {
			return err
		}
		entities[i].key = key
	}
	if err := writeKeyring(c.KeyringPath, entities[1]); err != nil {
		return err
	}
	return writeKeyring(filepath.Join(c.Dir, "mkfs.keyring"), entities...)
}
