/* SPDX-License-Identifier: BSD-2-Clause */
/* What the queue's server answers, as anybody may: JSON, times, and where our own answers are to go. */
#include <stdlib.h>

#include "scanner/bus/bus_own.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = { (const char *)data, size };
	struct error why = { "" };
	yajl_val root = bus_json_read(octets, &why);
	char *text = malloc(size + 1);
	unsigned deliveries = 0;
	uint64_t sequence = 0;

	FUZZ_CHECK(text);
	FUZZ_CHECK(root || why.text[0]);
	if (root) {
		FUZZ_CHECK(bus_json_number(root, "state", "messages") <= INT64_MAX);
		FUZZ_CHECK(bus_json_text(root, "error", "description"));
		bus_json_true(root, "duplicate");
		bus_error_find((int)bus_json_number(root, "error", "err_code"));
	}
	yajl_tree_free(root);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	bus_time_ms(text);
	if (bus_read_delivery(text, &sequence, &deliveries))
		FUZZ_CHECK(sequence > 0 && deliveries > 0);
	free(text);
	return 0;
}
