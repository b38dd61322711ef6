/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/budget.h"

#include <stdlib.h>

enum {
	ROOM_FIRST = 16,      /* workers, doubled */
	FIELDS = 6,           /* of a line */
	LINE_SHOWN_MAX = 200, /* octets of a damaged line that are told */
	TURN_MAX = INT32_MAX, /* more than anybody waits */
	TIMES = 999999999,    /* then it begins again */
};

static const char first_open[] = "stsurvey-ledger 1 open", first_closed[] = "stsurvey-ledger 1 closed ";

void budget_free(struct budget *budget)
{
	free(budget->worker);
	*budget = (struct budget){ 0 };
}

bool budget_is_name(struct span name)
{
	if (name.n == 0 || name.n >= JOB_WORKER_MAX || name.p[0] == '.' || name.p[name.n - 1] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && !strchr("-_=.", name.p[i]))
			return false;
		else if (name.p[i] == '.' && name.p[i - 1] == '.')
			return false;
	return true;
}

static bool is_id(struct span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_is_alnum(id.p[i]) && id.p[i] != '-')
			return false;
	return id.n > 0 && id.n < BUDGET_ID_MAX;
}

/* Where @name is, or would be. */
static size_t place_of(const struct budget *budget, const char *name, bool *is_there)
{
	size_t low = 0, high = budget->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(budget->worker[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*is_there = low < budget->count && strcmp(budget->worker[low].name, name) == 0;
	return low;
}

struct budget_worker *budget_find(const struct budget *budget, const char *name)
{
	bool is_there;
	size_t place = place_of(budget, name, &is_there);

	return is_there ? &budget->worker[place] : NULL;
}

/* Room for one more behind those that are there? */
static bool make_room(struct budget *budget)
{
	size_t room = budget->room > 0 ? 2 * budget->room : ROOM_FIRST;
	struct budget_worker *worker;

	if (budget->count >= BUDGET_WORKERS_MAX)
		return false;
	if (budget->count < budget->room)
		return true;
	worker = realloc(budget->worker, room * sizeof(*worker));
	if (!worker)
		return false;
	budget->worker = worker;
	budget->room = room;
	return true;
}

struct budget_worker *budget_join(struct budget *budget, const char *name, const char *id)
{
	struct budget_worker *worker;
	bool is_there;
	size_t place = place_of(budget, name, &is_there);

	if (!is_there) {
		if (!make_room(budget))
			return NULL;
		worker = &budget->worker[place];
		memmove(worker + 1, worker, (budget->count++ - place) * sizeof(*worker));
	}
	worker = &budget->worker[place];
	*worker = (struct budget_worker){ .lane = BUDGET_NO_LANE };
	memccpy(worker->name, name, '\0', sizeof(worker->name) - 1);
	memccpy(worker->id, id, '\0', sizeof(worker->id) - 1);
	return worker;
}

void budget_remove(struct budget *budget, struct budget_worker *worker)
{
	size_t behind = (size_t)(budget->worker + budget->count - worker) - 1;

	memmove(worker, worker + 1, behind * sizeof(*worker));
	budget->count--;
}

/* ---- as text ---- */

/* A number from 1 (where @least is) to @most, or "-". */
static bool read_number(struct span s, uint64_t least, uint64_t most, uint64_t none, uint64_t *value)
{
	*value = none;
	return span_equal(s, SPAN_LITERAL("-")) || (span_decimal(s, most, value) && *value >= least);
}

/* What is wrong with the worker of @line, which stands behind those that are there; NULL: nothing. */
static const char *read_worker(struct budget *budget, struct span line, uint64_t *whole)
{
	struct budget_worker *worker = &budget->worker[budget->count];
	struct span field[FIELDS];
	uint64_t share, lane, times;
	size_t n = 0;

	while (n < FIELDS && span_next_part(&line, ' ', &field[n]))
		n++;
	if (n < FIELDS || line.p)
		return "not a worker, its id, share, turn, lane and times";
	if (!budget_is_name(field[0]) || !is_id(field[1]))
		return "no name of a worker and id";
	*worker = (struct budget_worker){ 0 };
	memcpy(worker->name, field[0].p, field[0].n);
	memcpy(worker->id, field[1].p, field[1].n);
	if (!read_number(field[2], 1, BUDGET_WHOLE, 0, &share) ||
	    !read_number(field[3], 1, TURN_MAX, 0, &worker->turn) ||
	    !read_number(field[4], 0, BUDGET_LANES_MAX - 1, BUDGET_LANES_MAX, &lane) ||
	    !span_decimal(field[5], TIMES, &times))
		return "no share, turn, lane and times";
	worker->share = (uint32_t)share;
	worker->times = (uint32_t)times;
	worker->lane = lane < BUDGET_LANES_MAX ? (int)lane : BUDGET_NO_LANE;
	if (budget->count > 0 && strcmp(worker[-1].name, worker->name) >= 0)
		return "not in the order of names";
	*whole += share;
	return *whole > BUDGET_WHOLE           ? "shares that add up to more than everything"
	       : share > 0 && worker->turn > 0 ? "a share and a turn to wait"
					       : NULL;
}

static const char *two_on_a_lane(const struct budget *budget)
{
	uint64_t taken[BUDGET_LANES_MAX / 64] = { 0 };

	for (size_t i = 0; i < budget->count; i++) {
		int lane = budget->worker[i].lane;

		if (lane != BUDGET_NO_LANE && (taken[lane / 64] & UINT64_C(1) << lane % 64))
			return "two workers on one lane";
		if (lane != BUDGET_NO_LANE)
			taken[lane / 64] |= UINT64_C(1) << lane % 64;
	}
	return NULL;
}

/* The first line. */
static bool read_head(struct budget *budget, struct span *text)
{
	struct span line;

	if (text->n == 0 || text->p[text->n - 1] != '\n') /* cut off */
		return false;
	text->n--;
	(void)span_next_part(text, '\n', &line);
	if (span_equal(line, span_of(first_open)))
		return true;
	if (!span_starts_with(line, span_of(first_closed)))
		return false;
	line = span_skip(line, strlen(first_closed));
	if (!is_id(line))
		return false;
	memcpy(budget->closed, line.p, line.n);
	return true;
}

int budget_read(struct budget *budget, struct span text, struct error *error)
{
	const char *wrong = NULL;
	struct span line = text;
	uint64_t whole = 0;
	size_t number = 1;
	char shown[LINE_SHOWN_MAX];

	*budget = (struct budget){ 0 };
	if (!read_head(budget, &text))
		wrong = "not a book's first line, or its end is missing";
	while (!wrong && span_next_part(&text, '\n', &line)) {
		number++;
		if (make_room(budget))
			wrong = read_worker(budget, line, &whole);
		else
			wrong = budget->count < BUDGET_WORKERS_MAX ? "no memory to read it" : "too many workers";
		budget->count += !wrong;
	}
	if (!wrong)
		wrong = two_on_a_lane(budget);
	if (!wrong)
		return 0;
	text_show(shown, sizeof(shown), line);
	error_set(error,
		  "the job's book of shares (key \"ledger\"), line %zu: %s (\"%s\"); nobody is given anything until it "
		  "is "
		  "mended: stop all workers, remove the key, and start them again",
		  number, wrong, shown);
	budget_free(budget);
	return -1;
}

static void put_number(struct text *out, uint64_t value, bool is_there)
{
	text_char(out, ' ');
	if (is_there)
		text_uint(out, value);
	else
		text_char(out, '-');
}

void budget_write(const struct budget *budget, struct text *out)
{
	text_string(out, budget->closed[0] ? first_closed : first_open);
	text_string(out, budget->closed);
	text_char(out, '\n');
	for (size_t i = 0; i < budget->count; i++) {
		const struct budget_worker *worker = &budget->worker[i];

		text_string(out, worker->name);
		text_char(out, ' ');
		text_string(out, worker->id);
		put_number(out, worker->share, worker->share > 0);
		put_number(out, worker->turn, worker->turn > 0);
		put_number(out, (uint64_t)worker->lane, worker->lane != BUDGET_NO_LANE);
		text_char(out, ' ');
		text_uint(out, worker->times);
		text_char(out, '\n');
	}
}

/* ---- the rules ---- */

static void is_given(struct budget_worker *worker)
{
	worker->times = worker->times < TIMES ? worker->times + 1 : 0;
}

bool budget_has_place(const struct budget *budget, const struct budget_worker *worker)
{
	size_t others = 0;

	for (size_t i = 0; i < budget->count; i++)
		others += &budget->worker[i] != worker && (budget->worker[i].share > 0 || budget->worker[i].turn > 0);
	return budget->most == 0 || others < budget->most;
}

uint32_t budget_take(struct budget *budget, struct budget_worker *worker)
{
	uint64_t target, least, free = BUDGET_WHOLE, last = 0;
	uint64_t wanting = 0, before = 0;

	for (size_t i = 0; i < budget->count; i++)
		last = budget->worker[i].turn > last ? budget->worker[i].turn : last;
	if (worker->share == 0 && worker->turn == 0)
		worker->turn = last < TURN_MAX ? last + 1 : last;
	for (size_t i = 0; i < budget->count; i++) {
		const struct budget_worker *other = &budget->worker[i];

		wanting += other->share > 0 || other->turn > 0;
		before += other->turn > 0 && other->turn < worker->turn;
		free -= other == worker ? 0 : other->share;
	}
	if (budget->most > 0 && wanting > budget->most)
		wanting = budget->most;
	target = BUDGET_WHOLE / wanting;
	least = target * BUDGET_LEAST_PERCENT / 100;
	if (budget->most > 0 && least < BUDGET_WHOLE / budget->most) /* so no more than that many have one */
		least = BUDGET_WHOLE / budget->most;
	free -= before * target < free ? before * target : free;
	if (worker->share == 0 && free < least)
		return 0;
	worker->share = (uint32_t)(free < target ? free : target);
	worker->turn = 0;
	is_given(worker);
	return worker->share;
}

bool budget_give(struct budget_worker *worker)
{
	bool had = worker->share > 0 || worker->turn > 0;

	worker->share = 0;
	worker->turn = 0;
	return had;
}

bool budget_take_lane(struct budget *budget, struct budget_worker *worker, unsigned lane)
{
	for (size_t i = 0; i < budget->count; i++)
		if (&budget->worker[i] != worker && budget->worker[i].lane == (int)lane)
			return false;
	worker->lane = (int)lane;
	is_given(worker);
	return true;
}
