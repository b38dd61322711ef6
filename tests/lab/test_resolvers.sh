#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tests/lab/test_resolvers.sh - the world and a crowd (crowd.py) through Unbound and every other resolver that stands beside it, all at once.
# What a resolver may tell otherwise stands in rights.toml. Started by `lab run`, which sets the variables of DIR/env.
set -u

here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$OUT"
mkdir -p "$OUT"
. "$here/survey.sh"

echo "the crowd's seed is $SEED; STSURVEY_SEED=$SEED makes it again"
for pair in unbound="$RESOLVER" bind="$BIND" knot-resolver="$KNOT_RESOLVER" powerdns="$POWERDNS" dnsmasq="$DNSMASQ" stubby="$STUBBY"; do
	survey "${pair%%=*}" "$LIST" "$TRUTH" --name-servers "${pair#*=}" >"$OUT/${pair%%=*}.said" 2>&1 &
done
wait
total unbound bind knot-resolver powerdns dnsmasq stubby

! [ -e "$TRIPWIRE" ]
verdict "nobody came where nobody may come: $(sort "$TRIPWIRE" 2>/dev/null | uniq -c | tr -s ' \n' ' ')" $?

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
