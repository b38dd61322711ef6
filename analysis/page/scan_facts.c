/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/scan_facts.h"

#include <string.h>

/* What says nothing of the measurement, or names places on the machine that made it. */
static const char *const local_options[] = {
	"input-file", "output-file", "metadata-file", "status-updates-file", "log-file", "quiet", "verbose",
	"resume",     "force",       "config",        "sync-interval",       "shard",
};

static bool is_local(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(local_options); i++)
		if (span_equal(name, span_of(local_options[i])))
			return true;
	return false;
}

static void keep(char out[static SCAN_FACTS_TEXT_MAX], struct span s)
{
	static const char more[] = "\xe2\x80\xa6";
	size_t n = s.n < SCAN_FACTS_TEXT_MAX ? s.n : SCAN_FACTS_TEXT_MAX - sizeof(more);

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80) /* not within a character */
		n--;
	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
	if (n < s.n)
		memcpy(out + n, more, sizeof(more));
	for (size_t i = 0; i < n; i++) /* NUL would end it: shown as what it is, something that is not to be seen */
		if (out[i] == '\0')
			out[i] = '\x01';
}

static struct span without_folder(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_skip(path, i);
	return path;
}

static void add_list(struct scan_facts *facts, const struct record_header *header)
{
	char name[SCAN_FACTS_TEXT_MAX];

	keep(name, span_equal(header->input, SPAN_LITERAL("-")) ? SPAN_LITERAL("standard input")
								: without_folder(header->input));
	if (facts->files == 0)
		facts->list_hash = header->input_hash;
	else if (facts->list_hash != header->input_hash)
		facts->list_hash = 0;
	for (unsigned i = 0; i < facts->lists && i < SCAN_FACTS_LISTS_MAX; i++)
		if (strcmp(facts->list[i], name) == 0)
			return;
	if (facts->lists < SCAN_FACTS_LISTS_MAX)
		memcpy(facts->list[facts->lists], name, sizeof(name));
	facts->lists++;
}

static struct scan_facts_option *find(struct scan_facts *facts, const char *name, const char *value)
{
	for (unsigned i = 0; i < facts->options; i++)
		if (strcmp(facts->option[i].name, name) == 0 && strcmp(facts->option[i].value, value) == 0)
			return &facts->option[i];
	return NULL;
}

static void add_option(struct scan_facts *facts, const struct record_option *given)
{
	bool is_file = span_ends_with(given->name, SPAN_LITERAL("-file")) ||
		       span_starts_with(given->value, SPAN_LITERAL("@"));
	char name[SCAN_FACTS_TEXT_MAX], value[SCAN_FACTS_TEXT_MAX];
	struct scan_facts_option *option;

	if (is_local(given->name))
		return;
	keep(name, given->name);
	keep(value, is_file ? without_folder(given->value) : given->value);
	option = find(facts, name, value);
	if (!option && facts->options < SCAN_FACTS_OPTIONS_MAX) {
		option = &facts->option[facts->options++];
		memcpy(option->name, name, sizeof(name));
		memcpy(option->value, value, sizeof(value));
	}
	if (option)
		option->files++;
}

void scan_facts_add(struct scan_facts *facts, const struct record_header *header)
{
	if (facts->files == 0) {
		keep(facts->tool, header->tool);
		facts->shards = header->shards;
	}
	add_list(facts, header);
	for (size_t i = 0; i < header->option_count; i++)
		add_option(facts, &header->option[i]);
	facts->files++;
}

void scan_facts_add_vantage(struct scan_facts *facts, const struct obs_vantage *vantage)
{
	if (vantage->canary || facts->has_vantage)
		return;
	facts->has_vantage = true;
	keep(facts->ehlo, vantage->ehlo);
	for (unsigned i = 0; i < VANTAGE_FAMILIES; i++)
		keep(facts->source[i], vantage->source[i]);
}

const char *scan_facts_option(const struct scan_facts *facts, const char *name)
{
	for (unsigned i = 0; i < facts->options; i++)
		if (strcmp(facts->option[i].name, name) == 0)
			return facts->option[i].value;
	return NULL;
}
