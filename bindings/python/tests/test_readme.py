"""The README's examples run."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from monclient.testing import MonCluster

from .conftest import PROJECT, Script

EXAMPLES = re.findall(
    r"^```python\n(.*?)^```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example(example: str, script: Script, cluster: MonCluster, tmp_path: pathlib.Path) -> None:
    if "def test_" not in example:
        assert script(example).stdout
        return
    (tmp_path / "test_example.py").write_text(example)
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "monclient.testing", "--rootdir", str(tmp_path), str(tmp_path)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    done = subprocess.run(argv, timeout=60, capture_output=True, text=True, check=False, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 12
