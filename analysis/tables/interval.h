/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/interval.h - what a sample says of the list it was taken from: 95 % intervals of a share, and of the
 * change of one between two scans. Pure.
 *
 * A share has Wilson's interval (Wilson 1927; Brown, Cai, DasGupta 2001), which holds for few hits, too: 0 of 10,000 is
 * "up to 0.0384 %", never "0 to 0". It leans to one side, so both ends are told and no "±". The list is finite: of a
 * sample that took the share s of it, n counts as n / (1 - s) (the finite population), where n is what the share is a
 * share of as far as it was sampled, not the size of the sample.
 *
 * It speaks of this list alone. Domains stand together: one provider's fault moves thousands at once, which is no error
 * of the sample.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_INTERVAL_H
#define STSURVEY_ANALYSIS_TABLES_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

enum {
	INTERVAL_FEW = 5
}; /* hits below which the interval is off to one side: 3 % below it where 5 % is meant in all */

struct interval {
	bool known; /* there is something to have an interval of */
	bool few;   /* fewer than INTERVAL_FEW hits */
	double low, high;
};

/* Of the share @hits / @of where the share @sample (0 to 1) of the list was taken; 1: all of it, which is certain. Not
 * known where @of is 0 or @hits more. */
struct interval interval_of_share(uint64_t hits, uint64_t of, double sample);

/* Of the change ((@came - @went) / @of) of a share between two scans of one sample: @of domains that are in both, @came
 * of them have now what they had not, @went the reverse (McNemar). Two intervals side by side would overstate the
 * error: the domains are the same. Few: by @came and @went together. */
struct interval interval_of_pairs(uint64_t came, uint64_t went, uint64_t of, double sample);

/* The word for it in a table or a text: "few", or "". */
const char *interval_note(const struct interval *interval);

#endif
