"""Monitors for tests."""

from __future__ import annotations

import os
import pathlib
import signal
import threading
import time
from typing import Any, Callable

import pytest

import monclient
from monclient.testing import MonCluster

from .conftest import Script


def wait_until(true: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def in_background(call: Callable[[], Any]) -> Callable[[], Any]:
    """Begins a call in a thread, and returns a function that waits for its result."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(call())
        except BaseException as e:
            result.append(e)

    thread = threading.Thread(target=run)
    thread.start()

    def join() -> Any:
        thread.join(30)
        assert result, "it still waits"
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]

    return join


def loses_its_session(client: monclient.Client, by: Callable[[], None]) -> None:
    events = client.session_events(timeout=10)
    by()
    next(e for e in events if e.change is monclient.SessionChange.LOST)


def pid_of(cluster: MonCluster) -> int:
    popen = cluster._process._popen
    assert popen is not None
    return popen.pid


def test_all_monitors_are_killed_and_come_back(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        loses_its_session(client, mon_cluster.kill)
        with pytest.raises(TimeoutError):
            client.command("mon dump", timeout=0.3)
        answer = in_background(lambda: client.command("mon dump", timeout=25))
        mon_cluster.start()
        assert answer().retval == 0
        assert client.command("quorum_status", format="json").json()["quorum_names"] == ["a", "b", "c"]


def test_frozen(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        mon_cluster.freeze()
        answer = in_background(lambda: client.command("mon dump", timeout=25))
        with pytest.raises(TimeoutError):
            client.command("status", timeout=0.3)
        with pytest.raises(TimeoutError):
            mon_cluster.connect(timeout=0.3)
        mon_cluster.thaw()
        assert answer().retval == 0


def test_quorum(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        mon_cluster.lose_quorum()
        with pytest.raises(TimeoutError):
            client.command("mon dump", timeout=0.3)
        mon_cluster.regain_quorum()
        assert client.command("mon dump", timeout=10).retval == 0
        # Two of three, killed, are no quorum either.
        mon = client.session().mon
        for other in {"a", "b", "c"} - {mon}:
            mon_cluster.kill(other)
        with pytest.raises(TimeoutError):
            client.command("mon dump", timeout=0.3)
        mon_cluster.start()
        assert client.command("mon dump", timeout=20).retval == 0


def test_killed_once(mon_cluster: MonCluster) -> None:
    """Whoever is connected to the monitor loses one session."""
    with mon_cluster.connect() as client:
        events = client.session_events(timeout=10)
        before = client.session().mon
        seen = []
        mon_cluster.kill(before)
        for e in events:
            seen.append(e.change)
            if seen[-1] is monclient.SessionChange.FAILED_OVER:
                break
        assert seen.count(monclient.SessionChange.LOST) == 1
        assert client.session().mon != before


@pytest.mark.parametrize("fault", ["refuse", "silence"])
def test_no_new_connections(mon_cluster: MonCluster, fault: str) -> None:
    with mon_cluster.connect() as client:
        getattr(mon_cluster, fault)()
        with pytest.raises((TimeoutError, ConnectionError)):
            mon_cluster.connect(timeout=0.3)
        assert client.command("mon dump", timeout=10).retval == 0, "connections that are there stay"
        mon_cluster.heal()
        mon_cluster.connect().close()


@pytest.mark.parametrize(
    "fault",
    [
        lambda c: c.reset_after(10),
        lambda c: c.corrupt_byte(10),
        lambda c: c.drop_clients(),
        lambda c: c.send_corrupt_monmap(),
    ],
    ids=["reset_after", "corrupt_byte", "drop_clients", "send_corrupt_monmap"],
)
def test_a_client_comes_over_it(mon_cluster: MonCluster, fault: Callable[[MonCluster], None]) -> None:
    with mon_cluster.connect() as client:
        fault(mon_cluster)
        assert client.command("mon dump", timeout=20).retval == 0


def test_slow(mon_cluster_factory: Callable[..., MonCluster]) -> None:
    cluster = mon_cluster_factory(1)
    with cluster.connect() as client:
        cluster.delay(0.2)
        begin = time.monotonic()
        assert client.command("mon dump", timeout=20).retval == 0
        assert time.monotonic() - begin >= 0.2
        cluster.heal()
        cluster.slow_read(1000)
        with pytest.raises(TimeoutError):
            client.command("config-key set", key="k", input=b"x" * 10000, timeout=0.5)
        cluster.heal("a")
        assert client.command("mon dump", timeout=20).retval == 0


def test_nothing_comes_through(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        mon = client.session().mon
        mon_cluster.black_hole(mon)
        assert client.command("quorum_status", format="json", timeout=25).json()["quorum_names"] == ["a", "b", "c"]
        assert client.session().mon != mon
        mon_cluster.fill_hole()
        with mon_cluster.connect(mon_host=mon_cluster.mons[mon], options={"mon_client_hunt_parallel": 1}) as other:
            assert other.session().mon == mon


def test_out_of_quorum(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect(options={"monclient_quorum_timeout": 0.5}) as client:
        mon = client.session().mon
        mon_cluster.leave_quorum(mon)
        status = client.command("quorum_status", format="json", timeout=25).json()
        assert status["quorum_names"] == sorted({"a", "b", "c"} - {mon})
        assert client.session().mon != mon
        mon_cluster.join_quorum()
        assert client.command("quorum_status", format="json", timeout=25).json()["quorum_names"] == ["a", "b", "c"]


def test_monitors_come_and_go(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        mon = client.session().mon
        mon_cluster.remove(mon)
        assert sorted(mon_cluster.mons) == sorted({"a", "b", "c"} - {mon})
        assert client.wait_for_map("monmap", 2, timeout=25) == 2
        assert client.command("mon dump", timeout=25).mon in mon_cluster.mons
        for name in (mon, "z"):
            mon_cluster.add(name)
        assert client.wait_for_map("monmap", 4, timeout=25) == 4
        members = {m["name"]: m["public_addrs"]["addrvec"][0]["addr"] for m in client.monmap()["mons"]}
        assert members == {name: addr.split("/")[0].partition(":")[2] for name, addr in mon_cluster.mons.items()}
        assert sorted(members) == ["a", "b", "c", "z"]


def test_maps(mon_cluster: MonCluster) -> None:
    with mon_cluster.connect() as client:
        newest = client.version("osdmap").newest
        mon_cluster.advance("osdmap", 5)
        assert client.wait_for_map("osdmap", newest + 5, timeout=10) == newest + 5
        epoch = client.monmap()["epoch"]
        mon_cluster.send_old_monmap()
        mon_cluster.drop_keepalives()
        mon_cluster.pretend_fsid("00000000-0000-0000-0000-000000000001")
        assert client.command("fsid", timeout=10).text.strip() == client.fsid == mon_cluster.fsid
        assert client.monmap()["epoch"] == epoch


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda c: c.kill("x"), r"kill: mon: there is no mon\.x; there are a, b, c"),
        (lambda c: c.start(7), r"start: mon: is a number, want a string"),
        (lambda c: c.delay(-1), r"delay: seconds: is -1, want 0 to \d+"),
        (lambda c: c.delay(float("inf")), r"not JSON compliant"),
        (lambda c: c.slow_read(0), r"slow-read: bytes: is 0, want 1 or more"),
        (lambda c: c.lose_quorum(0), r"lose-quorum: seconds: is 0, want a number up to 3600"),
        (lambda c: c.pretend_fsid("no"), r'pretend-fsid: fsid: "no" is no UUID'),
        (lambda c: c.add("a"), r"add-mon: mon: there is a mon\.a already"),
        (lambda c: c.add("mon"), r'add-mon: mon: is "mon", want a letter from a to z'),
        (lambda c: c.remove("x"), r"remove-mon: mon: there is no mon\.x; there are a, b, c"),
        (lambda c: c.advance("pgmap"), r'advance: map: "pgmap" is none of monmap, osdmap, mgrmap, fsmap, servicemap'),
    ],
)
def test_wrong_arguments(cluster: MonCluster, call: Callable[[MonCluster], None], text: str) -> None:
    with pytest.raises(ValueError, match=f"^.*{text}"):
        call(cluster)
    cluster.heal()  # it goes on


def test_threads(mon_cluster: MonCluster) -> None:
    def work() -> None:
        for mon in "abc" * 20:
            mon_cluster.drop_keepalives(mon)
            with pytest.raises(ValueError, match="there is no mon"):
                mon_cluster.kill("x")

    for join in [in_background(work) for _ in range(8)]:
        join()


def test_the_process_is_killed() -> None:
    cluster = MonCluster(1)
    directory = pathlib.Path(cluster.conf).parent
    os.kill(pid_of(cluster), signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"the monitors' process \d+ was ended by SIGKILL"):
            cluster.kill("a")
    cluster.stop()
    assert not directory.exists()
    with pytest.raises(RuntimeError, match="was stopped"):
        cluster.kill("a")
    cluster.stop()


def test_the_process_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with MonCluster(1) as cluster:
        os.kill(pid_of(cluster), signal.SIGSTOP)
        monkeypatch.setattr(monclient.testing, "_ANSWER", 0.2)
        with pytest.raises(TimeoutError, match=r"has not answered .*\"kill\".* in time"):
            cluster.kill("b")
        os.kill(pid_of(cluster), signal.SIGCONT)
        monkeypatch.undo()
        # The answer that nobody has waited for is not taken for this one's.
        cluster.heal()
        with pytest.raises(ValueError, match=r"there is no mon\.c"):
            cluster.kill("c")
        os.kill(pid_of(cluster), signal.SIGSTOP)
        monkeypatch.setattr(monclient.testing, "_END", 0.2)
    assert cluster._process._popen is None


def test_ctrl_c_while_it_is_asked() -> None:
    with MonCluster(1) as cluster:
        os.kill(pid_of(cluster), signal.SIGSTOP)
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            cluster.kill("b")
        timer.join()
        os.kill(pid_of(cluster), signal.SIGCONT)
        cluster.heal()


def test_it_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    with pytest.raises(RuntimeError, match=r"exited with status 2: .*--mons"):
        MonCluster(0)
    monkeypatch.setenv("MONC", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        MonCluster()
    monkeypatch.setenv("MONC", "/bin/cat")
    with pytest.raises(RuntimeError, match="exited with status 1"):
        MonCluster()


def test_nothing_is_left_after_a_kill(script: Script) -> None:
    """Neither a process nor a file, however the test ends."""
    done = script(
        """
import os, signal
from monclient.testing import MonCluster
cluster = MonCluster()
print(cluster._process._popen.pid, cluster.conf, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""",
        status=-signal.SIGKILL,
    )
    pid, conf = done.stdout.split()
    wait_until(lambda: has_ended(int(pid)))
    wait_until(lambda: not os.path.exists(os.path.dirname(conf)))


def has_ended(pid: int) -> bool:
    try:
        # Nobody may be there to reap it.
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_nothing_is_left_when_it_is_forgotten(script: Script) -> None:
    done = script(
        """
import gc, warnings
from monclient.testing import MonCluster
warnings.simplefilter("ignore")
cluster = MonCluster()
print(cluster._process._popen.pid, cluster.conf, flush=True)
"""
    )
    pid, conf = done.stdout.split()
    wait_until(lambda: has_ended(int(pid)))
    wait_until(lambda: not os.path.exists(os.path.dirname(conf)))


def test_after_a_fork(script: Script) -> None:
    """The child neither steers its parent's monitors nor ends them."""
    script(
        """
import os, sys, warnings
from monclient.testing import MonCluster
warnings.filterwarnings("ignore", category=DeprecationWarning)
with MonCluster(1) as cluster:
    pid = os.fork()
    if pid == 0:
        try:
            cluster.kill("a")
        except RuntimeError as e:
            print(e)
            cluster.stop()
            sys.exit(7)
        sys.exit(8)
    assert os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 7
    cluster.heal()
    assert os.path.exists(cluster.conf)
    cluster.connect().close()
assert not os.path.exists(cluster.conf)
"""
    )
