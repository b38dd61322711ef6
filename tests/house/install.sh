#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# install.sh CMAKE BUILD-FOLDER - is what `cmake --install` puts down, the queue left out, whole, and does it run from there, and do its documents lead to each other?
set -u
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
"$1" --install "$2" --component stsurvey --prefix "$prefix" >"$prefix/log" || { cat "$prefix/log"; exit 1; }
failed=0
for file in bin/stsurvey share/man/man1/stsurvey.1 share/doc/stsurvey/README.md share/doc/stsurvey/LICENSE \
	share/doc/stsurvey/docs/findings.md \
	share/bash-completion/completions/stsurvey share/zsh/site-functions/_stsurvey \
	libexec/stsurvey/stsurvey-weekly share/doc/stsurvey/docs/weekly.conf; do
	[ -s "$prefix/$file" ] || { echo "$file is not installed"; failed=1; }
done
version=$("$prefix/bin/stsurvey" --version) || failed=1
[[ $version == "stsurvey "[0-9]*$'\n'libuv* ]] || { echo "--version says '$version'"; failed=1; }
"$(dirname "$0")/links.py" "$prefix/share/doc/stsurvey" --installed || failed=1
exit $failed
