package cephconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
)

// disk is a directory whose files tests change, and that counts how often they are read.
type disk struct {
	t    *testing.T
	dir  string
	mu   sync.Mutex
	read int
}

func newDisk(t *testing.T) *disk { return &disk{t: t, dir: t.TempDir()} }

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

// conf returns a configuration with one option.
func (d *disk) conf(option, value string) *Config {
	sys := (&host{}).system()
	sys.Open = func(path string) (io.ReadCloser, error) {
		d.mu.Lock()
		d.read++
		d.mu.Unlock()
		return os.Open(path)
	}
	sys.Stat = os.Stat
	c := New(sys)
	require.NoError(d.t, c.Set(option, value))
	return c
}

// write writes a file that was last changed some time ago.
func (d *disk) write(name, text string, ago time.Duration) {
	d.t.Helper()
	require.NoError(d.t, os.WriteFile(d.path(name), []byte(text), 0o600))
	at := time.Now().Add(-ago)
	require.NoError(d.t, os.Chtimes(d.path(name), at, at))
}

// reads returns how many files were opened since the last call.
func (d *disk) reads() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.read
	d.read = 0
	return n
}

func ringOf(key cephx.Key) string { return fmt.Sprintf("[client.admin]\n\tkey = %s\n", key.Reveal()) }

func TestKeyWatchReadsWhatHasChanged(t *testing.T) {
	d := newDisk(t)
	keys := []cephx.Key{newKey(t), newKey(t), newKey(t), newKey(t)}
	w := d.conf("keyring", d.path("first")+","+d.path("second")).WatchKey()
	require.False(t, w.Fixed())
	want := func(key cephx.Key, reads bool) {
		t.Helper()
		got, err := w.Key(t.Context())
		require.NoError(t, err)
		require.True(t, key.Equal(got))
		require.Equal(t, reads, d.reads() > 0)
	}
	_, err := w.Key(t.Context())
	require.ErrorIs(t, err, ErrNoKeyring)
	d.reads()

	d.write("second", ringOf(keys[0]), time.Hour)
	want(keys[0], true)
	want(keys[0], false)
	d.write("second", ringOf(keys[1]), time.Minute) // in place, with the same size
	want(keys[1], true)
	want(keys[1], false)
	d.write("new", ringOf(keys[2]), time.Minute)
	info, err := os.Stat(d.path("second"))
	require.NoError(t, err)
	require.NoError(t, os.Chtimes(d.path("new"), info.ModTime(), info.ModTime()))
	require.NoError(t, os.Rename(d.path("new"), d.path("second"))) // another file, of the same size and time
	want(keys[2], true)
	want(keys[2], false)
	d.write("first", ringOf(keys[3]), time.Hour) // that comes before the other one
	want(keys[3], true)
	want(keys[3], false)
	require.NoError(t, os.Remove(d.path("first")))
	want(keys[2], true)
	want(keys[2], false)

	d.write("second", ringOf(keys[0])[:30], time.Minute) // half of it
	for range 2 {
		_, err = w.Key(t.Context())
		require.ErrorContains(t, err, d.path("second"))
		require.Positive(t, d.reads(), "it may have been completed without a trace")
	}
	d.write("second", ringOf(keys[0]), time.Minute)
	want(keys[0], true)

	d.write("second", ringOf(keys[1]), 0)
	want(keys[1], true)
	want(keys[1], true) // so young that a change may not show
	d.write("second", ringOf(keys[1]), -time.Hour)
	want(keys[1], true)
	want(keys[1], true) // by a clock that is ahead
}

func TestKeyWatchOfOtherPlaces(t *testing.T) {
	d := newDisk(t)
	key, other := newKey(t), newKey(t)
	d.write("keyfile", key.Reveal()+"\n", time.Hour)
	c := d.conf("keyfile", d.path("keyfile"))
	w := c.WatchKey()
	got, err := w.Key(t.Context())
	require.NoError(t, err)
	require.True(t, key.Equal(got))
	d.write("keyfile", other.Reveal(), time.Minute)
	require.NoError(t, c.Set("keyfile", d.path("elsewhere"))) // which is not this watch's
	got, err = w.Key(t.Context())
	require.NoError(t, err)
	require.True(t, other.Equal(got))

	w = d.conf("key", key.Reveal()).WatchKey()
	require.True(t, w.Fixed())
	got, err = w.Key(t.Context())
	require.NoError(t, err)
	require.True(t, key.Equal(got))

	require.ErrorIs(t, second(d.conf("keyring", "$keyring").WatchKey().Key(t.Context())), ErrLoop)
}

// Without a Stat of its own a system's files are read each time.
func TestKeyWatchWithoutStat(t *testing.T) {
	key, other := newKey(t), newKey(t)
	h := &host{files: map[string]string{"/ring": ringOf(key)}}
	c := New(h.system())
	require.NoError(t, c.Set("keyring", "/ring"))
	w := c.WatchKey()
	got, err := w.Key(t.Context())
	require.NoError(t, err)
	require.True(t, key.Equal(got))
	h.files["/ring"] = ringOf(other)
	got, err = w.Key(t.Context())
	require.NoError(t, err)
	require.True(t, other.Equal(got))

	require.NotNil(t, New(System{}).sys.Stat)
}

// A file system that hangs holds up nobody beyond his time, and is not asked twice at once.
func TestKeyWatchOfAFileSystemThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		answer := make(chan struct{})
		sys := (&host{files: map[string]string{"/ring": ringOf(newKey(t))}}).system()
		sys.Stat = func(path string) (fs.FileInfo, error) {
			asked.Add(1)
			<-answer
			return nil, errors.New("stale file handle")
		}
		c := New(sys)
		require.NoError(t, c.Set("keyring", "/ring"))
		w := c.WatchKey()
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := w.Key(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.EqualError(t, err, "cephconf: reading the key: context deadline exceeded")
			cancel()
		}
		require.EqualValues(t, 1, asked.Load())
		close(answer)
		_, err := w.Key(t.Context())
		require.NoError(t, err)
	})
}
