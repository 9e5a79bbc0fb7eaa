"""``python -m monclient.ceph`` with scripts that are not Ceph's. test/compat runs Ceph's."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from monclient.testing import MonCluster


def run(env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "monclient.ceph", *args]
    return subprocess.run(argv, env={**os.environ, **env}, timeout=30, capture_output=True, text=True, check=False)


@pytest.fixture
def scripts(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory with a ceph_argparse and a script that uses rados."""
    (tmp_path / "ceph_argparse.py").write_text("HERE = True\n")
    script = tmp_path / "ceph"
    script.write_text(
        "#! /usr/bin/python3\n"
        "import sys\n"
        "import ceph_argparse, rados\n"
        "if __name__ == '__main__':\n"
        "    with rados.Rados(conffile=rados.Rados.DEFAULT_CONF_FILES) as c:\n"
        "        print(__file__, sys.argv[0], *sys.argv[1:], c.get_fsid())\n"
        "    sys.exit(7)\n"
    )
    script.chmod(0o755)
    return tmp_path


def test_script(cluster: MonCluster, scripts: pathlib.Path) -> None:
    script = str(scripts / "ceph")
    for env in ({"MONCLIENT_CEPH": script}, {"PATH": f"{scripts}:{os.environ['PATH']}"}):
        done = run({"CEPH_CONF": cluster.conf, **env}, "-s", "--x")
        assert (done.stdout, done.stderr, done.returncode) == (f"{script} {script} -s --x {cluster.fsid}\n", "", 7)


def test_no_script(scripts: pathlib.Path) -> None:
    for env, text in (
        ({"PATH": "/nonexistent"}, "there is no ceph on $PATH"),
        ({"MONCLIENT_CEPH": "/nonexistent/ceph"}, "cannot read the ceph script /nonexistent/ceph: No such file"),
        ({"MONCLIENT_CEPH": "/bin/sh"}, "/bin/sh is no Python script"),
    ):
        done = run(env, "-s")
        assert (done.stdout, done.returncode) == ("", 1)
        assert text in done.stderr


def test_another_python(scripts: pathlib.Path) -> None:
    (scripts / "ceph_argparse.py").unlink()
    done = run({"MONCLIENT_CEPH": str(scripts / "ceph")}, "-s")
    assert done.returncode == 1
    assert "has no module ceph_argparse" in done.stderr
    assert "/usr/bin/python3" in done.stderr
