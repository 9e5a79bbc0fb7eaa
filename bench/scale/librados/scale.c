/*
 * scale is librados's side of bench/scale; client is ours. doc.go has what both understand. Arguments are options,
 * NAME=VALUE; the cluster is that of the environment's CEPH_CONF.
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

static char **options; /* of the command line, NULL at the end */
static rados_t *clients;
static long count;

static void fail(const char *what, int err)
{
	fprintf(stderr, "scale: after %ld clients: %s: %s\n", count, what, strerror(err < 0 ? -err : err));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t cpu_time(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 + ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
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
		char name[128];

		if (!value || (size_t)(value - *o) >= sizeof name)
			fail(*o, EINVAL);
		memcpy(name, *o, (size_t)(value - *o));
		name[value - *o] = 0;
		if ((r = rados_conf_set(cluster, name, value + 1)) < 0)
			fail(*o, r);
	}
	if ((r = rados_connect(cluster)) < 0)
		fail("rados_connect", r);
	return cluster;
}

/* What several threads do to the clients from first on, up to end. */
static struct {
	atomic_long next;
	long end;
} work;

static void *open_some(void *unused)
{
	long i;

	while ((i = atomic_fetch_add(&work.next, 1)) < work.end)
		clients[i] = open_session();
	return unused;
}

static void *close_some(void *unused)
{
	long i;

	while ((i = atomic_fetch_add(&work.next, 1)) < work.end)
		rados_shutdown(clients[i]);
	return unused;
}

static void in_threads(void *(*f)(void *), long first, long end, long threads)
{
	pthread_t *all = calloc((size_t)threads, sizeof *all);
	long i;
	int r;

	if (!all)
		fail("calloc", ENOMEM);
	atomic_store(&work.next, first);
	work.end = end;
	if (threads == 1) { /* as a program with one thread has it */
		f(NULL);
		free(all);
		return;
	}
	for (i = 0; i < threads; i++)
		if ((r = pthread_create(&all[i], NULL, f, NULL)) != 0)
			fail("pthread_create", r);
	for (i = 0; i < threads; i++)
		pthread_join(all[i], NULL);
	free(all);
}

static void close_all(void)
{
	if (count)
		in_threads(close_some, 0, count, 64);
	count = 0;
}

static int obey(const char *line)
{
	long n, parallel;
	char rest;

	if (sscanf(line, "connect %ld %ld %c", &n, &parallel, &rest) == 2 && n > 0 && parallel > 0) {
		int64_t begin, elapsed, before = cpu_time();
		rados_t *more = realloc(clients, (size_t)(count + n) * sizeof *more);

		if (!more)
			fail("realloc", ENOMEM);
		clients = more;
		begin = now();
		in_threads(open_some, count, count + n, parallel);
		elapsed = now() - begin;
		count += n;
		printf("{\"ns\":%" PRId64 ",\"cpu_ns\":%" PRId64 ",\"clients\":%ld}\n", elapsed, cpu_time() - before, count);
		return 0;
	}
	if (strcmp(line, "close\n") == 0) {
		close_all();
		printf("{}\n");
		return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	char line[256];
	int major, minor, extra;

	(void)argc;
	options = argv + 1;
	rados_version(&major, &minor, &extra);
	printf("{\"version\":\"librados %d.%d.%d\"}\n", major, minor, extra);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		if (obey(line) < 0) {
			fprintf(stderr, "scale: not understood: %s", line);
			return 1;
		}
		fflush(stdout);
	}
	close_all();
	return 0;
}
