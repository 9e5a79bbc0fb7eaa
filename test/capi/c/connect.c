/* Clients: connecting, with all that can go wrong, and closing. */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>

#include "check.h"

/* ---- Ends well ---- */

static void sync_and_async(void)
{
	struct world w;
	struct recorder r;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_op_t op = 0, op2 = 0;
	const monclient_event_t *e;
	monclient_event_t *taken;
	monclient_t c1, c2;

	world_open(&w, 3);
	status_ok(w.client);

	/* To a callback. */
	recorder_init(&r);
	sink = recorder_sink(&r);
	CHECK_OK(monclient_connect_async(w.config, NULL, &sink, &op));
	CHECK_UINT(op & 0xff, MONCLIENT_KIND_OP);
	e = recorder_wait(&r, 0);
	CHECK_UINT(e->type, MONCLIENT_EVENT_CONNECT);
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_UINT(e->flags, MONCLIENT_EVENT_LAST);
	CHECK_UINT(e->source, op);
	CHECK_UINT(e->missed, 0);
	CHECK(!e->error && !e->reply && !e->what && !e->data && !e->text && !e->mon);
	c1 = e->client;
	CHECK_UINT(c1 & 0xff, MONCLIENT_KIND_CLIENT);
	CHECK_STATUS(monclient_op_cancel(op), MONCLIENT_EBADHANDLE);
	status_ok(c1);
	recorder_end(&r);

	/* To a queue. */
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, &w);
	CHECK_OK(monclient_connect_async(w.config, NULL, &sink, &op2));
	CHECK(op2 != op);
	taken = queue_take(queue);
	CHECK_UINT(taken->type, MONCLIENT_EVENT_CONNECT);
	CHECK_INT(taken->status, MONCLIENT_OK);
	CHECK_UINT(taken->source, op2);
	CHECK(taken->userdata == &w);
	c2 = taken->client;
	monclient_event_free(taken);
	CHECK(c2 != c1 && c2 != w.client);
	status_ok(c2); /* the client belongs to the receiver, not to the event */

	CHECK_UINT(counters().clients, 3);
	CHECK_OK(monclient_close(c1));
	CHECK_OK(monclient_close(c2));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void without_op(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_event_t *e;

	world_start(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_connect_async(w.config, NULL, &sink, NULL));
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_OK);
	w.client = e->client;
	monclient_event_free(e);
	CHECK_OK(monclient_queue_destroy(queue));
	status_ok(w.client);
	world_end(&w);
}

static void options(void)
{
	struct world w;
	struct recorder session, log;
	monclient_sink_t s, l;
	monclient_connect_options_t o = {.struct_size = sizeof(o)};
	size_t i = 0;

	world_start(&w, 3);
	/* Nothing but defaults. */
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	CHECK_OK(monclient_close(w.client));
	o.timeout_ms = MONCLIENT_FOREVER;
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	CHECK_OK(monclient_close(w.client));
	o.timeout_ms = INT_MAX;
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	CHECK_OK(monclient_close(w.client));

	recorder_init(&session);
	recorder_init(&log);
	s = recorder_sink(&session);
	l = recorder_sink(&log);
	o.session = &s;
	o.log = &l;
	o.log_level = MONCLIENT_LOG_DEBUG;
	o.timeout_ms = 20000;
	CHECK_OK(monclient_connect(w.config, &o, &w.client));
	/* The library has copies. */
	memset(&s, 0xee, sizeof(s));
	memset(&l, 0xee, sizeof(l));
	CHECK(!recorder_find(&session, &i, MONCLIENT_EVENT_SESSION, MONCLIENT_SESSION_CONNECTED)->text);
	CHECK_UINT(recorder_wait(&session, 0)->session_change, MONCLIENT_SESSION_HUNTING);
	CHECK(*recorder_wait(&log, 0)->text);
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	recorder_end(&session);
	recorder_end(&log);
	world_end(&w);
}

/* Structures of a later header are taken as long as nothing new is used. */
static void longer_options(void)
{
	struct world w;
	union {
		monclient_connect_options_t o;
		unsigned char bytes[sizeof(monclient_connect_options_t) + 40];
	} u;

	world_start(&w, 1);
	memset(&u, 0, sizeof(u));
	u.o.struct_size = sizeof(u);
	u.o.timeout_ms = 10000;
	CHECK_OK(monclient_connect(w.config, &u.o, &w.client));
	CHECK_OK(monclient_close(w.client));
	w.client = 1;
	u.bytes[sizeof(u) - 1] = 1;
	CHECK_ERROR(monclient_connect(w.config, &u.o, &w.client), MONCLIENT_EINVAL, "options");
	CHECK_UINT(w.client, 0);
	world_end(&w);
}

static void several_clusters(void)
{
	struct world a, b;
	char fsid_a[MONCLIENT_FSID_SIZE], fsid_b[MONCLIENT_FSID_SIZE];

	world_open(&a, 1);
	world_open(&b, 1);
	CHECK_OK(monclient_fsid(a.client, fsid_a, sizeof(fsid_a)));
	CHECK_OK(monclient_fsid(b.client, fsid_b, sizeof(fsid_b)));
	CHECK(strcmp(fsid_a, fsid_b) != 0);
	world_end(&a);
	status_ok(b.client);
	world_end(&b);
}

/* ---- Ends badly ---- */

static void ignore_event(const monclient_event_t *event, void *userdata)
{
	CHECK(event->userdata == userdata);
}

/* fails checks that connecting fails in the same way whether one waits for it or not, and that all destroy functions are
 * called. */
static void fails(const char *file, int line, monclient_config_t config, int32_t timeout_ms, int want, const char *text)
{
	monclient_t client = 1;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .timeout_ms = timeout_ms};
	struct recorder session, log, done;
	monclient_sink_t s, l, d;
	const monclient_event_t *e;
	size_t i;

	recorder_init(&session);
	recorder_init(&log);
	recorder_init(&done);
	for (i = 0; i < 2; i++) {
		s = recorder_sink(&session);
		l = recorder_sink(&log);
		o.session = &s;
		o.log = &l;
		o.log_level = MONCLIENT_LOG_DEBUG;
		if (i == 0) {
			check_status(file, line, "monclient_connect()", monclient_connect(config, &o, &client), want);
			check_has(file, line, "monclient_last_error()", monclient_last_error(), text);
			check_uint(file, line, "client", client, 0);
			recorder_end(&session);
			recorder_end(&log);
			recorder_init(&session);
			recorder_init(&log);
			continue;
		}
		d = recorder_sink(&done);
		check_status(file, line, "monclient_connect_async()", monclient_connect_async(config, &o, &d, NULL), MONCLIENT_OK);
		e = recorder_wait(&done, 0);
		check_uint(file, line, "event type", e->type, MONCLIENT_EVENT_CONNECT);
		check_int(file, line, "event status", e->status, want);
		check_has(file, line, "event error", e->error, text);
		check_uint(file, line, "event client", e->client, 0);
		check_uint(file, line, "event flags", e->flags, MONCLIENT_EVENT_LAST);
	}
	recorder_end(&session);
	recorder_end(&log);
	recorder_end(&done);
	check_uint(file, line, "clients", counters().clients, 0);
}
#define FAILS(config, timeout_ms, want, text) fails(__FILE__, __LINE__, config, timeout_ms, want, text)

static void times_out(void)
{
	struct world w;

	world_start(&w, 3);
	world_do(&w, "freeze a");
	world_do(&w, "freeze b");
	world_do(&w, "freeze c");
	FAILS(w.config, 250, MONCLIENT_ETIMEDOUT, "192.0.2.1:3300");
	FAILS(w.config, 1, MONCLIENT_ETIMEDOUT, "timed out");
	CHECK_OK(monclient_config_set(w.config, "client_mount_timeout", "1"));
	FAILS(w.config, 0, MONCLIENT_ETIMEDOUT, "192.0.2.3:3300");
	world_end(&w);
}

/* Monitors are restarted, so those that are down are tried again. */
static void comes_up_later(void)
{
	struct world w;
	struct recorder r;
	monclient_queue_t queue;
	monclient_sink_t s, d;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .timeout_ms = MONCLIENT_FOREVER};
	monclient_event_t *e;
	size_t i = 0;

	world_start(&w, 1);
	world_do(&w, "kill a");
	recorder_init(&r);
	s = recorder_sink(&r);
	CHECK_OK(monclient_queue_create(&queue));
	d = queue_sink(queue, NULL);
	CHECK_OK(monclient_connect_async(w.config, &o, &d, NULL));
	recorder_find(&r, &i, MONCLIENT_EVENT_SESSION, MONCLIENT_SESSION_ATTEMPT_FAILED);
	world_do(&w, "start a");
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_OK(monclient_close(e->client));
	monclient_event_free(e);
	recorder_end(&r);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

static void wrong_key(void)
{
	static const char wrong[] = "AQBqyBZnAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg==";
	struct world w;
	char *key;

	world_start(&w, 1);
	CHECK_OK(monclienttest_key(w.mons, &key));
	CHECK_OK(monclient_config_set(w.config, "key", wrong));
	FAILS(w.config, 10000, MONCLIENT_EACCES, "192.0.2.1:3300");
	CHECK_STATUS(monclient_connect(w.config, NULL, &w.client), MONCLIENT_EACCES);
	CHECK_HAS(monclient_last_error(), "client.admin");
	CHECK_LACKS(monclient_last_error(), wrong);
	CHECK_LACKS(monclient_last_error(), key);

	CHECK_OK(monclient_config_set(w.config, "key", key));
	CHECK_OK(monclient_config_set(w.config, "name", "client.nobody"));
	FAILS(w.config, 10000, MONCLIENT_EACCES, "client.nobody");
	CHECK_STATUS(monclient_connect(w.config, NULL, &w.client), MONCLIENT_EACCES);
	CHECK_LACKS(monclient_last_error(), key);

	CHECK_OK(monclient_config_set(w.config, "name", "client.admin"));
	world_connect(&w);
	monclient_free(key);
	world_end(&w);
}

/* Sinks are released in the right order however fast it goes: events of the attempt are still being delivered when connecting
 * has failed already. */
static void wrong_key_often(void)
{
	struct world w;
	monclient_queue_t queue;
	atomic_int destroyed = 0;
	int i, n = loops(400), sinks = 0;

	world_start(&w, 3);
	CHECK_OK(monclient_config_set(w.config, "key", "AQBqyBZnAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg=="));
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < n; i++) {
		monclient_sink_t s = queue_sink(i % 2 ? queue : 0, &destroyed), l, d = queue_sink(queue, NULL);
		monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s, .log = &l, .log_level = MONCLIENT_LOG_DEBUG};
		monclient_event_t *e;
		monclient_t client;
		uint32_t type;

		s.callback = i % 2 ? NULL : ignore_event;
		s.destroy = count_destroy;
		l = s;
		sinks += 2;
		if (i % 4 < 2) {
			CHECK_STATUS(monclient_connect(w.config, &o, &client), MONCLIENT_EACCES);
			continue;
		}
		CHECK_OK(monclient_connect_async(w.config, &o, &d, NULL));
		do {
			e = queue_take(queue);
			type = e->type;
			monclient_event_free(e);
		} while (type != MONCLIENT_EVENT_CONNECT);
	}
	CHECK_OK(monclient_queue_destroy(queue));
	UNTIL(atomic_load(&destroyed) == sinks);
	world_end(&w);
}

static void bad_key(void)
{
	struct world w;

	world_start(&w, 1);
	CHECK_OK(monclient_config_set(w.config, "key", "no base64, but still a secret"));
	FAILS(w.config, 10000, MONCLIENT_EINVAL, "key");
	CHECK_STATUS(monclient_connect(w.config, NULL, &w.client), MONCLIENT_EINVAL);
	CHECK_LACKS(monclient_last_error(), "still a secret");
	world_end(&w);
}

static void no_monitors(void)
{
	monclient_config_t config;

	CHECK_OK(monclient_config_create(&config));
	/* Without addresses the DNS would be asked. */
	CHECK_OK(monclient_config_set(config, "mon_dns_srv_name", ""));
	CHECK_OK(monclient_config_set(config, "key", "AQBqyBZnAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg=="));
	FAILS(config, 10000, MONCLIENT_ENOENT, "mon_host");
	CHECK_OK(monclient_config_destroy(config));
}

static void no_keyring(void)
{
	monclient_config_t config;

	CHECK_OK(monclient_config_create(&config));
	CHECK_OK(monclient_config_set(config, "mon_host", "127.0.0.1:1"));
	CHECK_OK(monclient_config_set(config, "keyring", "no/such/keyring"));
	CHECK_OK(monclient_config_set(config, "auth_client_required", "cephx"));
	FAILS(config, 10000, MONCLIENT_ENOENT, "no/such/keyring");
	CHECK_OK(monclient_config_destroy(config));
}

static void bad_options(void)
{
	static const struct {
		const char *option, *value, *text;
	} bad[] = {
		{"mon_host", "[v2:10.0.0.1", "mon_host"},
		{"auth_client_required", "telepathy", "auth_client_required"},
		{"ms_mon_client_mode", "shouting", "ms_mon_client_mode"},
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		struct world w;
		monclient_config_t config;
		int rc;

		world_start(&w, 1);
		CHECK_OK(monclient_config_create(&config));
		CHECK_OK(monclient_config_set(config, "mon_host", "127.0.0.1:1"));
		CHECK_OK(monclient_config_set(config, "key", "AQBqyBZnAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg=="));
		rc = monclient_config_set(config, bad[i].option, bad[i].value);
		if (rc == MONCLIENT_OK)
			FAILS(config, 1000, MONCLIENT_EINVAL, bad[i].text);
		else
			CHECK_ERROR(rc, MONCLIENT_EINVAL, bad[i].text);
		CHECK_OK(monclient_config_destroy(config));
		world_end(&w);
	}
}

/* listener listens on a loopback port, and accepts nobody. */
static int listener(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 8) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static monclient_config_t config_for(const char *mon_host)
{
	monclient_config_t config;

	CHECK_OK(monclient_config_create(&config));
	CHECK_OK(monclient_config_set(config, "mon_host", mon_host));
	CHECK_OK(monclient_config_set(config, "key", "AQBqyBZnAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg=="));
	return config;
}

static void nobody_listens(void)
{
	uint16_t port;
	int fd = listener(&port);
	char host[64];
	monclient_config_t config;

	close(fd);
	snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	config = config_for(host);
	FAILS(config, 300, MONCLIENT_ETIMEDOUT, host);
	FAILS(config, 300, MONCLIENT_ETIMEDOUT, "connection refused");
	CHECK_OK(monclient_config_destroy(config));
}

static void nobody_answers(void)
{
	uint16_t port;
	int fd = listener(&port);
	char host[64];
	monclient_config_t config;

	snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	config = config_for(host);
	FAILS(config, 300, MONCLIENT_ETIMEDOUT, host);
	CHECK_OK(monclient_config_destroy(config));
	close(fd);
}

static void *say_hello(void *arg)
{
	int fd, listening = *(int *)arg;

	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		static const char text[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n";

		if (write(fd, text, sizeof(text)) < 0)
			perror("write");
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

static void no_monitor_at_all(void)
{
	uint16_t port;
	int fd = listener(&port);
	char host[64];
	monclient_config_t config;
	pthread_t t;

	thread_start(&t, say_hello, &fd);
	snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	config = config_for(host);
	FAILS(config, 10000, MONCLIENT_EPROTO, host);
	CHECK_OK(monclient_config_destroy(config));
	shutdown(fd, SHUT_RDWR);
	thread_join(t);
	close(fd);
}

/* ---- Cancel and destroy ---- */

static void cancel(void)
{
	struct world w;
	struct recorder r, session;
	monclient_sink_t sink, s;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .session = &s};
	monclient_op_t op;
	const monclient_event_t *e;
	size_t i = 0;

	world_start(&w, 1);
	world_do(&w, "freeze a");
	recorder_init(&r);
	recorder_init(&session);
	sink = recorder_sink(&r);
	s = recorder_sink(&session);
	CHECK_OK(monclient_connect_async(w.config, &o, &sink, &op));
	recorder_find(&session, &i, MONCLIENT_EVENT_SESSION, MONCLIENT_SESSION_HUNTING);
	CHECK_UINT(counters().operations, 1);
	CHECK_OK(monclient_op_cancel(op));
	e = recorder_wait(&r, 0);
	CHECK_UINT(e->type, MONCLIENT_EVENT_CONNECT);
	CHECK_INT(e->status, MONCLIENT_ECANCELED);
	CHECK_UINT(e->source, op);
	CHECK_UINT(e->client, 0);
	CHECK(e->error && *e->error);
	CHECK_STATUS(monclient_op_cancel(op), MONCLIENT_EBADHANDLE);
	recorder_end(&r);
	recorder_end(&session);
	world_end(&w);
}

static void cancel_at_once(void)
{
	struct world w;
	monclient_queue_t queue;
	int i, n = loops(200), canceled = 0;

	world_start(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	for (i = 0; i < n; i++) {
		monclient_sink_t sink = queue_sink(queue, NULL);
		monclient_op_t op;
		monclient_event_t *e;
		int rc;

		CHECK_OK(monclient_connect_async(w.config, NULL, &sink, &op));
		rc = monclient_op_cancel(op);
		e = queue_take(queue);
		CHECK_UINT(e->type, MONCLIENT_EVENT_CONNECT);
		if (e->status == MONCLIENT_OK) {
			CHECK_OK(monclient_close(e->client));
		} else {
			CHECK_INT(rc, MONCLIENT_OK);
			CHECK_INT(e->status, MONCLIENT_ECANCELED);
			CHECK_UINT(e->client, 0);
			canceled++;
		}
		monclient_event_free(e);
	}
	CHECK(canceled > 0);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* A client that nobody has received is closed when its queue is destroyed. */
static void queue_destroyed_with_client(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	atomic_int destroyed = 0;
	int fd;

	world_start(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	CHECK_OK(monclient_queue_fd(queue, &fd));
	sink = queue_sink(queue, &destroyed);
	sink.destroy = count_destroy;
	CHECK_OK(monclient_connect_async(w.config, NULL, &sink, NULL));
	UNTIL(fd_readable(fd));
	CHECK_UINT(counters().clients, 1);
	CHECK_OK(monclient_queue_destroy(queue));
	UNTIL(counters().clients == 0);
	UNTIL(atomic_load(&destroyed) == 1);
	world_end(&w);
}

/* And one that comes later, as well. */
static void queue_destroyed_before_client(void)
{
	struct world w;
	atomic_int destroyed = 0;
	int i, n = loops(100);

	world_start(&w, 1);
	for (i = 0; i < n; i++) {
		monclient_queue_t queue;
		monclient_sink_t sink;

		CHECK_OK(monclient_queue_create(&queue));
		sink = queue_sink(queue, &destroyed);
		sink.destroy = count_destroy;
		CHECK_OK(monclient_connect_async(w.config, NULL, &sink, NULL));
		if (i % 2)
			sched_yield();
		CHECK_OK(monclient_queue_destroy(queue));
	}
	UNTIL(counters().clients == 0 && counters().operations == 0);
	UNTIL(atomic_load(&destroyed) == n);
	world_end(&w);
}

static void config_destroyed_while_connecting(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;

	world_start(&w, 1);
	recorder_init(&r);
	sink = recorder_sink(&r);
	world_do(&w, "freeze a");
	CHECK_OK(monclient_connect_async(w.config, NULL, &sink, NULL));
	CHECK_OK(monclient_config_destroy(w.config));
	w.config = 0;
	world_do(&w, "thaw a");
	CHECK_INT(recorder_wait(&r, 0)->status, MONCLIENT_OK);
	w.client = recorder_wait(&r, 0)->client;
	status_ok(w.client);
	recorder_end(&r);
	world_end(&w);
}

/* ---- Close ---- */

static void close_ends_everything(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_t client;
	monclient_op_t ops[3];
	int i, ended = 0;
	char buf[64];
	uint64_t number;

	world_open(&w, 1);
	client = w.client;
	world_do(&w, "drop-replies");
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_command_async(client, "{\"prefix\": \"status\"}", NULL, &sink, &ops[0]));
	CHECK_OK(monclient_wait_for_map_async(client, "osdmap", 1000, 0, &sink, &ops[1]));
	CHECK_OK(monclient_command_async(client, "{\"prefix\": \"health\"}", NULL, &sink, &ops[2]));
	CHECK_OK(monclient_subscribe(client, "osdmap", 1000, 0, &sink, &sub));
	CHECK_OK(monclient_close(client));
	w.client = 0;
	/* Their events are there when it returns. */
	for (i = 0; i < 4; i++) {
		monclient_event_t *e = NULL;
		uint32_t n;

		CHECK_OK(monclient_queue_poll(queue, &e, 1, 0, &n));
		CHECK_UINT(n, 1);
		CHECK_INT(e->status, MONCLIENT_ECLOSED);
		CHECK(e->flags & MONCLIENT_EVENT_LAST);
		CHECK(e->error && *e->error);
		CHECK_UINT(e->client, client);
		ended |= e->source == sub ? 8 : e->source == ops[0] ? 1 : e->source == ops[1] ? 2 : e->source == ops[2] ? 4 : 0;
		monclient_event_free(e);
	}
	CHECK_INT(ended, 15);
	CHECK_STATUS(monclient_close(client), MONCLIENT_EBADHANDLE);
	CHECK_STATUS(monclient_unsubscribe(sub), MONCLIENT_EBADHANDLE);
	CHECK_STATUS(monclient_op_cancel(ops[0]), MONCLIENT_EBADHANDLE);
	CHECK_STATUS(monclient_fsid(client, buf, sizeof(buf)), MONCLIENT_EBADHANDLE);
	CHECK_STATUS(monclient_global_id(client, &number), MONCLIENT_EBADHANDLE);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* It waits for nothing on the network. */
static void close_while_frozen(void)
{
	struct world w;
	int64_t begin;

	world_open(&w, 1);
	world_do(&w, "freeze a");
	begin = now_ms();
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	CHECK(now_ms() - begin < (slow() ? 20000 : 2000));
	world_do(&w, "thaw a");
	world_end(&w);
}

static void *close_it(void *arg)
{
	return monclient_close(*(monclient_t *)arg) == MONCLIENT_OK ? arg : NULL;
}

static void close_by_many(void)
{
	enum { N = 8 };
	struct world w;
	pthread_t t[N];
	int i, closed = 0;

	world_open(&w, 1);
	for (i = 0; i < N; i++)
		thread_start(&t[i], close_it, &w.client);
	for (i = 0; i < N; i++) {
		void *result;

		CHECK_INT(pthread_join(t[i], &result), 0);
		closed += result != NULL;
	}
	CHECK_INT(closed, 1);
	w.client = 0;
	world_end(&w);
}

static void open_and_close(void)
{
	struct world w;
	int i, n = loops(200);

	world_start(&w, 3);
	for (i = 0; i < n; i++) {
		monclient_t before = w.client;

		world_connect(&w);
		CHECK(w.client != before);
		if (i % 2)
			status_ok(w.client);
		CHECK_OK(monclient_close(w.client));
	}
	w.client = 0;
	world_end(&w);
}

static const struct check_test tests[] = {
	TEST(sync_and_async),
	TEST(without_op),
	TEST(options),
	TEST(longer_options),
	TEST(several_clusters),
	TEST(times_out),
	TEST(comes_up_later),
	TEST(wrong_key),
	TEST(wrong_key_often),
	TEST(bad_key),
	TEST(no_monitors),
	TEST(no_keyring),
	TEST(bad_options),
	TEST(nobody_listens),
	TEST(nobody_answers),
	TEST(no_monitor_at_all),
	TEST(cancel),
	TEST(cancel_at_once),
	TEST(queue_destroyed_with_client),
	TEST(queue_destroyed_before_client),
	TEST(config_destroyed_while_connecting),
	TEST(close_ends_everything),
	TEST(close_while_frozen),
	TEST(close_by_many),
	TEST(open_and_close),
};
MAIN(tests)
