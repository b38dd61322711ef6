/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/worker/records.h - what a worker fills with records, and hands to the sink when it is full or old. */
#ifndef STSURVEY_SCANNER_WORKER_RECORDS_H
#define STSURVEY_SCANNER_WORKER_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "output/scan_file/sink.h"
#include "scanner/base/extra.h"
#include "scanner/options/options.h"

struct records {
	struct sink *sink;
	uv_loop_t *loop;
	struct record_buffer *buffer; /* NULL: all are with the sink */
	uint64_t since_ms;            /* that it has had this one */
	const struct options *options;
	struct obs_label label[OBS_LABEL_MAX]; /* of the domain that is recorded */
};

/* Is there a buffer to put a record into? False: all are with the sink, which will wake us. */
static inline bool records_have_room(struct records *records)
{
	if (!records->buffer) {
		records->buffer = sink_take(records->sink);
		records->since_ms = uv_now(records->loop);
	}
	return records->buffer;
}

/* What the list's columns say of the domain whose @extra is that; until the next call, and as long as that. */
void records_put_labels(struct records *records, struct span extra, struct observation *observation);

/* What is there goes to the sink now. */
void records_give(struct records *records);

/* A record was put: a full buffer goes to the sink. */
static inline void records_added(struct records *records)
{
	if (record_buffer_content(records->buffer).n >= SINK_FRAME_TARGET)
		records_give(records);
}

/* … if it has waited for @most_ms. */
void records_give_old(struct records *records, uint64_t most_ms);

#endif
