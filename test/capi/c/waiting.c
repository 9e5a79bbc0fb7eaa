/* Calls that wait, while other threads wait: then they enter Go by another way. */
#include <sys/resource.h>

#include "check.h"

#define FSID "{\"prefix\": \"fsid\"}"

/* A thread whose command nobody answers before the client is closed. */
struct stuck {
	struct world w;
	pthread_t thread;
};

static void *wait_for_nothing(void *arg)
{
	struct stuck *s = arg;
	monclient_reply_t *reply;

	CHECK_STATUS(monclient_command(s->w.client, FSID, NULL, &reply), MONCLIENT_ECLOSED);
	CHECK(!reply);
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_UNKNOWN);
	return NULL;
}

static void stuck_wait(struct stuck *s)
{
	world_do(&s->w, "drop-replies");
	thread_start(&s->thread, wait_for_nothing, s);
	world_do(&s->w, "await-dropped");
}

static void stuck_begin(struct stuck *s)
{
	world_open(&s->w, 1);
	stuck_wait(s);
}

static void stuck_end(struct stuck *s)
{
	world_end(&s->w);
	thread_join(s->thread);
}

static void all_succeed(monclient_t client)
{
	monclient_reply_t *reply;
	uint64_t newest, oldest, got;

	CHECK_OK(monclient_get_version(client, "osdmap", 0, &newest, &oldest));
	CHECK(newest > 0 && oldest <= newest);
	CHECK_OK(monclient_wait_for_map(client, "osdmap", newest, 0, &got));
	CHECK(got >= newest);
	reply = command_ok(client, FSID);
	CHECK_UINT(reply->output_len, MONCLIENT_FSID_SIZE);
	monclient_reply_free(reply);
}

/* The first of this program: a descriptor stays when there is one. */
static void without_a_descriptor(void)
{
	struct rlimit before, none;
	struct stuck s;
	struct world w;

	world_open(&s.w, 1);
	world_open(&w, 1);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	stuck_wait(&s);
	all_succeed(w.client);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	all_succeed(w.client);
	world_end(&w);
	stuck_end(&s);
}

static void successes(void)
{
	struct stuck s;
	struct world w;
	int i;

	stuck_begin(&s);
	world_open(&w, 3);
	for (i = 0; i < loops(100); i++)
		all_succeed(w.client);
	world_end(&w);
	stuck_end(&s);
}

/* What is copied by the thread itself, and what is not. */
static void inputs(void)
{
	static const size_t sizes[] = {0, 1, 65536, 65537, 1 << 20};
	struct stuck s;
	struct world w;
	monclient_reply_t *reply;
	char *input = malloc(1 << 20), *cmd = malloc(80000);
	size_t i;

	CHECK(input && cmd);
	memset(input, 'i', 1 << 20);
	stuck_begin(&s);
	world_open(&w, 1);
	for (i = 0; i < COUNT(sizes); i++) {
		reply = command_with(w.client, "{\"prefix\": \"config-key set\", \"key\": \"k\"}", input, sizes[i]);
		CHECK_INT(reply->retval, sizes[i] <= 65536 ? 0 : -EFBIG);
		monclient_reply_free(reply);
	}
	memset(cmd, ' ', 80000);
	strcpy(cmd + 80000 - sizeof(FSID), FSID);
	monclient_reply_free(command_ok(w.client, cmd));
	world_end(&w);
	stuck_end(&s);
	free(input);
	free(cmd);
}

static void failures(void)
{
	monclient_command_options_t o = {.struct_size = sizeof(o), .timeout_ms = 1};
	struct stuck s;
	monclient_reply_t *reply;
	uint64_t n;

	stuck_begin(&s);
	CHECK_ERROR(monclient_command(s.w.client, "", NULL, &reply), MONCLIENT_EINVAL, "cmd is empty");
	CHECK(!reply);
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT);
	CHECK_ERROR(monclient_command(s.w.client, "\xff", NULL, &reply), MONCLIENT_EILSEQ, "cmd is not UTF-8");
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT);
	CHECK_ERROR(monclient_command(s.w.config, FSID, NULL, &reply), MONCLIENT_EBADHANDLE, "is the handle of a config");
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NOT_SENT);
	CHECK_STATUS(monclient_command(s.w.client, FSID, &o, &reply), MONCLIENT_ETIMEDOUT);
	CHECK(!reply);
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_UNKNOWN);
	CHECK_ERROR(monclient_get_version(0, "osdmap", 0, &n, NULL), MONCLIENT_EBADHANDLE, "the handle is 0");
	CHECK_INT(monclient_last_outcome(), MONCLIENT_OUTCOME_NONE);
	CHECK_ERROR(monclient_get_version(s.w.client, "\xff", 0, &n, NULL), MONCLIENT_EILSEQ, "what is not UTF-8");
	CHECK_ERROR(monclient_get_version(s.w.client, "nomap", 0, &n, NULL), MONCLIENT_EINVAL, "nomap");
	CHECK_ERROR(monclient_wait_for_map(s.w.client, "nomap", 1, 0, &n), MONCLIENT_EINVAL, "nomap");
	CHECK_STATUS(monclient_wait_for_map(s.w.client, "osdmap", UINT32_MAX, 1, &n), MONCLIENT_ETIMEDOUT);
	CHECK_UINT(n, 0);
	stuck_end(&s);
}

/* Threads that come and go, and fail, all at the same time. */
struct caller {
	monclient_t client;
	pthread_t thread;
	int rounds;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	monclient_reply_t *reply;
	int i;

	for (i = 0; i < c->rounds; i++) {
		all_succeed(c->client);
		CHECK_STATUS(monclient_command(c->client, "", NULL, &reply), MONCLIENT_EINVAL);
		CHECK_STATUS(monclient_command(c->client + 256 * 1000000000ULL, FSID, NULL, &reply), MONCLIENT_EBADHANDLE);
	}
	return NULL;
}

static void crowds(void)
{
	enum { CLIENTS = 3, CALLERS = 24 };
	struct caller callers[CALLERS];
	struct world worlds[CLIENTS];
	int i;

	for (i = 0; i < CLIENTS; i++)
		world_open(&worlds[i], 1);
	for (i = 0; i < CALLERS; i++) {
		callers[i].client = worlds[i % CLIENTS].client;
		callers[i].rounds = loops(100);
		thread_start(&callers[i].thread, call, &callers[i]);
	}
	for (i = 0; i < CALLERS; i++)
		thread_join(callers[i].thread);
	for (i = 0; i < CLIENTS; i++)
		world_end(&worlds[i]);
}

static const struct check_test tests[] = {
	TEST(without_a_descriptor), TEST(successes), TEST(inputs), TEST(failures), TEST(crowds),
};
MAIN(tests)
