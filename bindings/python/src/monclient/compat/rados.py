"""What ``import rados`` offers for monitors, without librados::

    from monclient.compat import rados

    with rados.Rados(conffile=rados.Rados.DEFAULT_CONF_FILES) as cluster:
        ret, output, status = cluster.mon_command('{"prefix": "osd tree", "format": "json"}', b"")

Names, arguments, states, exceptions and their texts are those of python3-rados. The reason that libmonclient gives, which
says more, is the exception's ``__cause__``. What only OSDs could do raises :class:`NotImplementedError`.
"""

from __future__ import annotations

import ctypes
import datetime
import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Literal

from monclient import _core, _lib, client, errors
from monclient import _ctypes as c
from monclient import _questions as q
from monclient._osdmap import Pool

from ._errors import (
    ConnectionShutdown,
    Error,
    ExtendMismatch,
    InProgress,
    InterruptedOrTimeoutError,
    InvalidArgumentError,
    IoctxStateError,
    IOError,
    IsConnected,
    LogicError,
    NoData,
    NoSpace,
    NotConnected,
    ObjectBusy,
    ObjectExists,
    ObjectNotFound,
    ObjectStateError,
    OSError,
    PermissionDeniedError,
    PermissionError,
    RadosStateError,
    TimedOut,
    of_errno,
)
from ._osds import (
    ADMIN_AUID,
    ANONYMOUS_AUID,
    LIBRADOS_ALL_NSPACES,
    LIBRADOS_CMPXATTR_OP_EQ,
    LIBRADOS_CMPXATTR_OP_GT,
    LIBRADOS_CMPXATTR_OP_GTE,
    LIBRADOS_CMPXATTR_OP_LT,
    LIBRADOS_CMPXATTR_OP_LTE,
    LIBRADOS_CMPXATTR_OP_NE,
    LIBRADOS_CREATE_EXCLUSIVE,
    LIBRADOS_CREATE_IDEMPOTENT,
    LIBRADOS_OP_FLAG_EXCL,
    LIBRADOS_OP_FLAG_FADVISE_DONTNEED,
    LIBRADOS_OP_FLAG_FADVISE_NOCACHE,
    LIBRADOS_OP_FLAG_FADVISE_RANDOM,
    LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL,
    LIBRADOS_OP_FLAG_FADVISE_WILLNEED,
    LIBRADOS_OP_FLAG_FAILOK,
    LIBRADOS_OPERATION_BALANCE_READS,
    LIBRADOS_OPERATION_IGNORE_CACHE,
    LIBRADOS_OPERATION_IGNORE_OVERLAY,
    LIBRADOS_OPERATION_LOCALIZE_READS,
    LIBRADOS_OPERATION_NOFLAG,
    LIBRADOS_OPERATION_ORDER_READS_WRITES,
    LIBRADOS_OPERATION_SKIPRWLOCKS,
    LIBRADOS_SNAP_HEAD,
    MAX_ERRNO,
    MONITOR_LEVELS,
    OMAP_KEY_TYPE,
    Completion,
    Ioctx,
    Object,
    ObjectIterator,
    OmapIterator,
    OpCtx,
    ReadOp,
    ReadOpCtx,
    Snap,
    SnapIterator,
    Watch,
    WriteOp,
    WriteOpCtx,
    XattrIterator,
    needs_osds,
)

__all__ = [
    "ADMIN_AUID",
    "ANONYMOUS_AUID",
    "LIBRADOS_ALL_NSPACES",
    "LIBRADOS_CMPXATTR_OP_EQ",
    "LIBRADOS_CMPXATTR_OP_GT",
    "LIBRADOS_CMPXATTR_OP_GTE",
    "LIBRADOS_CMPXATTR_OP_LT",
    "LIBRADOS_CMPXATTR_OP_LTE",
    "LIBRADOS_CMPXATTR_OP_NE",
    "LIBRADOS_CREATE_EXCLUSIVE",
    "LIBRADOS_CREATE_IDEMPOTENT",
    "LIBRADOS_OPERATION_BALANCE_READS",
    "LIBRADOS_OPERATION_IGNORE_CACHE",
    "LIBRADOS_OPERATION_IGNORE_OVERLAY",
    "LIBRADOS_OPERATION_LOCALIZE_READS",
    "LIBRADOS_OPERATION_NOFLAG",
    "LIBRADOS_OPERATION_ORDER_READS_WRITES",
    "LIBRADOS_OPERATION_SKIPRWLOCKS",
    "LIBRADOS_OP_FLAG_EXCL",
    "LIBRADOS_OP_FLAG_FADVISE_DONTNEED",
    "LIBRADOS_OP_FLAG_FADVISE_NOCACHE",
    "LIBRADOS_OP_FLAG_FADVISE_RANDOM",
    "LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL",
    "LIBRADOS_OP_FLAG_FADVISE_WILLNEED",
    "LIBRADOS_OP_FLAG_FAILOK",
    "LIBRADOS_SNAP_HEAD",
    "MAX_ERRNO",
    "MONITOR_LEVELS",
    "OMAP_KEY_TYPE",
    "Completion",
    "ConnectionShutdown",
    "Error",
    "ExtendMismatch",
    "IOError",
    "InProgress",
    "InterruptedOrTimeoutError",
    "InvalidArgumentError",
    "Ioctx",
    "IoctxStateError",
    "IsConnected",
    "LogicError",
    "MonitorLog",
    "NoData",
    "NoSpace",
    "NotConnected",
    "OSError",
    "Object",
    "ObjectBusy",
    "ObjectExists",
    "ObjectIterator",
    "ObjectNotFound",
    "ObjectStateError",
    "OmapIterator",
    "OpCtx",
    "PermissionDeniedError",
    "PermissionError",
    "Rados",
    "RadosStateError",
    "ReadOp",
    "ReadOpCtx",
    "Snap",
    "SnapIterator",
    "TimedOut",
    "Version",
    "Watch",
    "WriteOp",
    "WriteOpCtx",
    "XattrIterator",
]

#: What a command returns: 0 or a negative errno, its output, a text for people.
Reply = tuple[int, bytes, str]


class Version:
    """The version of librados' interface."""

    def __init__(self, major: int, minor: int, extra: int) -> None:
        self.major = major
        self.minor = minor
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.extra}"


# -- arguments


def _want(kind: type, name: str, value: Any) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"Argument '{name}' has incorrect type (expected {kind.__name__}, got {type(value).__name__})")


def _may(kind: type, name: str, value: Any) -> None:
    if value is not None:
        _want(kind, name, value)


def _cut(value: str) -> str:
    """A text as C sees it."""
    return value.partition("\0")[0]


def _unsigned(bits: int, value: int) -> int:
    if value < 0:
        raise OverflowError(f"can't convert negative value to uint{bits}_t")
    if value >> bits:
        raise OverflowError(f"value too large to convert to uint{bits}_t")
    return value


# -- failures

#: What means to librados, which tries again until its time is up, that nobody has answered.
_UNREACHABLE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.ENOTCONN,
    errno.ETIMEDOUT,
}

#: What means to librados that the monitors do not let it in.
_REFUSED = {errno.EACCES, errno.EPERM, errno.EOPNOTSUPP}


def _number(error: errors.Error) -> int:
    return error.errno if isinstance(error.errno, int) else errno.EIO


class _Failing:
    """With this, an error of libmonclient becomes librados' exception with the message."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        if isinstance(e, errors.Error):
            raise of_errno(self._number(e), self._message) from e

    def _number(self, e: errors.Error) -> int:
        return _number(e)


class _FailingToReach(_Failing):
    """The same for what goes to monitors."""

    def _number(self, e: errors.Error) -> int:
        number = _number(e)
        if number in _UNREACHABLE:
            return errno.ETIMEDOUT
        return errno.EACCES if number in _REFUSED else number


# -- the cluster log

#: The subscription for each level.
_LEVELS = {
    "debug": "log-debug",
    "info": "log-info",
    "sec": "log-sec",
    "warn": "log-warn",
    "warning": "log-warn",
    "err": "log-error",
    "error": "log-error",
}


_PRIORITIES = {"debug": "[DBG]", "info": "[INF]", "sec": "[SEC]", "warn": "[WRN]", "error": "[ERR]"}


class _LogThread(threading.Thread):
    """Hands the cluster log to a callback, entry by entry."""

    def __init__(self, watch: client.Watch, call: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(name="monclient-log", daemon=True)
        self._watch = watch
        self._call = call
        self._over = False

    def run(self) -> None:
        for m in self._watch:
            if self._over:
                return
            try:
                self._call(m.json())
            except Exception:  # python3-rados prints it, too
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self)))

    def stop(self) -> None:
        self._over = True
        self._watch.close()


class _Entry:
    """An entry as librados tells it: texts as bytes."""

    def __init__(self, entry: dict[str, Any]) -> None:
        seconds, _, fraction = entry["time"].rstrip("Z").partition(".")
        self.nsec = int(fraction)
        stamp = datetime.datetime.fromisoformat(f"{seconds}+00:00").astimezone()
        self.sec = int(stamp.timestamp())
        name, level, text = entry["name"], _PRIORITIES.get(entry["level"], "[???]"), entry["text"]
        self.line = f"{stamp:%Y-%m-%dT%H:%M:%S}.{self.nsec // 1000:06}{stamp:%z} {name} {level} {text}".encode()
        self.name, self.level, self.text = name.encode(), level.encode(), text.encode()
        self.channel = entry["channel"].encode()
        self.who = f"{entry['rank']} {entry['addrs']}".encode()
        self.seq = int(entry["seq"])


class MonitorLog:
    """Follows the cluster log: ``callback(arg, line, who, sec, nsec, seq, level, text)`` is called for each entry of the
    level or above, on a thread of its own. It goes on when this is forgotten."""

    def __init__(self, cluster: Rados, level: str, callback: Callable[..., Any] | None, arg: object | None) -> None:
        self.level = level
        self.callback = callback
        self.arg = arg
        self.cluster = cluster
        self.cluster.monitor_log(level, callback, arg)


# -- the cluster


class Rados:
    """A cluster."""

    #: conffile: none.
    NO_CONF_FILE = -1
    #: conffile: where Ceph looks for one.
    DEFAULT_CONF_FILES = -2

    _config: _core.Config | None = None
    _client: client.Client | None = None
    _log: _LogThread | None = None
    state = "uninitialized"

    def __init__(
        self,
        rados_id: str | None = None,
        name: str | None = None,
        clustername: str | None = None,
        conf_defaults: dict[str, str] | None = None,
        conffile: str | int | None = NO_CONF_FILE,
        conf: dict[str, str] | None = None,
        flags: int = 0,
        context: object = None,
    ) -> None:
        """
        :param rados_id: connect as ``client.`` and this
        :param name: connect as this, such as "client.admin", which is the default
        :param clustername: what ``$cluster`` stands for; None: what the name of the file says
        :param conf_defaults: options, set before the file is read
        :param conffile: a path, NO_CONF_FILE, as which None counts, or DEFAULT_CONF_FILES, as which "" does
        :param conf: options, set after the file is read
        """
        _may(str, "rados_id", rados_id)
        _may(str, "name", name)
        _may(str, "clustername", clustername)
        _may(dict, "conf_defaults", conf_defaults)
        _may(dict, "conf", conf)
        _want(int, "flags", flags)
        if rados_id and name:
            raise Error("Rados(): can't supply both rados_id and name")
        if rados_id is not None:
            name = f"client.{rados_id}"
        elif name is None:
            name = "client.admin"
        self.rados_id = rados_id
        self.conf_defaults = conf_defaults
        self.conffile = conffile
        self.parsed_args: Sequence[str] = []
        self.monitor_callback: tuple[Any, ...] | None = None
        self.monitor_callback2: tuple[Any, ...] | None = None
        self._library = _lib.load()
        self._create(_cut(name), _cut(clustername or ""))
        self.state = "configuring"
        for option, value in (conf_defaults or {}).items():
            self.conf_set(option, value)
        if conffile is not None and conffile != self.NO_CONF_FILE:
            default = conffile in (self.DEFAULT_CONF_FILES, "")
            self.conf_read_file(None if default else conffile)  # type: ignore[arg-type] # which says so
        for option, value in (conf or {}).items():
            self.conf_set(option, value)

    def _create(self, name: str, cluster: str) -> None:
        self._config = _core.Config(self._library)
        try:
            self._set("name", name)
            if cluster:
                self._set("cluster", cluster)
            _lib.check(self._library, self._library.monclient_config_parse_env(self._config.value))
        except errors.Error as e:
            raise Error(f"rados_initialize failed with error code: {-_number(e)}") from e

    def _set(self, option: str, value: str) -> None:
        name, text = _core.text(option, "option"), _core.text(value, "val")
        _lib.check(self._library, self._library.monclient_config_set(self._conf, name, text))

    @property
    def _conf(self) -> int:
        assert self._config is not None  # as long as the state says so
        return self._config.value

    def __enter__(self) -> Rados:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> Literal[False]:
        self.shutdown()
        return False

    def __del__(self) -> None:
        self._release()

    def require_state(self, *args: str) -> None:
        """
        :raises RadosStateError: the state is none of these
        """
        if self.state not in args:
            raise RadosStateError(f"You cannot perform that operation on a Rados object in state {self.state}.")

    @property
    def _connected(self) -> client.Client:
        self.require_state("connected")
        assert self._client is not None
        return self._client

    def version(self) -> Version:
        """That of librados' interface which this is like."""
        return Version(3, 0, 0)

    # -- configuration

    def conf_read_file(self, path: str | None = None) -> None:
        """Read a configuration file. None: $CEPH_CONF, or where Ceph looks for one."""
        self.require_state("configuring", "connected")
        _may(str, "path", path)
        if self.state == "connected":
            raise OSError("error calling conf_read_file", errno=errno.ENOSYS)
        with _Failing("error calling conf_read_file"):
            text = None if path is None else _core.text(_cut(path), "path")
            _lib.check(self._library, self._library.monclient_config_read_file(self._conf, text))

    def conf_parse_argv(self, args: Sequence[str] | None) -> list[str] | None:
        """Take over options from a command line, and return the rest of it."""
        self.require_state("configuring", "connected")
        if not args:
            return None
        if not all(isinstance(arg, (str, bytes)) for arg in args):
            raise TypeError("args must be a string")
        if self.state == "connected":
            raise OSError("error calling conf_parse_argv_remainder", errno=errno.ENOSYS)
        with _Failing("error calling conf_parse_argv_remainder"):
            rest = self._parse(args)
        self.parsed_args = args
        return rest

    def _parse(self, args: Sequence[str]) -> list[str]:
        texts = [_cut(arg).encode() for arg in args]
        argv, rest, count = (ctypes.c_char_p * len(texts))(*texts), (ctypes.c_char_p * len(texts))(), ctypes.c_int()
        parse = self._library.monclient_config_parse_argv
        _lib.check(self._library, parse(self._conf, len(texts), argv, rest, ctypes.byref(count)))
        return [_core.known(rest[i]) for i in range(count.value)]

    def conf_parse_env(self, var: str | None = "CEPH_ARGS") -> None:
        """Take over options from an environment variable."""
        self.require_state("configuring", "connected")
        _may(str, "var", var)
        if self.state == "connected":
            return
        with _Failing("error calling conf_parse_env"):
            if var in (None, "CEPH_ARGS"):
                _lib.check(self._library, self._library.monclient_config_parse_env(self._conf))
            elif args := os.environ.get(_cut(var or ""), "").split():
                self._parse(args)

    def conf_get(self, option: str) -> str | None:
        """The value of an option, or None for one that is not known."""
        self.require_state("configuring", "connected")
        _want(str, "option", option)
        if option in _NO_OPTIONS:
            return None
        out = ctypes.c_char_p()
        name = _core.text(_cut(option), "option")
        status = self._library.monclient_config_get(self._conf, name, ctypes.byref(out))
        if status == c.MONCLIENT_ENOENT:
            return None
        with _Failing("error calling conf_get"):
            _lib.check(self._library, status)
        try:
            return _core.known(out.value)
        finally:
            self._library.monclient_free(out)

    def conf_set(self, option: str, val: str) -> None:
        """Set an option. When connected, those that say who connects and where to cannot be set, and of the others
        rados_mon_op_timeout has an effect."""
        self.require_state("configuring", "connected")
        _want(str, "option", option)
        _want(str, "val", val)
        option, val = _cut(option), _cut(val)
        if option in _NO_OPTIONS:
            raise of_errno(errno.ENOENT, "error calling conf_set")
        with _Failing("error calling conf_set"):
            if self.state == "connected" and option.replace(" ", "_") in _AT_STARTUP:
                raise of_errno(errno.EPERM, "error calling conf_set")
            self._set(option, val)

    # -- the session

    def connect(self, timeout: int = 0) -> None:
        """Connect to the cluster.

        :param timeout: not looked at; the option client_mount_timeout counts
        """
        self.require_state("configuring")
        _want(int, "timeout", timeout)
        assert self._config is not None
        settings = _core.Settings(None, None, None, None, None, None, None, None, None)
        with _FailingToReach("error connecting to the cluster"):
            self._client = client.connect_with(self._library, self._config, settings)
        self.state = "connected"

    def shutdown(self) -> None:
        """Disconnect. A second time is nothing."""
        if self.state != "shutdown":
            self.state = "shutdown"
            self._release()

    def _release(self) -> None:
        self._stop_log()
        if self._client is not None:
            self._client.close()
        if self._config is not None:
            self._config.destroy()

    def get_fsid(self) -> str:
        """The cluster's id."""
        return self._connected.fsid

    def get_instance_id(self) -> int:
        """The number that the monitors know this client by."""
        return self._connected.global_id

    def get_addrs(self) -> str:
        """This client's address, as OSDs and the blocklist know it."""
        return self._connected.addr

    # -- commands

    def mon_command(self, cmd: str, inbuf: bytes, timeout: int = 0, target: str | int | None = None) -> Reply:
        """Send a command to the monitors.

        :param cmd: JSON
        :param inbuf: what goes along with it
        :param timeout: not looked at; the option rados_mon_op_timeout counts
        :param target: one monitor, by name or by rank, whose own commands these are
        """
        _want(str, "cmd", cmd)
        _want(bytes, "inbuf", inbuf)
        _want(int, "timeout", timeout)
        self.require_state("connected")
        if target is None:
            return self._command(cmd, inbuf, "")
        if isinstance(target, bytes):
            target = target.decode()
        if not isinstance(target, (str, int)):
            raise TypeError("target must be a string")
        name = str(target)
        if not name:
            return self._command(cmd, inbuf, "")
        return self._command(cmd, inbuf, f"mon.{name}", _TELL_MON_RANK if name.isdigit() else _TELL_MON)

    def mgr_command(self, cmd: str, inbuf: bytes, timeout: int = 0, target: str | None = None) -> Reply:
        """Send a command to the active manager.

        :param cmd: JSON
        :param inbuf: what goes along with it
        :param timeout: not looked at; the option rados_mon_op_timeout counts
        :param target: a manager by name, or "" for the active one, whose own commands these are
        """
        _want(str, "cmd", cmd)
        _want(bytes, "inbuf", inbuf)
        _want(int, "timeout", timeout)
        _may(str, "target", target)
        self.require_state("connected")
        return self._command(cmd, inbuf, "mgr" if target is None else f"mgr.{target or '*'}")

    def osd_command(self, osdid: int, cmd: str, inbuf: bytes, timeout: int = 0) -> Reply:
        """Not here: it needs OSDs."""
        _want(int, "osdid", osdid)
        _want(str, "cmd", cmd)
        _want(bytes, "inbuf", inbuf)
        _want(int, "timeout", timeout)
        self.require_state("connected")
        if osdid < 0:
            return -errno.EINVAL, b"", ""
        return needs_osds("osd_command()")

    def pg_command(self, pgid: str, cmd: str, inbuf: bytes, timeout: int = 0) -> Reply:
        """Not here: it needs OSDs."""
        _want(str, "pgid", pgid)
        _want(str, "cmd", cmd)
        _want(bytes, "inbuf", inbuf)
        _want(int, "timeout", timeout)
        self.require_state("connected")
        needs_osds("pg_command()")

    def _command(self, cmd: str, inbuf: bytes, target: str, texts: dict[int, str] | None = None) -> Reply:
        """Whatever happens is in what it returns.

        :param texts: what librados says of errnos that no daemon has answered with
        """
        args = _cut(cmd).encode(), _core.command_options(inbuf or None, self._op_timeout(), None, target or None)
        try:
            result = self._connected._run(self._library.monclient_command_async, args, _core.result)
        except errors.Error as e:
            number = errno.ETIMEDOUT if isinstance(e, errors.ClosedError) else _number(e)
            text = (texts or {}).get(number, "timed out" if number == errno.ETIMEDOUT else e.strerror)
            return -number, b"", text
        return min(result.retval, 0), result.output, result.status

    def _op_timeout(self) -> float | None:
        """rados_mon_op_timeout as it is now; None is none."""
        return float(self.conf_get("rados_mon_op_timeout") or 0) or None

    def _ask(self, message: str, **command: Any) -> bytes:
        """The output of a command that is to succeed."""
        target = "mgr" if command.pop("of_mgr", False) else ""
        ret, output, _ = self._command(json.dumps(command), b"", target)
        if ret < 0:
            raise of_errno(-ret, message)
        return output

    # -- what the monitors know

    def ping_monitor(self, mon_id: str) -> str | None:
        """Ask a monitor whether it is there, on a connection of its own; connecting before is not necessary.

        :return: what it says of itself, in JSON
        """
        self.require_state("configuring", "connected")
        _want(str, "mon_id", mon_id)
        mon = _cut(mon_id)
        if not mon:
            raise of_errno(errno.EINVAL, "error calling ping_monitor")
        with _FailingToReach("error calling ping_monitor"):
            return self._ping(mon)

    def _ping(self, mon: str) -> str:
        if self._client is not None:
            answer = self._client.ping(mon)
        else:
            question, log, wait = q.config_ping(mon, None), client._Log(self._library), client._Wait(self._library)
            try:
                args = self._conf, *question.args
                answer = wait.run(question.start(self._library), args, question.take, log)
            finally:
                wait.destroy()
                log.queue.destroy()
        if mon.isdigit() and answer.mon not in (mon, f"noname-{mon}"):  # that was a rank, which librados takes for a name
            raise of_errno(errno.ENOENT, "error calling ping_monitor")
        return answer.text

    def wait_for_latest_osdmap(self) -> int:
        """Wait for the newest osdmap.

        :return: 0, or a negative errno
        """
        try:
            self._connected.latest("osdmap", timeout=self._op_timeout())
        except errors.Error as e:
            return -_number(e)
        return 0

    def get_cluster_stats(self) -> dict[str, int]:
        """The cluster's capacity: kb, kb_used, kb_avail, num_objects."""
        via = self._connected
        with _FailingToReach(f"Rados.get_cluster_stats({self.rados_id}): get_stats failed"):
            stats = via.cluster_stats(timeout=self._op_timeout())
        return {name: getattr(stats, name) for name in ("kb", "kb_used", "kb_avail", "num_objects")}

    def blocklist_add(self, client_address: str, expire_seconds: int = 0) -> None:
        """Have the OSDs refuse a client.

        :param client_address: such as "10.0.0.1:0/3710147553"
        :param expire_seconds: 0: the cluster's default, an hour
        """
        _want(str, "client_address", client_address)
        _want(int, "expire_seconds", expire_seconds)
        self.require_state("connected")
        seconds = _unsigned(32, expire_seconds)
        with _FailingToReach(f"error blocklisting client '{client_address}'"):
            self._connected.blocklist_add(_cut(client_address), seconds or None, timeout=self._op_timeout())

    # -- pools

    def list_pools(self) -> list[str]:
        """The names of all pools."""
        return [pool.name for pool in self._pools("error listing pools")]

    def pool_exists(self, pool_name: str) -> bool:
        """Whether there is a pool of this name."""
        return self.pool_lookup(pool_name) is not None

    def pool_lookup(self, pool_name: str) -> int | None:
        """The id of a pool, or None."""
        _want(str, "pool_name", pool_name)
        name = _cut(pool_name)
        return next((p.id for p in self._pools(f"error looking up pool '{pool_name}'") if p.name == name), None)

    def pool_reverse_lookup(self, pool_id: int) -> str | None:
        """The name of a pool, or None."""
        _want(int, "pool_id", pool_id)
        return next((p.name for p in self._pools(f"error reverse looking up pool '{pool_id}'") if p.id == pool_id), None)

    def _pools(self, message: str) -> list[Pool]:
        via = self._connected
        with _FailingToReach(message):
            return via.pools(timeout=self._op_timeout())

    def create_pool(self, pool_name: str, crush_rule: int | None = None, auid: int | None = None) -> None:
        """Create a pool.

        :param crush_rule: the id of a rule; None: the cluster's default
        :param auid: refused by every release; there are no such users any more
        """
        _want(str, "pool_name", pool_name)
        _may(int, "crush_rule", crush_rule)
        _may(int, "auid", auid)
        self.require_state("connected")
        message = f"error creating pool '{pool_name}'"
        if crush_rule is not None:
            _unsigned(8, crush_rule)
        if auid is not None:
            raise of_errno(errno.EINVAL, message)
        with _FailingToReach(message):
            self._connected.create_pool(_cut(pool_name), crush_rule=crush_rule, timeout=self._op_timeout())

    def delete_pool(self, pool_name: str) -> None:
        """Delete a pool, which the monitors must allow (mon_allow_pool_delete)."""
        _want(str, "pool_name", pool_name)
        self.require_state("connected")
        message = f"error deleting pool '{pool_name}'"
        pool = self.pool_lookup(pool_name)
        if pool is None:
            raise of_errno(errno.ENOENT, message)
        with _FailingToReach(message):
            self._connected.delete_pool(pool, timeout=self._op_timeout())

    def get_pool_base_tier(self, pool_id: int) -> int:
        """The pool for which this one is a cache, or this one itself."""
        _want(int, "pool_id", pool_id)
        self.require_state("connected")
        message = f"get_pool_base_tier({pool_id})"
        for pool in json.loads(self._ask(message, prefix="osd dump", format="json"))["pools"]:
            if pool["pool"] == pool_id:
                return int(pool["tier_of"]) if pool["tier_of"] >= 0 else pool_id
        raise of_errno(errno.ENOENT, message)

    def get_inconsistent_pgs(self, pool_id: int) -> list[str]:
        """The placement groups of a pool that are known to be inconsistent."""
        _want(int, "pool_id", pool_id)
        self.require_state("connected")
        message = "error calling inconsistent_pg_list"
        if self.pool_reverse_lookup(pool_id) is None:
            raise of_errno(errno.ENOENT, message)
        command = {"prefix": "pg ls", "pool": pool_id, "states": ["inconsistent"], "format": "json"}
        stats = json.loads(self._ask(message, of_mgr=True, **command) or b"{}")
        return [pg["pgid"] for pg in stats.get("pg_stats", [])]

    def open_ioctx(self, ioctx_name: str) -> Ioctx:
        """Not here: it needs OSDs."""
        _want(str, "ioctx_name", ioctx_name)
        self.require_state("connected")
        if not self.pool_exists(ioctx_name):
            raise of_errno(errno.ENOENT, f"error opening pool '{ioctx_name}'")
        needs_osds("open_ioctx()")

    def open_ioctx2(self, pool_id: int) -> Ioctx:
        """Not here: it needs OSDs."""
        _want(int, "pool_id", pool_id)
        self.require_state("connected")
        if self.pool_reverse_lookup(pool_id) is None:
            raise of_errno(errno.ENOENT, f"error opening pool id '{pool_id}'")
        needs_osds("open_ioctx2()")

    # -- the cluster log

    def monitor_log(self, level: str, callback: Callable[..., Any] | None = None, arg: object | None = None) -> None:
        """Follow the cluster log: ``callback(arg, line, who, sec, nsec, seq, level, text)`` is called for each entry of the
        level or above, on a thread of its own; texts are bytes. It takes the place of an earlier one; None ends that."""

        def call(entry: dict[str, Any]) -> None:
            assert callback is not None
            e = _Entry(entry)
            callback(arg, e.line, e.who, e.sec, e.nsec, e.seq, e.level, e.text)

        self._follow_log(level, callback, call, "error calling rados_monitor_log")
        self.monitor_callback2 = None
        self.monitor_callback = (callback, arg) if callback else None

    def monitor_log2(self, level: str, callback: Callable[..., Any] | None = None, arg: object | None = None) -> None:
        """The same with ``callback(arg, line, channel, name, who, sec, nsec, seq, level, text)``."""

        def call(entry: dict[str, Any]) -> None:
            assert callback is not None
            e = _Entry(entry)
            callback(arg, e.line, e.channel, e.name, e.who, e.sec, e.nsec, e.seq, e.level, e.text)

        self._follow_log(level, callback, call, "error calling rados_monitor_log")
        self.monitor_callback = None
        self.monitor_callback2 = (callback, arg) if callback else None

    def _follow_log(self, level: str, callback: object, call: Callable[[dict[str, Any]], None], message: str) -> None:
        _want(str, "level", level)
        if level not in _LEVELS:
            raise LogicError(f"invalid monitor level {level}")
        if callback is not None and not callable(callback):
            raise LogicError("callback must be a callable function or None")
        if self.state != "connected":
            raise of_errno(errno.ENOTCONN, message)
        self._stop_log()
        if callback is not None:
            with _Failing(message):
                self._log = _LogThread(self._connected.watch(_LEVELS[level], values=True), call)
            self._log.start()

    def _stop_log(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.stop()

    # -- daemons of services

    def service_daemon_register(self, service: str, daemon: str, metadata: dict[str, str]) -> None:
        """Not here: managers are told by nobody but librados."""
        _want(str, "service", service)
        _want(str, "daemon", daemon)
        _want(dict, "metadata", metadata)
        raise NotImplementedError("monclient.compat.rados does not report to managers as a daemon of a service")

    def service_daemon_update(self, status: dict[str, str]) -> None:
        """Not here, either."""
        _want(dict, "status", status)
        raise NotImplementedError("monclient.compat.rados does not report to managers as a daemon of a service")


#: Options of libmonclient that are none of librados', which learns them in other ways.
_NO_OPTIONS = {"name", "cluster", "conf"}

#: Options that are settled when the client is connected.
_AT_STARTUP = {"key", "keyfile", "mon_dns_srv_name", "mon_host", "mon_host_override", "monmap", "public_addr"}

#: What librados says of commands to one monitor that it has not answered.
_TELL = {errno.ENXIO: "mon unavailable", errno.EACCES: "auth failed"}
_TELL_MON = {errno.ENOENT: "mon dne", **_TELL}
_TELL_MON_RANK = {errno.ENOENT: "mon rank dne", **_TELL}
