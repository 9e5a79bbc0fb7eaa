"""The synchronous client.

Every call that waits has a queue to itself, which its thread polls in slices: between two of them Python looks after
Ctrl-C, and no thread of the library ever runs Python code, so that the end of the interpreter has nothing to race with. A
queue whose call ended well serves another one; any other is destroyed, with whatever may still come. Threads that share a
client share nothing else, and none waits for another.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar

from . import _core, _lib, errors
from . import _ctypes as c
from . import _questions as q
from ._core import Bytes, Map, Path, Resending, Result, SessionEvent, Versions
from ._osdmap import OSDMap, Pool, map_of
from ._questions import Blocked, ClusterStats, Fetched, Ping, Told

__all__ = ["Client", "SessionEvents", "Watch", "connect", "fetch", "ping"]

_T = TypeVar("_T")

#: How long Ctrl-C, and the log while nothing else happens, may have to wait.
_SLICE_MS = 50

_BATCH = 64

#: How many queues a client keeps for the calls to come.
_IDLE = 64

_Event = c.monclient_event_t


class _Log:
    """The library's log, handed to logging by threads that wait anyway."""

    def __init__(self, library: c.Library) -> None:
        self.library = library
        self.queue = _core.Queue(library)
        self._events = (ctypes.POINTER(_Event) * _BATCH)()
        self._lock = threading.Lock()
        self._next = 0.0

    def drain_now_and_then(self) -> None:
        if time.monotonic() >= self._next:
            self.drain()

    def drain(self) -> None:
        if not self._lock.acquire(blocking=False):
            return  # another thread is at it, or a handler of logging uses the client
        try:
            self._next = time.monotonic() + _SLICE_MS / 1000
            count = ctypes.c_uint32(_BATCH)
            while count.value == _BATCH:
                status = self.library.monclient_queue_poll(self.queue.value, self._events, _BATCH, 0, ctypes.byref(count))
                if status:
                    return
                for i in range(count.value):
                    event = self._events[i]
                    try:
                        _core.log(event.contents)
                    finally:
                        self.library.monclient_event_free(event)
        finally:
            self._lock.release()


class _Wait:
    """A queue for one operation at a time, and the thread that waits for it."""

    # For one that Ctrl-C leaves half made.
    _pending = False
    _count = ctypes.c_uint32()

    def __init__(self, library: c.Library) -> None:
        self._library = library
        self._op = c.monclient_op_t()
        self._count = ctypes.c_uint32()
        self._events = (ctypes.POINTER(_Event) * 1)()
        self._queue = _core.Queue(library)
        self._sink = _core.sink(self._queue)
        self._to_sink, self._to_op = ctypes.byref(self._sink), ctypes.byref(self._op)
        self._to_count = ctypes.byref(self._count)

    def run(self, start: _core.Start, args: tuple[Any, ...], take: Callable[[_Event], _T], log: _Log) -> _T:
        """Start an operation and wait for it. If this returns it can be called again."""
        library, events, count, to_count = self._library, self._events, self._count, self._to_count
        poll, queue = library.monclient_queue_poll, self._queue.value
        self._pending = True
        status = start(*args, self._to_sink, self._to_op)
        if status:
            raise _lib.last_error(library, status)
        while not count.value:
            status = poll(queue, events, 1, _SLICE_MS, to_count)
            if status:
                raise _lib.last_error(library, status)
            if not count.value:
                log.drain()
        pointer = events[0]
        event = pointer.contents
        if event.status:
            raise _core.event_error(event)
        value = take(event)
        self._pending = False
        free = library.monclient_event_free
        # Python looks after signals nowhere between these two, so that it is freed once.
        count.value = 0
        free(pointer)
        return value

    def destroy(self) -> None:
        """Release everything. What was not waited for to its end is canceled, and its result dropped."""
        if self._count.value:
            event = self._events[0]
            if self._pending and event.contents.type == c.MONCLIENT_EVENT_CONNECT and event.contents.client:
                self._library.monclient_close(event.contents.client)  # Ctrl-C when it had just come
            free = self._library.monclient_event_free
            self._count.value = 0  # as above
            free(event)
        elif self._pending and self._op.value:
            self._library.monclient_op_cancel(self._op.value)
        self._pending = False
        self._queue.destroy()

    def __del__(self) -> None:
        if self._pending or self._count.value:
            self.destroy()


class _Waits:
    """Those that nobody uses at the moment. Their number is bounded; they belong to no thread, so that it does not matter
    which ones end. What a list does here is done at once, as threads and Ctrl-C see it."""

    def __init__(self, library: c.Library) -> None:
        self._library = library
        self._idle: list[_Wait] = []
        self._over = False

    def run(self, start: _core.Start, args: tuple[Any, ...], take: Callable[[_Event], _T], log: _Log) -> _T:
        """Start an operation and wait for it."""
        wait = None
        with contextlib.suppress(IndexError):
            wait = self._idle.pop()
        if wait is None:
            wait = _Wait(self._library)
        try:
            value = wait.run(start, args, take, log)
        except BaseException:
            wait.destroy()
            raise
        if len(self._idle) < _IDLE:
            self._idle.append(wait)
            if self._over:
                self.destroy()
        else:
            wait.destroy()
        return value

    def destroy(self) -> None:
        """Those in use are destroyed by those who use them."""
        self._over = True
        while self._idle:
            with contextlib.suppress(IndexError):  # another thread was faster
                self._idle.pop().destroy()


class _Stream(Iterator[_T]):
    """Events of one source, fetched when they are asked for."""

    _ready = False

    def __init__(self, client: Client, queue: _core.Queue, timeout: float | None, what: str) -> None:
        self._client = client
        self._queue = queue
        self._what = what
        self._timeout = timeout
        self._over = False
        self._why: errors.Error | None = None
        self._interrupted: list[tuple[Any, ctypes.c_uint32]] = []
        self._ready = True

    def _value(self, event: _Event) -> _T:
        raise NotImplementedError

    def _ended(self) -> BaseException:
        return self._why or StopIteration()

    def __next__(self) -> _T:
        """The next one.

        :raises TimeoutError: the time was up; asking again is possible
        """
        try:
            events, count = self._interrupted.pop()
        except IndexError:
            events, count = (ctypes.POINTER(_Event) * 1)(), ctypes.c_uint32()
        try:
            self._wait(events, count)
        except BaseException:
            if count.value:  # Ctrl-C when it had just come
                self._interrupted.append((events, count))
            raise
        try:
            return self._value(events[0].contents)
        finally:
            self._client._library.monclient_event_free(events[0])

    def _wait(self, events: Any, count: ctypes.c_uint32) -> None:
        library, log = self._client._library, self._client._log
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while not count.value:
            if self._over:
                raise self._ended()
            ms = _SLICE_MS
            if deadline is not None:
                ms = min(ms, max(0, round((deadline - time.monotonic()) * 1000)))
            status = library.monclient_queue_poll(self._queue.value, events, 1, ms, ctypes.byref(count))
            if status:
                error = _lib.last_error(library, status)
                raise self._ended() if self._over else error
            log.drain_now_and_then()
            if not count.value and deadline is not None and time.monotonic() >= deadline:
                raise errors.TimeoutError(errno.ETIMEDOUT, f"nothing from {self._what} within {self._timeout:g} s")

    def _forget(self) -> None:
        while self._interrupted:
            self._client._library.monclient_event_free(self._interrupted.pop()[0][0])

    def __del__(self) -> None:
        if self._ready:
            self._forget()

    def _end(self, why: errors.Error | None = None) -> None:
        self._why = why  # before others see that it is over
        self._over = True


class Watch(_Stream[Map]):
    """A subscription: an iterator of :class:`Map`. It ends with :meth:`close`, or when it is forgotten."""

    def __init__(self, client: Client, what: str, start: int, flags: int, timeout: float | None) -> None:
        _core.milliseconds(timeout)
        self._sub = c.monclient_sub_t()
        super().__init__(client, _core.Queue(client._library), timeout, f"the subscription to {what}")
        client._subscribe(what, start, flags, self._queue, self._sub)

    def _value(self, event: _Event) -> Map:
        if not event.flags & c.MONCLIENT_EVENT_LAST:
            if event.status:  # one map that cannot be read; others will come
                raise _core.event_error(event)
            return map_of(event)
        self._finish(_core.event_error(event) if event.status else None)
        raise self._ended()

    def close(self) -> None:
        """End the subscription. A thread that waits in the iterator leaves it."""
        self._finish(None)

    def _finish(self, why: errors.Error | None) -> None:
        if not self._over:
            self._end(why)
        if self._sub.value:
            self._client._library.monclient_unsubscribe(self._sub.value)  # stale, when the last event has come
        self._queue.destroy()
        self._forget()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if self._ready:
            self.close()


class SessionEvents(_Stream[SessionEvent]):
    """An iterator of :class:`SessionEvent`. It ends when the client is closed."""

    def _value(self, event: _Event) -> SessionEvent:
        if event.flags & c.MONCLIENT_EVENT_LAST:
            self._end()
            raise StopIteration
        return _core.session_event(event)

    def __next__(self) -> SessionEvent:
        if self._client.closed:
            self._end()
        try:
            return super().__next__()
        except errors.ClosedError:
            raise StopIteration from None


class Client(_core.Client):
    """A session with the monitors of a cluster, which moves to another monitor when it must. :func:`connect` makes one.

    All methods may be called by several threads at once. Every one raises :class:`Error`. A *timeout* is in seconds; None
    is what the cluster's configuration says, ``math.inf`` is none.
    """

    _name = "monclient.Client"
    _owned = False

    def __init__(self, library: c.Library, log: _Log, sessions: _core.Queue) -> None:
        self._library = library
        self._waits = _Waits(library)
        self._log = log
        self._sessions = sessions
        self._streams: _core.Streams[Watch] = _core.Streams()
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def _connected(self, event: _Event) -> None:
        self._client = _core.connected(event)
        self._open = self._owned = True

    # -- lifetime

    def close(self) -> None:
        """End the session. What other threads wait for ends with :class:`ClosedError`. A second time is nothing."""
        with self._lock:
            if not self._owned:
                return
            self._open = False
            streams = self._streams.all()
        self._library.monclient_close(self._client)
        self._waits.destroy()
        self._log.drain()
        for stream in streams:
            stream._finish(self._closed_error())
        self._log.queue.destroy()
        self._sessions.destroy()
        self._owned = False  # at the end, so that what Ctrl-C interrupts can be completed

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __del__(self, _warn: Any = warnings.warn, _getpid: Callable[[], int] = os.getpid) -> None:
        if self._owned and self._pid == _getpid():
            _warn(f"unclosed {self!r}", ResourceWarning, source=self)
            self.close()

    def _run(self, start: _core.Start, args: tuple[Any, ...], take: Callable[[_Event], _T]) -> _T:
        try:
            return self._waits.run(start, (self._usable(), *args), take, self._log)
        finally:
            self._log.drain_now_and_then()

    def _ask(self, question: q.Question[_T]) -> _T:
        return self._run(question.start(self._library), question.args, question.take)

    # -- operations

    def command(
        self,
        command: str | Mapping[str, Any],
        /,
        *,
        format: str | None = None,
        input: Bytes | str | None = None,
        timeout: float | None = None,
        check: bool = True,
        resend: Resending | None = None,
        target: str | None = None,
        barrier: str | None = None,
        **args: Any,
    ) -> Result:
        """Send a command to the monitors and wait for the reply.

        :param command: its words, such as ``"osd tree"``; or all of it, as ``{"prefix": "osd tree"}``
        :param format: of the output: ``"json"``, ``"plain"``, ...
        :param input: goes along with it: what the ceph tool reads with ``-i``
        :param check: raise :class:`CommandError` when the monitors say no; otherwise look at ``retval``
        :param resend: whether it is sent again when its session is lost before the answer comes: a :class:`Resend`, or its
            name, "always", "never" or "read-only". None: what the option ``monclient_command_resend`` says, "always" unless
            it is set. Where there is no answer, the exception's ``outcome`` says whether it may have been executed
        :param target: who is to execute it. None: the monitors. "mon.NAME", or "mon.N" for the one of rank N: that monitor
            alone, whose own commands these are (``ceph tell mon.NAME``). "mgr": the active manager. "mgr.NAME": that
            manager's own commands, if it is the active one; "mgr.*": those of whichever is
        :param barrier: a map, as for :meth:`latest`: the reply is given when this client has the map as new as the command
            made it
        :param args: the command's arguments, such as ``pool="rbd"``; None is none. Those that are called like a parameter
            of this method are given in *command*
        """
        prefix, message = _core.encode(command, format, args)
        args_of_it = message, _core.command_options(input, timeout, resend, target, barrier)
        try:
            result = self._run(self._library.monclient_command_async, args_of_it, _core.result)
        except errors.Error as e:
            errors.unanswered(e)
            raise
        return _core.checked(prefix, result, check)

    def version(self, what: str, *, timeout: float | None = None) -> Versions:
        """The epochs that the monitors have of "monmap", "osdmap", "fsmap" or "mdsmap"."""
        args = _core.text(what, "what"), _core.milliseconds(timeout)
        return self._run(self._library.monclient_get_version_async, args, _core.versions)

    def wait_for_map(self, what: str, epoch: int = 0, *, timeout: float | None = None) -> int:
        """Wait until the monitors have a map of at least this epoch (0: the newest one), and return the one that came.

        :param what: "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"
        """
        args = _core.text(what, "what"), epoch, _core.milliseconds(timeout)
        return self._run(self._library.monclient_wait_for_map_async, args, _core.epoch)

    def watch(
        self,
        what: str,
        *,
        start: int = 0,
        onetime: bool = False,
        latest: bool = False,
        values: bool = False,
        timeout: float | None = None,
    ) -> Watch:
        """Follow a map: every epoch of it, once, across changes of the session.

        :param what: "monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap"; as JSON "config", "kv:PREFIX" and a
            level of the cluster log, "log-debug", "log-info", "log-sec", "log-warn" or "log-error"
        :param start: the first epoch; 0: the newest map in full
        :param onetime: it ends with the first answer
        :param latest: only the newest map waits for a slow reader, and its ``missed`` says how many it has replaced. For
            every map, for "osdmap" with values only, and for "config"
        :param values: what the map says, as JSON: of monmap, mgrmap, fsmap and servicemap as ``ceph mon dump -f json`` and
            its like have it, and of a log one entry at a time (of one channel with "log-info:audit"). Of "osdmap" the
            whole map is in :attr:`Map.osdmap`, and the JSON has what has changed since the one that was fetched before:
            ``for change in m.json()["changes"]: print(change["text"])``. ``synced`` then says when all that there was has
            come
        :param timeout: how long to wait for each map before :class:`TimeoutError`; None: for ever
        """
        self._usable()
        watch = Watch(self, what, start, _core.subscribe_flags(onetime, latest, values), timeout)
        with self._lock:
            self._streams.add(watch)
        if not self._open:  # closed meanwhile
            watch._finish(self._closed_error())
        return watch

    def ping(self, mon: str, *, timeout: float | None = None) -> Ping:
        """Ask a monitor whether it is there, on a connection of its own; it need not be in quorum.

        :param mon: its name, without "mon.", or its rank in digits
        :param timeout: None: the option ``mon_client_ping_timeout``
        """
        return self._ask(q.ping(mon, timeout))

    def latest(self, what: str, *, timeout: float | None = None) -> int:
        """Wait until this client has a map as new as the monitors have it now, and return its epoch.

        :param what: "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"
        """
        return self._ask(q.latest(what, timeout))

    def log_flush(self, *, timeout: float | None = None) -> None:
        """Wait until the monitors have acknowledged every entry that :meth:`log_write` has written."""
        self._ask(q.log_flush(timeout))

    def cluster_stats(self, pool: int | None = None, *, timeout: float | None = None) -> ClusterStats:
        """The cluster's capacity, or with the id of a pool that pool's share of it."""
        return self._ask(q.cluster_stats(pool, timeout))

    def osdmap(self, *, timeout: float | None = None) -> OSDMap:
        """The newest map of the OSDs and the pools. The client keeps the last one, and asks for what has changed."""
        return self._ask(q.osdmap(timeout))

    def pools(self, *, timeout: float | None = None) -> list[Pool]:
        """The pools of the cluster, from the newest osdmap, in the order of their ids."""
        return self._ask(q.pools(timeout))

    def pool_stats(self, *names: str, timeout: float | None = None) -> dict[str, dict[str, Any]]:
        """Statistics of pools, by name; of all pools if none is named."""
        return self._ask(q.pool_stats(names, timeout))

    def create_pool(self, name: str, *, crush_rule: int | None = None, timeout: float | None = None) -> None:
        """Create a pool, and wait until this client has the osdmap with it.

        :raises AlreadyExistsError: there is one of that name
        """
        self._ask(q.pool_op(c.MONCLIENT_POOL_CREATE, timeout, name=name, crush_rule=crush_rule))

    def delete_pool(self, pool: int, *, timeout: float | None = None) -> None:
        """Delete the pool of an id, with all that is in it. The monitors must allow it (``mon_allow_pool_delete``).

        :raises PermissionError: they do not
        """
        self._ask(q.pool_op(c.MONCLIENT_POOL_DELETE, timeout, pool=pool))

    def create_snap(self, pool: int, name: str, *, timeout: float | None = None) -> None:
        """Create a snapshot of a pool."""
        self._ask(q.pool_op(c.MONCLIENT_POOL_SNAP_CREATE, timeout, pool=pool, name=name))

    def delete_snap(self, pool: int, name: str, *, timeout: float | None = None) -> None:
        """Delete a snapshot of a pool."""
        self._ask(q.pool_op(c.MONCLIENT_POOL_SNAP_DELETE, timeout, pool=pool, name=name))

    def create_selfmanaged_snap(self, pool: int, *, timeout: float | None = None) -> int:
        """Get the number of a new self-managed snapshot of a pool."""
        return self._ask(q.pool_op(c.MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE, timeout, pool=pool))

    def delete_selfmanaged_snap(self, pool: int, snap: int, *, timeout: float | None = None) -> None:
        """Delete a self-managed snapshot of a pool."""
        self._ask(q.pool_op(c.MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE, timeout, pool=pool, snap=snap))

    def blocklist(self, *, timeout: float | None = None) -> list[Blocked]:
        """The addresses of clients that OSDs refuse."""
        return self._ask(q.blocklist(timeout))

    def blocklist_add(self, addr: str, duration: float | None = None, *, timeout: float | None = None) -> None:
        """Have the OSDs refuse a client, and wait until this client has the osdmap that says so.

        :param addr: such as "10.0.0.1:0/3710147553"; without the number all of that address
        :param duration: seconds; None: the cluster's default, an hour
        """
        self._ask(q.blocklist_add(addr, duration, timeout))

    def blocklist_remove(self, addr: str, *, timeout: float | None = None) -> None:
        """Undo :meth:`blocklist_add`."""
        self._ask(q.blocklist_remove(addr, timeout))

    def parse(self, words: Iterable[str], *, timeout: float | None = None) -> dict[str, Any]:
        """Make a command of words, as the ceph tool does of its arguments: ``["osd", "pool", "create", "data", "8"]``.
        They are checked by the cluster's own table of commands; nothing is executed. The result is one for :meth:`command`.

        :raises InvalidError: they are no command, or an argument does not fit; the text says which, and what was perhaps
            meant
        """
        return self._ask(q.parse(words, timeout))

    def tell_each(
        self,
        command: str | Mapping[str, Any],
        /,
        *,
        format: str | None = None,
        input: Bytes | str | None = None,
        timeout: float | None = None,
        resend: Resending | None = None,
        **args: Any,
    ) -> list[Told]:
        """Tell every monitor of the monmap a command, as ``ceph tell mon.*`` does, one after the other in the order of
        ranks. What one of them does not answer, or refuses, is in its :class:`Told`, and no exception."""
        told = []
        for mon in self.monmap()["mons"]:
            try:
                result = self.command(
                    command,
                    format=format,
                    input=input,
                    timeout=timeout,
                    check=False,
                    resend=resend,
                    target="mon." + mon["name"],
                    **args,
                )
                told.append(Told(mon["name"], result, None))
            except errors.ClosedError:
                raise
            except errors.Error as e:
                told.append(Told(mon["name"], None, e))
        return told

    def session_events(self, *, timeout: float | None = None) -> SessionEvents:
        """What happens to the session, from the first attempt to connect on. Who iterates takes the events out.

        :param timeout: how long to wait for each event before :class:`TimeoutError`; None: for ever
        """
        _core.milliseconds(timeout)
        return SessionEvents(self, self._sessions, timeout, "the session")


def connect(
    *,
    conf: Path | bool | None = None,
    name: str | None = None,
    keyring: Path | bytes | None = None,
    key: str | None = None,
    mon_host: str | None = None,
    monmap: bytes | None = None,
    options: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    log_level: int | None = None,
) -> Client:
    """Find a monitor that lets the client in, and wait for that.

    :param conf: path of a ceph.conf. None: $CEPH_CONF, or where Ceph looks for one; it may be absent if mon_host is given.
        False: neither a file nor $CEPH_ARGS and $CEPH_KEYRING
    :param name: such as "client.admin", which is the default
    :param keyring: a path, or the text of a keyring as bytes
    :param key: a key in base64
    :param mon_host: where the monitors are
    :param monmap: where the monitors are, as ``ceph mon getmap`` writes it
    :param options: further options of Ceph, by name
    :param timeout: seconds; None: client_mount_timeout; math.inf: none
    :param log_level: what the library logs to the logger "monclient": a level of logging's. None: the level of that logger
    """
    settings = _core.Settings(conf, name, keyring, key, mon_host, monmap, options, timeout, log_level)
    _core.milliseconds(timeout)
    library = _lib.load()
    config = settings.configure(library)
    try:
        return connect_with(library, config, settings)
    finally:
        config.destroy()


def connect_with(library: c.Library, config: _core.Config, settings: _core.Settings) -> Client:
    """Connect with a configuration, which stays the caller's; of the settings only the timeout and the level of the log
    count."""
    log, sessions, wait = _Log(library), _core.Queue(library), _Wait(library)
    how = settings.start(log.queue, 0, sessions)

    # From the moment on that there is a handle the client owns it, whatever interrupts this.
    client = Client(library, log, sessions)
    try:
        wait.run(library.monclient_connect_async, (config.value, how), client._connected, log)
    finally:
        wait.destroy()
        log.drain()
    return client


def _without_client(settings: _core.Settings, question: q.Question[_T]) -> _T:
    library = _lib.load()
    config = settings.configure(library)
    try:
        return ask_config(library, config, question)
    finally:
        config.destroy()


def ask_config(library: c.Library, config: _core.Config, question: q.Question[_T]) -> _T:
    """Ask what needs a configuration only, which stays the caller's."""
    log, wait = _Log(library), _Wait(library)
    try:
        return wait.run(question.start(library), (config.value, *question.args), question.take, log)
    finally:
        wait.destroy()
        log.queue.destroy()


def ping(
    mon: str,
    *,
    conf: Path | bool | None = None,
    name: str | None = None,
    keyring: Path | bytes | None = None,
    key: str | None = None,
    mon_host: str | None = None,
    monmap: bytes | None = None,
    options: Mapping[str, Any] | None = None,
    timeout: float | None = None,
) -> Ping:
    """Ask a monitor whether it is there, without a client. The other arguments are those of :func:`connect`.

    :param mon: its name, without "mon.", or its rank in digits
    :param timeout: seconds; None: the option ``mon_client_ping_timeout``
    """
    settings = _core.Settings(conf, name, keyring, key, mon_host, monmap, options, None, None)
    return _without_client(settings, q.config_ping(mon, timeout))


def fetch(
    *,
    conf: Path | bool | None = None,
    name: str | None = None,
    keyring: Path | bytes | None = None,
    key: str | None = None,
    mon_host: str | None = None,
    monmap: bytes | None = None,
    options: Mapping[str, Any] | None = None,
    timeout: float | None = None,
) -> Fetched:
    """Ask the monitors, in a short session, for the options that they have for this entity. The arguments are those of
    :func:`connect`."""
    settings = _core.Settings(conf, name, keyring, key, mon_host, monmap, options, None, None)
    return _without_client(settings, q.config_fetch(timeout))
