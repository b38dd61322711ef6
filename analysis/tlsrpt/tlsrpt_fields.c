/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_fields.h"

#include "analysis/tlsrpt/tlsrpt_report.h"

const struct tlsrpt_field tlsrpt_fields[] = {
	{ .within = PLACE_TOP, .key = "organization-name", .member = MEMBER_ORGANIZATION, .marks_a_report = true },
	{ .within = PLACE_TOP, .key = "date-range", .inside = PLACE_RANGE, .marks_a_report = true },
	{ .within = PLACE_TOP, .key = "contact-info", .member = MEMBER_CONTACT },
	{ .within = PLACE_TOP, .key = "report-id", .member = MEMBER_ID, .marks_a_report = true },
	{ .within = PLACE_TOP, .key = "policies", .inside = PLACE_ROW, .is_array = true, .marks_a_report = true },
	{ .within = PLACE_RANGE, .key = "start-datetime", .member = MEMBER_START },
	{ .within = PLACE_RANGE, .key = "end-datetime", .member = MEMBER_END },
	{ .within = PLACE_ROW, .key = "policy", .inside = PLACE_POLICY },
	{ .within = PLACE_ROW, .key = "summary", .inside = PLACE_SUMMARY },
	{ .within = PLACE_ROW, .key = "failure-details", .inside = PLACE_DETAIL, .is_array = true },
	{ .within = PLACE_POLICY, .key = "policy-type", .member = MEMBER_TYPE },
	{ .within = PLACE_POLICY, .key = "policy-string", .member = MEMBER_LINES, .is_array = true },
	{ .within = PLACE_POLICY, .key = "policy-domain", .member = MEMBER_DOMAIN },
	{ .within = PLACE_POLICY, .key = "mx-host", .member = MEMBER_HOSTS, .is_array = true },
	{ .within = PLACE_POLICY,
	  .key = "mx-host-pattern",
	  .member = MEMBER_HOSTS,
	  .is_array = true,
	  .is_draft = true },
	{ .within = PLACE_SUMMARY, .key = "total-successful-session-count", .member = MEMBER_SUCCEEDED },
	{ .within = PLACE_SUMMARY, .key = "total-failure-session-count", .member = MEMBER_FAILED },
	{ .within = PLACE_DETAIL, .key = "result-type", .member = MEMBER_DETAIL_TEXT + TLSRPT_RESULT_TYPE },
	{ .within = PLACE_DETAIL, .key = "sending-mta-ip", .member = MEMBER_DETAIL_TEXT + TLSRPT_SENDING_IP },
	{ .within = PLACE_DETAIL, .key = "receiving-mx-hostname", .member = MEMBER_DETAIL_TEXT + TLSRPT_RECEIVING_MX },
	{ .within = PLACE_DETAIL, .key = "receiving-mx-helo", .member = MEMBER_DETAIL_TEXT + TLSRPT_RECEIVING_HELO },
	{ .within = PLACE_DETAIL, .key = "receiving-ip", .member = MEMBER_DETAIL_TEXT + TLSRPT_RECEIVING_IP },
	{ .within = PLACE_DETAIL,
	  .key = "additional-information",
	  .member = MEMBER_DETAIL_TEXT + TLSRPT_MORE_INFORMATION },
	{ .within = PLACE_DETAIL,
	  .key = "additional-info-uri",
	  .member = MEMBER_DETAIL_TEXT + TLSRPT_MORE_INFORMATION,
	  .is_draft = true },
	{ .within = PLACE_DETAIL, .key = "failure-reason-code", .member = MEMBER_DETAIL_TEXT + TLSRPT_REASON },
	{ .within = PLACE_DETAIL,
	  .key = "failure-error-code",
	  .member = MEMBER_DETAIL_TEXT + TLSRPT_REASON,
	  .is_draft = true },
	{ .within = PLACE_DETAIL, .key = "failed-session-count", .member = MEMBER_SESSIONS },
};

const size_t tlsrpt_field_count = COUNT_OF(tlsrpt_fields);

const struct tlsrpt_field tlsrpt_field_top = { .key = "", .inside = PLACE_TOP };
