/* Arguments of calls; see arguments.c. All of it sets the thread's last error, naming the argument. */
#ifndef MONCLIENT_CAPI_ARGUMENTS_H
#define MONCLIENT_CAPI_ARGUMENTS_H

#include "front.h"

#define CHECK(expression)                    \
	do {                                 \
		int rc_ = (expression);      \
		if (rc_ != MONCLIENT_OK)     \
			return rc_;          \
	} while (0)

extern char capi_version[16];

/* A thread that is cancelled is unwound where it waits; below that may be frames of Go, or memory that Go writes to. So
 * that happens when it has left the library. */
int keep_thread(void);
void let_thread(int *before);

#define KEEP_THREAD() __attribute__((cleanup(let_thread), unused)) int before_ = keep_thread()

/* ENTER begins a call, after the declarations. */
#define ENTER()         \
	KEEP_THREAD(); \
	if (forked())   \
	return MONCLIENT_EFORKED

/* Go's declarations have no const. */
static inline char *text_arg(const char *s) { return (char *)(uintptr_t)s; }
static inline void *bytes_arg(const void *p) { return (void *)(uintptr_t)p; }

/* STAY begins one that does not enter Go. */
#define STAY()         \
	KEEP_THREAD(); \
	if (child())    \
	return MONCLIENT_EFORKED

bool own_callback(monclient_t client, const char *what); /* the calling thread runs a callback of this client */

bool child(void);  /* asked by every call */
bool forked(void); /* asked by every call, after which it may enter Go if this is false */

int check_pointer(const void *p, const char *name);
int check_text(const char *s, const char *name, size_t *len);
int check_bytes(const void *p, uint64_t len, const char *name);
int check_fsid_room(char *buf, size_t size);
int check_timeout(int32_t ms, const char *name);
int copy_struct(void *to, size_t size, size_t first, const void *from, const char *name);

/* Sinks: with one reference for the caller, or none on failure, when their destroy functions have been called. */
int take_sink(const monclient_sink_t *from, const char *name, struct capi_sink **to);
int take_sink_here(const monclient_sink_t *from, struct capi_sink **to);

struct connect_args {
	monclient_connect_options_t options;
	struct capi_sink *session, *log;
};
int take_connect_args(const monclient_connect_options_t *from, struct connect_args *a);
void drop_connect_args(struct connect_args *a);

#endif
