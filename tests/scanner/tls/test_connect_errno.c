/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that can't be made: a fact about them, a fault of ours, or not to be told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/rules/address.h"
#include "scanner/tls/connect_errno.h"

/* There is a way to these on every machine that has the family. */
static const char here[] = "127.0.0.1", HERE6[] = "::1";

static struct connect_meaning meaning_of(int error, const char *address, struct routes before)
{
	struct obs_address parsed;

	assert_true(address_parse(span_of(address), &parsed));
	return connect_errno_meaning(error, &parsed, &before);
}

static void every_errno_has_one_meaning(void **state)
{
	static const struct {
		int error;
		enum connect_status status;
		int fault;
	} table[] = {
		{ ECONNREFUSED, CONNECT_REFUSED, NET_OK },
		{ ETIMEDOUT, CONNECT_TIMEOUT, NET_OK },
		{ ECONNRESET, CONNECT_RESET, NET_OK },
		{ ECONNABORTED, CONNECT_RESET, NET_OK },
		{ ENETUNREACH, CONNECT_UNREACHABLE, NET_OK },
		{ EHOSTUNREACH, CONNECT_UNREACHABLE, NET_OK },
		{ EHOSTDOWN, CONNECT_UNREACHABLE, NET_OK },
		{ ENONET, CONNECT_UNREACHABLE, NET_OK },
		{ EPROTO, CONNECT_UNREACHABLE, NET_OK },
		{ ENOPROTOOPT, CONNECT_UNREACHABLE, NET_OK },
		{ EINVAL, CONNECT_UNREACHABLE, NET_OK },
		{ EAFNOSUPPORT, CONNECT_UNREACHABLE, NET_OK },
		{ EACCES, CONNECT_SKIPPED, NET_OK },
		{ EPERM, CONNECT_SKIPPED, NET_OK },
		{ EILSEQ, CONNECT_SKIPPED, NET_OK }, /* one nobody thought of */
		{ ENETDOWN, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
		{ EADDRNOTAVAIL, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
		{ EAGAIN, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
		{ EMFILE, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
		{ ENFILE, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
		{ ENOBUFS, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
		{ ENOMEM, CONNECT_SKIPPED, NET_FAULT_SOCKETS },
	};
	const struct routes none = { false, false };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct connect_meaning meaning = meaning_of(table[i].error, here, none);

		if (meaning.status != table[i].status || meaning.fault != table[i].fault)
			fail_msg("errno %d: status %d, fault %d", table[i].error, meaning.status, meaning.fault);
	}
}

static void a_prohibition_over_ipv6_may_be_theirs(void **state)
{
	struct routes routes;
	struct connect_meaning meaning;

	(void)state;
	routes_look(&routes);
	meaning = meaning_of(EACCES, HERE6, routes);
	assert_int_equal(meaning.fault, NET_OK);
	/* theirs where our own table lets the packet out; without IPv6 nothing can be said */
	assert_true(meaning.status == CONNECT_UNREACHABLE || meaning.status == CONNECT_SKIPPED);
}

static void a_link_that_went_down_is_ours(void **state)
{
	static const int errors[] = { ENETUNREACH, EHOSTUNREACH, EHOSTDOWN };
	const struct routes before = { true, true };
	struct routes now;

	(void)state;
	routes_look(&now);
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		struct connect_meaning meaning = meaning_of(errors[i], here, before);

		assert_int_equal(meaning.status, now.ipv4 ? CONNECT_UNREACHABLE : CONNECT_SKIPPED);
		assert_int_equal(meaning.fault, now.ipv4 ? NET_OK : NET_FAULT_SOCKETS);
		meaning = meaning_of(errors[i], HERE6, before);
		assert_int_equal(meaning.fault, now.ipv6 ? NET_OK : NET_FAULT_SOCKETS);
	}
}

/* After it had accepted: an end of theirs, or nothing that they have set up. */
static void what_breaks_a_connection_is_theirs_only_where_they_ended_it(void **state)
{
	static const int theirs[] = { 0, ECONNRESET, EPIPE, ECONNABORTED, ECONNREFUSED, ETIMEDOUT };
	static const struct {
		int error, fault;
	} ours[] = {
		{ ENOBUFS, NET_FAULT_SOCKETS },
		{ ENOMEM, NET_FAULT_SOCKETS },
		{ ENETDOWN, NET_FAULT_SOCKETS },
		{ EPERM, NET_OK },
		{ EACCES, NET_OK },
		{ ENETUNREACH, NET_OK },
		{ EHOSTUNREACH, NET_OK },
		{ EHOSTDOWN, NET_OK },
		{ EPROTO, NET_OK },
		{ EINVAL, NET_OK },
		{ EBADF, NET_OK },
		{ ENOTCONN, NET_OK },
		{ EIO, NET_OK },
		{ EILSEQ, NET_OK },
	};
	const struct routes none = { false, false };
	struct obs_address address;

	(void)state;
	assert_true(address_parse(span_of(here), &address));
	for (size_t i = 0; i < COUNT_OF(theirs); i++) {
		struct connect_meaning meaning = connected_errno_meaning(theirs[i], &address, &none);

		assert_int_equal(meaning.status, CONNECT_RESET);
		assert_int_equal(meaning.fault, NET_OK);
	}
	for (size_t i = 0; i < COUNT_OF(ours); i++) {
		struct connect_meaning meaning = connected_errno_meaning(ours[i].error, &address, &none);

		if (meaning.status != CONNECT_SKIPPED || meaning.fault != ours[i].fault)
			fail_msg("errno %d: status %d, fault %d", ours[i].error, meaning.status, meaning.fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_errno_has_one_meaning),
		cmocka_unit_test(a_prohibition_over_ipv6_may_be_theirs),
		cmocka_unit_test(a_link_that_went_down_is_ours),
		cmocka_unit_test(what_breaks_a_connection_is_theirs_only_where_they_ended_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
