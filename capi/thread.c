/* The thread that runs the callbacks of one client. It is a thread of C, so that no frame of Go lies below a callback, and
 * that it has ended, with its thread-local data, when close has joined it. */
#define _GNU_SOURCE /* pthread_setname_np */
#include <signal.h>

#include "front.h"
#include "_cgo_export.h"

static atomic_uint threads;
static __thread uint64_t callback_client;

uint32_t capi_threads(void) { return atomic_load(&threads); }
uint64_t capi_callback_client(void) { return callback_client; }
void capi_set_callback_client(uint64_t client) { callback_client = client; }

static void *run(void *context)
{
	/* Go looks at what was in a pointer before it writes to it. */
	monclient_event_t *event = NULL;
	struct capi_sink *sink = NULL;
	struct capi_level *level;

	capi_enter();
	level = goThreadBegin(context);
	while (goThreadNext(context, &sink, &event)) {
		if (event) {
			sink->callback(event, sink->userdata);
			capi_block_release(event);
		} else {
			capi_level_wait(level, NULL);
		}
	}
	goThreadEnd(context);
	return NULL;
}

int capi_thread_start(pthread_t *thread, void *context)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t all, before;
	size_t i;
	int err;

	/* The host's signals are for the host's threads, but for those that the callback's code causes. */
	sigfillset(&all);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err == 0) {
		atomic_fetch_add(&threads, 1);
		pthread_setname_np(*thread, "monclient");
	}
	return err;
}

void capi_thread_join(pthread_t thread)
{
	pthread_join(thread, NULL);
	atomic_fetch_sub(&threads, 1);
}
