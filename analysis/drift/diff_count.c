/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/diff_count.h"

#include <string.h>

#include "analysis/tables/counts.h"

const struct diff_metric_info diff_metrics[DIFF_METRICS] = {
	[DIFF_STS_RECORD] = { "sts_record", true },        [DIFF_TLSRPT_RECORD] = { "tlsrpt_record", true },
	[DIFF_POLICY_USABLE] = { "policy_usable", true },  [DIFF_MODE_ENFORCE] = { "mode_enforce", true },
	[DIFF_MISCONFIGURED] = { "misconfigured", false }, [DIFF_DELIVERY_FAILURE] = { "delivery_failure", false },
};

void diff_state_init(struct diff_state *state, struct diff_rows *rows)
{
	memset(state, 0, sizeof(*state));
	state->rows = rows;
	text_open_memory(&state->line);
	text_open_memory(&state->event);
}

void diff_state_fini(struct diff_state *state)
{
	text_free(&state->line);
	text_free(&state->event);
}

/* ---- metrics ---- */

/* 1 the domain has it, 0 it has not, -1 that is not known, or nobody asked. */
static int has_record(const struct drift_head *head, enum drift_kind kind)
{
	if (drift_has_record(head, kind))
		return 1;
	return head->word[kind] == 1 + RECORD_NONE ? 0 : -1;
}

static int has_mode(const struct drift_head *head, bool any)
{
	unsigned mode = head->word[DRIFT_MODE];

	if (mode > STS_MODE_COUNT) /* unknown, or not asked */
		return -1;
	return any ? mode > 1 + STS_MODE_UNSET : mode == 1 + STS_MODE_ENFORCE;
}

/* Of domains with a record: who gives that up has mended nothing. */
static int is_misconfigured(const struct drift_head *head)
{
	enum component component = drift_component(head);

	return component >= COMPONENT_RECORD && component <= COMPONENT_OK ? component < COMPONENT_OK : -1;
}

static int fails(const struct drift_head *head)
{
	unsigned verdict = head->word[DRIFT_VERDICT];

	if (!drift_has_record(head, DRIFT_STS) || verdict == 1 + VERDICT_UNKNOWN)
		return -1;
	return verdict == 1 + VERDICT_ENFORCE_FAIL;
}

static int has(const struct drift_head *head, enum diff_metric metric)
{
	switch (metric) {
	case DIFF_STS_RECORD:
		return has_record(head, DRIFT_STS);
	case DIFF_TLSRPT_RECORD:
		return has_record(head, DRIFT_TLSRPT);
	case DIFF_POLICY_USABLE:
		return has_mode(head, true);
	case DIFF_MODE_ENFORCE:
		return has_mode(head, false);
	case DIFF_MISCONFIGURED:
		return is_misconfigured(head);
	case DIFF_DELIVERY_FAILURE:
		return fails(head);
	default:
		return -1;
	}
}

static void count_metrics(struct diff_counts *counts, const struct drift_head *old, const struct drift_head *new)
{
	for (unsigned m = 0; m < DIFF_METRICS; m++) {
		int before = has(old, (enum diff_metric)m), after = has(new, (enum diff_metric)m);

		if (before < 0 || after < 0)
			continue;
		counts->metric[m].of++;
		counts->metric[m].came += after > before;
		counts->metric[m].went += after < before;
	}
}

/* ---- rows ---- */

/* The columns up to via; those of an event are in another order and begin with that. */
static void put_columns(struct diff_state *state, const struct drift_pair *pair, enum drift_change change,
			struct span name, struct span via)
{
	static _Thread_local char text[2][DRIFT_CHANGE_TEXT];
	struct csv csv;

	drift_change_show(pair, change, DRIFT_BEFORE, text[DRIFT_BEFORE]);
	drift_change_show(pair, change, DRIFT_AFTER, text[DRIFT_AFTER]);
	csv_init(&csv, &state->line);
	csv_text(&csv, name);
	csv_string(&csv, drift_change_names[change]);
	csv_string(&csv, text[DRIFT_BEFORE]);
	csv_string(&csv, text[DRIFT_AFTER]);
	csv_text(&csv, via);
	if (via.n == 0)
		return;
	csv_init(&csv, &state->event);
	csv_text(&csv, via);
	csv_string(&csv, drift_change_names[change]);
	csv_string(&csv, drift_change_is_shared(change) ? text[DRIFT_BEFORE] : "");
	csv_string(&csv, drift_change_is_shared(change) ? text[DRIFT_AFTER] : "");
}

static int put_aside(struct diff_state *state, struct error *error)
{
	struct diff_rows *rows = state->rows;
	int result;

	if (text_failed(&state->line) || text_failed(&state->event))
		return error_set(error, "no memory");
	pthread_mutex_lock(&rows->mutex);
	result = sorted_rows_put(rows->changes, (struct span){ state->line.data, state->line.used }, error);
	if (result == 0 && state->event.used > sizeof(rows->pair))
		result = sorted_rows_put(rows->events, (struct span){ state->event.data, state->event.used }, error);
	pthread_mutex_unlock(&rows->mutex);
	return result;
}

static int put_change(struct diff_state *state, const struct drift_pair *pair, enum drift_change change,
		      struct error *error)
{
	const struct drift_domain *domain = &pair->side[pair->side[DRIFT_AFTER].detailed ? DRIFT_AFTER : DRIFT_BEFORE];
	size_t columns, labels;

	state->line.used = state->event.used = 0;
	text_put(&state->line, domain->name);
	text_char(&state->line, '\0');
	sorted_rows_put_number(&state->line, state->rows->pair, sizeof(state->rows->pair));
	sorted_rows_put_number(&state->event, state->rows->pair, sizeof(state->rows->pair));
	sorted_rows_put_number(&state->line, change, 1);
	columns = state->line.used;
	put_columns(state, pair, change, domain->name, drift_change_via(pair, change));
	labels = state->line.used;
	text_put(&state->line, domain->labels);
	sorted_rows_put_number(&state->line, columns, sizeof(uint32_t));
	sorted_rows_put_number(&state->line, labels, sizeof(uint32_t));
	state->counts.change[change]++;
	return put_aside(state, error);
}

void diff_change_row_read(struct span row, struct diff_change_row *parts)
{
	struct span places = span_skip(row, row.n - 2 * sizeof(uint32_t));
	size_t end = row.n - places.n, columns = sorted_rows_take_number(&places, sizeof(uint32_t)),
	       labels = sorted_rows_take_number(&places, sizeof(uint32_t));
	struct span pair = { row.p + columns - 1 - sizeof(parts->pair), sizeof(parts->pair) };

	parts->pair = (uint16_t)sorted_rows_take_number(&pair, sizeof(parts->pair));
	parts->columns = (struct span){ row.p + columns, labels - columns };
	parts->labels = (struct span){ row.p + labels, end - labels };
}

/* ---- pairs ---- */

/* Most pairs are two heads that say the same of a domain without a record: nothing more is read of them. */
int diff_count_pair(struct diff_state *state, struct span old, struct span new, struct error *error)
{
	struct drift_head head[2] = { 0 };
	struct diff_counts *counts = &state->counts;
	struct drift_pair pair;
	unsigned changes;

	if (old.n > 0)
		memcpy(&head[DRIFT_BEFORE], old.p, sizeof(head[0]));
	if (new.n > 0)
		memcpy(&head[DRIFT_AFTER], new.p, sizeof(head[0]));
	for (unsigned k = 0; k < DRIFT_KINDS; k++)
		counts->transition[k][head[DRIFT_BEFORE].word[k]][head[DRIFT_AFTER].word[k]]++;
	counts->old_alone += new.n == 0;
	counts->new_alone += old.n == 0;
	if (old.n > 0 && new.n > 0) {
		counts->both++;
		count_metrics(counts, &head[DRIFT_BEFORE], &head[DRIFT_AFTER]);
	}
	if (old.n <= sizeof(head[0]) && new.n <= sizeof(head[0]))
		return 0;
	drift_row_read(old, &pair.side[DRIFT_BEFORE]);
	drift_row_read(new, &pair.side[DRIFT_AFTER]);
	changes = drift_changes_of(&pair);
	for (unsigned c = 0; c < DRIFT_CHANGES; c++)
		if (changes & 1U << c && put_change(state, &pair, (enum drift_change)c, error) < 0)
			return -1;
	return 0;
}

void diff_counts_add(struct diff_counts *into, const struct diff_counts *from)
{
	counts_add(into, from, sizeof(*into));
}
