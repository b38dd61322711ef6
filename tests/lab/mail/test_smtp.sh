#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tests/lab/mail/test_smtp.sh - the mail world probed, against its truth. Started by `lab run DIR --mail`, which sets the variables of DIR/env.
# SMTP_TIMEOUT: seconds for one probe (7): a slow machine must not make a good server silent, nor must all be gone to at once.
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$OUT"
mkdir -p "$OUT"
. "$here/survey.sh"

survey mail "$MAIL_LIST" "$MAIL_TRUTH" --name-servers "$RESOLVER" --smtp=all --smtp-port "$SMTP_PORT" --smtp-timeout "${SMTP_TIMEOUT:-7}" \
	--smtp-canaries "$CANARIES" --smtp-concurrency 80 --smtp-without-sni --ehlo-domain scanner.lab-servers.net >"$OUT/mail.said" 2>&1
total mail

! [ -e "$TRIPWIRE" ]
verdict "nobody came where nobody may come: $(sort "$TRIPWIRE" 2>/dev/null | uniq -c | tr -s ' \n' ' ')" $?

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
