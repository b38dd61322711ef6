#include "parsers/span.h"

bool span_starts_with_nocase(struct span s, struct span prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
			return false;
	return true;
}

bool span_equal_nocase(struct span a, struct span b)
{
	return a.n == b.n && span_starts_with_nocase(a, b);
}

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.n > 0 && is_wsp(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && is_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

size_t span_find(struct span s, size_t from, char needle)
{
	const char *hit = from < s.n ? memchr(s.p + from, needle, s.n - from) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}
