/*
 * catchup is librados's side of bench/osdmap. It connects to the cluster of the environment's CEPH_CONF, prints a line, and then
 * for each line that it reads waits for the newest OSDMap and prints how long that took and how much processor time, in
 * nanoseconds, as JSON.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <rados/librados.h>

static void check(const char *what, int r)
{
	if (r >= 0)
		return;
	fprintf(stderr, "catchup: %s: %s\n", what, strerror(-r));
	exit(1);
}

static int64_t elapsed(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 + ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

int main(void)
{
	rados_t cluster;
	char line[64];

	check("rados_create", rados_create(&cluster, "admin"));
	check("rados_conf_read_file", rados_conf_read_file(cluster, NULL));
	check("rados_conf_set ms_mon_client_mode", rados_conf_set(cluster, "ms_mon_client_mode", "secure"));
	check("rados_connect", rados_connect(cluster));
	check("rados_wait_for_latest_osdmap", rados_wait_for_latest_osdmap(cluster));
	printf("{}\n");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		int64_t begin = elapsed(), used = cpu();

		check("rados_wait_for_latest_osdmap", rados_wait_for_latest_osdmap(cluster));
		begin = elapsed() - begin;
		used = cpu() - used;
		printf("{\"elapsed_ns\":%" PRId64 ",\"cpu_ns\":%" PRId64 "}\n", begin, used);
		fflush(stdout);
	}
	rados_shutdown(cluster);
	return 0;
}
