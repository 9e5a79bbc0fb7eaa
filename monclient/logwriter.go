package monclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Bounds of what waits for the monitors' acknowledgement.
const (
	maxLogEntries   = 10_000
	maxLogBytes     = 16 << 20
	maxLogText      = 64 << 10 // of one entry
	maxLogChannel   = 64
	maxLogSendBytes = 1 << 20 // of one message, unless one entry is more
)

// DefaultLogChannel is the channel of entries that name none (CLOG_CHANNEL_CLUSTER).
const DefaultLogChannel = "cluster"

// ErrLogFull says that too many log entries wait for the monitors. Those that wait stay.
var ErrLogFull = errors.New("too many log entries wait for the monitors")

// logAskInterval is how long entries may go without an acknowledgement until the monitors are asked about them, and
// logAskSoon the same where somebody waits and it is likely that none comes. It doubles up to logAskMax.
const (
	logAskInterval = time.Second
	logAskSoon     = 200 * time.Millisecond
	logAskMax      = 16 * time.Second
)

// logWriter keeps what the client has to say to the cluster log until the monitors have it, as Ceph's LogClient does
// (src/common/LogClient.cc): entries are numbered, go out in batches, and go out again on the next session when their
// acknowledgement has not come. One batch at a time is on its way.
//
// An acknowledgement is not to be relied on. Monitors tell what they have had before by sender, time and number, among the
// newest 50 entries or so (mon_log_max_summary), and answer nothing to a message that has nothing new; and those of Tentacle
// acknowledge nothing but what their leader was sent (LogMonitor::preprocess_log in src/mon/LogMonitor.cc). So after the loss of
// a session they are first asked for the end of the log, and what is found there is not sent again; and they are asked, too,
// when no acknowledgement comes. What is in the log and not shown any more, on Pacific because 50 others of the channel have come
// since, is written twice.
type logWriter struct {
	mu      sync.Mutex
	queue   []monmsg.LogEntry // not acknowledged, by number
	bytes   int               // of their texts and channels
	seq     uint64            // of the newest entry
	rank    denc.PeerName     // what entries bear
	addrs   denc.EntityAddrVec
	planned bool // the client's goroutine knows that there is something to send
	closed  bool
	unacked *atomic.Int64 // how many there are, for Stats

	// The rest is owned by the client's goroutine.

	due    time.Time     // when what was not sent is to be sent, if a session can take it; zero: nothing is
	sent   uint64        // up to this number entries were sent, in some session
	flying uint64        // the last number of the batch that the present session owes an answer to; 0: it owes none
	more   bool          // there was more than went into it
	asking bool          // the monitors have been asked what they have
	askAt  time.Time     // when they are to be asked, zero: not
	askGap time.Duration // how long that was from the time before; 0: there was none
	acked  bool          // something has ever been acknowledged

	flushes map[uint64]uint64 // by the id of the call: the number that it waits for
}

// logFlush is what a call waits for that flushes the log.
type logFlush struct {
	seq     uint64
	pending int // when it ended
	denied  bool
}

// Log writes an entry to the cluster log: it is queued, and goes out with others within Config.LogInterval, or with
// FlushLog. An empty channel is DefaultLogChannel. Entries are kept until the monitors have acknowledged them, and sent again
// after the loss of a session, without getting into the log twice; Close gives them Config.LogFlushTimeout. An entry that
// cannot wait because 10000 do already, or 16 MiB of text, is refused with ErrLogFull.
//
// Writing takes access to the log: the monitor capability "allow rw", or "allow service log rw". Monitors do not
// answer a client that has neither, so that FlushLog is the way to learn of it; to one that may write and not read, those of
// Tentacle mostly do not either. Log does not wait, and may be called from everywhere. Implements: LogChannel::do_log.
func (c *Client) Log(level LogLevel, channel, text string) error {
	if channel == "" {
		channel = DefaultLogChannel
	}
	if err := checkLogEntry(level, channel, text); err != nil {
		return fmt.Errorf("monclient: log: %w", err)
	}
	core := c.core
	first, err := core.log.add(monmsg.LogEntry{
		Name: core.cfg.Name, Stamp: denc.FromTime(time.Now()), Priority: monmsg.LogPriority(level), Message: text, Channel: channel,
	})
	if err == nil && first {
		err = core.post(func() { core.planLog(time.Now()) })
	}
	if err != nil {
		return fmt.Errorf("monclient: log: %w", err)
	}
	return nil
}

// checkLogEntry refuses what does not belong into a log. Monitors make the names of files of channels' names.
func checkLogEntry(level LogLevel, channel, text string) error {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.'
	}
	switch {
	case !level.valid():
		return fmt.Errorf("%w: level %d is none of debug, info, sec, warn, error", cephconf.ErrInvalidValue, uint16(level))
	case len(channel) > maxLogChannel:
		return fmt.Errorf("%w: channel: %d bytes are more than %d", cephconf.ErrInvalidValue, len(channel), maxLogChannel)
	case strings.ContainsFunc(channel, func(r rune) bool { return !plain(r) }) || strings.Trim(channel, ".") == "":
		return fmt.Errorf("%w: channel %q has something else than letters, digits, dots, _ and -", cephconf.ErrInvalidValue, channel)
	case len(text) > maxLogText:
		return fmt.Errorf("%w: text: %d bytes are more than %d", cephconf.ErrInvalidValue, len(text), maxLogText)
	}
	return nil
}

// FlushLog has what Log was given until now sent at once, and waits for the monitors' acknowledgement. Implements:
// MonClient::flush_log, which does not wait.
func (c *Client) FlushLog(ctx context.Context) error {
	call, flush := c.core.flushCall()
	return flush.result(c.core.wait(ctx, call, c.core.opTimeout(0)))
}

// StartFlushLog does what FlushLog does and returns at once; done is called with what FlushLog would return. timeout, done
// and the error are as for StartCommand.
func (c *Client) StartFlushLog(timeout time.Duration, done func(error)) (*Call, error) {
	if done == nil {
		return nil, fmt.Errorf("monclient: flush the log: %w", errNoFunction)
	}
	call, flush := c.core.flushCall()
	call.done = func(o outcome) { done(flush.result(o)) }
	if err := c.core.begin(call, c.core.opTimeout(timeout)); err != nil {
		return nil, flush.result(outcome{err: err})
	}
	return call, nil
}

// flushCall returns the call of a flush of what is queued now.
func (c *core) flushCall() (*Call, *logFlush) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	flush := &logFlush{seq: c.log.seq}
	return &Call{flush: flush}, flush
}

// result says how a flush has ended.
func (f *logFlush) result(o outcome) error {
	switch {
	case o.err == nil:
		return nil
	case f.denied:
		return fmt.Errorf("monclient: flush the log: %d entries are not acknowledged, which monitors do not do for a client without write access to the log: %w",
			f.pending, o.err)
	case f.pending > 0:
		return fmt.Errorf("monclient: flush the log: %d entries are not acknowledged: %w", f.pending, o.err)
	}
	return fmt.Errorf("monclient: flush the log: %w", o.err)
}

// closeLog takes no more entries, and waits for those that there are, for some time.
func (c *core) closeLog() {
	c.log.close()
	if c.inLog() || c.cfg.LogFlushTimeout <= 0 {
		return
	}
	call, flush := c.flushCall()
	if o := c.wait(context.Background(), call, c.cfg.LogFlushTimeout); o.err != nil && flush.pending > 0 {
		c.note(logEntriesLost, "entries", flush.pending, "error", o.err)
	}
}

// close takes no more entries.
func (w *logWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// add queues an entry and reports whether the client's goroutine is to be told.
func (w *logWriter) add(e monmsg.LogEntry) (first bool, err error) {
	size := len(e.Message) + len(e.Channel)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return false, ErrClosed
	case len(w.queue) >= maxLogEntries:
		return false, fmt.Errorf("%w: %d, the most there may be", ErrLogFull, len(w.queue))
	case w.bytes+size > maxLogBytes:
		return false, fmt.Errorf("%w: %d bytes of text, of %d at most", ErrLogFull, w.bytes, maxLogBytes)
	}
	w.seq++
	e.Seq, e.Rank, e.Addrs = w.seq, w.rank, w.addrs
	w.queue = append(w.queue, e)
	w.bytes += size
	w.unacked.Add(1)
	first, w.planned = !w.planned, true
	return first, nil
}

// drop takes away the entries up to a number.
func (w *logWriter) drop(last uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for ; n < len(w.queue) && w.queue[n].Seq <= last; n++ {
		w.bytes -= len(w.queue[n].Message) + len(w.queue[n].Channel)
	}
	clear(w.queue[:n])
	w.unacked.Add(int64(-n))
	if w.queue = w.queue[n:]; len(w.queue) == 0 {
		w.queue, w.planned = nil, false
	}
}

// batch returns the entries of the next message, at most most of them, and whether there are more. They do not change.
func (w *logWriter) batch(most int) (entries []monmsg.LogEntry, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, size := 0, 0
	for n < len(w.queue) && (most <= 0 || n < most) {
		size += len(w.queue[n].Message) + len(w.queue[n].Channel)
		if n > 0 && size > maxLogSendBytes {
			break
		}
		n++
	}
	return slices.Clone(w.queue[:n]), n < len(w.queue)
}

// kinds returns how many entries there are, and their channel, or that for all when they have several.
func (w *logWriter) kinds() (n int, channel string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.queue {
		if channel = w.queue[i].Channel; channel != w.queue[0].Channel {
			channel = AnyLogChannel
			break
		}
	}
	if channel == "" {
		channel = AnyLogChannel
	}
	return len(w.queue), channel
}

// oldest returns the number of the oldest entry, 0 when there is none, and how many there are.
func (w *logWriter) oldest() (seq uint64, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return 0, 0
	}
	return w.queue[0].Seq, len(w.queue)
}

// inDoubt reports whether the oldest entry was sent and the present session is not the one that owes the answer.
func (w *logWriter) inDoubt() bool {
	seq, _ := w.oldest()
	return seq != 0 && seq <= w.sent && w.flying == 0
}

// planLog has what was queued sent in its time.
func (c *core) planLog(now time.Time) {
	if c.log.due.IsZero() {
		c.log.due = now.Add(c.cfg.LogInterval)
	}
}

// nextLogTick returns when tickLog has something to do.
func (c *core) nextLogTick() time.Time {
	w := &c.log
	next := never
	if !c.ready() || w.asking {
		return next // the session, or the answer, is what it waits for
	}
	if !w.due.IsZero() && w.flying == 0 {
		next = w.due
	}
	if !w.askAt.IsZero() {
		next = earlier(next, w.askAt)
	}
	return next
}

// tickLog sends what is due.
func (c *core) tickLog(now time.Time) {
	w := &c.log
	if now.Before(c.nextLogTick()) {
		return
	}
	if !w.askAt.IsZero() && !now.Before(w.askAt) {
		c.askLog()
		return
	}
	c.sendLog()
}

// resumeLog begins again on a new session.
func (c *core) resumeLog(s *session) {
	w := &c.log
	w.mu.Lock()
	w.rank = denc.PeerName{Type: c.cfg.Name.Type, Num: int64(s.auth.GlobalID())} //nolint:gosec // as Ceph has it, too
	w.addrs = denc.EntityAddrVec{s.conn.Info().LocalAddr}
	for i := range w.queue { // from before the first session, or from callers that heard of it sooner: none of them was sent
		if e := &w.queue[i]; e.Rank.Type == 0 {
			e.Rank, e.Addrs = w.rank, w.addrs
		}
	}
	w.mu.Unlock()
	w.flying, w.askAt, w.askGap = 0, time.Time{}, 0
	for id := range w.flushes {
		if call := c.pending[id]; call != nil && call.on == nil {
			c.assign(call, s)
		}
	}
	if w.inDoubt() {
		c.askLog()
		return
	}
	c.sendLog()
}

// sendLog sends a batch, if nothing is on its way.
func (c *core) sendLog() {
	w := &c.log
	if !c.ready() || w.flying != 0 || w.asking {
		return
	}
	w.due = time.Time{}
	var entries []monmsg.LogEntry
	if entries, w.more = w.batch(c.cfg.LogBatch); len(entries) == 0 {
		return
	}
	w.flying = entries[len(entries)-1].Seq
	w.sent = max(w.sent, w.flying)
	w.askAt, w.askGap = time.Now().Add(c.logPatience()), 0
	c.session.send(&monmsg.MLog{FSID: c.monmap.FSID, Entries: entries}, 0)
}

// logPatience returns how long an acknowledgement may take before the monitors are asked.
func (c *core) logPatience() time.Duration {
	if len(c.log.flushes) > 0 && c.monmap.MinMonRelease > cephmap.ReleaseReef {
		return logAskSoon
	}
	return logAskInterval
}

// logAcked takes an acknowledgement.
func (c *core) logAcked(m *monmsg.MLogAck) {
	c.log.acked = true
	c.logWritten(m.Last)
}

// logWritten notes that the monitors have the entries up to a number.
func (c *core) logWritten(last uint64) {
	w := &c.log
	w.drop(min(last, w.sent))
	if w.flying != 0 && last >= w.flying {
		w.flying, w.askAt, w.askGap = 0, time.Time{}, 0
	}
	c.endFlushes()
	switch oldest, _ := w.oldest(); {
	case oldest == 0:
		w.due = time.Time{}
	case w.flying != 0:
	case w.more || len(w.flushes) > 0:
		c.sendLog()
	default:
		c.planLog(time.Now())
	}
}

// startFlush begins a call that flushes the log.
func (c *core) startFlush(call *Call) {
	w := &c.log
	if oldest, _ := w.oldest(); oldest == 0 || oldest > call.flush.seq {
		c.finish(call, outcome{})
		return
	}
	if c.session == nil && c.hunt.pausing && c.hunt.verdict != nil {
		c.finish(call, outcome{err: c.connectError(c.hunt.verdict)})
		return
	}
	if w.flushes == nil {
		w.flushes = make(map[uint64]uint64)
	}
	w.flushes[call.id] = call.flush.seq
	if c.ready() {
		c.assign(call, c.session)
		if !w.askAt.IsZero() && w.askGap == 0 {
			w.askAt = earlier(w.askAt, time.Now().Add(c.logPatience()))
		}
		c.sendLog()
	}
}

// endFlush notes what a flush that ends has not brought about.
func (c *core) endFlush(call *Call, err error) {
	delete(c.log.flushes, call.id)
	if err == nil {
		return
	}
	_, call.flush.pending = c.log.oldest()
	call.flush.denied = c.log.sent > 0 && !c.log.acked && c.ready()
}

// endFlushes completes the flushes that have what they wait for, in the order in which they were asked for.
func (c *core) endFlushes() {
	w := &c.log
	if len(w.flushes) == 0 {
		return
	}
	oldest, _ := w.oldest()
	var done []uint64
	for id, seq := range w.flushes {
		if oldest == 0 || oldest > seq {
			done = append(done, id)
		}
	}
	slices.Sort(done)
	for _, id := range done {
		if call := c.pending[id]; call != nil {
			c.finish(call, outcome{})
		}
	}
}

// askLog asks the monitors for the end of the log, to find there what they have of the client's entries.
func (c *core) askLog() {
	w := &c.log
	if w.asking {
		return
	}
	w.asking, w.askAt = true, time.Time{}
	w.askGap = max(w.askGap, c.logPatience())
	n, channel := w.kinds()
	// Others write meanwhile, too, and the audit log has an entry for every command.
	n = 2*n + 50 + int(w.askGap/logAskInterval)*500
	if w.flying == 0 { // what is not found is sent again
		n += 1000
	}
	text := []string{fmt.Sprintf(`{"prefix":"log last","num":%d,"level":"debug","channel":%q,"format":"json"}`, n, channel)}
	c.start(&Call{
		core: c, command: true, text: text, resend: ResendAlways,
		message: func(c *core, _ uint64) monmsg.Message {
			return &monmsg.MMonCommand{FSID: c.monmap.FSID, Cmd: text}
		},
		done: c.logAnswered,
	})
}

// logAnswered takes the end of the log. Entries are in order, and in the log all together or not at all, so what is before one
// that is found is there as well.
func (c *core) logAnswered(o outcome) {
	w := &c.log
	w.asking = false
	if o.err != nil || c.closed {
		return
	}
	var found uint64
	var entries []struct {
		Rank string `json:"rank"`
		Seq  uint64 `json:"seq"`
	}
	ack, ok := o.reply.(*monmsg.MMonCommandAck)
	switch {
	case !ok || ack.Retval < 0:
		// It may write and not read. Then monitors have to tell by themselves what they have had.
	default:
		if err := json.Unmarshal(ack.Output, &entries); err != nil {
			c.note(logEntriesUnreadable, "mon", o.mon, "error", err)
		}
		ranks := w.ranks()
		for _, e := range entries {
			if ranks[e.Rank] && e.Seq <= w.sent {
				found = max(found, e.Seq)
			}
		}
	}
	flying := w.flying
	c.logWritten(found)
	c.sendLog()
	if flying != 0 && w.flying == flying {
		w.askGap = min(2*w.askGap, logAskMax)
		w.askAt = time.Now().Add(w.askGap)
	}
}

// inLog reports whether nothing waits for an acknowledgement.
func (c *core) inLog() bool {
	oldest, _ := c.log.oldest()
	return oldest == 0
}

// ranks returns the numbers of this client that entries bear, as the log prints them. A client that could not reclaim its
// global_id has had several.
func (w *logWriter) ranks() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	ranks := make(map[string]bool)
	for i := range w.queue {
		if i == 0 || w.queue[i].Rank != w.queue[i-1].Rank {
			ranks[w.queue[i].Rank.String()] = true
		}
	}
	return ranks
}
