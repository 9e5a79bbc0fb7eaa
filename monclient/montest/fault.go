package montest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// faults are what is wrong with a monitor's connections.
type faults struct {
	refuse         bool
	silent         bool
	frozen         chan struct{} // closed by Thaw; nil: not frozen
	dropKeepalives bool
	delay          time.Duration
	slowRead       int // bytes per second
	resetAfter     int // bytes that are still written before the connection breaks; 0: never
	corruptAt      int // counts down to the byte that is changed; 0: none
	fsid           uuid.UUID
}

func (m *Mon) fault(change func(f *faults)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.faults)
}

// Refuse closes new connections as soon as they are accepted.
func (m *Mon) Refuse() { m.fault(func(f *faults) { f.refuse = true }) }

// Silence accepts new connections and says nothing.
func (m *Mon) Silence() { m.fault(func(f *faults) { f.silent = true }) }

// Freeze stops the monitor as SIGSTOP does: connections stay, and nothing is read or written, until Thaw.
func (m *Mon) Freeze() {
	m.fault(func(f *faults) {
		if f.frozen == nil {
			f.frozen = make(chan struct{})
		}
	})
}

// Thaw lets a frozen monitor go on, with everything that has come meanwhile.
func (m *Mon) Thaw() {
	m.fault(func(f *faults) {
		if f.frozen != nil {
			close(f.frozen)
			f.frozen = nil
		}
	})
}

// DropKeepalives leaves keepalives unanswered; everything else goes on.
func (m *Mon) DropKeepalives() { m.fault(func(f *faults) { f.dropKeepalives = true }) }

// Delay holds back everything that the monitor writes for d.
func (m *Mon) Delay(d time.Duration) { m.fault(func(f *faults) { f.delay = d }) }

// SlowRead makes the monitor read at most so many bytes a second.
func (m *Mon) SlowRead(bytesPerSecond int) { m.fault(func(f *faults) { f.slowRead = bytesPerSecond }) }

// ResetAfter breaks a connection once, after the monitor has written n more bytes on any: in the middle of a frame, if n
// says so.
func (m *Mon) ResetAfter(n int) { m.fault(func(f *faults) { f.resetAfter = max(n, 1) }) }

// CorruptByte changes one bit, once, in the nth byte, from 1, that the monitor writes from now on.
func (m *Mon) CorruptByte(n int) { m.fault(func(f *faults) { f.corruptAt = max(n, 1) }) }

// PretendFSID has the monitor answer with monmaps of another cluster.
func (m *Mon) PretendFSID(fsid uuid.UUID) { m.fault(func(f *faults) { f.fsid = fsid }) }

// SendCorruptMonMap sends the monitor's clients a monmap whose end is missing.
func (m *Mon) SendCorruptMonMap() {
	b := m.cluster.MonMap().AppendTo(nil)
	m.Send(&monmsg.MMonMap{Map: b[:len(b)-3]})
}

// SendOldMonMap sends the monitor's clients a monmap of the epoch before the present one.
func (m *Mon) SendOldMonMap() {
	old := m.cluster.MonMap()
	old.Epoch--
	m.Send(&monmsg.MMonMap{Map: old.AppendTo(nil)})
}

// BlackHole has the network lose every packet between the monitor and its clients, in both directions, until FillHole:
// connections stay, and what either side writes is taken until a send buffer is full, but none of it arrives, not even
// that a connection was closed. Cluster.Dial waits until its context ends; a client that dials without it, over TCP,
// gets a connection on which nothing comes, as a process cannot refuse to be connected to. The monitor stays in touch
// with the others, and in quorum.
func (m *Mon) BlackHole() { m.hole.CompareAndSwap(nil, &blackHole{ended: make(chan struct{})}) }

// FillHole ends BlackHole. What was written meanwhile arrives, as TCP sends it again.
func (m *Mon) FillHole() {
	if h := m.hole.Swap(nil); h != nil {
		close(h.ended)
	}
}

// Heal ends all faults of the monitor's connections. It starts no dead monitor, and brings none back into quorum.
func (m *Mon) Heal() {
	m.FillHole()
	m.Thaw()
	m.fault(func(f *faults) { *f = faults{} })
}

func (m *Mon) ignoresKeepalives() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.dropKeepalives
}

// Action is what a monitor does with a message instead of answering it; true answers it all the same.
type Action func(m monmsg.Message) bool

// Drop leaves a message without an answer.
func Drop(monmsg.Message) bool { return false }

// maxReceived bounds what a monitor that runs for long remembers.
const maxReceived = 100_000

// control is one scripted reaction.
type control struct {
	act  Action
	keep bool
}

// Control has the next message of a type handled by act, once: mons.Mon("a").Control(monmsg.TypeMonCommand, montest.Drop).
// Several wait in line.
func (m *Mon) Control(msgType uint16, act Action) { m.addControl(msgType, control{act: act}) }

// ControlAll has all messages of a type handled by act from now on.
func (m *Mon) ControlAll(msgType uint16, act Action) {
	m.addControl(msgType, control{act: act, keep: true})
}

func (m *Mon) addControl(msgType uint16, c control) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.controls[msgType] = append(m.controls[msgType], c)
}

// controlled notes a message and returns the reaction that was scripted for it.
func (m *Mon) controlled(msg monmsg.Message) (Action, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.received = append(m.received, msg); len(m.received) > maxReceived {
		m.received = slices.Delete(m.received, 0, len(m.received)-maxReceived/2)
	}
	waiting := m.controls[msg.MsgType()]
	if len(waiting) == 0 {
		return nil, false
	}
	c := waiting[0]
	if !c.keep {
		m.controls[msg.MsgType()] = waiting[1:]
	}
	return c.act, true
}
