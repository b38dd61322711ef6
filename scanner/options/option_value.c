/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/option_value.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "parsers/uri.h"
#include "scanner/base/line_file.h"
#include "scanner/base/log.h"
#include "scanner/options/shard_auto.h"
#include "scanner/rules/idna.h"

enum {
	DNS_PORT = 53,
	CONTACT_MAX = 200,    /* octets; a header line of ours stays short */
	VALUE_SHOWN_MAX = 80, /* octets, a line of a terminal */
};

struct setting {
	struct options *options;
	const struct option_row *row;
	const char *text; /* the value; lives as long as the options */
	struct span value;
	void *member;
	struct error *error;
};

/* Octets of a bad value that a message repeats. */
static int shown(struct span text)
{
	return (int)(text.n < VALUE_SHOWN_MAX ? text.n : VALUE_SHOWN_MAX);
}

/* "--name 'value': what". */
__attribute__((format(printf, 3, 4))) static enum options_result
fail(const struct setting *set, enum options_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_set_list(set->error, format, arguments);
	va_end(arguments);
	error_prefix(set->error, "--%s '%.*s'", set->row->name, shown(set->value), set->value.p);
	return result;
}

static enum options_result fail_memory(const struct setting *set)
{
	return fail(set, OPTIONS_FATAL, "out of memory");
}

/* What is wrong with the file is told; here, which option named it. */
static enum options_result fail_file(const struct setting *set)
{
	error_prefix(set->error, "--%s", set->row->name);
	return OPTIONS_FATAL;
}

static enum options_result set_flag(const struct setting *set)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "", true },    { "yes", true },    { "true", true }, { "on", true }, { "1", true },
		      { "no", false }, { "false", false }, { "off", false }, { "0", false } };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!span_equal(span_of(words[i].word), set->value))
			continue;
		*(bool *)set->member = words[i].value;
		return OPTIONS_OK;
	}
	return fail(set, OPTIONS_USAGE, "write yes or no");
}

static enum options_result set_counted(const struct setting *set)
{
	uint64_t value = 0;

	if (set->value.n == 0)
		++*(unsigned *)set->member;
	else if (span_decimal(set->value, 9, &value))
		*(unsigned *)set->member = (unsigned)value;
	else
		return fail(set, OPTIONS_USAGE, "not a whole number from 0 to 9");
	return OPTIONS_OK;
}

static enum options_result set_text(const struct setting *set)
{
	if (set->value.n == 0)
		return fail(set, OPTIONS_USAGE, "must not be empty");
	*(const char **)set->member = set->text;
	return OPTIONS_OK;
}

static enum options_result set_whole(const struct setting *set)
{
	const struct option_row *row = set->row;
	uint64_t value;

	if (!span_decimal(set->value, (uint64_t)row->most, &value) || (double)value < row->least)
		return fail(set, OPTIONS_USAGE, "not a whole number from %.0f to %.0f %s", row->least, row->most,
			    row->unit);
	*(uint32_t *)set->member = (uint32_t)value;
	return OPTIONS_OK;
}

static enum options_result set_whole64(const struct setting *set)
{
	uint64_t most = set->row->most > 0 ? (uint64_t)set->row->most : UINT64_MAX;

	if (span_decimal(set->value, most, set->member))
		return OPTIONS_OK;
	return most == UINT64_MAX ? fail(set, OPTIONS_USAGE, "not a whole number")
				  : fail(set, OPTIONS_USAGE, "not a whole number from 0 to %.0f", set->row->most);
}

static enum options_result set_shard(const struct setting *set)
{
	bool is_told = shard_auto_is(set->value);

	set->options->shard_auto = is_told ? set->text : NULL;
	return is_told ? OPTIONS_OK : set_whole(set);
}

static enum options_result set_size(const struct setting *set)
{
	static const char units[] = "kmg";
	const struct option_row *row = set->row;
	struct span number = set->value;
	const char *unit = number.n > 0 ? strchr(units, ascii_lower(number.p[number.n - 1])) : NULL;
	unsigned shift = 0;
	uint64_t value;

	if (unit && *unit) {
		number.n--;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (!span_decimal(number, (uint64_t)row->most >> shift, &value) || (double)(value << shift) < row->least)
		return fail(set, OPTIONS_USAGE,
			    "not a whole number from %.0f to %.0f %s, with K, M or G behind it or not", row->least,
			    row->most, row->unit);
	*(uint64_t *)set->member = value << shift;
	return OPTIONS_OK;
}

static enum options_result set_decimal(const struct setting *set)
{
	const char *text = set->text;
	char *end;
	double value;
	bool small;

	errno = 0;
	value = strtod(text, &end);
	small = value < set->row->least && !(set->row->or_zero && value == 0);
	/* strtod also takes hexadecimal, infinities and leading blanks; a number here is digits. ERANGE: what is too
	 * small for a double would be 0, which means no limit. */
	if ((*text != '.' && !ascii_is_digit(*text)) || strpbrk(text, "xXpP") || *end || !isfinite(value) ||
	    errno == ERANGE || small || value > set->row->most)
		return fail(set, OPTIONS_USAGE, "not a number from %g to %.0f %s%s", set->row->least, set->row->most,
			    set->row->unit, set->row->or_zero ? ", nor 0" : "");
	*(double *)set->member = value;
	return OPTIONS_OK;
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum options_result set_key(const struct setting *set)
{
	uint8_t *key = set->member;
	bool fits = set->value.n == 2 * SIPHASH_KEY_OCTETS;

	for (size_t i = 0; fits && i < SIPHASH_KEY_OCTETS; i++) {
		int high = digit_of(set->value.p[2 * i]), low = digit_of(set->value.p[2 * i + 1]);

		fits = high >= 0 && low >= 0;
		key[i] = (uint8_t)(high * 16 + low);
	}
	return fits ? OPTIONS_OK : fail(set, OPTIONS_USAGE, "not %d hexadecimal digits", 2 * SIPHASH_KEY_OCTETS);
}

/* The place of the value among the words of the row's argument, or -1. */
static int word_of(const struct setting *set)
{
	struct span rest = span_of(set->row->argument);

	for (int place = 0;; place++) {
		size_t end = span_find(rest, 0, '|');

		if (span_equal((struct span){ rest.p, end }, set->value))
			return place;
		if (end == rest.n)
			return -1;
		rest = span_skip(rest, end + 1);
	}
}

static enum options_result set_word(const struct setting *set)
{
	int place = word_of(set);

	if (place < 0)
		return fail(set, OPTIONS_USAGE, "must be %s", set->row->argument);
	*(unsigned *)set->member = (unsigned)set->row->least + (unsigned)place;
	return OPTIONS_OK;
}

static enum options_result set_maybe_word(const struct setting *set)
{
	bool alone = set->value.n == 0 || span_equal(set->value, SPAN_LITERAL("yes"));
	int place = alone ? 0 : word_of(set) + 1;

	if (!alone && place == 0)
		return fail(set, OPTIONS_USAGE, "must be %s, or have no value", set->row->argument);
	*(unsigned *)set->member = (unsigned)set->row->least + (unsigned)place;
	return OPTIONS_OK;
}

/* It goes into a header line and into SMTP: nothing that could end the line may pass. */
static enum options_result set_contact(const struct setting *set)
{
	struct span domain;

	if (set->value.n > CONTACT_MAX)
		return fail(set, OPTIONS_USAGE, "longer than %d octets", (int)CONTACT_MAX);
	for (size_t i = 0; i < set->value.n; i++)
		if (set->value.p[i] <= ' ' || set->value.p[i] > '~')
			return fail(set, OPTIONS_USAGE, "only printable ASCII without spaces can be sent");
	if (!uri_read(set->value).has_goal && !uri_is_mail_address(set->value, &domain))
		return fail(set, OPTIONS_USAGE, "neither a URL nor a mail address");
	return set_text(set);
}

/* Call @on_part for every part between commas, white space around it dropped. */
static enum options_result each_part(const struct setting *set,
				     enum options_result (*on_part)(const struct setting *set, struct span part))
{
	struct span rest = set->value;
	enum options_result result = OPTIONS_OK;
	size_t comma;

	do {
		comma = span_find(rest, 0, ',');
		result = on_part(set, span_trim((struct span){ rest.p, comma }));
		rest = span_skip(rest, comma < rest.n ? comma + 1 : comma);
	} while (result == OPTIONS_OK && rest.n > 0);
	return result;
}

static enum options_result add_server(const struct setting *set, struct span part)
{
	struct options *options = set->options;
	struct endpoint server = { .port = DNS_PORT };

	if (!endpoint_parse(part, &server))
		return fail(set, OPTIONS_USAGE, "'%.*s' is no name server; write IP, IP:PORT or [IPV6]:PORT",
			    shown(part), part.p);
	for (unsigned i = 0; i < options->server_count; i++)
		if (endpoint_equal(&options->server[i], &server))
			return OPTIONS_OK;
	if (options->server_count == NAME_SERVERS_MAX)
		return fail(set, OPTIONS_USAGE, "more than %d name servers", (int)NAME_SERVERS_MAX);
	options->server[options->server_count++] = server;
	return OPTIONS_OK;
}

static int on_server_line(void *arg, struct span line, struct error *error)
{
	struct setting set = *(const struct setting *)arg;

	set.value = line;
	set.error = error;
	return each_part(&set, add_server) == OPTIONS_OK ? 0 : -1;
}

static enum options_result set_servers(const struct setting *set)
{
	set->options->server_count = 0; /* the last one given counts */
	if (set->text[0] != '@')
		return each_part(set, add_server);
	if (line_file_read(set->text + 1, on_server_line, (void *)set, set->error) != 0)
		return OPTIONS_FATAL;
	if (set->options->server_count == 0)
		return fail(set, OPTIONS_FATAL, "no name server in it; write one IP or IP:PORT a line");
	return OPTIONS_OK;
}

static enum options_result add_host(const struct setting *set, struct span part)
{
	struct options *options = set->options;
	struct options_host *host = &options->canary[options->canary_count];
	char name[DOMAIN_NAME_MAX];
	size_t n;

	if (!idna_name(part, name, &n))
		return fail(set, OPTIONS_USAGE, "'%.*s' is no host name", shown(part), part.p);
	if (options->canary_count == OPTIONS_CANARIES_MAX)
		return fail(set, OPTIONS_USAGE, "more than %d hosts", (int)OPTIONS_CANARIES_MAX);
	memcpy(host->text, name, n);
	host->n = (uint8_t)n;
	options->canary_count++;
	return OPTIONS_OK;
}

static int on_host_line(void *arg, struct span line, struct error *error)
{
	struct setting set = *(const struct setting *)arg;

	set.value = line;
	set.error = error;
	return each_part(&set, add_host) == OPTIONS_OK ? 0 : -1;
}

static enum options_result set_hosts(const struct setting *set)
{
	set->options->canary_count = 0; /* the last one given counts */
	if (set->text[0] != '@')
		return each_part(set, add_host);
	if (line_file_read(set->text + 1, on_host_line, (void *)set, set->error) != 0)
		return OPTIONS_FATAL;
	if (set->options->canary_count == 0)
		return fail(set, OPTIONS_FATAL, "no host in it; write one name a line");
	return OPTIONS_OK;
}

static enum options_result add_scan(const struct setting *set)
{
	struct options *options = set->options;

	if (set->value.n == 0)
		return fail(set, OPTIONS_USAGE, "must not be empty");
	if (options->scan_count == OPTIONS_SCANS_MAX)
		return fail(set, OPTIONS_USAGE, "more than %d scan files", (int)OPTIONS_SCANS_MAX);
	options->scan[options->scan_count++] = set->text;
	return OPTIONS_OK;
}

static enum options_result add_label(const struct setting *set)
{
	struct options *options = set->options;

	if (set->value.n == 0)
		return fail(set, OPTIONS_USAGE, "must not be empty");
	if (set->value.n > OBS_LABEL_OCTETS_MAX)
		return fail(set, OPTIONS_USAGE, "longer than %d octets", (int)OBS_LABEL_OCTETS_MAX);
	for (size_t i = 0; i < options->label_count; i++)
		if (span_equal_nocase(options->label[i], set->value))
			return fail(set, OPTIONS_USAGE, "is given twice");
	if (options->label_count == OBS_LABEL_MAX)
		return fail(set, OPTIONS_USAGE, "more than %d columns", (int)OBS_LABEL_MAX);
	options->label[options->label_count++] = set->value;
	return OPTIONS_OK;
}

static struct cidr_set *networks_of(const struct setting *set)
{
	struct cidr_set **member = set->member;

	if (!*member)
		*member = cidr_set_new();
	return *member;
}

static enum options_result add_network(const struct setting *set, struct span part)
{
	int result = cidr_set_add(*(struct cidr_set **)set->member, part);

	if (result == -1)
		return fail_memory(set);
	if (result != 0)
		return fail(set, OPTIONS_USAGE, "'%.*s' is no network; write 127.0.0.0/8, fd00::/8 or an address",
			    shown(part), part.p);
	return OPTIONS_OK;
}

static enum options_result set_cidrs(const struct setting *set)
{
	return networks_of(set) ? each_part(set, add_network) : fail_memory(set);
}

static enum options_result set_cidr_file(const struct setting *set)
{
	struct cidr_set *networks = networks_of(set);

	if (!networks)
		return fail_memory(set);
	return cidr_set_load(networks, set->text, set->error) == 0 ? OPTIONS_OK : fail_file(set);
}

static enum options_result set_domain_file(const struct setting *set)
{
	struct domain_set **member = set->member;

	if (!*member)
		*member = domain_set_new();
	if (!*member)
		return fail_memory(set);
	return domain_set_load(*member, set->text, set->error) == 0 ? OPTIONS_OK : fail_file(set);
}

enum options_result option_set(struct options *options, const struct option_row *row, const char *value,
			       struct error *error)
{
	static enum options_result (*const set_kind[])(const struct setting *set) = {
		[OPTION_FLAG] = set_flag,           [OPTION_COUNTED] = set_counted,
		[OPTION_TEXT] = set_text,           [OPTION_INPUT] = set_text,
		[OPTION_OUTPUT] = set_text,         [OPTION_FOLDER] = set_text,
		[OPTION_WORD] = set_word,           [OPTION_MAYBE_WORD] = set_maybe_word,
		[OPTION_WHOLE] = set_whole,         [OPTION_WHOLE64] = set_whole64,
		[OPTION_SHARD] = set_shard,         [OPTION_SIZE] = set_size,
		[OPTION_DECIMAL] = set_decimal,     [OPTION_KEY] = set_key,
		[OPTION_SCANS] = add_scan,          [OPTION_LABELS] = add_label,
		[OPTION_SERVERS] = set_servers,     [OPTION_HOSTS] = set_hosts,
		[OPTION_CONTACT] = set_contact,     [OPTION_CIDRS] = set_cidrs,
		[OPTION_CIDR_FILE] = set_cidr_file, [OPTION_DOMAIN_FILE] = set_domain_file,
	};
	struct setting set = { options, row, value, span_of(value), (char *)options + row->offset, error };

	return row->kind < COUNT_OF(set_kind) ? set_kind[row->kind](&set) : OPTIONS_OK; /* --config sets others */
}

static int on_resolv_line(void *arg, struct span line, struct error *error)
{
	struct setting *set = arg;
	size_t end = strlen("nameserver");
	struct obs_address address;

	if (!span_starts_with(line, SPAN_LITERAL("nameserver")) || end == line.n ||
	    (line.p[end] != ' ' && line.p[end] != '\t'))
		return 0;
	line = span_trim(span_skip(line, end));
	if (span_find(line, 0, '%') < line.n) { /* link-local addresses mean nothing without their scope */
		log_warning("/etc/resolv.conf: name server %.*s has a scope id and is not used", (int)line.n, line.p);
		return 0;
	}
	if (!address_parse(line, &address))
		return error_set(error, "'%.*s' is no address", shown(line), line.p);
	if (set->options->server_count == NAME_SERVERS_MAX)
		return 0;
	set->value = line;
	set->error = error;
	return add_server(set, line) == OPTIONS_OK ? 0 : -1;
}

enum options_result option_read_resolv_conf(struct options *options, const char *path, struct error *error)
{
	struct setting set = { .options = options, .row = option_find(SPAN_LITERAL("name-servers"), ~0u) };

	if (line_file_read(path, on_resolv_line, &set, error) != 0)
		return OPTIONS_FATAL;
	if (options->server_count > 0)
		return OPTIONS_OK;
	error_set(error, "%s: no name server in it; give --name-servers IP", path);
	return OPTIONS_FATAL;
}
