"""Exceptions."""

from __future__ import annotations

import builtins
import errno
import pickle

import pytest

import monclient
from monclient import _ctypes as c
from monclient import errors


@pytest.mark.parametrize(
    ("status", "kind", "builtin", "number"),
    [
        (c.MONCLIENT_ETIMEDOUT, monclient.TimeoutError, builtins.TimeoutError, errno.ETIMEDOUT),
        (c.MONCLIENT_EACCES, monclient.PermissionError, builtins.PermissionError, errno.EACCES),
        (c.MONCLIENT_EPERM, monclient.PermissionError, builtins.PermissionError, errno.EPERM),
        (c.MONCLIENT_ENOENT, monclient.NotFoundError, builtins.FileNotFoundError, errno.ENOENT),
        (c.MONCLIENT_ECONNREFUSED, monclient.ConnectionError, builtins.ConnectionError, errno.ECONNREFUSED),
        (c.MONCLIENT_ECLOSED, monclient.ClosedError, builtins.ConnectionError, errno.ESHUTDOWN),
        (c.MONCLIENT_EINVAL, monclient.InvalidError, ValueError, errno.EINVAL),
        (c.MONCLIENT_EPROTO, monclient.ProtocolError, OSError, errno.EPROTO),
        (c.MONCLIENT_ECANCELED, monclient.CanceledError, monclient.Error, errno.ECANCELED),
        (c.MONCLIENT_EFORKED, monclient.ForkedError, RuntimeError, None),
        (c.MONCLIENT_EINTERNAL, monclient.InternalError, RuntimeError, None),
        (c.MONCLIENT_EIO, monclient.Error, Exception, errno.EIO),
        (-28, monclient.Error, Exception, errno.ENOSPC),
    ],
)
def test_of_status(status: int, kind: type[monclient.Error], builtin: type[Exception], number: int | None) -> None:
    e = errors.of_status(status, "what happened")
    assert type(e) is kind
    assert isinstance(e, (monclient.Error, builtin))
    assert isinstance(e, builtin)
    assert (e.errno, e.strerror.partition(";")[0]) == (number, "what happened")
    assert str(e) == e.strerror
    copy = pickle.loads(pickle.dumps(e))
    assert (type(copy), copy.errno, str(copy), copy.outcome) == (kind, e.errno, str(e), None)


@pytest.mark.parametrize("outcome", list(monclient.Outcome))
def test_outcome(outcome: monclient.Outcome) -> None:
    e = errors.of_status(c.MONCLIENT_ETIMEDOUT, "what happened", int(outcome))
    assert pickle.loads(pickle.dumps(e)).outcome is e.outcome is outcome
    errors.unanswered(e)
    assert e.outcome is outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(c.MONCLIENT_ECLOSED, monclient.Outcome.NOT_SENT), (c.MONCLIENT_EINTERNAL, monclient.Outcome.UNKNOWN)],
)
def test_outcome_that_the_library_does_not_say(status: int, outcome: monclient.Outcome) -> None:
    e = errors.of_status(status, "what happened")
    errors.unanswered(e)
    assert e.outcome is outcome


@pytest.mark.parametrize(
    ("retval", "kind", "builtin"),
    [
        (-errno.ENOENT, monclient.CommandNotFoundError, FileNotFoundError),
        (-errno.EACCES, monclient.CommandPermissionError, PermissionError),
        (-errno.EINVAL, monclient.CommandInvalidError, ValueError),
        (-errno.EEXIST, monclient.CommandExistsError, FileExistsError),
        (-errno.EBUSY, monclient.CommandBusyError, monclient.BusyError),
        (-errno.ETIMEDOUT, monclient.CommandTimeoutError, TimeoutError),
        (-errno.ENOTEMPTY, monclient.CommandError, monclient.Error),
    ],
)
def test_of_reply(retval: int, kind: type[monclient.CommandError], builtin: type[Exception]) -> None:
    e = errors.of_reply("osd x", retval, "not today", b"out")
    assert type(e) is kind
    assert isinstance(e, builtin)
    copy = pickle.loads(pickle.dumps(e))
    for each in (e, copy):
        assert (each.errno, each.retval, each.status, each.output) == (-retval, retval, "not today", b"out")
        assert (each.command, str(each)) == ("osd x", "osd x: not today")


def test_of_reply_without_status() -> None:
    assert str(errors.of_reply("osd x", -errno.EBUSY, "", b"")) == "osd x: Device or resource busy"


def test_every_class_is_exported() -> None:
    for name in errors.__all__:
        assert getattr(monclient, name) is getattr(errors, name)
        assert name in monclient.__all__
