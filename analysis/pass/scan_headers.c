/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/scan_headers.h"

#include <stdio.h>
#include <string.h>

enum { SHARE_WORDS_MAX = 64 }; /* octets of "a sample of 12.5 % of its list", with NUL */

static void say_sample(double sample, char text[static SHARE_WORDS_MAX])
{
	if (sample > 0)
		snprintf(text, SHARE_WORDS_MAX, "a sample of %.10g %% of its list", 100 * sample);
	else
		snprintf(text, SHARE_WORDS_MAX, "a scan of all of its list");
}

static int check_sample(const struct scan_headers *headers, const char *path, const struct record_header *header,
			struct error *error)
{
	char one[SHARE_WORDS_MAX], other[SHARE_WORDS_MAX];

	if (header->sample != headers->sample) {
		say_sample(headers->sample, one);
		say_sample(header->sample, other);
		return error_set(error, "%s is %s, %s is %s: no share of both together means anything; read each alone",
				 headers->first, one, path, other);
	}
	if (header->sample > 0 && memcmp(header->sample_key, headers->sample_key, sizeof(headers->sample_key)) != 0)
		return error_set(
			error,
			"%s and %s are samples with different keys (--sample-key), so of different domains: no "
			"share of both together means anything; read each alone",
			headers->first, path);
	return 0;
}

static int add_label(struct scan_headers *headers, const char *path, struct span label, struct error *error)
{
	char *text;

	for (size_t i = 0; i < headers->label_count; i++)
		if (span_equal(headers->label[i], label))
			return 0;
	if (headers->label_count == OBS_LABEL_MAX)
		return error_set(error,
				 "%s has labels that those before have not: more than %d are too many; read it alone",
				 path, OBS_LABEL_MAX);
	label.n = label.n < OBS_LABEL_OCTETS_MAX ? label.n : OBS_LABEL_OCTETS_MAX;
	text = headers->label_text[headers->label_count];
	memcpy(text, label.p, label.n);
	headers->label[headers->label_count++] = (struct span){ text, label.n };
	return 0;
}

static void take_contact(struct scan_headers *headers, const struct record_header *header)
{
	const struct record_option *given = record_header_option(header, SPAN_LITERAL("contact"));

	if (!given || headers->contact.n > 0 || given->value.n > sizeof(headers->contact_text))
		return;
	memcpy(headers->contact_text, given->value.p, given->value.n);
	headers->contact = (struct span){ headers->contact_text, given->value.n };
}

int scan_headers_add(struct scan_headers *headers, const char *path, const struct record_header *header,
		     struct error *error)
{
	if (!headers->first) {
		headers->first = path;
		headers->sample = header->sample;
		memcpy(headers->sample_key, header->sample_key, sizeof(headers->sample_key));
	} else if (check_sample(headers, path, header, error) < 0) {
		return -1;
	}
	take_contact(headers, header);
	for (size_t i = 0; i < header->label_count; i++)
		if (add_label(headers, path, header->label[i], error) < 0)
			return -1;
	return 0;
}

size_t scan_headers_find(const struct scan_headers *headers, struct span name)
{
	size_t found = headers->label_count;

	for (size_t i = headers->label_count; i-- > 0;) {
		if (span_equal(headers->label[i], name))
			return i;
		if (span_equal_nocase(headers->label[i], name))
			found = i;
	}
	return found;
}

struct span scan_headers_value(const struct scan_headers *headers, const struct observation *observation, size_t label)
{
	const struct obs_label *own = observation->label;

	/* as a rule all files have the same columns */
	if (label < observation->label_count && span_equal(own[label].name, headers->label[label]))
		return own[label].value;
	for (size_t i = 0; i < observation->label_count; i++)
		if (span_equal(own[i].name, headers->label[label]))
			return own[i].value;
	return SPAN_LITERAL("");
}
