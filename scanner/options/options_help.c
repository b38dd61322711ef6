/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>

#include "scanner/options/option_table.h"
#include "scanner/options/options.h"

enum { HELP_COLUMN = 32, HELP_WIDTH = 100, HELP_WIDTH_LEAST = 60 }; /* columns */

static const char *const titles[] = {
	[SECTION_FILES] = "Files",
	[SECTION_WORK] = "Work",
	[SECTION_DNS] = "DNS",
	[SECTION_DIRECT] = "DNS, the domains' own name servers",
	[SECTION_FETCH] = "Policy fetch",
	[SECTION_SMTP] = "Mail servers",
	[SECTION_POLITE] = "Being polite",
	[SECTION_LAB] = "Labs",
	[SECTION_FLEET] = "Queue",
	[SECTION_OTHER] = "Other",
};

/* A narrower terminal decides, down to where nothing could be read any more. */
static int width_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_col > HELP_WIDTH)
		return HELP_WIDTH;
	return size.ws_col < HELP_WIDTH_LEAST ? HELP_WIDTH_LEAST : size.ws_col;
}

/* @text from column @column on, broken between words. */
static void print_wrapped(FILE *out, struct span text, int column)
{
	int at = column, width = width_of(out);

	while (text.n > 0) {
		size_t end = span_find(text, 0, ' ');

		if (at > column && at + 1 + (int)end > width) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)end, text.p);
		at += (int)end;
		text = span_skip(text, end < text.n ? end + 1 : end);
	}
	fputc('\n', out);
}

/* @term, and @text in the column beside it. */
static void print_beside(FILE *out, struct span term, struct span text)
{
	int n = fprintf(out, "  %.*s", (int)term.n, term.p);

	if (n + 2 > HELP_COLUMN) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - n, "");
	print_wrapped(out, text, HELP_COLUMN);
}

/* Paragraphs after an empty line each; terms of one list stand together. */
static void print_text(FILE *out, const char *text)
{
	bool in_list = false;

	while (text && *text) {
		struct span line = { text, strcspn(text, "\n") };
		size_t tab = span_find(line, 0, '\t');

		if (!in_list || tab == line.n)
			fputc('\n', out);
		in_list = tab < line.n;
		if (in_list)
			print_beside(out, (struct span){ line.p, tab }, span_skip(line, tab + 1));
		else
			print_wrapped(out, line, 0);
		text += line.n + (text[line.n] == '\n');
	}
}

static void print_option(FILE *out, const struct option_row *row)
{
	char term[64], text[512], letter[] = { '-', row->letter, ',', '\0' };
	bool maybe = row->kind == OPTION_MAYBE_WORD;

	snprintf(term, sizeof(term), "%3s --%s%s%s%s", row->letter ? letter : "", row->name,
		 maybe           ? "[="
		 : row->argument ? " "
				 : "",
		 row->argument ? row->argument : "", maybe ? "]" : "");
	snprintf(text, sizeof(text), "%s%s", row->help, row->needed ? " (required)" : "");
	print_beside(out, span_of(term), span_of(text));
}

static void print_options(FILE *out, enum command command)
{
	bool alone = true;

	for (int section = 0; section < SECTION_COUNT; section++) {
		bool titled = false;

		for (size_t i = 0; i < option_count; i++) {
			const struct option_row *row = &option_table[i];

			if ((int)row->section != section || !(row->commands & 1u << command))
				continue;
			if (!titled)
				fprintf(out, "\n%s:\n",
					alone && section == SECTION_OTHER ? "Options" : titles[section]);
			titled = true;
			print_option(out, row);
		}
		alone = alone && !titled;
	}
}

static void print_commands(FILE *out, int first, int end)
{
	fputs("\nCommands:\n", out);
	for (int i = first; i < end; i++)
		fprintf(out, "  %-14s %s\n", command_table[i].name, command_table[i].what);
}

void options_help(enum command command, FILE *out)
{
	const struct command_row *row = &command_table[command];

	fprintf(out, "usage: %s\n", row->usage);
	print_text(out, row->above);
	if (command == COMMAND_HELP)
		print_commands(out, 0, COMMAND_COUNT);
	if (command == COMMAND_FLEET)
		print_commands(out, COMMAND_FLEET_SUBMIT, COMMAND_FLEET_CANCEL + 1);
	print_options(out, command);
	print_text(out, row->below);
}
