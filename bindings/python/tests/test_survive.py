"""What becomes of calls and subscriptions when monitors die, or are as good as dead."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import pathlib
import pickle
import sys
import threading
import time
from collections.abc import Coroutine
from typing import Any, Callable

import pytest

import monclient
from monclient import Outcome, Resend, SessionChange, _core, aio
from monclient import client as sync
from monclient.testing import MonCluster, counters

from .test_testing import in_background, loses_its_session, wait_until

#: Longer than any test.
LONG = 3600.0

#: A session stays with a monitor that says nothing.
PATIENT = {"monclient_probe_timeout": 60, "mon_client_ping_timeout": 60, "monclient_quorum_timeout": 0}


class Scene:
    """A client, and another one, with another monitor, that sees what the first one has done."""

    def __init__(self, cluster: MonCluster, client: monclient.Client | aio.Client) -> None:
        self.cluster = cluster
        self.mon = client.session().mon
        other = next(name for name in cluster.mons if name != self.mon)
        self.observer = cluster.connect(mon_host=cluster.mons[other])

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.observer.close()

    def mute(self) -> None:
        """The monitor executes what it is sent, and nobody hears of it."""
        self.cluster.delay(LONG, self.mon)

    def kill(self) -> None:
        self.cluster.kill(self.mon)

    def logged(self, text: str = "hello") -> int:
        """How many times a command that writes into the cluster's log was executed."""
        entries = self.observer.command("log last", num=100, format="json", timeout=20).json()
        return sum(text in entry["message"] for entry in entries)


def run(main: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(main, 50)

    asyncio.run(limited(), debug=True)


async def until(true: Callable[[], Any]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, wait_until, true)


ALWAYS: list[tuple[str, Any]] = [("always", None), ("never", "always"), ("never", Resend.ALWAYS)]
NEVER: list[tuple[str, Any]] = [
    ("never", None),
    ("always", "never"),
    ("always", Resend.NEVER),
    ("read-only", None),
    ("always", "read-only"),  # and this one writes
]


@pytest.mark.parametrize(("option", "resend"), ALWAYS)
def test_a_command_in_flight_is_resent(mon_cluster: MonCluster, option: str, resend: Any) -> None:
    options = {"monclient_command_resend": option, **PATIENT}
    with mon_cluster.connect(options=options) as client, Scene(mon_cluster, client) as scene:
        scene.mute()
        answer = in_background(lambda: client.command("log", logtext=["hello"], resend=resend, timeout=25))
        wait_until(scene.logged)
        scene.kill()
        result = answer()
        assert (result.retval, result.resent) == (0, True)
        assert result.mon in {*mon_cluster.mons} - {scene.mon}
        assert scene.logged() == 2


@pytest.mark.parametrize(("option", "resend"), NEVER)
def test_a_command_in_flight_is_not_resent(mon_cluster: MonCluster, option: str, resend: Any) -> None:
    options = {"monclient_command_resend": option, **PATIENT}
    with mon_cluster.connect(options=options) as client, Scene(mon_cluster, client) as scene:
        scene.mute()
        answer = in_background(lambda: client.command("log", logtext=["hello"], resend=resend, timeout=25))
        wait_until(scene.logged)
        scene.kill()
        with pytest.raises(monclient.ConnectionError) as e:
            answer()
        assert (e.value.errno, e.value.outcome) == (errno.ECONNRESET, Outcome.UNKNOWN)
        assert f"mon.{scene.mon}" in str(e.value)
        assert client.command("log", logtext=["goodbye"], timeout=25).mon != scene.mon
        assert (scene.logged("hello"), scene.logged("goodbye")) == (1, 1)


def test_what_only_reads_is_resent(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        resent = False
        deadline = time.monotonic() + 40
        # The first time the client does not know yet which commands do.
        while not resent:
            assert time.monotonic() < deadline
            mon = client.session().mon
            mon_cluster.freeze(mon)
            answer = in_background(lambda: client.command("mon dump", resend="read-only", timeout=25))
            wait_until(lambda: counters()["operations"])
            mon_cluster.kill(mon)
            outcome = None
            try:
                result = answer()
                resent = result.resent
                assert result.mon != mon
            except monclient.ConnectionError as e:
                outcome = e.outcome
                client.command("mon dump", timeout=25)
            assert outcome in {None, Outcome.UNKNOWN}
            mon_cluster.heal(mon)
            mon_cluster.start(mon)


@pytest.mark.parametrize("resend", ["always", "never", "read-only", None])
def test_without_any_monitor_nothing_is_sent(mon_cluster: MonCluster, resend: Any) -> None:
    with mon_cluster.connect() as client:
        loses_its_session(client, mon_cluster.kill)
        with pytest.raises(monclient.TimeoutError) as e:
            client.command("log", logtext=["hello"], resend=resend, timeout=0.2)
        assert e.value.outcome is Outcome.NOT_SENT
        copy = pickle.loads(pickle.dumps(e.value))
        assert (copy.outcome, str(copy)) == (Outcome.NOT_SENT, str(e.value))
        answer = in_background(lambda: client.command("log", logtext=["later"], resend=resend, timeout=25))
        mon_cluster.start()
        assert (answer().retval, answer().resent) == (0, False), "it has waited"

        async def main() -> None:
            async with mon_cluster.aconnect() as client:
                events = client.session_events(timeout=20)
                mon_cluster.kill()
                while (await events.__anext__()).change is not SessionChange.LOST:
                    pass
                with pytest.raises(monclient.TimeoutError) as e:
                    await client.command("log", logtext=["hello"], resend=resend, timeout=0.2)
                assert e.value.outcome is Outcome.NOT_SENT
                mon_cluster.start()

        run(main())


def test_outcome_of_what_was_answered_and_of_what_is_no_command(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        with pytest.raises(monclient.CommandNotFoundError) as answered:
            client.command("config-key get", key="none", resend="never")
        assert answered.value.outcome is None
        assert not client.command("mon dump", resend="never").resent
        with pytest.raises(monclient.InvalidError) as e:
            client.version("nomap")
        assert e.value.outcome is None
        mon_cluster.lose_quorum()
        with pytest.raises(monclient.TimeoutError) as e2:
            client.version("osdmap", timeout=0.1)
        assert e2.value.outcome is None


def test_outcome_when_the_time_is_up_or_the_client_is_closed(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect(options=PATIENT) as client, Scene(mon_cluster, client) as scene:
        scene.mute()
        waiting = [
            in_background(lambda: client.command("log", logtext=["hello"], timeout=LONG, resend="always")),
            in_background(lambda: client.command("log", logtext=["hello"], timeout=LONG, resend="never")),
        ]
        with pytest.raises(monclient.TimeoutError) as e:
            client.command("log", logtext=["goodbye"], timeout=1)
        assert e.value.outcome is Outcome.UNKNOWN
        wait_until(lambda: scene.logged() == 2)
        client.close()
        for answer in waiting:
            with pytest.raises(monclient.ClosedError) as closed:
                answer()
            assert closed.value.outcome is Outcome.UNKNOWN
        with pytest.raises(monclient.ClosedError) as closed:
            client.command("log")
        assert closed.value.outcome is Outcome.NOT_SENT
        with pytest.raises(monclient.ClosedError) as closed:
            client.version("osdmap")
        assert closed.value.outcome is None


@pytest.mark.parametrize("resend", ["sometimes", "", "NEVER", 1, True, b"never", ["never"]])
def test_bad_policy(cluster: MonCluster, resend: Any) -> None:
    with cluster.connect() as client, pytest.raises(ValueError, match=r"want 'always', 'never' or 'read-only'$") as e:
        client.command("mon dump", resend=resend)
    assert str(e.value).startswith(f"resend is {resend!r}, ")

    async def main() -> None:
        async with cluster.aconnect() as client:
            with pytest.raises(ValueError, match=r"^resend is "):
                await client.command("mon dump", resend=resend)

    run(main())


def test_asyncio(mon_cluster: MonCluster) -> None:
    async def main() -> None:
        async with mon_cluster.aconnect(options=PATIENT) as client:
            with Scene(mon_cluster, client) as scene:
                scene.mute()
                sent = {
                    name: asyncio.ensure_future(client.command("log", logtext=[name], resend=policy, timeout=25))
                    for name, policy in {"again": Resend.ALWAYS, "once": Resend.NEVER, "canceled": Resend.ALWAYS}.items()
                }
                await until(lambda: all(scene.logged(name) for name in sent))
                canceled = sent.pop("canceled")
                canceled.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await canceled
                scene.kill()
                again, once = await asyncio.gather(*sent.values(), return_exceptions=True)
                assert isinstance(again, monclient.Result)
                assert (again.resent, again.mon in {*mon_cluster.mons} - {scene.mon}) == (True, True)
                assert isinstance(once, monclient.ConnectionError)
                assert once.outcome is Outcome.UNKNOWN
                # It would have been sent when the session was back, before this.
                assert not (await client.command("log", logtext=["last"], timeout=25)).resent
                assert [scene.logged(name) for name in ("again", "once", "canceled", "last")] == [2, 1, 1, 1]
        with pytest.raises(monclient.ClosedError) as e:
            await client.command("log")
        assert e.value.outcome is Outcome.NOT_SENT

    run(main())


def test_a_standby_takes_over(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect(options={"monclient_standby_sessions": 1, **PATIENT}) as client:
        events = client.session_events(timeout=25)
        ready = next(e for e in events if e.change is SessionChange.STANDBY)
        session, global_id, [standby] = client.session(), client.global_id, client.standbys()
        assert isinstance(standby, monclient.Standby)
        assert (standby.mon, standby.addr) == (ready.mon, ready.addr) == (ready.mon, mon_cluster.mons[ready.mon])
        assert (standby.rank, standby.mode) == ("abc".index(ready.mon), "secure")
        assert standby.local_addr.startswith("127.0.0.1:")
        assert abs((standby.since - session.since).total_seconds()) < 60
        assert standby.since.tzinfo is session.since.tzinfo
        assert (ready.elapsed > 0, ready.error) == (True, "")
        (third,) = {*mon_cluster.mons} - {session.mon, standby.mon}

        mon_cluster.kill(session.mon)
        lost, over, again = next(events), next(events), next(events)
        assert (lost.change, lost.mon, over.change, over.mon, again.change, again.mon) == (
            SessionChange.LOST,
            session.mon,
            SessionChange.FAILED_OVER,
            standby.mon,
            SessionChange.STANDBY,
            third,
        )
        assert lost.error
        assert (client.session().mon, client.global_id) == (standby.mon, global_id)
        mon_cluster.start(session.mon)
        mon_cluster.kill(third)
        lost, again = next(events), next(events)
        assert (lost.change, lost.mon, again.change, again.mon) == (
            SessionChange.STANDBY_LOST,
            third,
            SessionChange.STANDBY,
            session.mon,
        )
        assert (bool(lost.error), lost.elapsed > 0) == (True, True)
        assert client.session().mon == standby.mon
    with pytest.raises(monclient.ClosedError):
        client.standbys()


def test_no_standbys(cluster: MonCluster) -> None:
    with cluster.connect() as client:
        assert client.standbys() == []


def test_a_standby_answers_for_a_frozen_monitor(mon_cluster: MonCluster) -> None:
    options = {"monclient_standby_sessions": 1, "monclient_hedge_delay": 0.1, **PATIENT}
    with mon_cluster.connect(options=options) as client:
        events = client.session_events(timeout=25)
        standby = next(e for e in events if e.change is SessionChange.STANDBY)
        client.command("mon dump", timeout=25)  # which comes after the question which commands only read
        mon = client.session().mon
        mon_cluster.freeze(mon)
        assert client.version("osdmap", timeout=25).newest >= 1
        result = None
        deadline = time.monotonic() + 25
        while result is None:
            assert time.monotonic() < deadline
            with contextlib.suppress(TimeoutError):  # the answer to that question was not taken in yet
                result = client.command("mon dump", timeout=2)
        assert (result.mon, result.resent) == (standby.mon, True)
        assert client.session().mon == mon

        async def main() -> None:
            async with mon_cluster.aconnect(options=options) as client:
                assert (await client.command("mon dump", timeout=25)).mon != mon
                assert {s.mon for s in client.standbys()} <= {*mon_cluster.mons}

        run(main())
        mon_cluster.thaw()


def rotated(admin: monclient.Client) -> str:
    """Another key for client.py, which is in force."""
    admin.command("auth rotate", entity="client.py", timeout=20)
    return admin.command("auth get-key", entity="client.py", timeout=20).text.strip()


def test_the_key_changes(mon_cluster_factory: Callable[..., MonCluster]) -> None:
    cluster = mon_cluster_factory(2, release="tentacle")
    with cluster.connect() as admin:
        caps = ["mon", "allow *"]
        key = admin.command("auth get-or-create-key", entity="client.py", caps=caps, timeout=20).text.strip()
        with cluster.connect(name="client.py", key=key) as client:
            events = client.session_events(timeout=25)
            global_id, new = client.global_id, rotated(admin)
            assert client.command("mon dump", timeout=25).retval == 0, "the session is there"
            client.set_key(key)  # which is no change
            loses_its_session(client, cluster.drop_clients)
            with pytest.raises(monclient.PermissionError) as refused:
                client.command("log", logtext=["hello"], timeout=25)
            assert refused.value.outcome is Outcome.NOT_SENT
            client.set_key(new)
            assert client.command("mon dump", timeout=25).retval == 0
            assert client.global_id == global_id
            seen = [next(e for e in events if e.change is SessionChange.CREDENTIAL)]
            client.set_key(rotated(admin))  # in good time
            seen.append(next(e for e in events if e.change is SessionChange.CREDENTIAL))
            assert [(e.mon, e.addr, e.error) for e in seen] == [("", "", "")] * 2
            cluster.drop_clients()
            assert client.command("mon dump", timeout=25).retval == 0

        async def main() -> None:
            async with cluster.aconnect(name="client.py", key=rotated(admin)) as client:
                events = client.session_events(timeout=25)
                client.set_key(rotated(admin))
                while (await events.__anext__()).change is not SessionChange.CREDENTIAL:
                    pass
                cluster.drop_clients()
                assert (await client.command("mon dump", timeout=25)).retval == 0

        run(main())


def test_the_keyring_changes(mon_cluster_factory: Callable[..., MonCluster], tmp_path: pathlib.Path) -> None:
    cluster, keyring = mon_cluster_factory(2, release="tentacle"), tmp_path / "keyring"
    with cluster.connect() as admin:
        caps = ["mon", "allow *"]
        key = admin.command("auth get-or-create-key", entity="client.py", caps=caps, timeout=20).text.strip()
        keyring.write_text(f"[client.py]\nkey = {key}\n")
        with cluster.connect(name="client.py", keyring=keyring) as client:
            events = client.session_events(timeout=25)
            keyring.write_text(f"[client.py]\nkey = {rotated(admin)}\n")
            cluster.drop_clients()
            assert client.command("mon dump", timeout=25).retval == 0
            assert next(e for e in events if e.change is SessionChange.CREDENTIAL)


def test_bad_keys(cluster: MonCluster) -> None:
    with cluster.connect() as client:
        for bad in ("", "geheim", "AQAAAAAAAAAAABAAEREREREREREQ"):
            with pytest.raises(monclient.InvalidError) as e:
                client.set_key(bad)
            assert not bad or bad not in str(e.value)
        with pytest.raises(ValueError, match="key has a NUL character in it") as nul:
            client.set_key("geheim\0")
        assert "geheim" not in str(nul.value)
        with pytest.raises(TypeError, match="key must be str, not bytes"):
            client.set_key(b"geheim")  # type: ignore[arg-type]
        assert client.command("mon dump", timeout=20).retval == 0
    with pytest.raises(monclient.ClosedError):
        client.set_key("")


def test_a_slow_reader_gets_the_newest_map(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client, client.watch("mgrmap", latest=True, timeout=25) as watch:
        first = next(watch)
        for epoch in range(first.epoch + 1, first.epoch + 11):
            mon_cluster.advance("mgrmap")
            assert client.wait_for_map("mgrmap", epoch, timeout=25) == epoch
        maps = [next(watch)]
        while maps[-1].epoch < first.epoch + 10:  # the last one may be on its way yet
            maps.append(next(watch))
        assert len(maps) < 10
        assert sum(m.missed for m in maps) + len(maps) == 10
        mon_cluster.advance("mgrmap")
        assert (next(watch).missed, next(client.watch("mgrmap", latest=True, timeout=25)).full) == (0, True)
        for what in ("osdmap", "kv:mine/", "log-info"):  # of which every one counts
            with pytest.raises(monclient.InvalidError, match=what):
                client.watch(what, latest=True)
        assert [m.is_json for m in client.watch("config", latest=True, onetime=True, timeout=25)] == [True]

    async def main() -> None:
        async with mon_cluster.aconnect() as client:
            watch = client.watch("monmap", latest=True, timeout=25)
            first = await watch.__anext__()
            mon_cluster.advance("monmap", 5)
            got = missed = 0
            async for m in watch:
                got, missed = got + 1, missed + m.missed
                if m.epoch == first.epoch + 5:
                    break
            assert got + missed <= 5
            with pytest.raises(monclient.InvalidError, match="osdmap"):
                client.watch("osdmap", latest=True)

    run(main())


def test_streams_are_listed_while_they_are_forgotten() -> None:
    class Thing:
        pass

    streams: _core.Streams[Thing] = _core.Streams()
    kept = [Thing() for _ in range(200)]
    for thing in kept:
        streams.add(thing)
    over = threading.Event()
    wrong: list[BaseException] = []

    def forget() -> None:
        try:
            while not over.is_set():
                some = [Thing() for _ in range(20)]
                for thing in some:
                    streams.add(thing)
        except BaseException as e:
            wrong.append(e)

    threads = [threading.Thread(target=forget) for _ in range(3)]
    for t in threads:
        t.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(300):
            assert {*map(id, kept)} <= {*map(id, streams.all())}
    finally:
        sys.setswitchinterval(interval)
        over.set()
        for t in threads:
            t.join()
    assert not wrong
    assert {*map(id, kept)} == {*map(id, streams.all())}
    kept.pop(0)
    del thing
    assert len(streams.all()) == 199
    kept.clear()
    assert streams.all() == []
    assert not streams._refs


@pytest.mark.parametrize("module", [sync, aio])
def test_whoever_sees_the_end_of_a_stream_sees_why(module: Any) -> None:
    seen: list[tuple[str, object]] = []

    class Stream(module._Stream):  # type: ignore[misc]
        _waiter = None

        def __setattr__(self, name: str, value: object) -> None:
            seen.append((name, value))

    why = monclient.ClosedError(errno.ESHUTDOWN, "closed")
    Stream.__new__(Stream)._end(why)
    assert seen == [("_why", why), ("_over", True)]
