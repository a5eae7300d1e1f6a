# shellcheck shell=bash
# Nodes that real ostree has deployed: a sysroot of their own, of which a boot loader's entry chooses the deployment.
# Sourced by lib.sh, never run. The directory NODE/sysroot tells such a node from the others.

. "$TOP/tests/labels/tools.sh"

OSTREE_OS=kstrap

# ostree_image: ref image of the lab's repository: the program, and what that prepares for all hosts of an image. There it
# puts the labels on itself; the rest of that tree has setfiles', and the base ostree's.
ostree_image() {
	local program=$KSTRAP_LAB/program image=$KSTRAP_LAB/image tree=$KSTRAP_LAB/image/tree phase
	[ ! -e "$image/done" ] || ! cmp -s {"$program","$tree"}/usr/bin/kstrap || return 0
	remove_tree "$image"
	mkdir -p "$tree"/{etc,usr/lib/systemd,var/lib}
	ln -s sysroot/ostree "$tree/ostree"
	cp -dR --preserve=mode,timestamps,links "$program/." "$tree/"
	ostree_copy /usr/lib/cni "$tree/usr/lib/cni"
	ostree_copy /usr/lib/systemd/system "$tree/usr/lib/systemd/system"
	ostree_copy /usr/etc/selinux "$tree/etc/selinux"
	policy_tool "$(ostree_policy)" setfiles -F -r "$tree" "$(ostree_contexts "$tree")" "$tree"
	for phase in cni kubelet-start; do
		"$TOP/tests/safely" "$tree/usr/bin/kstrap" init phase "$phase" --root="$tree" --kubernetes-version=v1.20.2 \
			--node-name=image --apiserver-advertise-address=10.77.0.10 >"$image/log" 2>&1 || die "$phase: $(cat "$image/log")"
	done
	jq -r 'keys[] | select(startswith("/etc/"))' "$tree/var/lib/kstrap/journal.json" >"$image/prepared"
	for phase in etc/selinux usr/lib/cni usr/lib/systemd var; do remove_tree "$tree/$phase"; done
	rm "$tree/ostree"
	mv "$tree/etc" "$tree/usr/etc"
	ostree commit --repo="$KSTRAP_LAB/ostree" -b image --tree=dir="$tree" >/dev/null
	: >"$image/done"
}
ostree_copy() { ostree checkout --repo="$KSTRAP_LAB/ostree" --force-copy --subpath="$1" base/v1 "$2"; } # PATH TO
ostree_policy() { local parts && parts=$("$TOP/tests/labels/parts") && echo "$parts/tools/tree"; }
ostree_contexts() { echo "$1/etc/selinux/default/contexts/files/file_contexts"; } # ROOT

# ostree_commits MODE: refs kstrap/MODE/v1 and v2 in the lab's repository: the base, /opt in that way, what the image has of kstrap.
ostree_commits() {
	local mode=${1:?} repo=$KSTRAP_LAB/ostree version program=
	if [ ! -e "$repo" ]; then
		remove_tree "$repo.new" # of one that was killed
		link_tree "$("$TOP/tests/lab/ostree")" "$repo.new"
		mv "$repo.new" "$repo"
	fi
	if [ -d "$KSTRAP_LAB/program" ]; then
		program=1
		ostree_image
	fi
	for version in v1 v2; do
		ostree commit --repo="$repo" -b "$OSTREE_OS/$mode/$version" --tree=ref="base/$version" --tree=ref="opt/$mode" \
			${program:+--tree=ref=image} >/dev/null
	done
}

# ostree_label NODE KINDS PATH...: what has no label there gets the one that a kernel with SELinux would have given it when it was
# made, and the machine's has not. KINDS as find's -type has them; what has a label keeps it.
ostree_label() {
	local node=${1:?} kinds=$2 root
	shift 2
	if [ -e "$NODES/$node/deployment" ]; then root=$(cat "$NODES/$node/deployment"); else root=$(ostree_deployment "$node" 0); fi
	policy_tool "$(ostree_policy)" setfiles -n -v -F -r "$root" "$(ostree_contexts "$root")" "${@/#/$root}" |
		sed -n 's/^Would relabel \(.*\) from <no context> to \([^ ]*\)$/\2 \1/p' | "$TOP/tests/labels/attributes" --fill "$kinds"
}

# ostree_node_create NODE MODE BASE: its first deployment, v1, and the /var that all of them share.
ostree_node_create() {
	local dir=$NODES/${1:?} mode=${2:?} base=${3:?} sysroot=$NODES/$1/sysroot version ref
	ostree_commits "$mode"
	mkdir "$sysroot"
	ostree admin init-fs "$sysroot"
	remove_tree "$sysroot/ostree/repo"
	cp -al "$KSTRAP_LAB/ostree" "$sysroot/ostree/repo"
	for version in v1 v2; do # a node knows no other layout than its own
		ostree refs --repo="$sysroot/ostree/repo" --create="$OSTREE_OS/$version" "$OSTREE_OS/$mode/$version"
	done
	for ref in $(ostree refs --repo="$sysroot/ostree/repo" --list base opt image "$OSTREE_OS/$mode"); do
		ostree refs --repo="$sysroot/ostree/repo" --delete "$ref"
	done
	ostree admin os-init --sysroot="$sysroot" "$OSTREE_OS"
	remove_tree "$sysroot/ostree/deploy/$OSTREE_OS/var"
	cp -a --reflink=auto "$base/var" "$sysroot/ostree/deploy/$OSTREE_OS/var"
	ln -s "sysroot/ostree/deploy/$OSTREE_OS/var" "$dir/var"
	ostree admin deploy --sysroot="$sysroot" --os="$OSTREE_OS" "$OSTREE_OS/v1" >/dev/null
	echo "$mode" >"$dir/opt-mode"
}

# ostree_argument NODE ENTRY: the kernel argument of the boot loader's entry of that number; 0 is the default, the newest.
ostree_argument() {
	local file
	file=$(grep -H '^version ' "$NODES/${1:?}"/sysroot/boot/loader/entries/*.conf | sed 's/:version / /' | sort -k2 -n -r | sed -n "$((${2:?} + 1))s/ .*//p")
	[ -n "$file" ] || die "$1 has no entry $2 in its boot menu"
	sed -n 's/^options .*\(ostree=[^ ]*\).*/\1/p' "$file"
}

# ostree_deployment NODE ENTRY: its directory.
ostree_deployment() {
	local argument
	argument=$(ostree_argument "$1" "$2") || return 1
	realpath -e "$NODES/$1/sysroot${argument#ostree=}"
}

# ostree_mount NODE ENTRY: what ostree-prepare-root does in an initramfs.
ostree_mount() {
	local node=${1:?} dir=$NODES/$1 deployment
	deployment=$(ostree_deployment "$node" "$2")
	node_unmount "$node" # the boot before this may have been another deployment's
	echo "$deployment" >"$dir/deployment"
	if [ "$(cat "$dir/opt-mode")" = transient ]; then
		mkdir -p "$dir/scratch"
		mount -t tmpfs -o mode=755 "$NETNS-$node" "$dir/scratch"
		mkdir "$dir"/scratch/{upper,work}
		mount -t overlay "$NETNS-$node" "$dir/root" -o "lowerdir=$deployment,upperdir=$dir/scratch/upper,workdir=$dir/scratch/work"
	else
		mount --bind "$deployment" "$dir/root"
	fi
}

# ostree_nspawn NODE: arguments for systemd-nspawn. The root is read-only, as with composefs, unless it is transient.
ostree_nspawn() {
	local dir=$NODES/${1:?}
	[ "$(cat "$dir/opt-mode")" = transient ] || echo --read-only
	echo "--bind=$(cat "$dir/deployment")/etc:/etc"
	echo "--bind=$dir/sysroot:/sysroot"
	echo "--bind=$dir/sysroot/boot:/boot"
}

# ostree_forget NODE: ostree makes a deployment's root immutable, and nobody could remove it.
ostree_forget() {
	local root
	for root in "$NODES/${1:?}"/sysroot/ostree/deploy/*/deploy/*.[0-9]*/; do
		[ ! -d "$root" ] || chattr -i "$root"
	done
}

# ostree_deploy NODE VERSION: kstrap/VERSION, staged as its own administrator does it: /etc is merged when the node goes down.
# Debian's ostree does not know a deployment again below a transient root; that one is deployed from outside, at once.
ostree_deploy() {
	local node=${1:?} ref=$OSTREE_OS/${2:?}
	if [ "$(cat "$NODES/$node/opt-mode")" = transient ]; then
		# With the image's answer in bwrap's place (tests/lab/ostree says of what).
		# shellcheck disable=SC2016 # expanded in there
		unshare --mount --propagation private sh -c 'mount -t overlay -o "ro,lowerdir=$1:/usr/bin" overlay /usr/bin && shift && exec "$@"' \
			sh "$(cat "$NODES/$node/deployment")/usr/lib/lab-ostree" \
			ostree admin deploy --sysroot="$NODES/$node/sysroot" --os="$OSTREE_OS" "$ref"
	else
		in_node "$node" ostree admin deploy --stage --os="$OSTREE_OS" "$ref"
		# Its path unit does this a moment later; a reboot at once would come before that.
		in_node "$node" systemctl start ostree-finalize-staged.service
	fi
}

# ostree_undeploy NODE: the newest deployment goes, after another was taken in the boot menu.
ostree_undeploy() {
	local node=${1:?}
	[ "$(cat "$NODES/$node/deployment")" != "$(ostree_deployment "$node" 0)" ] || die "$node runs its newest deployment"
	if [ "$(cat "$NODES/$node/opt-mode")" = transient ]; then
		ostree admin undeploy --sysroot="$NODES/$node/sysroot" 0
	else
		in_node "$node" ostree admin undeploy 0
	fi
}
