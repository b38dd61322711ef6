/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody who sends from the address and port of a server that is asked, to the very ports that ask, with the name
 * that is asked, and has but the ids to guess. */
#include "tests/scanner/dns/direct_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parsers/dns_answer.h"

enum {
	DATAGRAMS = 200000, /* 1,000,000 with STSURVEY_LONG: two seconds of 1 Gbit/s */
	DATAGRAMS_LONG = 1000000,
	BURST = 1000,
	BURSTS_AN_ALARM = 20, /* then it is quiet until the address is asked again */
	BATCH = 50,
	PORTS_MAX = 256,
};

/* Everybody whom a guess may hit: 50 questions, and then one after each alarm. The chance that a right engine is hit
 * all the same is one in 10,000. */
struct attack {
	struct direct_rig *rig;
	struct sockaddr_in port[PORTS_MAX];
	unsigned ports;
	uint32_t random;
	struct mmsghdr message[BATCH];
	struct iovec part[BATCH];
	uint8_t octets[BATCH][512];
};

static void on_question(struct direct_rig *rig, const struct dns_peer_question *question)
{
	struct attack *attack = rig->arg;

	dns_peer_answer(rig->peer, question);
	for (unsigned i = 0; i < attack->ports; i++)
		if (attack->port[i].sin_port == question->from.sin_port)
			return;
	if (attack->ports < PORTS_MAX)
		attack->port[attack->ports++] = question->from;
}

/* Nobody guesses for a while, and the ports become known, as to any server that is asked often. */
static void learn_ports(struct attack *attack)
{
	struct direct_rig *rig = attack->rig;
	static struct direct_asked asked;

	direct_rig_pass(rig, 2000);
	rig->on_question = on_question;
	attack->ports = 0;
	for (unsigned i = 0; attack->ports < DIRECT_SOCKETS; i++) {
		direct_rig_ask(rig, &asked, HERE, NAME);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_ANSWERED);
		assert_true(i < 10000);
	}
	rig->on_question = direct_rig_silence;
}

/* A datagram to each port in turn, each with an id at random. */
static void guess(struct attack *attack, int fd, unsigned n)
{
	struct dns_build *build = &attack->rig->peer->build;

	dns_build_begin(build, 0, DNS_FLAG_QR);
	dns_build_question(build, span_of(NAME), DNS_TYPE_MX);
	for (unsigned i = 0; i < BATCH; i++) {
		memcpy(attack->octets[i], build->octet, build->n);
		attack->part[i] = (struct iovec){ attack->octets[i], build->n };
	}
	for (unsigned sent = 0; sent < n; sent += BATCH) {
		for (unsigned i = 0; i < BATCH; i++) {
			attack->random = attack->random * 1664525 + 1013904223; /* Numerical Recipes */
			memcpy(attack->octets[i], (uint8_t *)&attack->random + 2, 2);
			attack->message[i].msg_hdr =
				(struct msghdr){ .msg_name = &attack->port[(sent + i) % attack->ports],
						 .msg_namelen = sizeof(attack->port[0]),
						 .msg_iov = &attack->part[i],
						 .msg_iovlen = 1 };
		}
		(void)sendmmsg(fd, attack->message, BATCH, 0); /* what does not fit is lost, as on the way */
	}
}

static void who_guesses_ids_is_never_believed(void **state)
{
	static struct direct_asked asked[DIRECT_AT_ONCE], one;
	const unsigned all = getenv("STSURVEY_LONG") ? DATAGRAMS_LONG : DATAGRAMS;
	struct attack *attack = calloc(1, sizeof(*attack));
	struct direct_rig *rig = direct_rig_open();
	unsigned hits = 0, spoofed = 0;
	int fd;

	(void)state;
	assert_non_null(attack);
	attack->rig = rig;
	attack->random = (uint32_t)getpid();
	rig->arg = attack;
	assert_int_equal(uv_fileno((uv_handle_t *)&rig->peer->udp, &fd), 0);

	learn_ports(attack);
	for (unsigned i = 0; i < COUNT_OF(asked); i++)
		direct_rig_ask(rig, &asked[i], HERE, NAME);
	DIRECT_RIG_UNTIL(rig, asked[DIRECT_AT_ONCE - 1].try.was_sent);
	for (unsigned burst = 0; burst * BURST < all; burst++) {
		if (burst % BURSTS_AN_ALARM == 0 && burst > 0)
			learn_ports(attack);
		direct_rig_ask(rig, &one, HERE, NAME); /* sent where the alarm is over */
		uv_run(&rig->loop, UV_RUN_NOWAIT);
		guess(attack, fd, BURST);
		DIRECT_RIG_UNTIL(rig, one.ends == 1);
		direct_rig_settle(rig);
		hits += one.end == DIRECT_ANSWERED;
		spoofed += one.end == DIRECT_SPOOFED;
	}
	for (unsigned i = 0; i < COUNT_OF(asked); i++)
		hits += asked[i].end == DIRECT_ANSWERED;
	assert_int_equal(hits, 0);
	assert_int_equal(spoofed, all / BURST);
	assert_true(direct_rig_counts(rig).guesses >= all / 2);

	/* once it is over the server is believed as before */
	direct_rig_pass(rig, 2000);
	rig->on_question = NULL;
	direct_rig_ask(rig, &one, HERE, NAME);
	direct_rig_await(&one);
	assert_int_equal(one.end, DIRECT_ANSWERED);
	direct_rig_close(rig);
	free(attack);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(who_guesses_ids_is_never_believed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
