/* What a library costs before it is used: loads it and prints, as JSON, what of this process's memory is its own, and which
 * files the loader has mapped.
 *
 *     load [LIBRARY] */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long kilobytes(const char *line, const char *name)
{
	return strncmp(line, name, strlen(name)) == 0 ? atol(line + strlen(name)) : 0;
}

int main(int argc, char **argv)
{
	char line[4096], last[4096] = "";
	long private_kb = 0, rss_kb = 0;
	const char *separator = "";
	FILE *f;

	if (argc > 1 && !dlopen(argv[1], RTLD_NOW)) {
		fprintf(stderr, "load: %s\n", dlerror());
		return 1;
	}
	if (argc > 1) {
		/* Ours has a runtime that starts by itself: any call waits until it has. */
		void *lib = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD);
		int (*counters)(void *) = (int (*)(void *))dlsym(lib, "monclient_counters");
		unsigned c[16] = {sizeof(unsigned) * 10};

		if (counters && counters(c) != 0)
			return 1;
	}
	f = fopen("/proc/self/smaps_rollup", "r");
	while (f && fgets(line, sizeof(line), f)) {
		private_kb += kilobytes(line, "Private_Clean:") + kilobytes(line, "Private_Dirty:");
		rss_kb += kilobytes(line, "Rss:");
	}
	if (!f || rss_kb == 0)
		return 1;
	fclose(f);
	printf("{\"private_kb\": %ld, \"rss_kb\": %ld, \"files\": [", private_kb, rss_kb);
	f = fopen("/proc/self/maps", "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *path = strchr(line, '/');

		if (!path || !strstr(path, ".so"))
			continue;
		path[strcspn(path, "\n")] = '\0';
		if (strcmp(path, last) != 0) {
			printf("%s\"%s\"", separator, path);
			separator = ", ";
			strcpy(last, path);
		}
	}
	puts("]}");
	return 0;
}
