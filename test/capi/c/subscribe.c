/* Subscriptions. */
#include "check.h"

#define ONETIME MONCLIENT_SUBSCRIBE_ONETIME

static monclient_sub_t subscribe(struct world *w, struct recorder *r, const char *what, uint64_t start, uint32_t flags)
{
	monclient_sink_t sink = recorder_sink(r);
	monclient_sub_t sub = 0;

	CHECK_OK(monclient_subscribe(w->client, what, start, flags, &sink, &sub));
	CHECK_UINT(sub & 0xff, MONCLIENT_KIND_SUB);
	return sub;
}

static uint64_t osdmap_epoch(struct world *w)
{
	uint64_t newest = 0;

	CHECK_OK(monclient_get_version(w->client, "osdmap", 0, &newest, NULL));
	return newest;
}

/* map_event checks what all events with a map have in common. */
static const monclient_event_t *map_event(struct recorder *r, size_t i, const char *what)
{
	const monclient_event_t *e = recorder_wait(r, i);

	CHECK_UINT(e->type, MONCLIENT_EVENT_MAP);
	if (e->status != MONCLIENT_OK)
		FAIL("event %zu of %s ends with %d: %s", i, what, e->status, e->error);
	CHECK_STR(e->what, what);
	CHECK(!e->error && !e->reply && !e->mon && !e->text);
	if (e->data)
		CHECK_INT(((const char *)e->data)[e->data_len], 0);
	return e;
}

static void last_event(struct recorder *r, size_t i, int status)
{
	const monclient_event_t *e = recorder_wait(r, i);

	CHECK_UINT(e->type, MONCLIENT_EVENT_MAP);
	CHECK_INT(e->status, status);
	CHECK_UINT(e->flags, MONCLIENT_EVENT_LAST);
	if (e->data)
		FAIL("the last event has data: \"%.40s\", %llu bytes, of epoch %llu", (const char *)e->data, (unsigned long long)e->data_len, (unsigned long long)e->epoch);
	CHECK_UINT(e->data_len, 0);
	CHECK(*e->what);
	CHECK(status == MONCLIENT_OK ? !e->error : *e->error);
}

static void osdmap_from_the_first(void)
{
	struct world w;
	struct recorder r;
	monclient_sub_t sub;
	uint64_t newest, epoch = 0, until;
	size_t i;

	world_open(&w, 1);
	for (i = 0; i < 9; i++)
		world_do(&w, "osdmap");
	newest = osdmap_epoch(&w);
	recorder_init(&r);
	sub = subscribe(&w, &r, "osdmap", 1, 0);
	for (i = 0, until = newest; epoch < until; i++) {
		const monclient_event_t *e = map_event(&r, i, "osdmap");

		CHECK_UINT(e->epoch, epoch + 1); /* every one of them, once, in order */
		CHECK_UINT(e->source, sub);
		CHECK_UINT(e->client, w.client);
		CHECK_UINT(e->missed, 0);
		CHECK((e->flags & ~(uint32_t)MONCLIENT_EVENT_FULL) == 0);
		CHECK(e->data_len > 0);
		CHECK(!(e->flags & MONCLIENT_EVENT_FULL) || epoch == 0);
		epoch = e->epoch;
		if (epoch == newest && until == newest) {
			until = newest + 3;
			world_do(&w, "osdmap");
			world_do(&w, "osdmap");
			world_do(&w, "osdmap");
		}
	}
	CHECK_OK(monclient_unsubscribe(sub));
	world_do(&w, "osdmap");
	status_ok(w.client);
	CHECK_UINT(recorder_count(&r), i);
	recorder_end(&r);
	world_end(&w);
}

static void newest_in_full(void)
{
	static const char *const maps[] = {"osdmap", "mgrmap", "fsmap", "fsmap.user", "servicemap", "monmap"};
	struct world w;
	size_t i;

	world_open(&w, 1);
	for (i = 0; i < COUNT(maps); i++) {
		struct recorder r;
		monclient_sub_t sub;
		const monclient_event_t *e;

		recorder_init(&r);
		sub = subscribe(&w, &r, maps[i], 0, 0);
		e = map_event(&r, 0, maps[i]);
		CHECK(e->flags == MONCLIENT_EVENT_FULL);
		CHECK(e->epoch > 0 && e->data && e->data_len > 0);
		if (strcmp(maps[i], "monmap") == 0) {
			void *map;
			size_t len;

			CHECK_OK(monclient_monmap(w.client, &map, &len));
			CHECK(len == e->data_len && memcmp(map, e->data, len) == 0);
			monclient_free(map);
		}
		CHECK_OK(monclient_unsubscribe(sub));
		recorder_end(&r);
	}
	world_end(&w);
}

static void onetime(void)
{
	struct world w;
	struct recorder r;
	monclient_sub_t sub;

	world_open(&w, 1);
	recorder_init(&r);
	sub = subscribe(&w, &r, "osdmap", 0, ONETIME);
	CHECK_UINT(map_event(&r, 0, "osdmap")->flags, MONCLIENT_EVENT_FULL);
	last_event(&r, 1, MONCLIENT_OK);
	CHECK_UINT(recorder_wait(&r, 1)->source, sub);
	UNTIL(monclient_unsubscribe(sub) == MONCLIENT_EBADHANDLE); /* it became stale with the last event */
	CHECK_UINT(counters().subscriptions, 0);
	world_do(&w, "osdmap");
	status_ok(w.client);
	CHECK_UINT(recorder_count(&r), 2);
	recorder_end(&r);
	world_end(&w);
}

/* The handle is stale when the program has the last event, not some time later. */
static void stale_with_the_last_event(void)
{
	struct world w;
	monclient_queue_t queue;
	int i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < loops(100); i++) {
		monclient_sink_t sink = queue_sink(queue, NULL);
		monclient_sub_t sub;
		uint32_t flags;

		CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, ONETIME, &sink, &sub));
		do {
			monclient_event_t *e = queue_take(queue);

			flags = e->flags;
			monclient_event_free(e);
		} while (!(flags & MONCLIENT_EVENT_LAST));
		CHECK_STATUS(monclient_unsubscribe(sub), MONCLIENT_EBADHANDLE);
	}
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void start_in_the_future(void)
{
	struct world w;
	struct recorder r;
	monclient_sub_t sub;
	uint64_t newest;

	world_open(&w, 1);
	newest = osdmap_epoch(&w);
	recorder_init(&r);
	sub = subscribe(&w, &r, "osdmap", newest + 3, 0);
	world_do(&w, "osdmap");
	world_do(&w, "osdmap");
	status_ok(w.client);
	CHECK_UINT(recorder_count(&r), 0);
	world_do(&w, "osdmap");
	CHECK_UINT(map_event(&r, 0, "osdmap")->epoch, newest + 3);
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&r);

	/* So far in it that it never comes. */
	recorder_init(&r);
	sub = subscribe(&w, &r, "osdmap", UINT64_MAX, 0);
	world_do(&w, "osdmap");
	status_ok(w.client);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_UINT(recorder_count(&r), 0);
	recorder_end(&r);
	world_end(&w);
}

/* Across a change of the session every epoch comes, once. */
static void across_sessions(void)
{
	struct world w;
	struct recorder r;
	monclient_sub_t sub;
	uint64_t newest;
	size_t i, k;
	char mon[16];

	world_open(&w, 3);
	newest = osdmap_epoch(&w);
	recorder_init(&r);
	sub = subscribe(&w, &r, "osdmap", newest, 0);
	map_event(&r, 0, "osdmap");
	for (k = 1; k <= 3; k++) {
		world_mon(&w, mon);
		world_do(&w, "kill %s", mon);
		world_do(&w, "osdmap");
		status_ok(w.client);
		world_do(&w, "start %s", mon);
		world_do(&w, "osdmap");
		status_ok(w.client);
	}
	for (i = 0; i <= 2 * 3; i++)
		CHECK_UINT(map_event(&r, i, "osdmap")->epoch, newest + i);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_UINT(recorder_count(&r), 7);
	recorder_end(&r);
	world_end(&w);
}

static void config_as_json(void)
{
	struct world w;
	struct recorder r;
	monclient_sub_t sub;
	const monclient_event_t *e;
	size_t i = 0;

	world_open(&w, 1);
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config set\", \"who\": \"client\", \"name\": \"debug_ms\", \"value\": \"5\"}"));
	recorder_init(&r);
	sub = subscribe(&w, &r, "config", 0, 0);
	e = map_event(&r, i++, "config");
	CHECK_UINT(e->flags & MONCLIENT_EVENT_JSON, MONCLIENT_EVENT_JSON);
	CHECK_UINT(e->epoch, 0);
	CHECK_UINT(e->data_len, strlen(e->data));
	CHECK_JSON(e->data, "options/debug_ms", "5/5");
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config set\", \"who\": \"client.admin\", \"name\": \"x\", \"value\": \"a \\\"b\\\" \xc3\xa4\"}"));
	e = map_event(&r, i, "config");
	CHECK_JSON(e->data, "options/x", "a \"b\" \xc3\xa4");
	CHECK_JSON(e->data, "options/debug_ms", "5/5");
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&r);
	world_end(&w);
}

static void keys_as_json(void)
{
	struct world w;
	struct recorder r;
	monclient_sub_t sub;
	const monclient_event_t *e;
	size_t i = 2;

	world_open(&w, 1);
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config-key set\", \"key\": \"p/a\", \"val\": \"one\"}"));
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config-key set\", \"key\": \"q/a\", \"val\": \"other\"}"));
	recorder_init(&r);
	sub = subscribe(&w, &r, "kv:p/", 0, 0);
	e = map_event(&r, 0, "kv:p/");
	CHECK_UINT(e->flags, MONCLIENT_EVENT_JSON | MONCLIENT_EVENT_FULL);
	CHECK_JSON(e->data, "keys", "{\"p/a\":\"one\"}");

	/* A change: text, bytes that are no text, deletion. */
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config-key set\", \"key\": \"p/b\", \"val\": \"\xc3\xa4\"}"));
	e = map_event(&r, 1, "kv:p/");
	CHECK_UINT(e->flags, MONCLIENT_EVENT_JSON);
	{
		char *value = json_get(e->data, "keys");

		CHECK_STR(value, "{\"p/b\":\"\xc3\xa4\"}");
		free(value);
	}
	monclient_reply_free(command_with(w.client, "{\"prefix\": \"config-key set\", \"key\": \"p.c\"}", "x", 1)); /* another prefix */
	monclient_reply_free(command_with(w.client, "{\"prefix\": \"config-key set\", \"key\": \"p/c\"}", "\xff\x00\xfe", 3));
	/* What changes under another prefix may be told as a change of nothing. */
	do
		e = map_event(&r, i++, "kv:p/");
	while (!strstr(e->data, "p/"));
	CHECK_JSON(e->data, "keys_base64", "{\"p/c\":\"/wD+\"}");
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config-key rm\", \"key\": \"p/a\"}"));
	e = map_event(&r, i, "kv:p/");
	CHECK_JSON(e->data, "keys", "{\"p/a\":null}");
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&r);
	world_end(&w);
}

static void log_as_json(void)
{
	static const char *const members[] = {"time", "name", "channel", "priority", "seq"};
	struct world w;
	struct recorder r;
	monclient_sub_t sub;
	const monclient_event_t *e;
	size_t i, n = 0, k;
	bool found = false;

	world_open(&w, 1);
	recorder_init(&r);
	sub = subscribe(&w, &r, "log-info", 1, 0);
	world_do(&w, "log an entry with \"quotes\" and \xc3\xa4");
	for (i = 0; !found; i++) {
		e = map_event(&r, i, "log-info");
		CHECK(e->flags & MONCLIENT_EVENT_JSON);
		CHECK(e->epoch > 0);
		for (n = 0;; n++) {
			char path[64], *text;

			snprintf(path, sizeof(path), "entries/%zu/text", n);
			text = json_get(e->data, path);
			if (!text)
				break;
			if (strcmp(text, "an entry with \"quotes\" and \xc3\xa4") == 0) {
				found = true;
				for (k = 0; k < COUNT(members); k++) {
					char *member;

					snprintf(path, sizeof(path), "entries/%zu/%s", n, members[k]);
					member = json_get(e->data, path);
					CHECK(member && *member);
					free(member);
				}
			}
			free(text);
		}
	}
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&r);
	world_end(&w);
}

/* await_entry waits for an entry of the log. */
static void await_entry(struct recorder *r, const char *text)
{
	size_t i;

	for (i = 0; !strstr(recorder_wait(r, i)->data, text); i++)
		;
}

static void two_levels_of_the_log(void)
{
	struct world w;
	struct recorder a, b;
	monclient_sub_t all, warnings;
	size_t i;

	world_open(&w, 1);
	recorder_init(&a);
	recorder_init(&b);
	warnings = subscribe(&w, &b, "log-warn", 0, 0);
	all = subscribe(&w, &a, "log-info", 0, 0);
	CHECK_OK(monclient_latest(w.client, "monmap", 0, NULL)); /* by now both are subscribed */
	CHECK_OK(monclient_log_write(w.client, "info", NULL, "good to know"));
	CHECK_OK(monclient_log_write(w.client, "warn", NULL, "beware"));
	CHECK_OK(monclient_log_flush(w.client, 0));
	await_entry(&a, "good to know");
	await_entry(&a, "beware");
	await_entry(&b, "beware");
	for (i = 0; i < recorder_count(&b); i++)
		CHECK_LACKS(recorder_wait(&b, i)->data, "good to know");
	CHECK_OK(monclient_unsubscribe(all));
	CHECK_OK(monclient_unsubscribe(warnings));
	recorder_end(&a);
	recorder_end(&b);
	world_end(&w);
}

static void ended_by_close(void)
{
	struct world w;
	struct recorder r;

	world_open(&w, 1);
	recorder_init(&r);
	subscribe(&w, &r, "osdmap", 1000, 0);
	CHECK_OK(monclient_close(w.client));
	/* It is there when close returns. */
	CHECK_UINT(recorder_count(&r), 1);
	last_event(&r, 0, MONCLIENT_ECLOSED);
	CHECK_UINT(recorder_wait(&r, 0)->client, w.client);
	w.client = 0;
	recorder_end(&r);
	world_end(&w);
}

static void several_of_the_same(void)
{
	struct world w;
	struct recorder r[3];
	monclient_sub_t subs[3];
	uint64_t newest;
	int i;

	world_open(&w, 1);
	newest = osdmap_epoch(&w);
	for (i = 0; i < 3; i++) {
		recorder_init(&r[i]);
		subs[i] = subscribe(&w, &r[i], "osdmap", newest + 1, 0);
	}
	CHECK(subs[0] != subs[1] && subs[1] != subs[2]);
	world_do(&w, "osdmap");
	for (i = 0; i < 3; i++) {
		CHECK_UINT(map_event(&r[i], 0, "osdmap")->epoch, newest + 1);
		CHECK_UINT(map_event(&r[i], 0, "osdmap")->source, subs[i]);
	}
	CHECK_OK(monclient_unsubscribe(subs[1]));
	world_do(&w, "osdmap");
	CHECK_UINT(map_event(&r[0], 1, "osdmap")->epoch, newest + 2);
	CHECK_UINT(map_event(&r[2], 1, "osdmap")->epoch, newest + 2);
	CHECK_UINT(recorder_count(&r[1]), 1);
	for (i = 0; i < 3; i++) {
		CHECK_STATUS(monclient_unsubscribe(subs[i]), i == 1 ? MONCLIENT_EBADHANDLE : MONCLIENT_OK);
		recorder_end(&r[i]);
	}
	world_end(&w);
}

static void unknown_maps(void)
{
	static const char *const bad[] = {"", "osdmap ", "pgmap", "kv:", "log-", "log-cluster", "OSDMAP", "mdsmap"};
	struct world w;
	struct recorder r;
	size_t i;

	world_open(&w, 1);
	recorder_init(&r);
	for (i = 0; i < COUNT(bad); i++) {
		monclient_sink_t sink = recorder_sink(&r);
		monclient_sub_t sub = 1;

		CHECK_ERROR(monclient_subscribe(w.client, bad[i], 0, 0, &sink, &sub), MONCLIENT_EINVAL, bad[i]);
		CHECK_UINT(sub, 0);
		CHECK_UINT(recorder_destroyed(&r), i + 1); /* before the call returned */
	}
	recorder_end(&r);
	world_end(&w);
}

/* ---- Unsubscribe ---- */

static void unsubscribe_own(const monclient_event_t *event, struct recorder *r)
{
	monclient_sub_t sub = event->source;

	if (recorder_count(r) == 0) {
		CHECK_OK(monclient_unsubscribe(sub));
		CHECK_STATUS(monclient_unsubscribe(sub), MONCLIENT_EBADHANDLE);
		CHECK_UINT(recorder_destroyed(r), 0); /* the event is still in use */
	}
}

static void in_its_own_callback(void)
{
	struct world w;
	struct recorder r;
	uint64_t newest;

	world_open(&w, 1);
	newest = osdmap_epoch(&w);
	recorder_init(&r);
	r.hook = unsubscribe_own;
	subscribe(&w, &r, "osdmap", newest + 1, 0);
	world_do(&w, "osdmap");
	world_do(&w, "osdmap");
	map_event(&r, 0, "osdmap");
	world_do(&w, "osdmap");
	status_ok(w.client);
	CHECK_UINT(recorder_count(&r), 1);
	recorder_end(&r);
	world_end(&w);
}

static void unsubscribe_other(const monclient_event_t *event, struct recorder *r)
{
	(void)event;
	if (r->context) {
		CHECK_OK(monclient_unsubscribe(*(monclient_sub_t *)r->context));
		r->context = NULL;
	}
}

/* Another subscription of the same client, whose callback cannot be running. */
static void in_another_callback(void)
{
	struct world w;
	struct recorder r, other;
	monclient_sub_t sub, victim;
	uint64_t newest;

	world_open(&w, 1);
	newest = osdmap_epoch(&w);
	recorder_init(&r);
	recorder_init(&other);
	victim = subscribe(&w, &other, "osdmap", newest + 2, 0);
	r.hook = unsubscribe_other;
	r.context = &victim;
	sub = subscribe(&w, &r, "osdmap", newest + 1, 0);
	world_do(&w, "osdmap");
	map_event(&r, 0, "osdmap");
	world_do(&w, "osdmap");
	map_event(&r, 1, "osdmap");
	CHECK_UINT(recorder_count(&other), 0);
	CHECK_STATUS(monclient_unsubscribe(victim), MONCLIENT_EBADHANDLE);
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&other);
	recorder_end(&r);
	world_end(&w);
}

struct unsubscribing {
	monclient_sub_t sub;
	atomic_bool done;
	int rc;
};

static void *unsubscribe_thread(void *arg)
{
	struct unsubscribing *x = arg;

	x->rc = monclient_unsubscribe(x->sub);
	atomic_store(&x->done, true);
	return NULL;
}

/* When it returns, no callback runs. */
static void waits_for_the_callback(void)
{
	struct world w;
	struct recorder r;
	struct gate gate = GATE;
	struct unsubscribing x = {0};
	pthread_t t;

	world_open(&w, 1);
	recorder_init(&r);
	r.gate = &gate;
	x.sub = subscribe(&w, &r, "osdmap", 0, 0);
	gate_await(&gate, 1);
	thread_start(&t, unsubscribe_thread, &x);
	poll(NULL, 0, 20);
	CHECK(!atomic_load(&x.done));
	gate_open(&gate);
	thread_join(t);
	CHECK_INT(x.rc, MONCLIENT_OK);
	CHECK_UINT(recorder_count(&r), 1);
	recorder_end(&r);
	world_end(&w);
}

/* As long as the last event has not come there is something to end. */
static void onetime_with_a_slow_callback(void)
{
	struct world w;
	struct recorder r;
	struct gate gate = GATE;
	struct unsubscribing x = {0};
	pthread_t t;

	world_open(&w, 1);
	recorder_init(&r);
	r.gate = &gate;
	x.sub = subscribe(&w, &r, "osdmap", 0, ONETIME);
	gate_await(&gate, 1);
	status_ok(w.client); /* by now the answer, which ends it, has come as a whole */
	thread_start(&t, unsubscribe_thread, &x);
	poll(NULL, 0, 20);
	CHECK(!atomic_load(&x.done));
	gate_open(&gate);
	thread_join(t);
	CHECK_INT(x.rc, MONCLIENT_OK);
	CHECK_UINT(recorder_count(&r), 1); /* the last one was dropped */
	recorder_end(&r);
	world_end(&w);
}

/* Another one's callback is not waited for. */
static void waits_for_no_other_callback(void)
{
	struct world w;
	struct recorder blocked, r;
	struct gate gate = GATE;
	monclient_sub_t sub, sub2;

	world_open(&w, 1);
	recorder_init(&blocked);
	recorder_init(&r);
	blocked.gate = &gate;
	sub = subscribe(&w, &blocked, "osdmap", 0, 0);
	gate_await(&gate, 1);
	sub2 = subscribe(&w, &r, "mgrmap", 0, 0);
	CHECK_OK(monclient_unsubscribe(sub2));
	CHECK_UINT(recorder_count(&r), 0);
	recorder_end(&r);
	gate_open(&gate);
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&blocked);
	world_end(&w);
}

/* What waits in a queue is dropped, and there is no last event. */
static void drops_what_waits(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_event_t *e;
	atomic_int destroyed = 0;
	uint32_t n;
	int fd;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	CHECK_OK(monclient_queue_fd(queue, &fd));
	sink = queue_sink(queue, &destroyed);
	sink.destroy = count_destroy;
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, 0, &sink, &sub));
	UNTIL(fd_readable(fd));
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK(!fd_readable(fd));
	CHECK_INT(atomic_load(&destroyed), 1); /* by the call that ended the source */
	CHECK_OK(monclient_queue_poll(queue, &e, 1, 0, &n));
	CHECK_UINT(n, 0);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void at_once(void)
{
	struct world w;
	int i;

	world_open(&w, 1);
	for (i = 0; i < loops(300); i++) {
		struct recorder r;
		monclient_sub_t sub;

		recorder_init(&r);
		sub = subscribe(&w, &r, "osdmap", 0, i % 2 ? ONETIME : 0);
		if (i % 3 == 0)
			sched_yield();
		if (monclient_unsubscribe(sub) != MONCLIENT_OK)
			CHECK(i % 2); /* only one that had its answer can have ended */
		recorder_end(&r);
	}
	world_end(&w);
}

static void by_many(void)
{
	enum { N = 8 };
	struct world w;
	int i, k;

	world_open(&w, 1);
	for (k = 0; k < loops(20); k++) {
		struct recorder r;
		struct unsubscribing x[N];
		pthread_t t[N];
		monclient_sub_t sub;
		int ok = 0;

		recorder_init(&r);
		sub = subscribe(&w, &r, "osdmap", 0, 0);
		memset(x, 0, sizeof(x));
		for (i = 0; i < N; i++) {
			x[i].sub = sub;
			thread_start(&t[i], unsubscribe_thread, &x[i]);
		}
		for (i = 0; i < N; i++) {
			thread_join(t[i]);
			ok += x[i].rc == MONCLIENT_OK;
			CHECK(x[i].rc == MONCLIENT_OK || x[i].rc == MONCLIENT_EBADHANDLE);
		}
		CHECK_INT(ok, 1);
		recorder_end(&r);
	}
	world_end(&w);
}

/* ---- Bounds ---- */

/* Of 1,500 maps that nobody fetches at most 1,024 are kept, the newest ones, and the next event says how many were dropped. */
static void queue_is_bounded(void)
{
	enum { KEPT = 1024 };
	const uint64_t maps = slow() ? 1100 : 1500;
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	uint64_t newest, epoch, missed = 0, got = 0;
	uint64_t i;

	world_open(&w, 1);
	newest = osdmap_epoch(&w);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", newest + 1, 0, &sink, &sub));
	for (i = 0; i < maps; i++)
		world_do(&w, "osdmap");
	CHECK_OK(monclient_wait_for_map(w.client, "osdmap", newest + maps, 0, NULL));
	status_ok(w.client);
	for (epoch = newest; epoch < newest + maps;) {
		monclient_event_t *e = queue_take(queue);

		CHECK_INT(e->status, MONCLIENT_OK);
		CHECK_UINT(e->epoch, epoch + 1 + e->missed); /* the gap is what missed says */
		epoch = e->epoch;
		missed += e->missed;
		got++;
		monclient_event_free(e);
	}
	CHECK_UINT(missed + got, maps);
	CHECK(got <= KEPT);
	CHECK(missed >= maps - KEPT);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* The same for a callback that blocks. */
static void callback_is_bounded(void)
{
	enum { KEPT = 1024 };
	const uint64_t maps = slow() ? 40 : 1300;
	struct world w;
	struct recorder r;
	struct gate gate = GATE;
	monclient_sub_t sub;
	uint64_t newest, epoch, missed = 0;
	size_t i;

	world_open(&w, 1);
	newest = osdmap_epoch(&w);
	recorder_init(&r);
	r.gate = &gate;
	sub = subscribe(&w, &r, "osdmap", newest + 1, 0);
	world_do(&w, "osdmap");
	gate_await(&gate, 1);
	for (i = 1; i < maps; i++)
		world_do(&w, "osdmap");
	CHECK_OK(monclient_wait_for_map(w.client, "osdmap", newest + maps, 0, NULL));
	gate_open(&gate);
	for (i = 0, epoch = newest; epoch < newest + maps; i++) {
		const monclient_event_t *e = map_event(&r, i, "osdmap");

		CHECK_UINT(e->epoch, epoch + 1 + e->missed);
		epoch = e->epoch;
		missed += e->missed;
	}
	CHECK(missed > 0 || slow());
	CHECK(i <= KEPT + 1);
	CHECK_OK(monclient_unsubscribe(sub));
	recorder_end(&r);
	world_end(&w);
}

/* 64 MiB are enough. */
static void bytes_are_bounded(void)
{
	enum { VALUE = 65536, KEYS = 1000, MOST = 64 << 20 };
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	unsigned char *value = malloc(VALUE);
	uint64_t missed = 0, got = 0, bytes = 0;
	int i, keys = slow() ? 3 : KEYS;
	monclient_event_t *e;
	uint32_t n;

	CHECK(value);
	memset(value, 0xff, VALUE); /* no UTF-8: in base64 it needs more */
	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "kv:k", 0, 0, &sink, &sub));
	for (i = 0; i < keys; i++) {
		monclient_reply_t *reply = command_with(w.client, "{\"prefix\": \"config-key set\", \"key\": \"k\"}", value, VALUE);

		CHECK_INT(reply->retval, 0);
		monclient_reply_free(reply);
	}
	status_ok(w.client);
	for (;;) {
		CHECK_OK(monclient_queue_poll(queue, &e, 1, got + missed <= (uint64_t)keys ? 500 : 0, &n));
		if (!n)
			break;
		missed += e->missed;
		got++;
		bytes += e->data_len;
		monclient_event_free(e);
	}
	CHECK(missed + got >= (uint64_t)keys);
	if (!slow()) {
		CHECK(missed > 0);
		CHECK(bytes <= MOST);
		CHECK(bytes > MOST / 2);
	}
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_OK(monclient_queue_destroy(queue));
	free(value);
	world_end(&w);
}

/* The data of an event lives as long as the event. */
static void data_outlives_everything(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_event_t *e;
	monclient_sub_t sub;
	unsigned char *copy;
	uint64_t len;
	int i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, 0, &sink, &sub));
	e = queue_take(queue);
	len = e->data_len;
	copy = malloc(len);
	CHECK(copy);
	memcpy(copy, e->data, len);
	CHECK_OK(monclient_unsubscribe(sub));
	for (i = 0; i < loops(20); i++) {
		world_do(&w, "osdmap");
		status_ok(w.client);
	}
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
	CHECK_OK(monclienttest_gc());
	CHECK(memcmp(copy, e->data, len) == 0);
	CHECK_STR(e->what, "osdmap");
	monclient_event_free(e);
	free(copy);
}

static const struct check_test tests[] = {
	TEST(osdmap_from_the_first),
	TEST(newest_in_full),
	TEST(onetime),
	TEST(stale_with_the_last_event),
	TEST(start_in_the_future),
	TEST(across_sessions),
	TEST(config_as_json),
	TEST(keys_as_json),
	TEST(log_as_json),
	TEST(two_levels_of_the_log),
	TEST(ended_by_close),
	TEST(several_of_the_same),
	TEST(unknown_maps),
	TEST(in_its_own_callback),
	TEST(in_another_callback),
	TEST(waits_for_the_callback),
	TEST(onetime_with_a_slow_callback),
	TEST(waits_for_no_other_callback),
	TEST(drops_what_waits),
	TEST(at_once),
	TEST(by_many),
	TEST(queue_is_bounded),
	TEST(callback_is_bounded),
	TEST(bytes_are_bounded),
	TEST(data_outlives_everything),
};
MAIN(tests)
