/* SPDX-License-Identifier: BSD-2-Clause */
/* The content of one frame, as a stranger's file has it: its MX hosts joined to domains, judged and shown. */
#include "analysis/classify/classify_dane.h"
#include "analysis/classify/classify_host.h"
#include "analysis/lines/domain_json.h"
#include "analysis/explain/explain.h"
#include "output/scan_file/decode.h"
#include "parsers/utf8.h"
#include "tests/fuzz/fuzz.h"

static const struct span record[] = { SPAN_LITERAL("v=STSv1; id=1") };
static const struct span body = SPAN_LITERAL("version: STSv1\nmode: enforce\nmax_age: 604800\nmx: *.example.com\n");
static const struct span name[] = { SPAN_LITERAL("mta-sts.example.com") };
static const struct obs_certificate leaf = { .name = name, .name_count = 1, .not_after = INT64_MAX };

static void check_mx(const struct mx_judgement *mx)
{
	FUZZ_CHECK(mx->state != MX_PARTIAL && mx->dane != DANE_STATE_PARTIAL && mx->dane != DANE_STATE_VALID_SOME);
	FUZZ_CHECK(mx->state != MX_FAILS || mx->finding < FINDING_COUNT);
	FUZZ_CHECK(mx->state != MX_USABLE || mx->result == RESULT_NONE || mx->outside);
	FUZZ_CHECK((mx->dane_result != RESULT_NONE) == (mx->delivery == DELIVERY_DANE_FAILS));
}

static void check_domain(const struct classification *result)
{
	const struct judgement *judgement = &result->judgement;
	bool transient = finding_any(&judgement->findings, SEVERITY_TRANSIENT, COMPONENT_NONE);
	unsigned unknown = 0, usable = 0;

	for (size_t i = 0; i < 2; i++) {
		check_mx(&result->mx[i]);
		unknown += result->mx[i].state == MX_UNKNOWN;
		usable += result->mx[i].state == MX_USABLE && !result->mx[i].outside;
	}
	FUZZ_CHECK(!transient || judgement->status == DOMAIN_UNKNOWN);
	FUZZ_CHECK(judgement->verdict != VERDICT_ENFORCE_OK || (unknown == 0 && usable == 2));
	FUZZ_CHECK(judgement->verdict != VERDICT_ENFORCE_PARTIAL || usable > 0);
	FUZZ_CHECK(judgement->verdict != VERDICT_ENFORCE_FAIL || usable == 0);
}

static void check_shown(const struct observation *o, const struct classification *result, FILE *null)
{
	static const struct explain_style style = { .https_port = 443 };
	struct error error;
	struct text out;

	FUZZ_CHECK(text_open(&out, "/dev/null", &error) == 0);
	domain_json_write(&out, o, result);
	FUZZ_CHECK(out.used > 0 && utf8_is_valid((struct span){ out.data, out.used }));
	FUZZ_CHECK(text_close(&out, &error) == 0);
	FUZZ_CHECK(explain_domain(null, o, result, &style));
}

/* Whether a direct MX answer is secure nobody has asked: nothing may depend on it. */
static void check_direct(const struct classification *result)
{
	FUZZ_CHECK(!finding_has(&result->judgement.findings, FINDING_DANE_INSECURE_MX));
	for (size_t i = 0; i < 2; i++)
		FUZZ_CHECK(!dane_state_is_valid(result->mx[i].dane));
}

/* Twice, so that a policy is kept by both or none; with the policy or without one. */
static void judge(const struct obs_host *host, bool with_policy, enum obs_source source, FILE *null)
{
	static const struct obs_address address = { 4, { 192, 0, 2, 1 } };
	static struct classification result, again;
	const struct obs_mx_record mx[] = { { 10, host->name }, { 20, host->name } };
	const struct obs_host *joined[] = { host, host };
	struct observation o = {
		.name = SPAN_LITERAL("example.com"),
		.mx = { .answer = { .status = DNS_NOERROR, .ad = with_policy, .source = source },
			.record = mx,
			.count = 2,
			.host = joined },
		.txt[TXT_STS].answer.status = DNS_NO_ANSWER,
		.txt[TXT_TLSRPT].answer.status = DNS_NO_ANSWER,
	};

	if (with_policy) {
		o.txt[TXT_STS] = (struct obs_txt){ .answer.status = DNS_NOERROR, .record = record, .count = 1 };
		o.policy = (struct obs_policy){ .a.status = DNS_NOERROR,
						.address = &address,
						.address_count = 1,
						.status = CONNECT_SUCCESS,
						.tls = { .version = TLS_1_3, .chain = &leaf, .chain_count = 1 },
						.http = { .status = 200, .body = body, .size = body.n } };
	}
	memset(&result, 0xa5, sizeof(result));
	memset(&again, 0x5a, sizeof(again));
	classify(&o, &result);
	classify(&o, &again);
	FUZZ_CHECK(fuzz_same_findings(&result.judgement.findings, &again.judgement.findings));
	FUZZ_CHECK(result.delivery == again.delivery && result.dane == again.dane && result.mx_tls == again.mx_tls);
	check_domain(&result);
	if (source == SOURCE_DIRECT)
		check_direct(&result);
	check_shown(&o, &result, null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *null = fopen("/dev/null", "w");
	struct decode *decode = decode_new();
	union decode_frame_record other;
	enum decode_result result;
	struct observation o;

	FUZZ_CHECK(decode && null);
	decode_begin(decode, (struct span){ (const char *)data, size });
	do {
		result = decode_next(decode, &o, &other);
		if (result != DECODE_HOST)
			continue;
		host_worth_asking_again(&other.host);
		for (enum obs_source source = SOURCE_NONE; source < SOURCE_COUNT; source++) {
			judge(&other.host, false, source, null);
			judge(&other.host, true, source, null);
		}
	} while (result != DECODE_END && result != DECODE_NEWER && result != DECODE_DAMAGED && result != DECODE_MEMORY);
	decode_free(decode);
	fclose(null);
	return 0;
}
