# Where things are on a host: moved by flags, kept in /etc/kstrap/paths.yaml, obeyed by every later
# command. Sourced by tests/flow/run.
# shellcheck shell=bash

paths=etc/kstrap/paths.yaml
moved=(--kubernetes-dir /srv/kube --kubelet-dir=/srv/kubelet/ --cni-conf-dir /srv/net.d --network bridge)
image() { # NAME: a root with CNI plugins
	local dir name
	dir=$(root "$1") || exit 99
	mkdir -p "$dir/usr/libexec/cni"
	for name in bridge host-local loopback portmap; do
		printf '#!/bin/sh\necho '\''{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}'\''\n' >"$dir/usr/libexec/cni/$name"
		chmod 755 "$dir/usr/libexec/cni/$name"
	done
	printf '%s\n' "$dir"
}

p=$(image moved-away)
tree "$p" >"$work/image"
exits 0 "init with other directories" init "$p" "${moved[@]}"
ok "nothing is where it would be else" test ! -e "$p/etc/kubernetes" -a ! -e "$p/var/lib/kubelet" -a ! -e "$p/etc/cni"
grep -rlE '/etc/kubernetes|/var/lib/kubelet|/etc/cni' "$p/etc" "$p/srv" "$p/var" --exclude-dir=containerd >"$work/found"
ok "and no file speaks of that" test ! -s "$work/found"
printf '%s\n' 'cni-conf-dir: /srv/net.d' 'kubelet-dir: /srv/kubelet' 'kubernetes-dir: /srv/kube' >"$work/wanted"
same "the host keeps what was moved" "$work/wanted" <(grep -v '^#' "$p/$paths")
contains "the kubelet is told its directory" "$p/srv/kubelet/kubeadm-flags.env" "--root-dir=/srv/kubelet"
contains "and that of its certificates" "$p/srv/kubelet/kubeadm-flags.env" "--cert-dir=/srv/kubelet/pki"
contains "and that of volume plugins" "$p/srv/kubelet/config.yaml" "volumePluginDir: /srv/kubelet/volumeplugins"
times "$p" >"$work/before"
exits 0 "a second run without a flag for it" init "$p" --network bridge
same "finds all in its place" "$work/before" <(times "$p")
exits 0 "certs check-expiration" "$kstrap" certs check-expiration --root="$p"
says "finds the certificates" "admin.conf"
mkdir -p "$p/var/srv"
mv "$p/srv"/* "$p/var/srv"
rmdir "$p/srv"
ln -s var/srv "$p/srv"
exits 0 "preflight" "$kstrap" preflight --root="$p" "${node[@]}"
says "tells the directories" "kubelet          /srv/kubelet: writable; upgrades and rollbacks leave it alone"
says "and certificates'" "certificates     /srv/kube/pki: writable; upgrades"
exits 0 "reset" "$kstrap" reset --force --root="$p"
ok "a link to where somebody moved a directory stays" rm "$p/srv"
find "$p" -depth -type d -empty ! -path "$p/var/lib" -delete
mkdir -p "$p/var/lib"
same "takes all of it" "$work/image" <(tree "$p")

exits 0 "a phase with a service of ours" init "$p" phase cni "${moved[@]}"
ok "keeps them before the service starts, which reads them" test -e "$p/etc/systemd/system/kstrap-network.service" -a -e "$p/$paths"

p=$(image moved-mine)
mkdir -p "$p/etc/kstrap"
printf '# as ever\n"kubernetes-dir":  /srv/kube # mine\ncert-dir: /srv/pki\n' >"$p/$paths"
cp "$p/$paths" "$work/mine"
exits 0 "init on a host whose image says where" init "$p"
ok "obeys" test -e "$p/srv/kube/admin.conf" -a -e "$p/srv/pki/ca.crt" -a ! -e "$p/etc/kubernetes"
same "and leaves the image's word as it is" "$work/mine" "$p/$paths"
exits 0 "another flag beside it" init "$p" --cni-bin-dir /srv/cni
printf '%s\n' 'cert-dir: /srv/pki' 'cni-bin-dir: /srv/cni' 'kubernetes-dir: /srv/kube' >"$work/wanted"
same "is added to it" "$work/wanted" <(grep -v '^#' "$p/$paths")
exits 0 "a flag wins over it" "$kstrap" certs check-expiration --root="$p" --cert-dir /srv/none
says "as the certificates of that place are shown" "!MISSING! apiserver "
exits 0 "reset of that host" "$kstrap" reset --force --root="$p"
same "puts the image's word back" "$work/mine" "$p/$paths"

p=$(root moved-none)
exits 0 "init with no other directory" init "$p"
ok "has nothing to keep" test ! -e "$p/etc/kstrap"

wrong() { # NAME TEXT LINE...: what the host's file says is refused
	p=$(root moved-wrong)
	mkdir -p "$p/etc/kstrap"
	printf '%s\n' "${@:3}" >"$p/$paths"
	refused "paths.yaml: $1" 3 "$2" "$p"
	exits 3 "  by every command" "$kstrap" certs check-expiration --root="$p"
}
wrong "an unknown word" 'paths.yaml:2:1: "cni-bindir" is no flag that names a path' "cert-dir: /srv/pki" "cni-bindir: /x"
wrong "another flag" '"node-name" is no flag that names a path' "node-name: m"
wrong "no absolute path" "paths.yaml:1:1: cert-dir:" "cert-dir: pki"
wrong "no mapping" "must be a mapping" "- cert-dir"
wrong "no YAML" "paths.yaml:2:1" "cert-dir: ["
wrong "two documents" "one document" "cert-dir: /a/b" "---" "cert-dir: /c/d"
p=$(root moved-dangling)
mkdir -p "$p/etc/kstrap"
ln -s /var/own/paths.yaml "$p/$paths"
refused "paths.yaml: a link that leads nowhere" 4 "paths.yaml: No such file" "$p"
p=$(root moved-refused)
refused "a directory that is there for all" 2 "is there for all" "$p" --kubelet-dir /var/lib
refused "and one at the top" 2 "is there for all" "$p" --kubernetes-dir /srv
for flag in cert-dir cni-bin-dir cni-conf-dir volume-plugin-dir; do
	refused "--$flag / of a script whose variable is empty" 2 '"/" is there for all' "$p" --network bridge "--$flag" //
done
for dir in / /etc /var /var/lib; do
	printf 'apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\netcd: {local: {dataDir: %s}}\n' "$dir" >"$work/data.yaml"
	exits 3 "etcd's data in $dir, which would be root's alone: refused" "$kstrap" init --root="$p" --config "$work/data.yaml"
	says "  with the reason" "\"$dir\" is there for all"
done
refused "a directory that is syntax in a unit, for the kubelet" 2 "cannot stand in a unit file" "$p" --kubelet-dir '/srv/%i'
refused "one directory in the other" 2 "cannot be both" "$p" --kubelet-dir /etc/kubernetes/kubelet
