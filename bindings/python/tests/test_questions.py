"""What can be asked besides commands, and commands for single daemons, against embedded monitors."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Callable

import pytest

import monclient
from monclient import aio
from monclient.testing import MonCluster


def test_ping(ask: Callable[..., Any]) -> None:
    for mon, name in (("b", "b"), ("2", "c")):
        answer = ask("ping", mon, timeout=20)
        assert answer.mon == name
        assert 0 < answer.round_trip < 20
        assert answer.reply["mon_status"]["name"] == name
        assert '"mon_status"' in answer.text
    with pytest.raises(monclient.NotFoundError, match="x"):
        ask("ping", "x")
    with pytest.raises(ValueError, match="empty"):
        ask("ping", "")


def test_latest_and_barrier(ask: Callable[..., Any]) -> None:
    before = ask("latest", "osdmap")
    ask("command", "osd set", key="noout", barrier="osdmap")
    assert ask("latest", "osdmap", timeout=20) == before + 1
    ask("command", {"prefix": "osd unset", "key": "noout"}, barrier="osdmap")
    for what in ("monmap", "mgrmap", "fsmap", "servicemap"):
        assert ask("latest", what) >= 0
    with pytest.raises(monclient.InvalidError, match="nosuchmap"):
        ask("latest", "nosuchmap")
    with pytest.raises(monclient.InvalidError, match="nosuchmap"):
        ask("command", "osd set", key="noout", barrier="nosuchmap")


def test_targets(ask: Callable[..., Any]) -> None:
    r = ask("command", "version", target="mon.c")
    assert (r.mon, r.sender) == ("c", "mon.c")
    assert "version" in r.json()
    assert ask("command", "version", target="mon.0").sender == "mon.a"
    assert [t.mon for t in ask("tell_each", "version")] == ["a", "b", "c"]
    assert all(t.error is None and t.result.retval == 0 for t in ask("tell_each", "version", timeout=20))
    refused = ask("tell_each", "no such command")
    assert all(t.result.retval == -22 for t in refused)
    with pytest.raises(monclient.NotFoundError, match="x") as e:
        ask("command", "version", target="mon.x")
    assert e.value.outcome is monclient.Outcome.NOT_SENT
    with pytest.raises(monclient.InvalidError, match="who"):
        ask("command", "version", target="who")


def test_pools(ask: Callable[..., Any]) -> None:
    name = f"books-{time.monotonic_ns()}"
    ask("create_pool", name, timeout=20)
    (pool,) = (p for p in ask("pools") if p.name == name)
    with pytest.raises(FileExistsError):
        ask("create_pool", name)
    assert ask("pool_stats", name)[name]["stat_sum"]["num_objects"] == 0
    with pytest.raises(monclient.NotFoundError, match="nosuchpool"):
        ask("pool_stats", name, "nosuchpool")
    assert name in ask("pool_stats")  # of all pools
    assert ask("cluster_stats").kb_avail >= 0
    assert ask("cluster_stats", pool.id).num_objects == 0
    with pytest.raises(monclient.NotFoundError, match="4711"):
        ask("cluster_stats", 4711)
    with pytest.raises(ValueError, match="-1"):
        ask("cluster_stats", -1)
    ask("create_snap", pool.id, "monday")
    with pytest.raises(FileExistsError):
        ask("create_snap", pool.id, "monday")
    ask("delete_snap", pool.id, "monday")
    with pytest.raises(PermissionError):
        ask("delete_pool", pool.id)
    with pytest.raises(ValueError, match="rule"):
        ask("create_pool", "other", crush_rule=1 << 20)


def test_selfmanaged_snaps(ask: Callable[..., Any]) -> None:
    name = f"images-{time.monotonic_ns()}"
    ask("create_pool", name)
    (pool,) = (p for p in ask("pools") if p.name == name)
    first = ask("create_selfmanaged_snap", pool.id)
    assert ask("create_selfmanaged_snap", pool.id, timeout=20) == first + 1
    ask("delete_selfmanaged_snap", pool.id, first)


def test_blocklist(ask: Callable[..., Any]) -> None:
    addr = f"10.0.0.1:0/{time.monotonic_ns() & 0x7FFFFFFF}"
    ask("blocklist_add", addr, 600, timeout=20)
    (blocked,) = (b for b in ask("blocklist") if b.addr == addr)
    assert 0 < blocked.until.timestamp() - time.time() < 700
    ask("blocklist_remove", addr)
    assert addr not in [b.addr for b in ask("blocklist")]
    with pytest.raises(monclient.InvalidError, match="here"):
        ask("blocklist_add", "here")
    for duration in (0, 0.1, -1, 1 << 32):
        with pytest.raises(ValueError, match="duration"):
            ask("blocklist_add", addr, duration)


def test_words(ask: Callable[..., Any]) -> None:
    assert ask("parse", ["osd", "pool", "create", "data", "8"]) == {"prefix": "osd pool create", "pool": "data", "pg_num": 8}
    with pytest.raises(monclient.InvalidError, match="tre"):
        ask("parse", ("osd", "tre"))
    with pytest.raises(TypeError, match="words"):
        ask("parse", "osd tree")
    with pytest.raises(TypeError, match="words"):
        ask("parse", ["osd", 1])


def test_what_is_known_at_once(cluster: MonCluster) -> None:
    with cluster.connect() as client:
        assert ":0/" in client.addr
        assert client.stats()["sessions"]
        assert client.options() == {}
        with pytest.raises(monclient.ConnectionError, match="manager"):
            client.mgr()


def test_the_log(cluster: MonCluster) -> None:
    with cluster.connect() as client, client.watch("log-info:audit", values=True, timeout=20) as log:
        client.latest("monmap")  # by now it is subscribed
        client.log_write("ordinary", level="warn")
        client.log_write("of the audit", channel="audit")
        client.log_flush(timeout=20)
        for m in log:
            entry = m.json()
            assert entry["channel"] == "audit"
            if entry["text"] == "of the audit":
                assert (entry["level"], entry["name"]) == ("info", "client.admin")
                break
        with pytest.raises(monclient.InvalidError, match="loud"):
            client.log_write("x", level="loud")


def test_values(cluster: MonCluster) -> None:
    with cluster.connect() as client:
        for what, member in (
            ("monmap", "mons"),
            ("mgrmap", "active_name"),
            ("fsmap", "filesystems"),
            ("servicemap", "services"),
        ):
            with client.watch(what, values=True, timeout=20) as watch:
                m = next(watch)
                assert m.synced
                assert m.is_json
                assert member in m.json()
        with client.watch("config", values=True, timeout=20) as watch:
            next(watch)
            client.command("config set", who="client", name="mon_client_hunt_interval", value="7.5")
            change = next(watch).json()
            assert change["options"]["mon_client_hunt_interval"].startswith("7.5")
            assert change["changed"] == ["mon_client_hunt_interval"]
            client.command("config rm", who="client", name="mon_client_hunt_interval")
            assert next(watch).json()["removed"] == ["mon_client_hunt_interval"]
        with client.watch("kv:shelf/", values=True, timeout=20) as watch:
            next(watch)
            client.command("config-key set", key="shelf/a", val="one")
            assert next(watch).json()["set"] == {"shelf/a": "one"}
            client.command("config-key rm", key="shelf/a")
            assert next(watch).json()["deleted"] == ["shelf/a"]
        with pytest.raises(monclient.InvalidError):
            client.watch("monmap", values=True, onetime=True)


def test_without_a_client(cluster: MonCluster) -> None:
    with cluster.connect() as client:
        client.command("config set", who="client", name="rados_mon_op_timeout", value="33")
    assert monclient.ping("a", conf=cluster.conf, timeout=20).mon == "a"
    assert monclient.fetch(conf=cluster.conf).options["rados_mon_op_timeout"] == "33"

    async def main() -> None:
        assert (await aio.ping("b", conf=cluster.conf)).reply["mon_status"]["name"] == "b"
        assert (await aio.fetch(conf=cluster.conf, timeout=20)).fsid == cluster.fsid

    asyncio.run(main())
    with pytest.raises(monclient.NotFoundError, match="x"):
        monclient.ping("x", conf=cluster.conf)
    with cluster.connect() as client:
        client.command("config rm", who="client", name="rados_mon_op_timeout")


def test_options_follow_the_monitors(cluster: MonCluster) -> None:
    with cluster.connect(options={"monclient_central_config": True}) as client:
        name = "mon_client_ping_interval"
        assert float(client.options()[name].value) == 10
        with client.watch("config", values=True, timeout=20) as changes:
            next(changes)
            client.command("config set", who="client", name=name, value="7")
            next(changes)
            assert client.options()[name] == ("7", "monitors")
            client.command("config rm", who="client", name=name)
            next(changes)
            assert float(client.options()[name].value) == 10


def test_ended(cluster: MonCluster) -> None:
    client = cluster.connect()
    client.close()
    for question in (client.pools, client.blocklist, client.log_flush, client.stats, client.mgr):
        with pytest.raises(monclient.ClosedError):
            question()


def test_canceled(cluster: MonCluster) -> None:
    async def main() -> None:
        async with cluster.aconnect() as client:
            for _ in range(20):
                task = asyncio.ensure_future(client.ping("a"))
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert (await client.ping("a")).mon == "a"

    asyncio.run(main())
