/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_label.h - columns of a CSV list that are kept with each domain (--label). */
#ifndef STSURVEY_SCANNER_FEED_FEED_LABEL_H
#define STSURVEY_SCANNER_FEED_FEED_LABEL_H

#include <stdbool.h>

#include "output/error.h"
#include "parsers/observation.h"
#include "scanner/base/extra.h"

struct feed_labels {
	const struct span *wanted; /* names; the caller's */
	size_t count;              /* 0: no column is kept */
	int column[OBS_LABEL_MAX];
	struct span name[OBS_LABEL_MAX];                 /* as the header has them, … */
	char text[OBS_LABEL_MAX * OBS_LABEL_OCTETS_MAX]; /* … here */
	struct extra values;                             /* of the row */
};

/* Does the row name all of them? The case of ASCII letters does not matter; of two columns of one name the first
 * counts. False: @labels is as before. */
bool feed_labels_find(struct feed_labels *labels, struct span row, char separator);

/* Are these they, in their order and no others? False: @labels is as before. */
bool feed_labels_are(struct feed_labels *labels, const struct span *name, size_t count);

/* -1 with the error: which one the row, at @line, does not name, and which it does. */
int feed_labels_refuse(const struct feed_labels *labels, struct span row, char separator, unsigned long long line,
		       struct error *error);

/* The cells of a row, until the next call: without quotes and the white space around, as UTF-8, a space for each
 * control character, cut between two characters. A cell that is not there is empty. */
struct span feed_labels_keep(struct feed_labels *labels, struct span row, char separator);

/* The same of one cell for each, whole and without quotes. What was kept before is kept as it is. */
struct span feed_labels_take(struct feed_labels *labels, const struct span *cell);

#endif
