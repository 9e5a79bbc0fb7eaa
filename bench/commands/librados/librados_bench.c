/*
 * librados_bench is librados's side of the benchmark in bench/commands; client is ours. Both understand
 *
 *   PROGRAM command|connect MODE CALLERS N JSON
 *
 * and print one line of JSON. "command" opens one session and runs the command N times in it; "connect" opens a
 * session, runs the command and closes the session, N times. CALLERS threads share the N. MODE is secure or crc. The
 * cluster is that of the environment's CEPH_CONF.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <rados/librados.h>

static const char *mode;
static const char *json;

static void fail(const char *what, int err)
{
	fprintf(stderr, "librados_bench: %s: %s\n", what, strerror(err < 0 ? -err : err));
	exit(1);
}

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);
	if (!p)
		fail("calloc", ENOMEM);
	return p;
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static rados_t open_session(void)
{
	rados_t cluster;
	int r;

	if ((r = rados_create(&cluster, "admin")) < 0)
		fail("rados_create", r);
	if ((r = rados_conf_read_file(cluster, NULL)) < 0)
		fail("rados_conf_read_file", r);
	if ((r = rados_conf_set(cluster, "ms_mon_client_mode", mode)) < 0)
		fail("rados_conf_set ms_mon_client_mode", r);
	if ((r = rados_conf_set(cluster, "client_mount_timeout", "30")) < 0)
		fail("rados_conf_set client_mount_timeout", r);
	if ((r = rados_connect(cluster)) < 0)
		fail("rados_connect", r);
	return cluster;
}

/* run_command returns the size of the output. */
static size_t run_command(rados_t cluster)
{
	const char *cmd[] = { json };
	char *out = NULL, *status = NULL;
	size_t out_len = 0, status_len = 0;
	int r = rados_mon_command(cluster, cmd, 1, "", 0, &out, &out_len, &status, &status_len);

	if (r < 0)
		fail("rados_mon_command", r);
	rados_buffer_free(out);
	rados_buffer_free(status);
	return out_len;
}

/* A load is n operations that several callers share. */
struct load {
	rados_t cluster; /* NULL: every operation has a session of its own */
	long n;
	atomic_long next;
	int64_t *latencies;
	atomic_size_t output;
};

static void *caller(void *arg)
{
	struct load *l = arg;
	long i;

	while ((i = atomic_fetch_add(&l->next, 1)) < l->n) {
		int64_t begin = now();
		rados_t cluster = l->cluster ? l->cluster : open_session();
		size_t output = run_command(cluster);

		if (!l->cluster)
			rados_shutdown(cluster);
		l->latencies[i] = now() - begin;
		atomic_store_explicit(&l->output, output, memory_order_relaxed);
	}
	return NULL;
}

static void run_load(struct load *l, long callers)
{
	pthread_t *threads;
	long i;
	int r;

	if (callers == 1) { /* as a program with one thread has it */
		caller(l);
		return;
	}
	threads = allocate((size_t)callers, sizeof *threads);
	for (i = 0; i < callers; i++)
		if ((r = pthread_create(&threads[i], NULL, caller, l)) != 0)
			fail("pthread_create", r);
	for (i = 0; i < callers; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

/* status returns a line of /proc/self/status, in bytes. */
static int64_t status(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int64_t kb = 0;
	size_t len = strlen(name);

	if (!f)
		fail("/proc/self/status", ENOENT);
	while (fgets(line, sizeof line, f))
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			kb = atol(line + len + 1);
	fclose(f);
	return kb * 1024;
}

static int64_t nanoseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

int main(int argc, char **argv)
{
	struct load warm_up = { 0 }, load = { 0 };
	struct rusage before, after;
	int64_t begin, wall, rss, anon;
	long callers, i;
	int major, minor, extra, connect;

	if (argc != 6 || (callers = atol(argv[3])) < 1 || (load.n = atol(argv[4])) < 1 ||
	    (strcmp(argv[1], "command") != 0 && strcmp(argv[1], "connect") != 0)) {
		fprintf(stderr, "usage: librados_bench command|connect MODE CALLERS N JSON\n");
		return 2;
	}
	connect = strcmp(argv[1], "connect") == 0;
	mode = argv[2];
	json = argv[5];

	if (!connect) {
		load.cluster = open_session();
		run_command(load.cluster);
	}
	rss = status("VmRSS");
	anon = status("RssAnon");

	/* A tenth of the load goes first and is not measured. */
	warm_up.cluster = load.cluster;
	warm_up.n = load.n / 10 + 1;
	warm_up.latencies = allocate((size_t)warm_up.n, sizeof *warm_up.latencies);
	load.latencies = allocate((size_t)load.n, sizeof *load.latencies);
	run_load(&warm_up, callers);

	getrusage(RUSAGE_SELF, &before);
	begin = now();
	run_load(&load, callers);
	wall = now() - begin;
	getrusage(RUSAGE_SELF, &after);

	if (load.cluster)
		rados_shutdown(load.cluster);
	rados_version(&major, &minor, &extra);
	printf("{\"version\":\"librados %d.%d.%d\",\"wall_ns\":%" PRId64 ",\"user_ns\":%" PRId64 ",\"system_ns\":%" PRId64
	       ",\"switches\":%ld,\"output_bytes\":%zu,\"rss_bytes\":%" PRId64 ",\"anon_bytes\":%" PRId64 ",\"latencies_ns\":[",
	       major, minor, extra, wall, nanoseconds(after.ru_utime) - nanoseconds(before.ru_utime),
	       nanoseconds(after.ru_stime) - nanoseconds(before.ru_stime),
	       after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw, atomic_load(&load.output), rss, anon);
	for (i = 0; i < load.n; i++)
		printf("%s%" PRId64, i ? "," : "", load.latencies[i]);
	printf("]}\n");
	free(warm_up.latencies);
	free(load.latencies);
	return fflush(stdout) == 0 ? 0 : 1;
}
