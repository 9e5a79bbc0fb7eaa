//go:build linux

package survive

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
)

// tally is what became of the texts of a load.
type tally struct {
	commands, reads, resent, unknown, unknownDone int
	twice                                         int // executed more than once, which the result said was possible
	byMons, byMonsNever                           int // executed more than once, though it was sent once; under ResendNever
	failovers, epochs                             int
}

func (n tally) String() string {
	return fmt.Sprintf("%d commands, %d resent (%d executed twice), %d of unknown outcome (%d executed), %d executed twice by the monitors "+
		"alone (%d under never), %d reads, %d failovers, %d epochs", n.commands, n.resent, n.twice, n.unknown, n.unknownDone, n.byMons, n.byMonsNever, n.reads, n.failovers, n.epochs)
}

// finish lets the parties come to an end, has the cluster judge them, and closes them. What remains of them is nothing.
func (l *load) finish() tally {
	t := l.t
	t.Helper()
	close(l.stop)
	l.workers.Wait()
	l.catchUp()
	n := l.judge()
	for _, p := range l.parties {
		require.Equal(t, p.globalID, p.client.GlobalID(), "%s is still the same to the monitors", p.name)
		n.reads += int(p.reads.Load())
		n.failovers += int(p.failovers.Load())
		n.epochs += int(p.epochs.Load())
	}
	l.close()
	return n
}

// close closes the clients.
func (l *load) close() {
	t := l.t
	t.Helper()
	if l.cancel != nil {
		l.cancel()
	}
	l.readers.Wait()
	for _, p := range l.parties {
		require.NoError(t, p.client.Close())
	}
	require.Empty(t, l.complaints())
	waitFor(t, "the end of all goroutines", func() bool { return goroutinesOf(t, l.word) == "" })
	waitFor(t, "the end of all sockets", func() bool { return socketsTo(t, l.q.prefix()) == 0 })
}

// catchUp waits until every subscription has brought the newest map that the ceph command knows of.
func (l *load) catchUp() {
	t := l.t
	t.Helper()
	for what, newest := range l.q.epochs(t) {
		for _, p := range l.parties {
			waitFor(t, fmt.Sprintf("%s: %s %d", p.name, what, newest), func() bool { return p.last[what].Load() >= newest || l.stuck() })
		}
	}
	require.Empty(t, l.complaints())
}

// judge compares what the clients were told with the log of the cluster, and with what went over their connections.
//
// Monitors by themselves execute a command twice that they were sent once: one that has passed it on to the leader does so again when
// there was an election before the answer, or executes it itself when it is the leader now, whether the old leader had executed it
// or not (Monitor::resend_routed_requests in src/mon/Monitor.cc). No client can prevent that, nor know of it, so it is counted, and
// nobody's fault here. But that it was sent once is what the connections say, and not the client.
func (l *load) judge() tally {
	t := l.t
	t.Helper()
	times := l.executed()
	var n tally
	var wrong []string
	for _, w := range l.written {
		n.commands++
		count := times[w.text]
		sent, cut := l.breaker.times(w.text)
		delete(times, w.text)
		complain := func(format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("%s, sent %d times, executed %d times: ", w.text, sent, count)+fmt.Sprintf(format, args...))
		}
		if w.party.resend != monclient.ResendAlways && sent > 1 {
			complain("the policy is %v", w.party.resend)
		}
		if sent+cut == 0 && count > 0 {
			complain("where does it come from?")
		}
		unknown := errors.Is(w.err, monclient.ErrOutcomeUnknown)
		switch {
		case w.err == nil && w.reply.Err() != nil:
			complain("refused: %v", w.reply.Err())
		case w.err == nil && count == 0:
			complain("lost, though it was answered by mon.%s", w.reply.Mon)
		case w.err == nil && sent > 1 && !w.reply.Resent:
			complain("nothing said so; answered by mon.%s", w.reply.Mon)
		case w.err != nil && (w.party.resend == monclient.ResendAlways || errors.Is(w.err, context.DeadlineExceeded)):
			complain("lost: %v", w.err)
		case w.err != nil && (!unknown || errors.Is(w.err, monclient.ErrNotSent)):
			complain("it ended with neither an answer nor an unknown outcome: %v", w.err)
		case w.err == nil && sent+cut == 0:
			complain("answered without having been sent")
		}
		if unknown {
			n.unknown++
			n.unknownDone += min(count, 1)
		}
		if w.err == nil && w.reply.Resent {
			n.resent++
		}
		switch {
		case count > 1 && sent > 1:
			n.twice++
		case count > 1:
			n.byMons++
			if w.party.resend == monclient.ResendNever {
				n.byMonsNever++
			}
		}
	}
	for text, count := range times {
		wrong = append(wrong, fmt.Sprintf("%s, executed %d times: nobody has sent it", text, count))
	}
	if len(wrong) > 0 {
		require.FailNow(t, fmt.Sprintf("%d results are not what the cluster did", len(wrong)), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
	}
	return n
}

// executed counts the executions of each text of the load in the cluster's log, after everything that was sent to the monitors
// has been dealt with: whatever comes after it is in the log.
func (l *load) executed() map[string]int {
	t := l.t
	t.Helper()
	barrier := "barrier-" + l.word
	l.q.ceph(t, "log", barrier)
	waitFor(t, barrier, func() bool {
		times, err := l.q.LogTimes(barrier)
		require.NoError(t, err)
		return len(times) > 0
	})
	times, err := l.q.LogTimes(l.word)
	require.NoError(t, err)
	delete(times, l.word) // the end of the barrier
	return times
}
