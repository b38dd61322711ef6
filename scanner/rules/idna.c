/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/idna.h"

#include <stdlib.h>

#include <idn2.h>

/* UTF-8 of the longest name: libidn2 refuses more than 255 code points, each of at most 4 octets. */
enum { IDNA_TEXT_MAX = 255 * 4 };

static bool take_ascii(struct span text, char out[static DOMAIN_NAME_MAX], size_t *n)
{
	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	if (text.n == 0 || text.n > DOMAIN_NAME_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		out[i] = ascii_lower(text.p[i]);
	*n = text.n;
	return domain_is_name((struct span){ out, text.n });
}

bool idna_name(struct span text, char out[static DOMAIN_NAME_MAX], size_t *n)
{
	char copy[IDNA_TEXT_MAX + 1];
	uint8_t *ascii = NULL;
	bool is_name;

	if (span_is_ascii(text))
		return take_ascii(text, out, n);
	if (text.n > IDNA_TEXT_MAX || memchr(text.p, '\0', text.n))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (idn2_lookup_u8((const uint8_t *)copy, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	is_name = take_ascii(span_of((const char *)ascii), out, n);
	idn2_free(ascii);
	return is_name;
}

const char *idna_library_version(void)
{
	return idn2_check_version(NULL);
}
