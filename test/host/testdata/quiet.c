/* A host that looks for traces: the library changes nothing of the process, prints nothing and leaves nothing. */
#include "host.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/resource.h>
#include <sys/stat.h>

#ifdef MONCLIENTTEST
#include "monclienttest.h"
#endif

extern char **environ;

/* state is what belongs to the process as a whole. */
struct state {
	char cwd[4096], locale[256], zone[2][64], name[64];
	mode_t umask;
	int nice;
	char environment[65536];
	struct rlimit limits[RLIM_NLIMITS];
};

static void look(struct state *s)
{
	size_t n = 0;
	char **e;
	int i;

	memset(s, 0, sizeof(*s));
	CHECK(getcwd(s->cwd, sizeof(s->cwd)) != NULL);
	snprintf(s->locale, sizeof(s->locale), "%s", setlocale(LC_ALL, NULL));
	tzset();
	snprintf(s->zone[0], sizeof(s->zone[0]), "%s", tzname[0]);
	snprintf(s->zone[1], sizeof(s->zone[1]), "%s", tzname[1]);
	CHECK_EQ(pthread_getname_np(pthread_self(), s->name, sizeof(s->name)), 0);
	s->umask = umask(0);
	umask(s->umask);
	for (e = environ; *e && n < sizeof(s->environment); e++)
		n += (size_t)snprintf(s->environment + n, sizeof(s->environment) - n, "%s\n", *e);
	for (i = 0; i < (int)RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &s->limits[i]);
	s->nice = getpriority(PRIO_PROCESS, 0);
}

static void same(const struct state *a, const struct state *b)
{
	int i;

	CHECK_EQ(strcmp(a->cwd, b->cwd), 0);
	CHECK_EQ(strcmp(a->locale, b->locale), 0);
	CHECK_EQ(strcmp(a->zone[0], b->zone[0]), 0);
	CHECK_EQ(strcmp(a->zone[1], b->zone[1]), 0);
	CHECK_EQ(strcmp(a->name, b->name), 0);
	CHECK_EQ(strcmp(a->environment, b->environment), 0);
	CHECK_EQ(a->umask, b->umask);
	CHECK_EQ(a->nice, b->nice);
	for (i = 0; i < (int)RLIM_NLIMITS; i++)
		if (a->limits[i].rlim_cur != b->limits[i].rlim_cur || a->limits[i].rlim_max != b->limits[i].rlim_max)
			FAIL("resource limit %d was %llu/%llu and is %llu/%llu", i, (unsigned long long)a->limits[i].rlim_cur,
			     (unsigned long long)a->limits[i].rlim_max, (unsigned long long)b->limits[i].rlim_cur,
			     (unsigned long long)b->limits[i].rlim_max);
}

/* runtimes_own: what Go's runtime opens for good, once a process, and the library's one eventfd to wake it. */
static bool runtimes_own(const char *target)
{
	return strcmp(target, "anon_inode:[eventpoll]") == 0 || strcmp(target, "anon_inode:[eventfd]") == 0 ||
	       (strncmp(target, "/sys/fs/cgroup/", 15) == 0 && strstr(target, "/cpu") != NULL);
}

/* files marks the open descriptors; those that were not in had are judged: only the runtime's are allowed, at most five, and
 * all are close-on-exec. */
static int files(bool *open, const bool *had)
{
	char path[64], target[256];
	struct dirent *entry;
	int fd, runtime = 0;
	ssize_t n;
	DIR *dir;

	memset(open, 0, 1024 * sizeof(*open));
	dir = opendir("/proc/self/fd");
	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		CHECK(fd < 1024);
		open[fd] = true;
		if (!had || had[fd])
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		CHECK(n > 0);
		target[n] = 0;
		if (!runtimes_own(target))
			FAIL("file descriptor %d, %s, is left", fd, target);
		runtime++;
		CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	closedir(dir);
	CHECK(runtime <= 5); /* two of cgroups, an epoll, two eventfds */
	return runtime;
}

/* all_cloexec: while the library works, none of its descriptors would reach a program that is executed. */
static void all_cloexec(const bool *had)
{
	int fd, found = 0;

	for (fd = 0; fd < 1024; fd++)
		if (!had[fd] && fcntl(fd, F_GETFD) >= 0) {
			found++;
			if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
				FAIL("file descriptor %d is not close-on-exec", fd);
		}
	CHECK(found > 0);
}

static void fails_to_connect(const char *option, const char *value, const char *timeout)
{
	monclient_config_t config = configure();
	monclient_t client;

	CHECK_OK(api.monclient_config_set(config, option, value));
	CHECK_OK(api.monclient_config_set(config, "client_mount_timeout", timeout));
	CHECK(api.monclient_connect(config, NULL, &client) != MONCLIENT_OK);
	CHECK(strcmp(api.monclient_last_error(), "") != 0);
	CHECK_OK(api.monclient_config_destroy(config));
}

/* traces: everything that a program may do, well and badly. The driver looks at what was printed and which files there are. */
static void traces(void)
{
	static struct state before, after;
	static bool had[1024], first[1024], later[1024];
	int i;

	CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL);
	umask(031);
	look(&before);
	files(had, NULL);
	load();
	look(&after); /* at once: not just later, when the runtime has finished */
	same(&before, &after);
	for (i = 0; i < 3; i++) {
		start_work();
		all_cloexec(had);
		work_goes_on(1);
		stop_work();
		atomic_store(&work.stop, false);
		fails_to_connect("mon_host", "127.0.0.1:1,127.0.0.1:2", "1"); /* nobody is there, so that it is tried again */
		fails_to_connect("mon_host", "nonsense::::", "1");
		fails_to_connect("key", "AQAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==", "5");
		files(i == 0 ? first : later, had);
		if (i > 0)
			CHECK_EQ(memcmp(first, later, sizeof(first)), 0);
	}
	counters_are_zero();
	look(&after);
	same(&before, &after);
}

/* environment: CEPH_CONF, CEPH_ARGS and CEPH_KEYRING are nonsense, and nobody asked to read them. */
static void environment(void)
{
	monclient_config_t config;
	char *value;

	load();
	config = configure();
	CHECK(getenv("CEPH_ARGS") != NULL);
	CHECK_OK(api.monclient_config_get(config, "name", &value));
	CHECK_EQ(strcmp(value, "client.admin"), 0);
	api.monclient_free(value);
	CHECK_OK(api.monclient_config_destroy(config));
	start_work();
	stop_work();
}

#ifdef MONCLIENTTEST
/* panics: a bug of the library is a status. */
static void panics(void)
{
	monclienttest_mons_t mons;
	monclient_config_t config;
	monclient_reply_t *reply;
	monclient_t client, other;
	int i;

	load();
	for (i = 0; i < 3; i++) {
		CHECK_EQ(monclienttest_panic_in_call(), MONCLIENT_EINTERNAL);
		CHECK(strcmp(api.monclient_last_error(), "") != 0);
		CHECK_OK(monclienttest_start(3, &mons));
		CHECK_OK(api.monclient_config_create(&config));
		CHECK_OK(monclienttest_configure(mons, config));
		CHECK_OK(api.monclient_connect(config, NULL, &client));
		CHECK_OK(monclienttest_panic_in_client(client));
		CHECK(api.monclient_command(client, status_command, NULL, &reply) != MONCLIENT_OK);
		CHECK_OK(monclienttest_panic_in_dial(mons));
		if (api.monclient_connect(config, NULL, &other) == MONCLIENT_OK)
			CHECK_OK(api.monclient_close(other));
		CHECK_OK(api.monclient_close(client));
		CHECK_OK(api.monclient_config_destroy(config));
		CHECK_OK(monclienttest_stop(mons));
	}
	counters_are_zero();
}
#endif

const struct scenario scenarios[] = {
	{"traces", traces},
	{"environment", environment},
#ifdef MONCLIENTTEST
	{"panics", panics},
#endif
	{NULL, NULL},
};
