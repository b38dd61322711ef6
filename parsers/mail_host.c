/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/mail_host.h"

const char *const smtp_phase_names[SMTP_PHASE_COUNT] = {
	[SMTP_NOT_TRIED] = "",    [SMTP_CONNECT] = "connect",   [SMTP_GREETING] = "greeting",
	[SMTP_EHLO] = "ehlo",     [SMTP_STARTTLS] = "starttls", [SMTP_HANDSHAKE] = "handshake",
	[SMTP_SECURE] = "secure",
};

const char *const dane_match_names[DANE_MATCH_COUNT] = {
	[DANE_NOT_TRIED] = "",
	[DANE_MATCH] = "match",
	[DANE_MISMATCH] = "mismatch",
	[DANE_NONE_USABLE] = "none-usable",
	[DANE_MATCH_FAILED] = "match-failed",
};

const char *const vantage_state_names[VANTAGE_STATE_COUNT] = {
	[VANTAGE_UNTESTED] = "untested",       [VANTAGE_OPEN] = "open",       [VANTAGE_BLOCKED] = "blocked",
	[VANTAGE_INTERCEPTED] = "intercepted", [VANTAGE_PARTIAL] = "partial", [VANTAGE_NO_ROUTE] = "no-route",
};
