"""What pyproject.toml cannot say: the version, and what the wheel is for.

With libmonclient.so.0 in src/monclient, where build/python.sh puts it, the wheel is for the platforms that run the
library and for every Python 3; without it the wheel is pure and finds the library of the system.
"""

from __future__ import annotations

import pathlib
import platform
import re
import subprocess

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel

PACKAGE = pathlib.Path(__file__).resolve().parent / "src" / "monclient"
LIBRARY = PACKAGE / "libmonclient.so.0"


def version() -> str:
    """That of the header."""
    text = (PACKAGE / "_ctypes.py").read_text(encoding="utf-8")
    return ".".join(re.findall(r"^MONCLIENT_VERSION_(?:MAJOR|MINOR|PATCH) = (\d+)$", text, re.MULTILINE))


def platform_tag() -> str:
    """manylinux with the newest version of glibc whose symbols the library wants."""
    symbols = subprocess.run(["objdump", "-T", LIBRARY], check=True, stdout=subprocess.PIPE, timeout=60).stdout.decode()
    major, minor = max((int(a), int(b)) for a, b in re.findall(r"\bGLIBC_(\d+)\.(\d+)", symbols))
    return f"manylinux_{major}_{minor}_{platform.machine()}"


class BinaryDistribution(Distribution):
    def has_ext_modules(self) -> bool:
        return LIBRARY.exists()


class BinaryWheel(bdist_wheel):  # type: ignore[misc,unused-ignore]
    def get_tag(self) -> tuple[str, str, str]:
        if not LIBRARY.exists():
            return "py3", "none", "any"
        return "py3", "none", platform_tag()


setup(version=version(), distclass=BinaryDistribution, cmdclass={"bdist_wheel": BinaryWheel})
