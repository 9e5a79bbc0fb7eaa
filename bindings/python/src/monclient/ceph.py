"""Runs the system's own ``ceph`` script with :mod:`monclient.compat.rados` in place of librados::

    python3 -m monclient.ceph -s

The script is $MONCLIENT_CEPH, or the first ``ceph`` on $PATH, and is not changed. It must be run with the Python whose
packages it uses (``ceph_argparse``, of the package python3-ceph-argparse), which its first line names.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import runpy
import shutil
import sys


def _fail(text: str) -> int:
    print(f"monclient.ceph: {text}", file=sys.stderr)
    return 1


def main() -> int:
    """Run the script with this process's arguments. It ends the process itself, unless there is none to run.

    :return: exit status
    """
    script = os.environ.get("MONCLIENT_CEPH") or shutil.which("ceph")
    if not script:
        return _fail("there is no ceph on $PATH, and $MONCLIENT_CEPH names none; it is in the package ceph-common")
    try:
        with open(script, "rb") as f:
            first = f.readline(256)
    except OSError as e:
        return _fail(f"cannot read the ceph script {script}: {e.strerror}")
    if not (first.startswith(b"#!") and b"python" in first):
        return _fail(f"{script} is no Python script; let $MONCLIENT_CEPH name the one that Ceph has")

    # As python3 does with a script.
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    sys.argv[0] = script
    if importlib.util.find_spec("ceph_argparse") is None:
        which = first[2:].decode(errors="replace").strip()
        return _fail(f"{sys.executable} has no module ceph_argparse, which {script} needs; try its own Python, {which}")

    from monclient.compat import rados

    sys.modules["rados"] = rados
    # What goes to standard error is the script's.
    logging.getLogger("monclient").addHandler(logging.NullHandler())
    runpy.run_path(script, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
