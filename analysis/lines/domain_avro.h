/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_avro.h - a domain's line of JSON as a datum of Avro 1.11, and the schema of it.
 *
 * The record has the members of docs/domain.schema.json, with their names; a record within is called after its path, as
 * results_STS_data. Everything but the record itself is a union with null, which stands first and for what is absent,
 * too. Whole numbers are long, and null where they are larger than that.
 */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_AVRO_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_AVRO_H

#include "analysis/lines/domain_members.h"
#include "output/text.h"

/* Append the schema (JSON) of what was chosen. */
void domain_avro_schema(struct text *out, const struct domain_choice *choice);

/* Append the datum of @line to a text in memory, as the schema of @choice has it. */
void domain_avro_write(struct text *out, struct span line, const struct domain_choice *choice);

#endif
