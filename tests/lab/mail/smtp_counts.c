/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mail/smtp_counts.c - the counts file. */
#include "tests/lab/mail/smtp_counts.h"

#include <stdbool.h>
#include <stdio.h>

enum {
	FIRST_NET = 80, /* of 127.80.0.0/16 and those after it */
	NETS = 8,
	WAIT_MS = 200, /* between two states of the file */
};

struct smtp_count {
	uint32_t connections, quits, open, most;
};

static struct smtp_count counts[NETS << 16];
static const char *counts_file;
static bool changed;
static uint64_t written;

void smtp_counts_start(const char *file)
{
	counts_file = file;
}

struct smtp_count *smtp_count(uint32_t address)
{
	uint32_t net = (address >> 16 & 255) - FIRST_NET;
	struct smtp_count *count = &counts[net < NETS ? net << 16 | (address & 0xffff) : 0];

	count->connections++;
	changed = true;
	return count;
}

void smtp_count_open(struct smtp_count *count)
{
	count->open++;
	if (count->open > count->most)
		count->most = count->open;
}

void smtp_count_quit(struct smtp_count *count)
{
	count->quits++;
	changed = true;
}

void smtp_count_gone(struct smtp_count *count)
{
	count->open--;
}

void smtp_counts_write(uint64_t now)
{
	char temporary[1024];
	FILE *file;

	if (!counts_file || !changed || now - written < WAIT_MS)
		return;
	changed = false;
	written = now;
	snprintf(temporary, sizeof(temporary), "%s.new", counts_file);
	file = fopen(temporary, "w");
	if (!file)
		return;
	for (unsigned i = 0; i < NETS << 16; i++)
		if (counts[i].connections)
			fprintf(file, "127.%u.%u.%u %u %u %u\n", FIRST_NET + (i >> 16), i >> 8 & 255, i & 255,
				counts[i].connections, counts[i].quits, counts[i].most);
	if (fclose(file) == 0)
		rename(temporary, counts_file);
}
