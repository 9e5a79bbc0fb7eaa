"""Does what is wrong through librados: a line of JSON in, a line of JSON out for each, as they are done.

arguments: the configuration, a file that is no configuration
in:  {"id": number, "do": what, "name": entity, "conf": options, "args": [...]}
out: {"id": the same, "ret": what librados has returned, "says": the text that came with it}

It calls the C library itself, as Python's module refuses some of it.
"""
import ctypes
import json
import os
import sys
import threading

librados = ctypes.CDLL("librados.so.2")
conf_path, broken_path = sys.argv[1:]
handles, connecting = {}, threading.Lock()


class Failed(Exception):
    pass


def text(value):
    return None if value is None else value.encode()


def called(name, *args):
    ret = ctypes.c_int(getattr(librados, name)(*args)).value
    if ret < 0:
        raise Failed(ret)
    return ret


def new(name):
    handle = ctypes.c_void_p()
    called("rados_create2", ctypes.byref(handle), b"ceph", text(name), ctypes.c_uint64(0))
    return handle


def created(name, conf):
    handle = new(name)
    called("rados_conf_read_file", handle, text(conf_path))
    for option, value in (conf or {}).items():
        called("rados_conf_set", handle, text(option), text(value))
    return handle


def connect(name, conf):
    handle = created(name, conf)
    try:
        return called("rados_connect", handle)
    finally:
        librados.rados_shutdown(handle)


def connected(name, conf):
    key = name, json.dumps(conf)
    with connecting:
        if key not in handles:
            handle = created(name, conf)
            called("rados_connect", handle)
            handles[key] = handle
        return handles[key]


def command(function):
    def run(name, conf, cmd, *more):
        parts = (ctypes.c_char_p * max(1, len(cmd)))(*[c.encode() for c in cmd])
        out, outs = ctypes.c_void_p(), ctypes.c_void_p()
        out_len, outs_len = ctypes.c_size_t(), ctypes.c_size_t()
        handle = connected(name, conf)
        ret = ctypes.c_int(getattr(librados, function)(
            handle, *[text(a) for a in more], parts, ctypes.c_size_t(len(cmd)), None, ctypes.c_size_t(0),
            ctypes.byref(out), ctypes.byref(out_len), ctypes.byref(outs), ctypes.byref(outs_len))).value
        ret = -abs(ret)  # of commands for managers, it is positive when their time is up
        return ret, ctypes.string_at(outs, outs_len.value).decode() if outs_len.value else ""
    return run


class Stat(ctypes.Structure):
    _fields_ = [("kb", ctypes.c_uint64), ("used", ctypes.c_uint64), ("avail", ctypes.c_uint64), ("objects", ctypes.c_uint64)]


def on(function):
    """A function that takes texts, beside the handle."""
    return lambda name, conf, *args: called(function, connected(name, conf), *map(text, args))


def log(level_of):
    callback = ctypes.CFUNCTYPE(None)(lambda: None)
    return lambda name, conf, level: called(level_of, connected(name, conf), text(level), callback, None)


DO = {
    "connect": connect,
    "conf_read_file": lambda name, conf, path: called("rados_conf_read_file", new(name), text(path)),
    "broken_file": lambda name, conf: called("rados_conf_read_file", new(name), text(broken_path)),
    "conf_get": lambda name, conf, option: called("rados_conf_get", created(name, conf), text(option), ctypes.create_string_buffer(99), ctypes.c_size_t(99)),
    "ping_unconnected": lambda name, conf, mon: called("rados_ping_monitor", created(name, conf), text(mon), None, None),
    "ping": lambda name, conf, mon: called("rados_ping_monitor", connected(name, conf), text(mon), None, None),
    "log": log("rados_monitor_log"),
    "log2": log("rados_monitor_log2"),
    "command": command("rados_mon_command"),
    "tell": command("rados_mon_command_target"),
    "mgr": command("rados_mgr_command"),
    "tell_mgr": command("rados_mgr_command_target"),
    "stat": lambda name, conf: called("rados_cluster_stat", connected(name, conf), ctypes.byref(Stat())),
    "blocklist": lambda name, conf, addr: called("rados_blocklist_add", connected(name, conf), text(addr), ctypes.c_uint32(60)),
    "pool": on("rados_pool_lookup"),
    "create_pool": on("rados_pool_create"),
    "delete_pool": on("rados_pool_delete"),
}


def answer(request):
    says = ""
    try:
        ret = DO[request["do"]](request["name"], request["conf"], *request["args"] or [])
        if isinstance(ret, tuple):
            ret, says = ret
    except Failed as e:
        ret = e.args[0]
    print(json.dumps({"id": request["id"], "ret": min(0, ret), "says": says}) + "\n", end="", flush=True)


threads = []
for line in sys.stdin:
    threads.append(threading.Thread(target=answer, args=(json.loads(line),)))
    threads[-1].start()
for t in threads:
    t.join()
os._exit(0)  # with what librados has let go of when its time was up, and may come back to
