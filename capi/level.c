/* Whether there are events in a queue: where threads wait, and what a file descriptor shows. A thread that waits here is not in
 * Go: one that waited inside would cost the runtime two more switches of threads for each event. */
#define _GNU_SOURCE /* pthread_cond_clockwait */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "front.h"

struct capi_level {
	atomic_uint refs;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool up;
	bool closed;
	int fd; /* an eventfd, -1 until somebody asks for it */

	/* In the list of its bucket, for queues. */
	uint64_t handle;
	struct capi_level *next;
};

/* The levels of queues by their handles, whose last byte is the kind. */
const struct timespec capi_now;

enum { BUCKETS = 256 };
static struct capi_level *buckets[BUCKETS];
static pthread_mutex_t buckets_mutex = PTHREAD_MUTEX_INITIALIZER;

static struct capi_level **bucket_of(uint64_t handle) { return &buckets[(handle >> 8) % BUCKETS]; }

/* Levels are used again and never freed: Go may raise one just after its queue is gone. For whose it is then that is a moment in
 * which it is up for nothing. */
static struct capi_level *spare;
static pthread_mutex_t spare_mutex = PTHREAD_MUTEX_INITIALIZER;

struct capi_level *capi_level_new(void)
{
	struct capi_level *l;

	pthread_mutex_lock(&spare_mutex);
	l = spare;
	if (l)
		spare = l->next;
	pthread_mutex_unlock(&spare_mutex);
	if (l) {
		pthread_mutex_lock(&l->mutex);
		l->up = l->closed = false;
		pthread_mutex_unlock(&l->mutex);
	} else {
		l = calloc(1, sizeof(*l));
		if (!l)
			return NULL;
		pthread_mutex_init(&l->mutex, NULL);
		pthread_cond_init(&l->changed, NULL);
		l->fd = -1;
	}
	atomic_store(&l->refs, 1);
	l->handle = 0;
	l->next = NULL;
	return l;
}

void capi_level_release(struct capi_level *l)
{
	if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	pthread_mutex_lock(&l->mutex);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	pthread_mutex_unlock(&l->mutex);
	pthread_mutex_lock(&spare_mutex);
	l->next = spare;
	spare = l;
	pthread_mutex_unlock(&spare_mutex);
}

void capi_level_publish(struct capi_level *l, uint64_t handle)
{
	struct capi_level **bucket = bucket_of(handle);

	atomic_fetch_add(&l->refs, 1);
	l->handle = handle;
	pthread_mutex_lock(&buckets_mutex);
	l->next = *bucket;
	*bucket = l;
	pthread_mutex_unlock(&buckets_mutex);
}

struct capi_level *capi_level_find(uint64_t handle)
{
	struct capi_level *l;

	pthread_mutex_lock(&buckets_mutex);
	for (l = *bucket_of(handle); l && l->handle != handle; l = l->next)
		;
	if (l)
		atomic_fetch_add(&l->refs, 1);
	pthread_mutex_unlock(&buckets_mutex);
	return l;
}

void capi_level_close(struct capi_level *l)
{
	struct capi_level **p;
	bool found;

	pthread_mutex_lock(&l->mutex);
	l->closed = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);

	pthread_mutex_lock(&buckets_mutex);
	for (p = bucket_of(l->handle); *p && *p != l; p = &(*p)->next)
		;
	found = *p != NULL;
	if (found)
		*p = l->next;
	pthread_mutex_unlock(&buckets_mutex);
	if (found)
		capi_level_release(l);
}

/* show has the descriptor say what the level is. The caller holds the mutex. It can fail only when the descriptor says so
 * already. */
static void show(struct capi_level *l)
{
	uint64_t n = 1;
	ssize_t ignored;

	if (l->fd < 0)
		return;
	ignored = l->up ? write(l->fd, &n, sizeof(n)) : read(l->fd, &n, sizeof(n));
	(void)ignored;
}

void capi_level_set(struct capi_level *l, bool up)
{
	pthread_mutex_lock(&l->mutex);
	if (l->up != up) {
		l->up = up;
		show(l);
	}
	pthread_mutex_unlock(&l->mutex);
	if (up)
		pthread_cond_broadcast(&l->changed);
}

int capi_level_fd(struct capi_level *l)
{
	int fd;

	pthread_mutex_lock(&l->mutex);
	if (l->fd < 0 && !l->closed) {
		l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (l->fd < 0) {
			fd = -errno;
			pthread_mutex_unlock(&l->mutex);
			return fd;
		}
		if (l->up)
			show(l);
	}
	fd = l->closed ? MONCLIENT_ECLOSED : l->fd;
	pthread_mutex_unlock(&l->mutex);
	return fd;
}

int capi_level_wait(struct capi_level *l, const struct timespec *until)
{
	int rc = 0;

	pthread_mutex_lock(&l->mutex);
	while (!l->up && !l->closed && rc != ETIMEDOUT) {
		if (until == CAPI_NOW)
			rc = ETIMEDOUT; /* a deadline that has passed would still cost the timer's slack */
		else if (until)
			rc = pthread_cond_clockwait(&l->changed, &l->mutex, CLOCK_MONOTONIC, until);
		else
			pthread_cond_wait(&l->changed, &l->mutex);
	}
	rc = l->closed ? CAPI_CLOSED : l->up ? CAPI_UP : CAPI_LATE;
	pthread_mutex_unlock(&l->mutex);
	return rc;
}
