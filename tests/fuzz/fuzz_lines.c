/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of JSON, as domain_json.h writes them or not: what is picked of it and its datum of Avro. */
#include "analysis/lines/domain_avro.h"
#include "analysis/lines/domain_pick.h"

#include "tests/fuzz/fuzz.h"

static void write_both(struct text *out, struct span line, const char *list)
{
	static struct domain_choice choice;
	struct error error = { .text = "" };

	FUZZ_CHECK(domain_choice_make(&choice, list ? span_of(list) : (struct span){ NULL, 0 }, &error) == 0);
	out->used = 0;
	domain_avro_write(out, line, &choice);
	FUZZ_CHECK(!text_failed(out));
	out->used = 0;
	domain_pick_write(out, line, &choice);
	FUZZ_CHECK(!text_failed(out) && out->used > 0 && out->data[out->used - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size + 1); /* so that a read behind the end is seen */
	struct span line = { exact, size };
	struct text out;

	FUZZ_CHECK(exact);
	memcpy(exact, data, size);
	text_open_memory(&out);
	write_both(&out, line, "name,results.MX.data.records.name,results.POLICY.data.tls.names,labels,senders.why");
	write_both(&out, line, NULL);
	text_free(&out);
	free(exact);
	return 0;
}
