"""The map of the OSDs and the pools."""

from __future__ import annotations

import ctypes
import errno
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple

from . import _core, _lib, errors
from . import _ctypes as c

_Event = c.monclient_event_t


class Pool(NamedTuple):
    """A pool of the cluster."""

    id: int
    name: str


@dataclass(frozen=True)
class OSD:
    """What the map says of one OSD."""

    id: int
    up: bool
    #: Data is to be placed on it.
    in_: bool
    #: From 0, which is out, to 1.
    weight: float
    primary_affinity: float
    #: "exists", "up", "autoout", "noout", ...
    state: frozenset[str]
    #: Where it serves clients, such as "v2:10.0.0.1:6800/123"; () unless it was up once.
    public_addrs: tuple[str, ...]
    #: Where it serves other OSDs.
    cluster_addrs: tuple[str, ...]
    #: All of it, as ``ceph osd dump -f json`` has it.
    info: Mapping[str, Any] = field(repr=False)

    @classmethod
    def _of(cls, o: Mapping[str, Any]) -> OSD:
        return cls(
            o["osd"],
            bool(o["up"]),
            bool(o["in"]),
            o["weight"],
            o["primary_affinity"],
            frozenset(o["state"]),
            _addrs(o["public_addrs"]),
            _addrs(o["cluster_addrs"]),
            o,
        )


def _addrs(vec: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{a['type']}:{a['addr']}/{a['nonce']}" for a in vec["addrvec"])


@dataclass(frozen=True)
class OSDMapChange:
    """Something that has changed from one map to another one. Which members it has besides is up to the kind."""

    #: Such as "osd_down" or "pool_created".
    kind: str
    #: A sentence.
    text: str
    osd: int | None = None
    pool: int | None = None
    pool_name: str | None = None
    #: What changed, where the kind does not say it: of a flag or a setting.
    name: str | None = None
    old: Any = None
    new: Any = None
    #: Of placement groups and the like: how many.
    added: int = 0
    changed: int = 0
    removed: int = 0

    @classmethod
    def _of(cls, change: Mapping[str, Any]) -> OSDMapChange:
        return cls(**{name: value for name, value in change.items() if name in cls.__dataclass_fields__})

    def __str__(self) -> str:
        return self.text


def _id(value: int, what: str, bits: int) -> int:
    """An id for C."""
    if not isinstance(value, int):
        raise TypeError(f"{what} must be int, not {type(value).__name__}")
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise ValueError(f"{what} is {value}, which is no id")
    return value


class OSDMap:
    """The map of the OSDs and the pools, of one epoch. It never changes, and outlives the client that it came from.

    It is released by :meth:`close`, at the end of a ``with``, or when it is forgotten. It can be pickled.
    """

    _handle = c.monclient_osdmap_t()  # until it has its own

    def __init__(self, library: c.Library, get: Callable[..., int], *args: Any) -> None:
        # The library writes the handle to where it is owned, so that none is lost when Ctrl-C strikes meanwhile.
        self._library = library
        self._handle = c.monclient_osdmap_t()
        _lib.check(library, get(*args, ctypes.byref(self._handle)))

    @classmethod
    def decode(cls, data: _core.Bytes) -> OSDMap:
        """Read an encoded map, as :meth:`encode` and ``ceph osd getmap`` have it.

        :raises ProtocolError: it is none
        """
        library, encoded = _lib.load(), bytes(data)
        return cls(library, library.monclient_osdmap_decode, encoded, len(encoded))

    # -- lifetime

    def close(self) -> None:
        """Release the map. A second time is nothing."""
        if self._handle.value:
            self._library.monclient_osdmap_release(self._handle.value)
            self._handle.value = 0

    def __enter__(self) -> OSDMap:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __reduce__(self) -> Any:
        return OSDMap.decode, (self.encode(),)

    def __repr__(self) -> str:
        return f"<monclient.OSDMap {self.epoch if self._handle.value else 'closed'}>"

    # -- what it says

    @property
    def epoch(self) -> int:
        """The map's epoch."""
        epoch = ctypes.c_uint64()
        self._check(self._library.monclient_osdmap_epoch(self._usable(), ctypes.byref(epoch)))
        return epoch.value

    @property
    def fsid(self) -> str:
        """The cluster's id."""
        buf = ctypes.create_string_buffer(c.MONCLIENT_FSID_SIZE)
        self._check(self._library.monclient_osdmap_fsid(self._usable(), buf, len(buf)))
        return buf.value.decode()

    @property
    def flags(self) -> list[str]:
        """The names of the cluster's flags: "noout", "sortbitwise", ..."""
        return [name for name in _core.known(self._text(self._library.monclient_osdmap_flags)).split(",") if name]

    @property
    def pools(self) -> list[Pool]:
        """The pools, in the order of their ids."""
        return [Pool(p["id"], p["name"]) for p in self._json(self._library.monclient_osdmap_pools)]

    def pool_id(self, name: str) -> int:
        """The id of the pool of a name.

        :raises NotFoundError: there is none
        """
        found = ctypes.c_int64()
        self._check(self._library.monclient_osdmap_pool_id(self._usable(), _core.text(name, "name"), ctypes.byref(found)))
        return found.value

    def pool_name(self, pool: int) -> str:
        """The name of the pool of an id.

        :raises NotFoundError: there is none
        """
        return _core.known(self._text(self._library.monclient_osdmap_pool_name, _id(pool, "pool", 64)))

    def pool(self, pool: int | str) -> dict[str, Any]:
        """All that the map says of a pool: what ``ceph osd dump -f json`` has of it.

        :param pool: its id, or its name
        :raises NotFoundError: there is none
        """
        id_ = self.pool_id(pool) if isinstance(pool, str) else _id(pool, "pool", 64)
        value: dict[str, Any] = self._json(self._library.monclient_osdmap_pool_json, id_)
        return value

    @property
    def osds(self) -> list[OSD]:
        """The OSDs, in the order of their ids."""
        return [OSD._of(o) for o in self._json(self._library.monclient_osdmap_osds)]

    def osd(self, osd: int) -> OSD:
        """The OSD of an id.

        :raises NotFoundError: there is none
        """
        return OSD._of(self._json(self._library.monclient_osdmap_osd_json, _id(osd, "osd", 32)))

    def diff(self, older: OSDMap) -> list[OSDMapChange]:
        """What has changed since another map, which need not be the one before: first what is the cluster's, then pools,
        OSDs, placement groups, and blocklists."""
        return [OSDMapChange._of(change) for change in self._json(lambda new, out: self._diff(older, new, out))]

    def _diff(self, older: OSDMap, new: int, out: Any) -> int:
        return self._library.monclient_osdmap_diff(older._usable(), new, out)

    def json(self) -> dict[str, Any]:
        """The whole map: what ``ceph osd dump -f json`` prints, but for the read_balance of pools."""
        value: dict[str, Any] = self._json(self._library.monclient_osdmap_json)
        return value

    def encode(self) -> bytes:
        """The whole map, as the monitors encode it."""
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        self._check(self._library.monclient_osdmap_encode(self._usable(), ctypes.byref(data), ctypes.byref(size)))
        try:
            return ctypes.string_at(data.value or 0, size.value)
        finally:
            self._library.monclient_free(data)

    def __bytes__(self) -> bytes:
        return self.encode()

    def _usable(self) -> int:
        if not self._handle.value:
            raise errors.ClosedError(errno.ESHUTDOWN, "the osdmap is closed")
        return self._handle.value

    def _check(self, status: int) -> None:
        _lib.check(self._library, status)

    def _text(self, get: Callable[..., int], *args: Any) -> bytes | None:
        out = ctypes.c_char_p()
        self._check(get(self._usable(), *args, ctypes.byref(out)))
        try:
            return out.value
        finally:
            self._library.monclient_free(out)

    def _json(self, get: Callable[..., int], *args: Any) -> Any:
        return json.loads(self._text(get, *args) or b"null")


def osdmap_of(event: _Event) -> OSDMap:
    """The map that an event brings."""
    library = _lib.load()
    return OSDMap(library, library.monclient_event_osdmap, ctypes.byref(event))


def map_of(event: _Event) -> _core.Map:
    """The value of MONCLIENT_EVENT_MAP, with the whole map of the OSDs where it is one of values."""
    whole = event.flags & c.MONCLIENT_EVENT_JSON and event.what == b"osdmap"
    return _core.map_of(event, osdmap_of(event) if whole else None)
