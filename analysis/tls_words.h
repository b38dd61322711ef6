/* analysis/tls_words.h - what the numbers of a failed handshake mean, for a person. */
#ifndef STSURVEY_ANALYSIS_TLS_WORDS_H
#define STSURVEY_ANALYSIS_TLS_WORDS_H

#include <stdint.h>

/* X509_V_ERR_… of OpenSSL 3, as what follows "the certificate": "has expired". */
const char *tls_words_of_error(uint16_t code);

/* A fatal alert's name in RFC 8446 6; "" where it has none there. */
const char *tls_words_of_alert(uint8_t alert);

#endif
