# SPDX-License-Identifier: BSD-2-Clause
# tests/lab/survey.sh - sourced by the scripts that scan while a lab runs: one scan and all that is looked at afterwards.
# HTTP_TIMEOUT: seconds for a policy fetch (3); TIMEOUT, RETRIES: of a question (1, 1); RATE: questions a second of each scan (0: no limit);
# CONCURRENCY: its domains in flight (the scanner's own choice). A slow build needs more time, and must not ask faster than it hears.

# verdict TEXT STATUS, of what has just been done
verdict() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1 (exit $2)"
	fi
}

# survey NAME LIST TRUTH OPTION…: scan, verify, export, compare; the last line is `N passed, N failed`.
survey() {
	name=$1 list=$2 truth=$3
	shift 3
	passed=0 failed=0
	scan=$OUT/$name.msgpack.zst
	set -- "$STSURVEY" scan --allow-reserved "$ALLOW_RESERVED" --https-port "$HTTPS_PORT" --ca-file "$CA_FILE" --domain-blocklist-file \
		"$DOMAIN_BLOCKLIST" --blocklist-file "$BLOCKLIST" --http-timeout "${HTTP_TIMEOUT:-3}" --timeout "${TIMEOUT:-1}" \
		--retries "${RETRIES:-1}" --rate "${RATE:-0}" ${CONCURRENCY:+--concurrency "$CONCURRENCY"} -q "$@"
	"$@" -f "$list" -o "$scan" -m "$OUT/$name.json" >"$OUT/$name.log" 2>&1
	status=$?
	tail -n 5 "$OUT/$name.log"
	[ "$status" -eq 3 ] && status=0 # over 1 % unknown: the world has that many by intent
	verdict "$name: scan" "$status"
	"$STSURVEY" verify "$scan" >"$OUT/$name.verify"
	verdict "$name: verify" $?
	"$STSURVEY" export "$scan" --format jsonl >"$OUT/$name.jsonl"
	verdict "$name: export jsonl" $?
	"$STSURVEY" export "$scan" --format csv >"$OUT/$name.csv"
	verdict "$name: export csv" $?
	"$STSURVEY" export "$scan" --format avro --where "$("$here/formats.py" --where)" >"$OUT/$name.avro"
	verdict "$name: export avro" $?
	"$here/formats.py" "$OUT/$name.jsonl" "$OUT/$name.csv" "$OUT/$name.avro"
	verdict "$name: the exports say the same, as the JSON Schema has it" $?
	"$STSURVEY" stats "$scan" -d "$OUT/$name.tables"
	verdict "$name: stats" $?
	"$here/sums.py" "$OUT/$name.tables"
	verdict "$name: the tables close" $?
	"$here/roles.py" "$OUT/$name.tables" "$truth" "$OUT/$name.jsonl"
	verdict "$name: who does what" $?
	"$here/told.py" "$OUT/$name.json" "$OUT/$name.tables"
	verdict "$name: the metadata tell the tables' counts" $?
	"$here/compare.py" --resolver "$name" "$OUT/$name.jsonl" "$truth" -- "$@" >"$OUT/$name.compare"
	compared=$?
	cat "$OUT/$name.compare"
	set -- $(tail -n 1 "$OUT/$name.compare")
	passed=$((passed + ${1:-0}))
	failed=$((failed + ${3:-1}))
	[ "$compared" -eq 0 ] || [ "${3:-1}" -gt 0 ] || failed=$((failed + 1))
	echo "$passed passed, $failed failed"
}

# total NAME…: what the surveys said, and the sum of what they counted
total() {
	passed=0 failed=0
	for name in "$@"; do
		cat "$OUT/$name.said"
		set -- $(tail -n 1 "$OUT/$name.said")
		passed=$((passed + ${1:-0}))
		failed=$((failed + ${3:-1}))
	done
}
