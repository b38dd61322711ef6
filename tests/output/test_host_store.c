/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "output/scan_file/host_store.h"
#include "tests/output/random_observation.h"

enum { MANY = 3 * HOST_STORE_DECODED, TIME = 1000000 };

static void put(struct host_store *store, const struct obs_host *host)
{
	struct error error = { "" };

	if (host_store_put(store, host, &error) < 0)
		fail_msg("%s", error.text);
}

static void put_name(struct host_store *store, const char *name, int64_t time_ms, uint8_t passes)
{
	put(store, &(struct obs_host){ .name = span_of(name), .time_ms = time_ms, .passes = passes });
}

/* The host that a domain with this one MX gets; NULL: none. */
static const struct obs_host *get(struct host_store *store, const char *name)
{
	const struct obs_mx_record record = { 10, span_of(name) };
	struct observation o = { .mx = { .record = &record, .count = 1 } };
	struct error error = { "" };
	uint64_t work;

	if (host_store_join(store, &o, true, &work, &error) < 0)
		fail_msg("%s", error.text);
	return o.mx.host[0];
}

static void names_compare_as_dns_has_them(void **state)
{
	static const struct {
		const char *kept, *asked;
		bool same;
	} rows[] = {
		{ "mx.example", "mx.example", true },    { "MX.example", "mx.Example", true },
		{ "mx.example.", "mx.example", true },   { "mx.example", "mx.example.", true },
		{ "mx.example", "mx.example2", false },  { "mx.example", "x.example", false },
		{ "mx.example", "mx.example..", false }, { "mx.example", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host_store *store = host_store_new();

		put_name(store, rows[i].kept, 1, 1);
		if (!get(store, rows[i].asked) == rows[i].same)
			fail_msg("%s, %s", rows[i].kept, rows[i].asked);
		host_store_free(store);
	}
}

static void of_several_records_the_one_that_knows_most_counts(void **state)
{
	static const struct {
		int64_t first, second, kept;
		uint8_t first_passes, second_passes;
	} rows[] = {
		{ 1, 2, 2, 1, 1 }, { 2, 1, 2, 1, 1 }, { 2, 1, 1, 1, 2 }, { 2, 3, 2, 2, 1 }, { 5, 5, 5, 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host_store *store = host_store_new();

		put_name(store, "other.example", 77, 1);
		put_name(store, "mx.example", rows[i].first, rows[i].first_passes);
		put_name(store, "MX.example", rows[i].second, rows[i].second_passes);
		if (get(store, "mx.example")->time_ms != rows[i].kept)
			fail_msg("row %zu", i);
		assert_int_equal(get(store, "other.example")->time_ms, 77);
		assert_int_equal(host_store_count(store), 2);
		host_store_free(store);
	}
}

/* A later record, though the earlier one is decoded already. */
static void what_is_put_after_a_join_is_seen(void **state)
{
	struct host_store *store = host_store_new();

	(void)state;
	put_name(store, "mx.example", 1, 1);
	assert_int_equal(get(store, "mx.example")->time_ms, 1);
	put_name(store, "mx.example", 2, 1);
	assert_int_equal(get(store, "mx.example")->time_ms, 2);
	host_store_free(store);
}

/* More than are kept decoded, each with everything a host may have. */
static void every_host_comes_back_as_it_was(void **state)
{
	struct host_store *store = host_store_new();
	struct maker maker;
	char name[32];

	(void)state;
	maker_init(&maker, 5);
	for (int i = 0; i < MANY; i++) {
		struct obs_host host;

		maker_make_host(&maker, &host);
		snprintf(name, sizeof(name), "mx%d.example", i);
		host.name = span_of(name);
		put(store, &host);
	}
	maker_fini(&maker);
	for (int round = 0; round < 2; round++) {
		maker_init(&maker, 5);
		for (int i = 0; i < MANY; i++) {
			const struct obs_host *got;
			struct obs_host host;

			maker_make_host(&maker, &host);
			snprintf(name, sizeof(name), "mx%d.example", i);
			host.name = span_of(name);
			got = get(store, name);
			assert_non_null(got);
			assert_null(host_difference(&host, got));
		}
		maker_fini(&maker);
	}
	host_store_free(store);
}

/* The host of a domain's MX @i: every second is one of those that are kept decoded. */
static int wanted(int i)
{
	return i % 2 == 0 ? i : 2 * HOST_STORE_DECODED + i;
}

static void all_hosts_of_a_domain_are_there_at_once(void **state)
{
	struct host_store *store = host_store_new();
	struct obs_mx_record record[OBS_MX_MAX];
	char name[OBS_MX_MAX][32];
	struct observation o = { .mx = { .record = record, .count = OBS_MX_MAX } };
	struct error error;
	uint64_t work;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		char other[32];

		snprintf(other, sizeof(other), "mx%d.example", i);
		put_name(store, other, i, 1);
	}
	/* as many as are kept decoded; then a domain with some of these, some that are not, and every fifth not known
	 */
	for (int i = 0; i < HOST_STORE_DECODED; i++) {
		char other[32];

		snprintf(other, sizeof(other), "mx%d.example", i);
		assert_non_null(get(store, other));
	}
	for (int i = 0; i < OBS_MX_MAX; i++) {
		snprintf(name[i], sizeof(name[i]), i % 5 == 4 ? "none%d.example" : "mx%d.example", wanted(i));
		record[i] = (struct obs_mx_record){ 10, span_of(name[i]) };
	}
	assert_int_equal(host_store_join(store, &o, false, &work, &error), 0);
	for (int i = 0; i < OBS_MX_MAX; i++) {
		if (i % 5 == 4)
			assert_null(o.mx.host[i]);
		else
			assert_int_equal(o.mx.host[i]->time_ms, wanted(i));
	}
	assert_true(work > 0);
	host_store_free(store);
}

static void a_domain_none_of_whose_hosts_is_known(void **state)
{
	const struct obs_mx_record record = { 10, SPAN_LITERAL("mx.example") };
	struct observation o = { .mx = { .record = &record, .count = 1 } };
	struct host_store *store = host_store_new();
	struct error error;
	uint64_t work;

	(void)state;
	assert_int_equal(host_store_join(store, &o, false, &work, &error), 0);
	assert_null(o.mx.host); /* no hosts were probed */
	assert_int_equal(host_store_join(store, &o, true, &work, &error), 0);
	assert_non_null(o.mx.host);
	assert_null(o.mx.host[0]); /* it is not known */
	host_store_free(store);
}

/* ---- our own way to port 25 ---- */

/* Tests, "4" or "6" for the family, a letter for what came (open, blocked, intercepted, partial, no route), seconds;
 * "|" begins another file, "+" another run of it; the host is of the last, whose number is returned. */
static uint32_t add_tests(struct host_store *store, const char *tests)
{
	static const char letters[] = "-obipn";
	struct error error;
	uint32_t run = 0;

	for (const char *p = tests; *p; p += strcspn(p, " "), p += *p == ' ') {
		struct obs_vantage vantage = { .canary = true };

		run = *p == '|' ? 0 : run + (*p == '+');
		if (*p == '+')
			continue;
		vantage.run = run;

		if (*p == '|') {
			host_store_begin(store);
			continue;
		}
		vantage.time_ms = TIME + 1000 * atoi(p + 2);
		vantage.state[*p == '6'] = (enum vantage_state)(strchr(letters, p[1]) - letters);
		assert_int_equal(host_store_add_vantage(store, &vantage, &error), 0);
	}
	return run;
}

static void a_host_is_doubted_between_a_bad_test_and_the_good_ones_beside_it(void **state)
{
	/* a host that is probed from second 100 to 110 */
	static const struct {
		const char *tests;
		bool ipv4, ipv6, doubted;
	} rows[] = {
		{ "", true, false, false },
		{ "4o0 4o200", true, false, false },
		{ "4o0 4b200", true, false, true },
		{ "4o0 4i200", true, false, true },
		{ "4o0 4o150 4b200", true, false, false },
		{ "4o0 4o110 4b111", true, false, false },
		{ "4o0 4b110", true, false, true },
		{ "4o0 4o101 4o102 4b109 4o150", true, false, true },
		{ "4o0 4o101 4o102 4o109", true, false, false },
		{ "4b50 4o60 4o101 | 4o0", true, false, false },
		{ "4b50 4o90 4o200", true, false, false },
		{ "4b50 4o200", true, false, true },
		{ "4b50", true, false, true },
		{ "4o0 4b105 4o108", true, false, true },
		{ "4o0 4o105 4b200", true, false, true }, /* it was still being probed when the good one was made */
		{ "4b200 4o0", true, false, true },       /* in any order */
		{ "4o0 6b200", true, false, false },
		{ "4o0 6b200", false, true, true },
		{ "4o0 6b200", true, true, true },
		{ "4o0 6b200", false, false, false }, /* no address was tried */
		{ "4o0 4p200", true, false, false },
		{ "6n0 4o0 6n200", true, false, false },
		{ "4o0 4p50 4b200", true, false, true },
		{ "4b50 | 4o0 4o200", true, false, false }, /* of another file, perhaps of another machine */
		{ "4b50 | 4o200", true, false, false },
		{ "4o0 4o200 | 4b50", true, false, true },
		{ "4b50 + 4o0 4o200", true, false, false }, /* the same of runs in one file */
		{ "4b50 4b105 + 4o0 + 4o200", true, false, false },
		{ "4o0 4o200 + 4b50", true, false, true },
		{ "4b50 + 4b105 | 4o0 +", true, false, false },
	};
	static const struct obs_address address[] = { { .family = 4 }, { .family = 6 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host_store *store = host_store_new();
		struct obs_smtp probe[2] = { 0 };
		struct obs_host host = { .name = SPAN_LITERAL("mx.example"),
					 .time_ms = TIME + 100000,
					 .duration_ms = 10000,
					 .address = address,
					 .address_count = 2,
					 .probe = probe };

		if (rows[i].ipv4)
			probe[host.probe_count++].address = 0;
		if (rows[i].ipv6)
			probe[host.probe_count++].address = 1;
		host.run = add_tests(store, rows[i].tests);
		put(store, &host);
		if (get(store, "mx.example")->doubted != rows[i].doubted)
			fail_msg("%s", rows[i].tests);
		host_store_free(store);
	}
}

/* ---- all of them ---- */

static bool note_host(void *arg, const struct obs_host *host)
{
	char *text = arg;

	snprintf(text + strlen(text), 64, "%.*s=%d ", (int)host->name.n, host->name.p, (int)host->time_ms);
	return strlen(text) < 200;
}

static void each_host_is_shown_once_in_order(void **state)
{
	struct host_store *store = host_store_new();
	struct error error;
	char text[512] = "";

	(void)state;
	put_name(store, "b.example", 1, 1);
	put_name(store, "a.example", 2, 1);
	put_name(store, "B.example", 3, 1);
	put_name(store, "c.example", 4, 1);
	assert_int_equal(host_store_each(store, note_host, text, &error), 0);
	assert_string_equal(text, "a.example=2 B.example=3 c.example=4 ");
	host_store_free(store);
}

/* ---- what can't be kept ---- */

static void a_folder_that_is_not_there_is_told_with_what_to_do(void **state)
{
	struct host_store *store = host_store_new();
	const struct obs_host host = { .name = SPAN_LITERAL("mx.example") };
	const char *before = getenv("TMPDIR");
	char *kept = before ? strdup(before) : NULL;
	struct error error;

	(void)state;
	setenv("TMPDIR", "/nonexistent/folder", 1);
	assert_int_equal(host_store_put(store, &host, &error), -1);
	assert_non_null(strstr(error.text, "/nonexistent/folder"));
	assert_non_null(strstr(error.text, "TMPDIR"));
	if (kept)
		setenv("TMPDIR", kept, 1);
	else
		unsetenv("TMPDIR");
	free(kept);
	put_name(store, "mx.example", 1, 1); /* the next one can be */
	assert_non_null(get(store, "mx.example"));
	host_store_free(store);
}

/* No scan makes such; its octets would fill the disk. */
static void a_host_of_boundless_evidence_is_not_known(void **state)
{
	static char octets[HOST_STORE_RECORD_MAX];
	const struct obs_certificate certificate = { .issuer = { octets, sizeof(octets) } };
	const struct obs_address address = { .family = 4 };
	const struct obs_smtp probe = { .tls = { .chain = &certificate, .chain_count = 1 } };
	const struct obs_host host = { .name = SPAN_LITERAL("mx.example"),
				       .time_ms = 2,
				       .address = &address,
				       .address_count = 1,
				       .probe = &probe,
				       .probe_count = 1 };
	struct host_store *store = host_store_new();

	(void)state;
	memset(octets, 'x', sizeof(octets));
	put(store, &host);
	assert_null(get(store, "mx.example"));
	host_store_free(store);
}

/* A file of 3 MB may hold 1,500 of them. */
static void hosts_as_large_as_may_be_fill_no_memory(void **state)
{
	static char octets[HOST_STORE_RECORD_MAX / 2];
	const struct obs_certificate certificate = { .issuer = { octets, sizeof(octets) } };
	const struct obs_address address = { .family = 4 };
	const struct obs_smtp probe = { .tls = { .chain = &certificate, .chain_count = 1 } };
	enum { LARGE = 2 * HOST_STORE_OCTETS_MAX / (HOST_STORE_RECORD_MAX / 2) };
	struct host_store *store = host_store_new();
	char name[32];

	(void)state;
	memset(octets, 'x', sizeof(octets));
	for (int i = 0; i < LARGE; i++) {
		snprintf(name, sizeof(name), "mx%d.example", i);
		put(store, &(struct obs_host){ .name = span_of(name),
					       .time_ms = i,
					       .address = &address,
					       .address_count = 1,
					       .probe = &probe,
					       .probe_count = 1 });
	}
	for (int i = 0; i < LARGE; i++) {
		snprintf(name, sizeof(name), "mx%d.example", i);
		assert_int_equal(get(store, name)->time_ms, i);
		assert_true(host_store_memory(store) <= HOST_STORE_OCTETS_MAX + HOST_STORE_RECORD_MAX);
	}
	assert_true(host_store_memory(store) > HOST_STORE_OCTETS_MAX / 2);
	host_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_compare_as_dns_has_them),
		cmocka_unit_test(of_several_records_the_one_that_knows_most_counts),
		cmocka_unit_test(what_is_put_after_a_join_is_seen),
		cmocka_unit_test(every_host_comes_back_as_it_was),
		cmocka_unit_test(all_hosts_of_a_domain_are_there_at_once),
		cmocka_unit_test(a_domain_none_of_whose_hosts_is_known),
		cmocka_unit_test(a_host_is_doubted_between_a_bad_test_and_the_good_ones_beside_it),
		cmocka_unit_test(each_host_is_shown_once_in_order),
		cmocka_unit_test(a_folder_that_is_not_there_is_told_with_what_to_do),
		cmocka_unit_test(a_host_of_boundless_evidence_is_not_known),
		cmocka_unit_test(hosts_as_large_as_may_be_fill_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
