/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/finding.h"

const struct finding_info finding_table[FINDING_COUNT] = {
#include "finding_table.inc"
};

const char *const component_names[COMPONENT_COUNT] = {
	[COMPONENT_NONE] = "",         [COMPONENT_RECORD] = "record",   [COMPONENT_DNS] = "dns",
	[COMPONENT_TCP] = "tcp",       [COMPONENT_TLS] = "tls",         [COMPONENT_HTTP] = "http",
	[COMPONENT_SYNTAX] = "syntax", [COMPONENT_MX] = "mx",           [COMPONENT_MXTLS] = "mxtls",
	[COMPONENT_OK] = "ok",         [COMPONENT_UNKNOWN] = "unknown", [COMPONENT_DANE] = "dane",
	[COMPONENT_TLSRPT] = "tlsrpt",
};

const char *const severity_names[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = "info",   [SEVERITY_WARNING] = "warning",     [SEVERITY_TOLERATED] = "tolerated",
	[SEVERITY_ERROR] = "error", [SEVERITY_TRANSIENT] = "transient",
};

enum finding finding_next(const struct finding_set *set, unsigned from)
{
	for (unsigned f = from; f < FINDING_COUNT;) {
		uint64_t rest = set->word[f / 64] >> (f % 64);

		if (rest != 0)
			return (enum finding)(f + (unsigned)__builtin_ctzll(rest));
		f = (f / 64 + 1) * 64;
	}
	return FINDING_COUNT;
}

enum finding finding_first(const struct finding_set *set, enum severity severity, enum component component)
{
	enum finding f = finding_next(set, 0);

	while (f < FINDING_COUNT && (finding_table[f].severity != severity ||
				     (component != COMPONENT_NONE && finding_table[f].component != component)))
		f = finding_next(set, f + 1);
	return f;
}
