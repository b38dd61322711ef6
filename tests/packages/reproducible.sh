#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reproducible.sh CMAKE SOURCE BUILD-FOLDER PROGRAM… - builds the programs once more, from a copy of the source in another
# place: are they those of BUILD-FOLDER, octet for octet? A compiler's cache would know the place of the first build; where
# one is used the first is built anew, too.
set -u
cmake=$1 source=$2 build=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A build's options as the first one has them.
options=()
for name in CMAKE_BUILD_TYPE CMAKE_C_COMPILER CMAKE_C_FLAGS STSURVEY_HARDENING STSURVEY_FLEET; do
	value=$(sed -n "s/^$name:[A-Z]*=//p" "$build/CMakeCache.txt")
	[ -z "$value" ] || options+=("-D$name=$value")
done

# built FOLDER: a copy of the source there, and its programs in FOLDER/build
built() {
	mkdir -p "$1"
	(cd "$source" && { git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print0; }) |
		tar -C "$source" --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$1" -xf -
	# The tests are left out: their targets, not their compiler flags, are what differs.
	env -u CMAKE_C_COMPILER_LAUNCHER "$cmake" -S "$1" -B "$1/build" -G Ninja "${options[@]}" -DBUILD_TESTING=OFF >"$scratch/log" 2>&1 &&
		CCACHE_DISABLE=1 "$cmake" --build "$1/build" -j "$(nproc)" --target "${programs[@]}" >>"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log"; exit 1; }
}

programs=("${@##*/}") failed=0
first=$build/scanner
if grep -q '^CMAKE_C_COMPILER_LAUNCHER:[A-Z]*=.' "$build/CMakeCache.txt"; then
	built "$scratch/first"
	first=$scratch/first/build/scanner
fi
built "$scratch/another place/and a longer one"
for program in "${programs[@]}"; do
	cmp "$first/$program" "$scratch/another place/and a longer one/build/scanner/$program" || { echo "$program depends on where it is built"; failed=1; }
done
exit $failed
