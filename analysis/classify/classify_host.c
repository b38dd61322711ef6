/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_host.h"

#include "analysis/classify/classify_tls.h"
#include "parsers/smtp_reply.h"

enum {
	SMTP_OK = 250,
	SMTP_NO_TLS_FOR_NOW = 454, /* RFC 3207 4 */
	HOST_PASSES_FOR_SURE = 2,  /* looks that must have seen what may pass before it is a fault */
};

static void conclude(struct host_judgement *result, enum mx_state state, enum finding finding)
{
	result->state = state;
	result->finding = finding;
	if (finding < FINDING_COUNT)
		finding_add(&result->findings, finding);
}

/* ---- one connection ---- */

static void judge_ehlo(const struct obs_smtp *probe, struct host_judgement *result)
{
	bool whole = probe->status == CONNECT_SUCCESS && !probe->ehlo.cut;

	if (whole && probe->ehlo.code == SMTP_OK && !smtp_extensions_has(probe->ehlo.text, SPAN_LITERAL("STARTTLS")))
		conclude(result, MX_FAILS, FINDING_MXTLS_NO_STARTTLS);
	else if (probe->ehlo.code / 100 == 5 && probe->helo.code == SMTP_OK)
		conclude(result, MX_FAILS, FINDING_MXTLS_NO_EHLO);
	else
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_GREETING);
}

static void judge_starttls(const struct obs_host *host, const struct obs_smtp *probe, struct host_judgement *result)
{
	uint16_t code = probe->starttls.code;
	bool for_good = code / 100 == 5 || (code == SMTP_NO_TLS_FOR_NOW && host->passes >= HOST_PASSES_FOR_SURE);

	if (probe->status == CONNECT_SUCCESS && for_good)
		conclude(result, MX_FAILS, FINDING_MXTLS_STARTTLS_REFUSED);
	else
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_GREETING);
}

static void judge_certificates(const struct obs_host *host, const struct obs_tls *tls, struct host_judgement *result)
{
	static const enum finding of_fault[CHAIN_FAULT_COUNT] = {
		[CHAIN_NOT_YET_VALID] = FINDING_MXTLS_NOT_YET_VALID, [CHAIN_EXPIRED] = FINDING_MXTLS_EXPIRED,
		[CHAIN_SELF_SIGNED] = FINDING_MXTLS_SELF_SIGNED,     [CHAIN_UNTRUSTED_ROOT] = FINDING_MXTLS_UNTRUSTED,
		[CHAIN_INCOMPLETE] = FINDING_MXTLS_INCOMPLETE_CHAIN, [CHAIN_INVALID] = FINDING_MXTLS_UNTRUSTED,
	};
	static const enum finding of_name[] = {
		[NAME_MATCHES] = FINDING_COUNT,
		[NAME_CN_ONLY] = FINDING_MXTLS_CN_ONLY,
		[NAME_DIFFERS] = FINDING_MXTLS_NAME_MISMATCH,
		[NAME_UNKNOWN] = FINDING_COUNT,
	};
	unsigned faults = classify_tls_chain(tls->error, tls->error_count);
	enum name_match name = classify_tls_name(tls->chain, host->name);

	for (int f = 0; f < CHAIN_FAULT_COUNT; f++)
		if (chain_has_fault(faults, (enum chain_fault)f))
			finding_add(&result->findings, of_fault[f]);
	if (of_name[name] < FINDING_COUNT)
		finding_add(&result->findings, of_name[name]);
	if (name == NAME_UNKNOWN)
		result->state = MX_UNKNOWN;
	if (classify_tls_ends_soon(tls->chain, host->time_ms, CLASSIFY_MX_EXPIRY_SOON))
		finding_add(&result->findings, FINDING_MXTLS_EXPIRES_SOON);
}

/* Did it break off by silence or a hang-up, whatever came before? */
static bool is_mute(const struct obs_smtp *probe)
{
	return (probe->status == CONNECT_IO_TIMEOUT || probe->status == CONNECT_RESET) && !probe->tls.alerted;
}

static void judge_tls(const struct obs_host *host, const struct obs_smtp *probe, struct host_judgement *result)
{
	const struct obs_tls *tls = &probe->tls;
	enum finding error;

	if (probe->phase == SMTP_HANDSHAKE && is_mute(probe) && host->passes < HOST_PASSES_FOR_SURE) {
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_GREETING);
		return;
	}
	result->state = MX_USABLE;
	if (tls->chain_count > 0)
		judge_certificates(host, tls, result);
	if (tls_version_is_old(tls->version))
		finding_add(&result->findings, FINDING_MXTLS_OLD_VERSION);
	error = finding_first(&result->findings, SEVERITY_ERROR, COMPONENT_MXTLS);
	if (error < FINDING_COUNT)
		conclude(result, MX_FAILS, error);
	else if (probe->phase == SMTP_HANDSHAKE)
		conclude(result, MX_FAILS, FINDING_MXTLS_HANDSHAKE);
	else if (tls->chain_count == 0)
		conclude(result, MX_FAILS, FINDING_MXTLS_UNTRUSTED);
}

void classify_probe(const struct obs_host *host, const struct obs_smtp *probe, struct host_judgement *result)
{
	*result = (struct host_judgement){ .state = MX_NOT_ASKED, .finding = FINDING_COUNT };
	if (probe->status == CONNECT_SKIPPED)
		return;
	switch (probe->phase) {
	case SMTP_CONNECT:
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_UNREACHABLE);
		break;
	case SMTP_GREETING:
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_GREETING);
		break;
	case SMTP_EHLO:
		judge_ehlo(probe, result);
		break;
	case SMTP_STARTTLS:
		judge_starttls(host, probe, result);
		break;
	case SMTP_HANDSHAKE:
	case SMTP_SECURE:
		judge_tls(host, probe, result);
		break;
	default:
		break;
	}
}

/* ---- all of them ---- */

bool host_may_have_more(const struct obs_host *host)
{
	bool loop = host->a.cname_loop || host->aaaa.cname_loop; /* resolvers say SERVFAIL to one */
	bool open = dns_status_is_transient(host->a.status) || dns_status_is_transient(host->aaaa.status);

	return (open && !loop) || host->address_untried > 0 || host->address_unprobed > 0;
}

static void judge_missing_address(const struct obs_host *host, struct host_judgement *result)
{
	bool asked = host->a.status != DNS_SKIPPED || host->aaaa.status != DNS_SKIPPED;

	if (asked && !host_may_have_more(host))
		conclude(result, MX_FAILS, FINDING_MXTLS_NO_ADDRESS);
	else
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_UNKNOWN);
}

struct addresses {
	const struct obs_smtp *first;             /* found out */
	enum finding first_finding, fault, doubt; /* of the first that was found out, that fails, that is unknown */
	bool usable, fails, unknown;
};

/* Do two addresses end differently? */
static bool differs(const struct addresses *all, const struct obs_smtp *probe, enum finding finding)
{
	const struct obs_tls *a = &all->first->tls, *b = &probe->tls;

	if (all->first_finding != finding || a->version != b->version || (a->chain_count > 0) != (b->chain_count > 0))
		return true;
	return a->chain_count > 0 && memcmp(a->chain->sha256, b->chain->sha256, sizeof(a->chain->sha256)) != 0;
}

static void add_address(struct addresses *all, const struct obs_smtp *probe, const struct host_judgement *one,
			struct host_judgement *result)
{
	if (one->state == MX_NOT_ASKED)
		return;
	if (one->state == MX_UNKNOWN) {
		if (!all->unknown)
			all->doubt = one->finding;
		all->unknown = true;
		return;
	}
	if (one->state == MX_FAILS && !all->fails)
		all->fault = one->finding;
	all->fails = all->fails || one->state == MX_FAILS;
	all->usable = all->usable || one->state == MX_USABLE;
	finding_join(&result->findings, &one->findings);
	if (!all->first) {
		all->first = probe;
		all->first_finding = one->finding;
	} else if (differs(all, probe, one->finding)) {
		finding_add(&result->findings, FINDING_MXTLS_ADDRESSES_DIFFER);
	}
}

static void judge_probes(const struct obs_host *host, struct addresses *all, struct host_judgement *result)
{
	for (size_t i = 0; i < host->probe_count; i++) {
		const struct obs_smtp *probe = &host->probe[i];
		struct host_judgement one;

		if (probe->injected > 0)
			finding_add(&result->findings, FINDING_MXTLS_INJECTION);
		if (probe->sni == SMTP_SNI_HOST) {
			classify_probe(host, probe, &one);
			add_address(all, probe, &one, result);
		} else if (probe->sni == SMTP_SNI_NONE && probe->tls.chain_count > 0 &&
			   classify_tls_name(probe->tls.chain, host->name) == NAME_DIFFERS) {
			finding_add(&result->findings, FINDING_MXTLS_DEFAULT_CERTIFICATE);
		}
	}
}

static void judge_addresses(const struct obs_host *host, struct host_judgement *result)
{
	struct addresses all = { .doubt = FINDING_MXTLS_UNREACHABLE };

	judge_probes(host, &all, result);
	if (all.usable) {
		result->state = MX_USABLE;
	} else if (all.fails && host->doubted) {
		result->findings = (struct finding_set){ 0 };
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_UNKNOWN);
	} else if (all.fails && !host_may_have_more(host)) {
		result->state = MX_FAILS;
		result->finding = all.fault;
	} else {
		conclude(result, MX_UNKNOWN, all.fails ? FINDING_MXTLS_UNKNOWN : all.doubt);
	}
}

void classify_host(const struct obs_host *host, struct host_judgement *result)
{
	*result = (struct host_judgement){ .state = MX_UNKNOWN, .finding = FINDING_COUNT };
	if (host->blocklisted)
		; /* no fault of the host's */
	else if (host->address_count == 0)
		judge_missing_address(host, result);
	else if (host->reserved && host_may_have_more(host))
		conclude(result, MX_UNKNOWN, FINDING_MXTLS_UNKNOWN);
	else if (host->reserved)
		conclude(result, MX_FAILS, FINDING_MXTLS_ADDRESS_RESERVED);
	else
		judge_addresses(host, result);
	if (obs_host_has_chain(host)) /* RFC 2181 10.3, RFC 5321 5.1 */
		finding_add(&result->findings, FINDING_MX_INVALID);
}

const struct obs_smtp *classify_host_probe(const struct obs_host *host)
{
	const struct obs_smtp *best = host->probe_count > 0 ? &host->probe[0] : NULL;
	struct host_judgement one;
	bool fails = false;

	for (size_t i = 0; i < host->probe_count; i++) {
		if (host->probe[i].sni != SMTP_SNI_HOST)
			continue;
		classify_probe(host, &host->probe[i], &one);
		if (one.state == MX_USABLE)
			return &host->probe[i];
		if (one.state == MX_FAILS && !fails) {
			best = &host->probe[i];
			fails = true;
		}
	}
	return best;
}

/* ---- once more? ---- */

static bool answer_is_open(const struct obs_answer *answer)
{
	return dns_status_is_transient(answer->status) && !answer->cname_loop;
}

/* Is there an address that may end otherwise, and one that is usable does not make it needless? What a probe without a
 * name would have told decides nothing. */
static bool probes_are_open(const struct obs_host *host)
{
	struct host_judgement one;
	bool open = host->probe_count == 0;

	for (size_t i = 0; i < host->probe_count; i++) {
		if (host->probe[i].sni == SMTP_SNI_NONE)
			continue;
		classify_probe(host, &host->probe[i], &one);
		if (one.state == MX_USABLE)
			return false;
		open = open ||
		       (one.finding < FINDING_COUNT && finding_table[one.finding].severity == SEVERITY_TRANSIENT);
	}
	return open;
}

bool host_worth_asking_again(const struct obs_host *host)
{
	if (host->blocklisted)
		return false;
	if (answer_is_open(&host->a) || answer_is_open(&host->aaaa))
		return true;
	for (int b = 0; b < HOST_TLSA_BASES; b++)
		if (answer_is_open(&host->tlsa[b].answer))
			return true;
	if (host->address_count == 0)
		return host->a.status == DNS_SKIPPED && host->aaaa.status == DNS_SKIPPED;
	return !host->reserved && probes_are_open(host);
}
