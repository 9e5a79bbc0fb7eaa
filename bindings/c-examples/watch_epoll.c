/*
 * watch_epoll: everything in one thread and one loop: maps, the session, completions, Ctrl-C, a timer, and commands
 * that are typed.
 *
 *     ./watch_epoll osdmap monmap
 *     echo 'osd tree' | ./watch_epoll
 *
 * It shows a queue instead of callbacks: its descriptor stands in epoll beside the others, no code of the program runs
 * on a thread of the library, and nothing blocks, connecting included. libuv, libevent and asyncio take the same
 * descriptor.
 */
#include "example.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const char help[] =
	"Usage: watch_epoll [OPTION...] [MAP...]\n"
	"Prints a line for each new epoch of the maps (default: monmap osdmap mgrmap) and for what happens to the session, until\n"
	"Ctrl-C. Each line of standard input is sent as a command. Says every 10 seconds that it is alive.\n";

static char *usual[] = {"monmap", "osdmap", "mgrmap"};

struct loop {
	int epoll, signals, timer;
	monclient_queue_t queue;
	monclient_t client; /* 0 until connected */
	char **maps;
	int n;
	unsigned long events;
	int code; /* what to exit with, -1: go on */
};

static monclient_sink_t to_queue(const struct loop *l)
{
	return (monclient_sink_t){.struct_size = sizeof(monclient_sink_t), .queue = l->queue};
}

static int fail(struct loop *l, const char *what)
{
	complain(what);
	return l->code = EXIT_FAILURE;
}

static void on_event(struct loop *l, const monclient_event_t *event)
{
	monclient_sink_t sink = to_queue(l);
	monclient_sub_t sub;

	l->events++;
	switch (event->type) {
	case MONCLIENT_EVENT_CONNECT:
		l->client = event->client;
		if (event->status != MONCLIENT_OK) {
			fprintf(stderr, "connect: %s\n", event->error);
			l->code = EXIT_FAILURE;
		}
		for (int i = 0; i < l->n && l->code < 0; i++)
			if (monclient_subscribe(l->client, l->maps[i], 0, 0, &sink, &sub) != MONCLIENT_OK)
				fail(l, l->maps[i]);
		break;
	case MONCLIENT_EVENT_COMMAND:
		if (event->status == MONCLIENT_OK)
			print_reply(event->reply, NULL);
		else
			fprintf(stderr, "command: %s\n", event->error);
		break;
	default:
		print_event(event);
	}
}

static void on_queue(struct loop *l)
{
	monclient_event_t *events[16];
	uint32_t n = 0;

	if (monclient_queue_poll(l->queue, events, 16, 0, &n) != MONCLIENT_OK)
		fail(l, "queue");
	for (uint32_t i = 0; i < n; i++) {
		on_event(l, events[i]);
		monclient_event_free(events[i]);
	}
}

/** One line is one read from a terminal or a pipe that is written by lines: enough here. */
static void on_input(struct loop *l)
{
	monclient_sink_t sink = to_queue(l);
	char buffer[4096];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer - 1);

	if (n <= 0) { /* that was all of it */
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
		return;
	}
	buffer[n] = '\0';
	for (char *save, *line = strtok_r(buffer, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *json = command_json(1, &line, NULL);
		if (l->client == 0)
			fprintf(stderr, "%s: not connected yet\n", line);
		else if (json == NULL || monclient_command_async(l->client, json, NULL, &sink, NULL) != MONCLIENT_OK)
			complain(line);
		free(json);
	}
}

static void on_ready(struct loop *l, int fd, int queue)
{
	struct signalfd_siginfo signal;
	uint64_t ticks;

	if (fd == queue)
		on_queue(l);
	else if (fd == STDIN_FILENO)
		on_input(l);
	else if (fd == l->timer && read(fd, &ticks, sizeof ticks) == sizeof ticks)
		printf("-- %lu events so far\n", l->events);
	else if (fd == l->signals && read(fd, &signal, sizeof signal) == sizeof signal)
		l->code = 128 + (int)signal.ssi_signo;
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	struct loop l = {.code = -1, .maps = argc > 1 ? argv + 1 : usual, .n = argc > 1 ? argc - 1 : 3};
	struct itimerspec every = {.it_interval = {10, 0}, .it_value = {10, 0}};
	monclient_sink_t sink;
	monclient_connect_options_t options = {.struct_size = sizeof options, .session = &sink};
	struct epoll_event ready[8];
	sigset_t caught;
	int queue = -1;

	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigprocmask(SIG_BLOCK, &caught, NULL); /* the library's threads have all such signals blocked */
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	l.signals = signalfd(-1, &caught, SFD_CLOEXEC);
	l.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	timerfd_settime(l.timer, 0, &every, NULL);
	if (monclient_queue_create(&l.queue) != MONCLIENT_OK || monclient_queue_fd(l.queue, &queue) != MONCLIENT_OK)
		fail(&l, argv[0]);
	for (int i = 0, fds[] = {queue, l.signals, l.timer, STDIN_FILENO}; i < 4; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fds[i]};
		if (l.code < 0 && epoll_ctl(l.epoll, EPOLL_CTL_ADD, fds[i], &e) != 0 && fds[i] != STDIN_FILENO) { /* it may be a file */
			perror("epoll_ctl");
			l.code = EXIT_FAILURE;
		}
	}
	sink = to_queue(&l);
	if (l.code < 0 && monclient_connect_async(config, &options, &sink, NULL) != MONCLIENT_OK)
		fail(&l, argv[0]);
	while (l.code < 0) {
		int n = epoll_wait(l.epoll, ready, 8, -1);
		for (int i = 0; i < n; i++)
			on_ready(&l, ready[i].data.fd, queue);
		fflush(stdout);
	}

	close(l.epoll); /* before the queue, whose descriptor is in it */
	close(l.signals);
	close(l.timer);
	if (l.client != 0)
		monclient_close(l.client);
	if (l.queue != 0)
		monclient_queue_destroy(l.queue); /* a client that is still connecting is closed with it */
	monclient_config_destroy(config);
	return l.code;
}
