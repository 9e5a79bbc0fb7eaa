/*
 * command_async: many commands in flight at once, with a callback for each that completes.
 *
 *     ./command_async status 'osd tree' 'osd dump'
 *     ./command_async -r 1000 -t 5 'mon stat'            # a thousand, and what has no answer after 5 seconds is canceled
 *
 * It shows monclient_command_async(), what a callback may do (here: little; the main thread waits), and how operations
 * are canceled, by Ctrl-C or when the time is up: each still completes exactly once, with MONCLIENT_ECANCELED, so that
 * waiting for all of them is right in any case.
 */
#include "example.h"

#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

static const char help[] =
	"Usage: command_async [-q] [-r TIMES] [-t SECONDS] COMMAND...\n"
	"Sends commands all at once. Each argument is one: its words, or JSON.\n"
	"  -q           print no outputs, just how it went\n"
	"  -r TIMES     send each that often\n"
	"  -t SECONDS   cancel what has no answer after that\n";

struct job {
	char *json;
	monclient_op_t op;
	int quiet;
	int status; /* of the library */
	int retval; /* of the monitors */
};

static sem_t wake; /* posted by each completion, and by Ctrl-C */
static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
	sem_post(&wake);
}

/** Runs on the client's thread, one after the other, so that outputs do not mix. */
static void completed(const monclient_event_t *event, void *userdata)
{
	struct job *job = userdata;

	job->status = event->status;
	if (event->status != MONCLIENT_OK) {
		fprintf(stderr, "%s: %s\n", job->json, event->error);
	} else {
		job->retval = event->reply->retval;
		if (!job->quiet)
			print_reply(event->reply, NULL);
	}
	sem_post(&wake);
}

/** Sends all, waits for all, and returns how many were sent. */
static size_t run(monclient_t client, struct job *jobs, size_t n, double seconds)
{
	struct timespec until;
	size_t sent, done = 0;
	int limited = seconds > 0, up = 0, canceled = 0, told = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	seconds += (double)until.tv_nsec / 1e9;
	until.tv_sec += (time_t)seconds;
	until.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9);
	for (sent = 0; sent < n && !interrupted; sent++) {
		monclient_sink_t sink = {.struct_size = sizeof sink, .callback = completed, .userdata = &jobs[sent]};
		if (monclient_command_async(client, jobs[sent].json, NULL, &sink, &jobs[sent].op) != MONCLIENT_OK) {
			complain(jobs[sent].json);
			break;
		}
	}
	while (done < sent) {
		if ((limited && !canceled ? sem_timedwait(&wake, &until) : sem_wait(&wake)) == 0) {
			if (interrupted && !told)
				told = 1; /* one of the posts was the signal's */
			else
				done++;
		} else if (errno == ETIMEDOUT) {
			up = 1;
		}
		if (!canceled && (up || interrupted)) {
			canceled = 1;
			for (size_t i = 0; i < sent; i++)
				monclient_op_cancel(jobs[i].op); /* MONCLIENT_EBADHANDLE: it has completed */
		}
	}
	return sent;
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)(SA_ONSTACK | SA_RESTART | SA_RESETHAND)};
	size_t n = 0, sent = 0, times = 1, good = 0, refused = 0;
	monclient_t client = 0;
	double seconds = 0;
	int option, quiet = 0, code = EXIT_FAILURE;

	while ((option = getopt(argc, argv, "qr:t:")) != -1)
		switch (option) {
		case 'q': quiet = 1; break;
		case 'r': times = strtoul(optarg, NULL, 10); break;
		case 't': seconds = strtod(optarg, NULL); break;
		default: times = 0; /* getopt has complained */
		}
	if (optind == argc || times == 0 || times > 1000000 || seconds < 0 || seconds > 1e6) {
		fprintf(stderr, "%s: bad usage; -h helps\n", argv[0]);
		monclient_config_destroy(config);
		return EXIT_FAILURE;
	}
	struct job *jobs = calloc((size_t)(argc - optind) * times, sizeof *jobs);
	for (size_t t = 0; jobs != NULL && t < times; t++)
		for (int i = optind; i < argc; i++) {
			jobs[n].quiet = quiet;
			if ((jobs[n++].json = command_json(1, argv + i, NULL)) == NULL)
				times = 0;
		}

	sem_init(&wake, 0, 0);
	if (jobs == NULL || times == 0) {
		perror(argv[0]);
	} else if (monclient_connect(config, NULL, &client) != MONCLIENT_OK) {
		complain(argv[0]);
	} else {
		sigaction(SIGINT, &action, NULL); /* until here Ctrl-C just ends the program; a second one does so again */
		sent = run(client, jobs, n, seconds);
		for (size_t i = 0; i < sent; i++) {
			good += jobs[i].status == MONCLIENT_OK && jobs[i].retval >= 0;
			refused += jobs[i].status == MONCLIENT_OK && jobs[i].retval < 0;
		}
		fprintf(stderr, "%zu answered, %zu refused, %zu without an answer\n", good, refused, n - good - refused);
		code = interrupted ? 128 + interrupted : good == n ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (client != 0)
		monclient_close(client);
	for (size_t i = 0; i < n; i++)
		free(jobs[i].json);
	free(jobs);
	monclient_config_destroy(config);
	return code;
}
