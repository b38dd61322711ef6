/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_csv.h"

/* Words with a space between, for one field. */
struct words {
	char text[OBS_MX_MAX * 1024]; /* a DNS name has 1012 octets as text at most; of longer ones, what does not fit
				       * is left out */
	size_t n;
};

static void add_word(struct words *words, struct span word)
{
	if (words->n + 1 + word.n > sizeof(words->text))
		return;
	if (words->n > 0)
		words->text[words->n++] = ' ';
	memcpy(words->text + words->n, word.p, word.n);
	words->n += word.n;
}

void domain_csv_findings(struct csv *csv, const struct finding_set *set)
{
	struct words codes;

	codes.n = 0;
	for (unsigned f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1))
		add_word(&codes, span_of(finding_table[f].code));
	csv_text(csv, (struct span){ codes.text, codes.n });
}

static void put_several(struct csv *csv, const struct domain_field *field, const struct observation *observation,
			const struct classification *result)
{
	struct words words;
	struct span item;
	size_t at = 0;

	words.n = 0;
	while (field->next(observation, result, &at, &item))
		add_word(&words, item);
	csv_text(csv, (struct span){ words.text, words.n });
}

static void put_one(struct csv *csv, const struct domain_field *field, const struct observation *observation,
		    const struct classification *result)
{
	struct domain_value value = { 0 };

	field->get(observation, result, &value);
	switch (field->kind) {
	case FIELD_NUMBER:
		csv_known(csv, value.known, value.number);
		break;
	case FIELD_FLAG:
		csv_string(csv, !value.known ? "" : value.number ? "true" : "false");
		break;
	case FIELD_TIME:
		csv_time_ms(csv, value.ms);
		break;
	default:
		csv_text(csv, value.text);
		break;
	}
}

void domain_csv_header(struct csv *csv, const struct domain_columns *columns)
{
	for (unsigned i = 0; i < columns->count; i++) {
		unsigned column = columns->chosen[i];

		if (column < DOMAIN_FIELDS)
			csv_string(csv, domain_fields[column].name);
		else
			csv_text(csv, columns->labels.name[column - DOMAIN_FIELDS]);
	}
	csv_header_end(csv);
}

void domain_csv_write(struct csv *csv, const struct domain_columns *columns, const struct observation *observation,
		      const struct classification *result)
{
	for (unsigned i = 0; i < columns->count; i++) {
		unsigned column = columns->chosen[i];
		const struct domain_field *field = column < DOMAIN_FIELDS ? &domain_fields[column] : NULL;

		if (!field)
			csv_text(csv, scan_headers_value(columns->labels.headers, observation, column - DOMAIN_FIELDS));
		else if (field->next)
			put_several(csv, field, observation, result);
		else
			put_one(csv, field, observation, result);
	}
	csv_end(csv);
}
