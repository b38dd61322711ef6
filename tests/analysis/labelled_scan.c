/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/analysis/labelled_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "tests/analysis/facts.h"
#include "tests/analysis/run_command.h"

static size_t split(const char *text, struct span part[static OBS_LABEL_MAX])
{
	struct span rest = span_of(text);
	size_t n = 0;

	while (text[0] != '\0' && n < OBS_LABEL_MAX && span_next_part(&rest, '|', &part[n]))
		n++;
	return n;
}

void labelled_scan_write(const char *name, const char *labels, const struct labelled_domain *domain, size_t count,
			 double sample, char key)
{
	static struct facts facts;
	struct span label[OBS_LABEL_MAX], value[OBS_LABEL_MAX];
	struct sink_options options = { .path = path_of(name), .resume_at = -1, .buffers = 2 };
	struct record_header header = { .tool = SPAN_LITERAL("stsurvey test"),
					.major = RECORD_SCHEMA_MAJOR,
					.minor = RECORD_SCHEMA_MINOR,
					.shards = 1,
					.sample = sample,
					.label = label,
					.label_count = split(labels, label) };
	struct record_trailer trailer = { .completion = COMPLETION_COMPLETE, .domains = count };
	struct record_buffer *buffer;
	struct sink *sink;
	struct error error;

	memset(header.sample_key, key, sizeof(header.sample_key));
	assert_int_equal(sink_open(&sink, &options, &header, &error), 0);
	assert_non_null(buffer = sink_take(sink));
	for (size_t i = 0; i < count; i++) {
		struct obs_label of_domain[OBS_LABEL_MAX];

		facts_make(&facts, domain[i].facts);
		assert_int_equal(split(domain[i].values, value), header.label_count);
		for (size_t l = 0; l < header.label_count; l++)
			of_domain[l] = (struct obs_label){ label[l], value[l] };
		facts.observation.index = i;
		facts.observation.label = of_domain;
		facts.observation.label_count = header.label_count;
		trailer.illegal += facts.observation.input == INPUT_ILLEGAL;
		assert_int_equal(record_put_domain(buffer, &facts.observation), 0);
	}
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &error), 0);
}
