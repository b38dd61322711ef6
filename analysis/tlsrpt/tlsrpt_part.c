/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_part.h"

#include <stdlib.h>

#include "analysis/tlsrpt/tlsrpt_gzip.h"
#include "analysis/tlsrpt/tlsrpt_json.h"
#include "analysis/tlsrpt/tlsrpt_reader.h"

/* One layer: the octets as they come, and what is in their gzip. */
struct layer {
	enum tlsrpt_form form; /* UNKNOWN: not yet enough of it */
	size_t n;
	char head[TLSRPT_HEAD];
};

struct tlsrpt_part {
	const struct tlsrpt_part_events *events;
	void *arg;
	struct tlsrpt_reader *reader;
	struct tlsrpt_gzip *gzip;
	struct tlsrpt_hints hints;
	struct layer outer, inner;
	struct tlsrpt_part_end end;
	uint64_t unpacked; /* octets of JSON that were in gzip */
	bool done;         /* nothing more is of interest */
	bool failed;       /* … for this reason */
	struct error error;
};

/* ---- what is it? ---- */

static bool begins(struct span s, const char *p, size_t n)
{
	return span_starts_with(s, (struct span){ p, n });
}

/* "Return-Path: …": the name of a field, and a colon (RFC 5322 2.2). */
static bool is_header_line(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] > ' ' && s.p[n] != ':' && s.p[n] != 0x7f)
		n++;
	return n > 0 && n < s.n && s.p[n] == ':' && s.p[0] != '"' && s.p[0] != '[';
}

enum tlsrpt_form tlsrpt_form_of(struct span head)
{
	static const struct {
		const char *octets;
		size_t n;
		enum tlsrpt_form form;
	} marks[] = {
		{ "\x1f\x8b", 2, TLSRPT_FORM_GZIP },
		{ "PK\x03\x04", 4, TLSRPT_FORM_ZIP },
		{ "\xff\xfe", 2, TLSRPT_FORM_UTF16 },
		{ "\xfe\xff", 2, TLSRPT_FORM_UTF16 },
	};
	struct span s = head;

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (begins(head, marks[i].octets, marks[i].n))
			return marks[i].form;
	if (begins(s, "\xef\xbb\xbf", 3))
		s = span_skip(s, 3);
	while (s.n > 0 && ascii_is_space(s.p[0]))
		s = span_skip(s, 1);
	if (s.n == 0) /* much white space may have something behind it */
		return head.n < TLSRPT_HEAD ? TLSRPT_FORM_EMPTY : TLSRPT_FORM_JSON;
	if (s.p[0] == '{' || s.p[0] == '[')
		return TLSRPT_FORM_JSON;
	if (begins(s, "From ", 5))
		return TLSRPT_FORM_MBOX;
	if (begins(s, ">From ", 6))
		return TLSRPT_FORM_MESSAGE;
	return is_header_line(s) && s.p[0] != '<' ? TLSRPT_FORM_MESSAGE : TLSRPT_FORM_OTHER;
}

static bool ends_with_nocase(struct span s, struct span end)
{
	return s.n >= end.n && span_equal_nocase(span_skip(s, s.n - end.n), end);
}

/* The name of an archive's first file stands in the clear (APPNOTE.TXT 4.3.7). */
static bool zip_holds_json(struct span head)
{
	enum { NAME_LENGTH = 26, NAME = 30 };
	size_t n;
	struct span name;

	if (head.n < NAME)
		return false;
	n = (unsigned char)head.p[NAME_LENGTH] | (size_t)(unsigned char)head.p[NAME_LENGTH + 1] << 8;
	name = span_skip(head, NAME);
	name.n = name.n < n ? name.n : n;
	return ends_with_nocase(name, SPAN_LITERAL(".json")) || ends_with_nocase(name, SPAN_LITERAL(".json.gz"));
}

/* ---- the reports in it ---- */

static void bad(struct tlsrpt_part *part, const char *why)
{
	part->end.bad++;
	part->events->on_bad(part->arg, why);
}

static void on_report(void *arg, struct tlsrpt_report *report)
{
	struct tlsrpt_part *part = arg;
	bool is_gzip = part->outer.form == TLSRPT_FORM_GZIP;

	if (part->hints.has_type && (is_gzip ? !part->hints.says_gzip : !part->hints.says_json))
		tlsrpt_report_note(report, "Content-Type", "content-type-wrong: it is %s", is_gzip ? "gzip" : "JSON");
	part->end.reports++;
	part->events->on_report(part->arg, report);
}

static void on_other(void *arg)
{
	(void)arg;
}

static const struct tlsrpt_reader_events reader_events = { .on_report = on_report, .on_other = on_other };

/* ---- octets ---- */

static int take_form(struct tlsrpt_part *part, const struct layer *layer, struct span octets, struct error *error);

/* Octets of a layer: held back until they say what they are. */
static int take(struct tlsrpt_part *part, struct layer *layer, struct span octets, bool is_all, struct error *error)
{
	if (layer->form == TLSRPT_FORM_UNKNOWN) {
		size_t n = TLSRPT_HEAD - layer->n < octets.n ? TLSRPT_HEAD - layer->n : octets.n;

		if (n > 0)
			memcpy(layer->head + layer->n, octets.p, n);
		layer->n += n;
		octets = span_skip(octets, n);
		if (layer->n < TLSRPT_HEAD && !is_all)
			return 0;
		layer->form = tlsrpt_form_of((struct span){ layer->head, layer->n });
		if (take_form(part, layer, (struct span){ layer->head, layer->n }, error) < 0)
			return -1;
	}
	return octets.n > 0 && !part->done ? take_form(part, layer, octets, error) : 0;
}

static int on_unpacked(void *arg, struct span octets, struct error *error)
{
	struct tlsrpt_part *part = arg;
	int result = take(part, &part->inner, octets, false, error);

	/* what is no report need not be unpacked any further */
	return result == 0 && part->done ? error_set(error, "%s", "") : result;
}

static int take_mail(struct tlsrpt_part *part, bool is_mbox, struct span octets, struct error *error)
{
	part->done = !part->events->on_mail || part->hints.is_text;
	if (part->done)
		return 0;
	part->end.is_mail = true;
	return part->events->on_mail(part->arg, is_mbox, octets, error);
}

static int take_form(struct tlsrpt_part *part, const struct layer *layer, struct span octets, struct error *error)
{
	switch (layer->form) {
	case TLSRPT_FORM_JSON:
		/* in the clear a limit of each report will do: many of them cost whoever sends them as much */
		part->unpacked += layer == &part->inner ? octets.n : 0;
		if (part->unpacked > TLSRPT_JSON_TEXT_MAX)
			return error_set(error, "over %d octets", TLSRPT_JSON_TEXT_MAX);
		return tlsrpt_reader_feed(part->reader, octets, error);
	case TLSRPT_FORM_GZIP:
		if (layer == &part->inner)
			return error_set(error, "gzip within gzip; unpack it once");
		return tlsrpt_gzip_feed(part->gzip, octets, on_unpacked, part, error);
	case TLSRPT_FORM_MBOX:
	case TLSRPT_FORM_MESSAGE:
		return take_mail(part, layer->form == TLSRPT_FORM_MBOX, octets, error);
	case TLSRPT_FORM_ZIP:
		part->done = true;
		if (zip_holds_json(octets))
			part->hints.is_report = true;
		return error_set(error, "a zip archive, which RFC 8460 does not have; unpack it");
	case TLSRPT_FORM_UTF16:
		return error_set(error, "UTF-16, and JSON is UTF-8 (RFC 8259 8.1); convert it");
	case TLSRPT_FORM_EMPTY:
		return error_set(error, "empty");
	default:
		part->done = true;
		return error_set(error, "neither JSON nor gzip of it");
	}
}

/* ---- the caller's ---- */

struct tlsrpt_part *tlsrpt_part_new(const struct tlsrpt_part_events *events, void *arg)
{
	struct tlsrpt_part *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->events = events;
	part->arg = arg;
	part->reader = tlsrpt_reader_new(&reader_events, part);
	part->gzip = tlsrpt_gzip_new();
	if (part->reader && part->gzip)
		return part;
	tlsrpt_part_free(part);
	return NULL;
}

void tlsrpt_part_free(struct tlsrpt_part *part)
{
	if (!part)
		return;
	tlsrpt_reader_free(part->reader);
	tlsrpt_gzip_free(part->gzip);
	free(part);
}

int tlsrpt_part_begin(struct tlsrpt_part *part, const struct tlsrpt_hints *hints)
{
	part->hints = *hints;
	part->outer = part->inner = (struct layer){ .form = TLSRPT_FORM_UNKNOWN };
	part->end = (struct tlsrpt_part_end){ 0 };
	part->unpacked = 0;
	part->done = part->failed = false;
	part->error.text[0] = '\0';
	tlsrpt_gzip_begin(part->gzip);
	return tlsrpt_reader_begin(part->reader);
}

/* Nothing more is taken after a failure. */
static void settle(struct tlsrpt_part *part, int result)
{
	if (result == 0 || part->failed)
		return;
	part->failed = part->done = true;
}

bool tlsrpt_part_feed(struct tlsrpt_part *part, struct span octets)
{
	if (!part->done)
		settle(part, take(part, &part->outer, octets, false, &part->error));
	return !part->done;
}

static int end_layers(struct tlsrpt_part *part, struct error *error)
{
	static const struct span nothing = { "", 0 };

	if (take(part, &part->outer, nothing, true, error) < 0)
		return -1;
	if (part->outer.form == TLSRPT_FORM_GZIP &&
	    (take(part, &part->inner, nothing, true, error) < 0 || tlsrpt_gzip_end(part->gzip, error) < 0))
		return -1;
	if (part->outer.form == TLSRPT_FORM_JSON || part->inner.form == TLSRPT_FORM_JSON)
		return tlsrpt_reader_end(part->reader, error);
	return 0;
}

/* Was it meant as a report? */
static bool is_meant(const struct tlsrpt_part *part)
{
	return part->hints.is_report || part->hints.is_json || part->end.reports > 0 ||
	       tlsrpt_reader_is_report(part->reader);
}

struct tlsrpt_part_end tlsrpt_part_end(struct tlsrpt_part *part, const char *cut)
{
	struct error why;

	if (!part->done && !cut)
		settle(part, end_layers(part, &part->error));
	if (cut)
		error_set(&part->error, "%s", cut);
	if ((part->failed || cut) && is_meant(part) && !part->end.is_mail && part->error.text[0]) {
		bool is_large = strncmp(part->error.text, "over ", 5) == 0;

		error_set(&why, "%s%s", part->error.text,
			  is_large && part->outer.form == TLSRPT_FORM_GZIP ? " once unpacked" : "");
		bad(part, why.text);
	}
	if (part->hints.is_report && part->end.reports == 0 && part->end.bad == 0)
		bad(part, "JSON, but no TLS report");
	return part->end;
}
