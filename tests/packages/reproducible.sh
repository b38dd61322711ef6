#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reproducible.sh CMAKE SOURCE BUILD-FOLDER PACKAGES PROGRAM… - builds the programs once more, from a copy of the source in another
# place: are they, and the packages of them, those of BUILD-FOLDER and PACKAGES, octet for octet? A compiler's cache would know
# the place of the first build; where one is used the first is built anew, too.
set -u
cmake=$1 source=$2 build=$3 made=$4
shift 4
umask 077 # as made.sh has it
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A build's options as the first one has them.
options=()
for name in CMAKE_BUILD_TYPE CMAKE_C_COMPILER CMAKE_C_FLAGS STSURVEY_HARDENING STSURVEY_FLEET; do
	value=$(sed -n "s/^$name:[A-Z]*=//p" "$build/CMakeCache.txt")
	[ -z "$value" ] || options+=("-D$name=$value")
done

programs=("${@##*/}") failed=0
first=$build another="$scratch/another place/and a longer one"
places=("$another")
if grep -q '^CMAKE_C_COMPILER_LAUNCHER:[A-Z]*=.' "$build/CMakeCache.txt"; then
	places+=("$scratch/first")
	first=$scratch/first/build
fi

for place in "${places[@]}"; do
	mkdir -p "$place"
	(cd "$source" && { git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print0; }) |
		tar -C "$source" --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$place" -xf -
done
for place in "${places[@]}"; do
	# Tests are left out: with them there would be more to configure, and nothing else in the programs.
	if ! { env -u CMAKE_C_COMPILER_LAUNCHER "$cmake" -S "$place" -B "$place/build" -G Ninja "${options[@]}" -DBUILD_TESTING=OFF &&
		CCACHE_DISABLE=1 "$cmake" --build "$place/build" -j "$(nproc)" --target "${programs[@]}"; } >"$scratch/log" 2>&1; then
		tail -n 20 "$scratch/log"
		exit 1
	fi
done

# same WHAT FILE FILE
same() {
	cmp "$2" "$3" || { echo "$1 depends on where it is built"; failed=1; }
}

for program in "${programs[@]}"; do
	same "$program" "$first/scanner/$program" "$another/build/scanner/$program"
done

# The copies have no commit to take the time of.
SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct 2>/dev/null) || exit $failed
export SOURCE_DATE_EPOCH

# packaged BUILD-FOLDER OUT
packaged() {
	(cd "$1" && "${cmake%cmake}cpack" -G DEB -B "$2") >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
}

packaged "$another/build" "$scratch/another"
if [ "$first" != "$build" ]; then
	made=$scratch/first.debs
	packaged "$first" "$made"
fi
for deb in "$made"/*.deb; do
	same "${deb##*/}" "$deb" "$scratch/another/${deb##*/}"
done
exit $failed
