/* SPDX-License-Identifier: BSD-2-Clause */
/* Scan files that somebody else made or changed: what verify says of each, and what the others make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/frame.h"
#include "output/scan_file/record.h"
#include "scanner/options/exit_status.h"
#include "tests/analysis/facts.h"
#include "tests/analysis/run_command.h"

enum {
	FRAMES = 6, /* header, four of domains, trailer */
	PER_FRAME = 3,
	DOMAINS = (FRAMES - 2) * PER_FRAME,
	CHANGES = 100, /* a command takes some 10 ms */
	CHANGES_LONG = 5000,
	FRAMES_MAX = 2 * FRAMES,
	FILE_MAX = 64 * 1024,
};

static const char *const survey[] = {
	"",
	"http 404",
	"name -\ninput illegal",
	"sts SERVFAIL",
	"mx - \nsts -",
	"input blocklisted",
	"rank 3\nname www.example.org",
};

/* The content of each frame. */
static struct span content[FRAMES];
static struct frame_press *press;

static uint32_t random_below(uint32_t n)
{
	static uint32_t state = 20261127;

	state = state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)state * n >> 32);
}

static void keep(struct record_buffer *buffer, size_t frame)
{
	struct span made = record_buffer_content(buffer);
	char *copy = malloc(made.n);

	memcpy(copy, made.p, made.n);
	content[frame] = (struct span){ copy, made.n };
	record_buffer_reset(buffer);
}

static int make_contents(void **state)
{
	static struct facts facts;
	struct record_header header = { .tool = SPAN_LITERAL("stsurvey test"),
					.major = RECORD_SCHEMA_MAJOR,
					.shards = 1 };
	struct record_trailer trailer = { .domains = DOMAINS };
	struct record_buffer *buffer = record_buffer_new();

	(void)state;
	press = frame_press_new();
	if (!press || !buffer || command_folder_make(state) != 0 || record_put_header(buffer, &header) != 0)
		return -1;
	keep(buffer, 0);
	for (uint64_t i = 0; i < DOMAINS; i++) {
		facts_make(&facts, survey[i % COUNT_OF(survey)]);
		facts.observation.index = i;
		trailer.illegal += facts.observation.input == INPUT_ILLEGAL;
		trailer.blocklisted += facts.observation.input == INPUT_BLOCKLISTED;
		if (record_put_domain(buffer, &facts.observation) != 0)
			return -1;
		if (i % PER_FRAME == PER_FRAME - 1)
			keep(buffer, 1 + i / PER_FRAME);
	}
	if (record_put_trailer(buffer, &trailer) != 0)
		return -1;
	keep(buffer, FRAMES - 1);
	record_buffer_free(buffer);
	return 0;
}

static int forget_contents(void **state)
{
	(void)state;
	for (size_t i = 0; i < FRAMES; i++)
		free((char *)content[i].p);
	frame_press_free(press);
	return command_folder_remove(state);
}

/* ---- files ---- */

static struct {
	char octet[FILE_MAX];
	size_t n;
} file;

static void add(struct span frame)
{
	struct span packed = frame_press(press, frame);

	assert_true(packed.n <= FILE_MAX - file.n);
	memcpy(file.octet + file.n, packed.p, packed.n);
	file.n += packed.n;
}

static void save(void)
{
	int fd = open(path_of("scan"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, file.octet, file.n), file.n);
	close(fd);
}

/* An octet of a frame's content is another, under a checksum that is right. */
static void add_changed(struct span frame)
{
	static char changed[FILE_MAX];

	memcpy(changed, frame.p, frame.n);
	changed[random_below((uint32_t)frame.n)] ^= (char)(1 + random_below(255));
	add((struct span){ changed, frame.n });
}

/* Frames left out, doubled, in another order, changed; then octets cut off, changed, added. */
static void make_file(void)
{
	size_t order[FRAMES_MAX], frames = FRAMES, changed = FRAMES_MAX;

	file.n = 0;
	for (size_t i = 0; i < FRAMES; i++)
		order[i] = i;
	for (uint32_t n = random_below(3); n > 0; n--) {
		size_t at = random_below((uint32_t)frames), to = random_below((uint32_t)frames), moved = order[at];

		switch (random_below(4)) {
		case 0:
			memmove(order + at, order + at + 1, (--frames - at) * sizeof(order[0]));
			break;
		case 1:
			memmove(order + to + 1, order + to, (frames++ - to) * sizeof(order[0]));
			order[to] = moved;
			break;
		case 2:
			order[at] = order[to];
			order[to] = moved;
			break;
		default:
			changed = at;
		}
	}
	for (size_t i = 0; i < frames; i++)
		if (i == changed)
			add_changed(content[order[i]]);
		else
			add(content[order[i]]);
	switch (random_below(6)) {
	case 0:
		file.n -= random_below((uint32_t)file.n);
		break;
	case 1:
		file.octet[random_below((uint32_t)file.n)] ^= (char)(1 + random_below(255));
		break;
	case 2:
		memset(file.octet + file.n, random_below(2) ? 0 : 0x28, 50);
		file.n += 1 + random_below(50);
		break;
	default:
		break;
	}
	save();
}

/* ---- what must hold ---- */

/* What is merged of it is whole, and nothing that is not whole is merged unasked. */
static void check_merge(unsigned change, int verified)
{
	int whole = run("merge %scan -o %merged --force");

	if (whole == EXIT_COMPLETE && (verified != EXIT_COMPLETE || !strstr(said, ", complete")))
		fail_msg("change %u: verify %d, merge believes it: %s", change, verified, said);
	if (whole == EXIT_COMPLETE && (run("verify %merged") != EXIT_COMPLETE || !strstr(printed, "complete; ")))
		fail_msg("change %u: merged to: %s%s", change, printed, said);
	if (run("merge %scan -o %merged --force --partial") == EXIT_COMPLETE && run("verify %merged") != EXIT_COMPLETE)
		fail_msg("change %u: a part is merged to: %s%s", change, printed, said);
}

static void what_verify_does_not_believe_nobody_does_in_silence(void **state)
{
	const unsigned changes = getenv("STSURVEY_LONG") ? CHANGES_LONG : CHANGES;
	unsigned whole = 0, cut = 0, wrong = 0;

	(void)state;
	for (unsigned i = 0; i < changes; i++) {
		int verified, counted, partly;
		bool is_cut, is_empty;

		make_file();
		verified = run("verify %scan");
		is_cut = strstr(printed, ": torn") || strstr(printed, ": no trailer");
		is_empty = strstr(printed, "; 0 records");
		counted = run("stats %scan -d %tables");
		if (verified == EXIT_COMPLETE || is_cut) {
			if (counted != (is_empty ? EXIT_FATAL : EXIT_COMPLETE) || (is_cut && !strstr(said, "warning")))
				fail_msg("change %u: verify %d, stats %d: %s", i, verified, counted, said);
		} else if (counted == EXIT_COMPLETE) {
			fail_msg("change %u: verify %d, stats believes it: %s", i, verified, said);
		}
		partly = run(i % 2 ? "report %scan --partial -o %page" : "export %scan --partial --format jsonl");
		if (partly == EXIT_COMPLETE && counted != EXIT_COMPLETE && !strstr(said, "warning"))
			fail_msg("change %u: a part is taken for all: %s", i, said);
		check_merge(i, verified);
		whole += verified == EXIT_COMPLETE;
		cut += is_cut;
		wrong += verified != EXIT_COMPLETE && !is_cut;
	}
	assert_true(whole > changes / 10 && cut > changes / 20 && wrong > changes / 10);
}

#define CASES "../shared/cases/scan-files/"

/* Files that were sent, with the right behaviour. */
static void cases_are_told_for_what_they_are(void **state)
{
	static const struct {
		const char *name, *says;
		bool is_whole, has_part; /* which --partial takes */
	} cases[] = {
		{ "hole", "its trailer counts 98 records (64 are there)", false, true },
		{ "twice", "60 indexes occur more than once", false, true },
		{ "trailer-counts", "999 illegal (1 are there), 999 unknown (at most 59 are there)", false, true },
		{ "tool-escape", "complete; 60 records in 4 frames; schema 1.0, \\x1b]0;owned\\x07", true, true },
		{ "index2e33", "an index is out of all proportion", false, true },
		{ "index2e35", "an index is out of all proportion", false, true },
		{ "nested1000", "damaged at octet 321", false, false },
	};
	char line[128];

	(void)state;
	if (access(CASES, R_OK) != 0) {
		print_message("skipped: no " CASES "\n");
		skip();
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(line, sizeof(line), "verify " CASES "%s.zst", cases[i].name);
		if (run(line) != (cases[i].is_whole ? EXIT_COMPLETE : EXIT_NOT_IN_ORDER) ||
		    (!strstr(printed, cases[i].says) && !strstr(said, cases[i].says)) || strchr(printed, '\033'))
			fail_msg("%s: %s%s", cases[i].name, printed, said);
		snprintf(line, sizeof(line), "export " CASES "%s.zst --format csv", cases[i].name);
		assert_int_equal(run(line), cases[i].is_whole ? EXIT_COMPLETE : EXIT_FATAL);
		assert_true(cases[i].is_whole || strstr(said, cases[i].says));
		strcat(line, " --partial");
		assert_int_equal(run(line), cases[i].has_part ? EXIT_COMPLETE : EXIT_FATAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_are_told_for_what_they_are),
		cmocka_unit_test(what_verify_does_not_believe_nobody_does_in_silence),
	};

	return cmocka_run_group_tests(tests, make_contents, forget_contents);
}
