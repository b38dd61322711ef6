/* SPDX-License-Identifier: BSD-2-Clause */
/* The book of shares as anybody may have written it: what is read adds up, is written so that it reads the same, and
 * stays so whatever its workers do, who are as the input's octets behind a NUL say. */
#include "scanner/fleet/budget.h"
#include "tests/fuzz/fuzz.h"

enum { MOVES_MAX = 512, LANES = 8 };

static void check(const struct budget *budget)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < budget->count; i++) {
		const struct budget_worker *worker = &budget->worker[i];

		sum += worker->share;
		FUZZ_CHECK(worker->share == 0 || worker->turn == 0);
		FUZZ_CHECK(budget_find(budget, worker->name) == worker);
		for (size_t j = 0; j < i && i < MOVES_MAX; j++)
			FUZZ_CHECK(worker->lane == BUDGET_NO_LANE || budget->worker[j].lane != worker->lane);
	}
	FUZZ_CHECK(sum <= BUDGET_WHOLE);
}

static void move(struct budget *budget, uint8_t octet)
{
	struct budget_worker *worker = budget->count > 0 ? &budget->worker[octet / 8 % budget->count] : NULL;
	char name[] = { (char)('a' + octet / 8 % 26), '\0' };

	switch (octet % 8) {
	case 0:
		if (!budget_find(budget, name))
			FUZZ_CHECK(budget_join(budget, name, "1") || budget->count == BUDGET_WORKERS_MAX);
		break;
	case 1:
		if (worker)
			budget_remove(budget, worker);
		break;
	case 2:
		if (worker)
			(void)budget_give(worker);
		break;
	case 3:
		FUZZ_CHECK(!worker || !budget_take_lane(budget, worker, octet / 8 % LANES) ||
			   worker->lane == octet / 8 % LANES);
		break;
	default:
		if (worker && worker->share > 0)
			FUZZ_CHECK(budget_take(budget, worker) > 0); /* who has one never waits */
		else if (worker)
			(void)budget_take(budget, worker);
		break;
	}
}

static void check_same(const struct budget *budget)
{
	struct budget again;
	struct error error;
	struct text first, second;

	text_open_memory(&first);
	text_open_memory(&second);
	budget_write(budget, &first);
	FUZZ_CHECK(budget_read(&again, (struct span){ first.data, first.used }, &error) == 0);
	budget_write(&again, &second);
	FUZZ_CHECK(span_equal((struct span){ first.data, first.used }, (struct span){ second.data, second.used }));
	budget_free(&again);
	text_free(&first);
	text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span part[2] = { { NULL, 0 } };
	size_t n = fuzz_split(data, size, '\0', part, COUNT_OF(part));
	struct budget budget;
	struct error error;

	if (budget_read(&budget, n > 0 ? part[0] : SPAN_LITERAL(""), &error) < 0) {
		FUZZ_CHECK(error.text[0] && !budget.worker && budget.count == 0);
		return 0;
	}
	check(&budget);
	check_same(&budget);
	for (size_t i = 0; n > 1 && i < part[1].n && i < MOVES_MAX; i++) {
		move(&budget, (uint8_t)part[1].p[i]);
		check(&budget);
	}
	check_same(&budget);
	budget_free(&budget);
	return 0;
}
