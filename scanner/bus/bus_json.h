/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/bus/bus_json.h - JSON that the server sends, or keeps for who wrote it: a tree of yajl's.
 *
 * What that would fail of, or spoil in silence, is refused before: it frees what is nested by recursion, its strings
 * end with NUL, and it takes comments, which JSON has not.
 */
#ifndef STSURVEY_SCANNER_BUS_BUS_JSON_H
#define STSURVEY_SCANNER_BUS_BUS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <yajl/yajl_tree.h>

#include "output/error.h"
#include "parsers/span.h"

enum {
	BUS_JSON_DEPTH = 16, /* JetStream's has 4, ours 3 */
	BUS_JSON_VALUES =
		8192, /* in all; ours have 2,000, a page of names 1,024: yajl adds each by making room for it */
};

/* One object; yajl_tree_free frees it. NULL: it is none, and "is nested too deeply" or the like is in @why. */
yajl_val bus_json_read(struct span text, struct error *why);

/* The number below @object and @key (NULL: at the top); 0 where there is none. */
uint64_t bus_json_number(yajl_val root, const char *object, const char *key);
/* "" where there is none. */
const char *bus_json_text(yajl_val root, const char *object, const char *key);
bool bus_json_true(yajl_val root, const char *key);
bool bus_json_has(yajl_val root, const char *key); /* whatever it is */

#endif
