/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/host_json.h - one MX host of a domain, as the object `smtp` of its record in a domain's line of JSON.
 *
 * What zgrab2's module smtp has is named as there: banner, helo, ehlo, starttls, quit, tls.handshake_log. These are of
 * the connection that decided; the others stand in `other_probes`, in the same form.
 */
#ifndef STSURVEY_ANALYSIS_LINES_HOST_JSON_H
#define STSURVEY_ANALYSIS_LINES_HOST_JSON_H

#include "analysis/classify/mx_judgement.h"
#include "output/json.h"
#include "parsers/mail_host.h"

/* @host NULL: it is not known. Nothing is written where nobody asked. */
void host_json_write(struct json *json, const struct obs_host *host, const struct mx_judgement *mx);

#endif
