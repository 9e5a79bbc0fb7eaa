package montest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// configCommands are the configuration database (src/mon/ConfigMonitor.cc). It takes options that it does not know,
// other than real monitors, which have Ceph's whole list.
var configCommands = []ownCommand{
	{signature: "config set name=who,type=CephString name=name,type=CephString name=value,type=CephString name=force,type=CephBool,req=false",
		help: "set an option for those whom who means", module: "config", perm: "rw", run: cmdConfigSet},
	{signature: "config rm name=who,type=CephString name=name,type=CephString", help: "remove an option", module: "config", perm: "rw", run: cmdConfigRm},
	{signature: "config get name=who,type=CephString name=key,type=CephString,req=false", help: "show what counts for an entity", module: "config", perm: "r", run: cmdConfigGet},
	{signature: "config dump", help: "show all options that are set", module: "mon", perm: "r", run: cmdConfigDump},
}

// configDefaults are options whose value is told when none is set, with the defaults of a monitor
// (src/common/options).
var configDefaults = map[string]string{
	"auth_client_required": "cephx, none", "auth_cluster_required": "cephx", "auth_service_required": "cephx",
	"auth_mon_ticket_ttl": "259200.000000", "auth_service_ticket_ttl": "3600.000000",
	"client_mount_timeout": "300", "debug_mon": "1/5", "debug_monc": "0/10", "debug_ms": "0/0", "debug_osd": "1/5",
	"debug_paxos": "1/5", "log_to_file": "true", "mon_allow_pool_delete": "false", "mon_client_hunt_interval": "3.000000",
	"mon_client_ping_interval": "10.000000", "mon_client_ping_timeout": "30.000000", "mon_max_pg_per_osd": "250",
	"ms_bind_ipv4": "true", "ms_bind_ipv6": "false", "ms_client_mode": "crc secure", "ms_cluster_mode": "crc secure",
	"ms_mon_client_mode": "secure crc", "ms_mon_cluster_mode": "secure crc", "ms_mon_service_mode": "secure crc",
	"ms_service_mode": "crc secure", "osd_max_backfills": "1", "osd_pool_default_min_size": "0",
	"osd_pool_default_pg_num": "32", "osd_pool_default_size": "3", "public_network": "", "cluster_network": "",
	"rados_mon_op_timeout": "0", "rados_osd_op_timeout": "0",
}

// configLocal are options that tell a client where the monitors are and who it is itself; the database does not take
// them (FLAG_NO_MON_UPDATE in src/common/options.h).
var configLocal = []string{
	"cluster", "fsid", "host", "key", "keyfile", "keyring", "mon_dns_srv_name", "mon_host", "mon_host_override", "monmap", "name",
}

// configTypes are the kinds of entities that options are for, in the order in which they are shown.
var configTypes = []string{"global", "mon", "mgr", "osd", "mds", "client"}

// configTarget is for whom an option is: osd.3, or osd/class:ssd.
type configTarget struct{ section, kind, id, mask string }

func parseConfigTarget(who string) (configTarget, bool) {
	section, mask, _ := strings.Cut(who, "/")
	kind, id, named := strings.Cut(section, ".")
	ok := slices.Contains(configTypes, kind) && (!named || id != "" && kind != "global")
	return configTarget{section, kind, id, mask}, ok
}

// compare orders targets as config dump shows them: types, then entities of the type, those of a mask first.
func (t configTarget) compare(u configTarget) int {
	return cmp.Or(cmp.Compare(slices.Index(configTypes, t.kind), slices.Index(configTypes, u.kind)), cmp.Compare(t.id, u.id))
}

// configValue checks a value and returns it as it is kept: debug levels have two numbers. complaint says what is wrong
// with one that cannot be kept.
func configValue(option, value string) (kept, complaint string) {
	if strings.HasPrefix(option, "debug_") {
		level, memory, both := strings.Cut(value, "/")
		if !both {
			memory = level
		}
		for _, s := range []string{level, memory} {
			if _, err := strconv.ParseUint(s, 10, 7); err != nil {
				return "", "value must take the form N or N/M, where N and M are integers"
			}
		}
		return level + "/" + memory, ""
	}
	switch configDefaults[option] {
	case "true", "false":
		switch value {
		case "true", "false":
		case "1":
			value = "true"
		case "0":
			value = "false"
		default:
			return "", "Expected option value to be integer, got '" + value + "'"
		}
	}
	return value, ""
}

func cmdConfigSet(c *commandContext) Result {
	name := strings.ReplaceAll(c.String("name"), " ", "_")
	who := c.String("who")
	switch {
	case name == "":
		return Fail(denc.EINVAL, "unrecognized config option ''")
	case slices.Contains(configLocal, name):
		return Fail(denc.EINVAL, "%s is special and cannot be stored by the mon", name)
	}
	value := c.String("value")
	if !c.flag("force") {
		var complaint string
		if value, complaint = configValue(name, value); complaint != "" {
			return Fail(denc.EINVAL, "error parsing value: %s", complaint)
		}
	}
	if _, ok := parseConfigTarget(who); !ok {
		return Fail(denc.EINVAL, "unrecognized config target '%s'", who)
	}
	c.config.set(who, name, value)
	c.publish("config")
	return Result{}
}

func cmdConfigRm(c *commandContext) Result {
	who := c.String("who")
	if _, ok := parseConfigTarget(who); !ok {
		return Fail(denc.EINVAL, "unrecognized config target '%s'", who)
	}
	c.config.remove(who, strings.ReplaceAll(c.String("name"), " ", "_"))
	c.publish("config")
	return Result{}
}

// configRow is an option that is set.
type configRow struct {
	configTarget
	option, value string
}

// configRows returns all options that are set, in the order of config dump.
func (st *state) configRows() []configRow {
	var rows []configRow
	for who, options := range st.config.values {
		target, _ := parseConfigTarget(who)
		for option, value := range options {
			rows = append(rows, configRow{target, option, value})
		}
	}
	slices.SortFunc(rows, func(a, b configRow) int {
		// A mask before none: what counts more comes first.
		return cmp.Or(a.compare(b.configTarget), cmp.Compare(a.option, b.option), cmp.Compare(boolInt(a.mask == ""), boolInt(b.mask == "")), cmp.Compare(a.mask, b.mask))
	})
	return rows
}

// configTable prints options.
func configTable(rows []configRow, indent bool) []byte {
	var cells [][]string
	for _, r := range rows {
		who := r.section
		switch {
		case indent && r.id != "":
			who = "    " + who
		case indent && r.kind != "global":
			who = "  " + who
		}
		cells = append(cells, []string{who, r.mask, "advanced", r.option, r.value, ""})
	}
	return textTable([]string{"WHO", "MASK", "LEVEL", "OPTION", "VALUE", "RO"}, cells)
}

func cmdConfigDump(c *commandContext) Result {
	rows := c.configRows()
	if !c.JSON() {
		return Result{Output: configTable(rows, c.release() < cephmap.ReleaseReef)}
	}
	return c.json(jsonList(func(w *jsonWriter) {
		for _, r := range rows {
			w.object("", func() {
				w.str("section", r.section)
				w.str("name", r.option)
				w.str("value", r.value)
				w.str("level", "advanced")
				w.bool("can_update_at_runtime", true)
				w.str("mask", r.mask)
				switch kind, value, masked := strings.Cut(r.mask, ":"); {
				case masked && kind == "class":
					w.str("device_class", value)
				case masked:
					w.str("location_type", kind)
					w.str("location_value", value)
				}
			})
		}
	}))
}

// configFor returns what counts for an entity, by option.
func (st *state) configFor(name denc.EntityName) []configRow {
	best := make(map[string]configRow)
	for _, who := range []string{"global", name.Type.String(), name.String()} {
		target, _ := parseConfigTarget(who)
		for option, value := range st.config.values[who] {
			best[option] = configRow{target, option, value}
		}
	}
	var rows []configRow
	for _, option := range sortedKeys(best) {
		rows = append(rows, best[option])
	}
	return rows
}

func cmdConfigGet(c *commandContext) Result {
	who := c.String("who")
	name, err := denc.ParseEntityName(who)
	if err != nil {
		name, err = denc.ParseEntityName(who + ".")
	}
	if err != nil {
		return Fail(denc.EINVAL, "unrecognized entity '%s'", who)
	}
	rows := c.configFor(name)
	if key := strings.ReplaceAll(c.String("key"), " ", "_"); key != "" {
		value, known := configDefaults[key]
		for _, r := range rows {
			if r.option == key {
				value, known = r.value, true
			}
		}
		if !known && key != "fsid" {
			return Fail(denc.ENOENT, "unrecognized key '%s'", key)
		}
		if key == "fsid" {
			value = c.monmap.FSID.String()
		}
		return text("%s\n", value)
	}
	if !c.JSON() {
		return Result{Output: configTable(rows, false)}
	}
	return c.object(func(w *jsonWriter) {
		for _, r := range rows {
			w.object(r.option, func() {
				w.str("value", r.value)
				w.str("section", r.section)
				w.empties("{}", "mask")
				w.bool("can_update_at_runtime", true)
			})
		}
	})
}
