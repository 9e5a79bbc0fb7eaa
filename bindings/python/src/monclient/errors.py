"""What goes wrong.

Everything that this package raises about a cluster is an :class:`Error`. Where Python has an exception of its own for
it, the class derives from that, too, so that ``except TimeoutError`` works without importing anything.
"""

from __future__ import annotations

import builtins
import enum
import errno as _errno
import os
from typing import Any

from . import _ctypes as c

__all__ = [
    "AlreadyExistsError",
    "BusyError",
    "CanceledError",
    "ClosedError",
    "CommandBusyError",
    "CommandError",
    "CommandExistsError",
    "CommandInvalidError",
    "CommandNotFoundError",
    "CommandPermissionError",
    "CommandTimeoutError",
    "ConnectionError",
    "Error",
    "ForkedError",
    "InternalError",
    "InvalidError",
    "NotFoundError",
    "Outcome",
    "PermissionError",
    "ProtocolError",
    "TimeoutError",
]


class Outcome(enum.IntEnum):
    """What is known of a command that has ended without an answer of the monitors."""

    #: No monitor was sent it: it was not executed, and may safely be sent again.
    NOT_SENT = c.MONCLIENT_OUTCOME_NOT_SENT
    #: A monitor was sent it, and nobody knows whether it was, or will be, executed.
    UNKNOWN = c.MONCLIENT_OUTCOME_UNKNOWN


class Error(Exception):
    """Something failed.

    :ivar errno: why, as a number of the module ``errno``; None for what Linux has no number for
    :ivar strerror: what happened, in a sentence that names the monitor, the option or the file. It holds no secret
    :ivar outcome: of a command that has ended without an answer; None of one that was answered (a :class:`CommandError`),
        and of what is no command
    """

    errno: Any
    strerror: Any
    outcome: Outcome | None = None

    def __init__(self, errno: int | None = None, strerror: str = "") -> None:
        # Where a built-in is among the bases, this fills its own errno and strerror.
        super().__init__(errno, strerror)
        self.errno = errno
        self.strerror = strerror

    def __str__(self) -> str:
        return str(self.strerror)


class TimeoutError(Error, builtins.TimeoutError):
    """The time was up."""


class PermissionError(Error, builtins.PermissionError):
    """The monitors refuse the name or the key, or do not allow what was asked."""


class NotFoundError(Error, builtins.FileNotFoundError):
    """There is no such option, file, key or map."""


class AlreadyExistsError(Error, builtins.FileExistsError):
    """There is one already."""


class ConnectionError(Error, builtins.ConnectionError):
    """There is no way to the monitors, or no session at the moment."""


class ClosedError(ConnectionError):
    """The client was closed."""


class CanceledError(Error):
    """It was canceled."""


class InvalidError(Error, ValueError):
    """An argument, an option or a file has no meaning; the text names it."""


class BusyError(Error):
    """Something else is in the way."""


class ProtocolError(Error, OSError):
    """The monitors sent what cannot be read, or have no method in common with this library."""


class ForkedError(Error, RuntimeError):
    """The process was forked after it had loaded the library, and cannot use it."""


class InternalError(Error, RuntimeError):
    """A bug of the library; the text has its stack. The process lives on."""


class CommandError(Error):
    """The monitors answered a command with an error.

    :ivar command: the command's prefix
    :ivar retval: what they returned: a negative errno
    :ivar status: what they said about it
    :ivar output: what the command printed nevertheless
    """

    command: str = ""
    retval: int = 0
    status: str = ""
    output: bytes = b""


class CommandNotFoundError(CommandError, NotFoundError):
    """ENOENT: there is no such thing."""


class CommandPermissionError(CommandError, PermissionError):
    """EACCES or EPERM: the client's capabilities do not allow it, or the monitors do not."""


class CommandExistsError(CommandError, AlreadyExistsError):
    """EEXIST: there is one already."""


class CommandInvalidError(CommandError, InvalidError):
    """EINVAL: no such command, or one of its arguments does not fit."""


class CommandTimeoutError(CommandError, TimeoutError):
    """ETIMEDOUT: the monitors, or whom they asked, ran out of time."""


class CommandBusyError(CommandError, BusyError):
    """EBUSY: something else is in the way."""


_BY_STATUS: dict[int, type[Error]] = {
    c.MONCLIENT_EPERM: PermissionError,
    c.MONCLIENT_EACCES: PermissionError,
    c.MONCLIENT_ENOENT: NotFoundError,
    c.MONCLIENT_ENXIO: ConnectionError,
    c.MONCLIENT_EAGAIN: BusyError,
    c.MONCLIENT_EEXIST: AlreadyExistsError,
    c.MONCLIENT_E2BIG: InvalidError,
    c.MONCLIENT_EINVAL: InvalidError,
    c.MONCLIENT_ERANGE: InvalidError,
    c.MONCLIENT_EILSEQ: InvalidError,
    c.MONCLIENT_EBUSY: BusyError,
    c.MONCLIENT_EPROTO: ProtocolError,
    c.MONCLIENT_EOPNOTSUPP: ProtocolError,
    c.MONCLIENT_ENETUNREACH: ConnectionError,
    c.MONCLIENT_ECONNRESET: ConnectionError,
    c.MONCLIENT_ENOTCONN: ConnectionError,
    c.MONCLIENT_ECONNREFUSED: ConnectionError,
    c.MONCLIENT_EHOSTUNREACH: ConnectionError,
    c.MONCLIENT_ECLOSED: ClosedError,
    c.MONCLIENT_EBADHANDLE: ClosedError,  # this package invents no handles
    c.MONCLIENT_ETIMEDOUT: TimeoutError,
    c.MONCLIENT_ECANCELED: CanceledError,
    c.MONCLIENT_EFORKED: ForkedError,
    c.MONCLIENT_EINTERNAL: InternalError,
}

_COMMAND_BY_STATUS: dict[int, type[CommandError]] = {
    c.MONCLIENT_EPERM: CommandPermissionError,
    c.MONCLIENT_EACCES: CommandPermissionError,
    c.MONCLIENT_ENOENT: CommandNotFoundError,
    c.MONCLIENT_EINVAL: CommandInvalidError,
    c.MONCLIENT_EBUSY: CommandBusyError,
    c.MONCLIENT_ETIMEDOUT: CommandTimeoutError,
    -_errno.EEXIST: CommandExistsError,
}


def of_status(status: int, text: str, outcome: int = c.MONCLIENT_OUTCOME_NONE) -> Error:
    """The exception for a status of the library."""
    if status == c.MONCLIENT_EFORKED:
        text += (
            '; use the start method "spawn" or "forkserver" of multiprocessing, or connect for the first time in the child'
        )
    error = _BY_STATUS.get(status, Error)(-status if status > c.MONCLIENT_EBADHANDLE else None, text)
    if outcome:
        error.outcome = Outcome(outcome)
    return error


def unanswered(error: Error) -> None:
    """Give the exception of a command the outcome that the library did not say, having not been asked: a closed client sends
    nothing."""
    if error.outcome is None:
        error.outcome = Outcome.NOT_SENT if isinstance(error, ClosedError) else Outcome.UNKNOWN


def of_reply(command: str, retval: int, status: str, output: bytes) -> CommandError:
    """The exception for a reply whose retval is negative."""
    reason = status or os.strerror(-retval)
    error = _COMMAND_BY_STATUS.get(retval, CommandError)(-retval, f"{command}: {reason}")
    error.command, error.retval, error.status, error.output = command, retval, status, output
    return error
