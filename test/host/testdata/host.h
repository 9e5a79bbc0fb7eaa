/*
 * What the hosts in this directory have in common: a table of the library's functions that dlopen() fills, checks that
 * say what was wrong, a client, and threads that keep the library busy.
 *
 * A program is run as: PROGRAM LIBRARY MON_HOST KEY SCENARIO [ARGUMENT]
 */
#ifndef HOST_H
#define HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monclient.h"

/* functions.h is made of the header by the driver: X(name) for every function. */
struct api {
#define X(name) __typeof__(name) *name;
#include "functions.h"
#undef X
};

static struct api api;

static struct {
	const char *lib, *mon_host, *key, *scenario, *extra;
} args;

/* ---- Checks ---- */

__attribute__((noreturn, format(printf, 3, 4))) static void fail(const char *file, int line, const char *format, ...)
{
	char text[4096];
	va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "%s:%d: ", file, line);
	va_start(ap, format);
	n += vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	va_end(ap);
	if (n > (int)sizeof(text) - 2)
		n = (int)sizeof(text) - 2;
	text[n++] = '\n';
	if (write(2, text, (size_t)n) < 0) {
	}
	_exit(1);
}

__attribute__((unused)) static const char *why(void)
{
	return api.monclient_last_error ? api.monclient_last_error() : "";
}

#define FAIL(...) fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(cond)                                                              \
	do {                                                                     \
		if (!(cond))                                                     \
			FAIL("not so: %s (errno %d, last error: %s)", #cond, errno, why()); \
	} while (0)
#define CHECK_EQ(got, want)                                                              \
	do {                                                                             \
		long long got_ = (long long)(got), want_ = (long long)(want);            \
		if (got_ != want_)                                                       \
			FAIL("%s is %lld, want %lld (last error: %s)", #got, got_, want_, why()); \
	} while (0)
#define CHECK_OK(call) CHECK_EQ(call, MONCLIENT_OK)

/* ---- The library ---- */

__attribute__((unused)) static void *load_with(int flags)
{
#ifdef LINKED
	(void)flags;
#define X(name) api.name = name;
#include "functions.h"
#undef X
	return NULL;
#else
	void *lib = dlopen(args.lib, flags);

	if (!lib)
		FAIL("dlopen: %s", dlerror());
#define X(name)                                          \
	*(void **)&api.name = dlsym(lib, #name);         \
	if (!api.name)                                   \
		FAIL("dlsym(%s): %s", #name, dlerror());
#include "functions.h"
#undef X
	return lib;
#endif
}

__attribute__((unused)) static void *load(void) { return load_with(RTLD_NOW | RTLD_LOCAL); }

/* configure makes a configuration for the driver's quorum. */
__attribute__((unused)) static monclient_config_t configure(void)
{
	monclient_config_t config;

	CHECK_OK(api.monclient_config_create(&config));
	CHECK_OK(api.monclient_config_set(config, "mon_host", args.mon_host));
	CHECK_OK(api.monclient_config_set(config, "key", args.key));
	CHECK_OK(api.monclient_config_set(config, "client_mount_timeout", "20"));
	return config;
}

__attribute__((unused)) static monclient_t open_client(void)
{
	monclient_config_t config = configure();
	monclient_t client;

	CHECK_OK(api.monclient_connect(config, NULL, &client));
	CHECK_OK(api.monclient_config_destroy(config));
	return client;
}

static const char status_command[] = "{\"prefix\": \"status\", \"format\": \"json\"}";

/* command runs a command that must succeed. */
__attribute__((unused)) static void command(monclient_t client)
{
	monclient_reply_t *reply;

	CHECK_OK(api.monclient_command(client, status_command, NULL, &reply));
	CHECK_EQ(reply->retval, 0);
	CHECK(reply->output_len > 0);
	api.monclient_reply_free(reply);
}

/* counters_are_zero: nothing of the library is left. */
__attribute__((unused)) static void counters_are_zero(void)
{
	monclient_counters_t c = {.struct_size = sizeof(c)};

	CHECK_OK(api.monclient_counters(&c));
	CHECK_EQ(c.configs, 0);
	CHECK_EQ(c.clients, 0);
	CHECK_EQ(c.operations, 0);
	CHECK_EQ(c.subscriptions, 0);
	CHECK_EQ(c.queues, 0);
	CHECK_EQ(c.sinks, 0);
	CHECK_EQ(c.buffers, 0);
	CHECK_EQ(c.threads, 0);
}

/* ---- Signals ---- */

/* inspectable: glibc keeps 32 and 33 for itself. */
__attribute__((unused)) static int inspectable(int sig) { return sig != 32 && sig != 33; }

__attribute__((unused)) static void install(int sig, void (*handler)(int), int flags)
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = handler;
	act.sa_flags = flags;
	CHECK_EQ(sigaction(sig, &act, NULL), 0);
}

/* ---- Time ---- */

__attribute__((unused)) static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sem_wait_really(sem_t *s)
{
	while (sem_wait(s) != 0)
		CHECK_EQ(errno, EINTR);
}

/* ---- Threads that keep the library busy ---- */

#define WORKERS 8

static struct work {
	monclient_t client;
	atomic_bool stop;
	atomic_ulong done[WORKERS];
	pthread_t threads[WORKERS];
	pthread_mutex_t lock;
	pthread_cond_t moved;
} work = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static void worked(size_t i)
{
	pthread_mutex_lock(&work.lock);
	atomic_fetch_add(&work.done[i], 1);
	pthread_cond_broadcast(&work.moved);
	pthread_mutex_unlock(&work.lock);
}

static void post(const monclient_event_t *event, void *userdata)
{
	if (event->status != MONCLIENT_OK && event->status != MONCLIENT_ECLOSED)
		FAIL("event %u has status %d: %s", event->type, event->status, event->error ? event->error : "");
	sem_post(userdata);
}

static void work_with_callback(sem_t *done)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = post, .userdata = done};

	CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
	sem_wait_really(done);
}

static void work_with_subscription(sem_t *done)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = post, .userdata = done};
	monclient_sub_t sub;

	CHECK_OK(api.monclient_subscribe(work.client, "osdmap", 0, 0, &sink, &sub));
	sem_wait_really(done);
	CHECK_OK(api.monclient_unsubscribe(sub));
	while (sem_trywait(done) == 0) {
	}
}

static void work_with_queue(monclient_queue_t queue)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .queue = queue};
	monclient_event_t *events[4];
	uint32_t n, i, got;

	for (i = 0; i < 4; i++)
		CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
	for (got = 0; got < 4; got += n) {
		CHECK_OK(api.monclient_queue_poll(queue, events, 4, 10000, &n));
		CHECK(n > 0);
		for (i = 0; i < n; i++) {
			CHECK_EQ(events[i]->status, MONCLIENT_OK);
			api.monclient_event_free(events[i]);
		}
	}
}

static void *worker(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;
	monclient_queue_t queue;
	sem_t done;

	sem_init(&done, 0, 0);
	CHECK_OK(api.monclient_queue_create(&queue));
	while (!atomic_load(&work.stop)) {
		switch (i % 4) {
		case 0: command(work.client); break;
		case 1: work_with_queue(queue); break;
		case 2: work_with_subscription(&done); break;
		case 3: work_with_callback(&done); break;
		}
		worked(i);
	}
	CHECK_OK(api.monclient_queue_destroy(queue));
	sem_destroy(&done);
	return NULL;
}

/* work_goes_on waits until every worker has done n things more. */
__attribute__((unused)) static void work_goes_on(unsigned long n)
{
	unsigned long start[WORKERS];
	size_t i;

	for (i = 0; i < WORKERS; i++)
		start[i] = atomic_load(&work.done[i]);
	pthread_mutex_lock(&work.lock);
	for (i = 0; i < WORKERS; i++)
		while (atomic_load(&work.done[i]) < start[i] + n)
			pthread_cond_wait(&work.moved, &work.lock);
	pthread_mutex_unlock(&work.lock);
}

/* start_work opens a client and has eight threads use it: commands that block, queues, subscriptions, callbacks. */
__attribute__((unused)) static void start_work(void)
{
	size_t i;

	work.client = open_client();
	for (i = 0; i < WORKERS; i++)
		CHECK_EQ(pthread_create(&work.threads[i], NULL, worker, (void *)(uintptr_t)i), 0);
	work_goes_on(1);
}

__attribute__((unused)) static void stop_work(void)
{
	size_t i;

	atomic_store(&work.stop, true);
	for (i = 0; i < WORKERS; i++)
		CHECK_EQ(pthread_join(work.threads[i], NULL), 0);
	CHECK_OK(api.monclient_close(work.client));
	counters_are_zero();
}

/* in_thread runs a function on a thread of its own and waits for it. */
__attribute__((unused)) static void in_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, fn, arg), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

/* ---- main ---- */

struct scenario {
	const char *name;
	void (*run)(void);
};

/* The program's own, ended by a NULL. */
extern const struct scenario scenarios[];

int main(int argc, char **argv)
{
	const struct scenario *s;

	if (argc < 5)
		FAIL("usage: %s LIBRARY MON_HOST KEY SCENARIO [ARGUMENT]", argv[0]);
	args.lib = argv[1];
	args.mon_host = argv[2];
	args.key = argv[3];
	args.scenario = argv[4];
	args.extra = argc > 5 ? argv[5] : "";
	for (s = scenarios; s->name; s++)
		if (strcmp(s->name, args.scenario) == 0) {
			s->run();
			return 0;
		}
	FAIL("no scenario %s", args.scenario);
}

#endif
