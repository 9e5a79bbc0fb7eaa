"""What of rados needs OSDs: constants, and the names of classes, for programs that name them."""

from __future__ import annotations

from typing import Any, NoReturn, Union

ANONYMOUS_AUID = 0xFFFFFFFFFFFFFFFF
ADMIN_AUID = 0
MAX_ERRNO = 4095
MONITOR_LEVELS = ["debug", "info", "warn", "warning", "err", "error", "sec"]
OMAP_KEY_TYPE = Union[str, bytes]

LIBRADOS_ALL_NSPACES = "\x01"
LIBRADOS_SNAP_HEAD = 0xFFFFFFFFFFFFFFFE
LIBRADOS_CREATE_IDEMPOTENT, LIBRADOS_CREATE_EXCLUSIVE = 0, 1
LIBRADOS_CMPXATTR_OP_EQ, LIBRADOS_CMPXATTR_OP_NE = 1, 2
LIBRADOS_CMPXATTR_OP_GT, LIBRADOS_CMPXATTR_OP_GTE = 3, 4
LIBRADOS_CMPXATTR_OP_LT, LIBRADOS_CMPXATTR_OP_LTE = 5, 6
LIBRADOS_OP_FLAG_EXCL, LIBRADOS_OP_FLAG_FAILOK = 1, 2
LIBRADOS_OP_FLAG_FADVISE_RANDOM, LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL = 4, 8
LIBRADOS_OP_FLAG_FADVISE_WILLNEED, LIBRADOS_OP_FLAG_FADVISE_DONTNEED = 16, 32
LIBRADOS_OP_FLAG_FADVISE_NOCACHE = 64
LIBRADOS_OPERATION_NOFLAG = 0
LIBRADOS_OPERATION_BALANCE_READS, LIBRADOS_OPERATION_LOCALIZE_READS = 1, 2
LIBRADOS_OPERATION_ORDER_READS_WRITES, LIBRADOS_OPERATION_IGNORE_CACHE = 4, 8
LIBRADOS_OPERATION_SKIPRWLOCKS, LIBRADOS_OPERATION_IGNORE_OVERLAY = 16, 32


def needs_osds(what: str) -> NoReturn:
    raise NotImplementedError(f"{what} needs OSDs, and monclient.compat.rados speaks with monitors and managers only")


class _OfOSDs:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        needs_osds(type(self).__name__)


class Ioctx(_OfOSDs):
    """Not here: it needs OSDs."""


class Object(_OfOSDs):
    """Not here: it needs OSDs."""


class ObjectIterator(_OfOSDs):
    """Not here: it needs OSDs."""


class OmapIterator(_OfOSDs):
    """Not here: it needs OSDs."""


class XattrIterator(_OfOSDs):
    """Not here: it needs OSDs."""


class Snap(_OfOSDs):
    """Not here: it needs OSDs."""


class SnapIterator(_OfOSDs):
    """Not here: it needs OSDs."""


class Completion(_OfOSDs):
    """Not here: it needs OSDs."""


class OpCtx(_OfOSDs):
    """Not here: it needs OSDs."""


class ReadOp(_OfOSDs):
    """Not here: it needs OSDs."""


class WriteOp(_OfOSDs):
    """Not here: it needs OSDs."""


class ReadOpCtx(ReadOp, OpCtx):
    """Not here: it needs OSDs."""


class WriteOpCtx(WriteOp, OpCtx):
    """Not here: it needs OSDs."""


class Watch(_OfOSDs):
    """Not here: it needs OSDs."""
