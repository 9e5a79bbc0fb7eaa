/*
 * watch_callbacks: follow maps and the session, with callbacks.
 *
 *     ./watch_callbacks                     # monmap, osdmap, mgrmap until Ctrl-C
 *     ./watch_callbacks osdmap log-info config
 *
 * It shows monclient_subscribe(): every epoch comes once, also when a monitor dies and the client moves to another one,
 * which the session's callback tells. The callbacks run on a thread of the library; main() only waits for Ctrl-C.
 */
#include "example.h"

#include <semaphore.h>
#include <signal.h>

static const char help[] =
	"Usage: watch_callbacks [OPTION...] [MAP...]\n"
	"Prints a line for each new epoch of the maps, and for what happens to the session, until Ctrl-C.\n"
	"MAP is monmap, osdmap, mgrmap (these are the default), fsmap, servicemap, config, kv:PREFIX or log-LEVEL.\n";

static sem_t wake;
static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
	sem_post(&wake);
}

/** Of the maps and of the session: the callbacks of one client never run at the same time. */
static void on_event(const monclient_event_t *event, void *userdata)
{
	int *subscriptions = userdata;

	print_event(event);
	if (event->type == MONCLIENT_EVENT_MAP && event->flags & MONCLIENT_EVENT_LAST && --*subscriptions == 0)
		sem_post(&wake); /* nothing more comes */
}

int main(int argc, char **argv)
{
	static char *usual[] = {"monmap", "osdmap", "mgrmap"};
	monclient_config_t config = configure(&argc, argv, help);
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND)};
	char **maps = argc > 1 ? argv + 1 : usual;
	int n = argc > 1 ? argc - 1 : 3;
	int left = n, code = EXIT_FAILURE;
	monclient_sink_t sink = {.struct_size = sizeof sink, .callback = on_event, .userdata = &left};
	monclient_connect_options_t options = {.struct_size = sizeof options, .session = &sink};
	monclient_t client = 0;
	monclient_sub_t sub;

	sem_init(&wake, 0, 0);
	if (monclient_connect(config, &options, &client) != MONCLIENT_OK) {
		complain(argv[0]);
		goto out;
	}
	sigaction(SIGINT, &action, NULL); /* until here Ctrl-C just ends the program */
	sigaction(SIGTERM, &action, NULL);
	for (int i = 0; i < n; i++)
		if (monclient_subscribe(client, maps[i], 0, 0, &sink, &sub) != MONCLIENT_OK) {
			complain(maps[i]);
			goto out;
		}
	while (sem_wait(&wake) != 0 && errno == EINTR)
		;
	code = interrupted ? 128 + interrupted : EXIT_FAILURE; /* subscriptions end by themselves when something went wrong */
out:
	if (client != 0)
		monclient_close(client); /* when it has returned no callback runs, nor will */
	monclient_config_destroy(config);
	return code;
}
