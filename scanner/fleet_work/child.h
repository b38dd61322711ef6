/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/child.h - a scan as a process of its own, whose end is looked for and never waited for.
 *
 * It has its own process group, so that a terminal's ^C is ours to pass on, and the kernel kills it when the thread
 * that started it ends: a worker that is killed leaves nobody behind who goes on asking.
 */
#ifndef STSURVEY_SCANNER_FLEET_WORK_CHILD_H
#define STSURVEY_SCANNER_FLEET_WORK_CHILD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "output/error.h"

enum {
	CHILD_LOG_MAX = 1024 * 1024, /* octets of what it says; beyond that the log begins anew */
	CHILD_SAID_MAX = 400,        /* of its last line */
};

struct child {
	pid_t pid;  /* 0: none runs */
	int log;    /* its standard output and error; -1: none */
	int status; /* as waitpid(2) has it, once it has ended */
};

/* What there is before child_start, and after child_end. */
#define CHILD_NONE ((struct child){ .log = -1 })

struct child_start {
	const char *program;
	char *const *argv;
	int folder;      /* a descriptor: where it works */
	int input;       /* its standard input */
	const char *log; /* a file, emptied first, in that folder */
};

/* The program `stsurvey`: the one beside ours, or that of PATH. False, with "stsurvey" in @path: there is none. */
bool child_find_program(char path[static PATH_MAX]);

/* What `@program --version` says first, within a few seconds; @folder: where it may write meanwhile. 0, or -1 with one
 * line in @error. */
__attribute__((warn_unused_result)) int child_version(const char *program, int folder,
						      char version[static CHILD_SAID_MAX], struct error *error);

/* 0, or -1 with one line in @error: nothing was started. To be called on a thread that stays until the child's end. */
__attribute__((warn_unused_result)) int child_start(struct child *child, const struct child_start *start,
						    struct error *error);

/* Has it ended? Does not wait. Its log is kept within bounds. */
bool child_has_ended(struct child *child);

/* Ask it to end (SIGTERM), or end it (SIGKILL); nothing where it has ended. */
void child_signal(const struct child *child, int number);

/* Wait up to @seconds for its end, then kill it and wait for that. */
void child_end(struct child *child, double seconds);

/* The last line that it has said, without time and level; "": none. Before child_forget. */
void child_said(const struct child *child, char said[static CHILD_SAID_MAX]);

/* How it ended, in words: "was ended by signal 9 (Killed)", "ended with exit status 1". */
void child_tell_end(const struct child *child, struct error *words);

/* Close its log; it has ended. */
void child_forget(struct child *child);

#endif
