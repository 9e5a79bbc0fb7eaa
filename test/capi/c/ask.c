/* Questions with an answer in JSON or a number; commands for single daemons; values of maps. */
#include "check.h"

static char *asked; /* the JSON of the last question */
static char *none;  /* where none is to come */

/* ASKED asks and keeps the answer until the next time. */
#define ASKED(call)                  \
	do {                         \
		monclient_free(asked); \
		asked = NULL;        \
		CHECK_OK(call);      \
		CHECK(asked);        \
	} while (0)

static void forget(void)
{
	monclient_free(asked);
	asked = NULL;
}

/* result_of waits for the one event of an asynchronous question, which must have gone well. */
static monclient_event_t *result_of(monclient_queue_t queue, int status)
{
	monclient_event_t *e = queue_take(queue);

	CHECK_INT(e->status, status);
	CHECK_UINT(e->type, MONCLIENT_EVENT_RESULT);
	CHECK(e->flags & MONCLIENT_EVENT_LAST);
	return e;
}

/* CHECK_RESULT compares a member of the JSON that a question gives through a queue. */
#define CHECK_RESULT(call, path, want)                                \
	do {                                                          \
		monclient_event_t *e_;                                \
		CHECK_OK(call);                                       \
		e_ = result_of(queue, MONCLIENT_OK);                  \
		CHECK_UINT(e_->flags, MONCLIENT_EVENT_LAST | MONCLIENT_EVENT_JSON); \
		CHECK_UINT(strlen(e_->data), e_->data_len);           \
		CHECK_JSON(e_->data, path, want);                     \
		monclient_event_free(e_);                             \
	} while (0)

/* CHECK_DONE waits for a question without an answer, or with a number. */
#define CHECK_DONE(call, number)                                \
	do {                                                    \
		monclient_event_t *e_;                          \
		CHECK_OK(call);                                 \
		e_ = result_of(queue, MONCLIENT_OK);            \
		CHECK_UINT(e_->flags, MONCLIENT_EVENT_LAST);    \
		CHECK_UINT(e_->epoch, number);                  \
		CHECK(!e_->data && e_->data_len == 0);          \
		monclient_event_free(e_);                       \
	} while (0)

static void pings(void)
{
	struct world w;
	char *text;
	monclient_queue_t queue;
	monclient_sink_t sink;

	world_open(&w, 3);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	ASKED(monclient_ping(w.client, "b", 0, &asked));
	CHECK_JSON(asked, "mon", "b");
	text = json_get(asked, "reply/mon_status/name");
	CHECK_STR(text, "b");
	free(text);
	ASKED(monclient_ping(w.client, "2", 5000, &asked));
	CHECK_JSON(asked, "mon", "c");
	ASKED(monclient_config_ping(w.config, "a", MONCLIENT_FOREVER, &asked));
	CHECK_JSON(asked, "mon", "a");
	CHECK_RESULT(monclient_ping_async(w.client, "c", 0, &sink, NULL), "mon", "c");
	CHECK_RESULT(monclient_config_ping_async(w.config, "c", 0, &sink, NULL), "mon", "c");

	CHECK_ERROR(monclient_ping(w.client, "x", 0, &none), MONCLIENT_ENOENT, "x");
	CHECK_ERROR(monclient_config_ping(w.config, "x", 0, &none), MONCLIENT_ENOENT, "x");
	CHECK_STATUS(monclient_ping(w.client, "", 0, &none), MONCLIENT_EINVAL);
	world_do(&w, "freeze b");
	CHECK_STATUS(monclient_ping(w.client, "b", 50, &none), MONCLIENT_ETIMEDOUT);
	CHECK_STATUS(monclient_config_ping(w.config, "b", 50, &none), MONCLIENT_ETIMEDOUT);
	world_do(&w, "thaw b");
	forget();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void fetch(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	char fsid[MONCLIENT_FSID_SIZE], *value;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config set\", \"who\": \"client\", \"name\": \"rados_mon_op_timeout\", \"value\": \"33\"}"));
	ASKED(monclient_config_fetch(w.config, 0, &asked));
	CHECK_OK(monclient_fsid(w.client, fsid, sizeof(fsid)));
	CHECK_JSON(asked, "fsid", fsid);
	CHECK_JSON(asked, "options/rados_mon_op_timeout", "33");
	CHECK_OK(monclient_config_get(w.config, "rados_mon_op_timeout", &value));
	CHECK_STR(value, "33");
	monclient_free(value);
	/* What the program says goes above it. */
	CHECK_OK(monclient_config_set(w.config, "rados_mon_op_timeout", "5"));
	CHECK_OK(monclient_config_fetch(w.config, 0, NULL));
	CHECK_OK(monclient_config_get(w.config, "rados_mon_op_timeout", &value));
	CHECK_STR(value, "5");
	monclient_free(value);
	CHECK_RESULT(monclient_config_fetch_async(w.config, 0, &sink, NULL), "options/rados_mon_op_timeout", "33");
	forget();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void latest(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	uint64_t epoch, newest;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	world_do(&w, "osdmap");
	CHECK_OK(monclient_get_version(w.client, "osdmap", 0, &newest, NULL));
	CHECK_OK(monclient_latest(w.client, "osdmap", 0, &epoch));
	CHECK_UINT(epoch, newest);
	CHECK_OK(monclient_latest(w.client, "mgrmap", 0, NULL));
	CHECK_DONE(monclient_latest_async(w.client, "osdmap", 0, &sink, NULL), newest);
	CHECK_ERROR(monclient_latest(w.client, "nosuchmap", 0, &epoch), MONCLIENT_EINVAL, "nosuchmap");
	CHECK_UINT(epoch, 0);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void cluster_log(void)
{
	struct world w;
	monclient_queue_t queue, log;
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_event_t *e;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	CHECK_OK(monclient_queue_create(&log));
	sink = queue_sink(log, NULL);
	CHECK_OK(monclient_subscribe(w.client, "log-info", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_latest(w.client, "monmap", 0, NULL)); /* by now it is subscribed */
	CHECK_OK(monclient_log_write(w.client, "warn", NULL, "the first"));
	CHECK_OK(monclient_log_write(w.client, "info", "audit", "the second"));
	CHECK_OK(monclient_log_flush(w.client, 0));
	CHECK_DONE(monclient_log_flush_async(w.client, 0, &sink, NULL), 0);
	do {
		e = queue_take(log);
		CHECK_UINT(e->type, MONCLIENT_EVENT_MAP);
		CHECK(e->flags & MONCLIENT_EVENT_JSON);
		if (strstr(e->data, "the second")) {
			CHECK_JSON(e->data, "channel", "audit");
			break;
		}
		monclient_event_free(e);
	} while (true);
	monclient_event_free(e);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_ERROR(monclient_log_write(w.client, "loud", NULL, "x"), MONCLIENT_EINVAL, "loud");
	CHECK_ERROR(monclient_log_write(w.client, NULL, NULL, "x"), MONCLIENT_EINVAL, "level is NULL");
	CHECK_ERROR(monclient_log_write(w.client, "info", NULL, NULL), MONCLIENT_EINVAL, "text is NULL");
	CHECK_ERROR(monclient_log_write(w.client, "info", NULL, "\xff"), MONCLIENT_EILSEQ, "text");
	CHECK_OK(monclient_queue_destroy(log));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* pool_id returns the id of a pool, -1 when there is none. */
static int64_t pool_id(monclient_t client, const char *name)
{
	char path[32], *text = NULL, *value;
	int64_t id = -1;
	int i;

	CHECK_OK(monclient_pools(client, 0, &text));
	for (i = 0; id < 0; i++) {
		snprintf(path, sizeof(path), "%d/name", i);
		value = json_get(text, path);
		if (!value)
			break;
		if (strcmp(value, name) == 0) {
			char *number;

			snprintf(path, sizeof(path), "%d/id", i);
			number = json_get(text, path);
			id = strtoll(number, NULL, 10);
			free(number);
		}
		free(value);
	}
	monclient_free(text);
	return id;
}

static void pools(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_pool_op_t op = {.struct_size = sizeof(op), .op = MONCLIENT_POOL_CREATE, .name = "books", .crush_rule = -1};
	const char *names[] = {"books", "nosuchpool"};
	uint64_t snap = 9, first;
	char *text;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_INT(pool_id(w.client, "books"), -1);
	CHECK_OK(monclient_pool_op(w.client, &op, 0, &snap));
	CHECK_UINT(snap, 0);
	CHECK(pool_id(w.client, "books") >= 0);
	CHECK_STATUS(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EEXIST);
	op.pool = pool_id(w.client, "books");

	ASKED(monclient_pool_stats(w.client, names, 1, 0, &asked));
	text = json_get(asked, "books/stat_sum/num_objects");
	CHECK(text);
	free(text);
	CHECK_ERROR(monclient_pool_stats(w.client, names, 2, 0, &none), MONCLIENT_ENOENT, "nosuchpool");
	ASKED(monclient_pool_stats(w.client, NULL, 0, 0, &asked));
	CHECK_RESULT(monclient_pool_stats_async(w.client, names, 1, 0, &sink, NULL), "books/stat_sum/num_objects", "0");
	CHECK_RESULT(monclient_cluster_stats_async(w.client, -1, 0, &sink, NULL), "num_objects", "0");
	ASKED(monclient_cluster_stats(w.client, -1, 0, &asked));
	text = json_get(asked, "kb_avail");
	CHECK(text);
	free(text);
	ASKED(monclient_cluster_stats(w.client, op.pool, 0, &asked));
	CHECK_STATUS(monclient_cluster_stats(w.client, 4711, 0, &none), MONCLIENT_ENOENT);

	op.op = MONCLIENT_POOL_SNAP_CREATE;
	op.name = "monday";
	CHECK_DONE(monclient_pool_op_async(w.client, &op, 0, &sink, NULL), 0);
	CHECK_STATUS(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EEXIST);
	op.op = MONCLIENT_POOL_SNAP_DELETE;
	CHECK_OK(monclient_pool_op(w.client, &op, 0, NULL));

	op.op = MONCLIENT_POOL_CREATE;
	op.name = "images";
	CHECK_DONE(monclient_pool_op_async(w.client, &op, 0, &sink, NULL), 0);
	op.pool = pool_id(w.client, "images");
	op.op = MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE;
	CHECK_OK(monclient_pool_op(w.client, &op, 0, &first));
	CHECK_DONE(monclient_pool_op_async(w.client, &op, 0, &sink, NULL), first + 1);
	op.op = MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE;
	op.snap = first;
	CHECK_OK(monclient_pool_op(w.client, &op, 0, NULL));
	op.op = MONCLIENT_POOL_DELETE;
	CHECK_STATUS(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EPERM); /* unless the monitors are told to allow it */
	op.pool = 4711;
	CHECK_STATUS(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_ENOENT);

	op.op = 7;
	CHECK_ERROR(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EINVAL, "op: op is 7");
	op.op = MONCLIENT_POOL_CREATE;
	op.name = NULL;
	CHECK_ERROR(monclient_pool_op_async(w.client, &op, 0, &sink, NULL), MONCLIENT_EINVAL, "op: name is NULL");
	op.name = "\xff";
	CHECK_ERROR(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EILSEQ, "op: name");
	op.reserved = 1;
	CHECK_ERROR(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EINVAL, "reserved");
	op.struct_size = 4;
	CHECK_ERROR(monclient_pool_op(w.client, &op, 0, NULL), MONCLIENT_EINVAL, "struct_size");
	CHECK_ERROR(monclient_pool_op(w.client, NULL, 0, NULL), MONCLIENT_EINVAL, "op is NULL");
	names[1] = NULL;
	CHECK_ERROR(monclient_pool_stats(w.client, names, 2, 0, &none), MONCLIENT_EINVAL, "names[1] is NULL");
	names[1] = "\xff";
	CHECK_ERROR(monclient_pool_stats(w.client, names, 2, 0, &none), MONCLIENT_EILSEQ, "names[1]");
	CHECK_ERROR(monclient_pool_stats(w.client, NULL, 2, 0, &none), MONCLIENT_EINVAL, "names is NULL");
	CHECK_ERROR(monclient_pool_stats(w.client, names, 70000, 0, &none), MONCLIENT_E2BIG, "count");
	forget();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void blocklist(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	char *addr = NULL, *text;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_addr(w.client, &addr));
	CHECK_HAS(addr, ":0/");
	CHECK_OK(monclient_blocklist_add(w.client, addr, 600, 0));
	ASKED(monclient_blocklist(w.client, 0, &asked));
	CHECK_JSON(asked, "0/addr", addr);
	text = json_get(asked, "0/until");
	CHECK(text && strtod(text, NULL) > 1e9);
	free(text);
	CHECK_DONE(monclient_blocklist_add_async(w.client, "10.0.0.1:0/123", 0, 0, &sink, NULL), 0);
	CHECK_DONE(monclient_blocklist_remove_async(w.client, "10.0.0.1:0/123", 0, &sink, NULL), 0);
	CHECK_OK(monclient_blocklist_remove(w.client, addr, 0));
	CHECK_OK(monclient_blocklist_async(w.client, 0, &sink, NULL));
	monclient_event_t *e = result_of(queue, MONCLIENT_OK);
	CHECK_STR(e->data, "[]");
	monclient_event_free(e);
	CHECK_ERROR(monclient_blocklist_add(w.client, "here", 0, 0), MONCLIENT_EINVAL, "here");
	CHECK_ERROR(monclient_blocklist_remove(w.client, "here", 0), MONCLIENT_EINVAL, "here");
	monclient_free(addr);
	forget();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void words(void)
{
	static const char *const good[] = {"osd", "pool", "create", "books", "8"};
	static const char *const bad[] = {"osd", "pool", "create", "books", "--pg_num", "many"};
	static const char *const unknown[] = {"osd", "tre"};
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	ASKED(monclient_command_parse(w.client, good, COUNT(good), 0, &asked));
	CHECK_JSON(asked, "prefix", "osd pool create");
	CHECK_JSON(asked, "pg_num", "8");
	monclient_reply_free(command_ok(w.client, asked));
	CHECK_RESULT(monclient_command_parse_async(w.client, good, 5, 0, &sink, NULL), "pool", "books");
	CHECK_ERROR(monclient_command_parse(w.client, bad, COUNT(bad), 0, &none), MONCLIENT_EINVAL, "many");
	CHECK_ERROR(monclient_command_parse(w.client, unknown, COUNT(unknown), 0, &none), MONCLIENT_EINVAL, "tre");
	CHECK_STATUS(monclient_command_parse(w.client, NULL, 0, 0, &none), MONCLIENT_EINVAL);
	forget();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* target_reply sends a command to a target; want is its status. */
static monclient_reply_t *target_reply(monclient_t client, const char *target, const char *cmd, int want)
{
	monclient_command_options_t o = {.struct_size = sizeof(o), .target = target};
	monclient_reply_t *reply;

	CHECK_STATUS(monclient_command(client, cmd, &o, &reply), want);
	return reply;
}

static void targets(void)
{
	static const char *const version = "{\"prefix\": \"version\"}";
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_reply_t *r;
	monclient_event_t *e;
	monclient_command_options_t o = {.struct_size = sizeof(o), .target = "mon.1"};
	char *text;

	world_open(&w, 3);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	r = target_reply(w.client, "mon.c", version, MONCLIENT_OK);
	CHECK_INT(r->retval, 0);
	CHECK_STR(r->mon, "c");
	CHECK_STR(r->sender, "mon.c");
	CHECK_HAS((const char *)r->output, "version");
	monclient_reply_free(r);
	CHECK_OK(monclient_command_async(w.client, version, &o, &sink, NULL));
	e = queue_take(queue);
	CHECK_UINT(e->type, MONCLIENT_EVENT_COMMAND);
	CHECK_STR(e->reply->sender, "mon.b");
	monclient_event_free(e);
	r = target_reply(w.client, "", version, MONCLIENT_OK);
	CHECK_INT(r->retval, MONCLIENT_OK);
	monclient_reply_free(r);
	CHECK(!target_reply(w.client, "mon.x", version, MONCLIENT_ENOENT));
	CHECK_HAS(monclient_last_error(), "x");
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT);
	CHECK(!target_reply(w.client, "mon.*", version, MONCLIENT_EINVAL));
	CHECK(!target_reply(w.client, "who", version, MONCLIENT_EINVAL));
	CHECK(!target_reply(w.client, "mon.\xff", version, MONCLIENT_EILSEQ));
	CHECK_HAS(monclient_last_error(), "options: target");
	CHECK_STATUS(monclient_mgr_json(w.client, &none), MONCLIENT_ENOTCONN);

	/* A reply that comes with the map that it is about. */
	o.target = NULL;
	o.barrier = "osdmap";
	CHECK_OK(monclient_command(w.client, "{\"prefix\": \"osd set\", \"key\": \"noout\"}", &o, &r));
	CHECK_INT(r->retval, 0);
	monclient_reply_free(r);
	o.barrier = "nosuchmap";
	CHECK_STATUS(monclient_command(w.client, version, &o, &r), MONCLIENT_EINVAL);
	CHECK(!r);

	ASKED(monclient_stats_json(w.client, &asked));
	text = json_get(asked, "sessions");
	CHECK(text);
	free(text);
	ASKED(monclient_options_json(w.client, &asked));
	CHECK_STR(asked, "[]"); /* none follows the monitors */
	forget();
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* values brings what maps say. */
static void values(void)
{
	static const char *const maps[] = {"monmap", "mgrmap", "fsmap", "servicemap", "osdmap", "config"};
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_event_t *e;
	size_t i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	for (i = 0; i < COUNT(maps); i++) {
		CHECK_OK(monclient_subscribe(w.client, maps[i], 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
		e = queue_take(queue);
		CHECK_UINT(e->type, MONCLIENT_EVENT_MAP);
		CHECK_STR(e->what, maps[i]);
		CHECK_UINT(e->flags & (MONCLIENT_EVENT_JSON | MONCLIENT_EVENT_SYNCED | MONCLIENT_EVENT_FULL),
		           MONCLIENT_EVENT_JSON | MONCLIENT_EVENT_SYNCED | MONCLIENT_EVENT_FULL);
		CHECK(((const char *)e->data)[0] == '{');
		monclient_event_free(e);
		CHECK_OK(monclient_unsubscribe(sub));
	}
	CHECK_OK(monclient_subscribe(w.client, "kv:shelf", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	monclient_event_free(queue_take(queue));
	monclient_reply_free(command_ok(w.client, "{\"prefix\": \"config-key set\", \"key\": \"shelf_a\", \"val\": \"one\"}"));
	e = queue_take(queue);
	CHECK_JSON(e->data, "set/shelf_a", "one");
	monclient_event_free(e);
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_STATUS(monclient_subscribe(w.client, "log-loud", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_subscribe(w.client, "nosuchmap", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub), MONCLIENT_EINVAL);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* What waits for a frozen quorum is canceled, times out, or ends with the client. */
static void ends(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_op_t op;
	monclient_event_t *e;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	world_do(&w, "freeze a");
	CHECK_OK(monclient_cluster_stats_async(w.client, -1, MONCLIENT_FOREVER, &sink, &op));
	CHECK(op != 0);
	CHECK_OK(monclient_op_cancel(op));
	monclient_event_free(result_of(queue, MONCLIENT_ECANCELED));
	CHECK_STATUS(monclient_op_cancel(op), MONCLIENT_EBADHANDLE);
	CHECK_OK(monclient_pools_async(w.client, 20, &sink, NULL));
	e = result_of(queue, MONCLIENT_ETIMEDOUT);
	CHECK(e->error);
	monclient_event_free(e);
	CHECK_STATUS(monclient_latest(w.client, "osdmap", 20, NULL), MONCLIENT_ETIMEDOUT);
	CHECK_OK(monclient_pools_async(w.client, MONCLIENT_FOREVER, &sink, NULL));
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	monclient_event_free(result_of(queue, MONCLIENT_ECLOSED));
	world_do(&w, "thaw a");
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* ask_here asks in a callback what would wait for it. */
static void ask_here(const monclient_event_t *event, struct recorder *r)
{
	struct world *w = r->context;
	char *json = NULL;
	uint64_t epoch;

	if (event->epoch == 0)
		return;
	CHECK_STATUS(monclient_ping(w->client, "a", 0, &json), MONCLIENT_EDEADLK);
	CHECK_STATUS(monclient_pools(w->client, 0, &json), MONCLIENT_EDEADLK);
	CHECK_STATUS(monclient_latest(w->client, "osdmap", 0, &epoch), MONCLIENT_EDEADLK);
	CHECK_STATUS(monclient_log_flush(w->client, 0), MONCLIENT_EDEADLK);
	CHECK(!json && epoch == 0);
	CHECK_OK(monclient_log_write(w->client, "info", NULL, "from a callback"));
	CHECK_OK(monclient_stats_json(w->client, &json));
	monclient_free(json);
}

static void callbacks(void)
{
	struct world w;
	struct recorder r, r2;
	monclient_sink_t sink;
	const monclient_event_t *e;

	world_open(&w, 1);
	recorder_init(&r);
	recorder_init(&r2);
	r.hook = ask_here;
	r.context = &w;
	sink = recorder_sink(&r);
	CHECK_OK(monclient_latest_async(w.client, "osdmap", 0, &sink, NULL));
	e = recorder_wait(&r, 0);
	CHECK_UINT(e->type, MONCLIENT_EVENT_RESULT);
	sink = recorder_sink(&r2);
	CHECK_OK(monclient_config_ping_async(w.config, "a", 0, &sink, NULL)); /* the callback runs although there is no client */
	e = recorder_wait(&r2, 0);
	CHECK_JSON(e->data, "mon", "a");
	CHECK_UINT(e->client, 0);
	recorder_end(&r2);
	sink = recorder_sink(&r);
	CHECK_ERROR(monclient_ping_async(w.client, NULL, 0, &sink, NULL), MONCLIENT_EINVAL, "mon is NULL");
	sink = recorder_sink(&r);
	CHECK_ERROR(monclient_pools_async(w.client, -2, &sink, NULL), MONCLIENT_EINVAL, "timeout_ms is -2");
	sink = recorder_sink(&r);
	CHECK_STATUS(monclient_pools_async(w.config, 0, &sink, NULL), MONCLIENT_EBADHANDLE);
	sink = recorder_sink(&r);
	CHECK_STATUS(monclient_config_fetch_async(w.client, 0, &sink, NULL), MONCLIENT_EBADHANDLE);
	recorder_end(&r);
	world_end(&w);
}

/* bad has what every question refuses. */
static void bad(void)
{
	struct world w;
	char *json = NULL;

	world_open(&w, 1);
	CHECK_ERROR(monclient_ping(w.client, "a", 0, NULL), MONCLIENT_EINVAL, "json is NULL");
	CHECK_ERROR(monclient_ping(w.client, NULL, 0, &json), MONCLIENT_EINVAL, "mon is NULL");
	CHECK_ERROR(monclient_ping(w.client, "\xff", 0, &json), MONCLIENT_EILSEQ, "mon");
	CHECK_ERROR(monclient_ping(w.client, huge_text(), 0, &json), MONCLIENT_E2BIG, "mon");
	CHECK_ERROR(monclient_ping(w.client, "a", -2, &json), MONCLIENT_EINVAL, "timeout_ms is -2");
	CHECK_ERROR(monclient_ping(0, "a", 0, &json), MONCLIENT_EBADHANDLE, "client");
	CHECK_ERROR(monclient_config_ping(0, "a", 0, &json), MONCLIENT_EBADHANDLE, "config");
	CHECK_ERROR(monclient_config_fetch(w.client, 0, &json), MONCLIENT_EBADHANDLE, "config");
	CHECK_STATUS(monclient_config_ping(w.config, "a", 0, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_latest(w.client, NULL, 0, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_log_flush(0, 0), MONCLIENT_EBADHANDLE);
	CHECK_STATUS(monclient_cluster_stats(w.client, -1, 0, NULL), MONCLIENT_EINVAL);
	CHECK_ERROR(monclient_cluster_stats(w.client, -2, 0, &json), MONCLIENT_EINVAL, "pool is -2");
	CHECK_STATUS(monclient_pools(w.client, 0, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_pool_stats(w.client, NULL, 0, 0, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_blocklist(w.client, 0, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_blocklist_add(w.client, NULL, 0, 0), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_command_parse(w.client, NULL, 0, 0, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_addr(w.client, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_mgr_json(w.client, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_options_json(w.client, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_options_json(w.config, &json), MONCLIENT_EBADHANDLE);
	CHECK_STATUS(monclient_stats_json(w.client, NULL), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_addr(0, &json), MONCLIENT_EBADHANDLE);
	CHECK(!json);
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(pings), TEST(fetch), TEST(latest), TEST(cluster_log), TEST(pools), TEST(blocklist), TEST(words), TEST(targets),
	TEST(values), TEST(ends), TEST(callbacks), TEST(bad),
};

MAIN(tests)
