#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tests/lab/mail/test_resolvers.sh - the mail world's domains with DNSSEC through every other resolver that validates and stands beside
# Unbound: is DANE the same through each? What one may tell otherwise stands in rights.toml. Started by `lab run DIR --mail --beside …`.
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$OUT"
mkdir -p "$OUT"
. "$here/survey.sh"

grep -E 'secure|bogus' "$MAIL_LIST" >"$OUT/list"
grep -E '"name": "[^"]*(secure|bogus)' "$MAIL_TRUTH" | awk '{ sub(/"index": [0-9]+/, "\"index\": " NR - 1) } 1' >"$OUT/truth"
for pair in bind="$BIND" knot-resolver="$KNOT_RESOLVER" powerdns="$POWERDNS" stubby="$STUBBY"; do
	survey "${pair%%=*}" "$OUT/list" "$OUT/truth" --name-servers "${pair#*=}" --smtp=all --smtp-port "$SMTP_PORT" \
		--smtp-timeout "${SMTP_TIMEOUT:-7}" --smtp-canaries "$CANARIES" --smtp-concurrency 80 --smtp-without-sni \
		--ehlo-domain scanner.lab-servers.net >"$OUT/${pair%%=*}.said" 2>&1
done
total bind knot-resolver powerdns stubby

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
