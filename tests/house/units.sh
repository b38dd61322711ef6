#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# units.sh CMAKE BUILD-FOLDER - are the units that are installed such as systemd takes without a word, and do they give up what
# a survey does not need?
set -u
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze here"; exit 77; }
exposure=30 # tenths, as systemd-analyze security counts: it wants the network, and has no list of system calls
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
components=stsurvey
[ ! -e "$2/scanner/stsurvey-fleet" ] || components+=" fleet"
for component in $components; do
	"$1" --install "$2" --component $component --prefix "$prefix" >"$prefix/log" || { cat "$prefix/log"; exit 1; }
done
failed=0 units=("$prefix"/lib/systemd/system/*)
[ ${#units[@]} -ge 2 ] || { echo "no units are installed"; failed=1; }
said=$(systemd-analyze verify --man=no "${units[@]}" 2>&1) || failed=1
[ -z "$said" ] || { echo "$said"; failed=1; }
for unit in "${units[@]}"; do
	grep -q '@[A-Z_]*@' "$unit" && { echo "$unit: something was not filled in"; failed=1; }
	[[ $unit == *.service ]] || continue
	systemd-analyze security --offline=yes --threshold=$exposure "$unit" >"$prefix/log" 2>&1 || { cat "$prefix/log"; failed=1; }
	for file in $(grep -oE '(file:|ExecStart=|STSURVEY=)/[^ ]*' "$unit" | sed 's/^[^/]*//'); do
		[ -e "$file" ] || { echo "$unit: $file is not installed"; failed=1; }
	done
	# The options that a unit gives are options.
	command=$(sed -n 's/^ExecStart=\(.*\/stsurvey \)/\1/p' "$unit" | sed 's/ \$[A-Z_]*//g')
	[ -z "$command" ] || said=$($command --help 2>&1 >/dev/null) || { echo "$unit: $said"; failed=1; }
done
exit $failed
