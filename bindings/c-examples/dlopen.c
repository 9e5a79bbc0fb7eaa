/*
 * dlopen: use the library when it is there, without linking to it: for plugins, and for programs that must start
 * without it.
 *
 *     ./dlopen                                          # finds libmonclient.so.0 as the linker does
 *     ./dlopen --library /usr/local/lib/libmonclient.so.0 -m 10.0.0.1
 *
 * It prints the version, what the library can do, and the health of the cluster.
 *
 * Only types and constants come out of monclient.h. The prototypes there give the pointers their types, so that the
 * compiler still checks each call. dlclose() is useless: the library stays, and says so in its header.
 */
#include <dlfcn.h>
#include <monclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: dlopen [--library FILE] [OPTION...]\n"
	"Loads libmonclient.so.0, and prints its version and the health of a cluster.\n"
	"Options are those of Ceph: -c FILE, -m MONITORS, -n NAME, -k KEYRING, ...\n";

/* The functions in use. A version that lacks one is too old. */
#define FUNCTIONS(f) \
	f(version) f(has_feature) f(last_error) f(config_create) f(config_parse_env) f(config_parse_argv) f(config_read_file) \
	f(config_destroy) f(connect) f(command) f(reply_free) f(close)

#define DECLARE(name) __typeof__(&monclient_##name) name;
#define FIND(name) {"monclient_" #name, (void **)&monclient.name},

static struct {
	FUNCTIONS(DECLARE)
} monclient;

static int load(const char *file)
{
	static const struct {
		const char *name;
		void **to;
	} functions[] = {FUNCTIONS(FIND)};
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return -1;
	}
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if ((*functions[i].to = dlsym(library, functions[i].name)) == NULL) {
			fprintf(stderr, "%s\n", dlerror());
			return -1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	const char *file = "libmonclient.so.0";
	static const char *const features[] = {"aes256krb5", "secure", "queue", "dialer"};
	monclient_config_t config = 0;
	monclient_t client = 0;
	monclient_reply_t *reply = NULL;
	int rest = 0, code = EXIT_FAILURE;

	if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc > 2 && strcmp(argv[1], "--library") == 0) {
		file = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (load(file) != 0)
		return EXIT_FAILURE;
	printf("libmonclient %s:", monclient.version());
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		if (monclient.has_feature(features[i]))
			printf(" %s", features[i]);
	putchar('\n');
	fflush(stdout);

	if (monclient.config_create(&config) == MONCLIENT_OK &&
	    monclient.config_parse_env(config) == MONCLIENT_OK &&
	    monclient.config_parse_argv(config, argc - 1, (const char *const *)argv + 1, NULL, &rest) == MONCLIENT_OK) {
		/* Without a file -m may do; if not, monclient_connect() has no monitors, and says so. */
		int status = monclient.config_read_file(config, NULL);
		if (rest > 0)
			fprintf(stderr, "%s: takes options only; -h helps\n", argv[0]);
		else if ((status != MONCLIENT_OK && status != MONCLIENT_ENOENT) ||
		         monclient.connect(config, NULL, &client) != MONCLIENT_OK ||
		         monclient.command(client, "{\"prefix\": \"health\"}", NULL, &reply) != MONCLIENT_OK)
			fprintf(stderr, "%s: %s\n", argv[0], monclient.last_error());
		else if (reply->retval < 0)
			fprintf(stderr, "%s: %s\n", argv[0], reply->status);
		else if (fwrite(reply->output, 1, reply->output_len, stdout) == reply->output_len)
			code = EXIT_SUCCESS;
	} else {
		fprintf(stderr, "%s: %s\n", argv[0], monclient.last_error());
	}
	monclient.reply_free(reply);
	if (client != 0)
		monclient.close(client);
	if (config != 0)
		monclient.config_destroy(config);
	return code;
}
