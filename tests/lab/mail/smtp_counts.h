/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mail/smtp_counts.h - who came to the fault server's mail servers, for each address.
 *
 * The counts file has a line for each address somebody came to: ADDRESS CONNECTIONS QUITS MOST-AT-ONCE (that had not
 * said QUIT). It is replaced as a whole.
 */
#ifndef STSURVEY_TESTS_LAB_MAIL_SMTP_COUNTS_H
#define STSURVEY_TESTS_LAB_MAIL_SMTP_COUNTS_H

#include <stdint.h>

struct smtp_count;

void smtp_counts_start(const char *file);

/* Another connection to @address (host order). */
struct smtp_count *smtp_count(uint32_t address);

/* It is being played to; it said QUIT; it is over. */
void smtp_count_open(struct smtp_count *count);
void smtp_count_quit(struct smtp_count *count);
void smtp_count_gone(struct smtp_count *count);

/* Write the file anew, if anything has changed and some time is over. @now: faultd_now(). */
void smtp_counts_write(uint64_t now);

#endif
