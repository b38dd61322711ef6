/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/host_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/hash_table.h"
#include "output/scan_file/decode.h"
#include "output/scan_file/schema.h"
#include "output/temporary_file.h"
#include "output/text.h"
#include "parsers/hash.h"

/* On file, before the name and the frame with the record. */
struct stored {
	int64_t time_ms;
	uint64_t origin;
	uint32_t name_length, record_length;
	uint32_t passes;
};

/* A host that is kept decoded. */
struct decoded {
	uint64_t hash;
	off_t at;
	size_t octets;
	struct decode *decode; /* what the host points into, beside the content */
	char *content;         /* of the frame with its record; NULL: no host is here */
	size_t room;
	size_t memory; /* octets of both */
	union decode_frame_record record;
	bool used;     /* since the hand passed */
	uint64_t join; /* the last that gave it away */
};

/* A test that said something of a family: good, or bad. */
struct test {
	int64_t time_ms;
	uint64_t origin;
	bool bad;
	uint32_t next_bad; /* once they are sorted: the first bad one from here on, or their number */
};

struct tests {
	struct test *test;
	size_t count, size;
	bool sorted, linked; /* … by next_bad */
};

/* What one thread has of them. */
struct host_view {
	struct host_store *store;
	struct hash_table cached; /* hash of a name → place in decoded */
	struct decoded decoded[HOST_STORE_DECODED];
	size_t hand;   /* the next to make room, unless it is used */
	size_t memory; /* of all of them */
	size_t most;   /* octets of that */
	uint64_t join;
	const struct obs_host *joined[OBS_MX_MAX];
};

struct host_store {
	uint64_t seed;
	struct hash_table table; /* hash of a name → where its record is, and 1 */
	struct host_view view;   /* of who has no other */
	int file;                /* -1: none yet */
	off_t end;
	uint32_t file_number, file_tests;
	struct record_buffer *buffer;
	struct tests tests[VANTAGE_FAMILIES];
};

_Static_assert((int)HOST_STORE_DECODED > (int)OBS_MX_MAX, "all hosts of a domain at once");

/* ---- life ---- */

struct host_store *host_store_new(void)
{
	struct host_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->file = -1;
	store->buffer = record_buffer_new();
	if (!store->buffer) {
		free(store);
		return NULL;
	}
	store->seed = hash_table_seed();
	store->view.store = store;
	store->view.most = HOST_STORE_OCTETS_MAX;
	return store;
}

static void fini_view(struct host_view *view)
{
	for (size_t i = 0; i < HOST_STORE_DECODED; i++) {
		decode_free(view->decoded[i].decode);
		free(view->decoded[i].content);
	}
	hash_table_fini(&view->cached);
}

void host_store_free(struct host_store *store)
{
	if (!store)
		return;
	fini_view(&store->view);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		free(store->tests[family].test);
	hash_table_fini(&store->table);
	record_buffer_free(store->buffer);
	if (store->file >= 0)
		close(store->file);
	free(store);
}

void host_store_begin(struct host_store *store)
{
	store->file_number++;
	store->file_tests = 0;
}

/* Whose way to port 25 it is: that of one run of one file. */
static uint64_t origin_of(const struct host_store *store, uint32_t run)
{
	return (uint64_t)store->file_number << 32 | run;
}

uint64_t host_store_count(const struct host_store *store)
{
	return store->table.count;
}

size_t host_store_memory(const struct host_store *store)
{
	return store->view.memory;
}

static int fail_file(struct error *error, const char *what, int number)
{
	return error_set(error, "temporary file for mail servers: %s in %s: %s; TMPDIR names another folder", what,
			 temporary_folder(), strerror(number));
}

static int fail_memory(struct error *error)
{
	return error_set(error, "no memory for the mail servers of the scan files");
}

/* ---- names ---- */

/* A name as it is compared: the root's dot at its end says nothing. */
static struct span bare(struct span name)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

/* Under a seed that no stranger knows, so that nobody can choose names that collide. */
static uint64_t hash_of(const struct host_store *store, struct span name)
{
	uint64_t hash = store->seed;

	for (size_t i = 0; i < name.n; i++)
		hash = hash_octet(hash, (uint8_t)ascii_lower(name.p[i]));
	return hash_mix(hash, store->seed);
}

/* ---- the file ---- */

static int read_at(const struct host_store *store, off_t at, void *octets, size_t n, struct error *error)
{
	ssize_t got;

	do
		got = pread(store->file, octets, n, at);
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)n)
		return 0;
	return fail_file(error, "cannot be read", got < 0 ? errno : EIO);
}

/* Where the record of @name is: 1 and *@at; 0: there is none; -1. */
static int find(const struct host_store *store, uint64_t hash, struct span name, off_t *at, struct stored *stored,
		struct error *error)
{
	char text[TEMPLATE_MAX];
	const void *item;

	for (size_t step = 0; (item = hash_table_next(&store->table, hash, &step));) {
		*at = (off_t)hash_item_place(item);
		if (read_at(store, *at, stored, sizeof(*stored), error) < 0)
			return -1;
		if (stored->name_length != name.n)
			continue;
		if (read_at(store, *at + (off_t)sizeof(*stored), text, name.n, error) < 0)
			return -1;
		if (span_equal_nocase(name, (struct span){ text, name.n }))
			return 1;
	}
	return 0;
}

/* What a failed write leaves is written over by the next one. */
static int append(struct host_store *store, const struct stored *stored, struct span name, struct error *error)
{
	const struct span part[] = { { (const char *)stored, sizeof(*stored) },
				     name,
				     record_buffer_content(store->buffer) };
	off_t end = store->end;
	int failure;

	if (store->file < 0)
		store->file = temporary_file();
	if (store->file < 0)
		return fail_file(error, "cannot be made", -store->file);
	if (lseek(store->file, end, SEEK_SET) < 0)
		return fail_file(error, "cannot be written", errno);
	for (size_t i = 0; i < COUNT_OF(part); i++) {
		failure = text_write_all(store->file, part[i]);
		if (failure != 0)
			return fail_file(error, "cannot be written", failure);
		end += (off_t)part[i].n;
	}
	store->end = end;
	return 0;
}

/* ---- hosts that are kept decoded ---- */

static void forget(struct host_view *view, struct decoded *d)
{
	if (d->content && d->octets > 0)
		hash_table_remove(&view->cached, d->hash, hash_item_of((size_t)(d - view->decoded)));
	d->octets = 0;
}

/* What is decoded may not be so any more. */
static void forget_all(struct host_view *view)
{
	if (view->cached.count == 0)
		return;
	for (size_t i = 0; i < HOST_STORE_DECODED; i++)
		forget(view, &view->decoded[i]);
}

static struct decoded *find_decoded(struct host_view *view, uint64_t hash, struct span name)
{
	const void *item;

	for (size_t step = 0; (item = hash_table_next(&view->cached, hash, &step));) {
		struct decoded *d = &view->decoded[hash_item_place(item)];

		if (span_equal_nocase(name, bare(d->record.host.name)))
			return d;
	}
	return NULL;
}

/* Give its memory back. */
static void release(struct host_view *view, struct decoded *d)
{
	view->memory -= d->memory;
	decode_free(d->decode);
	free(d->content);
	*d = (struct decoded){ 0 };
}

/* A place for one more; those that this join has given away stay. Of hosts as large as they may be, fewer are kept. */
static struct decoded *make_place(struct host_view *view)
{
	struct decoded *place = NULL;

	for (size_t step = 0; step < 2 * HOST_STORE_DECODED || !place; step++) {
		struct decoded *d = &view->decoded[view->hand];

		view->hand = (view->hand + 1) % HOST_STORE_DECODED;
		if (d->octets > 0 && (d->used || d->join == view->join)) {
			d->used = false;
			continue;
		}
		forget(view, d);
		place = d;
		if (view->memory <= view->most)
			break;
		release(view, d);
	}
	return place;
}

static void count_memory(struct host_view *view, struct decoded *d)
{
	size_t memory = d->room + (d->decode ? decode_memory(d->decode) : 0);

	view->memory += memory - d->memory;
	d->memory = memory;
}

static bool make_content(struct decoded *d, size_t n)
{
	if (!d->decode)
		d->decode = decode_new_for_host();
	if (n > d->room) {
		free(d->content);
		d->content = malloc(n);
		d->room = d->content ? n : 0;
	}
	return d->decode && d->content;
}

static bool is_doubted(struct host_store *store, const struct obs_host *host, uint64_t origin);

/* Read what is at @at into @d. 0 or -1. */
static int decode_at(struct host_store *store, struct decoded *d, off_t at, const struct stored *stored,
		     struct error *error)
{
	struct observation none;

	if (!make_content(d, stored->record_length))
		return fail_memory(error);
	if (read_at(store, at + (off_t)(sizeof(*stored) + stored->name_length), d->content, stored->record_length,
		    error) < 0)
		return -1;
	decode_begin(d->decode, (struct span){ d->content, stored->record_length });
	switch (decode_next(d->decode, &none, &d->record)) {
	case DECODE_HOST:
		break;
	case DECODE_MEMORY:
		return fail_memory(error);
	default:
		return fail_file(error, "is not what was written", EIO);
	}
	d->record.host.doubted = is_doubted(store, &d->record.host, stored->origin);
	return 0;
}

/* The host of that name: 1 and *@out; 0: none is known; -1. */
static int look_up(struct host_view *view, struct span name, struct decoded **out, struct error *error)
{
	struct host_store *store = view->store;
	uint64_t hash = hash_of(store, name);
	struct decoded *d = find_decoded(view, hash, name);
	struct stored stored;
	int found;
	off_t at;

	if (!d) {
		found = find(store, hash, name, &at, &stored, error);
		if (found <= 0)
			return found;
		d = make_place(view);
		if (!hash_table_reserve(&view->cached, 1))
			return fail_memory(error);
		found = decode_at(store, d, at, &stored, error);
		count_memory(view, d);
		if (found < 0)
			return -1;
		d->hash = hash;
		d->octets = stored.record_length;
		hash_table_put(&view->cached, hash, hash_item_of((size_t)(d - view->decoded)));
	}
	d->used = true;
	d->join = view->join;
	*out = d;
	return 1;
}

/* ---- our own way to port 25 ---- */

static int compare_tests(const void *left, const void *right)
{
	const struct test *a = left, *b = right;

	if (a->origin != b->origin)
		return a->origin < b->origin ? -1 : 1;
	return (a->time_ms > b->time_ms) - (a->time_ms < b->time_ms);
}

static bool add_test(struct tests *tests, struct test test)
{
	if (tests->count == tests->size) {
		size_t size = tests->size > 0 ? 2 * tests->size : 64;
		struct test *grown = realloc(tests->test, size * sizeof(*grown));

		if (!grown)
			return false;
		tests->test = grown;
		tests->size = size;
	}
	tests->sorted &= tests->count == 0 || compare_tests(&tests->test[tests->count - 1], &test) <= 0;
	tests->sorted |= tests->count == 0;
	tests->test[tests->count++] = test;
	tests->linked = false;
	return true;
}

int host_store_add_vantage(struct host_store *store, const struct obs_vantage *vantage, struct error *error)
{
	if (++store->file_tests > HOST_STORE_TESTS_MAX)
		return error_set(error,
				 "a scan file holds more than %d tests of the way to port 25; no scan makes so "
				 "many",
				 HOST_STORE_TESTS_MAX);
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		enum vantage_state state = vantage->state[family];
		bool bad = vantage_state_is_shut(state);

		if (!bad && !vantage_state_is_open(state))
			continue; /* says nothing of others */
		if (!add_test(&store->tests[family],
			      (struct test){ vantage->time_ms, origin_of(store, vantage->run), bad, 0 }))
			return fail_memory(error);
	}
	forget_all(&store->view);
	return 0;
}

static void sort_tests(struct tests *tests)
{
	uint32_t bad = (uint32_t)tests->count;

	if (tests->count > 0 && !tests->sorted)
		qsort(tests->test, tests->count, sizeof(*tests->test), compare_tests);
	for (size_t i = tests->count; i-- > 0;) {
		if (tests->test[i].bad)
			bad = (uint32_t)i;
		tests->test[i].next_bad = bad;
	}
	tests->sorted = tests->linked = true;
}

/* The first test of that file which is later. */
static size_t first_after(const struct tests *tests, uint64_t origin, int64_t time_ms)
{
	const struct test wanted = { .time_ms = time_ms, .origin = origin };
	size_t from = 0, to = tests->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_tests(&tests->test[middle], &wanted) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Was a family's way not good for certain, from the last test before @start to the first at @end or after? A stranger's
 * host may last as long as all tests: none is looked at but their ends. */
static bool is_bad_between(struct tests *tests, uint64_t origin, int64_t start, int64_t end)
{
	size_t first, last, bad;

	if (tests->count > 0 && !tests->linked)
		sort_tests(tests);
	first = first_after(tests, origin, start);
	if (first > 0 && tests->test[first - 1].origin == origin && tests->test[first - 1].bad)
		return true;
	last = end > start ? first_after(tests, origin, end - 1) : first;
	bad = first < tests->count ? tests->test[first].next_bad : tests->count;
	return bad < tests->count && bad <= last && tests->test[bad].origin == origin;
}

static bool is_doubted(struct host_store *store, const struct obs_host *host, uint64_t origin)
{
	/* wraps around where a file is not honest */
	int64_t end = (int64_t)((uint64_t)host->time_ms + host->duration_ms);
	bool probed[VANTAGE_FAMILIES] = { false };

	for (size_t i = 0; i < host->probe_count; i++)
		probed[host->address[host->probe[i].address].family == 6 ? VANTAGE_IPV6 : VANTAGE_IPV4] = true;
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		if (probed[family] && is_bad_between(&store->tests[family], origin, host->time_ms, end))
			return true;
	return false;
}

/* ---- use ---- */

int host_store_put(struct host_store *store, const struct obs_host *host, struct error *error)
{
	struct span name = bare(host->name);
	uint64_t hash = hash_of(store, name);
	struct stored before, stored = { .time_ms = host->time_ms,
					 .origin = origin_of(store, host->run),
					 .name_length = (uint32_t)name.n,
					 .passes = host->passes };
	off_t at, end = store->end;
	int found;

	if (name.n == 0 || name.n > TEMPLATE_MAX)
		return 0; /* no MX is called so */
	found = find(store, hash, name, &at, &before, error);
	if (found < 0)
		return -1;
	if (found > 0 &&
	    (before.passes > stored.passes || (before.passes == stored.passes && before.time_ms > stored.time_ms)))
		return 0;
	record_buffer_reset(store->buffer);
	if (record_put_host(store->buffer, host) < 0 || !hash_table_reserve(&store->table, 1))
		return fail_memory(error);
	if (record_buffer_content(store->buffer).n > HOST_STORE_RECORD_MAX)
		return 0;
	stored.record_length = (uint32_t)record_buffer_content(store->buffer).n;
	if (append(store, &stored, name, error) < 0)
		return -1;
	if (found > 0)
		hash_table_remove(&store->table, hash, hash_item_of((size_t)at));
	hash_table_put(&store->table, hash, hash_item_of((size_t)end));
	forget_all(&store->view);
	return 0;
}

int host_view_join(struct host_view *view, struct observation *o, bool expected, uint64_t *work, struct error *error)
{
	bool any = false;

	view->join++;
	*work = 0;
	for (uint32_t i = 0; i < o->mx.count && i < OBS_MX_MAX; i++) {
		struct decoded *d = NULL;
		int found = look_up(view, bare(o->mx.record[i].name), &d, error);

		if (found < 0)
			return -1;
		view->joined[i] = found > 0 ? &d->record.host : NULL;
		*work += found > 0 ? d->octets : 0;
		any |= found > 0;
	}
	o->mx.host = any || expected ? view->joined : NULL;
	return 0;
}

int host_store_join(struct host_store *store, struct observation *o, bool expected, uint64_t *work, struct error *error)
{
	return host_view_join(&store->view, o, expected, work, error);
}

struct host_view *host_view_new(struct host_store *store, unsigned views)
{
	struct host_view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->store = store;
	view->most = HOST_STORE_OCTETS_MAX / views;
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		if (!store->tests[family].linked) /* not while threads look at them */
			sort_tests(&store->tests[family]);
	return view;
}

void host_view_free(struct host_view *view)
{
	if (!view)
		return;
	fini_view(view);
	free(view);
}

/* Is what stands at @at the record that counts for its name? */
static bool is_current(const struct host_store *store, uint64_t hash, off_t at)
{
	const void *item;

	for (size_t step = 0; (item = hash_table_next(&store->table, hash, &step));)
		if (hash_item_place(item) == (size_t)at)
			return true;
	return false;
}

int host_store_each(struct host_store *store, host_store_on_host *on_host, void *arg, struct error *error)
{
	off_t next;

	for (off_t at = 0; at < store->end; at = next) {
		struct stored stored;
		struct decoded *d;
		char name[TEMPLATE_MAX];

		if (read_at(store, at, &stored, sizeof(stored), error) < 0 ||
		    read_at(store, at + (off_t)sizeof(stored), name, stored.name_length, error) < 0)
			return -1;
		next = at + (off_t)(sizeof(stored) + stored.name_length + stored.record_length);
		if (!is_current(store, hash_of(store, (struct span){ name, stored.name_length }), at))
			continue;
		store->view.join++;
		if (look_up(&store->view, (struct span){ name, stored.name_length }, &d, error) < 0)
			return -1;
		if (!on_host(arg, &d->record.host))
			break;
	}
	return 0;
}
