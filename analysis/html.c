#include "analysis/html.h"

#include "parsers/utf8.h"

static const char style[] =
	":root{color-scheme:light "
	"dark;--ink:#1b2733;--soft:#5a6875;--line:#d5dce3;--bar:#2f6fab;--paper:#fff}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fadba;--line:#36424d;--bar:#6ba7df;--"
	"paper:#14191e}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:66rem;padding:1.5rem 1rem "
	"4rem;background:var(--paper);color:var(--ink);"
	"font:16px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem}\n"
	"h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-bottom:1px solid "
	"var(--line);padding-bottom:.25rem}\n"
	"p,li{max-width:46rem}\n"
	".soft,caption,th{color:var(--soft)}\n"
	"dl.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:1rem;margin:1."
	"5rem 0}\n"
	"dl.tiles div{border:1px solid var(--line);border-radius:.4rem;padding:.75rem 1rem}\n"
	"dl.tiles dt{color:var(--soft);font-size:.9rem}\n"
	"dl.tiles dd{margin:0;font-size:1.6rem;font-variant-numeric:tabular-nums}\n"
	"dl.tiles dd small{display:block;font-size:.85rem;color:var(--soft)}\n"
	"table{border-collapse:collapse;width:100%;margin:1rem 0 1.5rem;font-size:.93rem}\n"
	"caption{text-align:left;padding:.25rem 0}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid "
	"var(--line)}\n"
	"th{font-weight:600}\n"
	"tbody th{color:inherit;font-weight:400}\n"
	".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	".b{width:35%}\n"
	"svg.bar{display:block;width:100%;height:.9rem;margin-top:.25rem}\n"
	"svg.bar rect{fill:var(--bar)}\n"
	"code{font-size:.92em}\n"
	"@media "
	"print{body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}"
	"svg.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

/* ---- text ---- */

static const char *escape_of(unsigned char c)
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
		return c < 0x20 || c == 0x7f ? "\xef\xbf\xbd" : NULL;
	}
}

static void put_text(struct text *out, struct span s)
{
	bool utf8 = utf8_is_valid(s);
	size_t from = 0;

	for (size_t i = 0; i <= s.n; i++) {
		const char *escape = i < s.n ? escape_of((unsigned char)s.p[i]) : NULL;
		struct span plain = { s.p + from, i - from };

		if (i < s.n && !escape)
			continue;
		if (utf8)
			text_put(out, plain);
		else
			text_latin1(out, plain);
		if (escape)
			text_string(out, escape);
		from = i + 1;
	}
}

void html_string(struct text *out, const char *s)
{
	put_text(out, span_of(s));
}

void html_number(struct text *out, uint64_t value)
{
	uint64_t unit = 1;

	while (value / unit >= 1000)
		unit *= 1000;
	text_uint(out, value / unit);
	for (unit /= 1000; unit > 0; unit /= 1000) {
		text_char(out, ',');
		text_padded(out, value / unit % 1000, 3);
	}
}

void html_percent(struct text *out, uint64_t part, uint64_t of)
{
	if (of == 0)
		text_literal(out, "–");
	else
		text_printf(out, "%.2f&nbsp;%%", 100.0 * (double)part / (double)of);
}

/* ---- the page ---- */

void html_begin(struct text *out, const char *title)
{
	text_literal(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	html_string(out, title);
	text_literal(out, "</title>\n<style>\n");
	text_string(out, style);
	text_literal(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
	html_string(out, title);
	text_literal(out, "</h1>\n");
}

void html_end(struct text *out)
{
	text_literal(out, "</main>\n</body>\n</html>\n");
}

void html_section(struct text *out, const char *id, const char *heading)
{
	text_printf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
	html_string(out, heading);
	text_literal(out, "</h2>\n");
}

void html_section_end(struct text *out)
{
	text_literal(out, "</section>\n");
}

/* ---- bars ---- */

static void caption_of(struct text *out, const char *caption)
{
	text_literal(out, "<table>\n<caption>");
	html_string(out, caption);
	text_literal(out, "</caption>\n<thead><tr>");
}

void html_bars(struct text *out, const char *caption, const char *label)
{
	caption_of(out, caption);
	text_literal(out, "<th scope=\"col\">");
	html_string(out, label);
	text_literal(out, "</th><th scope=\"col\" class=\"n\">domains</th><th scope=\"col\" class=\"n\">of</th>"
			  "<th scope=\"col\" class=\"n\">share</th><td class=\"b\"></td></tr></thead>\n<tbody>\n");
}

void html_bar(struct text *out, struct span label, uint64_t part, uint64_t of)
{
	text_literal(out, "<tr><th scope=\"row\">");
	put_text(out, label);
	text_literal(out, "</th>");
	html_cell_number(out, part);
	html_cell_number(out, of);
	html_cell_percent(out, part, of);
	text_printf(out,
		    "<td class=\"b\"><svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
		    "aria-hidden=\"true\"><rect width=\"%.2f\" height=\"8\"/></svg></td></tr>\n",
		    of > 0 ? 100.0 * (double)part / (double)of : 0.0);
}

/* ---- plain tables ---- */

void html_table(struct text *out, const char *caption, const char *columns)
{
	struct span all = span_of(columns);

	caption_of(out, caption);
	for (size_t at = 0, end; at <= all.n; at = end + 1) {
		struct span column;
		bool number;

		end = span_find(all, at, '|');
		column = (struct span){ all.p + at, end - at };
		number = span_starts_with(column, SPAN_LITERAL("#"));
		text_string(out, number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
		put_text(out, number ? span_skip(column, 1) : column);
		text_literal(out, "</th>");
	}
	text_literal(out, "</tr></thead>\n<tbody>\n");
}

void html_row(struct text *out)
{
	text_literal(out, "<tr>");
}

void html_cell(struct text *out, struct span s)
{
	text_literal(out, "<td>");
	put_text(out, s);
	text_literal(out, "</td>");
}

void html_cell_number(struct text *out, uint64_t value)
{
	text_literal(out, "<td class=\"n\">");
	html_number(out, value);
	text_literal(out, "</td>");
}

void html_cell_percent(struct text *out, uint64_t part, uint64_t of)
{
	text_literal(out, "<td class=\"n\">");
	html_percent(out, part, of);
	text_literal(out, "</td>");
}

void html_row_end(struct text *out)
{
	text_literal(out, "</tr>\n");
}

void html_table_end(struct text *out)
{
	text_literal(out, "</tbody>\n</table>\n");
}
