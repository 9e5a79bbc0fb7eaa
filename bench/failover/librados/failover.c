/*
 * failover is librados's side of bench/failover; client is ours. doc.go has what both understand. Arguments are
 * options, NAME=VALUE; the cluster is that of the environment's CEPH_CONF.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rados/librados.h>

static char **options; /* of the command line, NULL at the end */

static void fail(const char *what, int err)
{
	fprintf(stderr, "failover: %s: %s\n", what, strerror(err < 0 ? -err : err));
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

/* at returns the time as Unix has it. */
static int64_t at(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int read_once(rados_t cluster)
{
	const char *cmd[] = { "{\"prefix\":\"fsid\"}" };
	char *out = NULL, *status = NULL;
	size_t out_len = 0, status_len = 0;
	int r = rados_mon_command(cluster, cmd, 1, "", 0, &out, &out_len, &status, &status_len);

	if (r < 0)
		return r;
	rados_buffer_free(out);
	rados_buffer_free(status);
	return 0;
}

/* read_until_success counts the failures in *errors; *error is the last one. */
static void read_until_success(rados_t cluster, long *errors, int *error)
{
	int r;

	while ((r = read_once(cluster)) < 0) {
		struct timespec pause = { 0, 10000000 };

		++*errors;
		*error = r;
		nanosleep(&pause, NULL);
	}
}

static rados_t open_session(void)
{
	rados_t cluster;
	char **o;
	int r;

	if ((r = rados_create(&cluster, "admin")) < 0)
		fail("rados_create", r);
	if ((r = rados_conf_read_file(cluster, NULL)) < 0)
		fail("rados_conf_read_file", r);
	for (o = options; *o; o++) {
		char *value = strchr(*o, '=');

		if (!value)
			fail(*o, EINVAL);
		*value = 0;
		if ((r = rados_conf_set(cluster, *o, value + 1)) < 0)
			fail(*o, r);
		*value = '=';
	}
	if ((r = rados_connect(cluster)) < 0)
		fail("rados_connect", r);
	if ((r = read_once(cluster)) < 0)
		fail("the first command", r);
	return cluster;
}

/* Reads one after the other until one that began after the mark has succeeded. */
static struct {
	rados_t cluster;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t begun;
	int first; /* a read has succeeded; guarded by lock */
	atomic_int marked;
	long reads, errors;
	int error;
	int64_t gap, at;
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER };

static void *run_loop(void *unused)
{
	int64_t last = 0;
	int marked;

	(void)unused;
	do {
		int64_t t;

		marked = atomic_load(&loop.marked);
		read_until_success(loop.cluster, &loop.errors, &loop.error);
		t = now();
		if (last && t - last > loop.gap) {
			loop.gap = t - last;
			loop.at = at();
		}
		last = t;
		if (loop.reads++ == 0) {
			pthread_mutex_lock(&loop.lock);
			loop.first = 1;
			pthread_cond_signal(&loop.begun);
			pthread_mutex_unlock(&loop.lock);
		}
	} while (!marked);
	return NULL;
}

static void start_loop(rados_t cluster)
{
	int r;

	loop.cluster = cluster;
	loop.first = 0;
	atomic_store(&loop.marked, 0);
	loop.reads = loop.errors = 0;
	loop.gap = 0;
	loop.error = 0;
	if ((r = pthread_create(&loop.thread, NULL, run_loop, NULL)) != 0)
		fail("pthread_create", r);
	pthread_mutex_lock(&loop.lock);
	while (!loop.first)
		pthread_cond_wait(&loop.begun, &loop.lock);
	pthread_mutex_unlock(&loop.lock);
}

/* A herd is many handles, each with a thread. */
struct member {
	rados_t cluster;
	pthread_t thread;
	int64_t ns;
	long errors;
	int error;
};

static struct member *herd;
static long herd_size;

static void *member_connect(void *arg)
{
	struct member *m = arg;

	m->cluster = open_session();
	return NULL;
}

static void *member_read(void *arg)
{
	struct member *m = arg;
	int64_t begin = now();

	read_until_success(m->cluster, &m->errors, &m->error);
	m->ns = now() - begin;
	return NULL;
}

static void *member_close(void *arg)
{
	struct member *m = arg;

	rados_shutdown(m->cluster);
	return NULL;
}

/* all runs f for every member, at most `at_once` at a time. */
static void all(void *(*f)(void *), long at_once)
{
	long i, begin;
	int r;

	for (begin = 0; begin < herd_size; begin += at_once) {
		long end = begin + at_once < herd_size ? begin + at_once : herd_size;

		for (i = begin; i < end; i++)
			if ((r = pthread_create(&herd[i].thread, NULL, f, &herd[i])) != 0)
				fail("pthread_create", r);
		for (i = begin; i < end; i++)
			pthread_join(herd[i].thread, NULL);
	}
}

static void answer_reads(int64_t ns, int64_t at_ns, long reads, long errors, int error)
{
	printf("{\"ns\":%" PRId64 ",\"at_ns\":%" PRId64 ",\"reads\":%ld,\"errors\":%ld,\"error\":\"%s\"}\n", ns, at_ns, reads, errors, error ? strerror(-error) : "");
}

int main(int argc, char **argv)
{
	char line[256];
	rados_t cluster = NULL;
	int major, minor, extra;
	long i;

	(void)argc;
	options = argv + 1;
	rados_version(&major, &minor, &extra);
	printf("{\"version\":\"librados %d.%d.%d\"}\n", major, minor, extra);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (strcmp(line, "connect") == 0) {
			if (cluster)
				rados_shutdown(cluster);
			cluster = open_session();
			puts("{}");
		} else if (strcmp(line, "read") == 0 && cluster) {
			int64_t begin = now();
			long errors = 0;
			int error = 0;

			read_until_success(cluster, &errors, &error);
			answer_reads(now() - begin, at(), 1, errors, error);
		} else if (strcmp(line, "loop") == 0 && cluster) {
			start_loop(cluster);
			puts("{}");
		} else if (strcmp(line, "mark") == 0 && cluster) {
			atomic_store(&loop.marked, 1);
			pthread_join(loop.thread, NULL);
			answer_reads(loop.gap, loop.at, loop.reads, loop.errors, loop.error);
		} else if (strcmp(line, "close") == 0) {
			if (cluster)
				rados_shutdown(cluster);
			cluster = NULL;
			all(member_close, 16);
			free(herd);
			herd = NULL;
			herd_size = 0;
			puts("{}");
		} else if (sscanf(line, "herd %ld", &herd_size) == 1 && herd_size > 0 && !herd) {
			herd = allocate((size_t)herd_size, sizeof *herd);
			all(member_connect, 16);
			puts("{}");
		} else if (strcmp(line, "watch") == 0 && herd) {
			puts("{}"); /* ours counts its connections from here on */
		} else if (strcmp(line, "stampede") == 0 && herd) {
			long errors = 0;

			all(member_read, herd_size);
			printf("{\"latencies_ns\":[");
			for (i = 0; i < herd_size; i++) {
				printf("%s%" PRId64, i ? "," : "", herd[i].ns);
				errors += herd[i].errors;
			}
			printf("],\"errors\":%ld}\n", errors);
		} else {
			fail(line, EINVAL);
		}
		fflush(stdout);
	}
	_exit(0); /* sessions may be in any state; the kernel closes them */
}
