/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/drift_row.h"

#include <stdlib.h>

#include "analysis/attribution/attribution.h"
#include "parsers/hash.h"

/* Words by the enum of the judgement and 1. A component or a mode that is none may be so for two reasons, which are
 * told apart: a domain without a record was looked at, a line on a blocklist was not. */
enum { COMPONENT_WORD_NOT_ASKED = 1 + COMPONENT_UNKNOWN + 1 };
enum { MODE_WORD_UNKNOWN = 1 + STS_MODE_COUNT, MODE_WORD_NOT_ASKED };

static const struct {
	const char *name;
	const char *const *words;
	unsigned count;      /* of them; what is behind is ours */
	const char *nothing; /* for "" */
	const char *behind[2];
} kinds[DRIFT_KINDS] = {
	[DRIFT_STATUS] = { "status", domain_status_names, DOMAIN_STATUS_COUNT, .nothing = NULL },
	[DRIFT_STS] = { "sts", record_state_names, RECORD_STATE_COUNT, .nothing = "not-asked" },
	[DRIFT_TLSRPT] = { "tlsrpt", record_state_names, RECORD_STATE_COUNT, .nothing = "not-asked" },
	[DRIFT_COMPONENT] = { "component", component_names, 1 + COMPONENT_UNKNOWN, "no-record", { "not-asked" } },
	[DRIFT_MODE] = { "mode", sts_mode_names, STS_MODE_COUNT, "no-policy", { "unknown", "not-asked" } },
	[DRIFT_VERDICT] = { "verdict", verdict_names, VERDICT_COUNT, .nothing = "not-asked" },
};

const char *drift_kind_name(enum drift_kind kind)
{
	return kinds[kind].name;
}

const char *drift_word(enum drift_kind kind, unsigned word)
{
	const char *name;

	if (word == DRIFT_ABSENT)
		return "absent";
	if (word > kinds[kind].count)
		return kinds[kind].behind[word - kinds[kind].count - 1];
	name = kinds[kind].words[word - 1];
	return name[0] != '\0' ? name : kinds[kind].nothing;
}

_Static_assert(sizeof(struct drift_head) == 32, "rows of every domain are small");
_Static_assert((int)COMPONENT_WORD_NOT_ASKED < DRIFT_WORDS && 1 + (int)VERDICT_COUNT <= DRIFT_WORDS,
	       "every word has a place");

/* ---- octets ---- */

/* Facts are appended, and left out where there is no room, which DRIFT_ROW_MAX has for all that the limits allow. */
struct writer {
	char *data;
	size_t n;
};

static void put(struct writer *writer, const void *octets, size_t n)
{
	if (n > DRIFT_ROW_MAX - writer->n)
		n = DRIFT_ROW_MAX - writer->n;
	if (n > 0)
		memcpy(writer->data + writer->n, octets, n);
	writer->n += n;
}

static void put_span(struct writer *writer, struct span s)
{
	uint32_t n = s.p ? (uint32_t)s.n : UINT32_MAX;

	put(writer, &n, sizeof(n));
	put(writer, s.p, s.n);
}

static void get(struct span *rest, void *octets, size_t n)
{
	memset(octets, 0, n);
	if (rest->n < n)
		return;
	memcpy(octets, rest->p, n);
	*rest = span_skip(*rest, n);
}

static struct span get_span(struct span *rest)
{
	struct span s = { NULL, 0 };
	uint32_t n;

	get(rest, &n, sizeof(n));
	if (n > rest->n)
		return s;
	s = (struct span){ rest->p, n };
	*rest = span_skip(*rest, n);
	return s;
}

/* ---- words ---- */

static uint8_t record_word(const struct observation *o, const struct judgement *judgement, enum txt_question question)
{
	enum record_state state = judgement->record[question];

	/* RFC 8020: below a name that does not exist there is nothing, and nobody need ask */
	if (state == RECORD_NOT_ASKED && o->input == INPUT_OK && o->mx.answer.status == DNS_NXDOMAIN)
		state = RECORD_NONE;
	return (uint8_t)(1 + state);
}

static uint8_t mode_word(const struct classification *result, bool asked)
{
	if (classification_usable(result))
		return (uint8_t)(1 + result->policy.mode);
	if (!asked)
		return MODE_WORD_NOT_ASKED;
	return result->judgement.component == COMPONENT_UNKNOWN ? MODE_WORD_UNKNOWN : 1 + STS_MODE_UNSET;
}

static void set_words(const struct observation *o, const struct classification *result, struct drift_head *head)
{
	const struct judgement *judgement = &result->judgement;
	bool asked = o->input == INPUT_OK;

	head->word[DRIFT_STATUS] = (uint8_t)(1 + judgement->status);
	head->word[DRIFT_STS] = record_word(o, judgement, TXT_STS);
	head->word[DRIFT_TLSRPT] = record_word(o, judgement, TXT_TLSRPT);
	head->word[DRIFT_COMPONENT] = asked ? (uint8_t)(1 + judgement->component) : COMPONENT_WORD_NOT_ASKED;
	head->word[DRIFT_MODE] = mode_word(result, asked);
	head->word[DRIFT_VERDICT] = (uint8_t)(1 + judgement->verdict);
}

/* ---- sets of names ---- */

static int compare_spans(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Names in order, each once, with a space between. */
static void put_set(struct writer *writer, struct span *name, size_t count)
{
	uint32_t n = 0;
	size_t at = writer->n;

	put(writer, &n, sizeof(n));
	if (count > 1)
		qsort(name, count, sizeof(*name), compare_spans);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && span_equal(name[i], name[i - 1]))
			continue;
		if (i > 0)
			put(writer, " ", 1);
		put(writer, name[i].p, name[i].n);
	}
	n = (uint32_t)(writer->n - at - sizeof(n));
	memcpy(writer->data + at, &n, sizeof(n));
}

static void put_policy(struct writer *writer, const struct classification *result)
{
	struct span name[DRIFT_PATTERNS], pattern;
	char lower[DRIFT_PATTERNS_OCTETS];
	struct drift_policy policy = { .known = classification_usable(result) };
	size_t at = 0, count = 0, used = 0;

	if (policy.known) {
		policy.mode = result->policy.mode;
		policy.max_age = result->policy.max_age;
		policy.all = HASH_NOTHING;
	}
	while (policy.known && sts_policy_next_mx(&result->policy, &at, &pattern)) {
		policy.all = hash_octet(hash_octet(policy.all, hash_span_nocase(pattern)), ' ');
		if (count == DRIFT_PATTERNS || pattern.n > sizeof(lower) - used) {
			policy.cut = true;
			continue;
		}
		name[count++] = (struct span){ lower + used, pattern.n };
		for (size_t i = 0; i < pattern.n; i++)
			lower[used++] = ascii_lower(pattern.p[i]);
	}
	put(writer, &policy, sizeof(policy));
	put_set(writer, name, count);
}

/* Unknown where some were left out, or the answer leaves it open. */
static void put_mx(struct writer *writer, const struct obs_mx *mx)
{
	struct span name[OBS_MX_MAX];
	bool known = dns_status_is_answer(mx->answer.status) && mx->omitted == 0;

	for (size_t i = 0; i < mx->count; i++)
		name[i] = mx->record[i].name.n > 0 ? mx->record[i].name : SPAN_LITERAL(".");
	put(writer, &known, sizeof(known));
	put_set(writer, name, known ? mx->count : 0);
}

/* ---- whose it is ---- */

static void put_provider(struct writer *writer, const struct attributed *attributed)
{
	put_span(writer, attributed->way >= ATTRIBUTION_PROVIDER ? attributed->name : (struct span){ "", 0 });
}

static void put_leaf(struct writer *writer, const struct observation *o, const struct classification *result)
{
	const struct obs_certificate *first = o->policy.tls.chain_count > 0 ? o->policy.tls.chain : NULL;
	struct drift_leaf leaf = { .known = first };

	if (first) {
		memcpy(leaf.sha256, first->sha256, sizeof(leaf.sha256));
		leaf.not_before = first->not_before;
		leaf.not_after = first->not_after;
		leaf.verified = strcmp(result->tls_verify, "ok") == 0;
		leaf.expired = strcmp(result->tls_verify, "expired") == 0;
	}
	put(writer, &leaf, sizeof(leaf));
}

static void put_labels(struct writer *writer, const struct observation *o)
{
	uint32_t n = 0;
	size_t at = writer->n;

	put(writer, &n, sizeof(n));
	for (size_t i = 0; i < o->label_count; i++) {
		put(writer, o->label[i].name.p, o->label[i].name.n);
		put(writer, "", 1);
		put(writer, o->label[i].value.p, o->label[i].value.n);
		put(writer, "", 1);
	}
	n = (uint32_t)(writer->n - at - sizeof(n));
	memcpy(writer->data + at, &n, sizeof(n));
}

/* Names of a scan are canonical (lower case, A-labels, no dot at the end) but for what another program wrote. */
static void hash_name(const struct drift_rows *rows, const struct observation *o, struct drift_head *head)
{
	char lower[OBS_LINE_MAX];
	struct span name = o->name;

	if (o->input == INPUT_OK && name.n <= sizeof(lower)) {
		for (size_t i = 0; i < name.n; i++)
			lower[i] = ascii_lower(name.p[i]);
		name.p = lower;
	}
	siphash_long(rows->key, name, head->hash);
}

size_t drift_row_make(const struct drift_rows *rows, const struct observation *observation,
		      const struct classification *result, char row[static DRIFT_ROW_MAX])
{
	struct drift_head head = { .scan = rows->scan, .time_ms = observation->time_ms };
	struct writer writer = { .data = row };
	struct attribution attribution;

	hash_name(rows, observation, &head);
	set_words(observation, result, &head);
	put(&writer, &head, sizeof(head));
	if (!rows->all && !drift_has_record(&head, DRIFT_STS) && !drift_has_record(&head, DRIFT_TLSRPT))
		return writer.n;
	put_span(&writer, observation->name);
	put_span(&writer,
		 result->judgement.record[TXT_STS] == RECORD_VALID ? result->sts.id : (struct span){ NULL, 0 });
	put_policy(&writer, result);
	put_mx(&writer, &observation->mx);
	attribution_of(observation, result, &attribution);
	put_provider(&writer, &attribution.role[ROLE_RECORD]);
	put_provider(&writer, &attribution.role[ROLE_POLICY_HOST]);
	put_leaf(&writer, observation, result);
	put_labels(&writer, observation);
	return writer.n;
}

void drift_row_read(struct span row, struct drift_domain *domain)
{
	memset(domain, 0, sizeof(*domain));
	get(&row, &domain->head, sizeof(domain->head));
	if (row.n == 0)
		return;
	domain->detailed = true;
	domain->name = get_span(&row);
	domain->id = get_span(&row);
	get(&row, &domain->policy, sizeof(domain->policy));
	domain->policy.patterns = get_span(&row);
	get(&row, &domain->mx_known, sizeof(domain->mx_known));
	domain->mx = get_span(&row);
	domain->of_record = get_span(&row);
	domain->of_policy = get_span(&row);
	get(&row, &domain->leaf, sizeof(domain->leaf));
	domain->labels = get_span(&row);
}

bool drift_next_word(struct span *rest, struct span *word)
{
	size_t end = span_find(*rest, 0, ' ');

	if (rest->n == 0)
		return false;
	*word = (struct span){ rest->p, end };
	*rest = span_skip(*rest, end < rest->n ? end + 1 : end);
	return true;
}

struct span drift_label(const struct drift_domain *domain, struct span name)
{
	struct span rest = domain->labels, part[2];

	while (rest.n > 0) {
		for (size_t i = 0; i < 2; i++) {
			part[i] = (struct span){ rest.p, span_find(rest, 0, '\0') };
			rest = span_skip(rest, part[i].n < rest.n ? part[i].n + 1 : part[i].n);
		}
		if (span_equal(part[0], name))
			return part[1];
	}
	return (struct span){ "", 0 };
}
