#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# hardening.sh PROGRAM - does the optimised program have what cmake/hardening.cmake asks for? By binutils.
set -u
command -v readelf objdump >/dev/null || { echo "binutils are missing"; exit 77; }
program=$1 failed=0
read=$(LC_ALL=C readelf --wide --file-header --program-headers --dynamic --notes --symbols "$program") || exit 1

# needs WHAT PATTERN
needs() {
	grep -Eq -- "$2" <<<"$read" || { echo "$program: no $1"; failed=1; }
}

needs "position-independent executable (PIE)" 'Type: +DYN.*Position-Independent'
needs "stack protector" ' __stack_chk_fail(@|$)'
needs "checked calls of libc (FORTIFY)" ' __[a-z]+_chk(@|$)'
needs "read-only tables after the start (RELRO)" '^ +GNU_RELRO '
needs "binding of all symbols at the start (BIND_NOW)" '\(FLAGS.* NOW'
needs "stack that holds no code" '^ +GNU_STACK .* RW  *0x'
# The program's own note says IBT and SHSTK only where the C library's start files do, too, which Debian 12's do not.
if [ "$(uname -m)" = x86_64 ]; then
	read=$(LC_ALL=C objdump --disassemble=main "$program")
	needs "control-flow protection (CET)" '^[0-9a-f]+ <main>:' && needs "control-flow protection (CET)" 'endbr64'
fi
exit $failed
