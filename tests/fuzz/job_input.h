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

struct job_input {
	struct span left;
	int fault; /* the first that was met, since it was set to 0 */
};

extern struct job_input job_input;

uint8_t job_input_octet(void);
struct span job_input_octets(size_t most);
int job_input_fault(void); /* one of the three */

/* Answer @query as @control and what follows it say. */
void job_input_answer(struct net_query *query, uint8_t control);

#endif
