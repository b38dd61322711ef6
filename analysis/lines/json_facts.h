/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/json_facts.h - facts that occur in several places of a domain's line of JSON. */
#ifndef STSURVEY_ANALYSIS_LINES_JSON_FACTS_H
#define STSURVEY_ANALYSIS_LINES_JSON_FACTS_H

#include "output/json.h"
#include "parsers/finding.h"
#include "parsers/observation.h"

/* Rare facts are written only where there are any. */
void json_count(struct json *json, const char *key, uint64_t count);
void json_flag(struct json *json, const char *key, bool flag);

/* Members of the object that is open: status and what belongs to every answer. */
void json_answer(struct json *json, const struct obs_answer *answer);

/* An object of the answer alone. */
void json_question(struct json *json, const char *key, const struct obs_answer *answer);

void json_address(struct json *json, const char *key, const struct obs_address *address);

/* Members of the object that is open: the names of a certificate, and where octets were read as Latin-1. */
void json_certificate_names(struct json *json, const struct obs_certificate *certificate);

void json_verify_errors(struct json *json, const char *key, const struct obs_verify_error *error, size_t count);

/* The codes, in the order of their numbers. */
void json_findings(struct json *json, const struct finding_set *findings);

#endif
