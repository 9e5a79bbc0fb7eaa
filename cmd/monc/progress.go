package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// huntLog follows the search for a monitor. It shows it where somebody looks on, and remembers whom it is waiting for.
type huntLog struct {
	mu     sync.Mutex
	show   io.Writer // nil: nobody looks on
	monmap *cephmap.MonMap
	open   bool   // the line is not ended
	shown  string // the batch that was shown last
	said   map[string]string
}

// nameOf names a monitor for people: one that is known from its address only has a made-up name.
func (h *huntLog) nameOf(name string) string {
	if strings.HasPrefix(name, "noname-") && h.monmap != nil {
		if mon, ok := h.monmap.Mon(name); ok {
			if addr, ok := mon.Addrs.Msgr2(); ok {
				return addr.AddrPort().String()
			}
		}
	}
	return "mon." + name
}

// event is Config.OnSession.
func (h *huntLog) event(e monclient.SessionEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e.Kind {
	case monclient.SessionHunting:
		names := make([]string, len(e.Mons))
		for i, m := range e.Mons {
			names[i] = h.nameOf(m)
		}
		slices.Sort(names)
		if line := strings.Join(names, ", "); line != h.shown {
			h.endLine()
			h.write("hunting %s …", line)
			h.shown, h.open = line, true
		}
	case monclient.SessionAttempt:
		what := fmt.Sprintf("%s: %v", e.Attempt.Step, e.Attempt.Err)
		if h.said == nil {
			h.said = make(map[string]string)
		}
		if h.said[e.Attempt.Addr.String()] != what { // every round would say the same
			h.said[e.Attempt.Addr.String()] = what
			h.endLine()
			h.write("  %s\n", describeAttempt(h, e.Attempt))
		}
	case monclient.SessionConnected:
		if !h.open {
			h.write("…")
		}
		h.write(" mon.%s in %v\n", e.Mon, roundTime(e.Elapsed))
		h.open, h.shown, h.said = false, "", nil
	case monclient.SessionLost:
		h.endLine()
		h.write("lost mon.%s after %v: %v\n", e.Mon, roundTime(e.Elapsed), e.Err)
	case monclient.SessionFailedOver:
		h.endLine()
		h.write("mon.%s takes over\n", e.Mon)
	case monclient.SessionCredential:
		h.endLine()
		h.write("the key was changed\n")
	case monclient.SessionStandby: // which is of no interest before it takes over
	}
}

func (h *huntLog) write(format string, args ...any) {
	if h.show != nil {
		fmt.Fprintf(h.show, format, args...)
	}
}

func (h *huntLog) endLine() {
	if h.open {
		h.write("\n")
		h.open = false
	}
}

// note shows a line of its own.
func (h *huntLog) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.endLine()
	h.write(format+"\n", args...)
}

// endProgress makes sure that what comes next begins a line.
func (a *app) endProgress() {
	a.hunt.mu.Lock()
	defer a.hunt.mu.Unlock()
	a.hunt.endLine()
}

// roundTime keeps what people want to know of a duration.
func roundTime(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
