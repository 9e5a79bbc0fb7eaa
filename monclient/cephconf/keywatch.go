package cephconf

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
)

// KeyWatch has the key of a Config for as long as a program runs: it looks at the files that the key can be in, and reads
// them again when one of them was changed. It is safe for concurrent use.
type KeyWatch struct {
	conf  *Config
	fixed bool          // the key is in the configuration itself
	turn  chan struct{} // held by the one who looks

	// The rest belongs to that one.

	key     cephx.Key
	settled bool // seen tells of every change since the key was read
	seen    []fs.FileInfo
}

// WatchKey returns a watch of the place where LoadKey finds the key now; later changes of c do not move it.
func (c *Config) WatchKey() *KeyWatch {
	w := &KeyWatch{conf: c.Clone(), turn: make(chan struct{}, 1)}
	kind, _, _, err := w.conf.keyPlaces()
	w.fixed = err == nil && kind == KeyText
	return w
}

// Fixed reports whether the key is in the configuration itself, so that it can never change.
func (w *KeyWatch) Fixed() bool { return w.fixed }

// Key returns what LoadKey returns at this time. While the files are as they were, by their names, sizes, times and
// inodes, that is the key of the last time, and nothing is read. It returns when ctx ends even if a file system hangs;
// what looks at it then goes on, alone: other calls wait for it.
func (w *KeyWatch) Key(ctx context.Context) (cephx.Key, error) {
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return cephx.Key{}, w.gaveUp(ctx)
	}
	type found struct {
		key cephx.Key
		err error
	}
	result := make(chan found, 1)
	go func() {
		key, err := w.look()
		<-w.turn
		result <- found{key, err}
	}()
	select {
	case f := <-result:
		return f.key, f.err
	case <-ctx.Done():
		return cephx.Key{}, w.gaveUp(ctx)
	}
}

func (w *KeyWatch) gaveUp(ctx context.Context) error {
	return fmt.Errorf("cephconf: reading the key: %w", context.Cause(ctx))
}

// restless is for how long after a change a file may be changed again without any trace: with the same size and, by a clock
// as coarse as those of some file systems, at the same time.
const restless = 3 * time.Second

// look reads the key if need be.
func (w *KeyWatch) look() (cephx.Key, error) {
	now := time.Now()
	seen, known := w.files()
	if w.settled && known && sameFiles(seen, w.seen) {
		return w.key, nil
	}
	key, err := w.conf.LoadKey()
	if err != nil { // perhaps it is being written
		w.settled = false
		return cephx.Key{}, err
	}
	w.key, w.seen, w.settled = key, seen, known
	for _, info := range seen {
		if info != nil && now.Sub(info.ModTime()) < restless {
			w.settled = false
		}
	}
	return key, nil
}

// files returns what is known of the files that the key can be in, nil for one that is not there. known is false when that
// tells nothing.
func (w *KeyWatch) files() (list []fs.FileInfo, known bool) {
	c := w.conf
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, paths, _, err := c.keyPlaces()
	if err != nil || c.sys.Stat == nil {
		return nil, false
	}
	for _, path := range paths {
		info, err := c.sys.Stat(path)
		if err != nil {
			info = nil
		}
		list = append(list, info)
	}
	return list, true
}

func sameFiles(a, b []fs.FileInfo) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) {
			return false
		}
		if a[i] == nil {
			continue
		}
		if a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()) || a[i].Mode() != b[i].Mode() || !os.SameFile(a[i], b[i]) {
			return false
		}
	}
	return true
}
