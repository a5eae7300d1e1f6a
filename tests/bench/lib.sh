# shellcheck shell=bash
# What both benches are made of: the measuring program, medians, the table and its goals. Sourced.

# build_measure FILE: static, because it runs in nodes too.
build_measure() { gcc -O2 -static -s -o "$1" "$TOP/tests/bench/measure.c"; }

# median, most: of the numbers on standard input, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) printf "%.10g", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; else printf "-" }'; }
most() { sort -g | tail -n 1; }
calculate() { awk "BEGIN { $1 }"; }

# row NAME KSTRAP KUBEADM [BESIDE [GOAL MET]]
row() {
	printf '%-44s %10s %10s %8s  %s\n' "$1" "$2" "$3" "${4-}" "${5-}${6:+: $6}"
}
# times NAME KSTRAP KUBEADM [AT_LEAST]: how many times less, and whether that is the goal.
times() {
	local ratio='' met=''
	ratio=$(calculate "if ($2 > 0) printf \"%.1fx\", $3 / $2")
	[ -z "${4-}" ] || met=$(calculate "print ($2 * $4 <= $3) ? \"met\" : \"not met\"")
	row "$1" "$2" "$3" "$ratio" "${4:+1/$4}" "$met"
}
# at_most NAME KSTRAP KUBEADM GOAL
at_most() { row "$1" "$2" "$3" '' "<= $4" "$(calculate "print ($2 <= $4) ? \"met\" : \"not met\"")"; }
machine() {
	printf '%s cores, %s GiB, Linux %s, %s, %s\n' "$(nproc)" "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" \
		"$(uname -r | cut -d. -f1,2)" "$(. /etc/os-release && echo "$PRETTY_NAME")" \
		"kstrap $(git -C "$TOP" describe --always --dirty 2>/dev/null || echo export)"
}
