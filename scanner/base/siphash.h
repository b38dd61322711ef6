/* scanner/base/siphash.h - SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012): a hash of what strangers choose, under
 * a key that they don't know, so that no two of their texts meet on purpose; by chance, never in practice.
 */
#ifndef STSURVEY_SCANNER_BASE_SIPHASH_H
#define STSURVEY_SCANNER_BASE_SIPHASH_H

#include <stdint.h>

#include "parsers/span.h"

struct siphash {
	uint64_t part[2];
};

struct siphash siphash(const uint64_t key[2], struct span text);

#endif
