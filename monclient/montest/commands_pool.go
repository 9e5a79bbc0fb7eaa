package montest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// poolCommands are about pools (src/mon/OSDMonitor.cc). Pools are replicated.
var poolCommands = []ownCommand{
	{signature: "osd lspools", help: "list the pools", module: "osd", perm: "r", run: cmdLsPools},
	{signature: "osd pool ls name=detail,type=CephChoices,strings=detail,req=false", help: "list the pools", module: "osd", perm: "r", run: cmdPoolLs},
	{signature: "osd pool create name=pool,type=CephPoolname name=pg_num,type=CephInt,range=0,req=false name=pgp_num,type=CephInt,range=0,req=false" +
		" name=pool_type,type=CephChoices,strings=replicated|erasure,req=false name=erasure_code_profile,type=CephString,req=false,goodchars=[A-Za-z0-9-_.]" +
		" name=rule,type=CephString,req=false name=expected_num_objects,type=CephInt,range=0,req=false name=size,type=CephInt,range=0,req=false" +
		" name=pg_num_min,type=CephInt,range=0,req=false name=pg_num_max,type=CephInt,range=0,req=false" +
		" name=autoscale_mode,type=CephChoices,strings=on|off|warn,req=false name=bulk,type=CephBool,req=false" +
		" name=target_size_bytes,type=CephInt,range=0,req=false name=target_size_ratio,type=CephFloat,range=0.0,req=false" +
		" name=yes_i_really_mean_it,type=CephBool,req=false,since=18",
		help: "create a pool", module: "osd", perm: "rw", run: cmdPoolCreate},
	{signature: "osd pool rm" + poolRmArgs, help: "remove a pool", module: "osd", perm: "rw", run: cmdPoolRm},
	{signature: "osd pool delete" + poolRmArgs, help: "remove a pool, as osd pool rm", module: "osd", perm: "rw", run: cmdPoolRm},
	{signature: "osd pool rename name=srcpool,type=CephPoolname name=destpool,type=CephPoolname name=yes_i_really_mean_it,type=CephBool,req=false,since=18",
		help: "rename a pool", module: "osd", perm: "rw", run: cmdPoolRename},
	{signature: "osd pool application enable name=pool,type=CephPoolname name=app,type=CephString,goodchars=[A-Za-z0-9-_.] name=yes_i_really_mean_it,type=CephBool,req=false",
		help: "say what a pool is for", module: "osd", perm: "rw", run: cmdPoolApplication},
}

const poolRmArgs = " name=pool,type=CephPoolname name=pool2,type=CephPoolname,req=false" +
	" name=yes_i_really_really_mean_it,type=CephBool,req=false name=yes_i_really_really_mean_it_not_faking,type=CephBool,req=false"

func cmdLsPools(c *commandContext) Result {
	if c.JSON() {
		return c.jsonLine(c.osdmaps.current.lspoolsJSON())
	}
	return Result{Output: c.osdmaps.current.lspoolsText()}
}

func cmdPoolLs(c *commandContext) Result {
	m := c.osdmaps.current
	detail := c.String("detail") == "detail"
	var b []byte
	switch {
	case c.JSON() && detail:
		return c.json(m.poolsJSON(c.release()))
	case c.JSON():
		return c.json(jsonList(func(w *jsonWriter) {
			for i := range m.Pools {
				w.str("", m.Pools[i].Name)
			}
		}))
	case detail:
		for i := range m.Pools {
			b = m.Pools[i].appendText(b)
		}
		return Result{Output: append(b, '\n')}
	}
	for i := range m.Pools {
		b = fmt.Appendf(b, "%s\n", m.Pools[i].Name)
	}
	return Result{Output: b}
}

// What a pool has unless it is said (osd_pool_default_size, osd_pool_default_pg_num, and the bound of mon_max_pool_pg_num).
const (
	poolDefaultSize  = 3
	poolDefaultPGNum = 32
	poolMaxPGNum     = 65536
	poolMaxSize      = 10
)

func cmdPoolCreate(c *commandContext) Result {
	name := c.String("pool")
	poolType := c.String("pool_type")
	switch old := c.osdmaps.current.poolByName(name); {
	case name == "":
		return Fail(denc.EINVAL, "(22) Invalid argument")
	case strings.HasPrefix(name, ".") && c.release() >= cephmap.ReleaseReef && !c.flag("yes_i_really_mean_it"):
		return done("pool names beginning with . are not allowed") // a success all the same
	case old != nil && poolType == "erasure":
		return Fail(denc.EINVAL, "pool '%s' cannot change to type erasure", name)
	case old != nil:
		return done("pool '%s' already exists", name)
	case poolType == "erasure":
		return Fail(denc.EOPNOTSUPP, "montest has replicated pools only")
	case poolType != "" && poolType != "replicated":
		return Fail(denc.EINVAL, "unknown pool type '%s'", poolType)
	}
	pgNum := c.integer("pg_num", 0)
	if pgNum == 0 {
		pgNum = poolDefaultPGNum
	}
	if pgNum < 0 || pgNum > poolMaxPGNum {
		return Fail(denc.ERANGE, "'pg_num' must be greater than 0 and less than or equal to %d (you may adjust 'mon max pool pg num' for higher values)", poolMaxPGNum)
	}
	size := c.integer("size", 0)
	if size == 0 {
		size = poolDefaultSize
	}
	if size < 1 || size > poolMaxSize {
		return Fail(denc.EINVAL, "pool size must be between 1 and %d", poolMaxSize)
	}
	autoscale := slices.Index(autoscaleModes[:], c.String("autoscale_mode"))
	if autoscale < 0 {
		autoscale = 2
	}
	c.changeOSDMap(func(m *osdMap) {
		m.Pools = append(m.Pools, osdPool{
			ID: int64(m.PoolMax) + 1, Name: name, Created: now(), Flags: osdPoolHashPSPool | osdPoolCreating,
			Size: uint8(size), MinSize: uint8(size - size/2), PGNum: uint32(pgNum), Autoscale: uint8(autoscale),
			PGNumMin: max(c.integer("pg_num_min", 0), 0), PGNumMax: max(c.integer("pg_num_max", 0), 0),
		})
	})
	return done("pool '%s' created", name)
}

func cmdPoolRm(c *commandContext) Result {
	name := c.String("pool")
	if c.osdmaps.current.poolByName(name) == nil {
		return done("pool '%s' does not exist", name)
	}
	forced := c.flag("yes_i_really_really_mean_it_not_faking")
	if !forced && (c.String("pool2") != name || !c.flag("yes_i_really_really_mean_it")) {
		return Fail(denc.EPERM, "WARNING: this will *PERMANENTLY DESTROY* all data stored in pool %s.  If you are *ABSOLUTELY CERTAIN* that is what you want, pass the pool name *twice*, followed by --yes-i-really-really-mean-it.", name)
	}
	mon := denc.EntityName{Type: denc.EntityMon, ID: c.Mon}
	if c.config.effective(mon)["mon_allow_pool_delete"] != "true" {
		return Fail(denc.EPERM, "pool deletion is disabled; you must first set the mon_allow_pool_delete config option to true before you can destroy a pool")
	}
	c.changeOSDMap(func(m *osdMap) {
		m.Pools = slices.DeleteFunc(m.Pools, func(p osdPool) bool { return p.Name == name })
	})
	return done("pool '%s' removed", name)
}

func cmdPoolRename(c *commandContext) Result {
	from, to := c.String("srcpool"), c.String("destpool")
	m := c.osdmaps.current
	switch {
	case m.poolByName(from) == nil && m.poolByName(to) == nil:
		return Fail(denc.ENOENT, "unrecognized pool '%s'", from)
	case m.poolByName(from) == nil:
		return done("pool '%s' does not exist; pool '%s' does -- assuming successful rename", from, to)
	case m.poolByName(to) != nil:
		return Fail(denc.EEXIST, "pool '%s' already exists", to)
	case to == "":
		return Fail(denc.EINVAL, "(22) Invalid argument")
	}
	c.changeOSDMap(func(m *osdMap) { m.poolByName(from).Name = to })
	return done("pool '%s' renamed to '%s'", from, to)
}

func cmdPoolApplication(c *commandContext) Result {
	name, app := c.String("pool"), c.String("app")
	p := c.osdmaps.current.poolByName(name)
	switch {
	case p == nil:
		return Fail(denc.ENOENT, "unrecognized pool '%s'", name)
	case app == "" || len(app) > math.MaxInt8:
		return Fail(denc.EINVAL, "application name must be provided")
	case len(p.Applications) > 0 && !slices.Contains(p.Applications, app) && !c.flag("yes_i_really_mean_it"):
		return Fail(denc.EPERM, "Are you SURE? Pool '%s' already has an enabled application; pass --yes-i-really-mean-it to proceed anyway", name)
	case !slices.Contains(p.Applications, app):
		c.changeOSDMap(func(m *osdMap) {
			p := m.poolByName(name)
			p.Applications = append(p.Applications, app)
			slices.Sort(p.Applications)
		})
	}
	return done("enabled application '%s' on pool '%s'", app, name)
}
