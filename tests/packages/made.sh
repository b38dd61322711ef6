#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# made.sh CPACK BUILD-FOLDER OUT - makes the packages in OUT, twice: are they the same to the octet, and does lintian find no
# error in them, nor a warning?
set -u
umask 077 # theirs is what is installed with, never ours
cpack=$1 build=$2 out=$3 failed=0
command -v lintian dpkg-shlibdeps file >/dev/null || { echo "skipped: lintian, dpkg-dev or file are missing"; exit 77; }

# make FOLDER COMMAND…
make() {
	local folder=$1
	shift
	rm -rf "$folder"
	(cd "$build" && "$@" "$cpack" -G DEB -B "$folder") >"$folder.log" 2>&1 || { cat "$folder.log"; exit 1; }
	rm -rf "$folder/_CPack_Packages"
}

mkdir -p "$(dirname "$out")"
make "$out" env
make "$out.again" env TZ=Asia/Kathmandu LC_ALL=C
for deb in "$out"/*.deb; do
	cmp "$deb" "$out.again/$(basename "$deb")" || { echo "made twice, the packages differ"; failed=1; }
done
rm -rf "$out.again"

version=$("$build/scanner/stsurvey" --version | sed -n '1s/^stsurvey \([0-9.]*\).*/\1/p')
architecture=$(dpkg --print-architecture)
packages="stsurvey"
[ ! -x "$build/scanner/stsurvey-fleet" ] || packages+=" stsurvey-fleet"
for package in $packages; do
	deb=$out/${package}_${version}_$architecture.deb
	[ -s "$deb" ] || { echo "there is no $deb"; failed=1; continue; }
	[ "$(dpkg-deb -f "$deb" Version Architecture)" = "Version: $version
Architecture: $architecture" ] || { echo "$deb has another version or architecture"; failed=1; }
done

# Information (a licence's own file, .comment sections) may stay: docs/packages.md says which.
lintian --allow-root --fail-on error,warning "$out"/*.deb || { echo "lintian is not content"; failed=1; }
exit $failed
