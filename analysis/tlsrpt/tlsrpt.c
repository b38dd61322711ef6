/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/tlsrpt/tlsrpt_input.h"
#include "analysis/tlsrpt/tlsrpt_join.h"
#include "analysis/tlsrpt/tlsrpt_mime.h"
#include "analysis/tlsrpt/tlsrpt_tables.h"
#include "output/hash_table.h"
#include "output/text.h"
#include "parsers/hash.h"

enum {
	PIECE = 64 * 1024,    /* octets read at once */
	PLACE = PATH_MAX + 64 /* octets of a path, and where in the file */
};

struct run {
	struct tlsrpt_work *work;
	struct tlsrpt_tables *tables;
	struct tlsrpt_part *source, *leaf, *inner_leaf; /* a file; a part of a message in it; of one in that part */
	struct tlsrpt_mail *mail, *inner_mail;          /* the latter: a message that is a part in base64 */
	struct tlsrpt_join *join;                       /* NULL: without scans */
	struct hash_table known;                        /* reports: two hashes of each and of its identity */
	uint64_t seed[2];
	/* where we are */
	const char *path;
	bool is_mbox, mail_began, inner_began;
	unsigned message, part; /* 0: not within one */
	uint64_t before;        /* reports and rejected ones when the file began */
	bool failed;            /* ours, for this reason: */
	struct error error;
};

static const char *shown_path(const struct run *run)
{
	return strcmp(run->path, "-") == 0 ? "standard input" : run->path;
}

/* As notes.csv calls it: a message of an mbox by its number. */
static void place_of(const struct run *run, char place[static PLACE])
{
	if (run->is_mbox && run->message > 0)
		snprintf(place, PLACE, "%s (message %u)", shown_path(run), run->message);
	else
		snprintf(place, PLACE, "%s", shown_path(run));
}

static bool no_memory(struct run *run)
{
	if (!run->failed)
		error_set(&run->error, "no memory");
	run->failed = true;
	return false;
}

/* ---- the same one again? ---- */

static uint64_t hash_identity(const struct tlsrpt_report *report, uint64_t hash)
{
	struct span organization = tlsrpt_span(report, report->organization), id = tlsrpt_span(report, report->id);
	int64_t start = report->has_start ? report->start : INT64_MIN;

	hash = hash_octet(hash_octets(hash, organization.p, organization.n), UINT8_MAX + 1);
	hash = hash_octet(hash_octets(hash, id.p, id.n), UINT8_MAX + 1);
	hash = hash_octets(hash, &start, sizeof(start));
	for (size_t i = 0; i < report->policy_count; i = tlsrpt_report_domain_end(report, i)) {
		struct span domain = tlsrpt_span(report, report->policy[i].domain);

		hash = hash_octet(hash_octets(hash, domain.p, domain.n), UINT8_MAX + 1);
	}
	return hash;
}

static uint64_t hash_all(const struct tlsrpt_report *report, uint64_t hash)
{
	hash = hash_octet(hash_identity(report, hash), UINT8_MAX + 2);
	hash = hash_octets(hash, report->text.p, report->text.n);
	hash = hash_octets(hash, report->details.p, report->details.n);
	for (size_t i = 0; i < report->policy_count; i++) {
		hash = hash_octets(hash, &report->policy[i].succeeded, sizeof(report->policy[i].succeeded));
		hash = hash_octets(hash, &report->policy[i].failed, sizeof(report->policy[i].failed));
	}
	return hash;
}

typedef uint64_t hash_report(const struct tlsrpt_report *report, uint64_t hash);

static bool is_known(const struct run *run, const struct tlsrpt_report *report, hash_report *of)
{
	uint64_t mark = of(report, run->seed[1]) | 1;
	void *item;

	for (size_t at = 0; (item = hash_table_next(&run->known, of(report, run->seed[0]), &at));)
		if ((uintptr_t)item == mark)
			return true;
	return false;
}

static void learn(struct run *run, const struct tlsrpt_report *report, hash_report *of)
{
	if (hash_table_reserve(&run->known, 1))
		hash_table_put(&run->known, of(report, run->seed[0]),
			       (void *)(uintptr_t)(of(report, run->seed[1]) | 1));
	else
		no_memory(run);
}

/* NULL: it is new. Without an identifier two are the same where all is; with one, whoever wrote the second may be
 * another: anybody can send a report in another's name before his own comes. */
static const char *duplicate_of(const struct run *run, const struct tlsrpt_report *report)
{
	if (is_known(run, report, hash_all))
		return "duplicate";
	if (report->id.n > 0 && is_known(run, report, hash_identity))
		return "duplicate, but not the same: see who sent both";
	return NULL;
}

/* ---- reports ---- */

static void on_report(void *arg, struct tlsrpt_report *report)
{
	struct run *run = arg;
	const char *duplicate = duplicate_of(run, report);
	char place[PLACE];

	place_of(run, place);
	if (run->failed)
		return;
	if (duplicate) {
		run->work->duplicates++;
		if (!tlsrpt_tables_duplicate(run->tables, place, report, duplicate))
			run->failed = true;
		return;
	}
	learn(run, report, hash_all);
	learn(run, report, hash_identity);
	if (run->failed)
		return;
	run->work->reports++;
	if (!tlsrpt_tables_add(run->tables, place, report) ||
	    (run->join && tlsrpt_join_add(run->join, report, &run->error) < 0))
		run->failed = true;
}

static void on_bad(void *arg, const char *why)
{
	struct run *run = arg;
	char place[PLACE], note[ERROR_TEXT_MAX + 64], where[64] = "";
	struct error line;

	run->work->rejected++;
	place_of(run, place);
	if (run->message > 0)
		snprintf(where, sizeof(where), run->part > 0 ? " (message %u, part %u)" : " (message %u)", run->message,
			 run->part);
	error_set(&line, "%.300s%s: %s", shown_path(run), where, why);
	fprintf(stderr, "stsurvey tlsrpt: %s\n", line.text);
	snprintf(note, sizeof(note), "rejected: %s", why);
	snprintf(where, sizeof(where), run->part > 0 ? "part %u" : "", run->part);
	if (!tlsrpt_tables_note(run->tables, place, (struct span){ "", 0 }, where, note))
		run->failed = true;
}

/* ---- mail ---- */

static void on_part(void *arg, unsigned number)
{
	struct run *run = arg;

	run->part = number;
}

/* What fails is our own: a temporary file. */
static int feed_mail(struct run *run, struct tlsrpt_mail *mail, struct span octets, struct error *error)
{
	if (tlsrpt_mail_feed(mail, octets, error) == 0)
		return 0;
	run->failed = true;
	run->error = *error;
	return -1;
}

static void on_inner_part(void *arg, unsigned number)
{
	(void)arg; /* it keeps the number of the part that the message is */
	(void)number;
}

/* Reports, whatever became of them. */
static uint64_t found(const struct run *run)
{
	return run->work->reports + run->work->duplicates + run->work->rejected;
}

/* What is meant as a report and is none, or cannot be looked into, is told. False: there is nothing of ours in it. */
static bool judge_message(struct run *run, const struct tlsrpt_message *message, const struct tlsrpt_mime_end *end,
			  uint64_t before)
{
	const char *bad = message->bad;

	if (!bad && end->is_too_deep)
		bad = "messages or parts within each other too deep";
	if (bad && message->is_report)
		on_bad(run, bad);
	else if (!bad && found(run) == before && end->is_report)
		on_bad(run, "a message that calls itself a TLS report, and no part of it is one");
	return found(run) != before;
}

/* A forwarded message in a transfer encoding is a part like others to GMime: it is read as mail of its own, once. */
static int on_inner_message(void *arg, const struct tlsrpt_message *message, struct error *error)
{
	static const struct tlsrpt_mime_events events = { .on_part = on_inner_part };
	struct run *run = arg;
	struct tlsrpt_mime_end end = { 0 };
	uint64_t before = found(run);
	int result = message->bad ? 0 : tlsrpt_mime_read(message, run->inner_leaf, &events, run, &end, error);

	if (result == 0)
		judge_message(run, message, &end, before);
	return result;
}

static int on_inner_mail(void *arg, bool is_mbox, struct span octets, struct error *error)
{
	struct run *run = arg;

	if (!run->inner_began)
		tlsrpt_mail_begin(run->inner_mail, is_mbox);
	run->inner_began = true;
	return feed_mail(run, run->inner_mail, octets, error);
}

static int on_leaf_end(void *arg, struct error *error)
{
	struct run *run = arg;
	bool began = run->inner_began;

	run->inner_began = false;
	return began ? tlsrpt_mail_end(run->inner_mail, error) : 0;
}

static int on_message(void *arg, const struct tlsrpt_message *message, struct error *error)
{
	static const struct tlsrpt_mime_events events = { .on_part = on_part, .on_part_end = on_leaf_end };
	struct run *run = arg;
	struct tlsrpt_mime_end end = { 0 };
	uint64_t before = found(run);
	int result = 0;

	run->message = message->number;
	run->part = 0;
	if (!message->bad)
		result = tlsrpt_mime_read(message, run->leaf, &events, run, &end, error);
	run->part = 0;
	if (result == 0 && !judge_message(run, message, &end, before))
		run->work->others++;
	run->message = 0;
	return result < 0 || run->failed ? -1 : 0;
}

static int on_mail(void *arg, bool is_mbox, struct span octets, struct error *error)
{
	struct run *run = arg;

	if (!run->mail_began) {
		run->mail_began = true;
		run->is_mbox = is_mbox;
		tlsrpt_mail_begin(run->mail, is_mbox);
	}
	return feed_mail(run, run->mail, octets, error);
}

/* ---- files ---- */

static bool has_ending(const char *path, const char *ending)
{
	size_t n = strlen(path), m = strlen(ending);

	return n >= m && strcasecmp(path + n - m, ending) == 0;
}

/* NULL: it was read to its end, or as far as it was of interest. */
static const char *feed_file(struct run *run, int fd)
{
	static char piece[PIECE];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		if (n == 0 || !tlsrpt_part_feed(run->source, (struct span){ piece, (size_t)n }) || run->failed)
			return NULL;
	}
}

static bool on_file(void *arg, const char *path, int fd)
{
	struct run *run = arg;
	struct tlsrpt_hints hints = { .is_json = has_ending(path, ".json") || has_ending(path, ".json.gz") ||
						 has_ending(path, ".json.zip") };
	struct tlsrpt_part_end end;
	struct error error;
	const char *cut;

	run->path = path;
	run->is_mbox = run->mail_began = false;
	run->message = run->part = 0;
	if (tlsrpt_part_begin(run->source, &hints) < 0)
		return no_memory(run);
	cut = feed_file(run, fd);
	end = tlsrpt_part_end(run->source, cut);
	if (run->mail_began && !run->failed && tlsrpt_mail_end(run->mail, &error) < 0 && !run->failed) {
		run->failed = true;
		run->error = error;
	}
	if (!run->failed && cut && end.bad == 0)
		on_bad(run, cut);
	else if (!end.is_mail && end.reports + end.bad == 0)
		run->work->others++;
	return !run->failed;
}

static void on_unreadable(void *arg, const char *path, const char *why)
{
	struct run *run = arg;

	run->path = path;
	run->is_mbox = false;
	run->message = run->part = 0;
	on_bad(run, why);
}

static int run_all(struct run *run)
{
	static const struct tlsrpt_input_events events = { .on_file = on_file, .on_unreadable = on_unreadable };

	for (int i = 0; i < run->work->count && !run->failed; i++)
		tlsrpt_input_read(run->work->path[i], &events, run);
	if (run->failed || !run->join)
		return run->failed ? -1 : 0;
	return tlsrpt_join_write(run->join, run->work->scan, run->work->scans, run->work->partial,
				 tlsrpt_tables_agreement(run->tables), &run->error);
}

static bool set_up(struct run *run)
{
	static const struct tlsrpt_part_events of_file = { .on_report = on_report,
							   .on_bad = on_bad,
							   .on_mail = on_mail };
	static const struct tlsrpt_part_events of_part = { .on_report = on_report,
							   .on_bad = on_bad,
							   .on_mail = on_inner_mail };
	static const struct tlsrpt_part_events of_inner = { .on_report = on_report, .on_bad = on_bad };

	run->source = tlsrpt_part_new(&of_file, run);
	run->leaf = tlsrpt_part_new(&of_part, run);
	run->inner_leaf = tlsrpt_part_new(&of_inner, run);
	run->mail = tlsrpt_mail_new(on_message, run);
	run->inner_mail = tlsrpt_mail_new(on_inner_message, run);
	run->seed[0] = hash_table_seed();
	run->seed[1] = hash_mix(run->seed[0], hash_table_seed());
	if (run->work->scans > 0)
		run->join = tlsrpt_join_new();
	return run->source && run->leaf && run->inner_leaf && run->mail && run->inner_mail &&
	       (run->join || run->work->scans == 0);
}

int tlsrpt_run(struct tlsrpt_work *work, struct error *error)
{
	struct run run = { .work = work };
	int result;

	work->reports = work->duplicates = work->rejected = work->others = 0;
	if (tlsrpt_tables_check(work->directory, work->path, work->count, error) < 0 ||
	    tlsrpt_tables_check(work->directory, work->scan, work->scans, error) < 0)
		return -1;
	if (!set_up(&run))
		no_memory(&run);
	else
		run.tables = tlsrpt_tables_open(work->directory, work->scans > 0, &run.error);
	result = run.tables ? run_all(&run) : -1;
	if (run.tables && tlsrpt_tables_close(run.tables, result == 0 || !run.error.text[0], error) < 0)
		result = -1; /* what could not be written is told here */
	else if (result < 0)
		*error = run.error;
	tlsrpt_part_free(run.source);
	tlsrpt_part_free(run.leaf);
	tlsrpt_part_free(run.inner_leaf);
	tlsrpt_mail_free(run.mail);
	tlsrpt_mail_free(run.inner_mail);
	tlsrpt_join_free(run.join);
	hash_table_fini(&run.known);
	return result;
}
