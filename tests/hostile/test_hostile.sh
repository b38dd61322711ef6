#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tests/hostile/test_hostile.sh STSURVEY - test_hostile.py in a lab of its own. Exit 77: a needed program is not installed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
stsurvey=$(realpath "${1:?usage: test_hostile.sh STSURVEY}")

PATH=$PATH:/usr/sbin:/sbin
for program in unbound nsd knotd keymgr nginx; do
	command -v "$program" >/dev/null || { echo "test_hostile: $program is not installed, skipped"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$here/../lab/lab" run "$dir/lab" --plain 300 --no-vectors -- "$here/test_hostile.py" "$stsurvey"
