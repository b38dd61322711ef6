/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_mail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/tlsrpt/tlsrpt_value.h"
#include "output/temporary_file.h"
#include "output/text.h"

enum { LINE = 1024 }; /* octets of a line that are looked at; RFC 5322 has 998 */

/* What the fields of a header are to us. */
enum field { FIELD_NONE, FIELD_DROPPED, FIELD_KEPT, FIELD_TYPE, FIELD_ENCODING };

struct tlsrpt_mail {
	tlsrpt_on_message *on_message;
	void *arg;
	bool is_mbox;
	/* lines */
	char line[LINE];
	size_t n;
	bool goes_on;    /* of this line a part has been taken already */
	bool is_outside; /* nothing of a message has been seen yet */
	bool was_blank;  /* the line before */
	/* the message */
	struct tlsrpt_message message;
	char *memory;
	int fd;             /* -1: none yet */
	bool in_header;     /* GMime may be in one */
	bool holds_message; /* the part may be a message */
	bool is_encoded;    /* … whose own header GMime does not see: it is in base64 */
	bool has_encoding;  /* the first field counts */
	bool holds_digest;  /* somewhere in it parts may be messages without saying so */
	enum field field;   /* the one that the line before is of */
	size_t headers, parts;
};

struct tlsrpt_mail *tlsrpt_mail_new(tlsrpt_on_message *on_message, void *arg)
{
	struct tlsrpt_mail *mail = calloc(1, sizeof(*mail));

	if (!mail)
		return NULL;
	*mail = (struct tlsrpt_mail){ .on_message = on_message, .arg = arg, .fd = -1 };
	mail->memory = malloc(TLSRPT_MAIL_MEMORY);
	if (mail->memory)
		return mail;
	free(mail);
	return NULL;
}

void tlsrpt_mail_free(struct tlsrpt_mail *mail)
{
	if (!mail)
		return;
	if (mail->fd >= 0)
		close(mail->fd);
	free(mail->memory);
	free(mail);
}

/* ---- a message put aside ---- */

static void begin_message(struct tlsrpt_mail *mail)
{
	mail->message = (struct tlsrpt_message){ .fd = -1, .number = mail->message.number + 1 };
	mail->in_header = true;
	mail->holds_message = mail->is_encoded = mail->has_encoding = mail->holds_digest = false;
	mail->field = FIELD_NONE;
	mail->headers = mail->parts = 0;
	mail->is_outside = false;
}

static int fail(int number, struct error *error)
{
	return error_set(error, "%s: a message cannot be put aside: %s; set TMPDIR to a folder with room",
			 temporary_folder(), strerror(number));
}

static int to_file(struct tlsrpt_mail *mail, struct span s, struct error *error)
{
	int result;

	if (mail->message.fd < 0) {
		if (mail->fd < 0)
			mail->fd = temporary_file();
		if (mail->fd < 0) {
			int number = -mail->fd;

			mail->fd = -1;
			return fail(number, error);
		}
		if (ftruncate(mail->fd, 0) != 0 || lseek(mail->fd, 0, SEEK_SET) != 0)
			return fail(errno, error);
		mail->message.fd = mail->fd;
		result = text_write_all(mail->fd, (struct span){ mail->memory, mail->message.n });
		if (result != 0)
			return fail(result, error);
	}
	result = text_write_all(mail->fd, s);
	return result == 0 ? 0 : fail(result, error);
}

static int put_aside(struct tlsrpt_mail *mail, struct span s, struct error *error)
{
	struct tlsrpt_message *message = &mail->message;

	if (message->bad)
		return 0;
	if (message->n + s.n > TLSRPT_MAIL_MAX) {
		message->bad = "a message of over 32 MiB";
		return 0;
	}
	if (message->fd >= 0 || message->n + s.n > TLSRPT_MAIL_MEMORY) {
		if (to_file(mail, s, error) < 0)
			return -1;
	} else {
		memcpy(mail->memory + message->n, s.p, s.n);
	}
	message->n += s.n;
	return 0;
}

static int end_message(struct tlsrpt_mail *mail, struct error *error)
{
	if (mail->is_outside)
		return 0;
	mail->message.p = mail->message.fd < 0 ? mail->memory : NULL;
	return mail->on_message(mail->arg, &mail->message, error);
}

/* ---- what GMime will make of it ----
 *
 * It parses From, To, Date and more at once, groups of addresses within each other by recursion, and makes an object of
 * each field and each parameter. So it is shown none but the fields that reports are found by. Where it may be in a
 * header it is taken to be: of a body that is taken for one, lines that look like fields are lost, and in JSON, gzip
 * and base64 there are none. */

/* What a line in a header and a parameter count for beside their octets: an object of GMime's has some 500 octets. */
enum { FIELD_COST = 64, PARAMETER_COST = 64 };

static bool has_word(struct span s, struct span word)
{
	for (; s.n >= word.n; s = span_skip(s, 1))
		if (span_starts_with_nocase(s, word))
			return true;
	return false;
}

static bool is_blank(struct span line)
{
	return line.n == 0 || line.p[0] == '\n' || (line.n > 1 && line.p[0] == '\r' && line.p[1] == '\n');
}

/* The name of the field that the line begins, and what is behind the colon in @value; nothing: it begins none. */
static struct span field_name(struct span line, struct span *value)
{
	size_t n = 0, colon;

	while (n < line.n && (unsigned char)line.p[n] > ' ' && line.p[n] != ':' && line.p[n] != 0x7f)
		n++;
	for (colon = n; colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'); colon++)
		;
	if (n == 0 || colon == line.n || line.p[colon] != ':' || strchr("{[\"", line.p[0]))
		return (struct span){ line.p, 0 };
	*value = span_strip(span_skip(line, colon + 1));
	return (struct span){ line.p, n };
}

static enum field field_of(struct span name)
{
	static const struct {
		const char *name;
		enum field field;
	} known[] = {
		{ "Content-Type", FIELD_TYPE },         { "Content-Transfer-Encoding", FIELD_ENCODING },
		{ "Content-Disposition", FIELD_KEPT },  { "TLS-Report-Domain", FIELD_KEPT },
		{ "TLS-Report-Submitter", FIELD_KEPT },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (span_equal_nocase(name, span_of(known[i].name)))
			return known[i].field;
	return name.n > 0 ? FIELD_DROPPED : FIELD_NONE;
}

static void count_part(struct tlsrpt_mail *mail)
{
	mail->in_header = true;
	mail->holds_message = mail->is_encoded = mail->has_encoding = false;
	mail->field = FIELD_NONE;
	if (++mail->parts > TLSRPT_MAIL_PARTS_MAX && !mail->message.bad)
		mail->message.bad = "a message of over 4096 parts";
}

/* A header ends. Another follows at once where the part is a message, as one in a digest is without saying so. */
static void end_header(struct tlsrpt_mail *mail)
{
	bool goes_on = (mail->holds_message && !mail->is_encoded) || mail->holds_digest;

	mail->in_header = false;
	if (goes_on)
		count_part(mail);
}

/* The name of a type may stand behind comments and on any line of its field; one that goes over the end of a piece is
 * taken for each that matters. */
static void look_at_type(struct tlsrpt_mail *mail, struct span piece)
{
	bool is_long = mail->goes_on;

	mail->holds_message = mail->holds_message || is_long || has_word(piece, SPAN_LITERAL("message"));
	mail->holds_digest = mail->holds_digest || is_long || has_word(piece, SPAN_LITERAL("digest"));
}

static void count_header(struct tlsrpt_mail *mail, struct span piece, bool is_start, bool is_kept)
{
	mail->headers += piece.n;
	if (is_kept && is_start)
		mail->headers += FIELD_COST;
	for (size_t i = 0; is_kept && i < piece.n; i++)
		mail->headers += piece.p[i] == ';' ? PARAMETER_COST : 0;
	if (mail->headers > TLSRPT_MAIL_HEADERS_MAX && !mail->message.bad)
		mail->message.bad = "a message with headers of over 512 KiB";
}

static bool is_encoding(struct span value)
{
	return span_equal_nocase(value, SPAN_LITERAL("base64")) ||
	       span_equal_nocase(value, SPAN_LITERAL("quoted-printable"));
}

/* True: GMime is to see it. Above a message it would take a line that is no field for the end of all. */
static bool look_at_header(struct tlsrpt_mail *mail, struct span piece)
{
	bool is_start = !mail->goes_on, begins_field = is_start && piece.p[0] != ' ' && piece.p[0] != '\t', is_kept;
	struct span value = { "", 0 };

	if (begins_field)
		mail->field = field_of(field_name(piece, &value));
	if (mail->field == FIELD_TYPE)
		look_at_type(mail, piece);
	if (mail->field == FIELD_ENCODING) {
		mail->is_encoded = begins_field && (mail->has_encoding ? mail->is_encoded : is_encoding(value));
		mail->has_encoding = true;
	}
	mail->message.is_report = mail->message.is_report || has_word(piece, SPAN_LITERAL("tlsrpt")) ||
				  has_word(piece, SPAN_LITERAL("tls-report-"));
	is_kept = mail->field != FIELD_DROPPED && (mail->field != FIELD_NONE || mail->parts > 0);
	count_header(mail, piece, is_start, is_kept);
	return is_kept;
}

/* Any line that begins so may be a boundary, whatever the boundary is. True: GMime is to see it. */
static bool look_at(struct tlsrpt_mail *mail, struct span piece)
{
	bool is_start = !mail->goes_on;

	if (is_start && span_starts_with(piece, SPAN_LITERAL("--")))
		count_part(mail);
	else if (mail->in_header && is_start && is_blank(piece))
		end_header(mail);
	else if (mail->in_header)
		return look_at_header(mail, piece);
	return true;
}

/* ---- lines ---- */

static bool is_one_of(struct span s, const char *words)
{
	for (; s.n >= 3 && *words; words += 3)
		if (span_starts_with(s, (struct span){ words, 3 }))
			return true;
	return false;
}

/* "Tue Aug " */
static bool is_day_and_month(struct span s)
{
	return s.n > 8 && is_one_of(s, "MonTueWedThuFriSatSun") && s.p[3] == ' ' &&
	       is_one_of(span_skip(s, 4), "JanFebMarAprMayJunJulAugSepOctNovDec") && s.p[7] == ' ';
}

/* "From somebody Tue Aug  4 10:11:12 2026". Where no empty line stands before it, as some leave it out, a time alone
 * might be a sentence. */
static bool is_from_line(struct span line, bool was_blank)
{
	bool is_dated = was_blank;

	if (!span_starts_with(line, SPAN_LITERAL("From ")))
		return false;
	for (size_t i = 5; i + 5 <= line.n; i++) {
		is_dated = is_dated || is_day_and_month(span_skip(line, i));
		if (is_dated && ascii_is_digit(line.p[i]) && ascii_is_digit(line.p[i + 1]) && line.p[i + 2] == ':' &&
		    ascii_is_digit(line.p[i + 3]) && ascii_is_digit(line.p[i + 4]))
			return true;
	}
	return false;
}

static bool is_quoted_from(struct span line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return n > 0 && span_starts_with(span_skip(line, n), SPAN_LITERAL("From "));
}

/* What stands in front of a message and is none of it: a byte order mark, empty lines, another mailbox's "From ". */
static bool is_in_front(struct tlsrpt_mail *mail, struct span *piece, bool is_start)
{
	if (!mail->is_outside || !is_start)
		return false;
	if (span_starts_with(*piece, SPAN_LITERAL("\xef\xbb\xbf")))
		*piece = span_skip(*piece, 3);
	return !mail->is_mbox && (is_blank(*piece) || is_quoted_from(*piece));
}

/* A line, or as much of it as there is room for. */
static int take_piece(struct tlsrpt_mail *mail, bool is_end, struct error *error)
{
	struct span piece = { mail->line, mail->n };
	bool is_start = !mail->goes_on, was_blank = mail->was_blank, is_shown;

	mail->n = 0;
	mail->was_blank = is_start && is_blank(piece);
	if (is_in_front(mail, &piece, is_start)) {
		mail->goes_on = !is_end;
		return 0;
	}
	if (mail->is_mbox && is_start && is_from_line(piece, was_blank || mail->is_outside)) {
		mail->goes_on = !is_end;
		if (end_message(mail, error) < 0)
			return -1;
		begin_message(mail);
		return 0;
	}
	if (mail->is_outside && !mail->is_mbox)
		begin_message(mail);
	if (mail->is_outside) { /* behind "From " without a time: an mbox all the same */
		mail->goes_on = !is_end;
		if (is_start && span_starts_with(piece, SPAN_LITERAL("From ")))
			begin_message(mail);
		return 0;
	}
	if (mail->is_mbox && is_start && is_quoted_from(piece))
		piece = span_skip(piece, 1);
	is_shown = !mail->message.bad && look_at(mail, piece);
	mail->goes_on = !is_end;
	return is_shown ? put_aside(mail, piece, error) : 0;
}

void tlsrpt_mail_begin(struct tlsrpt_mail *mail, bool is_mbox)
{
	mail->is_mbox = is_mbox;
	mail->n = 0;
	mail->goes_on = false;
	mail->is_outside = true;
	mail->was_blank = false;
	mail->message.number = 0;
}

int tlsrpt_mail_feed(struct tlsrpt_mail *mail, struct span octets, struct error *error)
{
	while (octets.n > 0) {
		size_t room = LINE - mail->n, n = octets.n < room ? octets.n : room;
		const char *end = memchr(octets.p, '\n', n);

		if (end)
			n = (size_t)(end - octets.p) + 1;
		memcpy(mail->line + mail->n, octets.p, n);
		mail->n += n;
		octets = span_skip(octets, n);
		if ((end || mail->n == LINE) && take_piece(mail, !!end, error) < 0)
			return -1;
	}
	return 0;
}

int tlsrpt_mail_end(struct tlsrpt_mail *mail, struct error *error)
{
	if (mail->n > 0 && take_piece(mail, true, error) < 0)
		return -1;
	return end_message(mail, error);
}
