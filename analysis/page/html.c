#include "analysis/page/html.h"

static const char style[] =
	":root{color-scheme:light dark;--ink:#1b2733;--soft:#5a6875;--line:#d5dce3;--bar:#2f6fab;--paper:#fff}\n"
	"@media(prefers-color-scheme:dark)"
	"{:root{--ink:#e6ebf0;--soft:#9fadba;--line:#36424d;--bar:#6ba7df;--paper:#14191e}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:66rem;padding:1.5rem 1rem 4rem;"
	"background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem}\n"
	"h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}\n"
	"p,li{max-width:46rem}\n"
	".soft,caption,th{color:var(--soft)}\n"
	"dl.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:1rem;margin:1.5rem 0}\n"
	"dl.tiles div{border:1px solid var(--line);border-radius:.4rem;padding:.75rem 1rem}\n"
	"dl.tiles dt{color:var(--soft);font-size:.9rem}\n"
	"dl.tiles dd{margin:0;font-size:1.6rem;font-variant-numeric:tabular-nums}\n"
	"dl.tiles dd small{display:block;font-size:.85rem;color:var(--soft)}\n"
	"table{border-collapse:collapse;width:100%;margin:1rem 0 1.5rem;font-size:.93rem}\n"
	"caption{text-align:left;padding:.25rem 0}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}\n"
	"th{font-weight:600}\n"
	"tbody th{color:inherit;font-weight:400}\n"
	".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	".b{width:35%}\n"
	"svg.bar{display:block;width:100%;height:.9rem;margin-top:.25rem}\n"
	"svg.bar rect{fill:var(--bar)}\n"
	"code{font-size:.92em}\n"
	"@media print{body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}"
	"svg.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

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

static void put_text(struct html *html, struct span s)
{
	text_escaped(html->out, s, escape_markup);
}

void html_string(struct html *html, const char *s)
{
	put_text(html, span_of(s));
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

void html_percent(struct html *html, uint64_t part, uint64_t of)
{
	if (of == 0)
		text_literal(html->out, "–");
	else
		text_printf(html->out, "%.2f&nbsp;%%", 100.0 * (double)part / (double)of);
}

/* ---- the page ---- */

/* End what is open of @level and within. */
static void close_elements(struct html *html, enum html_level level)
{
	static const char *const end[] = {
		[HTML_PAGE] = "</main>\n</body>\n</html>\n",
		[HTML_SECTION] = "</section>\n",
		[HTML_TABLE] = "</tbody>\n</table>\n",
		[HTML_ROW] = "</tr>\n",
	};

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
	open_element(html, HTML_PAGE,
		     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	html_string(html, title);
	text_literal(out, "</title>\n<style>\n");
	text_string(out, style);
	text_literal(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
	html_string(html, title);
	text_literal(out, "</h1>\n");
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

void html_table(struct html *html, const char *caption, const char *columns)
{
	struct span all = span_of(columns);

	open_element(html, HTML_TABLE, "<table>\n<caption>");
	html_string(html, caption);
	text_literal(html->out, "</caption>\n<thead><tr>");
	for (size_t at = 0, end; at <= all.n; at = end + 1) {
		struct span column;
		bool number;

		end = span_find(all, at, '|');
		column = (struct span){ all.p + at, end - at };
		number = span_starts_with(column, SPAN_LITERAL("#"));
		if (column.n == 0) {
			text_literal(html->out, "<td class=\"b\"></td>");
			continue;
		}
		text_string(html->out, number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
		put_text(html, number ? span_skip(column, 1) : column);
		text_literal(html->out, "</th>");
	}
	text_literal(html->out, "</tr></thead>\n<tbody>\n");
}

void html_row(struct html *html)
{
	open_element(html, HTML_ROW, "<tr>");
}

void html_cell(struct html *html, struct span s)
{
	text_literal(html->out, "<td>");
	put_text(html, s);
	text_literal(html->out, "</td>");
}

void html_cell_number(struct html *html, uint64_t value)
{
	text_literal(html->out, "<td class=\"n\">");
	html_number(html, value);
	text_literal(html->out, "</td>");
}

void html_cell_percent(struct html *html, uint64_t part, uint64_t of)
{
	text_literal(html->out, "<td class=\"n\">");
	html_percent(html, part, of);
	text_literal(html->out, "</td>");
}

void html_bar(struct html *html, const char *label, uint64_t part, uint64_t of)
{
	open_element(html, HTML_ROW, "<tr><th scope=\"row\">");
	html_string(html, label);
	text_literal(html->out, "</th>");
	html_cell_number(html, part);
	html_cell_number(html, of);
	html_cell_percent(html, part, of);
	text_printf(html->out,
		    "<td class=\"b\"><svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
		    "aria-hidden=\"true\"><rect width=\"%.2f\" height=\"8\"/></svg></td>",
		    of > 0 ? 100.0 * (double)part / (double)of : 0.0);
}
