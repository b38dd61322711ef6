#include "scanner/job/policy_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CHAIN_MAX = 3, ADDRESSES_MAX = 4 };

/* A CNAME chain as text, for the table: NULL behind the last. */
struct chain {
	const char *name[CHAIN_MAX];
};

static struct obs_answer answer(enum dns_status status, const struct chain *chain, struct span name[static CHAIN_MAX])
{
	struct obs_answer answer = { .status = status, .cname = name };

	for (; answer.cname_count < CHAIN_MAX && chain->name[answer.cname_count]; answer.cname_count++)
		name[answer.cname_count] = span_of(chain->name[answer.cname_count]);
	return answer;
}

static void a_chain_ends_where_it_can_be_asked_on(void **state)
{
	static const struct {
		const char *behaviour;
		enum dns_status status;
		bool loop;
		struct chain chain;
		const char *end; /* "": none */
	} cases[] = {
		{ "no alias", DNS_NOERROR, false, { { NULL } }, "" },
		{ "an alias with addresses", DNS_NOERROR, false, { { "a.example" } }, "a.example" },
		{ "the last of several",
		  DNS_NOERROR,
		  false,
		  { { "a.example", "b.example", "c.example" } },
		  "c.example" },
		{ "one without an address of this type", DNS_NO_ANSWER, false, { { "a.example" } }, "a.example" },
		{ "one that leads nowhere", DNS_NXDOMAIN, false, { { "a.example" } }, "" },
		{ "one that may lead on", DNS_SERVFAIL, false, { { "a.example" } }, "" },
		{ "one that is not known to the end", DNS_TIMEOUT, false, { { "a.example" } }, "" },
		{ "a loop", DNS_NO_ANSWER, true, { { "a.example", "b.example" } }, "" },
		{ "octets that text can't hold", DNS_NOERROR, false, { { "a\\000b.example" } }, "" },
		{ "such octets on the way", DNS_NOERROR, false, { { "a\\000b.example", "b.example" } }, "b.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span names[CHAIN_MAX], end = { NULL, 0 };
		struct obs_answer a = answer(cases[i].status, &cases[i].chain, names);

		a.cname_loop = cases[i].loop;
		if (policy_host_end(&a, &end) != (cases[i].end[0] != '\0') || !span_equal(end, span_of(cases[i].end)))
			fail_msg("%s: '%.*s'", cases[i].behaviour, (int)end.n, end.p ? end.p : "");
	}
}

static void a_link_of_either_familys_chain_may_be_blocked(void **state)
{
	static const struct {
		const char *behaviour;
		struct chain a, aaaa;
		bool blocked;
	} cases[] = {
		{ "no alias", { { NULL } }, { { NULL } }, false },
		{ "through a blocked one", { { "x.blocked.example", "a.example" } }, { { NULL } }, true },
		{ "into a blocked one", { { "a.example", "blocked.example" } }, { { NULL } }, true },
		{ "IPv6's is blocked", { { "a.example" } }, { { "BLOCKED.example" } }, true },
		{ "neither", { { "a.example" } }, { { "b.example" } }, false },
		{ "a name that only ends alike", { { "unblocked.example" } }, { { NULL } }, false },
	};
	struct domain_set *blocked = domain_set_new();

	(void)state;
	assert_int_equal(domain_set_add(blocked, SPAN_LITERAL("blocked.example")), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span names[CHAIN_MAX], names6[CHAIN_MAX];
		struct obs_policy policy = { .a = answer(DNS_NOERROR, &cases[i].a, names),
					     .aaaa = answer(DNS_NOERROR, &cases[i].aaaa, names6) };

		if (policy_host_is_blocked(&policy, blocked) != cases[i].blocked)
			fail_msg("%s", cases[i].behaviour);
		assert_false(policy_host_is_blocked(&policy, NULL));
	}
	domain_set_free(blocked);
}

static void addresses_we_may_contact_are_told_by_their_place(void **state)
{
	static const struct {
		const char *behaviour, *address[ADDRESSES_MAX];
		uint32_t allowed;
		bool reserved;
	} cases[] = {
		{ "none", { NULL }, 0, false },
		{ "global ones", { "2001:4860::1", "9.9.9.9" }, 3, false },
		{ "reserved ones alone", { "::1", "10.0.0.1" }, 0, true },
		{ "reserved ones beside others", { "10.0.0.1", "9.9.9.9", "127.0.0.1", "9.9.9.8" }, 10, false },
		{ "a reserved one that is allowed", { "10.0.0.1", "192.168.7.1" }, 2, false },
		{ "a blocked one alone is not reserved", { "203.0.114.1" }, 0, false },
		{ "nor is it behind a reserved one", { "10.0.0.1", "203.0.114.1" }, 0, false },
		{ "nor before one", { "203.0.114.1", "10.0.0.1" }, 0, false },
	};
	struct cidr_set *allow = cidr_set_new(), *block = cidr_set_new();

	(void)state;
	assert_int_equal(cidr_set_add(allow, SPAN_LITERAL("192.168.7.0/24")), 0);
	assert_int_equal(cidr_set_add(block, SPAN_LITERAL("203.0.114.0/24")), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct obs_address all[ADDRESSES_MAX];
		struct obs_policy policy = { .address = all };
		bool reserved = !cases[i].reserved;
		uint32_t allowed;

		for (; policy.address_count < ADDRESSES_MAX && cases[i].address[policy.address_count];
		     policy.address_count++)
			assert_true(address_parse(span_of(cases[i].address[policy.address_count]),
						  &all[policy.address_count]));
		allowed = policy_host_allowed(&policy, allow, block, &reserved);
		if (allowed != cases[i].allowed || reserved != cases[i].reserved)
			fail_msg("%s: %#x, reserved %d", cases[i].behaviour, allowed, reserved);
	}
	cidr_set_free(allow);
	cidr_set_free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_ends_where_it_can_be_asked_on),
		cmocka_unit_test(a_link_of_either_familys_chain_may_be_blocked),
		cmocka_unit_test(addresses_we_may_contact_are_told_by_their_place),
	};

	return cmocka_run_group_tests_name("policy_host", tests, NULL, NULL);
}
