/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/gen_list.c - write made-up domains: gen_list COUNT [FIRST [list|dnsperf|txt]]
 *
 *   list     one name a line, for scan, udp_limit and massdns
 *   dnsperf  the three questions of a domain, for dnsperf -d
 *   txt      the names of its two TXT questions, for massdns -t TXT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/name.h"
#include "parsers/span.h"

enum { OUT_BUFFER = 1 << 20 };

static void write_list(const char *name)
{
	fputs(name, stdout);
	putchar('\n');
}

static void write_dnsperf(const char *name)
{
	printf("%s MX\n_mta-sts.%s TXT\n_smtp._tls.%s TXT\n", name, name, name);
}

static void write_txt(const char *name)
{
	printf("_mta-sts.%s\n_smtp._tls.%s\n", name, name);
}

static const struct {
	const char *word;
	void (*write)(const char *name);
} formats[] = { { "list", write_list }, { "dnsperf", write_dnsperf }, { "txt", write_txt } };

int main(int argc, char **argv)
{
	const char *word = argc > 3 ? argv[3] : "list";
	void (*write)(const char *name) = NULL;
	char name[NAME_MAX_OCTETS];

	for (size_t i = 0; i < COUNT_OF(formats); i++)
		if (strcmp(formats[i].word, word) == 0)
			write = formats[i].write;
	if (argc < 2 || argc > 4 || !write) {
		fprintf(stderr, "usage: gen_list COUNT [FIRST [list|dnsperf|txt]]\n");
		return 2;
	}
	const unsigned long count = strtoul(argv[1], NULL, 10);
	const unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	if (count > NAME_COUNT || first > NAME_COUNT - count) {
		fprintf(stderr, "gen_list: only %d names are unlike each other\n", NAME_COUNT);
		return 2;
	}
	setvbuf(stdout, NULL, _IOFBF, OUT_BUFFER);
	for (unsigned long i = first; i < first + count; i++) {
		name_write((uint32_t)i, name);
		write(name);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
