/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/public_suffix.h - which part of a name was registered.
 *
 * Answers come from the list compiled into libpsl: read-only, so every thread may ask. Names are
 * A-labels in any case, without a trailing dot. Nothing is copied: results are parts of @name.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_PUBLIC_SUFFIX_H
#define STSURVEY_ANALYSIS_CLASSIFY_PUBLIC_SUFFIX_H

#include "parsers/span.h"

/* A name cut in two: "mail.example.co.uk" is "mail." "example" "." "co.uk". */
struct public_suffix_cut {
	struct span name;
	struct span registrable; /* "example.co.uk"; the whole name where it is itself a public suffix */
	struct span label;       /* "example": the registrable domain's own label */
	struct span suffix;      /* "co.uk"; empty where nothing is registrable */
};

struct public_suffix_cut public_suffix_cut(struct span name);

/* What was registered at a registry, without the suffixes below which a company lets strangers have names (the list's
 * private section): "github.io" of alice.github.io, whose registrable domain is itself. */
struct span public_suffix_registered(struct span name);

/* Of libpsl, as it runs. */
const char *public_suffix_library_version(void);

#endif
