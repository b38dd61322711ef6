/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/publish.h - a scan file → the messages in which it goes to the stream of results: a frame each, or
 * where the server takes less, a frame in parts. Each has an id, JOB/CHUNK/FILE/FRAME/PART, by which the server knows
 * it when it comes again, and tells how many octets of the file stand before it.
 */
#ifndef STSURVEY_SCANNER_FLEET_WORK_PUBLISH_H
#define STSURVEY_SCANNER_FLEET_WORK_PUBLISH_H

#include "scanner/fleet/job.h"

struct publish_part {
	char subject[BUS_NAME_MAX];
	char id[BUS_ID_MAX];
	uint64_t offset;
	struct span data;
};

/* 0 to go on; -1 with one line in @error, which ends it. */
typedef int publish_on_part(void *arg, const struct publish_part *part, struct error *error);

/* What a whole scan file says of itself. */
struct publish_facts {
	char sha256[JOB_HASH_TEXT];
	uint64_t size, domains, unknown; /* or mail servers, where no domain is in it */
};

/* Of @fd, which is called @name. 0, or -1 with one line in @error: it cannot be read, or is no whole scan file. */
__attribute__((warn_unused_result)) int publish_look(int fd, const char *name, struct publish_facts *facts,
						     struct error *error);

/* All of @fd, from its beginning, in parts of at most @most octets. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int publish_file(int fd, const char *name, const char *job, uint32_t chunk,
						     const struct publish_facts *facts, size_t most,
						     publish_on_part *on_part, void *arg, struct error *error);

#endif
