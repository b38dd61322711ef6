/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/admission_entry.h - a domain that waits, as few octets: numbers as differences, name servers once where
 * several domains in a row have the same, and never twice where they are what the list tells beside the name.
 */
#ifndef STSURVEY_SCANNER_QUEUE_ADMISSION_ENTRY_H
#define STSURVEY_SCANNER_QUEUE_ADMISSION_ENTRY_H

#include "scanner/feed/feed.h"

struct admission_entry {
	struct feed_target target;
	struct span servers;
	enum obs_fall_back why;
};

enum {
	ADMISSION_NUMBERS_MAX = 48, /* octets: the mark, two numbers of ten, three lengths of three, the reason */
	ADMISSION_ENTRY_MAX = ADMISSION_NUMBERS_MAX + OBS_LINE_MAX + 2 * EXTRA_MAX,
};

/* What is known of the entry before, in the order of writing. All zero before the first. */
struct admission_written {
	uint64_t index;
	uint64_t servers; /* their hash under the key; 0: there were none */
};

/* To @text; @before becomes what is known of this one. */
struct span admission_entry_encode(struct admission_written *before, const uint8_t key[static SIPHASH_KEY_OCTETS],
				   const struct admission_entry *entry, char text[static ADMISSION_ENTRY_MAX]);

/* What came before, in the order of reading, is @index and @servers. Points into @record and @servers. False: it is
 * none.
 */
__attribute__((warn_unused_result)) bool admission_entry_decode(struct span record, uint64_t index, struct span servers,
								struct admission_entry *entry);

#endif
