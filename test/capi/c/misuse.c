/* Bad use: every argument of every function, in every way in which it can be wrong. */
#include <limits.h>

#include "check.h"

#define FSID "{\"prefix\": \"fsid\"}"
#define BAD_UTF8 "os\xff\xfemap"

static void ignore_event(const monclient_event_t *event, void *userdata)
{
	(void)event;
	(void)userdata;
}

/* A sink whose destroy function counts. */
static atomic_int destroyed;
static int sinks_given;

static monclient_sink_t *sink(void)
{
	static monclient_sink_t s;

	s = (monclient_sink_t){.struct_size = sizeof(s), .callback = ignore_event, .userdata = &destroyed, .destroy = count_destroy};
	sinks_given++;
	return &s;
}

/* All sinks that were given were destroyed, when the call that was given them failed. */
#define DESTROYED() CHECK_INT(atomic_load(&destroyed), sinks_given)

static int own_dial(const char *ip, uint16_t port, int32_t timeout_ms, void *userdata)
{
	(void)ip;
	(void)port;
	(void)timeout_ms;
	(void)userdata;
	return -ECONNREFUSED;
}

/* ---- Handles ---- */

/* Every function that takes a handle, with what it is called in the text of errors. All else is as it should be. */
static int config_destroy(uint64_t h) { return monclient_config_destroy(h); }
static int config_read_file(uint64_t h) { return monclient_config_read_file(h, "/dev/null"); }
static int config_parse_env(uint64_t h) { return monclient_config_parse_env(h); }
static int config_set(uint64_t h) { return monclient_config_set(h, "mon_host", "10.0.0.1"); }
static int config_set_keyring(uint64_t h) { return monclient_config_set_keyring(h, "[client.admin]\n", 15); }
static int config_set_monmap(uint64_t h) { return monclient_config_set_monmap(h, "x", 1); }

static int config_parse_argv(uint64_t h)
{
	const char *rest[1];
	int n = 7, rc = monclient_config_parse_argv(h, 1, (const char *const[]){"x"}, rest, &n);

	CHECK_INT(n, 0);
	return rc;
}

static int config_get(uint64_t h)
{
	char *value = (char *)1;
	int rc = monclient_config_get(h, "mon_host", &value);

	CHECK(!value);
	return rc;
}

static int config_set_dialer(uint64_t h)
{
	monclient_dialer_t d = {.struct_size = sizeof(d), .dial = own_dial, .userdata = &destroyed, .destroy = count_destroy};
	int rc;

	sinks_given++;
	rc = monclient_config_set_dialer(h, &d);
	DESTROYED();
	return rc;
}

static int config_unset_dialer(uint64_t h) { return monclient_config_set_dialer(h, NULL); }

static int connect_sync(uint64_t h)
{
	monclient_sink_t s = *sink(), l = *sink();
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &l};
	monclient_t client = 1;
	int rc = monclient_connect(h, &o, &client);

	CHECK_UINT(client, 0);
	DESTROYED();
	return rc;
}

static int connect_async(uint64_t h)
{
	monclient_sink_t s = *sink(), l = *sink();
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &l};
	monclient_op_t op = 1;
	int rc = monclient_connect_async(h, &o, sink(), &op);

	CHECK_UINT(op, 0);
	DESTROYED();
	return rc;
}

static int client_close(uint64_t h) { return monclient_close(h); }
static int client_set_log_level(uint64_t h) { return monclient_set_log_level(h, MONCLIENT_LOG_INFO); }

static int client_fsid(uint64_t h)
{
	char buf[MONCLIENT_FSID_SIZE] = "x";
	int rc = monclient_fsid(h, buf, sizeof(buf));

	CHECK_STR(buf, "");
	return rc;
}

static int client_global_id(uint64_t h)
{
	uint64_t id = 1;
	int rc = monclient_global_id(h, &id);

	CHECK_UINT(id, 0);
	return rc;
}

static int client_monmap(uint64_t h)
{
	void *data = &data;
	size_t len = 1;
	int rc = monclient_monmap(h, &data, &len);

	CHECK(!data && !len);
	return rc;
}

static int client_monmap_json(uint64_t h)
{
	char *json = (char *)1;
	int rc = monclient_monmap_json(h, &json);

	CHECK(!json);
	return rc;
}

static int client_session(uint64_t h)
{
	monclient_session_t *session = (monclient_session_t *)1;
	int rc = monclient_session(h, &session);

	CHECK(!session);
	return rc;
}

static int client_standbys_json(uint64_t h)
{
	char *json = (char *)1;
	int rc = monclient_standbys_json(h, &json);

	CHECK(!json);
	return rc;
}

static int client_set_key(uint64_t h) { return monclient_set_key(h, "AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA=="); }

static int client_command(uint64_t h)
{
	monclient_reply_t *reply = (monclient_reply_t *)1;
	int rc = monclient_command(h, FSID, NULL, &reply);

	CHECK(!reply);
	return rc;
}

static int client_command_async(uint64_t h)
{
	monclient_op_t op = 1;
	int rc = monclient_command_async(h, FSID, NULL, sink(), &op);

	CHECK_UINT(op, 0);
	DESTROYED();
	return rc;
}

static int client_get_version(uint64_t h)
{
	uint64_t a = 1, b = 1;
	int rc = monclient_get_version(h, "osdmap", 0, &a, &b);

	CHECK(a == 0 && b == 0);
	return rc;
}

static int client_get_version_async(uint64_t h)
{
	monclient_op_t op = 1;
	int rc = monclient_get_version_async(h, "osdmap", 0, sink(), &op);

	CHECK_UINT(op, 0);
	DESTROYED();
	return rc;
}

static int client_wait_for_map(uint64_t h)
{
	uint64_t got = 1;
	int rc = monclient_wait_for_map(h, "osdmap", 0, 0, &got);

	CHECK_UINT(got, 0);
	return rc;
}

static int client_wait_for_map_async(uint64_t h)
{
	monclient_op_t op = 1;
	int rc = monclient_wait_for_map_async(h, "osdmap", 0, 0, sink(), &op);

	CHECK_UINT(op, 0);
	DESTROYED();
	return rc;
}

static int client_subscribe(uint64_t h)
{
	monclient_sub_t sub = 1;
	int rc = monclient_subscribe(h, "osdmap", 0, 0, sink(), &sub);

	CHECK_UINT(sub, 0);
	DESTROYED();
	return rc;
}

static int op_cancel(uint64_t h) { return monclient_op_cancel(h); }
static int unsubscribe(uint64_t h) { return monclient_unsubscribe(h); }
static int queue_destroy(uint64_t h) { return monclient_queue_destroy(h); }

static int queue_fd(uint64_t h)
{
	int fd = 7, rc = monclient_queue_fd(h, &fd);

	if (fd != 0 && fd != -1)
		FAIL("fd is %d", fd);
	return rc;
}

static int queue_poll(uint64_t h)
{
	monclient_event_t *e = NULL;
	uint32_t n = 1;
	int rc = monclient_queue_poll(h, &e, 1, 1, &n);

	CHECK(n == 0 && !e);
	return rc;
}

static int osdmap_newest(uint64_t h)
{
	monclient_osdmap_t map = 1;
	int rc = monclient_osdmap(h, 0, &map);

	CHECK_UINT(map, 0);
	return rc;
}

static int osdmap_newest_async(uint64_t h)
{
	monclient_op_t op = 1;
	int rc = monclient_osdmap_async(h, 0, sink(), &op);

	CHECK_UINT(op, 0);
	DESTROYED();
	return rc;
}

static int sub_osdmap(uint64_t h)
{
	monclient_osdmap_t map = 1;
	int rc = monclient_sub_osdmap(h, &map);

	CHECK_UINT(map, 0);
	return rc;
}

static int osdmap_epoch(uint64_t h)
{
	uint64_t epoch = 1;
	int rc = monclient_osdmap_epoch(h, &epoch);

	CHECK_UINT(epoch, 0);
	return rc;
}

static int osdmap_fsid(uint64_t h)
{
	char buf[MONCLIENT_FSID_SIZE] = "x";
	int rc = monclient_osdmap_fsid(h, buf, sizeof(buf));

	CHECK_STR(buf, "");
	return rc;
}

static int osdmap_encode(uint64_t h)
{
	void *data = &data;
	size_t len = 1;
	int rc = monclient_osdmap_encode(h, &data, &len);

	CHECK(!data && !len);
	return rc;
}

static int osdmap_pool_id(uint64_t h)
{
	int64_t id = 1;
	int rc = monclient_osdmap_pool_id(h, "x", &id);

	CHECK_INT(id, 0);
	return rc;
}

static int osdmap_max_osd(uint64_t h)
{
	int32_t max = 1;
	int rc = monclient_osdmap_max_osd(h, &max);

	CHECK_INT(max, 0);
	return rc;
}

static int osdmap_osd_state(uint64_t h)
{
	int up = 1, in = 1;
	uint32_t weight = 1;
	int rc = monclient_osdmap_osd_state(h, 0, &up, &in, &weight);

	CHECK(up == 0 && in == 0 && weight == 0);
	return rc;
}

/* Those that give a text. */
#define OSDMAP_TEXT(name, call)               \
	static int name(uint64_t h)           \
	{                                     \
		char *text = (char *)1;       \
		int rc = call;                \
                                              \
		CHECK(!text);                 \
		return rc;                    \
	}
OSDMAP_TEXT(osdmap_flags, monclient_osdmap_flags(h, &text))
OSDMAP_TEXT(osdmap_json, monclient_osdmap_json(h, &text))
OSDMAP_TEXT(osdmap_pools, monclient_osdmap_pools(h, &text))
OSDMAP_TEXT(osdmap_osds, monclient_osdmap_osds(h, &text))
OSDMAP_TEXT(osdmap_pool_name, monclient_osdmap_pool_name(h, 1, &text))
OSDMAP_TEXT(osdmap_pool_json, monclient_osdmap_pool_json(h, 1, &text))
OSDMAP_TEXT(osdmap_osd_json, monclient_osdmap_osd_json(h, 0, &text))
OSDMAP_TEXT(osdmap_diff, monclient_osdmap_diff(h, h, &text))
static int osdmap_release(uint64_t h) { return monclient_osdmap_release(h); }

static const struct {
	const char *name;
	int (*call)(uint64_t handle);
	int kind;
} functions[] = {
#define F(function, kind) {#function, function, kind}
	F(config_read_file, MONCLIENT_KIND_CONFIG),
	F(config_parse_env, MONCLIENT_KIND_CONFIG),
	F(config_parse_argv, MONCLIENT_KIND_CONFIG),
	F(config_set, MONCLIENT_KIND_CONFIG),
	F(config_get, MONCLIENT_KIND_CONFIG),
	F(config_set_keyring, MONCLIENT_KIND_CONFIG),
	F(config_set_monmap, MONCLIENT_KIND_CONFIG),
	F(config_set_dialer, MONCLIENT_KIND_CONFIG),
	F(config_unset_dialer, MONCLIENT_KIND_CONFIG),
	F(connect_sync, MONCLIENT_KIND_CONFIG),
	F(connect_async, MONCLIENT_KIND_CONFIG),
	F(config_destroy, MONCLIENT_KIND_CONFIG),
	F(client_fsid, MONCLIENT_KIND_CLIENT),
	F(client_global_id, MONCLIENT_KIND_CLIENT),
	F(client_monmap, MONCLIENT_KIND_CLIENT),
	F(client_monmap_json, MONCLIENT_KIND_CLIENT),
	F(client_session, MONCLIENT_KIND_CLIENT),
	F(client_standbys_json, MONCLIENT_KIND_CLIENT),
	F(client_set_key, MONCLIENT_KIND_CLIENT),
	F(client_set_log_level, MONCLIENT_KIND_CLIENT),
	F(client_command, MONCLIENT_KIND_CLIENT),
	F(client_command_async, MONCLIENT_KIND_CLIENT),
	F(client_get_version, MONCLIENT_KIND_CLIENT),
	F(client_get_version_async, MONCLIENT_KIND_CLIENT),
	F(client_wait_for_map, MONCLIENT_KIND_CLIENT),
	F(client_wait_for_map_async, MONCLIENT_KIND_CLIENT),
	F(client_subscribe, MONCLIENT_KIND_CLIENT),
	F(osdmap_newest, MONCLIENT_KIND_CLIENT),
	F(osdmap_newest_async, MONCLIENT_KIND_CLIENT),
	F(client_close, MONCLIENT_KIND_CLIENT),
	F(op_cancel, MONCLIENT_KIND_OP),
	F(sub_osdmap, MONCLIENT_KIND_SUB),
	F(unsubscribe, MONCLIENT_KIND_SUB),
	F(osdmap_epoch, MONCLIENT_KIND_OSDMAP),
	F(osdmap_fsid, MONCLIENT_KIND_OSDMAP),
	F(osdmap_flags, MONCLIENT_KIND_OSDMAP),
	F(osdmap_json, MONCLIENT_KIND_OSDMAP),
	F(osdmap_encode, MONCLIENT_KIND_OSDMAP),
	F(osdmap_pools, MONCLIENT_KIND_OSDMAP),
	F(osdmap_pool_id, MONCLIENT_KIND_OSDMAP),
	F(osdmap_pool_name, MONCLIENT_KIND_OSDMAP),
	F(osdmap_pool_json, MONCLIENT_KIND_OSDMAP),
	F(osdmap_osds, MONCLIENT_KIND_OSDMAP),
	F(osdmap_max_osd, MONCLIENT_KIND_OSDMAP),
	F(osdmap_osd_state, MONCLIENT_KIND_OSDMAP),
	F(osdmap_osd_json, MONCLIENT_KIND_OSDMAP),
	F(osdmap_diff, MONCLIENT_KIND_OSDMAP),
	F(osdmap_release, MONCLIENT_KIND_OSDMAP),
	F(queue_fd, MONCLIENT_KIND_QUEUE),
	F(queue_poll, MONCLIENT_KIND_QUEUE),
	F(queue_destroy, MONCLIENT_KIND_QUEUE),
};

static void refused(size_t function, uint64_t handle, const char *which)
{
	int rc = functions[function].call(handle);

	if (rc != MONCLIENT_EBADHANDLE || !*monclient_last_error())
		FAIL("%s with %s (0x%llx) returned %d", functions[function].name, which, (unsigned long long)handle, rc);
}

static void handles(void)
{
	static const uint64_t invented[] = {0, ~0ull, 1, 2, 3, 4, 5, 0xff, 0x100, 0x101, 0x102, 0x1234567890abcd01, 0x8000000000000002,
		0x7fffffffffffff03, 0xdeadbeefdeadbe04, 0xffffffffffffff05, 6, 0xffffffffffffff06};
	struct world w;
	uint64_t live[7] = {0};
	monclient_queue_t queue;
	monclient_sink_t s;
	size_t f, i;
	int k;

	world_open(&w, 1);
	CHECK_OK(monclient_osdmap(w.client, 0, &live[MONCLIENT_KIND_OSDMAP]));
	world_do(&w, "lose-quorum");
	CHECK_OK(monclient_queue_create(&queue));
	s = queue_sink(queue, NULL);
	live[MONCLIENT_KIND_CONFIG] = w.config;
	live[MONCLIENT_KIND_CLIENT] = w.client;
	live[MONCLIENT_KIND_QUEUE] = queue;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &s, &live[MONCLIENT_KIND_OP]));
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 100000, 0, &s, &live[MONCLIENT_KIND_SUB]));
	for (f = 0; f < COUNT(functions); f++) {
		for (i = 0; i < COUNT(invented); i++)
			refused(f, invented[i], "an invented handle");
		for (k = 1; k <= 6; k++) {
			if (k == functions[f].kind)
				continue;
			refused(f, live[k], "a handle of another kind");
			refused(f, (live[k] & ~0xffull) | (uint64_t)functions[f].kind, "the kind changed");
		}
		/* Neighbours. */
		refused(f, live[functions[f].kind] + 0x100 * 1000000, "a later number");
		refused(f, (live[functions[f].kind] & ~0xffull) | 0x80 | (uint64_t)functions[f].kind, "a bit too many");
	}
	/* None of that did any harm. */
	world_do(&w, "restore-quorum");
	status_ok(w.client);
	/* The functions that end them come last; afterwards everything is stale. */
	monclient_event_free(queue_take(queue));
	CHECK_OK(monclient_unsubscribe(live[MONCLIENT_KIND_SUB]));
	CHECK_OK(monclient_osdmap_release(live[MONCLIENT_KIND_OSDMAP]));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
	for (f = 0; f < COUNT(functions); f++)
		refused(f, live[functions[f].kind], "a stale handle");
	/* And stays so, however many come after it. */
	for (i = 0; i < 1000; i++) {
		CHECK_OK(monclient_queue_create(&queue));
		CHECK(queue != live[MONCLIENT_KIND_QUEUE]);
		CHECK_OK(monclient_queue_destroy(queue));
	}
	refused(COUNT(functions) - 1, live[MONCLIENT_KIND_QUEUE], "a stale handle");
}

/* The text says which handle. */
static void texts_for_handles(void)
{
	static const char *const names[] = {"", "config", "client", "op", "sub", "queue", "osdmap"};
	size_t f;

	for (f = 0; f < COUNT(functions); f++) {
		CHECK_INT(functions[f].call(0x4200 | (uint64_t)functions[f].kind), MONCLIENT_EBADHANDLE);
		CHECK_HAS(monclient_last_error(), names[functions[f].kind]);
	}
}

/* ---- Pointers ---- */

static void null_pointers(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_reply_t *reply;
	monclient_op_t op;
	monclient_sub_t sub;
	monclient_event_t *e;
	uint32_t n;
	uint64_t u;
	size_t len;
	void *data;
	char *value;
	char buf[MONCLIENT_FSID_SIZE];

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
#define NULL_IS(call, name) CHECK_ERROR(call, MONCLIENT_EINVAL, name)
	NULL_IS(monclient_config_create(NULL), "config");
	NULL_IS(monclient_config_set(w.config, NULL, "x"), "option");
	NULL_IS(monclient_config_set(w.config, "mon_host", NULL), "value");
	NULL_IS(monclient_config_get(w.config, NULL, &value), "option");
	CHECK(!value);
	NULL_IS(monclient_config_get(w.config, "mon_host", NULL), "value");
	NULL_IS(monclient_config_set_keyring(w.config, NULL, 5), "text");
	NULL_IS(monclient_config_set_keyring(w.config, NULL, 0), "text");
	NULL_IS(monclient_config_set_monmap(w.config, NULL, 5), "data");
	NULL_IS(monclient_config_set_monmap(w.config, NULL, 0), "data");
	NULL_IS(monclient_config_parse_argv(w.config, 1, NULL, NULL, NULL), "argv");
	NULL_IS(monclient_config_parse_argv(w.config, 2, (const char *const[]){"a", NULL}, NULL, NULL), "argv");
	NULL_IS(monclient_connect(w.config, NULL, NULL), "client");
	NULL_IS(monclient_connect_async(w.config, NULL, NULL, &op), "sink");
	NULL_IS(monclient_fsid(w.client, NULL, MONCLIENT_FSID_SIZE), "buf");
	NULL_IS(monclient_global_id(w.client, NULL), "global_id");
	NULL_IS(monclient_monmap(w.client, NULL, &len), "data");
	NULL_IS(monclient_monmap(w.client, &data, NULL), "len");
	CHECK(!data);
	NULL_IS(monclient_monmap_json(w.client, NULL), "json");
	NULL_IS(monclient_session(w.client, NULL), "session");
	NULL_IS(monclient_standbys_json(w.client, NULL), "json");
	NULL_IS(monclient_set_key(w.client, NULL), "key");
	NULL_IS(monclient_command(w.client, NULL, NULL, &reply), "cmd");
	CHECK(!reply);
	NULL_IS(monclient_command(w.client, FSID, NULL, NULL), "reply");
	NULL_IS(monclient_command_async(w.client, NULL, NULL, sink(), &op), "cmd");
	DESTROYED();
	NULL_IS(monclient_command_async(w.client, FSID, NULL, NULL, &op), "sink");
	CHECK_UINT(op, 0);
	NULL_IS(monclient_get_version(w.client, NULL, 0, &u, NULL), "what");
	NULL_IS(monclient_get_version(w.client, "osdmap", 0, NULL, NULL), "newest");
	NULL_IS(monclient_get_version_async(w.client, NULL, 0, sink(), &op), "what");
	DESTROYED();
	NULL_IS(monclient_get_version_async(w.client, "osdmap", 0, NULL, &op), "sink");
	NULL_IS(monclient_wait_for_map(w.client, NULL, 0, 0, &u), "what");
	NULL_IS(monclient_wait_for_map_async(w.client, NULL, 0, 0, sink(), &op), "what");
	DESTROYED();
	NULL_IS(monclient_wait_for_map_async(w.client, "osdmap", 0, 0, NULL, &op), "sink");
	NULL_IS(monclient_subscribe(w.client, NULL, 0, 0, sink(), &sub), "what");
	CHECK_UINT(sub, 0);
	NULL_IS(monclient_subscribe(w.client, "osdmap", 0, 0, sink(), NULL), "sub");
	DESTROYED();
	NULL_IS(monclient_subscribe(w.client, "osdmap", 0, 0, NULL, &sub), "sink");
	NULL_IS(monclient_queue_create(NULL), "queue");
	NULL_IS(monclient_queue_fd(queue, NULL), "fd");
	NULL_IS(monclient_queue_poll(queue, NULL, 1, 0, &n), "events");
	NULL_IS(monclient_queue_poll(queue, &e, 1, 0, NULL), "count");
	NULL_IS(monclient_counters(NULL), "counters");
	/* Those that may be NULL. */
	CHECK_OK(monclient_fsid(w.client, buf, sizeof(buf)));
	CHECK_OK(monclient_get_version(w.client, "osdmap", 0, &u, NULL));
	CHECK_OK(monclient_wait_for_map(w.client, "osdmap", 0, 0, NULL));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* ---- Structures ---- */

static void structures(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_reply_t *reply;
	monclient_op_t op;
	monclient_t client;
	union {
		monclient_command_options_t command;
		monclient_connect_options_t connect;
		monclient_sink_t sink;
		monclient_dialer_t dialer;
		monclient_counters_t counters;
		uint32_t struct_size;
		unsigned char bytes[512];
	} u;
	static const uint32_t small[] = {0, 1, 3, 4, 7};
	static const size_t sizes[] = {sizeof(u.command), sizeof(u.connect), sizeof(u.sink), sizeof(u.dialer), sizeof(u.counters)};
	size_t i, k;
	int rc;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	for (k = 0; k < COUNT(sizes); k++) {
		/* size: too small, too large with something in what is too much, absurd, and too large with nothing in it. */
		for (i = 0; i < COUNT(small) + 4; i++) {
			bool good = i == COUNT(small) + 3;
			uint32_t size = i < COUNT(small) ? small[i] : i == COUNT(small) + 1 ? UINT32_MAX : i == COUNT(small) + 2 ? 0x7fffffff : (uint32_t)sizes[k] + 16;
			const char *name;

			memset(&u, 0, sizeof(u));
			client = 1;
			switch (k) {
			case 2:
				u.sink = queue_sink(queue, NULL);
				break;
			case 3:
				u.dialer.dial = own_dial;
				break;
			}
			if (i == COUNT(small))
				u.bytes[sizes[k] + 15] = 1;
			u.struct_size = size;
			switch (k) {
			case 0:
				rc = monclient_command(w.client, FSID, &u.command, &reply);
				monclient_reply_free(reply);
				name = "options";
				break;
			case 1:
				rc = monclient_connect(w.config, &u.connect, &client);
				if (rc == MONCLIENT_OK)
					CHECK_OK(monclient_close(client));
				else
					CHECK_UINT(client, 0);
				name = "options";
				break;
			case 2:
				op = 1;
				rc = monclient_command_async(w.client, FSID, NULL, &u.sink, &op);
				if (rc == MONCLIENT_OK)
					monclient_event_free(queue_take(queue));
				else
					CHECK_UINT(op, 0);
				name = "sink";
				break;
			case 3:
				rc = monclient_config_set_dialer(w.config, &u.dialer);
				name = "dialer";
				break;
			default:
				if (i == COUNT(small))
					continue; /* it is filled, not read */
				rc = monclient_counters(&u.counters);
				name = "counters";
			}
			if (good) {
				if (rc != MONCLIENT_OK)
					FAIL("%s of struct_size %u: %d", name, size, rc);
				continue;
			}
			if (rc != MONCLIENT_EINVAL)
				FAIL("%s of struct_size %u: %d", name, size, rc);
			CHECK_HAS(monclient_last_error(), name);
		}
	}
	CHECK_OK(monclient_config_set_dialer(w.config, NULL));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* What is known of a structure that is too new is used to release what it points to. */
static void newer_sinks_are_destroyed(void)
{
	struct world w;
	union {
		monclient_sink_t s;
		monclient_dialer_t d;
		unsigned char bytes[256];
	} u;

	world_open(&w, 1);
	memset(&u, 0, sizeof(u));
	u.s = *sink();
	u.s.struct_size = sizeof(u.s) + 8;
	u.bytes[sizeof(u.s)] = 1;
	CHECK_ERROR(monclient_command_async(w.client, FSID, NULL, &u.s, NULL), MONCLIENT_EINVAL, "sink");
	DESTROYED();
	memset(&u, 0, sizeof(u));
	u.d = (monclient_dialer_t){.struct_size = sizeof(u.d) + 8, .dial = own_dial, .userdata = &destroyed, .destroy = count_destroy};
	sinks_given++;
	u.bytes[sizeof(u.d)] = 1;
	CHECK_ERROR(monclient_config_set_dialer(w.config, &u.d), MONCLIENT_EINVAL, "dialer");
	DESTROYED();
	world_end(&w);
}

static void sinks(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t s;
	monclient_connect_options_t o = {.struct_size = sizeof(o)};
	monclient_t client;
	monclient_sub_t sub;
	int i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < 5; i++) {
		int want = i < 3 ? MONCLIENT_EINVAL : MONCLIENT_EBADHANDLE;

		s = *sink();
		switch (i) {
		case 0: /* both */
			s.queue = queue;
			break;
		case 1: /* neither */
			s.callback = NULL;
			break;
		case 2:
			s.reserved = 1;
			break;
		case 3: /* no queue */
			s.callback = NULL;
			s.queue = w.client;
			break;
		case 4:
			s.callback = NULL;
			s.queue = 12345;
			break;
		}
		CHECK_ERROR(monclient_command_async(w.client, FSID, NULL, &s, NULL), want, i < 3 ? "sink" : "queue");
		DESTROYED();
		sinks_given++;
		CHECK_STATUS(monclient_get_version_async(w.client, "osdmap", 0, &s, NULL), want);
		DESTROYED();
		sinks_given++;
		CHECK_STATUS(monclient_wait_for_map_async(w.client, "osdmap", 0, 0, &s, NULL), want);
		DESTROYED();
		sinks_given++;
		CHECK_STATUS(monclient_subscribe(w.client, "osdmap", 0, 0, &s, &sub), want);
		DESTROYED();
		sinks_given++;
		CHECK_STATUS(monclient_connect_async(w.config, NULL, &s, NULL), want);
		DESTROYED();
		/* Of two sinks the other one is destroyed as well. */
		{
			monclient_sink_t good = *sink();

			sinks_given++;
			o.session = &s;
			o.log = &good;
			CHECK_STATUS(monclient_connect(w.config, &o, &client), want);
			DESTROYED();
			good = *sink();
			sinks_given++;
			o.session = &good;
			o.log = &s;
			CHECK_STATUS(monclient_connect(w.config, &o, &client), want);
			DESTROYED();
		}
	}
	/* Members of options. */
	s = *sink();
	o = (monclient_connect_options_t){.struct_size = sizeof(o), .log = &s, .log_level = 5};
	CHECK_ERROR(monclient_connect(w.config, &o, &client), MONCLIENT_EINVAL, "log_level");
	DESTROYED();
	s = *sink();
	o.log_level = 0;
	o.reserved = 1;
	CHECK_ERROR(monclient_connect(w.config, &o, &client), MONCLIENT_EINVAL, "reserved");
	DESTROYED();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* ---- Texts ---- */

static void no_utf8(void)
{
	static const char *const bad[] = {BAD_UTF8, "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"};
	struct world w;
	monclient_reply_t *reply;
	char *value;
	uint64_t u;
	monclient_sub_t sub;
	size_t i;

	world_open(&w, 1);
	for (i = 0; i < COUNT(bad); i++) {
		const char *t = bad[i];

#define ILSEQ(call, name) CHECK_ERROR(call, MONCLIENT_EILSEQ, name)
		ILSEQ(monclient_config_set(w.config, t, "x"), "option");
		ILSEQ(monclient_config_set(w.config, "mon_host", t), "value");
		ILSEQ(monclient_config_get(w.config, t, &value), "option");
		ILSEQ(monclient_config_read_file(w.config, t), "path");
		ILSEQ(monclient_config_parse_argv(w.config, 2, (const char *const[]){"a", t}, NULL, NULL), "argv");
		ILSEQ(monclient_config_set_keyring(w.config, t, strlen(t)), "text");
		ILSEQ(monclient_set_key(w.client, t), "key");
		ILSEQ(monclient_command(w.client, t, NULL, &reply), "cmd");
		ILSEQ(monclient_command_async(w.client, t, NULL, sink(), NULL), "cmd");
		ILSEQ(monclient_get_version(w.client, t, 0, &u, NULL), "what");
		ILSEQ(monclient_get_version_async(w.client, t, 0, sink(), NULL), "what");
		ILSEQ(monclient_wait_for_map(w.client, t, 0, 0, NULL), "what");
		ILSEQ(monclient_wait_for_map_async(w.client, t, 0, 0, sink(), NULL), "what");
		ILSEQ(monclient_subscribe(w.client, t, 0, 0, sink(), &sub), "what");
		DESTROYED();
	}
	world_end(&w);
}

/* The memory is not read beyond the limit, nor when a length says that it is too long. */
static void too_long(void)
{
	static const uint64_t lengths[] = {(uint64_t)MONCLIENT_MAX_INPUT + 1, INT32_MAX, (uint64_t)INT32_MAX + 1, UINT32_MAX, (uint64_t)1 << 32,
		INT64_MAX, (uint64_t)1 << 63, UINT64_MAX - 1, UINT64_MAX};
	struct world w;
	monclient_reply_t *reply;
	char *value;
	const char *t = huge_text();
	uint64_t u;
	monclient_sub_t sub;
	size_t i;

	world_open(&w, 1);
	for (i = 0; i < COUNT(lengths); i++) {
		monclient_command_options_t o = {.struct_size = sizeof(o), .input = "x", .input_len = lengths[i]};

#define TOOBIG(call, name) CHECK_ERROR(call, MONCLIENT_E2BIG, name)
		TOOBIG(monclient_config_set_keyring(w.config, "x", lengths[i]), "text");
		TOOBIG(monclient_config_set_monmap(w.config, "x", lengths[i]), "data");
		TOOBIG(monclient_command(w.client, FSID, &o, &reply), "input");
		TOOBIG(monclient_command_async(w.client, FSID, &o, sink(), NULL), "input");
		DESTROYED();
		o.input = NULL;
		o.input_len = 1;
		CHECK_ERROR(monclient_command(w.client, FSID, &o, &reply), MONCLIENT_EINVAL, "input");
		CHECK_ERROR(monclient_command_async(w.client, FSID, &o, sink(), NULL), MONCLIENT_EINVAL, "input");
		DESTROYED();
	}
	if (!slow()) { /* each reads 256 MiB */
		TOOBIG(monclient_config_set(w.config, t, "x"), "option");
		TOOBIG(monclient_config_set(w.config, "mon_host", t), "value");
		TOOBIG(monclient_config_get(w.config, t, &value), "option");
		TOOBIG(monclient_config_read_file(w.config, t), "path");
		TOOBIG(monclient_config_parse_argv(w.config, 1, &t, NULL, NULL), "argv");
		TOOBIG(monclient_set_key(w.client, t), "key");
		TOOBIG(monclient_command_async(w.client, t, NULL, sink(), NULL), "cmd");
		TOOBIG(monclient_get_version(w.client, t, 0, &u, NULL), "what");
		TOOBIG(monclient_get_version_async(w.client, t, 0, sink(), NULL), "what");
		TOOBIG(monclient_wait_for_map(w.client, t, 0, 0, NULL), "what");
		TOOBIG(monclient_wait_for_map_async(w.client, t, 0, 0, sink(), NULL), "what");
		TOOBIG(monclient_subscribe(w.client, t, 0, 0, sink(), &sub), "what");
	}
	TOOBIG(monclient_command(w.client, t, NULL, &reply), "cmd");
	DESTROYED();
	world_end(&w);
}

/* ---- Numbers ---- */

static void numbers(void)
{
	static const int32_t bad[] = {-2, -1000, INT32_MIN, INT32_MIN + 1};
	static const int32_t good[] = {0, 1000000, INT32_MAX, MONCLIENT_FOREVER};
	struct world w;
	monclient_queue_t queue;
	monclient_event_t *e;
	monclient_reply_t *reply;
	monclient_sub_t sub;
	monclient_t client;
	uint64_t u;
	uint32_t n, flag;
	size_t i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < COUNT(bad); i++) {
		monclient_command_options_t o = {.struct_size = sizeof(o), .timeout_ms = bad[i]};
		monclient_connect_options_t c = {.struct_size = sizeof(c), .timeout_ms = bad[i]};

		CHECK_ERROR(monclient_command(w.client, FSID, &o, &reply), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_command_async(w.client, FSID, &o, sink(), NULL), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_connect(w.config, &c, &client), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_connect_async(w.config, &c, sink(), NULL), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_get_version(w.client, "osdmap", bad[i], &u, NULL), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_get_version_async(w.client, "osdmap", bad[i], sink(), NULL), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_wait_for_map(w.client, "osdmap", 0, bad[i], NULL), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_wait_for_map_async(w.client, "osdmap", 0, bad[i], sink(), NULL), MONCLIENT_EINVAL, "timeout_ms");
		CHECK_ERROR(monclient_queue_poll(queue, &e, 1, bad[i], &n), MONCLIENT_EINVAL, "timeout_ms");
		DESTROYED();
	}
	for (i = 0; i < COUNT(good); i++) {
		monclient_command_options_t o = {.struct_size = sizeof(o), .timeout_ms = good[i]};

		CHECK_OK(monclient_command(w.client, FSID, &o, &reply));
		monclient_reply_free(reply);
		CHECK_OK(monclient_get_version(w.client, "osdmap", good[i], &u, NULL));
		CHECK_OK(monclient_wait_for_map(w.client, "osdmap", 0, good[i], NULL));
	}
	for (flag = 8; flag; flag <<= 1) {
		CHECK_ERROR(monclient_subscribe(w.client, "mgrmap", 0, flag, sink(), &sub), MONCLIENT_EINVAL, "flags");
		CHECK_ERROR(monclient_subscribe(w.client, "mgrmap", 0, flag | 7, sink(), &sub), MONCLIENT_EINVAL, "flags");
		DESTROYED();
	}
	CHECK_ERROR(monclient_queue_poll(queue, &e, 0, 0, &n), MONCLIENT_EINVAL, "max");
	CHECK_ERROR(monclient_config_parse_argv(w.config, -1, (const char *const[]){"x"}, NULL, NULL), MONCLIENT_EINVAL, "argc");
	CHECK_ERROR(monclient_config_parse_argv(w.config, INT_MIN, NULL, NULL, NULL), MONCLIENT_EINVAL, "argc");
	CHECK_ERROR(monclient_set_log_level(w.client, 5), MONCLIENT_EINVAL, "level");
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* Bad use does not change what was there. */
static void empty_texts(void)
{
	struct world w;
	monclient_reply_t *reply;
	char *value;

	world_open(&w, 1);
	CHECK_STATUS(monclient_config_set(w.config, "", ""), MONCLIENT_ENOENT);
	CHECK_STATUS(monclient_config_get(w.config, "", &value), MONCLIENT_ENOENT);
	CHECK_ERROR(monclient_config_read_file(w.config, ""), MONCLIENT_EINVAL, "path");
	CHECK_ERROR(monclient_command(w.client, "", NULL, &reply), MONCLIENT_EINVAL, "cmd");
	CHECK_OK(monclient_config_parse_argv(w.config, 1, (const char *const[]){""}, NULL, NULL));
	CHECK_STATUS(monclient_config_set_monmap(w.config, "", 0), MONCLIENT_EPROTO);
	status_ok(w.client);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(handles),
	TEST(texts_for_handles),
	TEST(null_pointers),
	TEST(structures),
	TEST(newer_sinks_are_destroyed),
	TEST(sinks),
	TEST(no_utf8),
	TEST(too_long),
	TEST(numbers),
	TEST(empty_texts),
};
MAIN(tests)
