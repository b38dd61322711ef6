/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/slow_operators.h"

#include <string.h>

_Static_assert((int)DOMAIN_NAME_MAX <= UINT8_MAX, "n holds it");

static unsigned place_of(struct slow_operators *slow, struct span name)
{
	unsigned i = 0;

	while (i < slow->count && !span_equal((struct span){ slow->of[i].name, slow->of[i].n }, name))
		i++;
	if (i < slow->count)
		return i;
	if (slow->count < SLOW_OPERATORS_MAX)
		slow->count++;
	i = slow->count - 1; /* the one with the fewest */
	slow->of[i] = (struct slow_operator){ .n = (uint8_t)name.n };
	memcpy(slow->of[i].name, name.p, name.n);
	return i;
}

void slow_operators_note(struct slow_operators *slow, struct span operator, uint64_t waiting)
{
	struct slow_operator *of = slow->of;
	unsigned i;

	if (!operator.p || operator.n> DOMAIN_NAME_MAX)
		return;
	i = place_of(slow, operator);
	of[i].seconds++;
	of[i].most = waiting > of[i].most ? waiting : of[i].most;
	for (; i > 0 && of[i].seconds > of[i - 1].seconds; i--) {
		struct slow_operator other = of[i];

		of[i] = of[i - 1];
		of[i - 1] = other;
	}
}
