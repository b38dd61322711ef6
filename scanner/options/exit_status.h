/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/exit_status.h - what the program's exit statuses mean. */
#ifndef STSURVEY_SCANNER_OPTIONS_EXIT_STATUS_H
#define STSURVEY_SCANNER_OPTIONS_EXIT_STATUS_H

enum {
	EXIT_COMPLETE = 0,
	EXIT_FATAL = 1,        /* one line on standard error says why */
	EXIT_NOT_IN_ORDER = 1, /* check: a sender finds something amiss; verify: a file is not whole */
	EXIT_USAGE = 2,
	EXIT_UNMEASURED = 3, /* too much could not be measured (scanner/options/unmeasured.h), as more than … */
	EXIT_UNKNOWN_PERCENT_MAX = 1, /* … so much of the domains, or of the mail servers */
	EXIT_READER_GONE = 128 + 13,  /* of standard output; as a shell says it of what SIGPIPE ends */
};

#endif
