/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/worker/records.h"

void records_put_labels(struct records *records, struct span extra, struct observation *observation)
{
	const struct options *options = records->options;
	struct span value[OBS_LABEL_MAX];
	size_t count = extra_is(extra, EXTRA_LABELS) ? extra_items(extra, value, OBS_LABEL_MAX) : 0;

	for (size_t i = 0; i < options->label_count; i++)
		records->label[i] = (struct obs_label){ options->label[i], i < count ? value[i] : SPAN_LITERAL("") };
	observation->label = records->label;
	observation->label_count = options->label_count;
}

void records_give(struct records *records)
{
	if (records->buffer)
		sink_give(records->sink, records->buffer);
	records->buffer = NULL;
}

void records_give_old(struct records *records, uint64_t most_ms)
{
	if (records->buffer && record_buffer_content(records->buffer).n > 0 &&
	    uv_now(records->loop) - records->since_ms >= most_ms)
		records_give(records);
}
