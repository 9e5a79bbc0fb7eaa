/*
 * command: send any command, with input and format, and exit as the ceph command does: 0, or the errno of the answer.
 *
 *     ./command osd tree -f json
 *     ./command config-key set key=greeting -i /etc/motd
 *     ./command '{"prefix": "osd find", "id": 0}'        # or: ./command osd find id:=0
 *
 * The ceph command asks the monitors which words are arguments; here they are named.
 *
 * It shows monclient_command_options_t: what a structure with struct_size looks like in use, a time limit, and input.
 */
#include "example.h"

#include <unistd.h>

static const char help[] =
	"Usage: command [-f FORMAT] [-i FILE] [-t SECONDS] WORD... [NAME=TEXT...] [NAME:=JSON...]\n"
	"       command [-i FILE] [-t SECONDS] JSON\n"
	"Sends a command to the monitors, and prints what they answer.\n"
	"  -f FORMAT    json, json-pretty, plain, ...\n"
	"  -i FILE      input that goes along with the command; - is standard input\n"
	"  -t SECONDS   how long to wait for a session, and for the answer (default: Ceph's options)\n";

/** Reads a file to its end. The caller frees it. */
static void *read_all(const char *path, size_t *len)
{
	FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char *bytes = NULL, *more;
	size_t room = 0, n = 1;

	for (*len = 0; from != NULL && n > 0; *len += n) {
		if (*len == room) {
			room = room ? 2 * room : 4096;
			if ((more = realloc(bytes, room)) == NULL)
				break;
			bytes = more;
		}
		n = fread(bytes + *len, 1, room - *len, from);
	}
	if (from == NULL || n > 0 || ferror(from)) {
		perror(path);
		free(bytes);
		bytes = NULL;
	}
	if (from != NULL && from != stdin)
		fclose(from);
	return bytes;
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	monclient_connect_options_t connecting = {.struct_size = sizeof connecting};
	monclient_command_options_t options = {.struct_size = sizeof options};
	const char *format = NULL, *input = NULL;
	monclient_t client = 0;
	monclient_reply_t *reply = NULL;
	char *json = NULL, *end;
	void *bytes = NULL;
	size_t len = 0;
	double seconds;
	int option, code = EXIT_FAILURE;

	while ((option = getopt(argc, argv, "f:i:t:")) != -1)
		switch (option) {
		case 'f':
			format = optarg;
			break;
		case 'i':
			input = optarg;
			break;
		case 't':
			seconds = strtod(optarg, &end);
			if (end == optarg || *end != '\0' || !(seconds >= 0.001 && seconds <= 1e6)) {
				fprintf(stderr, "%s: -t: %s is no number of seconds from 0.001 on\n", argv[0], optarg);
				goto out;
			}
			connecting.timeout_ms = options.timeout_ms = (int32_t)(seconds * 1000);
			break;
		default:
			goto out; /* getopt has complained */
		}
	if (optind == argc) {
		fprintf(stderr, "%s: which command? -h helps\n", argv[0]);
		goto out;
	}
	if ((json = command_json(argc - optind, argv + optind, format)) == NULL) {
		perror(argv[0]);
		goto out;
	}
	if (input != NULL) {
		if ((bytes = read_all(input, &len)) == NULL)
			goto out;
		options.input = bytes;
		options.input_len = len;
	}

	if (monclient_connect(config, &connecting, &client) != MONCLIENT_OK ||
	    monclient_command(client, json, &options, &reply) != MONCLIENT_OK)
		complain(argv[0]);
	else
		code = print_reply(reply, format);
out:
	monclient_reply_free(reply);
	if (client != 0)
		monclient_close(client);
	monclient_config_destroy(config);
	free(bytes);
	free(json);
	return code;
}
