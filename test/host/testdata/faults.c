/* A host that causes SIGSEGV, SIGBUS and SIGFPE and handles them, or dies of them. */
#include "host.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* ---- Faults ---- */

static __thread sigjmp_buf jump;
static __thread int may_jump;
static __thread volatile int faults_here;
static void *mended;

static void recover(int sig, siginfo_t *info, void *context)
{
	(void)context;
	faults_here++;
	if (mended && (info->si_addr == mended)) {
		if (mprotect(mended, 4096, PROT_READ | PROT_WRITE) != 0)
			_exit(3);
		return;
	}
	if (!may_jump)
		FAIL("signal %d that nobody wanted, at %p", sig, info->si_addr);
	siglongjmp(jump, 1);
}

static void catch_faults(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_sigaction = recover;
	act.sa_flags = SA_SIGINFO | SA_ONSTACK;
	CHECK_EQ(sigaction(SIGSEGV, &act, NULL), 0);
	CHECK_EQ(sigaction(SIGBUS, &act, NULL), 0);
	CHECK_EQ(sigaction(SIGFPE, &act, NULL), 0);
}

static volatile int zero, dividend = 3;

static void fault(int sig)
{
	static _Atomic(char *) hole;
	char *p = atomic_load(&hole);

	if (sig == SIGSEGV) {
		*(volatile int *)(uintptr_t)zero = 1;
	} else if (sig == SIGFPE) {
		zero = dividend / zero;
	} else {
		if (!p) { /* a mapping beyond the end of its file */
			FILE *f = tmpfile();

			CHECK(f != NULL);
			p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(f), 0);
			CHECK(p != MAP_FAILED);
			fclose(f);
			atomic_store(&hole, p);
		}
		*(volatile int *)&zero = *(volatile char *)p;
	}
	FAIL("no fault for signal %d", sig);
}

/* recovers_from causes a fault and jumps out of the handler. */
static void recovers_from(int sig)
{
	volatile int had = faults_here;

	may_jump = 1;
	if (sigsetjmp(jump, 1) == 0)
		fault(sig);
	may_jump = 0;
	CHECK_EQ(faults_here, had + 1);
}

static void *recovers(void *arg)
{
	int i;

	for (i = 0; i < 10; i++) {
		recovers_from(SIGSEGV);
		recovers_from(SIGFPE);
		recovers_from(SIGBUS);
	}
	return arg;
}

/* called_and_recovers: a thread that has been in the library is another case for Go's runtime than one that has not. */
static void *called_and_recovers(void *arg)
{
	command(work.client);
	recovers(arg);
	command(work.client);
	return recovers(arg);
}

static void recover_in_callback(const monclient_event_t *event, void *userdata)
{
	recovers(NULL);
	post(event, userdata);
}

/* faults: a host that handles its own SIGSEGV, SIGFPE and SIGBUS goes on doing so. */
static void faults(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = recover_in_callback};
	int late = strcmp(args.extra, "after") == 0;
	sem_t done;

	if (late)
		load();
	catch_faults();
	if (!late)
		load();
	recovers(NULL);
	start_work();
	recovers(NULL);
	in_thread(recovers, NULL);
	in_thread(called_and_recovers, NULL);
	sem_init(&done, 0, 0);
	sink.userdata = &done;
	CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
	sem_wait_really(&done);

	mended = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mended != MAP_FAILED);
	*(volatile char *)mended = 1; /* the handler makes it writable */
	CHECK_EQ(*(volatile char *)mended, 1);
	work_goes_on(2);
	stop_work();
}

/* ---- Defaults: how the process dies ---- */

static void die_of(int sig)
{
	int p[2];

	switch (sig) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
		fault(sig);
		break;
	case SIGILL:
	case SIGTRAP:
		raise(sig);
		break;
	case SIGABRT:
		abort();
	case SIGPIPE:
		CHECK_EQ(pipe(p), 0);
		close(p[0]);
		if (write(p[1], "x", 1) < 0)
			FAIL("a write to a closed pipe failed with errno %d instead of SIGPIPE", errno);
		break;
	default:
		kill(getpid(), sig);
		for (;;)
			pause();
	}
	FAIL("alive after signal %d", sig);
}

/* prepare comes before everything else: no core file, and the default action, which whoever started the test may have taken away
 * (nohup does). */
static void prepare(void)
{
	struct rlimit none = {0, 0};

	CHECK_EQ(setrlimit(RLIMIT_CORE, &none), 0);
	if (atoi(args.extra) != SIGKILL)
		CHECK(signal(atoi(args.extra), SIG_DFL) != SIG_ERR);
}

static void *dies(void *arg)
{
	die_of(atoi(args.extra));
	return arg;
}

/* dies_unloaded is what the others are compared with. */
static void dies_unloaded(void)
{
	prepare();
	dies(NULL);
}

static void dies_loaded(void)
{
	prepare();
	load();
	dies(NULL);
}

static void dies_working(void)
{
	prepare();
	load();
	start_work();
	dies(NULL);
}

static void dies_in_thread(void)
{
	prepare();
	load();
	start_work();
	in_thread(dies, NULL);
}

static void dies_after_close(void)
{
	prepare();
	load();
	start_work();
	stop_work();
	dies(NULL);
}

static void die_in_callback(const monclient_event_t *event, void *userdata)
{
	(void)event;
	dies(userdata);
}

static void dies_in_callback(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = die_in_callback};

	prepare();
	load();
	work.client = open_client();
	CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
	for (;;)
		pause();
}

static void broken_pipe(const monclient_event_t *event, void *userdata)
{
	int p[2];

	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	CHECK_EQ(write(p[1], "x", 1), -1);
	CHECK_EQ(errno, EPIPE);
	close(p[1]);
	post(event, userdata);
}

static void broken_pipe_in_callback(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = broken_pipe};
	sem_t done;

	load();
	work.client = open_client();
	sem_init(&done, 0, 0);
	sink.userdata = &done;
	CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
	sem_wait_really(&done);
	CHECK_OK(api.monclient_close(work.client));
}

static int die_in_dial(const char *ip, uint16_t port, int32_t timeout_ms, void *userdata)
{
	(void)ip;
	(void)port;
	(void)timeout_ms;
	dies(userdata);
	return -ECONNREFUSED;
}

static void dies_in_dial(void)
{
	monclient_dialer_t dialer = {.struct_size = sizeof(dialer), .dial = die_in_dial};
	monclient_config_t config;
	monclient_t client;

	prepare();
	load();
	config = configure();
	CHECK_OK(api.monclient_config_set_dialer(config, &dialer));
	CHECK_OK(api.monclient_connect(config, NULL, &client));
}

const struct scenario scenarios[] = {
	{"faults", faults},
	{"dies unloaded", dies_unloaded},
	{"dies loaded", dies_loaded},
	{"dies working", dies_working},
	{"dies in thread", dies_in_thread},
	{"dies after close", dies_after_close},
	{"dies in callback", dies_in_callback},
	{"dies in dial", dies_in_dial},
	{"broken pipe in callback", broken_pipe_in_callback},
	{NULL, NULL},
};
