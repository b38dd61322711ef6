/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/words/verdict_words.h - what a verdict means, for a person: half a sentence each; NULL for NOT_ASKED. */
#ifndef STSURVEY_ANALYSIS_WORDS_VERDICT_WORDS_H
#define STSURVEY_ANALYSIS_WORDS_VERDICT_WORDS_H

#include "analysis/classify/judgement.h"

extern const char *const verdict_words[VERDICT_COUNT];

#endif
