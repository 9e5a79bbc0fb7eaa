//go:build linux

package survive

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient"
)

// subscribed are what every party subscribes to.
var subscribed = []string{"osdmap", "monmap", "mgrmap"}

// party is one client at work: writers that log texts of their own, readers, and three subscriptions.
type party struct {
	name    string
	resend  monclient.Resend
	writers int
	readers int
	toggles bool // it changes the OSD map all the time
	config  func(*monclient.Config)

	client    *monclient.Client
	globalID  uint64
	done      atomic.Int64 // commands that were answered
	reads     atomic.Int64
	epochs    atomic.Int64 // of all maps
	failovers atomic.Int64 // sessions after the first one
	last      map[string]*atomic.Uint64
}

// parties returns one client for each policy, which also differ in what else keeps a client going.
func parties() []*party {
	return []*party{
		{name: "always", resend: monclient.ResendAlways, writers: 16, readers: 2, toggles: true},
		{name: "never", resend: monclient.ResendNever, writers: 16, readers: 1, config: func(cfg *monclient.Config) {
			cfg.StandbySessions = 1
		}},
		{name: "read-only", resend: monclient.ResendReadOnly, writers: 4, readers: 4, config: func(cfg *monclient.Config) {
			cfg.StandbySessions, cfg.ReadBalance, cfg.HedgeDelay = 2, true, 100*time.Millisecond
		}},
	}
}

// written is one text and what the client was told of it.
type written struct {
	text  string
	party *party
	reply *monclient.Reply
	err   error
}

// loads numbers the loads, so that each has a word of its own.
var loads atomic.Int64

// load is the parties at work.
type load struct {
	t       testing.TB
	q       *quorum
	word    string // that every text of the load contains, and no other
	breaker *breaker
	parties []*party

	stop    chan struct{} // closed when nothing new is to be begun
	cancel  context.CancelFunc
	workers sync.WaitGroup
	readers sync.WaitGroup // of subscriptions

	mu       sync.Mutex
	written  []written // guarded by mu
	problems []string  // guarded by mu
	count    int       // guarded by mu; of texts
}

// start connects the parties, all to the monitor named, and sets them to work.
func (q *quorum) start(t testing.TB, mon string, parties []*party) *load {
	t.Helper()
	l := q.connect(t, mon, parties)
	ctx, cancel := context.WithCancel(t.Context())
	l.cancel = cancel
	l.labelled(func() {
		for _, p := range l.parties {
			l.subscribe(ctx, p)
			for range p.writers {
				l.workers.Go(func() { l.write(ctx, p) })
			}
			for i := range p.readers {
				l.workers.Go(func() { l.read(ctx, p, i) })
			}
			if p.toggles {
				l.workers.Go(func() { l.toggle(ctx, p) })
			}
		}
	})
	l.progress(1)
	return l
}

// connect connects the parties.
func (q *quorum) connect(t testing.TB, mon string, parties []*party) *load {
	t.Helper()
	word := fmt.Sprintf("survive-%d-", loads.Add(1))
	l := &load{t: t, q: q, word: word, breaker: newBreaker(word), parties: parties, stop: make(chan struct{})}
	t.Cleanup(l.abandon)
	l.labelled(func() {
		for _, p := range l.parties {
			cfg := q.config(t, mon)
			cfg.Resend = p.resend
			cfg.Modes = []cephx.Mode{cephx.ModeCRC} // so that the breaker can read along
			cfg.Dial = l.breaker.dial
			if p.config != nil {
				p.config(&cfg)
			}
			cfg.OnSession = p.told
			c, err := monclient.Connect(deadline(t), cfg)
			require.NoError(t, err)
			session, ok := c.Session()
			require.True(t, ok)
			require.Equal(t, mon, session.Mon)
			p.client, p.globalID = c, c.GlobalID()
			p.last = make(map[string]*atomic.Uint64)
		}
	})
	return l
}

// abandon ends what a test that has failed leaves.
func (l *load) abandon() {
	for _, p := range l.parties {
		if p.client != nil {
			p.client.Close()
		}
	}
	if l.cancel != nil {
		l.cancel()
	}
	l.workers.Wait()
	l.readers.Wait()
}

// labelled runs f so that every goroutine that comes of it is known by the load's word.
func (l *load) labelled(f func()) {
	pprof.Do(context.Background(), pprof.Labels("load", l.word), func(context.Context) { f() })
}

func (l *load) problem(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *load) stopping() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// log has a party log one text, and notes what it is told.
func (l *load) log(ctx context.Context, p *party) written {
	l.mu.Lock()
	l.count++
	text := fmt.Sprintf("%s%s-%d.", l.word, p.name, l.count)
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	w := written{text: text, party: p}
	w.reply, w.err = p.client.Command(ctx, monclient.Command{Prefix: "log", Args: map[string]any{"logtext": []string{text}}})
	l.mu.Lock()
	l.written = append(l.written, w)
	l.mu.Unlock()
	return w
}

func (l *load) write(ctx context.Context, p *party) {
	for !l.stopping() {
		if w := l.log(ctx, p); w.err == nil {
			p.done.Add(1)
		} else if !errors.Is(w.err, monclient.ErrOutcomeUnknown) {
			return // the verdict says what is wrong with it
		}
	}
}

// read asks for what changes nothing, which is answered whatever happens to sessions.
func (l *load) read(ctx context.Context, p *party, i int) {
	for !l.stopping() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		var err error
		if i%2 == 0 {
			var reply *monclient.Reply
			reply, err = p.client.Command(ctx, monclient.Command{Prefix: "osd dump", Format: "json", Resend: monclient.ResendReadOnly})
			if err == nil {
				err = reply.Err()
			}
		} else {
			_, _, err = p.client.Version(ctx, "osdmap")
		}
		cancel()
		if err != nil {
			l.problem("%s: a read failed: %v", p.name, err)
			return
		}
		p.reads.Add(1)
		select {
		case <-l.stop:
		case <-time.After(pollInterval): // readers are not what the monitors' time is for
		}
	}
}

// toggle makes new epochs of the OSD map.
func (l *load) toggle(ctx context.Context, p *party) {
	for i := 0; !l.stopping(); i++ {
		prefix := []string{"osd set", "osd unset"}[i%2]
		ctx, cancel := context.WithTimeout(ctx, patience)
		reply, err := p.client.Command(ctx, monclient.Command{Prefix: prefix, Args: map[string]any{"key": "noout"}})
		cancel()
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			l.problem("%s: %s: %v", p.name, prefix, err)
			return
		}
	}
}

// subscribe begins the party's subscriptions.
func (l *load) subscribe(ctx context.Context, p *party) {
	for _, what := range subscribed {
		s, err := p.client.Subscribe(what, 0, false)
		require.NoError(l.t, err)
		last := new(atomic.Uint64)
		p.last[what] = last
		l.readers.Go(func() {
			for {
				e, err := s.Next(ctx)
				if err != nil {
					if ctx.Err() == nil {
						l.problem("%s: the subscription to %s ended: %v", p.name, what, err)
					}
					return
				}
				p.epochs.Add(1)
				before := last.Load()
				switch {
				case e.Missed > 0:
					l.problem("%s: %s: %d events missed at epoch %d", p.name, what, e.Missed, e.Epoch)
				case before > 0 && e.Epoch <= before:
					l.problem("%s: %s: epoch %d after %d", p.name, what, e.Epoch, before)
				case before > 0 && e.Epoch != before+1 && what == "osdmap":
					l.problem("%s: %s: epochs %d to %d are missing", p.name, what, before+1, e.Epoch-1)
				}
				last.Store(e.Epoch)
			}
		})
	}
}

// progress waits until every party has had n more commands answered.
func (l *load) progress(n int64) {
	l.t.Helper()
	for _, p := range l.parties {
		enough, reads := p.done.Load()+n, p.reads.Load()+1
		waitFor(l.t, "progress of "+p.name, func() bool {
			return p.done.Load() >= enough && (p.readers == 0 || p.reads.Load() >= reads) || l.stuck()
		})
	}
	require.Empty(l.t, l.complaints())
}

// told notes what is told the party of its session.
func (p *party) told(e monclient.SessionEvent) {
	if e.Kind == monclient.SessionLost {
		p.failovers.Add(1)
	}
}

// stuck reports that there is no use in waiting.
func (l *load) stuck() bool { return len(l.complaints()) > 0 }

func (l *load) complaints() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.problems...)
}

// total is how many commands were answered.
func (l *load) total() int64 {
	var n int64
	for _, p := range l.parties {
		n += p.done.Load()
	}
	return n
}
