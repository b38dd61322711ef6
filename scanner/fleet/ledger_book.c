/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/ledger_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "scanner/base/wall_clock.h"

enum {
	LOOKS_PART = 2,       /* of a life: more between two looks, and nobody knows who lived */
	TRIES = 64,           /* to write the book while others do */
	JITTER_LEAST_MS = 2,  /* before the second, … */
	JITTER_DOUBLINGS = 6, /* … doubled so often … */
	JITTER_MOST_MS = 100, /* … and then this */
};

struct ledger_missed {
	char name[JOB_WORKER_MAX], id[BUDGET_ID_MAX];
	uint32_t times; /* another number: it was back in between */
	uint64_t since_ms;
};

/* ---- the word ---- */

static bool is_over(const struct ledger *ledger)
{
	return machine_clock_ms() + ledger->margin_ms > ledger->word_ms + ledger->life_ms;
}

enum bus_result ledger_put_word(struct ledger *ledger, struct error *error)
{
	uint64_t began_ms = machine_clock_ms();
	enum bus_result result = bus_put(ledger->alive, ledger->name,
					 (struct span){ ledger->word.data, ledger->word.used }, error);

	if (result == BUS_OK)
		ledger->put_ms = began_ms;
	return result;
}

/* Our word counts once the book was seen behind it: who is not told that it was struck must not go on for longer. Nor
 * is there more time for who was told. */
static void confirm_word(struct ledger *ledger)
{
	bool holds = ledger->share > 0 || ledger->lane != BUDGET_NO_LANE;

	if (ledger->put_ms == ledger->word_ms)
		return;
	if (is_over(ledger)) /* the one before had ended before the server got this one, for all we know */
		ledger->is_lost = true;
	if (!holds)
		ledger->is_lost = false;
	if (!ledger->is_lost)
		ledger->word_ms = ledger->put_ms;
}

/* ---- who lives ---- */

void ledger_look_free(struct ledger_look *look)
{
	free(look->lives);
	budget_free(&look->budget);
}

static bool on_alive(void *arg, const char *name)
{
	struct ledger_look *look = arg;
	struct budget_worker *worker = budget_find(&look->budget, name);

	if (worker)
		look->lives[worker - look->budget.worker] = true;
	return true;
}

static uint64_t missed_since(const struct ledger *ledger, const struct budget_worker *worker, uint64_t now_ms)
{
	for (size_t i = 0; i < ledger->missed_count; i++)
		if (ledger->missed[i].times == worker->times && strcmp(ledger->missed[i].name, worker->name) == 0 &&
		    strcmp(ledger->missed[i].id, worker->id) == 0)
			return ledger->missed[i].since_ms;
	return now_ms;
}

/* Keep who has no word, and since when we know. */
static int note_missed(struct ledger *ledger, const struct ledger_look *look)
{
	uint64_t now_ms = machine_clock_ms();
	bool is_late = now_ms - ledger->looked_ms > ledger->life_ms / LOOKS_PART;
	struct ledger_missed *missed;
	size_t n = 0;

	for (size_t i = 0; i < look->budget.count; i++)
		n += !look->lives[i];
	missed = calloc(n + 1, sizeof(*missed));
	if (!missed)
		return -1;
	n = 0;
	for (size_t i = 0; i < look->budget.count; i++) {
		const struct budget_worker *worker = &look->budget.worker[i];

		if (look->lives[i])
			continue;
		memcpy(missed[n].name, worker->name, sizeof(worker->name));
		memcpy(missed[n].id, worker->id, sizeof(worker->id));
		missed[n].times = worker->times;
		missed[n++].since_ms = is_late ? now_ms : missed_since(ledger, worker, now_ms);
	}
	free(ledger->missed);
	ledger->missed = missed;
	ledger->missed_count = n;
	ledger->looked_ms = now_ms;
	return 0;
}

static bool is_dead(const struct ledger *ledger, const struct ledger_missed *missed, uint64_t now_ms)
{
	return now_ms - missed->since_ms > ledger->life_ms;
}

/* Of those who are dead by now the words have just been looked for. */
static void strike_dead(const struct ledger *ledger, struct ledger_look *look)
{
	uint64_t now_ms = machine_clock_ms();

	for (size_t i = 0; look->lives && i < ledger->missed_count; i++)
		if (is_dead(ledger, &ledger->missed[i], now_ms))
			budget_remove(&look->budget, budget_find(&look->budget, ledger->missed[i].name));
}

static uint64_t random_number(void)
{
	uint64_t random;

	return getrandom(&random, sizeof(random), 0) == (ssize_t)sizeof(random) ? random : machine_clock_ms();
}

/* ---- looking ---- */

static void put_book(struct ledger *ledger, const struct budget *budget)
{
	ledger->text.used = 0;
	budget_write(budget, &ledger->text);
}

static struct span book_text(const struct ledger *ledger)
{
	return (struct span){ ledger->text.data, ledger->text.used };
}

/* The book, or where there is none a closed one. */
static enum bus_result get_book(struct ledger *ledger, struct bus_value *value, struct error *error)
{
	struct budget closed = { 0 };
	enum bus_result result = bus_get(ledger->book, LEDGER_KEY, value, error);

	if (result != BUS_MISSING)
		return result;
	error->text[0] = '\0';
	snprintf(closed.closed, sizeof(closed.closed), "%016llx", (unsigned long long)random_number());
	put_book(ledger, &closed);
	result = bus_create(ledger->book, LEDGER_KEY, book_text(ledger), error);
	if (result != BUS_OK && result != BUS_EXISTS)
		return result;
	error->text[0] = '\0';
	return bus_get(ledger->book, LEDGER_KEY, value, error);
}

enum bus_result ledger_no_memory(struct error *error)
{
	error_set(error, "no memory for the book of shares");
	return BUS_REFUSED;
}

/* Is what we use ours, by the book? */
static void compare(struct ledger *ledger, const struct budget *budget)
{
	const struct budget_worker *self = budget_find(budget, ledger->name);
	bool is_ours = self && strcmp(self->id, ledger->id) == 0;

	if ((ledger->share > 0 && (!is_ours || self->share < ledger->share)) ||
	    (ledger->lane != BUDGET_NO_LANE && (!is_ours || self->lane != ledger->lane)))
		ledger->is_lost = true;
	if (strcmp(ledger->closed, budget->closed) != 0) {
		memcpy(ledger->closed, budget->closed, sizeof(ledger->closed));
		ledger->closed_ms = machine_clock_ms();
	}
}

/* Are the words to be read? They cost the more the more workers there are, and are needed to strike somebody alone. */
static bool is_time_to_look(const struct ledger *ledger)
{
	uint64_t now_ms = machine_clock_ms();

	for (size_t i = 0; i < ledger->missed_count; i++)
		if (is_dead(ledger, &ledger->missed[i], now_ms))
			return true;
	return ledger->looked_ms == 0 || now_ms - ledger->looked_ms >= ledger->renew_ms / 2;
}

static enum bus_result look_for_words(struct ledger *ledger, struct ledger_look *look, struct error *error)
{
	enum bus_result result;

	look->lives = calloc(look->budget.count + 1, sizeof(*look->lives));
	if (!look->lives)
		return ledger_no_memory(error);
	result = bus_keys(ledger->alive, "", on_alive, look, error);
	if (result != BUS_OK && result != BUS_MISSING)
		return result;
	error->text[0] = '\0';
	return note_missed(ledger, look) == 0 ? BUS_OK : ledger_no_memory(error);
}

/* First the book, then the words: who is not seen to live now has not put its word since the book was written. */
enum bus_result ledger_look_at(struct ledger *ledger, struct ledger_look *look, struct error *error)
{
	struct bus_value value;
	enum bus_result result = get_book(ledger, &value, error);

	*look = (struct ledger_look){ 0 };
	if (result != BUS_OK)
		return result;
	look->revision = value.revision;
	if (budget_read(&look->budget, value.data, error) < 0)
		return BUS_REFUSED;
	compare(ledger, &look->budget);
	if (is_time_to_look(ledger))
		result = look_for_words(ledger, look, error);
	if (result == BUS_OK)
		confirm_word(ledger);
	return result;
}

/* ---- changing ---- */

static void wait_a_little(unsigned attempt)
{
	uint64_t most_us = JITTER_MOST_MS * 1000;
	struct timespec pause = { 0 };

	if (attempt < JITTER_DOUBLINGS)
		most_us = (uint64_t)JITTER_LEAST_MS * 1000 << attempt;
	pause.tv_nsec = (long)(random_number() % most_us) * 1000;
	nanosleep(&pause, NULL);
}

static enum bus_result try_change(struct ledger *ledger, ledger_edit *edit, void *arg, struct ledger_change *change,
				  struct error *error)
{
	struct ledger_look look;
	enum bus_result result = ledger_look_at(ledger, &look, error);

	*change = (struct ledger_change){ 0 };
	if (result == BUS_OK) {
		strike_dead(ledger, &look);
		*change = edit(ledger, &look.budget, arg, error);
	}
	if (change->is_written) {
		put_book(ledger, &look.budget);
		result = text_failed(&ledger->text)
				 ? ledger_no_memory(error)
				 : bus_update(ledger->book, LEDGER_KEY, book_text(ledger), &look.revision, error);
	}
	if (change->is_written && result == BUS_OK) {
		ledger->is_lost = false; /* nobody struck us before, and nobody can without reading again */
		compare(ledger, &look.budget);
		if (!ledger->is_lost)
			ledger->word_ms = ledger->put_ms;
	}
	ledger_look_free(&look);
	return result;
}

enum bus_result ledger_change(struct ledger *ledger, ledger_edit *edit, void *arg, struct error *error)
{
	enum bus_result result = BUS_EXISTS;
	struct ledger_change change;

	for (unsigned attempt = 0; attempt < TRIES && result == BUS_EXISTS; attempt++) {
		if (attempt > 0)
			wait_a_little(attempt);
		error->text[0] = '\0';
		result = BUS_OK;
		if (machine_clock_ms() >= ledger->word_ms + ledger->renew_ms)
			result = ledger_put_word(ledger, error);
		if (result == BUS_OK)
			result = try_change(ledger, edit, arg, &change, error);
		if (result == BUS_OK) {
			if (change.result == BUS_OK)
				error->text[0] = '\0';
			return change.result;
		}
	}
	if (result == BUS_EXISTS)
		error_set(error, "the job's book of shares is written by others all the time: again later");
	return result;
}
