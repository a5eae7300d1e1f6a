# Sourced by the scripts of tests/crash: arguments, counting, and one system call that goes wrong.
# shellcheck shell=bash
# usage of each: [--all] [BUILD-DIR]     (KSTRAP_BUILD; KSTRAP_ALL as --all; KSTRAP_SEED picks the sample)
export LC_ALL=C ASAN_OPTIONS=detect_leaks=0

all=no
[ -z "${KSTRAP_ALL-}" ] || all=yes
[ "${1-}" != --all ] || { all=yes; shift; }
build=${1:-${KSTRAP_BUILD:-$top}}
passed=0 failed=0 skipped=0

ok() { echo "ok - $1"; passed=$((passed + 1)); }
not_ok() { echo "not ok - $1"; failed=$((failed + 1)); }
finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}

if ! command -v strace >/dev/null; then
	not_ok "strace is needed to stop a program at a system call; install strace"
	finish
fi
tmp=$(mktemp -d /tmp/kstrap-crash.XXXXXX)
trap 'rm -rf -- "${tmp:?}"' EXIT

# compile NAME: tests/crash/NAME.c, with the compiler, the flags and the library of that build.
compile() {
	make -s -C "$build" -f - crash-driver NAME="$1" OUT="$tmp/$1" >&2 <<'END'
include Makefile
crash-driver: libbase.a
	$(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) \
		-o $(OUT) $(top_srcdir)/tests/crash/$(NAME).c libbase.a $(DEPS_LIBS) $(LIBS)
END
}

# What changes a disk, or says that it has changed.
calls=(write pwrite64 copy_file_range ftruncate mkdirat symlinkat linkat renameat renameat2 unlinkat fchmod fchmodat
	fchownat fsync fdatasync syncfs)
seed=${KSTRAP_SEED:-$((RANDOM))}
RANDOM=$seed
echo "# seed $seed (KSTRAP_SEED=$seed repeats this sample)"

# counts COMMAND...: how often an undisturbed run calls each, into $tmp/counts; the calls themselves
# into $tmp/trace.
counts() {
	strace -qq -o "$tmp/trace" -e trace="$(IFS=,; echo "${calls[*]}")" "$@" >"$tmp/message" 2>&1 || return 1
	sed -E 's/\(.*//' "$tmp/trace" | sort | uniq -c | awk '{ print $2, $1 }' >"$tmp/counts"
}

# disturbed CALL N ACTION COMMAND...: the same with ACTION (signal=KILL, error=EIO...) at the n-th
# CALL. Standard error in $tmp/message. A process that is killed makes the shell say so: not news here.
disturbed() {
	local call=$1 n=$2 action=$3
	shift 3
	{ strace -qq -o /dev/null -e trace="$call" -e inject="$call:$action:when=$n" \
		"$@" 2>"$tmp/message" >/dev/null; } 2>/dev/null
}

# The few calls between which related files disagree on the disk are in every sample.
decides() { [[ $1 == renameat* && $2 == signal=KILL ]]; }

# points ACTION NAME ONE_OF: `point CALL N ACTION` at each call of $tmp/counts, or at one of so many,
# in one line of the report.
points() {
	local action=$1 name=$2 one_of=$3 bad=0 done_=0 call n count
	while read -r call count; do
		for ((n = 1; n <= count; n++)); do
			[ $((RANDOM % one_of)) = 0 ] || [ $all = yes ] || decides "$call" "$action" || continue
			done_=$((done_ + 1))
			point "$call" "$n" "$action" && continue
			bad=$((bad + 1))
			echo "# $action at $call number $n: $why"
		done
	done <"$tmp/counts"
	if [ "$done_" = 0 ]; then
		done_=1
		point write 1 "$action" || bad=1
	fi
	if [ "$bad" = 0 ]; then ok "$name ($done_ points)"; else not_ok "$name: $bad of $done_ points"; fi
}
