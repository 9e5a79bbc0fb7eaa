/* Configurations. */
#include "check.h"

static monclient_config_t new_config(void)
{
	monclient_config_t config = 0;

	CHECK_OK(monclient_config_create(&config));
	CHECK_UINT(config & 0xff, MONCLIENT_KIND_CONFIG);
	return config;
}

static void check_get(const char *file, int line, monclient_config_t config, const char *option, const char *want)
{
	char *value = NULL;

	check_status(file, line, option, monclient_config_get(config, option, &value), MONCLIENT_OK);
	check_str(file, line, option, value, want);
	monclient_free(value);
}
#define CHECK_GET(config, option, want) check_get(__FILE__, __LINE__, config, option, want)

static void defaults(void)
{
	monclient_config_t config = new_config();

	CHECK_GET(config, "name", "client.admin");
	CHECK_GET(config, "cluster", "ceph");
	CHECK_GET(config, "mon_host", "");
	CHECK_GET(config, "ms_mon_client_mode", "secure crc");
	CHECK_GET(config, "rados_mon_op_timeout", "0");
	CHECK_GET(config, "client_mount_timeout", "300");
	CHECK_GET(config, "mon_client_hunt_parallel", "3");
	CHECK_OK(monclient_config_destroy(config));
}

/* One option of each type, and how its values are written. */
static void values_of_each_type(void)
{
	static const struct {
		const char *option, *set, *get;
	} good[] = {
		{"mon_host", "10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2"},
		{"name", "client.x", "client.x"},
		{"fsid", "a4f5c1e0-1111-2222-3333-444455556666", "a4f5c1e0-1111-2222-3333-444455556666"},
		{"client_mount_timeout", "17", "17"},
		{"rados_mon_op_timeout", "5", "5"},
		{"mon_client_hunt_interval_backoff", "2.5", "2.500000"},
		{"mon_client_hunt_parallel", "2", "2"},
		{"monclient_max_message", "1048576", "1048576"},
		{"monclient_offer_compression", "true", "true"},
		{"monclient_offer_compression", "0", "false"},
		{"monclient_hostname", "h\xc3\xa4nsel", "h\xc3\xa4nsel"},
		{"mon host", "10.0.0.3", "10.0.0.3"},
		{"mon_host", "", ""},
	};
	static const struct {
		const char *option, *value;
	} bad[] = {
		{"client_mount_timeout", "soon"},
		{"mon_client_hunt_interval_backoff", "x"},
		{"mon_client_hunt_parallel", "1.5"},
		{"monclient_offer_compression", "maybe"},
		{"fsid", "nonsense"},
		{"name", "nobody"},
		{"monclient_max_message", "-1"},
	};
	monclient_config_t config = new_config();
	size_t i;

	for (i = 0; i < COUNT(good); i++) {
		CHECK_OK(monclient_config_set(config, good[i].option, good[i].set));
		CHECK_GET(config, good[i].option, good[i].get);
	}
	for (i = 0; i < COUNT(bad); i++) {
		char *before, *after;

		CHECK_OK(monclient_config_get(config, bad[i].option, &before));
		CHECK_ERROR(monclient_config_set(config, bad[i].option, bad[i].value), MONCLIENT_EINVAL, bad[i].option);
		CHECK_OK(monclient_config_get(config, bad[i].option, &after));
		CHECK_STR(after, before);
		monclient_free(before);
		monclient_free(after);
	}
	CHECK_OK(monclient_config_destroy(config));
}

static void metavariables(void)
{
	monclient_config_t config = new_config();

	CHECK_OK(monclient_config_set(config, "cluster", "west"));
	CHECK_OK(monclient_config_set(config, "name", "client.joe"));
	CHECK_OK(monclient_config_set(config, "keyring", "/k/$cluster.$name.keyring"));
	CHECK_GET(config, "keyring", "/k/west.client.joe.keyring");
	CHECK_OK(monclient_config_destroy(config));
}

static void unknown_options(void)
{
	monclient_config_t config = new_config();
	char *value = (char *)1;

	CHECK_ERROR(monclient_config_set(config, "no_such_option", "1"), MONCLIENT_ENOENT, "no_such_option");
	CHECK_ERROR(monclient_config_get(config, "no_such_option", &value), MONCLIENT_ENOENT, "no_such_option");
	CHECK(!value);
	CHECK_STATUS(monclient_config_set(config, "", "1"), MONCLIENT_ENOENT);
	CHECK_OK(monclient_config_destroy(config));
}

static void secrets_stay_inside(void)
{
	static const char key[] = "AQBqyBZnAAAAABAA0123456789abcdefABCDEF==";
	monclient_config_t config = new_config();
	char *value = (char *)1;

	CHECK_OK(monclient_config_set(config, "key", key));
	CHECK_ERROR(monclient_config_get(config, "key", &value), MONCLIENT_EACCES, "key");
	CHECK(!value);
	CHECK_LACKS(monclient_last_error(), "0123456789abcdef");
	CHECK_ERROR(monclient_config_set_monmap(config, key, sizeof(key)), MONCLIENT_EPROTO, "monmap");
	CHECK_LACKS(monclient_last_error(), "0123456789abcdef");
	CHECK_OK(monclient_config_destroy(config));
}

static void read_file(void)
{
	monclient_config_t config = new_config();

	CHECK_OK(monclient_config_read_file(config, temp_file("[global]\nmon_host = 10.1.1.1\nclient_mount_timeout = 9\n"
	                                                      "[client.admin]\nmon_client_hunt_parallel = 1\n")));
	CHECK_GET(config, "mon_host", "10.1.1.1");
	CHECK_GET(config, "client_mount_timeout", "9");
	CHECK_GET(config, "mon_client_hunt_parallel", "1");

	/* It replaces what an earlier call has read. */
	CHECK_OK(monclient_config_read_file(config, temp_file("[global]\nmon_host = 10.2.2.2\n")));
	CHECK_GET(config, "mon_host", "10.2.2.2");
	CHECK_GET(config, "client_mount_timeout", "300");

	/* What was set is above it. */
	CHECK_OK(monclient_config_set(config, "mon_host", "10.3.3.3"));
	CHECK_OK(monclient_config_read_file(config, temp_file("[global]\nmon_host = 10.4.4.4\n")));
	CHECK_GET(config, "mon_host", "10.3.3.3");
	CHECK_OK(monclient_config_destroy(config));
}

static void read_bad_files(void)
{
	monclient_config_t config = new_config();

	CHECK_ERROR(monclient_config_read_file(config, "no/such/file.conf"), MONCLIENT_ENOENT, "no/such/file.conf");
	CHECK_ERROR(monclient_config_read_file(config, ""), MONCLIENT_EINVAL, "path");
	CHECK_ERROR(monclient_config_read_file(config, temp_file("[global]\nmon_host = 10.1.1.1\nnonsense\n")), MONCLIENT_EINVAL, "3");
	CHECK_HAS(monclient_last_error(), ".conf");
	CHECK_STATUS(monclient_config_read_file(config, temp_file("[global\n")), MONCLIENT_EINVAL);
	CHECK(monclient_config_read_file(config, "/") < 0);
	CHECK_OK(monclient_config_destroy(config));
}

static void read_the_file_that_is_found(void)
{
	monclient_config_t config = new_config();

	CHECK_INT(setenv("CEPH_CONF", temp_file("[global]\nmon_host = 10.5.5.5\n"), 1), 0);
	CHECK_OK(monclient_config_read_file(config, NULL));
	CHECK_GET(config, "mon_host", "10.5.5.5");
	CHECK_INT(setenv("CEPH_CONF", "no/such.conf,nor/such.conf", 1), 0);
	CHECK_ERROR(monclient_config_read_file(config, NULL), MONCLIENT_ENOENT, "no/such.conf");
	CHECK_HAS(monclient_last_error(), "nor/such.conf");
	CHECK_INT(unsetenv("CEPH_CONF"), 0);
	CHECK_OK(monclient_config_destroy(config));

	config = new_config();
	CHECK_OK(monclient_config_set(config, "cluster", "no-such-cluster"));
	CHECK_INT(setenv("HOME", "/no/such/home", 1), 0);
	CHECK_ERROR(monclient_config_read_file(config, NULL), MONCLIENT_ENOENT, "/etc/ceph/no-such-cluster.conf");
	CHECK_HAS(monclient_last_error(), "/no/such/home/.ceph/no-such-cluster.conf");
	CHECK_OK(monclient_config_destroy(config));
}

static void environment(void)
{
	monclient_config_t config = new_config();

	/* Nothing is read before it is asked for. */
	CHECK_INT(setenv("CEPH_ARGS", "--mon-host 10.6.6.6 --id joe", 1), 0);
	CHECK_INT(setenv("CEPH_KEYRING", "/no/keyring", 1), 0);
	CHECK_GET(config, "mon_host", "");
	CHECK_OK(monclient_config_parse_env(config));
	CHECK_GET(config, "mon_host", "10.6.6.6");
	CHECK_GET(config, "name", "client.joe");
	CHECK_GET(config, "keyring", "/no/keyring");

	CHECK_INT(setenv("CEPH_ARGS", "--client-mount-timeout soon", 1), 0);
	CHECK_ERROR(monclient_config_parse_env(config), MONCLIENT_EINVAL, "client_mount_timeout");
	CHECK_INT(unsetenv("CEPH_ARGS"), 0);
	CHECK_INT(unsetenv("CEPH_KEYRING"), 0);
	CHECK_OK(monclient_config_parse_env(config));
	CHECK_OK(monclient_config_destroy(config));
}

static void argv(void)
{
	static const char *const args[] = {"status", "--mon-host", "10.7.7.7", "-n", "client.ann", "--format=json", "--client_mount_timeout=8", "x\xc3\xa4", "-k", "/k", "--", "--mon-host", "1.1.1.1"};
	static const char *const want[] = {"status", "--format=json", "x\xc3\xa4", "--", "--mon-host", "1.1.1.1"};
	const char *rest[COUNT(args)];
	monclient_config_t config = new_config();
	int n = -1, i;

	CHECK_OK(monclient_config_parse_argv(config, (int)COUNT(args), args, rest, &n));
	CHECK_INT(n, COUNT(want));
	for (i = 0; i < n; i++) {
		int j;

		CHECK_STR(rest[i], want[i]);
		for (j = 0; j < (int)COUNT(args) && rest[i] != args[j]; j++)
			;
		CHECK(j < (int)COUNT(args)); /* they are those of argv */
	}
	CHECK_GET(config, "mon_host", "10.7.7.7");
	CHECK_GET(config, "name", "client.ann");
	CHECK_GET(config, "client_mount_timeout", "8");
	CHECK_GET(config, "keyring", "/k");

	/* Without either of rest and nrest. */
	CHECK_OK(monclient_config_parse_argv(config, 3, (const char *const[]){"-m", "10.8.8.8", "rest"}, NULL, NULL));
	CHECK_GET(config, "mon_host", "10.8.8.8");
	CHECK_OK(monclient_config_parse_argv(config, 1, (const char *const[]){"rest"}, NULL, &n));
	CHECK_INT(n, 1);
	rest[0] = NULL;
	CHECK_OK(monclient_config_parse_argv(config, 1, (const char *const[]){"rest"}, rest, NULL));
	CHECK_STR(rest[0], "rest");
	CHECK_OK(monclient_config_parse_argv(config, 0, NULL, NULL, &n));
	CHECK_INT(n, 0);
	/* The same argument twice is not confused. */
	{
		const char *twice = "rest";

		CHECK_OK(monclient_config_parse_argv(config, 2, (const char *const[]){twice, twice}, rest, &n));
		CHECK_INT(n, 2);
		CHECK(rest[0] == twice && rest[1] == twice);
	}
	CHECK_OK(monclient_config_destroy(config));
}

static void argv_bad(void)
{
	monclient_config_t config = new_config();
	const char *rest[4];
	int n = -1;

	CHECK_ERROR(monclient_config_parse_argv(config, 1, (const char *const[]){"--mon-host"}, rest, &n), MONCLIENT_EINVAL, "mon_host");
	CHECK_INT(n, 0);
	CHECK_ERROR(monclient_config_parse_argv(config, 2, (const char *const[]){"--client-mount-timeout", "soon"}, rest, &n),
	            MONCLIENT_EINVAL, "client_mount_timeout");
	CHECK_INT(n, 0);
	CHECK_OK(monclient_config_destroy(config));
}

static void levels(void)
{
	monclient_config_t config = new_config();

	CHECK_OK(monclient_config_set(config, "client_mount_timeout", "1"));
	CHECK_OK(monclient_config_parse_argv(config, 1, (const char *const[]){"--client-mount-timeout=2"}, NULL, NULL));
	CHECK_GET(config, "client_mount_timeout", "1");
	CHECK_OK(monclient_config_parse_argv(config, 1, (const char *const[]){"--mon-client-hunt-parallel=2"}, NULL, NULL));
	CHECK_OK(monclient_config_read_file(config, temp_file("[global]\nmon_client_hunt_parallel = 4\n")));
	CHECK_GET(config, "mon_client_hunt_parallel", "2");
	CHECK_OK(monclient_config_destroy(config));
}

static void keyring_in_memory(void)
{
	struct world w;
	monclient_config_t config;
	char *key, text[512];
	void *map;
	size_t len;

	world_open(&w, 1);
	CHECK_OK(monclient_monmap(w.client, &map, &len));
	CHECK_OK(monclienttest_key(w.mons, &key));
	snprintf(text, sizeof(text), "[client.other]\n\tkey = %s\n[client.admin]\n\tkey = %s\n\tcaps mon = \"allow *\"\n", key, key);

	/* What world_start set has the key in the option; a configuration that reads the keyring is made for TCP. */
	config = new_config();
	CHECK_OK(monclient_config_set_monmap(config, map, len));
	CHECK_OK(monclient_config_set_keyring(config, text, strlen(text)));
	CHECK_OK(monclient_config_set(config, "client_mount_timeout", "1"));

	/* Garbage is refused, with the line, and what was there stays. */
	CHECK_ERROR(monclient_config_set_keyring(config, "[client.admin]\n\tkey = !!!\n", 26), MONCLIENT_EINVAL, "2");
	CHECK_LACKS(monclient_last_error(), "!!!");
	CHECK_STATUS(monclient_config_set_keyring(config, "garbage", 7), MONCLIENT_EINVAL);
	CHECK_STATUS(monclient_config_set_keyring(config, "\x00\x01\x02", 3), MONCLIENT_EINVAL);
	CHECK_ERROR(monclient_config_set_keyring(config, "\x00\x01\x02\xff", 4), MONCLIENT_EILSEQ, "text");
	CHECK_STATUS(monclient_config_set_keyring(config, "[client.admin]\n\tkey = \xff\n", 25), MONCLIENT_EILSEQ);
	/* Only so many bytes count. */
	text[strlen(text)] = 'x';
	monclient_free(key);
	monclient_free(map);
	CHECK_OK(monclient_config_destroy(config));
	world_end(&w);
}

static void keyring_of_somebody_else(void)
{
	struct world w;
	monclient_t client = 1;
	char *key, text[256];

	world_open(&w, 1);
	CHECK_OK(monclienttest_key(w.mons, &key));
	snprintf(text, sizeof(text), "[client.other]\n\tkey = %s\n", key);
	CHECK_OK(monclient_config_set(w.config, "key", ""));
	CHECK_OK(monclient_config_set_keyring(w.config, text, strlen(text)));
	CHECK_STATUS(monclient_connect(w.config, NULL, &client), MONCLIENT_EACCES);
	CHECK_HAS(monclient_last_error(), "client.admin");
	CHECK_LACKS(monclient_last_error(), key);
	CHECK_UINT(client, 0);

	/* With the entity in it, it works: the option key is not there any more. */
	snprintf(text, sizeof(text), "[client.admin]\n\tkey = %s\n", key);
	CHECK_OK(monclient_config_set_keyring(w.config, text, strlen(text)));
	CHECK_OK(monclient_connect(w.config, NULL, &client));
	status_ok(client);
	CHECK_OK(monclient_close(client));
	monclient_free(key);
	world_end(&w);
}

static void monmap_in_memory(void)
{
	struct world w;
	monclient_config_t config = new_config();
	char *data;
	void *map;
	size_t len, n;

	world_open(&w, 3);
	CHECK_OK(monclient_monmap(w.client, &map, &len));
	CHECK_OK(monclient_config_set_monmap(config, map, len));
	/* No prefix of it is a map, and none is read beyond its end. */
	for (n = 0; n < len; n += slow() ? 16 : 1) {
		data = malloc(n ? n : 1);
		CHECK(data);
		memcpy(data, map, n);
		CHECK_STATUS(monclient_config_set_monmap(config, data, n), MONCLIENT_EPROTO);
		CHECK_HAS(monclient_last_error(), "monmap");
		free(data);
	}
	data = malloc(len);
	CHECK(data);
	memset(data, 0xff, len);
	CHECK_STATUS(monclient_config_set_monmap(config, data, len), MONCLIENT_EPROTO);
	free(data);
	monclient_free(map);
	CHECK_OK(monclient_config_destroy(config));
	world_end(&w);
}

/* Clients do not notice what happens to the configuration that they were made of. */
static void client_outlives_config(void)
{
	struct world w;

	world_open(&w, 1);
	CHECK_OK(monclient_config_set(w.config, "rados_mon_op_timeout", "1"));
	CHECK_OK(monclient_config_destroy(w.config));
	CHECK_STATUS(monclient_config_destroy(w.config), MONCLIENT_EBADHANDLE);
	w.config = 0;
	status_ok(w.client);
	world_end(&w);
}

static void many_configs(void)
{
	enum { N = 100 };
	monclient_config_t configs[N];
	int i, j;

	for (i = 0; i < N; i++) {
		configs[i] = new_config();
		for (j = 0; j < i; j++)
			CHECK(configs[j] != configs[i]);
	}
	CHECK_UINT(counters().configs, N);
	for (i = 0; i < N; i++)
		CHECK_OK(monclient_config_destroy(configs[i]));
}

static void connect_with_a_file(void)
{
	monclient_config_t config = new_config();
	monclient_t client;
	char fsid[MONCLIENT_FSID_SIZE], *value;

	CHECK_OK(monclient_config_read_file(config, real_conf()));
	CHECK_OK(monclient_connect(config, NULL, &client));
	CHECK_OK(monclient_fsid(client, fsid, sizeof(fsid)));
	CHECK_OK(monclient_config_get(config, "fsid", &value));
	CHECK_STR(fsid, value);
	monclient_free(value);
	status_ok(client);
	CHECK_OK(monclient_close(client));
	CHECK_OK(monclient_config_destroy(config));
}

static const struct check_test tests[] = {
	TEST(defaults),
	TEST(values_of_each_type),
	TEST(metavariables),
	TEST(unknown_options),
	TEST(secrets_stay_inside),
	TEST(read_file),
	TEST(read_bad_files),
	TEST(read_the_file_that_is_found),
	TEST(environment),
	TEST(argv),
	TEST(argv_bad),
	TEST(levels),
	TEST(keyring_in_memory),
	TEST(keyring_of_somebody_else),
	TEST(monmap_in_memory),
	TEST(client_outlives_config),
	TEST(many_configs),
	TEST(connect_with_a_file),
};
MAIN(tests)
