/* A host that has another shared library made of Go besides: two runtimes in one process. */
#include "host.h"

#include <setjmp.h>

static struct {
	long (*sum)(int n);
	int (*sleep)(int ms);
	int (*panic)(void);
	void (*call)(void (*fn)(void *), void *arg);
} other;

static void load_other(void)
{
	void *lib = dlopen(args.extra, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		FAIL("dlopen: %s", dlerror());
	*(void **)&other.sum = dlsym(lib, "otherlib_sum");
	*(void **)&other.sleep = dlsym(lib, "otherlib_sleep");
	*(void **)&other.panic = dlsym(lib, "otherlib_panic");
	*(void **)&other.call = dlsym(lib, "otherlib_call");
	CHECK(other.sum && other.sleep && other.panic && other.call);
}

static __thread sigjmp_buf jump;
static __thread volatile int faults_here;
static atomic_int users, pipes;

static void recover(int sig)
{
	(void)sig;
	faults_here++;
	siglongjmp(jump, 1);
}

static void count_user(int sig)
{
	(void)sig;
	atomic_fetch_add(&users, 1);
}

static void count_pipe(int sig)
{
	(void)sig;
	atomic_fetch_add(&pipes, 1);
}

static volatile int *volatile nowhere;

static void recovers(void)
{
	volatile int had = faults_here;

	if (sigsetjmp(jump, 1) == 0)
		*nowhere = 1;
	CHECK_EQ(faults_here, had + 1);
}

static void signals_are_fine(void)
{
	int p[2], had = atomic_load(&users);

	recovers();
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(atomic_load(&users) > had, 1);
	had = atomic_load(&pipes);
	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	CHECK_EQ(write(p[1], "x", 1), -1);
	CHECK_EQ(atomic_load(&pipes) > had, 1);
	close(p[1]);
}

static void from_other(void *arg)
{
	(void)arg;
	command(work.client);
	signals_are_fine();
}

static void from_this(const monclient_event_t *event, void *userdata)
{
	CHECK_EQ(other.sum(1000), 499500);
	CHECK_EQ(other.panic(), 1);
	recovers(); /* this thread blocks all signals but those of faults */
	post(event, userdata);
}

/* uses_both: calls of each library, also within callbacks of the other one. */
static void *uses_both(void *arg)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = from_this};
	sem_t done;
	int i;

	sem_init(&done, 0, 0);
	sink.userdata = &done;
	for (i = 0; i < 20; i++) {
		CHECK_EQ(other.sum(1000), 499500);
		command(work.client);
		CHECK_EQ(other.panic(), 1);
		other.call(from_other, NULL);
		CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
		sem_wait_really(&done);
		CHECK_EQ(other.sleep(1), 1);
		signals_are_fine();
	}
	return arg;
}

static void both(void)
{
	pthread_t t[4];
	int i;

	install(SIGSEGV, recover, SA_RESTART | SA_ONSTACK);
	install(SIGUSR1, count_user, SA_RESTART | SA_ONSTACK);
	install(SIGPIPE, count_pipe, SA_RESTART | SA_ONSTACK);
	if (strcmp(args.scenario, "other first") == 0) {
		load_other();
		CHECK_EQ(other.sum(10), 45);
		load();
	} else {
		load();
		CHECK(api.monclient_config_destroy(0) != 0);
		load_other();
	}
	signals_are_fine();
	start_work();
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, uses_both, NULL), 0);
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	uses_both(NULL);
	stop_work();
}

const struct scenario scenarios[] = {
	{"other first", both},
	{"other second", both},
	{NULL, NULL},
};
