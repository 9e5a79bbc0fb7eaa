/* librados in the benchmark of bench/commands; see load.c. */
#define _GNU_SOURCE
#include "load.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rados/librados.h>

static atomic_long connected;

/* connect is the one that the libraries call, too: it counts. */
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (addr->sa_family == AF_INET || addr->sa_family == AF_INET6)
		atomic_fetch_add(&connected, 1);
	return (int)syscall(SYS_connect, fd, addr, len);
}

long connections(void)
{
	return atomic_load(&connected);
}

static void check(int r, const char *what)
{
	if (r < 0)
		fail(what, strerror(-r));
}

void print_version(char *to, size_t size)
{
	int major, minor, extra;
	rados_version(&major, &minor, &extra);
	snprintf(to, size, "librados %d.%d.%d", major, minor, extra);
}

session_t open_session(void)
{
	session_t session;
	rados_t cluster;

	check(rados_create(&cluster, "admin"), "rados_create");
	check(rados_conf_read_file(cluster, NULL), "rados_conf_read_file");
	check(rados_conf_set(cluster, "ms_mon_client_mode", job->mode), "rados_conf_set ms_mon_client_mode");
	check(rados_conf_set(cluster, "client_mount_timeout", "30"), "rados_conf_set client_mount_timeout");
	check(rados_connect(cluster), "rados_connect");
	session.pointer = cluster;
	return session;
}

void close_session(session_t session)
{
	rados_shutdown(session.pointer);
}

size_t run_command(session_t session)
{
	const char *cmd[] = { job->command };
	char *out = NULL, *status = NULL;
	size_t out_len = 0, status_len = 0;

	check(rados_mon_command(session.pointer, cmd, 1, job->input, job->input_len, &out, &out_len, &status, &status_len),
	      "rados_mon_command");
	rados_buffer_free(out);
	rados_buffer_free(status);
	return out_len;
}

void ask_version(session_t session)
{
	check(rados_wait_for_latest_osdmap(session.pointer), "rados_wait_for_latest_osdmap");
}

/* There is no call for it that does not wait, of commands to the monitors either. */
size_t run_pipeline(session_t session, enum operation operation, long in_flight, int64_t until, struct samples *samples)
{
	(void)session, (void)operation, (void)in_flight, (void)until, (void)samples;
	fail("librados", "every call to the monitors waits for the answer");
}
