package montest

import (
	"fmt"
	"slices"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// daemonCommands are about managers, metadata servers and service daemons (src/mon/MgrMonitor.cc, MDSMonitor.cc,
// FSCommands.cc). service dump is the manager's with real monitors.
var daemonCommands = []ownCommand{
	{signature: "mgr dump name=epoch,type=CephInt,range=0,req=false", help: "show the MgrMap", module: "mgr", perm: "r", run: cmdMgrDump},
	{signature: "mgr stat", help: "summarize the MgrMap", module: "mgr", perm: "r", run: cmdMgrStat},
	{signature: "mgr module ls", help: "list the manager's modules", module: "mgr", perm: "r", run: cmdMgrModuleLs},
	{signature: "mgr module enable name=module,type=CephString name=force,type=CephChoices,strings=--force,req=false", help: "enable a module of the manager", module: "mgr", perm: "rw", run: cmdMgrModuleEnable},
	{signature: "mgr module disable name=module,type=CephString", help: "disable a module of the manager", module: "mgr", perm: "rw", run: cmdMgrModuleDisable},
	{signature: "mgr fail name=who,type=CephString,req=false", help: "have another manager take over", module: "mgr", perm: "rw", run: cmdMgrFail},
	{signature: "mgr services", help: "list the addresses of the manager's modules", module: "mgr", perm: "r", run: cmdMgrServices},
	{signature: "mgr metadata name=who,type=CephString,req=false", help: "show what is known of the managers' hosts", module: "mgr", perm: "r", run: cmdNoMetadata},
	{signature: "mgr versions", help: "count the managers by version", module: "mgr", perm: "r", run: cmdNoVersions},
	{signature: "mds stat", help: "summarize the metadata servers", module: "mds", perm: "r", run: cmdMDSStat},
	{signature: "mds metadata name=who,type=CephString,req=false", help: "show what is known of the metadata servers' hosts", module: "mds", perm: "r", run: cmdNoMetadata},
	{signature: "mds versions", help: "count the metadata servers by version", module: "mds", perm: "r", run: cmdNoVersions},
	{signature: "fs dump name=epoch,type=CephInt,range=0,req=false", help: "show the FSMap", module: "mds", perm: "r", run: cmdFSDump},
	{signature: "fs ls", help: "list the file systems", module: "fs", perm: "r", run: cmdFSLs},
	{signature: "service dump", help: "show the service map", module: "service", perm: "r", run: cmdServiceDump},
}

func cmdMgrDump(c *commandContext) Result {
	if r := c.epochGiven(c.mgrmap.Epoch); r != nil {
		return *r
	}
	return c.pretty(c.mgrmap.dumpJSON(c.release()))
}

func cmdMgrStat(c *commandContext) Result { return c.pretty(c.mgrmap.statJSON()) }

func cmdMgrModuleLs(c *commandContext) Result {
	always := alwaysOn(c.release())
	enabled := slices.DeleteFunc(slices.Clone(c.mgrmap.Modules), func(m string) bool { return slices.Contains(always, m) })
	if c.release() >= cephmap.ReleaseReef && !c.JSON() {
		var rows [][]string
		for _, name := range always {
			rows = append(rows, []string{name, "on (always on)"})
		}
		for _, name := range enabled {
			rows = append(rows, []string{name, "on"})
		}
		return Result{Output: textTable([]string{"MODULE", ""}, rows)}
	}
	return c.prettyObject(func(w *jsonWriter) {
		w.strs("always_on_modules", always)
		if c.release() >= cephmap.ReleaseTentacle {
			w.empties("[]", "force_disabled_modules")
		}
		w.strs("enabled_modules", enabled)
		w.empties("[]", "disabled_modules")
	})
}

func cmdMgrModuleEnable(c *commandContext) Result {
	name := c.String("module")
	switch {
	case name == "":
		return Fail(denc.EINVAL, "")
	case slices.Contains(alwaysOn(c.release()), name):
		return done("module '%s' is already enabled (always-on)", name)
	case slices.Contains(c.mgrmap.Modules, name):
		return done("module '%s' is already enabled", name)
	case !slices.Contains(c.mgrmap.AvailableModules, name) && c.String("force") != "--force":
		return Fail(denc.ENOENT, "all mgr daemons do not support module '%s', pass --force to force enablement", name)
	}
	c.changeMgrMap(func(m *mgrMap) {
		m.Modules = append(m.Modules, name)
		slices.Sort(m.Modules)
	})
	return Result{}
}

func cmdMgrModuleDisable(c *commandContext) Result {
	name := c.String("module")
	switch {
	case slices.Contains(alwaysOn(c.release()), name) && c.release() >= cephmap.ReleaseTentacle:
		return Fail(denc.EPERM, "module '%s' cannot be disabled (always-on), use 'ceph mgr module force disable' command to disable an always-on module", name)
	case slices.Contains(alwaysOn(c.release()), name):
		return Fail(denc.EINVAL, "module '%s' cannot be disabled (always-on)", name)
	case !slices.Contains(c.mgrmap.Modules, name):
		return done("module '%s' is already disabled", name)
	}
	c.changeMgrMap(func(m *mgrMap) {
		m.Modules = slices.DeleteFunc(m.Modules, func(s string) bool { return s == name })
	})
	return Result{}
}

func cmdMgrServices(c *commandContext) Result {
	return c.prettyObject(func(w *jsonWriter) {
		for _, k := range sortedKeys(c.mgrmap.Services) {
			w.str(k, c.mgrmap.Services[k])
		}
	})
}

// cmdNoMetadata answers for daemons of which there are none.
func cmdNoMetadata(c *commandContext) Result {
	if who := c.String("who"); who != "" {
		return Fail(denc.ENOENT, "no metadata of '%s'", who)
	}
	return c.pretty([]byte("[]"))
}

func cmdMDSStat(c *commandContext) Result {
	if !c.JSON() {
		return Result{}
	}
	return c.jsonLine(jsonObject(func(w *jsonWriter) {
		w.raw("fsmap", c.fsmap.dumpJSON(c.release()))
		w.int("mdsmap_first_committed", 1)
		w.uint("mdsmap_last_committed", uint64(c.fsmap.Epoch))
	}))
}

func cmdFSDump(c *commandContext) Result {
	if r := c.epochGiven(c.fsmap.Epoch); r != nil {
		return *r
	}
	r := Result{Output: c.fsmap.dumpText(c.release())}
	if c.JSON() {
		r = c.jsonLine(c.fsmap.dumpJSON(c.release()))
	}
	return r.withStatus("dumped fsmap epoch %d", c.fsmap.Epoch)
}

func cmdFSLs(c *commandContext) Result {
	if c.JSON() {
		return c.jsonLine([]byte("[]"))
	}
	return Result{Output: fmt.Appendln(nil, "No filesystems enabled")}
}

func cmdServiceDump(c *commandContext) Result { return c.pretty(c.service.dumpJSON()) }
