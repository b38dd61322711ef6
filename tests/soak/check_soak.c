/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/soak/check_soak.c - does each record say what the name makes it say? check_soak SCAN
 *
 * Prints name=value lines: records, those with STS, and by policy host how many were judged as its row of hosts.c has
 * it; then a line for each of the first wrong ones. Exit status 1 when one is wrong. Whether each index is there once
 * is check_scan's to tell.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/classify/classify.h"
#include "output/scan_file/reader.h"
#include "tests/soak/hosts.h"

enum { SHOWN_MAX = 20 };

struct check {
	uint64_t records, sts, wrong, open;
	uint64_t right_at[SOAK_HOSTS];
};

/* What is not as the name has it; NULL: nothing. */
static const char *differs(const struct world_domain *domain, const struct judgement *judged)
{
	const struct soak_host *host = soak_host(domain->bits % SOAK_HOSTS);
	const enum record_state tlsrpt = domain->tlsrpt ? RECORD_VALID : RECORD_NONE;

	/* What was lost too often is left open, and says so. */
	if (judged->status == DOMAIN_UNKNOWN && finding_any(&judged->findings, SEVERITY_TRANSIENT, COMPONENT_NONE))
		return NULL;
	if (judged->status != DOMAIN_COMPLETE)
		return "status";
	if (!domain->exists)
		return judged->record[TXT_STS] == RECORD_NOT_ASKED && judged->component == COMPONENT_NONE
			       ? NULL
			       : "name that does not exist";
	if (judged->record[TXT_STS] != (domain->sts ? RECORD_VALID : RECORD_NONE))
		return "STS record";
	if (judged->record[TXT_TLSRPT] != tlsrpt && !domain->wildcard)
		return "TLSRPT record";
	if (judged->component != (domain->sts ? host->component : COMPONENT_NONE))
		return "component";
	if (!domain->sts)
		return NULL;
	if (host->finding < FINDING_COUNT && !finding_has(&judged->findings, host->finding))
		return "finding";
	if (judged->verdict != (host->component == COMPONENT_OK ? VERDICT_ENFORCE_OK : VERDICT_NO_POLICY))
		return "verdict";
	return NULL;
}

static void show(const struct observation *o, const struct world_domain *domain, const struct judgement *judged,
		 const char *what)
{
	printf("wrong %s: %.*s, policy host %u, status %s, component %s, policy %s, findings", what, (int)o->name.n,
	       o->name.p, domain->bits % SOAK_HOSTS, domain_status_names[judged->status],
	       component_names[judged->component], connect_status_names[o->policy.status]);
	for (enum finding f = finding_next(&judged->findings, 0); f < FINDING_COUNT;
	     f = finding_next(&judged->findings, f + 1))
		printf(" %u", (unsigned)finding_table[f].number);
	printf("\n");
}

static void check_record(struct check *check, const struct observation *o)
{
	static struct classification result;
	struct world_domain domain;
	const char *what;

	classify(o, &result);
	world_look(&WORLD_SHARES_DEFAULT, world_hash(o->name.p, o->name.n), &domain);
	what = differs(&domain, &result.judgement);
	check->records++;
	check->sts += domain.sts;
	check->open += result.judgement.status == DOMAIN_UNKNOWN;
	if (!what)
		check->right_at[domain.bits % SOAK_HOSTS] += domain.sts && result.judgement.status == DOMAIN_COMPLETE;
	else if (check->wrong++ < SHOWN_MAX)
		show(o, &domain, &result.judgement, what);
}

static void print(const struct check *check)
{
	uint64_t good = 0;

	printf("records=%" PRIu64 "\nsts=%" PRIu64 "\nunknown=%" PRIu64 "\nwrong=%" PRIu64 "\n", check->records,
	       check->sts, check->open, check->wrong);
	for (unsigned i = 0; i < SOAK_HOSTS; i++) {
		if (soak_host(i)->finding < FINDING_COUNT)
			printf("right %s=%" PRIu64 "\n", finding_table[soak_host(i)->finding].code, check->right_at[i]);
		else
			good += check->right_at[i];
	}
	printf("right ok=%" PRIu64 "\n", good);
}

int main(int argc, char **argv)
{
	struct error error;
	struct check check = { 0 };
	struct observation o;
	struct reader *reader;
	int more;

	if (argc != 2) {
		fprintf(stderr, "usage: check_soak SCAN\n");
		return 2;
	}
	if (reader_open(&reader, argv[1], &error) != 0) {
		fprintf(stderr, "check_soak: %s\n", error.text);
		return 1;
	}
	while ((more = reader_next(reader, &o, &error)) > 0)
		check_record(&check, &o);
	if (more < 0)
		fprintf(stderr, "check_soak: %s\n", error.text);
	print(&check);
	reader_close(reader);
	return more == 0 && check.wrong == 0 ? 0 : 1;
}
