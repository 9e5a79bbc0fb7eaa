package monclient

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// BlocklistEntry is an address on the blocklist. OSDs do not serve clients there, and neither do metadata servers; monitors
// and managers do.
type BlocklistEntry struct {
	// Addr is as BlocklistAdd takes it: IP:PORT/NONCE, of one client; IP:0/0, all at that IP; cidr:IP:0/BITS, a network.
	Addr  string    `json:"addr"`
	Until time.Time `json:"until"`
}

// cidrPrefix is what Ceph begins the address of a network with.
const cidrPrefix = "cidr:"

// BlocklistAdd has the OSDs refuse the clients at an address, IP[:PORT][/NONCE] (Client.Addr is one), or at those of a
// network, cidr:IP/BITS, for d; with 0 it is for as long as the cluster has it (an hour, as a rule). An address that is on
// the list gets the new time. denc.EINVAL: the address cannot be parsed; denc.EOPNOTSUPP: a network, and the monitors
// are older than Quincy; denc.EACCES: the key does not allow it. It returns when this client has seen the new osdmap.
//
// Nothing keeps a client from adding its own address. Its sessions with monitors and managers go on all the same, and
// nothing that this package does is refused: only object I/O is, which librados then ends with ESHUTDOWN. Blocklisted tells.
// Implements: int rados_blocklist_add(rados_t cluster, char *client_address, uint32_t expire_seconds).
func (c *Client) BlocklistAdd(ctx context.Context, addr string, d time.Duration) error {
	_, err := c.blocklistAdd(addr, d).wait(ctx)
	return err
}

// StartBlocklistAdd does what BlocklistAdd does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartBlocklistAdd(addr string, d, timeout time.Duration, done func(error)) (*Call, error) {
	return c.blocklistAdd(addr, d).start(timeout, withoutValue(done))
}

func (c *Client) blocklistAdd(addr string, d time.Duration) *errand[struct{}] {
	e := newErrand[struct{}](c, "add %q to the blocklist", addr)
	args := map[string]any{}
	if d < 0 {
		return e.refuse(fmt.Errorf("the time is negative: %v: %w", d, denc.EINVAL))
	}
	if d > 0 {
		args["expire"] = d.Seconds()
	}
	return changeBlocklist(e, c, "add", addr, args)
}

// BlocklistRemove takes an address or a network off the blocklist, in the form that BlocklistAdd takes. One that is not on
// it is a success.
func (c *Client) BlocklistRemove(ctx context.Context, addr string) error {
	_, err := c.blocklistRemove(addr).wait(ctx)
	return err
}

// StartBlocklistRemove does what BlocklistRemove does and returns at once; timeout, done and the error are as for
// StartCommand.
func (c *Client) StartBlocklistRemove(addr string, timeout time.Duration, done func(error)) (*Call, error) {
	return c.blocklistRemove(addr).start(timeout, withoutValue(done))
}

func (c *Client) blocklistRemove(addr string) *errand[struct{}] {
	return changeBlocklist(newErrand[struct{}](c, "remove %q from the blocklist", addr), c, "rm", addr, map[string]any{})
}

// changeBlocklist sends the command, in its older spelling as well when the monitors do not know this one, and waits for the
// osdmap (RadosClient::blocklist_add in src/librados/RadosClient.cc).
func changeBlocklist(e *errand[struct{}], c *Client, op, addr string, args map[string]any) *errand[struct{}] {
	text, isRange := strings.CutPrefix(addr, cidrPrefix)
	a, err := denc.ParseEntityAddr(text, denc.AddrAny)
	switch {
	case err != nil:
		return e.refuse(fmt.Errorf("%w: %w", err, denc.EINVAL))
	case a.IsBlank():
		return e.refuse(fmt.Errorf("%q is no address: %w", addr, denc.EINVAL))
	case isRange && (!strings.Contains(text, "/") || a.Port != 0 || a.Nonce > uint32(a.IP.BitLen())):
		return e.refuse(fmt.Errorf("a network has a prefix of 0 to %d bits, and no port: %w", a.IP.BitLen(), denc.EINVAL))
	case isRange && c.MonMap().MinMonRelease < cephmap.ReleaseQuincy:
		return e.refuse(fmt.Errorf("monitors of %v have no networks in their blocklist: %w", c.MonMap().MinMonRelease, denc.EOPNOTSUPP))
	}
	e.changes = changeAhead
	if isRange {
		args["range"] = "range"
	}
	args["addr"] = text
	command := func(word string) Command {
		with := map[string]any{word + "op": op}
		maps.Copy(with, args)
		return Command{Prefix: "osd " + word, Args: with}
	}
	judge := func(r *Reply) {
		switch errno := denc.ErrnoOf(r.Retval); {
		case r.Retval >= 0:
			e.changes = changeMade
			e.osdmap(func(*cephmap.OSDMap) { e.end(struct{}{}, nil) })
		case errno == denc.EACCES || errno == denc.EPERM:
			e.fail(fmt.Errorf("%w (%s)", r.Err(), needsOSDWrite))
		default:
			e.fail(r.Err())
		}
	}
	e.changes = changeAsked
	e.command(command("blocklist"), func(first *Reply) {
		if denc.ErrnoOf(first.Retval) != denc.EINVAL {
			judge(first)
			return
		}
		e.command(command("blacklist"), func(second *Reply) {
			if denc.ErrnoOf(second.Retval) == denc.EINVAL {
				second = first // which says more, unless the monitors are old
			}
			judge(second)
		})
	})
	return e
}

// Blocklist returns the blocklist, addresses of clients first, and networks after them. Entries whose time is over may be on
// it for a few seconds more.
func (c *Client) Blocklist(ctx context.Context) ([]BlocklistEntry, error) {
	return c.blocklist().wait(ctx)
}

// StartBlocklist does what Blocklist does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartBlocklist(timeout time.Duration, done func([]BlocklistEntry, error)) (*Call, error) {
	return c.blocklist().start(timeout, done)
}

func (c *Client) blocklist() *errand[[]BlocklistEntry] {
	e := newErrand[[]BlocklistEntry](c, "blocklist")
	e.osdmap(func(m *cephmap.OSDMap) {
		list := make([]BlocklistEntry, 0, len(m.Blocklist)+len(m.RangeBlocklist))
		for _, entries := range [][]cephmap.Entry[denc.EntityAddr, denc.UTime]{m.Blocklist, m.RangeBlocklist} {
			for _, b := range entries {
				list = append(list, BlocklistEntry{Addr: b.Key.String(), Until: b.Value.Time()})
			}
		}
		e.end(list, nil)
	})
	return e
}

// Blocklisted reports whether this client's own address is on the blocklist, by itself, with its IP, or in a network
// (OSDMap::is_blocklisted in src/osd/OSDMap.cc). Nothing of this package stops working then; see BlocklistAdd.
func (c *Client) Blocklisted(ctx context.Context) (bool, error) { return c.blocklisted().wait(ctx) }

// StartBlocklisted does what Blocklisted does and returns at once; timeout, done and the error are as for StartCommand.
func (c *Client) StartBlocklisted(timeout time.Duration, done func(bool, error)) (*Call, error) {
	return c.blocklisted().start(timeout, done)
}

func (c *Client) blocklisted() *errand[bool] {
	e := newErrand[bool](c, "look for the client on the blocklist")
	own := c.core.published.addr.Load()
	if own == nil {
		return e.refuse(errNoAddr)
	}
	e.osdmap(func(m *cephmap.OSDMap) { e.end(onBlocklist(m, *own), nil) })
	return e
}

// onBlocklist reports whether clients at an address are refused.
func onBlocklist(m *cephmap.OSDMap, own denc.EntityAddr) bool {
	for _, b := range m.Blocklist {
		same := b.Key.IP == own.IP
		one := b.Key.Port == own.Port && b.Key.Nonce == own.Nonce
		all := b.Key.Port == 0 && b.Key.Nonce == 0
		if same && (one || all) {
			return true
		}
	}
	for _, b := range m.RangeBlocklist {
		if p, err := b.Key.IP.Prefix(int(min(b.Key.Nonce, 128))); err == nil && p.Contains(own.IP) {
			return true
		}
	}
	return false
}

// Addr returns the client's own address, IP:0/NONCE, as OSDs and the blocklist know it; it is the same for the client's whole
// life, unless the host changes its IP. Implements: int rados_getaddrs(rados_t cluster, char **addrs).
func (c *Client) Addr() string {
	own := c.core.published.addr.Load()
	if own == nil {
		return ""
	}
	return own.String()
}
