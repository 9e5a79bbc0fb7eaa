/* What is told of the session, and the library's own log. */
#include "check.h"

struct watched {
	struct world w;
	struct recorder session, log;
	size_t i;
};

static void watch_start(struct watched *x, uint32_t mons, uint32_t level)
{
	monclient_sink_t s, l;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &l, .log_level = level};

	world_start(&x->w, mons);
	x->i = 0;
	recorder_init(&x->session);
	recorder_init(&x->log);
	s = recorder_sink(&x->session);
	l = recorder_sink(&x->log);
	CHECK_OK(monclient_connect(x->w.config, &o, &x->w.client));
}

static void watch_end(struct watched *x)
{
	if (x->w.client)
		CHECK_OK(monclient_close(x->w.client));
	x->w.client = 0;
	recorder_end(&x->session);
	recorder_end(&x->log);
	world_end(&x->w);
}

static const monclient_event_t *change(struct watched *x, uint32_t kind)
{
	const monclient_event_t *e = recorder_find(&x->session, &x->i, MONCLIENT_EVENT_SESSION, kind);

	CHECK_UINT(e->source, 0);
	CHECK_UINT(e->client, x->w.client);
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK(!e->reply && !e->what && !e->data && !e->text);
	return e;
}

static void of_the_first_session(void)
{
	struct watched x;
	const monclient_event_t *e;

	watch_start(&x, 3, MONCLIENT_LOG_NONE);
	e = change(&x, MONCLIENT_SESSION_HUNTING);
	CHECK(strchr(e->mon, 'a') && strchr(e->mon, 'b') && strchr(e->mon, 'c') && strchr(e->mon, ','));
	CHECK(!e->addr && !e->error);
	e = change(&x, MONCLIENT_SESSION_CONNECTED);
	CHECK_UINT(strlen(e->mon), 1);
	CHECK_HAS(e->addr, "v2:192.0.2.");
	CHECK(!e->error);
	CHECK(e->elapsed_ns > 0);
	CHECK_OK(monclient_close(x.w.client));
	x.w.client = 0;
	CHECK_UINT(recorder_count(&x.log), 0); /* of the level none */
	watch_end(&x);
}

static void of_one_that_is_lost(void)
{
	struct watched x;
	const monclient_event_t *e;

	watch_start(&x, 1, MONCLIENT_LOG_NONE);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	world_do(&x.w, "kill a");
	e = change(&x, MONCLIENT_SESSION_LOST);
	CHECK_STR(e->mon, "a");
	CHECK_HAS(e->addr, "v2:192.0.2.1:3300");
	CHECK(e->elapsed_ns > 0);
	CHECK(*e->error);
	e = change(&x, MONCLIENT_SESSION_HUNTING);
	CHECK_STR(e->mon, "a");
	e = change(&x, MONCLIENT_SESSION_ATTEMPT_FAILED);
	CHECK_STR(e->mon, "a");
	CHECK_HAS(e->addr, "v2:192.0.2.1:3300");
	CHECK(*e->error);
	world_do(&x.w, "start a");
	/* With the same monitor again. */
	e = change(&x, MONCLIENT_SESSION_CONNECTED);
	CHECK_STR(e->mon, "a");
	status_ok(x.w.client);
	watch_end(&x);
}

static void of_a_failover(void)
{
	struct watched x;
	const monclient_event_t *e;
	char mon[16];
	int i;

	watch_start(&x, 3, MONCLIENT_LOG_NONE);
	for (i = 0; i < 3; i++) {
		world_mon(&x.w, mon);
		world_do(&x.w, "kill %s", mon);
		e = change(&x, MONCLIENT_SESSION_LOST);
		CHECK_STR(e->mon, mon);
		e = change(&x, MONCLIENT_SESSION_FAILED_OVER);
		CHECK(strcmp(e->mon, mon) != 0);
		CHECK(*e->addr && e->elapsed_ns > 0);
		status_ok(x.w.client);
		world_do(&x.w, "start %s", mon);
	}
	watch_end(&x);
}

static void of_a_killed_connection(void)
{
	struct watched x;
	uint64_t before, after;

	watch_start(&x, 1, MONCLIENT_LOG_NONE);
	CHECK_OK(monclient_global_id(x.w.client, &before));
	world_do(&x.w, "kill-session client.admin");
	change(&x, MONCLIENT_SESSION_LOST);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	CHECK_OK(monclient_global_id(x.w.client, &after));
	CHECK_UINT(after, before); /* it outlives sessions */
	status_ok(x.w.client);
	watch_end(&x);
}

/* A queue takes them as well, in the order in which they happened. */
static void to_a_queue(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t s;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &s, .log_level = MONCLIENT_LOG_DEBUG};
	monclient_event_t *e;
	uint32_t last = 0, n;
	bool logged = false;

	world_start(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	s = queue_sink(queue, &w);
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	while (last != MONCLIENT_SESSION_CONNECTED) {
		e = queue_take(queue);
		CHECK(e->userdata == &w);
		if (e->type == MONCLIENT_EVENT_SESSION) {
			CHECK(e->session_change == (last ? MONCLIENT_SESSION_CONNECTED : MONCLIENT_SESSION_HUNTING));
			last = e->session_change;
		} else {
			CHECK_UINT(e->type, MONCLIENT_EVENT_LOG);
			logged = true;
		}
		monclient_event_free(e);
	}
	while (!logged) {
		e = queue_take(queue);
		logged = e->type == MONCLIENT_EVENT_LOG;
		monclient_event_free(e);
	}
	/* Nothing comes after close has returned. */
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	do {
		CHECK_OK(monclient_queue_poll(queue, &e, 1, 0, &n));
		if (n)
			monclient_event_free(e);
	} while (n);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* told waits until everything that has happened so far was told. */
static void told(struct watched *x)
{
	struct recorder r;
	monclient_sink_t s;

	recorder_init(&r);
	s = recorder_sink(&r);
	CHECK_OK(monclient_get_version_async(x->w.client, "osdmap", 0, &s, NULL));
	recorder_wait(&r, 0);
	recorder_end(&r);
}

static void log_levels(void)
{
	struct watched x;
	const monclient_event_t *e;
	size_t i = 0, n;

	watch_start(&x, 1, MONCLIENT_LOG_DEBUG);
	e = recorder_wait(&x.log, 0);
	CHECK_UINT(e->type, MONCLIENT_EVENT_LOG);
	CHECK_UINT(e->log_level, MONCLIENT_LOG_DEBUG);
	CHECK(*e->text && !strchr(e->text, '\n'));
	CHECK_UINT(e->source, 0);
	CHECK_UINT(e->session_change, 0);
	for (i = 0; i < recorder_count(&x.log); i++) {
		char *key;

		CHECK_OK(monclienttest_key(x.w.mons, &key));
		CHECK_LACKS(recorder_wait(&x.log, i)->text, key);
		monclient_free(key);
	}

	/* Nothing is logged for errors only, as there are none. */
	CHECK_OK(monclient_set_log_level(x.w.client, MONCLIENT_LOG_ERROR));
	told(&x);
	n = recorder_count(&x.log);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	world_do(&x.w, "kill-session client.admin");
	change(&x, MONCLIENT_SESSION_CONNECTED);
	told(&x);
	CHECK_UINT(recorder_count(&x.log), n);

	CHECK_OK(monclient_set_log_level(x.w.client, MONCLIENT_LOG_DEBUG));
	world_do(&x.w, "kill-session client.admin");
	change(&x, MONCLIENT_SESSION_CONNECTED);
	recorder_wait(&x.log, n);

	CHECK_OK(monclient_set_log_level(x.w.client, MONCLIENT_LOG_NONE));
	CHECK_OK(monclient_set_log_level(x.w.client, MONCLIENT_LOG_WARN));
	CHECK_OK(monclient_set_log_level(x.w.client, MONCLIENT_LOG_INFO));
	CHECK_ERROR(monclient_set_log_level(x.w.client, MONCLIENT_LOG_DEBUG + 1), MONCLIENT_EINVAL, "level");
	CHECK_ERROR(monclient_set_log_level(x.w.client, UINT32_MAX), MONCLIENT_EINVAL, "level");
	watch_end(&x);
}

/* The level may be set where there is no sink. */
static void log_level_without_sink(void)
{
	struct world w;

	world_open(&w, 1);
	CHECK_OK(monclient_set_log_level(w.client, MONCLIENT_LOG_DEBUG));
	status_ok(w.client);
	world_end(&w);
}

/* A callback that blocks delays its client's other callbacks, and nothing else. */
static void blocked_log(void)
{
	struct world w;
	struct recorder r;
	struct gate gate = GATE;
	monclient_sink_t s;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .log = &s, .log_level = MONCLIENT_LOG_DEBUG};
	int i;

	world_start(&w, 1);
	recorder_init(&r);
	r.gate = &gate;
	s = recorder_sink(&r);
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	gate_await(&gate, 1);
	for (i = 0; i < loops(20); i++)
		status_ok(w.client);
	CHECK_UINT(recorder_count(&r), 0);
	gate_open(&gate);
	recorder_wait(&r, 0);
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	recorder_end(&r);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(of_the_first_session),
	TEST(of_one_that_is_lost),
	TEST(of_a_failover),
	TEST(of_a_killed_connection),
	TEST(to_a_queue),
	TEST(log_levels),
	TEST(log_level_without_sink),
	TEST(blocked_log),
};
MAIN(tests)
