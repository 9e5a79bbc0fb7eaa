/* Many threads: on one handle, and while everything is destroyed. */
#include "check.h"

#define FSID "{\"prefix\": \"fsid\"}"
enum { THREADS = 64 };

static void ignore_event(const monclient_event_t *event, void *userdata)
{
	(void)event;
	atomic_fetch_add((atomic_int *)userdata, 1);
}

static atomic_int events, given, destroyed;

static void count_destroyed(void *userdata)
{
	(void)userdata;
	atomic_fetch_add(&destroyed, 1);
}

static monclient_sink_t sink_of(monclient_queue_t queue)
{
	monclient_sink_t s = {.struct_size = sizeof(s), .queue = queue, .callback = queue ? NULL : ignore_event, .userdata = &events, .destroy = count_destroyed};

	atomic_fetch_add(&given, 1);
	return s;
}

/* crowd is what all threads share. */
struct crowd {
	struct world *w;
	monclient_t client;
	monclient_queue_t queue;
	monclient_config_t config;
	struct gate gate;
	atomic_bool stop;
	atomic_int done; /* rounds */
	int rounds;      /* of each thread; 0: until it is stopped */
	bool closing;    /* somebody destroys what is used */
};

struct member {
	struct crowd *crowd;
	int number;
};

/* acceptable fails when a call returned what it cannot. */
static bool acceptable(struct crowd *c, int rc, const char *what)
{
	if (rc == MONCLIENT_OK)
		return true;
	if (c->closing && (rc == MONCLIENT_ECLOSED || rc == MONCLIENT_EBADHANDLE))
		return false;
	FAIL("%s returned %d", what, rc);
}

/* use does everything that can be done with a client, a bit of it each time. */
static void use(struct crowd *c, unsigned i)
{
	monclient_queue_t queue = i % 3 ? c->queue : 0;
	monclient_sink_t s;
	monclient_op_t op;
	monclient_sub_t sub;
	int rc;

	switch (i % 11) {
	case 0: {
		monclient_reply_t *reply;

		if (acceptable(c, monclient_command(c->client, FSID, NULL, &reply), "command")) {
			CHECK_UINT(reply->output_len, MONCLIENT_FSID_SIZE);
			monclient_reply_free(reply);
		} else {
			CHECK(!reply);
		}
		break;
	}
	case 1:
		s = sink_of(queue);
		acceptable(c, monclient_command_async(c->client, FSID, NULL, &s, NULL), "command_async");
		break;
	case 2:
		s = sink_of(queue);
		if (acceptable(c, monclient_command_async(c->client, FSID, NULL, &s, &op), "command_async")) {
			rc = monclient_op_cancel(op);
			CHECK(rc == MONCLIENT_OK || rc == MONCLIENT_EBADHANDLE);
		}
		break;
	case 3:
	case 4:
		s = sink_of(queue);
		if (acceptable(c, monclient_subscribe(c->client, i % 2 ? "osdmap" : "mgrmap", 0, i % 11 == 4, &s, &sub), "subscribe")) {
			rc = monclient_unsubscribe(sub);
			CHECK(rc == MONCLIENT_OK || rc == MONCLIENT_EBADHANDLE);
		}
		break;
	case 5: {
		monclient_session_t *session;

		rc = monclient_session(c->client, &session);
		if (rc != MONCLIENT_ENOTCONN && acceptable(c, rc, "session")) {
			CHECK(*session->mon && *session->addr);
			monclient_session_free(session);
		}
		break;
	}
	case 6: {
		char *json;

		if (acceptable(c, monclient_monmap_json(c->client, &json), "monmap_json")) {
			CHECK_JSON(json, "epoch", "1");
			monclient_free(json);
		}
		break;
	}
	case 7: {
		uint64_t newest;

		if (acceptable(c, monclient_get_version(c->client, "osdmap", 0, &newest, NULL), "get_version"))
			CHECK(newest > 0);
		break;
	}
	case 8: {
		monclient_event_t *taken[4];
		uint32_t n, k;

		if (acceptable(c, monclient_queue_poll(c->queue, taken, COUNT(taken), i % 2, &n), "queue_poll"))
			for (k = 0; k < n; k++)
				monclient_event_free(taken[k]);
		break;
	}
	case 9:
		s = sink_of(queue);
		acceptable(c, monclient_wait_for_map_async(c->client, "osdmap", 0, 0, &s, NULL), "wait_for_map_async");
		acceptable(c, monclient_set_log_level(c->client, i % 5), "set_log_level");
		break;
	case 10: {
		char fsid[MONCLIENT_FSID_SIZE];
		uint64_t id;

		acceptable(c, monclient_fsid(c->client, fsid, sizeof(fsid)), "fsid");
		acceptable(c, monclient_global_id(c->client, &id), "global_id");
		break;
	}
	}
}

static void *user(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	unsigned i;

	gate_wait(&c->gate);
	for (i = 0; c->rounds ? i < (unsigned)c->rounds : !atomic_load(&c->stop); i++) {
		use(c, (unsigned)m->number * 7 + i);
		atomic_fetch_add(&c->done, 1);
	}
	return NULL;
}

static void crowd_run(struct crowd *c, pthread_t t[], struct member m[], void *(*run)(void *))
{
	int i;

	for (i = 0; i < THREADS; i++) {
		m[i] = (struct member){c, i};
		thread_start(&t[i], run, &m[i]);
	}
	gate_await(&c->gate, THREADS);
	gate_open(&c->gate);
}

static void crowd_join(pthread_t t[])
{
	int i;

	for (i = 0; i < THREADS; i++)
		thread_join(t[i]);
}

static void begin(void)
{
	atomic_store(&events, 0);
	atomic_store(&given, 0);
	atomic_store(&destroyed, 0);
}

static void all_destroyed(void) { UNTIL(atomic_load(&destroyed) == atomic_load(&given)); }

static void one_handle(void)
{
	struct world w;
	struct crowd c = {.gate = GATE, .rounds = loops(200)};
	struct member m[THREADS];
	pthread_t t[THREADS];

	begin();
	world_open(&w, 3);
	c.w = &w;
	c.client = w.client;
	CHECK_OK(monclient_queue_create(&c.queue));
	crowd_run(&c, t, m, user);
	crowd_join(t);
	status_ok(w.client);
	CHECK_OK(monclient_queue_destroy(c.queue));
	world_end(&w);
	all_destroyed();
}

/* The same while monitors come and go. */
static void one_handle_and_failovers(void)
{
	struct world w;
	struct crowd c = {.gate = GATE, .rounds = loops(60)};
	struct member m[THREADS];
	pthread_t t[THREADS];
	int i, goal = THREADS * c.rounds;

	begin();
	world_open(&w, 3);
	c.client = w.client;
	CHECK_OK(monclient_queue_create(&c.queue));
	crowd_run(&c, t, m, user);
	for (i = 0; atomic_load(&c.done) < goal; i++) {
		char name = (char)('a' + i % 3);

		world_do(&w, "kill %c", name);
		poll(NULL, 0, 5);
		world_do(&w, "start %c", name);
		poll(NULL, 0, slow() ? 200 : 20);
	}
	crowd_join(t);
	CHECK_OK(monclient_queue_destroy(c.queue));
	world_end(&w);
	all_destroyed();
}

/* The client is closed while 64 threads use it. */
static void close_under_use(void)
{
	struct world w;
	int round;

	begin();
	world_start(&w, 3);
	for (round = 0; round < loops(20); round++) {
		struct crowd c = {.gate = GATE, .closing = true};
		struct member m[THREADS];
		pthread_t t[THREADS];

		world_connect(&w);
		c.client = w.client;
		CHECK_OK(monclient_queue_create(&c.queue));
		crowd_run(&c, t, m, user);
		UNTIL(atomic_load(&c.done) > THREADS * (round % 3));
		CHECK_OK(monclient_close(w.client));
		UNTIL(atomic_load(&c.done) > THREADS * 4);
		atomic_store(&c.stop, true);
		crowd_join(t);
		CHECK_OK(monclient_queue_destroy(c.queue));
		all_destroyed();
	}
	w.client = 0;
	world_end(&w);
}

/* The queue is destroyed under those who poll it and those who fill it. */
static void queue_destroyed_under_use(void)
{
	struct world w;
	int round;

	begin();
	world_open(&w, 1);
	for (round = 0; round < loops(20); round++) {
		struct crowd c = {.gate = GATE, .closing = true};
		struct member m[THREADS];
		pthread_t t[THREADS];

		c.client = w.client;
		CHECK_OK(monclient_queue_create(&c.queue));
		crowd_run(&c, t, m, user);
		UNTIL(atomic_load(&c.done) > THREADS * (round % 3));
		CHECK_OK(monclient_queue_destroy(c.queue));
		UNTIL(atomic_load(&c.done) > THREADS * 4);
		atomic_store(&c.stop, true);
		crowd_join(t);
	}
	status_ok(w.client);
	world_end(&w);
	all_destroyed();
}

/* ---- Connecting ---- */

static void *connect_often(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	int i;

	gate_wait(&c->gate);
	for (i = 0; i < c->rounds; i++) {
		monclient_t client;

		if (m->number % 2) {
			if (acceptable(c, monclient_connect(c->config, NULL, &client), "connect"))
				CHECK_OK(monclient_close(client));
		} else {
			monclient_sink_t s = sink_of(c->queue);
			monclient_op_t op;

			if (acceptable(c, monclient_connect_async(c->config, NULL, &s, &op), "connect_async") && i % 2) {
				int rc = monclient_op_cancel(op);

				CHECK(rc == MONCLIENT_OK || rc == MONCLIENT_EBADHANDLE);
			}
		}
		atomic_fetch_add(&c->done, 1);
	}
	return NULL;
}

/* Everything that was begun completes, once. */
static void drain(monclient_queue_t queue)
{
	uint32_t n;
	monclient_event_t *e;

	while (counters().operations > 0 || counters().clients > 0 || counters().buffers > 0) {
		CHECK_OK(monclient_queue_poll(queue, &e, 1, 5, &n));
		if (!n)
			continue;
		CHECK_UINT(e->type, MONCLIENT_EVENT_CONNECT);
		if (e->client)
			CHECK_OK(monclient_close(e->client));
		else
			CHECK_INT(e->status, MONCLIENT_ECANCELED);
		monclient_event_free(e);
	}
}

static void connect_and_cancel(void)
{
	struct world w;
	struct crowd c = {.gate = GATE, .rounds = loops(8)};
	struct member m[THREADS];
	pthread_t t[THREADS];

	begin();
	world_start(&w, 3);
	c.config = w.config;
	CHECK_OK(monclient_queue_create(&c.queue));
	crowd_run(&c, t, m, connect_often);
	crowd_join(t);
	drain(c.queue);
	CHECK_OK(monclient_queue_destroy(c.queue));
	world_end(&w);
	all_destroyed();
}

/* The configuration and then the queue are destroyed under those who connect. */
static void destroy_under_connect(void)
{
	int round;

	begin();
	for (round = 0; round < loops(10); round++) {
		struct world w;
		struct crowd c = {.gate = GATE, .rounds = loops(20), .closing = true};
		struct member m[THREADS];
		pthread_t t[THREADS];

		world_start(&w, 1);
		c.config = w.config;
		CHECK_OK(monclient_queue_create(&c.queue));
		crowd_run(&c, t, m, connect_often);
		UNTIL(atomic_load(&c.done) >= THREADS / (1 + round % 3));
		if (round % 2)
			CHECK_OK(monclient_queue_destroy(c.queue));
		CHECK_OK(monclient_config_destroy(w.config));
		if (round % 2 == 0)
			CHECK_OK(monclient_queue_destroy(c.queue));
		w.config = 0;
		crowd_join(t);
		UNTIL(counters().clients == 0 && counters().operations == 0);
		world_end(&w);
		all_destroyed();
	}
}

/* ---- Cancel ---- */

struct canceling {
	atomic_ullong ops[256];
	atomic_bool accepted[256]; /* a cancel of it returned MONCLIENT_OK */
	bool canceled[256];        /* it completed so */
	struct gate gate;
	int n;
};

static void *cancel_all(void *arg)
{
	struct canceling *x = arg;
	int i;

	gate_wait(&x->gate);
	for (i = 0; i < x->n; i++) {
		monclient_op_t op;

		UNTIL((op = atomic_load(&x->ops[i])) != 0);
		if (monclient_op_cancel(op) == MONCLIENT_OK)
			atomic_store(&x->accepted[i], true);
	}
	return NULL;
}

/* Completion and several cancels race. There is one event for each operation, and none is canceled that nobody has canceled. */
static void cancel_races(void)
{
	enum { N = 4 };
	struct world w;
	monclient_queue_t queue;
	int round, i;

	begin();
	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	for (round = 0; round < loops(20); round++) {
		static struct canceling x;
		pthread_t t[N];
		int k;

		memset(&x, 0, sizeof(x));
		x.gate = (struct gate)GATE;
		x.n = (int)COUNT(x.ops);
		for (i = 0; i < N; i++)
			thread_start(&t[i], cancel_all, &x);
		gate_open(&x.gate);
		for (i = 0; i < x.n; i++) {
			monclient_sink_t s = sink_of(queue);
			monclient_op_t op;

			CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, &op));
			atomic_store(&x.ops[i], op);
		}
		for (i = 0; i < x.n; i++) {
			monclient_event_t *e = queue_take(queue);

			if (e->status == MONCLIENT_ECANCELED)
				for (k = 0; k < x.n; k++)
					x.canceled[k] |= e->source == atomic_load(&x.ops[k]);
			else
				CHECK_INT(e->status, MONCLIENT_OK);
			monclient_event_free(e);
		}
		for (i = 0; i < N; i++)
			thread_join(t[i]);
		for (i = 0; i < x.n; i++)
			if (x.canceled[i] && !atomic_load(&x.accepted[i]))
				FAIL("operation %d was canceled by nobody", i);
		CHECK_INT(atomic_load(&destroyed), atomic_load(&given));
	}
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* ---- Threads that come and go ---- */

static void *one_call(void *arg)
{
	status_ok(*(monclient_t *)arg);
	return NULL;
}

static void many_short_threads(void)
{
	struct world w;
	int i;

	world_open(&w, 1);
	for (i = 0; i < loops(1000); i++) {
		pthread_t t;

		thread_start(&t, one_call, &w.client);
		thread_join(t);
	}
	world_end(&w);
}

/* Events are released by another thread than the one that took them, and replies as well. */
static void *free_reply(void *arg)
{
	monclient_reply_free(arg);
	return NULL;
}

static void released_elsewhere(void)
{
	struct world w;
	int i;

	world_open(&w, 1);
	for (i = 0; i < loops(200); i++) {
		pthread_t t;

		thread_start(&t, free_reply, command_ok(w.client, FSID));
		thread_join(t);
	}
	CHECK_UINT(counters().buffers, 0);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(one_handle),
	TEST(one_handle_and_failovers),
	TEST(close_under_use),
	TEST(queue_destroyed_under_use),
	TEST(connect_and_cancel),
	TEST(destroy_under_connect),
	TEST(cancel_races),
	TEST(many_short_threads),
	TEST(released_elsewhere),
};
MAIN(tests)
