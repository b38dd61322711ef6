/* scanner/options/options_table.h - the one table of options, for options*.c alone. */
#ifndef STSURVEY_SCANNER_OPTIONS_OPTIONS_TABLE_H
#define STSURVEY_SCANNER_OPTIONS_OPTIONS_TABLE_H

#include "scanner/options/options.h"

enum option_kind {
	OPTION_FLAG,        /* bool */
	OPTION_COUNTED,     /* unsigned: one more each time it is given */
	OPTION_TEXT,        /* const char * */
	OPTION_WHOLE,       /* unsigned, uint32_t */
	OPTION_WHOLE64,     /* uint64_t */
	OPTION_PORT,        /* uint16_t */
	OPTION_DECIMAL,     /* double */
	OPTION_SEED,        /* uint64_t, and has_seed */
	OPTION_FORMAT,      /* enum feed_format */
	OPTION_SERVERS,     /* server, server_count */
	OPTION_RESOLVER,    /* const char *, one word allowed */
	OPTION_CONTACT,     /* const char *, goes into headers on the wire */
	OPTION_CIDRS,       /* struct cidr_set *, networks with commas between */
	OPTION_CIDR_FILE,   /* struct cidr_set * */
	OPTION_DOMAIN_FILE, /* struct domain_set * */
	OPTION_CONFIG,      /* read before all others */
	OPTION_HELP,
};

enum option_section {
	SECTION_FILES,
	SECTION_WORK,
	SECTION_DNS,
	SECTION_FETCH,
	SECTION_POLITE,
	SECTION_LAB,
	SECTION_OTHER,
	SECTION_COUNT
};

struct option_row {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: takes none */
	enum option_kind kind;
	enum option_section section;
	bool check;         /* `check` knows it too */
	size_t offset;      /* of the member in struct options */
	double least, most; /* of a number */
	const char *unit;   /* what the number counts, for messages */
	const char *help;   /* [default] included */
};

extern const struct option_row option_table[];
extern const size_t option_count;

/* The row of the long name, or NULL. */
const struct option_row *option_find(struct span name);

/* The name that was probably meant, or NULL. */
const char *option_nearest(struct span name, enum options_command command);

/* Memory that lives as long as @options; NULL: none left. */
char *options_keep(struct options *options, struct span text);

/* Set the row's member from @value ("" for flags). Messages in @error name the option and what is allowed. */
enum options_result option_set(struct options *options, const struct option_row *row, struct span value,
			       struct error *error);

/* The name servers of a resolv.conf(5). FATAL without any. */
enum options_result options_read_resolv_conf(struct options *options, const char *path, struct error *error);

#endif
