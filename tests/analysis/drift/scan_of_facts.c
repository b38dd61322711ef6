/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/drift/scan_of_facts.h"

#include <string.h>

#include "output/scan_file/sink.h"
#include "parsers/hash.h"
#include "tests/analysis/run_command.h"

static int write_scan(const struct scan_of_facts *scan)
{
	static struct facts facts;
	struct sink_options options = { .path = path_of(scan->name), .resume_at = -1, .buffers = 2 };
	const struct span column = scan->label ? span_of(scan->label) : (struct span){ "", 0 };
	const struct obs_label label = { column, scan->value ? span_of(scan->value) : column };
	const struct record_option option = { scan->smtp ? SPAN_LITERAL("smtp") : SPAN_LITERAL("mx-hosts"),
					      SPAN_LITERAL("") };
	struct record_header header = { .tool = SPAN_LITERAL("test"),
					.major = RECORD_SCHEMA_MAJOR,
					.minor = RECORD_SCHEMA_MINOR,
					.start_ms = scan->start_ms,
					.input_size = 1,
					.input_sample = scan->shards > 0 && !scan->piped,
					.shards = scan->shards > 0 ? scan->shards : 1,
					.shard = scan->shard,
					.sample = scan->sample,
					.sample_key = { scan->key },
					.option = &option,
					.option_count = scan->of_hosts || scan->smtp,
					.label = &column,
					.label_count = scan->label ? 1 : 0 };
	struct record_trailer trailer = { 0 };
	struct record_buffer *buffer;
	struct sink *sink;
	struct error error;

	if (sink_open(&sink, &options, &header, &error) < 0 || !(buffer = sink_take(sink)))
		return -1;
	for (; trailer.domains < SCAN_OF_FACTS_MAX && scan->domain[trailer.domains]; trailer.domains++) {
		facts_make(&facts, scan->domain[trailer.domains]);
		facts.observation.index = trailer.domains;
		/* certificates with one hash are one */
		memcpy(facts.leaf.sha256 + 1, &(uint64_t){ hash_span(facts.observation.name) }, sizeof(uint64_t));
		facts.observation.label = &label;
		facts.observation.label_count = scan->label ? 1 : 0;
		trailer.illegal += facts.observation.input == INPUT_ILLEGAL;
		trailer.blocklisted += facts.observation.input == INPUT_BLOCKLISTED;
		if (record_put_domain(buffer, &facts.observation) < 0)
			return -1;
	}
	sink_give(sink, buffer);
	return sink_close(sink, &trailer, &error);
}

int scans_of_facts_write(const struct scan_of_facts *scan, size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = write_scan(&scan[i]);
	return result;
}
