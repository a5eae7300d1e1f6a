# Sourced by test suites: one line a promise, and the closing line that tests/run adds up.
# shellcheck shell=bash

passed=0 failed=0 skipped=0

pass() {
	passed=$((passed + 1))
	printf 'ok - %s\n' "$1"
}

# fail NAME [FILE]: the file's last lines say why.
fail() {
	failed=$((failed + 1))
	printf 'not ok - %s\n' "$1"
	if [ -n "${2-}" ] && [ -s "$2" ]; then
		tail -n 25 "$2" | sed 's/^/#   /'
	fi
}

# ok NAME COMMAND...: the command succeeds. Its output is shown only when it does not.
ok() {
	local name=$1 out
	shift
	out=$(mktemp "${TMPDIR:-/tmp}/kstrap-ok.XXXXXX")
	if "$@" >"$out" 2>&1 </dev/null; then pass "$name"; else fail "$name" "$out"; fi
	rm -f "$out"
}

# exits STATUS NAME COMMAND...: the command ends with exactly that status; output in $said.
exits() {
	local want=$1 name=$2 got=0
	shift 2
	said=$("$@" 2>&1 </dev/null) || got=$?
	if [ "$got" = "$want" ]; then
		pass "$name"
	else
		fail "$name"
		printf '#   exit status %s, wanted %s\n%s\n' "$got" "$want" "$said" | sed 's/^\([^#]\)/#   \1/'
	fi
}

# says NAME TEXT: the last `exits` printed TEXT.
says() {
	case $said in
	*"$2"*) pass "$1" ;;
	*)
		fail "$1"
		printf '#   wanted: %s\n#   said: %s\n' "$2" "$said"
		;;
	esac
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

# until_ok SECONDS COMMAND...: again and again until it succeeds; shows the last try's output.
until_ok() {
	local limit=$((SECONDS + $1)) out
	shift
	while :; do
		if out=$("$@" 2>&1); then
			printf '%s\n' "$out"
			return 0
		fi
		[ "$SECONDS" -lt "$limit" ] || { printf '%s\nthis did not become true in time: %s\n' "$out" "$*"; return 1; }
		sleep 0.2
	done
}

# sample N NAME...: N of the names in their order, one a line, chosen by KSTRAP_SEED; all with KSTRAP_ALL.
sample() {
	local n=${1:?} name i=0
	shift
	[ -z "${KSTRAP_ALL-}" ] || n=$#
	# By number of the argument, so that they come out in their order again.
	for name; do
		printf '%s %s %s\n' "$(cksum <<<"${KSTRAP_SEED:-1} $name" | cut -d' ' -f1)" "$((i += 1))" "$name"
	done | sort -n | head -n "$n" | sort -n -k2,2 | cut -d' ' -f3
}

# chapters NAME...: runs the functions of these names, and says how long each took.
chapters() {
	local name start
	for name; do
		start=$SECONDS
		printf '# %s\n' "$name"
		"$name"
		printf '# %s: %d s\n' "$name" $((SECONDS - start))
	done
}

finish() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ]
}
