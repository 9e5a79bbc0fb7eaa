/* A host with many threads, small ones and short ones, which loads the library in every way. */
#include "host.h"

#include <dirent.h>
#include <limits.h>
#include <malloc.h>

/* ---- Loading ---- */

static void *library;
static int load_flags;

static void *loads(void *arg)
{
	library = load_with(load_flags);
	return arg;
}

/* in_ended_thread: the thread that loads the library ends before anybody uses it. */
static void in_ended_thread(void)
{
	load_flags = RTLD_LAZY | (strcmp(args.extra, "global") == 0 ? RTLD_GLOBAL : RTLD_LOCAL);
	in_thread(loads, NULL);
	if (strcmp(args.extra, "global") == 0)
		CHECK(dlsym(RTLD_DEFAULT, "monclient_connect") != NULL);
	else
		CHECK(dlsym(RTLD_DEFAULT, "monclient_connect") == NULL);
	start_work();
	work_goes_on(1);
	stop_work();
}

/* several_at_once: threads load the library at the same time, each for itself. */
static void *loads_and_works(void *arg)
{
	struct api mine;
	void *lib = dlopen(args.lib, RTLD_NOW | RTLD_LOCAL);
	monclient_config_t config;

	if (!lib)
		FAIL("dlopen: %s", dlerror());
	*(void **)&mine.monclient_config_create = dlsym(lib, "monclient_config_create");
	*(void **)&mine.monclient_config_destroy = dlsym(lib, "monclient_config_destroy");
	CHECK_OK(mine.monclient_config_create(&config));
	CHECK_OK(mine.monclient_config_destroy(config));
	CHECK_EQ(dlclose(lib), 0);
	return arg;
}

static void several_at_once(void)
{
	pthread_t t[8];
	int i;

	for (i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, loads_and_works, NULL), 0);
	for (i = 0; i < 8; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	load();
	start_work();
	stop_work();
}

/* closed: dlclose() changes nothing, and dlopen() finds the same library again. */
static void closed(void)
{
	const char *(*was)(void);
	void *lib = load();
	int i;

	was = api.monclient_version;
	start_work();
	for (i = 0; i < 50; i++) {
		CHECK_EQ(dlclose(lib), 0);
		work_goes_on(1);
		lib = load();
		CHECK(api.monclient_version == was);
	}
	CHECK_EQ(dlclose(lib), 0);
	work_goes_on(1);
	stop_work();
}

/* ---- Small stacks ---- */

static void *uses_much(void *arg)
{
	monclient_config_t config = configure();
	monclient_t client;
	sem_t done;
	int i;

	/* The long texts of errors, and the rest of what a program does. */
	CHECK_EQ(api.monclient_config_read_file(config, "/nowhere/ceph.conf"), MONCLIENT_ENOENT);
	CHECK(strlen(api.monclient_last_error()) > 0);
	CHECK_OK(api.monclient_connect(config, NULL, &client));
	sem_init(&done, 0, 0);
	for (i = 0; i < 3; i++) {
		command(client);
		command(work.client);
		work_with_callback(&done);
		work_with_subscription(&done);
	}
	CHECK_OK(api.monclient_close(client));
	CHECK_OK(api.monclient_config_destroy(config));
	return arg;
}

/* small_stacks: the argument is the size of the thread's stack. */
static void small_stacks(void)
{
	pthread_attr_t attr;
	pthread_t t[4];
	int i;

	load();
	work.client = open_client();
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attr, (size_t)atol(args.extra)), 0);
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], &attr, uses_much, NULL), 0);
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_OK(api.monclient_close(work.client));
}

/* ---- Short threads ---- */

static long entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	long n = 0;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size, resident;

	CHECK(f != NULL);
	CHECK_EQ(fscanf(f, "%ld %ld", &size, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void *uses_a_little(void *arg)
{
	monclient_reply_t *reply;
	char text[1024];

	CHECK(strcmp(api.monclient_last_error(), "") == 0); /* nothing of a thread that was here before */
	if ((uintptr_t)arg % 16 == 0)
		command(work.client);
	CHECK_EQ(api.monclient_command(work.client + 256, status_command, NULL, &reply), MONCLIENT_EBADHANDLE);
	snprintf(text, sizeof(text), "%s", api.monclient_last_error());
	CHECK(text[0] != 0);
	CHECK_EQ(api.monclient_config_read_file(0, "x"), MONCLIENT_EBADHANDLE);
	return NULL;
}

static void burst(int n)
{
	pthread_t t[16];
	int i, j;

	for (i = 0; i < n; i += 16) {
		for (j = 0; j < 16; j++)
			CHECK_EQ(pthread_create(&t[j], NULL, uses_a_little, (void *)(uintptr_t)(i + j)), 0);
		for (j = 0; j < 16; j++)
			CHECK_EQ(pthread_join(t[j], NULL), 0);
	}
}

/* short_threads: thousands of threads come, call and go. */
static void short_threads(void)
{
	long threads, memory, heap;

	load();
	work.client = open_client();
	burst(1600); /* Go's runtime has all its threads then, and malloc its arenas */
	threads = entries("/proc/self/task");
	memory = resident_kib();
	heap = (long)mallinfo2().uordblks;
	burst(4000);
	if (entries("/proc/self/task") > threads + 4)
		FAIL("%ld threads became %ld", threads, entries("/proc/self/task"));
	if (resident_kib() > memory + 8192)
		FAIL("%ld KiB became %ld", memory, resident_kib());
	if ((long)mallinfo2().uordblks > heap + 4000 * 8) /* a leak would be a block or more for each thread */
		FAIL("%ld bytes of malloc became %ld", heap, (long)mallinfo2().uordblks);
	CHECK_OK(api.monclient_close(work.client));
	counters_are_zero();
}

/* many_threads: hundreds at the same time, all waiting in the library, are let go by one close. */
static sem_t ready;

static void *waits(void *arg)
{
	uint64_t got;
	int rc;

	sem_post(&ready);
	rc = api.monclient_wait_for_map(work.client, "osdmap", 1000000, MONCLIENT_FOREVER, &got);
	if (rc != MONCLIENT_ECLOSED && rc != MONCLIENT_EBADHANDLE)
		FAIL("a thread that waited got %d: %s", rc, api.monclient_last_error());
	return arg;
}

static void many_threads(void)
{
	pthread_t t[300];
	int i;

	load();
	work.client = open_client();
	sem_init(&ready, 0, 0);
	for (i = 0; i < 300; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, waits, NULL), 0);
	for (i = 0; i < 300; i++)
		sem_wait_really(&ready);
	CHECK_OK(api.monclient_close(work.client));
	for (i = 0; i < 300; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	counters_are_zero();
}

/* errors_end: what a thread's last error took is given back when it ends; LeakSanitizer watches. */
static void errors_end(void)
{
	load();
	work.client = open_client();
	burst(64);
	CHECK_OK(api.monclient_close(work.client));
	counters_are_zero();
}

/* ---- Cancelled threads, changed users ---- */

static atomic_ulong commands;

static void *commands_forever(void *arg)
{
	for (;;) {
		command(work.client);
		atomic_fetch_add(&commands, 1);
		pthread_testcancel();
	}
	return arg;
}

/* polls takes turns with other threads at one queue, on which nothing ever happens. */
static void *polls(void *arg)
{
	monclient_event_t *event;
	uint32_t n;

	for (;;) {
		CHECK_OK(api.monclient_queue_poll(*(monclient_queue_t *)arg, &event, 1, 20, &n));
		atomic_fetch_add(&commands, 1);
		pthread_testcancel();
	}
}

static sem_t in_callback, go_on;

static void holds(const monclient_event_t *event, void *userdata)
{
	(void)event;
	(void)userdata;
	sem_post(&in_callback);
	sem_wait_really(&go_on);
}

static void *closes(void *arg)
{
	monclient_t *client = arg;

	CHECK_OK(api.monclient_close(*client));
	*client = 0;
	pthread_testcancel();
	FAIL("not cancelled");
}

/* cancelled: pthread_cancel() of threads that are in the library takes effect when they have left it. */
static void cancelled(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = holds};
	monclient_queue_t queue;
	pthread_t threads[8], closer;
	monclient_t client;
	void *how;
	int i;

	load();
	start_work();
	CHECK_OK(api.monclient_queue_create(&queue));
	for (i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, i < 4 ? commands_forever : polls, &queue), 0);
	while (atomic_load(&commands) < 16)
		work_goes_on(1);
	for (i = 0; i < 8; i++)
		CHECK_EQ(pthread_cancel(threads[i]), 0);
	for (i = 0; i < 8; i++) {
		CHECK_EQ(pthread_join(threads[i], &how), 0);
		CHECK(how == PTHREAD_CANCELED);
	}

	CHECK_OK(api.monclient_queue_destroy(queue));

	/* One that waits in close for a callback. */
	sem_init(&in_callback, 0, 0);
	sem_init(&go_on, 0, 0);
	client = open_client();
	CHECK_OK(api.monclient_command_async(client, status_command, NULL, &sink, NULL));
	sem_wait_really(&in_callback);
	CHECK_EQ(pthread_create(&closer, NULL, closes, &client), 0);
	while (api.monclient_set_log_level(client, MONCLIENT_LOG_NONE) == MONCLIENT_OK) /* until it has begun to close */
		sched_yield();
	CHECK_EQ(pthread_cancel(closer), 0);
	work_goes_on(1);
	sem_post(&go_on);
	CHECK_EQ(pthread_join(closer, &how), 0);
	CHECK(how == PTHREAD_CANCELED);
	CHECK_EQ(client, 0);
	stop_work();
}

/* user_ids: setuid() and its like change all threads, for which glibc sends a signal to each of them, those of the library too. */
static void user_ids(void)
{
	int i;

	load();
	start_work();
	for (i = 0; i < 100; i++) {
		CHECK_EQ(setresuid(getuid(), geteuid(), geteuid()), 0);
		CHECK_EQ(setresgid(getgid(), getegid(), getegid()), 0);
	}
	work_goes_on(1);
	stop_work();
}

const struct scenario scenarios[] = {
	{"in ended thread", in_ended_thread},
	{"several at once", several_at_once},
	{"closed", closed},
	{"small stacks", small_stacks},
	{"short threads", short_threads},
	{"many threads", many_threads},
	{"errors end", errors_end},
	{"cancelled", cancelled},
	{"user ids", user_ids},
	{NULL, NULL},
};
