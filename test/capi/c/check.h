/*
 * What the programs of this directory are made of: tests that are picked by name, checks that say what was expected, and
 * the things that most tests need: a quorum, a receiver of events, a gate that threads wait at, and a reader of JSON.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monclienttest.h"

/* ---- Programs ---- */

struct check_test {
	const char *name;
	void (*run)(void);
};

#define TEST(function) {#function, function}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIN(tests) \
	int main(int argc, char **argv) { return check_main(argc, argv, tests, COUNT(tests)); }

/* check_main runs the tests that the arguments name, or all of them, until one fails. After each one nothing of the library may
 * be alive. --list prints their names. --slow N divides what loops() returns, for tools that slow everything down. */
int check_main(int argc, char **argv, const struct check_test *tests, size_t n);

/* loops returns how often to do what is usually done n times. */
int loops(int n);

/* slow says that everything takes longer than usual. */
bool slow(void);

/* check_failed prints what happened and ends the process. */
_Noreturn void check_failed(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- Checks. The text of the library's last error is printed when one fails ---- */

#define FAIL(...) check_failed(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(expression) \
	do { \
		if (!(expression)) \
			FAIL("%s", #expression); \
	} while (0)
#define CHECK_INT(got, want) check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_UINT(got, want) check_uint(__FILE__, __LINE__, #got, (unsigned long long)(got), (unsigned long long)(want))
#define CHECK_STR(got, want) check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_HAS(got, want) check_has(__FILE__, __LINE__, #got, got, want)
#define CHECK_LACKS(got, unwanted) check_lacks(__FILE__, __LINE__, #got, got, unwanted)
#define CHECK_OK(call) check_status(__FILE__, __LINE__, #call, call, MONCLIENT_OK)
#define CHECK_STATUS(call, want) check_status(__FILE__, __LINE__, #call, call, want)
/* The call fails so, and the text of the last error contains text. */
#define CHECK_ERROR(call, want, text) \
	do { \
		check_status(__FILE__, __LINE__, #call, call, want); \
		check_has(__FILE__, __LINE__, "monclient_last_error() after " #call, monclient_last_error(), text); \
	} while (0)

void check_int(const char *file, int line, const char *what, long long got, long long want);
void check_uint(const char *file, int line, const char *what, unsigned long long got, unsigned long long want);
void check_str(const char *file, int line, const char *what, const char *got, const char *want);
void check_has(const char *file, int line, const char *what, const char *got, const char *want);
void check_lacks(const char *file, int line, const char *what, const char *got, const char *unwanted);
void check_status(const char *file, int line, const char *what, int got, int want);

/* ---- Time and threads ---- */

/* now_ms is a clock that only goes forward. */
int64_t now_ms(void);

/* patience_ms is how long something may take that happens for certain. */
int64_t patience_ms(void);

/* UNTIL waits until a condition holds that nobody announces. */
#define UNTIL(condition) \
	do { \
		int64_t until_ = now_ms() + patience_ms(); \
		while (!(condition)) { \
			if (now_ms() > until_) \
				FAIL("never: %s", #condition); \
			poll(NULL, 0, 1); \
		} \
	} while (0)

void thread_start(pthread_t *thread, void *(*run)(void *), void *arg);
void thread_join(pthread_t thread);

/* A gate lets nobody through until it is opened. */
struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int waiting; /* how many have come so far */
	bool open;
};
#define GATE {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false}
void gate_wait(struct gate *g);
void gate_open(struct gate *g);
void gate_await(struct gate *g, int n); /* until so many have come */

/* ---- Receivers of events ---- */

/* A recorder has what a callback was given. */
struct recorder {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	monclient_event_t **events; /* kept */
	size_t n, room;
	unsigned sinks, destroyed;
	pthread_t thread; /* of the first callback */
	bool late;        /* an event came after destroy */
	/* runs in the callback, before the event can be seen by others; or NULL */
	void (*hook)(const monclient_event_t *event, struct recorder *r);
	void *context; /* for the hook */
	struct gate *gate; /* callbacks wait there, or NULL */
};

void recorder_init(struct recorder *r);
/* recorder_sink gives the next sink. The library must call its destroy function. */
monclient_sink_t recorder_sink(struct recorder *r);
/* recorder_wait returns the event with that number, and waits for it. */
const monclient_event_t *recorder_wait(struct recorder *r, size_t i);
/* recorder_find returns the first event from number *i on that matches, waits for it, and sets *i to the number behind it.
 * change is for sessions; 0 matches all. */
const monclient_event_t *recorder_find(struct recorder *r, size_t *i, uint32_t type, uint32_t change);
size_t recorder_count(struct recorder *r);
unsigned recorder_destroyed(struct recorder *r);
/* recorder_end releases all events and waits until every sink was destroyed, once. */
void recorder_end(struct recorder *r);

/* A count of the calls of a destroy function. */
void count_destroy(void *userdata); /* userdata: atomic_int * */

/* queue_sink is a sink for a queue. */
monclient_sink_t queue_sink(monclient_queue_t queue, void *userdata);
/* queue_take waits for the next event, which is to be freed. */
monclient_event_t *queue_take(monclient_queue_t queue);
bool fd_readable(int fd);

/* ---- A quorum ---- */

struct world {
	monclienttest_mons_t mons;
	monclient_config_t config;
	monclient_t client;
};

void world_start(struct world *w, uint32_t mons); /* with a configuration and without a client */
void world_connect(struct world *w);
void world_open(struct world *w, uint32_t mons); /* both */
void world_end(struct world *w);
void world_do(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* world_mon returns the name of the monitor that the client's session is with. */
void world_mon(struct world *w, char name[16]);

/* command_ok sends a command that must succeed. */
monclient_reply_t *command_ok(monclient_t client, const char *cmd);
monclient_reply_t *command_with(monclient_t client, const char *cmd, const void *input, size_t len);
/* status_ok sends one and forgets the reply. */
void status_ok(monclient_t client);

/* counters returns what is alive. */
monclient_counters_t counters(void);

/* real_conf returns the path of a ceph.conf of monitors that listen on TCP, in another process. */
const char *real_conf(void);

/* huge_text returns a text of MONCLIENT_MAX_INPUT + 1 bytes, which needs hardly any memory. */
const char *huge_text(void);

/* temp_file writes a file whose path is valid until the next call. */
const char *temp_file(const char *text);

/* ---- JSON ---- */

/* json_get returns a value by its path, "mons/0/name", as text (strings without quotes), or NULL. It fails when text is no
 * JSON. The result is to be freed. */
char *json_get(const char *text, const char *path);
#define CHECK_JSON(text, path, want) check_json(__FILE__, __LINE__, text, path, want)
void check_json(const char *file, int line, const char *text, const char *path, const char *want);

#endif
