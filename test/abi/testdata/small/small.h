#include <stdint.h>

#define API __attribute__((visibility("default")))

typedef void (*small_cb)(const char *text, void *userdata);

typedef struct small_options {
	uint32_t struct_size;
	/* padding */
	uint64_t first;
	/* middle */
	uint64_t second;
	small_cb callback;
} small_options_t;

API int small_open(const small_options_t *options, uint32_t flags, uint64_t *handle);
API int small_close(uint64_t handle);
