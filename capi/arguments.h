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

bool forked(void); /* asked by every call, after which it may enter Go if this is false */

int check_pointer(const void *p, const char *name);
int check_text(const char *s, const char *name, size_t *len);
int check_bytes(const void *p, uint64_t len, const char *name);
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
