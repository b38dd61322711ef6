/* SPDX-License-Identifier: BSD-2-Clause */
/* A template: what is taken is made into a text, as long as its places have it. */
#include "analysis/tables/letter.h"

#include "tests/fuzz/fuzz.h"

static void value(const void *arg, enum letter_place place, struct span label, struct text *out)
{
	FUZZ_CHECK((place >= LETTER_DOMAIN) == *(const bool *)arg);
	FUZZ_CHECK(place == LETTER_LABEL || label.n == 0);
	if (place % 2 == 0)
		text_literal(out, "{party}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span all = { (const char *)data, size };
	struct letter letter;
	struct error error = { "" };
	bool in_each[] = { false, true, false };
	struct text out;

	if (letter_parse(&letter, all, "fuzz", &error) < 0) {
		FUZZ_CHECK(strncmp(error.text, "fuzz:", 5) == 0);
		return 0;
	}
	text_open_memory(&out);
	for (size_t i = 0; i < COUNT_OF(in_each); i++) {
		struct span part = i == 0 ? letter.above : i == 1 ? letter.each : letter.below;

		FUZZ_CHECK(part.n == 0 || fuzz_is_inside(part, all));
		letter_put(&out, part, value, &in_each[i]);
	}
	FUZZ_CHECK(out.used == 0 || out.data[out.used - 1] == '\n');
	text_free(&out);
	return 0;
}
