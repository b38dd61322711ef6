/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/script_reading.h"

static const char *phase_word(int value)
{
	return smtp_phase_names[value];
}

static const char *status_word(int value)
{
	return connect_status_names[value];
}

/* probe ADDRESS [NAME]: "-" asks for no name; one that is not the host's is a TLSA base. */
static bool on_probe(struct script_reading *reading, struct words w)
{
	struct script_run *run = reading->run;
	struct net_fake_probe *probe = &run->probe[run->probes];
	struct span name = w.count > 2 ? script_name(reading, w.word[2]) : run->domain;

	if (!script_answer_seal(reading) || run->probes == SCRIPT_PROBES_MAX || !reading->script->is_host)
		return false;
	*probe = (struct net_fake_probe){ .sni_name = name.p, .after_ms = SCRIPT_AFTER_MS };
	if (span_equal(name, SPAN_LITERAL("-"))) {
		probe->sni = SMTP_SNI_NONE;
		probe->sni_name = NULL;
	} else if (!span_equal(name, run->domain)) {
		probe->sni = SMTP_SNI_BASE;
	}
	probe->outcome.phase = SMTP_SECURE;
	probe->outcome.status = CONNECT_SUCCESS;
	probe->outcome.greeting.code = 220;
	probe->outcome.tls.version = TLS_1_3;
	run->probes++;
	reading->probe = probe;
	return address_parse(w.word[1], &probe->address);
}

/* The records of this base must be given. */
static bool on_records(struct script_reading *reading, struct words w)
{
	reading->probe->tlsa = script_name(reading, w.word[1]).p;
	return true;
}

/* ends PHASE STATUS */
static bool on_ends(struct script_reading *reading, struct words w)
{
	int phase = script_value(w.word[1], SMTP_PHASE_COUNT, phase_word);
	int status = script_value(w.word[2], CONNECT_STATUS_COUNT, status_word);

	reading->probe->outcome = (struct obs_smtp){ .phase = (enum smtp_phase)phase,
						     .status = (enum connect_status)status };
	return phase < SMTP_PHASE_COUNT && status < CONNECT_STATUS_COUNT;
}

static bool on_keeps(struct script_reading *reading, struct words w)
{
	reading->probe->octets = script_number(w.word[1]);
	return true;
}

static bool on_hasty(struct script_reading *reading, struct words w)
{
	(void)w;
	return reading->probe->hasty = true;
}

/* Below a probe alone. */
static bool below(struct script_reading *reading, struct words w)
{
	static const struct {
		const char *word;
		bool (*handle)(struct script_reading *reading, struct words w);
	} table[] = { { "records", on_records }, { "ends", on_ends }, { "keeps", on_keeps }, { "hasty", on_hasty } };

	for (size_t i = 0; reading->probe && i < COUNT_OF(table); i++)
		if (span_equal(w.word[0], span_of(table[i].word)))
			return table[i].handle(reading, w);
	return false;
}

const struct script_word script_probe_words[] = {
	{ "probe", on_probe, 2 }, { "records", below, 2 }, { "ends", below, 3 },
	{ "keeps", below, 2 },    { "hasty", below, 1 },   { 0 },
};
