/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays scripts once for each allocation of memory, which fails: the job must end with that fault, or as if
 * nothing had happened; never with other facts. Leaks are for AddressSanitizer to find.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scanner/base/thread_alloc.h"
#include "tests/scenarios/play.h"

enum { ALLOCATIONS_MAX = 1000 };

#include "tests/fake/failing_malloc.h"

/* Every request to the arena may be the one that its block cannot meet. */
void *__real_arena_alloc(struct arena *arena, size_t size);
char *__real_arena_text(struct arena *arena, size_t size);
struct span __real_arena_copy(struct arena *arena, struct span s);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
char *__wrap_arena_text(struct arena *arena, size_t size);
struct span __wrap_arena_copy(struct arena *arena, struct span s);

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
	return fails() ? NULL : __real_arena_alloc(arena, size);
}

char *__wrap_arena_text(struct arena *arena, size_t size)
{
	return fails() ? NULL : __real_arena_text(arena, size);
}

struct span __wrap_arena_copy(struct arena *arena, struct span s)
{
	return fails() ? (struct span){ NULL, 0 } : __real_arena_copy(arena, s);
}

static struct script script;
static struct play play;
static struct dump first;
static unsigned long failures;

/* The first run, allocation @n failing; returns its fault. */
static int once(long n)
{
	int fault;

	play.why[0] = '\0';
	thread_alloc_trim(); /* nothing is left from the time before */
	fail_at(n);
	fault = play_init(&play, &script) ? play_run(&play, 0, NULL) : NET_FAULT_MEMORY;
	left = -1;
	return fault;
}

/* Nothing went wrong, and every fact is as it was? */
static bool is_usual(void)
{
	return play.why[0] == '\0' && play.dump.n == first.n && memcmp(play.dump.text, first.text, first.n) == 0;
}

static bool survives(const char *path)
{
	int usual = once(-1);
	long n = 0;

	first = play.dump;
	play_fini(&play);
	do {
		int fault = once(n);
		bool same = fault == usual && (fault != NET_OK || is_usual());

		play_fini(&play);
		if (!same && !(hit && fault == NET_FAULT_MEMORY)) {
			printf("not ok %s, without allocation %ld: fault %d, %s\n", path, n, fault, play.why);
			return false;
		}
		failures += hit;
	} while (hit && ++n < ALLOCATIONS_MAX);
	return !hit;
}

static bool scenario(const char *path)
{
	char why[256];
	bool ok = script_read(&script, path, why, sizeof(why)) == 0 && survives(path);

	script_free(&script);
	if (ok)
		printf("ok %s\n", path);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;

	for (int i = 1; i < argc; i++)
		*(scenario(argv[i]) ? &passed : &failed) += 1;
	thread_alloc_trim();
	printf("%lu allocations failed; %u passed, %u failed\n", failures, passed, failed);
	return failed > 0 || passed == 0 || failures == 0;
}
