#!/bin/sh
# tests/lab/test_scans.sh - what test_lab.sh does while the lab runs. Started by `lab run`, which sets the variables of DIR/env.
# HTTP_TIMEOUT: seconds for a policy fetch (3); a slow build needs more.
set -u

here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$OUT"
mkdir -p "$OUT"
passed=0
failed=0

# verdict TEXT STATUS
verdict() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1 (exit $2)"
	fi
}

# survey NAME LIST SERVER TRUTH: scan, verify, export, compare
survey() {
	scan=$OUT/$1.msgpack.zst
	"$STSURVEY" scan -f "$2" -o "$scan" -m "$OUT/$1.json" --name-servers "$3" --allow-reserved "$ALLOW_RESERVED" \
		--https-port "$HTTPS_PORT" --ca-file "$CA_FILE" --domain-blocklist-file "$DOMAIN_BLOCKLIST" \
		--blocklist-file "$BLOCKLIST" --http-timeout "${HTTP_TIMEOUT:-3}" --timeout 1 --retries 1 -q >"$OUT/$1.log" 2>&1
	status=$?
	tail -n 5 "$OUT/$1.log"
	[ "$status" -eq 3 ] && status=0 # over 1 % unknown: the world has that many by intent
	verdict "$1: scan" "$status"
	"$STSURVEY" verify "$scan" >"$OUT/$1.verify"
	verdict "$1: verify" $?
	"$STSURVEY" export "$scan" --format jsonl >"$OUT/$1.jsonl"
	verdict "$1: export jsonl" $?
	"$STSURVEY" export "$scan" --format csv >"$OUT/$1.csv"
	verdict "$1: export csv" $?
	"$STSURVEY" stats "$scan" -d "$OUT/$1.tables"
	verdict "$1: stats" $?
	"$here/sums.py" "$OUT/$1.tables"
	verdict "$1: the tables close" $?
	"$here/compare.py" "$OUT/$1.jsonl" "$4" >"$OUT/$1.compare"
	compared=$?
	cat "$OUT/$1.compare"
	set -- $(tail -n 1 "$OUT/$1.compare")
	passed=$((passed + ${1:-0}))
	failed=$((failed + ${3:-1}))
	[ "$compared" -eq 0 ] || [ "${3:-1}" -gt 0 ] || failed=$((failed + 1))
}

survey world "$LIST" "$RESOLVER" "$TRUTH"
survey fault "$FAULT_LIST" "$FAULT_RESOLVER" "$FAULT_TRUTH"

! [ -e "$TRIPWIRE" ]
verdict "nobody came where nobody may come: $(sort "$TRIPWIRE" 2>/dev/null | uniq -c | tr -s ' \n' ' ')" $?

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
