/* How a thread that is going to wait hands over what it wants. It does not enter Go: a thread that comes back from there keeps
 * what the runtime needs to run goroutines, of which there is one for each processor, and keeps it while it waits here, until the
 * runtime finds out and takes it away (retake in src/runtime/proc.go); and where none is free a thread that enters waits for one,
 * which takes two more switches. So requests are put into a list, which a goroutine takes. An eventfd, which Go waits for as it
 * does for the monitors' sockets, tells it that the list is not empty any more: it has begun, or been taken.
 *
 * There is one list, one goroutine and one descriptor in a process. They stay, as what Go's runtime opens to poll does. */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arguments.h"
#include "_cgo_export.h"

enum {
	LARGE = 64 << 10, /* what takes long to copy is copied by the thread that brings it */
	NONE_YET = -1,
	NONE_EVER = -2
};

static _Atomic(struct capi_request *) last; /* and by next those before it */
static atomic_int inbox = NONE_YET;          /* the eventfd */

/* open_inbox starts the goroutine, when it can. */
static void open_inbox(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int fd;

	capi_enter();
	pthread_mutex_lock(&mutex);
	if (atomic_load(&inbox) == NONE_YET && (fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) >= 0) {
		atomic_store(&inbox, fd);
		goInboxOpen(fd);
	}
	pthread_mutex_unlock(&mutex);
}

void capi_inbox_fail(void) { atomic_store(&inbox, NONE_EVER); }

struct capi_request *capi_inbox_take(void)
{
	struct capi_request *r = atomic_exchange(&last, NULL), *first = NULL, *before;

	for (; r; r = before) {
		before = r->next;
		r->next = first;
		first = r;
	}
	return first;
}

/* hand_over puts a request into the list. From then on it may have been done at any time, and r is only good to wait for. */
static void hand_over(struct capi_request *r)
{
	struct capi_request *before = atomic_load(&last);
	const uint64_t one = 1;
	int fd;

	do
		r->next = before;
	while (!atomic_compare_exchange_weak(&last, &before, r));
	if (before)
		return; /* whose thread tells the goroutine */
	/* Without a goroutine the thread does it itself. One that ends looks at the list after it has taken the descriptor away. */
	fd = atomic_load(&inbox);
	if (fd < 0 || write(fd, &one, sizeof(one)) != sizeof(one)) {
		capi_enter();
		goInboxTake();
	}
}

int capi_request_run(struct capi_request *r)
{
	/* Threads in calls that end soon. The only one had better enter Go: that costs it less than to wake the goroutine. */
	static atomic_uint busy;
	bool soon = r->what != CAPI_WAIT_FOR_MAP;
	bool others = (soon ? atomic_fetch_add(&busy, 1) : atomic_load(&busy)) > 0;
	int rc;

	if (atomic_load_explicit(&inbox, memory_order_relaxed) == NONE_YET)
		open_inbox();
	capi_wait_begin(&r->wait);
	if (others && r->text_len <= LARGE && (!r->options || r->options->input_len <= LARGE)) {
		hand_over(r);
	} else {
		capi_enter();
		goRequest(r);
	}
	rc = capi_wait_end(&r->wait);
	if (soon)
		atomic_fetch_sub(&busy, 1);
	return rc;
}
