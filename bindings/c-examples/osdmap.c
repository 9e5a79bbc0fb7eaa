/*
 * osdmap: the newest map of the OSDs: its flags, its pools, and how the OSDs are; and what has changed since an earlier one.
 *
 *     ./osdmap                       # a summary
 *     ./osdmap -j                    # all of it, as "ceph osd dump -f json" prints it
 *     ./osdmap -p books 3            # all that it says of the pool books, and of osd.3
 *     ./osdmap -o monday             # into a file, which osdmaptool can read
 *     ./osdmap -d monday             # what has changed since then
 *
 * It shows monclient_osdmap(), whose map stays what it is for as long as the program likes. "watch_values osdmap" follows
 * what changes.
 */
#include "example.h"

#include <unistd.h>

static const char help[] =
	"Usage: osdmap [-j] [-p POOL] [-o FILE] [-d FILE] [OPTION...] [OSD...]\n"
	"Prints what the newest map of the OSDs says: a summary, or of what is asked for, as JSON.\n"
	"  -j        all of it\n"
	"  -p POOL   the pool of that name\n"
	"  -o FILE   write it, encoded, into a file\n"
	"  -d FILE   what has changed since the map in that file\n";

/** Prints a text of the library, and releases it. */
static int print(const char *title, int status, char *const *text)
{
	if (status != MONCLIENT_OK) {
		complain("osdmap");
		return EXIT_FAILURE;
	}
	printf("%s%s\n", title, *text);
	monclient_free(*text);
	return EXIT_SUCCESS;
}

static int print_summary(monclient_osdmap_t map)
{
	char fsid[MONCLIENT_FSID_SIZE], *text = NULL;
	uint64_t epoch;
	int32_t max;

	if (monclient_osdmap_epoch(map, &epoch) != MONCLIENT_OK || monclient_osdmap_fsid(map, fsid, sizeof fsid) != MONCLIENT_OK ||
	    monclient_osdmap_max_osd(map, &max) != MONCLIENT_OK) {
		complain("osdmap");
		return EXIT_FAILURE;
	}
	printf("epoch %llu of %s\n", (unsigned long long)epoch, fsid);
	if (print("flags ", monclient_osdmap_flags(map, &text), &text) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	if (print("pools ", monclient_osdmap_pools(map, &text), &text) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	for (int32_t osd = 0; osd < max; osd++) {
		int up, in;
		uint32_t weight;

		if (monclient_osdmap_osd_state(map, osd, &up, &in, &weight) == MONCLIENT_OK) /* not every id is an OSD's */
			printf("osd.%d %s %s weight %.2f\n", osd, up ? "up" : "down", in ? "in" : "out", weight / 65536.0);
	}
	return EXIT_SUCCESS;
}

static int print_pool(monclient_osdmap_t map, const char *name)
{
	char *text = NULL;
	int64_t id;
	int status = monclient_osdmap_pool_id(map, name, &id);

	if (status == MONCLIENT_OK)
		status = monclient_osdmap_pool_json(map, id, &text);
	return print("", status, &text);
}

static int print_osd(monclient_osdmap_t map, const char *word)
{
	char *text = NULL, *end;
	long id = strtol(word, &end, 10);

	if (end == word || *end != '\0' || id < 0 || id > INT32_MAX) {
		fprintf(stderr, "osdmap: %s is no id of an OSD\n", word);
		return EXIT_FAILURE;
	}
	return print("", monclient_osdmap_osd_json(map, (int32_t)id, &text), &text);
}

static int write_map(monclient_osdmap_t map, const char *path)
{
	void *data;
	size_t len;
	FILE *file;
	int ok;

	if (monclient_osdmap_encode(map, &data, &len) != MONCLIENT_OK) {
		complain(path);
		return EXIT_FAILURE;
	}
	file = fopen(path, "wb");
	ok = file != NULL && fwrite(data, 1, len, file) == len;
	if (file != NULL && fclose(file) != 0)
		ok = 0;
	if (!ok)
		perror(path);
	monclient_free(data);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** Prints what has changed since a map that write_map() has written. */
static int print_changes(monclient_osdmap_t map, const char *path)
{
	FILE *file = fopen(path, "rb");
	monclient_osdmap_t old = 0;
	char *data = NULL, *text = NULL;
	char buf[65536];
	size_t len = 0, n;
	int code = EXIT_FAILURE;
	FILE *all = file != NULL ? open_memstream(&data, &len) : NULL;

	if (all == NULL) {
		perror(path);
	} else {
		while ((n = fread(buf, 1, sizeof buf, file)) > 0)
			fwrite(buf, 1, n, all);
		if (ferror(file) || fclose(all) != 0)
			perror(path);
		else if (monclient_osdmap_decode(data, len, &old) != MONCLIENT_OK)
			complain(path);
		else
			code = print("", monclient_osdmap_diff(old, map, &text), &text);
	}
	if (file != NULL)
		fclose(file);
	free(data);
	if (old != 0)
		monclient_osdmap_release(old);
	return code;
}

int main(int argc, char **argv)
{
	monclient_config_t config = configure(&argc, argv, help);
	const char *pool = NULL, *to = NULL, *since = NULL;
	monclient_t client = 0;
	monclient_osdmap_t map = 0;
	char *text = NULL;
	int option, json = 0, code = EXIT_FAILURE;

	while ((option = getopt(argc, argv, "jp:o:d:")) != -1)
		switch (option) {
		case 'j':
			json = 1;
			break;
		case 'p':
			pool = optarg;
			break;
		case 'o':
			to = optarg;
			break;
		case 'd':
			since = optarg;
			break;
		default:
			goto out; /* getopt has complained */
		}
	if (monclient_connect(config, NULL, &client) != MONCLIENT_OK || monclient_osdmap(client, 0, &map) != MONCLIENT_OK) {
		complain(argv[0]);
		goto out;
	}
	/* The map needs no client any more. */
	monclient_close(client);
	client = 0;
	code = EXIT_SUCCESS;
	if (!json && pool == NULL && to == NULL && since == NULL && optind == argc)
		code = print_summary(map);
	if (json)
		code |= print("", monclient_osdmap_json(map, &text), &text);
	if (pool != NULL)
		code |= print_pool(map, pool);
	for (int i = optind; i < argc; i++)
		code |= print_osd(map, argv[i]);
	if (to != NULL)
		code |= write_map(map, to);
	if (since != NULL)
		code |= print_changes(map, since);
	if (fflush(stdout) != 0) {
		perror("stdout");
		code = EXIT_FAILURE;
	}
out:
	if (map != 0)
		monclient_osdmap_release(map);
	if (client != 0)
		monclient_close(client);
	monclient_config_destroy(config);
	return code;
}
