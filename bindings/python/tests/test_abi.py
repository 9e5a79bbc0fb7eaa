"""The generated layer against the header, read in another way than the generator does, and against a C compiler."""

from __future__ import annotations

import ctypes
import os
import pathlib
import re
import subprocess
import sys

import pytest

from monclient import _ctypes, _lib

from .conftest import PROJECT

HEADER = next(h for d in (PROJECT.parent.parent, PROJECT) if (h := d / "include" / "monclient.h").exists())
TEXT = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
FUNCTIONS = {
    name: result for result, name in re.findall(r"^MONCLIENT_API ([\w ]+?[ *]+)(monclient_\w+)\(", TEXT, re.MULTILINE)
}
PROTOTYPES = {name: (restype, argtypes, doc) for name, restype, argtypes, doc in _ctypes.PROTOTYPES}
STRUCTURES = [v for v in vars(_ctypes).values() if isinstance(v, type) and issubclass(v, ctypes.Structure)]


def test_every_function_is_there() -> None:
    assert len(FUNCTIONS) > 40
    assert list(FUNCTIONS) == list(PROTOTYPES)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_prototype(name: str) -> None:
    restype, argtypes, doc = PROTOTYPES[name]
    declared = re.search(rf"\b{name}\((.*?)\);", TEXT, re.DOTALL)
    assert declared
    arguments = [] if declared[1] == "void" else declared[1].split(",")
    assert len(argtypes) == len(arguments)
    assert (restype is None) == (FUNCTIONS[name].strip() == "void")
    assert doc.count("Threads: any") == 1
    # An argument that is a handle must not be cut to an int.
    for argtype, argument in zip(argtypes, arguments):
        if re.match(r"\s*monclient_(config_|op_|sub_|queue_)?t \w+$", argument):
            assert argtype is ctypes.c_uint64
    function = getattr(_lib.load(), name)
    assert function.argtypes == argtypes
    assert function.restype is restype
    assert function.__doc__ == doc


def test_every_constant_and_type_is_there() -> None:
    constants = re.findall(r"^\t(MONCLIENT_\w+) = ([-\w]+)", TEXT, re.MULTILINE)
    assert len(constants) > 50
    for name, value in constants:
        assert getattr(_ctypes, name) == int(value, 0)
    types = set(re.findall(r"^typedef .*?\b(\w+);", TEXT, re.MULTILINE)) | set(re.findall(r"^\} (\w+);", TEXT, re.MULTILINE))
    types |= set(re.findall(r"^typedef \w+ \(\*(\w+)\)", TEXT, re.MULTILINE))
    assert len(types) > 14
    assert {*types, *(name for name, _ in constants)} <= set(_ctypes.__all__)


def test_structures_are_as_c_has_them(tmp_path: pathlib.Path) -> None:
    """Sizes and offsets, by a C compiler."""
    lines, want = [], []
    for s in STRUCTURES:
        lines.append(f'printf("%zu ", sizeof({s.__name__}));')
        want.append(ctypes.sizeof(s))
        for name, *_ in s._fields_:
            lines.append(f'printf("%zu %zu ", offsetof({s.__name__}, {name}), sizeof((({s.__name__} *)0)->{name}));')
            want += [getattr(s, name).offset, getattr(s, name).size]
    assert len(STRUCTURES) == 9
    source = tmp_path / "sizes.c"
    source.write_text(f"#include <stdio.h>\n#include <monclient.h>\nint main(void) {{ {' '.join(lines)} return 0; }}")
    cc = os.environ.get("CC", "cc").split()
    subprocess.run([*cc, "-I", str(HEADER.parent), "-o", str(tmp_path / "sizes"), str(source)], check=True, timeout=60)
    got = subprocess.run([str(tmp_path / "sizes")], check=True, timeout=10, stdout=subprocess.PIPE).stdout
    assert [int(n) for n in got.split()] == want


def test_is_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "generate.py"), "--check"], timeout=60, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def load(named: str) -> subprocess.CompletedProcess[str]:
    code = "import monclient; print(monclient.library_version())"
    env = {**os.environ, "LIBMONCLIENT": named}
    return subprocess.run([sys.executable, "-c", code], timeout=30, capture_output=True, text=True, env=env, check=False)


def test_no_library() -> None:
    done = load("/nonexistent/libmonclient.so.0")
    assert done.stderr.splitlines()[-1].startswith(
        "ImportError: cannot load libmonclient.so.0, which is in the wheel of this package, "
    )
    assert "/nonexistent/libmonclient.so.0" in done.stderr


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("int f;", "is older than this package"),
        (
            "".join(f"int {n}(void) {{ return 0; }}" for n in FUNCTIONS),
            "and this package needs 0.1.0 or a later one that fits it",
        ),
        (
            "".join(f"int {n}(void) {{ return 1 << 16; }}" for n in FUNCTIONS if n != "monclient_version")
            + 'char *monclient_version(void) { return "1.0.0"; }',
            "is version 1.0.0, and this package needs",
        ),
    ],
)
def test_a_library_that_does_not_fit(tmp_path: pathlib.Path, source: str, text: str) -> None:
    (tmp_path / "other.c").write_text(source)
    library = str(tmp_path / "other.so")
    subprocess.run(["cc", "-w", "-shared", "-fPIC", "-o", library, str(tmp_path / "other.c")], check=True, timeout=60)
    done = load(library)
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {library} ")
    assert text in done.stderr
