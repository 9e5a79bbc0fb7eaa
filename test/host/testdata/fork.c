/* A host that forks while the library works. */
#include "host.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

#define FORKED(call)                                            \
	do {                                                    \
		int rc_ = (call);                               \
		if (rc_ != MONCLIENT_EFORKED)                   \
			FAIL("in the child %s is %d", #call, rc_); \
	} while (0)

static monclient_config_t config;
static monclient_queue_t queue;
static atomic_int destroyed;

static void no_event(const monclient_event_t *event, void *userdata)
{
	(void)event;
	(void)userdata;
	FAIL("an event in the child");
}

static void destroy(void *userdata)
{
	(void)userdata;
	atomic_fetch_add(&destroyed, 1);
}

static int no_dial(const char *ip, uint16_t port, int32_t timeout_ms, void *userdata)
{
	(void)ip;
	(void)port;
	(void)timeout_ms;
	(void)userdata;
	FAIL("a dial in the child");
}

/* every_function is called in the child, with handles that were good in the parent. */
static void every_function(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = no_event, .destroy = destroy};
	monclient_dialer_t dialer = {.struct_size = sizeof(dialer), .dial = no_dial, .destroy = destroy};
	monclient_counters_t counters = {.struct_size = sizeof(counters)};
	const char *argv[] = {"--debug-ms", "1"}, *rest[2];
	monclient_config_t new_config;
	monclient_queue_t new_queue;
	monclient_session_t *session;
	monclient_event_t *event;
	monclient_reply_t *reply;
	monclient_t client;
	monclient_sub_t sub;
	monclient_op_t op;
	char buf[MONCLIENT_FSID_SIZE], *text;
	uint64_t number, other;
	uint32_t n;
	size_t len;
	void *data;
	int i, had = atomic_load(&destroyed);

	FORKED(api.monclient_config_create(&new_config));
	CHECK_EQ(new_config, 0);
	FORKED(api.monclient_config_destroy(config));
	FORKED(api.monclient_config_read_file(config, NULL));
	FORKED(api.monclient_config_parse_env(config));
	FORKED(api.monclient_config_parse_argv(config, 2, argv, rest, &i));
	FORKED(api.monclient_config_set(config, "fsid", "x"));
	FORKED(api.monclient_config_get(config, "name", &text));
	FORKED(api.monclient_config_set_keyring(config, "[client.admin]\n", 15));
	FORKED(api.monclient_config_set_monmap(config, "x", 1));
	FORKED(api.monclient_config_set_dialer(config, &dialer));
	FORKED(api.monclient_connect(config, NULL, &client));
	CHECK_EQ(client, 0);
	FORKED(api.monclient_connect_async(config, NULL, &sink, &op));
	FORKED(api.monclient_fsid(work.client, buf, sizeof(buf)));
	FORKED(api.monclient_global_id(work.client, &number));
	FORKED(api.monclient_monmap(work.client, &data, &len));
	FORKED(api.monclient_monmap_json(work.client, &text));
	FORKED(api.monclient_session(work.client, &session));
	FORKED(api.monclient_set_log_level(work.client, MONCLIENT_LOG_DEBUG));
	FORKED(api.monclient_op_cancel(7));
	FORKED(api.monclient_command(work.client, status_command, NULL, &reply));
	CHECK(reply == NULL);
	FORKED(api.monclient_command_async(work.client, status_command, NULL, &sink, &op));
	FORKED(api.monclient_get_version(work.client, "osdmap", 0, &number, &other));
	FORKED(api.monclient_get_version_async(work.client, "osdmap", 0, &sink, &op));
	FORKED(api.monclient_wait_for_map(work.client, "osdmap", 0, 0, &number));
	FORKED(api.monclient_wait_for_map_async(work.client, "osdmap", 0, 0, &sink, &op));
	FORKED(api.monclient_subscribe(work.client, "osdmap", 0, 0, &sink, &sub));
	FORKED(api.monclient_unsubscribe(7));
	FORKED(api.monclient_queue_create(&new_queue));
	FORKED(api.monclient_queue_fd(queue, &i));
	FORKED(api.monclient_queue_poll(queue, &event, 1, MONCLIENT_FOREVER, &n));
	FORKED(api.monclient_queue_destroy(queue));
	FORKED(api.monclient_counters(&counters));
	FORKED(api.monclient_close(work.client));

	/* These work. */
	CHECK_EQ(api.monclient_version_number(), MONCLIENT_VERSION_NUMBER);
	CHECK(strcmp(api.monclient_version(), "") != 0);
	CHECK_EQ(api.monclient_has_feature("queue"), 1);
	CHECK(strcmp(api.monclient_strerror(MONCLIENT_EFORKED), "") != 0);
	CHECK(strstr(api.monclient_last_error(), "fork") != NULL);
	api.monclient_free(NULL);
	api.monclient_event_free(NULL);
	api.monclient_reply_free(NULL);
	api.monclient_session_free(NULL);

	/* A call that fails has its sink destroyed, here as well: five sinks, and a dialer. */
	CHECK_EQ(atomic_load(&destroyed), had + 6);
}

static pid_t parent;

static void at_exit(void)
{
	if (getpid() == parent)
		return;
	every_function();
	_exit(42); /* proves that handlers of exit() ran */
}

static monclient_reply_t *parents_reply;
static monclient_session_t *parents_session;

/* child is what one of the forked processes does. How it ends: 0 with _exit, 42 with exit, 0 with exec, 0 for a grandchild. */
static void child(int i)
{
	int64_t start = now_ms();
	int status;
	pid_t grandchild;

	alarm(20); /* one that hangs does not outlive the test */
	every_function();
	if (now_ms() - start > 1000)
		FAIL("forty calls took %lld ms in the child", (long long)(now_ms() - start));
	switch (i % 4) {
	case 0:
		api.monclient_reply_free(parents_reply);
		api.monclient_session_free(parents_session);
		_exit(0);
	case 1:
		exit(7);
	case 2:
		execl("/bin/sh", "sh", "-c", "test \"$(ulimit -Sn)\" = \"$0\"", args.extra, (char *)NULL);
		_exit(1);
	default:
		grandchild = fork();
		CHECK(grandchild >= 0);
		if (grandchild == 0) {
			every_function();
			_exit(0);
		}
		CHECK_EQ(waitpid(grandchild, &status, 0), grandchild);
		CHECK_EQ(status, 0);
		_exit(0);
	}
}

static void fork_and_check(int i)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		child(i);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != (i % 4 == 1 ? 42 : 0))
		FAIL("child %d ended with wait status %x", i, (unsigned)status);
}

/* files_limit sets the limit that children are to inherit. */
static void files_limit(void)
{
	struct rlimit files;
	static char soft[32];

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = 777;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
	snprintf(soft, sizeof(soft), "%d", 777);
	args.extra = soft;
}

/* children: 200 of 200, while eight threads are busy. */
static void children(void)
{
	int i;

	parent = getpid();
	CHECK_EQ(atexit(at_exit), 0);
	files_limit();
	load();
	start_work();
	config = configure();
	CHECK_OK(api.monclient_queue_create(&queue));
	CHECK_OK(api.monclient_command(work.client, status_command, NULL, &parents_reply));
	CHECK_OK(api.monclient_session(work.client, &parents_session));
	for (i = 0; i < 200; i++) {
		fork_and_check(i);
		if (i % 20 == 0)
			work_goes_on(1);
	}
	api.monclient_reply_free(parents_reply);
	api.monclient_session_free(parents_session);
	CHECK_OK(api.monclient_queue_destroy(queue));
	CHECK_OK(api.monclient_config_destroy(config));
	CHECK_EQ(atomic_load(&destroyed), 0);
	work_goes_on(2);
	stop_work();
}

static void fork_in_callback(const monclient_event_t *event, void *userdata)
{
	(void)event;
	fork_and_check(0);
	sem_post(userdata);
}

/* callback: a fork in a callback. */
static void callback(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = fork_in_callback};
	sem_t done;
	int i;

	load();
	start_work();
	config = configure();
	CHECK_OK(api.monclient_queue_create(&queue));
	sem_init(&done, 0, 0);
	sink.userdata = &done;
	for (i = 0; i < 20; i++) {
		CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
		sem_wait_really(&done);
	}
	CHECK_OK(api.monclient_queue_destroy(queue));
	CHECK_OK(api.monclient_config_destroy(config));
	stop_work();
}

/* spawning: other ways to start programs. */
static void spawning(void)
{
	char *argv[] = {"sh", "-c", "exit 5", NULL}, line[64];
	FILE *pipe;
	pid_t pid;
	int i, status;

	load();
	start_work();
	for (i = 0; i < 20; i++) {
		CHECK_EQ(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ), 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(WEXITSTATUS(status), 5);
		status = system("exit 6");
		CHECK_EQ(WEXITSTATUS(status), 6);
		pipe = popen("echo hello", "r");
		CHECK(pipe != NULL);
		CHECK(fgets(line, sizeof(line), pipe) != NULL);
		CHECK_EQ(strcmp(line, "hello\n"), 0);
		CHECK_EQ(pclose(pipe), 0);
		pid = vfork();
		if (pid == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(1);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
	work_goes_on(1);
	stop_work();
}

/* load_afterwards: a child of a parent that has not loaded the library loads it, and so does the parent later. */
static void load_afterwards(void)
{
	pid_t pids[3];
	int i, status;

	for (i = 0; i < 3; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (pids[i] == 0) {
			load();
			start_work();
			work_goes_on(1);
			stop_work();
			exit(0);
		}
	}
	load();
	start_work();
	for (i = 0; i < 3; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
	stop_work();
}

/* early: a fork right after dlopen(), when the library may not have begun yet. */
static void early(void)
{
	pid_t pid;
	int status;

	load();
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(20);
		every_function();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	start_work();
	stop_work();
}

const struct scenario scenarios[] = {
	{"children", children},
	{"callback", callback},
	{"spawning", spawning},
	{"load afterwards", load_afterwards},
	{"early", early},
	{NULL, NULL},
};
