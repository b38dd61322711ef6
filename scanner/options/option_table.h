/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/option_table.h - every option of every command, once.
 *
 * The command line, the configuration file, --help, the scan file's header, what --resume lets differ, and the check of
 * the manual page all come from these rows. An option that means another thing to another command has a row for each.
 */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTION_TABLE_H
#define STSURVEY_SCANNER_OPTIONS_OPTION_TABLE_H

#include <stddef.h>

#include "parsers/span.h"
#include "scanner/options/command_table.h"

enum { OPTIONS_MAX = 150 }; /* rows; more to come */

enum option_kind {
	OPTION_FLAG,        /* bool */
	OPTION_COUNTED,     /* unsigned: one more each time it is given */
	OPTION_TEXT,        /* const char *; nothing that names a file: */
	OPTION_INPUT,       /* const char *, a file to read; - is standard input */
	OPTION_OUTPUT,      /* const char *, a file to write; - is standard output */
	OPTION_FOLDER,      /* const char *, where several are written */
	OPTION_WORD,        /* enum: `argument` has its words, with | between */
	OPTION_MAYBE_WORD,  /* likewise, but `least` without a value (or yes); its words begin behind that */
	OPTION_WHOLE,       /* unsigned, uint32_t */
	OPTION_WHOLE64,     /* uint64_t */
	OPTION_SHARD,       /* uint32_t, or shard_auto: words for scanner/options/shard_auto.h */
	OPTION_SIZE,        /* uint64_t, octets: a whole number, and K, M or G for 1024, its square or its cube */
	OPTION_DECIMAL,     /* double */
	OPTION_KEY,         /* uint8_t [SIPHASH_KEY_OCTETS], in hexadecimal */
	OPTION_SCANS,       /* scan, scan_count: files to read, one each time */
	OPTION_LABELS,      /* label, label_count; one each time */
	OPTION_SERVERS,     /* server, server_count */
	OPTION_HOSTS,       /* canary, canary_count */
	OPTION_CONTACT,     /* const char *, goes into headers on the wire */
	OPTION_CIDRS,       /* struct cidr_set *, networks with commas between; adds to those given before */
	OPTION_CIDR_FILE,   /* struct cidr_set *, likewise */
	OPTION_DOMAIN_FILE, /* struct domain_set *, likewise */
	OPTION_CONFIG,      /* read before all others */
	OPTION_HELP,
};

/* May it change between the runs of one survey? */
enum option_resume {
	RESUME_FREE, /* it says how fast, from where, or where to report */
	RESUME_SAME, /* it decides what is measured */
};

enum option_section {
	SECTION_FILES,
	SECTION_WORK,
	SECTION_DNS,
	SECTION_DIRECT,
	SECTION_FETCH,
	SECTION_SMTP,
	SECTION_POLITE,
	SECTION_LAB,
	SECTION_FLEET,
	SECTION_OTHER,
	SECTION_COUNT
};

struct option_row {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: takes none */
	enum option_kind kind;
	unsigned commands; /* that take it: a bit 1 << enum command for each */
	enum option_resume resume;
	enum option_section section;
	size_t offset;      /* of the member in struct options */
	const char *help;   /* [default] included */
	bool needed;        /* the commands do not run without it */
	double least, most; /* of a number; least: value of the first word */
	bool or_zero;       /* below @least a number may be 0 */
	const char *unit;   /* what the number counts, for messages */
};

extern const struct option_row option_table[];
extern const size_t option_count;

/* The first row of that name that one of @commands (bits) takes, or NULL. */
const struct option_row *option_find(struct span name, unsigned commands);

#endif
