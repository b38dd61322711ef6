/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_punycode.h"

#include "parsers/utf8.h"

/* RFC 3492 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80, LABEL_MAX = 63 };

struct name {
	char *text;
	size_t n;
};

static bool put(struct name *name, char c)
{
	if (name->n == SENDER_NAME_MAX)
		return false;
	name->text[name->n++] = c;
	return true;
}

/* Small letters of Latin-1, Greek and Cyrillic; other scripts with two cases are rare in host names. */
static uint32_t lower(uint32_t c)
{
	if (c < 0x80)
		return (unsigned char)ascii_lower((char)c);
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	return c >= 0x100 && c <= 0x137 && c % 2 == 0 ? c + 1 : c;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static bool put_delta(struct name *name, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		uint32_t digit = delta < t ? delta : t + (delta - t) % (BASE - t);

		if (!put(name, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26)))
			return false;
		if (delta < t)
			return true;
		delta = (delta - t) / (BASE - t);
	}
}

static bool encode(const uint32_t *c, uint32_t count, struct name *name)
{
	uint32_t n = FIRST, delta = 0, bias = BIAS, done = 0, basic;

	for (uint32_t i = 0; i < count; i++)
		if (c[i] < FIRST && (done++, !put(name, (char)c[i])))
			return false;
	basic = done;
	if (basic > 0 && !put(name, '-'))
		return false;
	while (done < count) {
		uint32_t next = UINT32_MAX;

		for (uint32_t i = 0; i < count; i++)
			if (c[i] >= n && c[i] < next)
				next = c[i];
		delta += (next - n) * (done + 1); /* at most 63 × 0x10ffff */
		n = next;
		for (uint32_t i = 0; i < count; i++) {
			if (c[i] < n)
				delta++;
			if (c[i] != n)
				continue;
			if (!put_delta(name, delta, bias))
				return false;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return true;
}

static bool put_label(struct span label, struct name *name)
{
	uint32_t c[LABEL_MAX], count = 0;
	bool is_ascii = span_is_ascii(label);

	while (label.n > 0) {
		size_t n = utf8_length(label);

		if (n == 0 || count == LABEL_MAX)
			return false;
		c[count++] = lower(utf8_character(label, &n));
		label = span_skip(label, n);
	}
	for (uint32_t i = 0; is_ascii && i < count; i++)
		if (!put(name, (char)c[i]))
			return false;
	return is_ascii ||
	       (put(name, 'x') && put(name, 'n') && put(name, '-') && put(name, '-') && encode(c, count, name));
}

bool sender_name_to_ascii(struct span name, char text[static SENDER_NAME_MAX], size_t *length)
{
	struct name made = { text, 0 };

	for (;;) {
		size_t end = span_find(name, 0, '.');

		if (!put_label((struct span){ name.p, end }, &made))
			return false;
		if (end == name.n)
			break;
		if (!put(&made, '.'))
			return false;
		name = span_skip(name, end + 1);
	}
	*length = made.n;
	return true;
}
