/* The table of flags. kubeadm's keep their names and meaning; ours have no field in its files.
 * What --help says of them stands in flags.txt. */
#include "config/flags.h"

#define I        CONFIG_INIT
#define J        CONFIG_JOIN
#define O        CONFIG_OTHER
#define C        CONFIG_FILES
#define T        CONFIG_TOKEN
#define R        CONFIG_CERTS
#define U        CONFIG_USER
#define W        CONFIG_WAIT
#define X        CONFIG_RESET
#define N        CONFIG_CNI
#define B        CONFIG_BOOT
#define G        CONFIG_UPGRADE
#define AT(name) offsetof(struct config, name)
#define FILE_TOO FLAG_WITH_FILE

/* clang-format off */
const struct flag flags[] = {
	{ "allow-deprecated-api", 0, FLAG_NO_MEMBER, C, FILE_TOO|FLAG_HIDDEN, NULL },
	{ "allow-experimental-api", 0, FLAG_NO_MEMBER, C, FILE_TOO|FLAG_HIDDEN, NULL },
	{ "allow-missing-template-keys", 0, AT(missing_keys), C|T|R|N, FILE_TOO, NULL },
	{ "apiserver-advertise-address", 0, AT(advertise_address), I|J|O|R|U, 0, "IP" },
	{ "apiserver-bind-port", 0, AT(bind_port), I|J|O|R|U, 0, "PORT" },
	{ "apiserver-cert-extra-sans", 0, AT(apiserver_sans), I|O|R, 0, "NAMES" },
	{ "apiserver-extra-args", 0, AT(apiserver_args), I|O, 0, "K=V,..." },
	{ "cert-dir", 0, AT(certificates_dir), I|O|R|U|X, FLAG_PATH, "DIR" },
	{ "certificate-key", 0, AT(certificate_key), I|J|O|T, 0, "HEX" },
	{ "certificate-key-file", 0, FLAG_NO_MEMBER, J, FLAG_OURS, "FILE" },
	{ "cleanup-tmp-dir", 0, AT(cleanup_tmp_dir), X, 0, NULL },
	{ "client-name", 0, AT(client_name), U, FILE_TOO, "NAME" },
	{ "component-configs", 0, FLAG_NO_MEMBER, C, 0, "KINDS" },
	{ "config", 0, FLAG_NO_MEMBER, I|J|O|C|T|R|U|X, FILE_TOO, "FILE" },
	{ "control-plane", 0, AT(join_control_plane), J, 0, NULL },
	{ "control-plane-endpoint", 0, AT(control_plane_endpoint), I|O|R|U, 0, "HOST[:PORT]" },
	{ "controller-manager-extra-args", 0, AT(controller_manager_args), I|O, 0, "K=V,..." },
	{ "cri-socket", 0, AT(cri_socket), I|J|O|C|X|N, FILE_TOO, "SOCKET" },
	{ "description", 0, AT(token_description), T, 0, "TEXT" },
	{ "discovery-file", 0, AT(discovery_file), J, 0, "FILE|URL" },
	{ "discovery-token", 0, AT(join_token), J, 0, "TOKEN" },
	{ "discovery-token-ca-cert-hash", 0, AT(ca_cert_hashes), J|W, 0, "sha256:HEX" },
	{ "discovery-token-unsafe-skip-ca-verification", 0, AT(unsafe_skip_ca_verification), J, 0, NULL },
	{ "dry-run", 0, AT(dry_run), I|J|O|T|R|X|N, FILE_TOO, NULL },
	{ "experimental-output", 0, AT(output), C|T, FILE_TOO|FLAG_HIDDEN, "FORMAT" },
	{ "experimental-patches", 0, AT(patches_dir), I|J, FILE_TOO|FLAG_HIDDEN, "DIR" },
	{ "feature-gates", 0, AT(feature_gates), I|O|C|R, 0, "NAME=BOOL,..." },
	{ "force", 'f', AT(force), X, 0, NULL },
	{ "groups", 0, AT(token_groups), T, 0, "NAMES" },
	{ "help", 'h', FLAG_NO_MEMBER, I|J|O|C|T|R|U|W|X|N|B|G, FILE_TOO, NULL },
	{ "ignore-preflight-errors", 0, AT(ignore_preflight), I|J|O|X, FILE_TOO, "NAMES" },
	{ "image-repository", 0, AT(image_repository), I|O|C, 0, "HOST/PATH" },
	{ "kubeconfig", 0, AT(kubeconfig), I|J|O|C|T|R|X|G, FILE_TOO, "FILE" },
	{ "kubeconfig-dir", 0, AT(kubeconfig_dir), I|R, FILE_TOO, "DIR" },
	{ "kubernetes-version", 0, AT(kubernetes_version), I|O|C|R, 0, "VERSION" },
	{ "new-config", 0, FLAG_NO_MEMBER, C, 0, "FILE" },
	{ "node-name", 0, AT(node_name), I|J|O|R, FILE_TOO, "NAME" },
	{ "old-config", 0, FLAG_NO_MEMBER, C, 0, "FILE" },
	{ "org", 0, AT(client_orgs), U, FILE_TOO, "NAMES" },
	{ "output", 'o', AT(output), C|T|R|N|G, FILE_TOO, "FORMAT" },
	{ "patches", 0, AT(patches_dir), I|J, FILE_TOO, "DIR" },
	{ "pod-network-cidr", 0, AT(pod_subnet), I|O, 0, "CIDR" },
	{ "print-join-command", 0, AT(print_join_command), T, FILE_TOO, NULL },
	{ "print-manifest", 0, AT(print_manifest), I, FILE_TOO, NULL },
	{ "rootfs", 0, AT(root), I|J|O|T|R|U|X|N, FILE_TOO|FLAG_HIDDEN, "DIR" },
	{ "scheduler-extra-args", 0, AT(scheduler_args), I|O, 0, "K=V,..." },
	{ "service-cidr", 0, AT(service_subnet), I|O|R, 0, "CIDR" },
	{ "service-dns-domain", 0, AT(dns_domain), I|O|R, 0, "NAME" },
	{ "show-managed-fields", 0, FLAG_NO_MEMBER, C|T|R, FILE_TOO|FLAG_HIDDEN, NULL },
	{ "skip-certificate-key-print", 0, AT(skip_certificate_key_print), I|O, FILE_TOO, NULL },
	{ "skip-phases", 0, AT(skip_phases), I|J|O|X, FILE_TOO, "NAMES" },
	{ "skip-token-print", 0, AT(skip_token_print), I|O, FILE_TOO, NULL },
	{ "tls-bootstrap-token", 0, AT(tls_bootstrap_token), J, 0, "TOKEN" },
	{ "token", 0, AT(token), I|O, 0, "TOKEN" },
	{ "token", 0, FLAG_NO_MEMBER, J|W, 0, "TOKEN" },
	{ "token", 0, AT(client_token), U, FILE_TOO, "TOKEN" },
	{ "token-ttl", 0, AT(token_ttl_s), I|O, 0, "DURATION" },
	{ "ttl", 0, AT(token_ttl_s), T, 0, "DURATION" },
	{ "upload-certs", 0, AT(upload_certs), I|O, FILE_TOO, NULL },
	{ "usages", 0, AT(token_usages), T, 0, "NAMES" },
	{ "validity-period", 0, AT(client_validity_s), U, FILE_TOO, "DURATION" },
	{ "v", 'v', AT(verbosity), I|J|O|C|T|R|U|W|X|N|B|G, FILE_TOO, "LEVEL" },

	{ "api-version", 0, FLAG_NO_MEMBER, C, FLAG_OURS, "VERSION" },
	{ "check", 0, AT(check), N, FLAG_OURS, NULL },
	{ "cluster-domain-suffix", 0, AT(cluster_suffix), J|W, FLAG_OURS, "NAME" },
	{ "cluster-name", 0, AT(join_cluster), J|W, FLAG_OURS, "NAME" },
	{ "cni-bin-dir", 0, AT(cni_bin_dir), I|J|O|N, FLAG_OURS|FLAG_PATH, "DIR" },
	{ "cni-conf-dir", 0, AT(cni_conf_dir), I|J|O|X|N, FLAG_OURS|FLAG_PATH, "DIR" },
	{ "cni-plugins", 0, AT(cni_plugins), I|J|O, FLAG_OURS|FLAG_PATH, "DIR" },
	{ "deployment", 0, AT(deployment), G, FLAG_OURS, "DIR" },
	{ "flannel-backend", 0, AT(flannel_backend), I|O, FLAG_OURS, "TYPE" },
	{ "flannel-etcd", 0, AT(flannel_etcd), I, FLAG_OURS, "URL" },
	{ "flannel-etcd-cafile", 0, AT(flannel_etcd_cafile), I, FLAG_OURS, "FILE" },
	{ "flannel-etcd-certfile", 0, AT(flannel_etcd_certfile), I, FLAG_OURS, "FILE" },
	{ "flannel-etcd-keyfile", 0, AT(flannel_etcd_keyfile), I, FLAG_OURS, "FILE" },
	{ "force", 'f', AT(force), N, FLAG_OURS, NULL },
	{ "from", 0, AT(cni_from), N, FLAG_OURS, "DIR|FILE|URL" },
	{ "key-algorithm", 0, AT(key_algorithm), I|O|R|U, FLAG_OURS, "NAME" },
	{ "kubelet-dir", 0, AT(kubelet_dir), I|J|O|X|N|B|G, FLAG_OURS|FLAG_PATH, "DIR" },
	{ "kubernetes-dir", 0, AT(kubernetes_dir), I|J|O|T|R|U|W|X|N|B|G, FLAG_OURS|FLAG_PATH, "DIR" },
	{ "kubernetes-version", 0, AT(kubernetes_version), J, FLAG_OURS, "VERSION" },
	{ "network", 0, AT(network), I|J|O, FLAG_OURS, "NAME" },
	{ "node-ip", 0, AT(node_ip), I|J|O, FLAG_OURS, "IP" },
	{ "node", 0, AT(token_node), T, FLAG_OURS, "NAME" },
	{ "node-labels", 0, AT(node_labels), I|J|O, FLAG_OURS, "K=V,..." },
	{ "node-taints", 0, AT(taints), I|J|O, FLAG_OURS, "K=V:EFFECT,..." },
	{ "pod-mtu", 0, AT(pod_mtu), I|J|O, FLAG_OURS, "BYTES" },
	{ "print-token", 0, AT(print_token), I|O, FLAG_OURS, NULL },
	{ "profile", 0, AT(profile), I|J|O, FLAG_OURS, "NAME" },
	{ "require-pin", 0, AT(require_pin), J, FLAG_OURS, NULL },
	{ "role", 0, AT(role), J, FLAG_OURS, "NAME" },
	{ "root", 0, AT(root), I|J|O|T|R|U|W|X|N|B|G, FLAG_OURS, "DIR" },
	{ "sha256", 0, AT(cni_sha256), N, FLAG_OURS, "HEX" },
	{ "single-node", 0, AT(single_node), I|O, FLAG_OURS, NULL },
	{ "token-fd", 0, FLAG_NO_MEMBER, I|J|T|W, FLAG_OURS, "N" },
	{ "token-file", 0, FLAG_NO_MEMBER, I|J|T|W, FLAG_OURS, "FILE" },
	{ "uses", 0, AT(token_uses), T, FLAG_OURS, "N" },
	{ "volume-plugin-dir", 0, AT(volume_plugin_dir), I|J|O|N, FLAG_OURS, "DIR" },
	{ "wait", 0, AT(timeout_discovery_s), J|W, FLAG_OURS|FLAG_ALONE, "[=DURATION]" },
	{ 0 },
};
/* clang-format on */
