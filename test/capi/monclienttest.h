/*
 * What a libmonclient.so built with the tag monclienttest exports besides monclient.h: an embedded quorum in the same
 * process, and ways to break things. For this repository's tests only.
 */
#ifndef MONCLIENTTEST_H
#define MONCLIENTTEST_H

#include "monclient.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A quorum of embedded monitors a, b, c, ... in memory, with cephx. 0 is none. */
typedef uint64_t monclienttest_mons_t;

/** Start a quorum of n monitors, which know the command "nothing" besides. Stop it with monclienttest_stop(). */
MONCLIENT_API int monclienttest_start(uint32_t n, monclienttest_mons_t *mons);

/** End it with all its connections. */
MONCLIENT_API int monclienttest_stop(monclienttest_mons_t mons);

/** Have the clients made of config reach the quorum as client.admin: monmap, key, and a way to dial it in memory. */
MONCLIENT_API int monclienttest_configure(monclienttest_mons_t mons, monclient_config_t config);

/** The key of client.admin in base64. Release it with monclient_free(). */
MONCLIENT_API int monclienttest_key(monclienttest_mons_t mons, char **key);

/**
 * Do something to it: "kill a" (and its connections), "start a", "freeze a" (it stops answering, connections stay), "thaw a",
 * "lose-quorum", "restore-quorum", "osdmap", "monmap", "mgrmap", "fsmap", "servicemap" (a new epoch), "drop-replies" (commands
 * get no answer from now on, and are not executed), "await-dropped" (until one more of them has come), "answer-replies", "rotate ENTITY" (it
 * gets a new key), "kill-session ENTITY" (breaks its connections, e.g. client.admin), "log TEXT" (an entry in the cluster log).
 */
MONCLIENT_API int monclienttest_do(monclienttest_mons_t mons, const char *what);

/** NULL when no goroutine of the library is left but those that wait for nothing, else what runs. Release it with monclient_free(). */
MONCLIENT_API char *monclienttest_leaks(void);

/** Panic where a bug could: in a call; 0 is never returned. MONCLIENT_EINTERNAL is what a caller must get. */
MONCLIENT_API int monclienttest_panic_in_call(void);

/** The client's own goroutine panics at its next event. */
MONCLIENT_API int monclienttest_panic_in_client(monclient_t client);

/** The goroutine that dials panics at the next attempt of a client of these monitors. */
MONCLIENT_API int monclienttest_panic_in_dial(monclienttest_mons_t mons);

/** Collect garbage and give memory back, so that what was wrongly released is really gone. */
MONCLIENT_API int monclienttest_gc(void);

/**
 * Run n commands through the Go API of this very client, workers at a time.
 *
 * @param[out] ns      nanoseconds in all
 * @param[out] allocs  heap allocations in all, of the embedded monitors too
 */
MONCLIENT_API int monclienttest_bench(monclient_t client, const char *cmd, uint32_t workers, uint32_t n, uint64_t *ns,
                                      uint64_t *allocs);

/** Heap allocations of the Go runtime since it began. */
MONCLIENT_API uint64_t monclienttest_mallocs(void);

#ifdef __cplusplus
}
#endif

#endif
