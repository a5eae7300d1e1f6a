# shellcheck shell=bash
# Several control planes on nodes: a load balancer in front, joining, taking one away. Sourced by tests/lab/run and
# tests/interop/run, after checks.sh.

balancer_pid=
# balancer NODE...: Debian's haproxy at 10.77.0.1:6443, the bridge's own address, with those API servers behind it that
# are ready.
balancer() {
	local node
	{
		printf 'defaults\n  mode tcp\n  retries 3\n  option redispatch\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n'
		printf 'frontend api\n  bind 10.77.0.1:6443\n  default_backend planes\nbackend planes\n  option httpchk GET /readyz\n'
		printf '  timeout check 1s\n  default-server check check-ssl verify none inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n'
		for node; do printf '  server %s %s:6443\n' "$node" "$(node_address "$node")"; done
	} >"${work:?}/haproxy.cfg"
	balancer_end
	ip netns exec "$NETNS" haproxy -f "$work/haproxy.cfg" >>"$work/haproxy.log" 2>&1 </dev/null &
	balancer_pid=$!
	sleep 0.2
	kill -0 "$balancer_pid" || { cat "$work/haproxy.log"; return 1; }
}
balancer_end() {
	[ -z "$balancer_pid" ] || { kill "$balancer_pid" && wait "$balancer_pid"; } || true
	balancer_pid=
}

# first_plane ARG...: kinit whose CAs are uploaded; the lines that it shows for others are in $workers and $planes.
first_plane() {
	kinit --upload-certs --print-token "$@" || return 1
	workers=$(sed -n 's/^Join other machines with:  //p' "$work/kinit")
	planes=$(sed -n 's/^Join further control planes within two hours with:  //p' "$work/kinit")
	certificate_key=${planes##*=}
	[ -n "$workers" ] && [ "${#certificate_key}" = 64 ]
}
# plane NODE [ARG...]: joins it with the line that kinit showed.
plane() {
	local node=$1
	shift
	# shellcheck disable=SC2086 # it is a command line
	on "$node" $planes "$@" >"$work/plane-$node" 2>&1 || { cat "$work/plane-$node"; return 1; }
}

# etcd_members FROM: "NAME PEER-URL LEARNER" of each.
etcd_members() {
	local reply
	reply=$(on "$1" curl -s --max-time 10 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt \
		--key /etc/kubernetes/pki/etcd/healthcheck-client.key -d '{}' https://127.0.0.1:2379/v3/cluster/member/list) || return 1
	jq -r '.members[] | [(.name // "-"), .peerURLs[0], (.isLearner // false | tostring)] | join(" ")' <<<"$reply" | sort
}
# voters FROM NODE...: these are etcd's members, and all of them vote.
voters() {
	local from=$1 node wanted
	shift
	wanted=$(for node; do echo "$node https://$(node_address "$node"):2380 false"; done | sort)
	diff <(echo "$wanted") <(etcd_members "$from")
}
# writes FROM: the cluster takes a write, asked through its endpoint.
writes() { on "$1" kubectl --request-timeout=10s create configmap "w${EPOCHREALTIME/./}"; }
plane_ready() { # FROM NODE...
	local from=$1 ready
	shift
	ready=$(on "$from" kubectl --request-timeout=10s get nodes -l node-role.kubernetes.io/control-plane --no-headers) || return 1
	ready=$(awk '$2 == "Ready" { print $1 }' <<<"$ready" | sort | paste -sd' ')
	[ "$ready" = "$(printf '%s\n' "$@" | sort | paste -sd' ')" ] || { echo "Ready: $ready"; return 1; }
}
# cable NODE up|down: without it a host is gone as when it lost its power, but back at once.
cable() { ip -n "$NETNS" link set "to-$1" "$2"; }
own_api() { [ "$(on "$1" curl -sk --max-time 5 https://127.0.0.1:6443/readyz)" = ok ]; }

# survives NODE OTHER: with NODE gone the cluster takes writes, asked from OTHER; and NODE comes back.
survives() {
	local node=$1 other=$2
	ok "$node is gone" cable "$node" down
	ok "  the cluster takes writes" until_ok 120 writes "$other"
	ok "$node is back" cable "$node" up
	ok "  and serves again" until_ok 90 own_api "$node"
}
# hides_key NODE: neither the journal nor a command line has the certificate key.
hides_key() {
	on "$1" sh -c 'journalctl --no-pager -o cat; for p in /proc/[0-9]*; do tr "\0" " " <$p/cmdline; echo; done 2>/dev/null; :' >"$work/seen" 2>&1
	[ -s "$work/seen" ] && has_not "$(cat "$work/seen" "$work/plane-$1")" "${certificate_key:?}"
}
status_lists() { # NODE...: ClusterStatus of kubeadm-config
	local listed
	listed=$(on master kubectl -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterStatus}') || return 1
	listed=$(sed -n 's/^  \([^ ]*\):$/\1/p' <<<"$listed" | sort | paste -sd' ')
	[ "$listed" = "$(printf '%s\n' "$@" | sort | paste -sd' ')" ] || { echo "listed: $listed"; return 1; }
}
