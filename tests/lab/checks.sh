# shellcheck shell=bash
# What the tests on nodes are made of: running kinit and kjoin there, looking for secrets, waiting for nodes. Sourced by tests/lab/run.

lab() { local c=$1; shift; "$TOP/tests/lab/$c" "$@"; }
on() { timeout -k 10 "${LIMIT:-400}" "$TOP/tests/lab/sh" "$@"; }

# A token of the right shape that no cluster knows. SECRET is what must not be seen anywhere.
SECRET=0123456789abcdef
STRANGER=abcdef.$SECRET

kinit() { on master kinit "$@" >"${work:?}/kinit" 2>&1 || { cat "$work/kinit"; return 1; }; }

# kjoin NODE ARG...: and notes which programs it starts with which arguments.
kjoin() {
	local node=$1
	shift
	on "$node" strace -f -qq -s 4096 -e trace=execve -o /run/execs kjoin "$@" >"${work:?}/kjoin" 2>&1 || { cat "$work/kjoin"; return 1; }
	# The first is kjoin's own, which has the token because it was given it there.
	on "$node" sed 1d /run/execs >"$work/execs"
	[ -s "$work/execs" ] || { echo "strace saw no program started"; return 1; }
}

# untouched NODE: nothing of kstrap's or Kubernetes' is on the host, not even half of it.
untouched() {
	local left
	left=$(on "$1" sh -c 'find /etc/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/kstrap /var/lib/cni /etc/cni/net.d /etc/systemd/system/kubelet.service.d \
		/etc/systemd/system/kstrap-network.service /etc/systemd/system/kstrap-approver.service -type f ! -name lock 2>/dev/null') || true
	[ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

# no_leftovers NODE: what a commit stages beside its targets is gone.
no_leftovers() {
	local left
	left=$(on "$1" find /etc /var/lib/kubelet /var/lib/kstrap /var/lib/cni /var/lib/etcd -name '.kstrap*') || return 1
	[ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

# refuses CODE NAME PATTERN NODE CMD...: ends with that code (or one of [..]), says what the pattern asks for and
# what to run next, tells no secret, and leaves nothing behind.
refuses() {
	local code=$1 name=$2 pattern=$3 node=$4 got=0
	shift 4
	said=$(on "$node" "$@" 2>&1 </dev/null) || got=$?
	printf 'exit status %s\n%s\n' "$got" "$said" >"${work:?}/said"
	# shellcheck disable=SC2053 # code is a pattern
	if [[ $got != $code ]]; then fail "$name: exit code $code" "$work/said"; else pass "$name: exit code $code"; fi
	ok "$name: the message names it" has "$said" "$pattern"
	ok "$name: and the next command" has "$said" '^  next: '
	ok "$name: no secret in it" has_not "$said" "$SECRET"
	ok "$name: nothing left behind" untouched "$node"
}

# serve NODE NAME PORT CMD...: a server in the node, until unserve NODE NAME.
serve() {
	local node=$1 name=$2 port=$3
	shift 3
	on "$node" systemd-run --quiet --collect --unit="test-$name" "$@" && until_ok 120 listens "$node" "$port"
}
unserve() { on "$1" systemctl stop "test-$2"; }
listens() { [ -n "$(on "$1" ss -Hltn "sport = :$2")" ]; }

# hides_token NODE TOKEN SERVER: a kjoin that waits for its server has no secret in /proc/PID/cmdline.
hides_token() {
	on "$1" sh -s <<-SH
		kjoin --token=$2 $3 >/dev/null 2>&1 </dev/null &
		p=\$!
		n=0 verdict=1
		while [ \$n -lt 300 ] && kill -0 \$p; do
			line=\$(tr '\\0' ' ' </proc/\$p/cmdline)
			case \$line in
			*${2#*.}*) ;;
			kjoin*) verdict=0; break ;;
			esac
			n=\$((n + 1))
			sleep 0.1
		done
		echo "\$line"
		kill \$p
		wait \$p
		exit \$verdict
	SH
}

# join_config SERVER [TOKEN]: a file on the worker for a kjoin that looks for its server not for minutes, but for 10 s.
join_config() {
	on worker sh -c 'cat >/tmp/join.yaml' <<-YAML
		apiVersion: kubeadm.k8s.io/v1beta2
		kind: JoinConfiguration
		discovery:
		  timeout: 10s
		  bootstrapToken: {token: ${2:-$STRANGER}, apiServerEndpoint: "$1", unsafeSkipCAVerification: true}
	YAML
}

# flip_bit TOKEN: the same token with the lowest bit of its pin's first byte turned over.
flip_bit() {
	python3 - "$1" <<-'PY'
		import base64, sys
		id, secret, pin = sys.argv[1].split(".")
		raw = bytearray(base64.urlsafe_b64decode(pin + "="))
		raw[0] ^= 1
		print(id, secret, base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), sep=".")
	PY
}

# hex_pin TOKEN: its pin as kubeadm writes it.
hex_pin() { python3 -c 'import base64, sys; print(base64.urlsafe_b64decode(sys.argv[1].split(".")[2] + "=").hex())' "$1"; }

# A bootstrap token that is over a moment after it was made.
token_that_ends() {
	on master kubectl apply -f - <<-YAML
		apiVersion: v1
		kind: Secret
		metadata: {name: bootstrap-token-ended0, namespace: kube-system}
		type: bootstrap.kubernetes.io/token
		stringData: {token-id: ended0, token-secret: 0123456789abcdef, usage-bootstrap-signing: "true",
		  usage-bootstrap-authentication: "true", expiration: "$(date -u -d '+1 second' +%FT%TZ)"}
	YAML
}
no_such_token() {
	local info
	info=$(on master kubectl -n kube-public get configmap cluster-info -o yaml) || return 1
	has_not "$info" "$1" && ! on master kubectl -n kube-system get secret "bootstrap-token-$1"
}

# no_secrets_in FILE: neither a token's secret nor a private key.
no_secrets_in() { has_not "$(cat "$1")" "$SECRET" 'PRIVATE KEY' 'client-key-data'; }

# serves_verified ADDRESS...: the kubelet there has a certificate of the cluster's CA for that address.
serves_verified() {
	local address
	for address; do
		on master sh -c "openssl s_client -connect $address:10250 -CAfile /etc/kubernetes/pki/ca.crt -verify_return_error -verify_ip $address </dev/null" || return 1
	done
}

journal_is_clean() {
	on "$1" journalctl --no-pager -o cat >"${work:?}/journal" 2>&1 || return 1
	[ -s "$work/journal" ] && no_secrets_in "$work/journal"
}

# Those of all processes, of which this test's own must not be one: so the lines are taken out of the node first.
command_lines_are_clean() {
	local node
	for node; do
		on "$node" sh -c 'for p in /proc/[0-9]*; do tr "\0" " " <$p/cmdline; echo; done 2>/dev/null; :' >"${work:?}/cmdlines" || return 1
		has "$(cat "$work/cmdlines")" 'kubelet' && no_secrets_in "$work/cmdlines" || return 1
	done
}

# on_terminal: kinit on a pseudo-terminal shows the line, and no secret besides the one in it.
on_terminal() {
	local text line
	text=$(on master script -qec kinit /dev/null) || { echo "$text"; return 1; }
	line=$(tr -d '\r' <<<"$text" | sed -n 's/^Join other machines with:  //p')
	[ "$line" = "kjoin --token=${token:?} 10.77.0.10" ] && [ "$(grep -c "$SECRET" <<<"$text")" = 1 ]
}

# routes_to NODE FROM...: each FROM has a route to NODE's pods by way of NODE.
routes_to() {
	local cidr from
	cidr=$(on master kubectl get node "$1" -o 'jsonpath={.spec.podCIDR}') || return 1
	[ -n "$cidr" ] || return 1
	for from in "${@:2}"; do
		has "$(on "$from" ip route)" "^$cidr via $(node_address "$1") " || return 1
	done
}

# ready_since TIME NODE...: each reported itself Ready after that time; before a report the old state stands for 40 s.
ready_since() {
	local since=$1 node reported
	shift
	for node; do
		reported=$(on master kubectl get node "$node" \
			-o 'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{end}') || return 1
		[[ $reported == "True "* && ! ${reported#True } < $since ]] || { echo "$node: $reported, not since $since"; return 1; }
	done
}

etcd_on_loopback() {
	local listeners
	listeners=$(on master ss -Hltn '( sport = :2379 or sport = :2380 )') || return 1
	has "$listeners" '127\.0\.0\.1:2379' && has_not "$listeners" '10\.77\.0\.10' '0\.0\.0\.0:2' '\[::\]:2' '\*:23'
}

pod_anywhere() {
	on master kubectl apply -f - <<-YAML
		apiVersion: v1
		kind: Pod
		metadata: {name: anywhere}
		spec:
		  containers: [{name: busybox, image: "busybox:1", imagePullPolicy: Never, command: [sleep, "86400"]}]
	YAML
}

waits_for_network() {
	local why
	why=$(on master kubectl get node master -o 'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.message}{end}')
	has "$why" '^False .*(cni|network)'
}

network_by_hand() {
	on master sh -c 'mkdir -p /etc/cni/net.d && cat >/etc/cni/net.d/10-hand.conflist' <<-'JSON'
		{"cniVersion": "0.4.0", "name": "hand", "plugins": [
		 {"type": "bridge", "bridge": "cni0", "isGateway": true,
		  "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
	JSON
}
