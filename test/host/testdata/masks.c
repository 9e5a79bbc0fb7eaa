/* A host that blocks signals, has signal stacks and blocks in system calls. */
#include "host.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* ---- Masks ---- */

static const int waited_for[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCHLD, SIGWINCH, SIGPROF, SIGVTALRM,
                                 SIGIO, SIGPIPE, SIGURG, 34, 64, 0};

/* cause makes the kernel send a signal to the process. */
static void cause(int sig)
{
	siginfo_t info;
	pid_t child;

	if (sig != SIGCHLD) {
		CHECK_EQ(kill(getpid(), sig), 0);
		return;
	}
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		_exit(0);
	CHECK_EQ(waitid(P_PID, (id_t)child, &info, WEXITED), 0);
}

/* waiting: a host that blocks its signals, before load, or in main when the library is linked, and fetches them. No thread of the
 * library takes one away. */
static void waiting(void)
{
	const int *sig;
	sigset_t set;
	int i, fd = -1;

	sigfillset(&set);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
	load();
	start_work();
	sigemptyset(&set);
	for (sig = waited_for; *sig; sig++)
		sigaddset(&set, *sig);
	if (strcmp(args.extra, "signalfd") == 0) {
		fd = signalfd(-1, &set, SFD_CLOEXEC);
		CHECK(fd >= 0);
	}
	for (i = 0; i < 20; i++) {
		for (sig = waited_for; *sig; sig++) {
			struct timespec patience = {3, 0};
			struct pollfd p = {fd, POLLIN, 0};
			struct signalfd_siginfo info;

			cause(*sig);
			if (fd < 0) {
				if (sigtimedwait(&set, NULL, &patience) != *sig)
					FAIL("round %d: signal %d (%s) was not there for sigwait", i, *sig, strsignal(*sig));
				continue;
			}
			if (poll(&p, 1, 3000) != 1)
				FAIL("round %d: signal %d (%s) was not there for signalfd", i, *sig, strsignal(*sig));
			CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
			CHECK_EQ(info.ssi_signo, *sig);
		}
	}
	work_goes_on(2);
	stop_work();
}

/* library_masks: the threads of the library block what a host may want; the driver has the number of the host's own. */
static void library_masks(void)
{
	static const int wanted[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCHLD, SIGWINCH, SIGPROF, SIGIO, 0};
	char path[64], line[256];
	unsigned long blocked;
	const int *sig;
	int tid, seen = 0;
	FILE *f;

	load();
	work.client = open_client();
	for (tid = getpid() + 1; tid < getpid() + 200; tid++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
		f = fopen(path, "re");
		if (!f)
			continue;
		while (fgets(line, sizeof(line), f))
			if (sscanf(line, "SigBlk: %lx", &blocked) == 1) {
				seen++;
				for (sig = wanted; *sig; sig++)
					if (!(blocked >> (*sig - 1) & 1))
						FAIL("a thread of the library does not block signal %d (mask %lx)", *sig, blocked);
			}
		fclose(f);
	}
	CHECK(seen > 0);
	CHECK_OK(api.monclient_close(work.client));
}

static sigset_t here(void)
{
	sigset_t now;

	CHECK_EQ(pthread_sigmask(SIG_SETMASK, NULL, &now), 0);
	return now;
}

static void mask_is(const sigset_t *want, const char *after)
{
	sigset_t now = here();
	int sig;

	for (sig = 1; sig <= 64; sig++)
		if (inspectable(sig) && sigismember(&now, sig) != sigismember(want, sig))
			FAIL("after %s signal %d is %s", after, sig, sigismember(&now, sig) ? "blocked" : "not blocked any more");
}

/* calls are of every kind: in C only, in Go only, waiting, with callbacks, failing. */
static int call(int which)
{
	monclient_config_t config;
	monclient_queue_t queue;
	monclient_event_t *event;
	monclient_reply_t *reply;
	monclient_t client;
	char buf[64];
	sem_t done;
	uint32_t n;

	switch (which) {
	case 0:
		api.monclient_version();
		break;
	case 1:
		CHECK_OK(api.monclient_config_create(&config));
		CHECK_OK(api.monclient_config_destroy(config));
		break;
	case 2:
		CHECK_EQ(api.monclient_config_destroy(42), MONCLIENT_EBADHANDLE);
		break;
	case 3:
		command(work.client);
		break;
	case 4:
		CHECK_OK(api.monclient_queue_create(&queue));
		CHECK_OK(api.monclient_queue_poll(queue, &event, 1, 10, &n));
		CHECK_OK(api.monclient_queue_destroy(queue));
		break;
	case 5:
		sem_init(&done, 0, 0);
		work_with_callback(&done);
		break;
	case 6:
		sem_init(&done, 0, 0);
		work_with_subscription(&done);
		break;
	case 7:
		client = open_client();
		CHECK_OK(api.monclient_close(client));
		break;
	case 8:
		CHECK_EQ(api.monclient_command(work.client, NULL, NULL, &reply), MONCLIENT_EINVAL);
		break;
	case 9:
		CHECK_OK(api.monclient_fsid(work.client, buf, sizeof(buf)));
		break;
	default:
		return 0;
	}
	return 1;
}

static sigset_t masks[5];
static int first_call;

static void *keeps_mask(void *arg)
{
	const sigset_t *want = arg;
	char after[32];
	int i;

	CHECK_EQ(pthread_sigmask(SIG_SETMASK, want, NULL), 0);
	snprintf(after, sizeof(after), "call %d, the first", first_call);
	call(first_call);
	mask_is(want, after);
	for (i = 0; call(i); i++) {
		snprintf(after, sizeof(after), "call %d", i);
		mask_is(want, after);
	}
	return NULL;
}

/* masks_stay: each thread has the mask that it had, whatever it calls first, second and so on. */
static void masks_stay(void)
{
	size_t m;

	load();
	work.client = open_client();
	sigemptyset(&masks[0]);
	sigfillset(&masks[1]);
	sigemptyset(&masks[2]);
	sigaddset(&masks[2], SIGCHLD);
	sigaddset(&masks[2], SIGPROF);
	sigaddset(&masks[2], SIGURG);
	sigemptyset(&masks[3]);
	sigaddset(&masks[3], SIGUSR1);
	sigaddset(&masks[3], SIGPIPE);
	sigfillset(&masks[4]);
	sigdelset(&masks[4], SIGTERM);
	sigdelset(&masks[4], SIGSEGV);
	for (m = 0; m < sizeof(masks) / sizeof(masks[0]); m++) {
		CHECK_EQ(pthread_sigmask(SIG_SETMASK, &masks[m], NULL), 0); /* or what glibc makes of it */
		masks[m] = here();
		for (first_call = 0; first_call <= 9; first_call++)
			in_thread(keeps_mask, &masks[m]);
	}
	CHECK_OK(api.monclient_close(work.client));
}

/* ---- Signal stacks ---- */

#define STACK 65536

static __thread char *stack_here;
static atomic_int on_stack;

static void on_own_stack(int sig)
{
	char here;

	(void)sig;
	if (stack_here && &here >= stack_here && &here < stack_here + STACK)
		atomic_fetch_add(&on_stack, 1);
}

static void stack_is(const stack_t *want, const char *after)
{
	stack_t now;

	CHECK_EQ(sigaltstack(NULL, &now), 0);
	if (now.ss_sp != want->ss_sp || now.ss_size != want->ss_size || now.ss_flags != want->ss_flags)
		FAIL("after %s the signal stack is %p+%zu flags %d, want %p+%zu flags %d", after, now.ss_sp, now.ss_size, now.ss_flags,
		     want->ss_sp, want->ss_size, want->ss_flags);
}

/* keeps_stack: arg says whether the thread has been in the library before it gets its stack. */
static void *keeps_stack(void *arg)
{
	stack_t mine, off;
	char after[32];
	int i, n;

	if (arg)
		command(work.client);
	stack_here = malloc(STACK);
	CHECK(stack_here != NULL);
	memset(&mine, 0, sizeof(mine));
	mine.ss_sp = stack_here;
	mine.ss_size = STACK;
	CHECK_EQ(sigaltstack(&mine, NULL), 0);
	CHECK_EQ(sigaltstack(NULL, &mine), 0);
	for (i = 0; call(i); i++) {
		snprintf(after, sizeof(after), "call %d", i);
		stack_is(&mine, after);
		n = atomic_load(&on_stack);
		CHECK_EQ(raise(SIGUSR1), 0);
		CHECK_EQ(raise(SIGSEGV), 0);
		CHECK_EQ(atomic_load(&on_stack), n + 2);
		stack_is(&mine, "a signal");
	}
	memset(&off, 0, sizeof(off));
	off.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&off, NULL), 0);
	command(work.client);
	free(stack_here);
	stack_here = NULL;
	return NULL;
}

/* stacks: sigaltstack() of the host's threads stays and is what handlers run on. */
static void stacks(void)
{
	install(SIGUSR1, on_own_stack, SA_ONSTACK);
	install(SIGSEGV, on_own_stack, SA_ONSTACK);
	load();
	start_work();
	in_thread(keeps_stack, NULL);
	in_thread(keeps_stack, (void *)1);
	keeps_stack(NULL);
	stop_work();
}

/* ---- Interrupted system calls ---- */

static atomic_int interrupted, inside_interrupted;
static int pipes[2];
static sem_t reading;

/* sleeps blocks in system calls and never calls the library. */
static void *sleeps(void *arg)
{
	int64_t end = now_ms() + 1500;
	struct timespec t = {0, 5000000};
	struct pollfd p = {pipes[0], POLLIN, 0};

	while (now_ms() < end) {
		if (poll(&p, 1, 10) < 0)
			atomic_fetch_add(&interrupted, 1);
		if (nanosleep(&t, NULL) != 0)
			atomic_fetch_add(&interrupted, 1);
	}
	return arg;
}

static void *reads(void *arg)
{
	char c;

	sem_post(&reading);
	while (read(pipes[0], &c, 1) != 1)
		atomic_fetch_add(&interrupted, 1);
	return arg;
}

/* calls_and_sleeps does both. */
static void *calls_and_sleeps(void *arg)
{
	int64_t end = now_ms() + 1500;

	while (now_ms() < end) {
		command(work.client);
		if (poll(NULL, 0, 1) < 0)
			atomic_fetch_add(&inside_interrupted, 1);
	}
	return arg;
}

/* interruptions: system calls of the host are not interrupted by what the library's runtime does. */
static void interruptions(void)
{
	pthread_t t[3];

	CHECK_EQ(pipe(pipes), 0);
	sem_init(&reading, 0, 0);
	load();
	start_work();
	CHECK_EQ(pthread_create(&t[0], NULL, reads, NULL), 0);
	sem_wait_really(&reading);
	CHECK_EQ(pthread_create(&t[1], NULL, sleeps, NULL), 0);
	CHECK_EQ(pthread_create(&t[2], NULL, calls_and_sleeps, NULL), 0);
	CHECK_EQ(pthread_join(t[1], NULL), 0);
	CHECK_EQ(pthread_join(t[2], NULL), 0);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	CHECK_EQ(pthread_join(t[0], NULL), 0);
	stop_work();
	CHECK_EQ(atomic_load(&interrupted), 0);
	CHECK_EQ(atomic_load(&inside_interrupted), 0);
}

const struct scenario scenarios[] = {
	{"waiting", waiting},
	{"library masks", library_masks},
	{"masks", masks_stay},
	{"stacks", stacks},
	{"interruptions", interruptions},
	{NULL, NULL},
};
