# shellcheck shell=bash
# What tests on a running lab need on top of suite.sh: to wait for something, and to look into a text. Sourced, never run.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/suite.sh"

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

# The name under which the count is printed where a script has a `finish` of its own.
done_testing() { finish; }
