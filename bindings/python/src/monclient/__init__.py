"""A client of the monitors of a Ceph cluster.

    with monclient.connect() as client:
        for osd in client.command("osd tree", format="json").json()["nodes"]:
            print(osd["name"])

It needs neither librados nor a compiled extension: libmonclient.so comes with it. :mod:`monclient.aio` is the same for
asyncio, :mod:`monclient.testing` has monitors for tests.
"""

from __future__ import annotations

import importlib
import typing

from . import _ctypes as _c
from ._core import Manager, Map, Option, Resend, Result, Session, SessionChange, SessionEvent, Standby, Versions
from ._osdmap import OSD, OSDMap, OSDMapChange, Pool
from ._questions import Blocked, ClusterStats, Fetched, Ping, Told
from .client import Client, SessionEvents, Watch, connect, fetch, ping
from .errors import (
    AlreadyExistsError,
    BusyError,
    CanceledError,
    ClosedError,
    CommandBusyError,
    CommandError,
    CommandExistsError,
    CommandInvalidError,
    CommandNotFoundError,
    CommandPermissionError,
    CommandTimeoutError,
    ConnectionError,
    Error,
    ForkedError,
    InternalError,
    InvalidError,
    NotFoundError,
    Outcome,
    PermissionError,
    ProtocolError,
    TimeoutError,
)

if typing.TYPE_CHECKING:
    from . import aio

__all__ = [
    "AlreadyExistsError",
    "Blocked",
    "BusyError",
    "CanceledError",
    "Client",
    "ClosedError",
    "ClusterStats",
    "CommandBusyError",
    "CommandError",
    "CommandExistsError",
    "CommandInvalidError",
    "CommandNotFoundError",
    "CommandPermissionError",
    "CommandTimeoutError",
    "ConnectionError",
    "Error",
    "Fetched",
    "ForkedError",
    "InternalError",
    "InvalidError",
    "Manager",
    "Map",
    "NotFoundError",
    "OSD",
    "OSDMap",
    "OSDMapChange",
    "Option",
    "Outcome",
    "PermissionError",
    "Ping",
    "Pool",
    "ProtocolError",
    "Resend",
    "Result",
    "Session",
    "SessionChange",
    "SessionEvent",
    "SessionEvents",
    "Standby",
    "TimeoutError",
    "Told",
    "Versions",
    "Watch",
    "aio",
    "connect",
    "fetch",
    "library_version",
    "ping",
]

#: The version of this package, and of the header that it was made from.
__version__ = f"{_c.MONCLIENT_VERSION_MAJOR}.{_c.MONCLIENT_VERSION_MINOR}.{_c.MONCLIENT_VERSION_PATCH}"


def library_version() -> str:
    """The version of libmonclient.so."""
    from . import _lib

    return (_lib.load().monclient_version() or b"").decode()


def __getattr__(name: str) -> typing.Any:
    # asyncio costs more to import than all the rest.
    if name == "aio":
        return importlib.import_module(".aio", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
