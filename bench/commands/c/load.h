/*
 * What load.c, which is alike for both, wants of librados.c and monclient.c. Whatever fails ends the program.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

/* A session is whatever handle a side has. */
typedef union session {
	void *pointer;
	uint64_t number;
} session_t;

/* What is asked for. */
struct job {
	const char *mode;    /* secure or crc */
	const char *command; /* a JSON object */
	const void *input;   /* goes along with it */
	size_t input_len;
};

/* Times of operations, nanoseconds each. */
struct samples {
	int64_t *latencies;
	size_t n, room;
};

/* What run_pipeline keeps in flight. */
enum operation { COMMAND, VERSION };

extern const struct job *const job;

void fail(const char *what, const char *why) __attribute__((noreturn));
int64_t now(void);
void add_sample(struct samples *s, int64_t latency);

/* Prints what the library calls itself. */
void print_version(char *to, size_t size);
session_t open_session(void);
void close_session(session_t session);
/* Returns the size of the output. */
size_t run_command(session_t session);
/* Asks the monitors for the newest osdmap's epoch. */
void ask_version(session_t session);
/* Keeps so many operations in flight from one thread until that time, and then waits for those that are left. Returns the size
   of an output. */
size_t run_pipeline(session_t session, enum operation operation, long in_flight, int64_t until, struct samples *samples);
/* How many TCP connections the process has begun, -1: not known. */
long connections(void);

#endif
