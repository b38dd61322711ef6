/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/address_choice.h - of all addresses of a host, those that are kept, and those that may be contacted. */
#ifndef STSURVEY_SCANNER_JOB_ADDRESS_CHOICE_H
#define STSURVEY_SCANNER_JOB_ADDRESS_CHOICE_H

#include "scanner/job/answers.h"
#include "scanner/job/job.h"

struct address_choice {
	size_t kept;      /* the first of the list, OBS_ADDRESS_MAX at most … */
	size_t allowed;   /* … of these the first may be contacted */
	size_t omitted;   /* beyond those kept … */
	size_t untried;   /* … of these, such as may be contacted */
	bool reserved;    /* every address was refused by the reserved-address rule */
	bool blocklisted; /* none may be contacted, and one at least since the user's list forbids it */
};

/* Put those addresses of @list, which has some, that may be contacted (scanner/rules/contact.h) in front, each part in
 * the order they are tried. Returns NET_OK, or the fault of no memory. */
__attribute__((warn_unused_result)) int address_choose(const struct job_context *context, struct arena *arena,
						       struct address_list *list, struct address_choice *choice);

#endif
