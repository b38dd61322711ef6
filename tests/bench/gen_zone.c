/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/gen_zone.c - write made-up domains with their delegations: gen_zone COUNT [zone|list|txt [KIND [VANITY]]]
 *
 *   zone  the zone file of their registry: two NS records each, as tests/bench/delegation.h has it
 *   list  one name a line
 *   txt   the names of its two TXT questions, for massdns -t TXT
 *
 * KIND: every tenth is of that kind of delegation.h (of the silent, whom scans wait for, every hundredth), the rest are
 * clean; or `others`: only clean ones of other operators than the biggest; or `all`. VANITY: how many of 1000 have name
 * servers of their own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/delegation.h"
#include "tests/bench/name.h"
#include "tests/bench/world.h"

enum { OUT_BUFFER = 1 << 20 };

static void write_zone(struct span name, const struct delegation *delegation)
{
	char host[DELEGATION_HOST_MAX + 256];

	for (unsigned i = 0; i < DELEGATION_NS; i++) {
		delegation_host(delegation, i, name, host);
		printf("%s.\t172800\tIN\tNS\t%s.\n", name.p, host);
	}
}

static void write_list(struct span name, const struct delegation *delegation)
{
	(void)delegation;
	puts(name.p);
}

static void write_txt(struct span name, const struct delegation *delegation)
{
	(void)delegation;
	printf("_mta-sts.%s\n_smtp._tls.%s\n", name.p, name.p);
}

static const struct {
	const char *word;
	void (*write)(struct span name, const struct delegation *delegation);
} forms[] = { { "zone", write_zone }, { "list", write_list }, { "txt", write_txt } };

static bool is_wanted(const struct delegation *delegation, const char *kind, bool turn)
{
	if (strcmp(kind, "all") == 0)
		return true;
	if (strcmp(kind, "others") == 0)
		return delegation->keeper != 0 && delegation->kind == DELEGATION_CLEAN;
	return strcmp(turn ? kind : "clean", delegation_kind_names[delegation->kind]) == 0;
}

int main(int argc, char **argv)
{
	const unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	const char *form = argc > 2 ? argv[2] : "zone", *kind = argc > 3 ? argv[3] : "all";
	struct delegation_shares shares = DELEGATION_SHARES_DEFAULT;
	const unsigned long every = strcmp(kind, "silent") == 0 ? 100 : 10;
	unsigned long written = 0;
	size_t which = 0;

	shares.vanity = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
	while (which < COUNT_OF(forms) && strcmp(forms[which].word, form) != 0)
		which++;
	if (count == 0 || which == COUNT_OF(forms) || argc > 5) {
		fprintf(stderr, "usage: gen_zone COUNT [zone|list|txt [KIND [VANITY]]]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOFBF, OUT_BUFFER);
	if (strcmp(form, "zone") == 0)
		puts(". 86400 IN SOA a.nic. hostmaster.nic. 1 1800 900 604800 300");
	for (uint32_t i = 0; written < count && i < NAME_COUNT; i++) {
		char name[NAME_MAX_OCTETS];
		const struct span text = { name, name_write(i, name) };
		struct delegation delegation;

		delegation_look(&shares, world_hash(text.p, text.n), &delegation);
		if (!is_wanted(&delegation, kind, written % every == every - 1))
			continue;
		forms[which].write(text, &delegation);
		written++;
	}
	if (written < count)
		fprintf(stderr, "gen_zone: there are only %lu such domains\n", written);
	return fflush(stdout) == 0 && written == count ? 0 : 1;
}
