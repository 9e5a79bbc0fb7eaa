/* Callbacks: their thread, their order, what they may do, and the destroy functions. */
#include <signal.h>

#include "check.h"

#define FSID "{\"prefix\": \"fsid\"}"

static void command(struct world *w, struct recorder *r)
{
	monclient_sink_t sink = recorder_sink(r);

	CHECK_OK(monclient_command_async(w->client, FSID, NULL, &sink, NULL));
}

/* All kinds of events of one client come on one thread, which is none of the program's. */
static void one_thread(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t s, l, d;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &l, .log_level = MONCLIENT_LOG_DEBUG};
	monclient_sub_t sub;
	size_t i = 0, n, kinds = 0;

	world_start(&w, 1);
	recorder_init(&r); /* which checks that it is one thread */
	s = recorder_sink(&r);
	l = recorder_sink(&r);
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	command(&w, &r);
	recorder_find(&r, &i, MONCLIENT_EVENT_COMMAND, 0);
	d = recorder_sink(&r);
	CHECK_OK(monclient_get_version_async(w.client, "osdmap", 0, &d, NULL));
	recorder_find(&r, &i, MONCLIENT_EVENT_VERSION, 0);
	d = recorder_sink(&r);
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", 0, 0, &d, NULL));
	recorder_find(&r, &i, MONCLIENT_EVENT_WAIT, 0);
	d = recorder_sink(&r);
	CHECK_OK(monclient_subscribe(w.client, "mgrmap", 0, 0, &d, &sub));
	recorder_find(&r, &i, MONCLIENT_EVENT_MAP, 0);
	CHECK(!pthread_equal(r.thread, pthread_self()));
	CHECK_UINT(counters().threads, 1);
	CHECK_OK(monclient_close(w.client));
	CHECK_UINT(counters().threads, 0); /* it has ended */
	w.client = 0;
	n = recorder_count(&r);
	for (i = 0; i < n; i++)
		kinds |= (size_t)1 << recorder_wait(&r, i)->type;
	CHECK_UINT(kinds, 1 << MONCLIENT_EVENT_SESSION | 1 << MONCLIENT_EVENT_LOG | 1 << MONCLIENT_EVENT_COMMAND |
	                      1 << MONCLIENT_EVENT_VERSION | 1 << MONCLIENT_EVENT_WAIT | 1 << MONCLIENT_EVENT_MAP);
	recorder_end(&r);
	world_end(&w);
}

static void in_order(void)
{
	struct world w;
	struct recorder r;
	int i, n = loops(500);
	uint64_t last = 0;

	world_open(&w, 1);
	recorder_init(&r);
	for (i = 0; i < n; i++) {
		monclient_sink_t sink = recorder_sink(&r);

		CHECK_OK(monclient_get_version_async(w.client, "osdmap", 0, &sink, NULL));
		world_do(&w, "osdmap");
	}
	for (i = 0; i < n; i++) {
		const monclient_event_t *e = recorder_wait(&r, (size_t)i);

		CHECK(e->epoch >= last);
		last = e->epoch;
	}
	recorder_end(&r);
	world_end(&w);
}

/* ---- Calling back in ---- */

struct inside {
	struct world *w;
	struct world *other;
	struct recorder *more;
	atomic_int done;
};

static void everything_inside(const monclient_event_t *event, struct recorder *r)
{
	struct inside *in = r->context;
	monclient_reply_t *reply = (monclient_reply_t *)1;
	monclient_session_t *session = NULL;
	monclient_sub_t sub;
	monclient_sink_t sink;
	monclient_queue_t queue;
	monclient_event_t *e;
	monclient_config_t config;
	monclient_op_t op;
	monclient_t client = event->client;
	uint64_t number;
	uint32_t n;
	char fsid[MONCLIENT_FSID_SIZE], *text;

	if (atomic_load(&in->done))
		return;
	CHECK_UINT(client, in->w->client);
	/* What waits for the own client is refused. */
	CHECK_ERROR(monclient_command(client, FSID, NULL, &reply), MONCLIENT_EDEADLK, "callback");
	CHECK(!reply);
	CHECK_STATUS(monclient_get_version(client, "osdmap", 0, &number, NULL), MONCLIENT_EDEADLK);
	CHECK_STATUS(monclient_wait_for_map(client, "osdmap", 0, 0, NULL), MONCLIENT_EDEADLK);
	CHECK_ERROR(monclient_close(client), MONCLIENT_EDEADLK, "callback");
	/* What does not wait is allowed. */
	CHECK_OK(monclient_fsid(client, fsid, sizeof(fsid)));
	CHECK_OK(monclient_global_id(client, &number));
	CHECK_OK(monclient_monmap_json(client, &text));
	monclient_free(text);
	CHECK_OK(monclient_session(client, &session));
	monclient_session_free(session);
	CHECK_OK(monclient_set_log_level(client, MONCLIENT_LOG_INFO));
	sink = recorder_sink(in->more);
	CHECK_OK(monclient_command_async(client, FSID, NULL, &sink, NULL));
	sink = recorder_sink(in->more);
	CHECK_OK(monclient_get_version_async(client, "osdmap", 0, &sink, NULL));
	sink = recorder_sink(in->more);
	CHECK_OK(monclient_wait_for_map_async(client, "osdmap", 100000, 0, &sink, &op));
	CHECK_OK(monclient_op_cancel(op));
	sink = recorder_sink(in->more);
	CHECK_OK(monclient_subscribe(client, "mgrmap", 0, 0, &sink, &sub));
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_OK(monclient_config_create(&config));
	CHECK_OK(monclient_config_destroy(config));
	CHECK_OK(monclient_queue_create(&queue));
	CHECK_OK(monclient_queue_poll(queue, &e, 1, 1, &n));
	CHECK_OK(monclient_queue_destroy(queue));
	counters();
	/* Another client may be waited for, made and closed. */
	status_ok(in->other->client);
	CHECK_OK(monclient_connect(in->other->config, NULL, &client));
	status_ok(client);
	CHECK_OK(monclient_close(client));
	atomic_store(&in->done, 1);
}

static void calls_back_in(void)
{
	struct world w, other;
	struct recorder r, more;
	struct inside in = {&w, &other, &more, 0};

	world_open(&w, 1);
	world_open(&other, 1);
	recorder_init(&r);
	recorder_init(&more);
	r.hook = everything_inside;
	r.context = &in;
	command(&w, &r);
	recorder_wait(&r, 0);
	CHECK(atomic_load(&in.done));
	recorder_wait(&more, 2);
	status_ok(w.client); /* on another thread it is not refused */
	recorder_end(&r);
	recorder_end(&more);
	world_end(&w);
	world_end(&other);
}

static void again(const monclient_event_t *event, struct recorder *r)
{
	atomic_int *left = r->context;
	monclient_sink_t sink;

	if (atomic_fetch_sub(left, 1) > 0) {
		sink = recorder_sink(r);
		CHECK_OK(monclient_command_async(event->client, FSID, NULL, &sink, NULL));
	}
}

/* A completion that starts the next operation. */
static void chain(void)
{
	struct world w;
	struct recorder r;
	atomic_int left = loops(300);
	size_t n = (size_t)atomic_load(&left);

	world_open(&w, 1);
	recorder_init(&r);
	r.hook = again;
	r.context = &left;
	command(&w, &r);
	recorder_wait(&r, n);
	recorder_end(&r);
	world_end(&w);
}

static void close_in_connect(const monclient_event_t *event, struct recorder *r)
{
	monclient_reply_t *reply;

	(void)r;
	CHECK_UINT(event->type, MONCLIENT_EVENT_CONNECT);
	CHECK_INT(event->status, MONCLIENT_OK);
	CHECK_STATUS(monclient_close(event->client), MONCLIENT_EDEADLK);
	CHECK_STATUS(monclient_command(event->client, FSID, NULL, &reply), MONCLIENT_EDEADLK);
}

static void in_the_callback_of_connect(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;

	world_start(&w, 1);
	recorder_init(&r);
	r.hook = close_in_connect;
	sink = recorder_sink(&r);
	CHECK_OK(monclient_connect_async(w.config, NULL, &sink, NULL));
	w.client = recorder_wait(&r, 0)->client;
	status_ok(w.client);
	recorder_end(&r);
	world_end(&w);
}

static void close_other(const monclient_event_t *event, struct recorder *r)
{
	struct world *other = r->context;

	(void)event;
	if (other->client)
		CHECK_OK(monclient_close(other->client));
	other->client = 0;
}

static void closes_another_client(void)
{
	struct world w, other;
	struct recorder r, r2;

	world_open(&w, 1);
	world_open(&other, 1);
	recorder_init(&r);
	recorder_init(&r2);
	command(&other, &r2); /* so that it has a thread of callbacks as well */
	recorder_wait(&r2, 0);
	recorder_end(&r2);
	r.hook = close_other;
	r.context = &other;
	command(&w, &r);
	recorder_wait(&r, 0);
	CHECK_UINT(other.client, 0);
	recorder_end(&r);
	world_end(&w);
	world_end(&other);
}

/* ---- A callback that blocks ---- */

static void blocked_callback(void)
{
	struct world w, other;
	struct recorder r, later, r2;
	struct gate gate = GATE;
	monclient_queue_t queue;
	monclient_sink_t sink;
	int i;
	char mon[16];

	world_open(&w, 3);
	world_open(&other, 1);
	recorder_init(&r);
	recorder_init(&later);
	recorder_init(&r2);
	r.gate = &gate;
	command(&w, &r);
	gate_await(&gate, 1);
	command(&w, &later);
	/* The session lives, calls and queues are answered, a failover works. */
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < loops(50); i++) {
		status_ok(w.client);
		sink = queue_sink(queue, NULL);
		CHECK_OK(monclient_command_async(w.client, FSID, NULL, &sink, NULL));
		monclient_event_free(queue_take(queue));
	}
	world_mon(&w, mon);
	world_do(&w, "kill %s", mon);
	status_ok(w.client);
	/* Other clients' callbacks run. */
	command(&other, &r2);
	recorder_wait(&r2, 0);
	CHECK_UINT(recorder_count(&later), 0);
	gate_open(&gate);
	recorder_wait(&later, 0);
	CHECK_OK(monclient_queue_destroy(queue));
	recorder_end(&r);
	recorder_end(&later);
	recorder_end(&r2);
	world_end(&w);
	world_end(&other);
}

struct closing {
	monclient_t client;
	atomic_bool done;
	int rc;
};

static void *close_thread(void *arg)
{
	struct closing *c = arg;

	c->rc = monclient_close(c->client);
	atomic_store(&c->done, true);
	return NULL;
}

/* close waits for the callback that runs, delivers those that wait, and nothing comes afterwards. */
static void close_waits(void)
{
	struct world w;
	struct recorder r, later;
	struct gate gate = GATE;
	struct closing c = {0};
	pthread_t t;
	monclient_sink_t sink;
	int rc;
	uint64_t id;

	world_open(&w, 1);
	recorder_init(&r);
	recorder_init(&later);
	r.gate = &gate;
	command(&w, &r);
	gate_await(&gate, 1);
	world_do(&w, "lose-quorum");
	command(&w, &later);
	c.client = w.client;
	thread_start(&t, close_thread, &c);
	UNTIL((rc = monclient_global_id(w.client, &id)) != MONCLIENT_OK);
	CHECK(rc == MONCLIENT_ECLOSED || rc == MONCLIENT_EBADHANDLE);
	/* Of a client that is being closed nothing more can be had, and destroy is called. */
	sink = recorder_sink(&later);
	rc = monclient_command_async(w.client, FSID, NULL, &sink, NULL);
	CHECK(rc == MONCLIENT_ECLOSED || rc == MONCLIENT_EBADHANDLE);
	CHECK_UINT(recorder_destroyed(&later), 1);
	CHECK_UINT(recorder_count(&later), 0);
	CHECK(!atomic_load(&c.done));
	gate_open(&gate);
	thread_join(t);
	CHECK_INT(c.rc, MONCLIENT_OK);
	CHECK_UINT(recorder_count(&later), 1);
	CHECK_INT(recorder_wait(&later, 0)->status, MONCLIENT_ECLOSED);
	w.client = 0;
	recorder_end(&r);
	recorder_end(&later);
	world_end(&w);
}

/* ---- Destroy ---- */

struct counted {
	atomic_int destroyed, events;
};

static void counted_event(const monclient_event_t *event, void *userdata)
{
	struct counted *c = userdata;

	CHECK(event->userdata == userdata);
	CHECK_INT(atomic_load(&c->destroyed), 0);
	atomic_fetch_add(&c->events, 1);
}

static void counted_destroy(void *userdata)
{
	struct counted *c = userdata;

	CHECK_INT(atomic_fetch_add(&c->destroyed, 1), 0);
	/* It may call the library. */
	counters();
	CHECK_STATUS(monclient_queue_destroy(0), MONCLIENT_EBADHANDLE);
}

static monclient_sink_t counted_sink(struct counted *c, monclient_queue_t queue)
{
	monclient_sink_t s = {.struct_size = sizeof(s), .queue = queue, .callback = queue ? NULL : counted_event, .userdata = c, .destroy = counted_destroy};

	memset(c, 0, sizeof(*c));
	return s;
}

/* start begins every kind of source in turn. */
static int start(struct world *w, monclient_t client, int kind, const monclient_sink_t *sink, monclient_op_t *op, monclient_sub_t *sub)
{
	*op = *sub = 0;
	switch (kind) {
	case 0:
		return monclient_command_async(client, FSID, NULL, sink, op);
	case 1:
		return monclient_get_version_async(client, "osdmap", 0, sink, op);
	case 2:
		return monclient_wait_for_map_async(client, "osdmap", 0, 0, sink, op);
	case 3:
		return monclient_subscribe(client, "osdmap", 0, MONCLIENT_SUBSCRIBE_ONETIME, sink, sub);
	default:
		return monclient_connect_async(client ? w->config : 0, NULL, sink, op);
	}
}
enum { KINDS = 5 };

/* After success, to a callback and to a queue. */
static void destroy_after_success(void)
{
	struct world w;
	struct counted c;
	monclient_sink_t s;
	monclient_op_t op;
	monclient_sub_t sub;
	int kind, k;

	world_open(&w, 1);
	for (kind = 0; kind < KINDS - 1; kind++) {
		for (k = 0; k < 2; k++) {
			monclient_queue_t queue = 0;
			bool last = false;

			if (k)
				CHECK_OK(monclient_queue_create(&queue));
			s = counted_sink(&c, queue);
			CHECK_OK(start(&w, w.client, kind, &s, &op, &sub));
			while (k && !last) {
				monclient_event_t *e = queue_take(queue);

				last = e->flags & MONCLIENT_EVENT_LAST;
				CHECK_INT(atomic_load(&c.destroyed), 0);
				monclient_event_free(e);
			}
			if (k)
				CHECK_INT(atomic_load(&c.destroyed), 1); /* by the release of the last event */
			UNTIL(atomic_load(&c.destroyed) == 1);
			if (!k)
				CHECK_INT(atomic_load(&c.events), kind == 3 ? 2 : 1);
			if (k)
				CHECK_OK(monclient_queue_destroy(queue));
		}
	}
	world_end(&w);
}

/* Before a call that fails returns. */
static void destroy_after_failure(void)
{
	struct counted c;
	struct world w;
	monclient_sink_t s;
	monclient_op_t op;
	monclient_sub_t sub;
	int kind;
	monclient_t stale;

	world_open(&w, 1);
	stale = w.client;
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	for (kind = 0; kind < KINDS; kind++) {
		s = counted_sink(&c, 0);
		CHECK_STATUS(start(&w, 0, kind, &s, &op, &sub), MONCLIENT_EBADHANDLE);
		CHECK_INT(atomic_load(&c.destroyed), 1);
		CHECK(op == 0 && sub == 0);
		s = counted_sink(&c, w.config); /* no queue */
		CHECK_STATUS(start(&w, kind == KINDS - 1 ? 1 : stale, kind, &s, &op, &sub), MONCLIENT_EBADHANDLE);
		CHECK_INT(atomic_load(&c.destroyed), 1);
	}
	world_end(&w);
}

/* When everything ends while nothing has come. */
static void destroy_after_cancel_and_close(void)
{
	struct world w;
	struct counted c[8];
	monclient_sink_t s;
	monclient_op_t op;
	monclient_sub_t sub;
	monclient_queue_t queue;
	int i;

	world_open(&w, 1);
	world_do(&w, "lose-quorum");
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < 2; i++) {
		s = counted_sink(&c[i], i ? queue : 0);
		CHECK_OK(start(&w, w.client, 0, &s, &op, &sub));
		CHECK_OK(monclient_op_cancel(op));
	}
	UNTIL(atomic_load(&c[0].destroyed) == 1);
	CHECK_INT(atomic_load(&c[1].destroyed), 0); /* its event waits */
	monclient_event_free(queue_take(queue));
	CHECK_INT(atomic_load(&c[1].destroyed), 1);

	for (i = 0; i < 4; i++) {
		s = counted_sink(&c[i], i % 2 ? queue : 0);
		if (i < 2)
			CHECK_OK(start(&w, w.client, 0, &s, &op, &sub));
		else
			CHECK_OK(monclient_subscribe(w.client, "osdmap", 100000, 0, &s, &sub));
	}
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	CHECK_INT(atomic_load(&c[0].destroyed), 1); /* before close returns */
	CHECK_INT(atomic_load(&c[2].destroyed), 1);
	CHECK_INT(atomic_load(&c[1].destroyed), 0);
	CHECK_INT(atomic_load(&c[3].destroyed), 0);
	CHECK_OK(monclient_queue_destroy(queue));
	CHECK_INT(atomic_load(&c[1].destroyed), 1);
	CHECK_INT(atomic_load(&c[3].destroyed), 1);
	CHECK_INT(atomic_load(&c[0].events), 1);
	world_end(&w);
}

struct destroys {
	struct world *w;
	monclient_queue_t queue;
	monclient_sub_t sub;
	monclient_op_t op;
	int close_rc;
	atomic_int called;
};

/* A destroy function that calls back in, and ends whatever it can get hold of. */
static void destroy_everything(void *userdata)
{
	struct destroys *d = userdata;

	CHECK_INT(atomic_fetch_add(&d->called, 1), 0);
	if (d->queue)
		CHECK_OK(monclient_queue_destroy(d->queue));
	if (d->sub)
		CHECK_OK(monclient_unsubscribe(d->sub));
	if (d->op)
		CHECK_OK(monclient_op_cancel(d->op));
	d->close_rc = monclient_close(d->w->client);
}

static void no_event(const monclient_event_t *event, void *userdata)
{
	(void)event;
	(void)userdata;
}

static void destroy_calls_back_in(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t s;
	struct destroys d;
	struct counted c;
	monclient_queue_t queue;
	monclient_event_t *e;

	/* On the thread of callbacks. */
	world_open(&w, 1);
	recorder_init(&r);
	d = (struct destroys){.w = &w};
	CHECK_OK(monclient_queue_create(&d.queue));
	s = counted_sink(&c, 0);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 100000, 0, &s, &d.sub));
	s = recorder_sink(&r);
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", 100000, 0, &s, &d.op));
	s = (monclient_sink_t){.struct_size = sizeof(s), .callback = no_event, .userdata = &d, .destroy = destroy_everything};
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, NULL));
	UNTIL(atomic_load(&d.called) == 1);
	CHECK_INT(recorder_wait(&r, 0)->status, MONCLIENT_ECANCELED); /* on the same thread, so after destroy has returned */
	CHECK_INT(d.close_rc, MONCLIENT_EDEADLK);
	CHECK_INT(atomic_load(&c.destroyed), 1);
	recorder_end(&r);
	world_end(&w);

	/* In monclient_event_free(), where even the client may be closed. */
	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	d = (struct destroys){.w = &w, .queue = queue};
	s = queue_sink(queue, &d);
	s.destroy = destroy_everything;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, NULL));
	e = queue_take(queue);
	monclient_event_free(e);
	CHECK_INT(atomic_load(&d.called), 1);
	CHECK_INT(d.close_rc, MONCLIENT_OK);
	w.client = 0;
	world_end(&w);

	/* In a call that fails. */
	world_open(&w, 1);
	d = (struct destroys){.w = &w};
	s = (monclient_sink_t){.struct_size = sizeof(s), .callback = no_event, .userdata = &d, .destroy = destroy_everything};
	CHECK_STATUS(monclient_command_async(w.client, NULL, NULL, &s, NULL), MONCLIENT_EINVAL);
	CHECK_INT(atomic_load(&d.called), 1);
	CHECK_INT(d.close_rc, MONCLIENT_OK);
	w.client = 0;
	world_end(&w);

	/* In close itself. */
	world_open(&w, 1);
	d = (struct destroys){.w = &w};
	s = (monclient_sink_t){.struct_size = sizeof(s), .callback = no_event, .userdata = &d, .destroy = destroy_everything};
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", 100000, 0, &s, NULL));
	CHECK_OK(monclient_close(w.client));
	CHECK_INT(atomic_load(&d.called), 1);
	CHECK(d.close_rc == MONCLIENT_EDEADLK || d.close_rc == MONCLIENT_EBADHANDLE);
	w.client = 0;
	world_end(&w);

	/* In unsubscribe. */
	world_open(&w, 1);
	d = (struct destroys){.w = &w};
	s = (monclient_sink_t){.struct_size = sizeof(s), .callback = no_event, .userdata = &d, .destroy = destroy_everything};
	{
		monclient_sub_t sub;

		CHECK_OK(monclient_subscribe(w.client, "osdmap", 100000, 0, &s, &sub));
		CHECK_OK(monclient_unsubscribe(sub));
	}
	UNTIL(atomic_load(&d.called) == 1);
	if (d.close_rc == MONCLIENT_OK)
		w.client = 0;
	world_end(&w);

	/* In the destruction of a queue, which it is destroying as well. */
	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	d = (struct destroys){.w = &w};
	s = queue_sink(queue, &d);
	s.destroy = destroy_everything;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, NULL));
	{
		int fd;

		CHECK_OK(monclient_queue_fd(queue, &fd));
		UNTIL(fd_readable(fd));
	}
	CHECK_OK(monclient_queue_destroy(queue));
	CHECK_INT(atomic_load(&d.called), 1);
	CHECK_INT(d.close_rc, MONCLIENT_OK);
	w.client = 0;
	world_end(&w);
}

/* ---- Keeping events ---- */

static void keep(void)
{
	struct world w;
	struct recorder r; /* which keeps all events */
	const monclient_event_t *e;

	world_open(&w, 1);
	recorder_init(&r);
	command(&w, &r);
	e = recorder_wait(&r, 0);
	/* Each time counts. */
	CHECK(monclient_event_keep(e) == e);
	CHECK(monclient_event_keep(e) == e);
	monclient_event_free((monclient_event_t *)(uintptr_t)e);
	world_end(&w);
	CHECK_OK(monclienttest_gc());
	CHECK_UINT(e->reply->output_len, MONCLIENT_FSID_SIZE);
	CHECK_UINT(recorder_destroyed(&r), 0);
	monclient_event_free((monclient_event_t *)(uintptr_t)e);
	CHECK_UINT(e->reply->output_len, MONCLIENT_FSID_SIZE);
	CHECK_UINT(recorder_destroyed(&r), 0);
	recorder_end(&r);
}

static void without_destroy(void)
{
	struct world w;
	monclient_sink_t s = {.struct_size = sizeof(s), .callback = no_event, .userdata = (void *)1};

	world_open(&w, 1);
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, NULL));
	s.userdata = (void *)UINTPTR_MAX;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, NULL));
	s.userdata = NULL;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, NULL));
	UNTIL(counters().sinks == 0);
	world_end(&w);
}

/* The signals of the program do not come to the thread of callbacks. */
static void blocked_signals(const monclient_event_t *event, struct recorder *r)
{
	static const int own[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGWINCH};
	sigset_t mask;
	size_t i;

	(void)event;
	CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	for (i = 0; i < COUNT(own); i++)
		if (!sigismember(&mask, own[i]))
			FAIL("%s is not blocked in a callback", strsignal(own[i]));
	*(bool *)r->context = true;
}

static void signals_are_blocked(void)
{
	struct world w;
	struct recorder r;
	bool seen = false;

	world_open(&w, 1);
	recorder_init(&r);
	r.hook = blocked_signals;
	r.context = &seen;
	command(&w, &r);
	recorder_wait(&r, 0);
	CHECK(seen);
	recorder_end(&r);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(one_thread),
	TEST(in_order),
	TEST(calls_back_in),
	TEST(chain),
	TEST(in_the_callback_of_connect),
	TEST(closes_another_client),
	TEST(blocked_callback),
	TEST(close_waits),
	TEST(destroy_after_success),
	TEST(destroy_after_failure),
	TEST(destroy_after_cancel_and_close),
	TEST(destroy_calls_back_in),
	TEST(keep),
	TEST(without_destroy),
	TEST(signals_are_blocked),
};
MAIN(tests)
