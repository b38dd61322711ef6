/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/merge/merge_kept.h - the certificates that scan files hold whole (--keep-certificates), put aside by their
 * hashes, so that each is written once, where the file that is made first shows it.
 */
#ifndef STSURVEY_ANALYSIS_MERGE_MERGE_KEPT_H
#define STSURVEY_ANALYSIS_MERGE_MERGE_KEPT_H

#include "analysis/pass/put_aside.h"
#include "output/hash_table.h"
#include "parsers/mail_host.h"
#include "parsers/siphash.h"

struct merge_kept {
	struct put_aside file;
	struct hash_table table; /* offsets of those not yet written */
	uint8_t key[SIPHASH_KEY_OCTETS];
	uint64_t disputed; /* certificates that files show differently under one hash: nobody is given these */
	char **given;      /* octets that were given away, until merge_kept_release */
	size_t given_count, given_room;
};

void merge_kept_init(struct merge_kept *kept);
void merge_kept_fini(struct merge_kept *kept);

/* Put aside what a connection shows whole, and take it out of @tls, whose certificates are then those in @chain. 0, or
 * -1 with one line in @error. */
__attribute__((warn_unused_result)) int merge_kept_take(struct merge_kept *kept, struct obs_tls *tls,
							struct obs_certificate chain[static OBS_CHAIN_MAX],
							struct error *error);

/* The other way round: give what is there of its certificates, each once; valid until merge_kept_release. 0, or -1 with
 * one line in @error. */
__attribute__((warn_unused_result)) int merge_kept_give(struct merge_kept *kept, struct obs_tls *tls,
							struct obs_certificate chain[static OBS_CHAIN_MAX],
							struct error *error);
void merge_kept_release(struct merge_kept *kept);

#endif
