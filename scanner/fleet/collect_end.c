/* SPDX-License-Identifier: BSD-2-Clause */
/* What `collect` says at its end, and its exit status. Both are in its folder before the server is told that the job is
 * collected: killed after that, it says the same when it is run again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/fleet/collect.h"
#include "scanner/fleet/job_numbers.h"
#include "scanner/options/unmeasured.h"

enum { DEAD_SHOWN = 20 }; /* dead chunks that are named; 'status' has them all */

#define SPEAKER "stsurvey fleet collect: "

struct telling {
	const struct collector *c;
	struct text *out;
};

static bool on_dead(void *arg, uint32_t chunk, const struct bus_value *value)
{
	const struct telling *telling = arg;
	struct text *out = telling->out;
	struct job_dead dead;
	struct error unused;

	text_printf(out, SPEAKER "chunk %" PRIu32 " is dead: ", chunk);
	if (!value || job_dead_read(&dead, value->data, &unused) < 0) {
		text_literal(out, "what the book says of it is damaged\n");
		return true;
	}
	fleet_dead_show(&telling->c->fleet.job, collector_stage_of(telling->c, chunk), &dead, out);
	text_char(out, '\n');
	return true;
}

static void tell_dead(struct collector *c, struct text *out)
{
	struct telling telling = { c, out };
	struct error unused;
	struct job_numbers numbers;
	enum bus_result result = job_numbers_read(c->fleet.book, JOB_KEY_DEAD, &numbers, &unused);
	size_t count = 0;

	for (size_t i = 0; i < numbers.count && count < DEAD_SHOWN; i++)
		if (bit_set_has(&c->dead, numbers.number[i]))
			numbers.number[count++] = numbers.number[i];
	if (result == BUS_OK)
		result = job_values_read(c->fleet.book, JOB_KEY_DEAD, numbers.number, count, on_dead, &telling,
					 &unused);
	if (c->deaths > DEAD_SHOWN)
		text_printf(out, SPEAKER "and %" PRIu64 " more; 'stsurvey fleet status' tells them all\n",
			    c->deaths - DEAD_SHOWN);
	free(numbers.number);
}

/* The exit status, which is that of a scan of the whole list, or says that chunks are dead; each reason is told. */
static int judge(const struct collector *c, uint32_t late, struct text *out)
{
	struct unmeasured of = { .domains = c->merged.domains,
				 .unknown = c->merged.unknown,
				 .hosts = c->merged.hosts,
				 .hosts_unknown = c->merged.hosts_unknown,
				 .audit = c->merged.direct.audit,
				 .audit_limit = OPTIONS_AUDIT_LIMIT };
	int status = c->deaths > 0 || late > 0 || c->doubled > 0 ? EXIT_UNMEASURED : EXIT_COMPLETE;
	struct error why;

	(void)!job_option_number(&c->fleet.job, "audit-limit", &of.audit_limit,
				 &why); /* no scan took one that is none */
	if (c->deaths > 0)
		text_printf(out, SPEAKER "%" PRIu64 " chunks are dead: exit status %d\n", c->deaths, EXIT_UNMEASURED);
	if (late > 0)
		text_printf(out,
			    SPEAKER "%" PRIu32
				    " chunks came when the mail servers of the others were in the queue, and "
				    "theirs were not asked for; 'stsurvey scan --resume' does: exit status %d\n",
			    late, EXIT_UNMEASURED);
	if (c->doubled > 0)
		text_printf(out,
			    SPEAKER "%" PRIu64
				    " records of chunks are those of another's, as no worker sends them, and "
				    "left out; 'stsurvey scan --resume' asks for what is missing: exit status %d\n",
			    c->doubled, EXIT_UNMEASURED);
	for (enum unmeasured_part part = 0; part < UNMEASURED_PARTS; part++) {
		if (!unmeasured_part(&of, part))
			continue;
		unmeasured_explain(&of, part, &why);
		text_printf(out, SPEAKER "%s\n", why.text);
		status = EXIT_UNMEASURED;
	}
	return status;
}

/* The exit status. */
static int tell_all(const struct collector *c, struct text *out)
{
	text_printf(out, SPEAKER "%" PRIu64 " domains, %" PRIu64 " unknown,", c->merged.domains, c->merged.unknown);
	if (c->merged.hosts > 0)
		text_printf(out, " and %" PRIu64 " mail servers, %" PRIu64 " unknown,", c->merged.hosts,
			    c->merged.hosts_unknown);
	text_printf(out, " in %s%s\n", c->options->output_file,
		    collector_is_done(c) ? "; 'stsurvey fleet cancel' removes the job from the server"
					 : "; the job goes on");
	return judge(c, collector_late(c), out);
}

static void say(struct span words)
{
	fwrite(words.p, 1, words.n, stderr);
}

static int end(struct collector *c, struct text *words, struct error *error)
{
	struct span said;
	enum bus_result result;
	int status;

	tell_dead(c, words);
	if (collector_is_done(c) && c->deaths > 0 && collector_missing(c, words, error) < 0)
		return EXIT_FATAL;
	status = tell_all(c, words);
	said = (struct span){ words->data, words->used };
	if (text_failed(words)) {
		error_set(error, "out of memory");
		return EXIT_FATAL;
	}
	if (collector_is_done(c)) {
		if (assembly_put_end(c->assembly, status, said, error) < 0)
			return EXIT_FATAL;
		result = bus_put(c->fleet.book, JOB_COLLECTED, span_of(assembly_identity(c->assembly)), error);
		if (result != BUS_OK && result != BUS_MISSING) /* cancelled meanwhile: nobody need be told */
			return EXIT_FATAL;
	}
	error->text[0] = '\0';
	say(said);
	if (collector_is_done(c))
		assembly_remove(c->assembly);
	return status;
}

int collector_end(struct collector *c, struct error *error)
{
	struct text words;
	int status;

	if (collector_merge(c, !collector_is_done(c) || c->deaths > 0 || collector_late(c) > 0, error) < 0)
		return EXIT_FATAL;
	text_open_memory(&words);
	status = end(c, &words, error);
	text_free(&words);
	return status;
}

int collector_end_again(const struct collector *c, struct error *error)
{
	struct text words;
	int status;

	text_open_memory(&words);
	status = assembly_get_end(c->assembly, &words, error);
	if (status >= 0) {
		say((struct span){ words.data, words.used });
		assembly_remove(c->assembly);
	}
	text_free(&words);
	return status < 0 ? EXIT_FATAL : status;
}
