/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fuzz/job_input.h - the fuzzer's input as what a job's questions meet: one octet a question, with more where its
 * answer needs them. Past the end of the input every octet is 0.
 */
#ifndef STSURVEY_TESTS_FUZZ_JOB_INPUT_H
#define STSURVEY_TESTS_FUZZ_JOB_INPUT_H

#include "scanner/job/net.h"
#include "tests/fuzz/fuzz.h"

enum meets {
	MEETS_PACKET,
	MEETS_RECORDS,
	MEETS_ALIAS,
	MEETS_NXDOMAIN,
	MEETS_NODATA,
	MEETS_FAILURE,
	MEETS_NO_PACKET,
	MEETS_FAULT
};

/* Of a control octet; bits 5 and 6 tell what no packet means. */
enum {
	JOB_INPUT_MEETS = 0x07,      /* enum meets */
	JOB_INPUT_LATER = 0x08,      /* not before ask returns … */
	JOB_INPUT_LAST_FIRST = 0x10, /* … and not in the order of the questions */
	JOB_INPUT_AD = 0x80,
};

/* The last links of two chases, and the MX with CD; of a host both families with CD, and a chase. */
enum { JOB_INPUT_PENDING_MAX = 3 };

struct job_input {
	struct span left;
	int fault;       /* the first that was met, since it was set to 0 */
	uint64_t now_ms; /* since the first question */
	struct {
		struct net_query *query; /* or */
		void *connection;
		uint8_t control;
	} pending[JOB_INPUT_PENDING_MAX];
	unsigned pending_count;
};

extern struct job_input job_input;

uint8_t job_input_octet(void);
struct span job_input_octets(size_t most);
int job_input_fault(void); /* one of the three */

/* For a struct net. */
int64_t job_input_wall_ms(struct net *net);
uint64_t job_input_now_ms(struct net *net);

/* What is answered later: a question, or a connection of the fuzzer's own. */
void job_input_postpone(struct net_query *query, void *connection, uint8_t control);
/* Now they are, one by one, and those that come of them; @finish: a connection. */
void job_input_let_time_pass(void (*finish)(void *connection, uint8_t control));

/* Answer @query as @control and what follows it say. */
void job_input_answer(struct net_query *query, uint8_t control);

#endif
