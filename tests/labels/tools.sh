# shellcheck shell=bash
# SELinux's own programs, as tests/labels/parts has unpacked them. Sourced, never run.

# policy_tool TREE NAME ARG...: one of them, with its own libraries.
policy_tool() {
	local tree=$1 name=$2
	shift 2
	"$tree"/lib64/ld-linux-*.so.2 --library-path "$(dirname "$tree"/usr/lib/*/libselinux.so.1)" "$tree/usr/sbin/$name" "$@"
}

# policy_answers TREE FILE_CONTEXTS <"KIND PATH..." lines: "KIND PATH LABEL", by matchpathcon.
policy_answers() {
	local kind path rest
	while read -r kind path rest; do
		printf '%s %s\n' "$kind" "$(policy_tool "$1" matchpathcon -f "$2" -m "$kind" "$path" | tr '\t' ' ')"
	done
}
