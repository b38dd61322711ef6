/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/html.h"

#include <math.h>
#include <stdio.h>

#include "analysis/tables/interval.h"

/* analysis/page/page.css */
static const char style[] = {
#include "page_css.inc"
	'\0'
};

/* ---- text ---- */

static const char *escape_markup(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return text_is_visible(c) ? NULL : "\xef\xbf\xbd";
	}
}

void html_text(struct html *html, struct span s)
{
	text_escaped(html->out, s, escape_markup);
}

void html_string(struct html *html, const char *s)
{
	html_text(html, span_of(s));
}

void html_number(struct html *html, uint64_t value)
{
	uint64_t unit = 1;

	while (value / unit >= 1000)
		unit *= 1000;
	text_uint(html->out, value / unit);
	for (unit /= 1000; unit > 0; unit /= 1000) {
		text_char(html->out, ',');
		text_padded(html->out, value / unit % 1000, 3);
	}
}

/* Shares of whole zones are small: one domain in a thousand must show beside two. */
static int digits_of(double percent)
{
	return fabs(percent) < 1 ? 3 : 2;
}

static void put_percent(struct html *html, double percent)
{
	if (percent > 0 && percent < 0.001)
		text_literal(html->out, "&lt;&nbsp;0.001");
	else
		text_printf(html->out, "%.*f", percent > 0 ? digits_of(percent) : 0, percent);
}

/* Both ends, and a word where there is little to go by. */
static void put_interval(struct html *html, uint64_t part, uint64_t of)
{
	struct interval interval = interval_of_share(part, of, html->sample);

	if (!interval.known)
		return;
	text_literal(html->out, " <small class=\"interval\">[");
	put_percent(html, 100 * interval.low);
	text_literal(html->out, " to ");
	put_percent(html, 100 * interval.high);
	text_printf(html->out, "&nbsp;%%%s]</small>", interval.few ? ", few" : "");
}

void html_share(struct html *html, uint64_t part, uint64_t of)
{
	if (of == 0) {
		text_literal(html->out, "–");
		return;
	}
	put_percent(html, 100.0 * (double)part / (double)of);
	text_literal(html->out, "&nbsp;%");
	if (html->sample > 0 && part != of)
		put_interval(html, part, of);
}

void html_points(struct html *html, double before, double now)
{
	double points = 100 * (now - before);

	text_printf(html->out, "%s%.*f points", points < 0 ? "\xe2\x88\x92" : "+", digits_of(points), fabs(points));
}

void html_count(struct html *html, uint64_t part, uint64_t of)
{
	html_number(html, part);
	text_literal(html->out, " (");
	html_share(html, part, of);
	text_literal(html->out, ")");
}

/* ---- the page ---- */

/* End what is open of @level and within. */
static void close_elements(struct html *html, enum html_level level)
{
	static const char *const end[] = {
		[HTML_PAGE] = "</main>\n</body>\n</html>\n",
		[HTML_SECTION] = "</section>\n",
		[HTML_TABLE] = "</tbody>\n</table>\n</div>\n",
		[HTML_ROW] = "</tr>\n",
	};

	if (html->in_bars && level <= HTML_ROW)
		text_literal(html->out, "</td>");
	html->in_bars = false;
	while (html->open >= level)
		text_string(html->out, end[html->open--]);
}

static void open_element(struct html *html, enum html_level level, const char *text)
{
	close_elements(html, level);
	html->open = level;
	text_string(html->out, text);
}

void html_begin(struct html *html, struct text *out, const char *title)
{
	*html = (struct html){ .out = out };
	open_element(
		html, HTML_PAGE,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		"img-src data:; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<link rel=\"icon\" href=\"data:,\">\n<title>");
	html_string(html, title);
	text_literal(out, "</title>\n<style>\n");
	text_string(out, style);
	text_literal(out, "</style>\n</head>\n<body>\n<main>\n");
}

void html_end(struct html *html)
{
	close_elements(html, HTML_PAGE);
}

void html_section(struct html *html, const char *id, const char *heading)
{
	open_element(html, HTML_SECTION, "<section aria-labelledby=\"");
	text_printf(html->out, "%s\">\n<h2 id=\"%s\">", id, id);
	html_string(html, heading);
	text_literal(html->out, "</h2>\n");
}

void html_close(struct html *html)
{
	close_elements(html, HTML_TABLE);
}

void html_paragraph(struct html *html, const char *markup)
{
	html_close(html);
	text_printf(html->out, "<p>%s</p>\n", markup);
}

/* ---- tables ---- */

static unsigned put_columns(struct html *html, const char *columns)
{
	struct span all = span_of(columns);
	unsigned count = 0;

	for (size_t at = 0, end; at <= all.n; at = end + 1, count++) {
		struct span column;
		bool number;

		end = span_find(all, at, '|');
		column = (struct span){ all.p + at, end - at };
		number = span_starts_with(column, SPAN_LITERAL("#"));
		text_string(html->out, number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
		html_text(html, number ? span_skip(column, 1) : column);
		text_literal(html->out, "</th>");
	}
	return count;
}

static void begin_table(struct html *html, const char *class, const char *caption, const char *columns)
{
	open_element(html, HTML_TABLE, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=");
	text_printf(html->out,
		    "\"table-%u\">\n<table%s>\n<caption id=\"table-%u\"><span>%s</span></caption>\n<thead><tr>",
		    html->tables, class, html->tables, caption);
	html->tables++;
	html->columns = put_columns(html, columns);
	text_literal(html->out, "</tr></thead>\n<tbody>\n");
}

void html_table(struct html *html, const char *caption, const char *columns)
{
	begin_table(html, "", caption, columns);
}

void html_row(struct html *html)
{
	open_element(html, HTML_ROW, "<tr>");
}

void html_cell(struct html *html, struct span s)
{
	text_literal(html->out, "<td>");
	html_text(html, s);
	text_literal(html->out, "</td>");
}

void html_cell_number(struct html *html, uint64_t value)
{
	text_literal(html->out, "<td class=\"n\">");
	html_number(html, value);
	text_literal(html->out, "</td>");
}

void html_cell_share(struct html *html, uint64_t part, uint64_t of)
{
	text_literal(html->out, "<td class=\"n\">");
	html_share(html, part, of);
	text_literal(html->out, "</td>");
}

void html_cell_count(struct html *html, uint64_t part, uint64_t of)
{
	text_literal(html->out, "<td class=\"n\">");
	html_number(html, part);
	text_literal(html->out, " <small>");
	html_share(html, part, of);
	text_literal(html->out, "</small></td>");
}

/* ---- charts ---- */

/* The next number whose half can be read, too. */
static double round_up(double value)
{
	static const double step[] = { 1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10 };
	double unit = value > 0 ? pow(10, floor(log10(value))) : 1;

	for (size_t i = 0; i < COUNT_OF(step); i++)
		if (value <= step[i] * unit * (1 + 1e-9))
			return step[i] * unit;
	return 10 * unit;
}

/* How far @value is from the left, in percent of the width. Of decades, 1 is a step from it, where 0 is. */
static double place_of(const struct html *html, double value)
{
	double place = value / html->full;

	if (html->scale == HTML_DECADES)
		place = value < 1 ? 0 : (1 + log10(value)) / (1 + log10(html->full));
	return 100 * (place < 1 ? place : 1);
}

void html_short_number(double value, char text[static HTML_SHORT_MAX])
{
	static const char unit[] = "\0kMGT";
	unsigned thousands = 0;

	for (; value >= 1000 && thousands < sizeof(unit) - 2; thousands++)
		value /= 1000;
	snprintf(text, HTML_SHORT_MAX, "%g%.1s", value, &unit[thousands]);
}

static void put_mark(struct html *html, double value, const char *anchor, bool odd)
{
	char text[HTML_SHORT_MAX];

	if (html->scale == HTML_SHARES)
		snprintf(text, sizeof(text), "%g %%", 100 * value);
	else
		html_short_number(value, text);
	text_printf(html->out, "<text x=\"%.2f%%\" y=\"80%%\" text-anchor=\"%s\"%s>%s</text> ", place_of(html, value),
		    anchor, odd ? " class=\"odd\"" : "", text);
}

static void put_axis(struct html *html)
{
	open_element(html, HTML_ROW, "<tr class=\"axis\" aria-hidden=\"true\"><td colspan=\"");
	text_printf(html->out, "%u\"><svg class=\"axis\">", html->columns);
	if (html->scale == HTML_DECADES) {
		bool odd = false;

		for (double value = 1; value <= html->full; value *= 10, odd = !odd)
			put_mark(html, value, place_of(html, value) > 96 ? "end" : "middle", odd);
	} else {
		put_mark(html, 0, "start", false);
		put_mark(html, html->full / 2, "middle", false);
		put_mark(html, html->full, "end", false);
	}
	text_literal(html->out, "</svg></td>");
}

void html_chart(struct html *html, const char *caption, const char *columns, enum html_scale scale, double most)
{
	begin_table(html, " class=\"chart\"", caption, columns);
	html->scale = scale;
	html->full = scale == HTML_DECADES ? fmax(most, 10) : round_up(scale == HTML_COUNTS ? fmax(most, 2) : most);
	put_axis(html);
}

void html_name_begin(struct html *html)
{
	open_element(html, HTML_ROW, "<tr><th scope=\"row\">");
}

void html_bar(struct html *html, const double *part, unsigned parts)
{
	static const char *const class[HTML_PARTS_MAX] = { "", " class=\"b\"", " class=\"c\"" };
	double sum = 0;

	if (!html->in_bars) {
		open_element(html, HTML_ROW, "<tr class=\"bars\" aria-hidden=\"true\">");
		text_printf(html->out, "<td colspan=\"%u\">", html->columns);
		html->in_bars = true;
	}
	text_literal(html->out, "<svg class=\"bar\">");
	if (html->scale == HTML_DECADES)
		for (double value = 1; value <= html->full; value *= 10)
			text_printf(html->out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"100%%\"/>",
				    place_of(html, value), place_of(html, value));
	for (unsigned i = 0; i < parts; i++) {
		double from = place_of(html, sum), to = place_of(html, sum + part[i]);

		if (part[i] > 0)
			text_printf(html->out, "<rect%s x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>", class[i],
				    from, to - from);
		sum += part[i];
	}
	text_literal(html->out, "</svg>");
}

void html_name_end(struct html *html)
{
	text_literal(html->out, "</th>");
}

void html_bar_row(struct html *html, const char *label, uint64_t part, uint64_t of)
{
	double length = (double)part;

	if (html->scale == HTML_SHARES)
		length = of > 0 ? length / (double)of : 0;
	html_name_begin(html);
	html_string(html, label);
	html_name_end(html);
	html_cell_number(html, part);
	if (of > 0)
		html_cell_share(html, part, of);
	html_bar(html, &length, 1);
}

/* ---- data ---- */

void html_csv_link(struct html *html, const char *name, struct span csv)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~,()";

	text_printf(html->out, "<a download=\"%s.csv\" href=\"data:text/csv;charset=utf-8,", name);
	for (size_t i = 0; i < csv.n; i++) {
		if (csv.p[i] != '\0' && strchr(plain, csv.p[i]))
			text_char(html->out, csv.p[i]);
		else
			text_printf(html->out, "%%%02X", (unsigned char)csv.p[i]);
	}
	text_printf(html->out, "\">%s.csv</a>", name);
}
