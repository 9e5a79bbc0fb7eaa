/*
 * libmonclient: a client of the monitors of a Ceph cluster.
 * Copyright the libmonclient authors. SPDX-License-Identifier: Apache-2.0
 *
 * This header is the whole contract of libmonclient.so. It needs C99 or C++11.
 *
 *
 * In short
 *
 *     monclient_config_t config;
 *     monclient_t client;
 *     monclient_reply_t *reply;
 *
 *     monclient_config_create(&config);
 *     monclient_config_read_file(config, NULL);            // $CEPH_CONF, /etc/ceph/ceph.conf, ...
 *     if (monclient_connect(config, NULL, &client) != MONCLIENT_OK)
 *         die(monclient_last_error());
 *     if (monclient_command(client, "{\"prefix\": \"status\"}", NULL, &reply) != MONCLIENT_OK)
 *         die(monclient_last_error());                     // nobody has answered
 *     if (reply->retval < 0)
 *         die(reply->status);                              // the monitors said no
 *     fwrite(reply->output, 1, reply->output_len, stdout);
 *     monclient_reply_free(reply);
 *     monclient_close(client);
 *     monclient_config_destroy(config);
 *
 *
 * Status
 *
 * Functions return MONCLIENT_OK (0) or a negative MONCLIENT_E... status; out-parameters are set on MONCLIENT_OK, and are
 * 0 or NULL otherwise. The status says whether the library did what it was asked; what the cluster said to it is another
 * value (monclient_reply.retval). monclient_last_error() has the text of what happened.
 *
 * Unless a function says otherwise it also returns
 *   MONCLIENT_EINVAL      an argument is NULL that must not be, or has no meaning; the text names it
 *   MONCLIENT_EILSEQ      a text is not UTF-8
 *   MONCLIENT_E2BIG       a text or buffer is longer than MONCLIENT_MAX_INPUT
 *   MONCLIENT_EBADHANDLE  a handle is 0, was invented, is of another kind, or what it meant has been destroyed
 *   MONCLIENT_EFORKED     the process was forked after it had loaded the library
 *   MONCLIENT_EINTERNAL   the library has a bug; the text has the stack. The process lives on
 *   MONCLIENT_ENOMEM      there is no memory for the result
 *
 *
 * Handles
 *
 * A handle is a number. 0 is none. A number is never used again, so that a stale handle is a status and never another
 * object. The last byte is the kind of object. Handles may be used from any thread, many at a time, and destroyed while
 * other threads use them: those calls end with MONCLIENT_ECLOSED or MONCLIENT_EBADHANDLE.
 *
 *
 * Memory: what the library allocates the library releases, through one call for each type
 *
 *   monclient_reply_t *     monclient_reply_free()
 *   monclient_session_t *   monclient_session_free()
 *   monclient_event_t *     monclient_event_free()
 *   char *, void *          monclient_free()
 *
 * All of these take NULL. A const char * that a function returns is static or, for monclient_last_error(), lives until
 * the next call of the thread. What an event, a reply or a session points to lives as long as that. What a function is
 * given belongs to the caller, who may free it when the function has returned.
 *
 * Structures that the caller fills begin with struct_size = sizeof(the structure); everything else may be 0, which is
 * the default. New members come at the end: a structure of an earlier version is taken as if 0 went on, one of a later
 * version is refused with MONCLIENT_EINVAL if what this one does not know is not 0, and so is one that is shorter than in any version. Structures that the library fills grow in the same way; read
 * them through the pointer and never copy them by size.
 *
 *
 * Events: callbacks and queues
 *
 * What happens later arrives as an event at the monclient_sink_t that the call was given. A sink is either
 *
 * - a callback. Callbacks of one client run on one thread of the library, one after the other, in the order in which
 *   things happened, without any lock held, and never after the call that ends their source has returned
 *   (monclient_close(), monclient_unsubscribe()). A callback may call back into the library, but calls that wait for its
 *   own client, or close it, return MONCLIENT_EDEADLK. One that blocks delays its client's other callbacks and nothing
 *   else. The event is the library's, until the callback returns or for longer with monclient_event_keep().
 * - a queue (monclient_queue_create()), which the program empties when it likes, with a file descriptor for poll, epoll,
 *   libuv, asyncio. No thread of the library runs code of the program then.
 *
 * An operation gives exactly one event. A source whose events nobody fetches does not eat memory without bound: of a
 * subscription, a log or a session the oldest events are dropped and the next one has their number in missed.
 *
 * The destroy function of a sink is called exactly once: after the last event was delivered and released, or, when the
 * call that was given the sink fails, before that call returns. It runs on the library's thread for callbacks, or on the thread that made
 * the last of these calls: the failing one, the one that ends the source, or monclient_event_free().
 *
 *
 * The host process
 *
 * - The library is for Linux with glibc. It has Go's runtime inside, which brings some threads of its own. It prints
 *   nothing, ends nothing, and reads no environment variable unless it is told to, but for those of Go's runtime when it is
 *   loaded: GODEBUG, GOGC, GOMEMLIMIT, GOMAXPROCS, GOTRACEBACK.
 * - Signals: handlers, dispositions and the masks of the program's threads stay. The library's threads block every signal
 *   but for those that a fault raises, so handlers of the program run on the program's threads, and signalfd(2) and
 *   sigwait(3) work; in a callback, SIGPIPE is EPIPE. Go's runtime has handlers of its own for SIGSEGV, SIGBUS, SIGFPE,
 *   SIGPIPE and SIGURG; it passes on what is not its own to the handlers that were there before, and adds SA_ONSTACK to all of
 *   those. A program that installs handlers later must do so with SA_ONSTACK. A thread without sigaltstack(2) gets one
 *   with its first call. No function may be called from a signal handler.
 * - fork(): a child cannot use what its parent has loaded, and daemon(3) is a fork. Every function returns MONCLIENT_EFORKED
 *   there at once, except for those marked "works after fork". Load the library after fork(), or call exec.
 * - dlopen() works from any thread; dlclose() leaves the library where it is. A few file descriptors of Go's runtime and the
 *   library's (all close-on-exec) stay open with it; a program must not close descriptors that it has not opened.
 * - Threads of the program may have small stacks (16 KiB). One that is cancelled (pthread_cancel) while it is in the library
 *   goes on until it has left it; asynchronous cancellation is not allowed.
 * - Neither longjmp() nor a C++ exception may leave a callback.
 */
#ifndef MONCLIENT_H
#define MONCLIENT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MONCLIENT_API __attribute__((visibility("default")))
#else
#define MONCLIENT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ---- */

enum {
	MONCLIENT_VERSION_MAJOR = 0,
	MONCLIENT_VERSION_MINOR = 1,
	MONCLIENT_VERSION_PATCH = 0,
	/** Version of this header: major << 16 | minor << 8 | patch. */
	MONCLIENT_VERSION_NUMBER = 0x000100
};

/**
 * Version of the library, as MONCLIENT_VERSION_NUMBER is of the header.
 *
 * Threads: any. Works after fork. Since 0.1.
 */
MONCLIENT_API uint32_t monclient_version_number(void);

/**
 * Version of the library as a text, such as "0.1.0".
 *
 * Threads: any. Works after fork. Since 0.1.
 */
MONCLIENT_API const char *monclient_version(void);

/**
 * Whether the library has a feature.
 *
 * @param name  "aes256krb5" (keys of Ceph 20), "secure" (encrypted connections), "queue", "dialer", "target" (of commands),
 *              "values" (MONCLIENT_SUBSCRIBE_VALUES), "osdmap" (monclient_osdmap_t), and names that later versions add
 * @return 1 or 0; 0 for NULL
 *
 * Threads: any. Works after fork. Since 0.1.
 */
MONCLIENT_API int monclient_has_feature(const char *name);

/* ---- Status ---- */

/**
 * Statuses. Where Linux has an errno for it the status is its negative, and it will never change. A status that is not
 * listed here is the negative errno of a system call or of a monitor's verdict; monclient_strerror() knows it.
 */
enum {
	MONCLIENT_OK = 0,
	MONCLIENT_EPERM = -1,            /**< the monitor does not allow it */
	MONCLIENT_ENOENT = -2,           /**< no such option, file, key or map */
	MONCLIENT_EIO = -5,              /**< nothing more exact is known; the text says what happened */
	MONCLIENT_ENXIO = -6,            /**< the monitor or manager that a command was for cannot be reached */
	MONCLIENT_E2BIG = -7,            /**< longer than MONCLIENT_MAX_INPUT */
	MONCLIENT_EAGAIN = -11,          /**< too much waits already; later it may go */
	MONCLIENT_ENOMEM = -12,          /**< out of memory */
	MONCLIENT_EACCES = -13,          /**< the monitor refuses the name or the key */
	MONCLIENT_EBUSY = -16,           /**< something else is in the way */
	MONCLIENT_EEXIST = -17,          /**< it is there already */
	MONCLIENT_EINVAL = -22,          /**< a bad argument, option or file; the text names it */
	MONCLIENT_ERANGE = -34,          /**< the buffer is too small */
	MONCLIENT_EDEADLK = -35,         /**< a callback may not wait for its own client, nor close it */
	MONCLIENT_EPROTO = -71,          /**< the monitor sent something that cannot be read */
	MONCLIENT_EILSEQ = -84,          /**< a text is not UTF-8 */
	MONCLIENT_EOPNOTSUPP = -95,      /**< the monitor and this library have no method or mode in common */
	MONCLIENT_ENETUNREACH = -101,    /**< no way to the monitors' network */
	MONCLIENT_ECONNRESET = -104,     /**< the connection broke, or the session was lost with a command that is not sent again */
	MONCLIENT_ENOTCONN = -107,       /**< there is no session at the moment */
	MONCLIENT_ECLOSED = -108,        /**< the client was closed, or the queue destroyed, during the call (ESHUTDOWN) */
	MONCLIENT_ETIMEDOUT = -110,      /**< the time was up */
	MONCLIENT_ECONNREFUSED = -111,   /**< nobody listens at the monitors' addresses */
	MONCLIENT_EHOSTUNREACH = -113,   /**< no way to the monitors */
	MONCLIENT_ECANCELED = -125,      /**< it was canceled, or unsubscribed */
	MONCLIENT_EBADHANDLE = -1001,    /**< no such handle, or not any more */
	MONCLIENT_EFORKED = -1002,       /**< the process was forked after it had loaded the library */
	MONCLIENT_EINTERNAL = -1003      /**< a bug of the library; it has been caught, and the text has the stack */
};

/**
 * A text for a status, such as "permission denied". Never NULL; static.
 *
 * @param status  a status of this library, or a monitor's retval
 *
 * Threads: any. Works after fork. Since 0.1.
 */
MONCLIENT_API const char *monclient_strerror(int status);

/**
 * What happened in the last call of this thread that failed: a sentence without a line break at the end, which names what was asked for, the
 * monitor, the step, the option or the file. It contains no secret.
 *
 * @return never NULL; "" when no call of this thread has failed. It lives until this thread calls the library again.
 *
 * Threads: any; every thread has its own. Works after fork. Since 0.1.
 */
MONCLIENT_API const char *monclient_last_error(void);

/** What is known of a command that has ended without an answer of the monitors. */
enum {
	MONCLIENT_OUTCOME_NONE = 0,     /**< it was answered, or there was no command */
	MONCLIENT_OUTCOME_NOT_SENT = 1, /**< no monitor was sent it: it was not executed, and may safely be sent again */
	MONCLIENT_OUTCOME_UNKNOWN = 2   /**< a monitor was sent it, and nobody knows whether it was, or will be, executed */
};

/**
 * What is known of the command, when the last call of this thread that failed was monclient_command() or
 * monclient_command_async(). It belongs to monclient_last_error(), and lives as long.
 *
 * @return MONCLIENT_OUTCOME_NOT_SENT or MONCLIENT_OUTCOME_UNKNOWN after such a call, MONCLIENT_OUTCOME_NONE after others
 *
 * Threads: any; every thread has its own. Works after fork. Since 0.1.
 */
MONCLIENT_API int monclient_last_outcome(void);

/* ---- Limits and kinds ---- */

enum {
	/** The longest text or buffer, in bytes, that a function takes. */
	MONCLIENT_MAX_INPUT = 0x10000000,
	/** A timeout that never ends. Other negative ones are refused with MONCLIENT_EINVAL. */
	MONCLIENT_FOREVER = -1,
	/** The size that monclient_fsid() needs, with the NUL. */
	MONCLIENT_FSID_SIZE = 37
};

/** Kinds of handles: the last byte of a handle. */
enum {
	MONCLIENT_KIND_CONFIG = 1,
	MONCLIENT_KIND_CLIENT = 2,
	MONCLIENT_KIND_OP = 3,
	MONCLIENT_KIND_SUB = 4,
	MONCLIENT_KIND_QUEUE = 5,
	MONCLIENT_KIND_OSDMAP = 6
};

typedef uint64_t monclient_config_t; /**< where the monitors are, who connects, and how */
typedef uint64_t monclient_t;        /**< a client: a session with the monitors, which moves to another one when it must */
typedef uint64_t monclient_op_t;     /**< an operation that has not completed */
typedef uint64_t monclient_sub_t;    /**< a subscription */
typedef uint64_t monclient_queue_t;  /**< a queue of events */
typedef uint64_t monclient_osdmap_t; /**< the map of the OSDs and the pools, of one epoch; it never changes */

/**
 * Release a text or a buffer that a function returned through a char ** or void **. NULL is nothing.
 *
 * Threads: any. Works after fork, where it releases nothing. Since 0.1.
 */
MONCLIENT_API void monclient_free(void *p);

/* ---- Events ---- */

/** What an event tells. */
enum {
	MONCLIENT_EVENT_CONNECT = 1, /**< monclient_connect_async() has completed: client */
	MONCLIENT_EVENT_COMMAND = 2, /**< monclient_command_async() has completed: reply */
	MONCLIENT_EVENT_VERSION = 3, /**< monclient_get_version_async() has completed: epoch (the newest), oldest */
	MONCLIENT_EVENT_WAIT = 4,    /**< monclient_wait_for_map_async() has completed: epoch */
	MONCLIENT_EVENT_MAP = 5,     /**< a subscription has something: what, epoch, data, missed; or has ended: status */
	MONCLIENT_EVENT_SESSION = 6, /**< the session has changed: session_change, mon, addr, elapsed_ns, error, missed */
	MONCLIENT_EVENT_LOG = 7,     /**< the library has something to say: log_level, text, missed */
	MONCLIENT_EVENT_RESULT = 8   /**< another operation has completed: data, a JSON text, if the operation gives one; epoch, if it
	                                  gives a number; monclient_event_osdmap(), if it gives such a map */
};

/** Bits of monclient_event.flags. */
enum {
	MONCLIENT_EVENT_LAST = 1, /**< nothing more comes from this source */
	MONCLIENT_EVENT_FULL = 2, /**< data is a whole map; otherwise an incremental of an OSDMap, or a change of keys */
	MONCLIENT_EVENT_JSON = 4, /**< data is a JSON text: of config, kv:PREFIX and log-LEVEL, which are no encoded maps, of
	                               MONCLIENT_SUBSCRIBE_VALUES, and of MONCLIENT_EVENT_RESULT */
	MONCLIENT_EVENT_SYNCED = 8 /**< of MONCLIENT_SUBSCRIBE_VALUES: nothing older than this is missing any more, and the monitors
	                                had nothing newer when they answered */
};

/** What has happened to the session. */
enum {
	MONCLIENT_SESSION_HUNTING = 1,       /**< monitors are being tried: mon has their names, separated by commas */
	MONCLIENT_SESSION_ATTEMPT_FAILED = 2, /**< one of them failed: mon, addr, elapsed_ns, error */
	MONCLIENT_SESSION_CONNECTED = 3,     /**< there is a session: mon, addr, elapsed_ns since hunting began */
	MONCLIENT_SESSION_LOST = 4,          /**< the session is over: mon, addr, elapsed_ns since it began, error */
	MONCLIENT_SESSION_FAILED_OVER = 5,   /**< there is a session, with another monitor than the last one: as CONNECTED; with a
	                                          standby session it follows LOST at once, without HUNTING */
	MONCLIENT_SESSION_STANDBY = 6,       /**< a standby session is ready to take over: mon, addr, elapsed_ns since it was begun */
	MONCLIENT_SESSION_STANDBY_LOST = 7,  /**< a standby session is over: mon, addr, elapsed_ns since it was ready, error */
	MONCLIENT_SESSION_CREDENTIAL = 8     /**< the key was changed: by monclient_set_key(), or in its file */
};

/** Levels of the library's own log. A level has those above it. */
enum {
	MONCLIENT_LOG_NONE = 0,
	MONCLIENT_LOG_ERROR = 1,
	MONCLIENT_LOG_WARN = 2,
	MONCLIENT_LOG_INFO = 3,
	MONCLIENT_LOG_DEBUG = 4
};

/** The monitors' answer to a command. Release it with monclient_reply_free(), unless it is part of an event. */
typedef struct monclient_reply {
	int32_t retval;      /**< 0, a negative errno of Linux; a few commands succeed with a positive value */
	uint32_t resent;     /**< 1: it was sent more than once, because sessions were lost or an answer took long, and may have
	                          been executed so */
	const char *status;  /**< a text for people, never NULL; the reason when retval is negative */
	const void *output;  /**< what the command printed; a NUL follows it, which output_len does not count; never NULL */
	uint64_t output_len; /**< bytes */
	const char *mon;     /**< name of the monitor that answered, without "mon."; "" when a manager did; never NULL */
	const char *sender;  /**< the daemon that answered, such as "mon.a" or "mgr.x"; never NULL */
} monclient_reply_t;

/** Something that happened. Members that the kind of event does not mention are 0 or NULL. */
typedef struct monclient_event {
	uint32_t type;    /**< MONCLIENT_EVENT_... */
	uint32_t flags;   /**< MONCLIENT_EVENT_LAST and others */
	int32_t status;   /**< MONCLIENT_OK, or why there is no result, or why the subscription has ended; without MONCLIENT_EVENT_LAST
	                       why this one map of MONCLIENT_SUBSCRIBE_VALUES cannot be read */
	uint32_t missed;  /**< how many events of this source were dropped, or replaced by a newer one, before this one */
	void *userdata;   /**< the sink's */
	uint64_t source;  /**< handle of the operation or subscription, which may be stale by now; 0: session and log */
	uint64_t client;  /**< handle of the client, which means nothing before it is connected; 0 if there will be none */
	const char *error; /**< what happened, for a status other than MONCLIENT_OK and for failures of the session */
	const monclient_reply_t *reply; /**< COMMAND with MONCLIENT_OK */
	const char *what;  /**< MAP: the name that was subscribed to */
	uint64_t epoch;    /**< the map's epoch, the version of a log or of keys; 0 for config. RESULT: the number, if it has one */
	uint64_t oldest;   /**< VERSION: the oldest epoch that the monitors have */
	const void *data;  /**< MAP: the encoded map. MAP and RESULT: or a JSON text, which a NUL follows that data_len does not count */
	uint64_t data_len; /**< bytes */
	uint32_t session_change; /**< SESSION: MONCLIENT_SESSION_... */
	uint32_t log_level;      /**< LOG: MONCLIENT_LOG_... */
	const char *mon;     /**< SESSION: the monitor's name, without "mon." */
	const char *addr;    /**< SESSION: its address, such as "v2:10.0.0.1:3300/0" */
	uint64_t elapsed_ns; /**< SESSION: nanoseconds */
	const char *text;    /**< LOG: the message with its attributes, on one line but for stacks */
	uint32_t outcome;    /**< COMMAND with another status than MONCLIENT_OK: MONCLIENT_OUTCOME_NOT_SENT or ..._UNKNOWN */
	uint32_t reserved;
} monclient_event_t;

/** Receives an event. It may not free the event. */
typedef void (*monclient_event_cb)(const monclient_event_t *event, void *userdata);

/** Ends the life of userdata. */
typedef void (*monclient_destroy_cb)(void *userdata);

/** Where events go: to a queue, or to a callback. Exactly one of the two is set. The library copies it. */
typedef struct monclient_sink {
	uint32_t struct_size;
	uint32_t reserved;           /**< 0 */
	monclient_queue_t queue;     /**< the queue, or 0 */
	monclient_event_cb callback; /**< the callback, or NULL */
	void *userdata;              /**< anything; the library does not look at it */
	monclient_destroy_cb destroy; /**< called once when userdata is not needed any more, or NULL */
} monclient_sink_t;

/**
 * Keep an event for longer than its callback runs, or in more than one place: events are counted, and the program calls
 * monclient_event_free() for each time that it was kept.
 *
 * @param event  NULL is nothing
 * @return the event
 *
 * Threads: any. Since 0.1.
 */
MONCLIENT_API monclient_event_t *monclient_event_keep(const monclient_event_t *event);

/**
 * Release an event that came from a queue or was kept, with everything that it points to. NULL is nothing.
 *
 * Threads: any. Works after fork, where it releases nothing. Since 0.1.
 */
MONCLIENT_API void monclient_event_free(monclient_event_t *event);

/* ---- Configuration ---- */

/**
 * Make a configuration that has nothing but defaults.
 *
 * Options have the names, types, defaults and units of Ceph's: mon_host, fsid, name (client.admin), cluster, key,
 * keyring, keyfile, monmap, auth_client_required (methods: cephx, none), ms_mon_client_mode (secure, crc),
 * client_mount_timeout (of connecting, seconds), rados_mon_op_timeout (of commands, seconds, 0: none),
 * ms_connection_ready_timeout, ms_initial_backoff, ms_max_backoff, mon_client_hunt_interval,
 * mon_client_hunt_interval_backoff, mon_client_hunt_interval_max_multiple, mon_client_hunt_parallel,
 * mon_client_ping_interval, mon_client_ping_timeout and others. Of this library's own:
 * monclient_hostname (this machine's name for masked options), monclient_max_message (bytes that a monitor may send
 * in one message), monclient_offer_compression and monclient_revision0 (bool: connect as older clients do), and, seconds
 * being numbers such as 0.25,
 *
 *   monclient_command_resend    what becomes of a command whose session is lost before its answer comes: always (the
 *                               default), never, read-only; see monclient_command_options_t
 *   monclient_hunt_stagger      0.05 seconds that an attempt at a monitor may take before the next one is tried as well
 *   monclient_standby_sessions  0: how many spare sessions with other monitors to keep, of which one takes over at once
 *                               when the session is lost
 *   monclient_read_balance      false: whether commands that only read, and questions for versions, are spread over the
 *                               session and the spare ones
 *   monclient_hedge_delay       0 seconds after which what only reads, and is not answered, is asked of a spare session, too;
 *                               the first answer counts. 0: never
 *   monclient_probe_interval    0.5 seconds between keepalives while an answer is awaited; otherwise it is
 *                               mon_client_ping_interval
 *   monclient_probe_timeout     2 seconds without a sign of life after which a monitor is given up; more if its answers are
 *                               slow, at most mon_client_ping_timeout
 *   monclient_quorum_timeout    5 seconds after which another monitor is asked when this one answers keepalives and nothing
 *                               else; if that one does answer the session moves to it. 0: never
 *   monclient_fetch_config      false: whether connecting begins with monclient_config_fetch(), as librados does
 *   monclient_central_config    false: whether the options that may change at runtime follow the monitors' configuration
 *   monclient_log_flush_timeout 1 second that monclient_close() waits for entries of monclient_log_write()
 *   monclient_keyring_watch     true: whether a key that comes from a file (keyring, keyfile) is taken over when the file
 *                               changes while a client lives. Keys of the option key and of monclient_config_set_keyring() stay
 *                               until monclient_set_key()
 *
 * What only reads is what the cluster's own table of commands (get_command_descriptions) says so of; the library asks for it.
 *
 * Values have levels: default < monitors < configuration file < environment < command line < monclient_config_set().
 *
 * @param[out] config  release it with monclient_config_destroy()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_create(monclient_config_t *config);

/**
 * Destroy a configuration. Clients that were made of it live on.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_destroy(monclient_config_t config);

/**
 * Read a configuration file. It replaces what an earlier call has read. Implements: int rados_conf_read_file(...).
 *
 * @param path  the file; NULL: the option conf, else $CEPH_CONF, else the first that opens of $data_dir/config,
 *              /etc/ceph/$cluster.conf, ~/.ceph/$cluster.conf and $cluster.conf in the working directory
 * @return MONCLIENT_ENOENT  there is none, and the text has every path that was tried
 *         MONCLIENT_EINVAL  it does not parse, and the text has the line
 *
 * Threads: any. Blocks for the file system. Since 0.1.
 */
MONCLIENT_API int monclient_config_read_file(monclient_config_t config, const char *path);

/**
 * Take over $CEPH_ARGS and $CEPH_KEYRING. Implements: int rados_conf_parse_env(...).
 *
 * Threads: any that does not change the environment meanwhile. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_parse_env(monclient_config_t config);

/**
 * Take over the options of a command line: --mon-host X, --mon_host=X, -m X, -n NAME, --id ID, -k KEYRING, -c FILE and so
 * on, for every option. Implements: int rados_conf_parse_argv_remainder(...).
 *
 * @param argc       number of arguments, without the name of the program
 * @param argv       the arguments, not retained
 * @param[out] rest  room for argc pointers, or NULL: gets those of argv that were no options, in order; it may be argv
 * @param[out] nrest how many these are, or NULL
 * @return MONCLIENT_EINVAL  a value does not fit its option, or is missing
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_parse_argv(monclient_config_t config, int argc, const char *const *argv,
                                              const char **rest, int *nrest);

/**
 * Set an option, above all files, variables and arguments. Implements: int rados_conf_set(...).
 *
 * @param option  its name; blanks are the same as underscores
 * @param value   as text
 * @return MONCLIENT_ENOENT  there is no such option
 *         MONCLIENT_EINVAL  the value does not fit it
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_set(monclient_config_t config, const char *option, const char *value);

/**
 * Get the value of an option as text, with metavariables such as $cluster expanded. Implements: int rados_conf_get(...).
 *
 * @param[out] value  release it with monclient_free()
 * @return MONCLIENT_ENOENT  there is no such option
 *         MONCLIENT_EACCES  it is secret, as key is, and set
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_get(monclient_config_t config, const char *option, char **value);

/**
 * Use a keyring that is in memory instead of a file. The entity that the option name says must be in it. A single key in
 * base64 is set with the option key instead. The option key, if set, is used before.
 *
 * @param text  the text of a keyring file, not retained
 * @param len   its length in bytes
 * @return MONCLIENT_EINVAL  it does not parse, and the text has the line
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_set_keyring(monclient_config_t config, const char *text, size_t len);

/**
 * Start from an encoded monmap, as "ceph mon getmap" writes it, instead of mon_host and its like.
 *
 * @param data  the map, not retained
 * @param len   its length in bytes
 * @return MONCLIENT_EPROTO  it does not decode
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_set_monmap(monclient_config_t config, const void *data, size_t len);

/**
 * Opens a connection to a monitor: through a proxy or a tunnel, for example. It should keep to its time, for whoever
 * connects, cancels that or closes the client waits until it has returned. It may not call what waits for its client,
 * nor close it: that returns MONCLIENT_EDEADLK. A fault in it (SIGSEGV) ends the process with a report of Go's.
 *
 * @param ip          the monitor's address, such as "10.0.0.1" or "fd00::1"
 * @param port        its port
 * @param timeout_ms  how long it may take; a connection that comes later is closed
 * @return the file descriptor of a connected stream socket, which the library owns from then on, or a negative errno.
 *         A descriptor of anything else is an error and stays the program's
 */
typedef int (*monclient_dial_cb)(const char *ip, uint16_t port, int32_t timeout_ms, void *userdata);

/** Opens connections instead of the library. The library copies it. */
typedef struct monclient_dialer {
	uint32_t struct_size;
	uint32_t reserved;      /**< 0 */
	monclient_dial_cb dial; /**< runs on threads of the library, several at a time; it may block */
	void *userdata;
	monclient_destroy_cb destroy; /**< called once when no configuration and no client needs userdata any more, or NULL */
} monclient_dialer_t;

/**
 * Have a function open the connections of the clients that are made of this configuration from now on.
 *
 * @param dialer  NULL: the library opens them again
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_set_dialer(monclient_config_t config, const monclient_dialer_t *dialer);

/* ---- Client ---- */

/** How to connect, beyond the configuration. */
typedef struct monclient_connect_options {
	uint32_t struct_size;
	int32_t timeout_ms;              /**< 0: client_mount_timeout; MONCLIENT_FOREVER */
	const monclient_sink_t *session; /**< gets MONCLIENT_EVENT_SESSION from the first attempt on, or NULL */
	const monclient_sink_t *log;     /**< gets MONCLIENT_EVENT_LOG, or NULL */
	uint32_t log_level;              /**< MONCLIENT_LOG_..., 0: nothing until monclient_set_log_level() */
	uint32_t reserved;               /**< 0 */
} monclient_connect_options_t;

/**
 * Find a monitor that lets the client in, and wait for that. Monitors are tried one after the other: the next one when the one
 * before has failed, or has taken monclient_hunt_stagger, up to mon_client_hunt_parallel at a time; the first one that lets
 * the client in has it. When all have failed they are tried again until the time is
 * up, because monitors are restarted; that the key is refused is told at once. The configuration is read now: changing it later
 * does not change the client.
 *
 * @param      options  NULL: defaults
 * @param[out] client   end it with monclient_close()
 * @return MONCLIENT_ETIMEDOUT, MONCLIENT_ECONNREFUSED, MONCLIENT_EHOSTUNREACH, MONCLIENT_EACCES, MONCLIENT_EPERM,
 *         MONCLIENT_ENOENT (no monitors configured, no keyring), MONCLIENT_EINVAL (a bad option),
 *         MONCLIENT_EOPNOTSUPP, MONCLIENT_EPROTO; the text names every monitor that was tried, how far it got and why
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_connect(monclient_config_t config, const monclient_connect_options_t *options,
                                    monclient_t *client);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_CONNECT, whose client belongs to the receiver. When nobody
 * receives it because the queue was destroyed, the client is closed.
 *
 * @param      sink  where the completion goes
 * @param[out] op    for monclient_op_cancel(), or NULL
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_connect_async(monclient_config_t config, const monclient_connect_options_t *options,
                                          const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Close a client: calls that wait for it and operations end with MONCLIENT_ECLOSED, subscriptions end, their events are
 * delivered, and then the function returns. It waits for callbacks that run, and for nothing on the network. So two
 * clients whose callbacks close each other at the same time wait for ever.
 *
 * @return MONCLIENT_EDEADLK  in a callback of this client
 *         MONCLIENT_EBADHANDLE  also when another thread has closed it
 *
 * Threads: any. Blocks for callbacks that run. Since 0.1.
 */
MONCLIENT_API int monclient_close(monclient_t client);

/**
 * The cluster's id as text, such as "a4f5c1e0-...".
 *
 * @param[out] buf   gets it with a NUL
 * @param      size  room in buf, MONCLIENT_FSID_SIZE or more
 * @return MONCLIENT_ERANGE  size is smaller
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_fsid(monclient_t client, char *buf, size_t size);

/**
 * The number that the monitors know this client by. It outlives sessions.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_global_id(monclient_t client, uint64_t *global_id);

/**
 * The newest monmap that the client has, encoded as the monitors do.
 *
 * @param[out] data  release it with monclient_free()
 * @param[out] len   bytes
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_monmap(monclient_t client, void **data, size_t *len);

/**
 * The same map as JSON: the members that "ceph mon dump -f json" has, but for the quorum.
 *
 * @param[out] json  release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_monmap_json(monclient_t client, char **json);

/** The present session. Release it with monclient_session_free(). */
typedef struct monclient_session_info {
	const char *mon;        /**< name of the monitor, without "mon." */
	const char *addr;       /**< its address */
	const char *local_addr; /**< the client's own address, as the monitor sees it */
	const char *mode;       /**< "secure" or "crc" */
	uint64_t features;      /**< Ceph's feature bits of both sides */
	int64_t since_ns;       /**< when it began: nanoseconds since 1970 */
	int32_t rank;           /**< of the monitor */
	uint32_t reserved;
} monclient_session_t;

/**
 * The state of the session.
 *
 * @param[out] session  release it with monclient_session_free()
 * @return MONCLIENT_ENOTCONN  there is none at the moment: a monitor is being looked for
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_session(monclient_t client, monclient_session_t **session);

/**
 * Release the state of a session. NULL is nothing.
 *
 * Threads: any. Works after fork, where it releases nothing. Since 0.1.
 */
MONCLIENT_API void monclient_session_free(monclient_session_t *session);

/**
 * The standby sessions that could take over at this moment; see the option monclient_standby_sessions.
 *
 * @param[out] json  an array, which may be empty, of {"mon", "rank", "addr", "local_addr", "mode", "since"}: as the members of
 *                   monclient_session_t, but since in seconds, with a fraction. Release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_standbys_json(monclient_t client, char **json);

/**
 * Change the key of a client that is connected, when the cluster has, or is about to get, another one for its entity. The
 * session, the subscriptions and the number of the client stay. Tickets are renewed and new sessions begin with the new key;
 * monitors that have refused the old one are tried again at once. Tells of it with MONCLIENT_SESSION_CREDENTIAL, unless it is the
 * key that the client has. Whether the monitors accept it shows later.
 *
 * @param key  in base64, as in a keyring; not retained
 * @return MONCLIENT_EINVAL   that is no key, or none that the client could use; the text does not have it
 *         MONCLIENT_ECLOSED  another thread closes the client
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_set_key(monclient_t client, const char *key);

/**
 * Set the level of the library's log for this client.
 *
 * @param level  MONCLIENT_LOG_...
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_set_log_level(monclient_t client, uint32_t level);

/* ---- Operations ---- */

/**
 * Cancel an operation. It completes with MONCLIENT_ECANCELED, unless its completion is under way. What was sent to the
 * monitors may still be executed.
 *
 * @return MONCLIENT_EBADHANDLE  it has completed; its event may be on its way
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_op_cancel(monclient_op_t op);

/**
 * What becomes of a command that was sent when its session is lost before the answer came: the monitor may have executed it, or
 * not, and nobody can tell. A command that was not sent always waits for the next session.
 */
enum {
	MONCLIENT_RESEND_DEFAULT = 0,  /**< as the option monclient_command_resend says: ALWAYS, unless it was set */
	MONCLIENT_RESEND_ALWAYS = 1,   /**< it is sent again, as Ceph's clients do: executed at least once, perhaps more than once */
	MONCLIENT_RESEND_NEVER = 2,    /**< it ends with MONCLIENT_ECONNRESET and MONCLIENT_OUTCOME_UNKNOWN: executed at most once */
	MONCLIENT_RESEND_READ_ONLY = 3 /**< ALWAYS if it only reads, as far as the cluster's table of commands is known; else NEVER */
};

/** How to send a command. */
typedef struct monclient_command_options {
	uint32_t struct_size;
	int32_t timeout_ms; /**< 0: rados_mon_op_timeout; MONCLIENT_FOREVER */
	const void *input;  /**< goes along with the command (what the ceph tool reads with -i); not retained; or NULL */
	uint64_t input_len; /**< bytes, at most MONCLIENT_MAX_INPUT */
	uint32_t resend;    /**< MONCLIENT_RESEND_... */
	uint32_t reserved;  /**< 0 */
	const char *target; /**< who is to execute it; not retained. NULL and "": the monitors. "mon.NAME", or "mon.N" for the one
	                         of rank N: that monitor alone, whose own commands these are (ceph tell mon.NAME). "mgr": the active
	                         manager. "mgr.NAME": that manager's own commands, if it is the active one (ceph tell mgr.NAME);
	                         "mgr.*": those of whichever is */
	const char *barrier; /**< the name of a map, as for monclient_latest(), or NULL: the reply is given when this client has the map
	                          as new as the command made it; not retained */
} monclient_command_options_t;

/**
 * Send a command to the monitors and wait for the reply. Without a quorum the monitors answer nothing, so without a
 * timeout this may wait for ever. A command whose session is lost is sent again, unless options->resend says otherwise.
 * When there is no answer, monclient_last_outcome() says whether the command may have been executed.
 * Implements: int rados_mon_command(...), and with options->target rados_mon_command_target(...), rados_mgr_command(...) and
 * rados_mgr_command_target(...).
 *
 * @param      cmd      a JSON object: {"prefix": "osd tree", "format": "json"}; not retained
 * @param      options  NULL: defaults
 * @param[out] reply    release it with monclient_reply_free()
 * @return MONCLIENT_OK when the monitors answered, whatever they answered (see reply->retval); MONCLIENT_ETIMEDOUT;
 *         MONCLIENT_ECLOSED; MONCLIENT_ECONNRESET (the session was lost, and it may not be sent again);
 *         MONCLIENT_ENOENT (there is no such target); MONCLIENT_ENXIO (the target cannot be reached, or the manager of that name
 *         is not the active one); MONCLIENT_EDEADLK in a callback of this client; while there is no session, also what monclient_connect() returns
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_command(monclient_t client, const char *cmd, const monclient_command_options_t *options,
                                    monclient_reply_t **reply);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_COMMAND, which has the outcome when there is no answer.
 *
 * @param      sink  where the completion goes
 * @param[out] op    for monclient_op_cancel(), or NULL
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_command_async(monclient_t client, const char *cmd,
                                          const monclient_command_options_t *options, const monclient_sink_t *sink,
                                          monclient_op_t *op);

/**
 * Release a reply. NULL is nothing.
 *
 * Threads: any. Works after fork, where it releases nothing. Since 0.1.
 */
MONCLIENT_API void monclient_reply_free(monclient_reply_t *reply);

/**
 * Ask the monitors for the epochs of a map that they have.
 *
 * @param      what        "monmap", "osdmap", "fsmap" or "mdsmap"
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] newest      the newest epoch
 * @param[out] oldest      the oldest epoch, or NULL
 * @return MONCLIENT_EINVAL (another map); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_get_version(monclient_t client, const char *what, int32_t timeout_ms, uint64_t *newest,
                                        uint64_t *oldest);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_VERSION.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_get_version_async(monclient_t client, const char *what, int32_t timeout_ms,
                                              const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Wait until the monitors have a map of at least the given epoch. monclient_latest() waits for the newest there is.
 *
 * @param      what        "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"
 * @param      epoch       0: the newest one
 * @param      timeout_ms  0 and MONCLIENT_FOREVER: none
 * @param[out] got         the epoch that came, or NULL
 * @return MONCLIENT_EINVAL (another map); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_wait_for_map(monclient_t client, const char *what, uint64_t epoch, int32_t timeout_ms,
                                         uint64_t *got);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_WAIT.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_wait_for_map_async(monclient_t client, const char *what, uint64_t epoch,
                                               int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op);

/* ---- Subscriptions ---- */

/** Bits of the flags of monclient_subscribe(). */
enum {
	MONCLIENT_SUBSCRIBE_ONETIME = 1, /**< it ends with the first answer */
	MONCLIENT_SUBSCRIBE_LATEST = 2,  /**< only the newest map waits for a slow receiver; for every map, but for osdmap with VALUES
	                                      only, and config */
	MONCLIENT_SUBSCRIBE_VALUES = 4   /**< data is what the map says, as JSON */
};

/**
 * Follow a map: every epoch of it, once, across changes of the session.
 *
 * The map is one of "monmap", "osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap"; and as JSON "config"
 * ({"options": {NAME: VALUE}}), "kv:PREFIX" ({"keys": {KEY: VALUE or null}, "keys_base64": {KEY: VALUE that is no UTF-8}}),
 * and one level of the cluster log: "log-debug", "log-info", "log-sec", "log-warn" or "log-error"
 * ({"entries": [{"time", "name", "channel", "priority", "seq", "text"}]}).
 *
 * With MONCLIENT_SUBSCRIBE_VALUES data is the value, as JSON: of monmap, mgrmap, fsmap and servicemap what "ceph mon dump",
 * "mgr dump", "fs dump" and "service dump" with "-f json" have, but for the quorum; of osdmap {"epoch", "modified", "full": whether
 * this epoch came whole, "changes": what monclient_osdmap_diff() says}; of config
 * {"options": {NAME: VALUE}, "changed": [NAME], "removed": [NAME]}; of kv:PREFIX {"prefix", "set": {KEY: VALUE}, "set_base64":
 * {KEY: VALUE that is no UTF-8}, "deleted": [KEY]}; of a level of the log one entry {"time", "name", "rank", "addrs",
 * "channel", "level", "seq", "text"} for each event, of one channel alone if its name follows, as in "log-info:audit". Events
 * say when they are MONCLIENT_EVENT_SYNCED; of a log the first to come is an entry, so that a log without any says nothing.
 * One map that cannot be read is an event with a status and without MONCLIENT_EVENT_LAST. It does not go with
 * MONCLIENT_SUBSCRIBE_ONETIME.
 *
 * The values of osdmap are whole maps, which the library makes of what has changed: monclient_event_osdmap() has them. Their
 * "changes" are those since the event of the subscription that was taken before, found out when an event is taken; so nothing
 * is lost when some are dropped or replaced. The first one has none. To go on where another subscription has ended, start with
 * the epoch that it had last.
 *
 * @param      what   one of these
 * @param      start  the first epoch; 0: the newest map in full. For an osdmap a later one brings the incrementals from
 *                    there on, or full maps where the monitors have trimmed them; for a log 1 brings what they have kept,
 *                    and 0 begins with its newest version, whose entries may come first
 * @param      flags  0, or MONCLIENT_SUBSCRIBE_... With LATEST a map that comes replaces the one that waits, in a queue or for
 *                    the thread of callbacks, and missed says how many were replaced
 * @param      sink   gets a MONCLIENT_EVENT_MAP for each map, and one with MONCLIENT_EVENT_LAST and a status at the end:
 *                    MONCLIENT_OK (onetime), MONCLIENT_ECLOSED. Of more than 1,024 maps or 64 MiB that wait, the oldest are dropped
 * @param[out] sub    for monclient_unsubscribe(); it becomes stale with the last event
 * @return MONCLIENT_EINVAL  there is no such map, or it is not one for MONCLIENT_SUBSCRIBE_LATEST: osdmap without
 *                           MONCLIENT_SUBSCRIBE_VALUES, kv:PREFIX, log-LEVEL, of which every event counts
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_subscribe(monclient_t client, const char *what, uint64_t start, uint32_t flags,
                                      const monclient_sink_t *sink, monclient_sub_t *sub);

/**
 * End a subscription. Events that wait are dropped, and there is no last one. When the function returns no callback of
 * the subscription runs or will run, except for the one that it is called from.
 *
 * Threads: any. Blocks for a callback that runs. Since 0.1.
 */
MONCLIENT_API int monclient_unsubscribe(monclient_sub_t sub);

/* ---- Single monitors, and what the monitors know ---- */

/**
 * Ask a monitor whether it is there, on a connection of its own; it need not be in quorum. Implements: int rados_ping_monitor(...).
 *
 * @param      mon         its name, without "mon.", or its rank in digits
 * @param      timeout_ms  0: mon_client_ping_timeout; MONCLIENT_FOREVER
 * @param[out] json        {"mon", "round_trip": seconds, "reply": what the monitor says of itself and of the quorum, "text": the same as it has
 *                         sent it}, release it with monclient_free()
 * @return MONCLIENT_ENOENT (there is no such monitor), MONCLIENT_ETIMEDOUT, MONCLIENT_ECONNREFUSED and others as of
 *         monclient_connect(); MONCLIENT_EDEADLK in a callback of this client
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_ping(monclient_t client, const char *mon, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_ping_async(monclient_t client, const char *mon, int32_t timeout_ms, const monclient_sink_t *sink,
                                       monclient_op_t *op);

/**
 * The same without a client, for a monitor that the configuration names.
 *
 * @return as monclient_ping(); MONCLIENT_ENOENT also when no monitors are configured
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_config_ping(monclient_config_t config, const char *mon, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_ping_async(monclient_config_t config, const char *mon, int32_t timeout_ms,
                                              const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Fetch the monmap and the options that the monitors have for this entity in a short session, and take them over: clients that are
 * made of the configuration from now on begin with that monmap, and the options are below those of files. What says where the
 * monitors are and who connects (mon_host, keyring, key and others) is never taken from the monitors.
 *
 * @param      timeout_ms  0: client_mount_timeout; MONCLIENT_FOREVER
 * @param[out] json        {"fsid", "monmap_epoch", "options": {NAME: VALUE}}, release it with monclient_free(); or NULL
 * @return as monclient_connect()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_config_fetch(monclient_config_t config, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_config_fetch_async(monclient_config_t config, int32_t timeout_ms, const monclient_sink_t *sink,
                                               monclient_op_t *op);

/**
 * Wait until this client has a map as new as the monitors have it now. Implements, for "osdmap": int
 * rados_wait_for_latest_osdmap(...).
 *
 * @param      what        "monmap", "osdmap", "mgrmap", "fsmap" or "servicemap"
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] epoch       the epoch that it has, or NULL
 * @return MONCLIENT_EINVAL (another map); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_latest(monclient_t client, const char *what, int32_t timeout_ms, uint64_t *epoch);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, which has the epoch.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_latest_async(monclient_t client, const char *what, int32_t timeout_ms, const monclient_sink_t *sink,
                                         monclient_op_t *op);

/**
 * Write an entry to the cluster log. It is sent along with others within mon_client_log_interval (a second), and again after a change
 * of session, until a monitor has acknowledged it; monclient_close() waits a moment for that.
 *
 * @param level    "debug", "info", "sec", "warn" or "error"
 * @param channel  NULL: "cluster"; "audit", or another
 * @param text     the entry, not retained
 * @return MONCLIENT_EAGAIN (10,000 entries or 16 MiB of them wait), MONCLIENT_ECLOSED
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_log_write(monclient_t client, const char *level, const char *channel, const char *text);

/**
 * Wait until the monitors have acknowledged every entry that was written before.
 *
 * @param timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @return as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_log_flush(monclient_t client, int32_t timeout_ms);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_log_flush_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op);

/**
 * The cluster's capacity, or a pool's share of it. A client that may not read "pg" gets no answer, as in librados: mind the
 * time limit. Implements: int rados_cluster_stat(...).
 *
 * @param      pool        the id of a pool; -1: the whole cluster
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] json        {"kb", "kb_used", "kb_avail", "num_objects"}, release it with monclient_free()
 * @return MONCLIENT_ENOENT (there is no such pool); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_cluster_stats(monclient_t client, int64_t pool, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_cluster_stats_async(monclient_t client, int64_t pool, int32_t timeout_ms, const monclient_sink_t *sink,
                                                monclient_op_t *op);

/**
 * The pools of the cluster, from the newest osdmap. Implements: int rados_pool_list(...), and lookups by name and by id.
 *
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] json        [{"id", "name"}], in the order of ids; release it with monclient_free()
 * @return as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_pools(monclient_t client, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_pools_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Statistics of pools. One that is so new that the monitors have none of it yet is left out. A client that may not read "pg"
 * gets no answer: mind the time limit.
 *
 * @param      names       of pools, not retained
 * @param      count       how many; 0: all pools
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] json        {POOL: {"stat_sum": {"num_objects", "num_bytes", ...}, "store_stats", ...}}, release it with monclient_free()
 * @return MONCLIENT_ENOENT (there is no such pool); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_pool_stats(monclient_t client, const char *const *names, uint32_t count, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_pool_stats_async(monclient_t client, const char *const *names, uint32_t count, int32_t timeout_ms,
                                             const monclient_sink_t *sink, monclient_op_t *op);

/** What monclient_pool_op() does. */
enum {
	MONCLIENT_POOL_CREATE = 1,      /**< name, crush_rule */
	MONCLIENT_POOL_DELETE = 2,      /**< pool. The monitors must allow it (mon_allow_pool_delete) */
	MONCLIENT_POOL_SNAP_CREATE = 3, /**< pool, name: a snapshot of the pool */
	MONCLIENT_POOL_SNAP_DELETE = 4, /**< pool, name */
	MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE = 5, /**< pool: gives the number of a new snapshot */
	MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE = 6  /**< pool, snap */
};

/** An operation on a pool. */
typedef struct monclient_pool_op_info {
	uint32_t struct_size;
	uint32_t op;        /**< MONCLIENT_POOL_... */
	int64_t pool;       /**< id of the pool */
	const char *name;   /**< of the new pool, or of the snapshot */
	uint64_t snap;      /**< number of a self-managed snapshot */
	int32_t crush_rule; /**< -1: the cluster's default */
	uint32_t reserved;  /**< 0 */
} monclient_pool_op_t;

/**
 * Create or delete a pool or a snapshot, and wait until this client has the osdmap that says so. Implements: int rados_pool_create(...),
 * int rados_pool_delete(...), and those of snapshots.
 *
 * @param      op          what to do, not retained
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] snap        the number of a new self-managed snapshot, else 0; or NULL
 * @return MONCLIENT_EEXIST, MONCLIENT_ENOENT, MONCLIENT_EPERM and what else the monitors say; otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_pool_op(monclient_t client, const monclient_pool_op_t *op, int32_t timeout_ms, uint64_t *snap);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose epoch is that number.
 *
 * @param handle  for monclient_op_cancel(), or NULL
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_pool_op_async(monclient_t client, const monclient_pool_op_t *op, int32_t timeout_ms,
                                          const monclient_sink_t *sink, monclient_op_t *handle);

/**
 * The addresses of clients that OSDs refuse.
 *
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] json        [{"addr", "until": seconds since 1970}], release it with monclient_free()
 * @return as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_blocklist(monclient_t client, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_blocklist_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Have the OSDs refuse a client, and wait until this client has the osdmap that says so. Implements: int rados_blocklist_add(...).
 *
 * @param addr        such as "10.0.0.1:0/3710147553"; without the number all of that address
 * @param seconds     for how long; 0: the cluster's default, an hour
 * @param timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @return MONCLIENT_EINVAL (that is no address); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_blocklist_add(monclient_t client, const char *addr, uint32_t seconds, int32_t timeout_ms);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_blocklist_add_async(monclient_t client, const char *addr, uint32_t seconds, int32_t timeout_ms,
                                                const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Undo monclient_blocklist_add().
 *
 * @param addr        as it was given there
 * @param timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @return MONCLIENT_EINVAL (that is no address); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_blocklist_remove(monclient_t client, const char *addr, int32_t timeout_ms);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_blocklist_remove_async(monclient_t client, const char *addr, int32_t timeout_ms,
                                                   const monclient_sink_t *sink, monclient_op_t *op);

/**
 * Make a command of words, as the ceph tool does: by the cluster's own table of commands, which is asked for once. Nothing is executed.
 *
 * @param      words       such as "osd", "pool", "create", "data", "--size=2"; not retained
 * @param      count       how many
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] json        for monclient_command(), release it with monclient_free()
 * @return MONCLIENT_EINVAL  no command, or an argument that does not fit: the text says which, what it may be, and what was perhaps meant;
 *         otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_command_parse(monclient_t client, const char *const *words, uint32_t count, int32_t timeout_ms, char **json);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, whose data is that JSON.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_command_parse_async(monclient_t client, const char *const *words, uint32_t count, int32_t timeout_ms,
                                                const monclient_sink_t *sink, monclient_op_t *op);

/**
 * The client's own address as the cluster sees it, such as "10.0.0.5:0/3710147553": what a blocklist has. Implements: int
 * rados_getaddrs(...).
 *
 * @param[out] addr  release it with monclient_free()
 * @return MONCLIENT_ENOTCONN  there has been no session yet
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_addr(monclient_t client, char **addr);

/**
 * The session with the active manager, which the first command for it begins.
 *
 * @param[out] json  {"name", "gid", "addr", "since"}, release it with monclient_free()
 * @return MONCLIENT_ENOTCONN  there is none
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_mgr_json(monclient_t client, char **json);

/**
 * The options that the monitors' configuration can change while the client lives, as they are in effect now.
 *
 * @param[out] json  [{"name", "value", "source"}], empty unless the option monclient_central_config is true; release it with
 *                   monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_options_json(monclient_t client, char **json);

/**
 * What the client has done so far: sessions, failures, round trips, the time that commands took, maps, tickets, bytes.
 *
 * @param[out] json  an object; its members are described with Stats of the Go package. Release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_stats_json(monclient_t client, char **json);

/* ---- The map of the OSDs ---- */

/**
 * The newest osdmap: which OSDs and pools there are, and where data is. The client keeps the map, and asks for what has changed.
 *
 * @param      timeout_ms  0: rados_mon_op_timeout; MONCLIENT_FOREVER
 * @param[out] map         release it with monclient_osdmap_release()
 * @return MONCLIENT_EPROTO (it cannot be read); otherwise as monclient_command()
 *
 * Threads: any. Blocks. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap(monclient_t client, int32_t timeout_ms, monclient_osdmap_t *map);

/**
 * The same without waiting. Completes with MONCLIENT_EVENT_RESULT, which has the map's epoch, and the map:
 * monclient_event_osdmap().
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op);

/**
 * The map that an event brings: of monclient_osdmap_async(), and of a subscription to osdmap with MONCLIENT_SUBSCRIBE_VALUES.
 *
 * @param[out] map  which outlives the event; release it with monclient_osdmap_release()
 * @return MONCLIENT_ENOENT  it brings none
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_event_osdmap(const monclient_event_t *event, monclient_osdmap_t *map);

/**
 * The map of the event that was taken last, out of its queue or for its callback, of a subscription to osdmap with
 * MONCLIENT_SUBSCRIBE_VALUES.
 *
 * @param[out] map  release it with monclient_osdmap_release()
 * @return MONCLIENT_ENOENT  none was taken yet
 *         MONCLIENT_EINVAL  the subscription is another one
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_sub_osdmap(monclient_sub_t sub, monclient_osdmap_t *map);

/**
 * Read an encoded map, as monclient_osdmap_encode(), "ceph osd getmap" and the events of a subscription that are
 * MONCLIENT_EVENT_FULL have it.
 *
 * @param      data  the map, not retained
 * @param      len   its length in bytes
 * @param[out] map   release it with monclient_osdmap_release()
 * @return MONCLIENT_EPROTO  it does not decode, and the text says where
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_decode(const void *data, size_t len, monclient_osdmap_t *map);

/**
 * Release a map. Others of the same epoch, and the client, are not concerned.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_release(monclient_osdmap_t map);

/**
 * The map's epoch.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_epoch(monclient_osdmap_t map, uint64_t *epoch);

/**
 * The id of the map's cluster as text.
 *
 * @param[out] buf   gets it with a NUL
 * @param      size  room in buf, MONCLIENT_FSID_SIZE or more
 * @return MONCLIENT_ERANGE  size is smaller
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_fsid(monclient_osdmap_t map, char *buf, size_t size);

/**
 * The cluster's flags as "ceph osd dump" has them, such as "noout,sortbitwise,recovery_deletes".
 *
 * @param[out] flags  names, separated by commas; release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_flags(monclient_osdmap_t map, char **flags);

/**
 * The whole map as JSON: what "ceph osd dump -f json" prints, but for the read_balance of pools.
 *
 * @param[out] json  release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_json(monclient_osdmap_t map, char **json);

/**
 * The whole map as the monitors encode it.
 *
 * @param[out] data  release it with monclient_free()
 * @param[out] len   bytes
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_encode(monclient_osdmap_t map, void **data, size_t *len);

/**
 * The pools.
 *
 * @param[out] json  [{"id", "name"}], in the order of ids; release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_pools(monclient_osdmap_t map, char **json);

/**
 * The id of the pool of a name.
 *
 * @return MONCLIENT_ENOENT  there is none
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_pool_id(monclient_osdmap_t map, const char *name, int64_t *id);

/**
 * The name of the pool of an id.
 *
 * @param[out] name  release it with monclient_free()
 * @return MONCLIENT_ENOENT  there is none
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_pool_name(monclient_osdmap_t map, int64_t id, char **name);

/**
 * All that the map says of one pool.
 *
 * @param[out] json  what is in the list pools of monclient_osdmap_json(); release it with monclient_free()
 * @return MONCLIENT_ENOENT  there is none of that id
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_pool_json(monclient_osdmap_t map, int64_t id, char **json);

/**
 * All that the map says of the OSDs.
 *
 * @param[out] json  the list osds of monclient_osdmap_json(), in the order of ids; release it with monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_osds(monclient_osdmap_t map, char **json);

/**
 * How many ids of OSDs there are at most: every OSD's is below, and not every id is one's.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_max_osd(monclient_osdmap_t map, int32_t *max);

/**
 * Whether an OSD works, and has data.
 *
 * @param      osd     its id
 * @param[out] is_up   1: it is up, 0: it is down; or NULL
 * @param[out] is_in   1: it is in, 0: it is out; or NULL
 * @param[out] weight  from 0, which is out, to 65536; or NULL
 * @return MONCLIENT_ENOENT  there is none of that id
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_osd_state(monclient_osdmap_t map, int32_t osd, int *is_up, int *is_in, uint32_t *weight);

/**
 * All that the map says of one OSD: its states, weight, epochs and addresses.
 *
 * @param      osd   its id
 * @param[out] json  {"osd", "uuid", "up", "in", "weight", ..., "public_addrs", ..., "state": [NAME]}, as in the list osds of
 *                   monclient_osdmap_json(); release it with monclient_free()
 * @return MONCLIENT_ENOENT  there is none of that id
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_osd_json(monclient_osdmap_t map, int32_t osd, char **json);

/**
 * What has changed from one map to another one, which need not be the next, nor newer.
 *
 * @param[out] json  [{"kind", and what the kind has of "osd", "pool", "pool_name", "name", "old", "new", "added", "changed", "removed",
 *                   "text": a sentence}]: first what is the cluster's, then pools by id, OSDs by id, placement groups, and
 *                   blocklists. The kinds are described with OSDMapChange of the Go package cephmap. Release it with
 *                   monclient_free()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_osdmap_diff(monclient_osdmap_t old, monclient_osdmap_t next, char **json);

/* ---- Queues ---- */

/**
 * Make a queue. Any number of clients and operations may use it.
 *
 * @param[out] queue  release it with monclient_queue_destroy()
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_queue_create(monclient_queue_t *queue);

/**
 * Destroy a queue. Events in it are released, calls that wait for it end with MONCLIENT_ECLOSED, and what would
 * arrive later is released at once. Take its descriptor out of epoll first.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_queue_destroy(monclient_queue_t queue);

/**
 * The queue's file descriptor, which is readable while events wait. Do not read it, write it or close it.
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_queue_fd(monclient_queue_t queue, int *fd);

/**
 * Take events out of a queue.
 *
 * @param      queue
 * @param[out] events      gets them in the order in which things happened; release each with monclient_event_free()
 * @param      max         room in events, at least 1
 * @param      timeout_ms  how long to wait for the first event; 0: not at all; MONCLIENT_FOREVER
 * @param[out] count       how many events there are; 0 when the time was up, which is no error
 *
 * Threads: any, several at a time. Blocks for timeout_ms. Since 0.1.
 */
MONCLIENT_API int monclient_queue_poll(monclient_queue_t queue, monclient_event_t **events, uint32_t max,
                                       int32_t timeout_ms, uint32_t *count);

/* ---- Diagnostics ---- */

/** What is alive in the library. All of it is 0 when everything has been released. */
typedef struct monclient_counters_info {
	uint32_t struct_size;
	uint32_t configs;       /**< handles of that kind */
	uint32_t clients;       /**< handles of that kind */
	uint32_t operations;    /**< operations that have not completed */
	uint32_t subscriptions; /**< handles of that kind */
	uint32_t queues;        /**< handles of that kind */
	uint32_t sinks;         /**< copies of sinks and dialers whose destroy function has not been called */
	uint32_t buffers;       /**< replies, events, sessions, texts and buffers that have not been released */
	uint32_t pinned;        /**< those of them that keep memory of the network where it is instead of a copy */
	uint32_t threads;       /**< threads that run callbacks */
	uint32_t osdmaps;       /**< handles of that kind */
} monclient_counters_t;

/**
 * Count what is alive.
 *
 * @param[in,out] counters  with struct_size set
 *
 * Threads: any. Does not block. Since 0.1.
 */
MONCLIENT_API int monclient_counters(monclient_counters_t *counters);

#ifdef __cplusplus
}
#endif

#endif /* MONCLIENT_H */
