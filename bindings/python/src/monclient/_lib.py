"""Finds and loads libmonclient.so: the only place that does."""

from __future__ import annotations

import ctypes
import os
import threading

from . import _ctypes as c
from . import errors

__all__ = ["check", "last_error", "load"]

_SONAME = "libmonclient.so.0"

_lock = threading.Lock()
_loaded: c.Library | None = None


def load() -> c.Library:
    """The library, loaded when it is needed for the first time, so that importing this package starts no threads.

    :raises ImportError: there is none, or it does not fit this package
    """
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _find()
    return _loaded


def _candidates() -> list[str]:
    if named := os.environ.get("LIBMONCLIENT"):
        return [named]
    here = os.path.dirname(os.path.realpath(__file__))
    found = [os.path.join(here, _SONAME)]
    checkout = os.path.normpath(os.path.join(here, *[os.pardir] * 4))
    if os.path.exists(os.path.join(checkout, "include", "monclient.h")):
        found.append(os.path.join(checkout, "lib", _SONAME))
    return [*filter(os.path.exists, found), _SONAME]


def _find() -> c.Library:
    tried = []
    for path in _candidates():
        try:
            library = c.Library(ctypes.CDLL(path))
        except OSError as e:  # its text has the path
            tried.append(str(e))
            continue
        except AttributeError as e:
            raise ImportError(f"{path} is older than this package: {e}") from None
        number = library.monclient_version_number()
        if number >> 16 != c.MONCLIENT_VERSION_MAJOR or number < c.MONCLIENT_VERSION_NUMBER:
            version = (library.monclient_version() or b"").decode()
            want = f"{c.MONCLIENT_VERSION_MAJOR}.{c.MONCLIENT_VERSION_MINOR}.{c.MONCLIENT_VERSION_PATCH}"
            raise ImportError(f"{path} is version {version}, and this package needs {want} or a later one that fits it")
        return library
    raise ImportError(
        f"cannot load {_SONAME}, which is in the wheel of this package, or else installed by `make install` of "
        f"libmonclient, or where $LIBMONCLIENT says: {'; '.join(tried)}"
    )


def last_error(library: c.Library, status: int) -> errors.Error:
    """The exception for the status that the last call of this thread has returned."""
    text = library.monclient_last_error() or library.monclient_strerror(status) or b""
    return errors.of_status(status, text.decode("utf-8", "replace"), library.monclient_last_outcome())


def check(library: c.Library, status: int) -> None:
    """Raise the exception for a status, unless it is MONCLIENT_OK."""
    if status:
        raise last_error(library, status)
