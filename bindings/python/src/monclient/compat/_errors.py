"""The exceptions of rados: their names, their bases, their texts and their numbers are those of python3-rados."""

from __future__ import annotations

import errno
from typing import Any, ClassVar


class Error(Exception):
    """Something failed. ``errno`` says why, where there is a number for it."""

    _form: ClassVar[str] = ""

    def __init__(self, message: Any, errno: int | None = None) -> None:
        super().__init__(self._form.format(message) if self._form else message)
        self.errno = errno

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.errno is None else f"[errno {self.errno}] {text}"

    def __reduce__(self) -> Any:
        return _again, (type(self), self.args, self.__dict__)


def _again(cls: type[Error], args: tuple[Any, ...], state: dict[str, Any]) -> Error:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidArgumentError(Error):
    _form = "RADOS invalid argument ({})"


class ExtendMismatch(Error):
    _form = "object content does not match ({})"

    def __init__(self, message: Any, errno: int | None, offset: int) -> None:
        super().__init__(message, errno)
        self.offset = offset


class OSError(Error):
    """The base of those that have a number of their own."""


class InterruptedOrTimeoutError(OSError):
    _form = "RADOS interrupted or timeout ({})"


class PermissionError(OSError):
    _form = "RADOS permission error ({})"


class PermissionDeniedError(OSError):
    _form = "RADOS permission denied ({})"


class ObjectNotFound(OSError):
    _form = "RADOS object not found ({})"


class NoData(OSError):
    _form = "RADOS no data ({})"


class ObjectExists(OSError):
    _form = "RADOS object exists ({})"


class ObjectBusy(OSError):
    _form = "RADOS object busy ({})"


class IOError(OSError):
    _form = "RADOS I/O error ({})"


class NoSpace(OSError):
    _form = "RADOS no space ({})"


class NotConnected(OSError):
    _form = "RADOS not connected ({})"


class ConnectionShutdown(OSError):
    _form = "RADOS connection was shutdown ({})"


class TimedOut(OSError):
    _form = "RADOS timed out ({})"


class RadosStateError(Error):
    _form = "RADOS rados state ({})"


class IoctxStateError(Error):
    _form = "RADOS Ioctx state error ({})"


class ObjectStateError(Error):
    _form = "RADOS object state error ({})"


class LogicError(Error):
    _form = "RADOS logic error ({})"


class InProgress(Error):
    _form = "RADOS in progress error ({})"


class IsConnected(Error):
    _form = "RADOS is connected error ({})"


_BY_ERRNO: dict[int, type[Error]] = {
    errno.EPERM: PermissionError,
    errno.ENOENT: ObjectNotFound,
    errno.EIO: IOError,
    errno.ENOSPC: NoSpace,
    errno.EEXIST: ObjectExists,
    errno.EBUSY: ObjectBusy,
    errno.ENODATA: NoData,
    errno.EINTR: InterruptedOrTimeoutError,
    errno.ETIMEDOUT: TimedOut,
    errno.EACCES: PermissionDeniedError,
    errno.EINPROGRESS: InProgress,
    errno.EISCONN: IsConnected,
    errno.EINVAL: InvalidArgumentError,
    errno.ENOTCONN: NotConnected,
    errno.ESHUTDOWN: ConnectionShutdown,
}


def of_errno(number: int, message: str) -> Error:
    """The exception for a number of the module errno."""
    return _BY_ERRNO.get(number, OSError)(message, errno=number)
