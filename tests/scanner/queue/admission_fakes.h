/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/queue/admission_fakes.h - name servers' books and hosts as admission sees them, made up: the test
 * program has its own server_books_… and ns_hosts_… .
 *
 * A host's first letter says what is known of it, its digits are its address: aN known, uN unseen, wN wanted and then
 * coming until fakes.learned, nN without an address, xN with one that may not be asked. Its domain is its operator. An
 * address has a question each fakes.interval_us[N] (0: as many as are asked), and may rest until fakes.rests_until[N],
 * since fakes.rests_since[N]; so has an operator that fakes_slow names.
 */
#ifndef STSURVEY_TESTS_SCANNER_QUEUE_ADMISSION_FAKES_H
#define STSURVEY_TESTS_SCANNER_QUEUE_ADMISSION_FAKES_H

#include "scanner/queue/admission.h"

enum { FAKE_ADDRESSES = 1024, FAKE_OPERATORS = 64 };

struct fakes {
	uint64_t interval_us[FAKE_ADDRESSES], due_us[FAKE_ADDRESSES]; /* of a question; when the next may be sent */
	uint64_t rests_until[FAKE_ADDRESSES], rests_since[FAKE_ADDRESSES];
	struct fake_operator {
		uint64_t hash, interval_us, due_us;
		unsigned returned; /* questions */
	} operator[FAKE_OPERATORS];
	unsigned operators;
	bool learned;
	unsigned wanted[FAKE_ADDRESSES];                        /* finds of wN */
	uint64_t finds, again, takes, reserves, operator_takes; /* calls */
};
extern struct fakes fakes;

/* Forget all. */
void fakes_reset(void);

/* The operator of this name has a question each @interval_us. */
void fakes_slow(const char *operator, uint64_t interval_us);

/* Of an address that fakes gave. */
unsigned fakes_number(const struct obs_address *address);

/* An admission that uses them. */
struct admission *fakes_admission(double patience_s);

#endif
