#include "parsers/observation.h"

#include "tests/parsers/expect.h"

/* The words users see: ZDNS's, ZGrab2's, the project's own. The numbers of the first two and of TLS versions are on
 * disk: a word never moves. */
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
static const char *const domain_words[] = {
	[DOMAIN_COMPLETE] = "complete",
	[DOMAIN_UNKNOWN] = "unknown",
	[DOMAIN_BLOCKLISTED] = "blocklisted",
	[DOMAIN_ILLEGAL_INPUT] = "illegal-input",
};
static const char *const record_words[] = {
	[RECORD_NOT_ASKED] = "",      [RECORD_NONE] = "none",         [RECORD_VALID] = "valid",
	[RECORD_INVALID] = "invalid", [RECORD_MULTIPLE] = "multiple", [RECORD_UNKNOWN] = "unknown",
};
static const char *const policy_words[] = {
	[POLICY_UNJUDGED] = "",
	[POLICY_VALID] = "valid",
	[POLICY_TOLERATED] = "tolerated",
	[POLICY_INVALID] = "invalid",
};
static const char *const verdict_words[] = {
	[VERDICT_NO_POLICY] = "no-policy",       [VERDICT_NONE] = "none",
	[VERDICT_TESTING_OK] = "testing-ok",     [VERDICT_TESTING_FAIL] = "testing-fail",
	[VERDICT_ENFORCE_OK] = "enforce-ok",     [VERDICT_ENFORCE_PARTIAL] = "enforce-partial",
	[VERDICT_ENFORCE_FAIL] = "enforce-fail", [VERDICT_UNKNOWN] = "unknown",
};

#define EXPECT_WORDS(words, name, count)                                                                               \
	do {                                                                                                           \
		assert_int_equal(COUNT_OF(words), count);                                                              \
		for (unsigned i_ = 0; i_ < COUNT_OF(words); i_++)                                                      \
			expect_word(#name, name(i_), words[i_]);                                                       \
	} while (0)

static void words_are_those_of_the_interface(void **state)
{
	(void)state;
	EXPECT_WORDS(dns_words, dns_status_name, DNS_STATUS_COUNT);
	EXPECT_WORDS(connect_words, connect_status_name, CONNECT_STATUS_COUNT);
	EXPECT_WORDS(tls_words, tls_version_name, TLS_VERSION_COUNT);
	EXPECT_WORDS(domain_words, domain_status_name, DOMAIN_STATUS_COUNT);
	EXPECT_WORDS(record_words, record_state_name, RECORD_STATE_COUNT);
	EXPECT_WORDS(policy_words, policy_state_name, POLICY_STATE_COUNT);
	EXPECT_WORDS(verdict_words, verdict_name, VERDICT_COUNT);
}

static void nobody_asked_about_has_no_verdict(void **state)
{
	static const struct {
		enum domain_status status;
		const char *word;
	} cases[] = {
		{ DOMAIN_COMPLETE, "testing-ok" },
		{ DOMAIN_UNKNOWN, "testing-ok" },
		{ DOMAIN_BLOCKLISTED, "" },
		{ DOMAIN_ILLEGAL_INPUT, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct judgement judgement = { .status = cases[i].status, .verdict = VERDICT_TESTING_OK };

		expect_word(domain_status_name(cases[i].status), judgement_verdict_name(&judgement), cases[i].word);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_the_interface),
		cmocka_unit_test(nobody_asked_about_has_no_verdict),
		cmocka_unit_test(what_may_pass_is_asked_again),
		cmocka_unit_test(a_null_mx_is_the_root_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
