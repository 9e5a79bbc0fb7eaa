//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/eventq"
	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient"
)

// client is what a monclient_t means: the Go client, and the events that come of it.
type client struct {
	handle handle.Handle
	mc     *monclient.Client // set when it is connected, before anybody sees the client
	dialer *dialer
	thread thread
	log    logger

	asks      sync.WaitGroup // questions that are being asked
	askMu     sync.Mutex
	askClosed bool // there are to be no more

	session *registration // nil when nobody wants to know
	lastMon string        // the monitor of the session before, owned by the client's goroutine
}

// noticeLimit bounds what waits of a log or of session events.
var noticeLimit = eventq.Limit{Events: 1024, Bytes: 1 << 20}

// newClient takes over the sinks, which may be nil. On failure it has let go of them.
func newClient(session, log *C.struct_capi_sink, level C.uint32_t) (*client, error) {
	c := &client{handle: clients.Reserve()}
	if err := c.thread.init(c.handle); err != nil {
		C.capi_sink_release(session)
		C.capi_sink_release(log)
		return nil, err
	}
	c.log.level.Store(uint32(level))
	reg, err := c.register(session, noticeLimit)
	if err != nil {
		C.capi_sink_release(log)
		c.end()
		return nil, err
	}
	c.session = reg
	if c.log.reg, err = c.register(log, noticeLimit); err != nil {
		c.end()
		return nil, err
	}
	c.log.client = uint64(c.handle)
	return c, nil
}

// register takes over a sink and makes the source of its events. On failure it has let go of the sink. No sink, no
// registration.
func (c *client) register(sink *C.struct_capi_sink, limit eventq.Limit) (*registration, error) {
	if sink == nil {
		return nil, nil
	}
	q, err := queueOf(sink)
	if err == nil && q == nil {
		q, err = c.thread.start()
	}
	if err != nil {
		C.capi_sink_release(sink)
		return nil, err
	}
	return &registration{sink: sink, source: q.NewSource(limit)}, nil
}

// over lets go of a registration, of which nothing more will come, wherever this may be called from.
func (c *client) over(r *registration) { c.thread.release(r) }

// resolve makes the Go client's configuration.
func (c *client) resolve(ctx context.Context, s snapshot) (monclient.Config, error) {
	c.dialer = s.dialer
	cfg, err := s.resolve(ctx)
	if err == nil && c.dialer != nil {
		cfg.Dial = func(ctx context.Context, _, address string) (net.Conn, error) {
			return c.dialer.dial(ctx, c.handle, address)
		}
	}
	return cfg, err
}

// connect finds a monitor.
func (c *client) connect(ctx context.Context, s snapshot, ms C.int32_t) error {
	cfg, err := c.resolve(ctx, s)
	if err != nil {
		return err
	}
	if d := timeout(ms); d != 0 {
		cfg.ConnectTimeout = d
	}
	if c.log.reg != nil {
		cfg.Logger = c.log.slog()
	}
	if c.session != nil {
		cfg.OnSession = c.onSession
	}
	cfg.OnPanic = func(v any, stack []byte) { c.log.report(&monclient.PanicError{Value: v, Stack: stack}) }
	c.mc, err = monclient.Connect(ctx, cfg)
	return err
}

// onSession runs on the client's goroutine.
func (c *client) onSession(e monclient.SessionEvent) {
	out := event{kind: C.MONCLIENT_EVENT_SESSION, reg: c.session, client: uint64(c.handle), session: &e}
	switch e.Kind {
	case monclient.SessionHunting:
		out.change = C.MONCLIENT_SESSION_HUNTING
	case monclient.SessionAttempt:
		out.change = C.MONCLIENT_SESSION_ATTEMPT_FAILED
	case monclient.SessionLost:
		out.change = C.MONCLIENT_SESSION_LOST
	case monclient.SessionConnected:
		out.change = C.MONCLIENT_SESSION_CONNECTED
		if c.lastMon != "" && c.lastMon != e.Mon {
			out.change = C.MONCLIENT_SESSION_FAILED_OVER
		}
		c.lastMon = e.Mon
	case monclient.SessionFailedOver:
		out.change = C.MONCLIENT_SESSION_FAILED_OVER
		c.lastMon = e.Mon
	case monclient.SessionStandby:
		out.change = C.MONCLIENT_SESSION_STANDBY
		if e.Err != nil {
			out.change = C.MONCLIENT_SESSION_STANDBY_LOST
		}
	case monclient.SessionCredential:
		out.change = C.MONCLIENT_SESSION_CREDENTIAL
	}
	c.session.source.Push(out, 0)
}

// close ends the client and everything that came of it. Callbacks that wait are called first.
func (c *client) close() {
	if c.mc != nil {
		c.mc.Close()
	}
	c.endAsks()
	c.end()
}

// end ends what surrounds the Go client.
func (c *client) end() {
	for _, r := range []*registration{c.session, c.log.reg} {
		if r != nil && r.source.End() {
			r.release()
		}
	}
	c.thread.stop()
	c.dialer.release()
}

//export goConnect
func goConnect(h C.monclient_config_t, ms C.int32_t, session, log *C.struct_capi_sink, level C.uint32_t, out *C.monclient_t) (rc C.int) {
	defer guard(&rc)
	c, s, err := prepare(h, session, log, level)
	if err != nil {
		return fail(err)
	}
	if err := c.connect(context.Background(), s, ms); err != nil {
		c.end()
		return fail(err)
	}
	clients.Put(c.handle, c)
	*out = C.monclient_t(c.handle)
	return C.MONCLIENT_OK
}

// prepare makes a client that is not connected, and takes over the sinks.
func prepare(h C.monclient_config_t, session, log *C.struct_capi_sink, level C.uint32_t) (*client, snapshot, error) {
	config, err := get(configs, h, "config")
	if err != nil {
		C.capi_sink_release(session)
		C.capi_sink_release(log)
		return nil, snapshot{}, err
	}
	c, err := newClient(session, log, level)
	if err != nil {
		return nil, snapshot{}, err
	}
	return c, config.snapshot(), nil
}

//export goConnectAsync
func goConnectAsync(h C.monclient_config_t, ms C.int32_t, session, log *C.struct_capi_sink, level C.uint32_t, sink *C.struct_capi_sink, out *C.monclient_op_t) (rc C.int) {
	defer guard(&rc)
	c, s, err := prepare(h, session, log, level)
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	reg, err := c.register(sink, eventq.Limit{})
	if err != nil {
		s.dialer.release()
		c.end()
		return fail(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o := newOp(cancel)
	reg.handle = o.expose(out)
	go func() {
		err := c.connectGuarded(ctx, s, ms)
		cancel()
		o.done()
		e := event{kind: C.MONCLIENT_EVENT_CONNECT, flags: C.MONCLIENT_EVENT_LAST, reg: reg, err: err}
		if err == nil {
			e.client, e.connected = uint64(c.handle), c
			clients.Put(c.handle, c)
		}
		taken, over := reg.source.PushLast(e, 0)
		if over {
			reg.release()
		}
		switch {
		case err != nil:
			c.end()
		case !taken:
			discard(c)
		}
	}()
	return C.MONCLIENT_OK
}

// connectGuarded connects on a goroutine of its own, which must not take the process along.
func (c *client) connectGuarded(ctx context.Context, s snapshot, ms C.int32_t) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(v)
		}
	}()
	return c.connect(ctx, s, ms)
}

// discard closes a client that was made for somebody who is not there any more.
func discard(c *client) {
	if _, ok := clients.Take(c.handle); ok {
		c.close()
	}
}

//export goClose
func goClose(h C.monclient_t) (rc C.int) {
	defer guard(&rc)
	c, ok := clients.Take(handle.Handle(h))
	if !ok {
		return fail(badHandle(h, "client"))
	}
	c.close()
	return C.MONCLIENT_OK
}

//export goFSID
func goFSID(h C.monclient_t, buf *C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	fillFSID(buf, c.mc.FSID().String())
	return C.MONCLIENT_OK
}

// fillFSID writes an id, for which C has seen that there is room.
func fillFSID(buf *C.char, id string) {
	out := unsafe.Slice((*byte)(unsafe.Pointer(buf)), C.MONCLIENT_FSID_SIZE)
	out[copy(out, id)] = 0
}

//export goGlobalID
func goGlobalID(h C.monclient_t, out *C.uint64_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	*out = C.uint64_t(c.mc.GlobalID())
	return C.MONCLIENT_OK
}

//export goMonmap
func goMonmap(h C.monclient_t, data *unsafe.Pointer, n *C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	return fail(newBytes(c.mc.MonMap().AppendTo(nil), data, n))
}

//export goMonmapJSON
func goMonmapJSON(h C.monclient_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	text, err := json.Marshal(c.mc.MonMap())
	if err != nil {
		return fail(err)
	}
	return fail(newText(string(text), out))
}

//export goSession
func goSession(h C.monclient_t, out **C.monclient_session_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	s, ok := c.mc.Session()
	if !ok {
		return fail(failure(C.MONCLIENT_ENOTCONN, "there is no session at the moment"))
	}
	addr, local := s.Addr.String(), s.Local.String()
	b := newBlock(C.sizeof_monclient_session_t, textSize(s.Mon)+textSize(addr)+textSize(local)+textSize(s.Mode))
	if b.start == nil {
		return fail(errNoMemory)
	}
	session := (*C.monclient_session_t)(b.start)
	session.mon, session.addr, session.local_addr, session.mode = b.text(s.Mon), b.text(addr), b.text(local), b.text(s.Mode)
	session.features = C.uint64_t(s.Features)
	session.since_ns = C.int64_t(s.Since.UnixNano())
	session.rank = C.int32_t(s.Rank)
	*out = session
	return C.MONCLIENT_OK
}

// standbyInfo is a standby session in JSON.
type standbyInfo struct {
	Mon       string  `json:"mon"`
	Rank      int     `json:"rank"`
	Addr      string  `json:"addr"`
	LocalAddr string  `json:"local_addr"`
	Mode      string  `json:"mode"`
	Since     float64 `json:"since"`
}

//export goStandbysJSON
func goStandbysJSON(h C.monclient_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	list := []standbyInfo{} // never null
	for _, s := range c.mc.Standbys() {
		list = append(list, standbyInfo{
			Mon: s.Mon, Rank: s.Rank, Addr: s.Addr.String(), LocalAddr: s.Local.String(), Mode: s.Mode,
			Since: float64(s.Since.UnixMicro()) / 1e6,
		})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fail(err)
	}
	return fail(newText(string(text), out))
}

//export goSetKey
func goSetKey(h C.monclient_t, text *C.char, n C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	base64, err := goText(text, n, "key")
	if err != nil {
		return fail(err)
	}
	key, err := cephx.ParseKey(base64)
	if err == nil {
		if err = c.mc.SetCredential(key); errors.Is(err, monclient.ErrClosed) {
			return fail(err)
		}
	}
	if err != nil {
		return fail(failure(C.MONCLIENT_EINVAL, "key: %s", textOf(err)))
	}
	return C.MONCLIENT_OK
}

//export goSetLogLevel
func goSetLogLevel(h C.monclient_t, level C.uint32_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	c.log.level.Store(uint32(level))
	return C.MONCLIENT_OK
}
