/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/ledger_book.h - what ledger.c stands on: our word, the book as it is, and a change of it.
 *
 * No two clocks are ever compared. We stop before a life has passed, by our own clock, since we began to put the word
 * behind which we saw the book last; by one that goes on while the machine is suspended (CLOCK_BOOTTIME;
 * CLOCK_MONOTONIC does not). Others strike us once they have missed our word for a life, by theirs, looking all the
 * time. That a word has a time to live at the server only makes it go away: a server whose clock is put forward, and a
 * bucket that somebody emptied, look as if all were dead, until each has put its word again.
 *
 * A share is used only once the book was written with it after our word was put. Who had read the book before fails to
 * write it, and finds our word when it reads again.
 */
#ifndef STSURVEY_SCANNER_FLEET_LEDGER_BOOK_H
#define STSURVEY_SCANNER_FLEET_LEDGER_BOOK_H

#include "scanner/fleet/budget.h"
#include "scanner/bus/bus.h"

#define LEDGER_KEY "ledger"

struct ledger_missed;

struct ledger {
	struct bus_bucket *book, *alive;
	char name[JOB_WORKER_MAX], id[BUDGET_ID_MAX];
	size_t folder_octets; /* of the id, with the - behind it: the rest is this process */
	size_t most;          /* may have a share at once; 0: any number */
	uint64_t life_ms, renew_ms, stop_ms, margin_ms;
	struct text word;             /* as it was put last */
	uint64_t put_ms;              /* when we began to put it; 0: never */
	uint64_t word_ms;             /* the same of the last one behind which we saw the book */
	uint32_t share;               /* that may be in use */
	int lane;                     /* that we were given */
	bool is_lost;                 /* these may be others' by now */
	struct text text;             /* the book to be written */
	struct ledger_missed *missed; /* workers of the book without a word */
	size_t missed_count;
	uint64_t looked_ms;         /* when we did so last */
	char closed[BUDGET_ID_MAX]; /* as the book was when it was seen last, … */
	uint64_t closed_ms;         /* … and since when */
};

/* REFUSED, and says so. */
enum bus_result ledger_no_memory(struct error *error);

enum bus_result ledger_put_word(struct ledger *ledger, struct error *error);

/* What is seen when one looks. */
struct ledger_look {
	struct budget budget;
	uint64_t revision;
	bool *lives; /* of each worker of the budget: has it a word? NULL: nobody looked this time */
};

/* The book, which is made where somebody removed it, and now and then, as at first, who lives; what it says of us is
 * compared with what we use. ledger_look_free, whatever comes. */
enum bus_result ledger_look_at(struct ledger *ledger, struct ledger_look *look, struct error *error);
void ledger_look_free(struct ledger_look *look);

/* What an edit makes of the book: is it to be written, and what does the caller hear then? */
struct ledger_change {
	bool is_written;
	enum bus_result result;
};

/* Of a book that has the change already it makes the same: a lost answer does no harm. */
typedef struct ledger_change ledger_edit(struct ledger *ledger, struct budget *budget, void *arg, struct error *error);

/* Strike the dead, edit, write; again where somebody else has written meanwhile, which is EXISTS where it does not end.
 */
enum bus_result ledger_change(struct ledger *ledger, ledger_edit *edit, void *arg, struct error *error);

#endif
