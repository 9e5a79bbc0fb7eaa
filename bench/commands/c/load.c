/*
 * The side of a C library in the benchmark of bench/commands: librados with librados.c, ours with monclient.c. The program
 * client is ours in Go. All understand
 *
 *   PROGRAM KIND MODE MILLISECONDS CALLERS HANDLES INPUT JSON
 *
 * and print one line of JSON. KIND is
 *
 *   connect             open a session and close it
 *   command             run the command JSON, with INPUT bytes of input
 *   version             ask for the newest epoch of the OSDMap
 *   pipelined-command,
 *   pipelined-version   the same, without waiting for one before the next: CALLERS are in flight, and one thread does it
 *
 * over and over for so many MILLISECONDS. CALLERS threads do it at a time, in HANDLES sessions. MODE is secure or crc. The
 * cluster is that of the environment's CEPH_CONF.
 */
#define _POSIX_C_SOURCE 200809L
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static struct job the_job;
const struct job *const job = &the_job;

static const char *kind;

void fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);
	if (!p)
		fail("calloc", strerror(ENOMEM));
	return p;
}

int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void add_sample(struct samples *s, int64_t latency)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->latencies = realloc(s->latencies, s->room * sizeof *s->latencies);
		if (!s->latencies)
			fail("realloc", strerror(ENOMEM));
	}
	s->latencies[s->n++] = latency;
}

/* What one thread does. */
struct caller {
	session_t session; /* without a meaning for connect */
	pthread_t thread;
	pthread_barrier_t *begin;
	const int64_t *until;
	struct samples samples;
	size_t output;
};

static void work(struct caller *c)
{
	int connect = strcmp(kind, "connect") == 0, version = strcmp(kind, "version") == 0;
	int64_t begin = now(), end;

	do {
		if (connect)
			close_session(open_session());
		else if (version)
			ask_version(c->session);
		else
			c->output = run_command(c->session);
		end = now();
		add_sample(&c->samples, end - begin);
		begin = end;
	} while (end < *c->until);
}

static void *run_caller(void *arg)
{
	struct caller *c = arg;
	pthread_barrier_wait(c->begin); /* for the threads */
	pthread_barrier_wait(c->begin); /* for the clock */
	work(c);
	return NULL;
}

static int64_t nanoseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

/* What a load has taken. */
struct taken {
	int64_t wall, user, system;
	long switches, connections;
	struct samples samples;
	size_t output;
};

struct meter {
	struct rusage usage;
	int64_t begin;
	long connections;
};

static void start(struct meter *m)
{
	m->connections = connections();
	getrusage(RUSAGE_SELF, &m->usage);
	m->begin = now();
}

static void stop(const struct meter *m, struct taken *t)
{
	struct rusage after;

	t->wall = now() - m->begin;
	getrusage(RUSAGE_SELF, &after);
	t->user = nanoseconds(after.ru_utime) - nanoseconds(m->usage.ru_utime);
	t->system = nanoseconds(after.ru_stime) - nanoseconds(m->usage.ru_stime);
	t->switches = after.ru_nvcsw - m->usage.ru_nvcsw + after.ru_nivcsw - m->usage.ru_nivcsw;
	t->connections = m->connections < 0 ? -1 : connections() - m->connections;
}

static void run_load(const session_t *sessions, long handles, long callers, int64_t length, struct taken *taken)
{
	struct caller *all;
	pthread_barrier_t begin;
	struct meter meter;
	int64_t until;
	long i;
	int r;

	memset(taken, 0, sizeof *taken);
	if (strncmp(kind, "pipelined-", 10) == 0) {
		enum operation operation = strcmp(kind, "pipelined-version") == 0 ? VERSION : COMMAND;
		start(&meter);
		taken->output = run_pipeline(sessions[0], operation, callers, meter.begin + length, &taken->samples);
		stop(&meter, taken);
		return;
	}
	all = allocate((size_t)callers, sizeof *all);
	for (i = 0; i < callers; i++) {
		all[i].session = sessions[i % handles];
		all[i].begin = &begin;
		all[i].until = &until;
	}
	if (callers == 1) { /* as a program with one thread has it */
		start(&meter);
		until = meter.begin + length;
		work(&all[0]);
		stop(&meter, taken);
	} else {
		pthread_barrier_init(&begin, NULL, (unsigned)callers + 1);
		for (i = 0; i < callers; i++)
			if ((r = pthread_create(&all[i].thread, NULL, run_caller, &all[i])) != 0)
				fail("pthread_create", strerror(r));
		pthread_barrier_wait(&begin);
		start(&meter);
		until = meter.begin + length;
		pthread_barrier_wait(&begin);
		for (i = 0; i < callers; i++)
			pthread_join(all[i].thread, NULL);
		stop(&meter, taken);
		pthread_barrier_destroy(&begin);
	}
	for (i = 0; i < callers; i++) {
		size_t j;
		for (j = 0; j < all[i].samples.n; j++)
			add_sample(&taken->samples, all[i].samples.latencies[j]);
		free(all[i].samples.latencies);
		if (all[i].output > taken->output)
			taken->output = all[i].output;
	}
	free(all);
}

/* status returns a line of /proc/self/status, in bytes. */
static int64_t status(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int64_t kb = 0;
	size_t len = strlen(name);

	if (!f)
		fail("/proc/self/status", strerror(errno));
	while (fgets(line, sizeof line, f))
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			kb = atol(line + len + 1);
	fclose(f);
	return kb * 1024;
}

/* number returns an argument, or -1. */
static long number(const char *text, long least)
{
	char *end;
	long n = strtol(text, &end, 10);
	return *text && !*end && n >= least && n <= 1 << 30 ? n : -1;
}

static int known(const char *word)
{
	static const char *const kinds[] = { "connect", "command", "version", "pipelined-command", "pipelined-version" };
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(word, kinds[i]) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	session_t *sessions;
	struct taken warm_up, taken;
	int64_t rss, anon, length;
	long ms, callers, handles, input, i;
	char version[64];
	char *bytes;
	size_t n;

	if (argc != 8 || !known(argv[1]) || (ms = number(argv[3], 1)) < 0 || (callers = number(argv[4], 1)) < 0 ||
	    (handles = number(argv[5], 1)) < 0 || (input = number(argv[6], 0)) < 0) {
		fprintf(stderr, "usage: %s KIND MODE MILLISECONDS CALLERS HANDLES INPUT JSON\n", argv[0]);
		return 2;
	}
	kind = argv[1];
	length = (int64_t)ms * 1000000;
	the_job.mode = argv[2];
	the_job.command = argv[7];
	bytes = allocate((size_t)input + 1, 1);
	memset(bytes, 'x', (size_t)input);
	the_job.input = bytes;
	the_job.input_len = (size_t)input;

	sessions = allocate((size_t)handles, sizeof *sessions);
	if (strcmp(kind, "connect") != 0)
		for (i = 0; i < handles; i++) {
			sessions[i] = open_session();
			if (strstr(kind, "version"))
				ask_version(sessions[i]);
			else
				run_command(sessions[i]);
		}
	rss = status("VmRSS");
	anon = status("RssAnon");

	/* A tenth of the load goes first and is not measured. */
	run_load(sessions, handles, callers, length / 10, &warm_up);
	run_load(sessions, handles, callers, length, &taken);

	if (strcmp(kind, "connect") != 0)
		for (i = 0; i < handles; i++)
			close_session(sessions[i]);
	print_version(version, sizeof version);
	printf("{\"version\":\"%s\",\"wall_ns\":%" PRId64 ",\"user_ns\":%" PRId64 ",\"system_ns\":%" PRId64
	       ",\"switches\":%ld,\"connections\":%ld,\"output_bytes\":%zu,\"rss_bytes\":%" PRId64 ",\"anon_bytes\":%" PRId64
	       ",\"latencies_ns\":[",
	       version, taken.wall, taken.user, taken.system, taken.switches, taken.connections, taken.output, rss, anon);
	for (n = 0; n < taken.samples.n; n++)
		printf("%s%" PRId64, n ? "," : "", taken.samples.latencies[n]);
	printf("]}\n");
	free(warm_up.samples.latencies);
	free(taken.samples.latencies);
	free(sessions);
	free(bytes);
	return fflush(stdout) == 0 ? 0 : 1;
}
