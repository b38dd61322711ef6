/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the scan begins, holds and goes on, by what the canaries say; and when one is asked at once. The canaries
 * themselves are played: the functions of scanner/live/vantage.h are this test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/reader.h"
#include "scanner/base/log.h"
#include "scanner/scan/canaries.h"

/* ---- canaries that say what the script says ---- */

/* A letter for IPv4, one for IPv6, of each test: Open, Partial, Blocked, Intercepted, No route, Untested. */
static struct vantage {
	const char *script;
	struct obs_vantage seen;
	struct own_name own;
	struct vantage_host host;
	char asked[64]; /* for each test: 1, or all: A */
	bool late;      /* the answer waits for `answer` */
	void (*on_done)(void *arg);
	void *arg;
} played;

static enum vantage_state state_of(char letter)
{
	static const char letters[] = "UOBIPN";

	return (enum vantage_state)(strchr(letters, letter) - letters);
}

static void answer(void)
{
	assert_true(played.script[0] && played.script[1]);
	played.seen = (struct obs_vantage){ .time_ms = 1, .canary = played.on_done };
	played.seen.state[VANTAGE_IPV4] = state_of(played.script[0]);
	played.seen.state[VANTAGE_IPV6] = state_of(played.script[1]);
	played.script += 2 + (played.script[2] == ' ');
	if (played.on_done)
		played.on_done(played.arg);
}

struct vantage *vantage_new(const struct options *options, struct net_live_shared *shared)
{
	(void)options;
	(void)shared;
	return &played;
}

void vantage_free(struct vantage *vantage)
{
	(void)vantage;
}

int vantage_open(struct vantage *vantage, uv_loop_t *loop, struct error *error)
{
	(void)vantage;
	(void)loop;
	(void)error;
	return 0;
}

void vantage_close(struct vantage *vantage)
{
	(void)vantage;
}

void vantage_closed(struct vantage *vantage)
{
	(void)vantage;
}

void vantage_start(struct vantage *vantage, unsigned first, unsigned count, void (*on_done)(void *arg), void *arg)
{
	(void)first;
	strcat(vantage->asked, count == 1 ? "1" : "A");
	vantage->on_done = on_done;
	vantage->arg = arg;
	if (!vantage->late)
		answer();
}

int vantage_self_test(struct vantage *vantage, struct error *error)
{
	(void)error;
	vantage->on_done = NULL;
	answer();
	return 0;
}

const struct obs_vantage *vantage_seen(const struct vantage *vantage)
{
	return &vantage->seen;
}

bool vantage_is_open(const struct vantage *vantage)
{
	return vantage_state_is_open(vantage->seen.state[0]) || vantage_state_is_open(vantage->seen.state[1]);
}

const struct own_name *vantage_own_name(const struct vantage *vantage, int family)
{
	(void)family;
	return &vantage->own;
}

unsigned vantage_host_count(const struct vantage *vantage)
{
	(void)vantage;
	return 8;
}

const struct vantage_host *vantage_host(const struct vantage *vantage, unsigned i)
{
	(void)i;
	return &vantage->host;
}

/* ---- a scan ---- */

static char path[] = "/tmp/stsurvey-canaries-XXXXXX";
static struct error error;
static struct options options;
static struct worker_counts counts[1];
static struct scan scan;

static struct canaries *begin(const char *script)
{
	const struct record_header header = {
		.tool = SPAN_LITERAL("test"), .major = RECORD_SCHEMA_MAJOR, .minor = RECORD_SCHEMA_MINOR, .shards = 1
	};
	const struct sink_options sink = { .path = path, .force = true, .resume_at = -1, .buffers = 2 };

	memset(counts, 0, sizeof(counts));
	memset(&scan, 0, sizeof(scan));
	options = (struct options){ .smtp = OPTIONS_SMTP_STS, .smtp_port = 25 };
	scan.options = &options;
	scan.workers = 1;
	scan.counts = counts;
	played = (struct vantage){ .script = script };
	error = (struct error){ "" };
	assert_int_equal(sink_open(&scan.sink, &sink, &header, &error), 0);
	return canaries_new(&scan, &error);
}

static void put_vantage(void *arg, const struct obs_vantage *vantage)
{
	char *text = arg;

	sprintf(strchr(text, '\0'), "%s%c%c%s", text[0] ? " " : "", "UOBIPN"[vantage->state[0]],
		"UOBIPN"[vantage->state[1]], vantage -> canary ? "" : "!");
}

/* Close it; the tests in its file, "OO! BN": ! is the self-test. */
static const char *end(struct canaries *canaries)
{
	const struct record_trailer trailer = { .completion = COMPLETION_COMPLETE };
	struct observation observation;
	static char text[512];
	struct reader *reader;

	if (canaries) {
		canaries_close(canaries);
		canaries_free(canaries);
	}
	assert_int_equal(sink_close(scan.sink, &trailer, &error), 0);
	text[0] = '\0';
	assert_int_equal(reader_open(&reader, path, &error), 0);
	reader_watch(reader, NULL, put_vantage, text);
	assert_int_equal(reader_next(reader, &observation, &error), 0);
	reader_close(reader);
	return text;
}

static void a_scan_begins_where_one_family_is_open(void **state)
{
	static const struct {
		const char *script;
		bool begins, without_4, without_6;
		const char *says;
	} table[] = {
		{ "OO", true, false, false, "" },
		{ "ON", true, false, true, "" },
		{ "OU", true, false, false, "" },
		{ "OB", true, false, true, "" },
		{ "BO", true, true, false, "" },
		{ "IP", true, true, false, "" },
		{ "PN", true, false, true, "" },
		{ "BN", false, false, false, "is shut to this machine (IPv4: blocked, IPv6: no-route)" },
		{ "BI", false, false, false, "somebody else answers" },
		{ "IN", false, false, false, "somebody else answers" },
		{ "NN", false, false, false, "none of the well-known mail servers could be asked" },
		{ "UU", false, false, false, "none of the well-known mail servers could be asked" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct canaries *canaries = begin(table[i].script);

		if (!canaries == table[i].begins || !strstr(error.text, table[i].says) ||
		    scan.left_out[0] != table[i].without_4 || scan.left_out[1] != table[i].without_6)
			fail_msg("%s: %s", table[i].script, error.text);
		end(canaries);
	}
}

static void what_a_scan_makes_of_its_canaries(void **state)
{
	/* by what each test says, and when it was made; what was asked, what the file holds, and how it is then */
	static const struct {
		const char *script;
		double until_s;
		const char *asked, *file;
		bool held, without_4, without_6;
	} table[] = {
		{ "OO OO OO", 300, "11", "OO! OO OO", false, false, false },
		/* one that is not well is that one's affair, as long as another is */
		{ "OO BU PO", 130, "1A", "OO! PO", false, false, false },
		{ "OO PO OO", 130, "1A", "OO! OO", false, false, false },
		/* all of them are not: it is us, and all are asked again, sooner, until some are well */
		{ "OO BU BB BB BB OO", 209, "1AAA", "OO! BB BB BB", true, true, true },
		{ "OO BU BB BB OO OO", 209, "1AAA", "OO! BB BB OO", false, false, false },
		/* one family: the other goes on without it */
		{ "OO UB OB OO", 130, "1A", "OO! OB", false, false, true },
		{ "OO UB OB OO", 250, "1A1", "OO! OB OO", false, false, false },
		/* one without a route stays out */
		{ "ON ON OO", 250, "11", "ON! ON OO", false, false, true },
		{ "ON OB OB OO", 250, "1A1", "ON! OB OO", false, false, true },
		/* a test that could not be made says nothing */
		{ "OO UU UU OO", 250, "1A1", "OO! UU OO", false, false, false },
		{ "OO BU BB UU UU", 170, "1AA", "OO! BB UU", true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct canaries *canaries = begin(table[i].script);
		const char *file;

		assert_non_null(canaries);
		assert_int_equal(canaries_open(canaries, NULL, &error), 0);
		for (double now_s = 0; now_s < table[i].until_s; now_s++) {
			double shut_s = canaries_tick(canaries, now_s);

			assert_true(shut_s == 0 || scan.held);
			while (canaries->unwritten) { /* the sink has its own pace */
				usleep(100);
				canaries_tick(canaries, now_s);
			}
		}
		if (scan.held != table[i].held || scan.left_out[0] != table[i].without_4 ||
		    scan.left_out[1] != table[i].without_6 || strcmp(played.asked, table[i].asked) != 0)
			fail_msg("%s: asked %s, held %d, without %d %d", table[i].script, played.asked, scan.held,
				 scan.left_out[0], scan.left_out[1]);
		file = end(canaries);
		if (strcmp(file, table[i].file) != 0)
			fail_msg("%s: in the file %s", table[i].script, file);
	}
}

/* An answer that is long in coming is waited for: none is asked beside it. */
static void one_test_at_a_time(void **state)
{
	struct canaries *canaries = begin("OO OO OO");

	(void)state;
	assert_int_equal(canaries_open(canaries, NULL, &error), 0);
	played.late = true;
	for (double now_s = 0; now_s < 500; now_s++)
		canaries_tick(canaries, now_s);
	assert_string_equal(played.asked, "1");
	answer();
	canaries_tick(canaries, 500);
	assert_string_equal(played.asked, "1");
	canaries_tick(canaries, 499 + CANARY_INTERVAL_S);
	assert_string_equal(played.asked, "11");
	answer();
	end(canaries);
}

static void the_second_pass_and_many_time_outs_are_reasons_to_ask(void **state)
{
	struct canaries *canaries = begin("OO OO OO OO");

	(void)state;
	assert_int_equal(canaries_open(canaries, NULL, &error), 0);
	canaries_tick(canaries, 1);
	counts[0].hosts.connects = CANARY_WINDOW;
	canaries_tick(canaries, 2);
	assert_string_equal(played.asked, "");
	counts[0].hosts.connects = 2 * CANARY_WINDOW;
	counts[0].hosts.timeouts = CANARY_WINDOW;
	canaries_tick(canaries, 3);
	assert_string_equal(played.asked, "1");
	scan.phase = SCAN_SECOND_PASS;
	canaries_tick(canaries, 4);
	canaries_tick(canaries, 5);
	assert_string_equal(played.asked, "11");
	end(canaries);
}

/* Hosts that were probed since the last test need one that tells whether to believe it. */
static void the_last_hosts_have_a_test_behind_them(void **state)
{
	struct canaries *canaries = begin("OO BU BN");

	(void)state;
	assert_int_equal(canaries_open(canaries, NULL, &error), 0);
	canaries_tick(canaries, 1);
	canaries_finish(canaries, NULL);
	assert_string_equal(played.asked, ""); /* there were none */
	counts[0].hosts.recorded = 1;
	scan.phase = SCAN_END;
	canaries_finish(canaries, NULL);
	assert_string_equal(played.asked, "1A");
	assert_string_equal(end(canaries), "OO! BN");
}

static void without_port_25_none_is_asked_unless_they_are_named(void **state)
{
	struct canaries *canaries;

	(void)state;
	canaries = begin("OO");
	end(canaries);
	played = (struct vantage){ .script = "" };
	options.smtp_port = 2525;
	options.allow_reserved = cidr_set_new();
	canaries = canaries_new(&scan, &error);
	assert_non_null(canaries);
	assert_null(canaries->vantage);
	assert_false(scan.left_out[0] || scan.left_out[1]);
	assert_int_equal(canaries_open(canaries, NULL, &error), 0);
	assert_true(canaries_tick(canaries, 1000) == 0);
	canaries_finish(canaries, NULL);
	canaries_close(canaries);
	canaries_free(canaries);
	cidr_set_free(options.allow_reserved);
}

static void many_more_time_outs_than_before_are_suspicious(void **state)
{
	static const struct {
		uint64_t connects, timeouts;
		bool suspicious;
	} table[] = {
		{ 999, 999, false },     /* too few to tell */
		{ 1000, 30, false },     /* 3 %, nothing before: at most three times 1 % */
		{ 2000, 121, true },     /* 9.1 % after 3 % */
		{ 2999, 1100, false },   /* the window is not full */
		{ 3000, 302, false },    /* 18.1 % after 6.05 % */
		{ 4000, 604, false },    /* 30.2 % after 10.07 % */
		{ 5000, 1058, true },    /* 45.4 % after 15.1 % */
		{ 5000, 1058, false },   /* once */
		{ 100000, 1058, false }, /* none at all any more */
		{ 101000, 1090, true },  /* 3.2 % after 1.06 % */
	};
	struct canary_window window = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (canary_window_look(&window, table[i].connects, table[i].timeouts) != table[i].suspicious)
			fail_msg("row %zu", i);
}

static int make_file(void **state)
{
	(void)state;
	return log_open(NULL, LOG_LEVEL_ERROR, &error) < 0 ? -1 : close(mkstemp(path));
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_more_time_outs_than_before_are_suspicious),
		cmocka_unit_test(a_scan_begins_where_one_family_is_open),
		cmocka_unit_test(what_a_scan_makes_of_its_canaries),
		cmocka_unit_test(one_test_at_a_time),
		cmocka_unit_test(the_second_pass_and_many_time_outs_are_reasons_to_ask),
		cmocka_unit_test(the_last_hosts_have_a_test_behind_them),
		cmocka_unit_test(without_port_25_none_is_asked_unless_they_are_named),
	};

	return cmocka_run_group_tests_name("canaries", tests, make_file, remove_file);
}
