"""What stands in for python3-rados, against embedded monitors. test/compat compares it with python3-rados itself."""

from __future__ import annotations

import errno
import gc
import json
import pathlib
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import monclient
from monclient.compat import rados
from monclient.testing import MonCluster

FSID = '{"prefix": "fsid"}'


@pytest.fixture
def cluster_handle(cluster: MonCluster) -> Iterator[rados.Rados]:
    with rados.Rados(conffile=cluster.conf) as c:
        yield c


def test_states(cluster: MonCluster) -> None:
    c = rados.Rados(conffile=cluster.conf)
    assert c.state == "configuring"
    with pytest.raises(rados.RadosStateError, match="perform that operation on a Rados object in state configuring"):
        c.get_fsid()
    c.connect()
    assert c.state == "connected"
    assert c.get_fsid() == cluster.fsid
    with pytest.raises(rados.RadosStateError, match="in state connected"):
        c.connect()
    c.shutdown()
    c.shutdown()
    assert c.state == "shutdown"
    for call in (c.get_fsid, c.connect, lambda: c.conf_get("mon_host"), lambda: c.mon_command(FSID, b"")):
        with pytest.raises(rados.RadosStateError, match="in state shutdown"):
            call()
    assert str(c.version()) == "3.0.0"


def test_with(cluster: MonCluster) -> None:
    with pytest.raises(KeyError), rados.Rados(conffile=cluster.conf) as c:
        raise KeyError
    assert c.state == "shutdown"


def test_forgotten(cluster: MonCluster) -> None:
    """It closes what it has without a word, as python3-rados does."""
    c = rados.Rados(conffile=cluster.conf)
    c.connect()
    del c
    gc.collect()


def test_constructor(cluster: MonCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEPH_CONF", cluster.conf)
    for default in (rados.Rados.DEFAULT_CONF_FILES, ""):
        assert rados.Rados(conffile=default).conf_get("mon_host") == cluster.mon_host
    for none in (rados.Rados.NO_CONF_FILE, None):
        assert rados.Rados(conffile=none).conf_get("mon_host") == ""
    c = rados.Rados("x", conf_defaults={"log_to_stderr": "true"}, conf={"client_mount_timeout": "7"})
    assert (c.rados_id, c.conf_get("log_to_stderr"), c.conf_get("client_mount_timeout")) == ("x", "true", "7")
    with pytest.raises(rados.Error, match="can't supply both rados_id and name"):
        rados.Rados(rados_id="a", name="client.a")
    with pytest.raises(rados.Error, match="rados_initialize failed with error code: -22"):
        rados.Rados(name="none")
    with pytest.raises(rados.ObjectNotFound):
        rados.Rados(conf={"nosuch": "1"})
    with pytest.raises(rados.ObjectNotFound):
        rados.Rados(conffile="/nonexistent")


@pytest.mark.parametrize(
    ("arguments", "name", "want", "got"),
    [
        ({"rados_id": 1}, "rados_id", "str", "int"),
        ({"clustername": b""}, "clustername", "str", "bytes"),
        ({"conf": []}, "conf", "dict", "list"),
        ({"conf": {"mon_host": 1}}, "val", "str", "int"),
        ({"conffile": 5}, "path", "str", "int"),
        ({"flags": "x"}, "flags", "int", "str"),
    ],
)
def test_argument_types(arguments: dict[str, Any], name: str, want: str, got: str) -> None:
    with pytest.raises(TypeError) as e:
        rados.Rados(**arguments)
    assert str(e.value) == f"Argument '{name}' has incorrect type (expected {want}, got {got})"


def test_configuration(cluster: MonCluster, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    c = rados.Rados()
    assert (c.conf_get("nosuch"), c.conf_get("name")) == (None, None)
    c.conf_set("mon host", "1.2.3.4")
    assert c.conf_get("mon_host") == "1.2.3.4"
    with pytest.raises(rados.InvalidArgumentError) as e:
        c.conf_set("client_mount_timeout", "abc")
    assert str(e.value) == "[errno 22] RADOS invalid argument (error calling conf_set)"
    assert e.value.errno == errno.EINVAL
    assert isinstance(e.value.__cause__, monclient.InvalidError)  # which says more
    with pytest.raises(rados.ObjectNotFound):
        c.conf_set("name", "client.x")
    assert c.conf_parse_argv(["osd", "--mon-client-hunt-parallel=7", "tree", "--nosuch", "--", "-m"]) == [
        "osd",
        "tree",
        "--nosuch",
        "--",
        "-m",
    ]
    assert c.conf_get("mon_client_hunt_parallel") == "7"
    assert c.conf_parse_argv([]) is None
    with pytest.raises(rados.InvalidArgumentError):
        c.conf_parse_argv(["--client-mount-timeout", "abc"])
    monkeypatch.setenv("SOME_ARGS", "--mon-client-ping-timeout 8 --nosuch")
    c.conf_parse_env("SOME_ARGS")
    assert c.conf_get("mon_client_ping_timeout") == "8.000000"
    c.conf_parse_env("NO_SUCH_ARGS")
    broken = tmp_path / "ceph.conf"
    broken.write_text("[global\n")
    with pytest.raises(rados.InvalidArgumentError):
        c.conf_read_file(str(broken))


def test_too_late(cluster_handle: rados.Rados, cluster: MonCluster) -> None:
    c = cluster_handle
    assert c.conf_get("mon_host") == cluster.mon_host
    with pytest.raises(rados.PermissionError, match="error calling conf_set"):
        c.conf_set("mon_host", "1.1.1.1")
    with pytest.raises(rados.OSError) as e:
        c.conf_read_file()
    assert e.value.errno == errno.ENOSYS
    with pytest.raises(rados.OSError, match=r"\[errno 38\] error calling conf_parse_argv_remainder"):
        c.conf_parse_argv(["x"])
    c.conf_set("rados_mon_op_timeout", "5")


def test_mon_command(cluster_handle: rados.Rados, cluster: MonCluster) -> None:
    c = cluster_handle
    assert c.mon_command(FSID, b"", timeout=3) == (0, f"{cluster.fsid}\n".encode(), "")
    ret, output, status = c.mon_command('{"prefix": "nosuch"}', b"")
    assert (ret, output, status) == (-errno.EINVAL, b"", "command not known")
    assert c.mon_command('{"prefix": "config-key get", "key": "absent"}', b"")[0] == -errno.ENOENT
    assert c.mon_command('{"prefix": "config-key set", "key": "compat"}', b"\0value")[0] == 0
    assert c.mon_command('{"prefix": "config-key get", "key": "compat"}', b"")[1] == b"\0value"
    for bad in ((3, b""), (FSID.encode(), b""), (FSID, "text"), (FSID, None), (FSID, b"", "1"), (FSID, b"", 0, 1.5)):
        with pytest.raises(TypeError):
            c.mon_command(*bad)


def test_one_monitor(cluster_handle: rados.Rados) -> None:
    c = cluster_handle
    for target in ("b", 1, "1"):
        ret, output, _ = c.mon_command('{"prefix": "mon_status"}', b"", target=target)
        assert (ret, json.loads(output)["name"]) == (0, "b")
    assert c.mon_command(FSID, b"", target="nosuch") == (-errno.ENOENT, b"", "mon dne")
    assert c.mon_command(FSID, b"", target="mon.a") == (-errno.ENOENT, b"", "mon dne")
    assert c.mon_command(FSID, b"", target=7) == (-errno.ENOENT, b"", "mon rank dne")
    assert c.mon_command(FSID, b"", target="")[0] == 0


def test_time_is_up(mon_cluster: MonCluster) -> None:
    with rados.Rados(conffile=mon_cluster.conf) as c:
        mon_cluster.lose_quorum()
        c.conf_set("rados_mon_op_timeout", "1")
        assert c.mon_command(FSID, b"") == (-errno.ETIMEDOUT, b"", "timed out")
        with pytest.raises(rados.TimedOut):
            c.list_pools()


def test_ping(cluster_handle: rados.Rados, cluster: MonCluster) -> None:
    text = cluster_handle.ping_monitor("b")
    assert text
    assert json.loads(text)["mon_status"]["name"] == "b"
    for unknown in ("nosuch", "1"):
        with pytest.raises(rados.ObjectNotFound, match="error calling ping_monitor"):
            cluster_handle.ping_monitor(unknown)
    with pytest.raises(rados.InvalidArgumentError):
        cluster_handle.ping_monitor("")
    alone = rados.Rados(conffile=cluster.conf)
    text = alone.ping_monitor("a")
    assert text
    assert json.loads(text)["mon_status"]["name"] == "a"
    with pytest.raises(rados.ObjectNotFound):
        alone.ping_monitor("nosuch")


def test_what_the_monitors_know(cluster_handle: rados.Rados) -> None:
    c = cluster_handle
    assert c.get_instance_id() > 0
    assert c.get_addrs().startswith("127.0.0.1:0/")
    assert c.wait_for_latest_osdmap() == 0
    assert set(c.get_cluster_stats()) == {"kb", "kb_used", "kb_avail", "num_objects"}


def test_pools(cluster_handle: rados.Rados) -> None:
    c = cluster_handle
    c.create_pool("compat")
    assert "compat" in c.list_pools()
    assert c.pool_exists("compat")
    pool = c.pool_lookup("compat")
    assert pool
    assert c.pool_reverse_lookup(pool) == "compat"
    assert c.get_pool_base_tier(pool) == pool
    with pytest.raises(rados.ObjectExists, match="error creating pool 'compat'"):
        c.create_pool("compat")
    with pytest.raises(rados.InvalidArgumentError):
        c.create_pool("other", auid=5)
    with pytest.raises(OverflowError, match="too large"):
        c.create_pool("other", crush_rule=256)
    assert (c.pool_lookup("nosuch"), c.pool_reverse_lookup(999), c.pool_exists("nosuch")) == (None, None, False)
    for absent in (
        lambda: c.delete_pool("nosuch"),
        lambda: c.get_pool_base_tier(999),
        lambda: c.open_ioctx("nosuch"),
        lambda: c.open_ioctx2(999),
    ):
        with pytest.raises(rados.ObjectNotFound):
            absent()


def test_blocklist(cluster_handle: rados.Rados) -> None:
    cluster_handle.blocklist_add("10.0.0.1:0/5", 60)
    with pytest.raises(rados.InvalidArgumentError, match="error blocklisting client 'nosuch'"):
        cluster_handle.blocklist_add("nosuch")
    with pytest.raises(OverflowError, match="negative"):
        cluster_handle.blocklist_add("10.0.0.1:0/5", -1)


def test_needs_osds(cluster_handle: rados.Rados) -> None:
    c = cluster_handle
    c.create_pool("needs-osds")
    for call in (
        lambda: c.open_ioctx("needs-osds"),
        lambda: c.osd_command(0, FSID, b""),
        lambda: c.pg_command("1.0", FSID, b""),
        lambda: c.service_daemon_register("a", "b", {}),
        lambda: c.service_daemon_update({}),
        rados.Ioctx,
        rados.WriteOpCtx,
    ):
        with pytest.raises(NotImplementedError, match=r"monclient\.compat\.rados"):
            call()
    assert c.osd_command(-1, FSID, b"")[0] == -errno.EINVAL


def test_log(cluster_handle: rados.Rados) -> None:
    c, got, come = cluster_handle, [], threading.Event()

    def entry(*args: Any) -> None:
        if args[-1] == b"compat log" and not come.is_set():
            got.append(args)
            come.set()
            raise ValueError("what a callback raises ends nothing")

    def written() -> None:
        come.clear()
        for _ in range(50):
            assert c.mon_command('{"prefix": "log", "logtext": ["compat log"]}', b"")[0] == 0
            if come.wait(0.2):
                return

    raised: list[Any] = []
    before, threading.excepthook = threading.excepthook, raised.append
    try:
        rados.MonitorLog(c, "info", entry, "ARG")
        assert c.monitor_callback == (entry, "ARG")
        written()
        c.monitor_log2("warning")
        assert c.monitor_callback2 is None
        c.monitor_log2("debug", entry, "ARG")
        written()
        c.monitor_log2("debug", None)
    finally:
        threading.excepthook = before
    (arg, line, who, sec, nsec, seq, level, text), (arg2, _, channel, name, _, _, _, _, _, _) = got
    assert (arg, arg2, level, text, channel, name) == ("ARG", "ARG", b"[INF]", b"compat log", b"cluster", b"client.admin")
    assert line.endswith(b" client.admin [INF] compat log")
    assert who.startswith(b"client.")
    assert all(isinstance(n, int) for n in (sec, nsec, seq))
    assert [r.exc_type for r in raised] == [ValueError] * 2
    with pytest.raises(rados.LogicError, match="invalid monitor level nosuch"):
        c.monitor_log("nosuch", entry)
    with pytest.raises(rados.LogicError, match="callback must be a callable function or None"):
        c.monitor_log("info", 3)  # type: ignore[arg-type]


def test_shutdown_in_the_callback(cluster: MonCluster) -> None:
    c, over = rados.Rados(conffile=cluster.conf), threading.Event()
    c.connect()

    def entry(*_: Any) -> None:
        c.shutdown()
        over.set()

    c.monitor_log("debug", entry)
    with cluster.connect() as other:
        other.command("log", logtext=["come"])
        assert over.wait(30)
    assert c.state == "shutdown"


def test_connecting_fails(cluster: MonCluster, tmp_path: pathlib.Path) -> None:
    wrong = tmp_path / "keyring"
    wrong.write_text("[client.admin]\n\tkey = AQBkpVhlAAAAABAAqqqqqqqqqqqqqqqqqqqqqq==\n")
    for kind, conf in (
        (rados.ObjectNotFound, {"keyring": "/nonexistent"}),
        (rados.InvalidArgumentError, {"mon_host": "::no such host::"}),
        (rados.TimedOut, {"mon_host": "127.0.0.1:1", "client_mount_timeout": "1"}),
        (rados.PermissionDeniedError, {"keyring": str(wrong)}),
    ):
        c = rados.Rados(conffile=cluster.conf, conf=conf)
        with pytest.raises(kind, match="error connecting to the cluster") as e:
            c.connect()
        assert (type(e.value), c.state) == (kind, "configuring")
        assert isinstance(e.value.__cause__, monclient.Error)


def test_exceptions() -> None:
    e = rados.ObjectNotFound("m", errno=2)
    assert (str(e), repr(e)) == ("[errno 2] RADOS object not found (m)", "ObjectNotFound('RADOS object not found (m)')")
    assert isinstance(e, rados.OSError)
    assert isinstance(e, rados.Error)
    assert not isinstance(e, OSError)
    others: list[rados.Error] = [e, rados.ExtendMismatch("m", 1, 5), rados.RadosStateError("m")]
    for other in others:
        again = pickle.loads(pickle.dumps(other))
        assert (type(again), str(again), vars(again)) == (type(other), str(other), vars(other))
    assert str(rados.Error("m")) == "m"
