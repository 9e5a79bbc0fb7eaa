#include <string.h>

#include "front.h"

void capi_wait_begin(struct capi_wait *w)
{
	memset(w, 0, sizeof(*w));
	sem_init(&w->done, 0, 0);
}

void capi_wait_wake(struct capi_wait *w) { sem_post(&w->done); }

int capi_wait_end(struct capi_wait *w)
{
	while (sem_wait(&w->done) != 0) /* a signal */
		;
	sem_destroy(&w->done);
	if (w->error) {
		capi_set_error(w->error, strlen(w->error));
		capi_block_release(w->error);
	}
	if (w->status != MONCLIENT_OK)
		capi_set_outcome(w->outcome);
	return w->status;
}
