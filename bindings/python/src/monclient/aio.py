"""The client for asyncio.

The loop watches the descriptor of the library's queue. There is no thread for a call, and none of the library's threads
runs Python code. A client belongs to the loop that it was connected in.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import itertools
import os
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Mapping
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
_Event = c.monclient_event_t
_running_loop = asyncio.get_running_loop

_BATCH = 64

#: The userdata of the log's events. Operations count from 1 on.
_LOG = 0

_NOBODY: tuple[None, Callable[[_Event], Any]] = None, lambda event: None


class _Mailbox:
    """A queue whose descriptor the loop watches, and who waits for what comes. It does not know the client, so that one
    that is forgotten can be collected."""

    def __init__(self, library: c.Library, loop: asyncio.AbstractEventLoop) -> None:
        self.library = library
        self.loop = loop
        self.queue = _core.Queue(library)
        self._pending: dict[int, tuple[asyncio.Future[Any] | None, Callable[[_Event], Any]]] = {}
        self._keys = itertools.count(1)
        self._events = (ctypes.POINTER(_Event) * _BATCH)()
        self._count = ctypes.c_uint32()
        self._sink = _core.sink(self.queue)
        self._op = c.monclient_op_t()
        self._to_sink, self._to_op, self._to_count = map(ctypes.byref, (self._sink, self._op, self._count))
        fd = ctypes.c_int()
        _lib.check(library, library.monclient_queue_fd(self.queue.value, ctypes.byref(fd)))
        self._fd = fd.value
        loop.add_reader(self._fd, self.drain)

    async def run(self, start: _core.Start, client: int, args: tuple[Any, ...], take: Callable[[_Event], _T]) -> _T:
        """Start an operation and wait for it. When the task is canceled, so is the operation."""
        key = next(self._keys)
        future: asyncio.Future[_T] = self.loop.create_future()
        self._sink.userdata = key
        self._pending[key] = future, take
        op = 0
        try:
            # The library writes the handle before it returns, and nothing else of the loop runs meanwhile.
            status = start(client, *args, self._to_sink, self._to_op)
            if status:
                raise _lib.last_error(self.library, status)
            op = self._op.value
            return await future
        except BaseException:
            if self._pending.pop(key, None) and op:
                self.library.monclient_op_cancel(op)
            raise

    def drain(self) -> int:
        """Deliver what is there, and return how many that were. The loop calls this again if there is more."""
        library, count = self.library, self._count
        status = library.monclient_queue_poll(self.queue.value, self._events, _BATCH, 0, self._to_count)
        if status:
            return 0
        # Pointers of their own: a handler of logging may do anything, even close the client.
        events = self._events[: count.value]
        pop = self._pending.pop
        try:
            for pointer in events:
                event = pointer.contents
                future, take = pop(event.userdata or _LOG, _NOBODY)
                if future is None or future.done():
                    self._unwanted(event)
                elif event.status:
                    future.set_exception(_core.event_error(event))
                else:
                    try:
                        future.set_result(take(event))
                    except Exception as e:
                        future.set_exception(e)
        finally:
            free = library.monclient_event_free
            for pointer in events:
                free(pointer)
        return len(events)

    def _unwanted(self, event: _Event) -> None:
        if event.type == c.MONCLIENT_EVENT_LOG:
            _core.log(event)
        elif event.type == c.MONCLIENT_EVENT_CONNECT and event.client:  # whoever connected does not want it any more
            self.library.monclient_close(event.client)

    def destroy(self) -> None:
        """In the loop's thread, or when the loop is closed."""
        if not self.loop.is_closed():
            self.loop.remove_reader(self._fd)
        self.queue.destroy()


class _Stream(AsyncIterator[_T]):
    """Events of one source. They wait in the library, within its bounds, until they are asked for."""

    _over = True

    def __init__(self, client: Client, queue: _core.Queue, timeout: float | None, what: str) -> None:
        self._client = client
        self._library = client._library
        self._loop = client._loop
        self._queue = queue
        self._timeout = timeout
        self._what = what
        self._why: errors.Error | None = None
        self._waiter: asyncio.Future[None] | None = None
        fd = ctypes.c_int()
        _lib.check(self._library, self._library.monclient_queue_fd(queue.value, ctypes.byref(fd)))
        self._fd = fd.value
        self._over = False

    def _value(self, event: _Event) -> _T:
        raise NotImplementedError

    def _ended(self) -> BaseException:
        return self._why or StopAsyncIteration()

    async def __anext__(self) -> _T:
        """The next one.

        :raises TimeoutError: the time was up; asking again is possible
        """
        events, count = (ctypes.POINTER(_Event) * 1)(), ctypes.c_uint32()
        deadline = None if self._timeout is None else self._loop.time() + self._timeout
        self._client._here()
        while True:
            if self._over:
                raise self._ended()
            status = self._library.monclient_queue_poll(self._queue.value, events, 1, 0, ctypes.byref(count))
            if status:
                raise _lib.last_error(self._library, status)
            if count.value:
                try:
                    return self._value(events[0].contents)
                finally:
                    self._library.monclient_event_free(events[0])
            if deadline is not None and self._loop.time() >= deadline:
                raise errors.TimeoutError(errno.ETIMEDOUT, f"nothing from {self._what} within {self._timeout:g} s")
            await self._readable(deadline)

    async def _readable(self, deadline: float | None) -> None:
        if self._waiter is not None:
            raise RuntimeError(f"another task waits for {self._what} already")
        self._waiter = self._loop.create_future()
        timer = None if deadline is None else self._loop.call_at(deadline, self._wake)
        self._loop.add_reader(self._fd, self._wake)
        try:
            await self._waiter
        finally:
            if not self._over:  # whoever ended it has taken it out
                self._loop.remove_reader(self._fd)
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self, why: errors.Error | None = None) -> None:
        """Before the queue goes."""
        self._why = why  # as in the synchronous client
        self._over = True
        if self._waiter is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
            self._wake()


class Watch(_Stream[Map]):
    """A subscription: an asynchronous iterator of :class:`Map`. It ends with :meth:`close`, or when it is forgotten."""

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
        """End the subscription. It does not wait. A task that waits in the iterator leaves it."""
        self._finish(None)

    async def aclose(self) -> None:
        """The same, for ``contextlib.aclosing``."""
        self.close()

    def _finish(self, why: errors.Error | None) -> None:
        if not self._over:
            self._end(why)
            if self._sub.value:
                self._library.monclient_unsubscribe(self._sub.value)  # stale, when the last event has come
            self._queue.destroy()

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._over:  # nobody waits in what is forgotten, so the loop does not know it
            self.close()


class SessionEvents(_Stream[SessionEvent]):
    """An asynchronous iterator of :class:`SessionEvent`. It ends when the client is closed."""

    def _value(self, event: _Event) -> SessionEvent:
        if event.flags & c.MONCLIENT_EVENT_LAST:
            self._end()
            raise StopAsyncIteration
        return _core.session_event(event)


class Client(_core.Client):
    """As :class:`monclient.Client`, to be awaited. :func:`connect` makes one.

    A task that is canceled cancels its operation; what was sent to the monitors may still be executed.
    """

    _name = "monclient.aio.Client"

    def __init__(self, library: c.Library, handle: int, mailbox: _Mailbox, sessions: _core.Queue) -> None:
        self._library = library
        self._client = handle
        self._mailbox = mailbox
        self._loop = mailbox.loop
        self._sessions = sessions
        self._streams: _core.Streams[_Stream[Any]] = _core.Streams()
        self._pid = os.getpid()
        self._open = True

    # -- lifetime

    async def close(self) -> None:
        """End the session. What other tasks wait for ends with :class:`ClosedError`. A second time is nothing."""
        if self._open:
            self._here()
            self._close()

    def _close(self) -> None:
        self._open = False
        self._library.monclient_close(self._client)
        while self._mailbox.drain():
            pass
        for stream in self._streams.all():
            if isinstance(stream, Watch):
                stream._finish(self._closed_error())
            else:
                stream._end()
        self._mailbox.destroy()
        self._sessions.destroy()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        await self.close()

    def __del__(self, _warn: Any = warnings.warn, _getpid: Callable[[], int] = os.getpid) -> None:
        if not self._open or self._pid != _getpid():
            return
        _warn(f"unclosed {self!r}", ResourceWarning, source=self)
        self._open = False
        library, mailbox, sessions = self._library, self._mailbox, self._sessions
        library.monclient_close(self._client)
        sessions.destroy()
        # This may be any thread, and the descriptor must leave the loop before it is closed.
        try:
            self._loop.call_soon_threadsafe(mailbox.destroy)
        except RuntimeError:  # the loop is closed
            mailbox.destroy()

    def _here(self) -> None:
        if _running_loop() is not self._loop:
            raise RuntimeError(f"{self!r} belongs to another loop")

    def _run(self, start: _core.Start, args: tuple[Any, ...], take: Callable[[_Event], _T]) -> Coroutine[Any, Any, _T]:
        # What the two methods say, without calling them.
        client = self._client if self._open else self._usable()
        if _running_loop() is not self._loop:
            self._here()
        return self._mailbox.run(start, client, args, take)

    async def _ask(self, question: q.Question[_T]) -> _T:
        return await self._run(question.start(self._library), question.args, question.take)

    # -- operations

    async def command(
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
        """Send a command to the monitors; see :meth:`monclient.Client.command`."""
        prefix, message = _core.encode(command, format, args)
        args_of_it = message, _core.command_options(input, timeout, resend, target, barrier)
        try:
            result = await self._run(self._library.monclient_command_async, args_of_it, _core.result)
        except errors.Error as e:
            errors.unanswered(e)
            raise
        return _core.checked(prefix, result, check)

    async def version(self, what: str, *, timeout: float | None = None) -> Versions:
        """The epochs of a map that the monitors have; see :meth:`monclient.Client.version`."""
        args = _core.map_name(what), _core.milliseconds(timeout)
        return await self._run(self._library.monclient_get_version_async, args, _core.versions)

    async def wait_for_map(self, what: str, epoch: int = 0, *, timeout: float | None = None) -> int:
        """Wait until the monitors have a map; see :meth:`monclient.Client.wait_for_map`."""
        args = _core.map_name(what), epoch, _core.milliseconds(timeout)
        return await self._run(self._library.monclient_wait_for_map_async, args, _core.epoch)

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
        """Follow a map; see :meth:`monclient.Client.watch`."""
        self._usable()
        self._here()
        watch = Watch(self, what, start, _core.subscribe_flags(onetime, latest, values), timeout)
        self._streams.add(watch)
        return watch

    async def ping(self, mon: str, *, timeout: float | None = None) -> Ping:
        """See :meth:`monclient.Client.ping`."""
        return await self._ask(q.ping(mon, timeout))

    async def latest(self, what: str, *, timeout: float | None = None) -> int:
        """See :meth:`monclient.Client.latest`."""
        return await self._ask(q.latest(what, timeout))

    async def log_flush(self, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.log_flush`."""
        await self._ask(q.log_flush(timeout))

    async def cluster_stats(self, pool: int | None = None, *, timeout: float | None = None) -> ClusterStats:
        """See :meth:`monclient.Client.cluster_stats`."""
        return await self._ask(q.cluster_stats(pool, timeout))

    async def osdmap(self, *, timeout: float | None = None) -> OSDMap:
        """See :meth:`monclient.Client.osdmap`."""
        return await self._ask(q.osdmap(timeout))

    async def pools(self, *, timeout: float | None = None) -> list[Pool]:
        """See :meth:`monclient.Client.pools`."""
        return await self._ask(q.pools(timeout))

    async def pool_stats(self, *names: str, timeout: float | None = None) -> dict[str, dict[str, Any]]:
        """See :meth:`monclient.Client.pool_stats`."""
        return await self._ask(q.pool_stats(names, timeout))

    async def create_pool(self, name: str, *, crush_rule: int | None = None, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.create_pool`."""
        await self._ask(q.pool_op(c.MONCLIENT_POOL_CREATE, timeout, name=name, crush_rule=crush_rule))

    async def delete_pool(self, pool: int, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.delete_pool`."""
        await self._ask(q.pool_op(c.MONCLIENT_POOL_DELETE, timeout, pool=pool))

    async def create_snap(self, pool: int, name: str, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.create_snap`."""
        await self._ask(q.pool_op(c.MONCLIENT_POOL_SNAP_CREATE, timeout, pool=pool, name=name))

    async def delete_snap(self, pool: int, name: str, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.delete_snap`."""
        await self._ask(q.pool_op(c.MONCLIENT_POOL_SNAP_DELETE, timeout, pool=pool, name=name))

    async def create_selfmanaged_snap(self, pool: int, *, timeout: float | None = None) -> int:
        """See :meth:`monclient.Client.create_selfmanaged_snap`."""
        return await self._ask(q.pool_op(c.MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE, timeout, pool=pool))

    async def delete_selfmanaged_snap(self, pool: int, snap: int, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.delete_selfmanaged_snap`."""
        await self._ask(q.pool_op(c.MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE, timeout, pool=pool, snap=snap))

    async def blocklist(self, *, timeout: float | None = None) -> list[Blocked]:
        """See :meth:`monclient.Client.blocklist`."""
        return await self._ask(q.blocklist(timeout))

    async def blocklist_add(self, addr: str, duration: float | None = None, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.blocklist_add`."""
        await self._ask(q.blocklist_add(addr, duration, timeout))

    async def blocklist_remove(self, addr: str, *, timeout: float | None = None) -> None:
        """See :meth:`monclient.Client.blocklist_remove`."""
        await self._ask(q.blocklist_remove(addr, timeout))

    async def parse(self, words: Iterable[str], *, timeout: float | None = None) -> dict[str, Any]:
        """See :meth:`monclient.Client.parse`."""
        return await self._ask(q.parse(words, timeout))

    async def tell_each(
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
        """Tell every monitor a command, all of them at once; see :meth:`monclient.Client.tell_each`."""

        async def one(mon: str) -> Told:
            try:
                result = await self.command(
                    command,
                    format=format,
                    input=input,
                    timeout=timeout,
                    check=False,
                    resend=resend,
                    target="mon." + mon,
                    **args,
                )
            except errors.ClosedError:
                raise
            except errors.Error as e:
                return Told(mon, None, e)
            return Told(mon, result, None)

        return list(await asyncio.gather(*(one(mon["name"]) for mon in self.monmap()["mons"])))

    def session_events(self, *, timeout: float | None = None) -> SessionEvents:
        """What happens to the session; see :meth:`monclient.Client.session_events`. One task at a time may wait for it."""
        self._usable()
        self._here()
        _core.milliseconds(timeout)
        events = SessionEvents(self, self._sessions, timeout, "the session")
        self._streams.add(events)
        return events


class _Connect:
    """What connect() returns: to be awaited, or used with ``async with``."""

    def __init__(self, settings: _core.Settings) -> None:
        self._settings = settings
        self._client: Client | None = None

    def __await__(self) -> Generator[Any, None, Client]:
        return self._connect().__await__()

    async def __aenter__(self) -> Client:
        self._client = await self._connect()
        return self._client

    async def __aexit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        if self._client is not None:
            await self._client.close()

    async def _connect(self) -> Client:
        library = _lib.load()
        config, sessions = self._settings.configure(library), _core.Queue(library)
        mailbox = _Mailbox(library, asyncio.get_running_loop())
        how = self._settings.start(mailbox.queue, _LOG, sessions)
        handle = 0

        def take(event: _Event) -> int:
            nonlocal handle
            handle = _core.connected(event)
            return handle

        try:
            await mailbox.run(library.monclient_connect_async, config.value, (how,), take)
            return Client(library, handle, mailbox, sessions)
        except BaseException:
            if handle:  # the task was canceled when it had just connected
                library.monclient_close(handle)
            mailbox.drain()
            mailbox.destroy()
            raise
        finally:
            config.destroy()


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
) -> _Connect:
    """Find a monitor that lets the client in: ``async with connect(...) as client``, or ``client = await connect(...)``.

    The arguments are those of :func:`monclient.connect`.
    """
    _core.milliseconds(timeout)
    return _Connect(_core.Settings(conf, name, keyring, key, mon_host, monmap, options, timeout, log_level))


async def _without_client(settings: _core.Settings, question: q.Question[_T]) -> _T:
    library = _lib.load()
    config, mailbox = settings.configure(library), _Mailbox(library, asyncio.get_running_loop())
    try:
        return await mailbox.run(question.start(library), config.value, question.args, question.take)
    finally:
        mailbox.destroy()
        config.destroy()


async def ping(
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
    """Ask a monitor whether it is there, without a client; see :func:`monclient.ping`."""
    settings = _core.Settings(conf, name, keyring, key, mon_host, monmap, options, None, None)
    return await _without_client(settings, q.config_ping(mon, timeout))


async def fetch(
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
    """Ask the monitors for the options that they have for this entity; see :func:`monclient.fetch`."""
    settings = _core.Settings(conf, name, keyring, key, mon_host, monmap, options, None, None)
    return await _without_client(settings, q.config_fetch(timeout))
