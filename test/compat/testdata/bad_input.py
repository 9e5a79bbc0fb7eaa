"""What a module called rados makes of good input and bad: a line of JSON for each, [name, outcome].

    bad_input.py MODULE CONF KEYRING DIR
"""
import importlib
import json
import re
import sys
import threading

rados = importlib.import_module(sys.argv[1])
conf, keyring, directory = sys.argv[2:]
Rados = rados.Rados
FSID, VERSION = '{"prefix": "fsid"}', '{"prefix": "version"}'


def told(name, function):
    try:
        outcome = function()
    except Exception as e:
        text = str(e) if isinstance(e, (rados.Error, TypeError, OverflowError)) else ""
        if "positional argument" in text or "keyword argument" in text:
            text = ""  # which is Python's, or Cython's
        outcome = {"raises": type(e).__name__, "errno": getattr(e, "errno", None), "text": text}
    print(json.dumps([name, repr(outcome) if isinstance(outcome, bytes) else outcome], default=repr), flush=True)


def file(name, text):
    path = f"{directory}/{name}"
    with open(path, "w") as f:
        f.write(text)
    return path


def nobody(*args):
    pass


broken = file("broken.conf", "[global\nfoo\n")
empty = file("empty.conf", "[global]\n")
wrong = file("wrong.keyring", "[client.admin]\n\tkey = AQBkpVhlAAAAABAAqqqqqqqqqqqqqqqqqqqqqq==\n")

# -- the constructor
told("id of another type", lambda: Rados(rados_id=1))
told("id and name", lambda: Rados(rados_id="a", name="client.b"))
told("id", lambda: Rados("a").rados_id)
told("no arguments", lambda: [(c.rados_id, c.conffile, c.conf_defaults, c.state) for c in [Rados()]])
told("a name without type", lambda: Rados(name="bad"))
told("an empty name", lambda: Rados(name=""))
told("no such parameter", lambda: Rados(nosuch=1))
told("no such file", lambda: Rados(conffile="/nonexistent"))
told("a file of another type", lambda: Rados(conffile=5))
told("a file in bytes", lambda: Rados(conffile=conf.encode()))
told("a broken file", lambda: Rados(conffile=broken))
told("the default file", lambda: Rados(conffile=Rados.DEFAULT_CONF_FILES).conf_get("mon_host"))
told("the default file by an empty path", lambda: Rados(conffile="").conf_get("mon_host"))
told("the default file by None", lambda: Rados(conffile=None).conf_get("mon_host"))
told("no such option", lambda: Rados(conffile=conf, conf={"nosuch": "1"}))
told("an option of another type", lambda: Rados(conffile=conf, conf={"mon_host": 1}))
told("options of another type", lambda: Rados(conffile=conf, conf=[1]))
told("no such default", lambda: Rados(conf_defaults={"nosuch": "1"}))
told("flags of another type", lambda: Rados(flags="x"))
told("too many arguments", lambda: Rados(1, 2, 3, 4, 5, 6, 7, 8, 9))

# -- configuring
c = Rados(conffile=conf)
OPTIONS = (
    "mon_host|mon host|mon-host|nosuch|name|cluster|conf|id|log_to_stderr|client_mount_timeout|rados_mon_op_timeout|fsid|"
    "keyring|monmap|auth_client_required|debug_ms|ms_mon_client_mode|mon_client_hunt_interval|mon_client_hunt_parallel|"
    "mon_client_ping_timeout|mon_client_ping_interval|ms_initial_backoff|ms_max_backoff|mon_dns_srv_name"
)
for option in OPTIONS.split("|"):
    told(f"get {option}", lambda: c.conf_get(option))
told("get with a number", lambda: c.conf_get(1))
told("get with None", lambda: c.conf_get(None))
told("set to None", lambda: c.conf_set("mon_host", None))
told("set to a number", lambda: c.conf_set("mon_host", 3))
told("set what there is not", lambda: c.conf_set("nosuch", "1"))
told("set with a blank", lambda: (c.conf_set("mon host", "1.2.3.4"), c.conf_get("mon_host")))
told("set with a dash", lambda: c.conf_set("mon-host", "1.2.3.4"))
told("set a time to no time", lambda: c.conf_set("client_mount_timeout", "abc"))
told("set a number to no number", lambda: c.conf_set("mon_client_hunt_parallel", "abc"))
told("set a bool to no bool", lambda: c.conf_set("log_to_stderr", "abc"))
told("set a level", lambda: (c.conf_set("debug_ms", "5/5"), c.conf_get("debug_ms")))
told("set what is not librados'", lambda: c.conf_set("name", "client.x"))
told("read the default", lambda: c.conf_read_file())
told("read what is broken", lambda: c.conf_read_file(broken))
told("read a number", lambda: c.conf_read_file(3))
ARGV = ["osd", "--mon-host", "1.2.3.4", "tree", "--nosuch", "x", "--", "-s", "--debug-ms=0", "--", "y"]
told("arguments", lambda: (c.conf_parse_argv(ARGV), c.parsed_args))
told("no arguments there", lambda: c.conf_parse_argv([]))
told("None for arguments", lambda: c.conf_parse_argv(None))
told("arguments of another type", lambda: c.conf_parse_argv([1]))
told("arguments that do not fit", lambda: c.conf_parse_argv(["--client-mount-timeout", "abc"]))
told("parsed arguments", lambda: c.parsed_args)
told("environment", lambda: c.conf_parse_env())
told("no such variable", lambda: c.conf_parse_env("NOSUCH"))
told("None for a variable", lambda: c.conf_parse_env(None))
told("a number for a variable", lambda: c.conf_parse_env(3))
told("another variable", lambda: (c.conf_parse_env("COMPAT_ARGS"), c.conf_get("mon_client_ping_timeout")))
for name, args in {
    "get_fsid": (),
    "mon_command": (FSID, b""),
    "get_instance_id": (),
    "pool_exists": ("x",),
    "pool_lookup": ("x",),
    "pool_reverse_lookup": (1,),
    "create_pool": ("x",),
    "delete_pool": ("x",),
    "list_pools": (),
    "get_pool_base_tier": (1,),
    "get_inconsistent_pgs": (1,),
    "blocklist_add": ("1.2.3.4",),
    "wait_for_latest_osdmap": (),
    "open_ioctx": ("x",),
    "open_ioctx2": (1,),
    "require_state": ("connected", "shutdown"),
}.items():
    told(f"configuring: {name}", lambda: getattr(c, name)(*args))
told("configuring: version", lambda: str(c.version()))
told("configuring: monitor_log", lambda: c.monitor_log("info", nobody, None))
told("configuring: monitor_log2", lambda: c.monitor_log2("info", nobody, None))
told("configuring: state", lambda: c.state)

# -- connected
c = Rados(conffile=conf)
told("connect: no such parameter", lambda: c.connect(nosuch=1))
told("connect: a text for a time", lambda: Rados(conffile=conf).connect("x"))
told("connect", lambda: c.connect())
told("connect again", lambda: c.connect())
told("enter again", lambda: c.__enter__())
told("connected: read", lambda: c.conf_read_file())
told("connected: arguments", lambda: c.conf_parse_argv(["x"]))
told("connected: environment", lambda: c.conf_parse_env())
told("connected: state", lambda: c.state)
told("connected: version", lambda: [str(c.version()), c.version().major])
told("connected: fsid", lambda: c.get_fsid())
told("connected: instance", lambda: type(c.get_instance_id()).__name__)
told("connected: address", lambda: c.get_addrs().rpartition("/")[0])
told("connected: statistics", lambda: sorted((k, type(v).__name__) for k, v in c.get_cluster_stats().items()))
told("connected: size", lambda: c.get_cluster_stats()["kb"])
told("latest osdmap", lambda: c.wait_for_latest_osdmap())
told("required state", lambda: c.require_state("configuring", "shutdown"))

# -- options, when it is too late
late = Rados(conffile=conf)
late.connect()
told("connected: set mon_host", lambda: late.conf_set("mon_host", "1.1.1.1"))
told("connected: set what there is not", lambda: late.conf_set("nosuch", "1.1.1.1"))
for option, value in {
    "rados_mon_op_timeout": "50",
    "debug_ms": "0/0",
    "log_to_stderr": "false",
    "err_to_stderr": "false",
    "mon_client_ping_interval": "11",
    "mon_client_hunt_interval": "4",
    "client_mount_timeout": "20",
    "fsid": "00000000-0000-0000-0000-000000000001",
    "keyring": "/x",
    "key": "x",
    "ms_mon_client_mode": "crc",
    "auth_client_required": "none",
    "host": "x",
}.items():
    told(f"connected: set {option}", lambda: late.conf_set(option, value))
late.shutdown()

# -- commands
for name, args, kwargs in [
    ("good", (FSID, b""), {}),
    ("with a time", (FSID, b""), {"timeout": 5}),
    ("no input", (FSID,), {}),
    ("text for input", (FSID, "x"), {}),
    ("None for input", (FSID, None), {}),
    ("a bytearray for input", (FSID, bytearray()), {}),
    ("a number", (3, b""), {}),
    ("bytes", (FSID.encode(), b""), {}),
    ("None", (None, b""), {}),
    ("no JSON", ("x", b""), {}),
    ("a JSON text", ('"x"', b""), {}),
    ("a NUL", ('{"prefix": "fsid"}\0x', b""), {}),
    ("no prefix", ("{}", b""), {}),
    ("unknown", ('{"prefix": "nosuch"}', b""), {}),
    ("an argument that does not fit", ('{"prefix": "osd pool create", "pool": "x", "pg_num": "y"}', b""), {}),
    ("something absent", ('{"prefix": "config-key get", "key": "absent"}', b""), {}),
    ("a text for a time", (FSID, b""), {"timeout": "x"}),
    ("a fraction for a time", (FSID, b""), {"timeout": 1.5}),
    ("None for a time", (FSID, b""), {"timeout": None}),
    ("an empty target", (FSID, b""), {"target": ""}),
    ("no target", (FSID, b""), {"target": None}),
    ("a monitor", (VERSION, b""), {"target": "a"}),
    ("a monitor in bytes", (VERSION, b""), {"target": b"a"}),
    ("a rank", (VERSION, b""), {"target": 0}),
    ("a rank as text", (VERSION, b""), {"target": "1"}),
    ("a monitor that does not know it", (FSID, b""), {"target": "a"}),
    ("a fraction for a target", (FSID, b""), {"target": 1.5}),
    ("a target with mon.", (FSID, b""), {"target": "mon.a"}),
    ("no such monitor", (FSID, b""), {"target": "nosuch"}),
    ("no such rank", (FSID, b""), {"target": 7}),
    ("a negative rank", (FSID, b""), {"target": -1}),
]:
    told(f"mon_command: {name}", lambda: c.mon_command(*args, **kwargs))
for name, args, kwargs in [
    ("unknown", ('{"prefix": "nosuch"}', b""), {}),
    ("one of the monitors'", (FSID, b""), {}),
    ("no JSON", ("x", b""), {}),
    ("a number for a target", (FSID, b""), {"target": 0}),
    ("text for input", (FSID, "x"), {}),
    ("a manager", (VERSION, b""), {"target": "x"}),
    ("the active manager", (VERSION, b""), {"target": ""}),
    ("a manager that does not know it", (FSID, b""), {"target": "x"}),
]:
    told(f"mgr_command: {name}", lambda: c.mgr_command(*args, **kwargs))
told("osd_command: below zero", lambda: c.osd_command(-1, FSID, b""))
told("osd_command: text", lambda: c.osd_command("x", FSID, b""))
told("pg_command: number", lambda: c.pg_command(3, FSID, b""))

# -- pools
told("pool_exists: none", lambda: c.pool_exists("nosuch"))
told("pool_exists: number", lambda: c.pool_exists(1))
told("pool_lookup: none", lambda: c.pool_lookup("nosuch"))
told("pool_reverse_lookup: none", lambda: c.pool_reverse_lookup(99999))
told("pool_reverse_lookup: negative", lambda: c.pool_reverse_lookup(-1))
told("pool_reverse_lookup: text", lambda: c.pool_reverse_lookup("x"))
told("create_pool", lambda: c.create_pool("module/a b"))
told("create_pool: again", lambda: c.create_pool("module/a b"))
told("create_pool: a rule", lambda: c.create_pool("module-rule", crush_rule=0))
told("create_pool: no such rule", lambda: c.create_pool("module-x", crush_rule=99))
told("create_pool: a text for a rule", lambda: c.create_pool("module-x", crush_rule="x"))
told("create_pool: a rule too large", lambda: c.create_pool("module-x", crush_rule=256))
told("create_pool: a negative rule", lambda: c.create_pool("module-x", crush_rule=-1))
told("create_pool: a user", lambda: c.create_pool("module-x", auid=5))
told("create_pool: number", lambda: c.create_pool(5))
told("create_pool: empty", lambda: c.create_pool(""))
told("pool there", lambda: [c.pool_exists("module/a b"), c.pool_reverse_lookup(c.pool_lookup("module/a b"))])
told("pools", lambda: sorted(c.list_pools()))
told("get_pool_base_tier", lambda: c.get_pool_base_tier(c.pool_lookup("module-rule")) == c.pool_lookup("module-rule"))
told("get_pool_base_tier: none", lambda: c.get_pool_base_tier(99999))
told("get_inconsistent_pgs", lambda: c.get_inconsistent_pgs(c.pool_lookup("module-rule")))
told("get_inconsistent_pgs: none", lambda: c.get_inconsistent_pgs(99999))
told("open_ioctx: none", lambda: c.open_ioctx("nosuch"))
told("open_ioctx: number", lambda: c.open_ioctx(3))
told("open_ioctx2: none", lambda: c.open_ioctx2(99999))
told("delete_pool", lambda: [c.delete_pool("module-rule"), c.delete_pool("module/a b")])
told("delete_pool: none", lambda: c.delete_pool("nosuch"))
told("delete_pool: number", lambda: c.delete_pool(3))
told("pools left", lambda: sorted(c.list_pools()))

# -- the blocklist
told("blocklist_add", lambda: c.blocklist_add("1.2.3.4:0/5", 60))
told("blocklist_add: the default time", lambda: c.blocklist_add("1.2.3.4:0/6"))
told("blocklist_add: a host", lambda: c.blocklist_add("1.2.3.5"))
told("blocklist_add: v2", lambda: c.blocklist_add("v2:1.2.3.4:3300/1"))
told("blocklist_add: a negative time", lambda: c.blocklist_add("1.2.3.4:0/7", -1))
told("blocklist_add: no address", lambda: c.blocklist_add("nosuch"))
told("blocklist_add: empty", lambda: c.blocklist_add(""))
told("blocklist_add: number", lambda: c.blocklist_add(5))
told("blocklist_add: a text for a time", lambda: c.blocklist_add("1.2.3.4:0/7", "x"))

# -- ping
alone = Rados(conffile=conf)
for state, pinger in {"unconnected": alone, "connected": c}.items():
    told(f"{state}: ping_monitor: none", lambda: pinger.ping_monitor("nosuch"))
    # A ping that is answered crashes librados now and then when there is another client in the process.
    told(f"{state}: ping_monitor: empty", lambda: pinger.ping_monitor(""))
    told(f"{state}: ping_monitor: number", lambda: pinger.ping_monitor(3))
    told(f"{state}: ping_monitor: None", lambda: pinger.ping_monitor(None))
    told(f"{state}: ping_monitor: rank", lambda: pinger.ping_monitor("0"))
told("a ping is no connection", lambda: [alone.state, alone.shutdown()])

# -- the log
told("monitor_log: no such level", lambda: c.monitor_log("nosuch", nobody, None))
told("monitor_log2: no such level", lambda: c.monitor_log2("nosuch", nobody, None))
told("monitor_log: nothing to call", lambda: c.monitor_log("info", 3, None))
told("monitor_log: number", lambda: c.monitor_log(3, nobody, None))
told("MonitorLog: no such level", lambda: rados.MonitorLog(c, "nosuch", nobody, None))


def entries(follow):
    """What the callback is given of an entry."""
    got, come = [], threading.Event()

    def callback(*args):
        if b"compat module" in args[-1] and b"cmd=" not in args[-1]:
            got.append([a.decode() if isinstance(a, bytes) else a for a in args])
            come.set()

    follow("info", callback, "ARG")
    for _ in range(50):
        c.mon_command(json.dumps({"prefix": "log", "logtext": ["compat module"]}), b"")
        if come.wait(0.5):
            break
    follow("info", None, None)
    return [type(a).__name__ if isinstance(a, int) else a for a in strip(got[0])]


def strip(entry):
    """Without the stamp, and the number of the client."""
    entry = [re.sub(r"^\d{4}-\S+ ", "STAMP ", a) if isinstance(a, str) else a for a in entry]
    return [re.sub(r":0/\d+$", ":0/N", a) if isinstance(a, str) else a for a in entry]


told("monitor_log", lambda: entries(c.monitor_log))
told("monitor_log2", lambda: entries(c.monitor_log2))
told("callbacks", lambda: [c.monitor_callback, c.monitor_callback2])

# -- the end
told("shutdown", lambda: [c.shutdown(), c.state])
told("shutdown again", lambda: c.shutdown())
for name, args in {"get_fsid": (), "connect": (), "conf_get": ("mon_host",), "__enter__": (), "mon_command": (FSID, b"")}.items():
    told(f"shut down: {name}", lambda: getattr(c, name)(*args))


def used():
    with Rados(conffile=conf) as cluster:
        state = cluster.state
    return state, cluster.state


told("with", used)


def failing():
    with Rados(conffile=conf):
        raise rados.NoData("boo", 5)


told("with an exception", failing)
never = Rados(conffile=conf)
told("shutdown without connecting", lambda: [never.shutdown(), never.state])

# -- connecting fails
for name, kwargs in {
    "no monitors": {"conffile": empty},
    "no addresses": {"conf": {"mon_host": "::no such host::"}},
    "no keyring": {"conf": {"keyring": "/nonexistent"}},
    "nobody": {"conf": {"mon_host": "127.0.0.1:1", "client_mount_timeout": "1"}},
    "unknown": {"name": "client.nosuch", "conf": {"keyring": keyring}},
    "a wrong key": {"conf": {"keyring": wrong}},
}.items():
    told(f"connect: {name}", lambda: Rados(**{"conffile": conf, **kwargs}).connect())

# -- exceptions
for name in sorted(dir(rados)):
    kind = getattr(rados, name)
    if isinstance(kind, type) and issubclass(kind, Exception):
        args = ("m", 5, 7) if name == "ExtendMismatch" else ("m", 5)
        e = kind(*args)
        told(f"exception {name}", lambda: [str(e), repr(e), e.errno, [k.__name__ for k in kind.__mro__]])
public = {n: getattr(rados, n) for n in dir(rados) if not n.startswith("_") and n != "OMAP_KEY_TYPE"}  # not in Pacific
own = {"rados", *(f"monclient.compat.{n}" for n in ("rados", "_errors", "_osds"))}
told("classes", lambda: sorted(n for n, v in public.items() if isinstance(v, type) and v.__module__ in own))
told("constants", lambda: {n: v for n, v in public.items() if n.isupper()})
told("members", lambda: sorted(n for n in dir(c) if not n.startswith("_")))
