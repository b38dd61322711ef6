/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_mime.h"

#include <stdio.h>
#include <string.h>

#include <gmime/gmime.h>

enum {
	PIECE = 16 * 1024, /* octets of a part at once */
	VERSION_TEXT = 36, /* three numbers */
};

struct walk {
	struct tlsrpt_part *part;
	const struct tlsrpt_mime_events *events;
	void *arg;
	struct tlsrpt_mime_end *end;
	unsigned number;
	bool failed; /* for this reason */
	struct error *error;
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = text ? strlen(text) : 0, m = strlen(end);

	return n >= m && g_ascii_strcasecmp(text + n - m, end) == 0;
}

static bool is_type(GMimeContentType *type, const char *media, const char *subtype)
{
	return type && g_mime_content_type_is_type(type, media, subtype);
}

/* application/tlsrpt, tlsrpt+json, tlsrpt+gzip */
static bool is_tlsrpt(GMimeContentType *type)
{
	const char *subtype = type ? g_mime_content_type_get_media_subtype(type) : NULL;

	return subtype && g_ascii_strncasecmp(subtype, "tlsrpt", 6) == 0;
}

/* In a message that calls itself a TLS report, what is called so is meant as one. */
static bool is_called_json(GMimeContentType *type, const char *name)
{
	return ends_with(name, ".json") || ends_with(name, ".json.gz") || ends_with(name, ".json.zip") ||
	       is_type(type, "application", "zip");
}

static struct tlsrpt_hints hints_of(const struct walk *walk, GMimePart *leaf)
{
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(leaf));

	return (struct tlsrpt_hints){
		.is_report = is_tlsrpt(type),
		.is_json = walk->end->is_report && is_called_json(type, g_mime_part_get_filename(leaf)),
		.is_text = is_type(type, "text", "*"),
		.has_type = true,
		.says_json = is_type(type, "application", "tlsrpt+json"),
		.says_gzip = is_type(type, "application", "tlsrpt+gzip"),
	};
}

/* The octets behind the transfer encoding, as far as they are of interest. */
static void feed_content(struct walk *walk, GMimeDataWrapper *content)
{
	GMimeStream *raw = g_mime_data_wrapper_get_stream(content), *decoded;
	GMimeFilter *filter;
	char piece[PIECE];
	ssize_t n;

	if (!raw)
		return;
	g_mime_stream_reset(raw);
	decoded = g_mime_stream_filter_new(raw);
	filter = g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(content), FALSE);
	g_mime_stream_filter_add(GMIME_STREAM_FILTER(decoded), filter);
	g_object_unref(filter);
	while ((n = g_mime_stream_read(decoded, piece, sizeof(piece))) > 0)
		if (!tlsrpt_part_feed(walk->part, (struct span){ piece, (size_t)n }))
			break;
	g_object_unref(decoded);
}

static void read_leaf(struct walk *walk, GMimePart *leaf)
{
	GMimeDataWrapper *content = g_mime_part_get_content(leaf);
	struct tlsrpt_hints hints = hints_of(walk, leaf);
	struct tlsrpt_part_end end;

	walk->events->on_part(walk->arg, ++walk->number);
	if (!content)
		return;
	if (tlsrpt_part_begin(walk->part, &hints) < 0) {
		walk->failed = true;
		error_set(walk->error, "no memory");
		return;
	}
	feed_content(walk, content);
	end = tlsrpt_part_end(walk->part, NULL);
	walk->end->reports += end.reports;
	walk->end->bad += end.bad;
	if (walk->events->on_part_end)
		walk->failed = walk->events->on_part_end(walk->arg, walk->error) < 0;
}

static void look_at_message(struct walk *walk, GMimeMessage *message)
{
	if (g_mime_object_get_header(GMIME_OBJECT(message), "TLS-Report-Domain") ||
	    g_mime_object_get_header(GMIME_OBJECT(message), "TLS-Report-Submitter"))
		walk->end->is_report = true;
}

static void look_at_multipart(struct walk *walk, GMimeObject *multipart)
{
	const char *kind = g_mime_object_get_content_type_parameter(multipart, "report-type");

	if (kind && g_ascii_strcasecmp(kind, "tlsrpt") == 0)
		walk->end->is_report = true;
}

static void walk_object(struct walk *walk, GMimeObject *object, unsigned depth)
{
	if (!object || walk->failed)
		return;
	if (depth > TLSRPT_MIME_DEPTH_MAX) {
		walk->end->is_too_deep = true;
		return;
	}
	if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (!message)
			return;
		look_at_message(walk, message);
		walk_object(walk, g_mime_message_get_mime_part(message), depth + 1);
	} else if (GMIME_IS_MULTIPART(object)) {
		int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));

		look_at_multipart(walk, object);
		for (int i = 0; i < count; i++)
			walk_object(walk, g_mime_multipart_get_part(GMIME_MULTIPART(object), i), depth + 1);
	} else if (GMIME_IS_PART(object)) {
		read_leaf(walk, GMIME_PART(object));
	}
}

/* The message stays where it lies. */
static GMimeStream *stream_of(const struct tlsrpt_message *message, GByteArray **array)
{
	GMimeStream *stream;

	*array = NULL;
	if (message->fd >= 0) {
		stream = g_mime_stream_fs_new_with_bounds(message->fd, 0, (gint64)message->n);
		g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
		return stream;
	}
	*array = g_byte_array_new_take((guint8 *)message->p, message->n);
	stream = g_mime_stream_mem_new_with_byte_array(*array);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	return stream;
}

int tlsrpt_mime_read(const struct tlsrpt_message *message, struct tlsrpt_part *part,
		     const struct tlsrpt_mime_events *events, void *arg, struct tlsrpt_mime_end *end,
		     struct error *error)
{
	struct walk walk = { .part = part, .events = events, .arg = arg, .end = end, .error = error };
	GByteArray *array;
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *parsed;

	*end = (struct tlsrpt_mime_end){ 0 };
	g_mime_init();
	stream = stream_of(message, &array);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	parsed = g_mime_parser_construct_message(parser, NULL);
	if (parsed) {
		look_at_message(&walk, parsed);
		walk_object(&walk, g_mime_message_get_mime_part(parsed), 1);
		g_object_unref(parsed);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	if (array)
		g_byte_array_free(array, FALSE); /* its octets are the caller's */
	return walk.failed ? -1 : 0;
}

const char *tlsrpt_mime_library_version(void)
{
	static char text[VERSION_TEXT];

	snprintf(text, sizeof(text), "%u.%u.%u", gmime_major_version, gmime_minor_version, gmime_micro_version);
	return text;
}
