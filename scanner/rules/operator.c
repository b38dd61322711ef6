#include "scanner/rules/operator.h"

#include "analysis/classify/public_suffix.h"
#include "parsers/hash.h"
#include "scanner/base/extra.h"

struct span operator_of_host(struct span host)
{
	return public_suffix_cut(host).registrable;
}

struct span operator_name(struct span servers)
{
	struct span first;

	if (extra_items(servers, &first, 1) == 0)
		return (struct span){ NULL, 0 };
	return operator_of_host(first);
}

uint64_t operator_of(struct span servers)
{
	struct span name = operator_name(servers);

	return name.p ? hash_span(name) : 0;
}
