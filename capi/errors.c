/* Texts of statuses, and of the last error of each thread. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

/* Those of Linux (include/uapi/asm-generic/errno.h), with the texts of strerror. */
static const char *const errnos[] = {
	[1] = "operation not permitted",
	[2] = "no such file or directory",
	[3] = "no such process",
	[4] = "interrupted system call",
	[5] = "input/output error",
	[6] = "no such device or address",
	[7] = "argument list too long",
	[8] = "exec format error",
	[9] = "bad file descriptor",
	[10] = "no child processes",
	[11] = "resource temporarily unavailable",
	[12] = "cannot allocate memory",
	[13] = "permission denied",
	[14] = "bad address",
	[15] = "block device required",
	[16] = "device or resource busy",
	[17] = "file exists",
	[18] = "invalid cross-device link",
	[19] = "no such device",
	[20] = "not a directory",
	[21] = "is a directory",
	[22] = "invalid argument",
	[23] = "too many open files in system",
	[24] = "too many open files",
	[25] = "inappropriate ioctl for device",
	[26] = "text file busy",
	[27] = "file too large",
	[28] = "no space left on device",
	[29] = "illegal seek",
	[30] = "read-only file system",
	[31] = "too many links",
	[32] = "broken pipe",
	[33] = "numerical argument out of domain",
	[34] = "numerical result out of range",
	[35] = "resource deadlock avoided",
	[36] = "file name too long",
	[37] = "no locks available",
	[38] = "function not implemented",
	[39] = "directory not empty",
	[40] = "too many levels of symbolic links",
	[42] = "no message of desired type",
	[43] = "identifier removed",
	[44] = "channel number out of range",
	[45] = "Level 2 not synchronized",
	[46] = "Level 3 halted",
	[47] = "Level 3 reset",
	[48] = "link number out of range",
	[49] = "protocol driver not attached",
	[50] = "no CSI structure available",
	[51] = "Level 2 halted",
	[52] = "invalid exchange",
	[53] = "invalid request descriptor",
	[54] = "exchange full",
	[55] = "no anode",
	[56] = "invalid request code",
	[57] = "invalid slot",
	[59] = "bad font file format",
	[60] = "device not a stream",
	[61] = "no data available",
	[62] = "timer expired",
	[63] = "out of streams resources",
	[64] = "machine is not on the network",
	[65] = "package not installed",
	[66] = "object is remote",
	[67] = "link has been severed",
	[68] = "advertise error",
	[69] = "srmount error",
	[70] = "communication error on send",
	[71] = "protocol error",
	[72] = "multihop attempted",
	[73] = "RFS specific error",
	[74] = "bad message",
	[75] = "value too large for defined data type",
	[76] = "name not unique on network",
	[77] = "file descriptor in bad state",
	[78] = "remote address changed",
	[79] = "can not access a needed shared library",
	[80] = "accessing a corrupted shared library",
	[81] = ".lib section in a.out corrupted",
	[82] = "attempting to link in too many shared libraries",
	[83] = "cannot exec a shared library directly",
	[84] = "invalid or incomplete multibyte or wide character",
	[85] = "interrupted system call should be restarted",
	[86] = "streams pipe error",
	[87] = "too many users",
	[88] = "socket operation on non-socket",
	[89] = "destination address required",
	[90] = "message too long",
	[91] = "protocol wrong type for socket",
	[92] = "protocol not available",
	[93] = "protocol not supported",
	[94] = "socket type not supported",
	[95] = "operation not supported",
	[96] = "protocol family not supported",
	[97] = "address family not supported by protocol",
	[98] = "address already in use",
	[99] = "cannot assign requested address",
	[100] = "network is down",
	[101] = "network is unreachable",
	[102] = "network dropped connection on reset",
	[103] = "software caused connection abort",
	[104] = "connection reset by peer",
	[105] = "no buffer space available",
	[106] = "transport endpoint is already connected",
	[107] = "transport endpoint is not connected",
	[108] = "cannot send after transport endpoint shutdown",
	[109] = "too many references: cannot splice",
	[110] = "connection timed out",
	[111] = "connection refused",
	[112] = "host is down",
	[113] = "no route to host",
	[114] = "operation already in progress",
	[115] = "operation now in progress",
	[116] = "stale file handle",
	[117] = "structure needs cleaning",
	[118] = "not a XENIX named type file",
	[119] = "no XENIX semaphores available",
	[120] = "is a named type file",
	[121] = "remote I/O error",
	[122] = "disk quota exceeded",
	[123] = "no medium found",
	[124] = "wrong medium type",
	[125] = "operation canceled",
	[126] = "required key not available",
	[127] = "key has expired",
	[128] = "key has been revoked",
	[129] = "key was rejected by service",
	[130] = "owner died",
	[131] = "state not recoverable",
	[132] = "operation not possible due to RF-kill",
	[133] = "memory page has hardware error",
};

const char *monclient_strerror(int status)
{
	switch (status) {
	case MONCLIENT_OK:
		return "success";
	case MONCLIENT_ECLOSED:
		return "closed";
	case MONCLIENT_EBADHANDLE:
		return "no such handle";
	case MONCLIENT_EFORKED:
		return "the process was forked after it had loaded libmonclient";
	case MONCLIENT_EINTERNAL:
		return "internal error";
	}
	if (status > 0)
		return "success";
	if (status > -(int)(sizeof(errnos) / sizeof(errnos[0])) && errnos[-status])
		return errnos[-status];
	return "unknown status";
}

/* The text of a thread's last error. */
struct last_error {
	char *text; /* on the heap, or NULL */
	char *spare; /* what text was before: it may be an argument of the call that fails now */
};

static pthread_key_t last_error_key;
static pthread_once_t last_error_once = PTHREAD_ONCE_INIT;
static bool last_error_ok;

static void last_error_end(void *p)
{
	struct last_error *e = p;

	free(e->text);
	free(e->spare);
	free(e);
}

/* pthread_exit and return from main do not run the destructor of the main thread's value. */
__attribute__((destructor)) static void last_error_exit(void)
{
	struct last_error *e = last_error_ok ? pthread_getspecific(last_error_key) : NULL;

	if (e) {
		pthread_setspecific(last_error_key, NULL);
		last_error_end(e);
	}
}

static void last_error_init(void)
{
	last_error_ok = pthread_key_create(&last_error_key, last_error_end) == 0;
}

static struct last_error *last_error(bool make)
{
	struct last_error *e;

	pthread_once(&last_error_once, last_error_init);
	if (!last_error_ok)
		return NULL;
	e = pthread_getspecific(last_error_key);
	if (!e && make && (e = calloc(1, sizeof(*e))) != NULL && pthread_setspecific(last_error_key, e) != 0) {
		free(e);
		e = NULL;
	}
	return e;
}

/* What the last error means for a command. */
static __thread int last_outcome;

int monclient_last_outcome(void) { return last_outcome; }

void capi_set_outcome(int outcome) { last_outcome = outcome; }

const char *monclient_last_error(void)
{
	struct last_error *e = last_error(false);

	return e && e->text ? e->text : "";
}

void capi_set_error(const char *text, size_t len)
{
	struct last_error *e = last_error(true);
	char *copy;

	last_outcome = MONCLIENT_OUTCOME_NONE;
	if (!e)
		return;
	copy = malloc(len + 1);
	if (copy) {
		if (len)
			memcpy(copy, text, len);
		copy[len] = '\0';
	}
	free(e->spare);
	e->spare = e->text;
	e->text = copy;
}

int capi_fail(int status, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	capi_set_error(text, strlen(text));
	return status;
}
