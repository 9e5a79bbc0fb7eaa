package realceph

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// maxBaseLen keeps the admin sockets' paths within the 107 bytes that a Unix socket's address can hold.
const maxBaseLen = 60

// baseDir returns the directory of this user's clusters, and makes it.
func baseDir() (string, error) {
	name := "realceph-" + strconv.Itoa(os.Geteuid())
	base := filepath.Join(os.TempDir(), name)
	if len(base) > maxBaseLen {
		base = filepath.Join("/tmp", name)
	}
	if err := os.Mkdir(base, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("realceph: %w", err)
	}
	return base, ownedByUs(base)
}

// room is a cluster's directory. Its owner file is locked while the owning process lives, which tells a
// room in use from an abandoned one.
type room struct {
	dir   string
	owner *os.File
}

// newRoom makes a room and removes those whose owner has died.
func newRoom() (*room, error) {
	base, err := baseDir()
	if err != nil {
		return nil, err
	}
	// Held while a room is made or swept, so that nobody sweeps a room between its making and its lock.
	gate, err := os.OpenFile(filepath.Join(base, "gate"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("realceph: %w", err)
	}
	defer gate.Close()
	if err := lockFile(gate, true); err != nil {
		return nil, fmt.Errorf("realceph: lock %s: %w", gate.Name(), err)
	}
	if err := sweep(base); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(base, "c")
	if err != nil {
		return nil, fmt.Errorf("realceph: %w", err)
	}
	owner, err := openOwner(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &room{dir: dir, owner: owner}, nil
}

func openOwner(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "owner"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("realceph: %w", err)
	}
	if err := lockFile(f, false); err != nil {
		f.Close()
		return nil, fmt.Errorf("realceph: lock %s: %w", f.Name(), err)
	}
	return f, nil
}

// sweep ends and removes the clusters below base whose owners are dead. The caller holds the gate.
func sweep(base string) error {
	dirs, err := filepath.Glob(filepath.Join(base, "c*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		owner, err := openOwner(dir)
		if err != nil {
			continue // in use, or just removed by its owner
		}
		err = errors.Join(killUsersOf(dir), os.RemoveAll(dir))
		owner.Close()
		if err != nil {
			return fmt.Errorf("realceph: remove an abandoned cluster: %w", err)
		}
	}
	return nil
}

// removePatience is how long remove lets others come to an end.
const removePatience = 3 * time.Second

// remove deletes the room. The lock goes last.
func (r *room) remove() error {
	err := os.RemoveAll(r.dir)
	// A tool that was started in the cluster, and outlives it, may still put a file there while the rest goes.
	for deadline := time.Now().Add(removePatience); errors.Is(err, syscall.ENOTEMPTY) && time.Now().Before(deadline); {
		time.Sleep(pollInterval)
		err = os.RemoveAll(r.dir)
	}
	return errors.Join(err, r.owner.Close())
}
