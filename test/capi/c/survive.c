/* What becomes of commands, subscriptions and keys when monitors and sessions come and go. */
#include <stddef.h>

#include "check.h"

#define STATUS "{\"prefix\": \"status\"}"
#define WRITE "{\"prefix\": \"log\", \"logtext\": [\"written\"]}"

/* ---- Commands whose session is lost ---- */

/* lose_session sends a command, has the monitor killed when that has come, and returns what came of it. */
static monclient_event_t *lose_session(struct world *w, const char *cmd, uint32_t resend)
{
	monclient_command_options_t o = {.struct_size = sizeof(o), .resend = resend};
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_event_t *e;
	char mon[16];

	status_ok(w->client);
	world_mon(w, mon);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	world_do(w, "drop-replies");
	CHECK_OK(monclient_command_async(w->client, cmd, &o, &sink, NULL));
	world_do(w, "await-dropped");
	world_do(w, "answer-replies");
	world_do(w, "kill %s", mon);
	e = queue_take(queue);
	CHECK_UINT(e->type, MONCLIENT_EVENT_COMMAND);
	CHECK_UINT(e->reserved, 0);
	CHECK_OK(monclient_queue_destroy(queue));
	world_do(w, "start %s", mon);
	return e;
}

static void check_resent(monclient_event_t *e)
{
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_NONE);
	CHECK_INT(e->reply->retval, 0);
	CHECK_UINT(e->reply->resent, 1);
	monclient_event_free(e);
}

static void check_not_resent(monclient_event_t *e)
{
	CHECK_INT(e->status, MONCLIENT_ECONNRESET);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_UNKNOWN);
	CHECK(!e->reply);
	CHECK_HAS(e->error, "session lost: mon.");
	CHECK_HAS(e->error, "outcome unknown");
	monclient_event_free(e);
}

static void resend_policies(void)
{
	struct world w;

	world_open(&w, 3);
	check_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_DEFAULT));
	check_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_ALWAYS));
	check_not_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_NEVER));
	check_not_resent(lose_session(&w, STATUS, MONCLIENT_RESEND_NEVER));
	world_end(&w);
}

static void resend_read_only(void)
{
	struct world w;
	bool learned = false;
	int64_t ends = now_ms() + patience_ms();

	world_open(&w, 3);
	check_not_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_READ_ONLY)); /* nothing is known yet */
	/* The first such command has the table of commands fetched, which takes a moment. */
	while (!learned) {
		monclient_event_t *e = lose_session(&w, STATUS, MONCLIENT_RESEND_READ_ONLY);

		learned = e->status == MONCLIENT_OK;
		if (learned)
			check_resent(e);
		else
			check_not_resent(e);
		CHECK(now_ms() < ends);
	}
	check_not_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_READ_ONLY));
	check_not_resent(lose_session(&w, "{\"prefix\": \"no such command\"}", MONCLIENT_RESEND_READ_ONLY));
	world_end(&w);
}

/* The option is what DEFAULT means; what a command says itself counts more. */
static void resend_of_the_configuration(void)
{
	struct world w;
	char *value;

	world_start(&w, 3);
	CHECK_OK(monclient_config_get(w.config, "monclient_command_resend", &value));
	CHECK_STR(value, "always");
	monclient_free(value);
	CHECK_ERROR(monclient_config_set(w.config, "monclient_command_resend", "sometimes"), MONCLIENT_EINVAL, "monclient_command_resend");
	CHECK_OK(monclient_config_set(w.config, "monclient_command_resend", "never"));
	world_connect(&w);
	check_not_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_DEFAULT));
	check_resent(lose_session(&w, WRITE, MONCLIENT_RESEND_ALWAYS));
	world_end(&w);
}

struct sender {
	monclient_t client;
	uint32_t resend;
	int rc, outcome;
	uint32_t resent;
	char error[512];
};

static void *send_blocking(void *arg)
{
	struct sender *s = arg;
	monclient_command_options_t o = {.struct_size = sizeof(o), .resend = s->resend};
	monclient_reply_t *reply;

	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NONE); /* every thread has its own */
	s->rc = monclient_command(s->client, WRITE, &o, &reply);
	s->outcome = monclient_last_outcome();
	snprintf(s->error, sizeof(s->error), "%s", monclient_last_error());
	if (s->rc == MONCLIENT_OK) {
		s->resent = reply->resent;
		monclient_reply_free(reply);
	}
	return NULL;
}

static void resend_of_blocking_calls(void)
{
	struct world w;
	pthread_t t;
	uint32_t resend;

	world_open(&w, 1);
	for (resend = MONCLIENT_RESEND_ALWAYS; resend <= MONCLIENT_RESEND_READ_ONLY; resend++) {
		struct sender s = {.client = w.client, .resend = resend};

		world_do(&w, "drop-replies");
		thread_start(&t, send_blocking, &s);
		world_do(&w, "await-dropped");
		world_do(&w, "answer-replies");
		world_do(&w, "kill-session client.admin");
		thread_join(t);
		if (resend == MONCLIENT_RESEND_ALWAYS) {
			CHECK_INT(s.rc, MONCLIENT_OK);
			CHECK_UINT(s.resent, 1);
			CHECK_INT(s.outcome, MONCLIENT_OUTCOME_NONE);
		} else {
			CHECK_INT(s.rc, MONCLIENT_ECONNRESET);
			CHECK_INT(s.outcome, MONCLIENT_OUTCOME_UNKNOWN);
			CHECK_HAS(s.error, "session lost");
		}
		status_ok(w.client);
	}
	world_end(&w);
}

/* ---- Outcomes ---- */

/* fails_with sends a command in both ways, and checks how it fails. */
static void fails_with(struct world *w, int32_t timeout_ms, int status, uint32_t outcome)
{
	monclient_command_options_t o = {.struct_size = sizeof(o), .timeout_ms = timeout_ms, .resend = MONCLIENT_RESEND_NEVER};
	monclient_reply_t *reply = (monclient_reply_t *)1;
	struct recorder r;
	monclient_sink_t sink;
	const monclient_event_t *e;

	CHECK_STATUS(monclient_command(w->client, WRITE, &o, &reply), status);
	CHECK(!reply);
	CHECK_INT(monclient_last_outcome(), outcome);
	CHECK_HAS(monclient_last_error(), outcome == MONCLIENT_OUTCOME_NOT_SENT ? "not sent" : "outcome unknown");
	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w->client, WRITE, &o, &sink, NULL));
	CHECK_INT(monclient_last_outcome(), outcome); /* that call has not failed */
	e = recorder_wait(&r, 0);
	CHECK_INT(e->status, status);
	CHECK_UINT(e->outcome, outcome);
	recorder_end(&r);
}

static void outcome_not_sent(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_session_t *session;
	monclient_op_t op;
	const monclient_event_t *e;

	world_open(&w, 1);
	world_do(&w, "kill a");
	UNTIL(monclient_session(w.client, &session) == MONCLIENT_ENOTCONN || (monclient_session_free(session), false));
	fails_with(&w, 50, MONCLIENT_ETIMEDOUT, MONCLIENT_OUTCOME_NOT_SENT);
	/* Canceled, and closed. */
	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, WRITE, NULL, &sink, &op));
	CHECK_OK(monclient_op_cancel(op));
	e = recorder_wait(&r, 0);
	CHECK_INT(e->status, MONCLIENT_ECANCELED);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_NOT_SENT);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, WRITE, NULL, &sink, NULL));
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	e = recorder_wait(&r, 1);
	CHECK_INT(e->status, MONCLIENT_ECLOSED);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_NOT_SENT);
	recorder_end(&r);
	world_end(&w);
}

static void outcome_unknown(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_op_t op;
	const monclient_event_t *e;

	world_open(&w, 1);
	world_do(&w, "drop-replies");
	fails_with(&w, slow() ? 3000 : 300, MONCLIENT_ETIMEDOUT, MONCLIENT_OUTCOME_UNKNOWN); /* by then it was sent */
	world_do(&w, "await-dropped");
	world_do(&w, "await-dropped");
	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, WRITE, NULL, &sink, &op));
	world_do(&w, "await-dropped");
	CHECK_OK(monclient_op_cancel(op));
	e = recorder_wait(&r, 0);
	CHECK_INT(e->status, MONCLIENT_ECANCELED);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_UNKNOWN);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, WRITE, NULL, &sink, NULL));
	world_do(&w, "await-dropped");
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	e = recorder_wait(&r, 1);
	CHECK_INT(e->status, MONCLIENT_ECLOSED);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_UNKNOWN);
	recorder_end(&r);
	world_end(&w);
}

/* A command that could not even be begun was not sent; what is no command has no outcome. */
static void outcome_of_bad_calls(void)
{
	struct world w;
	monclient_command_options_t o = {.struct_size = sizeof(o), .resend = 4};
	monclient_reply_t *reply;
	uint64_t newest;
	monclient_sink_t sink;
	struct recorder r;
	atomic_int destroyed = 0;

	world_open(&w, 1);
#define NOT_SENT(call, status) \
	CHECK_STATUS(call, status); \
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT); \
	CHECK_STATUS(monclient_get_version(w.client, "nonsense", 0, &newest, NULL), MONCLIENT_EINVAL); \
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NONE)
	NOT_SENT(monclient_command(0, STATUS, NULL, &reply), MONCLIENT_EBADHANDLE);
	NOT_SENT(monclient_command(w.client, NULL, NULL, &reply), MONCLIENT_EINVAL);
	NOT_SENT(monclient_command(w.client, STATUS, NULL, NULL), MONCLIENT_EINVAL);
	NOT_SENT(monclient_command(w.client, STATUS, &o, &reply), MONCLIENT_EINVAL);
	NOT_SENT(monclient_command(w.client, "", NULL, &reply), MONCLIENT_EINVAL);
	NOT_SENT(monclient_command_async(w.client, STATUS, NULL, NULL, NULL), MONCLIENT_EINVAL);
	sink = (monclient_sink_t){.struct_size = sizeof(sink), .userdata = &destroyed, .destroy = count_destroy};
	NOT_SENT(monclient_command_async(w.client, STATUS, NULL, &sink, NULL), MONCLIENT_EINVAL);
	recorder_init(&r);
	sink = recorder_sink(&r);
	NOT_SENT(monclient_command_async(w.client, STATUS, &o, &sink, NULL), MONCLIENT_EINVAL);
	sink = recorder_sink(&r);
	NOT_SENT(monclient_command_async(0, STATUS, NULL, &sink, NULL), MONCLIENT_EBADHANDLE);
	recorder_end(&r);
	/* A negative answer is an answer, and that of another thread is another one's. */
	CHECK_STATUS(monclient_command(0, STATUS, NULL, &reply), MONCLIENT_EBADHANDLE);
	CHECK_OK(monclient_command(w.client, "{}", NULL, &reply));
	CHECK(reply->retval < 0);
	monclient_reply_free(reply);
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT); /* of the last call that failed */
	world_end(&w);
}

/* ---- Options ---- */

/* Programs that were built before there was resend. */
static void options_of_before(void)
{
	struct {
		uint32_t struct_size;
		int32_t timeout_ms;
		const void *input;
		uint64_t input_len;
	} *old = calloc(1, sizeof(*old));
	monclient_command_options_t o = {.struct_size = offsetof(monclient_command_options_t, reserved), .resend = 4};
	struct world w;
	monclient_reply_t *reply;
	uint32_t size;

	CHECK(old);
	CHECK_UINT(sizeof(*old), offsetof(monclient_command_options_t, resend));
	world_open(&w, 1);
	old->struct_size = sizeof(*old);
	old->input = "value";
	old->input_len = 5;
	CHECK_OK(monclient_command(w.client, "{\"prefix\": \"config-key set\", \"key\": \"k\"}", (void *)old, &reply));
	CHECK_INT(reply->retval, 0);
	monclient_reply_free(reply);
	for (size = 0; size < sizeof(*old); size++) {
		old->struct_size = size;
		CHECK_ERROR(monclient_command(w.client, STATUS, (void *)old, &reply), MONCLIENT_EINVAL, "struct_size");
	}
	free(old);
	/* Half of what is new. */
	CHECK_ERROR(monclient_command(w.client, STATUS, &o, &reply), MONCLIENT_EINVAL, "resend");
	o.resend = MONCLIENT_RESEND_NEVER;
	o.reserved = 1;
	CHECK_OK(monclient_command(w.client, STATUS, &o, &reply));
	monclient_reply_free(reply);
	world_end(&w);
}

static void resend_is_checked(void)
{
	static const uint32_t bad[] = {4, 5, 0x100, INT32_MAX, UINT32_MAX};
	struct world w;
	monclient_command_options_t o = {.struct_size = sizeof(o)};
	monclient_reply_t *reply;
	monclient_sink_t sink;
	struct recorder r;
	size_t i;

	world_open(&w, 1);
	recorder_init(&r);
	for (i = 0; i < COUNT(bad); i++) {
		o.resend = bad[i];
		CHECK_ERROR(monclient_command(w.client, STATUS, &o, &reply), MONCLIENT_EINVAL, "resend");
		CHECK(!reply);
		sink = recorder_sink(&r);
		CHECK_ERROR(monclient_command_async(w.client, STATUS, &o, &sink, NULL), MONCLIENT_EINVAL, "resend");
	}
	CHECK_HAS(monclient_last_error(), "4294967295");
	o.resend = 0;
	o.reserved = 1;
	CHECK_ERROR(monclient_command(w.client, STATUS, &o, &reply), MONCLIENT_EINVAL, "reserved");
	sink = recorder_sink(&r);
	CHECK_ERROR(monclient_command_async(w.client, STATUS, &o, &sink, NULL), MONCLIENT_EINVAL, "reserved");
	o.reserved = 0;
	for (o.resend = MONCLIENT_RESEND_DEFAULT; o.resend <= MONCLIENT_RESEND_READ_ONLY; o.resend++) {
		CHECK_OK(monclient_command(w.client, STATUS, &o, &reply));
		monclient_reply_free(reply);
	}
	recorder_end(&r);
	world_end(&w);
}

/* Who has answered. */
static void answered_by(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_reply_t *reply;
	char mon[16];
	int i;

	world_open(&w, 3);
	recorder_init(&r);
	for (i = 0; i < 2; i++) {
		reply = command_ok(w.client, STATUS);
		world_mon(&w, mon);
		CHECK_STR(reply->mon, mon);
		monclient_reply_free(reply);
		sink = recorder_sink(&r);
		CHECK_OK(monclient_command_async(w.client, STATUS, NULL, &sink, NULL));
		CHECK_STR(recorder_wait(&r, (size_t)i)->reply->mon, mon);
		world_do(&w, "kill %s", mon);
		status_ok(w.client);
		world_do(&w, "start %s", mon);
	}
	recorder_end(&r);
	world_end(&w);
}

/* ---- Standby sessions ---- */

struct watched {
	struct world w;
	struct recorder session;
	size_t i;
};

static void watch_start(struct watched *x)
{
	monclient_sink_t s;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s};

	x->i = 0;
	recorder_init(&x->session);
	s = recorder_sink(&x->session);
	CHECK_OK(monclient_connect(x->w.config, &o, &x->w.client));
}

static void watch_end(struct watched *x)
{
	CHECK_OK(monclient_close(x->w.client));
	x->w.client = 0;
	recorder_end(&x->session);
	world_end(&x->w);
}

static const monclient_event_t *change(struct watched *x, uint32_t kind)
{
	const monclient_event_t *e = recorder_find(&x->session, &x->i, MONCLIENT_EVENT_SESSION, kind);

	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_UINT(e->outcome, MONCLIENT_OUTCOME_NONE);
	return e;
}

/* standby_is checks what is told of the only standby session. */
static void standby_is(struct watched *x, const monclient_event_t *e)
{
	char *json, *value;

	CHECK_OK(monclient_standbys_json(x->w.client, &json));
	CHECK_JSON(json, "0/mon", e->mon);
	CHECK_JSON(json, "0/addr", e->addr);
	CHECK_JSON(json, "0/mode", "secure");
	value = json_get(json, "0/rank");
	CHECK(value && value[0] == '0' + (e->mon[0] - 'a') && !value[1]);
	free(value);
	value = json_get(json, "0/local_addr");
	CHECK_HAS(value, ":");
	free(value);
	value = json_get(json, "0/since");
	CHECK(value && strtod(value, NULL) > 1e9);
	free(value);
	CHECK(!json_get(json, "1"));
	monclient_free(json);
}

static void no_standbys(monclient_t client)
{
	char *json = NULL;

	CHECK_OK(monclient_standbys_json(client, &json));
	CHECK_STR(json, "[]");
	monclient_free(json);
}

static void standby_takes_over(void)
{
	struct watched x;
	const monclient_event_t *e;
	char mon[16], standby[16];
	int i;

	world_start(&x.w, 3);
	CHECK_OK(monclient_config_set(x.w.config, "monclient_standby_sessions", "1"));
	CHECK_OK(monclient_config_set(x.w.config, "ms_max_backoff", "0.3"));
	watch_start(&x);
	e = change(&x, MONCLIENT_SESSION_CONNECTED);
	snprintf(mon, sizeof(mon), "%s", e->mon);
	e = change(&x, MONCLIENT_SESSION_STANDBY);
	for (i = 0; i < 3; i++) {
		CHECK(*e->addr && e->elapsed_ns > 0 && !e->error);
		CHECK(strcmp(e->mon, mon) != 0);
		snprintf(standby, sizeof(standby), "%s", e->mon);
		standby_is(&x, e);

		world_do(&x.w, "kill %s", mon);
		e = change(&x, MONCLIENT_SESSION_LOST);
		CHECK_STR(e->mon, mon);
		/* Nothing comes between. */
		e = recorder_wait(&x.session, x.i);
		CHECK_UINT(e->session_change, MONCLIENT_SESSION_FAILED_OVER);
		CHECK_STR(e->mon, standby);
		CHECK(*e->addr && !e->error);
		status_ok(x.w.client);
		world_do(&x.w, "start %s", mon);
		strcpy(mon, standby);
		e = change(&x, MONCLIENT_SESSION_STANDBY);
	}
	/* One that is lost makes room for another one. */
	world_do(&x.w, "kill %s", e->mon);
	strcpy(standby, e->mon);
	e = change(&x, MONCLIENT_SESSION_STANDBY_LOST);
	CHECK_STR(e->mon, standby);
	CHECK(*e->addr && e->elapsed_ns > 0 && *e->error);
	e = change(&x, MONCLIENT_SESSION_STANDBY);
	CHECK(strcmp(e->mon, standby) != 0 && strcmp(e->mon, mon) != 0);
	standby_is(&x, e);
	world_mon(&x.w, standby);
	CHECK_STR(standby, mon); /* the session itself has not changed */
	watch_end(&x);
}

static void without_standbys(void)
{
	struct world w;

	world_open(&w, 3);
	no_standbys(w.client);
	world_end(&w);
}

/* A standby answers what the session's monitor does not. */
static void hedged(void)
{
	struct watched x;
	char mon[16];
	uint64_t newest;

	world_start(&x.w, 3);
	CHECK_OK(monclient_config_set(x.w.config, "monclient_standby_sessions", "1"));
	CHECK_OK(monclient_config_set(x.w.config, "monclient_hedge_delay", "0.01"));
	CHECK_OK(monclient_config_set(x.w.config, "monclient_probe_timeout", "20"));
	watch_start(&x);
	change(&x, MONCLIENT_SESSION_STANDBY);
	world_mon(&x.w, mon);
	world_do(&x.w, "freeze %s", mon);
	CHECK_OK(monclient_get_version(x.w.client, "osdmap", 0, &newest, NULL)); /* which only reads */
	world_do(&x.w, "thaw %s", mon);
	watch_end(&x);
}

/* ---- Keys ---- */

static char *present_key(struct world *w)
{
	char *key;

	CHECK_OK(monclienttest_key(w->mons, &key));
	return key;
}

static void set_key_in_a_session(void)
{
	struct watched x;
	const monclient_event_t *e;
	uint64_t before, after;
	size_t n;
	char *key;

	world_start(&x.w, 1);
	watch_start(&x);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	CHECK_OK(monclient_global_id(x.w.client, &before));
	key = present_key(&x.w);
	CHECK_OK(monclient_set_key(x.w.client, key)); /* which it has */
	monclient_free(key);
	world_do(&x.w, "rotate client.admin");
	key = present_key(&x.w);
	CHECK_OK(monclient_set_key(x.w.client, key));
	e = recorder_wait(&x.session, x.i++);
	CHECK_UINT(e->session_change, MONCLIENT_SESSION_CREDENTIAL);
	CHECK(!e->mon && !e->addr && !e->error && e->elapsed_ns == 0);
	CHECK_OK(monclient_set_key(x.w.client, key));
	memset(key, 'x', strlen(key)); /* it was not retained */
	monclient_free(key);
	status_ok(x.w.client);
	n = recorder_count(&x.session);
	CHECK_UINT(n, x.i); /* the session stays */

	world_do(&x.w, "kill-session client.admin");
	change(&x, MONCLIENT_SESSION_LOST);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	status_ok(x.w.client);
	CHECK_OK(monclient_global_id(x.w.client, &after));
	CHECK_UINT(after, before);
	watch_end(&x);
}

/* refused_then_set has the old key refused, and lets the client go on with the new one. */
static void refused_then_set(struct watched *x)
{
	monclient_command_options_t o = {.struct_size = sizeof(o), .timeout_ms = (int32_t)patience_ms()};
	monclient_reply_t *reply;
	const monclient_event_t *e;
	char *old = present_key(&x->w), *key;
	size_t i;

	world_do(&x->w, "rotate client.admin");
	world_do(&x->w, "kill-session client.admin");
	change(x, MONCLIENT_SESSION_LOST);
	do /* of a session that was short the end is told as that of an attempt, too */
		e = change(x, MONCLIENT_SESSION_ATTEMPT_FAILED);
	while (!strstr(e->error, "reject"));
	CHECK_STATUS(monclient_command(x->w.client, WRITE, &o, &reply), MONCLIENT_EACCES);
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT);
	i = x->i;
	for (; i < recorder_count(&x->session); i++)
		CHECK(recorder_wait(&x->session, i)->session_change != MONCLIENT_SESSION_CREDENTIAL);
	key = present_key(&x->w);
	CHECK_OK(monclient_set_key(x->w.client, key));
	change(x, MONCLIENT_SESSION_CREDENTIAL);
	change(x, MONCLIENT_SESSION_CONNECTED);
	status_ok(x->w.client);
	for (i = 0; i < recorder_count(&x->session); i++) {
		e = recorder_wait(&x->session, i);
		CHECK_LACKS(e->error, key);
		CHECK_LACKS(e->error, old);
	}
	monclient_free(old);
	monclient_free(key);
}

static void set_key_when_refused(void)
{
	struct watched x;

	world_start(&x.w, 1);
	watch_start(&x);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	refused_then_set(&x);
	watch_end(&x);
}

static void bad_keys(void)
{
	static const char *const bad[] = {
		"", " ", "secret", "AQ==", "AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAA===", "AQBSAABiAAAAABAAAAAAAAAAAAAAAAAA",
		"AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA== AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==", "BQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==",
	};
	struct watched x;
	size_t i, n;

	world_start(&x.w, 1);
	watch_start(&x);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	for (i = 0; i < COUNT(bad); i++) {
		CHECK_ERROR(monclient_set_key(x.w.client, bad[i]), MONCLIENT_EINVAL, "key");
		if (strlen(bad[i]) > 1)
			CHECK_LACKS(monclient_last_error(), bad[i]);
		CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NONE);
	}
	n = recorder_count(&x.session);
	world_do(&x.w, "kill-session client.admin");
	change(&x, MONCLIENT_SESSION_CONNECTED);
	for (i = n; i < recorder_count(&x.session); i++)
		CHECK(recorder_wait(&x.session, i)->session_change != MONCLIENT_SESSION_CREDENTIAL);
	status_ok(x.w.client);
	watch_end(&x);
}

/* write_keyring writes the present key into a file, or into text if there is no path. */
static void write_keyring(struct world *w, const char *path, char text[256])
{
	char *key = present_key(w);
	FILE *f;

	snprintf(text, 256, "[client.admin]\n\tkey = %s\n", key);
	monclient_free(key);
	if (!path)
		return;
	f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void keyring_is_watched(void)
{
	struct watched x;
	char text[256], path[256];
	int watch;

	for (watch = 1; watch >= 0; watch--) {
		world_start(&x.w, 1);
		write_keyring(&x.w, NULL, text);
		snprintf(path, sizeof(path), "%s", temp_file(text));
		CHECK_OK(monclient_config_set(x.w.config, "key", ""));
		CHECK_OK(monclient_config_set(x.w.config, "keyring", path));
		CHECK_OK(monclient_config_set(x.w.config, "monclient_keyring_watch", watch ? "true" : "false"));
		watch_start(&x);
		change(&x, MONCLIENT_SESSION_CONNECTED);
		if (watch) {
			world_do(&x.w, "rotate client.admin");
			write_keyring(&x.w, path, text);
			world_do(&x.w, "kill-session client.admin");
			change(&x, MONCLIENT_SESSION_CREDENTIAL);
			change(&x, MONCLIENT_SESSION_CONNECTED);
			status_ok(x.w.client);
		} else {
			refused_then_set(&x);
		}
		watch_end(&x);
	}
}

/* A keyring in memory has no file that could change. */
static void keyring_in_memory(void)
{
	struct watched x;
	char text[256];

	world_start(&x.w, 1);
	write_keyring(&x.w, NULL, text);
	CHECK_OK(monclient_config_set(x.w.config, "key", ""));
	CHECK_OK(monclient_config_set_keyring(x.w.config, text, strlen(text)));
	watch_start(&x);
	change(&x, MONCLIENT_SESSION_CONNECTED);
	refused_then_set(&x);
	watch_end(&x);
}

/* What does not wait may be called in callbacks. */
static void hook(const monclient_event_t *e, struct recorder *r)
{
	char *key = r->context;

	if (e->type != MONCLIENT_EVENT_COMMAND)
		return;
	no_standbys(e->client);
	CHECK_OK(monclient_set_key(e->client, key));
}

static void in_callbacks(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;

	world_open(&w, 1);
	recorder_init(&r);
	r.hook = hook;
	r.context = present_key(&w);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, STATUS, NULL, &sink, NULL));
	CHECK_INT(recorder_wait(&r, 0)->status, MONCLIENT_OK);
	monclient_free(r.context);
	recorder_end(&r);
	world_end(&w);
}

/* ---- The newest map only ---- */

#define LATEST MONCLIENT_SUBSCRIBE_LATEST

static void latest_in_a_queue(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub, other;
	monclient_event_t *e[8];
	uint64_t epoch, first;
	uint32_t n;
	int i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "mgrmap", 0, LATEST, &sink, &sub));
	e[0] = queue_take(queue);
	CHECK_UINT(e[0]->missed, 0);
	CHECK_UINT(e[0]->flags, MONCLIENT_EVENT_FULL);
	epoch = e[0]->epoch;
	monclient_event_free(e[0]);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, 0, &sink, &other));
	e[0] = queue_take(queue);
	CHECK_UINT(e[0]->source, other);
	first = e[0]->epoch;
	monclient_event_free(e[0]);

	/* The reader is slow. Of the other subscription everything waits, and the newest map is where it belongs. */
	for (i = 0; i < 5; i++) {
		world_do(&w, "mgrmap");
		if (i == 1 || i == 3)
			world_do(&w, "osdmap");
	}
	status_ok(w.client);
	CHECK_OK(monclient_queue_poll(queue, e, COUNT(e), 0, &n));
	CHECK_UINT(n, 3);
	CHECK_UINT(e[0]->source, other);
	CHECK_UINT(e[0]->epoch, first + 1);
	CHECK_UINT(e[0]->missed, 0);
	CHECK_UINT(e[1]->source, other);
	CHECK_UINT(e[1]->epoch, first + 2);
	CHECK_UINT(e[2]->source, sub);
	CHECK_UINT(e[2]->epoch, epoch + 5);
	CHECK_UINT(e[2]->missed, 4);
	CHECK(e[2]->data_len > 0);
	while (n)
		monclient_event_free(e[--n]);

	/* It was said once. */
	world_do(&w, "mgrmap");
	e[0] = queue_take(queue);
	CHECK_UINT(e[0]->epoch, epoch + 6);
	CHECK_UINT(e[0]->missed, 0);
	monclient_event_free(e[0]);

	/* The end takes nobody's place. */
	world_do(&w, "mgrmap");
	world_do(&w, "mgrmap");
	status_ok(w.client);
	CHECK_OK(monclient_unsubscribe(other));
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	CHECK_OK(monclient_queue_poll(queue, e, COUNT(e), 0, &n));
	CHECK_UINT(n, 2);
	CHECK_UINT(e[0]->epoch, epoch + 8);
	CHECK_UINT(e[0]->missed, 1);
	CHECK_UINT(e[1]->flags, MONCLIENT_EVENT_LAST);
	CHECK_INT(e[1]->status, MONCLIENT_ECLOSED);
	while (n)
		monclient_event_free(e[--n]);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void latest_for_a_callback(void)
{
	struct world w;
	struct recorder r;
	struct gate gate = GATE;
	monclient_sink_t sink;
	monclient_sub_t sub;
	uint64_t epoch;
	int i;

	world_open(&w, 1);
	recorder_init(&r);
	r.gate = &gate;
	sink = recorder_sink(&r);
	CHECK_OK(monclient_subscribe(w.client, "mgrmap", 0, LATEST, &sink, &sub));
	gate_await(&gate, 1);
	for (i = 0; i < 5; i++)
		world_do(&w, "mgrmap");
	status_ok(w.client);
	gate_open(&gate);
	epoch = recorder_wait(&r, 0)->epoch;
	CHECK_UINT(recorder_wait(&r, 0)->missed, 0);
	CHECK_UINT(recorder_wait(&r, 1)->epoch, epoch + 5);
	CHECK_UINT(recorder_wait(&r, 1)->missed, 4);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_UINT(recorder_count(&r), 2);
	recorder_end(&r);
	world_end(&w);
}

static void latest_of_all_kinds(void)
{
	static const char *const good[] = {"monmap", "mgrmap", "fsmap", "fsmap.user", "servicemap", "config"};
	static const char *const bad[] = {"osdmap", "kv:x", "log-info", "log-error", "nonsense", ""};
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub = 1;
	monclient_event_t *e[4];
	atomic_int destroyed = 0;
	uint32_t n;
	size_t i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	for (i = 0; i < COUNT(good); i++) {
		/* Onetime as well: the map, and the end. */
		if (strcmp(good[i], "monmap") != 0) /* the client has it */
			CHECK_OK(monclient_subscribe(w.client, good[i], 0, LATEST | MONCLIENT_SUBSCRIBE_ONETIME, &sink, &sub));
		else
			CHECK_OK(monclient_subscribe(w.client, good[i], 0, LATEST, &sink, &sub));
		if (strcmp(good[i], "monmap") == 0)
			world_do(&w, "monmap");
		status_ok(w.client);
		CHECK_OK(monclient_queue_poll(queue, e, COUNT(e), (int32_t)patience_ms(), &n));
		CHECK_STR(e[0]->what, good[i]);
		if (strcmp(good[i], "monmap") == 0) {
			CHECK_UINT(n, 1);
			CHECK_OK(monclient_unsubscribe(sub));
		} else {
			CHECK_UINT(n, 2);
			CHECK_UINT(e[1]->flags, MONCLIENT_EVENT_LAST);
			CHECK_INT(e[1]->status, MONCLIENT_OK);
		}
		while (n)
			monclient_event_free(e[--n]);
	}
	for (i = 0; i < COUNT(bad); i++) {
		sub = 1;
		sink.userdata = &destroyed;
		sink.destroy = count_destroy;
		CHECK_ERROR(monclient_subscribe(w.client, bad[i], 0, LATEST, &sink, &sub), MONCLIENT_EINVAL, bad[i]);
		CHECK_UINT(sub, 0);
		CHECK_UINT(atomic_load(&destroyed), i + 1);
	}
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(resend_policies),
	TEST(resend_read_only),
	TEST(resend_of_the_configuration),
	TEST(resend_of_blocking_calls),
	TEST(outcome_not_sent),
	TEST(outcome_unknown),
	TEST(outcome_of_bad_calls),
	TEST(options_of_before),
	TEST(resend_is_checked),
	TEST(answered_by),
	TEST(standby_takes_over),
	TEST(without_standbys),
	TEST(hedged),
	TEST(set_key_in_a_session),
	TEST(set_key_when_refused),
	TEST(bad_keys),
	TEST(keyring_is_watched),
	TEST(keyring_in_memory),
	TEST(in_callbacks),
	TEST(latest_in_a_queue),
	TEST(latest_for_a_callback),
	TEST(latest_of_all_kinds),
};
MAIN(tests)
