/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_challenge.h"

#include "parsers/sts_policy.h"

/* What the pages of protection services say, in lower case, and what no other page says so early. Cloudflare puts
 * /cdn-cgi/challenge-platform/scripts/ into ordinary pages, too: that is none. */
static const struct span marks[] = {
	/* Cloudflare */
	SPAN_LITERAL("<title>just a moment"),
	SPAN_LITERAL("attention required! | cloudflare"),
	SPAN_LITERAL("cf-challenge"),
	SPAN_LITERAL("cf-chl"),
	SPAN_LITERAL("_cf_chl_opt"),
	SPAN_LITERAL("/orchestrate/"),
	SPAN_LITERAL("cf-turnstile"),
	/* Imperva, SiteGround, Sucuri, DDoS-Guard, AWS, HUMAN, DataDome */
	SPAN_LITERAL("_incapsula_resource"),
	SPAN_LITERAL("pardon our interruption"),
	SPAN_LITERAL("sgcaptcha"),
	SPAN_LITERAL("sucuri website firewall"),
	SPAN_LITERAL("sucuri_cloudproxy_js"),
	SPAN_LITERAL("ddos-guard"),
	SPAN_LITERAL("awswafcookiedomainlist"),
	SPAN_LITERAL("gokuprops"),
	SPAN_LITERAL("px-captcha"),
	SPAN_LITERAL("captcha-delivery.com"),
	/* Akamai, Alibaba, F5, Fastly, Imunify360, InfinityFree, Kasada, Radware, Vercel, Anubis */
	SPAN_LITERAL("sec-if-cpt-container"),
	SPAN_LITERAL("acw_sc__v2"),
	SPAN_LITERAL("window[\"bobcmn\"]"),
	SPAN_LITERAL("<title>client challenge"),
	SPAN_LITERAL("<title>one moment, please"),
	SPAN_LITERAL("slowaes.decrypt"),
	SPAN_LITERAL("window.kpsdk"),
	SPAN_LITERAL("perfdrive.com"),
	SPAN_LITERAL("vercel security checkpoint"),
	SPAN_LITERAL("<title>making sure you"),
	/* whoever it is */
	SPAN_LITERAL("ddos protection by"),
	SPAN_LITERAL("checking your browser"),
	SPAN_LITERAL("checking if the site connection is secure"),
	SPAN_LITERAL("enable javascript and cookies to continue"),
	SPAN_LITERAL("verify you are human"),
	SPAN_LITERAL("<title>human verification"),
	SPAN_LITERAL("<title>bot verification"),
	SPAN_LITERAL("g-recaptcha"),
	SPAN_LITERAL("h-captcha"),
};

/* May this be a challenge: a refusal, or a page where a policy should be? One that says "not found" is believed. */
static bool may_be_challenge(const struct obs_http *http)
{
	switch (http->status) {
	case 401:
	case 403:
	case 429:
	case 503:
		return true;
	case 404:
	case 410:
		return false;
	default:
		return sts_policy_is_html(http->body);
	}
}

static bool contains(struct span text, struct span mark)
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

	if (http->challenge.p || http->challenged)
		return true;
	if (!may_be_challenge(http))
		return false;
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		if (contains(begin, marks[i]))
			return true;
	}
	return false;
}
