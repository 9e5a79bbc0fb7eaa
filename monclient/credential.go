package monclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
)

// How often KeySource is asked.
const (
	// keyCheckInterval is the time between checks as long as the key is good.
	keyCheckInterval = 30 * time.Second
	// keyCheckGap is the time between them at least, and while the key is refused.
	keyCheckGap = time.Second
	// keyCheckTimeout is what one check has, and how long those who wait for a session are not told that the key was refused
	// because of it.
	keyCheckTimeout = 5 * time.Second
)

// errNoKeyFromSource says that KeySource has returned the zero key without an error.
var errNoKeyFromSource = fmt.Errorf("%w from Config.KeySource", cephx.ErrNoKey)

// credential is what the client knows of its key besides Config.Key, the present one. It is owned by the client's goroutine.
type credential struct {
	source cephx.Key // what KeySource returned last
	failed string    // how KeySource failed last, so that the log has it once

	checked time.Time // when the newest check began; zero: there was none
	due     time.Time // the next one, if nothing makes it urgent
	running bool
	asked   cephx.Key            // the present key when it began
	gaveUp  time.Time            // when those who wait for the running check have waited long enough
	told    []func(changed bool) // who waits for it
	urgent  bool                 // one is wanted at once
	toTell  []func(changed bool) // who waits for that

	// dropped is a state that a monitor refused to have continued. Should it turn out that the key was at fault, it is
	// tried again with the next key, so that the global_id is kept.
	dropped cephx.AuthState
}

func (k *credential) init(key cephx.Key, now time.Time) {
	k.source = key
	k.due = now.Add(keyCheckInterval)
}

// SetCredential changes the entity's key while the client lives, as is to be done when the cluster gets another one for the
// entity ("ceph auth rotate", a pending key that is to be used). The session, its subscriptions and the global_id stay;
// tickets are renewed, and new sessions begin, with the new key. If the old one was refused, the search for a monitor begins
// again at once. The key counts for all that is asked for afterwards. Where there is a Config.KeySource, too, the key that was
// set last counts, until it is refused or KeySource has another one than before.
//
// The error is ErrClosed, or says what is wrong with the key: it is not the monitors' answer, which OnSession and calls learn.
func (c *Client) SetCredential(key cephx.Key) error {
	if err := c.core.usable(key); err != nil {
		return fmt.Errorf("monclient: set the credential of %v: %w", c.core.cfg.Name, err)
	}
	return c.core.post(func() { c.core.setCredential(key) })
}

// usable checks a key as Config.check does. It may be called from any goroutine: of the configuration only the key changes.
func (c *core) usable(key cephx.Key) error {
	if key.IsZero() {
		return cephx.ErrNoKey
	}
	_, err := cephx.NewHandshake(cephx.Config{Name: c.cfg.Name, Key: key, Methods: c.cfg.Methods, Modes: c.cfg.Modes})
	return err
}

// refusesKey reports whether an error says that another key might do better.
func refusesKey(err error) bool {
	return errors.Is(err, cephx.ErrRejected) || errors.Is(err, cephx.ErrWrongKey)
}

// setCredential replaces the key.
func (c *core) setCredential(key cephx.Key) {
	if c.closed || key.Equal(c.cfg.Key) {
		return
	}
	c.cfg.Key = key
	for _, s := range c.sessions() {
		s.auth.SetKey(key)
	}
	if c.auth.IsZero() {
		c.auth = c.credential.dropped
	}
	c.tell(SessionEvent{Kind: SessionCredential})
	c.standby.pause, c.standby.next = c.cfg.InitialBackoff, time.Time{} // those that were refused may try again
	if h := &c.hunt; c.session == nil && h.pausing && (h.rejected != nil || h.verdict != nil) {
		h.pause = c.cfg.InitialBackoff
		c.startRound(time.Now())
	}
}

// dropAuth forgets what the next session could continue, because a monitor does not let it.
func (c *core) dropAuth() {
	c.credential.dropped = c.auth
	c.auth = cephx.AuthState{}
}

// refreshKey has KeySource asked for the key soon, because the present one was refused. done, unless it is nil, is called on
// the client's goroutine when the answer has been taken over, with whether there is another key now; it may be called at
// once. When the client ends before that, it is not called.
func (c *core) refreshKey(done func(changed bool)) {
	k := &c.credential
	if c.cfg.KeySource == nil {
		if done != nil {
			done(false)
		}
		return
	}
	k.urgent = true // even if a check runs: it may have looked before the key was changed
	if done != nil {
		k.toTell = append(k.toTell, done)
	}
	c.tickKey(time.Now())
}

// nextKeyTick returns when tickKey has something to do.
func (c *core) nextKeyTick() time.Time {
	k := &c.credential
	switch {
	case c.cfg.KeySource == nil:
		return never
	case k.running:
		if len(k.told) > 0 {
			return k.gaveUp
		}
		return never
	case k.urgent, c.session == nil && refusesKey(c.hunt.verdict):
		return k.checked.Add(keyCheckGap)
	}
	return k.due
}

// tickKey begins a check that is due.
func (c *core) tickKey(now time.Time) {
	k := &c.credential
	switch {
	case c.closed || now.Before(c.nextKeyTick()):
	case k.running:
		c.keyChecked()
	default:
		k.running, k.urgent, k.asked = true, false, c.cfg.Key
		k.told, k.toTell = k.toTell, nil
		k.checked, k.gaveUp = now, now.Add(keyCheckTimeout)
		c.others.Go(c.checkKey)
	}
}

// checkKey asks KeySource. It has a goroutine of its own, because files may hang.
func (c *core) checkKey() {
	ctx, cancel := context.WithTimeout(c.ctx, keyCheckTimeout)
	defer cancel()
	var key cephx.Key
	var err error
	if caught := c.survive(func() { key, err = c.cfg.KeySource(ctx) }); caught != nil {
		err = caught
	}
	if err == nil && key.IsZero() {
		err = errNoKeyFromSource
	}
	if err == nil {
		err = c.usable(key)
	}
	_ = c.post(func() { c.takeKey(key, err) }) // or it is closing
}

// takeKey takes what KeySource has returned.
func (c *core) takeKey(key cephx.Key, err error) {
	k := &c.credential
	k.running = false
	k.due = time.Now().Add(keyCheckInterval)
	if err != nil {
		if text := err.Error(); text != k.failed {
			c.note(logCredentialUnread, "entity", c.cfg.Name.String(), "error", text)
			k.failed = text
		}
		c.keyChecked()
		return
	}
	// A key that was set by SetCredential stays, unless it is refused, which is what somebody waits for then.
	fresh := !key.Equal(k.source)
	refused := len(k.told) > 0 || c.session == nil && refusesKey(c.hunt.verdict)
	k.source, k.failed = key, ""
	if fresh || refused && k.asked.Equal(c.cfg.Key) {
		c.setCredential(key)
	}
	c.keyChecked()
}

// keyChecked tells those who wait for the check whether there is another key since it began.
func (c *core) keyChecked() {
	k := &c.credential
	told := k.told
	k.told = nil
	for _, done := range told {
		done(!k.asked.Equal(c.cfg.Key))
	}
}
