/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/observation.h"

#include "tests/parsers/expect.h"

/* The words users see, ZDNS's and ZGrab2's. Their numbers are on disk: a word never moves. */
static const char *const dns_words[] = { "SKIPPED", "NOERROR", "NXDOMAIN", "NO_ANSWER", "SERVFAIL", "REFUSED",
					 "FORMERR", "NOTIMP",  "TIMEOUT",  "TRUNCATED", "ERROR" };
static const char *const connect_words[] = { "skipped",
					     "success",
					     "connection-refused",
					     "connection-timeout",
					     "connection-reset",
					     "network-unreachable",
					     "io-timeout",
					     "protocol-error",
					     "handshake-error",
					     "blocklisted-target" };
static const char *const tls_words[] = { "", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" };
#define EXPECT_WORDS(words, name, count)                                                                               \
	do {                                                                                                           \
		assert_int_equal(COUNT_OF(words), count);                                                              \
		for (unsigned i_ = 0; i_ < COUNT_OF(words); i_++)                                                      \
			expect_word(#name, name[i_], words[i_]);                                                       \
	} while (0)

static void words_are_those_of_the_interface(void **state)
{
	(void)state;
	EXPECT_WORDS(dns_words, dns_status_names, DNS_STATUS_COUNT);
	EXPECT_WORDS(connect_words, connect_status_names, CONNECT_STATUS_COUNT);
	EXPECT_WORDS(tls_words, tls_version_names, TLS_VERSION_COUNT);
	assert_int_equal(TXT_QUESTIONS, 2);
	expect_word("key", txt_questions[TXT_STS].key, "STS");
	expect_span("label", txt_questions[TXT_STS].label, "_mta-sts.");
	expect_word("key", txt_questions[TXT_TLSRPT].key, "TLSRPT");
	expect_span("label", txt_questions[TXT_TLSRPT].label, "_smtp._tls.");
}

static void what_may_pass_is_asked_again(void **state)
{
	static const bool transient[DNS_STATUS_COUNT] = {
		[DNS_SERVFAIL] = true, [DNS_REFUSED] = true,   [DNS_FORMERR] = true, [DNS_NOTIMP] = true,
		[DNS_TIMEOUT] = true,  [DNS_TRUNCATED] = true, [DNS_ERROR] = true,
	};

	(void)state;
	for (unsigned i = 0; i < DNS_STATUS_COUNT; i++)
		if (dns_status_is_transient(i) != transient[i])
			fail_msg("%s", dns_words[i]);
}

/* What servers said themselves, and the resolver could not better; not what may be our own network's fault, nor what
 * one server says while the resolver has an answer. */
static void a_zone_is_lame_where_its_servers_said_so(void **state)
{
	static const bool said[FALL_BACK_COUNT] = { [FALL_BACK_REFUSED] = true,
						    [FALL_BACK_SERVFAIL] = true,
						    [FALL_BACK_NOT_AUTHORITATIVE] = true,
						    [FALL_BACK_NO_SOA] = true };

	(void)state;
	for (unsigned status = 0; status < DNS_STATUS_COUNT; status++)
		for (unsigned source = 0; source < SOURCE_COUNT; source++)
			for (unsigned why = 0; why < FALL_BACK_COUNT; why++) {
				const struct obs_answer answer = { .status = status,
								   .source = source,
								   .fall_back = why };
				bool due = status == DNS_SERVFAIL && source == SOURCE_RESOLVER && said[why];

				if (obs_answer_is_lame(&answer) != due)
					fail_msg("%s, %s, %s", dns_status_names[status], obs_source_names[source],
						 obs_fall_back_names[why]);
			}
}

static void a_null_mx_is_the_root_alone(void **state)
{
	static const struct obs_mx_record root = { 0, { "", 0 } }, preferred = { 10, { "", 0 } },
					  host = { 0, { "a.example", 9 } },
					  roots[] = { { 0, { "", 0 } }, { 0, { "", 0 } } };
	static const struct {
		const char *behaviour;
		struct obs_mx mx;
		bool is_null;
	} cases[] = {
		{ "the root", { .record = &root, .count = 1 }, true },
		{ "whatever its preference", { .record = &preferred, .count = 1 }, true },
		{ "twice", { .record = roots, .count = 2 }, false },
		{ "none at all", { .record = &root, .count = 0 }, false },
		{ "a host", { .record = &host, .count = 1 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (obs_mx_is_null(&cases[i].mx) != cases[i].is_null)
			fail_msg("%s", cases[i].behaviour);
}

static void a_chain_ends_at_its_last_name_and_both_families_have_one(void **state)
{
	static const struct span chain[] = { SPAN_LITERAL("a.example"), SPAN_LITERAL("b.example") };
	const struct obs_answer none = { .status = DNS_NOERROR }, one = { .cname = chain, .cname_count = 1 },
				two = { .cname = chain, .cname_count = 2 };
	static const struct {
		const char *behaviour;
		int a, aaaa; /* links */
		const char *end;
	} cases[] = {
		{ "no alias", 0, 0, "" },
		{ "an alias", 1, 0, "a.example" },
		{ "the last of two", 2, 0, "b.example" },
		{ "IPv6's alone", 0, 2, "b.example" },
		{ "IPv4's goes before", 1, 2, "a.example" },
	};
	const struct obs_answer *const of[] = { &none, &one, &two };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct obs_policy policy = { .a = *of[cases[i].a], .aaaa = *of[cases[i].aaaa] };
		struct span end = obs_cname_end(obs_policy_chain(&policy));

		expect_span(cases[i].behaviour, end, cases[i].end);
		assert_true(!end.p == (cases[i].end[0] == '\0'));
	}
}

static void whatever_was_learnt_is_not_nothing(void **state)
{
	const struct obs_tls tls[] = { { .version = TLS_1_0 },
				       { .alerted = true },
				       { .chain_count = 1 },
				       { .chain_omitted = 1 },
				       { .error_count = 1 } };
	const struct obs_http http[] = {
		{ .status = 200 },
		{ .failure = HTTP_TIMEOUT },
		{ .content_type = SPAN_LITERAL("") },
		{ .location = SPAN_LITERAL("") },
		{ .content_encoding = SPAN_LITERAL("") },
		{ .challenge = SPAN_LITERAL("") },
		{ .size = 1 },
		{ .body = SPAN_LITERAL("x") },
	};

	(void)state;
	assert_true(obs_tls_is_empty(&(struct obs_tls){ .alert = 40 })); /* none was sent */
	for (size_t i = 0; i < COUNT_OF(tls); i++)
		if (obs_tls_is_empty(&tls[i]))
			fail_msg("TLS fact %zu is nothing", i);
	assert_true(obs_http_is_empty(&(struct obs_http){ .status = 0 }));
	for (size_t i = 0; i < COUNT_OF(http); i++)
		if (obs_http_is_empty(&http[i]))
			fail_msg("HTTP fact %zu is nothing", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_the_interface),
		cmocka_unit_test(what_may_pass_is_asked_again),
		cmocka_unit_test(a_zone_is_lame_where_its_servers_said_so),
		cmocka_unit_test(a_null_mx_is_the_root_alone),
		cmocka_unit_test(a_chain_ends_at_its_last_name_and_both_families_have_one),
		cmocka_unit_test(whatever_was_learnt_is_not_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
