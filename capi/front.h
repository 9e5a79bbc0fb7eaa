/* What the C files and the Go files of this directory know of each other. Users see monclient.h only. */
#ifndef MONCLIENT_CAPI_FRONT_H
#define MONCLIENT_CAPI_FRONT_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "monclient.h"

/* A copy of a user's sink or dialer. Whoever holds a reference may use it; the last one to let go calls destroy. The
 * user's pointer stays in C memory: as a Go pointer, (void *)1 would stop the process. */
struct capi_sink {
	atomic_uint refs;
	monclient_queue_t queue;
	monclient_event_cb callback;
	monclient_dial_cb dial;
	void *userdata;
	monclient_destroy_cb destroy;
};

/* In front of everything that is handed to the user. */
struct capi_block {
	atomic_uint refs;
	struct capi_sink *sink; /* of an event: referenced, so that userdata outlives it */
	void *pin;              /* what keeps memory of Go in its place, for goUnpin */
	uint64_t osdmap;        /* the map of an event, for goForgetMap; 0: none */
};

/* The part of a block that the user sees, and back. */
#define CAPI_HEAD ((sizeof(struct capi_block) + 15) & ~(size_t)15)

/* memory.c */
void *capi_block_new(size_t size);              /* zeroed; NULL when there is no memory */
void capi_block_release(void *user);            /* NULL is nothing */
void capi_block_attach(void *user, struct capi_sink *sink, void *pin); /* takes a reference on sink */
void capi_block_attach_map(void *user, uint64_t osdmap);
uint64_t capi_block_map(const void *user);
struct capi_sink *capi_sink_ref(struct capi_sink *sink);
void capi_sink_release(struct capi_sink *sink); /* NULL is nothing */
struct capi_sink *capi_sink_new(void);          /* one reference; NULL when there is no memory */
uint32_t capi_sinks(void);
uint32_t capi_buffers(void);
uint32_t capi_pinned(void);

/* wait.c: a call that waits for an operation. It waits in C, as level.c says. */
struct capi_wait {
	sem_t done;
	int status;          /* why there is no value */
	int outcome;         /* what that means for a command */
	char *error;         /* its text, a block, or NULL */
	void *value;         /* a block */
	uint64_t numbers[2];
};
void capi_wait_begin(struct capi_wait *w);
void capi_wait_wake(struct capi_wait *w); /* for Go; w may be gone when it returns */
int capi_wait_end(struct capi_wait *w);   /* waits; the status, of which the text is the last error */

/* inbox.c: what a thread wants that waits for it. It lies on that thread's stack. */
enum { CAPI_COMMAND = 1, CAPI_VERSION, CAPI_WAIT_FOR_MAP };
struct capi_request {
	struct capi_request *next;
	monclient_t client;
	uint32_t what;
	int32_t timeout_ms;
	const char *text;
	size_t text_len;
	const monclient_command_options_t *options;
	uint64_t epoch;
	struct capi_wait wait;
};
int capi_request_run(struct capi_request *r); /* as capi_wait_end */
struct capi_request *capi_inbox_take(void);   /* for Go: all that there is, the oldest first */
void capi_inbox_fail(void);                   /* for Go, which is to take once more after it */

/* ask.c: questions with an answer in JSON, or a number, of which there are many alike */
enum {
	CAPI_ASK_PING = 1,
	CAPI_ASK_FETCH,
	CAPI_ASK_LATEST,
	CAPI_ASK_LOG_FLUSH,
	CAPI_ASK_CLUSTER_STATS,
	CAPI_ASK_POOLS,
	CAPI_ASK_POOL_STATS,
	CAPI_ASK_POOL_OP,
	CAPI_ASK_BLOCKLIST,
	CAPI_ASK_BLOCKLIST_ADD,
	CAPI_ASK_BLOCKLIST_REMOVE,
	CAPI_ASK_PARSE
};
struct capi_ask {
	uint32_t what;
	int32_t timeout_ms;
	const char *name; /* what the question is about, as users call it, for errors */
	const char *text; /* NULL: none */
	size_t text_len;
	const char *const *texts;
	uint32_t count; /* of texts */
	int64_t number;
	const monclient_pool_op_t *pool_op;
};

/* osdmap.c: what there is of a map as text */
enum { CAPI_MAP_JSON = 1, CAPI_MAP_FLAGS, CAPI_MAP_POOLS, CAPI_MAP_OSDS };

/* level.c */
enum { CAPI_LATE, CAPI_UP, CAPI_CLOSED };
struct capi_level;
struct timespec;
struct capi_level *capi_level_new(void); /* one reference; NULL when there is no memory */
void capi_level_release(struct capi_level *l);
void capi_level_publish(struct capi_level *l, uint64_t handle);
struct capi_level *capi_level_find(uint64_t handle); /* with a reference; NULL when there is none */
void capi_level_close(struct capi_level *l);         /* ends all waits, and cannot be found any more */
void capi_level_set(struct capi_level *l, bool up);
int capi_level_fd(struct capi_level *l);             /* or a status */
int capi_level_wait(struct capi_level *l, const struct timespec *until); /* NULL: for good; CAPI_NOW: not at all */
extern const struct timespec capi_now;
#define CAPI_NOW (&capi_now)

/* errors.c */
int capi_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
void capi_set_error(const char *text, size_t len); /* for Go: of this thread, which a call from C does not leave */
void capi_set_outcome(int outcome); /* belongs to the error that was set before */

/* thread.c: the thread that runs a client's callbacks */
int capi_thread_start(pthread_t *thread, void *context); /* 0 or an errno */
void capi_thread_join(pthread_t thread);
uint32_t capi_threads(void);
uint64_t capi_callback_client(void);      /* whose callback thread this is, 0: nobody's */
void capi_set_callback_client(uint64_t client);

/* process.c */
void capi_enter(void); /* before the first call into Go of each thread; forked children must not */
void capi_restore_limit(void);

/* front.c */
extern _Atomic bool capi_forked; /* this process is the child of one that had loaded the library */
int capi_call_dial(struct capi_sink *dialer, uint64_t client, const char *ip, uint16_t port, int32_t timeout_ms);

#endif
