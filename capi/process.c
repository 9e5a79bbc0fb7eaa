/* What Go's runtime does to the process that it is loaded into, and this library takes back. */
#include <signal.h>
#include <sys/resource.h>

#include "front.h"
#include "_cgo_export.h"

/* Signals. Go's threads are made while the library is loaded and have the mask of the thread that loads it. With nothing
 * blocked the kernel would give them signals that the program blocks in all its own threads, for signalfd(2) or sigwait(3).
 * So they are made with everything blocked that Go itself does not need. Between the two constructors is Go's, whose
 * object is linked before this one. (SIGCHLD, SIGPROF and SIGRTMIN take a change in the runtime: see build/lib.sh.) */

static sigset_t mask_before;

__attribute__((constructor(101))) static void block_signals(void)
{
	static const int needed[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t most;
	size_t i;

	sigfillset(&most);
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		sigdelset(&most, needed[i]);
	pthread_sigmask(SIG_BLOCK, &most, &mask_before);
}

__attribute__((constructor)) static void unblock_signals(void)
{
	goEnter(); /* waits until Go's own beginning is over: nothing changes behind the program's back later */
	pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
}

/* When a thread of the program enters Go for the first time the runtime takes some signals out of the thread's mask, and
 * does not put them back. So the first time is an empty call, and the mask is put back after it. */

static __thread bool entered;

void capi_enter(void)
{
	sigset_t mask;

	if (entered)
		return;
	entered = true;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	goEnter();
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/* The limit of open files. Go raises the soft limit of its process (src/syscall/rlimit.go). The program and what it starts may
 * depend on it, for select(2) or for closing whatever could be open. */

static struct rlimit files_before;
static bool files_known;

__attribute__((constructor(101))) static void save_limit(void)
{
	files_known = getrlimit(RLIMIT_NOFILE, &files_before) == 0;
}

void capi_restore_limit(void)
{
	struct rlimit now;

	if (files_known && getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max == files_before.rlim_max &&
	    now.rlim_cur > files_before.rlim_cur && now.rlim_cur >= now.rlim_max - 1)
		setrlimit(RLIMIT_NOFILE, &files_before);
}
