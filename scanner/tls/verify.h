/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/tls/verify.h - a chain judged to its end: every error, each once. */
#ifndef STSURVEY_SCANNER_TLS_VERIFY_H
#define STSURVEY_SCANNER_TLS_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

#include "parsers/observation.h"
#include "scanner/base/arena.h"

struct verify_errors {
	struct arena *arena; /* the caller's: where they are put */
	struct obs_verify_error *error;
	size_t count;   /* OBS_VERIFY_ERRORS_MAX at most: those that come first */
	bool no_memory; /* some are missing, or the judgement is none: the arena's cap, or memory */
};

/* Verify as @ctx says, OBS_CHAIN_MAX deep, and go on after each error. */
void verify_all(X509_STORE_CTX *ctx, struct verify_errors *errors);

#endif
