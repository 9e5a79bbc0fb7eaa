"""Monitors for tests: real ones in protocol and cephx, without a cluster, on loopback addresses.

pytest finds the fixtures by itself once this package is installed:

    def test_status(mon_cluster):
        with mon_cluster.connect() as client:
            assert client.command("status", format="json").json()["fsid"] == mon_cluster.fsid

Without pytest, :class:`MonCluster` is a context manager.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import client as _client

if TYPE_CHECKING:
    from . import _ctypes as c
    from . import aio as _aio

__all__ = ["MonCluster", "counters", "mon_cluster", "mon_cluster_factory"]

#: Runs a program until the standard input ends, which it does with the process that made it, however that dies.
_UNTIL_EOF = '"$@" & exec >&-; trap : TERM; cat >/dev/null; kill $! 2>/dev/null; wait $!'


def _monc() -> str:
    """The program that runs the monitors: $MONC, that of the package, that of a checkout, that in $PATH."""
    if named := os.environ.get("MONC"):
        return named
    here = pathlib.Path(__file__).resolve().parent
    found = [here / "monc"]
    if len(here.parents) > 3 and (here.parents[3] / "include" / "monclient.h").exists():
        found.append(here.parents[3] / "bin" / "monc")
    for path in found:
        if path.exists():
            return str(path)
    if path_of := shutil.which("monc"):
        return path_of
    raise FileNotFoundError("monc, which runs the monitors, is neither in this package nor in $PATH; $MONC may name it")


def counters() -> dict[str, int]:
    """What is alive in the library: everything is 0 when all clients are closed and nothing leaks."""
    import ctypes

    from . import _ctypes, _lib

    library = _lib.load()
    values: c.monclient_counters_t = _ctypes.monclient_counters_t(struct_size=ctypes.sizeof(_ctypes.monclient_counters_t))
    _lib.check(library, library.monclient_counters(ctypes.byref(values)))
    return {name: getattr(values, name) for name, *_ in values._fields_ if name != "struct_size"}


class MonCluster:
    """Embedded monitors, named a, b, c, ..., in a process of their own.

    :param mons: how many
    :param release: which release they are like: "pacific", "reef" or "tentacle"
    :param keys: type of the keys: "aes" or "aes256k"; None is the release's
    :param auth: "cephx" or "none"
    :param modes: connection modes that they allow, in order: "secure", "crc" or both, separated by a comma
    """

    #: The cluster's id.
    fsid: str
    #: Path of a ceph.conf for its clients, which names the keyring.
    conf: str
    #: Where the monitors are.
    mon_host: str
    #: Their addresses by name.
    mons: dict[str, str]

    def __init__(
        self,
        mons: int = 3,
        *,
        release: str | None = None,
        keys: str | None = None,
        auth: str | None = None,
        modes: str | None = None,
        ipv6: bool = False,
    ) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._dir = tempfile.mkdtemp(prefix="monclient-testing-")
        argv = [_monc(), "-f", "json", "testmon", "--mons", str(mons), "--dir", self._dir]
        for flag, value in (("--release", release), ("--keys", keys), ("--auth", auth), ("--modes", modes)):
            if value is not None:
                argv += [flag, value]
        if ipv6:
            argv.append("--ipv6")
        try:
            with open(os.path.join(self._dir, "stderr"), "wb") as stderr:
                # In a session of its own, so that Ctrl-C at the terminal reaches the test and not its monitors.
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", _UNTIL_EOF, "sh", *argv],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    start_new_session=True,
                )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()  # once all monitors listen, or at the end
            if not line:
                code = self._end(stop=False)
                text = pathlib.Path(self._dir, "stderr").read_text(errors="replace").strip()
                raise RuntimeError(f"{' '.join(argv)} exited with {code}: {text}")
            info = json.loads(line)
        except BaseException:
            self.stop()
            raise
        self.fsid, self.conf, self.mon_host = info["fsid"], info["conf"], info["mon_host"]
        self.mons = {mon["name"]: mon["addr"] for mon in info["mons"]}

    def _end(self, stop: bool) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        if stop:  # a child that was forked may have the other end of its input, too
            os.killpg(process.pid, signal.SIGTERM)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()
        finally:
            process.stdout.close()

    def stop(self) -> None:
        """End the monitors. A second time is nothing."""
        self._end(stop=True)
        shutil.rmtree(self._dir, ignore_errors=True)

    def __enter__(self) -> MonCluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def connect(self, **kwargs: Any) -> _client.Client:
        """A client of these monitors; the arguments are those of :func:`monclient.connect`."""
        return _client.connect(**{"conf": self.conf, "timeout": 10.0, **kwargs})

    def aconnect(self, **kwargs: Any) -> _aio._Connect:
        """The same of :mod:`monclient.aio`."""
        from . import aio as _aio

        return _aio.connect(**{"conf": self.conf, "timeout": 10.0, **kwargs})

    def _do(self, what: str, **args: str) -> None:
        with self.connect(log_level=logging.CRITICAL) as client:
            client.command({"prefix": f"testmon {what}", **args}, timeout=10)

    def kill(self, mon: str) -> None:
        """A monitor goes away, with its connections. One must remain."""
        # The answer to who asks the monitor that goes is lost; then it is asked of another one, and goes again.
        self._do("kill", mon=mon)

    def start(self, mon: str) -> None:
        """A monitor that was killed comes back."""
        self._do("start", mon=mon)

    def freeze(self, mon: str) -> None:
        """A monitor answers no more; its connections stay."""
        self._do("freeze", mon=mon)

    def thaw(self, mon: str) -> None:
        """A monitor that was frozen answers again."""
        self._do("thaw", mon=mon)

    def drop_clients(self, mon: str) -> None:
        """A monitor breaks all its connections with clients, maybe twice: whoever asks it for that may be one of them."""
        self._do("drop-clients", mon=mon)

    def lose_quorum(self, seconds: float) -> None:
        """The monitors answer no commands for so long."""
        self._do("lose-quorum", seconds=str(seconds))


def _fixture(f: Any) -> Any:
    try:
        import pytest
    except ImportError:  # for MonCluster without pytest
        return f
    return pytest.fixture(f)


@_fixture
def mon_cluster() -> Iterator[MonCluster]:
    """Three embedded monitors."""
    with MonCluster() as cluster:
        yield cluster


@_fixture
def mon_cluster_factory() -> Iterator[Callable[..., MonCluster]]:
    """Makes clusters: ``mon_cluster_factory(1, release="tentacle")``. They end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(MonCluster(*args, **kwargs))
