#!/usr/bin/env python3
"""Writes src/monclient/_ctypes.py and _ctypes.pyi from include/monclient.h.

    generate.py            writes both files, if they are not what they should be already
    generate.py --check    writes nothing and fails if they are not

The header goes through the C preprocessor and pycparser. pycparser, because it is pure Python, is maintained (cffi rests
on it), parses all of C99, and comes with pip alone, where libclang wants the same version of a shared library of a
hundred megabytes beside it. It drops comments, so they are taken from the header's text, by the lines that pycparser
names. None of this is needed at run time.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from typing import Any

from pycparser import c_ast, c_parser  # type: ignore[import-untyped,unused-ignore]
from pycparser.c_parser import ParseError  # type: ignore[import-untyped,unused-ignore]

HERE = pathlib.Path(__file__).resolve().parent
# In the repository, and in an sdist.
HEADERS = (HERE.parent.parent / "include" / "monclient.h", HERE / "include" / "monclient.h")
TARGET = HERE / "src" / "monclient"

# What <stddef.h> and <stdint.h> say is not of this header, and the preprocessor's own ones hold what is no C99.
SYSTEM_TYPES = {
    "size_t": "unsigned long",
    "int32_t": "int",
    "int64_t": "long",
    "uint16_t": "unsigned short",
    "uint32_t": "unsigned int",
    "uint64_t": "unsigned long",
}

SCALARS = {
    "size_t": "ctypes.c_size_t",
    "int32_t": "ctypes.c_int32",
    "int64_t": "ctypes.c_int64",
    "uint16_t": "ctypes.c_uint16",
    "uint32_t": "ctypes.c_uint32",
    "uint64_t": "ctypes.c_uint64",
    "int": "ctypes.c_int",
}


class Unsupported(Exception):
    """The header has something that this generator does not know."""


@dataclass(frozen=True)
class Type:
    """A C type, as an expression of ctypes, and what Python sees of it."""

    ctypes: str  # an expression for _ctypes.py
    value: str  # type of a structure's member and of a result
    argument: str  # type of what a function takes
    stub: str  # the C type as a type of _ctypes.pyi


@dataclass
class Constant:
    name: str
    value: int
    doc: str


@dataclass
class Enum:
    doc: str
    constants: list[Constant] = field(default_factory=list)


@dataclass
class Alias:
    name: str
    type: Type
    doc: str


@dataclass
class Member:
    name: str
    type: Type
    doc: str


@dataclass
class Structure:
    name: str
    doc: str
    members: list[Member] = field(default_factory=list)


@dataclass
class Callback:
    name: str
    result: Type | None
    arguments: list[tuple[str, Type]]
    doc: str


@dataclass
class Function:
    name: str
    result: Type | None
    arguments: list[tuple[str, Type]]
    doc: str


class Comments:
    """The documenting comments of a C text, by the lines where they are."""

    def __init__(self, text: str) -> None:
        self.before: dict[int, str] = {}  # by the number of the line after the comment
        self.after: dict[int, str] = {}  # by the number of the line on which it begins
        for m in re.finditer(r"/\*\*(<?)(.*?)\*/", text, re.DOTALL):
            first = text.count("\n", 0, m.start()) + 1
            last = text.count("\n", 0, m.end()) + 1
            lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in m[2].split("\n")]
            doc = "\n".join(lines).strip()
            if m[1]:
                self.after[first] = " ".join(doc.split())
            else:
                self.before[last + 1] = doc

    def of(self, line: int) -> str:
        return self.before.get(line) or self.after.get(line) or ""


class Header:
    """What a header declares."""

    def __init__(self, path: pathlib.Path) -> None:
        self.items: list[Any] = []
        self.structures: dict[str, Structure] = {}  # by tag
        self.names: dict[str, Any] = {}  # typedef names
        self.comments = Comments(path.read_text(encoding="utf-8"))
        for node in self._parse(path).ext:
            if node.coord.file != str(path):
                continue
            if isinstance(node, c_ast.Typedef):
                self._typedef(node)
            elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Enum):
                self._enum(node.type)
            elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
                result, arguments = self._signature(node.type)
                self.items.append(Function(node.name, result, arguments, self.comments.of(node.coord.line)))
            else:
                raise Unsupported(f"{node.coord}: {type(node).__name__}")

    @staticmethod
    def _parse(path: pathlib.Path) -> Any:
        with tempfile.TemporaryDirectory() as d:
            types = "".join(f"typedef {c} {name};\n" for name, c in SYSTEM_TYPES.items())
            pathlib.Path(d, "stddef.h").write_text("")
            pathlib.Path(d, "stdint.h").write_text(types)
            cc = os.environ.get("CC", "cc").split()
            # Without __GNUC__ the header declares without attributes.
            argv = [*cc, "-E", "-x", "c", "-std=c99", "-nostdinc", "-U__GNUC__", "-I", d, str(path)]
            text = subprocess.run(argv, check=True, stdout=subprocess.PIPE, timeout=60).stdout.decode()
        return c_parser.CParser().parse(text, str(path))

    def _enum(self, node: Any) -> None:
        enum = Enum(self.comments.of(node.coord.line))
        value = -1
        for e in node.values.enumerators:
            value = value + 1 if e.value is None else evaluate(e.value)
            enum.constants.append(Constant(e.name, value, self.comments.of(e.coord.line)))
        self.items.append(enum)

    def _typedef(self, node: Any) -> None:
        doc = self.comments.of(node.coord.line)
        t = node.type
        if isinstance(t, c_ast.TypeDecl) and isinstance(t.type, c_ast.Struct):
            s = Structure(node.name, self.comments.of(t.type.coord.line) or doc)
            # Before its members, which may point to it.
            self.structures[t.type.name] = s
            self.names[node.name] = s
            for d in t.type.decls:
                s.members.append(Member(d.name, self._type(d.type), self.comments.of(d.coord.line)))
            self.items.append(s)
        elif isinstance(t, c_ast.PtrDecl) and isinstance(t.type, c_ast.FuncDecl):
            result, arguments = self._signature(t.type)
            c = Callback(node.name, result, arguments, doc)
            self.names[node.name] = c
            self.items.append(c)
        else:
            a = Alias(node.name, self._type(t), doc)
            self.names[node.name] = a
            self.items.append(a)

    def _signature(self, node: Any) -> tuple[Type | None, list[tuple[str, Type]]]:
        arguments = []
        for p in node.args.params if node.args else ():
            if self._is_void(p.type):
                break
            arguments.append((p.name, self._type(p.type)))
        return (None if self._is_void(node.type) else self._type(node.type)), arguments

    @staticmethod
    def _word(node: Any) -> str:
        if isinstance(node, c_ast.TypeDecl) and isinstance(node.type, c_ast.IdentifierType):
            return " ".join(node.type.names)
        return ""

    def _is_void(self, node: Any) -> bool:
        return self._word(node) == "void"

    def _type(self, node: Any) -> Type:
        if isinstance(node, c_ast.PtrDecl):
            word = self._word(node.type)
            if word == "void":
                return Type("ctypes.c_void_p", "int | None", "_Buffer", "ctypes.c_void_p")
            if word == "char":
                return Type("ctypes.c_char_p", "bytes | None", "_Text", "ctypes.c_char_p")
            to = self._type(node.type)
            pointer = f"ctypes._Pointer[{to.stub}]"
            return Type(f"ctypes.POINTER({to.ctypes})", pointer, f"_PointerTo[{to.stub}]", pointer)
        word = self._word(node)
        if word in SCALARS:
            return Type(SCALARS[word], "int", "int", SCALARS[word])
        named = self.names.get(word)
        if isinstance(named, Alias):
            return Type(named.name, named.type.value, named.type.argument, named.name)
        if isinstance(named, (Callback, Structure)):
            return Type(named.name, named.name, named.name, named.name)
        raise Unsupported(f"{node.coord}: a type that this generator does not know: {word or type(node).__name__}")


def evaluate(node: Any) -> int:
    """The value of a constant expression, of those that occur."""
    if isinstance(node, c_ast.Constant):
        return int(node.value, 0)
    if isinstance(node, c_ast.UnaryOp) and node.op == "-":
        return -evaluate(node.expr)
    raise Unsupported(f"{node.coord}: a constant that is no plain number")


NOTICE = '"""{what}\n\nWritten by generate.py from include/monclient.h. Do not edit.\n"""\n\n'


def quoted(doc: str, indent: str) -> str:
    """A docstring."""
    doc = doc.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if doc.endswith('"'):
        doc = doc[:-1] + '\\"'
    lines = [(indent + line).rstrip() for line in doc.split("\n")]
    tail = '"""' if len(lines) == 1 else f'\n{indent}"""'
    return f'{indent}"""' + "\n".join(lines)[len(indent) :] + tail


def comment(doc: str, indent: str = "") -> list[str]:
    return [f"{indent}#: {line}".rstrip() for line in doc.split("\n")] if doc else []


def heading(doc: str) -> list[str]:
    return [*(f"# {line}".rstrip() for line in doc.split("\n")), ""] if doc else []


def exported(header: Header) -> list[str]:
    names: list[str] = []
    for item in header.items:
        if isinstance(item, Enum):
            names += [c.name for c in item.constants]
        elif not isinstance(item, Function):
            names.append(item.name)
    return sorted([*names, "Library", "PROTOTYPES"])


def module(header: Header) -> str:
    """The text of _ctypes.py."""
    out = [NOTICE.format(what="The C ABI of libmonclient.so for ctypes.") + "from __future__ import annotations\n"]
    out += ["import ctypes", "from typing import Any", "", "__all__ = ["]
    out += [f'    "{name}",' for name in exported(header)] + ["]"]
    for item in header.items:
        if isinstance(item, Enum):
            out += ["", *heading(item.doc)]
            for c in item.constants:
                out += [*comment(c.doc), f"{c.name} = {c.value}"]
        elif isinstance(item, Alias):
            out += ["", *comment(item.doc), f"{item.name} = {item.type.ctypes}"]
        elif isinstance(item, Callback):
            signature = [item.result.ctypes if item.result else "None", *(t.ctypes for _, t in item.arguments)]
            out += ["", *comment(item.doc), f"{item.name} = ctypes.CFUNCTYPE({', '.join(signature)})"]
        elif isinstance(item, Structure):
            out += ["", "", f"class {item.name}(ctypes.Structure):", quoted(item.doc, "    "), "", "    _fields_ = ("]
            for m in item.members:
                out += [*comment(m.doc, "        "), f'        ("{m.name}", {m.type.ctypes}),']
            out += ["    )"]
    out += ["", "#: Of every function: name, type of its result, types of its arguments, documentation.", "PROTOTYPES = ("]
    for f in header.items:
        if isinstance(f, Function):
            types = ", ".join(t.ctypes for _, t in f.arguments)
            out += [
                "    (",
                f'        "{f.name}",',
                f"        {f.result.ctypes if f.result else 'None'},",
                f"        ({types}{',' if len(f.arguments) == 1 else ''}),",
                quoted(f.doc, "        ") + ",",
                "    ),",
            ]
    out += [")", "", ""]
    out += [
        "class Library:",
        '    """The functions of a library that is loaded."""',
        "",
        "    def __init__(self, cdll: Any) -> None:",
        '        """:raises AttributeError: the library lacks a function; it is older than this package"""',
        "        for name, restype, argtypes, doc in PROTOTYPES:",
        "            function = getattr(cdll, name)",
        "            function.restype = restype",
        "            function.argtypes = argtypes",
        "            function.__doc__ = doc",
        "            setattr(self, name, function)",
        "",
    ]
    return "\n".join(out)


def stub(header: Header) -> str:
    """The text of _ctypes.pyi."""
    out = [NOTICE.format(what="Types of the C ABI of libmonclient.so.")]
    out += [
        "import ctypes",
        "from typing import Any, Final, TypeVar, Union",
        "",
        "_T = TypeVar('_T', bound=ctypes._CData)".replace("'", '"'),
        "# What ctypes takes for a T *: byref(), a pointer, an array, or None.",
        "_PointerTo = Union[ctypes._Pointer[_T], ctypes.Array[_T], ctypes._CArgObject, None]",
        "_Text = Union[bytes, ctypes.c_char_p, ctypes.Array[ctypes.c_char], None]",
        "_Buffer = Union[int, bytes, ctypes.c_void_p, ctypes.c_char_p, ctypes.Array[Any], None]",
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in exported(header)),
        "]",
    ]
    for item in header.items:
        if isinstance(item, Enum):
            out += ["", *heading(item.doc)]
            for c in item.constants:
                out += [*comment(c.doc), f"{c.name}: Final = {c.value}"]
        elif isinstance(item, Alias):
            out += ["", *comment(item.doc), f"{item.name} = {item.type.ctypes}"]
        elif isinstance(item, Callback):
            out += ["", f"class {item.name}(ctypes._CFunctionType):", quoted(item.doc, "    ")]
        elif isinstance(item, Structure):
            out += ["", f"class {item.name}(ctypes.Structure):", quoted(item.doc, "    ")]
            for m in item.members:
                out += [f"    {m.name}: {m.type.value}"]
                if m.doc:
                    out += [quoted(m.doc, "    ")]
    out += ["", "PROTOTYPES: tuple[tuple[str, Any, tuple[Any, ...], str], ...]", ""]
    out += ["class Library:", '    """The functions of a library that is loaded."""', ""]
    out += ["    def __init__(self, cdll: ctypes.CDLL) -> None: ..."]
    for f in header.items:
        if isinstance(f, Function):
            args = "".join(f", {name}: {t.argument}" for name, t in f.arguments)
            slash = ", /" if f.arguments else ""
            out += [f"    def {f.name}(self{args}{slash}) -> {f.result.value if f.result else 'None'}:"]
            out += [quoted(f.doc, "        "), ""]
    return "\n".join(out).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args().check
    try:
        header = Header(next(filter(pathlib.Path.exists, HEADERS), HEADERS[0]))
    except (OSError, ParseError, Unsupported, subprocess.CalledProcessError) as e:
        print(f"generate.py: {e}", file=sys.stderr)
        return 1
    undocumented = [f.name for f in header.items if isinstance(f, Function) and not f.doc]
    if undocumented:
        print(f"generate.py: functions without a comment: {', '.join(undocumented)}", file=sys.stderr)
        return 1
    stale = False
    for path, text in ((TARGET / "_ctypes.py", module(header)), (TARGET / "_ctypes.pyi", stub(header))):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale = True
        if check:
            print(f"{path.relative_to(HERE)} is not what include/monclient.h says; run generate.py", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(HERE)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
