/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_seen.h"

#include <stdlib.h>

#include "analysis/pass/scan_files.h"
#include "analysis/senders/sender_judge.h"
#include "parsers/domain.h"
#include "parsers/hash.h"

struct name {
	struct tlsrpt_seen *domain, *host; /* lists, one a scan */
	unsigned domain_scan, host_scan;   /* the last scan that told of it, from 1 */
	size_t n;
	char text[];
};

/* One scan is read. */
struct look {
	struct tlsrpt_names *names;
	unsigned scan;
};

void tlsrpt_names_init(struct tlsrpt_names *names)
{
	*names = (struct tlsrpt_names){ .seed = hash_table_seed() };
}

static void list_free(struct tlsrpt_seen *seen)
{
	while (seen) {
		struct tlsrpt_seen *next = seen->next;

		free(seen);
		seen = next;
	}
}

void tlsrpt_names_fini(struct tlsrpt_names *names)
{
	for (size_t i = 0; i < names->table.slots; i++) {
		struct name *name = names->table.slot[i].item;

		if (!name)
			continue;
		list_free(name->domain);
		list_free(name->host);
		free(name);
	}
	hash_table_fini(&names->table);
}

static struct name *find(const struct tlsrpt_names *names, struct span text)
{
	uint64_t hash = hash_octets(names->seed, text.p, text.n);
	struct name *name;

	for (size_t at = 0; (name = hash_table_next(&names->table, hash, &at));)
		if (span_equal((struct span){ name->text, name->n }, text))
			return name;
	return NULL;
}

bool tlsrpt_names_add(struct tlsrpt_names *names, struct span text)
{
	struct name *name;

	if (text.n == 0 || text.n > DOMAIN_NAME_MAX || find(names, text))
		return true;
	if (!hash_table_reserve(&names->table, 1))
		return false;
	name = calloc(1, sizeof(*name) + text.n);
	if (!name)
		return false;
	name->n = text.n;
	memcpy(name->text, text.p, text.n);
	hash_table_put(&names->table, hash_octets(names->seed, text.p, text.n), name);
	return true;
}

/* ---- what a scan saw ---- */

static bool is_outside(const struct classification *result, struct span host)
{
	struct span pattern;

	if (!classification_usable(result))
		return false;
	for (size_t at = 0; sts_policy_next_mx(&result->policy, &at, &pattern);)
		if (domain_matches(pattern, host))
			return false;
	return true;
}

/* The certificate of the first address that showed one under the host's name. */
static void see_certificate(const struct obs_host *host, struct tlsrpt_seen_mx *mx)
{
	for (size_t i = 0; i < host->probe_count; i++) {
		const struct obs_smtp *probe = &host->probe[i];

		if (probe->sni == SMTP_SNI_NONE || probe->tls.chain_count == 0)
			continue;
		mx->not_before = probe->tls.chain[0].not_before;
		mx->not_after = probe->tls.chain[0].not_after;
		return;
	}
}

/* The i-th MX; its name stays the observation's. */
static void see_mx(const struct observation *o, const struct classification *result, size_t i,
		   struct tlsrpt_seen_mx *mx)
{
	*mx = (struct tlsrpt_seen_mx){ .name = o->mx.record[i].name };
	mx->outside = is_outside(result, mx->name);
	if (!o->mx.host) {
		mx->result = mx->outside && result->policy.mode != STS_MODE_NONE ? RESULT_VALIDATION_FAILURE
										 : RESULT_NONE;
		return;
	}
	mx->state = result->mx[i].state;
	mx->dane = result->mx[i].dane;
	mx->result = result->mx[i].result;
	mx->dane_result = result->mx[i].dane_result;
	mx->tlsa = tlsrpt_lines_of_tlsa(&o->mx.host[i], 1);
	if (o->mx.host[i])
		see_certificate(o->mx.host[i], mx);
}

/* With its texts behind it. */
static struct tlsrpt_seen *seen_new(struct span domain, const struct tlsrpt_seen_mx *mx, size_t count)
{
	size_t n = domain.n;
	struct tlsrpt_seen *seen;
	char *p;

	for (size_t i = 0; i < count; i++)
		n += mx[i].name.n;
	seen = calloc(1, sizeof(*seen) + count * sizeof(*mx) + n);
	if (!seen)
		return NULL;
	p = (char *)&seen->mx[count];
	memcpy(p, domain.p, domain.n);
	seen->domain = (struct span){ p, domain.n };
	p += domain.n;
	seen->mx_count = count;
	for (size_t i = 0; i < count; i++) {
		seen->mx[i] = mx[i];
		seen->mx[i].name.p = p;
		if (mx[i].name.n > 0)
			memcpy(p, mx[i].name.p, mx[i].name.n);
		p += mx[i].name.n;
	}
	return seen;
}

static void see_outcomes(const struct observation *o, const struct classification *result, struct tlsrpt_seen *seen)
{
	struct sender_result sender[SENDER_PROFILE_COUNT];
	struct sender_mx known[OBS_MX_MAX];

	sender_judge_all(o, sender_mx_known(o, result, known), sender);
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++)
		seen->outcome[i] = (uint8_t)sender[i].outcome;
}

static bool see_domain(struct look *look, struct name *name, const struct observation *o,
		       const struct classification *result)
{
	struct tlsrpt_seen_mx mx[OBS_MX_MAX];
	struct tlsrpt_seen *seen;
	size_t count = obs_mx_has_hosts(&o->mx) ? o->mx.count : 0;

	for (size_t i = 0; i < count; i++)
		see_mx(o, result, i, &mx[i]);
	seen = seen_new(o->name, mx, count);
	if (!seen)
		return false;
	seen->time = o->time_ms / 1000;
	seen->status = result->judgement.status;
	seen->record = result->judgement.record[TXT_STS];
	seen->component = result->judgement.component;
	seen->verdict = result->judgement.verdict;
	seen->usable = classification_usable(result);
	seen->mode = seen->usable ? result->policy.mode : STS_MODE_UNSET;
	seen->has_mx = count > 0;
	if (seen->usable)
		seen->policy = tlsrpt_lines_of(o->policy.http.body);
	if (o->mx.host)
		seen->tlsa = tlsrpt_lines_of_tlsa(o->mx.host, count);
	see_outcomes(o, result, seen);
	seen->next = name->domain;
	name->domain = seen;
	name->domain_scan = look->scan;
	return true;
}

static bool see_host(struct look *look, struct name *name, const struct observation *o,
		     const struct classification *result, size_t i)
{
	struct tlsrpt_seen_mx mx;
	struct tlsrpt_seen *seen;

	see_mx(o, result, i, &mx);
	seen = seen_new(mx.name, &mx, 1);
	if (!seen)
		return false;
	seen->time = o->time_ms / 1000;
	seen->is_host = seen->has_mx = true;
	seen->tlsa = mx.tlsa;
	seen->next = name->host;
	name->host = seen;
	name->host_scan = look->scan;
	return true;
}

/* A name that stands in a list twice is seen as the first one was. */
static bool on_domain(void *arg, const struct observation *o, const struct classification *result)
{
	struct look *look = arg;
	struct name *name;

	if (o->input != INPUT_OK)
		return true;
	name = find(look->names, o->name);
	if (name && name->domain_scan != look->scan && !see_domain(look, name, o, result))
		look->names->no_memory = true;
	for (size_t i = 0; i < o->mx.count && o->mx.host; i++) {
		name = find(look->names, o->mx.record[i].name);
		if (name && name->host_scan != look->scan && !see_host(look, name, o, result, i))
			look->names->no_memory = true;
	}
	return !look->names->no_memory;
}

int tlsrpt_names_look(struct tlsrpt_names *names, char **scan, int scans, bool partial, struct error *error)
{
	for (int i = 0; i < scans; i++) {
		struct scan_files files = { .command = "tlsrpt", .path = &scan[i], .count = 1, .partial = partial };
		struct look look = { names, (unsigned)i + 1 };

		if (scan_files_read(&files, on_domain, &look, error) < 0)
			return -1;
		if (names->no_memory)
			return error_set(error, "no memory");
	}
	return 0;
}

/* ---- the nearest ---- */

int64_t tlsrpt_seen_distance(int64_t time, int64_t start, int64_t end)
{
	if (end < start)
		end = start;
	return time < start ? time - start : time > end ? time - end : 0;
}

static int64_t size_of(int64_t distance)
{
	return distance < 0 ? -distance : distance;
}

const struct tlsrpt_seen *tlsrpt_names_seen(const struct tlsrpt_names *names, struct span text, bool is_host,
					    int64_t start, int64_t end)
{
	const struct name *name = find(names, text);
	const struct tlsrpt_seen *nearest = NULL;

	for (const struct tlsrpt_seen *seen = !name     ? NULL
					      : is_host ? name->host
							: name->domain;
	     seen; seen = seen->next)
		if (!nearest || size_of(tlsrpt_seen_distance(seen->time, start, end)) <
					size_of(tlsrpt_seen_distance(nearest->time, start, end)))
			nearest = seen;
	return nearest;
}
