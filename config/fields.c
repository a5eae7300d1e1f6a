/* The rows of kubeadm's kinds. Source: the Kubernetes documentation's reference pages "kubeadm
 * Configuration" of v1beta2, v1beta3 and v1beta4. Their descriptions stand in fields.txt. */
#include "config/field.h"

#define AT(name)      offsetof(struct config, name), false, NULL
#define CHECK(check)  FIELD_NO_MEMBER, false, check
#define NEEDED(check) FIELD_NO_MEMBER, true, check
#define NONE          FIELD_NO_MEMBER, false, NULL

#define KUBEADM "kubeadm.k8s.io"

/* clang-format off */
const struct kind kinds[] = {
	{ "InitConfiguration", KUBEADM, 2, 4, NULL },
	{ "ClusterConfiguration", KUBEADM, 2, 4, NULL },
	{ "JoinConfiguration", KUBEADM, 2, 4, NULL },
	{ "ResetConfiguration", KUBEADM, 4, 4, NULL },
	{ "UpgradeConfiguration", KUBEADM, 4, 4, NULL },
	{ "KubeletConfiguration", "kubelet.config.k8s.io", 0, 0, "v1beta1" },
	{ "KubeProxyConfiguration", "kubeproxy.config.k8s.io", 0, 0, "v1alpha1" },
	{ 0 },
};

const struct field fields[] = {
	/* InitConfiguration */
#define IN "InitConfiguration"
	{ IN, "bootstrapTokens", 2, 4, FIELD_OBJECTS, "BootstrapToken", NONE },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NULL, AT(dry_run) },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, "NodeRegistration", NONE },
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, "LocalAPIEndpoint", NONE },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, NULL, AT(certificate_key) },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, NULL, AT(skip_phases) },
	{ IN, "patches", 3, 4, FIELD_OBJECT, "Patches", NONE },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE },
#undef IN
#define IN "BootstrapToken"
	{ IN, "token", 2, 4, FIELD_SECRET, NULL, CHECK(check_token) },
	{ IN, "description", 2, 4, FIELD_STRING, NULL, NONE },
	{ IN, "ttl", 2, 4, FIELD_DURATION, NULL, NONE },
	{ IN, "expires", 2, 4, FIELD_TIME, NULL, NONE },
	{ IN, "usages", 2, 4, FIELD_STRINGS, NULL, CHECK(check_token_usage) },
	{ IN, "groups", 2, 4, FIELD_STRINGS, NULL, CHECK(check_token_group) },
#undef IN
#define IN "NodeRegistration"
	{ IN, "name", 2, 4, FIELD_STRING, NULL, AT(node_name) },
	{ IN, "criSocket", 2, 4, FIELD_STRING, NULL, AT(cri_socket) },
	{ IN, "taints", 2, 4, FIELD_OBJECTS, "Taint", AT(taints) },
	{ IN, "kubeletExtraArgs", 2, 4, FIELD_ARGS, NULL, AT(kubelet_args) },
	{ IN, "ignorePreflightErrors", 2, 4, FIELD_STRINGS, NULL, AT(ignore_preflight) },
	{ IN, "imagePullPolicy", 3, 4, FIELD_STRING, NULL, AT(image_pull_policy) },
	{ IN, "imagePullSerial", 4, 4, FIELD_BOOL, NULL, AT(image_pull_serial) },
#undef IN
#define IN "Taint"
	{ IN, "key", 2, 4, FIELD_STRING, NULL, NEEDED(NULL) },
	{ IN, "value", 2, 4, FIELD_STRING, NULL, NONE },
	{ IN, "effect", 2, 4, FIELD_STRING, NULL, NEEDED(check_taint_effect) },
	{ IN, "timeAdded", 2, 4, FIELD_TIME, NULL, NONE },
#undef IN
#define IN "LocalAPIEndpoint"
	{ IN, "advertiseAddress", 2, 4, FIELD_STRING, NULL, AT(advertise_address) },
	{ IN, "bindPort", 2, 4, FIELD_INT, NULL, AT(bind_port) },
#undef IN
#define IN "Patches"
	{ IN, "directory", 3, 4, FIELD_STRING, NULL, AT(patches_dir) },
#undef IN
#define IN "Timeouts"
	{ IN, "controlPlaneComponentHealthCheck", 4, 4, FIELD_DURATION, NULL,
	  AT(timeout_control_plane_s) },
	{ IN, "kubeletHealthCheck", 4, 4, FIELD_DURATION, NULL, AT(timeout_kubelet_s) },
	{ IN, "kubernetesAPICall", 4, 4, FIELD_DURATION, NULL, AT(timeout_api_s) },
	{ IN, "etcdAPICall", 4, 4, FIELD_DURATION, NULL, AT(timeout_etcd_s) },
	{ IN, "tlsBootstrap", 4, 4, FIELD_DURATION, NULL, AT(timeout_tls_bootstrap_s) },
	{ IN, "discovery", 4, 4, FIELD_DURATION, NULL, AT(timeout_discovery_s) },
	{ IN, "upgradeManifests", 4, 4, FIELD_DURATION, NULL, AT(timeout_upgrade_s) },
#undef IN

	/* ClusterConfiguration */
#define IN "ClusterConfiguration"
	{ IN, "etcd", 2, 4, FIELD_OBJECT, "Etcd", NONE },
	{ IN, "networking", 2, 4, FIELD_OBJECT, "Networking", NONE },
	{ IN, "kubernetesVersion", 2, 4, FIELD_STRING, NULL, AT(kubernetes_version) },
	{ IN, "controlPlaneEndpoint", 2, 4, FIELD_STRING, NULL, AT(control_plane_endpoint) },
	{ IN, "apiServer", 2, 4, FIELD_OBJECT, "APIServer", NONE },
	{ IN, "controllerManager", 2, 4, FIELD_OBJECT, "ControllerManager", NONE },
	{ IN, "scheduler", 2, 4, FIELD_OBJECT, "Scheduler", NONE },
	{ IN, "dns", 2, 4, FIELD_OBJECT, "DNS", NONE },
	{ IN, "proxy", 4, 4, FIELD_OBJECT, "Proxy", NONE },
	{ IN, "certificatesDir", 2, 4, FIELD_STRING, NULL, AT(certificates_dir) },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, NULL, AT(image_repository) },
	{ IN, "useHyperKubeImage", 2, 2, FIELD_BOOL, NULL, NONE },
	{ IN, "featureGates", 2, 4, FIELD_GATES, NULL, AT(feature_gates) },
	{ IN, "clusterName", 2, 4, FIELD_STRING, NULL, AT(cluster_name) },
	{ IN, "encryptionAlgorithm", 4, 4, FIELD_STRING, NULL, AT(key_algorithm) },
	{ IN, "certificateValidityPeriod", 4, 4, FIELD_DURATION, NULL, AT(cert_validity_s) },
	{ IN, "caCertificateValidityPeriod", 4, 4, FIELD_DURATION, NULL, AT(ca_validity_s) },
#undef IN
#define IN "Networking"
	{ IN, "serviceSubnet", 2, 4, FIELD_STRING, NULL, AT(service_subnet) },
	{ IN, "podSubnet", 2, 4, FIELD_STRING, NULL, AT(pod_subnet) },
	{ IN, "dnsDomain", 2, 4, FIELD_STRING, NULL, AT(dns_domain) },
#undef IN
#define IN "Etcd"
	{ IN, "local", 2, 4, FIELD_OBJECT, "LocalEtcd", NONE },
	{ IN, "external", 2, 4, FIELD_OBJECT, "ExternalEtcd", AT(etcd_external) },
#undef IN
#define IN "LocalEtcd"
	{ IN, "imageRepository", 2, 4, FIELD_STRING, NULL, AT(etcd_image_repository) },
	{ IN, "imageTag", 2, 4, FIELD_STRING, NULL, AT(etcd_image_tag) },
	{ IN, "dataDir", 2, 4, FIELD_STRING, NULL, AT(etcd_data_dir) },
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(etcd_args) },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(etcd_envs) },
	{ IN, "serverCertSANs", 2, 4, FIELD_STRINGS, NULL, AT(etcd_server_sans) },
	{ IN, "peerCertSANs", 2, 4, FIELD_STRINGS, NULL, AT(etcd_peer_sans) },
#undef IN
#define IN "ExternalEtcd"
	{ IN, "endpoints", 2, 4, FIELD_STRINGS, NULL, NEEDED(check_url) },
	{ IN, "httpEndpoints", 4, 4, FIELD_STRINGS, NULL, CHECK(check_url) },
	{ IN, "caFile", 2, 4, FIELD_STRING, NULL, CHECK(check_absolute) },
	{ IN, "certFile", 2, 4, FIELD_STRING, NULL, CHECK(check_absolute) },
	{ IN, "keyFile", 2, 4, FIELD_STRING, NULL, CHECK(check_absolute) },
#undef IN
#define IN "APIServer"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(apiserver_args) },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, "HostPathMount", AT(apiserver_volumes) },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(apiserver_envs) },
	{ IN, "certSANs", 2, 4, FIELD_STRINGS, NULL, AT(apiserver_sans) },
	{ IN, "timeoutForControlPlane", 2, 3, FIELD_DURATION, NULL, AT(timeout_control_plane_s) },
#undef IN
#define IN "ControllerManager"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(controller_manager_args) },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, "HostPathMount", AT(controller_manager_volumes) },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(controller_manager_envs) },
#undef IN
#define IN "Scheduler"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(scheduler_args) },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, "HostPathMount", AT(scheduler_volumes) },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(scheduler_envs) },
#undef IN
#define IN "HostPathMount"
	{ IN, "name", 2, 4, FIELD_STRING, NULL, NEEDED(NULL) },
	{ IN, "hostPath", 2, 4, FIELD_STRING, NULL, NEEDED(check_absolute) },
	{ IN, "mountPath", 2, 4, FIELD_STRING, NULL, NEEDED(check_absolute) },
	{ IN, "readOnly", 2, 4, FIELD_BOOL, NULL, NONE },
	{ IN, "pathType", 2, 4, FIELD_STRING, NULL, CHECK(check_path_type) },
#undef IN
#define IN "EnvVar"
	{ IN, "name", 4, 4, FIELD_STRING, NULL, NEEDED(NULL) },
	{ IN, "value", 4, 4, FIELD_STRING, NULL, NONE },
	{ IN, "valueFrom", 4, 4, FIELD_ANY, NULL, NONE },
#undef IN
#define IN "DNS"
	{ IN, "type", 2, 2, FIELD_STRING, NULL, NONE },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, NULL, AT(dns_image_repository) },
	{ IN, "imageTag", 2, 4, FIELD_STRING, NULL, AT(dns_image_tag) },
	{ IN, "disabled", 4, 4, FIELD_BOOL, NULL, AT(dns_disabled) },
#undef IN
#define IN "Proxy"
	{ IN, "disabled", 4, 4, FIELD_BOOL, NULL, AT(proxy_disabled) },
#undef IN

	/* JoinConfiguration */
#define IN "JoinConfiguration"
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NULL, AT(dry_run) },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, "NodeRegistration", NONE },
	{ IN, "caCertPath", 2, 4, FIELD_STRING, NULL, AT(ca_cert_path) },
	{ IN, "discovery", 2, 4, FIELD_OBJECT, "Discovery", NEEDED(NULL) },
	{ IN, "controlPlane", 2, 4, FIELD_OBJECT, "JoinControlPlane", AT(join_control_plane) },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, NULL, AT(skip_phases) },
	{ IN, "patches", 3, 4, FIELD_OBJECT, "Patches", NONE },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE },
#undef IN
#define IN "Discovery"
	{ IN, "bootstrapToken", 2, 4, FIELD_OBJECT, "BootstrapTokenDiscovery", NONE },
	{ IN, "file", 2, 4, FIELD_OBJECT, "FileDiscovery", NONE },
	{ IN, "tlsBootstrapToken", 2, 4, FIELD_SECRET, NULL, AT(tls_bootstrap_token) },
	{ IN, "timeout", 2, 3, FIELD_DURATION, NULL, AT(timeout_discovery_s) },
#undef IN
#define IN "BootstrapTokenDiscovery"
	{ IN, "token", 2, 4, FIELD_SECRET, NULL, AT(join_token) },
	{ IN, "apiServerEndpoint", 2, 4, FIELD_STRING, NULL, AT(api_server_endpoint) },
	{ IN, "caCertHashes", 2, 4, FIELD_STRINGS, NULL, AT(ca_cert_hashes) },
	{ IN, "unsafeSkipCAVerification", 2, 4, FIELD_BOOL, NULL, AT(unsafe_skip_ca_verification) },
#undef IN
#define IN "FileDiscovery"
	{ IN, "kubeConfigPath", 2, 4, FIELD_STRING, NULL, AT(discovery_file) },
#undef IN
#define IN "JoinControlPlane"
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, "LocalAPIEndpoint", NONE },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, NULL, AT(certificate_key) },
#undef IN

	/* ResetConfiguration */
#define IN "ResetConfiguration"
	{ IN, "cleanupTmpDir", 4, 4, FIELD_BOOL, NULL, NONE },
	{ IN, "certificatesDir", 4, 4, FIELD_STRING, NULL, CHECK(check_absolute) },
	{ IN, "criSocket", 4, 4, FIELD_STRING, NULL, CHECK(check_cri_socket) },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NULL, NONE },
	{ IN, "force", 4, 4, FIELD_BOOL, NULL, NONE },
	{ IN, "ignorePreflightErrors", 4, 4, FIELD_STRINGS, NULL, CHECK(check_preflight_name) },
	{ IN, "skipPhases", 4, 4, FIELD_STRINGS, NULL, NONE },
	{ IN, "unmountFlags", 4, 4, FIELD_STRINGS, NULL, CHECK(check_unmount_flag) },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE },
#undef IN

	/* UpgradeConfiguration */
#define IN "UpgradeConfiguration"
	{ IN, "apply", 4, 4, FIELD_OBJECT, "UpgradeApply", NONE },
	{ IN, "diff", 4, 4, FIELD_OBJECT, "UpgradeDiff", NONE },
	{ IN, "node", 4, 4, FIELD_OBJECT, "UpgradeNode", NONE },
	{ IN, "plan", 4, 4, FIELD_OBJECT, "UpgradePlan", NONE },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE },
#undef IN
#define API_VERSION	     "kubernetesVersion", 4, 4, FIELD_STRING, NULL, CHECK(check_version)
#define EXPERIMENTAL "allowExperimentalUpgrades", 4, 4, FIELD_BOOL, NULL, NONE
#define CANDIDATES   "allowRCUpgrades", 4, 4, FIELD_BOOL, NULL, NONE
#define RENEWAL	     "certificateRenewal", 4, 4, FIELD_BOOL, NULL, NONE
#define DRY_RUN	     "dryRun", 4, 4, FIELD_BOOL, NULL, NONE
#define ETCD_UPGRADE "etcdUpgrade", 4, 4, FIELD_BOOL, NULL, NONE
#define IGNORE	     "ignorePreflightErrors", 4, 4, FIELD_STRINGS, NULL, CHECK(check_preflight_name)
#define PATCHES	     "patches", 4, 4, FIELD_OBJECT, "UpgradePatches", NONE
#define PRINT	     "printConfig", 4, 4, FIELD_BOOL, NULL, NONE
#define SKIP	     "skipPhases", 4, 4, FIELD_STRINGS, NULL, NONE
#define PULL	     "imagePullPolicy", 4, 4, FIELD_STRING, NULL, CHECK(check_pull_policy)
#define SERIAL	     "imagePullSerial", 4, 4, FIELD_BOOL, NULL, NONE
	{ "UpgradeApply", API_VERSION }, { "UpgradeApply", EXPERIMENTAL }, { "UpgradeApply", CANDIDATES },
	{ "UpgradeApply", RENEWAL }, { "UpgradeApply", DRY_RUN }, { "UpgradeApply", ETCD_UPGRADE },
	{ "UpgradeApply", "forceUpgrade", 4, 4, FIELD_BOOL, NULL, NONE },
	{ "UpgradeApply", IGNORE }, { "UpgradeApply", PATCHES }, { "UpgradeApply", PRINT },
	{ "UpgradeApply", SKIP }, { "UpgradeApply", PULL }, { "UpgradeApply", SERIAL },
	{ "UpgradeDiff", API_VERSION },
	{ "UpgradeDiff", "contextLines", 4, 4, FIELD_INT, NULL, NONE },
	{ "UpgradeNode", RENEWAL }, { "UpgradeNode", DRY_RUN }, { "UpgradeNode", ETCD_UPGRADE },
	{ "UpgradeNode", IGNORE }, { "UpgradeNode", PATCHES }, { "UpgradeNode", SKIP },
	{ "UpgradeNode", PULL }, { "UpgradeNode", SERIAL },
	{ "UpgradePlan", API_VERSION }, { "UpgradePlan", EXPERIMENTAL }, { "UpgradePlan", CANDIDATES },
	{ "UpgradePlan", DRY_RUN }, { "UpgradePlan", ETCD_UPGRADE }, { "UpgradePlan", IGNORE },
	{ "UpgradePlan", PRINT },
	{ "UpgradePatches", "directory", 4, 4, FIELD_STRING, NULL, CHECK(check_absolute) },
	{ 0 },
};
/* clang-format on */
