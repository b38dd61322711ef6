/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/lines/domain_json.h"
#include "parsers/utf8.h"

static const struct span sts_txt[] = { SPAN_LITERAL("v=STSv1; id=1") };
static const struct span rpt_txt[] = { SPAN_LITERAL("v=TLSRPTv1; rua=mailto:a@example.com,https://example.com/r") };
static const struct span odd_txt[] = { SPAN_LITERAL("v=STSv1; id=\xe9\""), SPAN_LITERAL("caf\xc3\xa9") };
static const struct span chain[] = { SPAN_LITERAL("a.example.net"), SPAN_LITERAL("b.example.net") };
static const struct span names[] = { SPAN_LITERAL("mta-sts.example.com"), SPAN_LITERAL("evil\0.example.com") };
static const struct span latin_names[] = { SPAN_LITERAL("\xfc.example.com") };
static const struct obs_mx_record mx[] = { { 10, SPAN_LITERAL("mx.example.com") } };
static const struct obs_mx_record null_mx[] = { { 0, SPAN_LITERAL("") } };
static const struct obs_address addresses[] = { { 4, { 192, 0, 2, 1 } },
						{ 6, { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } } };
static const struct obs_certificate certificates[] = {
	{ .sha256 = { 0xab },
	  .issuer = SPAN_LITERAL("CN=R3,O=\"x\""),
	  .not_before = 0,
	  .not_after = 1795300429,
	  .name = names,
	  .name_count = 2 },
	{ .sha256 = { 0xcd },
	  .common_name = SPAN_LITERAL("R\n3"),
	  .issuer = SPAN_LITERAL(""),
	  .name = latin_names,
	  .name_count = 1,
	  .name_omitted = 7 },
};
static const struct obs_label labels[] = { { SPAN_LITERAL("a\"b"), SPAN_LITERAL("M\xc3\xbcller") },
					   { SPAN_LITERAL("country"), SPAN_LITERAL("") } };
static const struct obs_label odd_labels[] = { { SPAN_LITERAL("\xe4"), SPAN_LITERAL("x") } };
static const struct span servers[] = { SPAN_LITERAL("ns1.example.net"), SPAN_LITERAL("ns2.example.net") };
static const struct span latin_txt[] = { SPAN_LITERAL("v\xff") };
static const struct obs_audit audits[] = {
	{ QUESTION_MX, AUDIT_ABSENT, DNS_NXDOMAIN, DNS_NO_ANSWER, DNS_SKIPPED, 0, NULL, 0 },
	{ QUESTION_TXT + TXT_STS, AUDIT_DATA, DNS_NO_ANSWER, DNS_NOERROR, DNS_NXDOMAIN, 3, latin_txt, 1 },
};
static const struct obs_verify_error errors[] = { { 10, 0 }, { 19, 2 } };

#define POLICY_TEXT "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: mx.example.com\n"

#define ASKED(s)                                                                                                       \
	{                                                                                                              \
		.status = (s), .tries = 1                                                                              \
	}
#define FRONT                                                                                                          \
	"{\"name\":\"example.com\",\"index\":0,\"rank\":null,\"timestamp\":\"1970-01-01T00:00:00.000Z\","              \
	"\"duration\":0.000,\"status\":\"complete\",\"results\":{"
#define MX_NXDOMAIN "\"MX\":{\"status\":\"NXDOMAIN\"}"
#define NOT_ASKED                                                                                                      \
	"\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null}"           \
	",\"POLICY\":{\"status\":\"skipped\"}}"
#define NO_RPT "\"TLSRPT\":{\"status\":\"NXDOMAIN\",\"state\":\"none\"}"
#define NO_POLICY "\"POLICY\":{\"status\":\"skipped\"}}"
#define HASH_0 "00000000000000000000000000000000000000000000000000000000000000"

static const struct {
	struct observation observation;
	struct judgement judgement;
	enum finding finding; /* FINDING_COUNT: none */
	const char *verify;
	const char *line;
} cases[] = {
	{ /* the sample of the interface, and all that was recorded */
		.observation = {
			.name = SPAN_LITERAL("example.com"), .index = 12, .rank = 12, .time_ms = 1795300429120, .duration_ms = 123,
			.mx = { { .status = DNS_NOERROR, .tries = 1, .ttl = 300 }, mx, 1, 0 },
			.txt[TXT_STS] = { { .status = DNS_NOERROR, .tries = 1, .ttl = 300 }, sts_txt, 1, 0 },
			.txt[TXT_TLSRPT] = { ASKED(DNS_NXDOMAIN), NULL, 0, 0 },
			.policy = { .a = { .status = DNS_NOERROR, .tries = 2, .ttl = 60 }, .aaaa = ASKED(DNS_NO_ANSWER), .address = addresses,
				    .address_count = 1, .status = CONNECT_SUCCESS, .fetch_ms = 31,
				    .tls = { .version = TLS_1_3, .chain = certificates, .chain_count = 1 },
				    .http = { .status = 200, .content_type = SPAN_LITERAL("text/plain"), .size = sizeof(POLICY_TEXT) - 1,
					      .body = SPAN_LITERAL(POLICY_TEXT), .body_sha256 = { 0xee } } },
		},
		.judgement = { .record = { RECORD_VALID, RECORD_NONE }, .policy = POLICY_VALID, .component = COMPONENT_OK, .verdict = VERDICT_ENFORCE_OK },
		.finding = FINDING_TLSRPT_ABSENT_WITH_STS,
		.verify = "ok",
		.line = "{\"name\":\"example.com\",\"index\":12,\"rank\":12,\"timestamp\":\"2026-11-21T22:33:49.120Z\",\"duration\":0.123,"
			"\"status\":\"complete\",\"results\":{"
			"\"MX\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":300,\"data\":{\"records\":[{\"preference\":10,\"name\":\"mx.example.com\"}],\"null_mx\":false}},"
			"\"STS\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":300,\"state\":\"valid\",\"data\":{\"cname\":[],\"strings\":[\"v=STSv1; id=1\"],\"id\":\"1\"}},"
			"\"TLSRPT\":{\"status\":\"NXDOMAIN\",\"state\":\"none\"},"
			"\"POLICY\":{\"status\":\"success\",\"data\":{\"host\":\"mta-sts.example.com\","
			"\"dns\":{\"A\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":60,\"tries\":2},\"AAAA\":{\"status\":\"NO_ANSWER\"}},"
			"\"cname\":[],\"addresses\":[\"192.0.2.1\"],\"address\":\"192.0.2.1\",\"fetch_ms\":31,"
			"\"tls\":{\"version\":\"TLSv1.3\",\"verify\":\"ok\",\"names\":[\"mta-sts.example.com\",\"evil\\u0000.example.com\"],"
			"\"not_before\":\"1970-01-01T00:00:00Z\",\"not_after\":\"2026-11-21T22:33:49Z\",\"issuer\":\"CN=R3,O=\\\"x\\\"\",\"sha256\":\"ab" HASH_0 "\"},"
			"\"http\":{\"status\":200,\"content_type\":\"text/plain\",\"location\":null,\"size\":64},"
			"\"state\":\"valid\",\"policy\":{\"version\":\"STSv1\",\"mode\":\"enforce\",\"max_age\":604800,\"mx\":[\"mx.example.com\"]},"
			"\"body\":\"version: STSv1\\nmode: enforce\\nmax_age: 604800\\nmx: mx.example.com\\n\",\"body_sha256\":\"ee" HASH_0 "\"}}},"
			"\"findings\":[\"tlsrpt-absent-with-sts\"],\"component\":\"ok\",\"verdict\":\"enforce-ok\"}\n",
	},
	{ /* the name does not exist: nothing else was asked */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx = { ASKED(DNS_NXDOMAIN), NULL, 0, 0 } },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT MX_NXDOMAIN "," NOT_ASKED ",\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* an authenticated denial, tried twice */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx = { { .status = DNS_NXDOMAIN, .ad = true, .tries = 3 }, NULL, 0, 0 } },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT "\"MX\":{\"status\":\"NXDOMAIN\",\"ad\":true,\"tries\":3}," NOT_ASKED
			",\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* a bad line, with control characters and no UTF-8 in it */
		.observation = { .name = SPAN_LITERAL("b\xe4" "d\t\"l\\ne\x01\x7f\0"), .input = INPUT_ILLEGAL },
		.judgement = { .status = DOMAIN_ILLEGAL_INPUT },
		.finding = FINDING_COUNT,
		.line = "{\"name\":\"b\xc3\xa4" "d\\t\\\"l\\\\ne\\u0001\\u007f\\u0000\",\"index\":0,\"rank\":null,\"timestamp\":\"1970-01-01T00:00:00.000Z\","
			"\"duration\":0.000,\"status\":\"illegal-input\",\"results\":{\"MX\":{\"status\":\"SKIPPED\"}," NOT_ASKED
			",\"findings\":[],\"component\":null,\"verdict\":null,\"encoding\":\"latin-1\"}\n",
	},
	{ /* nobody may be asked */
		.observation = { .name = SPAN_LITERAL("example.com"), .input = INPUT_BLOCKLISTED },
		.judgement = { .status = DOMAIN_BLOCKLISTED },
		.finding = FINDING_COUNT,
		.line = "{\"name\":\"example.com\",\"index\":0,\"rank\":null,\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"duration\":0.000,"
			"\"status\":\"blocklisted\",\"results\":{\"MX\":{\"status\":\"SKIPPED\"}," NOT_ASKED
			",\"findings\":[],\"component\":null,\"verdict\":null}\n",
	},
	{ /* a null MX */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx = { { .status = DNS_NOERROR, .ad = true, .ttl = 5 }, null_mx, 1, 2 },
				 .txt[TXT_STS].answer = ASKED(DNS_NXDOMAIN), .txt[TXT_TLSRPT].answer = ASKED(DNS_NXDOMAIN) },
		.judgement = { .record = { RECORD_NONE, RECORD_NONE }, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT "\"MX\":{\"status\":\"NOERROR\",\"ad\":true,\"ttl\":5,\"data\":{\"records\":[{\"preference\":0,\"name\":\"\"}],\"omitted\":2,\"null_mx\":false}},"
			"\"STS\":{\"status\":\"NXDOMAIN\",\"state\":\"none\"}," NO_RPT "," NO_POLICY
			",\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* no MX at the alias's end: nothing that could be a null MX or not */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = { .status = DNS_NXDOMAIN, .cname = chain, .cname_count = 1 } },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT "\"MX\":{\"status\":\"NXDOMAIN\",\"data\":{\"cname\":[\"a.example.net\"],\"records\":[]}}," NOT_ASKED
			",\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* could not find out */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NO_ANSWER), .txt[TXT_STS].answer = { .status = DNS_TIMEOUT, .tries = 3 },
				 .txt[TXT_TLSRPT].answer = ASKED(DNS_SERVFAIL) },
		.judgement = { .status = DOMAIN_UNKNOWN, .record = { RECORD_UNKNOWN, RECORD_UNKNOWN }, .component = COMPONENT_UNKNOWN, .verdict = VERDICT_UNKNOWN },
		.finding = FINDING_STS_RECORD_UNKNOWN,
		.line = "{\"name\":\"example.com\",\"index\":0,\"rank\":null,\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"duration\":0.000,"
			"\"status\":\"unknown\",\"results\":{\"MX\":{\"status\":\"NO_ANSWER\"},\"STS\":{\"status\":\"TIMEOUT\",\"tries\":3,\"state\":\"unknown\"},"
			"\"TLSRPT\":{\"status\":\"SERVFAIL\",\"state\":\"unknown\"}," NO_POLICY
			",\"findings\":[\"sts-record-unknown\"],\"component\":\"unknown\",\"verdict\":\"unknown\"}\n",
	},
	{ /* strings of which one is no UTF-8: all of that object, and of no other, are Latin-1 */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN),
				 .txt[TXT_STS] = { { .status = DNS_NOERROR, .cname = chain, .cname_count = 2 }, odd_txt, 2, 1 } },
		.judgement = { .record = { RECORD_INVALID }, .component = COMPONENT_RECORD, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT MX_NXDOMAIN ",\"STS\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":0,\"state\":\"invalid\",\"data\":{"
			"\"cname\":[\"a.example.net\",\"b.example.net\"],\"strings\":[\"v=STSv1; id=\xc3\xa9\\\"\",\"caf\xc3\x83\xc2\xa9\"],\"omitted\":1,"
			"\"id\":null,\"encoding\":\"latin-1\"}},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null}," NO_POLICY
			",\"findings\":[],\"component\":\"record\",\"verdict\":\"no-policy\"}\n",
	},
	{ /* a dangling, looping chain; a valid TLSRPT record */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN),
				 .txt[TXT_STS].answer = { .status = DNS_NXDOMAIN, .cname_loop = true, .ttl = 9, .cname = chain, .cname_count = 1 },
				 .txt[TXT_TLSRPT] = { { .status = DNS_NOERROR, .ttl = 1 }, rpt_txt, 1, 0 } },
		.judgement = { .record = { RECORD_NONE, RECORD_VALID }, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_STS_RECORD_DANGLING_CNAME,
		.line = FRONT MX_NXDOMAIN ",\"STS\":{\"status\":\"NXDOMAIN\",\"ttl\":9,\"cname_loop\":true,\"state\":\"none\",\"data\":{\"cname\":[\"a.example.net\"],\"strings\":[],\"id\":null}},"
			"\"TLSRPT\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":1,\"state\":\"valid\",\"data\":{\"cname\":[],"
			"\"strings\":[\"v=TLSRPTv1; rua=mailto:a@example.com,https://example.com/r\"],\"rua\":[\"mailto:a@example.com\",\"https://example.com/r\"]}}," NO_POLICY
			",\"findings\":[\"sts-record-dangling-cname\"],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* the policy host has no address */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN), .txt[TXT_STS] = { { .status = DNS_NOERROR }, sts_txt, 1, 0 },
				 .txt[TXT_TLSRPT].answer = ASKED(DNS_NXDOMAIN),
				 .policy = { .a = ASKED(DNS_NXDOMAIN), .aaaa = { .status = DNS_NXDOMAIN, .cname = chain, .cname_count = 1 } } },
		.judgement = { .record = { RECORD_VALID, RECORD_NONE }, .component = COMPONENT_DNS, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_POLICY_DNS_NXDOMAIN,
		.line = FRONT MX_NXDOMAIN ",\"STS\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":0,\"state\":\"valid\",\"data\":{\"cname\":[],\"strings\":[\"v=STSv1; id=1\"],\"id\":\"1\"}}," NO_RPT
			",\"POLICY\":{\"status\":\"skipped\",\"result_type\":\"sts-policy-fetch-error\",\"data\":{\"host\":\"mta-sts.example.com\",\"dns\":{\"A\":{\"status\":\"NXDOMAIN\"},\"AAAA\":{\"status\":\"NXDOMAIN\"}},"
			"\"cname\":[\"a.example.net\"],\"addresses\":[],\"address\":null,\"tls\":null,\"http\":null,\"state\":null,\"policy\":null,\"body\":null,\"body_sha256\":null}}},"
			"\"findings\":[\"policy-dns-nxdomain\"],\"component\":\"dns\",\"verdict\":\"no-policy\"}\n",
	},
	{ /* verification failed, the content was read all the same; nothing of it counts */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN),
				 .policy = { .a = ASKED(DNS_NOERROR), .address = addresses, .address_count = 2, .address_used = 1, .address_omitted = 3,
					     .reserved = true, .status = CONNECT_HANDSHAKE_ERROR,
					     .tls = { .version = TLS_1_2, .alerted = true, .alert = 0, .chain = certificates, .chain_count = 2, .chain_omitted = 1,
						      .error = errors, .error_count = 2 },
					     .http = { .status = 301, .failure = HTTP_TOO_LARGE, .location = SPAN_LITERAL("/\xe9"),
						       .content_encoding = SPAN_LITERAL("br"), .challenge = SPAN_LITERAL("sg-captcha: x"),
						       .size = 70000, .body = SPAN_LITERAL("<\xff>"), .body_sha256 = { 1 } } } },
		.judgement = { .component = COMPONENT_TLS, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_POLICY_TLS_EXPIRED,
		.verify = "expired",
		.line = FRONT MX_NXDOMAIN ",\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null},"
			"\"POLICY\":{\"status\":\"handshake-error\",\"result_type\":\"sts-webpki-invalid\",\"data\":{\"host\":\"mta-sts.example.com\","
			"\"dns\":{\"A\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":0},\"AAAA\":{\"status\":\"SKIPPED\"}},\"cname\":[],"
			"\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"],\"addresses_omitted\":3,\"reserved\":true,\"address\":\"2001:db8::1\","
			"\"tls\":{\"version\":\"TLSv1.2\",\"verify\":\"expired\",\"alert\":0,\"names\":[\"mta-sts.example.com\",\"evil\\u0000.example.com\"],"
			"\"not_before\":\"1970-01-01T00:00:00Z\",\"not_after\":\"2026-11-21T22:33:49Z\",\"issuer\":\"CN=R3,O=\\\"x\\\"\",\"sha256\":\"ab" HASH_0 "\","
			"\"chain\":[{\"names\":[\"\xc3\xbc.example.com\"],\"names_omitted\":7,\"common_name\":\"R\\n3\",\"not_before\":\"1970-01-01T00:00:00Z\","
			"\"not_after\":\"1970-01-01T00:00:00Z\",\"issuer\":\"\",\"sha256\":\"cd" HASH_0 "\",\"encoding\":\"latin-1\"}],\"chain_omitted\":1,"
			"\"errors\":[{\"code\":10,\"depth\":0},{\"code\":19,\"depth\":2}]},"
			"\"http\":{\"status\":301,\"content_type\":null,\"location\":\"/\xc3\xa9\",\"content_encoding\":\"br\",\"size\":70000,\"failure\":\"too-large\",\"challenged\":true,\"challenge\":\"sg-captcha: x\",\"encoding\":\"latin-1\"},"
			"\"state\":null,\"policy\":null,\"body\":\"<\xc3\xbf>\",\"body_sha256\":\"01" HASH_0 "\",\"encoding\":\"latin-1\"}}},"
			"\"findings\":[\"policy-tls-expired\"],\"component\":\"tls\",\"verdict\":\"no-policy\"}\n",
	},
	{ /* TLS was tried, and nothing came */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN),
				 .policy = { .a = ASKED(DNS_NO_ANSWER), .address = addresses, .address_count = 1, .status = CONNECT_HANDSHAKE_ERROR } },
		.judgement = { .component = COMPONENT_TLS, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_POLICY_TLS_HANDSHAKE,
		.verify = "handshake",
		.line = FRONT MX_NXDOMAIN ",\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null},"
			"\"POLICY\":{\"status\":\"handshake-error\",\"result_type\":\"sts-webpki-invalid\",\"data\":{\"host\":\"mta-sts.example.com\",\"dns\":{\"A\":{\"status\":\"NO_ANSWER\"},\"AAAA\":{\"status\":\"SKIPPED\"}},"
			"\"cname\":[],\"addresses\":[\"192.0.2.1\"],\"address\":\"192.0.2.1\",\"tls\":{\"version\":null,\"verify\":\"handshake\"},\"http\":null,"
			"\"state\":null,\"policy\":null,\"body\":null,\"body_sha256\":null}}},"
			"\"findings\":[\"policy-tls-handshake\"],\"component\":\"tls\",\"verdict\":\"no-policy\"}\n",
	},
	{ /* an empty body; facts about a TLS that was not judged */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN),
				 .policy = { .a = ASKED(DNS_NXDOMAIN), .address_used = -1, .status = CONNECT_SUCCESS, .tls = { .alerted = true, .alert = 112 },
					     .http = { .status = 200, .content_type = SPAN_LITERAL("") } } },
		.judgement = { .policy = POLICY_INVALID, .component = COMPONENT_SYNTAX, .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_POLICY_EMPTY,
		.line = FRONT MX_NXDOMAIN ",\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null},"
			"\"POLICY\":{\"status\":\"success\",\"result_type\":\"sts-policy-invalid\",\"data\":{\"host\":\"mta-sts.example.com\",\"dns\":{\"A\":{\"status\":\"NXDOMAIN\"},\"AAAA\":{\"status\":\"SKIPPED\"}},"
			"\"cname\":[],\"addresses\":[],\"address\":null,\"tls\":{\"version\":null,\"verify\":null,\"alert\":112},"
			"\"http\":{\"status\":200,\"content_type\":\"\",\"location\":null,\"size\":0},\"state\":\"invalid\","
			"\"policy\":{\"version\":null,\"mode\":null,\"max_age\":null,\"mx\":[]},\"body\":\"\","
			"\"body_sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}}},"
			"\"findings\":[\"policy-empty\"],\"component\":\"syntax\",\"verdict\":\"no-policy\"}\n",
	},
	{ /* columns of the list, one of which this line has empty; name servers of the zone file */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN), .label = labels, .label_count = 2,
				 .ns = { .name = servers, .count = 2, .omitted = 1, .parent = true } },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = "{\"name\":\"example.com\",\"index\":0,\"rank\":null,\"labels\":{\"a\\\"b\":\"M\xc3\xbcller\",\"country\":null},"
			"\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"duration\":0.000,\"status\":\"complete\",\"results\":{" MX_NXDOMAIN
			",\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null},\"POLICY\":{\"status\":\"skipped\"},"
			"\"NS\":{\"status\":\"SKIPPED\",\"data\":{\"side\":\"parent\",\"names\":[\"ns1.example.net\",\"ns2.example.net\"],\"omitted\":1}}},"
			"\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* name servers that were asked for, and a label that is no UTF-8 */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN), .label = odd_labels, .label_count = 1,
				 .ns = { .answer = { .status = DNS_NOERROR, .tries = 1, .ttl = 9 }, .name = servers, .count = 1 } },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = "{\"name\":\"example.com\",\"index\":0,\"rank\":null,\"labels\":{\"\xc3\xa4\":\"x\",\"encoding\":\"latin-1\"},"
			"\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"duration\":0.000,\"status\":\"complete\",\"results\":{" MX_NXDOMAIN
			",\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null},\"POLICY\":{\"status\":\"skipped\"},"
			"\"NS\":{\"status\":\"NOERROR\",\"ad\":false,\"ttl\":9,\"data\":{\"side\":\"child\",\"names\":[\"ns1.example.net\"]}}},"
			"\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* no zone of its own */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = ASKED(DNS_NXDOMAIN), .ns.answer = ASKED(DNS_NO_ANSWER) },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT MX_NXDOMAIN
			",\"STS\":{\"status\":\"SKIPPED\",\"state\":null},\"TLSRPT\":{\"status\":\"SKIPPED\",\"state\":null},\"POLICY\":{\"status\":\"skipped\"},"
			"\"NS\":{\"status\":\"NO_ANSWER\"}},\"findings\":[],\"component\":null,\"verdict\":\"no-policy\"}\n",
	},
	{ /* with --direct: nobody vouches for what a name server says, be the flag set; audits, one of them no UTF-8 */
		.observation = { .name = SPAN_LITERAL("example.com"), .mx.answer = { .status = DNS_NXDOMAIN, .tries = 1, .ad = true, .source = SOURCE_DIRECT, .fall_back = FALL_BACK_TIMEOUT },
				 .txt = { [TXT_STS].answer = { .status = DNS_NO_ANSWER, .tries = 1, .source = SOURCE_DIRECT },
					  [TXT_TLSRPT].answer = { .status = DNS_SERVFAIL, .tries = 1, .source = SOURCE_RESOLVER, .fall_back = FALL_BACK_NO_SOA } },
				 .audit = audits, .audit_count = 2 },
		.judgement = { .verdict = VERDICT_NO_POLICY },
		.finding = FINDING_COUNT,
		.line = FRONT "\"MX\":{\"status\":\"NXDOMAIN\",\"ad\":null,\"source\":\"direct\",\"fall_back\":\"timeout\"},"
			"\"STS\":{\"status\":\"NO_ANSWER\",\"ad\":null,\"source\":\"direct\",\"state\":null},"
			"\"TLSRPT\":{\"status\":\"SERVFAIL\",\"source\":\"resolver\",\"fall_back\":\"no-soa\",\"state\":null},\"POLICY\":{\"status\":\"skipped\"}},"
			"\"findings\":[],\"component\":null,\"verdict\":\"no-policy\",\"audit\":["
			"{\"question\":\"MX\",\"kind\":\"absent\",\"direct\":\"NXDOMAIN\",\"resolver\":\"NO_ANSWER\",\"records\":[]},"
			"{\"question\":\"STS\",\"kind\":\"data\",\"direct\":\"NO_ANSWER\",\"resolver\":\"NOERROR\",\"again\":\"NXDOMAIN\",\"records\":[\"v\xc3\xbf\"],\"omitted\":3,\"encoding\":\"latin-1\"}]}\n",
	},
};

static void a_domain_is_the_line_the_interface_says(void **state)
{
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct observation *o = &cases[i].observation;
		struct classification result = { .judgement = cases[i].judgement, .tls_verify = "" };
		struct text out;

		if (cases[i].verify)
			result.tls_verify = cases[i].verify;
		if (cases[i].finding < FINDING_COUNT)
			finding_add(&result.judgement.findings, cases[i].finding);
		sts_record_parse(o->txt[TXT_STS].record, o->txt[TXT_STS].count, 0, &result.sts);
		tlsrpt_record_parse(o->txt[TXT_TLSRPT].record, o->txt[TXT_TLSRPT].count, 0, &result.tlsrpt);
		sts_policy_parse(o->policy.http.body, &result.policy);
		assert_int_equal(text_open(&out, "/dev/null", &error), 0);
		domain_json_write(&out, o, &result);
		text_char(&out, '\0');
		assert_string_equal(out.data, cases[i].line);
		assert_true(utf8_is_valid((struct span){ out.data, out.used }));
		assert_int_equal(text_close(&out, &error), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_is_the_line_the_interface_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
