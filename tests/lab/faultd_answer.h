/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_answer.h - DNS answers of the fault server: what is in them and how they leave.
 *
 * A question below fault.test is read from the right: [PREFIX.]BEHAVIOUR.STEP.fault.test. STEP says which of a domain's
 * questions the behaviour is about: mx, sts (_mta-sts TXT), tlsrpt (_smtp._tls TXT), host (mta-sts A and AAAA), a,
 * aaaa, or all. Every other question is answered as an ordinary domain with STS and TLSRPT would. Further labels may
 * stand in front of BEHAVIOUR; they only make names differ.
 */
#ifndef STSURVEY_TESTS_LAB_FAULTD_ANSWER_H
#define STSURVEY_TESTS_LAB_FAULTD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	QUESTION_MAX = 512,  /* octets; a query with OPT has fewer than 300 */
	MESSAGE_MAX = 65535, /* octets over TCP */
	UDP_MAX = 1232,      /* octets over UDP; longer ones are truncated */
	LABELS_MAX = 128,
};

struct question {
	uint8_t packet[QUESTION_MAX];
	size_t len, name_end; /* the end of the question section */
	char label[LABELS_MAX][64];
	int labels;
	uint16_t type;
	bool tcp, edns;
	const char *behaviour; /* "" where the question is not the one it is about */
	const char *step;      /* mx, sts, tlsrpt, a, aaaa or "" */
	int link;              /* of a CNAME chain we made: 0 for c0., …; -1: none */
	bool gone;             /* gone. in front: where a dangling CNAME leads */
	char domain[256];      /* without prefix */
};

struct message {
	uint8_t data[MESSAGE_MAX];
	size_t len;
};

/* How an answer leaves. */
enum departure { NOW, NEVER, LATE, TWICE, WRONG_FIRST, HANG_UP };

/* Read the question in @packet and what it is about. False: no question. */
bool question_read(struct question *q, const uint8_t *packet, size_t len, bool tcp);

/* Fill @m as the question's behaviour has it. */
enum departure question_answer(struct message *m, const struct question *q);

/* @m becomes the question alone, truncated: what does not fit into a datagram. */
void question_truncate(struct message *m, const struct question *q);

#endif
