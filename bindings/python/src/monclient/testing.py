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
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from . import client as _client

if TYPE_CHECKING:
    from . import _ctypes as c
    from . import aio as _aio

__all__ = ["MonCluster", "counters", "mon_cluster", "mon_cluster_factory"]

# Seconds until the monitors listen, until they have done what they are asked for, and until they are gone.
_START, _ANSWER, _END = 30.0, 10.0, 10.0


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


class _Process:
    """A process of monc with monitors. It takes requests by its standard input, and ends with that, however we do."""

    def __init__(self, argv: list[str]) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._buffer = b""
        self._id = 0
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (it stays open)
        try:
            # In a session of its own, so that Ctrl-C at the terminal reaches the test and not its monitors.
            self._popen: subprocess.Popen[bytes] | None = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,
                bufsize=0,
            )
        except BaseException:
            self._stderr.close()
            raise
        self._name = f"the monitors' process {self._popen.pid}"
        try:
            #: What it says first, when all monitors listen.
            self.info: dict[str, Any] = json.loads(self._line(self._popen, time.monotonic() + _START, "started"))
        except BaseException:
            self.stop()
            raise

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have something done, and return the answer."""
        given = {k: v for k, v in arguments.items() if v is not None}
        if os.getpid() != self._owner:
            raise RuntimeError(f"{self._name} belongs to process {self._owner}, of which this one was forked")
        deadline = time.monotonic() + _ANSWER
        if not self._lock.acquire(timeout=_ANSWER):
            raise TimeoutError(f"{self._name} was busy for {_ANSWER:g} s with what other threads asked it for")
        try:
            popen = self._popen
            if popen is None:
                raise RuntimeError(f"{self._name} was stopped")
            assert popen.stdin is not None
            self._id += 1
            request = json.dumps({"id": self._id, "do": do, **given}, allow_nan=False)
            try:
                popen.stdin.write(request.encode() + b"\n")
            except BrokenPipeError:
                raise self._ended(popen) from None
            while True:
                answer = json.loads(self._line(popen, deadline, f"answered {request}"))
                if answer.get("id") == self._id:  # not to an earlier request, whose answer nobody has waited for
                    break
        finally:
            self._lock.release()
        if "error" in answer:
            raise (ValueError if "field" in answer else RuntimeError)(f"{do}: {answer['error']}")
        return dict(answer)

    def _line(self, popen: subprocess.Popen[bytes], deadline: float, what: str) -> bytes:
        """The next line of its standard output."""
        assert popen.stdout is not None
        poll = select.poll()
        poll.register(popen.stdout, select.POLLIN)
        while b"\n" not in self._buffer:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError(f"{self._name} has not {what} in time; is it stopped?")
            more = popen.stdout.read(65536)
            if not more:
                raise self._ended(popen)
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _ended(self, popen: subprocess.Popen[bytes]) -> RuntimeError:
        try:
            code = popen.wait(_END)
        except subprocess.TimeoutExpired:
            how = "closed its standard output"
        else:
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
        self._stderr.seek(0)
        said = self._stderr.read().decode(errors="replace").strip()
        return RuntimeError(f"{self._name} {how}{said and ': '}{said}")

    def stop(self) -> None:
        """End it. In a process that was forked, forget it."""
        popen = self._popen
        if os.getpid() != self._owner:
            if popen is not None:
                self._popen = None
                popen.returncode = 0  # it is not a child of this process
                self._close(popen)
            return
        with self._lock:
            popen, self._popen = self._popen, None
            if popen is None:
                return
            try:
                # What was forked may have the other end of its standard input, too.
                popen.terminate()
                try:
                    popen.wait(_END)
                except subprocess.TimeoutExpired:
                    popen.kill()
                    popen.wait()
            finally:
                self._close(popen)

    def _close(self, popen: subprocess.Popen[bytes]) -> None:
        for f in (popen.stdin, popen.stdout, self._stderr):
            if f is not None:
                f.close()


class MonCluster:
    """Embedded monitors, named a, b, c, ..., in a process of their own.

    What makes them misbehave works whatever state they are in, from any thread, and has been done when it returns; it does
    not wait for clients to notice. Where a monitor may be named, no name means all of them.

    :param mons: how many
    :param release: which release they are like: "pacific", "reef" or "tentacle"
    :param keys: type of the keys: "aes" or "aes256k"; None is the release's
    :param auth: "cephx" or "none"
    :param modes: connection modes that they allow, in order: "secure", "crc" or both, separated by a comma
    :param ipv6: listen on ::1
    :raises RuntimeError: the monitors do not start, or, later, they have ended by themselves
    :raises ValueError: of the methods: there is no such monitor, or a number is out of bounds
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
        argv = [_monc(), "testmon", "--control", "--mons", str(mons)]
        for flag, value in (("--release", release), ("--keys", keys), ("--auth", auth), ("--modes", modes)):
            if value is not None:
                argv += [flag, value]
        if ipv6:
            argv.append("--ipv6")
        self._process = _Process(argv)
        info = self._process.info
        self.fsid, self.conf, self.mon_host = info["fsid"], info["conf"], info["mon_host"]
        self.mons = {mon["name"]: mon["addr"] for mon in info["mons"]}
        self._dir = os.path.dirname(self.conf)

    def stop(self) -> None:
        """End the monitors. A second time is nothing."""
        self._process.stop()
        if os.getpid() == self._process._owner:
            shutil.rmtree(self._dir, ignore_errors=True)  # which the process has done, unless it was killed

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

    def kill(self, mon: str | None = None) -> None:
        """It goes away as by ``kill -9``: its connections break, new ones are refused."""
        self._process.ask("kill", mon=mon)

    def start(self, mon: str | None = None) -> None:
        """It comes back after :meth:`kill`, where it was. Nothing, if it is there."""
        self._process.ask("start", mon=mon)

    def freeze(self, mon: str | None = None) -> None:
        """It reads and writes no more, as by SIGSTOP or behind a network that loses everything; its connections stay."""
        self._process.ask("freeze", mon=mon)

    def thaw(self, mon: str | None = None) -> None:
        """It goes on after :meth:`freeze`, with everything that has come meanwhile."""
        self._process.ask("thaw", mon=mon)

    def drop_clients(self, mon: str | None = None) -> None:
        """It breaks all its connections with clients, and takes new ones."""
        self._process.ask("drop-clients", mon=mon)

    def refuse(self, mon: str | None = None) -> None:
        """It closes new connections at once, until :meth:`heal`."""
        self._process.ask("refuse", mon=mon)

    def silence(self, mon: str | None = None) -> None:
        """It accepts new connections and says nothing, until :meth:`heal`."""
        self._process.ask("silence", mon=mon)

    def drop_keepalives(self, mon: str | None = None) -> None:
        """It leaves keepalives unanswered, until :meth:`heal`."""
        self._process.ask("drop-keepalives", mon=mon)

    def black_hole(self, mon: str | None = None) -> None:
        """The network loses everything that goes to its clients and comes from them, until :meth:`fill_hole`: connections
        stay. It has the other monitors, and stays in quorum."""
        self._process.ask("black-hole", mon=mon)

    def fill_hole(self, mon: str | None = None) -> None:
        """What was written since :meth:`black_hole` arrives."""
        self._process.ask("fill-hole", mon=mon)

    def delay(self, seconds: float, mon: str | None = None) -> None:
        """It holds back everything that it writes for so long, until :meth:`heal`."""
        self._process.ask("delay", seconds=seconds, mon=mon)

    def slow_read(self, bytes_per_second: int, mon: str | None = None) -> None:
        """It reads at most so much, until :meth:`heal`."""
        self._process.ask("slow-read", bytes=bytes_per_second, mon=mon)

    def reset_after(self, nbytes: int, mon: str | None = None) -> None:
        """It breaks a connection, once, after so many more bytes: in the middle of a frame, maybe."""
        self._process.ask("reset-after", bytes=nbytes, mon=mon)

    def corrupt_byte(self, nth: int, mon: str | None = None) -> None:
        """It changes a bit, once, in the nth byte, from 1, that it writes from now on."""
        self._process.ask("corrupt-byte", bytes=nth, mon=mon)

    def pretend_fsid(self, fsid: str, mon: str | None = None) -> None:
        """It sends monmaps of another cluster, until :meth:`heal`."""
        self._process.ask("pretend-fsid", fsid=fsid, mon=mon)

    def send_corrupt_monmap(self, mon: str | None = None) -> None:
        """It sends its clients a monmap whose end is missing."""
        self._process.ask("send-corrupt-monmap", mon=mon)

    def send_old_monmap(self, mon: str | None = None) -> None:
        """It sends its clients the monmap before the present one."""
        self._process.ask("send-old-monmap", mon=mon)

    def heal(self, mon: str | None = None) -> None:
        """Everything is over but :meth:`kill`, :meth:`leave_quorum` and :meth:`lose_quorum`."""
        self._process.ask("heal", mon=mon)

    def leave_quorum(self, mon: str | None = None) -> None:
        """It loses touch with the other monitors, which go on if they are enough. Its clients keep their sessions for 25 s,
        in which it answers keepalives, and no command."""
        self._process.ask("leave-quorum", mon=mon)

    def join_quorum(self, mon: str | None = None) -> None:
        """It finds them again, and answers what has waited."""
        self._process.ask("join-quorum", mon=mon)

    def remove(self, mon: str) -> None:
        """The monmap loses it, which everybody is told, and it ends."""
        self._process.ask("remove-mon", mon=mon)
        self.mons.pop(mon, None)

    def add(self, mon: str) -> None:
        """One more, at an address of its own; its name is a letter, such as that of one that was removed."""
        self.mons[mon] = self._process.ask("add-mon", mon=mon)["addr"]

    def lose_quorum(self, seconds: float | None = None) -> None:
        """The monitors run and answer no commands, for so long or until :meth:`regain_quorum`."""
        self._process.ask("lose-quorum", seconds=seconds)

    def regain_quorum(self) -> None:
        """They answer again, what has waited, too."""
        self._process.ask("regain-quorum")

    def advance(self, what: str, epochs: int = 1) -> None:
        """They publish more epochs of "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"."""
        self._process.ask("advance", map=what, epochs=epochs)


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
