#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tests/lab/test_scans.sh - what test_lab.sh does while the lab runs. Started by `lab run`, which sets the variables of DIR/env.
set -u

PRIVATE_DOMAINS=600
FIRST_DOMAINS=300

here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$OUT"
mkdir -p "$OUT"

. "$here/survey.sh"

# What is told of a file is told of both its runs.
in_two_runs() {
	survey first "$LIST" "$OUT/first.truth" --max-domains "$FIRST_DOMAINS" --name-servers "$RESOLVER" >"$OUT/first.said" 2>&1
	mv "$OUT/first.msgpack.zst" "$OUT/resumed.msgpack.zst"
	survey resumed "$LIST" "$OUT/private.truth" --max-domains "$PRIVATE_DOMAINS" --name-servers "$RESOLVER" --resume \
		>"$OUT/resumed.said" 2>&1
}

# A part of the world goes through a resolver of the scan's own. Scans wait far more than they work: all at once.
head -n "$PRIVATE_DOMAINS" "$TRUTH" >"$OUT/private.truth"
head -n "$FIRST_DOMAINS" "$TRUTH" >"$OUT/first.truth"
survey world "$LIST" "$TRUTH" --name-servers "$RESOLVER" >"$OUT/world.said" 2>&1 &
survey fault "$FAULT_LIST" "$FAULT_TRUTH" --name-servers "$FAULT_RESOLVER" >"$OUT/fault.said" 2>&1 &
survey private "$LIST" "$OUT/private.truth" --max-domains "$PRIVATE_DOMAINS" --resolver unbound \
	--resolver-config "$RESOLVER_CONFIG" >"$OUT/private.said" 2>&1 &
in_two_runs &
wait

total world fault private first resumed

"$here/test_lame.py"
verdict "what a domain costs that nobody serves" $?

! [ -e "$TRIPWIRE" ]
verdict "nobody came where nobody may come: $(sort "$TRIPWIRE" 2>/dev/null | uniq -c | tr -s ' \n' ' ')" $?

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
