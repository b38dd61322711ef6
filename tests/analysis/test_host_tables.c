/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/classify/classify_tls.h"
#include "analysis/tables/host_tables.h"
#include "tests/analysis/facts.h"

#define TWO                                                                                                            \
	"mx 10 mail.example.com\nmx 20 mx2.example.com\n"                                                              \
	"body version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|mx: mx2.example.com|\n"

enum { DAY_S = 86400 };

static struct host_stats stats;
static struct facts facts;

static void add(const char *lines)
{
	struct classification result;

	facts_make(&facts, lines);
	classify(&facts.observation, &result);
	host_stats_add(&stats, &facts.observation, &result);
}

static int begin(void **state)
{
	(void)state;
	host_stats_init(&stats);
	return 0;
}

static int end(void **state)
{
	(void)state;
	host_stats_fini(&stats);
	return 0;
}

/* What the table @name holds, or the rows of the hosts of the domain added last for NULL. */
static const char *printed(const char *name)
{
	static const struct {
		const char *name;
		void (*write)(struct csv *csv, const struct stats *stats);
	} tables[] = { { "dane", host_tables_dane },
		       { "delivery", host_tables_delivery },
		       { "interplay", host_tables_interplay },
		       { "expiry", host_tables_expiry },
		       { "first_break", host_tables_first_break } };
	static struct stats all;
	static char room[16384];
	struct error error;
	struct text text;
	struct csv csv;

	assert_int_equal(text_open(&text, "/dev/null", &error), 0);
	csv_init(&csv, &text);
	all.hosts = stats;
	for (size_t i = 0; name && i < COUNT_OF(tables); i++)
		if (strcmp(tables[i].name, name) == 0)
			tables[i].write(&csv, &all);
	if (name && strcmp(name, "mx_tls") == 0)
		host_tables_mx_tls(&csv, "all", stats.reason);
	for (size_t i = 0; !name && i < facts.observation.mx.count; i++)
		host_tables_host_row(&csv, &stats, facts.observation.mx.host[i]);
	assert_true(text.used < sizeof(room)); /* not written yet */
	memcpy(room, text.data, text.used);
	room[text.used] = '\0';
	assert_int_equal(text_close(&text, &error), 0);
	return room;
}

static void has_row(const char *name, const char *row)
{
	const char *all = printed(name), *at = strstr(all, row);

	if (!at || (at > all && at[-1] != '\n'))
		fail_msg("%s: no row %sin:\n%s", name ? name : "mx_hosts", row, all);
}

static void domains_are_split_by_what_fails_and_how_much_of_it(void **state)
{
	(void)state;
	add("host");
	add("host\nversion 1.1");
	add(TWO "host\nhost\nversion 1.1\n");
	add(TWO "host\nends connect connection-refused\nhost");
	add(TWO "host\nends connect connection-refused\nhost\nversion 1.1");
	add("sts NXDOMAIN\nhost\nchain-verify 18");
	add("mx 0 .");       /* nothing to look at */
	add("sts NXDOMAIN"); /* nobody looked */
	assert_int_equal(stats.population, 6);
	has_row("mx_tls", "all,ok,enforce,all,1,6,0.166667\n");
	has_row("mx_tls", "all,mxtls-old-version,enforce,all,1,6,0.166667\n");
	has_row("mx_tls", "all,mxtls-old-version,enforce,some,2,6,0.333333\n");
	has_row("mx_tls", "all,unknown,enforce,some,1,6,0.166667\n");
	has_row("mx_tls", "all,mxtls-self-signed,no-policy,all,1,6,0.166667\n");
}

/* It would be absent otherwise, and is unknown. */
static void an_mx_beyond_the_limit_may_be_anything(void **state)
{
	(void)state;
	add("host\nleft-out mx");
	add("host\nversion 1.1\nleft-out mx");
	add(TWO "host\nhost\nversion 1.1\nleft-out mx"); /* enforce-partial */
	has_row("mx_tls", "all,unknown,enforce,some,1,3,0.333333\n");
	has_row("mx_tls", "all,mxtls-old-version,enforce,some,2,3,0.666667\n");
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_BREAKS], 0);
	assert_string_equal(printed("first_break"), "");
}

static void what_dane_says_stands_beside_the_verdict(void **state)
{
	(void)state;
	add("host");
	add("mx-ad\nhost\nsecure\ntlsa 3 1 1\ndane match 0\ndane-usable 1\ndane-matching 1");
	add("mx-ad\nhost\nsecure\ntlsa 3 1 1\ndane mismatch\ndane-usable 1");
	has_row("dane", "valid,1,3,0.333333\n");
	has_row("dane", "mismatch,1,3,0.333333\n");
	has_row("delivery", "dane-ok,1,3,0.333333\n");
	has_row("delivery", "dane-fails,1,3,0.333333\n");
	has_row("delivery", "sts-ok,1,3,0.333333\n");
	has_row("interplay", "enforce-ok,mismatch,1\n");
	has_row("interplay", "enforce-ok,valid,1\n");
}

static void a_host_breaks_those_whose_last_one_it_is(void **state)
{
	(void)state;
	add("host");
	add("sts NXDOMAIN\nhost");
	add(TWO "host\nhost\nversion 1.1\n");
	has_row(NULL, "mail.example.com,1,usable,");
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_DOMAINS], 3);
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_ENFORCE], 2);
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_BREAKS], 2);
	has_row(NULL, "mx2.example.com,1,mxtls-old-version,");
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mx2.example.com"))[HOST_DOMAINS], 1);
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mx2.example.com"))[HOST_BREAKS], 0);
	add(TWO "host\nhost\n"); /* either will do */
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_BREAKS], 2);
	add(TWO "host\nhost\nends connect connection-refused\n"); /* the other may do */
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_BREAKS], 2);
	add("mx 10 mail.example.com\nmx 20 mail.example.com\nhost\nhost");
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_DOMAINS], 6);
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_BREAKS], 3);
	add("mx 10 mail.example.com\nmx 20 unlisted.example.net\nhost\nhost\nends connect connection-refused");
	assert_int_equal(tally_at(&stats.host, SPAN_LITERAL("mail.example.com"))[HOST_BREAKS], 4);
}

static void what_ends_is_counted_by_the_days_left(void **state)
{
	static const struct {
		int64_t seconds, days;
	} table[] = {
		{ 0, 0 },
		{ DAY_S - 1, 0 },
		{ DAY_S, 1 },
		{ -1, -1 },
		{ -DAY_S, -1 },
		{ -DAY_S - 1, -2 },
		{ INT64_MAX, 106751991167300 },
		{ INT64_MIN, -106751991167301 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_int_equal(classify_tls_days_left(&(struct obs_certificate){ .not_after = table[i].seconds }, 0),
				 table[i].days);
	assert_int_equal(classify_tls_days_left(&(struct obs_certificate){ .not_after = INT64_MAX }, INT64_MIN),
			 106751991167300);
	add("host\nchain-expires 518400");
	for (size_t i = 0; i < facts.observation.mx.count; i++)
		host_stats_add_host(&stats, facts.observation.mx.host[i]);
	has_row("expiry", "mx,0d-6d,1,1\n");
	has_row("expiry", "mx,7d-13d,0,0\n");
	has_row("first_break", "2027-01-21,1\n"); /* FACTS_TIME and six days */
}

static void the_certificate_is_that_of_the_address_that_decides(void **state)
{
	(void)state;
	add("host\nchain-verify 10\nchain-expires -86400\nprobe\nchain-expires 518400");
	has_row(NULL, "mail.example.com,2,usable,2027-01-21T08:00:00.000Z,6,");
	host_stats_add_host(&stats, facts.observation.mx.host[0]);
	has_row("expiry", "mx,expired,0,0\n");
	has_row("expiry", "mx,0d-6d,1,1\n");
	has_row("first_break", "2027-01-21,1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(domains_are_split_by_what_fails_and_how_much_of_it, begin, end),
		cmocka_unit_test_setup_teardown(an_mx_beyond_the_limit_may_be_anything, begin, end),
		cmocka_unit_test_setup_teardown(what_dane_says_stands_beside_the_verdict, begin, end),
		cmocka_unit_test_setup_teardown(a_host_breaks_those_whose_last_one_it_is, begin, end),
		cmocka_unit_test_setup_teardown(what_ends_is_counted_by_the_days_left, begin, end),
		cmocka_unit_test_setup_teardown(the_certificate_is_that_of_the_address_that_decides, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
