/* See check.h. */
#include <stdarg.h>
#include <time.h>

#include "check.h"

/* ---- Programs ---- */

static int slowness = 1;
static const char *running = "";

int loops(int n) { return n / slowness > 0 ? n / slowness : 1; }
bool slow(void) { return slowness > 1; }

void check_failed(const char *file, int line, const char *format, ...)
{
	char error[4096];
	va_list args;

	snprintf(error, sizeof(error), "%s", monclient_last_error());
	flockfile(stdout);
	printf("%s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (error[0])
		printf("\n\tthe last error of the thread: %s", error);
	printf("\nFAIL %s\n", running);
	fflush(stdout);
	_exit(1);
}

void check_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got != want)
		check_failed(file, line, "%s is %lld, want %lld", what, got, want);
}

void check_uint(const char *file, int line, const char *what, unsigned long long got, unsigned long long want)
{
	if (got != want)
		check_failed(file, line, "%s is %llu (0x%llx), want %llu", what, got, got, want);
}

void check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (!got || strcmp(got, want) != 0)
		check_failed(file, line, "%s is \"%s\", want \"%s\"", what, got ? got : "(NULL)", want);
}

void check_has(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (!got || !strstr(got, want))
		check_failed(file, line, "%s is \"%s\", which has no \"%s\"", what, got ? got : "(NULL)", want);
}

void check_lacks(const char *file, int line, const char *what, const char *got, const char *unwanted)
{
	if (got && strstr(got, unwanted))
		check_failed(file, line, "%s has \"%s\" in it: %s", what, unwanted, got);
}

void check_status(const char *file, int line, const char *what, int got, int want)
{
	if (got != want)
		check_failed(file, line, "%s returned %d (%s), want %d (%s)", what, got, monclient_strerror(got), want, monclient_strerror(want));
}

/* The watchdog says where everything stands when a test takes too long. */
static atomic_llong test_ends;

static void *watch(void *arg)
{
	(void)arg;
	for (;;) {
		long long ends = atomic_load(&test_ends);

		if (ends && now_ms() > ends) {
			char *text = monclienttest_leaks();

			printf("%s\n%s takes too long\nFAIL %s\n", text ? text : "", running, running);
			fflush(stdout);
			_exit(1);
		}
		poll(NULL, 0, 100);
	}
	return NULL;
}

/* check_clean fails when something is alive. What threads of the library release last they release a moment after the
 * program can know of it. */
static void check_clean(void)
{
	int64_t ends = now_ms() + patience_ms();
	monclient_counters_t c;
	char *text;

	for (;;) {
		c = counters();
		if (!c.configs && !c.clients && !c.operations && !c.subscriptions && !c.queues && !c.sinks && !c.buffers &&
		    !c.pinned && !c.threads && !c.osdmaps)
			break;
		if (now_ms() > ends)
			FAIL("alive at the end: %u configs, %u clients, %u operations, %u subscriptions, %u queues, %u sinks, "
			     "%u buffers, %u pinned, %u threads, %u osdmaps",
			     c.configs, c.clients, c.operations, c.subscriptions, c.queues, c.sinks, c.buffers, c.pinned, c.threads, c.osdmaps);
		poll(NULL, 0, 1);
	}
	text = monclienttest_leaks();
	if (text)
		FAIL("goroutines are left:\n%s", text);
}

int check_main(int argc, char **argv, const struct check_test *tests, size_t n)
{
	size_t i;
	int first = 1, named;
	pthread_t watchdog;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		for (i = 0; i < n; i++)
			puts(tests[i].name);
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "--slow") == 0) {
		slowness = atoi(argv[2]);
		if (slowness < 1)
			slowness = 1;
		first = 3;
	}
	/* What nobody has waits until the process ends; a joinable thread would be a leak. */
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&watchdog, &attr, watch, NULL) != 0)
		FAIL("no thread");
	pthread_attr_destroy(&attr);
	for (named = first; named < argc; named++) {
		for (i = 0; i < n && strcmp(tests[i].name, argv[named]) != 0; i++)
			;
		if (i == n) {
			printf("there is no test %s\n", argv[named]);
			return 2;
		}
	}
	for (i = 0; i < n; i++) {
		int64_t begin = now_ms();

		for (named = first; named < argc && strcmp(tests[i].name, argv[named]) != 0; named++)
			;
		if (argc > first && named == argc)
			continue;
		running = tests[i].name;
		printf("RUN %s\n", running);
		atomic_store(&test_ends, begin + 2 * patience_ms());
		tests[i].run();
		check_clean();
		printf("PASS %s %lld\n", running, (long long)(now_ms() - begin));
	}
	atomic_store(&test_ends, 0);
	return 0;
}

/* ---- Time and threads ---- */

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t patience_ms(void) { return slow() ? 120000 : 30000; }

void thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	int err = pthread_create(thread, NULL, run, arg);

	if (err)
		FAIL("no thread: %s", strerror(err));
}

void thread_join(pthread_t thread)
{
	int err = pthread_join(thread, NULL);

	if (err)
		FAIL("pthread_join: %s", strerror(err));
}

/* wait_changed waits on a condition for as long as patience lasts; false when it is over. */
static bool wait_changed(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ends)
{
	struct timespec t;
	int64_t left = ends - now_ms();

	if (left <= 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += left / 1000;
	t.tv_nsec += left % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	pthread_cond_timedwait(cond, mutex, &t);
	return true;
}

void gate_wait(struct gate *g)
{
	int64_t ends = now_ms() + patience_ms();

	pthread_mutex_lock(&g->mutex);
	g->waiting++;
	pthread_cond_broadcast(&g->changed);
	while (!g->open)
		if (!wait_changed(&g->changed, &g->mutex, ends))
			FAIL("nobody opened the gate");
	pthread_mutex_unlock(&g->mutex);
}

void gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->mutex);
	g->open = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->mutex);
}

void gate_await(struct gate *g, int n)
{
	int64_t ends = now_ms() + patience_ms();

	pthread_mutex_lock(&g->mutex);
	while (g->waiting < n)
		if (!wait_changed(&g->changed, &g->mutex, ends))
			FAIL("%d came to the gate, want %d", g->waiting, n);
	pthread_mutex_unlock(&g->mutex);
}

/* ---- Receivers of events ---- */

void recorder_init(struct recorder *r)
{
	memset(r, 0, sizeof(*r));
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->changed, NULL);
}

static void recorder_callback(const monclient_event_t *event, void *userdata)
{
	struct recorder *r = userdata;

	if (!event || event->userdata != userdata)
		FAIL("an event without its userdata");
	if (r->hook)
		r->hook(event, r);
	if (r->gate)
		gate_wait(r->gate);
	pthread_mutex_lock(&r->mutex);
	if (r->n == 0)
		r->thread = pthread_self();
	else if (!pthread_equal(r->thread, pthread_self()) && event->type != MONCLIENT_EVENT_CONNECT)
		FAIL("callbacks on several threads");
	if (r->destroyed == r->sinks)
		r->late = true;
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 16;
		r->events = realloc(r->events, r->room * sizeof(*r->events));
		CHECK(r->events);
	}
	r->events[r->n] = monclient_event_keep(event);
	CHECK(r->events[r->n] == event);
	r->n++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->mutex);
}

static void recorder_destroy(void *userdata)
{
	struct recorder *r = userdata;

	pthread_mutex_lock(&r->mutex);
	if (++r->destroyed > r->sinks)
		FAIL("destroy was called %u times for %u sinks", r->destroyed, r->sinks);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->mutex);
}

monclient_sink_t recorder_sink(struct recorder *r)
{
	monclient_sink_t s = {.struct_size = sizeof(s), .callback = recorder_callback, .userdata = r, .destroy = recorder_destroy};

	pthread_mutex_lock(&r->mutex);
	r->sinks++;
	pthread_mutex_unlock(&r->mutex);
	return s;
}

const monclient_event_t *recorder_wait(struct recorder *r, size_t i)
{
	int64_t ends = now_ms() + patience_ms();
	const monclient_event_t *event;

	pthread_mutex_lock(&r->mutex);
	while (r->n <= i)
		if (!wait_changed(&r->changed, &r->mutex, ends))
			FAIL("event %zu never came; there are %zu", i, r->n);
	event = r->events[i];
	pthread_mutex_unlock(&r->mutex);
	return event;
}

const monclient_event_t *recorder_find(struct recorder *r, size_t *i, uint32_t type, uint32_t change)
{
	for (;;) {
		const monclient_event_t *event = recorder_wait(r, (*i)++);

		if (event->type == type && (!change || event->session_change == change))
			return event;
	}
}

size_t recorder_count(struct recorder *r)
{
	size_t n;

	pthread_mutex_lock(&r->mutex);
	n = r->n;
	pthread_mutex_unlock(&r->mutex);
	return n;
}

unsigned recorder_destroyed(struct recorder *r)
{
	unsigned n;

	pthread_mutex_lock(&r->mutex);
	n = r->destroyed;
	pthread_mutex_unlock(&r->mutex);
	return n;
}

void recorder_end(struct recorder *r)
{
	int64_t ends = now_ms() + patience_ms();
	size_t i = 0;

	pthread_mutex_lock(&r->mutex);
	while (r->destroyed < r->sinks) {
		if (i < r->n) { /* of which the last one may still have been to come */
			monclient_event_t *event = r->events[i++];

			pthread_mutex_unlock(&r->mutex);
			monclient_event_free(event);
			pthread_mutex_lock(&r->mutex);
		} else if (!wait_changed(&r->changed, &r->mutex, ends)) {
			FAIL("destroy was called %u times for %u sinks", r->destroyed, r->sinks);
		}
	}
	if (i < r->n)
		FAIL("destroy was called with %zu events in use", r->n - i);
	if (r->late)
		FAIL("an event came after destroy");
	pthread_mutex_unlock(&r->mutex);
	free(r->events);
	pthread_mutex_destroy(&r->mutex);
	pthread_cond_destroy(&r->changed);
}

void count_destroy(void *userdata) { atomic_fetch_add((atomic_int *)userdata, 1); }

monclient_sink_t queue_sink(monclient_queue_t queue, void *userdata)
{
	monclient_sink_t s = {.struct_size = sizeof(s), .queue = queue, .userdata = userdata};

	return s;
}

monclient_event_t *queue_take(monclient_queue_t queue)
{
	monclient_event_t *event = NULL;
	uint32_t n = 0;

	CHECK_OK(monclient_queue_poll(queue, &event, 1, (int32_t)patience_ms(), &n));
	CHECK_UINT(n, 1);
	return event;
}

bool fd_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (p.revents & ~POLLIN))
		FAIL("poll returned %d, revents 0x%x", n, (unsigned)p.revents);
	return n == 1;
}

/* ---- A quorum ---- */

void world_start(struct world *w, uint32_t mons)
{
	memset(w, 0, sizeof(*w));
	CHECK_OK(monclienttest_start(mons, &w->mons));
	CHECK(w->mons);
	CHECK_OK(monclient_config_create(&w->config));
	CHECK_OK(monclienttest_configure(w->mons, w->config));
}

void world_connect(struct world *w)
{
	CHECK_OK(monclient_connect(w->config, NULL, &w->client));
	CHECK_UINT(w->client & 0xff, MONCLIENT_KIND_CLIENT);
}

void world_open(struct world *w, uint32_t mons)
{
	world_start(w, mons);
	world_connect(w);
}

void world_end(struct world *w)
{
	if (w->client)
		CHECK_OK(monclient_close(w->client));
	if (w->config)
		CHECK_OK(monclient_config_destroy(w->config));
	CHECK_OK(monclienttest_stop(w->mons));
}

void world_do(struct world *w, const char *format, ...)
{
	char what[256];
	va_list args;
	int rc;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	rc = monclienttest_do(w->mons, what);
	if (rc != MONCLIENT_OK)
		FAIL("monclienttest_do(%s) returned %d", what, rc);
}

void world_mon(struct world *w, char name[16])
{
	monclient_session_t *session;

	CHECK_OK(monclient_session(w->client, &session));
	snprintf(name, 16, "%s", session->mon);
	monclient_session_free(session);
}

monclient_reply_t *command_with(monclient_t client, const char *cmd, const void *input, size_t len)
{
	monclient_command_options_t options = {.struct_size = sizeof(options), .input = input, .input_len = len};
	monclient_reply_t *reply = NULL;

	CHECK_OK(monclient_command(client, cmd, &options, &reply));
	CHECK(reply && reply->status && reply->output);
	CHECK_INT(((const char *)reply->output)[reply->output_len], 0);
	return reply;
}

monclient_reply_t *command_ok(monclient_t client, const char *cmd)
{
	monclient_reply_t *reply = NULL;

	CHECK_OK(monclient_command(client, cmd, NULL, &reply));
	CHECK(reply && reply->status && reply->output);
	if (reply->retval < 0)
		FAIL("%s: the monitors answer %d: %s", cmd, reply->retval, reply->status);
	CHECK_INT(((const char *)reply->output)[reply->output_len], 0);
	return reply;
}

void status_ok(monclient_t client) { monclient_reply_free(command_ok(client, "{\"prefix\": \"status\"}")); }

monclient_counters_t counters(void)
{
	monclient_counters_t c = {.struct_size = sizeof(c)};

	CHECK_OK(monclient_counters(&c));
	return c;
}

const char *real_conf(void)
{
	const char *path = getenv("MONCLIENT_TEST_CONF");

	if (!path)
		FAIL("MONCLIENT_TEST_CONF is not set: it is the path of a ceph.conf of monitors that listen on TCP");
	return path;
}

const char *huge_text(void)
{
	enum { CHUNK = 1 << 20 };
	static char *text;
	size_t size = (size_t)MONCLIENT_MAX_INPUT + 1, at;
	char *chunk;
	int fd;

	if (text)
		return text;
	fd = memfd_create("text", 0);
	CHECK(fd >= 0 && ftruncate(fd, CHUNK) == 0);
	chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(chunk != MAP_FAILED);
	memset(chunk, 'a', CHUNK);
	munmap(chunk, CHUNK);
	text = mmap(NULL, size + CHUNK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(text != MAP_FAILED);
	for (at = 0; at < size - 1; at += CHUNK)
		CHECK(mmap(text + at, CHUNK, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	/* The last byte and its NUL. */
	CHECK(mprotect(text + size - 1, 4096, PROT_READ | PROT_WRITE) == 0);
	text[size - 1] = 'a';
	close(fd);
	return text;
}

const char *temp_file(const char *text)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "check-%ld.conf", (long)getpid());
	f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
	return path;
}

/* ---- JSON ---- */

struct json {
	const char *text, *p;
};

static void json_bad(const struct json *j)
{
	FAIL("no JSON at byte %ld: %.60s, in %.300s", (long)(j->p - j->text), j->p, j->text);
}

static void json_blank(struct json *j) { j->p += strspn(j->p, " \t\r\n"); }

/* json_string copies a string, unescaped as far as tests need it, to out when that is not NULL. */
static void json_string(struct json *j, char *out, size_t size)
{
	size_t n = 0;

	if (*j->p++ != '"')
		json_bad(j);
	while (*j->p != '"') {
		char c = *j->p++;

		if ((unsigned char)c < ' ')
			json_bad(j);
		if (c == '\\') {
			c = *j->p++;
			switch (c) {
			case 'n': c = '\n'; break;
			case 't': c = '\t'; break;
			case 'r': c = '\r'; break;
			case 'b': c = '\b'; break;
			case 'f': c = '\f'; break;
			case '"': case '\\': case '/': break;
			case 'u':
				if (strspn(j->p, "0123456789abcdefABCDEF") < 4)
					json_bad(j);
				c = (char)strtol((char[]){j->p[2], j->p[3], 0}, NULL, 16);
				j->p += 4;
				break;
			default:
				json_bad(j);
			}
		}
		if (out && n + 1 < size)
			out[n++] = c;
	}
	j->p++;
	if (out)
		out[n] = '\0';
}

/* json_value reads a value; *found becomes the one at path, if path is not NULL and it is there. */
static void json_value(struct json *j, const char *path, char **found)
{
	size_t step = path ? strcspn(path, "/") : 0;
	const char *begin, *next = path && path[step] ? path + step + 1 : path ? path + step : NULL;
	char close, name[256];
	long i = 0;

	json_blank(j);
	begin = j->p;
	if (*j->p == '{' || *j->p == '[') {
		close = *j->p == '{' ? '}' : ']';
		j->p++;
		json_blank(j);
		if (*j->p == close) {
			j->p++;
		} else {
			for (;; i++) {
				json_blank(j);
				if (close == '}') {
					json_string(j, name, sizeof(name));
					json_blank(j);
					if (*j->p++ != ':')
						json_bad(j);
				} else {
					snprintf(name, sizeof(name), "%ld", i);
				}
				json_value(j, step && strlen(name) == step && strncmp(name, path, step) == 0 ? next : NULL, found);
				json_blank(j);
				if (*j->p == close) {
					j->p++;
					break;
				}
				if (*j->p++ != ',')
					json_bad(j);
			}
		}
	} else if (*j->p == '"') {
		json_string(j, NULL, 0);
	} else if (strncmp(j->p, "true", 4) == 0 || strncmp(j->p, "null", 4) == 0) {
		j->p += 4;
	} else if (strncmp(j->p, "false", 5) == 0) {
		j->p += 5;
	} else {
		size_t n = strspn(j->p, "-+.eE0123456789");

		if (n == 0)
			json_bad(j);
		j->p += n;
	}
	if (path && step == 0 && !*found) {
		size_t n = (size_t)(j->p - begin);

		*found = calloc(1, n + 1);
		CHECK(*found);
		if (*begin == '"') {
			struct json s = {j->text, begin};

			json_string(&s, *found, n + 1);
		} else {
			memcpy(*found, begin, n);
		}
	}
}

char *json_get(const char *text, const char *path)
{
	struct json j = {text, text};
	char *found = NULL;

	CHECK(text);
	json_value(&j, path, &found);
	json_blank(&j);
	if (*j.p)
		json_bad(&j);
	return found;
}

void check_json(const char *file, int line, const char *text, const char *path, const char *want)
{
	char *got = json_get(text, path);

	if (!got || strcmp(got, want) != 0)
		check_failed(file, line, "%s is %s, want %s, in %.500s", path, got ? got : "not there", want, text);
	free(got);
}
