/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_dane.h"

#include "analysis/classify/classify_host.h"
#include "analysis/classify/classify_tls.h"
#include "parsers/domain.h"

enum tlsa_usage { PKIX_TA = 0, PKIX_EE = 1, DANE_TA = 2, DANE_EE = 3 }; /* RFC 7218 2.1 */

/* ---- the records ---- */

/* Is it one that SMTP can use (RFC 7672 3.1), as far as can be told without a library? */
static bool is_usable(const struct obs_tlsa_record *record)
{
	static const size_t octets[] = { 0, 32, 64 }; /* of a digest, by matching type; 0: any number but none */

	if (record->usage != DANE_TA && record->usage != DANE_EE)
		return false;
	if (record->selector > 1 || record->matching >= COUNT_OF(octets) || record->cut)
		return false;
	return record->matching == 0 ? record->data.n > 0 : record->data.n == octets[record->matching];
}

static uint32_t usable_of(const struct obs_host *host, const struct obs_tlsa *tlsa)
{
	uint32_t usable = 0;

	for (size_t i = 0; i < host->probe_count; i++)
		if (host->probe[i].dane.match != DANE_NOT_TRIED)
			return host->probe[i].dane.usable;
	for (size_t i = 0; i < tlsa->count && i < OBS_TLSA_MAX; i++)
		usable |= (uint32_t)is_usable(&tlsa->record[i]) << i;
	return usable;
}

static bool has_records(const struct obs_tlsa *tlsa)
{
	return tlsa->answer.status == DNS_NOERROR && tlsa->count + tlsa->omitted > 0;
}

/* What the answers tell before anybody is connected to; VALID: there are secure records, to be looked at. */
static enum dane_state state_of_answers(const struct obs_host *host, const struct obs_tlsa **secure)
{
	enum dane_state state = DANE_STATE_NONE;

	*secure = NULL;
	if (obs_answer_is_bogus(&host->a) || obs_answer_is_bogus(&host->aaaa))
		return DANE_STATE_BOGUS;
	if (!host->ad_believed)
		return DANE_STATE_NOT_ASKED;
	for (int b = 0; b < HOST_TLSA_BASES; b++) {
		const struct obs_tlsa *tlsa = &host->tlsa[b];

		if (obs_answer_is_bogus(&tlsa->answer))
			return DANE_STATE_BOGUS;
		if (dns_status_is_transient(tlsa->answer.status))
			return DANE_STATE_UNKNOWN;
		if (has_records(tlsa) && tlsa->answer.ad) {
			*secure = tlsa;
			return DANE_STATE_VALID;
		}
		if (has_records(tlsa))
			state = DANE_STATE_INSECURE;
	}
	return state;
}

const struct obs_tlsa *classify_dane_tlsa(const struct obs_host *host)
{
	const struct obs_tlsa *secure;

	state_of_answers(host, &secure);
	return secure;
}

/* ---- the names ---- */

/* RFC 7672 3.2.2 */
struct references {
	struct span name[3];
	size_t count;
	bool more; /* were the MX answer secure, which nobody asked */
};

/* Does an AD that is not set say that the MX answer is insecure? Not of one that the domain's own name server gave. */
static bool is_insecure(const struct obs_answer *mx)
{
	return !mx->ad && mx->source != SOURCE_DIRECT;
}

static bool is_secure(const struct obs_answer *mx)
{
	return mx->ad && mx->source != SOURCE_DIRECT;
}

static struct references references_of(const struct observation *observation, const struct obs_tlsa *tlsa)
{
	const struct obs_answer *answer = &observation->mx.answer;
	struct references r = { .name = { tlsa->base }, .count = 1, .more = answer->source == SOURCE_DIRECT };

	if (!is_secure(answer))
		return r;
	r.name[r.count++] = observation->name;
	if (answer->cname_count > 0)
		r.name[r.count++] = obs_cname_end(answer);
	return r;
}

/* RFC 7672 3.2.3: the CN only where there is no dNSName. */
static enum name_match match_names(const struct obs_certificate *leaf, const struct references *references)
{
	enum name_match best = references->more ? NAME_UNKNOWN : NAME_DIFFERS;

	for (size_t i = 0; i < references->count; i++) {
		enum name_match match = classify_tls_name(leaf, references->name[i]);

		if (match == NAME_MATCHES || match == NAME_CN_ONLY)
			return NAME_MATCHES;
		if (match == NAME_UNKNOWN)
			best = NAME_UNKNOWN;
	}
	return best;
}

/* ---- what was presented ---- */

struct presented {
	const struct obs_tlsa *tlsa;
	struct references references;
	uint32_t usable, matching; /* a bit for each record; `matching` of all addresses */
	bool valid, fails, unsure; /* an address does; `unsure`: it has a certificate that cannot be judged */
	enum dane_state fault;     /* of the first that fails */
	enum result_type result;
};

static void add_fault(struct presented *p, enum dane_state state, enum result_type result)
{
	if (p->fails)
		return;
	p->fails = true;
	p->fault = state;
	p->result = result;
}

static enum result_type result_of_chain(const struct obs_dane *dane)
{
	unsigned faults = classify_tls_chain(dane->error, dane->error_count);

	return chain_has_fault(faults, CHAIN_EXPIRED) ? RESULT_CERTIFICATE_EXPIRED : RESULT_CERTIFICATE_NOT_TRUSTED;
}

static void add_match(struct presented *p, const struct obs_smtp *probe)
{
	const struct obs_dane *dane = &probe->dane;
	bool is_ta = dane->record < p->tlsa->count && p->tlsa->record[dane->record].usage == DANE_TA;
	enum name_match names = NAME_MATCHES;

	p->matching |= dane->matching;
	if (is_ta)
		names = probe->tls.chain_count > 0 ? match_names(probe->tls.chain, &p->references) : NAME_UNKNOWN;
	if (names == NAME_MATCHES)
		p->valid = true;
	else if (names == NAME_UNKNOWN)
		p->unsure |= !p->references.more;
	else
		add_fault(p, DANE_STATE_MISMATCH, RESULT_CERTIFICATE_HOST_MISMATCH);
}

static void add_certificate(struct presented *p, const struct obs_smtp *probe)
{
	switch (probe->dane.match) {
	case DANE_MATCH:
		add_match(p, probe);
		break;
	case DANE_MISMATCH:
		if (p->tlsa->omitted > 0)
			p->unsure = true;
		else
			add_fault(p, DANE_STATE_MISMATCH, RESULT_TLSA_INVALID);
		break;
	case DANE_MATCH_FAILED:
		add_fault(p, DANE_STATE_MISMATCH, result_of_chain(&probe->dane));
		break;
	case DANE_NONE_USABLE:
		p->valid = true; /* TLS, without authentication, is what is asked for */
		break;
	default:
		p->unsure = true;
		break;
	}
}

static void add_probe(struct presented *p, const struct obs_host *host, const struct obs_smtp *probe)
{
	bool is_of_base = probe->sni == SMTP_SNI_BASE || span_equal_nocase(p->tlsa->base, host->name);
	struct host_judgement one;

	/* SNI is the base domain (RFC 7672 8.1); before TLS no name is told */
	if (probe->sni == SMTP_SNI_NONE || (!is_of_base && probe->phase >= SMTP_HANDSHAKE))
		return;
	if (probe->phase == SMTP_SECURE) {
		add_certificate(p, probe);
		return;
	}
	classify_probe(host, probe, &one);
	if (one.state == MX_FAILS)
		add_fault(p, DANE_STATE_NO_TLS,
			  probe->phase == SMTP_HANDSHAKE ? RESULT_VALIDATION_FAILURE : RESULT_STARTTLS_NOT_SUPPORTED);
}

/* Would the next key find no record (RFC 7671 8)? Below a trust anchor a new key changes nothing. */
static bool lacks_rollover(const struct presented *p)
{
	for (size_t i = 0; i < p->tlsa->count && i < OBS_TLSA_MAX; i++)
		if (p->usable >> i & 1 && (p->tlsa->record[i].usage == DANE_TA || !(p->matching >> i & 1)))
			return false;
	return p->tlsa->omitted == 0;
}

static void add_usages(const struct presented *p, struct finding_set *findings)
{
	for (size_t i = 0; i < p->tlsa->count; i++)
		if (p->tlsa->record[i].usage == PKIX_TA || p->tlsa->record[i].usage == PKIX_EE)
			finding_add(findings, FINDING_DANE_USAGE);
}

static void conclude_failure(const struct obs_host *host, const struct presented *p, struct mx_judgement *mx)
{
	if (host->doubted || host_may_have_more(host)) {
		mx->dane = DANE_STATE_UNKNOWN;
		return;
	}
	mx->dane = p->fault;
	mx->dane_result = p->result;
	if (p->fault == DANE_STATE_MISMATCH)
		finding_add(&mx->findings, FINDING_DANE_MISMATCH);
}

static void conclude_valid(const struct observation *observation, const struct presented *p, struct mx_judgement *mx)
{
	if (p->usable == 0) {
		mx->dane = DANE_STATE_UNUSABLE;
		return;
	}
	mx->dane = is_secure(&observation->mx.answer)     ? DANE_STATE_VALID
		   : is_insecure(&observation->mx.answer) ? DANE_STATE_INSECURE_MX
							  : DANE_STATE_UNKNOWN;
	finding_add(&mx->findings, FINDING_DANE_VALID);
	if (lacks_rollover(p))
		finding_add(&mx->findings, FINDING_DANE_NO_ROLLOVER);
}

/* There are secure records: what does the MX present? */
static void judge_presented(const struct observation *observation, const struct obs_host *host,
			    const struct obs_tlsa *tlsa, struct mx_judgement *mx)
{
	struct presented p = { .tlsa = tlsa, .references = references_of(observation, tlsa) };

	p.usable = usable_of(host, tlsa);
	for (size_t i = 0; i < host->probe_count; i++)
		add_probe(&p, host, &host->probe[i]);
	if (p.usable == 0 && tlsa->omitted == 0)
		finding_add(&mx->findings, FINDING_DANE_UNUSABLE);
	else
		add_usages(&p, &mx->findings);
	if (is_insecure(&observation->mx.answer))
		finding_add(&mx->findings, FINDING_DANE_INSECURE_MX);
	if (p.valid)
		conclude_valid(observation, &p, mx);
	else if (p.fails)
		conclude_failure(host, &p, mx);
	else
		mx->dane = DANE_STATE_UNKNOWN;
	if (!p.valid && !p.fails && p.unsure)
		finding_add(&mx->findings, FINDING_DANE_UNKNOWN);
}

/* ---- one MX ---- */

static void judge_host(const struct observation *observation, const struct obs_host *host, struct mx_judgement *mx)
{
	const struct obs_tlsa *secure;

	mx->dane = state_of_answers(host, &secure);
	switch (mx->dane) {
	case DANE_STATE_VALID:
		judge_presented(observation, host, secure, mx);
		break;
	case DANE_STATE_BOGUS:
		finding_add(&mx->findings, FINDING_DANE_BOGUS);
		mx->dane_result = RESULT_DNSSEC_INVALID;
		break;
	case DANE_STATE_UNKNOWN:
		finding_add(&mx->findings, FINDING_DANE_UNKNOWN);
		break;
	case DANE_STATE_INSECURE:
		finding_add(&mx->findings, FINDING_DANE_INSECURE);
		break;
	case DANE_STATE_NONE:
		if (host->address_count == 0 && host_may_have_more(host))
			mx->dane = DANE_STATE_UNKNOWN;
		break;
	default:
		break;
	}
}

/* ---- the domain ---- */

static enum dane_state state_of_domain(const unsigned count[DANE_STATE_COUNT])
{
	static const enum dane_state worst[] = { DANE_STATE_BOGUS,    DANE_STATE_MISMATCH,    DANE_STATE_NO_TLS,
						 DANE_STATE_UNKNOWN,  DANE_STATE_INSECURE_MX, DANE_STATE_VALID,
						 DANE_STATE_UNUSABLE, DANE_STATE_INSECURE,    DANE_STATE_NONE };
	unsigned valid = count[DANE_STATE_VALID] + count[DANE_STATE_INSECURE_MX];
	unsigned fails = count[DANE_STATE_BOGUS] + count[DANE_STATE_MISMATCH] + count[DANE_STATE_NO_TLS];

	if (valid > 0 && fails > 0)
		return DANE_STATE_PARTIAL;
	if (valid > 0 && count[DANE_STATE_UNKNOWN] == 0 &&
	    count[DANE_STATE_NONE] + count[DANE_STATE_INSECURE] + count[DANE_STATE_UNUSABLE] > 0)
		return DANE_STATE_VALID_SOME;
	for (size_t i = 0; i < COUNT_OF(worst); i++)
		if (count[worst[i]] > 0)
			return worst[i];
	return DANE_STATE_NOT_ASKED;
}

void classify_dane(const struct observation *observation, struct classification *result)
{
	const struct obs_mx *mx = &observation->mx;
	unsigned count[DANE_STATE_COUNT] = { 0 };

	for (size_t i = 0; i < mx->count; i++) {
		struct mx_judgement *one = &result->mx[i];

		if (mx->host[i])
			judge_host(observation, mx->host[i], one);
		else if (one->state == MX_UNKNOWN)
			one->dane = DANE_STATE_UNKNOWN;
		count[one->dane]++;
		finding_join(&result->judgement.findings, &one->findings);
		if (finding_has(&one->findings, FINDING_DANE_UNKNOWN))
			result->judgement.status = DOMAIN_UNKNOWN;
	}
	result->dane = state_of_domain(count);
	if (count[DANE_STATE_VALID] + count[DANE_STATE_INSECURE_MX] > 0 &&
	    count[DANE_STATE_MISMATCH] + count[DANE_STATE_NO_TLS] > 0)
		classification_add(result, FINDING_DANE_PARTIAL);
}

void classify_dane_mx_answer(const struct obs_mx *mx, struct classification *result)
{
	if (!obs_answer_is_bogus(&mx->answer))
		return;
	classification_add(result, FINDING_DANE_BOGUS);
	result->dane = DANE_STATE_BOGUS;
}
