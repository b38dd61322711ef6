/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/tls/verify.h"

#include <openssl/x509_vfy.h>

#include "scanner/base/counted_alloc.h"

static void add(struct verify_errors *errors, int code, int depth)
{
	if (code == X509_V_ERR_OUT_OF_MEM) { /* about us, not about the chain */
		errors->no_memory = true;
		return;
	}
	for (size_t i = 0; i < errors->count; i++) {
		if (errors->error[i].code == code && errors->error[i].depth == depth)
			return;
	}
	if (!errors->error)
		errors->error = arena_alloc(errors->arena, OBS_VERIFY_ERRORS_MAX * sizeof(*errors->error));
	errors->no_memory |= !errors->error;
	if (!errors->error || errors->count == OBS_VERIFY_ERRORS_MAX)
		return;
	errors->error[errors->count++] = (struct obs_verify_error){
		.code = (uint16_t)code,
		.depth = (uint8_t)(depth < 0           ? 0
				   : depth > UINT8_MAX ? UINT8_MAX
						       : depth),
	};
}

/* OpenSSL asks after each failed check whether to go on: always. */
static int on_check(int ok, X509_STORE_CTX *ctx)
{
	if (!ok)
		add(X509_STORE_CTX_get_app_data(ctx), X509_STORE_CTX_get_error(ctx),
		    X509_STORE_CTX_get_error_depth(ctx));
	return 1;
}

void verify_all(X509_STORE_CTX *ctx, struct verify_errors *errors)
{
	unsigned before = counted_alloc_failures();

	X509_STORE_CTX_set_verify_cb(ctx, on_check);
	X509_STORE_CTX_set_depth(ctx, OBS_CHAIN_MAX); /* a chain of a hundred costs a hundred signatures */
	if (X509_STORE_CTX_set_app_data(ctx, errors) == 1 && X509_verify_cert(ctx) != 1) {
		int code = X509_STORE_CTX_get_error(ctx);

		add(errors, code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code, X509_STORE_CTX_get_error_depth(ctx));
	}
	errors->no_memory |= counted_alloc_failures() != before;
}
