#include "scanner/options/options_table.h"

enum { HELP_COLUMN = 32, HELP_WIDTH = 100 }; /* columns */

static const char *const titles[] = {
	[SECTION_FILES] = "Files",        [SECTION_WORK] = "Work",           [SECTION_DNS] = "DNS",
	[SECTION_FETCH] = "Policy fetch", [SECTION_POLITE] = "Being polite", [SECTION_LAB] = "Labs",
	[SECTION_OTHER] = "Other",
};

static const char *const usage[] = {
	[OPTIONS_SCAN] = "usage: stsurvey scan -f LIST -o SCAN [OPTION]...\n\n"
			 "Survey the MTA-STS and TLSRPT deployment of the domains in LIST and write the "
			 "facts to SCAN.\n",
	[OPTIONS_CHECK] = "usage: stsurvey check [OPTION]... DOMAIN...\n\n"
			  "Look at each DOMAIN as a sending mail server would, and explain what it finds.\n",
};

static const char exit_status[] = "\nTimes are in seconds, fractions allowed. SIGINT and SIGTERM end a scan "
				  "cleanly, a second one at once;\n"
				  "SIGUSR1 and SIGUSR2 raise and lower the rate.\n"
				  "\nExit status: 0 complete; 1 fatal; 2 usage; 3 finished, but over 1 % of "
				  "the domains could not be measured;\n"
				  "130, 143 interrupted, and SCAN can be resumed.\n";

/* @text from column @column on, broken between words. */
static void print_wrapped(FILE *out, const char *text, int column)
{
	int at = column;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > column && at + 1 + (int)word > HELP_WIDTH) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)word, text);
		at += (int)word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_row(FILE *out, const struct option_row *row)
{
	char names[64];
	int n = snprintf(names, sizeof(names), "  %c%c%c --%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");

	fputs(names, out);
	if (n + 2 > HELP_COLUMN) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - n, "");
	print_wrapped(out, row->help, HELP_COLUMN);
}

void options_help(enum options_command command, FILE *out)
{
	fputs(usage[command], out);
	for (int section = 0; section < SECTION_COUNT; section++) {
		bool titled = false;

		for (size_t i = 0; i < option_count; i++) {
			if ((int)option_table[i].section != section ||
			    (command == OPTIONS_CHECK && !option_table[i].check))
				continue;
			if (!titled)
				fprintf(out, "\n%s:\n", titles[section]);
			titled = true;
			print_row(out, &option_table[i]);
		}
	}
	fputs(command == OPTIONS_SCAN ? exit_status
				      : "\nExit status: 0 where every DOMAIN is in order; 1 otherwise; 2 usage.\n",
	      out);
}
