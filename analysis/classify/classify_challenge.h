/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_challenge.h - does an answer challenge the client, instead of answering it? Services that
 * protect a host from robots do so, and a sender is one.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_CHALLENGE_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_CHALLENGE_H

#include "parsers/observation.h"

/* A field that says so, or what such pages say: under a status that refuses, or in a page under any but 404 and 410. */
bool classify_challenge(const struct obs_http *http);

#endif
