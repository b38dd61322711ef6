/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/script_reading.h"

#include <stdio.h>

struct span script_name(struct script_reading *reading, struct span word)
{
	struct span domain = reading->run->domain;
	char *text;

	if (!span_ends_with(word, SPAN_LITERAL("@")) || (word.n > 1 && word.p[word.n - 2] != '.'))
		return word;
	text = script_keep(&reading->memory, word.n - 1 + domain.n);
	memcpy(text, word.p, word.n - 1);
	memcpy(text + word.n - 1, domain.p, domain.n);
	return (struct span){ text, word.n - 1 + domain.n };
}

int script_value(struct span word, int count, const char *(*name)(int))
{
	int value = 0;

	while (value < count && !span_equal(word, span_of(name(value))))
		value++;
	return value;
}

const char *script_fault_word(int value)
{
	static const char *const words[] = { "", "memory", "sockets", "shutdown", "resting" };

	return words[value];
}

static bool on_domain(struct script_reading *reading, struct words w)
{
	reading->run->domain = w.word[1];
	return reading->run->answers == 0;
}

static bool on_host(struct script_reading *reading, struct words w)
{
	reading->script->is_host = reading->script->smtp = true;
	return on_domain(reading, w);
}

static bool on_smtp(struct script_reading *reading, struct words w)
{
	reading->script->all_hosts = w.count > 1;
	return reading->script->smtp = true;
}

static bool on_direct(struct script_reading *reading, struct words w)
{
	(void)w;
	return reading->run->direct = true;
}

static bool on_trust_ad(struct script_reading *reading, struct words w)
{
	(void)w;
	return reading->script->ad_believed = true;
}

static bool on_no_route(struct script_reading *reading, struct words w)
{
	bool ipv4 = span_equal(w.word[1], SPAN_LITERAL("IPv4"));

	*(ipv4 ? &reading->script->no_ipv4 : &reading->script->no_ipv6) = true;
	return ipv4 || span_equal(w.word[1], SPAN_LITERAL("IPv6"));
}

static bool on_last_pass(struct script_reading *reading, struct words w)
{
	(void)w;
	return reading->run->last_pass = true;
}

/* What follows depends on time: it is not played in any other way. */
static bool on_as_written(struct script_reading *reading, struct words w)
{
	(void)w;
	return reading->run->as_written = true;
}

static bool on_time(struct script_reading *reading, struct words w)
{
	reading->run->wall_ms = (int64_t)script_number(w.word[1]) * 1000;
	return !reading->in_fetch;
}

static bool on_networks(struct script_reading *reading, struct words w)
{
	struct cidr_set **set = span_equal(w.word[0], SPAN_LITERAL("allow")) ? &reading->script->allow
									     : &reading->script->address_blocklist;

	if (!*set)
		*set = cidr_set_new();
	for (int i = 1; i < w.count; i++)
		if (cidr_set_add(*set, w.word[i]) != 0)
			return false;
	return true;
}

static bool on_unasked(struct script_reading *reading, struct words w)
{
	struct script *script = reading->script;

	if (!script->domain_blocklist)
		script->domain_blocklist = domain_set_new();
	return domain_set_add(script->domain_blocklist, w.word[1]) == 0;
}

/* The list is a zone file, which delegates the domain to these. */
static bool on_servers(struct script_reading *reading, struct words w)
{
	struct extra *extra = &reading->run->extra;

	if (extra->n == 0)
		extra_begin(extra, EXTRA_SERVERS);
	for (int i = 1; i < w.count; i++)
		extra_add(extra, script_name(reading, w.word[i]));
	return true;
}

static bool on_again(struct script_reading *reading, struct words w)
{
	struct script *script = reading->script;

	(void)w;
	if (!script_answer_seal(reading) || script->runs == SCRIPT_RUNS_MAX)
		return false;
	reading->run = &script->run[script->runs++];
	reading->run->wall_ms = (int64_t)SCRIPT_TIME * 1000;
	reading->run->domain = script->run[0].domain;
	return true;
}

/* expect KEY VALUE…: words joined by one space. */
static bool on_expect(struct script_reading *reading, struct words w)
{
	struct script_run *run = reading->run;
	struct script_expected *expected = &run->expected[run->expectations];
	size_t n = 0;
	char *value;

	if (!script_answer_seal(reading) || run->expectations == SCRIPT_EXPECTED_MAX)
		return false;
	for (int i = 2; i < w.count; i++)
		n += w.word[i].n + 1;
	value = script_keep(&reading->memory, n);
	*expected = (struct script_expected){ w.word[1].p, value, reading->line };
	for (int i = 2; i < w.count; i++) {
		if (i > 2)
			*value++ = ' ';
		memcpy(value, w.word[i].p, w.word[i].n);
		value += w.word[i].n;
	}
	run->expectations++;
	return true;
}

static const struct script_word survey_words[] = {
	{ "domain", on_domain, 2 },
	{ "last-pass", on_last_pass, 1 },
	{ "as-written", on_as_written, 1 },
	{ "time", on_time, 2 },
	{ "allow", on_networks, 2 },
	{ "block", on_networks, 2 },
	{ "unasked", on_unasked, 2 },
	{ "servers", on_servers, 2 },
	{ "again", on_again, 1 },
	{ "expect", on_expect, 2 },
	{ "host", on_host, 2 },
	{ "smtp", on_smtp, 1 },
	{ "trust-ad", on_trust_ad, 1 },
	{ "no-route", on_no_route, 2 },
	{ "direct", on_direct, 1 },
	{ 0 },
};

static bool handle(struct script_reading *reading, struct words w)
{
	static const struct script_word *const table[] = { survey_words, script_answer_words, script_fetch_words,
							   script_probe_words };

	for (size_t i = 0; i < COUNT_OF(table); i++)
		for (const struct script_word *entry = table[i]; entry->word; entry++)
			if (span_equal(w.word[0], span_of(entry->word)))
				return w.count >= entry->min && entry->handle(reading, w);
	return false;
}

/* One line; "repeat N …" is the rest N times, each % being the round's number, from 1. */
static bool read_line(struct script_reading *reading, const char *line)
{
	struct span word[SCRIPT_WORDS_MAX], round[SCRIPT_WORDS_MAX];
	int count = script_words(&reading->memory, line, word);
	bool ok = true;

	if (count <= 0)
		return count == 0;
	if (!span_equal(word[0], SPAN_LITERAL("repeat")))
		return handle(reading, (struct words){ word, count });
	for (unsigned long i = 1; count > 2 && ok && i <= script_number(word[1]); i++) {
		for (int k = 2; k < count; k++) {
			size_t at = span_find(word[k], 0, '%');
			char *text;

			round[k] = word[k];
			if (at == word[k].n)
				continue;
			text = script_keep(&reading->memory, word[k].n + 8);
			round[k].n = (size_t)sprintf(text, "%.*s%lu%s", (int)at, word[k].p, i, word[k].p + at + 1);
			round[k].p = text;
		}
		ok = handle(reading, (struct words){ round + 2, count - 2 });
	}
	return ok;
}

static bool read_lines(struct script_reading *reading, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	while (ok && getline(&line, &size, file) >= 0) {
		reading->line++;
		ok = read_line(reading, line);
	}
	free(line);
	return ok;
}

int script_read(struct script *script, const char *path, char *why, size_t why_size)
{
	struct script_reading *reading = calloc(1, sizeof(*reading));
	FILE *file = fopen(path, "r");
	int result = -1;

	memset(script, 0, sizeof(*script));
	snprintf(why, why_size, "cannot be read");
	if (!reading || !file)
		goto done;
	reading->script = script;
	if (on_again(reading, (struct words){ NULL, 0 }) && read_lines(reading, file) && script_answer_seal(reading))
		result = 0;
	snprintf(why, why_size, "line %u makes no sense", reading->line);
	script->memory = reading->memory;
done:
	if (file)
		fclose(file);
	free(reading);
	return result;
}

void script_free(struct script *script)
{
	struct script_memory *memory = script->memory, *next;

	for (; memory; memory = next) {
		next = memory->next;
		free(memory);
	}
	cidr_set_free(script->allow);
	cidr_set_free(script->address_blocklist);
	domain_set_free(script->domain_blocklist);
	memset(script, 0, sizeof(*script));
}
