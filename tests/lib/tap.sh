# shellcheck shell=bash
# Test results as TAP-like lines and a count at the end. Sourced, never run.

PASSED=0 FAILED=0 SKIPPED=0
TAP_OUT=$(mktemp /tmp/kstrap-tap.XXXXXX)

# ok NAME CMD...: the command succeeds. Its output is shown only if it does not. It runs in this very
# shell, so that a test may remember something for the next one; `set -e` does not hold in it.
ok() {
	local name=$1 start rc=0
	shift
	start=$(now)
	"$@" >"$TAP_OUT" 2>&1 </dev/null || rc=$?
	if [ "$rc" = 0 ]; then
		PASSED=$((PASSED + 1))
		echo "ok - $name # $(seconds_since "$start")"
	else
		FAILED=$((FAILED + 1))
		echo "not ok - $name # exit code $rc after $(seconds_since "$start")"
		tail -n "${TAP_LINES:-60}" "$TAP_OUT" | sed 's/^/#   /'
	fi
}

# fails CODE NAME CMD...: the command ends with exactly this exit code; its output stays in $TAP_OUT for `told`.
fails() {
	local code=$1 name=$2
	shift 2
	ok "$name" exits "$code" "$@"
}

exits() {
	local code=$1 rc=0
	shift
	"$@" || rc=$?
	[ "$rc" = "$code" ] || { echo "exit code $rc, expected $code"; return 1; }
}

skip() { SKIPPED=$((SKIPPED + 1)); echo "ok - $1 # SKIP $2"; }

# until_ok SECONDS CMD...: again and again until it succeeds; shows the last try's output.
until_ok() {
	local limit=$(($(now) + $1 * 1000)) out
	shift
	while :; do
		if out=$("$@" 2>&1); then
			printf '%s\n' "$out"
			return 0
		fi
		[ "$(now)" -lt "$limit" ] || { printf '%s\nthis did not become true in time: %s\n' "$out" "$*"; return 1; }
		sleep 0.2
	done
}

# has TEXT PATTERN...: every extended regular expression is found in TEXT.
has() {
	local text=$1 pattern
	shift
	for pattern; do
		grep -Eq -e "$pattern" <<<"$text" || { printf 'not found: %s\nin: %s\n' "$pattern" "$text"; return 1; }
	done
}

# has_not TEXT PATTERN...: none of them is.
has_not() {
	local text=$1 pattern
	shift
	for pattern; do
		! grep -Eq -e "$pattern" <<<"$text" || { printf 'found: %s\n' "$pattern"; return 1; }
	done
}

done_testing() {
	rm -f "$TAP_OUT"
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ "$FAILED" = 0 ]
}
