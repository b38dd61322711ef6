/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told of a domain in two scans: each change, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "analysis/drift/drift_change.h"
#include "tests/analysis/facts.h"

#define ABSENT "-"
#define WEEK "time 1800604800\n" /* after FACTS_TIME; the policy of facts.h is good for two */
#define BODY(mode, age, mx) "body version: STSv1|mode: " mode "|max_age: " age "|" mx
#define MAIL "mx: mail.example.com|"

static struct drift_rows rows;
static char octets[2][DRIFT_ROW_MAX];

/* @lines: of facts.h, or ABSENT. */
static void make_side(struct drift_pair *pair, unsigned side, const char *lines)
{
	static struct facts facts;
	static struct classification result;
	size_t n = 0;

	if (strcmp(lines, ABSENT) != 0) {
		facts_make(&facts, lines);
		classify(&facts.observation, &result);
		n = drift_row_make(&rows, &facts.observation, &result, octets[side]);
	}
	drift_row_read((struct span){ octets[side], n }, &pair->side[side]);
}

/* "CHANGE old|new|via" of each, a line each. */
static void say(const struct drift_pair *pair, char *text, size_t size)
{
	unsigned changes = drift_changes_of(pair);
	size_t used = 0;

	text[0] = '\0';
	for (unsigned c = 0; c < DRIFT_CHANGES; c++) {
		char old[DRIFT_CHANGE_TEXT], new[DRIFT_CHANGE_TEXT];
		struct span via;

		if (!(changes & 1U << c))
			continue;
		drift_change_show(pair, (enum drift_change)c, DRIFT_BEFORE, old);
		drift_change_show(pair, (enum drift_change)c, DRIFT_AFTER, new);
		via = drift_change_via(pair, (enum drift_change)c);
		used += (size_t)snprintf(text + used, size - used, "%s%s %s|%s|%.*s", used ? "\n" : "",
					 drift_change_names[c], old, new, (int)via.n, via.p);
	}
}

static const struct {
	const char *old, *new, *expected;
} cases[] = {
	{ "", "", "" },
	{ "", WEEK, "" },

	/* a policy is compared as parsed */
	{ "", "body version: STSv1|mode: testing|max_age: 1209600|" MAIL,
	  "policy-changed-id-same mode enforce|mode testing|\nweakened enforce 1209600|testing 1209600|" },
	{ "", BODY("enforce", "1209601", MAIL), "policy-changed-id-same max_age 1209600|max_age 1209601|" },
	{ "", BODY("enforce", "1209600", MAIL "mx: b.example.com|"), "policy-changed-id-same |mx b.example.com|" },
	{ BODY("testing", "86400", "mx: mail.example.com|mx: a.net|mx: b.net|"),
	  BODY("enforce", "1209600", "mx: mail.example.com|mx: b.net|mx: c.net|mx: d.net|"),
	  "policy-changed-id-same mode testing; max_age 86400; mx a.net|mode enforce; max_age 1209600; mx c.net "
	  "d.net|" },
	{ "", "sts v=STSv1; id=2\n" BODY("enforce", "1209601", MAIL), "" }, /* as it should be */
	{ BODY("enforce", "1209600", MAIL "mx: b.example.com|"), BODY("enforce", "1209600", "mx: B.Example.com|" MAIL),
	  "" },
	{ "", "body version: STSv1\r|mode: enforce\r|mx: mail.example.com\r|max_age: 1209600\r|colour: blue\r|", "" },
	{ "", "body version: STSv1|mode: enforce|max_age: 1209600|mx: mail.example.com|mx: mail.example.com", "" },
	{ "", "body version: STSv1||mode: enforce|max_age: 1209600|" MAIL, "" }, /* tolerated */

	{ "", "sts v=STSv1; id=2", "id-changed-policy-same 1|2|" },
	{ "", "sts v=STSv1; id=1; x=y", "" },

	{ BODY("enforce", "1209600", "mx: *.example.com|"),
	  BODY("enforce", "1209600", "mx: *.example.com|") "\nmx 10 new.example.com",
	  "mx-changed-policy-same mail.example.com|new.example.com|" },
	{ "mx 10 mail.example.com\nmx 20 mail.example.com", "mx 5 mail.example.com", "" }, /* the hosts are the same */
	{ "", "mx SERVFAIL", "" },
	{ "", "left-out mx", "" },
	{ BODY("enforce", "1209600", "mx: *.example.com|"),
	  BODY("enforce", "1209600", "mx: *.example.com|") "\nmx 10 b.example.com\nleft-out mx", "" },
	{ "", "sts v=STSv1; id=2\nleft-out sts", "" },
	{ "", "mx 0 .", "mx-changed-policy-same mail.example.com|.|" },

	{ "", "mx 10 mx.elsewhere.net",
	  "mx-changed-policy-same mail.example.com|mx.elsewhere.net|\n"
	  "outdated-policy mail.example.com|mx.elsewhere.net|\nbroken ok|mx|" },
	{ "mx 10 mx.elsewhere.net", "mx 10 mx.another.net",
	  "mx-changed-policy-same mx.elsewhere.net|mx.another.net|" }, /* has never matched */
	{ BODY("none", "1209600", MAIL), BODY("none", "1209600", MAIL) "\nmx 10 mx.elsewhere.net",
	  "mx-changed-policy-same mail.example.com|mx.elsewhere.net|" },
	{ BODY("testing", "1209600", "mx: other.example.com|"),
	  BODY("testing", "1209600", MAIL) "\nmx 10 mx.elsewhere.net\nsts v=STSv1; id=2",
	  "outdated-policy mail.example.com|mx.elsewhere.net|" },

	{ BODY("testing", "1209600", MAIL), "sts v=STSv1; id=2\n" BODY("none", "1209600", ""),
	  "weakened testing 1209600|none 1209600|" },
	{ "", "sts v=STSv1; id=2\n" BODY("enforce", "302399", MAIL), "weakened enforce 1209600|enforce 302399|" },
	{ "", "sts v=STSv1; id=2\n" BODY("enforce", "302400", MAIL), "" },
	{ BODY("none", "1209600", ""), "sts v=STSv1; id=2\n" BODY("none", "60", ""), "" },
	{ BODY("testing", "1209600", MAIL), "sts v=STSv1; id=2\n" BODY("enforce", "60", MAIL), "" }, /* stronger */

	/* RFC 8461 8.3 */
	{ "", WEEK "sts -", "removed-without-none enforce 1209600|none|" },
	{ "", WEEK "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED",
	  "removed-without-none enforce 1209600|none|\ntlsrpt-removed valid|none|" },
	{ "", "time 1801209600\nsts -", "removed enforce 1209600|none|" },
	{ "", "time 1801209599\nsts -", "removed-without-none enforce 1209600|none|" },
	{ BODY("none", "1209600", ""), WEEK "sts -", "removed none 1209600|none|" },
	{ "http 404", WEEK "sts -", "removed valid|none|" },
	{ "sts v=STSv1", "sts -", "removed invalid|none|" },
	{ "", "sts SERVFAIL", "" },
	{ "", "sts -\ninput blocklisted", "" },
	{ "sts SERVFAIL", "sts -", "" },
	{ "sts -", "", "adopted none|enforce 1209600|" },
	{ "sts -", "http 404", "adopted none|valid|" },
	{ "sts -", "sts SERVFAIL", "" },
	{ "", "rpt -", "tlsrpt-removed valid|none|" },
	{ "rpt -", "rpt v=TLSRPTv1", "tlsrpt-adopted none|invalid|" },

	/* days: the first ends on the 60th */
	{ "", "leaf 1\n" WEEK, "" },
	{ "expires 86400", WEEK "leaf 1\nissued -521940",
	  "certificate-renewed-late 2027-01-16T08:00:00Z|2027-01-16T07:01:00Z|" },
	{ "expires 86400", WEEK "leaf 1\nissued -432000",
	  "certificate-renewed-late 2027-01-16T08:00:00Z|2027-01-17T08:00:00Z|" },
	{ "expires 86400", WEEK "leaf 1\nissued -522060", "" },
	{ "expires 86400", WEEK "leaf 1\nissued 9223372035054170000", /* begins when no calendar does */
	  "certificate-renewed-late 2027-01-16T08:00:00Z||" },
	{ "expires 86400", WEEK "leaf 1\nissued -522060\nsan other.example", "broken ok|tls|" },
	{ "expires -60\nverify 10", WEEK "leaf 1\nissued -605000",
	  "certificate-renewed-late 2027-01-15T07:59:00Z|2027-01-15T07:56:40Z|\nfixed tls|ok|" },
	{ "expires -60\nverify 10", WEEK "leaf 0", "fixed tls|ok|" },
	{ "expires 60\nsan other.example", WEEK "leaf 1\nissued -10", "fixed tls|ok|" }, /* was another's */
	{ "expires 60", WEEK "leaf 1\nissued -10\nsan other.example", "broken ok|tls|" },
	{ "expires -60\nverify 10", WEEK "leaf 1\nissued -700000", /* lay ready */
	  "certificate-renewed-late 2027-01-15T07:59:00Z|2027-01-14T05:33:20Z|\nfixed tls|ok|" },

	{ "", "http 404", "broken ok|http|" },
	{ "http 404", "", "fixed http|ok|" },
	{ "http 404", "a NXDOMAIN\naaaa NXDOMAIN\naddresses 0\nconnect skipped", "" },
	{ "", "a SERVFAIL\naaaa SERVFAIL\naddresses 0\nconnect skipped", "" },
	{ "a SERVFAIL\naaaa SERVFAIL\naddresses 0\nconnect skipped", "", "" },

	{ ABSENT, "", "new absent|ok|" },
	{ "sts -", ABSENT, "gone no-record|absent|" },

	/* whose doing */
	{ "a-cname x.one.net", "a-cname y.two.net\nhttp 404", "broken ok|http|two.net" },
	{ "a-cname mta.easydmarc.com", "a-cname mta.easydmarc.com\nhttp 404", "broken ok|http|EasyDMARC" },
	{ "a-cname mta.easydmarc.com", "http 404", "broken ok|http|EasyDMARC" },
	{ "a-cname www.example.com", "a-cname www.example.com\nhttp 404", "broken ok|http|" },
	{ "sts-cname _mta-sts.mx.cloudflare.net", "sts-cname _mta-sts.mx.cloudflare.net\nsts v=STSv1; id=2",
	  "id-changed-policy-same 1|2|Cloudflare Email Routing" },
	{ "sts-cname x.one.net\na-cname y.two.net", "sts-cname x.one.net\na-cname y.two.net\nhttp 404",
	  "broken ok|http|two.net" },
	{ "a-cname y.two.net", "a-cname y.two.net\nmx 10 mail.example.com\nmx 20 mail.example.com\nsts v=STSv1; id=2",
	  "id-changed-policy-same 1|2|two.net" },
};

static void each_change_is_told_and_nothing_else(void **state)
{
	struct drift_pair pair;
	char text[4096];

	(void)state;
	rows.all = true;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		make_side(&pair, DRIFT_BEFORE, cases[i].old);
		make_side(&pair, DRIFT_AFTER, cases[i].new);
		say(&pair, text, sizeof(text));
		if (strcmp(text, cases[i].expected) != 0)
			print_error("case %zu:\n%s\n%s\n", i, cases[i].old, cases[i].new);
		assert_string_equal(text, cases[i].expected);
	}
}

/* Swapped sides: what was broken is fixed, and nothing is told twice of one scan. */
static void a_scan_differs_in_nothing_from_itself(void **state)
{
	struct drift_pair pair;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (strcmp(cases[i].new, ABSENT) == 0)
			continue;
		make_side(&pair, DRIFT_BEFORE, cases[i].new);
		make_side(&pair, DRIFT_AFTER, cases[i].new);
		assert_int_equal(drift_changes_of(&pair), 0);
	}
}

/* ---- rows ---- */

static void words_of_a_domain(void **state)
{
	static const struct {
		const char *lines, *words; /* in order of enum drift_kind */
	} table[] = {
		{ ABSENT, "absent absent absent absent absent absent" },
		{ "", "complete valid valid ok enforce enforce-ok" },
		{ "sts -\nrpt -", "complete none none no-record no-policy no-policy" },
		{ "http 404", "complete valid valid http no-policy no-policy" },
		{ "sts SERVFAIL", "unknown unknown valid unknown unknown unknown" },
		{ "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED", "complete none none no-record no-policy no-policy" },
		{ "input blocklisted", "blocklisted not-asked not-asked not-asked not-asked not-asked" },
		{ "name no domain\ninput illegal", "illegal-input not-asked not-asked not-asked not-asked not-asked" },
		{ BODY("testing", "86400", "mx: x.net|"), "complete valid valid mx testing testing-fail" },
	};
	struct drift_pair pair;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char text[256] = "";

		make_side(&pair, DRIFT_BEFORE, table[i].lines);
		for (unsigned k = 0; k < DRIFT_KINDS; k++) {
			strcat(text, k > 0 ? " " : "");
			strcat(text, drift_word_of(&pair.side[DRIFT_BEFORE].head, (enum drift_kind)k));
		}
		assert_string_equal(text, table[i].words);
	}
}

#define DIRECT "source MX direct\nsource STS direct\nsource TLSRPT direct\n"

/* A scan with --direct and one without may say NXDOMAIN and NODATA of what is absent, and TTLs that a cache has not
 * brought down. */
static void who_answered_is_no_change(void **state)
{
	static const struct {
		const char *direct, *resolver;
	} table[] = {
		{ DIRECT "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED", "mx NO_ANSWER\nsts NO_ANSWER\nrpt NXDOMAIN" },
		{ DIRECT "mx NO_ANSWER\nsts NXDOMAIN\nrpt NXDOMAIN", "mx NXDOMAIN\nsts SKIPPED\nrpt SKIPPED" },
		{ DIRECT "sts NXDOMAIN\nrpt NO_ANSWER", "sts NO_ANSWER\nrpt NXDOMAIN" },
		{ DIRECT "ttl 3600\nsts -\nrpt -", "ttl 17\nsts -\nrpt -" },
		{ DIRECT "ttl 3600", "ttl 17" },
	};
	struct drift_pair pair;

	(void)state;
	rows.all = true;
	for (size_t i = 0; i < 2 * COUNT_OF(table); i++) {
		make_side(&pair, i % 2 ? DRIFT_AFTER : DRIFT_BEFORE, table[i / 2].direct);
		make_side(&pair, i % 2 ? DRIFT_BEFORE : DRIFT_AFTER, table[i / 2].resolver);
		assert_int_equal(drift_changes_of(&pair), 0);
		assert_memory_equal(pair.side[0].head.word, pair.side[1].head.word, sizeof(pair.side[0].head.word));
	}
}

static void only_domains_with_a_record_have_facts(void **state)
{
	static const struct {
		const char *lines;
		bool detailed;
	} table[] = {
		{ "", true },
		{ "sts -", true }, /* but a TLSRPT record */
		{ "rpt -", true },
		{ "sts -\nrpt -", false },
		{ "sts SERVFAIL\nrpt SERVFAIL", false },
		{ "input illegal", false },
	};
	struct drift_pair pair;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(table); i++) {
		rows.all = i % 2 == 1;
		make_side(&pair, DRIFT_BEFORE, table[i / 2].lines);
		assert_int_equal(pair.side[DRIFT_BEFORE].detailed, table[i / 2].detailed || rows.all);
		assert_int_equal(pair.side[DRIFT_BEFORE].name.n > 0, table[i / 2].detailed || rows.all);
	}
}

static void names_in_other_case_are_one(void **state)
{
	struct drift_pair pair;

	(void)state;
	make_side(&pair, DRIFT_BEFORE, "name Example.COM");
	make_side(&pair, DRIFT_AFTER, "");
	assert_memory_equal(pair.side[0].head.hash, pair.side[1].head.hash, sizeof(pair.side[0].head.hash));
	make_side(&pair, DRIFT_BEFORE, "name BAD LINE\ninput illegal"); /* evidence, no name */
	make_side(&pair, DRIFT_AFTER, "name bad line\ninput illegal");
	assert_memory_not_equal(pair.side[0].head.hash, pair.side[1].head.hash, sizeof(pair.side[0].head.hash));
}

/* More patterns than are kept: the same lines are the same, in another order they may be. */
static void what_the_limits_cut_off_is_unknown(void **state)
{
	static char body[3][POLICY_BODY_MAX];
	struct drift_pair pair;

	(void)state;
	for (unsigned b = 0; b < 3; b++) {
		size_t n = (size_t)sprintf(body[b], BODY("enforce", "1209600", MAIL));

		for (unsigned i = 0; i < 2 * DRIFT_PATTERNS; i++)
			n += (size_t)sprintf(body[b] + n, "mx: a%u.example.com|", b == 2 ? 2 * DRIFT_PATTERNS - i : i);
	}
	rows.all = false;
	for (unsigned b = 1; b < 3; b++) {
		static struct facts facts;
		static struct classification result;

		for (unsigned side = 0; side < 2; side++) {
			char *p = body[side ? b : 0];

			facts_make(&facts, "");
			for (char *bar = p; (bar = strchr(bar, '|'));)
				*bar = '\n';
			facts.observation.policy.http.body = span_of(p + sizeof("body ") - 1);
			classify(&facts.observation, &result);
			drift_row_read((struct span){ octets[side], drift_row_make(&rows, &facts.observation, &result,
										   octets[side]) },
				       &pair.side[side]);
			assert_true(pair.side[side].policy.cut);
		}
		assert_int_equal(drift_changes_of(&pair), 0);
	}
}

static void the_longest_row_has_room(void **state)
{
	static char name[OBS_MX_MAX][256], body[POLICY_BODY_MAX], value[OBS_LABEL_OCTETS_MAX];
	static struct obs_label label[OBS_LABEL_MAX];
	static struct facts facts;
	static struct classification result;
	static char changed[DRIFT_CHANGE_TEXT];
	struct drift_pair pair;
	struct span rest, word;
	size_t n = (size_t)sprintf(body, "version: STSv1\nmode: enforce\nmax_age: 86400\n"), count = 0;

	(void)state;
	facts_make(&facts, "");
	for (unsigned i = 0; i < OBS_MX_MAX; i++) {
		memset(name[i], 'x', 253);
		name[i][1] = (char)('0' + i / 10);
		name[i][2] = (char)('0' + i % 10);
		for (unsigned dot = 60; dot < 253; dot += 60)
			name[i][dot] = '.';
		facts.mx[i] = (struct obs_mx_record){ 10, span_of(name[i]) };
		n += (size_t)sprintf(body + n, "mx: %s\n", name[i]);
	}
	facts.observation.mx.count = OBS_MX_MAX;
	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < OBS_LABEL_MAX; i++) {
		value[0] = 'v';
		label[i] = (struct obs_label){ { value, sizeof(value) }, { value, sizeof(value) } };
	}
	facts.observation.label = label;
	facts.observation.label_count = OBS_LABEL_MAX;
	facts.observation.policy.http.body = (struct span){ body, n };
	classify(&facts.observation, &result);
	drift_row_read((struct span){ octets[0], drift_row_make(&rows, &facts.observation, &result, octets[0]) },
		       &pair.side[0]);
	make_side(&pair, 1, "");
	assert_int_equal(drift_label(&pair.side[0], (struct span){ value, sizeof(value) }).n, sizeof(value));
	for (rest = pair.side[0].mx; drift_next_word(&rest, &word); count++)
		assert_int_equal(word.n, 253);
	assert_int_equal(count, OBS_MX_MAX);
	drift_change_show(&pair, DRIFT_MX_CHANGED_POLICY_SAME, DRIFT_BEFORE, changed);
	assert_int_equal(strlen(changed), DRIFT_CHANGE_TEXT - 1);
	assert_string_equal(changed + DRIFT_CHANGE_TEXT - 5, "x…");
}

static void labels_are_found_by_name(void **state)
{
	static const struct obs_label label[] = { { SPAN_LITERAL("agency"), SPAN_LITERAL("a, b") },
						  { SPAN_LITERAL("empty"), SPAN_LITERAL("") },
						  { SPAN_LITERAL("country"), SPAN_LITERAL("NL") } };
	static struct facts facts;
	static struct classification result;
	struct drift_domain domain;

	(void)state;
	facts_make(&facts, "");
	facts.observation.label = label;
	facts.observation.label_count = COUNT_OF(label);
	classify(&facts.observation, &result);
	drift_row_read((struct span){ octets[0], drift_row_make(&rows, &facts.observation, &result, octets[0]) },
		       &domain);
	for (size_t i = 0; i < COUNT_OF(label); i++)
		assert_true(span_equal(drift_label(&domain, label[i].name), label[i].value));
	assert_int_equal(drift_label(&domain, SPAN_LITERAL("NL")).n, 0); /* a value is no name */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_is_told_and_nothing_else),
		cmocka_unit_test(a_scan_differs_in_nothing_from_itself),
		cmocka_unit_test(words_of_a_domain),
		cmocka_unit_test(who_answered_is_no_change),
		cmocka_unit_test(only_domains_with_a_record_have_facts),
		cmocka_unit_test(names_in_other_case_are_one),
		cmocka_unit_test(what_the_limits_cut_off_is_unknown),
		cmocka_unit_test(the_longest_row_has_room),
		cmocka_unit_test(labels_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
