/* analysis/page/html.h - pieces of a self-contained HTML page: escaped text, numbers, tables with bars.
 *
 * No scripts, nothing loaded from elsewhere: the page can be mailed, archived and printed. Bars are SVG beside the
 * numbers they show, hidden from screen readers, which read the numbers. A row, a table or a section ends where the
 * next one begins.
 */
#ifndef STSURVEY_ANALYSIS_PAGE_HTML_H
#define STSURVEY_ANALYSIS_PAGE_HTML_H

#include "output/text.h"

enum html_level { HTML_NOTHING, HTML_PAGE, HTML_SECTION, HTML_TABLE, HTML_ROW };

struct html {
	struct text *out;
	enum html_level open; /* the innermost */
};

/* From the doctype to the start of <main>, style sheet included; and the end. */
void html_begin(struct html *html, struct text *out, const char *title);
void html_end(struct html *html);

/* @s with markup escaped; octets that are not UTF-8 are read as Latin-1, control characters shown as U+FFFD. */
void html_string(struct html *html, const char *s);

/* 1,234,567 */
void html_number(struct html *html, uint64_t value);

/* "12.34 %"; an en dash where @of is 0. */
void html_percent(struct html *html, uint64_t part, uint64_t of);

/* A section with its heading; @id is for links. */
void html_section(struct html *html, const char *id, const char *heading);

/* A table. @columns are separated by |; those beginning with # hold numbers, an empty one has bars. */
void html_table(struct html *html, const char *caption, const char *columns);
void html_row(struct html *html);
void html_cell(struct html *html, struct span s);
void html_cell_number(struct html *html, uint64_t value);
void html_cell_percent(struct html *html, uint64_t part, uint64_t of);

/* A row of a table of counts, whose columns are its label's and HTML_BAR_COLUMNS: number, share and bar. */
#define HTML_BAR_COLUMNS "|#domains|#of|#share|"
void html_bar(struct html *html, const char *label, uint64_t part, uint64_t of);

#endif
