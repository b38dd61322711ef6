/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/words/tls_words.h - what the alerts of a failed handshake mean, for a person. */
#ifndef STSURVEY_ANALYSIS_WORDS_TLS_WORDS_H
#define STSURVEY_ANALYSIS_WORDS_TLS_WORDS_H

#include <stdint.h>

/* A fatal alert's name in RFC 8446 6; "" where it has none there. */
const char *tls_words_of_alert(uint8_t alert);

#endif
