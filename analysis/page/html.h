/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/page/html.h - pieces of a self-contained HTML page: escaped text, numbers, tables, charts.
 *
 * No scripts, nothing loaded from elsewhere: the page can be mailed, archived and printed. A chart is a table with a
 * bar below each row: SVG, as wide as the table, also on a telephone, and hidden from screen readers, which read the
 * numbers. All bars of a chart have one scale, which its first row shows. A row, a table or a section ends where the
 * next one begins.
 */
#ifndef STSURVEY_ANALYSIS_PAGE_HTML_H
#define STSURVEY_ANALYSIS_PAGE_HTML_H

#include "output/text.h"

enum {
	HTML_SHORT_MAX = 32,
	HTML_PARTS_MAX = 3, /* of a bar, told apart by more than their colour: full, half, outlined */
};

enum html_level { HTML_NOTHING, HTML_PAGE, HTML_SECTION, HTML_TABLE, HTML_ROW };

/* What bars stand for: a share, from 0 on; a count, from 0 on; a count, each tenfold as long a way. */
enum html_scale { HTML_SHARES, HTML_COUNTS, HTML_DECADES };

struct html {
	struct text *out;
	enum html_level open; /* the innermost */
	unsigned tables;
	double sample;         /* the share of the list that was scanned: 0, all of it, until it is set */
	unsigned columns;      /* of the table that is open; */
	bool in_bars;          /* the row that is open is one of bars; */
	enum html_scale scale; /* of the chart that is open: */
	double full;           /* what the full width stands for */
};

/* From the doctype to the start of <main>, style sheet included; and the end. */
void html_begin(struct html *html, struct text *out, const char *title);
void html_end(struct html *html);

/* @s with markup escaped; octets that are not UTF-8 are read as Latin-1, control characters shown as U+FFFD. */
void html_text(struct html *html, struct span s);
void html_string(struct html *html, const char *s);

/* 1,234,567 */
void html_number(struct html *html, uint64_t value);

/* 1, 20k, 1.5M: of a round number. */
void html_short_number(double value, char text[static HTML_SHORT_MAX]);

/* A share as a fraction; 0 of nothing. */
static inline double html_ratio(uint64_t part, uint64_t of)
{
	return of > 0 ? (double)part / (double)of : 0;
}

/* "12.34 %", below 1 % with three digits; an en dash where @of is 0. Of a sample its 95 % interval stands behind it,
 * but where the part is the whole. */
void html_share(struct html *html, uint64_t part, uint64_t of);

/* "+0.012 points": of a share, from @before to @now, both as fractions. */
void html_points(struct html *html, double before, double now);

/* A number, its share in parentheses behind it. */
void html_count(struct html *html, uint64_t part, uint64_t of);

/* A section with its heading; @id is for links. */
void html_section(struct html *html, const char *id, const char *heading);

/* A paragraph of markup of ours, at the level of the section. */
void html_paragraph(struct html *html, const char *markup);

/* End what is open within the section. */
void html_close(struct html *html);

/* A table, which scrolls by itself where it is too wide. @columns are separated by |; those that begin with # hold
 * numbers. @caption is markup of ours. */
void html_table(struct html *html, const char *caption, const char *columns);

/* The same with bars below the rows, the longest for @most. */
void html_chart(struct html *html, const char *caption, const char *columns, enum html_scale scale, double most);

void html_row(struct html *html);
void html_cell(struct html *html, struct span s);
void html_cell_number(struct html *html, uint64_t value);
void html_cell_share(struct html *html, uint64_t part, uint64_t of);
void html_cell_count(struct html *html, uint64_t part, uint64_t of); /* number and share, one above the other */

/* A row of a chart: its beginning, behind which its name is to be written; the end of that, behind which cells follow;
 * then a bar, or several, each of parts that stand one behind the other. */
void html_name_begin(struct html *html);
void html_name_end(struct html *html);
void html_bar(struct html *html, const double *part, unsigned parts);

/* All of that of a row with one bar: @part as it is, or of HTML_SHARES as a share of @of; then their cells: number, and
 * share where @of is not 0. */
void html_bar_row(struct html *html, const char *label, uint64_t part, uint64_t of);

/* A link to a CSV table that stands in the link itself. */
void html_csv_link(struct html *html, const char *name, struct span csv);

#endif
