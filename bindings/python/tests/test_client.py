"""The synchronous client against embedded monitors."""

from __future__ import annotations

import datetime
import logging
import math
import pathlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

import monclient
from monclient.client import _IDLE
from monclient.testing import MonCluster, counters


@pytest.fixture
def client(cluster: MonCluster) -> Any:
    with cluster.connect() as c:
        yield c


def test_command(client: monclient.Client, cluster: MonCluster) -> None:
    r = client.command("mon dump", format="json")
    assert r.json()["fsid"] == cluster.fsid
    assert r.status == "dumped monmap epoch 1"
    assert (r.retval, r.resent) == (0, False)
    assert r.output.startswith(b"\n{") or r.output.startswith(b"{")
    assert "min_mon_release" in client.command({"prefix": "mon dump"}).text


def test_arguments_and_input(client: monclient.Client) -> None:
    client.command("config-key set", key="k", val="grüße \0 \U0001f600")
    assert client.command("config-key get", key="k", timeout=math.inf).text == "grüße \0 \U0001f600"
    blob = bytes(range(256)) * 200
    for given in (blob, bytearray(blob), memoryview(blob)):
        client.command("config-key set", key="blob", input=given, timeout=10)
        assert client.command("config-key get", key="blob", timeout=None, format=None).output == blob
    client.command("config-key set", key="blob", input="text")
    assert client.command("config-key get", key="blob").text == "text"


def test_the_monitors_say_no(client: monclient.Client) -> None:
    with pytest.raises(monclient.CommandNotFoundError) as e:
        client.command("config-key get", key="none")
    assert e.value.retval == -2
    assert str(e.value).startswith("config-key get: ")
    r = client.command("config-key get", key="none", check=False)
    assert r.retval == -2
    with pytest.raises(ValueError, match="command not known"):
        client.command("no such thing")


def test_timeout(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        mon_cluster.lose_quorum(1)
        begin = time.monotonic()
        with pytest.raises(TimeoutError) as e:
            client.command("mon dump", timeout=0.1)
        assert isinstance(e.value, monclient.TimeoutError)
        assert time.monotonic() - begin < 0.9
        with pytest.raises(TimeoutError):
            client.command("mon dump", timeout=0)
        assert client.command("mon dump").retval == 0  # waits for the quorum


@pytest.mark.parametrize("timeout", [-1, -0.001, math.nan])
def test_bad_timeout(client: monclient.Client, timeout: float) -> None:
    for call in (
        lambda: client.command("x", timeout=timeout),
        lambda: client.version("osdmap", timeout=timeout),
        lambda: client.wait_for_map("osdmap", timeout=timeout),
        lambda: client.watch("osdmap", timeout=timeout),
        lambda: client.session_events(timeout=timeout),
        lambda: monclient.connect(timeout=timeout),
    ):
        with pytest.raises(ValueError, match="want seconds"):
            call()


def test_maps(client: monclient.Client, cluster: MonCluster) -> None:
    newest, oldest = client.version("monmap")
    assert newest >= oldest >= 1
    assert client.wait_for_map("osdmap") == client.version("osdmap").newest
    assert client.wait_for_map("osdmap", 1, timeout=5) >= 1
    assert client.fsid == cluster.fsid
    assert client.global_id > 0
    assert [m["name"] for m in client.monmap()["mons"]] == ["a", "b", "c"]
    with pytest.raises(monclient.InvalidError, match="nomap"):
        client.version("nomap")
    with pytest.raises(monclient.InvalidError):
        client.watch("nomap")
    with pytest.raises(ValueError, match="NUL"):
        client.watch("osd\0map")
    with pytest.raises(TypeError, match="what must be str, not int"):
        client.version(5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="want an epoch"):
        client.watch("osdmap", start=-1)


def test_connects_from_a_monmap(client: monclient.Client, cluster: MonCluster) -> None:
    key = client.command("auth get-key", entity="client.admin").text
    with monclient.connect(conf=False, monmap=client.encoded_monmap(), key=key, timeout=10) as other:
        assert other.fsid == cluster.fsid


def test_session(client: monclient.Client, cluster: MonCluster) -> None:
    s = client.session()
    assert s.addr == cluster.mons[s.mon]
    assert s.mode == "secure"
    assert s.local_addr.startswith("127.0.0.1:")
    assert s.rank == "abc".index(s.mon)
    assert abs(s.since - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=1)


def test_session_events(cluster: MonCluster) -> None:
    with cluster.connect() as client:
        events = client.session_events(timeout=10)
        assert next(events).change is monclient.SessionChange.HUNTING
        up = next(events)
        assert up.change is monclient.SessionChange.CONNECTED
        assert up.mon == client.session().mon
        assert up.elapsed > 0
        cluster.drop_clients(up.mon)
        lost = next(events)
        assert lost.change is monclient.SessionChange.LOST
        assert lost.error
        seen = {monclient.SessionChange.CONNECTED, monclient.SessionChange.FAILED_OVER}
        assert next(e for e in events if e.change in seen)
        with pytest.raises(TimeoutError, match=r"nothing from the session within 0\.05 s"):
            list(client.session_events(timeout=0.05))
    assert list(events) == []


def test_failover(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        for mon in "abc":
            mon_cluster.kill(mon)
            assert client.command("mon dump", timeout=20).retval == 0
            mon_cluster.start(mon)


def test_watch(client: monclient.Client) -> None:
    maps = list(client.watch("osdmap", onetime=True, timeout=10))
    assert len(maps) == 1
    assert maps[0].full
    epoch, data = maps[0]
    assert (epoch, data) == (maps[0].epoch, maps[0].data)
    with client.watch("osdmap", timeout=10) as watch:
        first = next(watch)
        client.command("osd pool create", pool="w1")
        second = next(watch)
        assert second.epoch == first.epoch + 1
        assert not second.full
    assert list(watch) == []
    with client.watch("kv:mine/", timeout=10) as watch:
        assert next(watch).is_json
        client.command("config-key set", key="mine/a", val="1")
        assert next(watch).json()["keys"] == {"mine/a": "1"}


def test_watch_times_out_and_goes_on(client: monclient.Client) -> None:
    watch = client.watch("log-info", timeout=0.05)
    with pytest.raises(TimeoutError, match=r"nothing from the subscription to log-info within 0\.05 s"):
        list(watch)
    watch._timeout = 10
    client.command("log", logtext=["hello"])
    assert next(m for m in watch if any(entry["text"] == "hello" for entry in m.json()["entries"]))
    # Another level of the log does not get into its way.
    with client.watch("log-warn", timeout=10) as warnings:
        client.latest("monmap")  # by now it is subscribed
        client.log_write("beware", level="warn")
        client.log_flush()
        assert next(m for m in warnings if any(entry["text"] == "beware" for entry in m.json()["entries"]))


def test_a_watch_that_is_forgotten_ends(client: monclient.Client) -> None:
    for _ in client.watch("osdmap", timeout=10):
        break
    assert counters()["subscriptions"] == 0


def test_closing_ends_what_others_wait_for(mon_cluster: MonCluster) -> None:
    """Calls, iterators and watches of other threads."""
    client = mon_cluster.connect()
    watch = client.watch("osdmap")
    next(watch)
    mon_cluster.lose_quorum(30)
    calls: list[Callable[[], Any]] = [
        lambda: client.command("mon dump"),
        lambda: client.wait_for_map("osdmap", 1000),
        lambda: next(watch),
    ]
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(call) for call in calls]
        events = pool.submit(list, client.session_events())
        assert not wait_until(lambda: any(f.done() for f in waiting), 0.2)
        client.close()
        for f in waiting:
            with pytest.raises(monclient.ClosedError):
                f.result(5)
        assert len(events.result(5)) >= 2
    assert client.closed
    client.close()
    for call in calls:
        with pytest.raises(monclient.ClosedError):
            call()
    for call in (lambda: client.fsid, client.monmap, client.session, lambda: client.watch("osdmap")):
        with pytest.raises(monclient.ClosedError, match="the client is closed"):
            call()


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        threading.Event().wait(0.01)
    return bool(condition())


def test_a_watch_is_closed_by_another_thread(client: monclient.Client) -> None:
    watch = client.watch("osdmap")
    next(watch)
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(list, watch)
        assert not wait_until(rest.done, 0.1)
        watch.close()
        assert rest.result(5) == []


def test_many_threads(client: monclient.Client) -> None:
    client.command("config-key set", key="t", val="x")

    def work(n: int) -> None:
        for i in range(30):
            key = f"t{n}/{i}"
            client.command("config-key set", key=key, val=key)
            assert client.command("config-key get", key=key, format="json").text == key
            assert client.version("osdmap").newest >= 1

    with ThreadPoolExecutor(8) as pool:
        for f in [pool.submit(work, n) for n in range(8)]:
            f.result(60)
    assert counters()["queues"] <= 8 + 2


def test_queues_are_kept_for_the_next_call(cluster: MonCluster) -> None:
    """As many as there were calls at once, within bounds; whatever thread made them may end."""
    with cluster.connect() as client:
        own = counters()["queues"]
        for _ in range(20):
            client.command("mon dump")
            client.version("osdmap")
        assert counters()["queues"] == own + 1
        together = threading.Barrier(_IDLE + 20)

        def work() -> None:
            for _ in range(3):
                together.wait(20)
                assert client.version("osdmap").newest >= 1

        threads = [threading.Thread(target=work) for _ in range(_IDLE + 20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert counters()["queues"] <= own + _IDLE
    assert counters()["queues"] == 0


def test_a_late_answer_is_nobodys(mon_cluster: MonCluster) -> None:
    """What a call has given up waiting for does not become the result of the next one."""
    with mon_cluster.connect() as client:
        client.command("config-key set", key="a", val="1")
        mon_cluster.lose_quorum(1)
        for i in range(5):
            with pytest.raises(TimeoutError):
                client.command("config-key get", key="a", timeout=0.001 * i)
        assert client.command("mon dump", format="json", timeout=20).json()["fsid"] == mon_cluster.fsid
        assert client.version("monmap").newest == 1
        assert client.command("config-key get", key="a").text == "1"


def test_closing_while_others_are_busy(cluster: MonCluster) -> None:
    """A call that ends as the client is closed keeps no queue."""

    def work(client: monclient.Client, done: list[int]) -> None:
        while True:
            done.append(client.version("osdmap").newest)

    for _ in range(10):
        client = cluster.connect()
        done: list[int] = []
        with ThreadPoolExecutor(4) as pool:
            busy = [pool.submit(work, client, done) for _ in range(4)]
            begun = wait_until(done.__len__, 10)
            client.close()
            for f in busy:
                assert isinstance(f.exception(10), monclient.ClosedError)
        assert begun
        assert counters()["queues"] == 0


@pytest.mark.parametrize(
    ("kwargs", "kind", "text"),
    [
        ({"key": "AQAAAAAAAAAAABAAEREREREREREREREREREREQ=="}, monclient.PermissionError, "client.admin"),
        ({"name": "client.nobody"}, monclient.Error, "client.nobody"),
        ({"options": {"no_such_option": 1}}, monclient.NotFoundError, "no_such_option"),
        ({"options": {"client_mount_timeout": "x"}}, ValueError, "client_mount_timeout"),
        ({"conf": "/nonexistent/ceph.conf"}, FileNotFoundError, "/nonexistent/ceph.conf"),
        ({"keyring": "/nonexistent/keyring"}, FileNotFoundError, "/nonexistent/keyring"),
        ({"keyring": b"[client.admin\n"}, monclient.InvalidError, "in memory:1:"),
        ({"monmap": b"\1\2"}, monclient.ProtocolError, ""),
        ({"mon_host": "127.0.0.1:1", "timeout": 0.3}, OSError, "127.0.0.1:1"),
        ({"conf": False}, FileNotFoundError, "mon"),
        ({"name": "a\0b"}, ValueError, "name has a NUL"),
    ],
)
def test_cannot_connect(cluster: MonCluster, kwargs: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as e:
        cluster.connect(**kwargs)
    assert text in str(e.value)
    assert "EREREREREREREQ" not in str(e.value)


def test_ways_to_connect(cluster: MonCluster) -> None:
    keyring = pathlib.Path(cluster.conf).with_name("keyring")
    if not keyring.exists():
        keyring = next(p for p in pathlib.Path(cluster.conf).parent.iterdir() if "keyring" in p.name)
    options = {"ms_mon_client_mode": "crc", "monclient_offer_compression": False, "mon_client_hunt_parallel": 1}
    with monclient.connect(
        conf=False, mon_host=cluster.mon_host, keyring=keyring, name="client.admin", options=options
    ) as c:
        assert c.session().mode == "crc"
    with monclient.connect(conf=False, mon_host=cluster.mon_host, keyring=keyring.read_bytes(), timeout=math.inf) as c:
        assert c.fsid == cluster.fsid


def test_ceph_conf_of_the_environment(cluster: MonCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEPH_CONF", cluster.conf)
    with monclient.connect(timeout=10) as c:
        assert c.fsid == cluster.fsid


def test_log(cluster: MonCluster, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "monclient"), cluster.connect() as client:
        assert [r.levelno for r in caplog.records if r.name == "monclient"]
        client.set_log_level(logging.CRITICAL)
        caplog.clear()
        cluster.drop_clients(client.session().mon)
        client.command("mon dump", timeout=10)
    with cluster.connect(log_level=logging.ERROR):
        assert not caplog.records


def test_repr_and_pickle(cluster: MonCluster) -> None:
    import pickle

    with cluster.connect() as client:
        assert repr(client).startswith("<monclient.Client 0x")
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(client)
    assert repr(client).endswith(", closed>")


def test_unclosed(cluster: MonCluster) -> None:
    client = cluster.connect()
    with pytest.warns(ResourceWarning, match=r"unclosed <monclient.Client 0x"):
        del client


@pytest.mark.parametrize("release", ["pacific", "reef", "tentacle"])
def test_releases(mon_cluster_factory: Callable[..., MonCluster], release: str) -> None:
    cluster = mon_cluster_factory(1, release=release, auth="none" if release == "pacific" else "cephx")
    with cluster.connect() as client:
        assert client.command("mon dump", format="json").json()["min_mon_release_name"] == release


def test_a_cluster_that_does_not_start(mon_cluster_factory: Callable[..., MonCluster]) -> None:
    with pytest.raises(RuntimeError, match="mimic"):
        mon_cluster_factory(1, release="mimic")
