/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/explain/senders_text.h"

#include <inttypes.h>

#include "analysis/explain/paper.h"
#include "analysis/words/sender_why_text.h"
#include "output/text.h"

enum {
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
	REFUSED_MAX = 80, /* octets of what becomes of a refused message, with NUL */
	FATE_MAX = 2 * REFUSED_MAX +
		   TEXT_SHOWN_TIMES * SENDER_WHY_MAX, /* octets of what becomes of a sender's mail, with NUL */
};

/* What is said of each profile; empty: nothing. */
struct fates {
	char text[SENDER_PROFILE_COUNT][FATE_MAX];
};

static bool is_sender(size_t profile)
{
	return sender_profiles[profile].kind == SENDER_KIND_WHOLE;
}

/* Senders of one fate on one line, in the order of the profiles. */
static void show_fates(const struct paper *paper, const char *label, const struct fates *fates)
{
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		const char *fate = fates->text[i], *comma = "";
		bool shown = fate[0] == '\0';

		for (size_t before = 0; before < i && !shown; before++)
			shown = strcmp(fates->text[before], fate) == 0;
		if (shown)
			continue;
		paper_label(paper, label);
		label = "";
		for (size_t j = i; j < SENDER_PROFILE_COUNT; j++) {
			if (strcmp(fates->text[j], fate) != 0)
				continue;
			fprintf(paper->out, "%s%s", comma, sender_profiles[j].name);
			comma = ", ";
		}
		fprintf(paper->out, ": %s\n", fate);
	}
}

/* In days from one on, with two digits behind the point where they say something. */
static void put_duration(uint64_t seconds, char *text, size_t size)
{
	uint64_t hundredths = seconds / (DAY / 100);

	if (seconds >= DAY && hundredths % 100 == 0)
		snprintf(text, size, "%" PRIu64 " day%s", hundredths / 100, hundredths == 100 ? "" : "s");
	else if (seconds >= DAY)
		snprintf(text, size, "%" PRIu64 ".%02u days", hundredths / 100, (unsigned)(hundredths % 100));
	else if (seconds % HOUR == 0)
		snprintf(text, size, "%" PRIu64 " h", seconds / HOUR);
	else if (seconds % MINUTE == 0)
		snprintf(text, size, "%" PRIu64 " min", seconds / MINUTE);
	else
		snprintf(text, size, "%" PRIu64 " s", seconds);
}

/* --- who parts --- */

/* What becomes of a refused message. */
static void tell_refused(const struct sender_result *result, char text[static REFUSED_MAX])
{
	const struct sender_profile *profile = result->profile;
	char duration[REFUSED_MAX / 2];

	text[0] = '\0';
	if (result->outcome != SENDER_OUTCOME_REFUSES || profile->refused == SENDER_REFUSED_UNKNOWN)
		return;
	put_duration((uint64_t)profile->refused_s, duration, sizeof(duration));
	if (profile->refused == SENDER_REFUSED_BOUNCES)
		snprintf(text, REFUSED_MAX, ", bounces at once");
	else if (profile->refused_s == SENDER_NO_LIMIT)
		snprintf(text, REFUSED_MAX, ", is tried again");
	else
		snprintf(text, REFUSED_MAX, ", is tried again for %s", duration);
}

static void tell_parting(const struct sender_result *result, char text[static FATE_MAX])
{
	char why[SENDER_WHY_MAX], shown[TEXT_SHOWN_TIMES * SENDER_WHY_MAX], refused[REFUSED_MAX];
	bool reason = result->why.cause != SENDER_CAUSE_NOTHING;

	sender_why_text(&result->why, why);
	text_show(shown, sizeof(shown), span_of(why));
	tell_refused(result, refused);
	snprintf(text, FATE_MAX, "%s%s%s%s%s", sender_outcome_names[result->outcome], refused, reason ? " (" : "",
		 shown, reason ? ")" : "");
}

static void explain_parting(const struct paper *paper, const struct sender_result *result)
{
	struct fates fates = { 0 };
	unsigned same = 0, senders = 0;

	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		if (!is_sender(i))
			continue;
		senders++;
		if (result[i].outcome == result[0].outcome)
			same++;
		else
			tell_parting(&result[i], fates.text[i]);
	}
	paper_label(paper, "senders");
	fprintf(paper->out, "as the standard has it: %s; so do %u of %u\n", sender_outcome_names[result[0].outcome],
		same, senders);
	show_fates(paper, "", &fates);
}

/* --- until when --- */

static void explain_gone(const struct paper *paper, const struct sender_result *result, enum sender_gone gone)
{
	static const char *const left[] = { [SENDER_GONE_NOTHING] = "",
					    [SENDER_GONE_POLICY] = "as long as the record stays",
					    [SENDER_GONE_RECORD] = "as long as the policy host answers" };
	struct fates fates = { 0 };

	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		struct sender_until until = sender_if_gone(&result[i], gone);
		char duration[FATE_MAX / 2];

		if (!is_sender(i))
			continue;
		put_duration(until.seconds, duration, sizeof(duration));
		switch (until.kind) {
		case SENDER_UNTIL_NOT_ENFORCED:
			snprintf(fates.text[i], FATE_MAX, "nothing is enforced");
			break;
		case SENDER_UNTIL_NEXT_MAIL:
			snprintf(fates.text[i], FATE_MAX, "stops with the next message");
			break;
		case SENDER_UNTIL_WITHIN:
			snprintf(fates.text[i], FATE_MAX, "stops within %s%s", duration,
				 gone == SENDER_GONE_POLICY &&
						 sender_profiles[i].fetch_fails == SENDER_FETCH_FAILS_NEW_ID_DROPS
					 ? ", or with the next message where the id changes"
					 : "");
			break;
		case SENDER_UNTIL_STAYS:
			snprintf(fates.text[i], FATE_MAX, "enforces on, %s", left[gone]);
			break;
		case SENDER_UNTIL_UNKNOWN:
			snprintf(fates.text[i], FATE_MAX, "unknown");
			break;
		}
	}
	show_fates(paper, gone == SENDER_GONE_POLICY ? "policy gone" : "record gone", &fates);
}

static void tell_refusal(const struct sender_result *result, char text[static FATE_MAX])
{
	struct sender_until until = sender_if_renewed(result);
	char duration[FATE_MAX / 2];

	put_duration(until.seconds, duration, sizeof(duration));
	if (until.kind == SENDER_UNTIL_WITHIN)
		snprintf(text, FATE_MAX, "refused, until up to %s after policy and id are new", duration);
	else
		snprintf(text, FATE_MAX, "refused, until %s",
			 until.kind == SENDER_UNTIL_NEXT_MAIL ? "policy and id are new" : "a time that is not known");
}

static void explain_mx(const struct paper *paper, const struct observation *observation,
		       const struct sender_result *result, struct span mx)
{
	struct fates fates = { 0 };

	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		if (!is_sender(i))
			continue;
		switch (sender_if_mx(&result[i], observation, mx)) {
		case SENDER_YES:
			tell_refusal(&result[i], fates.text[i]);
			break;
		case SENDER_NO:
			snprintf(fates.text[i], FATE_MAX, "delivered");
			break;
		case SENDER_UNKNOWN:
			snprintf(fates.text[i], FATE_MAX, "unknown");
			break;
		}
	}
	paper_label(paper, "other MX");
	fprintf(paper->out, "%.*s, were it the only one:\n", (int)mx.n, mx.p);
	show_fates(paper, "", &fates);
}

/* Who asked what would be gets an answer. */
static void explain_nothing(const struct paper *paper, const struct classification *classification,
			    const struct senders_what_if *what_if)
{
	bool unknown = classification->judgement.record[TXT_STS] == RECORD_UNKNOWN;

	if (!what_if->mx.p && what_if->gone == SENDER_GONE_NOTHING)
		return;
	paper_label(paper, "senders");
	fprintf(paper->out, "%s\n",
		unknown ? "the STS record could not be found out, so that nothing can be told of them"
			: "there is no STS record: none fetches a policy, and none refuses a mail server for it");
}

void senders_explain(const struct paper *paper, const struct observation *observation,
		     const struct classification *classification, const struct senders_what_if *what_if)
{
	struct sender_result result[SENDER_PROFILE_COUNT];
	struct sender_mx mx[OBS_MX_MAX];

	if (observation->txt[TXT_STS].count == 0) {
		explain_nothing(paper, classification, what_if);
		return;
	}
	sender_judge_all(observation, sender_mx_known(observation, classification, mx), result);
	explain_parting(paper, result);
	if (what_if->mx.p)
		explain_mx(paper, observation, result, what_if->mx);
	if (what_if->gone != SENDER_GONE_NOTHING)
		explain_gone(paper, result, what_if->gone);
}
