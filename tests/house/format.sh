#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# format.sh ROOT: is the code laid out as .clang-format says? 77 where there is no clang-format 14, which another version's
# taste is not to overrule.
cd "$1" || exit 1
tool=$(command -v clang-format-14 || command -v clang-format) || exit 77
"$tool" --version | grep -q 'version 14\.' || exit 77
find parsers output analysis scanner tests -name '*.[ch]' -not -path '*/build/*' -print0 |
	xargs -0 "$tool" --dry-run --Werror 2>&1 | grep -E 'error' | cut -d: -f1 | sort | uniq -c >&2
test "${PIPESTATUS[1]}" -eq 0
