/*
 * watch_values: follow what maps, options, keys and the cluster log say, as JSON.
 *
 *     ./watch_values                                # mgrmap, config, log-info until Ctrl-C
 *     ./watch_values -1 monmap servicemap           # what they say now, and that is it
 *     ./watch_values kv:mgr/ log-warn:audit
 *
 * It shows MONCLIENT_SUBSCRIBE_VALUES: the members that "ceph mgr dump -f json" and its like have, the options and keys that
 * have changed, entries of the log one by one; and MONCLIENT_EVENT_SYNCED, which says when nothing older is missing any
 * more. It waits in epoll, for a queue and for Ctrl-C.
 */
#include "example.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char help[] =
	"Usage: watch_values [-1] [OPTION...] [MAP...]\n"
	"Prints what maps (default: mgrmap config log-info) say, and again whenever that changes, until Ctrl-C. MAP is monmap, mgrmap,\n"
	"fsmap, servicemap, osdmap, config, kv:PREFIX, log-LEVEL or log-LEVEL:CHANNEL.\n"
	"  -1   end when all of them, but for logs, have said what there is\n";

/** What is being followed. */
struct source {
	const char *what;
	int synced;
};

/** Of all of them. */
struct progress {
	int left; /* how many have not said yet what there is; not counting logs, which say nothing until there is an entry */
	int failed;
};

static int is_log(const char *what)
{
	return strncmp(what, "log-", 4) == 0;
}

static void on_event(const monclient_event_t *event, struct progress *p)
{
	struct source *s = event->userdata;

	if (event->missed > 0)
		printf("%s: %u missed\n", s->what, event->missed);
	if (event->status != MONCLIENT_OK) /* without MONCLIENT_EVENT_LAST it is one map that cannot be read */
		fprintf(stderr, "%s: %s\n", s->what, event->error);
	else if (event->data != NULL)
		printf("%s %llu: %s\n", s->what, (unsigned long long)event->epoch, (const char *)event->data);
	if (event->flags & MONCLIENT_EVENT_LAST)
		p->failed = 1; /* a subscription ends by itself only when something went wrong */
	if (event->flags & MONCLIENT_EVENT_SYNCED && !s->synced) {
		s->synced = 1;
		p->left -= !is_log(s->what);
	}
}

static void on_queue(monclient_queue_t queue, struct progress *p)
{
	monclient_event_t *events[16];
	uint32_t n = 0;

	if (monclient_queue_poll(queue, events, 16, 0, &n) != MONCLIENT_OK)
		complain("queue");
	for (uint32_t i = 0; i < n; i++) {
		on_event(events[i], p);
		monclient_event_free(events[i]);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char *usual[] = {"mgrmap", "config", "log-info"};
	monclient_config_t config = configure(&argc, argv, help);
	struct epoll_event event = {.events = EPOLLIN};
	struct signalfd_siginfo signal;
	struct source *sources = NULL;
	monclient_queue_t queue = 0;
	monclient_t client = 0;
	monclient_sub_t sub;
	sigset_t caught;
	int once = 0, option, code = EXIT_FAILURE, fd = -1;
	int epoll = epoll_create1(EPOLL_CLOEXEC), signals = -1;

	while ((option = getopt(argc, argv, "1")) != -1) {
		if (option != '1')
			goto out; /* getopt has complained */
		once = 1;
	}
	char **maps = optind < argc ? argv + optind : usual;
	int n = optind < argc ? argc - optind : 3;
	struct progress progress = {0};

	if (monclient_queue_create(&queue) != MONCLIENT_OK || monclient_queue_fd(queue, &fd) != MONCLIENT_OK ||
	    monclient_connect(config, NULL, &client) != MONCLIENT_OK) {
		complain(argv[0]);
		goto out;
	}
	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigprocmask(SIG_BLOCK, &caught, NULL); /* until here Ctrl-C just ends the program */
	signals = signalfd(-1, &caught, SFD_CLOEXEC);
	event.data.fd = signals;
	epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &event);
	event.data.fd = fd;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);

	if ((sources = calloc((size_t)n, sizeof *sources)) == NULL) {
		perror(argv[0]);
		goto out;
	}
	for (int i = 0; i < n; i++) {
		monclient_sink_t sink = {.struct_size = sizeof sink, .queue = queue, .userdata = &sources[i]};
		sources[i].what = maps[i];
		progress.left += !is_log(maps[i]);
		if (monclient_subscribe(client, maps[i], 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub) != MONCLIENT_OK) {
			complain(maps[i]);
			goto out;
		}
	}
	for (code = -1; code < 0;) {
		if (epoll_wait(epoll, &event, 1, -1) < 1)
			continue;
		if (event.data.fd == fd)
			on_queue(queue, &progress);
		else if (read(signals, &signal, sizeof signal) == sizeof signal)
			code = 128 + (int)signal.ssi_signo;
		if (progress.failed)
			code = EXIT_FAILURE;
		else if (progress.left == 0 && once)
			code = EXIT_SUCCESS;
	}
out:
	close(epoll); /* before the queue, whose descriptor is in it */
	if (signals >= 0)
		close(signals);
	if (client != 0)
		monclient_close(client);
	if (queue != 0)
		monclient_queue_destroy(queue);
	monclient_config_destroy(config);
	free(sources);
	return code;
}
