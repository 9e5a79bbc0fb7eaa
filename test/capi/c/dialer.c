/* Dialers: functions of the program that open the connections. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "check.h"

/* What a dialer does, and what it saw. */
struct dialing {
	pthread_mutex_t mutex;
	int calls, destroyed;
	char ip[64];
	uint16_t port;
	int32_t timeout_ms;
	int result;         /* returned when there is no dial */
	int (*dial)(struct dialing *d, const char *ip, uint16_t port);
	struct gate *gate;  /* waited at, or NULL */
	pthread_t pumps[64];
	int npumps;
	int pump_fds[64][2];
};

static int dial(const char *ip, uint16_t port, int32_t timeout_ms, void *userdata)
{
	struct dialing *d = userdata;

	pthread_mutex_lock(&d->mutex);
	d->calls++;
	snprintf(d->ip, sizeof(d->ip), "%s", ip);
	d->port = port;
	d->timeout_ms = timeout_ms;
	pthread_mutex_unlock(&d->mutex);
	if (d->gate)
		gate_wait(d->gate);
	return d->dial ? d->dial(d, ip, port) : d->result;
}

static void dial_destroy(void *userdata)
{
	struct dialing *d = userdata;

	pthread_mutex_lock(&d->mutex);
	if (++d->destroyed > 1)
		FAIL("destroy was called %d times", d->destroyed);
	pthread_mutex_unlock(&d->mutex);
}

static int calls(struct dialing *d)
{
	int n;

	pthread_mutex_lock(&d->mutex);
	n = d->calls;
	pthread_mutex_unlock(&d->mutex);
	return n;
}

static int destroyed(struct dialing *d)
{
	int n;

	pthread_mutex_lock(&d->mutex);
	n = d->destroyed;
	pthread_mutex_unlock(&d->mutex);
	return n;
}

static void dialing_init(struct dialing *d)
{
	memset(d, 0, sizeof(*d));
	pthread_mutex_init(&d->mutex, NULL);
}

static monclient_dialer_t dialer_of(struct dialing *d)
{
	monclient_dialer_t dialer = {.struct_size = sizeof(dialer), .dial = dial, .userdata = d, .destroy = dial_destroy};

	return dialer;
}

static monclient_config_t config_with(struct dialing *d, const char *mon_host)
{
	monclient_dialer_t dialer = dialer_of(d);
	monclient_config_t config;

	CHECK_OK(monclient_config_create(&config));
	if (mon_host) {
		CHECK_OK(monclient_config_set(config, "mon_host", mon_host));
		CHECK_OK(monclient_config_set(config, "key", "AQBqyBZnAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg=="));
	} else {
		CHECK_OK(monclient_config_read_file(config, real_conf()));
	}
	CHECK_OK(monclient_config_set_dialer(config, &dialer));
	memset(&dialer, 0xee, sizeof(dialer)); /* the library has a copy */
	return config;
}

static int dial_tcp(struct dialing *d, const char *ip, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), e;

	(void)d;
	CHECK(fd >= 0);
	CHECK_INT(inet_pton(AF_INET, ip, &a.sin_addr), 1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	e = errno;
	close(fd);
	return -e;
}

static void tcp(void)
{
	struct dialing d;
	monclient_config_t config;
	monclient_t client, second;

	dialing_init(&d);
	d.dial = dial_tcp;
	config = config_with(&d, NULL);
	CHECK_OK(monclient_connect(config, NULL, &client));
	CHECK(calls(&d) >= 1);
	CHECK_STR(d.ip, "127.0.0.1");
	CHECK(d.port > 0);
	CHECK(d.timeout_ms > 0);
	status_ok(client);
	CHECK_OK(monclient_connect(config, NULL, &second));
	status_ok(second);
	/* It is needed as long as a client can dial. */
	CHECK_OK(monclient_config_destroy(config));
	CHECK_OK(monclient_close(second));
	status_ok(client);
	CHECK_INT(destroyed(&d), 0);
	CHECK_OK(monclient_close(client));
	UNTIL(destroyed(&d) == 1);
}

static void *pump(void *arg)
{
	int *fds = arg;
	char buf[16384];

	for (;;) {
		struct pollfd p[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
		int i;

		if (poll(p, 2, -1) < 0)
			continue;
		for (i = 0; i < 2; i++) {
			ssize_t n, at, sent;

			if (!p[i].revents)
				continue;
			n = read(fds[i], buf, sizeof(buf));
			for (at = 0; at < n; at += sent) {
				sent = send(fds[!i], buf + at, (size_t)(n - at), MSG_NOSIGNAL);
				if (sent <= 0) {
					n = 0;
					break;
				}
			}
			if (n <= 0) {
				shutdown(fds[0], SHUT_RDWR);
				shutdown(fds[1], SHUT_RDWR);
				close(fds[0]);
				close(fds[1]);
				return NULL;
			}
		}
	}
}

/* dial_pair gives one end of a socketpair; a thread carries the bytes. */
static int dial_pair(struct dialing *d, const char *ip, uint16_t port)
{
	int pair[2], fd = dial_tcp(d, ip, port);

	if (fd < 0)
		return fd;
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pthread_mutex_lock(&d->mutex);
	CHECK(d->npumps < (int)COUNT(d->pumps));
	d->pump_fds[d->npumps][0] = pair[1];
	d->pump_fds[d->npumps][1] = fd;
	thread_start(&d->pumps[d->npumps], pump, d->pump_fds[d->npumps]);
	d->npumps++;
	pthread_mutex_unlock(&d->mutex);
	return pair[0];
}

static void socketpairs(void)
{
	struct dialing d;
	monclient_config_t config;
	monclient_t client;
	int i;

	dialing_init(&d);
	d.dial = dial_pair;
	config = config_with(&d, NULL);
	CHECK_OK(monclient_connect(config, NULL, &client));
	for (i = 0; i < 20; i++)
		status_ok(client);
	CHECK_OK(monclient_close(client));
	CHECK_OK(monclient_config_destroy(config));
	UNTIL(destroyed(&d) == 1);
	for (i = 0; i < d.npumps; i++)
		thread_join(d.pumps[i]); /* the library has closed its ends */
}

/* Errors are those of a monitor that cannot be reached: there may be a way later. */
static void errors(void)
{
	static const struct {
		int result;
		const char *text;
	} bad[] = {
		{-ECONNREFUSED, "connection refused"},
		{-EHOSTUNREACH, "no route to host"},
		{-ENETUNREACH, "network is unreachable"},
		{-5, "input/output error"},
		{-ETIMEDOUT, "timed out"},
		{-100000, "192.0.2.9"},
		{INT32_MIN, "192.0.2.9"},
		{99999, "bad file descriptor"},
	};
	monclient_connect_options_t o = {.struct_size = sizeof(o), .timeout_ms = 120};
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		struct dialing d;
		monclient_config_t config;
		monclient_t client = 1;

		dialing_init(&d);
		d.result = bad[i].result;
		config = config_with(&d, "192.0.2.9:3300");
		CHECK(monclient_connect(config, &o, &client) < 0);
		CHECK_HAS(monclient_last_error(), bad[i].text);
		CHECK_HAS(monclient_last_error(), "192.0.2.9:3300");
		CHECK_UINT(client, 0);
		CHECK(calls(&d) >= 1);
		CHECK_STR(d.ip, "192.0.2.9");
		CHECK_UINT(d.port, 3300);
		CHECK_OK(monclient_config_destroy(config));
		UNTIL(destroyed(&d) == 1);
	}
}

static void ipv6(void)
{
	struct dialing d;
	monclient_config_t config;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .timeout_ms = 60};
	monclient_t client;

	dialing_init(&d);
	d.result = -ECONNREFUSED;
	config = config_with(&d, "[v2:[fd00::1]:3301]");
	CHECK(monclient_connect(config, &o, &client) < 0);
	CHECK_STR(d.ip, "fd00::1");
	CHECK_UINT(d.port, 3301);
	CHECK_OK(monclient_config_destroy(config));
}

static int dial_result(struct dialing *d, const char *ip, uint16_t port)
{
	(void)ip;
	(void)port;
	return d->result;
}

static int dial_unconnected(struct dialing *d, const char *ip, uint16_t port)
{
	(void)d;
	(void)ip;
	(void)port;
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int dial_closed_peer(struct dialing *d, const char *ip, uint16_t port)
{
	int pair[2];

	(void)d;
	(void)ip;
	(void)port;
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	return pair[0];
}

static int open_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* fails_with has a dialer that gives what is of no use. */
static void fails_with(int (*dial)(struct dialing *, const char *, uint16_t), int result)
{
	monclient_connect_options_t o = {.struct_size = sizeof(o), .timeout_ms = 120};
	struct dialing d;
	monclient_config_t config;
	monclient_t client = 1;

	dialing_init(&d);
	d.dial = dial;
	d.result = result;
	config = config_with(&d, "192.0.2.9:3300");
	CHECK(monclient_connect(config, &o, &client) < 0);
	CHECK_HAS(monclient_last_error(), "192.0.2.9:3300");
	CHECK_UINT(client, 0);
	CHECK(calls(&d) > 0);
	CHECK_OK(monclient_config_destroy(config));
	UNTIL(destroyed(&d) == 1);
}

/* What is no stream socket is refused and left alone: most likely it is something else that the program needs. */
static void no_stream_sockets(void)
{
	int fds[2], i, all[4];

	CHECK_INT(pipe(fds), 0);
	all[0] = fds[0];
	all[1] = fds[1];
	all[2] = open("/dev/null", O_RDWR);
	all[3] = socket(AF_INET, SOCK_DGRAM, 0);
	for (i = 0; i < 4; i++) {
		fails_with(dial_result, all[i]);
		CHECK(fcntl(all[i], F_GETFD) >= 0);
		close(all[i]);
	}
}

/* Stream sockets belong to the library, also those that are not connected. */
static void useless_stream_sockets(void)
{
	int before, i;

	fails_with(dial_unconnected, 0); /* so that Go's poller has its descriptors */
	before = open_descriptors();
	for (i = 0; i < 5; i++) {
		fails_with(dial_unconnected, 0);
		fails_with(dial_closed_peer, 0);
	}
	UNTIL(open_descriptors() <= before);
}

/* The descriptor of standard input, which a dialer that returns "0 for success" gives away. */
static void standard_input(void)
{
	int null = open("/dev/null", O_RDONLY);

	CHECK(null >= 0);
	CHECK_INT(dup2(null, 0), 0);
	fails_with(dial_result, 0);
	CHECK(fcntl(0, F_GETFD) >= 0);
	if (null > 0)
		close(null);
}

/* A dialer may block. The client does not wait for it, and what comes too late is closed. */
static int dial_late(struct dialing *d, const char *ip, uint16_t port)
{
	int pair[2];

	(void)ip;
	(void)port;
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pthread_mutex_lock(&d->mutex);
	CHECK(d->npumps < (int)COUNT(d->pump_fds));
	d->pump_fds[d->npumps++][0] = pair[1];
	pthread_mutex_unlock(&d->mutex);
	return pair[0];
}

struct connecting {
	monclient_config_t config;
	int rc;
};

static void *connect_for_100_ms(void *arg)
{
	struct connecting *c = arg;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .timeout_ms = 100};
	monclient_t client = 1;

	c->rc = monclient_connect(c->config, &o, &client);
	CHECK_HAS(monclient_last_error(), "192.0.2.9:3300");
	CHECK_UINT(client, 0);
	return NULL;
}

static void blocks_and_is_late(void)
{
	struct dialing d;
	struct gate gate = GATE;
	struct connecting c;
	pthread_t t;
	int i, n;

	dialing_init(&d);
	d.gate = &gate;
	d.dial = dial_late;
	c.config = config_with(&d, "192.0.2.9:3300");
	thread_start(&t, connect_for_100_ms, &c);
	gate_await(&gate, 1);
	CHECK(d.timeout_ms > 0 && d.timeout_ms <= 10000);
	poll(NULL, 0, 150); /* which is longer than connecting may take */
	CHECK_OK(monclient_config_destroy(c.config));
	CHECK_INT(destroyed(&d), 0); /* it runs */
	n = calls(&d);
	gate_open(&gate);
	thread_join(t);
	CHECK_INT(c.rc, MONCLIENT_ETIMEDOUT);
	UNTIL(destroyed(&d) == 1);
	CHECK_INT(calls(&d), n);
	CHECK_INT(d.npumps, n);
	for (i = 0; i < n; i++) {
		char b;

		CHECK_INT(read(d.pump_fds[i][0], &b, 1), 0); /* the other end was closed, and nothing sent */
		close(d.pump_fds[i][0]);
	}
}

static void cancel_while_dialing(void)
{
	struct dialing d;
	struct gate gate = GATE;
	monclient_config_t config;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_op_t op;
	monclient_event_t *e;

	dialing_init(&d);
	d.gate = &gate;
	d.result = -ECONNREFUSED;
	config = config_with(&d, "192.0.2.9:3300");
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_connect_async(config, NULL, &sink, &op));
	gate_await(&gate, 1);
	CHECK_OK(monclient_op_cancel(op));
	CHECK_OK(monclient_config_destroy(config));
	CHECK_INT(destroyed(&d), 0);
	gate_open(&gate);
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_ECANCELED);
	monclient_event_free(e);
	CHECK_OK(monclient_queue_destroy(queue));
	UNTIL(destroyed(&d) == 1);
	CHECK_UINT(counters().clients, 0);
}

/* Several connections are opened at once. */
static void several_at_a_time(void)
{
	struct dialing d;
	struct gate gate = GATE;
	monclient_config_t config;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_event_t *e;

	dialing_init(&d);
	d.gate = &gate;
	d.result = -ECONNREFUSED;
	config = config_with(&d, "192.0.2.7:3300,192.0.2.8:3300,192.0.2.9:3300");
	CHECK_OK(monclient_config_set(config, "client_mount_timeout", "1"));
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_connect_async(config, NULL, &sink, NULL));
	gate_await(&gate, 3);
	gate_open(&gate);
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_ETIMEDOUT);
	CHECK_HAS(e->error, "192.0.2.7:3300");
	CHECK_HAS(e->error, "192.0.2.8:3300");
	CHECK_HAS(e->error, "192.0.2.9:3300");
	monclient_event_free(e);
	CHECK_OK(monclient_queue_destroy(queue));
	CHECK_OK(monclient_config_destroy(config));
	UNTIL(destroyed(&d) == 1);
}

/* What it is called with, and when destroy is called, when it is replaced, taken away or refused. */
static void replaced(void)
{
	struct dialing a, b;
	monclient_dialer_t dialer;
	monclient_config_t config;
	monclient_connect_options_t o = {.struct_size = sizeof(o), .timeout_ms = 60};
	monclient_t client;

	dialing_init(&a);
	dialing_init(&b);
	a.result = b.result = -ECONNREFUSED;
	config = config_with(&a, "127.0.0.1:1");
	dialer = dialer_of(&b);
	CHECK_OK(monclient_config_set_dialer(config, &dialer));
	CHECK_INT(destroyed(&a), 1);
	CHECK(monclient_connect(config, &o, &client) < 0);
	CHECK_INT(calls(&a), 0);
	CHECK(calls(&b) > 0);
	CHECK_OK(monclient_config_set_dialer(config, NULL));
	UNTIL(destroyed(&b) == 1);
	b.calls = 0;
	CHECK(monclient_connect(config, &o, &client) < 0);
	CHECK_INT(calls(&b), 0);
	CHECK_OK(monclient_config_set_dialer(config, NULL));
	CHECK_OK(monclient_config_destroy(config));

	/* Refused: destroy is called before the call returns. */
	dialing_init(&a);
	dialer = dialer_of(&a);
	CHECK_STATUS(monclient_config_set_dialer(config, &dialer), MONCLIENT_EBADHANDLE);
	CHECK_INT(destroyed(&a), 1);
	dialing_init(&a);
	dialer = dialer_of(&a);
	dialer.dial = NULL;
	CHECK_ERROR(monclient_config_set_dialer(config, &dialer), MONCLIENT_EINVAL, "dial");
	CHECK_INT(destroyed(&a), 1);
	dialing_init(&a);
	dialer = dialer_of(&a);
	dialer.reserved = 1;
	CHECK_ERROR(monclient_config_set_dialer(config, &dialer), MONCLIENT_EINVAL, "reserved");
	CHECK_INT(destroyed(&a), 1);
}

/* A dialer may call the library. */
static int dial_inside(struct dialing *d, const char *ip, uint16_t port)
{
	monclient_config_t config;

	counters();
	CHECK_OK(monclient_config_create(&config));
	CHECK_OK(monclient_config_destroy(config));
	return dial_tcp(d, ip, port);
}

static void calls_back_in(void)
{
	struct dialing d;
	monclient_config_t config;
	monclient_t client;

	dialing_init(&d);
	d.dial = dial_inside;
	config = config_with(&d, NULL);
	CHECK_OK(monclient_connect(config, NULL, &client));
	status_ok(client);
	CHECK_OK(monclient_close(client));
	CHECK_OK(monclient_config_destroy(config));
	UNTIL(destroyed(&d) == 1);
}

static const struct check_test tests[] = {
	TEST(tcp),
	TEST(socketpairs),
	TEST(errors),
	TEST(ipv6),
	TEST(no_stream_sockets),
	TEST(useless_stream_sockets),
	TEST(standard_input),
	TEST(blocks_and_is_late),
	TEST(cancel_while_dialing),
	TEST(several_at_a_time),
	TEST(replaced),
	TEST(calls_back_in),
};
MAIN(tests)
