/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/admission_own.h - what the files of admission share; nobody else includes it.
 *
 * A line is a queue of domains (spill_queue.h) and those parked: such as were looked at and wait, each for something of
 * its own. Both live in one pool of blocks; a parked domain is a run of blocks that begins with struct admission_state.
 * Lines stand in a heap by the time at which one of their domains may go. Under the lock, all of it.
 */
#ifndef STSURVEY_SCANNER_QUEUE_ADMISSION_OWN_H
#define STSURVEY_SCANNER_QUEUE_ADMISSION_OWN_H

#include <pthread.h>

#include "scanner/queue/admission.h"
#include "scanner/queue/admission_entry.h"
#include "scanner/queue/spill_queue.h"

enum {
	ADMISSION_BLOCKS = (13 << 20) / sizeof(struct octet_block), /* of memory, for queues and parked domains */
	ADMISSION_KEPT = (3 << 20) / sizeof(struct octet_block),    /* of these, such as no domain is added to: what is
								     * there can be read */
	ADMISSION_PLENTY = (5 << 20) / sizeof(struct octet_block),  /* with fewer left, only the first is parked */
	ADMISSION_BUCKETS = ADMISSION_LINES,
};

#define ADMISSION_NOTHING UINT32_MAX
#define ADMISSION_NEVER UINT64_MAX

/* What a domain waits for. All zero: it was not looked at. */
struct admission_state {
	uint64_t due_us;            /* when to look again */
	struct obs_address address; /* is reserved for that time; family 0: none is */
	uint8_t drawn;              /* of its servers */
	uint8_t looks;              /* in vain, so far */
	uint16_t octets;            /* parked: of this and what follows */
	uint32_t next;              /* parked behind it */
};

_Static_assert(sizeof(struct admission_state) <= OCTET_BLOCK, "it lies in a domain's first block");
_Static_assert((int)ADMISSION_ENTRY_MAX <= (int)SPILL_RECORD_MAX, "it is a record");

struct admission_line {
	uint64_t operator_hash; /* hash; 0: none. Of a server's line the hash of its address, so to speak */
	uint64_t due_us, turn;  /* when to look at it; of several the one with the lower turn */
	struct spill_queue queue;
	struct admission_written written;
	uint64_t paid_of;
	uint64_t index;             /* of the domain read last */
	struct octet_queue servers; /* of that one, as long as others are behind it */
	uint32_t parked_first, parked_last;
	uint32_t place;   /* in the heap */
	uint32_t chain;   /* the next of its bucket, or free */
	uint32_t waiting; /* domains, those parked included */
	uint32_t shared;  /* more of them in the shared line since it is there: those to come queue up behind */
	uint8_t parked;
	bool of_server; /* domains of any operator that wait for one address or for look-ups, first in, first out */
	bool paid;      /* it has tokens for one domain, of the operator paid_of */
	bool looked;    /* the first of the queue was looked at, and could not be parked */
};

_Static_assert(ADMISSION_BLOCKS * sizeof(struct octet_block) + ADMISSION_LINES * sizeof(struct admission_line) +
			       2 * ADMISSION_LINES * sizeof(uint32_t) <=
		       ADMISSION_OCTETS,
	       "all of it is within its limit");

struct admission {
	pthread_mutex_t lock;
	struct admission_options options;
	uint8_t key[SIPHASH_KEY_OCTETS];
	uint64_t drawn; /* servers, ever */
	struct spill_store store;
	struct admission_line *line;
	uint32_t lines, fresh, free; /* in use; never used from here on; the first that was given back */
	uint32_t *bucket;            /* by operator */
	uint32_t *heap;
	uint64_t turn;
	struct admission_line shared;
	struct octet_queue orders; /* names to be looked up, each behind its length */
	uint64_t waiting, put, refused, lost;
	bool told; /* what is wrong with the file */
	struct error error;
	char record[ADMISSION_ENTRY_MAX]; /* the entry that is looked at */
	char servers[EXTRA_MAX];          /* of the one before it */
	char slowest[DOMAIN_NAME_MAX];
};

/* ---- admission_line.c ---- */

/* The line of an operator, a new one where there is none; NULL: there is none, and no room for one. */
struct admission_line *admission_line_find(const struct admission *admission, uint64_t operator_hash);
struct admission_line *admission_line_new(struct admission *admission, uint64_t operator_hash);
void admission_line_free(struct admission *admission, struct admission_line *line);

/* The line that is to be looked at first; NULL: there is none. */
struct admission_line *admission_line_first(const struct admission *admission);

/* It is to be looked at then, after those that were told the same time before. */
void admission_line_due(struct admission *admission, struct admission_line *line, uint64_t due_us);

/* The first of the line's queue, which stays there; its texts are valid until the next call. */
enum spill_front admission_line_front(struct admission *admission, struct admission_line *line,
				      struct admission_entry *entry);
void admission_line_drop(struct admission *admission, struct admission_line *line, const struct admission_entry *entry);

/* False: there is no room. */
__attribute__((warn_unused_result)) bool admission_line_put(struct admission *admission, struct admission_line *line,
							    const struct admission_entry *entry);

/* The first of the queue is parked. False: there is no room. */
__attribute__((warn_unused_result)) bool admission_line_park(struct admission *admission, struct admission_line *line,
							     const struct admission_entry *entry,
							     struct admission_state *state);

/* What is in the queue can't be read. */
void admission_line_lose(struct admission *admission, struct admission_line *line);

/* A parked domain. @entry's texts are valid until the next call. */
struct admission_state admission_parked_state(const struct admission *admission, uint32_t parked);
void admission_parked_store(struct admission *admission, uint32_t parked, const struct admission_state *state);
__attribute__((warn_unused_result)) bool admission_parked_entry(struct admission *admission, uint32_t parked,
								struct admission_entry *entry);
void admission_parked_free(struct admission *admission, struct admission_line *line, uint32_t before, uint32_t parked);

/* ---- admission_choice.c ---- */

/* May it go now, and how? Else @state tells what it waits for. *apart: where that will be long, and no place in its
 * order was taken, the key of the line in which it is to wait for it, apart from the others of its operator; 0: none.
 * NULL: it is in such a line, and takes a place however long it is. */
bool admission_choice(struct admission *admission, const struct admission_entry *entry, struct admission_state *state,
		      uint64_t now_us, struct admission_start *start, uint64_t *apart);

#endif
