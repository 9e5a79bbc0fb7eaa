/* Queues. */
#include <limits.h>

#include "check.h"

#define FSID "{\"prefix\": \"fsid\"}"

static monclient_queue_t new_queue(void)
{
	monclient_queue_t queue = 0;

	CHECK_OK(monclient_queue_create(&queue));
	CHECK_UINT(queue & 0xff, MONCLIENT_KIND_QUEUE);
	return queue;
}

static int queue_fd(monclient_queue_t queue)
{
	int fd = -1, again = -1;

	CHECK_OK(monclient_queue_fd(queue, &fd));
	CHECK(fd >= 0);
	CHECK_OK(monclient_queue_fd(queue, &again));
	CHECK_INT(again, fd);
	return fd;
}

static uint32_t take(monclient_queue_t queue, monclient_event_t **events, uint32_t max, int32_t timeout_ms)
{
	uint32_t n = UINT32_MAX;

	CHECK_OK(monclient_queue_poll(queue, events, max, timeout_ms, &n));
	CHECK(n <= max);
	return n;
}

/* put has an event with this userdata come to the queue, and returns when it is there. */
static void put(struct world *w, monclient_queue_t queue, void *userdata)
{
	monclient_sink_t sink = queue_sink(queue, userdata);

	CHECK_OK(monclient_command_async(w->client, FSID, NULL, &sink, NULL));
	status_ok(w->client); /* what was asked before it is answered before it */
}

static void fd_follows_the_events(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();
	monclient_event_t *events[8];
	int fd = queue_fd(queue), i, k;

	world_open(&w, 1);
	CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	for (k = 0; k < 3; k++) {
		CHECK(!fd_readable(fd));
		CHECK_UINT(take(queue, events, 8, 0), 0);
		CHECK(!fd_readable(fd));
		for (i = 0; i < 3; i++) {
			put(&w, queue, NULL);
			CHECK(fd_readable(fd));
			CHECK(fd_readable(fd)); /* looking changes nothing */
		}
		CHECK_UINT(take(queue, events, 2, 0), 2);
		CHECK(fd_readable(fd)); /* one is left */
		monclient_event_free(events[0]);
		monclient_event_free(events[1]);
		CHECK_UINT(take(queue, events, 8, 0), 1);
		CHECK(!fd_readable(fd));
		monclient_event_free(events[0]);
	}
	world_end(&w);
	CHECK_OK(monclient_queue_destroy(queue));
}

/* The descriptor is asked for when events are there already. */
static void fd_asked_for_late(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();
	monclient_event_t *e;

	world_open(&w, 1);
	put(&w, queue, NULL);
	CHECK(fd_readable(queue_fd(queue)));
	CHECK_UINT(take(queue, &e, 1, 0), 1);
	CHECK(!fd_readable(queue_fd(queue)));
	monclient_event_free(e);
	world_end(&w);
	CHECK_OK(monclient_queue_destroy(queue));
}

static void waiting_in_poll(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();
	struct pollfd p = {.fd = queue_fd(queue), .events = POLLIN};
	monclient_event_t *e;
	monclient_sink_t sink;
	int i, n;

	world_open(&w, 1);
	for (i = 0; i < loops(200); i++) {
		sink = queue_sink(queue, &w);
		CHECK_OK(monclient_command_async(w.client, FSID, NULL, &sink, NULL));
		do
			n = poll(&p, 1, (int)patience_ms());
		while (n < 0 && errno == EINTR);
		CHECK_INT(n, 1);
		CHECK_UINT(take(queue, &e, 1, 0), 1);
		CHECK(e->userdata == &w);
		monclient_event_free(e);
	}
	world_end(&w);
	CHECK_OK(monclient_queue_destroy(queue));
}

static void batches_in_order(void)
{
	enum { N = 200 };
	struct world w;
	monclient_queue_t queue = new_queue();
	monclient_event_t *events[N + 1];
	uint32_t n, i;
	uintptr_t next = 1;
	int k, put_n = loops(N);

	world_open(&w, 1);
	for (k = 1; k <= put_n; k++)
		put(&w, queue, (void *)(uintptr_t)k); /* pointers that point nowhere are fine */
	while (next <= (uintptr_t)put_n) {
		n = take(queue, events, next == 1 ? 1 : next < 20 ? 7 : N + 1, 0);
		CHECK(n > 0);
		for (i = 0; i < n; i++) {
			CHECK_UINT((uintptr_t)events[i]->userdata, next);
			next++;
			monclient_event_free(events[i]);
		}
	}
	CHECK_UINT(take(queue, events, N + 1, 0), 0);
	world_end(&w);
	CHECK_OK(monclient_queue_destroy(queue));
}

static void timeouts(void)
{
	monclient_queue_t queue = new_queue();
	monclient_event_t *e;
	int64_t begin = now_ms();

	CHECK_UINT(take(queue, &e, 1, 0), 0);
	CHECK_UINT(take(queue, &e, 1, 1), 0);
	CHECK_UINT(take(queue, &e, 1, 60), 0);
	CHECK(now_ms() - begin >= 60);
	CHECK_OK(monclient_queue_destroy(queue));
}

static void bad_room(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();
	monclient_event_t *events[2] = {NULL, NULL};
	uint32_t n = 7;

	world_open(&w, 1);
	put(&w, queue, NULL);
	CHECK_ERROR(monclient_queue_poll(queue, events, 0, 0, &n), MONCLIENT_EINVAL, "max");
	CHECK_UINT(n, 0);
	n = 7;
	CHECK_ERROR(monclient_queue_poll(queue, NULL, 1, 0, &n), MONCLIENT_EINVAL, "events");
	CHECK_UINT(n, 0);
	CHECK_ERROR(monclient_queue_poll(queue, events, 1, 0, NULL), MONCLIENT_EINVAL, "count");
	CHECK(!events[0]); /* nothing was taken */
	/* Room for more than there can be costs nothing. */
	CHECK_OK(monclient_queue_poll(queue, events, UINT32_MAX, 0, &n));
	CHECK_UINT(n, 1);
	CHECK(events[0] && !events[1]);
	monclient_event_free(events[0]);
	world_end(&w);
	CHECK_OK(monclient_queue_destroy(queue));
}

struct consumer {
	monclient_queue_t queue;
	atomic_int *got;
	struct gate *gate;
	int rc;
};

static void *consume(void *arg)
{
	struct consumer *c = arg;
	monclient_event_t *events[3];
	uint32_t n, i;

	gate_wait(c->gate);
	while ((c->rc = monclient_queue_poll(c->queue, events, 3, MONCLIENT_FOREVER, &n)) == MONCLIENT_OK) {
		CHECK(n > 0);
		for (i = 0; i < n; i++)
			monclient_event_free(events[i]);
		atomic_fetch_add(c->got, (int)n);
	}
	CHECK_UINT(n, 0);
	return NULL;
}

/* Every event goes to one of those who wait; destroying the queue ends them all. */
static void several_consumers(void)
{
	enum { N = 6, EVENTS = 600 };
	struct world w;
	monclient_queue_t queue = new_queue();
	struct consumer c[N];
	struct gate gate = GATE;
	pthread_t t[N];
	atomic_int got = 0;
	int i, events = loops(EVENTS);

	world_open(&w, 1);
	for (i = 0; i < N; i++) {
		c[i] = (struct consumer){queue, &got, &gate, 0};
		thread_start(&t[i], consume, &c[i]);
	}
	gate_await(&gate, N);
	gate_open(&gate);
	for (i = 0; i < events; i++) {
		monclient_sink_t sink = queue_sink(queue, NULL);

		CHECK_OK(monclient_command_async(w.client, FSID, NULL, &sink, NULL));
	}
	UNTIL(atomic_load(&got) == events);
	CHECK_OK(monclient_queue_destroy(queue));
	for (i = 0; i < N; i++) {
		thread_join(t[i]);
		CHECK(c[i].rc == MONCLIENT_ECLOSED || c[i].rc == MONCLIENT_EBADHANDLE);
	}
	CHECK_INT(atomic_load(&got), events);
	world_end(&w);
}

struct poller {
	monclient_queue_t queue;
	int rc;
	char error[256];
};

static void *poll_forever(void *arg)
{
	struct poller *p = arg;
	monclient_event_t *e;
	uint32_t n = 1;

	p->rc = monclient_queue_poll(p->queue, &e, 1, MONCLIENT_FOREVER, &n);
	snprintf(p->error, sizeof(p->error), "%s", monclient_last_error());
	CHECK_UINT(n, 0);
	return NULL;
}

static void destroyed_while_polled(void)
{
	int i;

	for (i = 0; i < loops(50); i++) {
		struct poller p = {new_queue(), 1, ""};
		pthread_t t;

		thread_start(&t, poll_forever, &p);
		if (i == 0)
			poll(NULL, 0, 30); /* once for certain, in all likelihood */
		CHECK_OK(monclient_queue_destroy(p.queue));
		thread_join(t);
		if (p.rc != MONCLIENT_ECLOSED && !(p.rc == MONCLIENT_EBADHANDLE && i > 0))
			FAIL("monclient_queue_poll() returned %d: %s", p.rc, p.error);
		CHECK(*p.error);
		CHECK_STATUS(monclient_queue_destroy(p.queue), MONCLIENT_EBADHANDLE);
	}
}

/* What is in the queue, and what comes later, is released. */
static void destroyed_with_events(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_op_t op;
	atomic_int destroyed = 0;
	int fd = queue_fd(queue);

	world_open(&w, 1);
	sink = queue_sink(queue, &destroyed);
	sink.destroy = count_destroy;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &sink, NULL));
	UNTIL(fd_readable(fd));
	world_do(&w, "drop-replies");
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &sink, &op));
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, 0, &sink, &sub));
	CHECK_INT(atomic_load(&destroyed), 0);
	CHECK_OK(monclient_queue_destroy(queue));
	world_do(&w, "osdmap");
	world_do(&w, "answer-replies");
	/* The operation and the subscription end in their own way. */
	CHECK(monclient_op_cancel(op) == MONCLIENT_OK || monclient_op_cancel(op) == MONCLIENT_EBADHANDLE);
	CHECK(monclient_unsubscribe(sub) == MONCLIENT_OK || monclient_unsubscribe(sub) == MONCLIENT_EBADHANDLE);
	UNTIL(atomic_load(&destroyed) == 3);
	/* No more can be sent there. */
	CHECK_ERROR(monclient_command_async(w.client, FSID, NULL, &sink, NULL), MONCLIENT_EBADHANDLE, "queue");
	CHECK_INT(atomic_load(&destroyed), 4);
	world_end(&w);
	CHECK_UINT(counters().buffers, 0);
}

/* Events outlive all that they came from. */
static void events_outlive_everything(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();
	monclient_event_t *events[2];
	monclient_sink_t sink;
	atomic_int destroyed = 0;

	world_open(&w, 1);
	sink = queue_sink(queue, &destroyed);
	sink.destroy = count_destroy;
	CHECK_OK(monclient_command_async(w.client, FSID, NULL, &sink, NULL));
	events[0] = queue_take(queue);
	CHECK_OK(monclient_command_async(w.client, "{\"prefix\": \"no such command\"}", NULL, &sink, NULL));
	events[1] = queue_take(queue);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
	CHECK_OK(monclienttest_gc());
	CHECK_UINT(events[0]->reply->output_len, MONCLIENT_FSID_SIZE);
	CHECK_INT(events[1]->reply->retval, -EINVAL);
	CHECK_INT(atomic_load(&destroyed), 0); /* the events have the userdata */
	monclient_event_free(events[0]);
	CHECK_INT(atomic_load(&destroyed), 1);
	/* An event of a queue can be kept as well. */
	CHECK(monclient_event_keep(events[1]) == events[1]);
	monclient_event_free(events[1]);
	CHECK_INT(events[1]->reply->retval, -EINVAL);
	CHECK_INT(atomic_load(&destroyed), 1);
	monclient_event_free(events[1]);
	CHECK_INT(atomic_load(&destroyed), 2);
}

static void shared_by_clients(void)
{
	struct world a, b;
	monclient_queue_t queue = new_queue();
	monclient_event_t *e;
	int i, of_a = 0, of_b = 0;

	world_open(&a, 1);
	world_open(&b, 1);
	for (i = 0; i < 10; i++)
		put(i % 2 ? &a : &b, queue, NULL);
	for (i = 0; i < 10; i++) {
		e = queue_take(queue);
		of_a += e->client == a.client;
		of_b += e->client == b.client;
		monclient_event_free(e);
	}
	CHECK(of_a == 5 && of_b == 5);
	world_end(&a);
	put(&b, queue, NULL);
	monclient_event_free(queue_take(queue));
	world_end(&b);
	CHECK_OK(monclient_queue_destroy(queue));
}

static void no_thread_of_callbacks(void)
{
	struct world w;
	monclient_queue_t queue = new_queue();

	world_open(&w, 1);
	put(&w, queue, NULL);
	monclient_event_free(queue_take(queue));
	CHECK_UINT(counters().threads, 0);
	world_end(&w);
	CHECK_OK(monclient_queue_destroy(queue));
}

static void descriptors_are_closed(void)
{
	int i, first = -1;

	for (i = 0; i < 2000; i++) {
		monclient_queue_t queue = new_queue();
		int fd = queue_fd(queue);

		if (first < 0)
			first = fd;
		CHECK(fd < first + 20);
		CHECK_OK(monclient_queue_destroy(queue));
	}
}

static void null_is_nothing(void)
{
	monclient_event_free(NULL);
	monclient_reply_free(NULL);
	monclient_session_free(NULL);
	monclient_free(NULL);
	CHECK(monclient_event_keep(NULL) == NULL);
}

static const struct check_test tests[] = {
	TEST(fd_follows_the_events),
	TEST(fd_asked_for_late),
	TEST(waiting_in_poll),
	TEST(batches_in_order),
	TEST(timeouts),
	TEST(bad_room),
	TEST(several_consumers),
	TEST(destroyed_while_polled),
	TEST(destroyed_with_events),
	TEST(events_outlive_everything),
	TEST(shared_by_clients),
	TEST(no_thread_of_callbacks),
	TEST(descriptors_are_closed),
	TEST(null_is_nothing),
};
MAIN(tests)
