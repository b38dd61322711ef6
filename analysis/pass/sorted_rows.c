/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/sorted_rows.h"

#include <stdlib.h>
#include <string.h>

enum {
	LENGTH = sizeof(uint32_t), /* octets in front of each row, in memory and in the file */
	BUFFER = 256 * 1024,       /* of one write */
};

/* Sorted rows in the file, and where the merge stands in them. */
struct run {
	uint64_t offset, left; /* of what is not yet read */
	char *buffer;
	size_t size;
	struct span rest; /* of the buffer: from the current row on */
	struct span row;  /* the current one; p NULL: there is none left */
};

struct sorted_rows {
	size_t memory;
	char *data; /* rows, each with its length; grows up to `memory`, or one row */
	size_t used, size;
	size_t *place; /* of each row in data */
	size_t count, room;
	struct put_aside file;
	struct run *run;
	size_t runs, run_room;
	size_t next;       /* of the rows in memory */
	struct run **heap; /* runs with rows, the least row first */
	size_t heap_count;
	bool begun;
};

struct sorted_rows *sorted_rows_new(size_t memory, struct error *error)
{
	struct sorted_rows *rows = calloc(1, sizeof(*rows));

	if (!rows) {
		error_set(error, "no memory");
		return NULL;
	}
	rows->memory = memory > SORTED_ROWS_MEMORY_LEAST ? memory : SORTED_ROWS_MEMORY_LEAST;
	put_aside_init(&rows->file);
	return rows;
}

void sorted_rows_free(struct sorted_rows *rows)
{
	if (!rows)
		return;
	for (size_t i = 0; i < rows->runs; i++)
		free(rows->run[i].buffer);
	put_aside_fini(&rows->file);
	free(rows->run);
	free(rows->heap);
	free(rows->place);
	free(rows->data);
	free(rows);
}

void sorted_rows_put_number(struct text *row, uint64_t number, unsigned octets)
{
	while (octets-- > 0)
		text_char(row, (char)(number >> 8 * octets));
}

uint64_t sorted_rows_take_number(struct span *row, unsigned octets)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < octets; i++)
		number = number << 8 | (uint8_t)row->p[i];
	*row = span_skip(*row, octets);
	return number;
}

static struct span row_at(const char *p)
{
	uint32_t length;

	memcpy(&length, p, LENGTH);
	return (struct span){ p + LENGTH, length };
}

static int compare_places(const void *a, const void *b, void *data)
{
	return span_compare(row_at((const char *)data + *(const size_t *)a),
			    row_at((const char *)data + *(const size_t *)b));
}

static void sort(struct sorted_rows *rows)
{
	if (rows->count > 1)
		qsort_r(rows->place, rows->count, sizeof(*rows->place), compare_places, rows->data);
}

/* Add it to the list of runs, with its rows at the file's end. */
static struct run *new_run(struct sorted_rows *rows)
{
	if (rows->runs == rows->run_room) {
		size_t room = rows->run_room ? rows->run_room * 2 : 16;
		struct run *run = realloc(rows->run, room * sizeof(*run));

		if (!run)
			return NULL;
		rows->run = run;
		rows->run_room = room;
	}
	rows->run[rows->runs] = (struct run){ .offset = rows->file.end, .left = rows->used };
	return &rows->run[rows->runs++];
}

/* The rows in memory, sorted, go to the file. What lies in one order is written in another: through a buffer. */
static int write_run(struct sorted_rows *rows, struct error *error)
{
	char *buffer = malloc(BUFFER);
	size_t used = 0;
	int result = 0;

	if (!buffer || !new_run(rows)) {
		free(buffer);
		return put_aside_no_memory(error);
	}
	sort(rows);
	for (size_t i = 0; i < rows->count && result == 0; i++) {
		const char *p = rows->data + rows->place[i];
		struct span whole = { p, LENGTH + row_at(p).n };

		if (used + whole.n > BUFFER) {
			result = put_aside_write(&rows->file, (struct span){ buffer, used }, error);
			used = 0;
		}
		if (whole.n > BUFFER) {
			result = result == 0 ? put_aside_write(&rows->file, whole, error) : result;
		} else {
			memcpy(buffer + used, whole.p, whole.n);
			used += whole.n;
		}
	}
	if (result == 0 && used > 0)
		result = put_aside_write(&rows->file, (struct span){ buffer, used }, error);
	free(buffer);
	rows->used = rows->count = 0;
	return result;
}

/* Room for @n octets more in `data`, and a place. */
static bool make_room(struct sorted_rows *rows, size_t n)
{
	if (rows->size - rows->used < n) {
		size_t size = rows->size ? rows->size * 2 : SORTED_ROWS_MEMORY_LEAST;
		char *data;

		if (size < rows->used + n)
			size = rows->used + n;
		data = realloc(rows->data, size);
		if (!data)
			return false;
		rows->data = data;
		rows->size = size;
	}
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 1024;
		size_t *place = realloc(rows->place, room * sizeof(*place));

		if (!place)
			return false;
		rows->place = place;
		rows->room = room;
	}
	return true;
}

int sorted_rows_put(struct sorted_rows *rows, struct span row, struct error *error)
{
	uint32_t length = (uint32_t)row.n;
	size_t n = LENGTH + row.n;

	if (row.n > PUT_ASIDE_ROW_MAX)
		return error_set(error, "a row of %zu octets cannot be put aside", row.n);
	/* both arrays may have grown to twice of what is in them */
	if (rows->count > 0 && 2 * (rows->used + n + (rows->count + 1) * sizeof(*rows->place)) > rows->memory &&
	    write_run(rows, error) < 0)
		return -1;
	if (!make_room(rows, n))
		return put_aside_no_memory(error);
	rows->place[rows->count++] = rows->used;
	memcpy(rows->data + rows->used, &length, LENGTH);
	if (row.n > 0)
		memcpy(rows->data + rows->used + LENGTH, row.p, row.n);
	rows->used += n;
	return 0;
}

/* ---- merging ---- */

/* See that the first @n octets of what is left of the run are in its buffer. */
static int fill(struct sorted_rows *rows, struct run *run, size_t n, struct error *error)
{
	size_t more;

	if (run->rest.n >= n)
		return 0;
	if (run->size < n || !run->buffer) {
		size_t size = n > run->size ? n : run->size;
		char *buffer = malloc(size);

		if (!buffer)
			return put_aside_no_memory(error);
		if (run->rest.n > 0)
			memcpy(buffer, run->rest.p, run->rest.n);
		free(run->buffer);
		run->buffer = buffer;
		run->size = size;
	} else if (run->rest.n > 0) {
		memmove(run->buffer, run->rest.p, run->rest.n);
	}
	more = run->size - run->rest.n < run->left ? run->size - run->rest.n : (size_t)run->left;
	if (put_aside_read(&rows->file, run->offset, run->buffer + run->rest.n, more, error) < 0)
		return -1;
	run->offset += more;
	run->left -= more;
	run->rest = (struct span){ run->buffer, run->rest.n + more };
	return 0;
}

/* The run's next row becomes the current one. */
static int advance(struct sorted_rows *rows, struct run *run, struct error *error)
{
	if (run->row.p)
		run->rest = span_skip(run->rest, LENGTH + run->row.n);
	run->row = (struct span){ NULL, 0 };
	if (run->rest.n == 0 && run->left == 0)
		return 0;
	if (fill(rows, run, LENGTH, error) < 0 || fill(rows, run, LENGTH + row_at(run->rest.p).n, error) < 0)
		return -1;
	run->row = row_at(run->rest.p);
	return 0;
}

/* Bring the run at @i down to its place. */
static void sift(struct sorted_rows *rows, size_t i)
{
	for (;;) {
		size_t least = i;
		struct run *run = rows->heap[i];

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < rows->heap_count; child++)
			if (span_compare(rows->heap[child]->row, rows->heap[least]->row) < 0)
				least = child;
		if (least == i)
			return;
		rows->heap[i] = rows->heap[least];
		rows->heap[least] = run;
		i = least;
	}
}

int sorted_rows_start(struct sorted_rows *rows, struct error *error)
{
	size_t size;

	if (rows->runs == 0) {
		sort(rows);
		return 0;
	}
	if (rows->count > 0 && write_run(rows, error) < 0)
		return -1;
	free(rows->data);
	rows->data = NULL;
	rows->size = 0;
	size = rows->memory / rows->runs;
	size = size < SORTED_ROWS_READ_LEAST  ? SORTED_ROWS_READ_LEAST
	       : size > SORTED_ROWS_READ_MOST ? SORTED_ROWS_READ_MOST
					      : size;
	rows->heap = calloc(rows->runs, sizeof(struct run *));
	if (!rows->heap)
		return put_aside_no_memory(error);
	for (size_t i = 0; i < rows->runs; i++) {
		rows->run[i].size = size;
		if (advance(rows, &rows->run[i], error) < 0)
			return -1;
		rows->heap[rows->heap_count++] = &rows->run[i];
	}
	for (size_t i = rows->heap_count / 2; i-- > 0;)
		sift(rows, i);
	return 0;
}

/* The least row is the one at the top, once the one before has been gone beyond. */
static int next_merged(struct sorted_rows *rows, struct span *row, struct error *error)
{
	if (rows->begun) {
		if (rows->heap_count > 0 && advance(rows, rows->heap[0], error) < 0)
			return -1;
		if (rows->heap_count > 0 && !rows->heap[0]->row.p)
			rows->heap[0] = rows->heap[--rows->heap_count];
		if (rows->heap_count > 0)
			sift(rows, 0);
	}
	rows->begun = true;
	if (rows->heap_count == 0)
		return 0;
	*row = rows->heap[0]->row;
	return 1;
}

int sorted_rows_next(struct sorted_rows *rows, struct span *row, struct error *error)
{
	if (rows->runs > 0)
		return next_merged(rows, row, error);
	if (rows->next == rows->count)
		return 0;
	*row = row_at(rows->data + rows->place[rows->next++]);
	return 1;
}
