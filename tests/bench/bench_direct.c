/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/bench_direct.c - what scanner/dns/direct_engine.c costs a question, with parsers/direct_answer.c:
 * bench_direct PORT DOMAINS
 *
 * The questions of tests/bench/direct_list.h, as many in flight as direct_loop has, asked again as often.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/dns/direct_engine.h"
#include "tests/bench/direct_list.h"

enum { TEXT_MAX = NAME_MAX_OCTETS + 16 }; /* a prefix and a name */

struct flight {
	struct direct_try try;
	struct span zone;
	unsigned tries;
	char name[TEXT_MAX];
};

static struct direct_list list;
static struct direct_list_counts counts;
static struct direct_engine *engine;
static struct flight flights[DIRECT_LIST_IN_FLIGHT];
static unsigned open_count;

static void ask_next(struct flight *f)
{
	const uint32_t question = list.next;
	const struct direct_list_domain *domain = &list.domain[question / DIRECT_LIST_STEPS];
	const struct direct_list_step *step = &direct_list_steps[question % DIRECT_LIST_STEPS];
	const size_t prefix = strlen(step->prefix);

	if (question == list.questions) {
		if (--open_count == 0)
			direct_engine_close(engine);
		return;
	}
	list.next++;
	memcpy(f->name, step->prefix, prefix);
	memcpy(f->name + prefix, domain->name, domain->n);
	f->try.name = (struct span){ f->name, prefix + domain->n };
	f->try.type = step->type;
	f->try.address.family = 4;
	memcpy(f->try.address.octet, &domain->address, sizeof(domain->address));
	f->zone = (struct span){ domain->name, domain->n };
	f->tries = 1;
	direct_engine_ask(engine, &f->try);
}

static void judge(const struct flight *f, const uint8_t *packet, size_t n, bool cut)
{
	enum dns_status status;

	if (direct_answer_judge(packet, n, cut, f->try.name, f->try.type, f->zone, &status) != FALL_BACK_NONE) {
		counts.fell++;
		return;
	}
	counts.good++;
	counts.data += status == DNS_NOERROR;
}

static void on_end(struct direct_try *try, enum direct_end end, const uint8_t *packet, size_t n, bool cut)
{
	struct flight *f = try->arg;

	if (end == DIRECT_ANSWERED) {
		judge(f, packet, n, cut);
	} else if ((end == DIRECT_TIMED_OUT || end == DIRECT_LOST) && f->tries++ < DIRECT_LIST_TRIES) {
		counts.repeats++;
		direct_engine_ask(engine, try);
		return;
	} else {
		counts.timeouts++;
	}
	ask_next(f);
}

int main(int argc, char **argv)
{
	struct direct_engine_options options = { .timeout_ms = DIRECT_LIST_TIMEOUT_MS };
	struct cidr_set *allow = cidr_set_new();
	struct direct_engine_counts told;
	struct error error;
	uv_loop_t loop;
	int status;

	if (direct_list_init(&list, argc, argv, &options.port) != 0)
		return 2;
	uv_loop_init(&loop);
	options.loop = &loop;
	options.allow = allow;
	if (!allow || cidr_set_add(allow, span_of("127.0.0.0/8")) != 0 ||
	    direct_engine_open(&engine, &options, &error) != 0) {
		fprintf(stderr, "bench_direct: the engine does not open\n");
		return 1;
	}
	open_count = DIRECT_LIST_IN_FLIGHT;
	for (unsigned i = 0; i < DIRECT_LIST_IN_FLIGHT; i++) {
		flights[i].try.on_end = on_end;
		flights[i].try.arg = &flights[i];
		ask_next(&flights[i]);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	direct_engine_counts(engine, &told);
	counts.strange = told.strange + told.late + told.guesses;
	status = direct_list_print(&list, &counts);
	uv_loop_close(&loop);
	direct_engine_free(engine);
	cidr_set_free(allow);
	free(list.domain);
	return status;
}
