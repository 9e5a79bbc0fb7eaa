/* Commands, versions, waiting for maps, and what the client knows by itself. */
#include <limits.h>

#include "check.h"

#define STATUS "{\"prefix\": \"status\"}"

/* ---- What the client knows ---- */

static void identity(void)
{
	struct world w;
	char fsid[64], small[MONCLIENT_FSID_SIZE - 1], *json;
	monclient_reply_t *reply;
	uint64_t id = 0, again = 0;
	void *map, *theirs;
	size_t len, theirs_len;
	int i;

	world_open(&w, 3);
	CHECK_OK(monclient_fsid(w.client, fsid, MONCLIENT_FSID_SIZE));
	CHECK_UINT(strlen(fsid), MONCLIENT_FSID_SIZE - 1);
	CHECK_OK(monclient_fsid(w.client, fsid, sizeof(fsid)));
	reply = command_ok(w.client, "{\"prefix\": \"fsid\"}");
	CHECK_UINT(reply->output_len, strlen(fsid) + 1); /* and a line break */
	CHECK(memcmp(reply->output, fsid, strlen(fsid)) == 0);
	monclient_reply_free(reply);

	memset(small, 'x', sizeof(small));
	CHECK_ERROR(monclient_fsid(w.client, small, sizeof(small)), MONCLIENT_ERANGE, "buf");
	CHECK_INT(small[0], 0);
	CHECK_INT(small[1], 'x');
	CHECK_STATUS(monclient_fsid(w.client, small, 0), MONCLIENT_ERANGE);

	CHECK_OK(monclient_global_id(w.client, &id));
	CHECK(id > 0);
	CHECK_OK(monclient_global_id(w.client, &again));
	CHECK_UINT(again, id);

	CHECK_OK(monclient_monmap_json(w.client, &json));
	CHECK_JSON(json, "fsid", fsid);
	CHECK_JSON(json, "epoch", "1");
	for (i = 0; i < 3; i++) {
		char path[32], name[2] = {(char)('a' + i), 0};

		snprintf(path, sizeof(path), "mons/%d/name", i);
		CHECK_JSON(json, path, name);
	}
	CHECK(json_get(json, "mons/3") == NULL);
	CHECK(json_get(json, "quorum") == NULL);
	monclient_free(json);

	CHECK_OK(monclient_monmap(w.client, &map, &len));
	reply = command_ok(w.client, "{\"prefix\": \"mon getmap\"}");
	theirs = malloc(reply->output_len);
	theirs_len = reply->output_len;
	CHECK(theirs);
	memcpy(theirs, reply->output, theirs_len);
	monclient_reply_free(reply);
	CHECK_UINT(len, theirs_len);
	CHECK(memcmp(map, theirs, len) == 0);
	free(theirs);
	monclient_free(map);
	world_end(&w);
}

/* Every member that "mon dump" has but for those of the quorum. */
static void monmap_json_like_mon_dump(void)
{
	static const char *const members[] = {"epoch", "fsid", "modified", "created", "min_mon_release", "min_mon_release_name",
		"election_strategy", "features/persistent/0", "mons/0/rank", "mons/0/name", "mons/0/public_addrs/addrvec/0/type", "mons/2/public_addr"};
	struct world w;
	monclient_reply_t *reply;
	char *json;
	size_t i;

	world_open(&w, 3);
	CHECK_OK(monclient_monmap_json(w.client, &json));
	reply = command_ok(w.client, "{\"prefix\": \"mon dump\", \"format\": \"json\"}");
	for (i = 0; i < COUNT(members); i++) {
		char *ours = json_get(json, members[i]), *theirs = json_get(reply->output, members[i]);

		if (!theirs || !ours)
			FAIL("%s: the monitors have %s, the library has %s", members[i], theirs ? theirs : "none", ours ? ours : "none");
		CHECK_STR(ours, theirs);
		free(ours);
		free(theirs);
	}
	monclient_reply_free(reply);
	monclient_free(json);
	world_end(&w);
}

static void session_state(void)
{
	struct world w;
	monclient_session_t *s = NULL, *s2;
	char mon[16];
	int fd;

	world_open(&w, 3);
	CHECK_OK(monclient_session(w.client, &s));
	CHECK(strlen(s->mon) == 1 && s->mon[0] >= 'a' && s->mon[0] <= 'c');
	CHECK_INT(s->rank, s->mon[0] - 'a');
	CHECK_HAS(s->addr, "v2:192.0.2.");
	CHECK(*s->local_addr);
	CHECK_STR(s->mode, "secure");
	CHECK(s->features != 0);
	CHECK(s->since_ns > 1600000000000000000LL);
	CHECK_UINT(s->reserved, 0);

	/* It is a copy. */
	CHECK_OK(monclient_session(w.client, &s2));
	CHECK(s2 != s && s2->mon != s->mon);
	CHECK_STR(s2->mon, s->mon);
	monclient_session_free(s2);

	snprintf(mon, sizeof(mon), "%s", s->mon);
	world_do(&w, "kill a");
	world_do(&w, "kill b");
	world_do(&w, "kill c");
	UNTIL((fd = monclient_session(w.client, &s2)) != MONCLIENT_OK || (monclient_session_free(s2), false));
	CHECK_STATUS(monclient_session(w.client, &s2), MONCLIENT_ENOTCONN);
	CHECK(!s2);
	CHECK(*monclient_last_error());
	world_end(&w);
	CHECK_STR(s->mon, mon); /* it outlives its client */
	monclient_session_free(s);
}

static void crc_mode(void)
{
	struct world w;
	monclient_session_t *s;

	world_start(&w, 1);
	CHECK_OK(monclient_config_set(w.config, "ms_mon_client_mode", "crc"));
	world_connect(&w);
	CHECK_OK(monclient_session(w.client, &s));
	CHECK_STR(s->mode, "crc");
	monclient_session_free(s);
	world_end(&w);
}

/* ---- Replies ---- */

static void fill(unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (unsigned char)(i * 2654435761u >> 13);
}

/* Binary values of all sizes go in, and come out as they were. */
static void inputs_and_outputs(void)
{
	static const size_t sizes[] = {0, 1, 2, 3000, 4096, 65536};
	struct world w;
	unsigned char *in = malloc(65536);
	size_t i;

	CHECK(in);
	fill(in, 65536);
	world_open(&w, 1);
	for (i = 0; i < COUNT(sizes); i++) {
		monclient_reply_t *reply = command_with(w.client, "{\"prefix\": \"config-key set\", \"key\": \"k\"}", in, sizes[i]);

		CHECK_INT(reply->retval, 0);
		CHECK_STR(reply->status, "set k");
		CHECK_UINT(reply->output_len, 0);
		CHECK_STR(reply->output, "");
		CHECK_UINT(reply->resent, 0);
		monclient_reply_free(reply);
		reply = command_ok(w.client, "{\"prefix\": \"config-key get\", \"key\": \"k\"}");
		CHECK_UINT(reply->output_len, sizes[i]);
		CHECK(memcmp(reply->output, in, sizes[i]) == 0);
		monclient_reply_free(reply);
	}
	free(in);
	world_end(&w);
}

/* 9 MiB in: the monitors say no. 100 KB and 9 MiB out: all values of the store. */
static void large_inputs_and_outputs(void)
{
	enum { VALUE = 65536, VALUES = 150, LARGE = 9 << 20 };
	struct world w;
	monclient_reply_t *reply, *kept;
	char cmd[128], *value = malloc(VALUE), *large = malloc(LARGE), *got;
	int i, n, values = slow() ? 12 : VALUES;

	CHECK(value && large);
	memset(value, 'v', VALUE);
	fill((unsigned char *)large, LARGE);
	world_open(&w, 1);
	reply = command_with(w.client, "{\"prefix\": \"config-key set\", \"key\": \"k\"}", large, LARGE);
	CHECK_INT(reply->retval, -EFBIG);
	CHECK_HAS(reply->status, "limited to 65536");
	CHECK_UINT(reply->output_len, 0);
	monclient_reply_free(reply);

	for (i = 0; i < values; i++) {
		snprintf(cmd, sizeof(cmd), "{\"prefix\": \"config-key set\", \"key\": \"big/%03d\"}", i);
		memcpy(value, cmd + 36, 8);
		reply = command_with(w.client, cmd, value, VALUE);
		CHECK_INT(reply->retval, 0);
		monclient_reply_free(reply);
	}
	/* big/00x: about 650 KB, big/: more than 9 MiB. */
	for (n = 0; n < 2; n++) {
		snprintf(cmd, sizeof(cmd), "{\"prefix\": \"config-key dump\", \"key\": \"big/%s\"}", n ? "" : "00");
		reply = command_ok(w.client, cmd);
		CHECK(reply->output_len > (n && !slow() ? (uint64_t)LARGE : 10 * VALUE));
		got = json_get(reply->output, n ? "big" : "no such key");
		CHECK(!got);
		monclient_reply_free(reply);
	}
	/* What was received lives as long as it is kept, whatever happens meanwhile. */
	kept = command_ok(w.client, cmd);
	got = malloc(kept->output_len + 1);
	CHECK(got);
	memcpy(got, kept->output, kept->output_len + 1);
	for (i = 0; i < loops(20); i++)
		status_ok(w.client);
	CHECK_OK(monclienttest_gc());
	world_end(&w);
	CHECK_OK(monclienttest_gc());
	CHECK(memcmp(got, kept->output, kept->output_len + 1) == 0);
	monclient_reply_free(kept);
	free(got);
	free(value);
	free(large);
}

static void hundred_kilobytes(void)
{
	struct world w;
	char value[50000];
	monclient_reply_t *reply;
	int i;

	memset(value, 'x', sizeof(value));
	world_open(&w, 1);
	for (i = 0; i < 2; i++)
		monclient_reply_free(command_with(w.client, i ? "{\"prefix\": \"config-key set\", \"key\": \"k1\"}" : "{\"prefix\": \"config-key set\", \"key\": \"k2\"}",
		                                  value, sizeof(value)));
	reply = command_ok(w.client, "{\"prefix\": \"config-key dump\", \"format\": \"json\"}");
	CHECK(reply->output_len > 100000 && reply->output_len < 101000);
	{
		char *k1 = json_get(reply->output, "k1");

		CHECK(k1 && strlen(k1) == sizeof(value) && k1[49999] == 'x');
		free(k1);
	}
	monclient_reply_free(reply);
	world_end(&w);
}

static void negative_answers(void)
{
	static const struct {
		const char *cmd;
		int retval;
		const char *status;
	} no[] = {
		{"{\"prefix\": \"config-key get\", \"key\": \"nothing\"}", -ENOENT, ""},
		{"{\"prefix\": \"no such command\"}", -EINVAL, ""},
		{"{\"prefix\": \"config-key exists\", \"key\": \"nothing\"}", -ENOENT, "key 'nothing' doesn't exist"},
		{"no JSON", -EINVAL, "JSON"},
		{"{}", -EINVAL, "prefix"},
		{"{\"prefix\": \"config set\", \"who\": \"gl\xc3\xb6" "bal\", \"name\": \"a\", \"value\": \"b\"}", -EINVAL, "gl\xc3\xb6" "bal"},
	};
	struct world w;
	size_t i;

	world_open(&w, 1);
	for (i = 0; i < COUNT(no); i++) {
		monclient_reply_t *reply;

		/* The library did what it was asked. */
		CHECK_OK(monclient_command(w.client, no[i].cmd, NULL, &reply));
		CHECK_INT(reply->retval, no[i].retval);
		CHECK_HAS(reply->status, no[i].status);
		CHECK_UINT(reply->output_len, 0);
		CHECK_STR(reply->output, "");
		monclient_reply_free(reply);
	}
	world_end(&w);
}

static void utf8(void)
{
	static const char text[] = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x99";
	struct world w;
	monclient_reply_t *reply;
	char cmd[128];

	world_open(&w, 1);
	snprintf(cmd, sizeof(cmd), "{\"prefix\": \"config-key set\", \"key\": \"%s\", \"val\": \"%s\"}", text, text);
	reply = command_ok(w.client, cmd);
	CHECK_HAS(reply->status, text);
	monclient_reply_free(reply);
	reply = command_ok(w.client, "{\"prefix\": \"config-key ls\", \"format\": \"json\"}");
	CHECK_JSON(reply->output, "0", text);
	monclient_reply_free(reply);
	world_end(&w);
}

/* ---- Asynchronous ---- */

static void async_command(void)
{
	struct world w;
	struct recorder r;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_op_t op;
	monclient_event_t *e;
	monclient_command_options_t o = {.struct_size = sizeof(o)};
	char cmd[] = "{\"prefix\": \"config-key set\", \"key\": \"k\"}", input[] = "value";

	world_open(&w, 1);
	/* To a queue; nothing that was given is retained. */
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, cmd);
	o.input = input;
	o.input_len = 5;
	CHECK_OK(monclient_command_async(w.client, cmd, &o, &sink, &op));
	CHECK_UINT(op & 0xff, MONCLIENT_KIND_OP);
	memset(cmd, 'x', sizeof(cmd) - 1);
	memset(input, 'x', sizeof(input) - 1);
	memset(&o, 0xee, sizeof(o));
	memset(&sink, 0xee, sizeof(sink));
	e = queue_take(queue);
	CHECK_UINT(e->type, MONCLIENT_EVENT_COMMAND);
	CHECK_UINT(e->flags, MONCLIENT_EVENT_LAST);
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_UINT(e->source, op);
	CHECK_UINT(e->client, w.client);
	CHECK(e->userdata == cmd);
	CHECK(!e->error);
	CHECK_INT(e->reply->retval, 0);
	CHECK_STR(e->reply->status, "set k");
	CHECK_UINT(e->reply->output_len, 0);
	monclient_event_free(e);
	CHECK_STATUS(monclient_op_cancel(op), MONCLIENT_EBADHANDLE);

	/* To a callback, without op. */
	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, "{\"prefix\": \"config-key get\", \"key\": \"k\"}", NULL, &sink, NULL));
	CHECK_STR(recorder_wait(&r, 0)->reply->output, "value");
	CHECK_UINT(recorder_wait(&r, 0)->reply->output_len, 5);
	recorder_end(&r);

	/* What the monitors refuse is an answer as well. */
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_command_async(w.client, "{\"prefix\": \"no such command\"}", NULL, &sink, NULL));
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_INT(e->reply->retval, -EINVAL);
	monclient_event_free(e);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void timeouts(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_op_t op;
	monclient_command_options_t o = {.struct_size = sizeof(o), .timeout_ms = 50};
	monclient_reply_t *reply = (monclient_reply_t *)1;
	uint64_t a = 1, b = 1;
	const monclient_event_t *e;

	world_open(&w, 1);
	world_do(&w, "lose-quorum");
	CHECK_ERROR(monclient_command(w.client, STATUS, &o, &reply), MONCLIENT_ETIMEDOUT, "status");
	CHECK(!reply);
	CHECK_ERROR(monclient_get_version(w.client, "osdmap", 50, &a, &b), MONCLIENT_ETIMEDOUT, "osdmap");
	CHECK(a == 0 && b == 0);
	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_command_async(w.client, STATUS, &o, &sink, &op));
	e = recorder_wait(&r, 0);
	CHECK_INT(e->status, MONCLIENT_ETIMEDOUT);
	CHECK_UINT(e->source, op);
	CHECK_HAS(e->error, "status");
	CHECK(!e->reply);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_get_version_async(w.client, "osdmap", 50, &sink, &op));
	CHECK_INT(recorder_wait(&r, 1)->status, MONCLIENT_ETIMEDOUT);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", 1000, 50, &sink, &op));
	CHECK_INT(recorder_wait(&r, 2)->status, MONCLIENT_ETIMEDOUT);
	a = 1;
	CHECK_ERROR(monclient_wait_for_map(w.client, "osdmap", 1000, 50, &a), MONCLIENT_ETIMEDOUT, "osdmap");
	CHECK_UINT(a, 0);
	world_do(&w, "restore-quorum");
	o.timeout_ms = MONCLIENT_FOREVER;
	CHECK_OK(monclient_command(w.client, STATUS, &o, &reply));
	monclient_reply_free(reply);
	o.timeout_ms = INT_MAX;
	CHECK_OK(monclient_command(w.client, STATUS, &o, &reply));
	monclient_reply_free(reply);
	recorder_end(&r);
	world_end(&w);
}

/* The option is the default. */
static void timeout_of_the_configuration(void)
{
	struct world w;
	monclient_reply_t *reply;

	world_start(&w, 1);
	CHECK_OK(monclient_config_set(w.config, "rados_mon_op_timeout", "1"));
	world_connect(&w);
	world_do(&w, "lose-quorum");
	CHECK_ERROR(monclient_command(w.client, STATUS, NULL, &reply), MONCLIENT_ETIMEDOUT, "");
	world_end(&w);
}

static void cancel(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_op_t ops[4];
	monclient_event_t *e;
	uint32_t n;
	int i;

	world_open(&w, 1);
	world_do(&w, "lose-quorum");
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_command_async(w.client, STATUS, NULL, &sink, &ops[0]));
	CHECK_OK(monclient_get_version_async(w.client, "osdmap", 0, &sink, &ops[1]));
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", 1000, 0, &sink, &ops[2]));
	CHECK_OK(monclient_command_async(w.client, STATUS, NULL, &sink, &ops[3]));
	CHECK_UINT(counters().operations, 4);
	for (i = 0; i < 3; i++) {
		CHECK_OK(monclient_op_cancel(ops[i]));
		e = queue_take(queue);
		CHECK_UINT(e->source, ops[i]);
		CHECK_INT(e->status, MONCLIENT_ECANCELED);
		CHECK_UINT(e->type, i == 0 ? MONCLIENT_EVENT_COMMAND : i == 1 ? MONCLIENT_EVENT_VERSION : MONCLIENT_EVENT_WAIT);
		CHECK(e->error && *e->error);
		CHECK(!e->reply);
		monclient_event_free(e);
		CHECK_ERROR(monclient_op_cancel(ops[i]), MONCLIENT_EBADHANDLE, "op");
	}
	world_do(&w, "restore-quorum");
	e = queue_take(queue);
	CHECK_UINT(e->source, ops[3]);
	CHECK_INT(e->status, MONCLIENT_OK);
	monclient_event_free(e);
	/* One event each. */
	CHECK_OK(monclient_queue_poll(queue, &e, 1, 20, &n));
	CHECK_UINT(n, 0);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* A command whose session is lost is sent again. */
static void resent(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	const monclient_event_t *e;
	char mon[16];

	world_open(&w, 3);
	world_mon(&w, mon);
	recorder_init(&r);
	sink = recorder_sink(&r);
	world_do(&w, "drop-replies");
	CHECK_OK(monclient_command_async(w.client, STATUS, NULL, &sink, NULL));
	world_do(&w, "await-dropped");
	world_do(&w, "answer-replies");
	world_do(&w, "kill %s", mon);
	e = recorder_wait(&r, 0);
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_INT(e->reply->retval, 0);
	CHECK_UINT(e->reply->resent, 1);
	recorder_end(&r);
	world_end(&w);
}

struct waiting {
	monclient_t client;
	int rc;
};

static void *wait_for_status(void *arg)
{
	struct waiting *x = arg;
	monclient_reply_t *reply = (monclient_reply_t *)1;

	x->rc = monclient_command(x->client, STATUS, NULL, &reply);
	if (x->rc != MONCLIENT_OK)
		CHECK(!reply && *monclient_last_error());
	else
		monclient_reply_free(reply);
	return NULL;
}

static void *wait_for_version(void *arg)
{
	struct waiting *x = arg;
	uint64_t v;

	x->rc = monclient_get_version(x->client, "osdmap", 0, &v, NULL);
	return NULL;
}

static void *wait_for_map(void *arg)
{
	struct waiting *x = arg;

	x->rc = monclient_wait_for_map(x->client, "osdmap", 1000, 0, NULL);
	return NULL;
}

/* Calls that wait end when the client is closed. */
static void close_ends_calls(void)
{
	static void *(*const calls[])(void *) = {wait_for_status, wait_for_version, wait_for_map};
	struct world w;
	struct waiting waiting[COUNT(calls)];
	pthread_t t[COUNT(calls)];
	size_t i;

	world_open(&w, 1);
	world_do(&w, "lose-quorum");
	for (i = 0; i < COUNT(calls); i++) {
		waiting[i] = (struct waiting){w.client, 1};
		thread_start(&t[i], calls[i], &waiting[i]);
	}
	/* Waiting calls are counted as operations or not; that a little time passes is all that is needed. */
	poll(NULL, 0, 20);
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	for (i = 0; i < COUNT(calls); i++) {
		thread_join(t[i]);
		if (waiting[i].rc != MONCLIENT_ECLOSED && waiting[i].rc != MONCLIENT_EBADHANDLE)
			FAIL("call %zu returned %d", i, waiting[i].rc);
	}
	world_end(&w);
}

static void many_commands(void)
{
	enum { N = 3000 };
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_event_t *events[64];
	uint32_t n, k;
	int i, sent = loops(N), got = 0;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	for (i = 0; i < sent; i++)
		CHECK_OK(monclient_command_async(w.client, "{\"prefix\": \"fsid\"}", NULL, &sink, NULL));
	while (got < sent) {
		CHECK_OK(monclient_queue_poll(queue, events, COUNT(events), (int32_t)patience_ms(), &n));
		CHECK(n > 0);
		for (k = 0; k < n; k++) {
			CHECK_INT(events[k]->status, MONCLIENT_OK);
			CHECK_UINT(events[k]->missed, 0);
			monclient_event_free(events[k]);
		}
		got += (int)n;
	}
	CHECK_INT(got, sent);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* ---- Versions ---- */

static void versions(void)
{
	static const char *const maps[] = {"monmap", "osdmap", "fsmap", "mdsmap"};
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_op_t op;
	const monclient_event_t *e;
	uint64_t newest, oldest, next;
	size_t i;

	world_open(&w, 1);
	recorder_init(&r);
	for (i = 0; i < COUNT(maps); i++) {
		newest = oldest = 0;
		CHECK_OK(monclient_get_version(w.client, maps[i], 0, &newest, &oldest));
		CHECK(newest >= oldest && newest > 0);
		CHECK_OK(monclient_get_version(w.client, maps[i], MONCLIENT_FOREVER, &next, NULL));
		CHECK_UINT(next, newest);
		sink = recorder_sink(&r);
		CHECK_OK(monclient_get_version_async(w.client, maps[i], 10000, &sink, &op));
		e = recorder_wait(&r, i);
		CHECK_UINT(e->type, MONCLIENT_EVENT_VERSION);
		CHECK_UINT(e->flags, MONCLIENT_EVENT_LAST);
		CHECK_UINT(e->source, op);
		CHECK_UINT(e->epoch, newest);
		CHECK_UINT(e->oldest, oldest);
	}
	CHECK_OK(monclient_get_version(w.client, "osdmap", 0, &newest, NULL));
	world_do(&w, "osdmap");
	CHECK_OK(monclient_get_version(w.client, "osdmap", 0, &next, NULL));
	CHECK_UINT(next, newest + 1);

	newest = oldest = 1;
	CHECK_ERROR(monclient_get_version(w.client, "mgrmap", 0, &newest, &oldest), MONCLIENT_EINVAL, "mgrmap");
	CHECK(newest == 0 && oldest == 0);
	CHECK_ERROR(monclient_get_version(w.client, "", 0, &newest, &oldest), MONCLIENT_EINVAL, "");
	sink = recorder_sink(&r);
	CHECK_ERROR(monclient_get_version_async(w.client, "nonsense", 0, &sink, &op), MONCLIENT_EINVAL, "nonsense");
	CHECK_UINT(op, 0);
	recorder_end(&r);
	world_end(&w);
}

static void waiting_for_maps(void)
{
	static const char *const maps[] = {"monmap", "osdmap", "mgrmap", "fsmap", "servicemap"};
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_op_t op;
	const monclient_event_t *e;
	uint64_t epoch, got;
	size_t i;

	world_open(&w, 1);
	recorder_init(&r);
	for (i = 0; i < COUNT(maps); i++) {
		if (strcmp(maps[i], "monmap") == 0) /* the client has it, and it comes when it changes */
			continue;
		got = 0;
		CHECK_OK(monclient_wait_for_map(w.client, maps[i], 0, 0, &got));
		CHECK(got > 0);
		CHECK_OK(monclient_wait_for_map(w.client, maps[i], 1, MONCLIENT_FOREVER, NULL));
	}
	CHECK_OK(monclient_wait_for_map(w.client, "monmap", 1, 0, &got));
	CHECK_UINT(got, 1);

	CHECK_OK(monclient_get_version(w.client, "osdmap", 0, &epoch, NULL));
	sink = recorder_sink(&r);
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", epoch, 0, &sink, &op));
	e = recorder_wait(&r, 0);
	CHECK_UINT(e->type, MONCLIENT_EVENT_WAIT);
	CHECK_UINT(e->source, op);
	CHECK_UINT(e->epoch, epoch);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_wait_for_map_async(w.client, "osdmap", epoch + 2, 0, &sink, &op));
	world_do(&w, "osdmap");
	status_ok(w.client);
	CHECK_UINT(recorder_count(&r), 1);
	world_do(&w, "osdmap");
	CHECK(recorder_wait(&r, 1)->epoch >= epoch + 2);

	got = 1;
	CHECK_ERROR(monclient_wait_for_map(w.client, "config", 0, 0, &got), MONCLIENT_EINVAL, "config");
	CHECK_UINT(got, 0);
	sink = recorder_sink(&r);
	op = 1;
	CHECK_ERROR(monclient_wait_for_map_async(w.client, "config", 0, 0, &sink, &op), MONCLIENT_EINVAL, "config");
	CHECK_UINT(op, 0);
	recorder_end(&r);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(identity),
	TEST(monmap_json_like_mon_dump),
	TEST(session_state),
	TEST(crc_mode),
	TEST(inputs_and_outputs),
	TEST(large_inputs_and_outputs),
	TEST(hundred_kilobytes),
	TEST(negative_answers),
	TEST(utf8),
	TEST(async_command),
	TEST(timeouts),
	TEST(timeout_of_the_configuration),
	TEST(cancel),
	TEST(resent),
	TEST(close_ends_calls),
	TEST(many_commands),
	TEST(versions),
	TEST(waiting_for_maps),
};
MAIN(tests)
