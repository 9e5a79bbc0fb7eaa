"""What can be asked of a client besides commands: each function makes the question, which the synchronous client and that
for asyncio ask in their own ways."""

from __future__ import annotations

import ctypes
import datetime
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from . import _core
from . import _ctypes as c
from ._osdmap import OSDMap, Pool, osdmap_of

_T = TypeVar("_T")
_Event = c.monclient_event_t


@dataclass(frozen=True)
class Question(Generic[_T]):
    """A function of the library that starts an operation on a client, its arguments, and what becomes of the result."""

    start: Callable[[c.Library], _core.Start]
    args: tuple[Any, ...]
    take: Callable[[_Event], _T]


@dataclass(frozen=True)
class Ping:
    """A monitor's answer to a ping."""

    #: Its name, without "mon.".
    mon: str
    #: Seconds.
    round_trip: float
    #: What it says of itself and of the quorum; None if that cannot be read.
    reply: Any
    #: The same, as it has sent it.
    text: str


@dataclass(frozen=True)
class ClusterStats:
    """The capacity of the cluster, or of a pool."""

    #: KiB.
    kb: int
    kb_used: int
    kb_avail: int
    num_objects: int


@dataclass(frozen=True)
class Blocked:
    """An address, or a range of them, that OSDs refuse."""

    addr: str
    until: datetime.datetime


@dataclass(frozen=True)
class Fetched:
    """What the monitors have for whoever is about to connect."""

    fsid: str
    monmap_epoch: int
    #: The options of the central configuration that hold for this entity, as text.
    options: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """What one monitor said to a command that all of them were told."""

    mon: str
    #: Its answer; None if it gave none.
    result: _core.Result | None
    #: Why there is no answer, or None.
    error: Exception | None


def _json(event: _Event) -> Any:
    return json.loads(ctypes.string_at(event.data or 0, event.data_len))


def _nothing(_: _Event) -> None:
    return None


def _texts(values: Iterable[str], what: str) -> tuple[Any, int]:
    if isinstance(values, str):
        raise TypeError(f"{what} must be several str, not one")
    encoded = [_core.text(v, what) for v in values]
    return (ctypes.c_char_p * max(1, len(encoded)))(*encoded), len(encoded)


def ping(mon: str, timeout: float | None) -> Question[Ping]:
    args = _core.text(mon, "mon"), _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_ping_async, args, _ping)


def _ping(event: _Event) -> Ping:
    answer = _json(event)
    return Ping(answer["mon"], answer["round_trip"], answer["reply"], answer["text"])


def config_ping(mon: str, timeout: float | None) -> Question[Ping]:
    args = _core.text(mon, "mon"), _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_config_ping_async, args, _ping)


def config_fetch(timeout: float | None) -> Question[Fetched]:
    return Question(lambda lib: lib.monclient_config_fetch_async, (_core.milliseconds(timeout),), _fetched)


def _fetched(event: _Event) -> Fetched:
    answer = _json(event)
    return Fetched(answer["fsid"], answer["monmap_epoch"], answer["options"])


def latest(what: str, timeout: float | None) -> Question[int]:
    args = _core.text(what, "what"), _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_latest_async, args, _core.epoch)


def log_flush(timeout: float | None) -> Question[None]:
    return Question(lambda lib: lib.monclient_log_flush_async, (_core.milliseconds(timeout),), _nothing)


def cluster_stats(pool: int | None, timeout: float | None) -> Question[ClusterStats]:
    if pool is not None and pool < 0:
        raise ValueError(f"pool is {pool}, want the id of a pool")
    args = -1 if pool is None else pool, _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_cluster_stats_async, args, _cluster_stats)


def _cluster_stats(event: _Event) -> ClusterStats:
    answer = _json(event)
    return ClusterStats(answer["kb"], answer["kb_used"], answer["kb_avail"], answer["num_objects"])


def osdmap(timeout: float | None) -> Question[OSDMap]:
    return Question(lambda lib: lib.monclient_osdmap_async, (_core.milliseconds(timeout),), osdmap_of)


def pools(timeout: float | None) -> Question[list[Pool]]:
    def take(event: _Event) -> list[Pool]:
        return [Pool(p["id"], p["name"]) for p in _json(event)]

    return Question(lambda lib: lib.monclient_pools_async, (_core.milliseconds(timeout),), take)


def pool_stats(names: Iterable[str], timeout: float | None) -> Question[dict[str, dict[str, Any]]]:
    args = *_texts(names, "names"), _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_pool_stats_async, args, _json)


def pool_op(
    op: int, timeout: float | None, *, pool: int = 0, name: str | None = None, snap: int = 0, crush_rule: int | None = None
) -> Question[int]:
    what = c.monclient_pool_op_t(
        struct_size=ctypes.sizeof(c.monclient_pool_op_t),
        op=op,
        pool=pool,
        name=None if name is None else _core.text(name, "name"),
        snap=snap,
        crush_rule=-1 if crush_rule is None else crush_rule,
    )
    return Question(lambda lib: lib.monclient_pool_op_async, (what, _core.milliseconds(timeout)), _core.epoch)


def blocklist(timeout: float | None) -> Question[list[Blocked]]:
    def take(event: _Event) -> list[Blocked]:
        return [Blocked(b["addr"], _core.moment(b["until"])) for b in _json(event)]

    return Question(lambda lib: lib.monclient_blocklist_async, (_core.milliseconds(timeout),), take)


def blocklist_add(addr: str, duration: float | None, timeout: float | None) -> Question[None]:
    seconds = 0 if duration is None else round(duration)
    if not 0 <= seconds < 1 << 32 or (duration is not None and seconds == 0):
        raise ValueError(f"duration is {duration}, want at least a second")
    args = _core.text(addr, "addr"), seconds, _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_blocklist_add_async, args, _nothing)


def blocklist_remove(addr: str, timeout: float | None) -> Question[None]:
    args = _core.text(addr, "addr"), _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_blocklist_remove_async, args, _nothing)


def parse(words: Iterable[str], timeout: float | None) -> Question[dict[str, Any]]:
    args = *_texts(words, "words"), _core.milliseconds(timeout)
    return Question(lambda lib: lib.monclient_command_parse_async, args, _json)
