/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/check_scan.c - is every domain of the list in the scan file, once? check_scan SCAN COUNT
 *
 * Prints one `name=value` line for each figure: records, indexes missing and doubled among 0…COUNT-1, answers
 * left open, answers that are not what the answerer publishes (its default shares), those among them that call
 * absent what is there, tries, and how long the last hundredth of the domains took against its share. Exit
 * status 1 when an index is missing or doubled, or an answer wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "output/scan_file/reader.h"
#include "tests/bench/world.h"

enum { TAIL_SPAN = 1 << 24 }; /* milliseconds: four hours and a half, longer than any benchmark */

struct check {
	uint64_t count, records, doubled, beyond, open, wrong, absent, tries;
	uint64_t policy[CONNECT_STATUS_COUNT]; /* domains by how the policy host was reached */
	uint8_t *seen;
	uint32_t *ended; /* domains that ended in each millisecond from first_ms on */
	int64_t first_ms, last_ms;
};

static void note_end(struct check *check, const struct observation *o)
{
	const int64_t end_ms = o->time_ms + o->duration_ms;

	if (check->records == 0)
		check->first_ms = o->time_ms -
				  1000; /* records stand in the order of their ends: the first began early, not first */
	if (end_ms > check->last_ms)
		check->last_ms = end_ms;
	if (end_ms >= check->first_ms && end_ms - check->first_ms < TAIL_SPAN)
		check->ended[end_ms - check->first_ms]++;
}

/* Is @status, unless it is left open, what the world says? A question not asked is none of ours. */
static void compare(struct check *check, enum dns_status status, bool exists, bool has_records)
{
	const bool found = status == DNS_NOERROR;

	if (dns_status_is_transient(status))
		return;
	check->wrong += found != (exists && has_records) || (exists && status == DNS_SKIPPED);
	check->absent += exists && has_records && !found;
}

/* The answers' content too: each MX, and the record rather than another TXT. */
static void compare_all(struct check *check, const struct observation *o)
{
	static const unsigned mx_records[] = {
		[WORLD_MX_GOOGLE] = 5, [WORLD_MX_GOOGLE_ONE] = 1, [WORLD_MX_OUTLOOK] = 1, [WORLD_MX_OWN] = 1,
		[WORLD_MX_APEX] = 1,   [WORLD_MX_HOSTER] = 2,     [WORLD_MX_NULL] = 1,    [WORLD_MX_NONE] = 0
	};
	struct world_domain domain;

	world_look(&WORLD_SHARES_DEFAULT, world_hash(o->name.p, o->name.n), &domain);
	compare(check, o->mx.answer.status, domain.exists, mx_records[domain.mx] > 0);
	check->wrong += o->mx.answer.status == DNS_NOERROR && o->mx.count != mx_records[domain.mx];
	if (dns_status_is_transient(o->mx.answer.status))
		return; /* whether it exists is unknown, so it was not asked further */
	compare(check, o->txt[TXT_STS].answer.status, domain.exists, domain.sts || domain.wildcard);
	compare(check, o->txt[TXT_TLSRPT].answer.status, domain.exists, domain.tlsrpt || domain.wildcard);
	check->wrong += domain.sts && o->txt[TXT_STS].count > 0 &&
			!span_starts_with(o->txt[TXT_STS].record[0], SPAN_LITERAL("v=STSv1;"));
	check->wrong += domain.tlsrpt && o->txt[TXT_TLSRPT].count > 0 &&
			!span_starts_with(o->txt[TXT_TLSRPT].record[0], SPAN_LITERAL("v=TLSRPTv1;"));
}

static void note(struct check *check, const struct observation *o)
{
	note_end(check, o);
	check->records++;
	if (o->index >= check->count)
		check->beyond++;
	else if (check->seen[o->index]++ != 0)
		check->doubled++;
	check->open += dns_status_is_transient(o->mx.answer.status) ||
		       dns_status_is_transient(o->txt[TXT_STS].answer.status) ||
		       dns_status_is_transient(o->txt[TXT_TLSRPT].answer.status);
	check->policy[o->policy.status]++;
	compare_all(check, o);
	check->tries += (uint64_t)o->mx.answer.tries + o->txt[TXT_STS].answer.tries + o->txt[TXT_TLSRPT].answer.tries;
}

static uint64_t missing(const struct check *check)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < check->count; i++)
		n += check->seen[i] == 0;
	return n;
}

/* Time the last hundredth took ÷ a hundredth of the time; starts are spread over a few hundred milliseconds
 * at most. */
static double tail(const struct check *check)
{
	const uint64_t most = check->records - check->records / 100;
	int64_t first = -1, at = 0;
	uint64_t n = 0;

	for (; at < TAIL_SPAN && n < most; at++) {
		n += check->ended[at];
		if (n > 0 && first < 0)
			first = at;
	}
	const int64_t last = check->last_ms - check->first_ms;

	return last > first ? (double)(last - at) * 100 / (double)(last - first) : 0;
}

static void print_policy(const struct check *check)
{
	for (int i = CONNECT_SUCCESS; i < CONNECT_STATUS_COUNT; i++)
		if (check->policy[i] > 0)
			printf("policy %s=%" PRIu64 "\n", connect_status_names[i], check->policy[i]);
}

int main(int argc, char **argv)
{
	struct error error;
	struct check check = { 0 };
	struct observation o;
	struct reader *reader;
	struct timespec cpu;
	int more;

	if (argc != 3) {
		fprintf(stderr, "usage: check_scan SCAN COUNT\n");
		return 2;
	}
	check.count = strtoull(argv[2], NULL, 10);
	check.seen = calloc(check.count + 1, 1);
	check.ended = calloc(TAIL_SPAN, sizeof(*check.ended));
	if (!check.seen || !check.ended || reader_open(&reader, argv[1], &error) != 0) {
		fprintf(stderr, "check_scan: cannot read %s\n", argv[1]);
		return 1;
	}
	while ((more = reader_next(reader, &o, &error)) > 0)
		note(&check, &o);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	if (more < 0)
		fprintf(stderr, "check_scan: %s\n", error.text);
	printf("records=%" PRIu64 "\nmissing=%" PRIu64 "\ndoubled=%" PRIu64 "\nbeyond=%" PRIu64 "\nopen=%" PRIu64
	       "\nwrong=%" PRIu64 "\nabsent=%" PRIu64 "\ntries=%" PRIu64
	       "\nhas_trailer=%d\ntorn=%d\ntail=%.2f\ncpu_seconds=%.3f\n",
	       check.records, missing(&check), check.doubled, check.beyond, check.open, check.wrong, check.absent,
	       check.tries, reader_end(reader)->trailer ? 1 : 0, reader_end(reader)->torn, tail(&check),
	       (double)cpu.tv_sec + (double)cpu.tv_nsec * 1e-9);
	print_policy(&check);
	const bool good = more == 0 && missing(&check) == 0 && check.doubled == 0 && check.beyond == 0 &&
			  check.wrong == 0;

	reader_close(reader);
	free(check.seen);
	free(check.ended);
	return good ? 0 : 1;
}
