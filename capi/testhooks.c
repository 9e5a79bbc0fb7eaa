//go:build monclienttest

/* The functions of test/capi/monclienttest.h. */
#include <string.h>

#include "front.h"
#include "../test/capi/monclienttest.h"
#include "_cgo_export.h"

int monclienttest_start(uint32_t n, monclienttest_mons_t *mons) { return goTestStart(n, mons); }
int monclienttest_stop(monclienttest_mons_t mons) { return goTestStop(mons); }
int monclienttest_configure(monclienttest_mons_t mons, monclient_config_t config) { return goTestConfigure(mons, config); }
int monclienttest_key(monclienttest_mons_t mons, char **key) { return goTestKey(mons, key); }

int monclienttest_do(monclienttest_mons_t mons, const char *what)
{
	return goTestDo(mons, (char *)(uintptr_t)what, strlen(what));
}

char *monclienttest_leaks(void) { return goTestLeaks(); }
int monclienttest_panic_in_call(void) { return goTestPanicInCall(); }
int monclienttest_panic_in_client(monclient_t client) { return goTestPanicInClient(client); }
int monclienttest_panic_in_dial(monclienttest_mons_t mons) { return goTestPanicInDial(mons); }
int monclienttest_gc(void) { return goTestGC(); }

int monclienttest_bench(monclient_t client, const char *cmd, uint32_t workers, uint32_t n, uint64_t *ns, uint64_t *allocs)
{
	return goTestBench(client, (char *)(uintptr_t)cmd, strlen(cmd), workers, n, ns, allocs);
}

uint64_t monclienttest_mallocs(void) { return goTestMallocs(); }
