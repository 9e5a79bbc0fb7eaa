"""What the tests have in common."""

from __future__ import annotations

import asyncio
import gc
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Awaitable, Iterator
from typing import Any, Callable

import pytest

from monclient import aio
from monclient.testing import MonCluster, counters

# A shell ignores Ctrl-C in what it runs in the background, and the programs that the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Whatever a test does, the library has nothing afterwards."""
    yield
    gc.collect()
    assert not any(counters().values()), counters()


@pytest.fixture(scope="module")
def cluster() -> Iterator[MonCluster]:
    """Three monitors that the tests of a module share."""
    with MonCluster() as c:
        yield c


@pytest.fixture(params=["sync", "asyncio"])
def ask(request: Any, cluster: MonCluster) -> Iterator[Callable[..., Any]]:
    """Calls a method of a client, of either kind, by its name."""
    if request.param == "sync":
        with cluster.connect() as client:
            yield lambda name, *args, **kwargs: getattr(client, name)(*args, **kwargs)
        return
    loop = asyncio.new_event_loop()

    async def call(name: str, args: Any, kwargs: Any) -> Any:
        result = getattr(other, name)(*args, **kwargs)
        return await asyncio.wait_for(result, 30) if isinstance(result, Awaitable) else result

    async def connect() -> aio.Client:
        return await cluster.aconnect()

    other = loop.run_until_complete(connect())
    try:
        yield lambda name, *args, **kwargs: loop.run_until_complete(call(name, args, kwargs))
    finally:
        loop.run_until_complete(other.close())
        loop.close()


Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(cluster: MonCluster) -> Script:
    """Runs a Python program of its own, with $CEPH_CONF, in limited time."""

    def run(code: str, timeout: float = 30, status: int = 0, dev: bool = True) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, *(["-X", "dev"] if dev else []), "-W", "error::ResourceWarning", "-c", code]
        env = {**os.environ, "CEPH_CONF": cluster.conf, "PYTHONUNBUFFERED": "1"}
        done = subprocess.run(argv, env=env, timeout=timeout, capture_output=True, text=True, check=False)
        assert done.returncode == status, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
