/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/words/sentence.h - the texts of the findings table, which are of any domain, said of one. */
#ifndef STSURVEY_ANALYSIS_WORDS_SENTENCE_H
#define STSURVEY_ANALYSIS_WORDS_SENTENCE_H

#include "output/text.h"
#include "parsers/observation.h"

struct sentence_about {
	struct span domain;
	unsigned https_port; /* 0: 443, of which the table speaks */
	struct span host;    /* the MX host that it is about; empty: "the mail server" stays */
};

/* @text with the names of @about in place of <domain>, "the mail server" and "port 443". What strangers wrote is shown
 * as text_show does. */
void sentence_put(struct text *out, const char *text, const struct sentence_about *about);

#endif
