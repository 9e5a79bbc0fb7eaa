package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Types are the types of messages that Take comes back with at least one of each.
var Types = []uint16{
	monmsg.TypePing, monmsg.TypeMonMap, monmsg.TypeMonSubscribeAck, monmsg.TypeAuthReply, monmsg.TypeMonGetVersionReply,
	monmsg.TypeOSDMap, monmsg.TypeFSMap, monmsg.TypeMonCommandAck, monmsg.TypeLog, monmsg.TypeLogAck, monmsg.TypeKVData,
	monmsg.TypeConfig, monmsg.TypeCommandReply, monmsg.TypeFSMapUser, monmsg.TypeMgrMap, monmsg.TypeServiceMap,
	monmsg.TypePoolOpReply, monmsg.TypeStatfsReply, monmsg.TypeGetPoolStatsReply,
}

// statefulSub is the bit without which a monitor acknowledges subscriptions. It marks other features too, so that such
// a client also gets maps in forms from before Nautilus.
const statefulSub denc.Features = 1 << 57

// whyOlder is the reason of what only such a client gets.
const whyOlder = "MMonSubscribe of a client without MON_STATEFUL_SUB"

// Take provokes all messages of Types on a cluster with authentication and a manager, and returns what came, in order.
// The cluster is another one afterwards: with pools, a file system, options, keys.
func Take(ctx context.Context, c *realceph.Cluster) ([]Message, error) {
	fsid, err := uuid.Parse(c.FSID)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, c, c.Mons()[0], denc.FeaturesAll)
	if err != nil {
		return nil, err
	}
	defer s.close()
	t := &taker{session: s, ctx: ctx, fsid: fsid}
	t.requests()
	t.maps()
	t.pools()
	t.values()
	t.log()
	t.older(c)
	t.monmaps(c.Mons())
	return s.kept, t.err
}

// TakeMonMap returns the MMonMap that a session begins with.
func TakeMonMap(ctx context.Context, c *realceph.Cluster, why string) (Message, error) {
	s, err := open(ctx, c, c.Mons()[0], denc.FeaturesAll)
	if err != nil {
		return Message{}, err
	}
	defer s.close()
	return s.exchange(ctx, why, &monmsg.MMonGetMap{}, monmsg.TypeMonMap)
}

// taker takes one step after the other until one fails.
type taker struct {
	*session
	ctx  context.Context
	fsid uuid.UUID
	err  error
}

func (t *taker) exchange(why string, m monmsg.Message, answer uint16) Message {
	if t.err != nil {
		return Message{}
	}
	got, err := t.session.exchange(t.ctx, why, m, answer)
	t.err = err
	return got
}

// change is a command that changes something, with arguments as do takes them.
type change struct {
	prefix string
	args   []any
}

// until waits for a message that a step provokes besides its answer, before or after that.
func (t *taker) until(wanted func(Message) bool, step func()) {
	seen := len(t.kept)
	step()
	if t.err == nil && !slices.ContainsFunc(t.kept[seen:], wanted) {
		_, t.err = t.await(t.ctx, wanted)
	}
}

func is(typ uint16) func(Message) bool { return func(m Message) bool { return m.Type == typ } }

// command runs a command and returns the answer, whatever it is.
func (t *taker) command(input []byte, prefix string, args ...any) *monmsg.MMonCommandAck {
	if t.err != nil {
		return new(monmsg.MMonCommandAck)
	}
	cmd := map[string]any{"prefix": prefix}
	for i := 0; i+1 < len(args); i += 2 {
		cmd[fmt.Sprint(args[i])] = args[i+1]
	}
	text, err := json.Marshal(cmd)
	if err != nil {
		t.err = err
		return new(monmsg.MMonCommandAck)
	}
	m := t.exchange("MMonCommand "+string(text), &monmsg.MMonCommand{FSID: t.fsid, Cmd: []string{string(text)}, Input: input}, monmsg.TypeMonCommandAck)
	if t.err != nil {
		return new(monmsg.MMonCommandAck)
	}
	decoded, err := m.Decode()
	ack, ok := decoded.(*monmsg.MMonCommandAck)
	if err != nil || !ok {
		t.err = fmt.Errorf("the answer to %s: %w", prefix, err)
		return new(monmsg.MMonCommandAck)
	}
	return ack
}

// do runs a command that must succeed.
func (t *taker) do(prefix string, args ...any) {
	ack := t.command(nil, prefix, args...)
	if t.err == nil && ack.Retval < 0 {
		t.err = fmt.Errorf("%s: %w: %s", prefix, denc.Errno(-ack.Retval), ack.Status)
	}
}

// subscribe subscribes to one thing and waits for the first message of the type.
func (t *taker) subscribe(what string, start uint64, answer uint16) {
	t.exchange(fmt.Sprintf("MMonSubscribe %s from %d", what, start),
		&monmsg.MMonSubscribe{What: map[string]monmsg.Subscription{what: {Start: start}}, Hostname: "capture"}, answer)
}

// once subscribes for one answer.
func (t *taker) once(what string, start uint64, answer uint16) {
	t.exchange(fmt.Sprintf("MMonSubscribe %s from %d, onetime", what, start),
		&monmsg.MMonSubscribe{What: map[string]monmsg.Subscription{what: {Start: start, Flags: monmsg.SubscribeOnetime}}}, answer)
}

// requests provokes the answers to requests.
func (t *taker) requests() {
	t.exchange("MMonGetMap", &monmsg.MMonGetMap{}, monmsg.TypeMonMap)
	for i, what := range []string{"monmap", "osdmap", "fsmap"} {
		t.exchange("MMonGetVersion "+what, &monmsg.MMonGetVersion{Handle: uint64(i + 1), What: what}, monmsg.TypeMonGetVersionReply)
	}
	t.exchange("MPing", &monmsg.MPing{}, monmsg.TypePing)
	t.exchange("MCommand version", &monmsg.MCommand{FSID: t.fsid, Cmd: []string{`{"prefix":"version"}`}}, monmsg.TypeCommandReply)
	t.exchange("MCommand that is not known", &monmsg.MCommand{FSID: t.fsid, Cmd: []string{`{"prefix":"no such command"}`}}, monmsg.TypeCommandReply)
	t.command(nil, "fsid")
	t.command(nil, "mon dump", "format", "json")
	t.command(nil, "no such command")
	t.command(nil, "status", "format", "json-pretty")
	t.command([]byte("with some\x00input"), "config-key set", "key", "capture/input")
	t.exchange("MMonCommand that is not JSON", &monmsg.MMonCommand{FSID: t.fsid, Cmd: []string{"osd tree"}}, monmsg.TypeMonCommandAck)
	t.exchange("MMonCommand for another cluster", &monmsg.MMonCommand{FSID: uuid.Max, Cmd: []string{`{"prefix":"fsid"}`}}, monmsg.TypeMonCommandAck)
	t.renew()
}

// renew has the tickets for services renewed.
func (t *taker) renew() {
	if t.err != nil {
		return
	}
	t.auth.DropServices()
	payload, err := t.auth.RenewRequest()
	if err == nil && payload == nil {
		err = errors.New("no ticket is to be renewed")
	}
	if err != nil {
		t.err = err
		return
	}
	t.exchange("MAuth for the tickets of services (of a cluster that is no more)", &monmsg.MAuth{Protocol: uint32(cephx.MethodCephx), Payload: payload}, monmsg.TypeAuthReply)
}

// maps provokes the maps, in full and, of the OSD map, as incrementals.
func (t *taker) maps() {
	t.osdmaps("MMonSubscribe osdmap from 0, onetime", &monmsg.MMonSubscribe{
		What: map[string]monmsg.Subscription{"osdmap": {Flags: monmsg.SubscribeOnetime}},
	}, func(m *monmsg.MOSDMap) bool { return len(m.Full) == 1 })
	t.subscribe("osdmap", 1, monmsg.TypeOSDMap)
	steps := []change{
		{"osd pool create", []any{"pool", "capture.meta", "pg_num", 1}},
		{"osd pool create", []any{"pool", "capture.data", "pg_num", 1}},
		{"fs new", []any{"fs_name", "capture", "metadata", "capture.meta", "data", "capture.data"}},
		{"osd set", []any{"key", "noout"}},
		{"osd unset", []any{"key", "noout"}},
		// A whole number would be an integer to the monitors, which want a float here.
		{"osd blocklist", []any{"blocklistop", "add", "addr", "10.1.2.3:0/1234", "expire", json.Number("3600.0")}},
		{"osd crush rule create-simple", []any{"name", "capture", "root", "default", "type", "osd"}},
		{"osd erasure-code-profile set", []any{"name", "capture", "profile", []string{"k=2", "m=1"}}},
	}
	for _, step := range steps {
		t.until(is(monmsg.TypeOSDMap), func() { t.do(step.prefix, step.args...) })
	}
	t.osdmaps("MMonSubscribe osdmap from 0, onetime", &monmsg.MMonSubscribe{
		What: map[string]monmsg.Subscription{"osdmap": {Flags: monmsg.SubscribeOnetime}},
	}, func(m *monmsg.MOSDMap) bool { return len(m.Full) == 1 })
	t.osdmaps("MMonSubscribe osdmap from 1, onetime", &monmsg.MMonSubscribe{
		What: map[string]monmsg.Subscription{"osdmap": {Start: 1, Flags: monmsg.SubscribeOnetime}},
	}, func(m *monmsg.MOSDMap) bool { return len(m.Incrementals) > len(steps) })
	t.osdmaps("MMonGetOSDMap full 1 to 3", &monmsg.MMonGetOSDMap{FullFirst: 1, FullLast: 3},
		func(m *monmsg.MOSDMap) bool { return len(m.Full) == 3 })
	t.osdmaps("MMonGetOSDMap incremental 2 to 4", &monmsg.MMonGetOSDMap{IncFirst: 2, IncLast: 4},
		func(m *monmsg.MOSDMap) bool { return len(m.Incrementals) == 3 && m.Incrementals[0].Epoch == 2 })
	t.once("mgrmap", 0, monmsg.TypeMgrMap)
	t.once("fsmap", 0, monmsg.TypeFSMap)
	t.once("fsmap.user", 0, monmsg.TypeFSMapUser)
	t.once("servicemap", 0, monmsg.TypeServiceMap)
}

// statisticsPause is how long to wait before the monitors are asked again for statistics that the manager owes them.
const statisticsPause = 200 * time.Millisecond

// pools provokes the answers to operations on pools, and what there is to know of how full they are.
func (t *taker) pools() {
	op := func(why string, m monmsg.MPoolOp) {
		m.FSID, m.CRUSHRule = t.fsid, monmsg.DefaultCRUSHRule
		answer := t.exchange("MPoolOp "+why, &m, monmsg.TypePoolOpReply)
		if t.err != nil {
			return
		}
		decoded, err := answer.Decode()
		if _, ok := decoded.(*monmsg.MPoolOpReply); !ok {
			t.err = fmt.Errorf("the answer to %s: %w", why, err)
		}
	}
	op("create a pool", monmsg.MPoolOp{Op: monmsg.PoolOpCreate, Name: "capture.pool"})
	op("create a pool without a name", monmsg.MPoolOp{Op: monmsg.PoolOpCreate})
	op("delete a pool, which is not allowed", monmsg.MPoolOp{Op: monmsg.PoolOpDelete, Pool: 1, Name: "delete"})
	op("create a snapshot of a pool that is not there", monmsg.MPoolOp{Op: monmsg.PoolOpCreateSnap, Pool: 1 << 20, Name: "s"})
	id := t.poolID("capture.pool")
	op("create a self-managed snapshot", monmsg.MPoolOp{Op: monmsg.PoolOpCreateSelfManagedSnap, Pool: id})
	op("delete a self-managed snapshot", monmsg.MPoolOp{Op: monmsg.PoolOpDeleteSelfManagedSnap, Pool: id, SnapID: 2})

	t.exchange("MStatfs", &monmsg.MStatfs{FSID: t.fsid}, monmsg.TypeStatfsReply)
	t.exchange("MGetPoolStats of a pool that is not there", &monmsg.MGetPoolStats{FSID: t.fsid, Pools: []string{"no such pool"}}, monmsg.TypeGetPoolStatsReply)
	for t.err == nil {
		answer := t.exchange("MGetPoolStats", &monmsg.MGetPoolStats{FSID: t.fsid, Pools: []string{"capture.pool"}}, monmsg.TypeGetPoolStatsReply)
		if t.err != nil {
			return
		}
		decoded, err := answer.Decode()
		if reply, ok := decoded.(*monmsg.MGetPoolStatsReply); !ok {
			t.err = fmt.Errorf("the answer to MGetPoolStats: %w", err)
		} else if len(reply.Stats) > 0 {
			break
		}
		select {
		case <-time.After(statisticsPause):
		case <-t.ctx.Done():
			t.err = context.Cause(t.ctx)
		}
	}
	t.exchange("MStatfs of a pool", &monmsg.MStatfs{FSID: t.fsid, HasPool: true, Pool: int64(id)}, monmsg.TypeStatfsReply)
}

// poolID returns the id of a pool.
func (t *taker) poolID(name string) uint32 {
	var pools []struct {
		ID   uint32 `json:"poolnum"`
		Name string `json:"poolname"`
	}
	ack := t.command(nil, "osd lspools", "format", "json")
	if t.err == nil {
		t.err = json.Unmarshal(ack.Output, &pools)
	}
	for _, p := range pools {
		if p.Name == name {
			return p.ID
		}
	}
	return 0
}

// osdmaps sends a request that is answered with OSD maps that others than it do not provoke.
func (t *taker) osdmaps(why string, m monmsg.Message, wanted func(*monmsg.MOSDMap) bool) {
	if t.err != nil {
		return
	}
	t.because("%s", why)
	if t.err = t.send(m); t.err != nil {
		return
	}
	_, t.err = t.await(t.ctx, func(m Message) bool {
		decoded, err := m.Decode()
		maps, ok := decoded.(*monmsg.MOSDMap)
		return err == nil && ok && wanted(maps)
	})
}

// values provokes options and keys.
func (t *taker) values() {
	t.subscribe("config", 0, monmsg.TypeConfig)
	t.until(is(monmsg.TypeConfig), func() { t.do("config set", "who", "client.admin", "name", "debug_ms", "value", "0/0") })
	t.exchange("MGetConfig client.other", &monmsg.MGetConfig{Name: denc.EntityName{Type: denc.EntityClient, ID: "other"}, Host: "capture"}, monmsg.TypeConfig)

	t.subscribe("kv:capture/", 0, monmsg.TypeKVData)
	t.until(is(monmsg.TypeKVData), func() { t.do("config-key set", "key", "capture/one", "val", "1") })
	t.until(is(monmsg.TypeKVData), func() { t.do("config-key set", "key", "capture/empty", "val", "") })
	t.until(is(monmsg.TypeKVData), func() { t.do("config-key rm", "key", "capture/one") })
}

// log provokes log entries and their acknowledgement.
func (t *taker) log() {
	text := "a line of the capture, with \"quotes\" and ü"
	t.do("log", "logtext", []string{text})
	t.subscribe("log-info", 0, monmsg.TypeLog)
	entry := monmsg.LogEntry{
		Name: admin, Rank: denc.PeerName{Type: denc.EntityClient, Num: int64(t.auth.GlobalID())}, Addrs: denc.EntityAddrVec{t.conn.Info().LocalAddr},
		Stamp: denc.UTime{Sec: 1_700_000_000}, Seq: 1, Priority: monmsg.LogWarn, Message: text, Channel: "cluster",
	}
	t.exchange("MLog", &monmsg.MLog{FSID: t.fsid, Entries: []monmsg.LogEntry{entry}}, monmsg.TypeLogAck)
	const last = "an error of the capture"
	t.until(func(m Message) bool { return m.Type == monmsg.TypeLog && strings.Contains(string(m.Front), last) },
		func() { t.do("log", "level", "error", "logtext", []string{last}) })
}

// older provokes what only clients without MON_STATEFUL_SUB get. It needs a connection of its own.
func (t *taker) older(c *realceph.Cluster) {
	if t.err != nil {
		return
	}
	s, err := open(t.ctx, c, c.Mons()[0], denc.FeaturesAll&^statefulSub)
	if err != nil {
		t.err = err
		return
	}
	defer s.close()
	o := &taker{session: s, ctx: t.ctx, fsid: t.fsid}
	o.exchange(whyOlder, &monmsg.MMonSubscribe{
		What: map[string]monmsg.Subscription{"monmap": {}, "osdmap": {}},
	}, monmsg.TypeMonSubscribeAck)
	t.kept, t.err = append(t.kept, o.kept...), o.err
}

// monmaps provokes a monmap per change of it.
func (t *taker) monmaps(mons []realceph.Mon) {
	t.subscribe("monmap", 0, monmsg.TypeMonMap)
	first, last := mons[0].Name, mons[len(mons)-1].Name
	steps := []change{
		{"mon set-weight", []any{"name", first, "weight", 10}},
		{"mon set election_strategy", []any{"strategy", "connectivity"}},
		{"mon set_location", []any{"name", last, "args", []string{"datacenter=dc2", "rack=r1"}}},
		{"mon add disallowed_leader", []any{"name", last}},
		{"mon rm disallowed_leader", []any{"name", last}},
	}
	for _, step := range steps {
		t.until(is(monmsg.TypeMonMap), func() { t.do(step.prefix, step.args...) })
	}
}

// Program returns the name and the version of the monitors of a cluster, such as ceph-mon 18.2.7.
func Program(ctx context.Context, c *realceph.Cluster) (string, error) {
	out, err := c.Admin(ctx, "mon."+c.Mons()[0].Name, map[string]any{"prefix": "version"})
	if err != nil {
		return "", err
	}
	var v struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(out, &v); err != nil {
		return "", fmt.Errorf("version: %w", err)
	}
	return "ceph-mon " + v.Version, nil
}
