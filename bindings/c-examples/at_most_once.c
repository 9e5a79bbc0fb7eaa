/*
 * at_most_once: write a line into the cluster log, once or not at all, and know which.
 *
 *     ./at_most_once "the backup begins"
 *
 * A command whose session is lost is usually sent again, to another monitor, so that it may be executed twice. Of most
 * commands nobody notices; a line in a log would be there twice. It shows MONCLIENT_RESEND_NEVER, and what
 * monclient_last_outcome() then knows of a command that was not answered:
 *
 *     exit 0    it was executed
 *     exit 1    it was not, and may be tried again
 *     exit 75   nobody knows: it was sent, and the session or the time ended before the answer
 */
#include "example.h"

static const char help[] =
	"Usage: at_most_once TEXT\n"
	"Writes a line into the cluster log, once or not at all. Exits with 75 when it cannot be known which.\n";

enum { EXIT_UNKNOWN = 75 };

/** The command that writes a line. The caller frees it; NULL: there is no memory. */
static char *log_command(const char *line)
{
	char *text = NULL;
	size_t len;
	FILE *json = open_memstream(&text, &len);

	if (json == NULL)
		return NULL;
	fputs("{\"prefix\": \"log\", \"level\": \"info\", \"logtext\": [", json);
	json_string(json, line, strlen(line));
	fputs("]}", json);
	if (fclose(json) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	monclient_command_options_t once = {.struct_size = sizeof once, .resend = MONCLIENT_RESEND_NEVER};
	monclient_t client = 0;
	monclient_reply_t *reply = NULL;
	char *json = NULL;
	int code = EXIT_FAILURE;

	if (argc != 2) {
		fprintf(stderr, "%s: which text? -h helps\n", argv[0]);
	} else if ((json = log_command(argv[1])) == NULL) {
		perror(argv[0]);
	} else if (monclient_connect(config, NULL, &client) != MONCLIENT_OK) {
		complain(argv[0]);
	} else if (monclient_command(client, json, &once, &reply) == MONCLIENT_OK) {
		code = print_reply(reply, NULL);
	} else if (monclient_last_outcome() == MONCLIENT_OUTCOME_NOT_SENT) {
		complain(argv[0]);
		fprintf(stderr, "%s: nothing was written; try again\n", argv[0]);
	} else {
		complain(argv[0]);
		fprintf(stderr, "%s: it may have been written; look at the log before trying again\n", argv[0]);
		code = EXIT_UNKNOWN;
	}

	monclient_reply_free(reply);
	if (client != 0)
		monclient_close(client);
	monclient_config_destroy(config);
	free(json);
	return code;
}
