/* A host that ends while the library works. The driver looks at how. */
#include "host.h"

static atomic_bool at_exit_ran;

static void dwell(const monclient_event_t *event, void *userdata)
{
	(void)event;
	sem_post(userdata);
	for (;;) /* a callback that is running when the process ends */
		pause();
}

/* use_all: eight threads in calls, and a callback that does not return. */
static void use_all(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = dwell};
	static sem_t dwelling;
	monclient_t other;

	load();
	start_work();
	other = open_client();
	sem_init(&dwelling, 0, 0);
	sink.userdata = &dwelling;
	CHECK_OK(api.monclient_subscribe(other, "osdmap", 0, 0, &sink, &(monclient_sub_t){0}));
	sem_wait_really(&dwelling);
}

static void by_exit(void)
{
	use_all();
	exit(17);
}

static void by_return(void) { use_all(); }

static void by_quick_exit(void)
{
	use_all();
	quick_exit(17);
}

static void by__exit(void)
{
	use_all();
	_exit(17);
}

static void *exits(void *arg)
{
	(void)arg;
	exit(17);
}

static void by_exit_in_thread(void)
{
	use_all();
	in_thread(exits, NULL);
}

static void exit_now(const monclient_event_t *event, void *userdata)
{
	(void)event;
	(void)userdata;
	exit(17);
}

static void by_exit_in_callback(void)
{
	monclient_sink_t sink = {.struct_size = sizeof(sink), .callback = exit_now};

	use_all();
	CHECK_OK(api.monclient_command_async(work.client, status_command, NULL, &sink, NULL));
	for (;;)
		pause();
}

static pthread_t main_thread;

static void *outlives(void *arg)
{
	(void)arg;
	CHECK_EQ(pthread_join(main_thread, NULL), 0);
	work_goes_on(3);
	stop_work();
	exit(17);
}

/* by_pthread_exit: main ends, and the others go on until they have done their work. */
static void by_pthread_exit(void)
{
	pthread_t t;

	main_thread = pthread_self();
	load();
	start_work();
	CHECK_EQ(pthread_create(&t, NULL, outlives, NULL), 0);
	pthread_exit(NULL);
}

static void call_at_exit(void)
{
	monclient_config_t config;

	command(work.client);
	CHECK_OK(api.monclient_config_create(&config));
	CHECK_OK(api.monclient_config_destroy(config));
	stop_work();
	atomic_store(&at_exit_ran, true);
	_exit(18);
}

/* in_handler: a handler of exit() uses the library and closes what is open. */
static void in_handler(void)
{
	CHECK_EQ(atexit(call_at_exit), 0);
	load();
	start_work();
	exit(17);
}

/* in_late_handler: the same with a handler that was there before main, and so runs last. */
static void late(void) __attribute__((destructor));
static bool wanted;

static void late(void)
{
	if (wanted)
		call_at_exit();
}

static void in_destructor(void)
{
	load();
	start_work();
	wanted = true;
	exit(17);
}

const struct scenario scenarios[] = {
	{"exit", by_exit},
	{"return", by_return},
	{"quick_exit", by_quick_exit},
	{"_exit", by__exit},
	{"exit in thread", by_exit_in_thread},
	{"exit in callback", by_exit_in_callback},
	{"pthread_exit", by_pthread_exit},
	{"atexit", in_handler},
	{"destructor", in_destructor},
	{NULL, NULL},
};
