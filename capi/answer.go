//go:build cgo

package main

// #include <string.h>
// #include "front.h"
import "C"

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
)

// poolOp is a monclient_pool_op_t.
type poolOp struct {
	op        uint32
	pool      int64
	name      string
	snap      uint64
	crushRule int32
}

func poolOpOf(p *C.monclient_pool_op_t) (poolOp, error) {
	name, err := optionalText(p.name, "op: name")
	return poolOp{op: uint32(p.op), pool: int64(p.pool), name: name, snap: uint64(p.snap), crushRule: int32(p.crush_rule)}, err
}

// pingAnswer is the JSON of a ping.
type pingAnswer struct {
	Mon       string          `json:"mon"`
	RoundTrip float64         `json:"round_trip"`
	Reply     json.RawMessage `json:"reply"`
	Text      string          `json:"text"`
}

func pinged(r *monclient.PingReply, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	reply := json.RawMessage("null") // a monitor that has said nothing that can be read
	if json.Valid(r.JSON) {
		reply = r.JSON
	}
	return object(pingAnswer{r.Mon, r.RoundTrip.Seconds(), reply, string(r.JSON)}, nil)
}

// answer asks a question of a client.
func (c *client) answer(ctx context.Context, q question) (answer, error) {
	switch q.what {
	case C.CAPI_ASK_PING:
		return pinged(c.mc.Ping(ctx, q.text))
	case C.CAPI_ASK_LATEST:
		return number(c.mc.Latest(ctx, q.text))
	case C.CAPI_ASK_LOG_FLUSH:
		return nothing(c.mc.FlushLog(ctx))
	case C.CAPI_ASK_CLUSTER_STATS:
		if q.number < -1 {
			return answer{}, failure(C.MONCLIENT_EINVAL, "pool is %d", q.number)
		}
		if q.number == -1 {
			return object(c.mc.ClusterStats(ctx))
		}
		return object(c.mc.PoolCapacity(ctx, q.number))
	case C.CAPI_ASK_POOLS:
		return object(c.mc.Pools(ctx))
	case C.CAPI_ASK_POOL_STATS:
		return object(c.mc.PoolStats(ctx, q.texts...))
	case C.CAPI_ASK_POOL_OP:
		return c.answerPoolOp(ctx, q.pool)
	case C.CAPI_ASK_BLOCKLIST:
		return blocklisted(c.mc.Blocklist(ctx))
	case C.CAPI_ASK_BLOCKLIST_ADD:
		return nothing(c.mc.BlocklistAdd(ctx, q.text, time.Duration(q.number)*time.Second))
	case C.CAPI_ASK_BLOCKLIST_REMOVE:
		return nothing(c.mc.BlocklistRemove(ctx, q.text))
	case C.CAPI_ASK_PARSE:
		command, err := c.mc.ParseCommand(ctx, q.texts)
		if err != nil {
			return answer{}, err
		}
		text, err := command.Text()
		return answer{json: []byte(text)}, err
	}
	return answer{}, failure(C.MONCLIENT_EINTERNAL, "no question is number %d", q.what)
}

// blockedAnswer is the JSON of an address that OSDs refuse.
type blockedAnswer struct {
	Addr  string  `json:"addr"`
	Until float64 `json:"until"`
}

func blocklisted(entries []monclient.BlocklistEntry, err error) (answer, error) {
	list := make([]blockedAnswer, len(entries)) // never null
	for i, e := range entries {
		list[i] = blockedAnswer{e.Addr, float64(e.Until.UnixMicro()) / 1e6}
	}
	return object(list, err)
}

func (c *client) answerPoolOp(ctx context.Context, p poolOp) (answer, error) {
	switch p.op {
	case C.MONCLIENT_POOL_CREATE:
		var options monclient.PoolOptions
		if p.crushRule >= 0 {
			if p.crushRule > math.MaxInt16 {
				return answer{}, failure(C.MONCLIENT_EINVAL, "op: crush_rule is %d", p.crushRule)
			}
			rule := int16(p.crushRule)
			options.CRUSHRule = &rule
		}
		_, err := c.mc.CreatePool(ctx, p.name, options)
		return nothing(err)
	case C.MONCLIENT_POOL_DELETE:
		return nothing(c.mc.DeletePool(ctx, p.pool))
	case C.MONCLIENT_POOL_SNAP_CREATE:
		return nothing(c.mc.CreatePoolSnap(ctx, p.pool, p.name))
	case C.MONCLIENT_POOL_SNAP_DELETE:
		return nothing(c.mc.DeletePoolSnap(ctx, p.pool, p.name))
	case C.MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE:
		return number(c.mc.CreateSelfManagedSnap(ctx, p.pool))
	case C.MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE:
		return nothing(c.mc.DeleteSelfManagedSnap(ctx, p.pool, p.snap))
	}
	return answer{}, failure(C.MONCLIENT_EINVAL, "op: op is %d", p.op)
}

// fetched is the JSON of what the monitors have for a configuration.
type fetched struct {
	FSID    string            `json:"fsid"`
	Epoch   uint32            `json:"monmap_epoch"`
	Options map[string]string `json:"options"`
}

// answerWithout asks a question that needs no client.
func (c *client) answerWithout(ctx context.Context, config *config, s snapshot, q question) (answer, error) {
	cfg, err := c.resolve(ctx, s)
	if err != nil {
		return answer{}, err
	}
	switch q.what {
	case C.CAPI_ASK_PING:
		return pinged(monclient.Ping(ctx, cfg, q.text))
	case C.CAPI_ASK_FETCH:
		b, err := monclient.Bootstrap(ctx, cfg)
		if err != nil {
			return answer{}, err
		}
		config.fetched(b)
		options := b.Config
		if options == nil {
			options = map[string]string{} // not null
		}
		return object(fetched{b.MonMap.FSID.String(), b.MonMap.Epoch, options}, nil)
	}
	return answer{}, failure(C.MONCLIENT_EINTERNAL, "no question is number %d", q.what)
}

//export goLogWrite
func goLogWrite(h C.monclient_t, level *C.char, levelLen C.size_t, channel *C.char, channelLen C.size_t, text *C.char, n C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	var words [3]string
	for i, w := range []struct {
		s    *C.char
		n    C.size_t
		name string
	}{{level, levelLen, "level"}, {channel, channelLen, "channel"}, {text, n, "text"}} {
		if words[i], err = goText(w.s, w.n, w.name); err != nil {
			return fail(err)
		}
	}
	l, err := monclient.ParseLogLevel(words[0])
	if err != nil {
		return fail(failure(C.MONCLIENT_EINVAL, "level: %s", textOf(err)))
	}
	return fail(c.mc.Log(l, words[1], words[2]))
}

//export goAddr
func goAddr(h C.monclient_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	addr := c.mc.Addr()
	if addr == "" {
		return fail(failure(C.MONCLIENT_ENOTCONN, "there has been no session yet"))
	}
	return fail(newText(addr, out))
}

// mgrAnswer is the JSON of the session with the manager.
type mgrAnswer struct {
	Name  string  `json:"name"`
	GID   uint64  `json:"gid"`
	Addr  string  `json:"addr"`
	Since float64 `json:"since"`
}

//export goMgrJSON
func goMgrJSON(h C.monclient_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	m, ok := c.mc.Mgr()
	if !ok {
		return fail(failure(C.MONCLIENT_ENOTCONN, "there is no session with a manager at the moment"))
	}
	return fail(newJSON(mgrAnswer{m.Name, m.GID, m.Addr.String(), float64(m.Since.UnixMicro()) / 1e6}, out))
}

// optionAnswer is the JSON of an option.
type optionAnswer struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

//export goOptionsJSON
func goOptionsJSON(h C.monclient_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	list := []optionAnswer{} // never null
	for _, o := range c.mc.Options() {
		list = append(list, optionAnswer{o.Name, o.Value, o.Source.String()})
	}
	return fail(newJSON(list, out))
}

//export goStatsJSON
func goStatsJSON(h C.monclient_t, out **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(clients, h, "client")
	if err != nil {
		return fail(err)
	}
	return fail(newJSON(c.mc.Stats(), out))
}

// newJSON hands a value to the user as JSON.
func newJSON(v any, out **C.char) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return newText(string(text), out)
}
