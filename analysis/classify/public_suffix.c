#include "analysis/classify/public_suffix.h"

#include <libpsl.h>

#include "parsers/domain.h"

struct public_suffix_cut public_suffix_cut(struct span name)
{
	struct public_suffix_cut cut = { name, name, name, { name.p, 0 } };
	char text[DOMAIN_NAME_MAX + 1]; /* libpsl wants lower case and a NUL */
	const char *registrable;
	size_t skip;

	if (name.n == 0 || name.n > DOMAIN_NAME_MAX)
		return cut;
	for (size_t i = 0; i < name.n; i++)
		text[i] = ascii_lower(name.p[i]);
	text[name.n] = '\0';
	if (strlen(text) != name.n) /* a NUL within: no host name, nothing to look up */
		return cut;
	registrable = psl_registrable_domain(psl_builtin(), text);
	if (!registrable)
		return cut;
	skip = (size_t)(registrable - text);
	cut.registrable = span_skip(name, skip);
	cut.label = (struct span){ cut.registrable.p, span_find(cut.registrable, 0, '.') };
	cut.suffix = span_skip(cut.registrable, cut.label.n < cut.registrable.n ? cut.label.n + 1 : cut.label.n);
	return cut;
}

struct span public_suffix_registered(struct span name)
{
	char text[DOMAIN_NAME_MAX + 1];
	size_t at = 0;

	if (name.n == 0 || name.n > DOMAIN_NAME_MAX)
		return name;
	for (size_t i = 0; i < name.n; i++)
		text[i] = ascii_lower(name.p[i]);
	text[name.n] = '\0';
	if (strlen(text) != name.n)
		return name;
	for (size_t dot = span_find(name, 0, '.'); dot < name.n; dot = span_find(name, at, '.')) {
		if (psl_is_public_suffix2(psl_builtin(), text + dot + 1, PSL_TYPE_ICANN))
			break;
		at = dot + 1;
	}
	return span_skip(name, at);
}
