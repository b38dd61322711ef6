/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/labelled_scan.h - scan files of domains with labels, for tests of commands. */
#ifndef STSURVEY_TESTS_ANALYSIS_LABELLED_SCAN_H
#define STSURVEY_TESTS_ANALYSIS_LABELLED_SCAN_H

#include <stddef.h>

/* A domain as facts.h has it, and the value of each label, with | between. */
struct labelled_domain {
	const char *facts, *values;
};

/* The file @name in the folder of run_command.h, of the columns @labels, with | between; "": of none. @sample: the
 * share of the list, 0: all; @key: the octet that its key is made of. */
void labelled_scan_write(const char *name, const char *labels, const struct labelled_domain *domain, size_t count,
			 double sample, char key);

#endif
