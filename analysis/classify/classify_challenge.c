#include "analysis/classify/classify_challenge.h"

#include "parsers/sts_policy.h"

/* What the pages of protection services say, in lower case. */
static const struct span marks[] = {
	SPAN_LITERAL("<title>just a moment"),
	SPAN_LITERAL("cf-challenge"),
	SPAN_LITERAL("cf-chl"),
	SPAN_LITERAL("_cf_chl_opt"),
	SPAN_LITERAL("challenge-platform"),
	SPAN_LITERAL("attention required! | cloudflare"),
	SPAN_LITERAL("_incapsula_resource"),
	SPAN_LITERAL("ddos-guard"),
	SPAN_LITERAL("sgcaptcha"),
	SPAN_LITERAL("sucuri website firewall"),
	SPAN_LITERAL("awswafcookiedomainlist"),
	SPAN_LITERAL("px-captcha"),
	SPAN_LITERAL("captcha-delivery.com"),
	SPAN_LITERAL("checking your browser"),
	SPAN_LITERAL("verify you are human"),
	SPAN_LITERAL("g-recaptcha"),
	SPAN_LITERAL("h-captcha"),
};

static const uint16_t refusals[] = { 401, 403, 429, 503 };

static bool has(struct span text, struct span mark)
{
	for (size_t at = 0; at + mark.n <= text.n; at++) {
		if (span_equal_nocase((struct span){ text.p + at, mark.n }, mark))
			return true;
	}
	return false;
}

bool classify_challenge(const struct obs_http *http)
{
	/* No more than is kept of a refusal: an ordinary page may hold a captcha further down, in a form. */
	struct span begin = { http->body.p, http->body.n < HTTP_ERROR_BODY_MAX ? http->body.n : HTTP_ERROR_BODY_MAX };
	bool is_page = http->status == 200 && sts_policy_is_html(http->body);

	if (http->challenge.p || http->challenged)
		return true;
	for (size_t i = 0; i < COUNT_OF(refusals); i++)
		is_page |= http->status == refusals[i];
	for (size_t i = 0; is_page && i < COUNT_OF(marks); i++) {
		if (has(begin, marks[i]))
			return true;
	}
	return false;
}
