/* A program as a user of the installed library writes it. It prints the version. */
#include <monclient.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, monclient_last_error());
	return 1;
}

int main(void)
{
	monclient_config_t config;
	monclient_t client;
	char *name;

	if (monclient_version_number() != MONCLIENT_VERSION_NUMBER)
		return fail("the library is of another version than the header");
	if (monclient_config_create(&config) != MONCLIENT_OK)
		return fail("monclient_config_create");
	if (monclient_config_set(config, "name", "client.consumer") != MONCLIENT_OK)
		return fail("monclient_config_set");
	if (monclient_config_get(config, "name", &name) != MONCLIENT_OK)
		return fail("monclient_config_get");
	if (strcmp(name, "client.consumer") != 0)
		return fail(name);
	monclient_free(name);
	if (monclient_connect(config, NULL, &client) != MONCLIENT_ENOENT)
		return fail("monclient_connect without monitors");
	if (monclient_config_destroy(config) != MONCLIENT_OK)
		return fail("monclient_config_destroy");
	printf("%s\n", monclient_version());
	return 0;
}
