/* SPDX-License-Identifier: BSD-2-Clause */
/* What probes of well-known mail servers say about our own way to port 25. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/live/vantage_judge.h"

static const struct span named[] = { SPAN_LITERAL("mx.example") };
static const struct obs_certificate leaf = { .name = named, .name_count = 1, .not_after = 4000000000 };
static const struct obs_certificate other = { .name_count = 0, .not_after = 4000000000 };
static const struct obs_verify_error untrusted = { 20, 0 };

/* A probe that came as far as @phase; the last reply's code is @code, those before are 220 and 250. */
static struct obs_smtp probe_of(enum smtp_phase phase, enum connect_status status, uint16_t code)
{
	struct obs_smtp probe = { .phase = phase, .status = status };
	struct obs_smtp_reply *reply[] = {
		[SMTP_GREETING] = &probe.greeting, [SMTP_EHLO] = &probe.ehlo, [SMTP_STARTTLS] = &probe.starttls
	};
	static const struct span text[] = { [SMTP_GREETING] = SPAN_LITERAL("220 x\r\n"),
					    [SMTP_EHLO] = SPAN_LITERAL("250-x\r\n250 STARTTLS\r\n"),
					    [SMTP_STARTTLS] = SPAN_LITERAL("220 go\r\n") };

	for (int i = SMTP_GREETING; i <= SMTP_STARTTLS && i < (int)phase; i++)
		*reply[i] = (struct obs_smtp_reply){ .code = i == SMTP_EHLO ? 250 : 220, .text = text[i] };
	if (phase >= SMTP_GREETING && phase <= SMTP_STARTTLS && code)
		*reply[phase] = (struct obs_smtp_reply){ .code = code, .text = SPAN_LITERAL("250 x\r\n") };
	return probe;
}

static enum canary_result judge(struct obs_smtp probe, const struct obs_certificate *shown, bool trusted)
{
	static const struct obs_address address = { 4, { 192, 0, 2, 1 } };
	struct obs_host host = { .name = SPAN_LITERAL("mx.example"),
				 .time_ms = 1700000000000,
				 .passes = 1,
				 .address = &address,
				 .address_count = 1,
				 .probe = &probe,
				 .probe_count = 1 };

	host.a.status = DNS_NOERROR;
	if (shown) {
		probe.tls = (struct obs_tls){ .version = TLS_1_3, .chain = shown, .chain_count = 1 };
		probe.tls.error = &untrusted;
		probe.tls.error_count = !trusted;
	}
	return canary_judge(&host, &probe);
}

static void only_a_certificate_tells_whom_one_speaks_to(void **state)
{
	const struct {
		struct obs_smtp probe;
		const struct obs_certificate *shown;
		bool trusted;
		enum canary_result result;
	} table[] = {
		{ probe_of(SMTP_SECURE, CONNECT_SUCCESS, 0), &leaf, true, CANARY_GOOD },
		{ probe_of(SMTP_SECURE, CONNECT_SUCCESS, 0), &leaf, false, CANARY_OTHER },
		{ probe_of(SMTP_SECURE, CONNECT_SUCCESS, 0), &other, true, CANARY_OTHER },
		{ probe_of(SMTP_HANDSHAKE, CONNECT_HANDSHAKE_ERROR, 0), NULL, false, CANARY_OTHER },
		{ probe_of(SMTP_EHLO, CONNECT_SUCCESS, 250), NULL, false, CANARY_OTHER }, /* no STARTTLS */
		{ probe_of(SMTP_EHLO, CONNECT_SUCCESS, 550), NULL, false, CANARY_TURNED_AWAY },
		{ probe_of(SMTP_STARTTLS, CONNECT_SUCCESS, 454), NULL, false, CANARY_TURNED_AWAY },
		{ probe_of(SMTP_GREETING, CONNECT_SUCCESS, 554), NULL, false, CANARY_TURNED_AWAY },
		{ probe_of(SMTP_GREETING, CONNECT_SUCCESS, 421), NULL, false, CANARY_TURNED_AWAY },
		{ probe_of(SMTP_GREETING, CONNECT_IO_TIMEOUT, 0), NULL, false, CANARY_SILENT },
		{ probe_of(SMTP_GREETING, CONNECT_RESET, 0), NULL, false, CANARY_SILENT },
		{ probe_of(SMTP_CONNECT, CONNECT_TIMEOUT, 0), NULL, false, CANARY_SILENT },
		{ probe_of(SMTP_CONNECT, CONNECT_REFUSED, 0), NULL, false, CANARY_SILENT },
		{ probe_of(SMTP_CONNECT, CONNECT_RESET, 0), NULL, false, CANARY_SILENT },
		{ probe_of(SMTP_CONNECT, CONNECT_SKIPPED, 0), NULL, false, CANARY_UNTESTED },
		{ probe_of(SMTP_NOT_TRIED, CONNECT_BLOCKLISTED, 0), NULL, false, CANARY_UNTESTED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		enum canary_result result = judge(table[i].probe, table[i].shown, table[i].trusted);

		if (result != table[i].result)
			fail_msg("row %zu: %s, not %s", i, canary_result_names[result],
				 canary_result_names[table[i].result]);
	}
}

/* A letter a host: Good, Silent, Other; turned Away, each in words of its own, or in the Same; Untested, No route. */
static void a_family_is_judged_by_all_of_its_hosts(void **state)
{
	static const struct {
		const char *hosts;
		enum vantage_state state;
	} table[] = {
		{ "GGG", VANTAGE_OPEN },       { "GGU", VANTAGE_OPEN },        { "G", VANTAGE_OPEN },
		{ "GSS", VANTAGE_PARTIAL },    { "GOO", VANTAGE_PARTIAL },     { "GA", VANTAGE_PARTIAL },
		{ "AAA", VANTAGE_PARTIAL },    { "AS", VANTAGE_PARTIAL },      { "ZZZ", VANTAGE_INTERCEPTED },
		{ "Z", VANTAGE_PARTIAL },      { "ZZA", VANTAGE_PARTIAL },     { "SSS", VANTAGE_BLOCKED },
		{ "SSU", VANTAGE_BLOCKED },    { "SSO", VANTAGE_INTERCEPTED }, { "OOO", VANTAGE_INTERCEPTED },
		{ "AO", VANTAGE_INTERCEPTED }, { "UUU", VANTAGE_UNTESTED },    { "NNN", VANTAGE_NO_ROUTE },
		{ "NU", VANTAGE_NO_ROUTE },    { "NG", VANTAGE_OPEN },         { "NS", VANTAGE_BLOCKED },
		{ "", VANTAGE_UNTESTED },
	};
	static const enum canary_result results[128] = {
		['G'] = CANARY_GOOD,        ['S'] = CANARY_SILENT,      ['O'] = CANARY_OTHER,
		['A'] = CANARY_TURNED_AWAY, ['Z'] = CANARY_TURNED_AWAY, ['N'] = CANARY_NO_ROUTE
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct canary_seen seen[4];
		size_t count = strlen(table[i].hosts);
		enum vantage_state found;

		for (size_t k = 0; k < count; k++)
			seen[k] = (struct canary_seen){ results[(unsigned char)table[i].hosts[k]],
							table[i].hosts[k] == 'Z' ? SPAN_LITERAL("554 no\r\n")
										 : (struct span){ "554 abcd" + k, 3 } };
		found = vantage_judge(seen, count);
		if (found != table[i].state)
			fail_msg("'%s': %s, not %s", table[i].hosts, vantage_state_names[found],
				 vantage_state_names[table[i].state]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_certificate_tells_whom_one_speaks_to),
		cmocka_unit_test(a_family_is_judged_by_all_of_its_hosts),
	};

	return cmocka_run_group_tests_name("vantage_judge", tests, NULL, NULL);
}
