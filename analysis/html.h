/* analysis/html.h - pieces of a self-contained HTML page: escaped text, numbers, tables with bars.
 *
 * No scripts, nothing loaded from elsewhere: the page can be mailed, archived and printed. Bars are SVG beside the
 * numbers they show, hidden from screen readers, which read the numbers.
 */
#ifndef STSURVEY_ANALYSIS_HTML_H
#define STSURVEY_ANALYSIS_HTML_H

#include "output/text.h"

/* @s with markup escaped; octets that are not UTF-8 are read as Latin-1, control characters shown as U+FFFD. */
void html_string(struct text *out, const char *s);

/* 1,234,567 */
void html_number(struct text *out, uint64_t value);

/* "12.34 %"; an en dash where @of is 0. */
void html_percent(struct text *out, uint64_t part, uint64_t of);

/* Doctype to the start of <main>, style sheet included; and the end. */
void html_begin(struct text *out, const char *title);
void html_end(struct text *out);

/* A section with its heading; @id is for links. */
void html_section(struct text *out, const char *id, const char *heading);
void html_section_end(struct text *out);

/* A table of counts: label, number, share and bar. @label heads the first column, @caption says what is counted. */
void html_bars(struct text *out, const char *caption, const char *label);
void html_bar(struct text *out, struct span label, uint64_t part, uint64_t of);

/* A plain table; @columns are separated by |, those beginning with # hold numbers. */
void html_table(struct text *out, const char *caption, const char *columns);
void html_row(struct text *out);
void html_cell(struct text *out, struct span s);
void html_cell_number(struct text *out, uint64_t value);
void html_cell_percent(struct text *out, uint64_t part, uint64_t of);
void html_row_end(struct text *out);

/* The end of either. */
void html_table_end(struct text *out);

#endif
