/* scanner/rules/pace_table.h - a token bucket for each key: an address, a provider's domain.
 *
 * Thousands of domains share one policy host, and behind many names stands one provider. The table is bounded: the key
 * asked for longest ago makes room for a new one. A forgotten bucket is a full one, so with more keys than are asked
 * for within a bucket's time to fill, nobody gets more than the rate. Any thread; no clock inside.
 */
#ifndef STSURVEY_SCANNER_RULES_PACE_TABLE_H
#define STSURVEY_SCANNER_RULES_PACE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "parsers/observation.h"
#include "parsers/span.h"

enum { PACE_TABLE_KEYS = 16384 }; /* 1 MiB; more hosts than any scan keeps busy at once */

struct pace_table;

/* Each key gets @rate tokens a second (0: no limit) and @burst at once. @keys: how many are remembered. NULL:
 * no memory. */
struct pace_table *pace_table_new(size_t keys, double rate, double burst);
void pace_table_free(struct pace_table *table);

/* Reserve one token of @key: microseconds from @now_us until it may be used, 0 for at once. The token is
 * spent, so whoever waits that long need not ask again and is served in the order of asking. */
uint64_t pace_table_reserve(struct pace_table *table, uint64_t key, uint64_t now_us);

/* Keys: hashes; two that clash share a bucket, which is only ever too polite. */
uint64_t pace_key_address(const struct obs_address *address);
uint64_t pace_key_text(struct span text); /* ASCII case does not matter */

#endif
