/* A host that has signal handlers of its own. */
#include "host.h"

#include <sys/time.h>

/* ---- Dispositions ---- */

static int settable(int sig) { return inspectable(sig) && sig != SIGKILL && sig != SIGSTOP; }

/* replaced are the signals that Go's runtime has handlers for. */
static int replaced(int sig)
{
	return sig == SIGBUS || sig == SIGFPE || sig == SIGSEGV || sig == SIGPIPE || sig == SIGURG;
}

/* left_alone are those that it does not even look at. */
static int left_alone(int sig)
{
	return sig == SIGCONT || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU || sig == SIGKILL || sig == SIGSTOP;
}

static void read_dispositions(struct sigaction *all)
{
	int sig;

	for (sig = 1; sig <= 64; sig++)
		if (inspectable(sig))
			CHECK_EQ(sigaction(sig, NULL, &all[sig]), 0);
}

static int same_mask(const sigset_t *a, const sigset_t *b)
{
	int sig;

	for (sig = 1; sig <= 64; sig++)
		if (inspectable(sig) && sigismember(a, sig) != sigismember(b, sig))
			return 0;
	return 1;
}

static void do_nothing(int sig) { (void)sig; }

/* dispositions: what loading, connecting, working and closing change, with nothing, handlers or SIG_IGN installed before. */
static void dispositions(void)
{
	struct sigaction before[65], loaded[65], after[65], act;
	int sig;

	memset(&act, 0, sizeof(act));
	sigemptyset(&act.sa_mask);
	sigaddset(&act.sa_mask, SIGUSR2);
	act.sa_handler = strcmp(args.extra, "handlers") == 0 ? do_nothing : strcmp(args.extra, "ignored") == 0 ? SIG_IGN : SIG_DFL;
	act.sa_flags = SA_RESTART;
	for (sig = 1; sig <= 64; sig++)
		if (settable(sig))
			CHECK_EQ(sigaction(sig, &act, NULL), 0);
	read_dispositions(before);
	load();
	CHECK_EQ(api.monclient_version_number(), MONCLIENT_VERSION_NUMBER);
	read_dispositions(loaded);
	start_work();
	work_goes_on(2);
	stop_work();
	read_dispositions(after);

	for (sig = 1; sig <= 64; sig++) {
		struct sigaction *b = &before[sig], *l = &loaded[sig], *a = &after[sig];

		if (!inspectable(sig))
			continue;
		if (b->sa_handler != l->sa_handler || b->sa_flags != l->sa_flags || !same_mask(&b->sa_mask, &l->sa_mask))
			printf("%d %s: handler %s, flags %x -> %x\n", sig, sigabbrev_np(sig) ? sigabbrev_np(sig) : "RT",
			       b->sa_handler != l->sa_handler ? "of the library" : "as before", (unsigned)b->sa_flags, (unsigned)l->sa_flags);
		if (l->sa_handler != a->sa_handler || l->sa_flags != a->sa_flags || !same_mask(&l->sa_mask, &a->sa_mask))
			FAIL("signal %d: changed again after the library was loaded", sig);
		if (replaced(sig)) {
			if (l->sa_handler == b->sa_handler || !(l->sa_flags & SA_ONSTACK))
				FAIL("signal %d: the library has no handler, which the header says it has", sig);
			continue;
		}
		if (l->sa_handler != b->sa_handler)
			FAIL("signal %d: the handler changed", sig);
		if (!same_mask(&b->sa_mask, &l->sa_mask))
			FAIL("signal %d: the handler's mask changed", sig);
		if (act.sa_handler == do_nothing && !left_alone(sig))
			b->sa_flags |= SA_ONSTACK;
		if (l->sa_flags != b->sa_flags)
			FAIL("signal %d: flags %x became %x", sig, (unsigned)before[sig].sa_flags, (unsigned)l->sa_flags);
	}
}

/* ---- Handlers ---- */

static atomic_int called[65];

static void count(int sig)
{
	int e = errno;

	atomic_fetch_add(&called[sig], 1);
	errno = e;
}

/* asynchronous are signals that programs send to each other; those of a fault are in faults(). */
static const int asynchronous[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCHLD, SIGWINCH, SIGPIPE,
                                   SIGPROF, SIGVTALRM, SIGURG, SIGIO, SIGPWR, SIGXCPU, 34, 40, 64, 0};

/* arrives sends a signal in some way and waits for its handler. */
static void arrives(const char *how, int sig, int (*raise_it)(int))
{
	int before = atomic_load(&called[sig]);
	int64_t end = now_ms() + 3000;

	CHECK_EQ(raise_it(sig), 0);
	while (atomic_load(&called[sig]) == before) {
		if (now_ms() > end)
			FAIL("signal %d (%s), sent to %s: the handler was not called", sig, sigabbrev_np(sig) ? sigabbrev_np(sig) : "RT", how);
		sched_yield();
	}
}

static pthread_t blocked_thread;

static int to_process(int sig) { return kill(getpid(), sig); }
static int to_self(int sig) { return raise(sig); }
static int to_blocked(int sig) { return pthread_kill(blocked_thread, sig); }
static int to_worker(int sig) { return pthread_kill(work.threads[0], sig); }

static sem_t blocking;

/* waits blocks in the library until the queue is destroyed. */
static void *waits(void *arg)
{
	monclient_queue_t queue = *(monclient_queue_t *)arg;
	monclient_event_t *event;
	uint32_t n;

	sem_post(&blocking);
	CHECK_EQ(api.monclient_queue_poll(queue, &event, 1, MONCLIENT_FOREVER, &n), MONCLIENT_ECLOSED);
	return NULL;
}

/* handlers: those of the host, installed before or after load, are called. */
static void handlers(void)
{
	monclient_queue_t queue;
	const int *sig;
	int late = strcmp(args.extra, "after") == 0;

	if (late)
		load();
	for (sig = asynchronous; *sig; sig++)
		install(*sig, count, late ? SA_RESTART | SA_ONSTACK : SA_RESTART);
	if (!late)
		load();
	for (sig = asynchronous; *sig; sig++)
		arrives("itself before any call", *sig, to_self);
	start_work();
	sem_init(&blocking, 0, 0);
	CHECK_OK(api.monclient_queue_create(&queue));
	CHECK_EQ(pthread_create(&blocked_thread, NULL, waits, &queue), 0);
	sem_wait_really(&blocking);
	for (sig = asynchronous; *sig; sig++) {
		arrives("itself", *sig, to_self);
		arrives("the process", *sig, to_process);
		/* Go's runtime swallows these two when they hit a thread that is in it, whose code may have caused them. */
		if (*sig == SIGPIPE || *sig == SIGURG)
			continue;
		arrives("a thread that blocks in the library", *sig, to_blocked);
		arrives("a thread that works in the library", *sig, to_worker);
	}
	work_goes_on(2);
	CHECK_OK(api.monclient_queue_destroy(queue));
	CHECK_EQ(pthread_join(blocked_thread, NULL), 0);
	stop_work();
	for (sig = asynchronous; *sig; sig++)
		arrives("itself at the end", *sig, to_self);
}

/* profile: a profiler's timer runs all the time. */
static void profile(void)
{
	struct itimerval on = {{0, 1000}, {0, 1000}}, off;
	int n;

	install(SIGPROF, count, SA_RESTART);
	CHECK_EQ(setitimer(ITIMER_PROF, &on, NULL), 0);
	load();
	start_work();
	n = atomic_load(&called[SIGPROF]);
	while (atomic_load(&called[SIGPROF]) < n + 100)
		work_goes_on(1);
	CHECK_EQ(getitimer(ITIMER_PROF, &off), 0);
	CHECK_EQ(off.it_interval.tv_usec != 0, 1);
	stop_work();
}

/* ignored: what the host ignores stays ignored, whether it says so before or after. */
static void ignored(void)
{
	int late = strcmp(args.extra, "after") == 0;
	const int *sig;
	int p[2];

	if (late)
		load();
	for (sig = asynchronous; *sig; sig++)
		install(*sig, SIG_IGN, 0);
	if (!late)
		load();
	for (sig = asynchronous; *sig; sig++)
		CHECK_EQ(raise(*sig), 0);
	start_work();
	for (sig = asynchronous; *sig; sig++) {
		CHECK_EQ(raise(*sig), 0);
		CHECK_EQ(kill(getpid(), *sig), 0);
		CHECK_EQ(pthread_kill(work.threads[0], *sig), 0);
	}
	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	CHECK_EQ(write(p[1], "x", 1), -1);
	CHECK_EQ(errno, EPIPE);
	work_goes_on(2);
	stop_work();
}

const struct scenario scenarios[] = {
	{"dispositions", dispositions},
	{"handlers", handlers},
	{"profile", profile},
	{"ignored", ignored},
	{NULL, NULL},
};
