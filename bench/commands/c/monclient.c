/* libmonclient in the benchmark of bench/commands; see load.c. */
#define _POSIX_C_SOURCE 200809L
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <monclient.h>

enum { TAKE = 64 }; /* events at a time */

static void check(int status, const char *what)
{
	if (status != MONCLIENT_OK)
		fail(what, monclient_last_error());
}

static const monclient_command_options_t *options(void)
{
	static monclient_command_options_t o;
	o.struct_size = sizeof o;
	o.input = job->input;
	o.input_len = job->input_len;
	return &o;
}

static size_t succeeded(const monclient_reply_t *reply)
{
	if (reply->retval < 0)
		fail("the command", reply->status);
	return reply->output_len;
}

/* Go's runtime makes its system calls itself. */
long connections(void)
{
	return -1;
}

void print_version(char *to, size_t size)
{
	snprintf(to, size, "libmonclient %s", monclient_version());
}

session_t open_session(void)
{
	monclient_config_t config;
	monclient_session_t *info;
	session_t session;

	check(monclient_config_create(&config), "monclient_config_create");
	check(monclient_config_read_file(config, NULL), "monclient_config_read_file");
	check(monclient_config_set(config, "ms_mon_client_mode", job->mode), "monclient_config_set ms_mon_client_mode");
	check(monclient_config_set(config, "client_mount_timeout", "30"), "monclient_config_set client_mount_timeout");
	check(monclient_connect(config, NULL, &session.number), "monclient_connect");
	check(monclient_config_destroy(config), "monclient_config_destroy");
	check(monclient_session(session.number, &info), "monclient_session");
	if (strcmp(info->mode, job->mode) != 0)
		fail("the session's mode", info->mode);
	monclient_session_free(info);
	return session;
}

void close_session(session_t session)
{
	check(monclient_close(session.number), "monclient_close");
}

size_t run_command(session_t session)
{
	monclient_reply_t *reply;
	size_t output;

	check(monclient_command(session.number, job->command, options(), &reply), "monclient_command");
	output = succeeded(reply);
	monclient_reply_free(reply);
	return output;
}

void ask_version(session_t session)
{
	uint64_t newest;
	check(monclient_get_version(session.number, "osdmap", 0, &newest, NULL), "monclient_get_version");
}

/* begin starts an operation that completes in the queue. begun is its time, and what the event will point to. */
static void begin(session_t session, enum operation operation, monclient_queue_t queue, int64_t *begun)
{
	monclient_sink_t sink = { sizeof sink, 0, queue, NULL, begun, NULL };

	*begun = now();
	if (operation == VERSION)
		check(monclient_get_version_async(session.number, "osdmap", 0, &sink, NULL), "monclient_get_version_async");
	else
		check(monclient_command_async(session.number, job->command, options(), &sink, NULL), "monclient_command_async");
}

size_t run_pipeline(session_t session, enum operation operation, long in_flight, int64_t until, struct samples *samples)
{
	monclient_event_t *events[TAKE];
	monclient_queue_t queue;
	int64_t *begun = calloc((size_t)in_flight, sizeof *begun);
	size_t output = 0;
	uint32_t i, n;
	long left;

	if (!begun)
		fail("calloc", "no memory");
	check(monclient_queue_create(&queue), "monclient_queue_create");
	for (left = 0; left < in_flight; left++)
		begin(session, operation, queue, &begun[left]);
	while (left > 0) {
		int64_t at;
		check(monclient_queue_poll(queue, events, TAKE, MONCLIENT_FOREVER, &n), "monclient_queue_poll");
		at = now();
		for (i = 0; i < n; i++) {
			int64_t *slot = events[i]->userdata;
			if (events[i]->status != MONCLIENT_OK)
				fail("an event", events[i]->error);
			if (events[i]->type == MONCLIENT_EVENT_COMMAND)
				output = succeeded(events[i]->reply);
			add_sample(samples, at - *slot);
			monclient_event_free(events[i]);
			if (at < until)
				begin(session, operation, queue, slot);
			else
				left--;
		}
	}
	check(monclient_queue_destroy(queue), "monclient_queue_destroy");
	free(begun);
	return output;
}
