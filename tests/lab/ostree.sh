# shellcheck shell=bash
# Nodes that real ostree has deployed: a sysroot of their own, of which a boot loader's entry chooses the deployment.
# Sourced by lib.sh, never run. The directory NODE/sysroot tells such a node from the others.

OSTREE_OS=kstrap

# ostree_commits MODE: refs kstrap/MODE/v1 and v2 in the lab's repository: the base, /opt in that way, the lab's program.
ostree_commits() {
	local mode=${1:?} repo=$KSTRAP_LAB/ostree version
	if [ ! -e "$repo" ]; then
		remove_tree "$repo.new" # of one that was killed
		link_tree "$("$TOP/tests/lab/ostree")" "$repo.new"
		mv "$repo.new" "$repo"
	fi
	for version in v1 v2; do
		ostree commit --repo="$repo" -b "$OSTREE_OS/$mode/$version" --tree=ref="base/$version" --tree=ref="opt/$mode" \
			${2:+--tree=dir="$2"} >/dev/null
	done
}

# ostree_node_create NODE MODE BASE: its first deployment, v1, and the /var that all of them share.
ostree_node_create() {
	local dir=$NODES/${1:?} mode=${2:?} base=${3:?} sysroot=$NODES/$1/sysroot version ref program=
	[ ! -d "$KSTRAP_LAB/program" ] || program=$KSTRAP_LAB/program
	ostree_commits "$mode" "$program"
	mkdir "$sysroot"
	ostree admin init-fs "$sysroot"
	remove_tree "$sysroot/ostree/repo"
	cp -al "$KSTRAP_LAB/ostree" "$sysroot/ostree/repo"
	for version in v1 v2; do # a node knows no other layout than its own
		ostree refs --repo="$sysroot/ostree/repo" --create="$OSTREE_OS/$version" "$OSTREE_OS/$mode/$version"
	done
	for ref in $(ostree refs --repo="$sysroot/ostree/repo" --list base opt "$OSTREE_OS/$mode"); do
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
