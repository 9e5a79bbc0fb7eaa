"""What the synchronous and the asyncio client have in common: values in and out, without a type of ctypes."""

from __future__ import annotations

import ctypes
import datetime
import enum
import errno
import functools
import json
import logging
import math
import os
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, TypeVar, Union

from . import _ctypes as c
from . import _lib, errors

if TYPE_CHECKING:
    from ._osdmap import OSDMap

#: Where the library's own log goes.
logger = logging.getLogger("monclient")

#: What a path may be.
Path = Union[str, "os.PathLike[str]"]

#: What goes along with a command.
Bytes = Union[bytes, bytearray, memoryview]

_S = TypeVar("_S")


class Resend(enum.Enum):
    """What becomes of a command that was sent when its session is lost before the answer came: the monitor may have executed
    it, or not, and nobody can tell. A command that was not sent always waits for the next session."""

    #: It is sent again, as Ceph's own clients do: executed at least once, perhaps more than once.
    ALWAYS = "always"
    #: It ends with :class:`ConnectionError` and :data:`Outcome.UNKNOWN`: executed at most once.
    NEVER = "never"
    #: ALWAYS if it only reads, going by the cluster's own table of commands; otherwise NEVER.
    READ_ONLY = "read-only"


#: A policy, or its name, which is a value of the option monclient_command_resend, too.
Resending = Union[Resend, Literal["always", "never", "read-only"]]

_RESEND = {
    Resend.ALWAYS: c.MONCLIENT_RESEND_ALWAYS,
    Resend.NEVER: c.MONCLIENT_RESEND_NEVER,
    Resend.READ_ONLY: c.MONCLIENT_RESEND_READ_ONLY,
}


@dataclass(frozen=True)
class Result:
    """The monitors' answer to a command."""

    #: What the command printed.
    output: bytes
    #: A text for people.
    status: str
    #: 0, or what a few commands succeed with; a negative errno only with ``check=False``.
    retval: int
    #: It was sent more than once, because sessions were lost or an answer took long, and may have been executed so.
    resent: bool = False
    #: Name of the monitor that answered, without "mon."; "" when a manager did.
    mon: str = ""
    #: The daemon that answered, such as "mon.a" or "mgr.x".
    sender: str = ""

    def json(self) -> Any:
        """The output, which must be JSON: the command needs ``format="json"``."""
        return json.loads(self.output)

    @property
    def text(self) -> str:
        """The output as text."""
        return self.output.decode("utf-8", "replace")


class Versions(NamedTuple):
    """The epochs of a map that the monitors have."""

    newest: int
    oldest: int


#: What the constructor of a NamedTuple calls.
_tuple = tuple.__new__


@dataclass(frozen=True)
class Map:
    """What a subscription brings. ``epoch, data = m`` works, too."""

    #: The name that was subscribed to.
    what: str
    #: The map's epoch, the version of a log or of keys; 0 for config.
    epoch: int
    #: The encoded map, or a JSON text.
    data: bytes
    #: A whole map; otherwise an incremental of an OSDMap, or a change of keys.
    full: bool
    #: data is JSON: of config, kv:PREFIX and log-LEVEL, and of ``values``.
    is_json: bool
    #: How many were dropped before this one, or, with ``latest``, replaced by it, because nobody fetched them.
    missed: int = 0
    #: With ``values``: nothing older is missing any more, and the monitors had nothing newer when they answered.
    synced: bool = False
    #: Of "osdmap" with ``values``: the whole map.
    osdmap: OSDMap | None = field(default=None, compare=False)

    def json(self) -> Any:
        """data, which must be JSON."""
        return json.loads(self.data)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.epoch, self.data))


class SessionChange(enum.IntEnum):
    """What has happened to the session."""

    #: Monitors are being tried: mon.
    HUNTING = c.MONCLIENT_SESSION_HUNTING
    #: One of them failed: mon, addr, elapsed, error.
    ATTEMPT_FAILED = c.MONCLIENT_SESSION_ATTEMPT_FAILED
    #: There is a session: mon, addr, elapsed since hunting began.
    CONNECTED = c.MONCLIENT_SESSION_CONNECTED
    #: The session is over: mon, addr, elapsed since it began, error.
    LOST = c.MONCLIENT_SESSION_LOST
    #: There is a session, with another monitor than the last one: as CONNECTED. With a standby session it follows LOST at
    #: once, without HUNTING.
    FAILED_OVER = c.MONCLIENT_SESSION_FAILED_OVER
    #: A standby session is ready to take over: mon, addr, elapsed since it was begun.
    STANDBY = c.MONCLIENT_SESSION_STANDBY
    #: A standby session is over: mon, addr, elapsed since it was ready, error.
    STANDBY_LOST = c.MONCLIENT_SESSION_STANDBY_LOST
    #: The key was changed: by ``set_key()``, or in its file.
    CREDENTIAL = c.MONCLIENT_SESSION_CREDENTIAL


@dataclass(frozen=True)
class SessionEvent:
    """A change of the session. What :class:`SessionChange` does not mention of it is "" or 0."""

    change: SessionChange
    #: Name of the monitor, without "mon."; of HUNTING the names, separated by commas.
    mon: str
    addr: str
    #: Seconds.
    elapsed: float
    #: What happened, or "".
    error: str
    #: How many were dropped before this one, because nobody fetched them.
    missed: int = 0


@dataclass(frozen=True)
class Session:
    """The present session."""

    mon: str
    rank: int
    addr: str
    #: The client's own address, as the monitor sees it.
    local_addr: str
    #: "secure" or "crc".
    mode: str
    #: Ceph's feature bits of both sides.
    features: int
    since: datetime.datetime


@dataclass(frozen=True)
class Standby:
    """A spare session, which could take over at once."""

    mon: str
    rank: int
    addr: str
    #: The client's own address, as the monitor sees it.
    local_addr: str
    #: "secure" or "crc".
    mode: str
    since: datetime.datetime


@dataclass(frozen=True)
class Manager:
    """The session with the active manager."""

    name: str
    gid: int
    addr: str
    since: datetime.datetime


class Option(NamedTuple):
    """An option that is in effect."""

    value: str
    #: Where it comes from.
    source: str


def moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def text(value: str, what: str) -> bytes:
    """A text for C."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{what} has a NUL character in it")
    return value.encode()


@functools.lru_cache(maxsize=64)
def map_name(what: str) -> bytes:
    """The name of a map, of which programs ask for few, again and again."""
    return text(what, "what")


def known(value: bytes | None) -> str:
    """A text of C."""
    return value.decode("utf-8", "replace") if value else ""


_MAX_MS = 0x7FFFFFFF


def milliseconds(timeout: float | None) -> int:
    """A timeout for the library: None is its default, infinity is MONCLIENT_FOREVER."""
    if timeout is None:
        return 0
    if not timeout >= 0:
        raise ValueError(f"timeout is {timeout!r}, want seconds, 0 or more")
    if timeout == math.inf:
        return c.MONCLIENT_FOREVER
    return max(1, min(math.ceil(timeout * 1000), _MAX_MS))


def encode(command: str | Mapping[str, Any], format: str | None, args: Mapping[str, Any]) -> tuple[str, bytes]:
    """A command's prefix, and the command as the monitors want it."""
    if isinstance(command, str):
        if not args and (format is None or isinstance(format, str)):
            return command, _plain(command, format)
        message: dict[str, Any] = {"prefix": command}
    else:
        message = dict(command)
    if format is not None:
        message["format"] = format
    message.update((k, v) for k, v in args.items() if v is not None)
    return str(message.get("prefix", "")), json.dumps(message).encode()


@functools.lru_cache(maxsize=64)
def _plain(prefix: str, format: str | None) -> bytes:
    """A command without arguments, which programs send again and again."""
    return json.dumps({"prefix": prefix} if format is None else {"prefix": prefix, "format": format}).encode()


class CommandOptions(c.monclient_command_options_t):
    """How to send a command, with what goes along with it."""

    def __init__(
        self,
        input: Bytes | str | None,
        timeout: float | None,
        resend: Resending | None,
        target: str | None,
        barrier: str | None,
    ) -> None:
        size, ms, policy = ctypes.sizeof(c.monclient_command_options_t), milliseconds(timeout), _resend(resend)
        super().__init__(struct_size=size, timeout_ms=ms, resend=policy)
        if input is not None:
            self._keep = input.encode() if isinstance(input, str) else bytes(input)
            self.input = ctypes.cast(ctypes.c_char_p(self._keep), ctypes.c_void_p).value
            self.input_len = len(self._keep)
        if target is not None:
            self.target = text(target, "target")
        if barrier is not None:
            self.barrier = text(barrier, "barrier")


def _resend(resend: Resending | None) -> int:
    if resend is None:
        return c.MONCLIENT_RESEND_DEFAULT
    try:
        return _RESEND[Resend(resend)]
    except ValueError:
        raise ValueError(f"resend is {resend!r}, want 'always', 'never' or 'read-only'") from None


def command_options(
    input: Bytes | str | None,
    timeout: float | None,
    resend: Resending | None,
    target: str | None = None,
    barrier: str | None = None,
) -> CommandOptions | None:
    """None is the library's defaults."""
    if input is None and timeout is None and resend is None and target is None and barrier is None:
        return None
    return CommandOptions(input, timeout, resend, target, barrier)


def sink(queue: Queue, userdata: int = 0) -> c.monclient_sink_t:
    return c.monclient_sink_t(struct_size=ctypes.sizeof(c.monclient_sink_t), queue=queue.value, userdata=userdata)


class Queue:
    """A queue, which is destroyed at the latest when it is forgotten. The library writes its handle to where it is owned, so
    that none is lost when Ctrl-C strikes meanwhile."""

    _handle = c.monclient_queue_t()  # until it has its own

    def __init__(self, library: c.Library) -> None:
        self._library = library
        self._handle = c.monclient_queue_t()
        _lib.check(library, library.monclient_queue_create(ctypes.byref(self._handle)))

    @property
    def value(self) -> int:
        """The handle; 0 after destroy(), which the library refuses."""
        return self._handle.value

    def destroy(self) -> None:
        """A second time is nothing."""
        if self._handle.value:
            self._library.monclient_queue_destroy(self._handle.value)
            self._handle.value = 0

    def __del__(self) -> None:
        self.destroy()


class Config:
    """A configuration, which is destroyed at the latest when it is forgotten."""

    _handle = c.monclient_config_t()  # until it has its own

    def __init__(self, library: c.Library) -> None:
        self._library = library
        self._handle = c.monclient_config_t()
        _lib.check(library, library.monclient_config_create(ctypes.byref(self._handle)))

    @property
    def value(self) -> int:
        return self._handle.value

    def destroy(self) -> None:
        if self._handle.value:
            self._library.monclient_config_destroy(self._handle.value)
            self._handle.value = 0

    def __del__(self) -> None:
        self.destroy()


def event_error(event: c.monclient_event_t) -> errors.Error:
    """The exception for an event whose status is an error."""
    return errors.of_status(event.status, known(event.error), event.outcome)


def result(event: c.monclient_event_t) -> Result:
    """The result of MONCLIENT_EVENT_COMMAND."""
    reply = event.reply.contents
    output = ctypes.string_at(reply.output or 0, reply.output_len) if reply.output_len else b""
    return Result(output, known(reply.status), reply.retval, bool(reply.resent), known(reply.mon), known(reply.sender))


def checked(prefix: str, r: Result, check: bool) -> Result:
    if check and r.retval < 0:
        raise errors.of_reply(prefix, r.retval, r.status, r.output)
    return r


def versions(event: c.monclient_event_t) -> Versions:
    """The result of MONCLIENT_EVENT_VERSION."""
    return _tuple(Versions, (event.epoch, event.oldest))


def epoch(event: c.monclient_event_t) -> int:
    """The result of MONCLIENT_EVENT_WAIT."""
    return int(event.epoch)


def connected(event: c.monclient_event_t) -> int:
    """The result of MONCLIENT_EVENT_CONNECT: the handle of the client."""
    return int(event.client)


def map_of(event: c.monclient_event_t, osdmap: OSDMap | None = None) -> Map:
    """The value of MONCLIENT_EVENT_MAP."""
    data = ctypes.string_at(event.data or 0, event.data_len) if event.data_len else b""
    flags = event.flags
    full, is_json = bool(flags & c.MONCLIENT_EVENT_FULL), bool(flags & c.MONCLIENT_EVENT_JSON)
    synced = bool(flags & c.MONCLIENT_EVENT_SYNCED)
    return Map(known(event.what), event.epoch, data, full, is_json, event.missed, synced, osdmap)


def session_event(event: c.monclient_event_t) -> SessionEvent:
    """The value of MONCLIENT_EVENT_SESSION."""
    change, elapsed = SessionChange(event.session_change), event.elapsed_ns / 1e9
    return SessionEvent(change, known(event.mon), known(event.addr), elapsed, known(event.error), event.missed)


_LEVELS = {
    c.MONCLIENT_LOG_ERROR: logging.ERROR,
    c.MONCLIENT_LOG_WARN: logging.WARNING,
    c.MONCLIENT_LOG_INFO: logging.INFO,
    c.MONCLIENT_LOG_DEBUG: logging.DEBUG,
}


def log_level(level: int | None) -> int:
    """The library's level for one of logging's; None is that of the logger "monclient"."""
    if level is None:
        level = logger.getEffectiveLevel()
    return max((ours for ours, theirs in _LEVELS.items() if theirs >= level), default=c.MONCLIENT_LOG_NONE)


def log(event: c.monclient_event_t) -> None:
    """Hand MONCLIENT_EVENT_LOG to logging."""
    if event.missed:
        logger.warning("%d messages before this one were dropped", event.missed)
    message = known(event.text)
    if message:
        logger.log(_LEVELS.get(event.log_level, logging.ERROR), "%s", message)


#: A function of the library that starts an operation. It takes args, the sink, and where the operation's handle goes.
Start = Callable[..., int]


class Streams(Generic[_S]):
    """The streams of a client, as long as somebody else has them. A WeakSet could not be listed while another thread forgets
    one of them; each step here is one that threads do not divide."""

    def __init__(self) -> None:
        self._refs: dict[weakref.ref[_S], None] = {}

    def add(self, stream: _S) -> None:
        self._refs[weakref.ref(stream, self._refs.pop)] = None

    def all(self) -> list[_S]:
        return [stream for ref in self._refs.copy() if (stream := ref()) is not None]


class Client:
    """What can be asked of a client without waiting: of the synchronous one and of that for asyncio."""

    _library: c.Library
    _client = 0
    _open = False
    _name: ClassVar[str]

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` has been called."""
        return not self._open

    @property
    def fsid(self) -> str:
        """The cluster's id."""
        buf = ctypes.create_string_buffer(c.MONCLIENT_FSID_SIZE)
        self._check(self._library.monclient_fsid(self._usable(), buf, len(buf)))
        return buf.value.decode()

    @property
    def global_id(self) -> int:
        """The number that the monitors know this client by. It outlives sessions."""
        global_id = ctypes.c_uint64()
        self._check(self._library.monclient_global_id(self._usable(), ctypes.byref(global_id)))
        return global_id.value

    def monmap(self) -> dict[str, Any]:
        """The newest monmap that the client has: the members that ``ceph mon dump -f json`` has, but for the quorum."""
        out = ctypes.c_char_p()
        self._check(self._library.monclient_monmap_json(self._usable(), ctypes.byref(out)))
        try:
            value: dict[str, Any] = json.loads(out.value or b"{}")
            return value
        finally:
            self._library.monclient_free(out)

    def encoded_monmap(self) -> bytes:
        """The same map, encoded as the monitors do."""
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        self._check(self._library.monclient_monmap(self._usable(), ctypes.byref(data), ctypes.byref(size)))
        try:
            return ctypes.string_at(data.value or 0, size.value)
        finally:
            self._library.monclient_free(data)

    def session(self) -> Session:
        """The present session.

        :raises ConnectionError: there is none at the moment: a monitor is being looked for
        """
        out = ctypes.POINTER(c.monclient_session_t)()
        self._check(self._library.monclient_session(self._usable(), ctypes.byref(out)))
        try:
            s = out.contents
            return Session(
                known(s.mon),
                s.rank,
                known(s.addr),
                known(s.local_addr),
                known(s.mode),
                s.features,
                moment(s.since_ns / 1e9),
            )
        finally:
            self._library.monclient_session_free(out)

    def standbys(self) -> list[Standby]:
        """The spare sessions that could take over at this moment; the option ``monclient_standby_sessions`` says how many
        there are to be."""
        out = ctypes.c_char_p()
        self._check(self._library.monclient_standbys_json(self._usable(), ctypes.byref(out)))
        try:
            return [
                Standby(s["mon"], s["rank"], s["addr"], s["local_addr"], s["mode"], moment(s["since"]))
                for s in json.loads(out.value or b"[]")
            ]
        finally:
            self._library.monclient_free(out)

    def set_key(self, key: str) -> None:
        """Go on with another key, when the cluster has, or is about to get, another one for this client. The session, the
        subscriptions and :attr:`global_id` stay; tickets are renewed and new sessions begin with the new key, and monitors
        that have refused the old one are tried again at once. Whether they accept it shows later.

        :param key: in base64, as in a keyring
        :raises InvalidError: that is no key. The text does not have it
        """
        self._check(self._library.monclient_set_key(self._usable(), text(key, "key")))

    @property
    def addr(self) -> str:
        """The client's own address as the cluster sees it, such as "10.0.0.5:0/3710147553": what a blocklist has.

        :raises ConnectionError: there has been no session yet
        """
        out = ctypes.c_char_p()
        self._check(self._library.monclient_addr(self._usable(), ctypes.byref(out)))
        try:
            return known(out.value)
        finally:
            self._library.monclient_free(out)

    def mgr(self) -> Manager:
        """The session with the active manager, which the first command for it begins.

        :raises ConnectionError: there is none
        """
        m = self._json(self._library.monclient_mgr_json)
        return Manager(m["name"], m["gid"], m["addr"], moment(m["since"]))

    def options(self) -> dict[str, Option]:
        """The options that the monitors' configuration can change while the client lives, as they are in effect now, by
        name. There are none unless the option ``monclient_central_config`` is true."""
        return {o["name"]: Option(o["value"], o["source"]) for o in self._json(self._library.monclient_options_json)}

    def stats(self) -> dict[str, Any]:
        """What the client has done so far: sessions, failures, round trips, the time that commands took, maps, tickets,
        bytes. The members are those of Stats in the Go package."""
        value: dict[str, Any] = self._json(self._library.monclient_stats_json)
        return value

    def log_write(self, text_: str, /, *, level: str = "info", channel: str | None = None) -> None:
        """Write an entry to the cluster log. It is sent along with others within a second, and again after a change of
        session, until a monitor has acknowledged it; :meth:`close` waits a moment for that, ``log_flush()`` for as long as
        it takes.

        :param level: "debug", "info", "sec", "warn" or "error"
        :param channel: None: "cluster"; "audit", or another
        :raises BusyError: too many entries wait
        """
        to = None if channel is None else text(channel, "channel")
        self._check(self._library.monclient_log_write(self._usable(), text(level, "level"), to, text(text_, "text")))

    def _json(self, function: Callable[..., int]) -> Any:
        out = ctypes.c_char_p()
        self._check(function(self._usable(), ctypes.byref(out)))
        try:
            return json.loads(out.value or b"null")
        finally:
            self._library.monclient_free(out)

    def set_log_level(self, level: int | None) -> None:
        """What the library logs: a level of logging's; None is the level that the logger "monclient" has now."""
        self._check(self._library.monclient_set_log_level(self._usable(), log_level(level)))

    def __repr__(self) -> str:
        return f"<{self._name} {self._client:#x}{'' if self._open else ', closed'}>"

    def __reduce__(self) -> Any:
        raise TypeError("a client cannot be pickled; connect in the other process")

    def _usable(self) -> int:
        """The handle."""
        if not self._open:
            raise self._closed_error()
        return self._client

    def _check(self, status: int) -> None:
        if status:
            raise _lib.last_error(self._library, status)

    @staticmethod
    def _closed_error() -> errors.ClosedError:
        return errors.ClosedError(errno.ESHUTDOWN, "the client is closed")

    def _subscribe(self, what: str, start: int, flags: int, queue: Queue, sub: c.monclient_sub_t) -> None:
        if not 0 <= start < 1 << 64:
            raise ValueError(f"start is {start}, want an epoch")
        name, to = text(what, "what"), sink(queue)
        self._check(
            self._library.monclient_subscribe(self._usable(), name, start, flags, ctypes.byref(to), ctypes.byref(sub))
        )


def subscribe_flags(onetime: bool, latest: bool, values: bool) -> int:
    """MONCLIENT_SUBSCRIBE_..."""
    return (
        (c.MONCLIENT_SUBSCRIBE_ONETIME if onetime else 0)
        | (c.MONCLIENT_SUBSCRIBE_LATEST if latest else 0)
        | (c.MONCLIENT_SUBSCRIBE_VALUES if values else 0)
    )


@dataclass
class Settings:
    """How to connect: the arguments of connect()."""

    conf: Path | bool | None
    name: str | None
    keyring: Path | bytes | None
    key: str | None
    mon_host: str | None
    monmap: bytes | None
    options: Mapping[str, Any] | None
    timeout: float | None
    log_level: int | None

    def configure(self, library: c.Library) -> Config:
        """The configuration that the arguments describe."""
        config = Config(library)
        # Before the file is read, because some say which one that is.
        for option, value in self._options():
            name = text(option, "an option's name")
            _lib.check(library, library.monclient_config_set(config.value, name, value))
        self._read(library, config.value)
        if isinstance(self.keyring, bytes):
            _lib.check(library, library.monclient_config_set_keyring(config.value, self.keyring, len(self.keyring)))
        if self.monmap is not None:
            monmap = bytes(self.monmap)
            _lib.check(library, library.monclient_config_set_monmap(config.value, monmap, len(monmap)))
        return config

    def _options(self) -> Iterator[tuple[str, bytes]]:
        for option, value in (self.options or {}).items():
            yield option, text(str(value).lower() if isinstance(value, bool) else str(value), f"the option {option}")
        keyring = None if self.keyring is None or isinstance(self.keyring, bytes) else os.fspath(self.keyring)
        direct = (("name", self.name), ("keyring", keyring), ("key", self.key), ("mon_host", self.mon_host))
        for option, given in direct:
            if given is not None:
                yield option, text(given, option)

    def _read(self, library: c.Library, config: int) -> None:
        if self.conf is False:
            return
        path = None if self.conf is None or self.conf is True else text(os.fspath(self.conf), "conf")
        status = library.monclient_config_read_file(config, path)
        # Whoever says where the monitors are needs no file.
        told = self.mon_host is not None or self.monmap is not None or "mon_host" in (self.options or {})
        if status and not (status == c.MONCLIENT_ENOENT and self.conf is None and told):
            raise _lib.last_error(library, status)
        _lib.check(library, library.monclient_config_parse_env(config))

    def start(self, logs: Queue, log_data: int, sessions: Queue) -> c.monclient_connect_options_t:
        """monclient_connect_options_t with sinks for the log and for the session."""
        return c.monclient_connect_options_t(
            struct_size=ctypes.sizeof(c.monclient_connect_options_t),
            timeout_ms=milliseconds(self.timeout),
            session=ctypes.pointer(sink(sessions)),
            log=ctypes.pointer(sink(logs, log_data)),
            log_level=log_level(self.log_level),
        )
