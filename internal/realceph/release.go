package realceph

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Release is a Ceph release by its name.
type Release string

// The releases that build/install-ceph.sh knows.
const (
	Pacific  Release = "pacific"
	Reef     Release = "reef"
	Tentacle Release = "tentacle"
)

// treeFormat is the first line of a tree's stamp; build/install-ceph.sh writes it last.
const treeFormat = "libmonclient ceph tree 1"

// ErrNotInstalled reports that a release's tree is absent or incomplete.
var ErrNotInstalled = errors.New("release is not installed")

// Releases returns every release, oldest first.
func Releases() []Release { return []Release{Pacific, Reef, Tentacle} }

// ParseRelease returns the release called name.
func ParseRelease(name string) (Release, error) {
	for _, r := range Releases() {
		if string(r) == name {
			return r, nil
		}
	}
	return "", fmt.Errorf("realceph: no release called %q; there are: pacific reef tentacle", name)
}

// Version returns the release's stable series, such as "16.2".
func (r Release) Version() string {
	switch r {
	case Pacific:
		return "16.2"
	case Reef:
		return "18.2"
	case Tentacle:
		return "20.2"
	}
	return ""
}

// InstallCommand returns the command that installs the release, to be run in the repository's root.
func (r Release) InstallCommand() string { return "build/install-ceph.sh " + string(r) }

// root returns the directory of all trees.
func root() (string, error) {
	if dir := os.Getenv("LIBMONCLIENT_CEPH_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("realceph: %w; set LIBMONCLIENT_CEPH_DIR", err)
		}
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Abs(filepath.Join(cache, "libmonclient", "ceph"))
}

// Tree returns the directory into which the release is unpacked. It fails with [ErrNotInstalled] when it
// is not there.
func (r Release) Tree() (string, error) {
	t, err := r.tree()
	return t.dir, err
}

// tree is an unpacked release.
type tree struct {
	dir    string
	loader string
	libs   string // directory of the architecture's libraries
}

func (r Release) tree() (tree, error) {
	if _, err := ParseRelease(string(r)); err != nil {
		return tree{}, err
	}
	base, err := root()
	if err != nil {
		return tree{}, err
	}
	dir := filepath.Join(base, string(r))
	if err := checkStamp(filepath.Join(dir, ".stamp")); err != nil {
		return tree{}, fmt.Errorf("realceph: ceph %s in %s: %w; run %s", r, dir, err, r.InstallCommand())
	}
	loaders, err := filepath.Glob(filepath.Join(dir, "usr/lib/*-linux-*/ld-linux-*.so.[0-9]"))
	if err != nil || len(loaders) != 1 {
		return tree{}, fmt.Errorf("realceph: %s holds %d loaders, want 1; remove it and run %s", dir, len(loaders), r.InstallCommand())
	}
	return tree{dir: dir, loader: loaders[0], libs: filepath.Dir(loaders[0])}, nil
}

func checkStamp(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotInstalled
	} else if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	if !s.Scan() || strings.TrimSpace(s.Text()) != treeFormat {
		return fmt.Errorf("%w in the form that is needed now", ErrNotInstalled)
	}
	return nil
}
