/*
 * status: the least that there is: connect, send one command, print what the monitors answer. It prints what
 * "ceph status" prints, for the monitors write that text.
 *
 *     ./status -c /etc/ceph/ceph.conf
 *
 * It shows the two ways in which a command fails: monclient_command() returns an error when nobody has answered, and
 * reply->retval is negative when the monitors answered no. Ctrl-C ends it as it ends any program.
 */
#include "example.h"

static const char help[] =
	"Usage: status [OPTION...]\n"
	"Prints the status of a cluster.\n";

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	monclient_t client = 0;
	monclient_reply_t *reply = NULL;
	int code = EXIT_FAILURE;

	if (argc > 1)
		fprintf(stderr, "%s: takes no argument; -h helps\n", argv[0]);
	else if (monclient_connect(config, NULL, &client) != MONCLIENT_OK)
		complain(argv[0]);
	else if (monclient_command(client, "{\"prefix\": \"status\", \"format\": \"plain\"}", NULL, &reply) != MONCLIENT_OK)
		complain(argv[0]);
	else
		code = print_reply(reply, NULL);

	monclient_reply_free(reply);
	if (client != 0)
		monclient_close(client);
	monclient_config_destroy(config);
	return code;
}
