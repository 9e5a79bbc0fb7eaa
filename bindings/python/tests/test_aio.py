"""The asyncio client against embedded monitors."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from collections.abc import Awaitable, Coroutine
from typing import Any, Callable

import pytest

import monclient
from monclient import aio
from monclient.testing import MonCluster, counters


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run it, and have it end in any case."""

    async def limited() -> Any:
        return await asyncio.wait_for(main, 30)

    return asyncio.run(limited(), debug=True)


def test_operations(cluster: MonCluster) -> None:
    async def main() -> None:
        async with cluster.aconnect() as client:
            assert (await client.command("mon dump", format="json")).json()["fsid"] == cluster.fsid
            await client.command("config-key set", key="a", input=b"\0\1", timeout=10)
            assert (await client.command("config-key get", key="a")).output == b"\0\1"
            with pytest.raises(FileNotFoundError):
                await client.command("config-key get", key="none")
            assert (await client.command("config-key get", key="none", check=False)).retval == -2
            assert await client.wait_for_map("osdmap") == (await client.version("osdmap")).newest
            assert client.fsid == cluster.fsid
            assert client.global_id
            assert client.session().mon in "abc"
            assert len(client.monmap()["mons"]) == 3
            assert client.encoded_monmap()
            assert repr(client).startswith("<monclient.aio.Client 0x")
            with pytest.raises(TypeError):
                pickle.dumps(client)
            with pytest.raises(monclient.InvalidError):
                await client.version("nomap")
            with pytest.raises(monclient.InvalidError):
                client.watch("nomap")
        assert client.closed
        await client.close()
        for call in (client.monmap, client.session, lambda: client.watch("osdmap"), lambda: client.fsid):
            with pytest.raises(monclient.ClosedError):
                call()
        with pytest.raises(monclient.ClosedError):
            await client.command("mon dump")

    run(main())


def test_a_thousand_in_flight(cluster: MonCluster) -> None:
    async def main() -> None:
        client = await cluster.aconnect()
        replies = await asyncio.gather(*(client.command("mon dump", format="json") for _ in range(1000)))
        assert {r.json()["fsid"] for r in replies} == {cluster.fsid}
        await client.close()

    run(main())


def test_watch(cluster: MonCluster) -> None:
    async def main() -> None:
        async with cluster.aconnect() as client:
            assert [m.full async for m in client.watch("osdmap", onetime=True, timeout=10)] == [True]
            async with client.watch("osdmap", timeout=10) as watch:
                epoch, _ = await watch.__anext__()
                waiting = asyncio.ensure_future(watch.__anext__())
                await client.command("osd pool create", pool="aio")
                assert (await waiting).epoch == epoch + 1
            assert [m async for m in watch] == []
            async for epoch, data in client.watch("monmap"):
                assert (epoch, data) == (1, client.encoded_monmap())
                break
            watch = client.watch("osdmap", timeout=0.05)
            await watch.__anext__()
            with pytest.raises(TimeoutError, match=r"nothing from the subscription to osdmap within 0\.05 s"):
                await watch.__anext__()
            one = asyncio.ensure_future(watch.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task waits"):
                await watch.__anext__()
            one.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one
            await watch.aclose()
            client.watch("osdmap")  # forgotten

    run(main())


def test_session_events(cluster: MonCluster) -> None:
    async def main() -> None:
        async with cluster.aconnect() as client:
            events = client.session_events(timeout=10)
            assert (await events.__anext__()).change is monclient.SessionChange.HUNTING
            assert (await events.__anext__()).change is monclient.SessionChange.CONNECTED
            waiting = asyncio.ensure_future(events.__anext__())
            await asyncio.sleep(0)
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert [e async for e in events] == []

    run(main())


def test_cancellation(mon_cluster: MonCluster) -> None:
    async def main() -> None:
        async with mon_cluster.aconnect() as client:
            mon_cluster.lose_quorum(20)
            tasks = [
                asyncio.ensure_future(client.command("mon dump")),
                asyncio.ensure_future(client.wait_for_map("osdmap", 1000)),
            ]
            await asyncio.sleep(0.05)
            assert counters()["operations"] == 2
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                assert isinstance(result, asyncio.CancelledError)
            await until(lambda: counters()["operations"] == 0)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.command("mon dump"), 0.05)
            with pytest.raises(monclient.TimeoutError):
                await client.command("mon dump", timeout=0.05)
            # Canceled before it has begun, or at once.
            task = asyncio.ensure_future(client.command("mon dump"))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: counters()["operations"] == 0)

    run(main())


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def test_connecting_is_canceled(cluster: MonCluster) -> None:
    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_await(cluster.aconnect(mon_host="127.0.0.1:1")), 0.1)
        # At any moment of it.
        for turns in range(12):
            task = asyncio.ensure_future(_await(cluster.aconnect()))
            for _ in range(turns):
                await asyncio.sleep(0.0003)
            task.cancel()
            try:
                client = await task
            except asyncio.CancelledError:
                continue
            await client.close()
        # When it has just connected.
        task = asyncio.ensure_future(_await(cluster.aconnect()))
        await asyncio.sleep(0)  # it begins
        while counters()["operations"]:
            threading.Event().wait(0.001)  # the loop does not run meanwhile, and finds the completion afterwards
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: loop.call_soon(task.cancel))
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: counters()["clients"] == 0)
        with pytest.raises(PermissionError):
            await cluster.aconnect(key="AQAAAAAAAAAAABAAEREREREREREREREREREREQ==")
        with pytest.raises(FileNotFoundError):
            await aio.connect(conf="/nonexistent")

    run(main())


async def _await(a: Awaitable[aio.Client]) -> aio.Client:
    return await a


def test_closing_ends_what_others_wait_for(mon_cluster: MonCluster) -> None:
    async def main() -> None:
        client = await mon_cluster.aconnect()
        watch = client.watch("osdmap")
        await watch.__anext__()
        mon_cluster.lose_quorum(20)
        waiting = [asyncio.ensure_future(client.command("mon dump")) for _ in range(100)]
        waiting.append(asyncio.ensure_future(_anext(watch)))
        await asyncio.sleep(0.05)
        await client.close()
        for result in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(result, monclient.ClosedError)

    run(main())


async def _anext(watch: aio.Watch) -> Any:
    return await watch.__anext__()


def test_several_loops(cluster: MonCluster) -> None:
    async def main() -> None:
        async with cluster.aconnect() as client:
            for _ in range(20):
                await asyncio.gather(*(client.command("mon dump") for _ in range(5)))

    for _ in range(2):
        run(main())
    threads = [threading.Thread(target=run, args=(main(),)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def test_another_loop_is_refused(cluster: MonCluster) -> None:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(_await(cluster.aconnect()))

    async def main() -> None:
        for call in (client.command("mon dump"), client.close()):
            with pytest.raises(RuntimeError, match="belongs to another loop"):
                await call

    run(main())
    loop.run_until_complete(client.close())
    loop.close()


@pytest.mark.parametrize("close_first", [True, False])
def test_unclosed(cluster: MonCluster, close_first: bool) -> None:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(_await(cluster.aconnect()))
    if close_first:
        loop.close()
    with pytest.warns(ResourceWarning, match=r"unclosed <monclient.aio.Client 0x"):
        del client
    if not close_first:
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_log(cluster: MonCluster, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with cluster.aconnect(log_level=logging.DEBUG):
            pass

    with caplog.at_level(logging.DEBUG, "monclient"):
        run(main())
    assert [r for r in caplog.records if r.name == "monclient"]
