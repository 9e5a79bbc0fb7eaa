/* What it costs to cross from C into the library and back: the same command to the same embedded monitor in this very
 * process, through Go's own API, and through each way of monclient.h. One round; prints "NAME NS ALLOCS" for each.
 *
 *     boundary COMMANDS QUEUED
 *
 * COMMANDS of each kind one after the other, then QUEUED of them with WINDOW in flight. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "monclienttest.h"

enum { WINDOW = 1000, BATCH = 64, CALLS = 1000000 };

static const char command[] = "{\"prefix\": \"nothing\"}";

static void check(int rc, const char *what)
{
	if (rc == MONCLIENT_OK)
		return;
	fprintf(stderr, "boundary: %s: %s: %s\n", what, monclient_strerror(rc), monclient_last_error());
	exit(1);
}
#define CHECK(call) check(call, #call)

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t begin_ns, begin_allocs;

static void begin(void)
{
	CHECK(monclienttest_gc());
	begin_allocs = monclienttest_mallocs();
	begin_ns = now();
}

static void end(const char *name, uint64_t n)
{
	double ns = (double)(now() - begin_ns) / (double)n;

	printf("%s %.1f %.2f\n", name, ns, (double)(monclienttest_mallocs() - begin_allocs) / (double)n);
}

static void check_reply(const monclient_reply_t *reply)
{
	if (!reply || reply->retval != 0 || reply->output_len == 0) {
		fprintf(stderr, "boundary: an empty or negative reply\n");
		exit(1);
	}
}

static void go_calls(monclient_t client, const char *name, uint32_t workers, uint32_t n)
{
	uint64_t ns, allocs;

	CHECK(monclienttest_bench(client, command, workers, n, &ns, &allocs));
	printf("%s %.1f %.2f\n", name, (double)ns / n, (double)allocs / n);
}

static void sync_calls(monclient_t client, uint32_t n)
{
	monclient_reply_t *reply;
	uint32_t i;

	begin();
	for (i = 0; i < n; i++) {
		CHECK(monclient_command(client, command, NULL, &reply));
		check_reply(reply);
		monclient_reply_free(reply);
	}
	end("sync", n);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static uint32_t completed;

static void on_reply(const monclient_event_t *event, void *userdata)
{
	(void)userdata;
	check_reply(event->reply);
	pthread_mutex_lock(&mutex);
	completed++;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
}

static void callback_calls(monclient_t client, const char *name, uint32_t n, uint32_t window)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = on_reply};
	uint32_t sent;

	completed = 0;
	begin();
	for (sent = 0; sent < n; sent++) {
		CHECK(monclient_command_async(client, command, NULL, &sink, NULL));
		pthread_mutex_lock(&mutex);
		while (sent + 1 - completed >= window)
			pthread_cond_wait(&cond, &mutex);
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_lock(&mutex);
	while (completed < n)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	end(name, n);
}

static void queue_calls(monclient_t client, monclient_queue_t queue, const char *name, uint32_t n, uint32_t window)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .queue = queue};
	monclient_event_t *events[BATCH];
	uint32_t sent = 0, done = 0, count, i;

	begin();
	while (done < n) {
		for (; sent < n && sent - done < window; sent++)
			CHECK(monclient_command_async(client, command, NULL, &sink, NULL));
		CHECK(monclient_queue_poll(queue, events, BATCH, MONCLIENT_FOREVER, &count));
		for (i = 0; i < count; i++) {
			check_reply(events[i]->reply);
			monclient_event_free(events[i]);
		}
		done += count;
	}
	end(name, n);
}

int main(int argc, char **argv)
{
	uint32_t n = argc == 3 ? (uint32_t)atoi(argv[1]) : 0, queued = argc == 3 ? (uint32_t)atoi(argv[2]) : 0, i, count;
	monclienttest_mons_t mons;
	monclient_config_t config;
	monclient_t client;
	monclient_queue_t queue;
	monclient_event_t *event;
	uint64_t id;

	if (n == 0 || queued == 0) {
		fprintf(stderr, "usage: boundary COMMANDS QUEUED\n");
		return 2;
	}
	CHECK(monclienttest_start(1, &mons));
	CHECK(monclient_config_create(&config));
	CHECK(monclienttest_configure(mons, config));
	CHECK(monclient_connect(config, NULL, &client));
	CHECK(monclient_queue_create(&queue));
	CHECK(monclient_queue_fd(queue, &(int){0}));

	begin();
	for (i = 0; i < CALLS; i++)
		monclient_version_number();
	end("call-c", CALLS);
	begin();
	for (i = 0; i < CALLS; i++)
		CHECK(monclient_global_id(client, &id));
	end("call", CALLS);
	begin();
	for (i = 0; i < CALLS; i++)
		CHECK(monclient_queue_poll(queue, &event, 1, 0, &count));
	end("poll-empty", CALLS);

	go_calls(client, "go", 1, n);
	sync_calls(client, n);
	callback_calls(client, "callback", n, 1);
	queue_calls(client, queue, "queue", n, 1);
	go_calls(client, "go-1000", WINDOW, queued);
	queue_calls(client, queue, "queue-1000", queued, WINDOW);
	callback_calls(client, "callback-1000", queued, WINDOW);

	CHECK(monclient_close(client));
	CHECK(monclient_queue_destroy(queue));
	CHECK(monclient_config_destroy(config));
	CHECK(monclienttest_stop(mons));
	return 0;
}
