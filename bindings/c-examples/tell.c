/*
 * tell: a command for one daemon, for each of the monitors, or for the manager.
 *
 *     ./tell mon.a version
 *     ./tell 'mon.*' -f json mon_status
 *     ./tell mgr balancer status             # what the manager answers in place of the monitors
 *     ./tell 'mgr.*' version                 # what it says of itself
 *
 * "ceph tell mon.a version" does the same. It shows monclient_command_options_t.target, and monclient_reply_t.sender. For
 * "mon.*" it asks who the monitors are and tells all of them at once, through one queue: a monitor that is down keeps
 * nobody waiting.
 */
#include "example.h"

#include <unistd.h>

static const char help[] =
	"Usage: tell [-f FORMAT] [-t SECONDS] TARGET WORD... [NAME=TEXT...] [NAME:=JSON...]\n"
	"Sends a command to one daemon. TARGET is mon.NAME, mon.RANK, mon.* for each of the monitors, mgr for the active manager,\n"
	"mgr.NAME or mgr.* for its own commands.\n"
	"  -f FORMAT    json, json-pretty, plain, ...\n"
	"  -t SECONDS   how long to wait for an answer (default: Ceph's options)\n";

enum { MANY = 64 };

/** Prints what one daemon has said, or why it has not. Returns what to exit with. */
static int print_answer(const char *who, const char *error, const monclient_reply_t *reply)
{
	if (reply == NULL) {
		fprintf(stderr, "%s: %s\n", who, error);
		return EXIT_FAILURE;
	}
	printf("%s: ", reply->sender);
	fflush(stdout);
	return print_reply(reply, NULL);
}

/** The monitors' targets, "mon.0" and following: ranks have no gaps, so they need only be counted. */
static int all_mons(monclient_t client, char targets[MANY][16])
{
	char *map = NULL;
	int n = 0;

	if (monclient_monmap_json(client, &map) != MONCLIENT_OK) {
		complain("monmap");
		return 0;
	}
	for (const char *at = map; n < MANY && (at = strstr(at, "\"rank\":")) != NULL; at++, n++)
		snprintf(targets[n], sizeof targets[n], "mon.%d", n);
	monclient_free(map);
	return n;
}

/** Tells all the monitors, and prints the answers as they come. */
static int tell_each(monclient_t client, const char *json, monclient_command_options_t *options)
{
	char targets[MANY][16];
	monclient_queue_t queue = 0;
	monclient_event_t *event;
	int n = all_mons(client, targets), left = 0, code = n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	uint32_t got;

	if (monclient_queue_create(&queue) != MONCLIENT_OK) {
		complain("queue");
		return EXIT_FAILURE;
	}
	for (int i = 0; i < n; i++) {
		monclient_sink_t sink = {.struct_size = sizeof sink, .queue = queue, .userdata = targets[i]};
		options->target = targets[i];
		if (monclient_command_async(client, json, options, &sink, NULL) == MONCLIENT_OK) {
			left++;
		} else {
			complain(targets[i]);
			code = EXIT_FAILURE;
		}
	}
	for (; left > 0 && monclient_queue_poll(queue, &event, 1, MONCLIENT_FOREVER, &got) == MONCLIENT_OK; left--) {
		int one = print_answer(event->userdata, event->error, event->reply);
		if (code == EXIT_SUCCESS)
			code = one;
		monclient_event_free(event);
	}
	monclient_queue_destroy(queue);
	return code;
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	monclient_command_options_t options = {.struct_size = sizeof options};
	monclient_t client = 0;
	monclient_reply_t *reply = NULL;
	const char *format = NULL;
	char *json = NULL, *end;
	double seconds;
	int option, code = EXIT_FAILURE;

	while ((option = getopt(argc, argv, "f:t:")) != -1)
		switch (option) {
		case 'f':
			format = optarg;
			break;
		case 't':
			seconds = strtod(optarg, &end);
			if (end == optarg || *end != '\0' || !(seconds >= 0.001 && seconds <= 1e6)) {
				fprintf(stderr, "%s: -t: %s is no number of seconds from 0.001 on\n", argv[0], optarg);
				goto out;
			}
			options.timeout_ms = (int32_t)(seconds * 1000);
			break;
		default:
			goto out; /* getopt has complained */
		}
	if (argc - optind < 2) {
		fprintf(stderr, "%s: whom, and what? -h helps\n", argv[0]);
		goto out;
	}
	options.target = argv[optind];
	if ((json = command_json(argc - optind - 1, argv + optind + 1, format)) == NULL) {
		perror(argv[0]);
	} else if (monclient_connect(config, NULL, &client) != MONCLIENT_OK) {
		complain(argv[0]);
	} else if (strcmp(options.target, "mon.*") == 0) {
		code = tell_each(client, json, &options);
	} else {
		if (monclient_command(client, json, &options, &reply) == MONCLIENT_OK)
			code = print_reply(reply, format);
		else
			complain(options.target);
	}
out:
	monclient_reply_free(reply);
	if (client != 0)
		monclient_close(client);
	monclient_config_destroy(config);
	free(json);
	return code;
}
