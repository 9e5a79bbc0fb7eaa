"""What mypy sees of the package. It is checked and not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import monclient
from monclient import aio
from monclient.testing import MonCluster

if TYPE_CHECKING:
    from typing_extensions import assert_type


def synchronous() -> None:
    with monclient.connect(conf=False, mon_host="10.0.0.1", key="k", options={"a": 1, "b": True}) as client:
        assert_type(client, monclient.Client)
        result = client.command("osd tree", format="json", input=b"x", timeout=1.5, check=False, pool="p", size=3)
        assert_type(result, monclient.Result)
        assert_type(result.output, bytes)
        assert_type(result.retval, int)
        client.command({"prefix": "status"}, resend="never")
        client.command("status", resend=monclient.Resend.READ_ONLY)
        client.command("status", resend="sometimes")  # type: ignore[arg-type]
        assert_type(result.mon, str)
        assert_type(result.resent, bool)
        assert_type(client.version("osdmap").newest, int)
        assert_type(client.wait_for_map("osdmap", 5, timeout=None), int)
        client.watch("mgrmap", latest=True)
        for m in client.watch("osdmap", start=1, onetime=True):
            assert_type(m, monclient.Map)
            assert_type(m.data, bytes)
            assert_type(m.osdmap, Optional[monclient.OSDMap])
        with client.osdmap(timeout=1) as osdmap:
            assert_type(osdmap, monclient.OSDMap)
            assert_type(osdmap.pools[0], monclient.Pool)
            assert_type(osdmap.osd(0).state, frozenset[str])
            assert_type([c.text for c in osdmap.diff(osdmap)], list[str])
            assert_type(bytes(osdmap), bytes)
        for event in client.session_events():
            assert_type(event.change, monclient.SessionChange)
        assert_type(client.fsid, str)
        assert_type(client.monmap(), dict[str, Any])
        assert_type(client.session(), monclient.Session)
        assert_type(client.standbys(), list[monclient.Standby])
        client.set_key("k")


async def asynchronous() -> None:
    async with aio.connect(timeout=3) as client:
        assert_type(client, aio.Client)
        assert_type(await client.command("status", resend="read-only"), monclient.Result)
        assert_type(client.standbys(), list[monclient.Standby])
        client.watch("mgrmap", latest=True)
        async for m in client.watch("osdmap"):
            assert_type(m, monclient.Map)
        assert_type(await client.osdmap(), monclient.OSDMap)
        async for event in client.session_events():
            assert_type(event, monclient.SessionEvent)
    assert_type(await aio.connect(), aio.Client)


def errors() -> None:
    try:
        synchronous()
    except monclient.CommandNotFoundError as e:
        assert_type(e.retval, int)
        not_found: FileNotFoundError = e
        raise not_found from None
    except monclient.Error as e:
        assert_type(e.outcome, Optional[monclient.Outcome])


def cluster(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        assert_type(client, monclient.Client)
