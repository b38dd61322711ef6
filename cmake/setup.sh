# SPDX-License-Identifier: BSD-2-Clause
# cmake/setup.sh - sourced by ./check and ./quickstart: the Debian packages they need.

packages_file=$(dirname "${BASH_SOURCE[0]}")/debian-packages.txt

# packages_of GROUP…: the packages of these groups, one a line.
packages_of() {
	local group package
	while read -r group package; do
		[[ " $* " == *" $group "* ]] && echo "$package"
	done < <(grep -v '^#' "$packages_file")
}

# packages_missing GROUP…: the packages of these groups that are not installed, on one line.
packages_missing() {
	local package missing=()
	for package in $(packages_of "$@"); do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
	done
	echo "${missing[*]}"
}

# Packages of servers start them at once. Ours run under the lab alone, so they are told not to, for as long as apt runs.
install_quietly() {
	local policy=/usr/sbin/policy-rc.d status=0
	if [ -e $policy ]; then
		policy=
	else
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
	fi
	{ apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } || status=$?
	[ -z "$policy" ] || rm -f "$policy"
	return $status
}

# packages_need GROUP…: install what is missing, or say what to install and exit 1.
packages_need() {
	local missing log
	if ! command -v dpkg-query >/dev/null; then
		echo "This is not Debian: the packages of $packages_file are expected under their names here." >&2
		return 0
	fi
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "These packages are missing. Install them, then run this again:" >&2
		echo "sudo apt-get update && sudo apt-get install --no-install-recommends $missing" >&2
		exit 1
	fi
	echo "installing $missing"
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list of words
	if ! install_quietly $missing >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "The packages could not be installed; all of apt-get's output is in $log" >&2
		exit 1
	fi
	rm -f "$log"
}

# packages_unpack DIR GROUP: the packages of the group, downloaded once and unpacked into DIR. Nothing is installed or started. Fails,
# with what to do, where the packages can't be had: what needs them is skipped then.
packages_unpack() {
	local dir=$1 group=$2 new=$1.new packages deb
	packages=$(packages_of "$group")
	[ "$(cat "$dir/complete" 2>/dev/null)" != "$packages" ] || return 0
	rm -rf "$dir" "$new"
	mkdir -p "$new/debs"
	echo "unpacking the packages of the group $group into $dir"
	# shellcheck disable=SC2086 # a list of words
	if ! (cd "$new/debs" && { apt-get download $packages || { apt-get update -q && apt-get download $packages; }; }) >"$new/log" 2>&1; then
		grep '^E:' "$new/log" | head -n 3 >&2
		echo "The packages of the group $group could not be downloaded; tests/lab does without them. To have them, run" >&2
		echo "sudo apt-get update" >&2
		echo "and then this again, with a network." >&2
		return 1
	fi
	for deb in "$new"/debs/*.deb; do
		dpkg -x "$deb" "$new" || return 1
	done
	rm -r "$new/debs"
	# Exim's is set-user-ID root: nobody shall become root by what lies about in a folder of tests.
	find "$new" -type f -perm /6000 -exec chmod ug-s {} +
	echo "$packages" >"$new/complete"
	mv "$new" "$dir"
}
