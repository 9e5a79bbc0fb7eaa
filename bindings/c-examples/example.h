/*
 * What the C examples share: how they find their cluster, how they write a command in JSON, and how they print. Each
 * example is this file and its own.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <errno.h>
#include <monclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNUSED __attribute__((unused)) /* no example uses all of it */

/** The end of every help text. */
#define HELP_OPTIONS \
	"\nThe cluster is found as the programs of Ceph find it: in the files that Ceph reads ($CEPH_CONF, /etc/ceph/ceph.conf,\n" \
	"...), in $CEPH_ARGS and $CEPH_KEYRING, and in options, which may stand anywhere:\n" \
	"  -c FILE       the configuration file    -k FILE   the keyring\n" \
	"  -m MONITORS   where the monitors are    -n NAME   who connects, such as client.admin\n" \
	"  --client-mount-timeout SECONDS, --rados-mon-op-timeout SECONDS, and every other option of Ceph's\n"

/** Says what the last call of this thread failed at. */
static UNUSED void complain(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, monclient_last_error());
}

/**
 * The configuration, from arguments, environment and files; the first of these that has an option counts. What it
 * understands is taken out of argv. -h prints the help. Ends the program when something is wrong.
 */
static UNUSED monclient_config_t configure(int *argc, char **argv, const char *help)
{
	monclient_config_t config;
	char *mon_host = NULL;
	int rest = 0, status;

	if (monclient_config_create(&config) != MONCLIENT_OK) {
		complain(argv[0]);
		exit(EXIT_FAILURE);
	}
	const char **words = calloc((size_t)*argc, sizeof *words);
	if (words == NULL ||
	    (status = monclient_config_parse_env(config)) != MONCLIENT_OK ||
	    (status = monclient_config_parse_argv(config, *argc - 1, (const char *const *)argv + 1, words, &rest)) != MONCLIENT_OK)
		goto fail;
	for (int i = 0; i < rest; i++)
		argv[i + 1] = (char *)words[i]; /* it came out of argv */
	*argc = rest + 1;
	argv[*argc] = NULL;
	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			printf("%s" HELP_OPTIONS, help);
			free(words);
			monclient_config_destroy(config);
			exit(EXIT_SUCCESS);
		}

	/* Without a file -m is enough. */
	status = monclient_config_read_file(config, NULL);
	if (status == MONCLIENT_ENOENT && monclient_config_get(config, "mon_host", &mon_host) == MONCLIENT_OK && *mon_host != '\0')
		status = MONCLIENT_OK;
	if (status == MONCLIENT_OK) {
		monclient_free(mon_host);
		free(words);
		return config;
	}
fail:
	complain(argv[0]);
	monclient_free(mon_host);
	free(words);
	monclient_config_destroy(config);
	exit(EXIT_FAILURE);
}

static UNUSED void json_string(FILE *to, const char *text, size_t len)
{
	fputc('"', to);
	for (; len > 0; text++, len--)
		if (*text == '"' || *text == '\\')
			fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(to, "\\u%04x", (unsigned)*text);
		else
			fputc(*text, to);
	fputc('"', to);
}

/**
 * A command in JSON: {"prefix": "osd set", "key": "noout"} from the words  osd set key=noout. NAME:=JSON is an argument
 * that is no text. A first word with { in front is the command itself. The caller frees it; NULL: there is no memory.
 */
static UNUSED char *command_json(int n, char *const *words, const char *format)
{
	char *text = NULL, *equals;
	size_t len;
	int prefix = 0;
	FILE *json;

	if (n > 0 && words[0][0] == '{')
		return strdup(words[0]);
	if ((json = open_memstream(&text, &len)) == NULL)
		return NULL;
	fputs("{\"prefix\": \"", json);
	for (; prefix < n && strchr(words[prefix], '=') == NULL; prefix++)
		fprintf(json, "%s%s", prefix > 0 ? " " : "", words[prefix]);
	fputc('"', json);
	for (int i = prefix; i < n; i++) {
		if ((equals = strchr(words[i], '=')) == NULL)
			equals = words[i] + strlen(words[i]);
		int raw = *equals && equals > words[i] && equals[-1] == ':';
		fputs(", ", json);
		json_string(json, words[i], (size_t)(equals - words[i] - raw));
		fputs(": ", json);
		if (raw)
			fputs(equals + 1, json);
		else
			json_string(json, *equals ? equals + 1 : "", *equals ? strlen(equals + 1) : 0);
	}
	if (format != NULL) {
		fputs(", \"format\": ", json);
		json_string(json, format, strlen(format));
	}
	fputc('}', json);
	if (fclose(json) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/** Prints a reply as the ceph command does, and returns what to exit with. */
static UNUSED int print_reply(const monclient_reply_t *reply, const char *format)
{
	if (reply->retval >= 0 && format != NULL && strncmp(format, "json", 4) == 0)
		putchar('\n'); /* as ceph does, for programs that skip a line */
	fwrite(reply->output, 1, reply->output_len, stdout);
	if (fflush(stdout) != 0) {
		perror("stdout");
		return EXIT_FAILURE;
	}
	if (reply->retval < 0)
		fprintf(stderr, "Error %s: %s\n", monclient_strerror(reply->retval), reply->status);
	else if (*reply->status != '\0')
		fprintf(stderr, "%s\n", reply->status);
	return reply->retval >= 0 ? EXIT_SUCCESS : reply->retval > -256 ? -reply->retval : EXIT_FAILURE;
}

/** Prints a line about an event of a map or the session. */
static UNUSED void print_event(const monclient_event_t *event)
{
	struct timespec now;
	struct tm local;
	char at[32];
	double seconds = (double)event->elapsed_ns / 1e9;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(at, sizeof at, "%FT%T", localtime_r(&now.tv_sec, &local));
	printf("%s.%03ld ", at, now.tv_nsec / 1000000);
	if (event->missed > 0)
		printf("(%u missed) ", event->missed);
	if (event->type == MONCLIENT_EVENT_SESSION)
		switch (event->session_change) {
		case MONCLIENT_SESSION_HUNTING:
			printf("session: hunting for mon.%s", event->mon);
			break;
		case MONCLIENT_SESSION_ATTEMPT_FAILED:
			printf("session: mon.%s at %s: %s", event->mon, event->addr, event->error);
			break;
		case MONCLIENT_SESSION_CONNECTED:
			printf("session: with mon.%s at %s after %.3f s", event->mon, event->addr, seconds);
			break;
		case MONCLIENT_SESSION_LOST:
			printf("session: lost mon.%s after %.3f s: %s", event->mon, seconds, event->error);
			break;
		case MONCLIENT_SESSION_FAILED_OVER:
			printf("session: moved to mon.%s at %s after %.3f s", event->mon, event->addr, seconds);
			break;
		case MONCLIENT_SESSION_STANDBY:
			printf("session: mon.%s at %s stands by after %.3f s", event->mon, event->addr, seconds);
			break;
		case MONCLIENT_SESSION_STANDBY_LOST:
			printf("session: mon.%s stands by no more after %.3f s: %s", event->mon, seconds, event->error);
			break;
		case MONCLIENT_SESSION_CREDENTIAL:
			printf("session: the key was changed");
			break;
		default:
			printf("session: something new (%u)", event->session_change);
		}
	else if (event->data == NULL)
		printf("%s: the end: %s", event->what, monclient_strerror(event->status));
	else if (event->flags & MONCLIENT_EVENT_JSON)
		printf("%s %llu: %s", event->what, (unsigned long long)event->epoch, (const char *)event->data);
	else
		printf("%s e%llu: %s, %llu bytes", event->what, (unsigned long long)event->epoch,
		       event->flags & MONCLIENT_EVENT_FULL ? "full" : "incremental", (unsigned long long)event->data_len);
	putchar('\n');
	fflush(stdout);
}

#endif
