/* The functions of monclient.h that ask something which one kind of answer fits: a JSON text, or a number. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "_cgo_export.h"

/* check_ask looks at what all questions have. */
static int check_ask(struct capi_ask *a)
{
	char name[48];
	size_t len;
	uint32_t i;

	CHECK(check_timeout(a->timeout_ms, "timeout_ms"));
	if (a->name)
		CHECK(check_text(a->text, a->name, &a->text_len));
	if (a->count > 0)
		CHECK(check_pointer(a->texts, a->what == CAPI_ASK_PARSE ? "words" : "names"));
	if (a->count > 65536)
		return capi_fail(MONCLIENT_E2BIG, "count is %u", a->count);
	for (i = 0; i < a->count; i++) {
		snprintf(name, sizeof(name), "%s[%u]", a->what == CAPI_ASK_PARSE ? "words" : "names", i);
		CHECK(check_text(a->texts[i], name, &len));
	}
	return MONCLIENT_OK;
}

/* answered waits for the answer and gives it to whoever wants it. */
static int answered(struct capi_wait *wait, char **json, uint64_t *number)
{
	CHECK(capi_wait_end(wait));
	if (json)
		*json = wait->value;
	else
		capi_block_release(wait->value);
	if (number)
		*number = wait->numbers[0];
	return MONCLIENT_OK;
}

/* ask asks, and waits. */
static int ask(monclient_t client, struct capi_ask a, const char *function, char **json, uint64_t *number)
{
	struct capi_wait wait;

	if (json)
		*json = NULL;
	if (number)
		*number = 0;
	ENTER();
	CHECK(check_ask(&a));
	if (own_callback(client, function))
		return MONCLIENT_EDEADLK;
	capi_wait_begin(&wait);
	CHECK(goAsk(client, &a, &wait));
	return answered(&wait, json, number);
}

/* ask_config does so without a client. */
static int ask_config(monclient_config_t config, struct capi_ask a, char **json)
{
	struct capi_wait wait;

	if (json)
		*json = NULL;
	ENTER();
	CHECK(check_ask(&a));
	capi_wait_begin(&wait);
	CHECK(goAskConfig(config, &a, &wait));
	return answered(&wait, json, NULL);
}

/* begin_ask takes the sink, whatever is wrong with the rest. */
static int begin_ask(struct capi_ask *a, const monclient_sink_t *sink, struct capi_sink **copy)
{
	int rc;

	CHECK(take_sink_here(sink, copy));
	rc = check_ask(a);
	if (rc != MONCLIENT_OK)
		capi_sink_release(*copy);
	return rc;
}

static int ask_async(monclient_t client, struct capi_ask a, const monclient_sink_t *sink, monclient_op_t *op)
{
	struct capi_sink *copy;

	KEEP_THREAD();
	if (op)
		*op = 0;
	CHECK(begin_ask(&a, sink, &copy));
	return goAskAsync(client, &a, copy, op);
}

static int ask_config_async(monclient_config_t config, struct capi_ask a, const monclient_sink_t *sink, monclient_op_t *op)
{
	struct capi_sink *copy;

	KEEP_THREAD();
	if (op)
		*op = 0;
	CHECK(begin_ask(&a, sink, &copy));
	return goAskConfigAsync(config, &a, copy, op);
}

#define ASK(...) ((struct capi_ask){.timeout_ms = timeout_ms, __VA_ARGS__})

/* need_json is asked first by those whose answer is nothing without it. */
#define NEED_JSON() CHECK(check_pointer(json, "json"))

int monclient_ping(monclient_t client, const char *mon, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask(client, ASK(.what = CAPI_ASK_PING, .name = "mon", .text = mon), "monclient_ping", json, NULL);
}

int monclient_ping_async(monclient_t client, const char *mon, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_PING, .name = "mon", .text = mon), sink, op);
}

int monclient_config_ping(monclient_config_t config, const char *mon, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask_config(config, ASK(.what = CAPI_ASK_PING, .name = "mon", .text = mon), json);
}

int monclient_config_ping_async(monclient_config_t config, const char *mon, int32_t timeout_ms, const monclient_sink_t *sink,
                                monclient_op_t *op)
{
	return ask_config_async(config, ASK(.what = CAPI_ASK_PING, .name = "mon", .text = mon), sink, op);
}

int monclient_config_fetch(monclient_config_t config, int32_t timeout_ms, char **json)
{
	return ask_config(config, ASK(.what = CAPI_ASK_FETCH), json);
}

int monclient_config_fetch_async(monclient_config_t config, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_config_async(config, ASK(.what = CAPI_ASK_FETCH), sink, op);
}

int monclient_latest(monclient_t client, const char *what, int32_t timeout_ms, uint64_t *epoch)
{
	return ask(client, ASK(.what = CAPI_ASK_LATEST, .name = "what", .text = what), "monclient_latest", NULL, epoch);
}

int monclient_latest_async(monclient_t client, const char *what, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_LATEST, .name = "what", .text = what), sink, op);
}

int monclient_log_flush(monclient_t client, int32_t timeout_ms)
{
	return ask(client, ASK(.what = CAPI_ASK_LOG_FLUSH), "monclient_log_flush", NULL, NULL);
}

int monclient_log_flush_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_LOG_FLUSH), sink, op);
}

int monclient_cluster_stats(monclient_t client, int64_t pool, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask(client, ASK(.what = CAPI_ASK_CLUSTER_STATS, .number = pool), "monclient_cluster_stats", json, NULL);
}

int monclient_cluster_stats_async(monclient_t client, int64_t pool, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_CLUSTER_STATS, .number = pool), sink, op);
}

int monclient_pools(monclient_t client, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask(client, ASK(.what = CAPI_ASK_POOLS), "monclient_pools", json, NULL);
}

int monclient_pools_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_POOLS), sink, op);
}

int monclient_pool_stats(monclient_t client, const char *const *names, uint32_t count, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask(client, ASK(.what = CAPI_ASK_POOL_STATS, .texts = names, .count = count), "monclient_pool_stats", json, NULL);
}

int monclient_pool_stats_async(monclient_t client, const char *const *names, uint32_t count, int32_t timeout_ms,
                               const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_POOL_STATS, .texts = names, .count = count), sink, op);
}

/* pool_op_args copies an operation and looks at it. */
static int pool_op_args(const monclient_pool_op_t *from, monclient_pool_op_t *to)
{
	size_t len;

	memset(to, 0, sizeof(*to));
	CHECK(check_pointer(from, "op"));
	CHECK(copy_struct(to, sizeof(*to), sizeof(*to), from, "op"));
	if (to->op < MONCLIENT_POOL_CREATE || to->op > MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE)
		return capi_fail(MONCLIENT_EINVAL, "op: op is %u, which is no MONCLIENT_POOL_...", to->op);
	if (to->reserved)
		return capi_fail(MONCLIENT_EINVAL, "op: reserved is not 0");
	if (to->op == MONCLIENT_POOL_CREATE || to->op == MONCLIENT_POOL_SNAP_CREATE || to->op == MONCLIENT_POOL_SNAP_DELETE)
		CHECK(check_pointer(to->name, "op: name"));
	if (to->name)
		CHECK(check_text(to->name, "op: name", &len));
	return MONCLIENT_OK;
}

int monclient_pool_op(monclient_t client, const monclient_pool_op_t *op, int32_t timeout_ms, uint64_t *snap)
{
	monclient_pool_op_t copy;

	if (snap)
		*snap = 0;
	CHECK(pool_op_args(op, &copy));
	return ask(client, ASK(.what = CAPI_ASK_POOL_OP, .pool_op = &copy), "monclient_pool_op", NULL, snap);
}

int monclient_pool_op_async(monclient_t client, const monclient_pool_op_t *op, int32_t timeout_ms, const monclient_sink_t *sink,
                            monclient_op_t *handle)
{
	struct capi_sink *taken;
	struct capi_ask a;
	monclient_pool_op_t copy;
	int rc;

	KEEP_THREAD();
	if (handle)
		*handle = 0;
	a = ASK(.what = CAPI_ASK_POOL_OP, .pool_op = &copy);
	CHECK(begin_ask(&a, sink, &taken));
	rc = pool_op_args(op, &copy);
	if (rc != MONCLIENT_OK) {
		capi_sink_release(taken);
		return rc;
	}
	return goAskAsync(client, &a, taken, handle);
}

int monclient_blocklist(monclient_t client, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask(client, ASK(.what = CAPI_ASK_BLOCKLIST), "monclient_blocklist", json, NULL);
}

int monclient_blocklist_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_BLOCKLIST), sink, op);
}

int monclient_blocklist_add(monclient_t client, const char *addr, uint32_t seconds, int32_t timeout_ms)
{
	return ask(client, ASK(.what = CAPI_ASK_BLOCKLIST_ADD, .name = "addr", .text = addr, .number = seconds), "monclient_blocklist_add", NULL, NULL);
}

int monclient_blocklist_add_async(monclient_t client, const char *addr, uint32_t seconds, int32_t timeout_ms,
                                  const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_BLOCKLIST_ADD, .name = "addr", .text = addr, .number = seconds), sink, op);
}

int monclient_blocklist_remove(monclient_t client, const char *addr, int32_t timeout_ms)
{
	return ask(client, ASK(.what = CAPI_ASK_BLOCKLIST_REMOVE, .name = "addr", .text = addr), "monclient_blocklist_remove", NULL, NULL);
}

int monclient_blocklist_remove_async(monclient_t client, const char *addr, int32_t timeout_ms, const monclient_sink_t *sink,
                                     monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_BLOCKLIST_REMOVE, .name = "addr", .text = addr), sink, op);
}

int monclient_command_parse(monclient_t client, const char *const *words, uint32_t count, int32_t timeout_ms, char **json)
{
	NEED_JSON();
	return ask(client, ASK(.what = CAPI_ASK_PARSE, .texts = words, .count = count), "monclient_command_parse", json, NULL);
}

int monclient_command_parse_async(monclient_t client, const char *const *words, uint32_t count, int32_t timeout_ms,
                                  const monclient_sink_t *sink, monclient_op_t *op)
{
	return ask_async(client, ASK(.what = CAPI_ASK_PARSE, .texts = words, .count = count), sink, op);
}

/* What is known at once */

int monclient_log_write(monclient_t client, const char *level, const char *channel, const char *text)
{
	size_t level_len, channel_len = 0, text_len;

	ENTER();
	CHECK(check_text(level, "level", &level_len));
	if (channel)
		CHECK(check_text(channel, "channel", &channel_len));
	CHECK(check_text(text, "text", &text_len));
	return goLogWrite(client, text_arg(level), level_len, text_arg(channel), channel_len, text_arg(text), text_len);
}

int monclient_addr(monclient_t client, char **addr)
{
	CHECK(check_pointer(addr, "addr"));
	*addr = NULL;
	ENTER();
	return goAddr(client, addr);
}

int monclient_mgr_json(monclient_t client, char **json)
{
	NEED_JSON();
	*json = NULL;
	ENTER();
	return goMgrJSON(client, json);
}

int monclient_options_json(monclient_t client, char **json)
{
	NEED_JSON();
	*json = NULL;
	ENTER();
	return goOptionsJSON(client, json);
}

int monclient_stats_json(monclient_t client, char **json)
{
	NEED_JSON();
	*json = NULL;
	ENTER();
	return goStatsJSON(client, json);
}
