package monclient

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// Pool is a pool of the cluster.
type Pool struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// PoolOptions say how a pool is to be. The command "osd pool create" knows many more options than this call.
type PoolOptions struct {
	// CRUSHRule is the number of the CRUSH rule, nil: the one that the cluster has for new pools.
	CRUSHRule *int16
}

// Pools returns the pools by their ids. They are those of the newest osdmap, which monitors do not send to a client whose key
// does not allow it to read "osd", as "allow r" does; then only the deadline ends this call and the others about pools.
// Implements: int rados_pool_list(rados_t cluster, char *buf, size_t len).
func (c *Client) Pools(ctx context.Context) ([]Pool, error) { return c.pools().wait(ctx) }

// StartPools does what Pools does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartPools(timeout time.Duration, done func([]Pool, error)) (*Call, error) {
	return c.pools().start(timeout, done)
}

func (c *Client) pools() *errand[[]Pool] {
	e := newErrand[[]Pool](c, "pools")
	e.osdmap(func(m *cephmap.OSDMap) {
		list := make([]Pool, 0, len(m.PoolNames))
		for _, p := range m.PoolNames {
			list = append(list, Pool{p.Key, p.Value})
		}
		e.end(list, nil)
	})
	return e
}

// PoolID returns the id of a pool; denc.ENOENT says that the newest osdmap has none of that name. The client keeps the
// osdmap that it has read, and asks whether it is the newest before every use.
// Implements: int64_t rados_pool_lookup(rados_t cluster, const char *pool_name).
func (c *Client) PoolID(ctx context.Context, name string) (int64, error) {
	return c.poolID(name).wait(ctx)
}

// StartPoolID does what PoolID does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartPoolID(name string, timeout time.Duration, done func(int64, error)) (*Call, error) {
	return c.poolID(name).start(timeout, done)
}

func (c *Client) poolID(name string) *errand[int64] {
	e := newErrand[int64](c, "id of pool %q", name)
	e.osdmap(func(m *cephmap.OSDMap) {
		if id, ok := m.PoolID(name); ok {
			e.end(id, nil)
			return
		}
		e.fail(noSuchPool(m))
	})
	return e
}

// PoolName returns the name of a pool; denc.ENOENT says that the newest osdmap has none of that id.
// Implements: int rados_pool_reverse_lookup(rados_t cluster, int64_t id, char *buf, size_t maxlen).
func (c *Client) PoolName(ctx context.Context, id int64) (string, error) {
	return c.poolName(id).wait(ctx)
}

// StartPoolName does what PoolName does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartPoolName(id int64, timeout time.Duration, done func(string, error)) (*Call, error) {
	return c.poolName(id).start(timeout, done)
}

func (c *Client) poolName(id int64) *errand[string] {
	e := newErrand[string](c, "name of pool %d", id)
	e.osdmap(func(m *cephmap.OSDMap) {
		if name, ok := m.PoolName(id); ok {
			e.end(name, nil)
			return
		}
		e.fail(noSuchPool(m))
	})
	return e
}

func noSuchPool(m *cephmap.OSDMap) error {
	return fmt.Errorf("osdmap %d has no such pool: %w", m.Epoch, denc.ENOENT)
}

// CreatePool creates a replicated pool and returns the epoch of the osdmap that has it, which this client has seen then.
// denc.EEXIST: there is one of that name; denc.EINVAL: name is empty; denc.ENOENT: no such CRUSH rule; denc.EPERM: the key
// does not allow it. Config.Resend is what becomes of this call and the following ones when their session is lost.
// Implements: int rados_pool_create(rados_t cluster, const char *pool_name), and rados_pool_create_with_crush_rule.
func (c *Client) CreatePool(ctx context.Context, name string, o PoolOptions) (epoch uint64, err error) {
	return c.createPool(name, o).wait(ctx)
}

// StartCreatePool does what CreatePool does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartCreatePool(name string, o PoolOptions, timeout time.Duration, done func(epoch uint64, err error)) (*Call, error) {
	return c.createPool(name, o).start(timeout, done)
}

func (c *Client) createPool(name string, o PoolOptions) *errand[uint64] {
	e := newErrand[uint64](c, "create pool %q", name)
	e.changes = changeAhead
	op := &monmsg.MPoolOp{Op: monmsg.PoolOpCreate, Name: name, CRUSHRule: monmsg.DefaultCRUSHRule}
	if o.CRUSHRule != nil {
		op.CRUSHRule = *o.CRUSHRule
	}
	switch {
	case name == "":
		return e.refuse(fmt.Errorf("the name is empty: %w", denc.EINVAL))
	case op.CRUSHRule < monmsg.DefaultCRUSHRule || op.CRUSHRule > math.MaxUint8:
		return e.refuse(fmt.Errorf("PoolOptions.CRUSHRule is %d, want 0 to %d: %w", op.CRUSHRule, math.MaxUint8, denc.EINVAL))
	}
	e.osdmap(func(m *cephmap.OSDMap) {
		if id, ok := m.PoolID(name); ok { // monitors would say that it was done
			e.fail(fmt.Errorf("it is pool %d already: %w", id, denc.EEXIST))
			return
		}
		poolOp(e, op, needsOSDWrite, func(r *monmsg.MPoolOpReply) { e.end(uint64(r.Epoch), nil) })
	})
	return e
}

// DeletePool deletes a pool with all that is in it, whatever the monitors' clients make of it: there is no second question.
// denc.ENOENT: there is none of that id; denc.EPERM: the option mon_allow_pool_delete of the monitors is false, or the key
// does not allow it; denc.EBUSY: it is in use by a file system or as a tier.
// Implements: int rados_pool_delete(rados_t cluster, const char *pool_name), after PoolID.
func (c *Client) DeletePool(ctx context.Context, id int64) error {
	_, err := c.deletePool(id).wait(ctx)
	return err
}

// StartDeletePool does what DeletePool does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartDeletePool(id int64, timeout time.Duration, done func(error)) (*Call, error) {
	return c.deletePool(id).start(timeout, withoutValue(done))
}

func (c *Client) deletePool(id int64) *errand[struct{}] {
	// The name must be that of no pool, so it is one that no pool can have.
	return c.changePool(id, fmt.Sprintf("delete pool %d", id), &monmsg.MPoolOp{Op: monmsg.PoolOpDelete}, mayNotDelete, nil)
}

// CreatePoolSnap makes a snapshot of a whole pool. denc.ENOENT: no such pool; denc.EEXIST: the pool has a snapshot of that
// name; denc.EINVAL: the name is empty, or the pool has self-managed snapshots; denc.EOPNOTSUPP: it is a file system's.
// Implements: int rados_ioctx_snap_create(rados_ioctx_t io, const char *snapname).
func (c *Client) CreatePoolSnap(ctx context.Context, id int64, snap string) error {
	_, err := c.createPoolSnap(id, snap).wait(ctx)
	return err
}

// StartCreatePoolSnap does what CreatePoolSnap does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartCreatePoolSnap(id int64, snap string, timeout time.Duration, done func(error)) (*Call, error) {
	return c.createPoolSnap(id, snap).start(timeout, withoutValue(done))
}

func (c *Client) createPoolSnap(id int64, snap string) *errand[struct{}] {
	return c.changeSnap(id, snap, "create", monmsg.PoolOpCreateSnap)
}

// DeletePoolSnap deletes a snapshot of a whole pool. denc.ENOENT: no such pool, or it has no such snapshot; otherwise as for
// CreatePoolSnap. Implements: int rados_ioctx_snap_remove(rados_ioctx_t io, const char *snapname).
func (c *Client) DeletePoolSnap(ctx context.Context, id int64, snap string) error {
	_, err := c.deletePoolSnap(id, snap).wait(ctx)
	return err
}

// StartDeletePoolSnap does what DeletePoolSnap does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartDeletePoolSnap(id int64, snap string, timeout time.Duration, done func(error)) (*Call, error) {
	return c.deletePoolSnap(id, snap).start(timeout, withoutValue(done))
}

func (c *Client) deletePoolSnap(id int64, snap string) *errand[struct{}] {
	return c.changeSnap(id, snap, "delete", monmsg.PoolOpDeleteSnap)
}

// changeSnap creates or deletes a snapshot of a pool. Monitors say that it was done when there was nothing to do.
func (c *Client) changeSnap(id int64, snap, verb string, op monmsg.PoolOp) *errand[struct{}] {
	what := fmt.Sprintf("%s snapshot %q of pool %d", verb, snap, id)
	if snap == "" {
		return newErrand[struct{}](c, "%s", what).refuse(fmt.Errorf("the name is empty: %w", denc.EINVAL))
	}
	return c.changePool(id, what, &monmsg.MPoolOp{Op: op, Name: snap}, needsOSDWrite, func(p *cephmap.Pool) error {
		has := false
		for _, s := range p.Snaps {
			has = has || s.Value.Name == snap
		}
		switch {
		case has && op == monmsg.PoolOpCreateSnap:
			return fmt.Errorf("it is there already: %w", denc.EEXIST)
		case !has && op == monmsg.PoolOpDeleteSnap:
			return fmt.Errorf("the pool has no such snapshot: %w", denc.ENOENT)
		}
		return nil
	})
}

// CreateSelfManagedSnap has the monitors give out the id of a new snapshot in a pool whose clients, such as RBD, say
// themselves which objects belong to it. denc.ENOENT: no such pool; denc.EINVAL: it has snapshots of its own;
// denc.EOPNOTSUPP: it is a file system's. Implements: int rados_ioctx_selfmanaged_snap_create(rados_ioctx_t io, ...).
func (c *Client) CreateSelfManagedSnap(ctx context.Context, id int64) (snap uint64, err error) {
	return c.createSelfManagedSnap(id).wait(ctx)
}

// StartCreateSelfManagedSnap does what CreateSelfManagedSnap does and returns at once; timeout, done and the error are as
// for StartCommand.
func (c *Client) StartCreateSelfManagedSnap(id int64, timeout time.Duration, done func(snap uint64, err error)) (*Call, error) {
	return c.createSelfManagedSnap(id).start(timeout, done)
}

func (c *Client) createSelfManagedSnap(id int64) *errand[uint64] {
	e := newErrand[uint64](c, "create self-managed snapshot in pool %d", id)
	e.changes = changeAhead
	changePool(e, id, &monmsg.MPoolOp{Op: monmsg.PoolOpCreateSelfManagedSnap}, needsSnapCaps, nil, func(r *monmsg.MPoolOpReply) {
		snap, ok := r.SnapID()
		if !ok {
			e.fail(fmt.Errorf("the answer has no id of a snapshot, but %d bytes: %w", len(r.Result), denc.ErrMalformed))
			return
		}
		e.end(snap, nil)
	})
	return e
}

// DeleteSelfManagedSnap deletes a self-managed snapshot; one that was deleted already is a success. denc.ENOENT: no such
// pool, or it never had such a snapshot; denc.EINVAL and denc.EOPNOTSUPP: it is a pool without self-managed snapshots.
// Implements: int rados_ioctx_selfmanaged_snap_remove(rados_ioctx_t io, rados_snap_t snapid).
func (c *Client) DeleteSelfManagedSnap(ctx context.Context, id int64, snap uint64) error {
	_, err := c.deleteSelfManagedSnap(id, snap).wait(ctx)
	return err
}

// StartDeleteSelfManagedSnap does what DeleteSelfManagedSnap does and returns at once; timeout, done and the error are as
// for StartCommand.
func (c *Client) StartDeleteSelfManagedSnap(id int64, snap uint64, timeout time.Duration, done func(error)) (*Call, error) {
	return c.deleteSelfManagedSnap(id, snap).start(timeout, withoutValue(done))
}

func (c *Client) deleteSelfManagedSnap(id int64, snap uint64) *errand[struct{}] {
	op := &monmsg.MPoolOp{Op: monmsg.PoolOpDeleteSelfManagedSnap, SnapID: snap}
	return c.changePool(id, fmt.Sprintf("delete self-managed snapshot %d of pool %d", snap, id), op, needsSnapCaps, nil)
}

// What a key has to allow, or else, where monitors answer EPERM and say nothing more.
const (
	needsOSDWrite = `the key's capability "mon" does not allow "w" on "osd", as "allow rw" does`
	needsSnapCaps = needsOSDWrite + `, nor "osd" and "mon" this pool's self-managed snapshots, as "profile rbd" does`
	mayNotDelete  = "the monitors' option mon_allow_pool_delete is false, or " + needsOSDWrite
)

// changePool returns the errand of a change of a pool.
func (c *Client) changePool(id int64, what string, op *monmsg.MPoolOp, eperm string, check func(*cephmap.Pool) error) *errand[struct{}] {
	e := newErrand[struct{}](c, "%s", what)
	e.changes = changeAhead
	changePool(e, id, op, eperm, check, func(*monmsg.MPoolOpReply) { e.end(struct{}{}, nil) })
	return e
}

// changePool changes a pool that is there, and that check has nothing against.
func changePool[T any](e *errand[T], id int64, op *monmsg.MPoolOp, eperm string, check func(*cephmap.Pool) error, then func(*monmsg.MPoolOpReply)) {
	e.osdmap(func(m *cephmap.OSDMap) {
		p := m.Pool(id)
		if p == nil {
			e.fail(noSuchPool(m))
			return
		}
		if check != nil {
			if err := check(p); err != nil {
				e.fail(err)
				return
			}
		}
		op.Pool, op.CRUSHRule = uint32(id), monmsg.DefaultCRUSHRule
		poolOp(e, op, eperm, then)
	})
}

// poolOp asks for a pool operation, and then waits for the osdmap that has the change (Objecter::handle_pool_op_reply in
// src/osdc/Objecter.cc). eperm says what EPERM means.
func poolOp[T any](e *errand[T], op *monmsg.MPoolOp, eperm string, then func(*monmsg.MPoolOpReply)) {
	e.changes = changeAsked
	e.step(func(call *Call) {
		call.command, call.name = true, "pool operation" // Config.Resend counts for it as it does for commands
		call.message = func(c *core, _ uint64) monmsg.Message {
			m := *op
			m.FSID = c.monmap.FSID
			return &m
		}
	}, func(o outcome) {
		r, ok := o.reply.(*monmsg.MPoolOpReply)
		switch {
		case !ok:
			e.unexpected(o.reply)
		case r.Code == -int32(denc.EPERM):
			e.fail(fmt.Errorf("%w: %s", denc.EPERM, eperm))
		case r.Code < 0:
			e.fail(denc.ErrnoOf(r.Code))
		default:
			e.changes = changeMade
			e.osdmapFrom(uint64(r.Epoch), func(*cephmap.OSDMap) { then(r) })
		}
	})
}

// withoutValue makes done that of an errand which has an error at most.
func withoutValue(done func(error)) func(struct{}, error) {
	if done == nil {
		return nil
	}
	return func(_ struct{}, err error) { done(err) }
}
