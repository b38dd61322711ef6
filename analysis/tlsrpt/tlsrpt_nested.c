/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_nested.h"

#include "analysis/tlsrpt/tlsrpt_json.h"

enum { LINES_MAX = 1024 }; /* strings in one; a policy has 64 KiB, of which a line needs three */

struct nested {
	struct tlsrpt_octets lines;
	unsigned count, depth;
	bool is_other;
};

static bool nested_begin(void *arg, bool is_array)
{
	struct nested *nested = arg;

	nested->is_other = nested->is_other || !is_array || nested->depth++ > 0;
	return !nested->is_other;
}

static bool nested_end(void *arg)
{
	(void)arg;
	return true;
}

static bool nested_key(void *arg, struct span key)
{
	(void)arg;
	(void)key;
	return false;
}

static bool nested_value(void *arg, enum tlsrpt_json_kind kind, struct span text)
{
	struct nested *nested = arg;

	return kind == TLSRPT_JSON_STRING && ++nested->count <= LINES_MAX && tlsrpt_octets_put(&nested->lines, text) &&
	       tlsrpt_octets_put(&nested->lines, SPAN_LITERAL("\n"));
}

static void nested_mended(void *arg, enum tlsrpt_json_mend mend)
{
	(void)arg;
	(void)mend;
}

bool tlsrpt_nested_read(struct span text, struct tlsrpt_octets *lines)
{
	static const struct tlsrpt_json_events events = { .on_begin = nested_begin,
							  .on_end = nested_end,
							  .on_key = nested_key,
							  .on_value = nested_value,
							  .on_mended = nested_mended };
	struct nested nested = { 0 };
	struct tlsrpt_json *json = tlsrpt_json_new(&events, &nested);
	struct error error;
	bool done = json && tlsrpt_json_begin(json) == 0 && tlsrpt_json_feed(json, text, &error) == 0 &&
		    tlsrpt_json_end(json, &error) == 0;

	tlsrpt_json_free(json);
	*lines = nested.lines;
	return done;
}
