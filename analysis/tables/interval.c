/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/interval.h"

#include <math.h>

static const double quantile = 1.959963984540054; /* of the normal distribution: 95 % lie within, both sides */

/* The upper end of Wilson's interval of no hits. */
static double wilson_zero(double n)
{
	return quantile * quantile / (n + quantile * quantile);
}

static struct interval certain(double value, bool few)
{
	return (struct interval){ .known = true, .few = few, .low = value, .high = value };
}

struct interval interval_of_share(uint64_t hits, uint64_t of, double sample)
{
	const double square = quantile * quantile;
	bool few = hits < INTERVAL_FEW;
	double share, n, middle, half;

	if (of == 0 || hits > of)
		return (struct interval){ 0 };
	share = (double)hits / (double)of;
	if (sample >= 1)
		return certain(share, few);
	n = (double)of / (1 - sample);
	middle = (share + square / (2 * n)) / (1 + square / n);
	half = quantile / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n));
	/* at the two ends nothing is left of the sum but what rounding makes of it */
	return (struct interval){
		.known = true,
		.few = few,
		.low = hits == 0 ? 0 : fmax(0, middle - half),
		.high = hits == of ? 1 : fmin(1, middle + half),
	};
}

struct interval interval_of_pairs(uint64_t came, uint64_t went, uint64_t of, double sample)
{
	double n = (double)of, moved = (double)came + (double)went, change = ((double)came - (double)went) / n, half;
	bool few = moved < INTERVAL_FEW;

	if (of == 0 || came > of || went > of - came)
		return (struct interval){ 0 };
	if (sample >= 1)
		return certain(change, few);
	/* n (change)^2 is (b - c)^2 / n; that nothing moved in the sample does not say that nothing did */
	half = moved > 0 ? quantile * sqrt((moved - n * change * change) * (1 - sample)) / n
			 : wilson_zero(n / (1 - sample));
	return (struct interval){
		.known = true,
		.few = few,
		.low = fmax(-1, change - half),
		.high = fmin(1, change + half),
	};
}

const char *interval_note(const struct interval *interval)
{
	return interval->known && interval->few ? "few" : "";
}
