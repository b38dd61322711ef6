/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/live/vantage_judge.h"

#include "analysis/classify/classify_host.h"

const char *const canary_result_names[CANARY_RESULT_COUNT] = {
	[CANARY_UNTESTED] = "untested", [CANARY_NO_ROUTE] = "no-route",       [CANARY_GOOD] = "good",
	[CANARY_SILENT] = "silent",     [CANARY_TURNED_AWAY] = "turned-away", [CANARY_OTHER] = "other",
};

/* A reply to what was last said, if it is one of refusal. */
static bool is_refusal(const struct obs_smtp *probe)
{
	const struct obs_smtp_reply *last = probe->phase == SMTP_GREETING   ? &probe->greeting
					    : probe->phase == SMTP_EHLO     ? &probe->ehlo
					    : probe->phase == SMTP_STARTTLS ? &probe->starttls
									    : NULL;

	return last && last->code >= 400;
}

enum canary_result canary_judge(const struct obs_host *host, const struct obs_smtp *probe)
{
	struct host_judgement result;

	switch (probe->status) {
	case CONNECT_BLOCKLISTED:
	case CONNECT_SKIPPED: /* this machine forbids it, or was too slow */
		return CANARY_UNTESTED;
	default:
		break;
	}
	classify_probe(host, probe, &result);
	if (result.state == MX_USABLE)
		return CANARY_GOOD;
	if (probe->phase <= SMTP_CONNECT)
		return CANARY_SILENT;
	if (is_refusal(probe))
		return CANARY_TURNED_AWAY;
	return probe->phase == SMTP_GREETING ? CANARY_SILENT : CANARY_OTHER;
}

/* Several are turned away in the same words: by one who answers for all. */
static bool is_one_voice(const struct canary_seen *seen, size_t count)
{
	const struct span *first = NULL;
	size_t voices = 0;

	for (size_t i = 0; i < count; i++) {
		if (seen[i].result != CANARY_TURNED_AWAY)
			continue;
		if (first && !span_equal(*first, seen[i].greeting))
			return false;
		first = &seen[i].greeting;
		voices++;
	}
	return voices > 1 && first->n > 0;
}

enum vantage_state vantage_judge(const struct canary_seen *seen, size_t count)
{
	size_t of[CANARY_RESULT_COUNT] = { 0 }, tested;

	for (size_t i = 0; i < count; i++)
		of[seen[i].result]++;
	tested = count - of[CANARY_UNTESTED] - of[CANARY_NO_ROUTE];
	if (tested == 0)
		return of[CANARY_NO_ROUTE] > 0 ? VANTAGE_NO_ROUTE : VANTAGE_UNTESTED;
	if (of[CANARY_GOOD] == tested)
		return VANTAGE_OPEN;
	if (of[CANARY_GOOD] > 0)
		return VANTAGE_PARTIAL;
	if (of[CANARY_OTHER] > 0 || is_one_voice(seen, count))
		return VANTAGE_INTERCEPTED;
	return of[CANARY_TURNED_AWAY] > 0 ? VANTAGE_PARTIAL : VANTAGE_BLOCKED;
}
