/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/check_internet.c - do two scans of the made-up internet say the same? check_internet COUNT SCAN [SCAN]
 *
 * Prints one `name=value` line for each figure: of the first scan its records, indexes missing and doubled, answers
 * left open and wrong by kind of domain (tests/bench/delegation.h), and when the last domain of the biggest operator
 * and the last of the others was recorded; of both, domains that differ in more than RFC 2308 allows a server: absent
 * is absent, by NXDOMAIN or without records, and TTLs, sources and AD are not looked at; nor is what one of them left
 * open. Exit status 1 where an index is missing or doubled, an answer wrong, or a domain differs whose servers are
 * equal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/scan_file/reader.h"
#include "parsers/hash.h"
#include "tests/bench/delegation.h"
#include "tests/bench/world.h"

enum { OPEN = 1 }; /* the digest of a domain of which something stayed unknown */

struct check {
	uint64_t count, records, beyond, doubled, missing;
	uint64_t open[DELEGATION_KINDS], wrong[DELEGATION_KINDS], differ[DELEGATION_KINDS];
	int64_t first_ms, last_ms[2]; /* of the biggest operator's domains; of the others */
	uint64_t *digest;             /* of each domain's answers in the first scan; 0: none */
};

static const struct delegation_shares shares = DELEGATION_SHARES_DEFAULT;
static const struct world_shares world = { .sts = 10, .tlsrpt = 20 };

static enum delegation_kind look(const struct observation *o, struct delegation *delegation)
{
	delegation_look(&shares, world_hash(o->name.p, o->name.n), delegation);
	return delegation->kind;
}

/* ---- what a scan says of a domain, as one number ---- */

static uint64_t add(uint64_t digest, struct span text)
{
	return (digest ^ world_hash(text.p, text.n)) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static uint64_t add_status(uint64_t digest, enum dns_status status)
{
	const char c = (char)(status == DNS_NXDOMAIN ? DNS_NO_ANSWER : status);

	return add(digest, (struct span){ &c, 1 });
}

static bool is_open(const struct observation *o)
{
	return dns_status_is_transient(o->mx.answer.status) || dns_status_is_transient(o->txt[TXT_STS].answer.status) ||
	       dns_status_is_transient(o->txt[TXT_TLSRPT].answer.status);
}

static uint64_t digest_of(const struct observation *o)
{
	if (is_open(o))
		return OPEN;
	uint64_t digest = add_status(1, o->mx.answer.status), sum = 0;

	/* in any order */
	for (size_t i = 0; i < o->mx.count; i++)
		sum += add(o->mx.record[i].preference, o->mx.record[i].name);
	digest += sum;
	for (int q = 0; q < TXT_QUESTIONS; q++) {
		digest = add_status(digest, o->txt[q].answer.status);
		for (size_t i = 0; i < o->txt[q].count; i++)
			digest = add(digest, o->txt[q].record[i]);
	}
	digest = add_status(digest, (enum dns_status)o->policy.status);
	return digest > OPEN ? digest : OPEN + 1;
}

/* ---- the truth ---- */

static bool is_absent(enum dns_status status)
{
	return status == DNS_NXDOMAIN || status == DNS_NO_ANSWER;
}

/* Is @status what a domain has that @has a record? */
static bool is_wrong(enum dns_status status, bool has)
{
	return has ? is_absent(status) : status == DNS_NOERROR;
}

static void judge(struct check *check, const struct observation *o)
{
	struct world_domain domain;
	struct delegation delegation;
	const enum delegation_kind kind = look(o, &delegation);
	const enum dns_status mx = o->mx.answer.status, sts = o->txt[TXT_STS].answer.status,
			      tlsrpt = o->txt[TXT_TLSRPT].answer.status;
	const bool reachable = kind != DELEGATION_LAME && kind != DELEGATION_SILENT;

	world_look(&world, world_hash(o->name.p, o->name.n), &domain);
	check->open[kind] += is_open(o);
	if (!reachable)
		check->wrong[kind] += !dns_status_is_transient(mx);
	else
		check->wrong[kind] += is_wrong(mx, domain.mx != WORLD_MX_NONE) || is_wrong(sts, domain.sts) ||
				      (kind != DELEGATION_UNEQUAL && is_wrong(tlsrpt, domain.tlsrpt));
}

static void note(struct check *check, const struct observation *o)
{
	const int64_t end_ms = o->time_ms + o->duration_ms;
	struct delegation delegation;

	check->records++;
	if (o->index >= check->count) {
		check->beyond++;
		return;
	}
	check->doubled += check->digest[o->index] != 0;
	check->digest[o->index] = digest_of(o);
	look(o, &delegation);
	if (check->first_ms == 0 || o->time_ms < check->first_ms)
		check->first_ms = o->time_ms;
	int64_t *last = &check->last_ms[delegation.keeper != 0];

	if (end_ms > *last)
		*last = end_ms;
	judge(check, o);
}

static void compare(struct check *check, const struct observation *o)
{
	struct delegation delegation;
	const uint64_t before = o->index < check->count ? check->digest[o->index] : OPEN, now = digest_of(o);

	if (before == now || before == OPEN || now == OPEN)
		return;
	const enum delegation_kind kind = look(o, &delegation);

	if (check->differ[kind]++ == 0)
		fprintf(stderr, "check_internet: %.*s (%s) differs\n", (int)o->name.n, o->name.p,
			delegation_kind_names[kind]);
}

static int read_all(struct check *check, const char *path,
		    void (*on_record)(struct check *, const struct observation *))
{
	struct error error;
	struct observation o;
	struct reader *reader;
	int more;

	if (reader_open(&reader, path, &error) != 0) {
		fprintf(stderr, "check_internet: %s\n", error.text);
		return -1;
	}
	while ((more = reader_next(reader, &o, &error)) > 0)
		on_record(check, &o);
	if (more < 0)
		fprintf(stderr, "check_internet: %s\n", error.text);
	reader_close(reader);
	return more;
}

static int print_all(const struct check *check)
{
	uint64_t bad = check->missing + check->doubled + check->beyond;

	printf("records=%" PRIu64 "\nmissing=%" PRIu64 "\ndoubled=%" PRIu64 "\nbeyond=%" PRIu64 "\n", check->records,
	       check->missing, check->doubled, check->beyond);
	for (int kind = 0; kind < DELEGATION_KINDS; kind++) {
		printf("open_%s=%" PRIu64 "\nwrong_%s=%" PRIu64 "\ndiffer_%s=%" PRIu64 "\n",
		       delegation_kind_names[kind], check->open[kind], delegation_kind_names[kind], check->wrong[kind],
		       delegation_kind_names[kind], check->differ[kind]);
		bad += check->wrong[kind] + (kind == DELEGATION_UNEQUAL ? 0 : check->differ[kind]);
	}
	printf("biggest_ms=%" PRId64 "\nothers_ms=%" PRId64 "\n",
	       check->last_ms[0] ? check->last_ms[0] - check->first_ms : 0,
	       check->last_ms[1] ? check->last_ms[1] - check->first_ms : 0);
	return bad == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct check check = { 0 };

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: check_internet COUNT SCAN [SCAN]\n");
		return 2;
	}
	check.count = strtoull(argv[1], NULL, 10);
	check.digest = calloc(check.count + 1, sizeof(*check.digest));
	if (!check.digest || read_all(&check, argv[2], note) != 0 ||
	    (argc > 3 && read_all(&check, argv[3], compare) != 0))
		return 1;
	for (uint64_t i = 0; i < check.count; i++)
		check.missing += check.digest[i] == 0;
	const int status = print_all(&check);

	free(check.digest);
	return status;
}
