/* Memory that crosses the boundary, and the user's pointers. */
#include <stdlib.h>

#include "front.h"
#include "_cgo_export.h"

static atomic_uint sinks, buffers, pinned;

uint32_t capi_sinks(void) { return atomic_load(&sinks); }
uint32_t capi_buffers(void) { return atomic_load(&buffers); }
uint32_t capi_pinned(void) { return atomic_load(&pinned); }

static struct capi_block *block_of(const void *user)
{
	return (struct capi_block *)((char *)(uintptr_t)user - CAPI_HEAD);
}

void *capi_block_new(size_t size)
{
	struct capi_block *b = size > SIZE_MAX - CAPI_HEAD ? NULL : calloc(1, CAPI_HEAD + size);

	if (!b)
		return NULL;
	atomic_init(&b->refs, 1);
	atomic_fetch_add(&buffers, 1);
	return (char *)b + CAPI_HEAD;
}

void capi_block_attach(void *user, struct capi_sink *sink, void *pin)
{
	struct capi_block *b = block_of(user);

	if (sink) {
		b->sink = capi_sink_ref(sink);
		((monclient_event_t *)user)->userdata = sink->userdata;
	}
	if (pin) {
		b->pin = pin;
		atomic_fetch_add(&pinned, 1);
	}
}

void capi_block_attach_map(void *user, uint64_t osdmap) { block_of(user)->osdmap = osdmap; }

uint64_t capi_block_map(const void *user) { return block_of(user)->osdmap; }

void capi_block_release(void *user)
{
	struct capi_block *b;

	if (!user)
		return;
	b = block_of(user);
	if (atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	if (b->pin) {
		capi_enter();
		goUnpin(b->pin);
		atomic_fetch_sub(&pinned, 1);
	}
	if (b->osdmap) {
		capi_enter();
		goForgetMap(b->osdmap);
	}
	capi_sink_release(b->sink);
	free(b);
	atomic_fetch_sub(&buffers, 1);
}

struct capi_sink *capi_sink_new(void)
{
	struct capi_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	atomic_fetch_add(&sinks, 1);
	return s;
}

struct capi_sink *capi_sink_ref(struct capi_sink *sink)
{
	atomic_fetch_add(&sink->refs, 1);
	return sink;
}

void capi_sink_release(struct capi_sink *sink)
{
	if (!sink || atomic_fetch_sub(&sink->refs, 1) != 1)
		return;
	if (sink->destroy)
		sink->destroy(sink->userdata);
	free(sink);
	atomic_fetch_sub(&sinks, 1);
}

/* In a forked child nothing that is shared with Go may be touched; blocks that have nothing of Go could be, but telling
 * them apart is worth less than one plain rule. Its memory is a copy that ends with it. */

void monclient_free(void *p)
{
	if (!atomic_load(&capi_forked))
		capi_block_release(p);
}

void monclient_reply_free(monclient_reply_t *reply)
{
	monclient_free(reply);
}

void monclient_session_free(monclient_session_t *session)
{
	monclient_free(session);
}

void monclient_event_free(monclient_event_t *event)
{
	monclient_free(event);
}

monclient_event_t *monclient_event_keep(const monclient_event_t *event)
{
	if (event)
		atomic_fetch_add(&block_of(event)->refs, 1);
	return (monclient_event_t *)(uintptr_t)event;
}
