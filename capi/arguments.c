/* What is asked of a call before it goes on in Go: whether it may, and whether what it was given is sound. */
#define _GNU_SOURCE /* strnlen, pthread_setcancelstate */
#include <stdio.h>
#include <string.h>

#include "arguments.h"

/* A forked child can hang while it enters Go, for a lock that no thread of it will release. So this is asked before. */
_Atomic bool capi_forked;

char capi_version[16];

static void in_child(void) { atomic_store(&capi_forked, true); }

__attribute__((constructor)) static void loaded(void)
{
	pthread_atfork(NULL, NULL, in_child);
	snprintf(capi_version, sizeof(capi_version), "%d.%d.%d", MONCLIENT_VERSION_MAJOR, MONCLIENT_VERSION_MINOR,
	         MONCLIENT_VERSION_PATCH);
}

bool child(void)
{
	if (!atomic_load_explicit(&capi_forked, memory_order_relaxed))
		return false;
	capi_fail(0, "the process was forked after it had loaded libmonclient: load it after fork, or exec");
	return true;
}

bool forked(void)
{
	if (child())
		return true;
	capi_enter();
	return false;
}

int keep_thread(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

void let_thread(int *before) { pthread_setcancelstate(*before, NULL); }

bool own_callback(monclient_t client, const char *what)
{
	if (client == 0 || capi_callback_client() != client)
		return false;
	capi_fail(0, "%s in a callback of the same client would wait for itself", what);
	return true;
}

/* Arguments. Each check names the argument in the text of the error. */

int check_pointer(const void *p, const char *name)
{
	return p ? MONCLIENT_OK : capi_fail(MONCLIENT_EINVAL, "%s is NULL", name);
}

int check_text(const char *s, const char *name, size_t *len)
{
	int rc = check_pointer(s, name);

	if (rc != MONCLIENT_OK)
		return rc;
	*len = strnlen(s, (size_t)MONCLIENT_MAX_INPUT + 1);
	if (*len > MONCLIENT_MAX_INPUT)
		return capi_fail(MONCLIENT_E2BIG, "%s is longer than %d bytes", name, MONCLIENT_MAX_INPUT);
	return MONCLIENT_OK;
}

int check_bytes(const void *p, uint64_t len, const char *name)
{
	if (len > MONCLIENT_MAX_INPUT)
		return capi_fail(MONCLIENT_E2BIG, "%s has %llu bytes, more than %d", name, (unsigned long long)len, MONCLIENT_MAX_INPUT);
	if (!p && len > 0)
		return capi_fail(MONCLIENT_EINVAL, "%s is NULL and has %llu bytes", name, (unsigned long long)len);
	return MONCLIENT_OK;
}

int check_fsid_room(char *buf, size_t size)
{
	CHECK(check_pointer(buf, "buf"));
	if (size > 0)
		buf[0] = '\0';
	if (size < MONCLIENT_FSID_SIZE)
		return capi_fail(MONCLIENT_ERANGE, "buf has %zu bytes, an fsid needs %d", size, MONCLIENT_FSID_SIZE);
	return MONCLIENT_OK;
}

int check_timeout(int32_t ms, const char *name)
{
	return ms >= MONCLIENT_FOREVER ? MONCLIENT_OK : capi_fail(MONCLIENT_EINVAL, "%s is %d", name, ms);
}

/* copy_struct takes over a structure that begins with its size. first is what it had in the first version. On failure *to has
 * what could be read: nothing, or what this version knows. */
int copy_struct(void *to, size_t size, size_t first, const void *from, const char *name)
{
	uint32_t given;
	const unsigned char *p = from;
	size_t i;

	memset(to, 0, size);
	memcpy(&given, from, sizeof(given));
	if (given < first)
		return capi_fail(MONCLIENT_EINVAL, "%s: struct_size is %u, want %zu", name, given, size);
	if (given > 65536)
		return capi_fail(MONCLIENT_EINVAL, "%s: struct_size is %u, which is absurd", name, given);
	memcpy(to, from, given < size ? given : size);
	for (i = size; i < given; i++)
		if (p[i])
			return capi_fail(MONCLIENT_EINVAL, "%s: it has members that version %s of the library does not know", name, capi_version);
	return MONCLIENT_OK;
}

/* take_sink copies a sink. When it is no good its destroy function is called, if there is one that can be trusted. */
int take_sink(const monclient_sink_t *from, const char *name, struct capi_sink **to)
{
	monclient_sink_t in;
	int rc;

	*to = NULL;
	CHECK(check_pointer(from, name));
	rc = copy_struct(&in, sizeof(in), sizeof(in), from, name);
	if (rc != MONCLIENT_OK)
		;
	else if (in.reserved)
		rc = capi_fail(MONCLIENT_EINVAL, "%s: reserved is not 0", name);
	else if (in.queue && in.callback)
		rc = capi_fail(MONCLIENT_EINVAL, "%s: both queue and callback are set", name);
	else if (!in.queue && !in.callback)
		rc = capi_fail(MONCLIENT_EINVAL, "%s: neither queue nor callback is set", name);
	else if (!(*to = capi_sink_new()))
		rc = capi_fail(MONCLIENT_ENOMEM, "%s: no memory", name);
	if (rc != MONCLIENT_OK) {
		if (in.destroy)
			in.destroy(in.userdata);
		return rc;
	}
	(*to)->queue = in.queue;
	(*to)->callback = in.callback;
	(*to)->userdata = in.userdata;
	(*to)->destroy = in.destroy;
	return MONCLIENT_OK;
}

/* take_sink_here begins an asynchronous call: the sink is taken first, so that its destroy function is called whatever is
 * wrong with the rest, in a forked child as well. */
int take_sink_here(const monclient_sink_t *from, struct capi_sink **to)
{
	int rc = take_sink(from, "sink", to);

	if (forked())
		rc = MONCLIENT_EFORKED;
	if (rc != MONCLIENT_OK) {
		capi_sink_release(*to);
		*to = NULL;
	}
	return rc;
}

void drop_connect_args(struct connect_args *a)
{
	capi_sink_release(a->session);
	capi_sink_release(a->log);
}

/* take_connect_args takes both sinks, or calls the destroy functions of both. */
int take_connect_args(const monclient_connect_options_t *from, struct connect_args *a)
{
	int rc = MONCLIENT_OK, rc2;

	memset(a, 0, sizeof(*a));
	if (!from)
		return MONCLIENT_OK;
	rc = copy_struct(&a->options, sizeof(a->options), sizeof(a->options), from, "options");
	if (a->options.session) {
		rc2 = take_sink(a->options.session, "options: session", &a->session);
		rc = rc == MONCLIENT_OK ? rc2 : rc;
	}
	if (a->options.log) {
		rc2 = take_sink(a->options.log, "options: log", &a->log);
		rc = rc == MONCLIENT_OK ? rc2 : rc;
	}
	if (rc == MONCLIENT_OK && a->options.log_level > MONCLIENT_LOG_DEBUG)
		rc = capi_fail(MONCLIENT_EINVAL, "options: log_level is %u", a->options.log_level);
	if (rc == MONCLIENT_OK)
		rc = check_timeout(a->options.timeout_ms, "options: timeout_ms");
	if (rc == MONCLIENT_OK && a->options.reserved)
		rc = capi_fail(MONCLIENT_EINVAL, "options: reserved is not 0");
	if (forked())
		rc = MONCLIENT_EFORKED;
	if (rc != MONCLIENT_OK)
		drop_connect_args(a);
	return rc;
}
