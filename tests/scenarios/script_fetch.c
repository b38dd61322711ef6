/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenarios/script_reading.h"

enum {
	LEAF_SECONDS = 90 * 86400, /* a certificate is valid from a day before the scan until so much after it */
};

static const char *connect_word(int value)
{
	return connect_status_names[value];
}

static const char *failure_word(int value)
{
	static const char *const words[] = { "complete", "timeout", "too-large", "protocol" };

	return words[value];
}

static const char *tls_word(int value)
{
	static const char *const words[] = { "none", "1.0", "1.1", "1.2", "1.3" };

	return words[value];
}

static bool on_fetch(struct script_reading *reading, struct words w)
{
	struct script_run *run = reading->run;
	struct net_fake_fetch *fetch = &run->fetch;
	struct obs_policy *outcome = &fetch->outcome;

	if (!script_answer_seal(reading) || fetch->expected || w.count - 1 > OBS_ADDRESS_MAX)
		return false;
	reading->in_fetch = true;
	fetch->expected = true;
	fetch->after_ms = SCRIPT_AFTER_MS;
	fetch->host = script_name(reading, SPAN_LITERAL("mta-sts.@")).p;
	for (int i = 1; i < w.count; i++)
		if (!address_parse(w.word[i], &fetch->address[fetch->address_count++]))
			return false;
	run->name[0] = span_of(fetch->host);
	run->leaf = (struct obs_certificate){ .common_name = run->name[0],
					      .issuer = SPAN_LITERAL("CN=Some CA"),
					      .not_before = run->wall_ms / 1000 - 86400,
					      .not_after = run->wall_ms / 1000 + LEAF_SECONDS,
					      .name = run->name,
					      .name_count = 1 };
	run->leaf.sha256[0] = 1;
	outcome->status = CONNECT_SUCCESS;
	outcome->fetch_ms = 50;
	outcome->tls =
		(struct obs_tls){ .version = TLS_1_3, .chain = &run->leaf, .chain_count = 1, .error = run->error };
	outcome->http = (struct obs_http){ .status = 200, .content_type = SPAN_LITERAL("text/plain") };
	return true;
}

/* What a connection without TLS leaves. */
static bool on_connect(struct script_reading *reading, struct words w)
{
	struct obs_policy *outcome = &reading->run->fetch.outcome;
	int status = script_value(w.word[1], CONNECT_STATUS_COUNT, connect_word);

	outcome->status = (enum connect_status)status;
	if (outcome->status >= CONNECT_REFUSED && outcome->status <= CONNECT_UNREACHABLE)
		outcome->tls = (struct obs_tls){ 0 };
	if (outcome->status != CONNECT_SUCCESS)
		outcome->http = (struct obs_http){ 0 };
	if (outcome->status == CONNECT_IO_TIMEOUT)
		outcome->http.failure = HTTP_TIMEOUT;
	if (outcome->status == CONNECT_PROTOCOL_ERROR)
		outcome->http.failure = HTTP_PROTOCOL;
	return reading->in_fetch && status < CONNECT_STATUS_COUNT;
}

static bool on_target(struct script_reading *reading, struct words w)
{
	const char *name = script_name(reading, w.word[1]).p;

	if (reading->probe)
		reading->probe->target = name;
	else
		reading->run->fetch.target = name;
	return reading->in_fetch || reading->probe;
}

static bool on_used(struct script_reading *reading, struct words w)
{
	reading->run->fetch.outcome.address_used = (int8_t)script_number(w.word[1]);
	return reading->in_fetch;
}

static bool on_tls(struct script_reading *reading, struct words w)
{
	int version = script_value(w.word[1], TLS_VERSION_COUNT, tls_word);

	reading->run->fetch.outcome.tls.version = (enum tls_version)version;
	return reading->in_fetch && version < TLS_VERSION_COUNT;
}

static bool on_no_certificate(struct script_reading *reading, struct words w)
{
	struct obs_tls *tls = &reading->run->fetch.outcome.tls;

	tls->chain_count = 0;
	if (span_equal(w.word[0], SPAN_LITERAL("alert"))) {
		tls->alerted = true;
		tls->alert = (uint8_t)script_number(w.word[1]);
	}
	return reading->in_fetch;
}

static bool on_san(struct script_reading *reading, struct words w)
{
	struct obs_certificate *leaf = &reading->run->leaf;

	for (int i = 1; i < w.count; i++)
		reading->run->name[i - 1] = script_name(reading, w.word[i]);
	leaf->name_count = (size_t)w.count - 1;
	return reading->in_fetch;
}

static bool on_cn(struct script_reading *reading, struct words w)
{
	reading->run->leaf.common_name = script_name(reading, w.word[1]);
	return reading->in_fetch;
}

static bool on_expires(struct script_reading *reading, struct words w)
{
	reading->run->leaf.not_after = reading->run->wall_ms / 1000 + strtol(w.word[1].p, NULL, 10);
	return reading->in_fetch;
}

static bool on_verify(struct script_reading *reading, struct words w)
{
	struct obs_tls *tls = &reading->run->fetch.outcome.tls;

	if (tls->error_count == OBS_VERIFY_ERRORS_MAX)
		return false;
	reading->run->error[tls->error_count++] = (struct obs_verify_error){
		(uint16_t)script_number(w.word[1]), w.count > 2 ? (uint8_t)script_number(w.word[2]) : 0
	};
	return reading->in_fetch;
}

static bool on_http(struct script_reading *reading, struct words w)
{
	reading->run->fetch.outcome.http.status = (uint16_t)script_number(w.word[1]);
	return reading->in_fetch;
}

static bool on_type(struct script_reading *reading, struct words w)
{
	reading->run->fetch.outcome.http.content_type = span_equal(w.word[1], SPAN_LITERAL("-"))
								? (struct span){ NULL, 0 }
								: w.word[1];
	return reading->in_fetch;
}

static bool on_location(struct script_reading *reading, struct words w)
{
	reading->run->fetch.outcome.http.location = w.word[1];
	return reading->in_fetch;
}

static bool on_challenge(struct script_reading *reading, struct words w)
{
	reading->run->fetch.outcome.http.challenge = w.word[1];
	return reading->in_fetch;
}

static bool on_failure(struct script_reading *reading, struct words w)
{
	int failure = script_value(w.word[1], HTTP_FAILURE_COUNT, failure_word);

	reading->run->fetch.outcome.http.failure = (enum http_failure)failure;
	return reading->in_fetch && failure < HTTP_FAILURE_COUNT;
}

/* Words are joined. The same hash for the same octets, as a body is stored by it. */
static bool on_body(struct script_reading *reading, struct words w)
{
	struct obs_http *http = &reading->run->fetch.outcome.http;
	size_t size = 0;
	char *text;

	for (int i = 1; i < w.count; i++)
		size += w.word[i].n;
	text = script_keep(&reading->memory, size);
	http->body.n = 0;
	http->body.p = text;
	for (int i = 1; i < w.count; i++) {
		memcpy(text + http->body.n, w.word[i].p, w.word[i].n);
		http->body.n += w.word[i].n;
	}
	http->size = http->body.n;
	for (size_t i = 0; i < http->body.n; i++)
		http->body_sha256[i % 32] = (uint8_t)(http->body_sha256[i % 32] * 31 + (uint8_t)http->body.p[i] + i);
	return reading->in_fetch;
}

static bool on_size(struct script_reading *reading, struct words w)
{
	reading->run->fetch.outcome.http.size = script_number(w.word[1]);
	return reading->in_fetch;
}

const struct script_word script_fetch_words[] = {
	{ "fetch", on_fetch, 1 },
	{ "connect", on_connect, 2 },
	{ "target", on_target, 2 },
	{ "used", on_used, 2 },
	{ "tls", on_tls, 2 },
	{ "alert", on_no_certificate, 2 },
	{ "no-certificate", on_no_certificate, 1 },
	{ "san", on_san, 1 },
	{ "cn", on_cn, 2 },
	{ "expires", on_expires, 2 },
	{ "verify", on_verify, 2 },
	{ "http", on_http, 2 },
	{ "type", on_type, 2 },
	{ "location", on_location, 2 },
	{ "challenge", on_challenge, 2 },
	{ "failure", on_failure, 2 },
	{ "body", on_body, 2 },
	{ "size", on_size, 2 },
	{ 0 },
};
