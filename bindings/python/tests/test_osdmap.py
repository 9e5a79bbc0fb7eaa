"""The map of the OSDs: the newest one, those that a subscription brings, and what they say."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any, Callable

import pytest

import monclient
from monclient.testing import MonCluster

from .conftest import PROJECT, Script

#: Maps of real clusters, with what ``ceph osd dump -f json`` printed of them.
MAPS = PROJECT.parents[1] / "monclient" / "cephmap" / "testdata"


def busy() -> monclient.OSDMap:
    """The map of a cluster of Reef with a destroyed OSD, and no osd.4."""
    return monclient.OSDMap.decode((MAPS / "reef" / "osd" / "osdmap-e102.bin").read_bytes())


def test_newest(ask: Callable[..., Any]) -> None:
    before = ask("osdmap", timeout=20)
    assert before.epoch == ask("latest", "osdmap")
    assert "noout" not in before.flags
    ask("command", "osd set", key="noout", barrier="osdmap")
    after = ask("osdmap")
    assert after.epoch == before.epoch + 1
    assert "noout" in after.flags
    (change,) = after.diff(before)
    assert (change.kind, change.name, change.text, str(change)) == ("flag_set", "noout", "noout set", "noout set")
    assert [c.kind for c in before.diff(after)] == ["flag_unset"]
    assert after.diff(after) == []
    assert [tuple(p) for p in after.pools] == [(p.id, p.name) for p in ask("pools")]
    assert after.json()["flags_set"] == sorted(after.flags)
    ask("command", "osd unset", key="noout", barrier="osdmap")
    with pytest.raises(ValueError, match="timeout"):
        ask("osdmap", timeout=-1)


@pytest.mark.parametrize("name", ["pacific/osd/osdmap-e96", "reef/osd/osdmap-e102", "tentacle/osd/osdmap-e104"])
def test_real_maps(name: str) -> None:
    encoded = (MAPS / f"{name}.bin").read_bytes()
    dump = json.loads((MAPS / f"{name}.json").read_text())
    for pool in dump["pools"]:
        pool.pop("read_balance", None)
    with monclient.OSDMap.decode(encoded) as m:
        assert m.json() == dump
        assert (m.epoch, m.fsid) == (dump["epoch"], dump["fsid"])
        assert ",".join(m.flags) == dump["flags"]
        assert m.encode() == bytes(m) == encoded
        for pool in dump["pools"]:
            assert m.pool(pool["pool"]) == m.pool(pool["pool_name"]) == pool
            assert m.pool_id(pool["pool_name"]) == pool["pool"]
            assert m.pool_name(pool["pool"]) == pool["pool_name"]
        assert [p.id for p in m.pools] == [p["pool"] for p in dump["pools"]]
        assert [o.info for o in m.osds] == dump["osds"]
        assert [m.osd(o.id) for o in m.osds] == m.osds
        again = pickle.loads(pickle.dumps(m))
        assert again.diff(m) == []
        assert again.encode() == encoded


def test_osds() -> None:
    m = busy()
    one, destroyed = m.osd(1), m.osd(3)
    assert (one.id, one.up, one.in_, one.weight, one.primary_affinity) == (1, True, True, 0.79998779296875, 1)
    assert one.state == {"exists", "up"}
    assert [a.partition("/")[0] for a in one.public_addrs] == ["v2:127.0.0.1:6808", "v1:127.0.0.1:6809"]
    assert len(one.cluster_addrs) == 2
    assert not destroyed.up
    assert destroyed.state == {"destroyed", "exists", "new"}
    assert not destroyed.public_addrs
    for osd in (4, 5, -1):
        with pytest.raises(monclient.NotFoundError, match=rf"osdmap 102 has no osd\.{osd}"):
            m.osd(osd)
    for pool in (3, -1, "nosuchpool"):
        with pytest.raises(monclient.NotFoundError, match=str(pool)):
            m.pool(pool)
    with pytest.raises(monclient.NotFoundError, match="3"):
        m.pool_name(3)
    with pytest.raises(TypeError, match="pool must be int, not NoneType"):
        m.pool(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"osd must be int, not str"):
        m.osd("1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="osd is 4294967296"):
        m.osd(1 << 32)
    with pytest.raises(ValueError, match="pool is"):
        m.pool_name(-(1 << 63) - 1)


def test_differences() -> None:
    old = monclient.OSDMap.decode((MAPS / "reef" / "osd" / "osdmap-e19.bin").read_bytes())
    changes = busy().diff(old)
    (created,) = (c for c in changes if c.kind == "pool_created" and c.pool_name == "cache")
    assert (created.pool, created.osd, created.old) == (4, None, None)
    assert created.new["type"] == "replicated"
    assert any(c.kind == "osd_created" and c.osd == 2 for c in changes)
    assert all(c.text for c in changes)


def test_lifetime() -> None:
    m = busy()
    assert repr(m) == "<monclient.OSDMap 102>"
    m.close()
    m.close()
    assert repr(m) == "<monclient.OSDMap closed>"
    other = busy()
    for use in (lambda: m.epoch, m.json, m.encode, lambda: m.osds, lambda: other.diff(m), lambda: pickle.dumps(m)):
        with pytest.raises(monclient.ClosedError, match="the osdmap is closed"):
            use()
    with pytest.raises(monclient.ProtocolError, match="data"):
        monclient.OSDMap.decode(b"no map")
    with pytest.raises(monclient.ProtocolError):
        monclient.OSDMap.decode(other.encode()[:-1])


def test_watch(cluster: MonCluster) -> None:
    with cluster.connect() as client, client.watch("osdmap", values=True, timeout=20) as watch:
        first = next(watch)
        assert first.synced
        assert first.full
        assert first.json()["changes"] == []
        assert first.osdmap is not None
        assert first.osdmap.epoch == first.epoch
        for i, verb in enumerate(("set", "unset")):
            client.command(f"osd {verb}", key="noscrub")
            m = next(watch)
            assert m.epoch == first.epoch + 1 + i
            assert [c["text"] for c in m.json()["changes"]] == [f"noscrub {verb}"]
            assert m.osdmap is not None
            assert ("noscrub" in m.osdmap.flags) == (verb == "set")
            last = m.osdmap
        assert last.diff(first.osdmap) == []
        assert next(iter(client.watch("monmap", values=True, timeout=20))).osdmap is None
        assert next(iter(client.watch("osdmap", timeout=20))).osdmap is None
    assert first.osdmap.epoch == first.epoch  # it outlives the client


def test_the_newest_of_a_slow_reader(cluster: MonCluster) -> None:
    with cluster.connect() as client, client.watch("osdmap", values=True, latest=True, timeout=20) as watch:
        epoch = next(watch).epoch
        for verb, flag in (("set", "noscrub"), ("set", "noup"), ("unset", "noscrub"), ("unset", "noup")):
            client.command(f"osd {verb}", key=flag)
        while epoch < client.latest("osdmap"):
            m = next(watch)
            assert m.epoch == epoch + 1 + m.missed
            epoch = m.epoch
        assert m.osdmap is not None
        assert not {"noscrub", "noup"} & set(m.osdmap.flags)
        with pytest.raises(monclient.InvalidError, match="osdmap"):
            client.watch("osdmap", latest=True)


def test_watch_in_asyncio(cluster: MonCluster) -> None:
    async def main() -> None:
        async with await cluster.aconnect() as client:
            async with client.watch("osdmap", values=True, timeout=20) as watch:
                first = await watch.__anext__()
                await client.command("osd set", key="noin")
                m = await watch.__anext__()
                assert m.osdmap is not None
                assert first.osdmap is not None
                assert [c.text for c in m.osdmap.diff(first.osdmap)] == ["noin set"]
                await client.command("osd unset", key="noin")
            task = asyncio.ensure_future(client.osdmap())
            await asyncio.sleep(0)
            task.cancel()  # what comes all the same is released
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


def test_fork(script: Script) -> None:
    script(
        """
import os, monclient
with monclient.connect() as client:
    m = client.osdmap()
    if not (pid := os.fork()):
        try:
            m.epoch
        except monclient.ForkedError:
            m.close()
            os._exit(0)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert m.epoch == client.latest("osdmap")
""",
        dev=False,
    )
