# shellcheck shell=bash
# What every script under tests/ shares: where things lie, how it speaks, guarded removal, locks.
# Sourced, never run.

set -euo pipefail
umask 022

TOP=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# Big things that are made once (Kubernetes, the base tree, images): outside the checkout, kept.
KSTRAP_CACHE=${KSTRAP_CACHE:-/var/cache/kstrap}
# What one lab is made of while it runs: nodes, pids, the owner's file. Gone after `down`.
# KSTRAP_LAB_NAME: a second lab beside the first, for somebody who works on the same machine.
KSTRAP_LAB=${KSTRAP_LAB:-/var/lib/kstrap-lab${KSTRAP_LAB_NAME:+-$KSTRAP_LAB_NAME}}
export KSTRAP_CACHE KSTRAP_LAB
export LC_ALL=C.UTF-8

now() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }
seconds_since() { local d=$(($(now) - $1)); printf '%d.%d s' $((d / 1000)) $((d % 1000 / 100)); }

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: run it with sudo, or as root"; }

# step NAME CMD...: shows what is being done and how long it took; the output only if it failed.
step() {
	local name=$1 start log rc=0
	shift
	start=$(now)
	log=$(mktemp /tmp/kstrap-step.XXXXXX)
	printf '%-58s' "$name" >&2
	# In the background, because bash ignores `set -e` in everything left of a `||`.
	(set -e && "$@") >"$log" 2>&1 </dev/null &
	wait $! || rc=$?
	if [ "$rc" = 0 ]; then
		printf '%8s\n' "$(seconds_since "$start")" >&2
	else
		printf '  FAILED after %s, exit code %d\n' "$(seconds_since "$start")" "$rc" >&2
		tail -n 60 "$log" >&2
	fi
	rm -f "$log"
	return "$rc"
}

# remove_tree DIR: the only recursive removal there is. As root one wrong variable costs the
# machine, so: only below the three places that are ours, no link on the way, never into a mount.
remove_tree() {
	local dir=${1:?remove_tree needs a directory} real
	[ -e "$dir" ] || [ -L "$dir" ] || return 0
	real=$(realpath -e -- "$dir")
	case $real in
	"${KSTRAP_LAB:?}"/?* | "${KSTRAP_CACHE:?}"/?* | /tmp/kstrap?*) ;;
	*) die "refusing to remove $real: it is not below the lab, the cache or /tmp/kstrap*" ;;
	esac
	# A bind mount of the same file system would not stop --one-file-system.
	local inside
	inside=$(awk -v d="$real" '$5 == d || index($5, d "/") == 1 { print $5 }' /proc/self/mountinfo)
	[ -z "$inside" ] || die "refusing to remove $real: still mounted in it: ${inside//$'\n'/ }"
	rm -rf --one-file-system -- "$real"
}

# with_lock FILE CMD...: one at a time; says so before it waits.
with_lock() {
	local file=${1:?} fd
	shift
	mkdir -p "${file%/*}"
	exec {fd}>"$file"
	if ! flock -n "$fd"; then
		say "waiting: another process is using $file"
		flock -w 1800 "$fd" || die "gave up after 30 minutes waiting for $file"
	fi
	"$@" {fd}>&-
	exec {fd}>&-
}

# debian_sources TYPE: this machine's own Debian package sources as one-line entries of TYPE
# (deb or deb-src), so that no mirror is named here and the machine's settings stay as they are.
debian_sources() {
	local type=${1:?} keyring=/usr/share/keyrings/debian-archive-keyring.gpg option=
	[ ! -e "$keyring" ] || option="[signed-by=$keyring] "
	apt-get indextargets --format "\$(ORIGIN)|$type $option\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
		'Created-By: Packages' | sed -n 's/^Debian|//p' | sort -u
}

# debian_release: bookworm, ...
debian_release() { (. /etc/os-release && echo "${VERSION_CODENAME:?this machine is not a Debian release}"); }
