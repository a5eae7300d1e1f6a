# cni rewrite as a user types it: a file, a pipe, --check, and what it says to bad input. Sourced by
# tests/flow/run; the shapes of published manifests are tests/unit/test_cni_rewrite.c's.
# shellcheck shell=bash

printf '%s\r\n' '# calico, in short' 'kind: DaemonSet' 'spec:' '  template:' '    spec:' '      volumes:' \
	"      - {name: cni-bin-dir, hostPath: {path: '/opt/cni/bin'}} # ours soon" \
	'      - name: flexvol-driver-host' '        hostPath:' \
	'          path: "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/nodeagent~uds"' >"$work/manifest.yaml"
sed -e 's#/opt/cni/bin#/var/lib/cni/bin#' \
	-e 's#/usr/libexec/kubernetes/kubelet-plugins/volume/exec#/var/lib/kubelet/volumeplugins#' \
	"$work/manifest.yaml" >"$work/moved.wanted"
{
	printf 'manifest.yaml:7: spec.template.spec.volumes[0].hostPath.path: /opt/cni/bin -> /var/lib/cni/bin\n'
	printf 'manifest.yaml:10: spec.template.spec.volumes[1].hostPath.path: %s -> %s\n' \
		'/usr/libexec/kubernetes/kubelet-plugins/volume/exec/nodeagent~uds' /var/lib/kubelet/volumeplugins/nodeagent~uds
} >"$work/list.wanted"
cp "$work/manifest.yaml" "$work/manifest.before"

ok "cni rewrite of a file" bash -c '"$1" cni rewrite "$2" >"$3"' - "$kstrap" "$work/manifest.yaml" "$work/moved"
same "its directories are moved, and not a byte else" "$work/moved.wanted" "$work/moved"
ok "cni rewrite of a pipe" bash -c 'cat "$2" | "$1" cni rewrite - >"$3"' - "$kstrap" "$work/manifest.yaml" "$work/moved"
same "does the same" "$work/moved.wanted" "$work/moved"
exits 1 "cni rewrite --check ends with 1 where something is to be moved" \
	bash -c 'cd "$2" && "$1" cni rewrite --check manifest.yaml >list' - "$kstrap" "$work"
same "and lists each change with its line" "$work/list.wanted" "$work/list"
exits 0 "and ends with 0 where nothing is" "$kstrap" cni rewrite --check "$work/moved"
ok "which it says without a word" test -z "$said"
same "the manifest itself is as it was" "$work/manifest.before" "$work/manifest.yaml"
exits 0 "the directories are flags" \
	"$kstrap" cni rewrite --cni-bin-dir /srv/cni --volume-plugin-dir=/srv/flex "$work/manifest.yaml"
says "one" "path: '/srv/cni'"
says "and the other" 'path: "/srv/flex/nodeagent~uds"'
printf 'kind: Installation\napiVersion: operator.tigera.io/v1\nspec: {}\n' >"$work/installation"
exits 0 "Tigera's Installation without a directory passes" "$kstrap" cni rewrite "$work/installation"
says "and what to add is told" "installation:1: set spec.cni.binDir to /var/lib/cni/bin"
printf 'a: [\n' >"$work/broken"
exits 3 "a file that is no YAML is refused" "$kstrap" cni rewrite "$work/broken"
says "with its line" "broken:2:1: "
exits 4 "so is none" "$kstrap" cni rewrite "$work/nothing-there"
exits 2 "and no argument" "$kstrap" cni rewrite
says "with the next step" "next: kstrap cni --help"
exits 2 "and two" "$kstrap" cni rewrite a b
exits 2 "and a directory that YAML would want quoted" "$kstrap" cni rewrite --cni-bin-dir '/a: #b' "$work/manifest.yaml"
exits 2 "and one that is not UTF-8" "$kstrap" cni rewrite --cni-bin-dir $'/a\351' "$work/manifest.yaml"
says "which files that kstrap writes are" "is not UTF-8"
exits 2 "and arguments of a component that are not" init "$(root latin)" --apiserver-extra-args $'v=\351'
exits 4 "a full disk behind standard output is told" bash -c '"$1" cni rewrite "$2" >/dev/full' - "$kstrap" "$work/manifest.yaml"
