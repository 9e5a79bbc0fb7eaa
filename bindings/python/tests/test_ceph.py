"""Real monitors, beside the ceph command of their release.

Only ``build/python.sh ceph`` runs them, on a cluster of each release.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import monclient
from monclient import aio

pytestmark = pytest.mark.ceph


def ceph(*args: str) -> bytes:
    """What the ceph command prints."""
    argv = [os.environ["REALCEPH_CEPH"], *args]
    # librados crashes now and then while it ends a connection whose ping was answered.
    crashes = (-signal.SIGSEGV, 128 + signal.SIGSEGV) if args[0] == "ping" else ()
    for _ in range(5):
        done = subprocess.run(argv, timeout=30, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode not in crashes:
            break
    done.check_returncode()
    return done.stdout


@pytest.fixture(scope="module")
def client() -> Iterator[monclient.Client]:
    with monclient.connect(timeout=30, keyring=os.environ["CEPH_KEYRING"]) as c:
        yield c


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    """The client is the module's."""


#: What changes from one moment to the next.
VOLATILE = {"elapsed", "uptime", "election_epoch", "quorum_age", "modified", "timestamp"}


def stable(v: Any) -> Any:
    if isinstance(v, dict):
        return {k: stable(x) for k, x in v.items() if k not in VOLATILE}
    return [stable(x) for x in v] if isinstance(v, list) else v


def until_same(ours: Callable[[], Any], *theirs: str) -> None:
    """Compare with the JSON of the ceph command; what changes by itself gets the time that it takes."""
    deadline = time.monotonic() + 30
    while (got := stable(ours())) != (want := stable(json.loads(ceph(*theirs, "-f", "json")))):
        assert time.monotonic() < deadline, (got, want)


@pytest.mark.parametrize(
    "command",
    [
        "mon dump",
        "osd dump",
        "osd tree",
        "osd pool ls",
        "auth ls",
        "config dump",
        "fs dump",
        "mgr dump",
        "health",
        "versions",
    ],
)
def test_as_the_ceph_command(client: monclient.Client, command: str) -> None:
    until_same(lambda: client.command(command, format="json", timeout=20).json(), *command.split())


def test_release(client: monclient.Client) -> None:
    name = client.command("mon dump", format="json").json()["min_mon_release_name"]
    assert name == os.environ["CEPH_RELEASE"]
    assert client.fsid == ceph("fsid").decode().strip()


def test_binary(client: monclient.Client) -> None:
    blob = bytes(range(256)) * 100
    client.command("config-key set", key="python/blob", input=blob, timeout=20)
    assert client.command("config-key get", key="python/blob").output == blob
    assert client.encoded_monmap() == client.command("mon getmap").output
    assert client.monmap()["fsid"] == client.fsid
    assert client.command("osd getcrushmap").output == ceph("osd", "getcrushmap")


def test_refused(client: monclient.Client) -> None:
    with pytest.raises(FileNotFoundError):
        client.command("config-key get", key="python/none")
    with pytest.raises(ValueError, match="command not known"):
        client.command("no such thing")
    key = client.command("auth get-or-create-key", entity="client.python", caps=["mon", "allow command fsid"]).text.strip()
    with monclient.connect(name="client.python", key=key, timeout=30) as weak:
        assert weak.command("fsid").text.strip() == client.fsid
        with pytest.raises(PermissionError):
            weak.command("osd tree")
    with pytest.raises(PermissionError):
        monclient.connect(name="client.admin", key=key, timeout=30)


def test_at_most_once(client: monclient.Client) -> None:
    """And with a spare session, which the commands that only read use, too."""
    mons = {m["name"] for m in client.monmap()["mons"]}
    options = {"monclient_standby_sessions": 1, "monclient_read_balance": True}
    with monclient.connect(timeout=30, keyring=os.environ["CEPH_KEYRING"], options=options) as c:
        next(e for e in c.session_events(timeout=30) if e.change is monclient.SessionChange.STANDBY)
        assert {s.mon for s in c.standbys()} < mons
        written = c.command("config-key set", key="python/once", val="1", resend="never", timeout=20)
        assert (written.mon in mons, written.resent) == (True, False)
        deadline = time.monotonic() + 30
        seen: set[str] = set()
        while len(seen) < 2:
            assert time.monotonic() < deadline
            seen.add(c.command("config-key get", key="python/once", resend="read-only", timeout=20).mon)
        assert seen <= mons


def test_another_key(client: monclient.Client) -> None:
    caps = ["mon", "allow command fsid"]

    def key() -> str:
        return client.command("auth get-or-create-key", entity="client.rotated", caps=caps, timeout=20).text.strip()

    with monclient.connect(name="client.rotated", key=key(), timeout=30) as c:
        client.command("auth del", entity="client.rotated", timeout=20)
        c.set_key(key())
        next(e for e in c.session_events(timeout=30) if e.change is monclient.SessionChange.CREDENTIAL)
        assert c.command("fsid", timeout=20).text.strip() == client.fsid


def test_watch(client: monclient.Client) -> None:
    with client.watch("osdmap", timeout=30) as watch:
        first = next(watch)
        assert first.full
        assert first.data == client.command({"prefix": "osd getmap", "epoch": first.epoch}).output
        client.command("osd set", key="noout", timeout=20)
        later = next(m for m in watch if m.epoch > first.epoch)
        assert later.epoch == first.epoch + 1
        client.command("osd unset", key="noout", timeout=20)
    for _ in range(2):  # the second time the session has brought it already
        assert client.wait_for_map("osdmap", first.epoch + 2, timeout=20) >= first.epoch + 2
    assert client.version("osdmap").newest >= first.epoch + 2
    with client.watch("kv:python/", timeout=30) as keys:
        next(keys)
        client.command("config-key set", key="python/k", val="v", timeout=20)
        assert next(m for m in keys if "python/k" in m.json()["keys"]).json()["keys"]["python/k"] == "v"


def test_asyncio() -> None:
    async def main() -> None:
        async with aio.connect(timeout=30, keyring=os.environ["CEPH_KEYRING"]) as client:
            replies = await asyncio.gather(*(client.command("mon dump", format="json") for _ in range(200)))
            assert {r.json()["fsid"] for r in replies} == {client.fsid}
            async for m in client.watch("monmap", timeout=30):
                assert m.data == client.encoded_monmap()
                break

    asyncio.run(main())


@pytest.mark.parametrize(
    ("what", "dump"),
    [("monmap", "mon dump"), ("mgrmap", "mgr dump"), ("fsmap", "fs dump"), ("servicemap", "service dump")],
)
def test_values(client: monclient.Client, what: str, dump: str) -> None:
    def value() -> Any:
        with client.watch(what, values=True, timeout=30) as watch:
            m = next(watch)
        assert (m.synced, m.is_json) == (True, True)
        quorum = client.command("quorum_status", format="json").json()["quorum"]
        return {**m.json(), "quorum": quorum} if what == "monmap" else m.json()

    until_same(value, *dump.split())


def test_changes(client: monclient.Client) -> None:
    keyring, option = os.environ["CEPH_KEYRING"], "mon_client_hunt_interval"
    with client.watch("config", values=True, timeout=30) as config:
        next(config)
        ceph("config", "set", "client", option, "7")
        change = next(m for m in config if option in m.json()["options"]).json()
        assert (float(change["options"][option]), change["changed"]) == (7, [option])
        assert float(monclient.fetch(keyring=keyring, timeout=30).options[option]) == 7
        ceph("config", "rm", "client", option)
        assert next(m for m in config if option not in m.json()["options"]).json()["removed"] == [option]
    with client.watch("kv:python/", values=True, timeout=30) as keys:
        next(keys)
        ceph("config-key", "set", "python/change", "one")
        assert next(m for m in keys if m.json()["set"]).json()["set"] == {"python/change": "one"}
        ceph("config-key", "rm", "python/change")
        assert next(m for m in keys if m.json()["deleted"]).json()["deleted"] == ["python/change"]


def test_targets(client: monclient.Client) -> None:
    mons = [m["name"] for m in client.monmap()["mons"]]
    version = json.loads(ceph("tell", f"mon.{mons[1]}", "version"))
    told = client.command("version", target=f"mon.{mons[1]}", timeout=20)
    assert (told.json(), told.mon, told.sender) == (version, mons[1], f"mon.{mons[1]}")
    assert client.command("version", target="mon.0", timeout=20).mon == mons[0]
    each = client.tell_each("version", timeout=20)
    assert [t.mon for t in each] == mons
    assert all(t.result is not None and t.result.json() == version for t in each)
    with pytest.raises(FileNotFoundError):
        client.command("version", target="mon.nobody", timeout=20)
    with pytest.raises(ValueError, match="nonsense"):
        client.command("nonsense", target="mon.0", timeout=20)
    with pytest.raises(monclient.ConnectionError):
        client.mgr()  # nobody has asked it yet
    # Those of the manager, which the ceph command sends there, too.
    answer = client.command("pg stat", format="json", target="mgr", timeout=30)
    mgr = client.mgr()
    assert (answer.mon, answer.sender) == ("", f"mgr.{mgr.name}")
    assert json.loads(ceph("pg", "stat", "-f", "json")).keys() == answer.json().keys()
    assert mgr.name == client.command("mgr dump", format="json").json()["active_name"]
    version = json.loads(ceph("tell", f"mgr.{mgr.name}", "version"))
    assert client.command("version", target="mgr.*", timeout=30).json() == version
    with pytest.raises(monclient.Error, match="not the active manager"):
        client.command("version", target="mgr.nobody", timeout=20)


def test_ping(client: monclient.Client) -> None:
    name = client.monmap()["mons"][0]["name"]
    theirs = json.loads(ceph("ping", f"mon.{name}"))["mon_status"]
    for answer in (
        client.ping(name, timeout=20),
        client.ping("0", timeout=20),
        monclient.ping(name, keyring=os.environ["CEPH_KEYRING"], timeout=20),
    ):
        assert answer.mon == name
        assert 0 < answer.round_trip < 20
        assert stable(answer.reply["mon_status"]["monmap"]) == stable(theirs["monmap"])
    with pytest.raises(FileNotFoundError):
        client.ping("nobody")


def test_pools(client: monclient.Client) -> None:
    client.create_pool("python", timeout=20)
    pool = next(p for p in client.pools(timeout=20) if p.name == "python")
    assert [p.name for p in client.pools(timeout=20)] == ceph("osd", "pool", "ls").decode().split()
    assert client.latest("osdmap", timeout=20) == json.loads(ceph("osd", "dump", "-f", "json"))["epoch"]
    with pytest.raises(FileExistsError):
        client.create_pool("python", timeout=20)
    client.create_snap(pool.id, "monday", timeout=20)
    assert b"monday" in ceph("osd", "dump")
    client.delete_snap(pool.id, "monday", timeout=20)
    with pytest.raises(PermissionError):  # unless mon_allow_pool_delete
        client.delete_pool(pool.id, timeout=20)
    with pytest.raises(FileNotFoundError):
        client.pool_stats("nobody", timeout=20)
    assert client.cluster_stats(timeout=20).kb * 1024 == json.loads(ceph("df", "-f", "json"))["stats"]["total_bytes"]
    assert client.parse(["osd", "pool", "create", "x", "8"], timeout=20) == {
        "prefix": "osd pool create",
        "pool": "x",
        "pg_num": 8,
    }
    with pytest.raises(ValueError, match="many"):
        client.parse(["osd", "pool", "create", "x", "--pg_num", "many"], timeout=20)


def test_osdmap(client: monclient.Client) -> None:
    with client.watch("osdmap", values=True, timeout=30) as watch, client.osdmap(timeout=20) as m:
        next(watch)
        assert m.encode() == client.command({"prefix": "osd getmap", "epoch": m.epoch}).output
        dump = json.loads(ceph("osd", "dump", str(m.epoch), "-f", "json"))
        for pool in dump["pools"]:
            pool.pop("read_balance", None)
        assert m.json() == dump
        client.command("osd set", key="noin", barrier="osdmap", timeout=20)
        later = next(e for e in watch if "noin set" in [c["text"] for c in e.json()["changes"]])
        assert later.osdmap is not None
        assert "noin" in later.osdmap.flags
        assert "noin set" in [c.text for c in client.osdmap(timeout=20).diff(m)]
        client.command("osd unset", key="noin", barrier="osdmap", timeout=20)


def test_blocklist(client: monclient.Client) -> None:
    def listed() -> set[str]:
        text = ceph("osd", "blocklist", "ls", "-f", "json").decode()  # ranges of addresses follow in a list of their own
        return {b["addr"] for b in json.JSONDecoder().raw_decode(text.strip())[0]}

    addr = "10.0.0.5:0/77"
    client.blocklist_add(addr, 600, timeout=20)
    blocked = client.blocklist(timeout=20)
    assert addr in {b.addr for b in blocked} == listed()
    assert all(b.until.timestamp() > time.time() for b in blocked)
    client.blocklist_remove(addr, timeout=20)
    assert addr not in listed()
    assert client.addr not in listed()
    with pytest.raises(ValueError, match="here"):
        client.blocklist_add("here")


def test_the_log(client: monclient.Client) -> None:
    text = "written by python"
    with client.watch("log-warn:cluster", values=True, timeout=30) as log:
        client.latest("monmap", timeout=20)  # by now the monitors know of it
        client.log_write(text, level="warn")
        client.log_write("and not this", level="info")
        client.log_flush(timeout=20)
        entry = next(m for m in log if m.json()["text"] == text).json()
    assert (entry["channel"], entry["level"], entry["name"]) == ("cluster", "warn", "client.admin")
    assert text.encode() in ceph("log", "last", "100", "warn", "cluster")


def test_barrier(client: monclient.Client) -> None:
    before = client.latest("osdmap", timeout=20)
    client.command("osd set", key="nodown", barrier="osdmap", timeout=20)
    assert client.wait_for_map("osdmap", before + 1, timeout=20) > before
    client.command("osd unset", key="nodown", barrier="osdmap", timeout=20)


def test_asyncio_questions() -> None:
    async def main() -> None:
        async with aio.connect(timeout=30, keyring=os.environ["CEPH_KEYRING"]) as client:
            mons = [m["name"] for m in client.monmap()["mons"]]
            pings = await asyncio.gather(*(client.ping(name, timeout=20) for name in mons))
            assert [p.mon for p in pings] == mons
            assert [t.mon for t in await client.tell_each("version", timeout=20)] == mons
            assert [p.name for p in await client.pools(timeout=20)] == ceph("osd", "pool", "ls").decode().split()

    asyncio.run(main())
