"""Real monitors, beside the ceph command of their release.

Only ``build/python.sh ceph`` runs them, on a cluster of each release.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

import monclient
from monclient import aio

pytestmark = pytest.mark.ceph


def ceph(*args: str) -> bytes:
    """What the ceph command prints."""
    argv = [os.environ["REALCEPH_CEPH"], *args]
    return subprocess.run(argv, timeout=30, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


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
    ours, theirs = client.command(command, format="json", timeout=20), ceph(*command.split(), "-f", "json")
    assert stable(ours.json()) == stable(json.loads(theirs))


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
