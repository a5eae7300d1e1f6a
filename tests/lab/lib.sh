# shellcheck shell=bash
# What the lab's commands share: who owns the lab, names and addresses, control groups, the network,
# and a node's life from mount to removal. Sourced after lib/common.sh, never run.

NODES=$KSTRAP_LAB/nodes
# Whose lab it is. In the cache because that is one place for the whole machine, also under tests/safely.
LABNAME=lab${KSTRAP_LAB_NAME:+-$KSTRAP_LAB_NAME}
OWNER=$KSTRAP_CACHE/$LABNAME.owner
LOCK=$KSTRAP_CACHE/$LABNAME.lock
NETNS=kstrap-$LABNAME

. "$TOP/tests/lab/ostree.sh"

# --- whose lab ---------------------------------------------------------------------------------

# lab_lock ARG...: commands that change the lab run one at a time; the lock ends with the process.
# Takes the command's arguments, because a lab that was started under tests/safely has its mounts in
# that namespace, and the command then starts again in there.
lab_lock() {
	need_root
	local node nspawn
	for node in $(lab_nodes); do
		nspawn=$(node_nspawn "$node") || continue
		[ "$(readlink "/proc/$nspawn/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] || break
		# shellcheck disable=SC2016 # expanded in the namespace
		local code=0
		nsenter -t "$nspawn" -m -- /bin/bash -c 'cd "$1" && shift && exec "$@"' lab "$PWD" "$TOP/tests/lab/${0##*/}" "$@" || code=$?
		[ ! -d "$KSTRAP_LAB" ] || rmdir --ignore-fail-on-non-empty "$KSTRAP_LAB" # a mount in there, and so still here
		exit "$code"
	done
	mkdir -p "$KSTRAP_CACHE"
	exec {LAB_LOCK_FD}>"$LOCK"
	flock -w 120 "$LAB_LOCK_FD" || die "the lab is busy: another tests/lab command holds $LOCK for two minutes"
}

# The checkout, unless several work in one checkout: then each sets KSTRAP_LAB_OWNER to a name.
lab_owner() { echo "${KSTRAP_LAB_OWNER:-$TOP}"; }

# lab_alive DIR: does any node of the lab in DIR run?
lab_alive() {
	local NODES=${1:?}/nodes node
	for node in $(lab_nodes); do
		! node_nspawn "$node" >/dev/null || return 0
	done
	return 1
}

# lab_check_free: there is one lab of a name; whoever comes second is told who has it. A lab whose nodes have all
# been killed from outside is nobody's: lab_claim clears it away.
lab_check_free() {
	local owner
	[ -e "$OWNER" ] || return 0
	owner=$(sed -n 's/^owner=//p' "$OWNER")
	[ "$owner" != "$(lab_owner)" ] && lab_alive "$(sed -n 's/^lab=//p' "$OWNER")" || return 0
	die "the lab is in use by $owner ($(sed -n 's/^since=//p' "$OWNER"));
  end it with:  $(sed -n 's/^checkout=//p' "$OWNER")/tests/lab/down --force"
}

# Under lab_lock, so that nobody else's first node is just about to start.
lab_claim() {
	lab_check_free
	if [ -e "$OWNER" ] && ! lab_alive "$(sed -n 's/^lab=//p' "$OWNER")"; then lab_clear; fi
	mkdir -p "$NODES"
	chmod 700 "$KSTRAP_LAB"
	[ -e "$OWNER" ] || printf 'owner=%s\ncheckout=%s\nlab=%s\nsince=%s\n' "$(lab_owner)" "$TOP" "$KSTRAP_LAB" \
		"$(date '+since %F %T')" >"$OWNER"
}

# --- names and addresses -----------------------------------------------------------------------

# master 10.77.0.10, worker .11, worker2 .12, ...; master2 .32, ... so that neither row runs into the other.
node_address() {
	case ${1:?} in
	master) echo 10.77.0.10 ;;
	worker) echo 10.77.0.11 ;;
	worker[2-9]) echo "10.77.0.$((10 + ${1#worker}))" ;;
	worker1[0-9]) echo "10.77.0.$((10 + ${1#worker}))" ;;
	master[2-9]) echo "10.77.0.$((30 + ${1#master}))" ;;
	*) die "no such node name: $1 (there are master, master2..9, worker, worker2..19)" ;;
	esac
}

lab_nodes() {
	local dir
	for dir in "$NODES"/*/; do
		[ -d "$dir" ] && basename "$dir"
	done
	return 0
}

# --- control groups ----------------------------------------------------------------------------

# The hierarchies there are: "v1 DIR" for each of version 1, "v2 DIR" for the unified one.
hierarchies() {
	awk '{ for (i = 7; $i != "-"; i++) ; if ($5 ~ "^/sys/fs/cgroup" && $(i+1) ~ /^cgroup2?$/) print ($(i+1) == "cgroup" ? "v1" : "v2"), $5 }' /proc/self/mountinfo
}

cgroup_version() { if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then echo 2; else echo 1; fi; }

# enter_cgroup PID NAME: moves a process into lab/NAME of every hierarchy, so that what it becomes has a tree of its own.
enter_cgroup() {
	local pid=${1:?} name=${2:?} kind root dir controller
	while read -r kind root; do
		for dir in "$root/lab" "$root/lab/$name"; do
			[ -d "$dir" ] || mkdir "$dir"
			if [ "$kind" = v1 ] && [ -e "$dir/cpuset.cpus" ]; then
				# A new version 1 cpuset is empty, and an empty one takes no process.
				cat "${dir%/*}/cpuset.cpus" >"$dir/cpuset.cpus"
				cat "${dir%/*}/cpuset.mems" >"$dir/cpuset.mems"
			fi
			if [ "$kind" = v2 ]; then
				for controller in $(cat "${dir%/*}/cgroup.controllers"); do
					echo "+$controller" >"${dir%/*}/cgroup.subtree_control" 2>/dev/null || true
				done
			fi
		done
		echo "$pid" >"$root/lab/$name/cgroup.procs"
	done < <(hierarchies)
}

remove_cgroup() {
	local name=${1:?} kind root try dir
	while read -r kind root; do
		for try in $(seq 50); do # the kernel lets a group go a little after its last process
			[ -d "$root/lab/$name" ] || break
			find "$root/lab/$name" -depth -type d -exec rmdir {} + 2>/dev/null && break
			sleep 0.1
		done
		dir=$root/lab
		[ ! -d "$dir" ] || rmdir "$dir" 2>/dev/null || true # only when no other node is in it
	done < <(hierarchies)
	return 0
}

check_kernel() {
	local need missing=()
	for need in overlay:overlayfs; do
		grep -qw "${need%%:*}" /proc/filesystems || modprobe "${need%%:*}" 2>/dev/null || missing+=("${need#*:}")
	done
	if [ "$(cgroup_version)" = 1 ]; then
		for need in cpu cpuacct cpuset memory pids devices freezer; do
			grep -q "^$need[[:space:]].*1\$" /proc/cgroups || missing+=("control group '$need'")
		done
	else
		for need in cpu cpuset memory pids; do
			grep -qw "$need" /sys/fs/cgroup/cgroup.controllers || missing+=("control group controller '$need'")
		done
	fi
	[ -e /dev/kmsg ] || missing+=("/dev/kmsg")
	[ "${#missing[@]}" = 0 ] || die "this machine's kernel lacks what a node needs: $(IFS=, && echo "${missing[*]}")"
}

# --- what a kubelet would change of the machine itself -----------------------------------------

# These have no namespace: a kubelet in a container sets them for the whole machine. `down` puts them back.
SYSCTLS=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys
	kernel/keys/root_maxbytes fs/inotify/max_user_instances fs/inotify/max_user_watches)

save_sysctls() {
	local name
	local saved=$KSTRAP_CACHE/lab.sysctls
	[ ! -e "$saved" ] || return 0
	for name in "${SYSCTLS[@]}"; do
		[ ! -e "/proc/sys/$name" ] || echo "$name $(cat "/proc/sys/$name")"
	done >"$saved.new"
	mv "$saved.new" "$saved"
	# Debian's 128 are used up by two nodes, and then a kubelet dies of "too many open files".
	[ "$(cat /proc/sys/fs/inotify/max_user_instances)" -ge 2048 ] || echo 2048 >/proc/sys/fs/inotify/max_user_instances
	[ "$(cat /proc/sys/fs/inotify/max_user_watches)" -ge 262144 ] || echo 262144 >/proc/sys/fs/inotify/max_user_watches
}

restore_sysctls() { # with the last lab
	local saved=$KSTRAP_CACHE/lab.sysctls name value
	rm -f "$OWNER"
	[ -e "$saved" ] && ! compgen -G "$KSTRAP_CACHE/lab*.owner" >/dev/null || return 0
	while read -r name value; do
		[ "$(cat "/proc/sys/$name")" = "$value" ] || echo "$value" >"/proc/sys/$name" || true
	done <"$saved"
	rm -f "$saved"
}

# --- the network -------------------------------------------------------------------------------

# One bridge in a namespace of its own: the nodes reach each other and nothing else.
network_up() {
	[ ! -e "/run/netns/$NETNS" ] || return 0
	ip netns add "$NETNS"
	ip -n "$NETNS" link set lo up
	ip -n "$NETNS" link add lab0 type bridge
	ip -n "$NETNS" address add 10.77.0.1/24 dev lab0
	ip -n "$NETNS" link set lab0 up
	# A router without routes: what a node sends out of the lab is refused at once instead of timing out.
	ip netns exec "$NETNS" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

network_down() {
	[ ! -e "/run/netns/$NETNS" ] || ip netns delete "$NETNS"
}

# A new host forwards nothing, and whoever sets up its network turns that on; kubeadm wants it done before.
node_network_up() {
	local node=${1:?} forward=0
	[ ! -e "$NODES/$node/kubeadm" ] || forward=1
	[ ! -e "/run/netns/$NETNS-$node" ] || return 0
	ip netns add "$NETNS-$node"
	ip -n "$NETNS" link add "to-$node" type veth peer name eth0 netns "$NETNS-$node"
	ip -n "$NETNS" link set "to-$node" master lab0 up
	ip -n "$NETNS-$node" link set lo up
	ip -n "$NETNS-$node" address add "$(node_address "$node")/24" dev eth0
	ip -n "$NETNS-$node" link set eth0 up
	ip -n "$NETNS-$node" route add default via 10.77.0.1
	ip netns exec "$NETNS-$node" sh -c "echo $forward >/proc/sys/net/ipv4/ip_forward"
}

node_network_down() {
	local node=${1:?}
	# By itself the cable goes some time after the namespace, too late for a reboot that wants the name again.
	ip -n "$NETNS" link delete "to-$node" 2>/dev/null || true
	[ ! -e "/run/netns/$NETNS-$node" ] || ip netns delete "$NETNS-$node"
}

# --- processes ---------------------------------------------------------------------------------

# A pid alone may be somebody else's by now; with its start time and the machine's boot it cannot.
process_id() { # PID -> "PID START BOOT"
	local pid=${1:?} stat
	stat=$(cat "/proc/$pid/stat" 2>/dev/null) || return 1
	stat=${stat##*) }
	set -- $stat
	echo "$pid ${20} $(cat /proc/sys/kernel/random/boot_id)"
}

# node_nspawn NODE: the pid of the nspawn that we started for it, if that very process still lives.
node_nspawn() {
	local file=$NODES/${1:?}/pid saved pid
	[ -s "$file" ] || return 1
	saved=$(cat "$file")
	pid=${saved%% *}
	[ "$(process_id "$pid")" = "$saved" ] || return 1
	echo "$pid"
}

# node_init NODE: the node's systemd: the child of our nspawn that is number 1 in its own pid namespace.
node_init() {
	local nspawn child
	nspawn=$(node_nspawn "$1") || return 1
	for child in $(cat "/proc/$nspawn/task/$nspawn/children" 2>/dev/null); do
		if awk '/^NSpid:/ { ok = NF == 3 && $3 == 1 } END { exit !ok }' "/proc/$child/status" 2>/dev/null; then
			echo "$child"
			return 0
		fi
	done
	return 1
}

# in_node NODE CMD...: runs a command as the node's root would from a login shell. Its standard input
# and exit code are the command's own, and it ends with us.
in_node() {
	local node=${1:?} init
	shift
	init=$(node_init "$node") || die "node $node is not running (tests/lab/up $node)"
	# shellcheck disable=SC2016 # expanded in the node
	nsenter -t "$init" -m -u -i -n -p -C -- setpriv --pdeathsig TERM -- \
		env -i TERM="${TERM:-dumb}" LANG=C.UTF-8 HOME=/root USER=root LOGNAME=root \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		/bin/sh -c 'cd && { [ ! -e /etc/kubernetes/admin.conf ] || export KUBECONFIG=/etc/kubernetes/admin.conf; exec "$@"; }' sh "$@"
}

# --- a node's life -----------------------------------------------------------------------------

containerd_config() { # [kubeadm]
	cat <<-'TOML'
		version = 2
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "k8s.gcr.io/pause:3.2"
	TOML
	# Without that capability a negative score cannot be set, and containerd would start no pod.
	if (((0x$(sed -n 's/^CapEff:\s*//p' /proc/self/status) >> 24 & 1) == 0)); then
		echo '  restrict_oom_score_adj = true'
	fi
	cat <<-'TOML'
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    snapshotter = "native"
	TOML
	[ "${1:-}" = kubeadm ] || return 0
	cat <<-'TOML'
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		    conf_dir = "/etc/cni/net.d"
	TOML
}

# link_tree FROM TO: links to its files, whatever it takes: one copy for the whole lab when FROM is another mount, as the cache
# is under tests/safely. Only for trees of which no file is ever written to again.
link_tree() {
	local from=${1:?} to=${2:?} copy=$KSTRAP_LAB/copies/${1//\//_}
	if [ ! -d "$copy" ]; then
		! cp -al "$from" "$to" 2>/dev/null || return 0
		remove_tree "$to"
		remove_tree "$copy.new" # of one that was killed
		mkdir -p "$KSTRAP_LAB/copies"
		cp -a --reflink=auto "$from" "$copy.new"
		mv "$copy.new" "$copy"
	fi
	cp -al "$copy" "$to"
}

# copy_images FROM TO: containerd never writes to a blob or a committed snapshot again, so links do;
# its two databases are written to and are copied.
copy_images() {
	local from=${1:?} to=${2:?} database
	link_tree "$from" "$to"
	while read -r database; do
		rm -f -- "${to:?}/$database"
		cp -a "$from/$database" "$to/$database"
	done < <(cd "$from" && find . -name '*.db')
}

# node_create NODE BASE IMAGES KUBEADM OSTREE: the node's own files, before its first boot.
node_create() {
	local node=${1:?} base=${2:?} images=${3:?} kubeadm=$4 ostree=$5 dir=$NODES/$1 etc name
	mkdir -p "$dir"/{upper/etc,work,root,program}
	if [ -n "$ostree" ]; then
		ostree_node_create "$node" "$ostree" "$base"
		etc=$(ostree_deployment "$node" 0)/etc
	else
		echo "$base" >"$dir/base"
		[ ! -d "$KSTRAP_LAB/program" ] || cp -dR --preserve=mode,timestamps,links "$KSTRAP_LAB/program/." "$dir/program/"
		cp -a --reflink=auto "$base/var" "$dir/var"
		etc=$dir/upper/etc
	fi
	mkdir -p "$etc/containerd"
	copy_images "$images/containerd" "$dir/var/lib/containerd"
	echo "$node" >"$etc/hostname"
	tr -d - </proc/sys/kernel/random/uuid >"$dir/machine-id"
	cp "$dir/machine-id" "$etc/machine-id"
	{
		printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n'
		for name in master worker worker{2..5} master{2..3}; do
			echo "$(node_address "$name") $name"
		done
	} >"$etc/hosts"
	# Containers are not systemd's, so at power-off it waits this long for those that ignore SIGTERM.
	mkdir -p "$etc/systemd/system.conf.d"
	printf '[Manager]\nDefaultTimeoutStopSec=5s\n' >"$etc/systemd/system.conf.d/lab.conf"
	containerd_config "$kubeadm" >"$etc/containerd/config.toml"
	[ -z "$ostree" ] || ostree_label "$node" dlf /etc
	[ -n "$kubeadm" ] || return 0
	: >"$dir/kubeadm"
	mkdir -p "$etc/systemd/system"/{kubelet.service.d,multi-user.target.wants}
	ln -s /usr/lib/systemd/system/kubelet.service "$etc/systemd/system/multi-user.target.wants/kubelet.service"
	# kubeadm's controller manager mounts this from the host and would make it, which read-only /usr refuses.
	mkdir -p "$dir/program/usr/libexec/kubernetes/kubelet-plugins/volume/exec"
	# kubeadm 1.20 asks crictl, which Debian has not, for three things that ctr knows.
	mkdir -p "$dir/var/usrlocal/bin"
	cat >"$dir/var/usrlocal/bin/crictl" <<-'SCRIPT'
		#!/bin/sh
		# As much of crictl as kubeadm calls, in terms of ctr.
		[ "$1" != -r ] || shift 2
		case $1 in
		info) ctr version >/dev/null ;;
		inspecti) [ -n "$(ctr -n k8s.io images ls -q "name==$2")" ] ;;
		pods) ctr -n k8s.io containers ls -q 'labels."io.cri-containerd.kind"==sandbox' ;;
		stopp) ctr -n k8s.io tasks kill -s KILL "$2" || true ;;
		rmp) [ "$2" != -f ] || shift; ctr -n k8s.io tasks rm -f "$2"; ctr -n k8s.io containers rm "$2" ;;
		*) echo "this crictl does not know: $*" >&2; exit 1 ;;
		esac
	SCRIPT
	chmod 755 "$dir/var/usrlocal/bin/crictl"
	# As kubeadm's package ships it.
	cat >"$etc/systemd/system/kubelet.service.d/10-kubeadm.conf" <<-'UNIT'
		[Service]
		Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
		Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
		EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
		EnvironmentFile=-/etc/default/kubelet
		ExecStart=
		ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
	UNIT
}

# node_start NODE [ENTRY]: mounts and boots it, an ostree node by that entry of its boot menu; node_wait tells when it is there.
node_start() {
	local node=${1:?} dir=$NODES/$1 unified=0 kernel= pid try fd more=()
	[ "$(cgroup_version)" = 1 ] || unified=1
	node_network_up "$node"
	if [ -d "$dir/sysroot" ]; then
		kernel=$(ostree_argument "$node" "${2:-0}")
		ostree_mount "$node" "${2:-0}"
		mapfile -t more < <(ostree_nspawn "$node")
	elif ! mountpoint -q "$dir/root"; then
		mount -t overlay "$NETNS-$node" "$dir/root" \
			-o "lowerdir=$dir/program:$(cat "$dir/base"),upperdir=$dir/upper,workdir=$dir/work"
	fi
	(
		# A node outlives its command: with what it inherited it would hold that command's locks, and its callers'.
		for fd in /proc/self/fd/*; do
			[ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"
		done
		enter_cgroup "$BASHPID" "$LABNAME-$node"
		cd /
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="$unified" \
			setsid systemd-nspawn --quiet --settings=no --register=no --keep-unit --capability=all \
			--machine="$NETNS-$node" --hostname="$node" --uuid="$(cat "$dir/machine-id")" \
			--network-namespace-path="/run/netns/$NETNS-$node" --resolv-conf=off --timezone=off --link-journal=no \
			--directory="$dir/root" --bind-ro="$dir/root/usr:/usr" --bind="$dir/var:/var" --bind=/dev/kmsg "${more[@]}" \
			--system-call-filter=@known --console=pipe --kill-signal=SIGRTMIN+4 --boot \
			"systemd.unified_cgroup_hierarchy=$unified" systemd.show_status=error ${kernel:+"$kernel"}
	) </dev/null >>"$dir/console.log" 2>&1 &
	pid=$!
	for try in $(seq 50); do # until the shell has become nspawn: only that is worth remembering
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != systemd-nspawn ] || break
		sleep 0.02
	done
	process_id "$pid" >"$dir/pid" || { tail -n 20 "$dir/console.log" >&2; die "systemd-nspawn did not start for $node"; }
	disown "$pid"
}

# node_wait NODE SECONDS: until its systemd has started everything and containerd answers.
node_wait() {
	local node=${1:?} limit=$(($(now) + ${2:?} * 1000)) state=
	while [ "$(now)" -lt "$limit" ]; do
		if ! node_nspawn "$node" >/dev/null; then
			tail -n 30 "$NODES/$node/console.log" >&2
			die "node $node ended while it was booting"
		fi
		if node_init "$node" >/dev/null; then
			state=$(in_node "$node" systemctl is-system-running 2>/dev/null || true)
			case $state in
			running | degraded)
				if in_node "$node" ctr version >/dev/null 2>&1; then return 0; fi
				;;
			esac
		fi
		sleep 0.1
	done
	in_node "$node" journalctl --no-pager -n 40 >&2 || tail -n 30 "$NODES/$node/console.log" >&2
	die "node $node is not up after $2 s (systemd says: ${state:-nothing})"
}

# node_halt NODE [power-cut]: in order, or as when the plug is pulled: every process gone at once.
node_halt() {
	local node=${1:?} how=${2:-} nspawn init try
	nspawn=$(node_nspawn "$node") || { rm -f "$NODES/$node/pid"; return 0; }
	if [ "$how" = power-cut ]; then
		if init=$(node_init "$node"); then kill -KILL "$init"; else kill -KILL "$nspawn"; fi
	else
		kill -TERM "$nspawn" # nspawn passes it on as --kill-signal: systemd powers off
	fi
	for try in $(seq 300); do
		node_nspawn "$node" >/dev/null || break
		[ "$try" != 250 ] || { say "node $node does not power off; pulling the plug"; kill -KILL "$(node_init "$node")"; }
		sleep 0.1
	done
	! node_nspawn "$node" >/dev/null || die "node $node does not end"
	rm -f "$NODES/$node/pid"
}

# node_unmount NODE: what it ran on. A transient root is gone with that.
node_unmount() {
	local place try
	for place in "$NODES/${1:?}"/{root,scratch}; do
		for try in $(seq 50); do
			mountpoint -q "$place" || break
			umount "$place" 2>/dev/null || sleep 0.1
		done
		! mountpoint -q "$place" || die "$place is still in use and stays mounted"
	done
}

# node_remove NODE: ends it and everything that was made for it.
node_remove() {
	local node=${1:?} dir=$NODES/$1
	node_halt "$node" power-cut
	node_unmount "$node"
	[ ! -d "$dir/sysroot" ] || ostree_forget "$node"
	node_network_down "$node"
	remove_cgroup "$LABNAME-$node"
	# nspawn leaves this empty directory where /run is no tmpfs.
	rmdir "/run/systemd/nspawn/propagate/$NETNS-$node" 2>/dev/null || true
	remove_tree "$dir"
}

# lab_clear: what a lab left that was killed, by the directory that its owner file names.
lab_clear() {
	local KSTRAP_LAB node
	KSTRAP_LAB=$(sed -n 's/^lab=//p' "$OWNER")
	local NODES=$KSTRAP_LAB/nodes
	for node in $(lab_nodes); do node_remove "$node"; done
	network_down
	rm -f "$OWNER"
}
