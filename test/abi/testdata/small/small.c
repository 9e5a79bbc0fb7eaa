#include "small.h"

struct private {
	int secret;
};
static struct private state;

API int small_open(const small_options_t *options, uint32_t flags, uint64_t *handle)
{
	state.secret++;
	*handle = options->first + flags;
	return 0;
}

API int small_close(uint64_t handle)
{
	return handle == 0 || state.secret == 0;
}

/* new */
