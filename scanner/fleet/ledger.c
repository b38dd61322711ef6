/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/ledger.h"

#include <stdlib.h>
#include <sys/random.h>

#include "scanner/base/wall_clock.h"
#include "scanner/fleet/budget.h"
#include "scanner/fleet/ledger_book.h"

enum {
	RENEWALS = 4,          /* of a word in its life */
	STOP_MOST_MS = 13000,  /* a scan drains for 8 s and is killed 5 s later */
	STOP_PART = 4,         /* of a life, at most */
	MARGIN_MOST_MS = 2000, /* until who looks once a second has looked, and what clocks differ by in a life */
	MARGIN_PART = 6,       /* of a life, at most */
	ROLL_FIRST = 16,       /* names, doubled */
	RUN_DIGITS = 8,        /* of the number that tells two processes of one folder apart */
};

_Static_assert((int)LEDGER_WHOLE == (int)BUDGET_WHOLE, "one whole");

static const struct ledger_change change_none = { false, BUS_OK }, change_write = { true, BUS_OK };

/* Our place; NULL: we have none, with *change what to say. */
static struct budget_worker *self_of(const struct ledger *ledger, struct budget *budget, struct ledger_change *change,
				     struct error *error)
{
	struct budget_worker *self = budget_find(budget, ledger->name);

	if (self && strcmp(self->id, ledger->id) == 0)
		return self;
	*change = (struct ledger_change){ false, self ? BUS_REFUSED : BUS_MISSING };
	if (self)
		error_set(error,
			  "somebody else has begun to work as \"%s\", from a copy of our folder: give it another",
			  ledger->name);
	return NULL;
}

static struct ledger_change join(struct ledger *ledger, struct budget *budget, struct budget_worker **self,
				 struct error *error)
{
	*self = budget_join(budget, ledger->name, ledger->id);
	if (*self)
		return change_write;
	error_set(error, "the job has %zu workers, of %d at most, or no memory is left: no more can join it",
		  budget->count, (int)BUDGET_WORKERS_MAX);
	return (struct ledger_change){ false, BUS_REFUSED };
}

/* @arg: the id of one who had our name and does not live. */
static struct ledger_change edit_join(struct ledger *ledger, struct budget *budget, void *arg, struct error *error)
{
	struct budget_worker *there = budget_find(budget, ledger->name);

	if (!there || strncmp(there->id, ledger->id, ledger->folder_octets) == 0 || strcmp(there->id, arg) == 0)
		return join(ledger, budget, &there, error);
	error_set(error, "a worker \"%s\" begins at the same moment: give one another --worker", ledger->name);
	return (struct ledger_change){ false, BUS_REFUSED };
}

static struct ledger_change edit_leave(struct ledger *ledger, struct budget *budget, void *arg, struct error *error)
{
	struct ledger_change change;
	struct budget_worker *self = self_of(ledger, budget, &change, error);

	(void)arg;
	if (!self)
		return change;
	budget_remove(budget, self);
	return change_write;
}

/* A book that was removed is closed for a life: by then each that still uses what the old one gave it has looked at the
 * new one, and stopped. */
static bool is_open(const struct ledger *ledger, struct budget *budget)
{
	if (budget->closed[0] && machine_clock_ms() - ledger->closed_ms > ledger->life_ms)
		budget->closed[0] = '\0';
	return !budget->closed[0];
}

/* @arg: the share. */
static struct ledger_change edit_take(struct ledger *ledger, struct budget *budget, void *arg, struct error *error)
{
	struct ledger_change change = change_none;
	struct budget_worker *self = self_of(ledger, budget, &change, error);
	uint32_t *share = arg;
	uint64_t turn;

	if (!self && change.result == BUS_MISSING && ledger->lane == BUDGET_NO_LANE)
		change = join(ledger, budget, &self, error);
	if (!self)
		return change;
	turn = self->turn;
	budget->most = ledger->most;
	*share = is_open(ledger, budget) ? budget_take(budget, self) : 0;
	if (*share > 0)
		return change_write;
	return (struct ledger_change){ self->turn != turn, BUS_EXISTS };
}

static struct ledger_change edit_give(struct ledger *ledger, struct budget *budget, void *arg, struct error *error)
{
	struct ledger_change change;
	struct budget_worker *self = self_of(ledger, budget, &change, error);

	(void)arg;
	return self && budget_give(self) ? change_write : change_none;
}

/* @arg: which. */
static struct ledger_change edit_take_lane(struct ledger *ledger, struct budget *budget, void *arg, struct error *error)
{
	struct ledger_change change = change_none;
	struct budget_worker *self = self_of(ledger, budget, &change, error);
	int had;

	if (!self && change.result == BUS_MISSING)
		change = join(ledger, budget, &self, error);
	if (!self)
		return change;
	had = self->lane;
	if (is_open(ledger, budget) && budget_take_lane(budget, self, *(const unsigned *)arg))
		return change_write;
	self->lane = BUDGET_NO_LANE;
	return (struct ledger_change){ had != BUDGET_NO_LANE, BUS_EXISTS };
}

static struct ledger_change edit_give_lane(struct ledger *ledger, struct budget *budget, void *arg, struct error *error)
{
	struct ledger_change change;
	struct budget_worker *self = self_of(ledger, budget, &change, error);

	(void)arg;
	if (!self || self->lane == BUDGET_NO_LANE)
		return change_none;
	self->lane = BUDGET_NO_LANE;
	return change_write;
}

/* ---- beginning and end ---- */

enum bus_result ledger_create(struct bus_bucket *book, struct error *error)
{
	static const struct budget empty = { 0 };
	struct text text;
	enum bus_result result;

	text_open_memory(&text);
	budget_write(&empty, &text);
	result = bus_create(book, LEDGER_KEY, (struct span){ text.data, text.used }, error);
	if (result == BUS_EXISTS) {
		error->text[0] = '\0';
		result = BUS_OK;
	}
	text_free(&text);
	return result;
}

static enum bus_result check_names(const char *worker, const char *id, struct error *error)
{
	size_t n = 0;

	if (!budget_is_name(span_of(worker))) {
		error_set(error, "--worker %s: letters, digits, -, _, = and dots within, %d octets at most", worker,
			  (int)JOB_WORKER_MAX - 1);
		return BUS_REFUSED;
	}
	while (ascii_is_alnum(id[n]))
		n++;
	if (id[n] == '\0' && n > 0 && n + 1 + RUN_DIGITS < BUDGET_ID_MAX)
		return BUS_OK;
	error_set(error, "the id of a worker's folder is not letters and digits: %s", id);
	return BUS_REFUSED;
}

/* NULL: no memory. */
static struct ledger *make(struct bus_bucket *book, struct bus_bucket *alive, const char *worker, const char *id,
			   double life_s)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	uint32_t run = 0;
	struct text text;

	if (!ledger)
		return NULL;
	ledger->book = book;
	ledger->alive = alive;
	ledger->lane = BUDGET_NO_LANE;
	ledger->life_ms = (uint64_t)(life_s * 1000);
	ledger->renew_ms = ledger->life_ms / RENEWALS;
	ledger->stop_ms = ledger->life_ms / STOP_PART < STOP_MOST_MS ? ledger->life_ms / STOP_PART : STOP_MOST_MS;
	ledger->margin_ms = ledger->life_ms / MARGIN_PART < MARGIN_MOST_MS ? ledger->life_ms / MARGIN_PART
									   : MARGIN_MOST_MS;
	text_open_memory(&ledger->word);
	text_open_memory(&ledger->text);
	memccpy(ledger->name, worker, '\0', sizeof(ledger->name) - 1);
	ledger->folder_octets = strlen(id) + 1;
	if (getrandom(&run, sizeof(run), 0) < (ssize_t)sizeof(run))
		run = (uint32_t)machine_clock_ms();
	text_open_memory(&text);
	text_printf(&text, "%s-%08x", id, run);
	memcpy(ledger->id, text.data ? text.data : "", text.used);
	text_free(&text);
	return ledger;
}

static void end(struct ledger *ledger)
{
	text_free(&ledger->word);
	text_free(&ledger->text);
	free(ledger->missed);
	free(ledger);
}

/* Is our name free? @dead: who has it in the book, and does not live. */
static enum bus_result ask_for_name(struct ledger *ledger, char dead[static BUDGET_ID_MAX], struct error *error)
{
	struct ledger_look look;
	enum bus_result result = ledger_look_at(ledger, &look, error);
	const struct budget_worker *there = result == BUS_OK ? budget_find(&look.budget, ledger->name) : NULL;

	dead[0] = '\0';
	if (there && strncmp(there->id, ledger->id, ledger->folder_octets) != 0) {
		memcpy(dead, there->id, BUDGET_ID_MAX);
		if (look.lives[there - look.budget.worker]) {
			error_set(error,
				  "a worker \"%s\" of another folder is at work: give this one another --worker; if "
				  "that one "
				  "has died, its name is free within %.0f s",
				  ledger->name, (double)ledger->life_ms / 1000);
			result = BUS_EXISTS;
		}
	}
	ledger_look_free(&look);
	return result;
}

enum bus_result ledger_open(struct ledger **out, struct bus_bucket *book, struct bus_bucket *alive, const char *worker,
			    const char *id, double life_s, struct error *error)
{
	static const struct job_word first = { .state = "beginning", .chunk = -1 };
	char dead[BUDGET_ID_MAX];
	struct ledger *ledger;
	enum bus_result result = check_names(worker, id, error);

	*out = NULL;
	if (result != BUS_OK)
		return result;
	ledger = make(book, alive, worker, id, life_s);
	if (!ledger)
		return ledger_no_memory(error);
	job_word_write(&first, &ledger->word);
	result = ask_for_name(ledger, dead, error);
	if (result == BUS_OK)
		result = ledger_change(ledger, edit_join, dead, error);
	if (result == BUS_OK)
		*out = ledger;
	else
		end(ledger);
	return result;
}

void ledger_close(struct ledger *ledger)
{
	struct error error;

	if (!ledger)
		return;
	/* whoever does not hear it waits until our word ends */
	if (ledger_change(ledger, edit_leave, NULL, &error) == BUS_OK)
		(void)bus_remove(ledger->alive, ledger->name, &error);
	end(ledger);
}

/* ---- while it lasts ---- */

void ledger_bears(struct ledger *ledger, size_t most)
{
	ledger->most = most;
}

double ledger_renew_s(const struct ledger *ledger)
{
	return (double)ledger->renew_ms / 1000;
}

double ledger_stop_s(const struct ledger *ledger)
{
	return (double)ledger->stop_ms / 1000;
}

double ledger_left_s(const struct ledger *ledger)
{
	double used_ms = (double)(machine_clock_ms() - ledger->word_ms) + (double)(ledger->margin_ms + ledger->stop_ms);
	bool holds = ledger->share > 0 || ledger->lane != BUDGET_NO_LANE;

	double left_s = ((double)ledger->life_ms - used_ms) / 1000;

	return ledger->is_lost && holds && left_s > -1 ? -1 : left_s;
}

enum bus_result ledger_renew(struct ledger *ledger, const struct job_word *word, struct error *error)
{
	struct ledger_change change = change_none;
	struct ledger_look look;
	enum bus_result result;

	ledger->word.used = 0;
	job_word_write(word, &ledger->word);
	result = ledger_put_word(ledger, error);
	if (result != BUS_OK)
		return result;
	result = ledger_look_at(ledger, &look, error);
	if (result == BUS_OK && !self_of(ledger, &look.budget, &change, error) && change.result == BUS_REFUSED)
		result = BUS_REFUSED;
	ledger_look_free(&look);
	return result;
}

enum bus_result ledger_take_share(struct ledger *ledger, uint32_t *share, struct error *error)
{
	enum bus_result result;

	ledger->share = 0; /* nothing of the last chunk runs */
	*share = 0;
	result = ledger_change(ledger, edit_take, share, error);
	if (result == BUS_OK)
		ledger->share = *share;
	else
		*share = 0;
	if (result == BUS_MISSING)
		ledger->lane = BUDGET_NO_LANE;
	return result;
}

enum bus_result ledger_find_place(struct ledger *ledger, struct error *error)
{
	struct ledger_look look;
	enum bus_result result;

	if (ledger->most == 0)
		return BUS_OK;
	result = ledger_look_at(ledger, &look, error);
	look.budget.most = ledger->most;
	if (result == BUS_OK && !budget_has_place(&look.budget, budget_find(&look.budget, ledger->name)))
		result = BUS_EXISTS;
	ledger_look_free(&look);
	return result;
}

enum bus_result ledger_give_share(struct ledger *ledger, struct error *error)
{
	ledger->share = 0;
	return ledger_change(ledger, edit_give, NULL, error);
}

enum bus_result ledger_take_lane(struct ledger *ledger, unsigned lane, struct error *error)
{
	enum bus_result result;

	ledger->lane = BUDGET_NO_LANE;
	result = ledger_change(ledger, edit_take_lane, &lane, error);
	if (result == BUS_OK)
		ledger->lane = (int)lane;
	return result;
}

enum bus_result ledger_give_lane(struct ledger *ledger, struct error *error)
{
	ledger->lane = BUDGET_NO_LANE;
	return ledger_change(ledger, edit_give_lane, NULL, error);
}

/* ---- for `status` ---- */

struct roll {
	char (*name)[JOB_WORKER_MAX];
	size_t count, room;
	bool has_no_memory;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool on_name(void *arg, const char *name)
{
	struct roll *roll = arg;

	if (!budget_is_name(span_of(name))) /* not put by a worker */
		return true;
	if (roll->count == roll->room) {
		size_t room = roll->room > 0 ? 2 * roll->room : ROLL_FIRST;
		void *more = realloc(roll->name, room * sizeof(*roll->name));

		roll->has_no_memory = !more;
		if (!more)
			return false;
		roll->name = more;
		roll->room = room;
	}
	memccpy(roll->name[roll->count++], name, '\0', JOB_WORKER_MAX);
	return roll->count < BUDGET_WORKERS_MAX;
}

/* @name, and what the book says of it; gone meanwhile is no error. */
static enum bus_result tell_living(struct bus_bucket *alive, const char *name, const struct budget *budget,
				   ledger_on_worker *on_worker, void *arg, struct error *error)
{
	const struct budget_worker *there = budget_find(budget, name);
	struct ledger_worker worker = { .name = name, .lane = BUDGET_NO_LANE, .lives = true };
	struct bus_value value;
	enum bus_result result = bus_get(alive, name, &value, error);

	if (result != BUS_OK)
		return result == BUS_MISSING ? BUS_OK : result;
	if (there) {
		worker.share = there->share;
		worker.lane = there->lane;
	}
	if (job_word_read(&worker.word, value.data, error) < 0)
		worker.word = (struct job_word){ .state = "says what cannot be read", .chunk = -1 };
	worker.word_ms = value.time_ms;
	on_worker(arg, &worker);
	return BUS_OK;
}

static enum bus_result tell_all(struct bus_bucket *alive, const struct budget *budget, struct roll *roll,
				ledger_on_worker *on_worker, void *arg, struct error *error)
{
	enum bus_result result = bus_keys(alive, "", on_name, roll, error);

	if (result == BUS_MISSING)
		result = BUS_OK;
	if (roll->has_no_memory)
		return ledger_no_memory(error);
	if (roll->count > 0)
		qsort(roll->name, roll->count, sizeof(*roll->name), by_name);
	for (size_t i = 0; result == BUS_OK && i < roll->count; i++)
		result = tell_living(alive, roll->name[i], budget, on_worker, arg, error);
	for (size_t i = 0; result == BUS_OK && i < budget->count; i++) {
		const struct budget_worker *there = &budget->worker[i];
		struct ledger_worker worker = { .name = there->name, .share = there->share, .lane = there->lane };

		worker.word.chunk = -1;
		if (roll->count == 0 || !bsearch(there->name, roll->name, roll->count, sizeof(*roll->name), by_name))
			on_worker(arg, &worker);
	}
	return result;
}

enum bus_result ledger_workers(struct bus_bucket *book, struct bus_bucket *alive, ledger_on_worker *on_worker,
			       void *arg, struct error *error)
{
	struct budget budget = { 0 };
	struct roll roll = { 0 };
	struct bus_value value;
	enum bus_result result = bus_get(book, LEDGER_KEY, &value, error);

	if (result == BUS_OK && budget_read(&budget, value.data, error) < 0)
		result = BUS_REFUSED;
	if (result == BUS_OK || result == BUS_MISSING)
		result = tell_all(alive, &budget, &roll, on_worker, arg, error);
	if (result == BUS_OK)
		error->text[0] = '\0';
	free(roll.name);
	budget_free(&budget);
	return result;
}
