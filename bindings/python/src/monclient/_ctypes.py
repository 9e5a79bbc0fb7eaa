"""The C ABI of libmonclient.so for ctypes.

Written by generate.py from include/monclient.h. Do not edit.
"""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = [
    "Library",
    "MONCLIENT_E2BIG",
    "MONCLIENT_EACCES",
    "MONCLIENT_EAGAIN",
    "MONCLIENT_EBADHANDLE",
    "MONCLIENT_EBUSY",
    "MONCLIENT_ECANCELED",
    "MONCLIENT_ECLOSED",
    "MONCLIENT_ECONNREFUSED",
    "MONCLIENT_ECONNRESET",
    "MONCLIENT_EDEADLK",
    "MONCLIENT_EEXIST",
    "MONCLIENT_EFORKED",
    "MONCLIENT_EHOSTUNREACH",
    "MONCLIENT_EILSEQ",
    "MONCLIENT_EINTERNAL",
    "MONCLIENT_EINVAL",
    "MONCLIENT_EIO",
    "MONCLIENT_ENETUNREACH",
    "MONCLIENT_ENOENT",
    "MONCLIENT_ENOMEM",
    "MONCLIENT_ENOTCONN",
    "MONCLIENT_ENXIO",
    "MONCLIENT_EOPNOTSUPP",
    "MONCLIENT_EPERM",
    "MONCLIENT_EPROTO",
    "MONCLIENT_ERANGE",
    "MONCLIENT_ETIMEDOUT",
    "MONCLIENT_EVENT_COMMAND",
    "MONCLIENT_EVENT_CONNECT",
    "MONCLIENT_EVENT_FULL",
    "MONCLIENT_EVENT_JSON",
    "MONCLIENT_EVENT_LAST",
    "MONCLIENT_EVENT_LOG",
    "MONCLIENT_EVENT_MAP",
    "MONCLIENT_EVENT_RESULT",
    "MONCLIENT_EVENT_SESSION",
    "MONCLIENT_EVENT_SYNCED",
    "MONCLIENT_EVENT_VERSION",
    "MONCLIENT_EVENT_WAIT",
    "MONCLIENT_FOREVER",
    "MONCLIENT_FSID_SIZE",
    "MONCLIENT_KIND_CLIENT",
    "MONCLIENT_KIND_CONFIG",
    "MONCLIENT_KIND_OP",
    "MONCLIENT_KIND_OSDMAP",
    "MONCLIENT_KIND_QUEUE",
    "MONCLIENT_KIND_SUB",
    "MONCLIENT_LOG_DEBUG",
    "MONCLIENT_LOG_ERROR",
    "MONCLIENT_LOG_INFO",
    "MONCLIENT_LOG_NONE",
    "MONCLIENT_LOG_WARN",
    "MONCLIENT_MAX_INPUT",
    "MONCLIENT_OK",
    "MONCLIENT_OUTCOME_NONE",
    "MONCLIENT_OUTCOME_NOT_SENT",
    "MONCLIENT_OUTCOME_UNKNOWN",
    "MONCLIENT_POOL_CREATE",
    "MONCLIENT_POOL_DELETE",
    "MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE",
    "MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE",
    "MONCLIENT_POOL_SNAP_CREATE",
    "MONCLIENT_POOL_SNAP_DELETE",
    "MONCLIENT_RESEND_ALWAYS",
    "MONCLIENT_RESEND_DEFAULT",
    "MONCLIENT_RESEND_NEVER",
    "MONCLIENT_RESEND_READ_ONLY",
    "MONCLIENT_SESSION_ATTEMPT_FAILED",
    "MONCLIENT_SESSION_CONNECTED",
    "MONCLIENT_SESSION_CREDENTIAL",
    "MONCLIENT_SESSION_FAILED_OVER",
    "MONCLIENT_SESSION_HUNTING",
    "MONCLIENT_SESSION_LOST",
    "MONCLIENT_SESSION_STANDBY",
    "MONCLIENT_SESSION_STANDBY_LOST",
    "MONCLIENT_SUBSCRIBE_LATEST",
    "MONCLIENT_SUBSCRIBE_ONETIME",
    "MONCLIENT_SUBSCRIBE_VALUES",
    "MONCLIENT_VERSION_MAJOR",
    "MONCLIENT_VERSION_MINOR",
    "MONCLIENT_VERSION_NUMBER",
    "MONCLIENT_VERSION_PATCH",
    "PROTOTYPES",
    "monclient_command_options_t",
    "monclient_config_t",
    "monclient_connect_options_t",
    "monclient_counters_t",
    "monclient_destroy_cb",
    "monclient_dial_cb",
    "monclient_dialer_t",
    "monclient_event_cb",
    "monclient_event_t",
    "monclient_op_t",
    "monclient_osdmap_t",
    "monclient_pool_op_t",
    "monclient_queue_t",
    "monclient_reply_t",
    "monclient_session_t",
    "monclient_sink_t",
    "monclient_sub_t",
    "monclient_t",
]

MONCLIENT_VERSION_MAJOR = 0
MONCLIENT_VERSION_MINOR = 1
MONCLIENT_VERSION_PATCH = 0
#: Version of this header: major << 16 | minor << 8 | patch.
MONCLIENT_VERSION_NUMBER = 256

# Statuses. Where Linux has an errno for it the status is its negative, and it will never change. A status that is not
# listed here is the negative errno of a system call or of a monitor's verdict; monclient_strerror() knows it.

MONCLIENT_OK = 0
#: the monitor does not allow it
MONCLIENT_EPERM = -1
#: no such option, file, key or map
MONCLIENT_ENOENT = -2
#: nothing more exact is known; the text says what happened
MONCLIENT_EIO = -5
#: the monitor or manager that a command was for cannot be reached
MONCLIENT_ENXIO = -6
#: longer than MONCLIENT_MAX_INPUT
MONCLIENT_E2BIG = -7
#: too much waits already; later it may go
MONCLIENT_EAGAIN = -11
#: out of memory
MONCLIENT_ENOMEM = -12
#: the monitor refuses the name or the key
MONCLIENT_EACCES = -13
#: something else is in the way
MONCLIENT_EBUSY = -16
#: it is there already
MONCLIENT_EEXIST = -17
#: a bad argument, option or file; the text names it
MONCLIENT_EINVAL = -22
#: the buffer is too small
MONCLIENT_ERANGE = -34
#: a callback may not wait for its own client, nor close it
MONCLIENT_EDEADLK = -35
#: the monitor sent something that cannot be read
MONCLIENT_EPROTO = -71
#: a text is not UTF-8
MONCLIENT_EILSEQ = -84
#: the monitor and this library have no method or mode in common
MONCLIENT_EOPNOTSUPP = -95
#: no way to the monitors' network
MONCLIENT_ENETUNREACH = -101
#: the connection broke, or the session was lost with a command that is not sent again
MONCLIENT_ECONNRESET = -104
#: there is no session at the moment
MONCLIENT_ENOTCONN = -107
#: the client was closed, or the queue destroyed, during the call (ESHUTDOWN)
MONCLIENT_ECLOSED = -108
#: the time was up
MONCLIENT_ETIMEDOUT = -110
#: nobody listens at the monitors' addresses
MONCLIENT_ECONNREFUSED = -111
#: no way to the monitors
MONCLIENT_EHOSTUNREACH = -113
#: it was canceled, or unsubscribed
MONCLIENT_ECANCELED = -125
#: no such handle, or not any more
MONCLIENT_EBADHANDLE = -1001
#: the process was forked after it had loaded the library
MONCLIENT_EFORKED = -1002
#: a bug of the library; it has been caught, and the text has the stack
MONCLIENT_EINTERNAL = -1003

# What is known of a command that has ended without an answer of the monitors.

#: it was answered, or there was no command
MONCLIENT_OUTCOME_NONE = 0
#: no monitor was sent it: it was not executed, and may safely be sent again
MONCLIENT_OUTCOME_NOT_SENT = 1
#: a monitor was sent it, and nobody knows whether it was, or will be, executed
MONCLIENT_OUTCOME_UNKNOWN = 2

#: The longest text or buffer, in bytes, that a function takes.
MONCLIENT_MAX_INPUT = 268435456
#: A timeout that never ends. Other negative ones are refused with MONCLIENT_EINVAL.
MONCLIENT_FOREVER = -1
#: The size that monclient_fsid() needs, with the NUL.
MONCLIENT_FSID_SIZE = 37

# Kinds of handles: the last byte of a handle.

MONCLIENT_KIND_CONFIG = 1
MONCLIENT_KIND_CLIENT = 2
MONCLIENT_KIND_OP = 3
MONCLIENT_KIND_SUB = 4
MONCLIENT_KIND_QUEUE = 5
MONCLIENT_KIND_OSDMAP = 6

#: where the monitors are, who connects, and how
monclient_config_t = ctypes.c_uint64

#: a client: a session with the monitors, which moves to another one when it must
monclient_t = ctypes.c_uint64

#: an operation that has not completed
monclient_op_t = ctypes.c_uint64

#: a subscription
monclient_sub_t = ctypes.c_uint64

#: a queue of events
monclient_queue_t = ctypes.c_uint64

#: the map of the OSDs and the pools, of one epoch; it never changes
monclient_osdmap_t = ctypes.c_uint64

# What an event tells.

#: monclient_connect_async() has completed: client
MONCLIENT_EVENT_CONNECT = 1
#: monclient_command_async() has completed: reply
MONCLIENT_EVENT_COMMAND = 2
#: monclient_get_version_async() has completed: epoch (the newest), oldest
MONCLIENT_EVENT_VERSION = 3
#: monclient_wait_for_map_async() has completed: epoch
MONCLIENT_EVENT_WAIT = 4
#: a subscription has something: what, epoch, data, missed; or has ended: status
MONCLIENT_EVENT_MAP = 5
#: the session has changed: session_change, mon, addr, elapsed_ns, error, missed
MONCLIENT_EVENT_SESSION = 6
#: the library has something to say: log_level, text, missed
MONCLIENT_EVENT_LOG = 7
#: another operation has completed: data, a JSON text, if the operation gives one; epoch, if it gives a number; monclient_event_osdmap(), if it gives such a map
MONCLIENT_EVENT_RESULT = 8

# Bits of monclient_event.flags.

#: nothing more comes from this source
MONCLIENT_EVENT_LAST = 1
#: data is a whole map; otherwise an incremental of an OSDMap, or a change of keys
MONCLIENT_EVENT_FULL = 2
#: data is a JSON text: of config, kv:PREFIX and log-LEVEL, which are no encoded maps, of MONCLIENT_SUBSCRIBE_VALUES, and of MONCLIENT_EVENT_RESULT
MONCLIENT_EVENT_JSON = 4
#: of MONCLIENT_SUBSCRIBE_VALUES: nothing older than this is missing any more, and the monitors had nothing newer when they answered
MONCLIENT_EVENT_SYNCED = 8

# What has happened to the session.

#: monitors are being tried: mon has their names, separated by commas
MONCLIENT_SESSION_HUNTING = 1
#: one of them failed: mon, addr, elapsed_ns, error
MONCLIENT_SESSION_ATTEMPT_FAILED = 2
#: there is a session: mon, addr, elapsed_ns since hunting began
MONCLIENT_SESSION_CONNECTED = 3
#: the session is over: mon, addr, elapsed_ns since it began, error
MONCLIENT_SESSION_LOST = 4
#: there is a session, with another monitor than the last one: as CONNECTED; with a standby session it follows LOST at once, without HUNTING
MONCLIENT_SESSION_FAILED_OVER = 5
#: a standby session is ready to take over: mon, addr, elapsed_ns since it was begun
MONCLIENT_SESSION_STANDBY = 6
#: a standby session is over: mon, addr, elapsed_ns since it was ready, error
MONCLIENT_SESSION_STANDBY_LOST = 7
#: the key was changed: by monclient_set_key(), or in its file
MONCLIENT_SESSION_CREDENTIAL = 8

# Levels of the library's own log. A level has those above it.

MONCLIENT_LOG_NONE = 0
MONCLIENT_LOG_ERROR = 1
MONCLIENT_LOG_WARN = 2
MONCLIENT_LOG_INFO = 3
MONCLIENT_LOG_DEBUG = 4


class monclient_reply_t(ctypes.Structure):
    """The monitors' answer to a command. Release it with monclient_reply_free(), unless it is part of an event."""

    _fields_ = (
        #: 0, a negative errno of Linux; a few commands succeed with a positive value
        ("retval", ctypes.c_int32),
        #: 1: it was sent more than once, because sessions were lost or an answer took long, and may have been executed so
        ("resent", ctypes.c_uint32),
        #: a text for people, never NULL; the reason when retval is negative
        ("status", ctypes.c_char_p),
        #: what the command printed; a NUL follows it, which output_len does not count; never NULL
        ("output", ctypes.c_void_p),
        #: bytes
        ("output_len", ctypes.c_uint64),
        #: name of the monitor that answered, without "mon."; "" when a manager did; never NULL
        ("mon", ctypes.c_char_p),
        #: the daemon that answered, such as "mon.a" or "mgr.x"; never NULL
        ("sender", ctypes.c_char_p),
    )


class monclient_event_t(ctypes.Structure):
    """Something that happened. Members that the kind of event does not mention are 0 or NULL."""

    _fields_ = (
        #: MONCLIENT_EVENT_...
        ("type", ctypes.c_uint32),
        #: MONCLIENT_EVENT_LAST and others
        ("flags", ctypes.c_uint32),
        #: MONCLIENT_OK, or why there is no result, or why the subscription has ended; without MONCLIENT_EVENT_LAST why this one map of MONCLIENT_SUBSCRIBE_VALUES cannot be read
        ("status", ctypes.c_int32),
        #: how many events of this source were dropped, or replaced by a newer one, before this one
        ("missed", ctypes.c_uint32),
        #: the sink's
        ("userdata", ctypes.c_void_p),
        #: handle of the operation or subscription, which may be stale by now; 0: session and log
        ("source", ctypes.c_uint64),
        #: handle of the client, which means nothing before it is connected; 0 if there will be none
        ("client", ctypes.c_uint64),
        #: what happened, for a status other than MONCLIENT_OK and for failures of the session
        ("error", ctypes.c_char_p),
        #: COMMAND with MONCLIENT_OK
        ("reply", ctypes.POINTER(monclient_reply_t)),
        #: MAP: the name that was subscribed to
        ("what", ctypes.c_char_p),
        #: the map's epoch, the version of a log or of keys; 0 for config. RESULT: the number, if it has one
        ("epoch", ctypes.c_uint64),
        #: VERSION: the oldest epoch that the monitors have
        ("oldest", ctypes.c_uint64),
        #: MAP: the encoded map. MAP and RESULT: or a JSON text, which a NUL follows that data_len does not count
        ("data", ctypes.c_void_p),
        #: bytes
        ("data_len", ctypes.c_uint64),
        #: SESSION: MONCLIENT_SESSION_...
        ("session_change", ctypes.c_uint32),
        #: LOG: MONCLIENT_LOG_...
        ("log_level", ctypes.c_uint32),
        #: SESSION: the monitor's name, without "mon."
        ("mon", ctypes.c_char_p),
        #: SESSION: its address, such as "v2:10.0.0.1:3300/0"
        ("addr", ctypes.c_char_p),
        #: SESSION: nanoseconds
        ("elapsed_ns", ctypes.c_uint64),
        #: LOG: the message with its attributes, on one line but for stacks
        ("text", ctypes.c_char_p),
        #: COMMAND with another status than MONCLIENT_OK: MONCLIENT_OUTCOME_NOT_SENT or ..._UNKNOWN
        ("outcome", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
    )

#: Receives an event. It may not free the event.
monclient_event_cb = ctypes.CFUNCTYPE(None, ctypes.POINTER(monclient_event_t), ctypes.c_void_p)

#: Ends the life of userdata.
monclient_destroy_cb = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class monclient_sink_t(ctypes.Structure):
    """Where events go: to a queue, or to a callback. Exactly one of the two is set. The library copies it."""

    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        #: 0
        ("reserved", ctypes.c_uint32),
        #: the queue, or 0
        ("queue", monclient_queue_t),
        #: the callback, or NULL
        ("callback", monclient_event_cb),
        #: anything; the library does not look at it
        ("userdata", ctypes.c_void_p),
        #: called once when userdata is not needed any more, or NULL
        ("destroy", monclient_destroy_cb),
    )

#: Opens a connection to a monitor: through a proxy or a tunnel, for example. It should keep to its time, for whoever
#: connects, cancels that or closes the client waits until it has returned. It may not call what waits for its client,
#: nor close it: that returns MONCLIENT_EDEADLK. A fault in it (SIGSEGV) ends the process with a report of Go's.
#:
#: @param ip          the monitor's address, such as "10.0.0.1" or "fd00::1"
#: @param port        its port
#: @param timeout_ms  how long it may take; a connection that comes later is closed
#: @return the file descriptor of a connected stream socket, which the library owns from then on, or a negative errno.
#:         A descriptor of anything else is an error and stays the program's
monclient_dial_cb = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_uint16, ctypes.c_int32, ctypes.c_void_p)


class monclient_dialer_t(ctypes.Structure):
    """Opens connections instead of the library. The library copies it."""

    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        #: 0
        ("reserved", ctypes.c_uint32),
        #: runs on threads of the library, several at a time; it may block
        ("dial", monclient_dial_cb),
        ("userdata", ctypes.c_void_p),
        #: called once when no configuration and no client needs userdata any more, or NULL
        ("destroy", monclient_destroy_cb),
    )


class monclient_connect_options_t(ctypes.Structure):
    """How to connect, beyond the configuration."""

    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        #: 0: client_mount_timeout; MONCLIENT_FOREVER
        ("timeout_ms", ctypes.c_int32),
        #: gets MONCLIENT_EVENT_SESSION from the first attempt on, or NULL
        ("session", ctypes.POINTER(monclient_sink_t)),
        #: gets MONCLIENT_EVENT_LOG, or NULL
        ("log", ctypes.POINTER(monclient_sink_t)),
        #: MONCLIENT_LOG_..., 0: nothing until monclient_set_log_level()
        ("log_level", ctypes.c_uint32),
        #: 0
        ("reserved", ctypes.c_uint32),
    )


class monclient_session_t(ctypes.Structure):
    """The present session. Release it with monclient_session_free()."""

    _fields_ = (
        #: name of the monitor, without "mon."
        ("mon", ctypes.c_char_p),
        #: its address
        ("addr", ctypes.c_char_p),
        #: the client's own address, as the monitor sees it
        ("local_addr", ctypes.c_char_p),
        #: "secure" or "crc"
        ("mode", ctypes.c_char_p),
        #: Ceph's feature bits of both sides
        ("features", ctypes.c_uint64),
        #: when it began: nanoseconds since 1970
        ("since_ns", ctypes.c_int64),
        #: of the monitor
        ("rank", ctypes.c_int32),
        ("reserved", ctypes.c_uint32),
    )

# What becomes of a command that was sent when its session is lost before the answer came: the monitor may have executed it, or
# not, and nobody can tell. A command that was not sent always waits for the next session.

#: as the option monclient_command_resend says: ALWAYS, unless it was set
MONCLIENT_RESEND_DEFAULT = 0
#: it is sent again, as Ceph's clients do: executed at least once, perhaps more than once
MONCLIENT_RESEND_ALWAYS = 1
#: it ends with MONCLIENT_ECONNRESET and MONCLIENT_OUTCOME_UNKNOWN: executed at most once
MONCLIENT_RESEND_NEVER = 2
#: ALWAYS if it only reads, as far as the cluster's table of commands is known; else NEVER
MONCLIENT_RESEND_READ_ONLY = 3


class monclient_command_options_t(ctypes.Structure):
    """How to send a command."""

    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        #: 0: rados_mon_op_timeout; MONCLIENT_FOREVER
        ("timeout_ms", ctypes.c_int32),
        #: goes along with the command (what the ceph tool reads with -i); not retained; or NULL
        ("input", ctypes.c_void_p),
        #: bytes, at most MONCLIENT_MAX_INPUT
        ("input_len", ctypes.c_uint64),
        #: MONCLIENT_RESEND_...
        ("resend", ctypes.c_uint32),
        #: 0
        ("reserved", ctypes.c_uint32),
        #: who is to execute it; not retained. NULL and "": the monitors. "mon.NAME", or "mon.N" for the one of rank N: that monitor alone, whose own commands these are (ceph tell mon.NAME). "mgr": the active manager. "mgr.NAME": that manager's own commands, if it is the active one (ceph tell mgr.NAME); "mgr.*": those of whichever is
        ("target", ctypes.c_char_p),
        #: the name of a map, as for monclient_latest(), or NULL: the reply is given when this client has the map as new as the command made it; not retained
        ("barrier", ctypes.c_char_p),
    )

# Bits of the flags of monclient_subscribe().

#: it ends with the first answer
MONCLIENT_SUBSCRIBE_ONETIME = 1
#: only the newest map waits for a slow receiver; for every map, but for osdmap with VALUES only, and config
MONCLIENT_SUBSCRIBE_LATEST = 2
#: data is what the map says, as JSON
MONCLIENT_SUBSCRIBE_VALUES = 4

# What monclient_pool_op() does.

#: name, crush_rule
MONCLIENT_POOL_CREATE = 1
#: pool. The monitors must allow it (mon_allow_pool_delete)
MONCLIENT_POOL_DELETE = 2
#: pool, name: a snapshot of the pool
MONCLIENT_POOL_SNAP_CREATE = 3
#: pool, name
MONCLIENT_POOL_SNAP_DELETE = 4
#: pool: gives the number of a new snapshot
MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE = 5
#: pool, snap
MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE = 6


class monclient_pool_op_t(ctypes.Structure):
    """An operation on a pool."""

    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        #: MONCLIENT_POOL_...
        ("op", ctypes.c_uint32),
        #: id of the pool
        ("pool", ctypes.c_int64),
        #: of the new pool, or of the snapshot
        ("name", ctypes.c_char_p),
        #: number of a self-managed snapshot
        ("snap", ctypes.c_uint64),
        #: -1: the cluster's default
        ("crush_rule", ctypes.c_int32),
        #: 0
        ("reserved", ctypes.c_uint32),
    )


class monclient_counters_t(ctypes.Structure):
    """What is alive in the library. All of it is 0 when everything has been released."""

    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        #: handles of that kind
        ("configs", ctypes.c_uint32),
        #: handles of that kind
        ("clients", ctypes.c_uint32),
        #: operations that have not completed
        ("operations", ctypes.c_uint32),
        #: handles of that kind
        ("subscriptions", ctypes.c_uint32),
        #: handles of that kind
        ("queues", ctypes.c_uint32),
        #: copies of sinks and dialers whose destroy function has not been called
        ("sinks", ctypes.c_uint32),
        #: replies, events, sessions, texts and buffers that have not been released
        ("buffers", ctypes.c_uint32),
        #: those of them that keep memory of the network where it is instead of a copy
        ("pinned", ctypes.c_uint32),
        #: threads that run callbacks
        ("threads", ctypes.c_uint32),
        #: handles of that kind
        ("osdmaps", ctypes.c_uint32),
    )

#: Of every function: name, type of its result, types of its arguments, documentation.
PROTOTYPES = (
    (
        "monclient_version_number",
        ctypes.c_uint32,
        (),
        """Version of the library, as MONCLIENT_VERSION_NUMBER is of the header.

        Threads: any. Works after fork. Since 0.1.
        """,
    ),
    (
        "monclient_version",
        ctypes.c_char_p,
        (),
        """Version of the library as a text, such as "0.1.0".

        Threads: any. Works after fork. Since 0.1.
        """,
    ),
    (
        "monclient_has_feature",
        ctypes.c_int,
        (ctypes.c_char_p,),
        """Whether the library has a feature.

        @param name  "aes256krb5" (keys of Ceph 20), "secure" (encrypted connections), "queue", "dialer", "target" (of commands),
                     "values" (MONCLIENT_SUBSCRIBE_VALUES), "osdmap" (monclient_osdmap_t), and names that later versions add
        @return 1 or 0; 0 for NULL

        Threads: any. Works after fork. Since 0.1.
        """,
    ),
    (
        "monclient_strerror",
        ctypes.c_char_p,
        (ctypes.c_int,),
        """A text for a status, such as "permission denied". Never NULL; static.

        @param status  a status of this library, or a monitor's retval

        Threads: any. Works after fork. Since 0.1.
        """,
    ),
    (
        "monclient_last_error",
        ctypes.c_char_p,
        (),
        """What happened in the last call of this thread that failed: a sentence without a line break at the end, which names what was asked for, the
        monitor, the step, the option or the file. It contains no secret.

        @return never NULL; "" when no call of this thread has failed. It lives until this thread calls the library again.

        Threads: any; every thread has its own. Works after fork. Since 0.1.
        """,
    ),
    (
        "monclient_last_outcome",
        ctypes.c_int,
        (),
        """What is known of the command, when the last call of this thread that failed was monclient_command() or
        monclient_command_async(). It belongs to monclient_last_error(), and lives as long.

        @return MONCLIENT_OUTCOME_NOT_SENT or MONCLIENT_OUTCOME_UNKNOWN after such a call, MONCLIENT_OUTCOME_NONE after others

        Threads: any; every thread has its own. Works after fork. Since 0.1.
        """,
    ),
    (
        "monclient_free",
        None,
        (ctypes.c_void_p,),
        """Release a text or a buffer that a function returned through a char ** or void **. NULL is nothing.

        Threads: any. Works after fork, where it releases nothing. Since 0.1.
        """,
    ),
    (
        "monclient_event_keep",
        ctypes.POINTER(monclient_event_t),
        (ctypes.POINTER(monclient_event_t),),
        """Keep an event for longer than its callback runs, or in more than one place: events are counted, and the program calls
        monclient_event_free() for each time that it was kept.

        @param event  NULL is nothing
        @return the event

        Threads: any. Since 0.1.
        """,
    ),
    (
        "monclient_event_free",
        None,
        (ctypes.POINTER(monclient_event_t),),
        """Release an event that came from a queue or was kept, with everything that it points to. NULL is nothing.

        Threads: any. Works after fork, where it releases nothing. Since 0.1.
        """,
    ),
    (
        "monclient_config_create",
        ctypes.c_int,
        (ctypes.POINTER(monclient_config_t),),
        """Make a configuration that has nothing but defaults.

        Options have the names, types, defaults and units of Ceph's: mon_host, fsid, name (client.admin), cluster, key,
        keyring, keyfile, monmap, auth_client_required (methods: cephx, none), ms_mon_client_mode (secure, crc),
        client_mount_timeout (of connecting, seconds), rados_mon_op_timeout (of commands, seconds, 0: none),
        ms_connection_ready_timeout, ms_initial_backoff, ms_max_backoff, mon_client_hunt_interval,
        mon_client_hunt_interval_backoff, mon_client_hunt_interval_max_multiple, mon_client_hunt_parallel,
        mon_client_ping_interval, mon_client_ping_timeout and others. Of this library's own:
        monclient_hostname (this machine's name for masked options), monclient_max_message (bytes that a monitor may send
        in one message), monclient_offer_compression and monclient_revision0 (bool: connect as older clients do), and, seconds
        being numbers such as 0.25,

          monclient_command_resend    what becomes of a command whose session is lost before its answer comes: always (the
                                      default), never, read-only; see monclient_command_options_t
          monclient_hunt_stagger      0.05 seconds that an attempt at a monitor may take before the next one is tried as well
          monclient_standby_sessions  0: how many spare sessions with other monitors to keep, of which one takes over at once
                                      when the session is lost
          monclient_read_balance      false: whether commands that only read, and questions for versions, are spread over the
                                      session and the spare ones
          monclient_hedge_delay       0 seconds after which what only reads, and is not answered, is asked of a spare session, too;
                                      the first answer counts. 0: never
          monclient_probe_interval    0.5 seconds between keepalives while an answer is awaited; otherwise it is
                                      mon_client_ping_interval
          monclient_probe_timeout     2 seconds without a sign of life after which a monitor is given up; more if its answers are
                                      slow, at most mon_client_ping_timeout
          monclient_quorum_timeout    5 seconds after which another monitor is asked when this one answers keepalives and nothing
                                      else; if that one does answer the session moves to it. 0: never
          monclient_fetch_config      false: whether connecting begins with monclient_config_fetch(), as librados does
          monclient_central_config    false: whether the options that may change at runtime follow the monitors' configuration
          monclient_log_flush_timeout 1 second that monclient_close() waits for entries of monclient_log_write()
          monclient_keyring_watch     true: whether a key that comes from a file (keyring, keyfile) is taken over when the file
                                      changes while a client lives. Keys of the option key and of monclient_config_set_keyring() stay
                                      until monclient_set_key()

        What only reads is what the cluster's own table of commands (get_command_descriptions) says so of; the library asks for it.

        Values have levels: default < monitors < configuration file < environment < command line < monclient_config_set().

        @param[out] config  release it with monclient_config_destroy()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_destroy",
        ctypes.c_int,
        (monclient_config_t,),
        """Destroy a configuration. Clients that were made of it live on.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_read_file",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_char_p),
        """Read a configuration file. It replaces what an earlier call has read. Implements: int rados_conf_read_file(...).

        @param path  the file; NULL: the option conf, else $CEPH_CONF, else the first that opens of $data_dir/config,
                     /etc/ceph/$cluster.conf, ~/.ceph/$cluster.conf and $cluster.conf in the working directory
        @return MONCLIENT_ENOENT  there is none, and the text has every path that was tried
                MONCLIENT_EINVAL  it does not parse, and the text has the line

        Threads: any. Blocks for the file system. Since 0.1.
        """,
    ),
    (
        "monclient_config_parse_env",
        ctypes.c_int,
        (monclient_config_t,),
        """Take over $CEPH_ARGS and $CEPH_KEYRING. Implements: int rados_conf_parse_env(...).

        Threads: any that does not change the environment meanwhile. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_parse_argv",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_int)),
        """Take over the options of a command line: --mon-host X, --mon_host=X, -m X, -n NAME, --id ID, -k KEYRING, -c FILE and so
        on, for every option. Implements: int rados_conf_parse_argv_remainder(...).

        @param argc       number of arguments, without the name of the program
        @param argv       the arguments, not retained
        @param[out] rest  room for argc pointers, or NULL: gets those of argv that were no options, in order; it may be argv
        @param[out] nrest how many these are, or NULL
        @return MONCLIENT_EINVAL  a value does not fit its option, or is missing

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_set",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_char_p, ctypes.c_char_p),
        """Set an option, above all files, variables and arguments. Implements: int rados_conf_set(...).

        @param option  its name; blanks are the same as underscores
        @param value   as text
        @return MONCLIENT_ENOENT  there is no such option
                MONCLIENT_EINVAL  the value does not fit it

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_get",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)),
        """Get the value of an option as text, with metavariables such as $cluster expanded. Implements: int rados_conf_get(...).

        @param[out] value  release it with monclient_free()
        @return MONCLIENT_ENOENT  there is no such option
                MONCLIENT_EACCES  it is secret, as key is, and set

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_set_keyring",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_char_p, ctypes.c_size_t),
        """Use a keyring that is in memory instead of a file. The entity that the option name says must be in it. A single key in
        base64 is set with the option key instead. The option key, if set, is used before.

        @param text  the text of a keyring file, not retained
        @param len   its length in bytes
        @return MONCLIENT_EINVAL  it does not parse, and the text has the line

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_set_monmap",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_void_p, ctypes.c_size_t),
        """Start from an encoded monmap, as "ceph mon getmap" writes it, instead of mon_host and its like.

        @param data  the map, not retained
        @param len   its length in bytes
        @return MONCLIENT_EPROTO  it does not decode

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_set_dialer",
        ctypes.c_int,
        (monclient_config_t, ctypes.POINTER(monclient_dialer_t)),
        """Have a function open the connections of the clients that are made of this configuration from now on.

        @param dialer  NULL: the library opens them again

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_connect",
        ctypes.c_int,
        (monclient_config_t, ctypes.POINTER(monclient_connect_options_t), ctypes.POINTER(monclient_t)),
        """Find a monitor that lets the client in, and wait for that. Monitors are tried one after the other: the next one when the one
        before has failed, or has taken monclient_hunt_stagger, up to mon_client_hunt_parallel at a time; the first one that lets
        the client in has it. When all have failed they are tried again until the time is
        up, because monitors are restarted; that the key is refused is told at once. The configuration is read now: changing it later
        does not change the client.

        @param      options  NULL: defaults
        @param[out] client   end it with monclient_close()
        @return MONCLIENT_ETIMEDOUT, MONCLIENT_ECONNREFUSED, MONCLIENT_EHOSTUNREACH, MONCLIENT_EACCES, MONCLIENT_EPERM,
                MONCLIENT_ENOENT (no monitors configured, no keyring), MONCLIENT_EINVAL (a bad option),
                MONCLIENT_EOPNOTSUPP, MONCLIENT_EPROTO; the text names every monitor that was tried, how far it got and why

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_connect_async",
        ctypes.c_int,
        (monclient_config_t, ctypes.POINTER(monclient_connect_options_t), ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_CONNECT, whose client belongs to the receiver. When nobody
        receives it because the queue was destroyed, the client is closed.

        @param      sink  where the completion goes
        @param[out] op    for monclient_op_cancel(), or NULL

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_close",
        ctypes.c_int,
        (monclient_t,),
        """Close a client: calls that wait for it and operations end with MONCLIENT_ECLOSED, subscriptions end, their events are
        delivered, and then the function returns. It waits for callbacks that run, and for nothing on the network. So two
        clients whose callbacks close each other at the same time wait for ever.

        @return MONCLIENT_EDEADLK  in a callback of this client
                MONCLIENT_EBADHANDLE  also when another thread has closed it

        Threads: any. Blocks for callbacks that run. Since 0.1.
        """,
    ),
    (
        "monclient_fsid",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_size_t),
        """The cluster's id as text, such as "a4f5c1e0-...".

        @param[out] buf   gets it with a NUL
        @param      size  room in buf, MONCLIENT_FSID_SIZE or more
        @return MONCLIENT_ERANGE  size is smaller

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_global_id",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_uint64)),
        """The number that the monitors know this client by. It outlives sessions.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_monmap",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)),
        """The newest monmap that the client has, encoded as the monitors do.

        @param[out] data  release it with monclient_free()
        @param[out] len   bytes

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_monmap_json",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p)),
        """The same map as JSON: the members that "ceph mon dump -f json" has, but for the quorum.

        @param[out] json  release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_session",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.POINTER(monclient_session_t))),
        """The state of the session.

        @param[out] session  release it with monclient_session_free()
        @return MONCLIENT_ENOTCONN  there is none at the moment: a monitor is being looked for

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_session_free",
        None,
        (ctypes.POINTER(monclient_session_t),),
        """Release the state of a session. NULL is nothing.

        Threads: any. Works after fork, where it releases nothing. Since 0.1.
        """,
    ),
    (
        "monclient_standbys_json",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p)),
        """The standby sessions that could take over at this moment; see the option monclient_standby_sessions.

        @param[out] json  an array, which may be empty, of {"mon", "rank", "addr", "local_addr", "mode", "since"}: as the members of
                          monclient_session_t, but since in seconds, with a fraction. Release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_set_key",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p),
        """Change the key of a client that is connected, when the cluster has, or is about to get, another one for its entity. The
        session, the subscriptions and the number of the client stay. Tickets are renewed and new sessions begin with the new key;
        monitors that have refused the old one are tried again at once. Tells of it with MONCLIENT_SESSION_CREDENTIAL, unless it is the
        key that the client has. Whether the monitors accept it shows later.

        @param key  in base64, as in a keyring; not retained
        @return MONCLIENT_EINVAL   that is no key, or none that the client could use; the text does not have it
                MONCLIENT_ECLOSED  another thread closes the client

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_set_log_level",
        ctypes.c_int,
        (monclient_t, ctypes.c_uint32),
        """Set the level of the library's log for this client.

        @param level  MONCLIENT_LOG_...

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_op_cancel",
        ctypes.c_int,
        (monclient_op_t,),
        """Cancel an operation. It completes with MONCLIENT_ECANCELED, unless its completion is under way. What was sent to the
        monitors may still be executed.

        @return MONCLIENT_EBADHANDLE  it has completed; its event may be on its way

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_command",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.POINTER(monclient_command_options_t), ctypes.POINTER(ctypes.POINTER(monclient_reply_t))),
        """Send a command to the monitors and wait for the reply. Without a quorum the monitors answer nothing, so without a
        timeout this may wait for ever. A command whose session is lost is sent again, unless options->resend says otherwise.
        When there is no answer, monclient_last_outcome() says whether the command may have been executed.
        Implements: int rados_mon_command(...), and with options->target rados_mon_command_target(...), rados_mgr_command(...) and
        rados_mgr_command_target(...).

        @param      cmd      a JSON object: {"prefix": "osd tree", "format": "json"}; not retained
        @param      options  NULL: defaults
        @param[out] reply    release it with monclient_reply_free()
        @return MONCLIENT_OK when the monitors answered, whatever they answered (see reply->retval); MONCLIENT_ETIMEDOUT;
                MONCLIENT_ECLOSED; MONCLIENT_ECONNRESET (the session was lost, and it may not be sent again);
                MONCLIENT_ENOENT (there is no such target); MONCLIENT_ENXIO (the target cannot be reached, or the manager of that name
                is not the active one); MONCLIENT_EDEADLK in a callback of this client; while there is no session, also what monclient_connect() returns

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_command_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.POINTER(monclient_command_options_t), ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_COMMAND, which has the outcome when there is no answer.

        @param      sink  where the completion goes
        @param[out] op    for monclient_op_cancel(), or NULL

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_reply_free",
        None,
        (ctypes.POINTER(monclient_reply_t),),
        """Release a reply. NULL is nothing.

        Threads: any. Works after fork, where it releases nothing. Since 0.1.
        """,
    ),
    (
        "monclient_get_version",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_uint64), ctypes.POINTER(ctypes.c_uint64)),
        """Ask the monitors for the epochs of a map that they have.

        @param      what        "monmap", "osdmap", "fsmap" or "mdsmap"
        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] newest      the newest epoch
        @param[out] oldest      the oldest epoch, or NULL
        @return MONCLIENT_EINVAL (another map); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_get_version_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_VERSION.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_wait_for_map",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int32, ctypes.POINTER(ctypes.c_uint64)),
        """Wait until the monitors have a map of at least the given epoch. monclient_latest() waits for the newest there is.

        @param      what        "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"
        @param      epoch       0: the newest one
        @param      timeout_ms  0 and MONCLIENT_FOREVER: none
        @param[out] got         the epoch that came, or NULL
        @return MONCLIENT_EINVAL (another map); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_wait_for_map_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_WAIT.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_subscribe",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_sub_t)),
        """Follow a map: every epoch of it, once, across changes of the session.

        The map is one of "monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap"; and as JSON "config"
        ({"options": {NAME: VALUE}}), "kv:PREFIX" ({"keys": {KEY: VALUE or null}, "keys_base64": {KEY: VALUE that is no UTF-8}}),
        and one level of the cluster log: "log-debug", "log-info", "log-sec", "log-warn" or "log-error"
        ({"entries": [{"time", "name", "channel", "priority", "seq", "text"}]}).

        With MONCLIENT_SUBSCRIBE_VALUES data is the value, as JSON: of monmap, mgrmap, fsmap and servicemap what "ceph mon dump",
        "mgr dump", "fs dump" and "service dump" with "-f json" have, but for the quorum; of osdmap {"epoch", "modified", "full": whether
        this epoch came whole, "changes": what monclient_osdmap_diff() says}; of config
        {"options": {NAME: VALUE}, "changed": [NAME], "removed": [NAME]}; of kv:PREFIX {"prefix", "set": {KEY: VALUE}, "set_base64":
        {KEY: VALUE that is no UTF-8}, "deleted": [KEY]}; of a level of the log one entry {"time", "name", "rank", "addrs",
        "channel", "level", "seq", "text"} for each event, of one channel alone if its name follows, as in "log-info:audit". Events
        say when they are MONCLIENT_EVENT_SYNCED; of a log the first to come is an entry, so that a log without any says nothing.
        One map that cannot be read is an event with a status and without MONCLIENT_EVENT_LAST. It does not go with
        MONCLIENT_SUBSCRIBE_ONETIME.

        The values of osdmap are whole maps, which the library makes of what has changed: monclient_event_osdmap() has them. Their
        "changes" are those since the event of the subscription that was taken before, found out when an event is taken; so nothing
        is lost when some are dropped or replaced. The first one has none. To go on where another subscription has ended, start with
        the epoch that it had last.

        @param      what   one of these
        @param      start  the first epoch; 0: the newest map in full. For an osdmap a later one brings the incrementals from
                           there on, or full maps where the monitors have trimmed them; for a log 1 brings what they have kept,
                           and 0 begins with its newest version, whose entries may come first
        @param      flags  0, or MONCLIENT_SUBSCRIBE_... With LATEST a map that comes replaces the one that waits, in a queue or for
                           the thread of callbacks, and missed says how many were replaced
        @param      sink   gets a MONCLIENT_EVENT_MAP for each map, and one with MONCLIENT_EVENT_LAST and a status at the end:
                           MONCLIENT_OK (onetime), MONCLIENT_ECLOSED. Of more than 1,024 maps or 64 MiB that wait, the oldest are dropped
        @param[out] sub    for monclient_unsubscribe(); it becomes stale with the last event
        @return MONCLIENT_EINVAL  there is no such map, or it is not one for MONCLIENT_SUBSCRIBE_LATEST: osdmap without
                                  MONCLIENT_SUBSCRIBE_VALUES, kv:PREFIX, log-LEVEL, of which every event counts

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_unsubscribe",
        ctypes.c_int,
        (monclient_sub_t,),
        """End a subscription. Events that wait are dropped, and there is no last one. When the function returns no callback of
        the subscription runs or will run, except for the one that it is called from.

        Threads: any. Blocks for a callback that runs. Since 0.1.
        """,
    ),
    (
        "monclient_ping",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """Ask a monitor whether it is there, on a connection of its own; it need not be in quorum. Implements: int rados_ping_monitor(...).

        @param      mon         its name, without "mon.", or its rank in digits
        @param      timeout_ms  0: mon_client_ping_timeout; MONCLIENT_FOREVER
        @param[out] json        {"mon", "round_trip": seconds, "reply": what the monitor says of itself and of the quorum, "text": the same as it has
                                sent it}, release it with monclient_free()
        @return MONCLIENT_ENOENT (there is no such monitor), MONCLIENT_ETIMEDOUT, MONCLIENT_ECONNREFUSED and others as of
                monclient_connect(); MONCLIENT_EDEADLK in a callback of this client

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_ping_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_ping",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """The same without a client, for a monitor that the configuration names.

        @return as monclient_ping(); MONCLIENT_ENOENT also when no monitors are configured

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_config_ping_async",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_config_fetch",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """Fetch the monmap and the options that the monitors have for this entity in a short session, and take them over: clients that are
        made of the configuration from now on begin with that monmap, and the options are below those of files. What says where the
        monitors are and who connects (mon_host, keyring, key and others) is never taken from the monitors.

        @param      timeout_ms  0: client_mount_timeout; MONCLIENT_FOREVER
        @param[out] json        {"fsid", "monmap_epoch", "options": {NAME: VALUE}}, release it with monclient_free(); or NULL
        @return as monclient_connect()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_config_fetch_async",
        ctypes.c_int,
        (monclient_config_t, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_latest",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_uint64)),
        """Wait until this client has a map as new as the monitors have it now. Implements, for "osdmap": int
        rados_wait_for_latest_osdmap(...).

        @param      what        "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"
        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] epoch       the epoch that it has, or NULL
        @return MONCLIENT_EINVAL (another map); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_latest_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, which has the epoch.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_log_write",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p),
        """Write an entry to the cluster log. It is sent along with others within mon_client_log_interval (a second), and again after a change
        of session, until a monitor has acknowledged it; monclient_close() waits a moment for that.

        @param level    "debug", "info", "sec", "warn" or "error"
        @param channel  NULL: "cluster"; "audit", or another
        @param text     the entry, not retained
        @return MONCLIENT_EAGAIN (10,000 entries or 16 MiB of them wait), MONCLIENT_ECLOSED

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_log_flush",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32),
        """Wait until the monitors have acknowledged every entry that was written before.

        @param timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @return as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_log_flush_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_cluster_stats",
        ctypes.c_int,
        (monclient_t, ctypes.c_int64, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """The cluster's capacity, or a pool's share of it. A client that may not read "pg" gets no answer, as in librados: mind the
        time limit. Implements: int rados_cluster_stat(...).

        @param      pool        the id of a pool; -1: the whole cluster
        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] json        {"kb", "kb_used", "kb_avail", "num_objects"}, release it with monclient_free()
        @return MONCLIENT_ENOENT (there is no such pool); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_cluster_stats_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_int64, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_pools",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """The pools of the cluster, from the newest osdmap. Implements: int rados_pool_list(...), and lookups by name and by id.

        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] json        [{"id", "name"}], in the order of ids; release it with monclient_free()
        @return as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_pools_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_pool_stats",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p), ctypes.c_uint32, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """Statistics of pools. One that is so new that the monitors have none of it yet is left out. A client that may not read "pg"
        gets no answer: mind the time limit.

        @param      names       of pools, not retained
        @param      count       how many; 0: all pools
        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] json        {POOL: {"stat_sum": {"num_objects", "num_bytes", ...}, "store_stats", ...}}, release it with monclient_free()
        @return MONCLIENT_ENOENT (there is no such pool); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_pool_stats_async",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p), ctypes.c_uint32, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_pool_op",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(monclient_pool_op_t), ctypes.c_int32, ctypes.POINTER(ctypes.c_uint64)),
        """Create or delete a pool or a snapshot, and wait until this client has the osdmap that says so. Implements: int rados_pool_create(...),
        int rados_pool_delete(...), and those of snapshots.

        @param      op          what to do, not retained
        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] snap        the number of a new self-managed snapshot, else 0; or NULL
        @return MONCLIENT_EEXIST, MONCLIENT_ENOENT, MONCLIENT_EPERM and what else the monitors say; otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_pool_op_async",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(monclient_pool_op_t), ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose epoch is that number.

        @param handle  for monclient_op_cancel(), or NULL

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_blocklist",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """The addresses of clients that OSDs refuse.

        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] json        [{"addr", "until": seconds since 1970}], release it with monclient_free()
        @return as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_blocklist_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_blocklist_add",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_int32),
        """Have the OSDs refuse a client, and wait until this client has the osdmap that says so. Implements: int rados_blocklist_add(...).

        @param addr        such as "10.0.0.1:0/3710147553"; without the number all of that address
        @param seconds     for how long; 0: the cluster's default, an hour
        @param timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @return MONCLIENT_EINVAL (that is no address); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_blocklist_add_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_blocklist_remove",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32),
        """Undo monclient_blocklist_add().

        @param addr        as it was given there
        @param timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @return MONCLIENT_EINVAL (that is no address); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_blocklist_remove_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_command_parse",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p), ctypes.c_uint32, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """Make a command of words, as the ceph tool does: by the cluster's own table of commands, which is asked for once. Nothing is executed.

        @param      words       such as "osd", "pool", "create", "data", "--size=2"; not retained
        @param      count       how many
        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] json        for monclient_command(), release it with monclient_free()
        @return MONCLIENT_EINVAL  no command, or an argument that does not fit: the text says which, what it may be, and what was perhaps meant;
                otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_command_parse_async",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p), ctypes.c_uint32, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_addr",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p)),
        """The client's own address as the cluster sees it, such as "10.0.0.5:0/3710147553": what a blocklist has. Implements: int
        rados_getaddrs(...).

        @param[out] addr  release it with monclient_free()
        @return MONCLIENT_ENOTCONN  there has been no session yet

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_mgr_json",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p)),
        """The session with the active manager, which the first command for it begins.

        @param[out] json  {"name", "gid", "addr", "since"}, release it with monclient_free()
        @return MONCLIENT_ENOTCONN  there is none

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_options_json",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p)),
        """The options that the monitors' configuration can change while the client lives, as they are in effect now.

        @param[out] json  [{"name", "value", "source"}], empty unless the option monclient_central_config is true; release it with
                          monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_stats_json",
        ctypes.c_int,
        (monclient_t, ctypes.POINTER(ctypes.c_char_p)),
        """What the client has done so far: sessions, failures, round trips, the time that commands took, maps, tickets, bytes.

        @param[out] json  an object; its members are described with Stats of the Go package. Release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(monclient_osdmap_t)),
        """The newest osdmap: which OSDs and pools there are, and where data is. The client keeps the map, and asks for what has changed.

        @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
        @param[out] map         release it with monclient_osdmap_release()
        @return MONCLIENT_EPROTO (it cannot be read); otherwise as monclient_command()

        Threads: any. Blocks. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_async",
        ctypes.c_int,
        (monclient_t, ctypes.c_int32, ctypes.POINTER(monclient_sink_t), ctypes.POINTER(monclient_op_t)),
        """The same without waiting. Completes with MONCLIENT_EVENT_RESULT, which has the map's epoch, and the map:
        monclient_event_osdmap().

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_event_osdmap",
        ctypes.c_int,
        (ctypes.POINTER(monclient_event_t), ctypes.POINTER(monclient_osdmap_t)),
        """The map that an event brings: of monclient_osdmap_async(), and of a subscription to osdmap with MONCLIENT_SUBSCRIBE_VALUES.

        @param[out] map  which outlives the event; release it with monclient_osdmap_release()
        @return MONCLIENT_ENOENT  it brings none

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_sub_osdmap",
        ctypes.c_int,
        (monclient_sub_t, ctypes.POINTER(monclient_osdmap_t)),
        """The map of the event that was taken last, out of its queue or for its callback, of a subscription to osdmap with
        MONCLIENT_SUBSCRIBE_VALUES.

        @param[out] map  release it with monclient_osdmap_release()
        @return MONCLIENT_ENOENT  none was taken yet
                MONCLIENT_EINVAL  the subscription is another one

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_decode",
        ctypes.c_int,
        (ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(monclient_osdmap_t)),
        """Read an encoded map, as monclient_osdmap_encode(), "ceph osd getmap" and the events of a subscription that are
        MONCLIENT_EVENT_FULL have it.

        @param      data  the map, not retained
        @param      len   its length in bytes
        @param[out] map   release it with monclient_osdmap_release()
        @return MONCLIENT_EPROTO  it does not decode, and the text says where

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_release",
        ctypes.c_int,
        (monclient_osdmap_t,),
        """Release a map. Others of the same epoch, and the client, are not concerned.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_epoch",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_uint64)),
        """The map's epoch.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_fsid",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.c_char_p, ctypes.c_size_t),
        """The id of the map's cluster as text.

        @param[out] buf   gets it with a NUL
        @param      size  room in buf, MONCLIENT_FSID_SIZE or more
        @return MONCLIENT_ERANGE  size is smaller

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_flags",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_char_p)),
        """The cluster's flags as "ceph osd dump" has them, such as "noout,sortbitwise,recovery_deletes".

        @param[out] flags  names, separated by commas; release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_json",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_char_p)),
        """The whole map as JSON: what "ceph osd dump -f json" prints, but for the read_balance of pools.

        @param[out] json  release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_encode",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)),
        """The whole map as the monitors encode it.

        @param[out] data  release it with monclient_free()
        @param[out] len   bytes

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_pools",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_char_p)),
        """The pools.

        @param[out] json  [{"id", "name"}], in the order of ids; release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_pool_id",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int64)),
        """The id of the pool of a name.

        @return MONCLIENT_ENOENT  there is none

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_pool_name",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p)),
        """The name of the pool of an id.

        @param[out] name  release it with monclient_free()
        @return MONCLIENT_ENOENT  there is none

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_pool_json",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p)),
        """All that the map says of one pool.

        @param[out] json  what is in the list pools of monclient_osdmap_json(); release it with monclient_free()
        @return MONCLIENT_ENOENT  there is none of that id

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_osds",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_char_p)),
        """All that the map says of the OSDs.

        @param[out] json  the list osds of monclient_osdmap_json(), in the order of ids; release it with monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_max_osd",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.POINTER(ctypes.c_int32)),
        """How many ids of OSDs there are at most: every OSD's is below, and not every id is one's.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_osd_state",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.c_int32, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_uint32)),
        """Whether an OSD works, and has data.

        @param      osd     its id
        @param[out] is_up   1: it is up, 0: it is down; or NULL
        @param[out] is_in   1: it is in, 0: it is out; or NULL
        @param[out] weight  from 0, which is out, to 65536; or NULL
        @return MONCLIENT_ENOENT  there is none of that id

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_osd_json",
        ctypes.c_int,
        (monclient_osdmap_t, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)),
        """All that the map says of one OSD: its states, weight, epochs and addresses.

        @param      osd   its id
        @param[out] json  {"osd", "uuid", "up", "in", "weight", ..., "public_addrs", ..., "state": [NAME]}, as in the list osds of
                          monclient_osdmap_json(); release it with monclient_free()
        @return MONCLIENT_ENOENT  there is none of that id

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_osdmap_diff",
        ctypes.c_int,
        (monclient_osdmap_t, monclient_osdmap_t, ctypes.POINTER(ctypes.c_char_p)),
        """What has changed from one map to another one, which need not be the next, nor newer.

        @param[out] json  [{"kind", and what the kind has of "osd", "pool", "pool_name", "name", "old", "new", "added", "changed", "removed",
                          "text": a sentence}]: first what is the cluster's, then pools by id, OSDs by id, placement groups, and
                          blocklists. The kinds are described with OSDMapChange of the Go package cephmap. Release it with
                          monclient_free()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_queue_create",
        ctypes.c_int,
        (ctypes.POINTER(monclient_queue_t),),
        """Make a queue. Any number of clients and operations may use it.

        @param[out] queue  release it with monclient_queue_destroy()

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_queue_destroy",
        ctypes.c_int,
        (monclient_queue_t,),
        """Destroy a queue. Events in it are released, calls that wait for it end with MONCLIENT_ECLOSED, and what would
        arrive later is released at once. Take its descriptor out of epoll first.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_queue_fd",
        ctypes.c_int,
        (monclient_queue_t, ctypes.POINTER(ctypes.c_int)),
        """The queue's file descriptor, which is readable while events wait. Do not read it, write it or close it.

        Threads: any. Does not block. Since 0.1.
        """,
    ),
    (
        "monclient_queue_poll",
        ctypes.c_int,
        (monclient_queue_t, ctypes.POINTER(ctypes.POINTER(monclient_event_t)), ctypes.c_uint32, ctypes.c_int32, ctypes.POINTER(ctypes.c_uint32)),
        """Take events out of a queue.

        @param      queue
        @param[out] events      gets them in the order in which things happened; release each with monclient_event_free()
        @param      max         room in events, at least 1
        @param      timeout_ms  how long to wait for the first event; 0: not at all; MONCLIENT_FOREVER
        @param[out] count       how many events there are; 0 when the time was up, which is no error

        Threads: any, several at a time. Blocks for timeout_ms. Since 0.1.
        """,
    ),
    (
        "monclient_counters",
        ctypes.c_int,
        (ctypes.POINTER(monclient_counters_t),),
        """Count what is alive.

        @param[in,out] counters  with struct_size set

        Threads: any. Does not block. Since 0.1.
        """,
    ),
)


class Library:
    """The functions of a library that is loaded."""

    def __init__(self, cdll: Any) -> None:
        """:raises AttributeError: the library lacks a function; it is older than this package"""
        for name, restype, argtypes, doc in PROTOTYPES:
            function = getattr(cdll, name)
            function.restype = restype
            function.argtypes = argtypes
            function.__doc__ = doc
            setattr(self, name, function)
