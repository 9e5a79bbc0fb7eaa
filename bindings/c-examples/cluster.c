/*
 * cluster: what the monitors know besides commands: who of them is there, pools and their size, the cluster's capacity, and the
 * addresses that OSDs refuse; at the end what all this has cost.
 *
 *     ./cluster
 *     ./cluster -p books                       # creates a pool first
 *     ./cluster -b 10.0.0.5:0/3710147553       # has OSDs refuse a client first, for an hour; -u undoes it
 *
 * It shows questions that have one kind of answer, a JSON text: monclient_ping(), monclient_pools() and their neighbours, each
 * of which there is without waiting, too (monclient_ping_async()); monclient_pool_op(), which returns when this client knows
 * of the new pool; and monclient_stats_json().
 */
#include "example.h"

#include <unistd.h>

static const char help[] =
	"Usage: cluster [-p POOL] [-b ADDRESS] [-u ADDRESS] [OPTION...]\n"
	"Prints what the monitors know of their cluster, a line of JSON each.\n"
	"  -p POOL      create a pool first\n"
	"  -b ADDRESS   have OSDs refuse a client first, for an hour\n"
	"  -u ADDRESS   have them refuse it no more\n";

enum { PING_MS = 5000, AN_HOUR = 3600 };

/** Prints a text, which it frees, or what went wrong. Returns whether nothing did. */
static int print(const char *what, int status, char *text)
{
	if (status != MONCLIENT_OK)
		complain(what);
	else
		printf("%s: %s\n", what, text);
	monclient_free(text);
	return status == MONCLIENT_OK;
}

/** Asks each monitor whether it is there, in quorum or not. */
static int ping_all(monclient_t client)
{
	int all = 1, status;

	for (int rank = 0;; rank++) {
		char mon[16], name[64] = "?", *json = NULL;
		double seconds = 0;

		snprintf(mon, sizeof mon, "%d", rank);
		if ((status = monclient_ping(client, mon, PING_MS, &json)) == MONCLIENT_ENOENT)
			return all; /* that was the last rank */
		if (status == MONCLIENT_OK) { /* what a program with a parser reads of all that the monitor says */
			sscanf(json, "{\"mon\":\"%63[^\"]\",\"round_trip\":%lf", name, &seconds);
			printf("ping: mon.%s after %.3f ms\n", name, seconds * 1000);
		} else {
			fprintf(stderr, "%s\n", monclient_last_error());
			all = 0;
		}
		monclient_free(json);
	}
}

static int create_pool(monclient_t client, const char *name)
{
	monclient_pool_op_t op = {.struct_size = sizeof op, .op = MONCLIENT_POOL_CREATE, .name = name, .crush_rule = -1};

	return monclient_pool_op(client, &op, 0, NULL);
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	const char *pool = NULL, *block = NULL, *unblock = NULL;
	monclient_t client = 0;
	char *text = NULL;
	int option, status, ok, code = EXIT_FAILURE;

	while ((option = getopt(argc, argv, "p:b:u:")) != -1)
		switch (option) {
		case 'p':
			pool = optarg;
			break;
		case 'b':
			block = optarg;
			break;
		case 'u':
			unblock = optarg;
			break;
		default:
			goto out; /* getopt has complained */
		}
	if (optind < argc) {
		fprintf(stderr, "%s: takes no argument; -h helps\n", argv[0]);
		goto out;
	}
	if (monclient_connect(config, NULL, &client) != MONCLIENT_OK) {
		complain(argv[0]);
		goto out;
	}
	if ((pool != NULL && create_pool(client, pool) != MONCLIENT_OK) ||
	    (block != NULL && monclient_blocklist_add(client, block, AN_HOUR, 0) != MONCLIENT_OK) ||
	    (unblock != NULL && monclient_blocklist_remove(client, unblock, 0) != MONCLIENT_OK)) {
		complain(argv[0]);
		goto out;
	}

	ok = ping_all(client);
	status = monclient_pools(client, 0, &text);
	ok &= print("pools", status, text);
	status = monclient_pool_stats(client, NULL, 0, 0, &text); /* of all */
	ok &= print("pool stats", status, text);
	status = monclient_cluster_stats(client, -1, 0, &text);
	ok &= print("capacity", status, text);
	status = monclient_blocklist(client, 0, &text);
	ok &= print("blocklist", status, text);
	status = monclient_addr(client, &text); /* with which this client would be on it */
	ok &= print("own address", status, text);
	status = monclient_stats_json(client, &text);
	ok &= print("stats", status, text);
	code = ok ? EXIT_SUCCESS : EXIT_FAILURE;
out:
	if (client != 0)
		monclient_close(client);
	monclient_config_destroy(config);
	return code;
}
