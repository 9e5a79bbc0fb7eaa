/* Bugs of the library: what a panic in Go does. */
#include "check.h"

#define FSID "{\"prefix\": \"fsid\"}"

/* In a call: a status, and the stack in the text. */
static void in_a_call(void)
{
	struct world w;
	int i;

	world_open(&w, 1);
	for (i = 0; i < 3; i++) {
		CHECK_ERROR(monclienttest_panic_in_call(), MONCLIENT_EINTERNAL, "goroutine");
		CHECK_HAS(monclient_last_error(), ".go:");
		status_ok(w.client);
	}
	world_end(&w);
}

struct victim {
	struct world w;
	struct recorder log, sub, op;
	monclient_sub_t s;
	monclient_op_t o;
};

/* Find the event of the log that has the stack. */
static void stack_in_the_log(struct victim *v)
{
	size_t i = 0;
	const monclient_event_t *e;

	do
		e = recorder_find(&v->log, &i, MONCLIENT_EVENT_LOG, 0);
	while (e->log_level != MONCLIENT_LOG_ERROR || !strstr(e->text, "goroutine"));
	CHECK_HAS(e->text, "panic");
	CHECK_HAS(e->text, ".go:");
	CHECK_UINT(e->client, v->w.client);
}

static void victim_start(struct victim *v)
{
	monclient_sink_t l, s;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .log = &l, .log_level = MONCLIENT_LOG_ERROR};

	world_start(&v->w, 1);
	recorder_init(&v->log);
	recorder_init(&v->sub);
	recorder_init(&v->op);
	l = recorder_sink(&v->log);
	CHECK_OK(monclient_connect(v->w.config, &o, &v->w.client));
	s = recorder_sink(&v->sub);
	CHECK_OK(monclient_subscribe(v->w.client, "osdmap", 100000, 0, &s, &v->s));
	world_do(&v->w, "drop-replies");
	s = recorder_sink(&v->op);
	CHECK_OK(monclient_command_async(v->w.client, FSID, NULL, &s, &v->o));
}

/* victim_end closes what has panicked. */
static void victim_end(struct victim *v)
{
	CHECK_OK(monclient_close(v->w.client));
	CHECK_STATUS(monclient_close(v->w.client), MONCLIENT_EBADHANDLE);
	v->w.client = 0;
	recorder_end(&v->log);
	recorder_end(&v->sub);
	recorder_end(&v->op);
	world_end(&v->w);
}

static void in_the_client(void)
{
	struct world other;
	struct victim v;
	monclient_reply_t *reply = NULL;
	monclient_sink_t sink;
	struct recorder r;
	int rc;

	world_open(&other, 1);
	victim_start(&v);
	CHECK_OK(monclienttest_panic_in_client(v.w.client));

	/* Calls end with the status, and so does what was going on. */
	rc = monclient_command(v.w.client, FSID, NULL, &reply);
	CHECK_INT(rc, MONCLIENT_EINTERNAL);
	CHECK(!reply);
	CHECK_HAS(monclient_last_error(), "goroutine");
	CHECK_INT(recorder_wait(&v.op, 0)->status, MONCLIENT_EINTERNAL);
	CHECK_HAS(recorder_wait(&v.op, 0)->error, "panic");
	CHECK_INT(recorder_wait(&v.sub, 0)->status, MONCLIENT_EINTERNAL);
	CHECK_UINT(recorder_wait(&v.sub, 0)->flags, MONCLIENT_EVENT_LAST);
	stack_in_the_log(&v);

	/* And what is begun afterwards. */
	recorder_init(&r);
	sink = recorder_sink(&r);
	rc = monclient_command_async(v.w.client, FSID, NULL, &sink, NULL);
	if (rc == MONCLIENT_OK)
		rc = recorder_wait(&r, 0)->status;
	CHECK_INT(rc, MONCLIENT_EINTERNAL);
	recorder_end(&r);

	/* Other clients live on. */
	status_ok(other.client);
	victim_end(&v);
	status_ok(other.client);
	world_end(&other);
}

/* An attempt to connect that panics has failed. Others are made. */
static void in_a_dial(void)
{
	struct world w;
	struct recorder session, log, done;
	monclient_sink_t s, l, d;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &l, .log_level = MONCLIENT_LOG_ERROR};
	const monclient_event_t *e;
	size_t i = 0, k;

	/* Of a client that connects. */
	world_start(&w, 1);
	recorder_init(&session);
	recorder_init(&log);
	recorder_init(&done);
	s = recorder_sink(&session);
	l = recorder_sink(&log);
	d = recorder_sink(&done);
	CHECK_OK(monclienttest_panic_in_dial(w.mons));
	CHECK_OK(monclient_connect_async(w.config, &o, &d, NULL));
	e = recorder_wait(&done, 0);
	CHECK_INT(e->status, MONCLIENT_OK);
	w.client = e->client;

	/* And of one that has lost its session. */
	for (k = 0; k < 2; k++) {
		do
			e = recorder_find(&session, &i, MONCLIENT_EVENT_SESSION, MONCLIENT_SESSION_ATTEMPT_FAILED);
		while (!strstr(e->error, "panic"));
		CHECK_STR(e->addr, "v2:192.0.2.1:3300/0");
		e = recorder_wait(&log, k);
		CHECK_UINT(e->log_level, MONCLIENT_LOG_ERROR);
		CHECK_HAS(e->text, "provoked in dial");
		CHECK_HAS(e->text, "goroutine");
		CHECK_HAS(e->text, ".go:");
		if (k == 0) {
			CHECK_OK(monclienttest_panic_in_dial(w.mons));
			world_do(&w, "kill-session client.admin");
		}
		status_ok(w.client);
	}
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	recorder_end(&session);
	recorder_end(&log);
	recorder_end(&done);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(in_a_call),
	TEST(in_the_client),
	TEST(in_a_dial),
};
MAIN(tests)
