/* The functions of monclient.h. Each one looks at what can be judged without Go (is this a forked child, a callback's thread;
 * are pointers, lengths and structures sound: arguments.c), takes ownership of sinks, and goes on in Go. Handles are judged
 * there. */
#define _GNU_SOURCE /* pthread_setcancelstate and others */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "_cgo_export.h"

/* Version */

uint32_t monclient_version_number(void) { return MONCLIENT_VERSION_NUMBER; }

const char *monclient_version(void) { return capi_version; }

int monclient_has_feature(const char *name)
{
	static const char *const features[] = {"aes256krb5", "secure", "queue", "dialer", "target", "values", "osdmap"};
	size_t i;

	for (i = 0; name && i < sizeof(features) / sizeof(features[0]); i++)
		if (strcmp(name, features[i]) == 0)
			return 1;
	return 0;
}

/* Configuration */

int monclient_config_create(monclient_config_t *config)
{
	CHECK(check_pointer(config, "config"));
	*config = 0;
	ENTER();
	return goConfigCreate(config);
}

int monclient_config_destroy(monclient_config_t config)
{
	ENTER();
	return goConfigDestroy(config);
}

int monclient_config_read_file(monclient_config_t config, const char *path)
{
	size_t len = 0;

	ENTER();
	if (path)
		CHECK(check_text(path, "path", &len));
	return goConfigReadFile(config, text_arg(path), len);
}

int monclient_config_parse_env(monclient_config_t config)
{
	ENTER();
	return goConfigParseEnv(config);
}

int monclient_config_parse_argv(monclient_config_t config, int argc, const char *const *argv, const char **rest, int *nrest)
{
	int32_t *indices;
	int32_t n = 0;
	int rc, i;
	size_t len;
	char name[32];

	if (nrest)
		*nrest = 0;
	ENTER();
	if (argc < 0)
		return capi_fail(MONCLIENT_EINVAL, "argc is %d", argc);
	if (argc > 0)
		CHECK(check_pointer(argv, "argv"));
	for (i = 0; i < argc; i++) {
		snprintf(name, sizeof(name), "argv[%d]", i);
		CHECK(check_text(argv[i], name, &len));
	}
	indices = calloc((size_t)argc + 1, sizeof(*indices));
	if (!indices)
		return capi_fail(MONCLIENT_ENOMEM, "no memory for %d arguments", argc);
	rc = goConfigParseArgv(config, argc, (char **)bytes_arg(argv), indices, &n);
	if (rc == MONCLIENT_OK) {
		for (i = 0; rest && i < n; i++)
			rest[i] = argv[indices[i]];
		if (nrest)
			*nrest = n;
	}
	free(indices);
	return rc;
}

int monclient_config_set(monclient_config_t config, const char *option, const char *value)
{
	size_t option_len, value_len;

	ENTER();
	CHECK(check_text(option, "option", &option_len));
	CHECK(check_text(value, "value", &value_len));
	return goConfigSet(config, text_arg(option), option_len, text_arg(value), value_len);
}

int monclient_config_get(monclient_config_t config, const char *option, char **value)
{
	size_t len;

	CHECK(check_pointer(value, "value"));
	*value = NULL;
	ENTER();
	CHECK(check_text(option, "option", &len));
	return goConfigGet(config, text_arg(option), len, value);
}

int monclient_config_set_keyring(monclient_config_t config, const char *text, size_t len)
{
	ENTER();
	CHECK(check_pointer(text, "text"));
	CHECK(check_bytes(text, len, "text"));
	return goConfigSetKeyring(config, text_arg(text), len);
}

int monclient_config_set_monmap(monclient_config_t config, const void *data, size_t len)
{
	ENTER();
	CHECK(check_pointer(data, "data"));
	CHECK(check_bytes(data, len, "data"));
	return goConfigSetMonmap(config, bytes_arg(data), len);
}

int monclient_config_set_dialer(monclient_config_t config, const monclient_dialer_t *dialer)
{
	monclient_dialer_t in;
	struct capi_sink *copy = NULL;
	int rc = MONCLIENT_OK;

	KEEP_THREAD();
	if (!dialer)
		return forked() ? MONCLIENT_EFORKED : goConfigSetDialer(config, NULL);
	rc = copy_struct(&in, sizeof(in), sizeof(in), dialer, "dialer");
	if (forked())
		rc = MONCLIENT_EFORKED;
	else if (rc != MONCLIENT_OK)
		;
	else if (in.reserved)
		rc = capi_fail(MONCLIENT_EINVAL, "dialer: reserved is not 0");
	else if (!in.dial)
		rc = capi_fail(MONCLIENT_EINVAL, "dialer: dial is NULL");
	else if (!(copy = capi_sink_new()))
		rc = capi_fail(MONCLIENT_ENOMEM, "dialer: no memory");
	if (rc != MONCLIENT_OK) {
		if (in.destroy)
			in.destroy(in.userdata);
		return rc;
	}
	copy->dial = in.dial;
	copy->userdata = in.userdata;
	copy->destroy = in.destroy;
	return goConfigSetDialer(config, copy);
}

/* capi_call_dial marks the thread as one of the client's, which a call that waits for the client would stop for good. */
int capi_call_dial(struct capi_sink *dialer, uint64_t client, const char *ip, uint16_t port, int32_t timeout_ms)
{
	uint64_t before = capi_callback_client();
	int fd;

	capi_set_callback_client(client);
	fd = dialer->dial(ip, port, timeout_ms, dialer->userdata);
	capi_set_callback_client(before);
	return fd;
}

/* Client */

int monclient_connect(monclient_config_t config, const monclient_connect_options_t *options, monclient_t *client)
{
	struct connect_args a;
	int rc;

	KEEP_THREAD();
	if (client)
		*client = 0;
	CHECK(take_connect_args(options, &a));
	rc = check_pointer(client, "client");
	if (rc == MONCLIENT_OK && forked())
		rc = MONCLIENT_EFORKED;
	if (rc != MONCLIENT_OK) {
		drop_connect_args(&a);
		return rc;
	}
	return goConnect(config, a.options.timeout_ms, a.session, a.log, a.options.log_level, client);
}

int monclient_connect_async(monclient_config_t config, const monclient_connect_options_t *options,
                            const monclient_sink_t *sink, monclient_op_t *op)
{
	struct connect_args a;
	struct capi_sink *copy;
	int rc, rc2;

	KEEP_THREAD();
	if (op)
		*op = 0;
	rc = take_sink_here(sink, &copy);
	rc2 = take_connect_args(options, &a);
	if (rc != MONCLIENT_OK || rc2 != MONCLIENT_OK) {
		if (rc2 == MONCLIENT_OK)
			drop_connect_args(&a);
		capi_sink_release(copy);
		return rc != MONCLIENT_OK ? rc : rc2;
	}
	return goConnectAsync(config, a.options.timeout_ms, a.session, a.log, a.options.log_level, copy, op);
}

int monclient_close(monclient_t client)
{
	ENTER();
	if (own_callback(client, "monclient_close"))
		return MONCLIENT_EDEADLK;
	return goClose(client);
}

int monclient_fsid(monclient_t client, char *buf, size_t size)
{
	ENTER();
	CHECK(check_fsid_room(buf, size));
	return goFSID(client, buf);
}

int monclient_global_id(monclient_t client, uint64_t *global_id)
{
	CHECK(check_pointer(global_id, "global_id"));
	*global_id = 0;
	ENTER();
	return goGlobalID(client, global_id);
}

int monclient_monmap(monclient_t client, void **data, size_t *len)
{
	if (data)
		*data = NULL;
	if (len)
		*len = 0;
	ENTER();
	CHECK(check_pointer(data, "data"));
	CHECK(check_pointer(len, "len"));
	return goMonmap(client, data, len);
}

int monclient_monmap_json(monclient_t client, char **json)
{
	CHECK(check_pointer(json, "json"));
	*json = NULL;
	ENTER();
	return goMonmapJSON(client, json);
}

int monclient_session(monclient_t client, monclient_session_t **session)
{
	CHECK(check_pointer(session, "session"));
	*session = NULL;
	ENTER();
	return goSession(client, session);
}

int monclient_standbys_json(monclient_t client, char **json)
{
	CHECK(check_pointer(json, "json"));
	*json = NULL;
	ENTER();
	return goStandbysJSON(client, json);
}

int monclient_set_key(monclient_t client, const char *key)
{
	size_t len;

	ENTER();
	CHECK(check_text(key, "key", &len));
	return goSetKey(client, text_arg(key), len);
}

int monclient_set_log_level(monclient_t client, uint32_t level)
{
	ENTER();
	if (level > MONCLIENT_LOG_DEBUG)
		return capi_fail(MONCLIENT_EINVAL, "level is %u", level);
	return goSetLogLevel(client, level);
}

/* Operations */

int monclient_op_cancel(monclient_op_t op)
{
	ENTER();
	return goCancel(op);
}

/* command_args checks what both forms of a command take. */
static int command_args(const char *cmd, size_t *len, const monclient_command_options_t *from, monclient_command_options_t *options)
{
	size_t unused;

	memset(options, 0, sizeof(*options));
	CHECK(check_text(cmd, "cmd", len));
	if (from)
		CHECK(copy_struct(options, sizeof(*options), offsetof(monclient_command_options_t, resend), from, "options"));
	CHECK(check_timeout(options->timeout_ms, "options: timeout_ms"));
	if (options->resend > MONCLIENT_RESEND_READ_ONLY)
		return capi_fail(MONCLIENT_EINVAL, "options: resend is %u, which is no MONCLIENT_RESEND_...", options->resend);
	if (options->reserved)
		return capi_fail(MONCLIENT_EINVAL, "options: reserved is not 0");
	if (options->target)
		CHECK(check_text(options->target, "options: target", &unused));
	if (options->barrier)
		CHECK(check_text(options->barrier, "options: barrier", &unused));
	return check_bytes(options->input, options->input_len, "options: input");
}

/* not_begun tells of a command that could not be begun. Of a bug nobody knows where it was. */
static int not_begun(int rc)
{
	if (rc != MONCLIENT_OK)
		capi_set_outcome(rc == MONCLIENT_EINTERNAL ? MONCLIENT_OUTCOME_UNKNOWN : MONCLIENT_OUTCOME_NOT_SENT);
	return rc;
}

static int check_command(monclient_t client, const char *cmd, const monclient_command_options_t *options, monclient_reply_t **reply,
                         struct capi_request *r, monclient_command_options_t *o)
{
	CHECK(check_pointer(reply, "reply"));
	*reply = NULL;
	if (child())
		return MONCLIENT_EFORKED;
	CHECK(command_args(cmd, &r->text_len, options, o));
	if (own_callback(client, "monclient_command"))
		return MONCLIENT_EDEADLK;
	r->timeout_ms = o->timeout_ms;
	return MONCLIENT_OK;
}

int monclient_command(monclient_t client, const char *cmd, const monclient_command_options_t *options, monclient_reply_t **reply)
{
	monclient_command_options_t o;
	struct capi_request r = {.client = client, .what = CAPI_COMMAND, .text = cmd, .options = &o};

	KEEP_THREAD();
	CHECK(not_begun(check_command(client, cmd, options, reply, &r, &o)));
	CHECK(capi_request_run(&r));
	*reply = r.wait.value;
	return MONCLIENT_OK;
}

static int begin_command_async(monclient_t client, const char *cmd, const monclient_command_options_t *options,
                               const monclient_sink_t *sink, monclient_op_t *op)
{
	monclient_command_options_t o;
	struct capi_sink *copy;
	size_t len;
	int rc;

	CHECK(take_sink_here(sink, &copy));
	rc = command_args(cmd, &len, options, &o);
	if (rc != MONCLIENT_OK) {
		capi_sink_release(copy);
		return rc;
	}
	return goCommandAsync(client, text_arg(cmd), len, &o, copy, op);
}

int monclient_command_async(monclient_t client, const char *cmd, const monclient_command_options_t *options,
                            const monclient_sink_t *sink, monclient_op_t *op)
{
	KEEP_THREAD();
	if (op)
		*op = 0;
	return not_begun(begin_command_async(client, cmd, options, sink, op));
}

int monclient_get_version(monclient_t client, const char *what, int32_t timeout_ms, uint64_t *newest, uint64_t *oldest)
{
	struct capi_request r = {.client = client, .what = CAPI_VERSION, .timeout_ms = timeout_ms, .text = what};

	if (newest)
		*newest = 0;
	if (oldest)
		*oldest = 0;
	STAY();
	CHECK(check_text(what, "what", &r.text_len));
	CHECK(check_pointer(newest, "newest"));
	CHECK(check_timeout(timeout_ms, "timeout_ms"));
	if (own_callback(client, "monclient_get_version"))
		return MONCLIENT_EDEADLK;
	CHECK(capi_request_run(&r));
	*newest = r.wait.numbers[0];
	if (oldest)
		*oldest = r.wait.numbers[1];
	return MONCLIENT_OK;
}

int monclient_get_version_async(monclient_t client, const char *what, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	struct capi_sink *copy;
	size_t len;
	int rc;

	KEEP_THREAD();
	if (op)
		*op = 0;
	CHECK(take_sink_here(sink, &copy));
	rc = check_text(what, "what", &len);
	if (rc == MONCLIENT_OK)
		rc = check_timeout(timeout_ms, "timeout_ms");
	if (rc != MONCLIENT_OK) {
		capi_sink_release(copy);
		return rc;
	}
	return goGetVersionAsync(client, text_arg(what), len, timeout_ms, copy, op);
}

int monclient_wait_for_map(monclient_t client, const char *what, uint64_t epoch, int32_t timeout_ms, uint64_t *got)
{
	struct capi_request r = {
		.client = client, .what = CAPI_WAIT_FOR_MAP, .timeout_ms = timeout_ms, .text = what, .epoch = epoch};

	if (got)
		*got = 0;
	STAY();
	CHECK(check_text(what, "what", &r.text_len));
	CHECK(check_timeout(timeout_ms, "timeout_ms"));
	if (own_callback(client, "monclient_wait_for_map"))
		return MONCLIENT_EDEADLK;
	CHECK(capi_request_run(&r));
	if (got)
		*got = r.wait.numbers[0];
	return MONCLIENT_OK;
}

int monclient_wait_for_map_async(monclient_t client, const char *what, uint64_t epoch, int32_t timeout_ms,
                                 const monclient_sink_t *sink, monclient_op_t *op)
{
	struct capi_sink *copy;
	size_t len;
	int rc;

	KEEP_THREAD();
	if (op)
		*op = 0;
	CHECK(take_sink_here(sink, &copy));
	rc = check_text(what, "what", &len);
	if (rc == MONCLIENT_OK)
		rc = check_timeout(timeout_ms, "timeout_ms");
	if (rc != MONCLIENT_OK) {
		capi_sink_release(copy);
		return rc;
	}
	return goWaitForMapAsync(client, text_arg(what), len, epoch, timeout_ms, copy, op);
}

/* Subscriptions */

int monclient_subscribe(monclient_t client, const char *what, uint64_t start, uint32_t flags, const monclient_sink_t *sink,
                        monclient_sub_t *sub)
{
	const uint32_t known = MONCLIENT_SUBSCRIBE_ONETIME | MONCLIENT_SUBSCRIBE_LATEST | MONCLIENT_SUBSCRIBE_VALUES;
	struct capi_sink *copy;
	size_t len;
	int rc;

	KEEP_THREAD();
	if (sub)
		*sub = 0;
	CHECK(take_sink_here(sink, &copy));
	rc = check_text(what, "what", &len);
	if (rc == MONCLIENT_OK)
		rc = check_pointer(sub, "sub");
	if (rc == MONCLIENT_OK && (flags & ~known))
		rc = capi_fail(MONCLIENT_EINVAL, "flags is 0x%x, of which 0x%x is not known", flags, flags & ~known);
	if (rc != MONCLIENT_OK) {
		capi_sink_release(copy);
		return rc;
	}
	return goSubscribe(client, text_arg(what), len, start, flags, copy, sub);
}

int monclient_unsubscribe(monclient_sub_t sub)
{
	ENTER();
	return goUnsubscribe(sub, capi_callback_client());
}

/* Queues */

int monclient_queue_create(monclient_queue_t *queue)
{
	CHECK(check_pointer(queue, "queue"));
	*queue = 0;
	ENTER();
	return goQueueCreate(queue);
}

int monclient_queue_destroy(monclient_queue_t queue)
{
	ENTER();
	return goQueueDestroy(queue);
}

int monclient_queue_fd(monclient_queue_t queue, int *fd)
{
	struct capi_level *level;
	int rc;

	CHECK(check_pointer(fd, "fd"));
	*fd = -1;
	ENTER();
	level = capi_level_find(queue);
	if (!level)
		return goBadQueue(queue);
	rc = capi_level_fd(level);
	capi_level_release(level);
	if (rc < 0)
		return capi_fail(rc, "no descriptor for the queue: %s", monclient_strerror(rc));
	*fd = rc;
	return MONCLIENT_OK;
}

int monclient_queue_poll(monclient_queue_t queue, monclient_event_t **events, uint32_t max, int32_t timeout_ms, uint32_t *count)
{
	struct capi_level *level;
	const struct timespec *deadline = timeout_ms < 0 ? NULL : CAPI_NOW;
	struct timespec until;
	int rc = MONCLIENT_OK, state;

	if (count)
		*count = 0;
	ENTER();
	CHECK(check_pointer(events, "events"));
	CHECK(check_pointer(count, "count"));
	if (max == 0)
		return capi_fail(MONCLIENT_EINVAL, "max is 0");
	CHECK(check_timeout(timeout_ms, "timeout_ms"));
	level = capi_level_find(queue);
	if (!level)
		return goBadQueue(queue);
	if (timeout_ms > 0) {
		deadline = &until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += timeout_ms / 1000;
		until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
	}
	do { /* again when another thread has taken what there was */
		state = capi_level_wait(level, deadline);
		if (state == CAPI_UP)
			rc = goQueuePoll(queue, (uintptr_t *)(void *)events, max, count);
		else if (state == CAPI_CLOSED)
			rc = MONCLIENT_ECLOSED;
	} while (state == CAPI_UP && rc == MONCLIENT_OK && *count == 0);
	capi_level_release(level);
	if (state == CAPI_CLOSED || (state == CAPI_UP && rc == MONCLIENT_EBADHANDLE))
		rc = capi_fail(MONCLIENT_ECLOSED, "the queue was destroyed");
	return rc;
}

/* Diagnostics */

int monclient_counters(monclient_counters_t *counters)
{
	monclient_counters_t c;
	uint32_t size;

	ENTER();
	CHECK(check_pointer(counters, "counters"));
	memcpy(&size, counters, sizeof(size));
	if (size < offsetof(monclient_counters_t, osdmaps) || size > 65536)
		return capi_fail(MONCLIENT_EINVAL, "counters: struct_size is %u, want %zu", size, sizeof(c));
	memset(&c, 0, sizeof(c));
	CHECK(goCounters(&c));
	c.struct_size = size;
	c.sinks = capi_sinks();
	c.buffers = capi_buffers();
	c.pinned = capi_pinned();
	c.threads = capi_threads();
	memset(counters, 0, size);
	memcpy(counters, &c, size < sizeof(c) ? size : sizeof(c));
	return MONCLIENT_OK;
}
