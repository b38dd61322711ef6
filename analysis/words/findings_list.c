/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/words/findings_list.h"

#include "output/csv.h"
#include "output/json.h"
#include "output/nearest.h"
#include "output/whole_file.h"

enum { WORD_SHOWN = 60 /* octets of an unknown code that a message repeats */ };

static void write_csv(struct text *text, const struct finding_set *chosen)
{
	struct csv csv;

	csv_init(&csv, text);
	csv_header(&csv, "number,code,component,severity,meaning,rule,fix");
	for (unsigned f = finding_next(chosen, 0); f < FINDING_COUNT; f = finding_next(chosen, f + 1)) {
		const struct finding_info *info = &finding_table[f];

		csv_uint(&csv, info->number);
		csv_string(&csv, info->code);
		csv_string(&csv, component_names[info->component]);
		csv_string(&csv, severity_names[info->severity]);
		csv_string(&csv, info->meaning);
		csv_string(&csv, info->rule);
		csv_string(&csv, info->fix);
		csv_end(&csv);
	}
}

static bool has_rule(const struct finding_info *info)
{
	return strcmp(info->rule, "-") != 0;
}

static void write_json(struct text *text, const struct finding_set *chosen)
{
	for (unsigned f = finding_next(chosen, 0); f < FINDING_COUNT; f = finding_next(chosen, f + 1)) {
		const struct finding_info *info = &finding_table[f];
		struct json json;

		json_begin_line(&json, text);
		json_uint(&json, "number", info->number);
		json_word(&json, "code", info->code);
		json_word(&json, "component", component_names[info->component]);
		json_word(&json, "severity", severity_names[info->severity]);
		json_text(&json, "meaning", info->meaning);
		json_text(&json, "rule", has_rule(info) ? info->rule : NULL);
		json_text(&json, "fix", info->fix);
		json_end(&json);
	}
}

static void write_text(struct text *text, const struct finding_set *chosen)
{
	enum component last = COMPONENT_NONE;
	bool first = true;

	for (unsigned f = finding_next(chosen, 0); f < FINDING_COUNT; f = finding_next(chosen, f + 1)) {
		const struct finding_info *info = &finding_table[f];

		if (info->component != last)
			text_printf(text, "%s%s\n\n", first ? "" : "\n", component_names[info->component]);
		last = info->component;
		first = false;
		text_printf(text, "  %u  %-30s %s\n", info->number, info->code, severity_names[info->severity]);
		text_printf(text, "       means  %s\n", info->meaning);
		if (has_rule(info))
			text_printf(text, "       rule   %s\n", info->rule);
		text_printf(text, "       fix    %s\n", info->fix);
	}
}

static int choose(struct span word, struct finding_set *chosen, struct error *error)
{
	int shown = (int)(word.n < WORD_SHOWN ? word.n : WORD_SHOWN);
	struct nearest nearest = { 0 };
	uint64_t number = 0;

	span_decimal(word, UINT16_MAX, &number);
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		if (finding_table[f].number == number || span_equal(span_of(finding_table[f].code), word)) {
			finding_add(chosen, f);
			return 0;
		}
		nearest_try(&nearest, word, finding_table[f].code);
	}
	if (nearest.word)
		return error_set(error, "'%.*s': no such finding; did you mean '%s'?", shown, word.p, nearest.word);
	return error_set(error, "'%.*s': no such finding; 'stsurvey findings' lists them", shown, word.p);
}

int findings_list_choose(char *const word[], int count, struct finding_set *chosen, struct error *error)
{
	*chosen = (struct finding_set){ 0 };
	for (unsigned f = 0; f < FINDING_COUNT && count == 0; f++)
		finding_add(chosen, f);
	for (int i = 0; i < count; i++)
		if (choose(span_of(word[i]), chosen, error) < 0)
			return -1;
	return 0;
}

int findings_list_write(const char *path, enum findings_format format, const struct finding_set *chosen,
			struct error *error)
{
	static void (*const write[])(struct text *, const struct finding_set *) = {
		[FINDINGS_TEXT] = write_text, [FINDINGS_CSV] = write_csv, [FINDINGS_JSON] = write_json
	};
	struct whole_file file;

	if (whole_file_open(&file, path, true) < 0)
		return whole_file_fail(path, error);
	write[format](&file.text, chosen);
	return whole_file_close(&file, true, false) < 0 ? whole_file_fail(path, error) : 0;
}
