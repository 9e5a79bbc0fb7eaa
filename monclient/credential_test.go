package monclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// diary collects the kinds of session events.
type diary struct {
	mu    sync.Mutex
	kinds []SessionEventKind
}

func (d *diary) write(cfg *Config) {
	cfg.OnSession = func(e SessionEvent) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.kinds = append(d.kinds, e.Kind)
	}
}

// since returns what was written since the last call.
func (d *diary) since() []SessionEventKind {
	d.mu.Lock()
	defer d.mu.Unlock()
	kinds := d.kinds
	d.kinds = nil
	return kinds
}

// vault is a Config.KeySource.
type vault struct {
	mu    sync.Mutex
	key   cephx.Key
	err   error
	asked []time.Time
}

func (v *vault) set(key cephx.Key, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.key, v.err = key, err
}

func (v *vault) open(context.Context) (cephx.Key, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, time.Now())
	return v.key, v.err
}

// times returns how often it was asked.
func (v *vault) times() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.asked)
}

// vaultOf returns a vault with the present key of client.admin, and an option that uses it.
func (c *cluster) vaultOf() (*vault, func(*Config)) {
	v := &vault{key: c.Key("client.admin")}
	return v, func(cfg *Config) { cfg.KeySource = v.open }
}

// rotate gives client.admin a new key.
func (c *cluster) rotate() cephx.Key {
	c.t.Helper()
	key, err := c.RotateKey("client.admin")
	require.NoError(c.t, err)
	return key
}

// status asks for something that needs a session.
func status(t *testing.T, client *Client) {
	t.Helper()
	reply, err := client.Command(t.Context(), Command{Prefix: "status"})
	require.NoError(t, err)
	require.Zero(t, reply.Retval)
}

// eachRelease runs a test with AES keys and with those of Tentacle, whose monitors close a session whose renewal they refuse.
func eachRelease(t *testing.T, f func(t *testing.T, o montest.Options)) {
	for _, release := range []cephmap.Release{cephmap.ReleaseReef, cephmap.ReleaseTentacle} {
		t.Run(release.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) { f(t, montest.Options{Release: release}) })
		})
	}
}

func TestSetCredentialDuringASession(t *testing.T) {
	eachRelease(t, func(t *testing.T, o montest.Options) {
		c := startMons(t, 1, o)
		require.NoError(t, c.SetTicketTTL(time.Minute, 30*time.Second))
		var d diary
		client := c.connect(d.write)
		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		_, err = sub.Next(t.Context())
		require.NoError(t, err)
		id := client.GlobalID()
		d.since()

		key := c.rotate()
		require.NoError(t, client.SetCredential(key))
		require.NoError(t, client.SetCredential(key), "which it is already")
		synctest.Wait()
		require.Equal(t, []SessionEventKind{SessionCredential}, d.since())
		after(5 * time.Minute)
		require.Empty(t, d.since(), "tickets are renewed with the new key, in the same session")
		require.Len(t, c.dials("a"), 1)

		c.Mon("a").DropClients()
		status(t, client)
		require.Equal(t, id, client.GlobalID(), "the new key and the old ticket claim the id")
		require.Len(t, c.dials("a"), 2)
		require.NotContains(t, d.since(), SessionAttempt)
		require.NoError(t, c.Advance("osdmap", 1))
		_, err = sub.Next(t.Context())
		require.NoError(t, err)
	})
}

// On Tentacle the new key may be of another type.
func TestSetCredentialOfAnotherType(t *testing.T) {
	for _, from := range []cephx.KeyType{cephx.AES, cephx.AES256KRB5} {
		t.Run(from.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{Release: cephmap.ReleaseTentacle, KeyType: from})
				require.NoError(t, c.SetTicketTTL(time.Minute, 30*time.Second))
				client := c.connect()
				id := client.GlobalID()
				to := cephx.AES + cephx.AES256KRB5 - from
				reply, err := client.Command(t.Context(), Command{Prefix: "auth rotate", Args: map[string]any{"entity": "client.admin", "key_type": to.String()}})
				require.NoError(t, err)
				require.NoError(t, reply.Err())
				key := c.Key("client.admin")
				require.Equal(t, to, key.Type())
				require.NoError(t, client.SetCredential(key))
				after(5 * time.Minute)
				require.Len(t, c.dials("a"), 1)
				c.Mon("a").DropClients()
				status(t, client)
				require.Equal(t, id, client.GlobalID())
				require.Len(t, c.dials("a"), 2)
			})
		})
	}
}

func TestSetCredentialRefusesWhatIsNoKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		client := c.connect()
		err := client.SetCredential(cephx.Key{})
		require.ErrorIs(t, err, cephx.ErrNoKey)
		require.EqualError(t, err, "monclient: set the credential of client.admin: no key")
		require.NoError(t, client.Close())
		require.ErrorIs(t, client.SetCredential(testKey(t)), ErrClosed)
	})
}

// TestRotatedKeyIsRefused: without a source for the new key the refusal is told, at once and as what it is; SetCredential
// then mends it, and nothing is lost.
func TestRotatedKeyIsRefused(t *testing.T) {
	eachRelease(t, func(t *testing.T, o montest.Options) {
		c := startMons(t, 1, o)
		var d diary
		client := c.connect(d.write)
		id := client.GlobalID()
		sub, err := client.Subscribe("osdmap", 0, false)
		require.NoError(t, err)
		first, err := sub.Next(t.Context())
		require.NoError(t, err)
		after(2 * time.Second) // a session of some age
		key := c.rotate()
		status(t, client)
		c.Mon("a").DropClients()
		synctest.Wait()
		for range 2 {
			_, err = client.Command(t.Context(), Command{Prefix: "status"})
			require.ErrorIs(t, err, cephx.ErrRejected)
			require.ErrorIs(t, err, syscall.EACCES)
			require.Equal(t, denc.EACCES, Errno(err))
			require.ErrorIs(t, err, ErrNotSent)
			require.NotContains(t, err.Error(), key.Reveal())
		}

		start := time.Now()
		require.NoError(t, client.SetCredential(key))
		status(t, client)
		require.Zero(t, time.Since(start), "the next round begins at once")
		require.Equal(t, id, client.GlobalID(), "what the old key could not claim the new one can")
		require.NoError(t, c.Advance("osdmap", 1))
		next, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, first.Epoch+1, next.Epoch)
	})
}

// TestRotatedKeyComesFromItsSource: nobody notices that the key was changed, not even in the middle of a renewal.
func TestRotatedKeyComesFromItsSource(t *testing.T) {
	t.Run("connection lost", func(t *testing.T) {
		eachRelease(t, func(t *testing.T, o montest.Options) {
			c := startMons(t, 1, o)
			v, option := c.vaultOf()
			client := c.connect(option)
			id := client.GlobalID()
			after(2 * time.Second)
			for range 3 {
				v.set(c.rotate(), nil)
				c.Mon("a").DropClients()
				status(t, client)
				require.Equal(t, id, client.GlobalID())
				after(2 * time.Second)
			}
		})
	})
	t.Run("ticket renewed", func(t *testing.T) {
		eachRelease(t, func(t *testing.T, o montest.Options) {
			c := startMons(t, 1, o)
			require.NoError(t, c.SetTicketTTL(12*time.Second, 6*time.Second))
			v, option := c.vaultOf()
			var d diary
			client := c.connect(option, d.write)
			id := client.GlobalID()
			for range 5 {
				v.set(c.rotate(), nil)
				for range 11 {
					after(time.Second)
					status(t, client)
				}
			}
			require.Equal(t, id, client.GlobalID())
			require.Contains(t, d.since(), SessionCredential)
		})
	})
	t.Run("checked now and then", func(t *testing.T) {
		eachRelease(t, func(t *testing.T, o montest.Options) {
			c := startMons(t, 1, o)
			v, option := c.vaultOf()
			var d diary
			client := c.connect(option, d.write)
			d.since()
			v.set(c.rotate(), nil)
			after(keyCheckInterval + time.Second)
			require.Equal(t, []SessionEventKind{SessionCredential}, d.since())
			after(10 * keyCheckInterval)
			require.Empty(t, d.since())
			require.Equal(t, 11, v.times())
			status(t, client)
		})
	})
}

// A key that comes late is taken as soon as it is there, without a call that asks for it.
func TestRefusedKeyIsReplacedWhenItsSourceHasAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		v, option := c.vaultOf()
		client := c.connect(option)
		id := client.GlobalID()
		after(2 * time.Second)
		key := c.rotate()
		c.Mon("a").DropClients()
		start := time.Now()
		_, err := client.Command(t.Context(), Command{Prefix: "status"})
		require.ErrorIs(t, err, cephx.ErrRejected)
		require.Zero(t, time.Since(start), "it has no other key, and that is all that can be known")
		dials := len(c.dials("a"))
		after(3*time.Second + time.Millisecond)
		require.Equal(t, 4, v.times())
		require.Len(t, c.dials("a"), dials, "monitors are not asked that often")
		v.set(key, nil)
		after(keyCheckGap)
		synctest.Wait()
		_, ok := client.Session()
		require.True(t, ok)
		require.Equal(t, id, client.GlobalID())
	})
}

// While KeySource has not answered, nobody is told that the key is refused; but not for ever.
func TestSlowKeySource(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers time.Duration
		err     error
	}{{"in time", 4 * time.Second, nil}, {"too late", 6 * time.Second, cephx.ErrRejected}} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := startMons(t, 1, montest.Options{})
				var next atomic.Pointer[cephx.Key]
				client := c.connect(func(cfg *Config) {
					cfg.KeySource = func(context.Context) (cephx.Key, error) { // which does not mind its context
						after(tt.answers)
						return *next.Load(), nil
					}
				})
				after(2 * time.Second)
				key := c.rotate()
				next.Store(&key)
				c.Mon("a").DropClients()
				start := time.Now()
				_, err := client.Command(t.Context(), Command{Prefix: "status"})
				require.ErrorIs(t, err, tt.err)
				require.Equal(t, min(tt.answers, keyCheckTimeout), time.Since(start))
				after(2 * time.Second)
				status(t, client)
			})
		})
	}
}

func TestKeySourceEndsWithTheClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		began := make(chan struct{}, 1)
		client := c.connect(func(cfg *Config) {
			cfg.KeySource = func(ctx context.Context) (cephx.Key, error) {
				began <- struct{}{}
				<-ctx.Done()
				return cephx.Key{}, context.Cause(ctx)
			}
		})
		after(2 * time.Second)
		c.rotate()
		c.Mon("a").DropClients()
		failed := make(chan error, 1)
		go func() {
			_, err := client.Command(context.Background(), Command{Prefix: "status"})
			failed <- err
		}()
		<-began
		start := time.Now()
		require.NoError(t, client.Close())
		require.ErrorIs(t, <-failed, ErrClosed)
		require.Zero(t, time.Since(start))
	})
}

func TestKeySourceThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		v, option := c.vaultOf()
		var text bytes.Buffer
		var d diary
		client := c.connect(option, d.write, func(cfg *Config) { cfg.Logger = slog.New(slog.NewTextHandler(&text, nil)) })
		d.since()
		v.set(cephx.Key{}, errors.New("the vault is sealed"))
		after(time.Second) // between the checks
		after(4 * keyCheckInterval)
		v.set(cephx.Key{}, nil)
		after(2 * keyCheckInterval)
		v.set(c.Key("client.admin"), nil)
		after(keyCheckInterval)
		status(t, client)
		require.Empty(t, d.since())
		require.Equal(t, 7, v.times())
		require.NoError(t, client.Close())
		require.Equal(t, 1, bytes.Count(text.Bytes(), []byte("the vault is sealed")), "once is enough")
		require.Equal(t, 1, bytes.Count(text.Bytes(), []byte("no key from Config.KeySource")))
		require.NotContains(t, text.String(), c.Key("client.admin").Reveal())
	})
}

func TestKeySourceThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		var panics atomic.Int32
		client := c.connect(func(cfg *Config) {
			cfg.KeySource = func(context.Context) (cephx.Key, error) { panic("no vault") }
			cfg.OnPanic = func(any, []byte) { panics.Add(1) }
		})
		after(keyCheckInterval + time.Second)
		status(t, client)
		require.EqualValues(t, 1, panics.Load())
	})
}

// The key that was set last counts, until it is refused or the source has a new one.
func TestSetCredentialBesideAKeySource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		v, option := c.vaultOf()
		var d diary
		client := c.connect(option, d.write)
		d.since()
		require.NoError(t, client.SetCredential(c.rotate()))
		after(3*keyCheckInterval + time.Second)
		require.Equal(t, []SessionEventKind{SessionCredential}, d.since(), "the source has what it had")
		c.Mon("a").DropClients()
		status(t, client)

		v.set(c.rotate(), nil)
		after(keyCheckInterval)
		require.Contains(t, d.since(), SessionCredential)
		require.NoError(t, client.SetCredential(testKey(t)))
		c.Mon("a").DropClients()
		status(t, client) // the wrong key is refused, and the source has a better one
	})
}

// The refusal of a key that was replaced during the attempt says nothing about its successor.
func TestSetCredentialDuringAnAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		var hold atomic.Bool
		waiting, release := make(chan struct{}), make(chan struct{})
		var d diary
		client := c.connect(d.write, func(cfg *Config) {
			cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if hold.CompareAndSwap(true, false) {
					waiting <- struct{}{}
					<-release
				}
				return c.dial(ctx, network, address)
			}
		})
		id := client.GlobalID()
		after(2 * time.Second)
		key := c.rotate()
		hold.Store(true)
		c.Mon("a").DropClients()
		<-waiting // the handshake is made, with the old key
		require.NoError(t, client.SetCredential(key))
		synctest.Wait()
		close(release)
		start := time.Now()
		status(t, client)
		require.Zero(t, time.Since(start))
		require.Equal(t, id, client.GlobalID())
		kinds := d.since()
		require.Contains(t, kinds, SessionAttempt, "the old key was refused")
		require.Less(t, slices.Index(kinds, SessionCredential), slices.Index(kinds, SessionAttempt))
	})
}

// With a pending key both are good; when it has been used the monitors forget the old one.
func TestPendingKey(t *testing.T) {
	eachRelease(t, func(t *testing.T, o montest.Options) {
		c := startMons(t, 1, o)
		require.NoError(t, c.SetTicketTTL(time.Minute, 30*time.Second))
		var d diary
		client := c.connect(d.write)
		id := client.GlobalID()
		reply, err := client.Command(t.Context(), Command{Prefix: "auth get-or-create-pending", Args: map[string]any{"entity": "client.admin"}})
		require.NoError(t, err)
		require.NoError(t, reply.Err())
		pending := pendingIn(t, reply.Output)
		d.since()
		after(2 * time.Minute) // renewed with the old key
		require.NoError(t, client.SetCredential(pending))
		after(2 * time.Minute) // and with the new one
		require.Equal(t, []SessionEventKind{SessionCredential}, d.since())
		reply, err = client.Command(t.Context(), Command{Prefix: "auth commit-pending", Args: map[string]any{"entity": "client.admin"}})
		require.NoError(t, err)
		require.NoError(t, reply.Err())
		require.True(t, pending.Equal(c.Key("client.admin")))
		after(2 * time.Minute)
		require.Len(t, c.dials("a"), 1)
		c.Mon("a").DropClients()
		status(t, client)
		require.Equal(t, id, client.GlobalID())
		require.NotContains(t, d.since(), SessionAttempt)
	})
}

// pendingIn returns the pending key of a keyring as monitors print it.
func pendingIn(t *testing.T, text []byte) cephx.Key {
	t.Helper()
	for line := range bytes.Lines(text) {
		if word, ok := bytes.CutPrefix(line, []byte("\tpending key = ")); ok {
			key, err := cephx.ParseKey(string(word))
			require.NoError(t, err)
			return key
		}
	}
	require.Fail(t, "no pending key")
	return cephx.Key{}
}

func TestSetCredentialReachesStandbys(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{Mons: 2, Release: cephmap.ReleaseTentacle})
		require.NoError(t, c.SetTicketTTL(time.Minute, 30*time.Second))
		var d diary
		client := c.connect(d.write, func(cfg *Config) { cfg.StandbySessions = 1 })
		after(time.Second)
		require.Len(t, client.Standbys(), 1)
		id := client.GlobalID()
		d.since()
		require.NoError(t, client.SetCredential(c.rotate()))
		after(5 * time.Minute)
		require.Equal(t, []SessionEventKind{SessionCredential}, d.since(), "both sessions last")
		c.current(client).DropClients()
		status(t, client)
		require.Equal(t, id, client.GlobalID())
		after(time.Minute)
		require.Len(t, client.Standbys(), 1)
	})
}

func TestFirstKeyComesFromItsSource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := startMons(t, 1, montest.Options{})
		v, option := c.vaultOf()
		status(t, c.connect(option, func(cfg *Config) { cfg.Key = cephx.Key{} }))
		require.Equal(t, 1, v.times())

		cfg := c.config()
		v.set(cephx.Key{}, errors.New("the vault is sealed"))
		cfg.Key, cfg.KeySource = cephx.Key{}, v.open
		_, err := Connect(t.Context(), cfg)
		require.EqualError(t, err, "monclient: key of client.admin: the vault is sealed")
	})
}

// TestKeyringIsWatched follows a keyring through its changes, as FromConf has it.
func TestKeyringIsWatched(t *testing.T) {
	eachRelease(t, func(t *testing.T, o montest.Options) {
		c := startMons(t, 1, o)
		require.NoError(t, c.SetTicketTTL(time.Minute, 30*time.Second))
		dir := t.TempDir()
		ring := writeKeyring(t, dir, c.Key("client.admin"))
		conf := confWith(t, dir, "mon_host = "+c.MonHost()+"\nkeyring = "+filepath.Join(dir, "none")+","+ring)
		cfg, err := FromConf(t.Context(), conf)
		require.NoError(t, err)
		cfg.Dial = c.dial
		var d diary
		d.write(&cfg)
		client, err := Connect(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(func() { client.Close() })
		id := client.GlobalID()
		d.since()

		writeKeyring(t, dir, c.rotate()) // in place
		after(keyCheckInterval + time.Second)
		require.Equal(t, []SessionEventKind{SessionCredential}, d.since())

		require.NoError(t, os.WriteFile(ring+".new", fmt.Appendf(nil, "[client.admin]\n\tkey = %s\n", c.rotate().Reveal()), 0o600))
		require.NoError(t, os.Rename(ring+".new", ring)) // as it should be done
		c.Mon("a").DropClients()
		status(t, client)
		require.Contains(t, d.since(), SessionCredential)

		require.NoError(t, os.Remove(ring))
		after(5 * time.Minute)
		require.Empty(t, d.since(), "the key that is known stays")
		require.Equal(t, id, client.GlobalID())
	})
}
