/* Version, features, texts of statuses, the last error, the counters. */
#include <limits.h>

#include "check.h"

static void version(void)
{
	char text[32];

	CHECK_UINT(monclient_version_number(), MONCLIENT_VERSION_NUMBER);
	CHECK_UINT(MONCLIENT_VERSION_NUMBER,
	           MONCLIENT_VERSION_MAJOR << 16 | MONCLIENT_VERSION_MINOR << 8 | MONCLIENT_VERSION_PATCH);
	snprintf(text, sizeof(text), "%d.%d.%d", MONCLIENT_VERSION_MAJOR, MONCLIENT_VERSION_MINOR, MONCLIENT_VERSION_PATCH);
	CHECK_STR(monclient_version(), text);
	CHECK(monclient_version() == monclient_version());
}

static void features(void)
{
	static const char *const have[] = {"aes256krb5", "secure", "queue", "dialer", "target", "values"};
	static const char *const lack[] = {"", "Queue", "queue ", "que", "no-such-feature", "\xff\xfe"};
	size_t i;

	for (i = 0; i < COUNT(have); i++)
		CHECK_INT(monclient_has_feature(have[i]), 1);
	for (i = 0; i < COUNT(lack); i++)
		CHECK_INT(monclient_has_feature(lack[i]), 0);
	CHECK_INT(monclient_has_feature(NULL), 0);
	CHECK_INT(monclient_has_feature(huge_text()), 0);
}

/* The numbers are pinned for ever. */
static const struct {
	const char *name;
	int status, number;
	const char *text; /* a part of it */
} statuses[] = {
	{"OK", MONCLIENT_OK, 0, "success"},
	{"EPERM", MONCLIENT_EPERM, -EPERM, "not permitted"},
	{"ENOENT", MONCLIENT_ENOENT, -ENOENT, "no such"},
	{"EIO", MONCLIENT_EIO, -EIO, "error"},
	{"ENXIO", MONCLIENT_ENXIO, -ENXIO, "address"},
	{"E2BIG", MONCLIENT_E2BIG, -E2BIG, "too long"},
	{"EAGAIN", MONCLIENT_EAGAIN, -EAGAIN, "unavailable"},
	{"ENOMEM", MONCLIENT_ENOMEM, -ENOMEM, "memory"},
	{"EACCES", MONCLIENT_EACCES, -EACCES, "denied"},
	{"EBUSY", MONCLIENT_EBUSY, -EBUSY, "busy"},
	{"EEXIST", MONCLIENT_EEXIST, -EEXIST, "exists"},
	{"EINVAL", MONCLIENT_EINVAL, -EINVAL, "invalid"},
	{"ERANGE", MONCLIENT_ERANGE, -ERANGE, "range"},
	{"EDEADLK", MONCLIENT_EDEADLK, -EDEADLK, "deadlock"},
	{"EPROTO", MONCLIENT_EPROTO, -EPROTO, "protocol"},
	{"EILSEQ", MONCLIENT_EILSEQ, -EILSEQ, "character"},
	{"EOPNOTSUPP", MONCLIENT_EOPNOTSUPP, -EOPNOTSUPP, "not supported"},
	{"ENETUNREACH", MONCLIENT_ENETUNREACH, -ENETUNREACH, "network"},
	{"ECONNRESET", MONCLIENT_ECONNRESET, -ECONNRESET, "reset"},
	{"ENOTCONN", MONCLIENT_ENOTCONN, -ENOTCONN, "not connected"},
	{"ECLOSED", MONCLIENT_ECLOSED, -ESHUTDOWN, "closed"},
	{"ETIMEDOUT", MONCLIENT_ETIMEDOUT, -ETIMEDOUT, "timed out"},
	{"ECONNREFUSED", MONCLIENT_ECONNREFUSED, -ECONNREFUSED, "refused"},
	{"EHOSTUNREACH", MONCLIENT_EHOSTUNREACH, -EHOSTUNREACH, "route"},
	{"ECANCELED", MONCLIENT_ECANCELED, -ECANCELED, "canceled"},
	{"EBADHANDLE", MONCLIENT_EBADHANDLE, -1001, "handle"},
	{"EFORKED", MONCLIENT_EFORKED, -1002, "fork"},
	{"EINTERNAL", MONCLIENT_EINTERNAL, -1003, "internal"},
};

static void strerror_constants(void)
{
	size_t i;

	for (i = 0; i < COUNT(statuses); i++) {
		if (statuses[i].status != statuses[i].number)
			FAIL("MONCLIENT_%s is %d, want %d", statuses[i].name, statuses[i].status, statuses[i].number);
		CHECK_HAS(monclient_strerror(statuses[i].status), statuses[i].text);
		CHECK(monclient_strerror(statuses[i].status) == monclient_strerror(statuses[i].status));
	}
}

static void strerror_everything(void)
{
	static const int odd[] = {INT_MIN, INT_MIN + 1, INT_MAX, -1000, -1004, -4095, -4096, -65536};
	const char *unknown = monclient_strerror(INT_MIN);
	size_t i;
	int e, known = 0;

	for (e = 1; e <= 200; e++) {
		const char *text = monclient_strerror(-e);

		CHECK(text && *text);
		CHECK(!strchr(text, '\n'));
		if (strcmp(text, unknown) != 0)
			known++;
		/* What the C library knows, this one knows. */
		if (strncmp(strerror(e), "Unknown error", 13) != 0 && strcmp(text, unknown) == 0)
			FAIL("monclient_strerror(%d) is \"%s\", strerror says \"%s\"", -e, text, strerror(e));
	}
	CHECK(known >= 131);
	for (e = 0; e < 300; e++)
		CHECK(*monclient_strerror(e));
	for (i = 0; i < COUNT(odd); i++)
		CHECK(*monclient_strerror(odd[i]));
}

static void last_error_of_nothing(void)
{
	CHECK(monclient_last_error());
}

static void *fresh_thread(void *arg)
{
	(void)arg;
	CHECK_STR(monclient_last_error(), "");
	CHECK_UINT(counters().queues, 0);
	CHECK_STR(monclient_last_error(), "");
	return NULL;
}

static void last_error_is_empty_at_first(void)
{
	pthread_t t;

	CHECK_STATUS(monclient_queue_destroy(0), MONCLIENT_EBADHANDLE); /* of this thread */
	thread_start(&t, fresh_thread, NULL);
	thread_join(t);
}

/* Each thread fails in its own way, many times, and always reads its own text. */
struct failing {
	int number;
	struct gate *gate;
};

static void *fail_often(void *arg)
{
	struct failing *f = arg;
	char option[32], copy[512];
	monclient_config_t config;
	int i;

	snprintf(option, sizeof(option), "no_such_option_%d_", f->number);
	CHECK_OK(monclient_config_create(&config));
	gate_wait(f->gate);
	for (i = 0; i < loops(200); i++) {
		CHECK_ERROR(monclient_config_set(config, option, "x"), MONCLIENT_ENOENT, option);
		snprintf(copy, sizeof(copy), "%s", monclient_last_error());
		CHECK_STR(monclient_last_error(), copy);
	}
	CHECK_OK(monclient_config_destroy(config));
	return NULL;
}

static void last_error_is_of_the_thread(void)
{
	enum { N = 8 };
	struct gate gate = GATE;
	struct failing f[N];
	pthread_t t[N];
	int i;

	for (i = 0; i < N; i++) {
		f[i] = (struct failing){i, &gate};
		thread_start(&t[i], fail_often, &f[i]);
	}
	gate_await(&gate, N);
	gate_open(&gate);
	for (i = 0; i < N; i++)
		thread_join(t[i]);
}

static void last_error_is_one_line(void)
{
	monclient_config_t config;

	CHECK_OK(monclient_config_create(&config));
	CHECK_ERROR(monclient_config_set(config, "mon_client_ping_interval", "often\nand more"), MONCLIENT_EINVAL, "mon_client_ping_interval");
	CHECK(!strchr(monclient_last_error(), '\n'));
	CHECK_ERROR(monclient_config_set(config, "two\nlines", "x"), MONCLIENT_ENOENT, "lines");
	CHECK(!strchr(monclient_last_error(), '\n'));
	CHECK_OK(monclient_config_destroy(config));
}

/* The text of an error may be an argument of the call that fails next. */
static void last_error_as_argument(void)
{
	monclient_config_t config;

	CHECK_OK(monclient_config_create(&config));
	CHECK_ERROR(monclient_config_set(config, "no_such_option", "x"), MONCLIENT_ENOENT, "no_such_option");
	CHECK_ERROR(monclient_config_set(config, monclient_last_error(), "x"), MONCLIENT_ENOENT, "no_such_option");
	CHECK_ERROR(monclient_config_set(config, "mon_client_ping_interval", monclient_last_error()), MONCLIENT_EINVAL,
	            "mon_client_ping_interval");
	CHECK_OK(monclient_config_destroy(config));
}

static void counters_count(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_op_t op;
	monclient_sub_t sub;
	monclient_sink_t sink;
	monclient_reply_t *reply;
	monclient_session_t *session;
	monclient_event_t *event;
	struct recorder r;
	char *text;
	void *data;
	size_t len;

	world_start(&w, 1);
	CHECK_UINT(counters().configs, 1);
	CHECK_UINT(counters().clients, 0);
	world_connect(&w);
	CHECK_UINT(counters().clients, 1);
	CHECK_UINT(counters().buffers, 0);

	CHECK_OK(monclient_queue_create(&queue));
	CHECK_UINT(counters().queues, 1);

	reply = command_ok(w.client, "{\"prefix\": \"fsid\"}");
	CHECK_UINT(counters().buffers, 1);
	monclient_reply_free(reply);
	CHECK_OK(monclient_session(w.client, &session));
	CHECK_OK(monclient_monmap_json(w.client, &text));
	CHECK_OK(monclient_monmap(w.client, &data, &len));
	CHECK_UINT(counters().buffers, 3);
	monclient_session_free(session);
	monclient_free(text);
	monclient_free(data);
	CHECK_UINT(counters().buffers, 0);

	world_do(&w, "drop-replies");
	sink = queue_sink(queue, &w);
	CHECK_OK(monclient_command_async(w.client, "{\"prefix\": \"fsid\"}", NULL, &sink, &op));
	CHECK_UINT(counters().operations, 1);
	CHECK_UINT(counters().sinks, 1);
	CHECK_OK(monclient_op_cancel(op));
	event = queue_take(queue);
	CHECK_UINT(counters().operations, 0);
	CHECK_UINT(counters().buffers, 1);
	monclient_event_free(event);
	CHECK_UINT(counters().buffers, 0);
	UNTIL(counters().sinks == 0);

	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_UINT(counters().threads, 0);
	CHECK_OK(monclient_subscribe(w.client, "monmap", 0, 0, &sink, &sub));
	CHECK_UINT(counters().subscriptions, 1);
	recorder_wait(&r, 0);
	CHECK_UINT(counters().threads, 1);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_UINT(counters().subscriptions, 0);
	recorder_end(&r);

	CHECK_OK(monclient_queue_destroy(queue));
	CHECK_UINT(counters().queues, 0);
	world_end(&w);
}

static void counters_of_later_versions(void)
{
	union {
		monclient_counters_t c;
		unsigned char bytes[sizeof(monclient_counters_t) + 64];
	} u;
	size_t i;

	/* What a later header adds stays 0. */
	memset(&u, 0xaa, sizeof(u));
	u.c.struct_size = sizeof(u);
	CHECK_OK(monclient_counters(&u.c));
	CHECK_UINT(u.c.struct_size, sizeof(u));
	for (i = sizeof(u.c); i < sizeof(u); i++)
		CHECK_UINT(u.bytes[i], 0);
}

static const struct check_test tests[] = {
	TEST(version),
	TEST(features),
	TEST(strerror_constants),
	TEST(strerror_everything),
	TEST(last_error_of_nothing),
	TEST(last_error_is_empty_at_first),
	TEST(last_error_is_of_the_thread),
	TEST(last_error_is_one_line),
	TEST(last_error_as_argument),
	TEST(counters_count),
	TEST(counters_of_later_versions),
};
MAIN(tests)
