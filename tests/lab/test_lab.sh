#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tests/lab/test_lab.sh - the whole of stsurvey against the lab: scan, verify, export, stats, compare.
#
#   [SCANS=SCRIPT] [LONG_LAB=OPTIONS] test_lab.sh STSURVEY [DIR [lab options, for example --plain 500]]
#
# DIR is made when it is missing and kept; without it a temporary folder is used and removed. SCRIPT is test_scans.sh unless told, which
# scans the world through the validating resolver, the domains below fault.test asked straight from a hostile name server, a part of the world
# through a private Unbound (--resolver unbound), and that part in two runs. Ends with `N passed, N failed`; exit 0 all agree, 1 something differs,
# 77 a needed program is not installed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
stsurvey=${1:?usage: test_lab.sh STSURVEY [DIR [lab options]]}
stsurvey=$(realpath "$stsurvey")
dir=${2:-}
[ $# -gt 1 ] && shift 2 || shift 1

PATH=$PATH:/usr/sbin:/sbin
for program in unbound nsd knotd keymgr nginx cc openssl; do
	command -v "$program" >/dev/null || { echo "test_lab: $program is not installed, skipped"; exit 77; }
done
case " $* " in *" --beside "*)
	[ -e "${STSURVEY_RESOLVERS:-$here/../../build/resolvers}/complete" ] ||
		{ echo "test_lab: no other resolvers, skipped; this gets them: bash -c '. cmake/setup.sh && packages_unpack build/resolvers unpack'"; exit 77; } ;;
esac

# A crowd is larger in a night's run.
# shellcheck disable=SC2086 # a list of words
[ -z "${STSURVEY_LONG:-}" ] || [ -z "${LONG_LAB:-}" ] || set -- $LONG_LAB

if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi
mkdir -p "$dir"
dir=$(realpath "$dir")
STSURVEY=$stsurvey OUT=$dir/out "$here/lab" run "$dir/lab" "$@" -- "$here/${SCANS:-test_scans.sh}"
