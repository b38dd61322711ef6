/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes back from an address that is asked, and what becomes of the question. */
#include "tests/scanner/dns/direct_rig.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "parsers/dns_answer.h"
#include "tests/fake/fake_clock.h"

static int set_up(void **state)
{
	*state = direct_rig_open();
	return 0;
}

static int tear_down(void **state)
{
	direct_rig_close(*state);
	return 0;
}

/* Ask, and wait until the server has it. */
static void ask_silent(struct direct_rig *rig, struct direct_asked *asked)
{
	unsigned before = rig->peer->questions;

	rig->on_question = direct_rig_silence;
	direct_rig_ask(rig, asked, HERE, NAME);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions > before);
}

static void an_answer_is_handed_on_as_it_came(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
	assert_int_equal(asked.n, rig->peer->build.n);
	assert_false(asked.cut);
	assert_int_equal(asked.id, rig->last.id);
	assert_true(asked.try.was_sent);
	assert_true(rig->last.edns);
	assert_int_equal(rig->last.type, DNS_TYPE_MX);
	assert_string_equal(rig->last.name, NAME);
	assert_int_equal(direct_rig_counts(rig).packets, 1);
	assert_int_equal(direct_rig_counts(rig).answers, 1);
}

static void an_address_in_ipv6_that_is_ipv4_is_asked_over_ipv4(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	direct_rig_ask(rig, &asked, "::ffff:127.0.0.1", NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
}

/* ---- IPv6 ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	static char octets[512];

	(void)handle;
	(void)suggested;
	*buffer = uv_buf_init(octets, sizeof(octets));
}

static void on_question_in_ipv6(uv_udp_t *udp, ssize_t n, const uv_buf_t *buffer, const struct sockaddr *from,
				unsigned flags)
{
	uv_buf_t answer = uv_buf_init(buffer->base, (unsigned)n);

	(void)flags;
	if (n < DNS_HEADER_SIZE || !from)
		return;
	answer.base[2] |= (char)0x80;         /* the question, as a response */
	answer.base[1] ^= *(bool *)udp->data; /* or a guess at it */
	uv_udp_try_send(udp, &answer, 1, from);
}

static void ipv6_is_asked_as_ipv4_is(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };
	struct sockaddr_in6 here;
	bool has_ipv6, guess = false;
	uv_udp_t server;

	uv_ip6_addr("::1", rig->peer->port, &here);
	uv_udp_init(&rig->loop, &server);
	server.data = &guess;
	has_ipv6 = uv_udp_bind(&server, (struct sockaddr *)&here, 0) == 0;
	if (has_ipv6) {
		uv_udp_recv_start(&server, on_alloc, on_question_in_ipv6);
		direct_rig_ask(rig, &asked, "::1", NAME);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_ANSWERED);
		guess = true;
		direct_rig_ask(rig, &asked, "::1", NAME);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_SPOOFED);
		assert_true(direct_rig_has_family(rig, 6));
		assert_int_equal(rig->peer->questions, 0);
	}
	uv_close((uv_handle_t *)&server, NULL);
	direct_rig_settle(rig);
	if (!has_ipv6)
		skip();
}

static void silence_is_a_time_out_and_the_answer_after_it_nothing(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 }, beside = { 0 };
	unsigned rounds = 0;

	do {
		uint64_t before;

		ask_silent(rig, &asked);
		before = uv_now(&rig->loop);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_TIMED_OUT);
		assert_true(uv_now(&rig->loop) - before >= DIRECT_RIG_TIMEOUT_MS - 1);

		struct dns_peer_question late = rig->last;

		ask_silent(rig, &beside);
		dns_peer_answer(rig->peer, &late);
		direct_rig_await(&beside);
		assert_int_equal(beside.end, DIRECT_TIMED_OUT); /* it was no guess */
		assert_int_equal(asked.ends, 1);
		rounds++;
		assert_true(rounds < 20);
	} while (direct_rig_counts(rig).late == 0); /* its socket had been renewed meanwhile */
	assert_int_equal(direct_rig_counts(rig).late, 1);
	assert_int_equal(direct_rig_counts(rig).timeouts, 2 * rounds);
}

static void an_answer_that_came_twice_is_taken_once(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 }, beside = { 0 };

	ask_silent(rig, &asked);

	struct dns_peer_question first = rig->last;

	ask_silent(rig, &beside);
	dns_peer_answer(rig->peer, &first);
	dns_peer_answer(rig->peer, &first);
	DIRECT_RIG_UNTIL(rig, direct_rig_counts(rig).late == 1);
	assert_int_equal(asked.ends, 1);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
	assert_int_equal(beside.ends, 0);
	direct_rig_await(&beside);
}

/* Each is a response from the address, the port and to the socket of a question. */
static void what_fits_no_question_ends_those_of_its_address(void **state)
{
	static const struct {
		uint16_t id; /* changed so */
		const char *name;
	} guesses[] = { { 1, NAME }, { 0x8000, NAME }, { 0, "Example.com" }, { 0, "example.org" } };
	struct direct_rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(guesses); i++) {
		struct direct_asked one = { 0 }, other = { 0 }, elsewhere = { 0 };

		direct_rig_ask(rig, &elsewhere, SILENT, NAME);
		ask_silent(rig, &one);
		ask_silent(rig, &other);
		direct_rig_answer_as(rig, &rig->last, rig->last.id ^ guesses[i].id, guesses[i].name);
		direct_rig_await(&one);
		direct_rig_await(&other);
		assert_int_equal(one.end, DIRECT_SPOOFED);
		assert_int_equal(other.end, DIRECT_SPOOFED);
		assert_int_equal(elsewhere.ends, 0);
		assert_int_equal(direct_rig_counts(rig).guesses, i + 1);
		assert_int_equal(direct_rig_counts(rig).spoofed, 2 * (i + 1));
		direct_rig_await(&elsewhere);
		assert_int_equal(elsewhere.end, DIRECT_TIMED_OUT);
	}
}

static void the_true_answer_behind_a_guess_is_late(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	ask_silent(rig, &asked);
	direct_rig_answer_as(rig, &rig->last, rig->last.id ^ 1, NAME);
	dns_peer_answer(rig->peer, &rig->last);
	DIRECT_RIG_UNTIL(rig, direct_rig_counts(rig).late == 1);
	assert_int_equal(asked.ends, 1);
	assert_int_equal(asked.end, DIRECT_SPOOFED);
}

static void while_somebody_guesses_an_address_is_not_asked(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 }, soon = { 0 }, later = { 0 };
	unsigned questions;

	ask_silent(rig, &asked);
	questions = rig->peer->questions;
	direct_rig_answer_as(rig, &rig->last, rig->last.id ^ 1, NAME);
	direct_rig_await(&asked);
	direct_rig_pass(rig, 900);
	direct_rig_answer_as(rig, &rig->last, rig->last.id ^ 2, NAME); /* still */
	DIRECT_RIG_UNTIL(rig, direct_rig_counts(rig).guesses == 2);
	direct_rig_pass(rig, 900);
	direct_rig_ask(rig, &soon, HERE, NAME);
	assert_int_equal(soon.end, DIRECT_SPOOFED);
	assert_false(soon.try.was_sent);
	direct_rig_settle(rig);
	assert_int_equal(rig->peer->questions, questions);

	direct_rig_pass(rig, 200);
	rig->on_question = NULL;
	direct_rig_ask(rig, &later, HERE, NAME);
	direct_rig_await(&later);
	assert_int_equal(later.end, DIRECT_ANSWERED);
}

/* A socket of somebody else. */
static int outsider(const char *address, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Who can send from the address itself needs no guess of it. */
static void what_comes_from_elsewhere_is_passed_over(void **state)
{
	struct direct_rig *rig = *state;
	const struct {
		const char *address;
		uint16_t port;
	} places[] = { { HERE, 0 }, { "127.0.0.2", rig->peer->port }, { SILENT, 0 } };

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		int fd = outsider(places[i].address, places[i].port);
		struct direct_asked asked = { 0 };

		ask_silent(rig, &asked);
		dns_peer_begin(rig->peer, &rig->last, 0);
		for (unsigned wrong = 0; wrong < 2; wrong++) {
			rig->peer->build.octet[1] ^= wrong;
			assert_int_equal(sendto(fd, rig->peer->build.octet, rig->peer->build.n, 0,
						(struct sockaddr *)&rig->last.from, sizeof(rig->last.from)),
					 rig->peer->build.n);
		}
		DIRECT_RIG_UNTIL(rig, direct_rig_counts(rig).strange == 2 * (i + 1));
		assert_int_equal(asked.ends, 0);
		dns_peer_answer(rig->peer, &rig->last);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_ANSWERED);
		close(fd);
	}
	assert_int_equal(direct_rig_counts(rig).guesses, 0);
}

static void what_is_no_response_is_passed_over(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	ask_silent(rig, &asked);
	dns_peer_begin(rig->peer, &rig->last, 0);
	rig->peer->build.octet[2] &= 0x7f; /* our own question */
	dns_peer_send(rig->peer, &rig->last);
	rig->peer->build.octet[2] |= 0x80;
	rig->peer->build.n = DNS_HEADER_SIZE - 1;
	dns_peer_send(rig->peer, &rig->last);
	rig->peer->build.n = 0;
	dns_peer_send(rig->peer, &rig->last);
	DIRECT_RIG_UNTIL(rig, direct_rig_counts(rig).strange == 3);
	assert_int_equal(asked.ends, 0);
	assert_int_equal(direct_rig_counts(rig).guesses, 0);
	direct_rig_await(&asked);
}

static void a_code_without_the_question_is_an_answer_but_success_is_not(void **state)
{
	enum { FORMERR = 1, NXDOMAIN = 3 };
	static const struct {
		unsigned rcode;
		enum direct_end end;
	} table[] = { { FORMERR, DIRECT_ANSWERED }, { NXDOMAIN, DIRECT_SPOOFED } };
	struct direct_rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct direct_asked asked = { 0 };

		ask_silent(rig, &asked);
		dns_peer_begin(rig->peer, &rig->last, table[i].rcode);
		rig->peer->build.octet[5] = 0;
		rig->peer->build.n = DNS_HEADER_SIZE;
		dns_peer_send(rig->peer, &rig->last);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, table[i].end);
	}
}

static void a_datagram_longer_than_a_slot_is_cut_and_said_to_be(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	ask_silent(rig, &asked);
	dns_peer_begin(rig->peer, &rig->last, 0);
	rig->peer->build.n = 4000;
	dns_peer_send(rig->peer, &rig->last);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
	assert_true(asked.cut);
	assert_int_equal(asked.n, 1536);
}

static void an_answer_that_waits_while_we_stand_still_is_in_time(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	ask_silent(rig, &asked);
	dns_peer_answer(rig->peer, &rig->last);
	fake_clock_advance(10 * DIRECT_RIG_TIMEOUT_MS);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_is_handed_on_as_it_came, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_address_in_ipv6_that_is_ipv4_is_asked_over_ipv4, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ipv6_is_asked_as_ipv4_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_is_a_time_out_and_the_answer_after_it_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_answer_that_came_twice_is_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_fits_no_question_ends_those_of_its_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_true_answer_behind_a_guess_is_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(while_somebody_guesses_an_address_is_not_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_comes_from_elsewhere_is_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_response_is_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_code_without_the_question_is_an_answer_but_success_is_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_datagram_longer_than_a_slot_is_cut_and_said_to_be, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_that_waits_while_we_stand_still_is_in_time, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
