/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom the engine asks and whom it does not, how much at once, from which sockets, and how it ends. */
#include "tests/scanner/dns/direct_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/dns_answer.h"

enum { MANY = 3 * DIRECT_AT_ONCE };

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

static void no_packet_leaves_for_an_address_that_may_not_be_contacted(void **state)
{
	static const char *const addresses[] = {
		"127.0.13.1",        /* of the blocklist, which goes before what is allowed */
		"::ffff:127.0.13.1", /* so written */
		"10.0.0.1",          "192.0.2.1",         "::2", "fe80::1", "2001:db8::1",
		"::ffff:10.0.0.1",   "64:ff9b::10.0.0.1",
	};
	/* allowed, but no one server's */
	static const char *const never[] = { "0.0.0.0", "0.0.0.1", "224.0.0.251", "239.255.255.255", "255.255.255.255",
					     "::",      "ff02::1", "ff0e::fb",    "::ffff:224.0.0.1" };
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		direct_rig_ask(rig, &asked, addresses[i], NAME);
		assert_int_equal(asked.end, DIRECT_FORBIDDEN);
	}
	assert_int_equal(cidr_set_add(rig->allow, span_of("0.0.0.0/0")), 0);
	assert_int_equal(cidr_set_add(rig->allow, span_of("::/0")), 0);
	for (size_t i = 0; i < COUNT_OF(never); i++) {
		direct_rig_ask(rig, &asked, never[i], NAME);
		assert_int_equal(asked.end, DIRECT_FORBIDDEN);
	}
	direct_rig_settle(rig);
	assert_false(asked.try.was_sent);
	assert_int_equal(direct_rig_counts(rig).packets, 0);
}

static void a_name_that_is_too_long_for_a_question_is_not_sent(void **state)
{
	static const char label[] = "a123456789a123456789a123456789a123456789a123456789a123456789.";
	struct direct_rig *rig = *state;
	struct direct_asked asked[3];
	char name[300];

	snprintf(name, sizeof(name), "%s%s%s%sexample.com", label, label, label, label);
	memset(asked, 0, sizeof(asked));
	direct_rig_ask(rig, &asked[0], HERE, NAME);
	direct_rig_ask(rig, &asked[1], HERE, name);
	direct_rig_ask(rig, &asked[2], HERE, NAME);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		direct_rig_await(&asked[i]);
	assert_int_equal(asked[0].end, DIRECT_ANSWERED);
	assert_int_equal(asked[1].end, DIRECT_UNSENT);
	assert_false(asked[1].try.was_sent);
	assert_int_equal(asked[2].end, DIRECT_ANSWERED);
}

static void more_than_fifty_wait_in_order(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked *asked = calloc(MANY, sizeof(*asked)), elsewhere = { 0 };

	assert_non_null(asked);
	rig->on_question = direct_rig_silence;
	for (unsigned i = 0; i < MANY; i++)
		direct_rig_ask(rig, &asked[i], HERE, NAME);
	direct_rig_ask(rig, &elsewhere, "127.0.0.9", NAME);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions == DIRECT_AT_ONCE);
	direct_rig_settle(rig);
	assert_int_equal(rig->peer->questions, DIRECT_AT_ONCE);
	assert_true(elsewhere.try.was_sent); /* they are in nobody else's way */

	direct_rig_await(&asked[DIRECT_AT_ONCE - 1]);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions == 2 * DIRECT_AT_ONCE);
	direct_rig_await(&asked[MANY - 1]);
	direct_rig_await(&elsewhere);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(asked[i].ends, 1);
		assert_int_equal(asked[i].end, DIRECT_TIMED_OUT);
		assert_true(i == 0 || asked[i].order > asked[i - 1].order);
	}
	assert_int_equal(rig->peer->questions, MANY);
	free(asked);
}

static void a_guess_ends_those_that_wait_as_well(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked *asked = calloc(MANY, sizeof(*asked));

	assert_non_null(asked);
	rig->on_question = direct_rig_silence;
	for (unsigned i = 0; i < MANY; i++)
		direct_rig_ask(rig, &asked[i], HERE, NAME);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions == DIRECT_AT_ONCE);
	direct_rig_answer_as(rig, &rig->last, rig->last.id, "example.org");
	DIRECT_RIG_UNTIL(rig, rig->ended == MANY);
	direct_rig_settle(rig);
	assert_int_equal(rig->peer->questions, DIRECT_AT_ONCE);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(asked[i].ends, 1);
		assert_int_equal(asked[i].end, DIRECT_SPOOFED);
		assert_int_equal(asked[i].try.was_sent, i < DIRECT_AT_ONCE);
	}
	free(asked);
}

/* ---- sockets ---- */

static void questions_come_from_sixteen_ports_with_ids_of_any_kind(void **state)
{
	enum { QUESTIONS = 600 }; /* that one of sixteen ports sees none has a probability of 1e-16 */
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };
	unsigned bit[16] = { 0 };

	for (unsigned i = 0; i < QUESTIONS; i++) {
		direct_rig_ask(rig, &asked, HERE, NAME);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_ANSWERED);
		for (unsigned j = 0; j < COUNT_OF(bit); j++)
			bit[j] += asked.id >> j & 1;
	}
	/* and perhaps one or two that were renewed meanwhile */
	assert_in_range(rig->peer->ports, DIRECT_SOCKETS, DIRECT_SOCKETS + 4);
	for (unsigned j = 0; j < COUNT_OF(bit); j++) /* 8 standard deviations */
		assert_in_range(bit[j], QUESTIONS / 2 - 100, QUESTIONS / 2 + 100);
}

static void sockets_are_renewed_but_not_under_a_question(void **state)
{
	enum { ROUNDS = 60, PAUSE_MS = 500 };
	struct direct_rig *rig = *state;
	struct direct_asked slow = { 0 }, asked[8];
	struct dns_peer_question first = { 0 };
	unsigned questions;

	memset(asked, 0, sizeof(asked));
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (round % 3 == 0) {
			rig->on_question = direct_rig_silence;
			questions = rig->peer->questions;
			direct_rig_ask(rig, &slow, HERE, NAME);
			DIRECT_RIG_UNTIL(rig, rig->peer->questions > questions);
			first = rig->last;
			rig->on_question = NULL;
		}
		for (size_t i = 0; i < COUNT_OF(asked); i++)
			direct_rig_ask(rig, &asked[i], HERE, NAME);
		for (size_t i = 0; i < COUNT_OF(asked); i++) {
			direct_rig_await(&asked[i]);
			assert_int_equal(asked[i].end, DIRECT_ANSWERED);
		}
		direct_rig_pass(rig, PAUSE_MS);
		if (round % 3 == 2) { /* one and a half seconds old */
			dns_peer_answer(rig->peer, &first);
			direct_rig_await(&slow);
			assert_int_equal(slow.end, DIRECT_ANSWERED);
		}
	}
	/* half a minute: each of sixteen was renewed twice, at least, and four of five that there were were drawn */
	assert_true(rig->peer->ports > 2 * DIRECT_SOCKETS);
	assert_int_equal(direct_rig_counts(rig).guesses, 0);
}

static void sockets_that_rested_long_are_renewed_before_the_next_question(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };
	unsigned fresh = 0;

	for (unsigned round = 0; round < 3; round++) {
		unsigned ports;

		direct_rig_pass(rig, 100);           /* for what is renewed while questions are open */
		for (unsigned i = 0; i < 200; i++) { /* until each of the sixteen is known */
			direct_rig_ask(rig, &asked, HERE, NAME);
			direct_rig_await(&asked);
		}
		ports = rig->peer->ports;
		direct_rig_pass(rig, DIRECT_RENEW_MS + 1000);
		direct_rig_ask(rig, &asked, HERE, NAME);
		direct_rig_await(&asked);
		fresh += rig->peer->ports > ports;
	}
	assert_true(fresh >= 2); /* a port may come again, one in 600 does */
}

/* ---- callbacks that do more ---- */

static void ask_again(struct direct_asked *asked)
{
	if (asked->rig->ended < 1000)
		direct_rig_ask(asked->rig, asked, HERE, NAME);
}

static void a_callback_may_ask_again_at_once(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked *asked = calloc(MANY, sizeof(*asked));

	assert_non_null(asked);
	for (unsigned i = 0; i < MANY; i++) {
		asked[i].then = ask_again;
		direct_rig_ask(rig, &asked[i], HERE, NAME);
	}
	while (rig->ended < 1000 + MANY - 1)
		uv_run(&rig->loop, UV_RUN_ONCE);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(asked[i].end, DIRECT_ANSWERED);
	free(asked);
}

static void stop_it(struct direct_asked *asked)
{
	direct_engine_stop(asked->rig->engine);
}

/* In the middle of a batch of answers, of time-outs, of an alarm: every other one ends, once. */
static void a_callback_may_stop_the_engine(void **state)
{
	enum { ANSWER, SILENCE, GUESS, WAYS };

	(void)state;
	for (unsigned way = 0; way < WAYS; way++) {
		struct direct_rig *rig = direct_rig_open();
		struct direct_asked *asked = calloc(MANY, sizeof(*asked));

		assert_non_null(asked);
		rig->on_question = way == ANSWER ? NULL : direct_rig_silence;
		for (unsigned i = 0; i < MANY; i++) {
			asked[i].then = i == 10 ? stop_it : NULL;
			direct_rig_ask(rig, &asked[i], HERE, NAME);
		}
		DIRECT_RIG_UNTIL(rig, rig->peer->questions >= DIRECT_AT_ONCE);
		if (way == GUESS)
			direct_rig_answer_as(rig, &rig->last, rig->last.id ^ 1, NAME);
		for (unsigned i = 0; i < MANY; i++)
			direct_rig_await(&asked[i]);
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(asked[i].ends, 1);
		assert_int_equal(asked[MANY - 1].end, way == GUESS ? DIRECT_SPOOFED : DIRECT_FAULT);
		direct_rig_close(rig);
		free(asked);
	}
}

static void stopping_ends_each_question_once_and_later_ones_at_once(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked *asked = calloc(MANY, sizeof(*asked)), later = { 0 };

	assert_non_null(asked);
	rig->on_question = direct_rig_silence;
	for (unsigned i = 0; i < MANY; i++)
		direct_rig_ask(rig, &asked[i], HERE, NAME);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions == DIRECT_AT_ONCE);
	direct_rig_ask(rig, &later, "127.0.0.9", NAME); /* not sent yet */
	direct_engine_stop(rig->engine);
	assert_int_equal(later.ends, 1);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(asked[i].ends, 1);
		assert_int_equal(asked[i].end, DIRECT_FAULT);
		assert_int_equal(asked[i].try.fault, NET_FAULT_SHUTDOWN);
	}
	direct_rig_ask(rig, &later, HERE, NAME);
	assert_int_equal(later.end, DIRECT_FAULT);
	assert_int_equal(later.try.fault, NET_FAULT_SHUTDOWN);
	dns_peer_answer(rig->peer, &rig->last);
	direct_rig_settle(rig);
	assert_int_equal(rig->ended, MANY + 2);
	free(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_packet_leaves_for_an_address_that_may_not_be_contacted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_name_that_is_too_long_for_a_question_is_not_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_than_fifty_wait_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_guess_ends_those_that_wait_as_well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(questions_come_from_sixteen_ports_with_ids_of_any_kind, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(sockets_are_renewed_but_not_under_a_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sockets_that_rested_long_are_renewed_before_the_next_question, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_callback_may_ask_again_at_once, set_up, tear_down),
		cmocka_unit_test(a_callback_may_stop_the_engine),
		cmocka_unit_test_setup_teardown(stopping_ends_each_question_once_and_later_ones_at_once, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
