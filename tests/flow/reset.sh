# reset below --root: what goes, what stays, what is asked. Sourced by tests/flow/run.
# shellcheck shell=bash

reset() { # ROOT [ARG...]
	local dir=$1
	shift
	timeout -k 5 60 "$kstrap" reset --root="$dir" "$@"
}
shape() { (cd "$1" && find . -printf '%y %m %p %l\n' | sort); } # without contents: keys differ
state() { shape "$1"; (cd "$1" && find . -type f ! -path ./var/lib/kstrap/lock -exec sha256sum {} + | sort -k2); }
answers() { printf '%s\n' "$1" | reset "${@:2}"; }

host() { # a host with a runtime of its own settings, and with things of the user's
	local dir
	dir=$(root "$1")
	mkdir -p "$dir"/{usr/bin,etc/containerd,etc/cni/net.d,etc/kubernetes/pki,var/lib/kubelet,var/lib/cni,run}
	cp "$kstrap" "$dir/usr/bin/containerd"
	printf 'version = 2\n# mine\n' >"$dir/etc/containerd/config.toml"
	echo mine >"$dir/etc/cni/net.d/99-mine.conflist"
	echo mine >"$dir/etc/kubernetes/pki/mine.crt"
	echo mine >"$dir/var/lib/kubelet/config.json"
	printf '%s\n' "$dir"
}
runs_for_a_while() { # what kubelet, etcd and plugins would have written
	mkdir -p "$1"/var/lib/kubelet/{pki,pods/1/volumes,plugins_registry} "$1"/var/lib/etcd/member/{snap,wal} \
		"$1"/var/lib/cni/{networks/kstrap,results}
	echo x | tee "$1"/var/lib/kubelet/{pki/kubelet.key,cpu_manager_state,pods/1/volumes/f} "$1"/var/lib/etcd/member/snap/db \
		"$1"/var/lib/cni/networks/kstrap/10.244.0.2 "$1"/var/lib/cni/results/kstrap-1-eth0 >"$1/run/kstrap-join-0123"
}

z=$(host reset)
state "$z" >"$work/host"
exits 0 "reset of a host that nothing was made on" reset "$z" --force
says "  says so" "kstrap made nothing on this host"
same "  and changes nothing" "$work/host" <(state "$z")

for n in {1..20}; do
	exits 0 "init, for reset ($n)" init "$z"
	[ "$n" != 1 ] || shape "$z" >"$work/made"
	same "  makes the same files each time" "$work/made" <(shape "$z")
	runs_for_a_while "$z"
	exits 0 "  reset --force" reset "$z" --force
	same "  all is as it was before init, the user's files and the runtime's settings too" "$work/host" <(state "$z")
done
exits 0 "reset twice" reset "$z" -f
same "  is fine" "$work/host" <(state "$z")

init "$z" >/dev/null 2>&1
runs_for_a_while "$z"
state "$z" >"$work/before"
exits 2 "reset without --force and without anybody to ask: refused" reset "$z"
says "  says how" "--force"
exits 2 "an answer that is no yes: refused" answers n "$z"
exits 0 "reset --dry-run" reset "$z" --dry-run
for line in "would change /etc/containerd/config.toml" "would remove /etc/kubernetes/pki/ca.key" "would remove /var/lib/kubelet/pods and all in it" \
	"would remove /var/lib/etcd/member and all in it" "/etc/cni/net.d/99-mine.conflist"; do
	says "  tells: $line" "$line"
done
says "  also of directories that will be empty" "would remove /var/lib/etcd, if"
exits 4 "a file that is not there" reset "$z" --config /nowhere/reset.yaml
printf '%s\n' 'apiVersion: kubeadm.k8s.io/v1beta4' 'kind: ResetConfiguration' 'dryRun: true' 'forse: true' >"$work/reset.yaml"
exits 3 "a mistyped field of ResetConfiguration" reset "$z" --config "$work/reset.yaml"
says "  the nearest one is told" '"force"'
sed -i /forse/d "$work/reset.yaml"
exits 0 "ResetConfiguration is obeyed: dryRun" reset "$z" --config "$work/reset.yaml"
same "  none of this changed anything" "$work/before" <(state "$z")
exits 2 "reset phase of a name that there is not" reset "$z" phase cleanup
exits 0 "reset phase cleanup-node data" reset "$z" phase cleanup-node data
if [ ! -e "$z/var/lib/etcd/member" ] && [ -e "$z/etc/kubernetes/pki/ca.key" ]; then
	pass "  does that part"; else fail "  does that part"; fi
exits 0 "a yes is enough" answers yes "$z"
same "  all is as it was" "$work/host" <(state "$z")

# --- changed by others, and links
init "$z" >/dev/null 2>&1
runs_for_a_while "$z"
mkdir "$z/outside" && echo mine >"$z/outside/victim"
ln -s /outside "$z/var/lib/kubelet/pods/absolute"
ln -s ../../../../outside "$z/var/lib/kubelet/pods/relative"
ln -s "$z/outside" "$z/var/lib/kubelet/pods/real"
echo '# edited' >>"$z/etc/kubernetes/manifests/kube-apiserver.yaml"
echo '# edited' >>"$z/etc/containerd/config.toml"
echo mine >"$z/etc/kubernetes/manifests/mine.yaml"
rm "$z/etc/kubernetes/scheduler.conf"
exits 0 "reset where others changed things since" reset "$z" --force
says "  tells which changed file goes" "/etc/kubernetes/manifests/kube-apiserver.yaml was changed after kstrap wrote it"
says "  tells which stays, and where the original is" "/etc/containerd/config.toml; what was there before: /var/lib/kstrap/saved/config.toml."
ok "  the one in Kubernetes' own directory is gone" test ! -e "$z/etc/kubernetes/manifests/kube-apiserver.yaml"
ok "  the other is as it was edited" grep -q '^# edited$' "$z/etc/containerd/config.toml"
ok "  its original is kept" grep -q '^# mine$' "$z"/var/lib/kstrap/saved/config.toml.*
ok "  a manifest of the user's stays" test -e "$z/etc/kubernetes/manifests/mine.yaml"
ok "  links were not followed" test -e "$z/outside/victim"
sed -i '/# edited/d' "$z/etc/containerd/config.toml"
rm -r "${z:?}/outside" "$z/etc/kubernetes/manifests"
exits 0 "with the edit undone, reset once more" reset "$z" --force
same "  all is as it was" "$work/host" <(state "$z")

# --- what flannel left
f=$(host flannel)
mkdir "$f/var/lib/cni/bin"
flannel_ran() { # ROOT: what its pods, its plugin and those that it calls write
	mkdir -p "$1"/run/flannel "$1"/var/lib/cni/{bin,flannel,networks/cbr0,results,cache/results}
	echo FLANNEL_NETWORK=10.244.0.0/16 >"$1/run/flannel/subnet.env"
	echo '{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel","delegate":{}},{"type":"portmap"}]}' >"$1/etc/cni/net.d/10-flannel.conflist"
	echo x | tee "$1"/var/lib/cni/{bin/flannel,flannel/0a1b,networks/cbr0/10.244.0.2,results/cbr0-0a1b-eth0,cache/results/cbr0-0a1b-eth0} >"$work/out"
}
left_by_flannel() { (cd "$1" && find run/flannel etc/cni/net.d/10-flannel.conflist var/lib/cni ! -type d | sort); }
state "$f" >"$work/other"
exits 0 "init --network flannel, for reset" init "$f" --network flannel
flannel_ran "$f"
runs_for_a_while "$f"
rm -r "$f/var/lib/cni/networks/kstrap" "$f/var/lib/cni/results/kstrap-1-eth0"
state "$f" >"$work/before"
exits 0 "  reset --dry-run" reset "$f" --dry-run
for path in /run/flannel/subnet.env /etc/cni/net.d/10-flannel.conflist /var/lib/cni/flannel /var/lib/cni/networks/cbr0 /var/lib/cni/bin/flannel \
	/var/lib/cni/results/cbr0-0a1b-eth0; do
	says "  tells of $path" "would remove $path"
done
if has_not "$said" 'stays.*10-flannel' >"$work/out"; then pass "  and does not say that it stays"; else fail "  and does not say that it stays" "$work/out"; fi
same "  changes nothing" "$work/before" <(state "$f")
exits 0 "  init a second time" init "$f" --network flannel
exits 0 "  reset" reset "$f" --force
same "  all is as it was before init" "$work/other" <(state "$f")
exits 0 "init with a configuration of another's under flannel's name" init "$f" --network flannel
flannel_ran "$f"
echo '{"name":"mine","plugins":[{"type":"bridge"}]}' >"$f/etc/cni/net.d/10-flannel.conflist"
exits 0 "  reset" reset "$f" --force
says "  tells that it stays" "stays, as kstrap did not make it: /etc/cni/net.d/10-flannel.conflist"
same "  with the plugin, and without the rest" <(printf '%s\n' etc/cni/net.d/10-flannel.conflist var/lib/cni/bin/flannel) <(left_by_flannel "$f" 2>"$work/err")
rm "$f/var/lib/cni/bin/flannel" "$f/etc/cni/net.d/10-flannel.conflist"
exits 0 "init --network none, where the user brings flannel" init "$f" --network none
flannel_ran "$f"
left_by_flannel "$f" >"$work/left"
exits 0 "  reset" reset "$f" --force
same "  leaves all of it" "$work/left" <(left_by_flannel "$f")
rm -r "${f:?}"/var/lib/cni/{bin/flannel,flannel,networks,results,cache} "$f/run/flannel" "$f/etc/cni/net.d/10-flannel.conflist"
same "  and nothing else" "$work/other" <(state "$f")
exits 0 "a host where flannel was before kstrap" flannel_ran "$f"
state "$f" >"$work/other"
exits 0 "  init --network flannel" init "$f" --network flannel
exits 0 "  reset" reset "$f" --force
same "  it keeps what it had" "$work/other" <(state "$f")

# --- not ours
mkdir -p "$z/etc/kubernetes" && echo x >"$z/etc/kubernetes/kubelet.conf"
exits 4 "a node that kubeadm made: refused" reset "$z" --force
says "  says what resets it" "next: kubeadm reset"
rm "$z/etc/kubernetes/kubelet.conf"
same "  nothing was changed" "$work/host" <(state "$z")
exits 0 "certificates of one's own, and init" init "$z" phase certs ca
ca=$(sha256sum <"$z/etc/kubernetes/pki/ca.key")
rm -r "${z:?}/var/lib/kstrap" # as if they had been brought
exits 0 "  init with a CA that was there" init "$z"
exits 0 "  reset" reset "$z" --force
ok "  the CA stays" test "$(sha256sum <"$z/etc/kubernetes/pki/ca.key")" = "$ca"
ok "  what it signed goes" test ! -e "$z/etc/kubernetes/pki/apiserver.crt"
exits 0 "kstrap explain reset cleanup-node/pods" "$kstrap" explain reset cleanup-node pods
