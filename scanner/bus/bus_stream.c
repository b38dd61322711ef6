/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/bus/bus_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_PAGES_MAX = 1000 }; /* of 1,024 names each, as the server has them */

#define NS_OF_DAY (INT64_C(86400) * 1000000000)

static void put_subjects(char *out, size_t size, const struct bus_stream *stream)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < BUS_SUBJECTS_MAX && stream->subject[i][0] != '\0'; i++) {
		snprintf(out + n, size - n, "%s\"%s\"", i ? "," : "", stream->subject[i]);
		n = strlen(out);
	}
}

enum bus_result bus_stream_create(struct bus *bus, const struct bus_stream *stream, struct error *error)
{
	char subjects[BUS_SUBJECTS_MAX * (BUS_NAME_MAX + 4)], json[BUS_REQUEST_MAX];
	struct bus_stream_info there;
	enum bus_result result;
	struct error ignored;

	put_subjects(subjects, sizeof(subjects), stream);
	snprintf(json, sizeof(json),
		 "{\"name\":\"%s\",\"subjects\":[%s],\"retention\":\"%s\",\"storage\":\"file\",\"discard\":\"new\","
		 "\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":%" PRId64 ",\"max_age\":0,"
		 "\"max_msgs_per_subject\":-1,\"max_msg_size\":-1,\"num_replicas\":1,\"allow_direct\":true,"
		 "\"duplicate_window\":%" PRId64 "}",
		 stream->name, subjects, stream->is_queue ? "workqueue" : "limits",
		 stream->max_bytes ? (int64_t)stream->max_bytes : -1, BUS_DUPLICATES_DAYS * NS_OF_DAY);
	result = bus_api_do(bus, "STREAM.CREATE", stream->name, NULL, json, error);
	/* the server asks whether there is room for it before it sees that it is there */
	if (result == BUS_FULL && bus_stream_look(bus, stream->name, &there, &ignored) == BUS_OK) {
		error->text[0] = '\0';
		return BUS_OK;
	}
	return result;
}

enum bus_result bus_stream_delete(struct bus *bus, const char *stream, struct error *error)
{
	return bus_api_do(bus, "STREAM.DELETE", stream, NULL, NULL, error);
}

enum bus_result bus_stream_look(struct bus *bus, const char *stream, struct bus_stream_info *info, struct error *error)
{
	yajl_val root = NULL;
	enum bus_result result = bus_api(bus, "STREAM.INFO", stream, NULL, NULL, &root, error);

	if (result == BUS_OK)
		*info = (struct bus_stream_info){
			.messages = bus_json_number(root, "state", "messages"),
			.bytes = bus_json_number(root, "state", "bytes"),
			.first = bus_json_number(root, "state", "first_seq"),
			.last = bus_json_number(root, "state", "last_seq"),
			.max_bytes = bus_json_number(root, "config", "max_bytes"),
			.consumers = (unsigned)bus_json_number(root, "state", "consumer_count"),
		};
	yajl_tree_free(root);
	return result;
}

enum bus_result bus_storage_look(struct bus *bus, struct bus_storage *storage, struct error *error)
{
	yajl_val root = NULL;
	enum bus_result result = bus_api(bus, "INFO", NULL, NULL, NULL, &root, error);

	if (result == BUS_OK)
		*storage = (struct bus_storage){ .used = bus_json_number(root, NULL, "storage"),
						 .most = bus_json_number(root, "limits", "max_storage") };
	yajl_tree_free(root);
	return result;
}

/* How many a page had. */
static uint64_t tell_names(yajl_val root, const char *prefix, bus_on_name *on_name, void *arg)
{
	const char *path[] = { "streams", NULL };
	yajl_val list = yajl_tree_get(root, path, yajl_t_array);
	size_t count = list ? YAJL_GET_ARRAY(list)->len : 0;

	for (size_t i = 0; i < count; i++) {
		const char *name = YAJL_GET_STRING(YAJL_GET_ARRAY(list)->values[i]);

		if (name && strlen(name) < BUS_NAME_MAX && strncmp(name, prefix, strlen(prefix)) == 0)
			on_name(arg, name);
	}
	return count;
}

enum bus_result bus_stream_names(struct bus *bus, const char *prefix, bus_on_name *on_name, void *arg,
				 struct error *error)
{
	uint64_t offset = 0;

	for (unsigned page = 0; page < NAMES_PAGES_MAX; page++) {
		char json[BUS_REQUEST_MAX];
		yajl_val root = NULL;
		enum bus_result result;
		uint64_t count = 0, total = 0;

		snprintf(json, sizeof(json), "{\"offset\":%" PRIu64 "}", offset);
		result = bus_api(bus, "STREAM.NAMES", NULL, NULL, json, &root, error);
		if (result == BUS_OK) {
			count = tell_names(root, prefix, on_name, arg);
			total = bus_json_number(root, NULL, "total");
		}
		yajl_tree_free(root);
		offset += count;
		if (result != BUS_OK || count == 0 || offset >= total)
			return result;
	}
	return bus_refuse(bus, error, "more streams than a server has");
}
