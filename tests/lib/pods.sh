# shellcheck shell=bash
# Two busybox pods, one on each node, and a ping between them: what a working pod network means. Sourced, never run.

# pods_start NODE...: a pod "on-NODE" on each; nodeName, because a control plane's taint keeps the scheduler away.
pods_start() {
	local node names=()
	for node; do
		"$TOP/tests/lab/sh" master kubectl apply -f - <<-YAML || return 1
			apiVersion: v1
			kind: Pod
			metadata: {name: on-$node}
			spec:
			  nodeName: $node
			  terminationGracePeriodSeconds: 0
			  containers: [{name: busybox, image: "busybox:1", imagePullPolicy: Never, command: [sleep, "86400"]}]
		YAML
		names+=("pod/on-$node")
	done
	"$TOP/tests/lab/sh" master kubectl wait --for=condition=Ready --timeout=90s "${names[@]}"
}

# pods_ping FROM TO: from the pod on one node to the pod on the other.
pods_ping() {
	local address
	address=$("$TOP/tests/lab/sh" master kubectl get pod "on-$2" -o 'jsonpath={.status.podIP}') || return 1
	[ -n "$address" ] || { echo "the pod on $2 has no address"; return 1; }
	"$TOP/tests/lab/sh" master kubectl exec "on-$1" -- ping -c 3 -W 2 "$address"
}

# nodes_ready NODE...: these nodes, and no others, are Ready.
nodes_ready() {
	local ready
	ready=$("$TOP/tests/lab/sh" master kubectl get nodes --no-headers | awk '$2 == "Ready" || $2 == "Ready,SchedulingDisabled" { print $1 }' | sort | paste -sd' ')
	[ "$ready" = "$(printf '%s\n' "$@" | sort | paste -sd' ')" ] || { echo "Ready: $ready"; return 1; }
}
