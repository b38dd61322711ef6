/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/host_queue.h - the MX hosts of a scan: which are known, which are still to be looked at, which once
 * more.
 *
 * A host is looked at once however many domains name it, so every name that was ever added is known: by a hash of 128
 * bits under a key of this run's, 32 to 64 octets a host. Names wait in temporary files (scanner/queue/name_file.h):
 * their number costs no memory. What a file or memory can't take is counted, and told; the host is tried again when
 * another domain names it, and by --resume. Any thread.
 */
#ifndef STSURVEY_SCANNER_QUEUE_HOST_QUEUE_H
#define STSURVEY_SCANNER_QUEUE_HOST_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/classify/judgement.h"
#include "output/error.h"
#include "output/hash_table.h"
#include "parsers/observation.h"
#include "scanner/options/options.h"
#include "scanner/queue/name_file.h"

enum { HOST_QUEUE_NAME_MAX = NAME_FILE_MAX };

struct host_queue {
	pthread_mutex_t lock; /* over what follows; the counts may be read without it */
	uint8_t key[SIPHASH_KEY_OCTETS];
	struct hash_table known;
	struct name_file waiting, deferred;
	bool told;             /* what is wrong with the files, or memory */
	_Atomic uint64_t seen; /* hosts known, those that are lost included */
	_Atomic uint64_t left; /* waiting, deferred ones not included */
	_Atomic uint64_t deferred_left;
	_Atomic uint64_t joined; /* times that one was named which was known */
	_Atomic uint64_t lost;   /* that could not be kept */
	struct error error;      /* why host_queue_take came to an early end; "" as long as it did not */
};

void host_queue_init(struct host_queue *queue);
void host_queue_fini(struct host_queue *queue); /* all zero is nothing to free */

/* Make its file now, so that what is wrong with the folder is told before the scan. */
void host_queue_open(struct host_queue *queue);

/* Is it one that was never added? Then it waits from now on. */
void host_queue_add(struct host_queue *queue, struct span name);

/* The MX hosts of a domain, where the rule of --smtp holds for it. */
void host_queue_add_domain(struct host_queue *queue, enum options_smtp smtp, const struct observation *observation,
			   const struct judgement *judgement);

/* A host that the file has a record of already, whether it was added before or is later. 0, or -1: no memory. */
__attribute__((warn_unused_result)) int host_queue_done(struct host_queue *queue, struct span name);

struct host_taken {
	char text[HOST_QUEUE_NAME_MAX];
	struct span name;
	uint8_t passes; /* looks it has had */
};

/* The next host to be looked at, among those deferred as well in the @second pass. False: there is none now. */
bool host_queue_take(struct host_queue *queue, bool second, struct host_taken *taken);

/* Keep one that has had @passes looks for the second pass. 0, or -1 when it can't be kept: then what is known now is
 * what is recorded. */
__attribute__((warn_unused_result)) int host_queue_defer(struct host_queue *queue, struct span name, uint8_t passes);

/* Has host_queue_take none now? Without the lock. */
bool host_queue_is_empty(const struct host_queue *queue, bool second);

#endif
