/* The rows of kubeadm's kinds. Source: the Kubernetes documentation's reference pages "kubeadm
 * Configuration" of v1beta2, v1beta3 and v1beta4. Their descriptions stand in fields.txt. */
#include "config/field.h"

#define AT(name)     false, offsetof(struct config, name)
#define NONE         false, FIELD_NO_MEMBER
#define NEEDED       true, FIELD_NO_MEMBER
#define OF(type)     { .of = type }
#define CHECK(fn)    { .check = fn }
#define NOTHING      { NULL }

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
	{ IN, "bootstrapTokens", 2, 4, FIELD_OBJECTS, NONE, OF("BootstrapToken") },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, AT(dry_run), NOTHING },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, NONE, OF("NodeRegistration") },
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, NONE, OF("LocalAPIEndpoint") },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, AT(certificate_key), NOTHING },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, AT(skip_phases), NOTHING },
	{ IN, "patches", 3, 4, FIELD_OBJECT, NONE, OF("Patches") },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, OF("Timeouts") },
#undef IN
#define IN "BootstrapToken"
	{ IN, "token", 2, 4, FIELD_SECRET, NONE, CHECK(check_token) },
	{ IN, "description", 2, 4, FIELD_STRING, NONE, NOTHING },
	{ IN, "ttl", 2, 4, FIELD_DURATION, NONE, NOTHING },
	{ IN, "expires", 2, 4, FIELD_TIME, NONE, NOTHING },
	{ IN, "usages", 2, 4, FIELD_STRINGS, NONE, CHECK(check_token_usage) },
	{ IN, "groups", 2, 4, FIELD_STRINGS, NONE, CHECK(check_token_group) },
#undef IN
#define IN "NodeRegistration"
	{ IN, "name", 2, 4, FIELD_STRING, AT(node_name), NOTHING },
	{ IN, "criSocket", 2, 4, FIELD_STRING, AT(cri_socket), NOTHING },
	{ IN, "taints", 2, 4, FIELD_OBJECTS, AT(taints), OF("Taint") },
	{ IN, "kubeletExtraArgs", 2, 4, FIELD_ARGS, AT(kubelet_args), NOTHING },
	{ IN, "ignorePreflightErrors", 2, 4, FIELD_STRINGS, AT(ignore_preflight), NOTHING },
	{ IN, "imagePullPolicy", 3, 4, FIELD_STRING, AT(image_pull_policy), NOTHING },
	{ IN, "imagePullSerial", 4, 4, FIELD_BOOL, AT(image_pull_serial), NOTHING },
#undef IN
#define IN "Taint"
	{ IN, "key", 2, 4, FIELD_STRING, NEEDED, NOTHING },
	{ IN, "value", 2, 4, FIELD_STRING, NONE, NOTHING },
	{ IN, "effect", 2, 4, FIELD_STRING, NEEDED, CHECK(check_taint_effect) },
	{ IN, "timeAdded", 2, 4, FIELD_TIME, NONE, NOTHING },
#undef IN
#define IN "LocalAPIEndpoint"
	{ IN, "advertiseAddress", 2, 4, FIELD_STRING, AT(advertise_address), NOTHING },
	{ IN, "bindPort", 2, 4, FIELD_INT, AT(bind_port), NOTHING },
#undef IN
#define IN "Patches"
	{ IN, "directory", 3, 4, FIELD_STRING, AT(patches_dir), NOTHING },
#undef IN
#define IN "Timeouts"
	{ IN, "controlPlaneComponentHealthCheck", 4, 4, FIELD_DURATION,
	  AT(timeout_control_plane_s), NOTHING },
	{ IN, "kubeletHealthCheck", 4, 4, FIELD_DURATION, AT(timeout_kubelet_s), NOTHING },
	{ IN, "kubernetesAPICall", 4, 4, FIELD_DURATION, AT(timeout_api_s), NOTHING },
	{ IN, "etcdAPICall", 4, 4, FIELD_DURATION, AT(timeout_etcd_s), NOTHING },
	{ IN, "tlsBootstrap", 4, 4, FIELD_DURATION, AT(timeout_tls_bootstrap_s), NOTHING },
	{ IN, "discovery", 4, 4, FIELD_DURATION, AT(timeout_discovery_s), NOTHING },
	{ IN, "upgradeManifests", 4, 4, FIELD_DURATION, AT(timeout_upgrade_s), NOTHING },
#undef IN

	/* ClusterConfiguration */
#define IN "ClusterConfiguration"
	{ IN, "etcd", 2, 4, FIELD_OBJECT, NONE, OF("Etcd") },
	{ IN, "networking", 2, 4, FIELD_OBJECT, NONE, OF("Networking") },
	{ IN, "kubernetesVersion", 2, 4, FIELD_STRING, AT(kubernetes_version), NOTHING },
	{ IN, "controlPlaneEndpoint", 2, 4, FIELD_STRING, AT(control_plane_endpoint), NOTHING },
	{ IN, "apiServer", 2, 4, FIELD_OBJECT, NONE, OF("APIServer") },
	{ IN, "controllerManager", 2, 4, FIELD_OBJECT, NONE, OF("ControllerManager") },
	{ IN, "scheduler", 2, 4, FIELD_OBJECT, NONE, OF("Scheduler") },
	{ IN, "dns", 2, 4, FIELD_OBJECT, NONE, OF("DNS") },
	{ IN, "proxy", 4, 4, FIELD_OBJECT, NONE, OF("Proxy") },
	{ IN, "certificatesDir", 2, 4, FIELD_STRING, AT(certificates_dir), NOTHING },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, AT(image_repository), NOTHING },
	{ IN, "useHyperKubeImage", 2, 2, FIELD_BOOL, NONE, NOTHING },
	{ IN, "featureGates", 2, 4, FIELD_GATES, AT(feature_gates), NOTHING },
	{ IN, "clusterName", 2, 4, FIELD_STRING, AT(cluster_name), NOTHING },
	{ IN, "encryptionAlgorithm", 4, 4, FIELD_STRING, AT(key_algorithm), NOTHING },
	{ IN, "certificateValidityPeriod", 4, 4, FIELD_DURATION, AT(cert_validity_s), NOTHING },
	{ IN, "caCertificateValidityPeriod", 4, 4, FIELD_DURATION, AT(ca_validity_s), NOTHING },
#undef IN
#define IN "Networking"
	{ IN, "serviceSubnet", 2, 4, FIELD_STRING, AT(service_subnet), NOTHING },
	{ IN, "podSubnet", 2, 4, FIELD_STRING, AT(pod_subnet), NOTHING },
	{ IN, "dnsDomain", 2, 4, FIELD_STRING, AT(dns_domain), NOTHING },
#undef IN
#define IN "Etcd"
	{ IN, "local", 2, 4, FIELD_OBJECT, NONE, OF("LocalEtcd") },
	{ IN, "external", 2, 4, FIELD_OBJECT, AT(etcd_external), OF("ExternalEtcd") },
#undef IN
#define IN "LocalEtcd"
	{ IN, "imageRepository", 2, 4, FIELD_STRING, AT(etcd_image_repository), NOTHING },
	{ IN, "imageTag", 2, 4, FIELD_STRING, AT(etcd_image_tag), NOTHING },
	{ IN, "dataDir", 2, 4, FIELD_STRING, AT(etcd_data_dir), NOTHING },
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(etcd_args), NOTHING },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(etcd_envs), OF("EnvVar") },
	{ IN, "serverCertSANs", 2, 4, FIELD_STRINGS, AT(etcd_server_sans), NOTHING },
	{ IN, "peerCertSANs", 2, 4, FIELD_STRINGS, AT(etcd_peer_sans), NOTHING },
#undef IN
#define IN "ExternalEtcd"
	{ IN, "endpoints", 2, 4, FIELD_STRINGS, NEEDED, CHECK(check_url) },
	{ IN, "httpEndpoints", 4, 4, FIELD_STRINGS, NONE, CHECK(check_url) },
	{ IN, "caFile", 2, 4, FIELD_STRING, NONE, CHECK(check_absolute) },
	{ IN, "certFile", 2, 4, FIELD_STRING, NONE, CHECK(check_absolute) },
	{ IN, "keyFile", 2, 4, FIELD_STRING, NONE, CHECK(check_absolute) },
#undef IN
#define IN "APIServer"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(apiserver_args), NOTHING },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, AT(apiserver_volumes), OF("HostPathMount") },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(apiserver_envs), OF("EnvVar") },
	{ IN, "certSANs", 2, 4, FIELD_STRINGS, AT(apiserver_sans), NOTHING },
	{ IN, "timeoutForControlPlane", 2, 3, FIELD_DURATION, AT(timeout_control_plane_s), NOTHING },
#undef IN
#define IN "ControllerManager"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(controller_manager_args), NOTHING },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, AT(controller_manager_volumes), OF("HostPathMount") },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(controller_manager_envs), OF("EnvVar") },
#undef IN
#define IN "Scheduler"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(scheduler_args), NOTHING },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, AT(scheduler_volumes), OF("HostPathMount") },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(scheduler_envs), OF("EnvVar") },
#undef IN
#define IN "HostPathMount"
	{ IN, "name", 2, 4, FIELD_STRING, NEEDED, NOTHING },
	{ IN, "hostPath", 2, 4, FIELD_STRING, NEEDED, CHECK(check_absolute) },
	{ IN, "mountPath", 2, 4, FIELD_STRING, NEEDED, CHECK(check_absolute) },
	{ IN, "readOnly", 2, 4, FIELD_BOOL, NONE, NOTHING },
	{ IN, "pathType", 2, 4, FIELD_STRING, NONE, CHECK(check_path_type) },
#undef IN
#define IN "EnvVar"
	{ IN, "name", 4, 4, FIELD_STRING, NEEDED, NOTHING },
	{ IN, "value", 4, 4, FIELD_STRING, NONE, NOTHING },
	{ IN, "valueFrom", 4, 4, FIELD_ANY, NONE, NOTHING },
#undef IN
#define IN "DNS"
	{ IN, "type", 2, 2, FIELD_STRING, NONE, NOTHING },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, AT(dns_image_repository), NOTHING },
	{ IN, "imageTag", 2, 4, FIELD_STRING, AT(dns_image_tag), NOTHING },
	{ IN, "disabled", 4, 4, FIELD_BOOL, AT(dns_disabled), NOTHING },
#undef IN
#define IN "Proxy"
	{ IN, "disabled", 4, 4, FIELD_BOOL, AT(proxy_disabled), NOTHING },
#undef IN

	/* JoinConfiguration */
#define IN "JoinConfiguration"
	{ IN, "dryRun", 4, 4, FIELD_BOOL, AT(dry_run), NOTHING },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, NONE, OF("NodeRegistration") },
	{ IN, "caCertPath", 2, 4, FIELD_STRING, AT(ca_cert_path), NOTHING },
	{ IN, "discovery", 2, 4, FIELD_OBJECT, NEEDED, OF("Discovery") },
	{ IN, "controlPlane", 2, 4, FIELD_OBJECT, AT(join_control_plane), OF("JoinControlPlane") },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, AT(skip_phases), NOTHING },
	{ IN, "patches", 3, 4, FIELD_OBJECT, NONE, OF("Patches") },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, OF("Timeouts") },
#undef IN
#define IN "Discovery"
	{ IN, "bootstrapToken", 2, 4, FIELD_OBJECT, NONE, OF("BootstrapTokenDiscovery") },
	{ IN, "file", 2, 4, FIELD_OBJECT, NONE, OF("FileDiscovery") },
	{ IN, "tlsBootstrapToken", 2, 4, FIELD_SECRET, AT(tls_bootstrap_token), NOTHING },
	{ IN, "timeout", 2, 3, FIELD_DURATION, AT(timeout_discovery_s), NOTHING },
#undef IN
#define IN "BootstrapTokenDiscovery"
	{ IN, "token", 2, 4, FIELD_SECRET, AT(join_token), NOTHING },
	{ IN, "apiServerEndpoint", 2, 4, FIELD_STRING, AT(api_server_endpoint), NOTHING },
	{ IN, "caCertHashes", 2, 4, FIELD_STRINGS, AT(ca_cert_hashes), NOTHING },
	{ IN, "unsafeSkipCAVerification", 2, 4, FIELD_BOOL, AT(unsafe_skip_ca_verification), NOTHING },
#undef IN
#define IN "FileDiscovery"
	{ IN, "kubeConfigPath", 2, 4, FIELD_STRING, AT(discovery_file), NOTHING },
#undef IN
#define IN "JoinControlPlane"
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, NONE, OF("LocalAPIEndpoint") },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, AT(certificate_key), NOTHING },
#undef IN

	/* ResetConfiguration */
#define IN "ResetConfiguration"
	{ IN, "cleanupTmpDir", 4, 4, FIELD_BOOL, NONE, NOTHING },
	{ IN, "certificatesDir", 4, 4, FIELD_STRING, NONE, CHECK(check_absolute) },
	{ IN, "criSocket", 4, 4, FIELD_STRING, NONE, CHECK(check_cri_socket) },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NONE, NOTHING },
	{ IN, "force", 4, 4, FIELD_BOOL, NONE, NOTHING },
	{ IN, "ignorePreflightErrors", 4, 4, FIELD_STRINGS, NONE, CHECK(check_preflight_name) },
	{ IN, "skipPhases", 4, 4, FIELD_STRINGS, NONE, NOTHING },
	{ IN, "unmountFlags", 4, 4, FIELD_STRINGS, NONE, CHECK(check_unmount_flag) },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, OF("Timeouts") },
#undef IN

	/* UpgradeConfiguration */
#define IN "UpgradeConfiguration"
	{ IN, "apply", 4, 4, FIELD_OBJECT, NONE, OF("UpgradeApply") },
	{ IN, "diff", 4, 4, FIELD_OBJECT, NONE, OF("UpgradeDiff") },
	{ IN, "node", 4, 4, FIELD_OBJECT, NONE, OF("UpgradeNode") },
	{ IN, "plan", 4, 4, FIELD_OBJECT, NONE, OF("UpgradePlan") },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, OF("Timeouts") },
#undef IN
#define API_VERSION	     "kubernetesVersion", 4, 4, FIELD_STRING, NONE, CHECK(check_version)
#define EXPERIMENTAL "allowExperimentalUpgrades", 4, 4, FIELD_BOOL, NONE, NOTHING
#define CANDIDATES   "allowRCUpgrades", 4, 4, FIELD_BOOL, NONE, NOTHING
#define RENEWAL	     "certificateRenewal", 4, 4, FIELD_BOOL, NONE, NOTHING
#define DRY_RUN	     "dryRun", 4, 4, FIELD_BOOL, NONE, NOTHING
#define ETCD_UPGRADE "etcdUpgrade", 4, 4, FIELD_BOOL, NONE, NOTHING
#define IGNORE	     "ignorePreflightErrors", 4, 4, FIELD_STRINGS, NONE, CHECK(check_preflight_name)
#define PATCHES	     "patches", 4, 4, FIELD_OBJECT, NONE, OF("UpgradePatches")
#define PRINT	     "printConfig", 4, 4, FIELD_BOOL, NONE, NOTHING
#define SKIP	     "skipPhases", 4, 4, FIELD_STRINGS, NONE, NOTHING
#define PULL	     "imagePullPolicy", 4, 4, FIELD_STRING, NONE, CHECK(check_pull_policy)
#define SERIAL	     "imagePullSerial", 4, 4, FIELD_BOOL, NONE, NOTHING
	{ "UpgradeApply", API_VERSION }, { "UpgradeApply", EXPERIMENTAL }, { "UpgradeApply", CANDIDATES },
	{ "UpgradeApply", RENEWAL }, { "UpgradeApply", DRY_RUN }, { "UpgradeApply", ETCD_UPGRADE },
	{ "UpgradeApply", "forceUpgrade", 4, 4, FIELD_BOOL, NONE, NOTHING },
	{ "UpgradeApply", IGNORE }, { "UpgradeApply", PATCHES }, { "UpgradeApply", PRINT },
	{ "UpgradeApply", SKIP }, { "UpgradeApply", PULL }, { "UpgradeApply", SERIAL },
	{ "UpgradeDiff", API_VERSION },
	{ "UpgradeDiff", "contextLines", 4, 4, FIELD_INT, NONE, NOTHING },
	{ "UpgradeNode", RENEWAL }, { "UpgradeNode", DRY_RUN }, { "UpgradeNode", ETCD_UPGRADE },
	{ "UpgradeNode", IGNORE }, { "UpgradeNode", PATCHES }, { "UpgradeNode", SKIP },
	{ "UpgradeNode", PULL }, { "UpgradeNode", SERIAL },
	{ "UpgradePlan", API_VERSION }, { "UpgradePlan", EXPERIMENTAL }, { "UpgradePlan", CANDIDATES },
	{ "UpgradePlan", DRY_RUN }, { "UpgradePlan", ETCD_UPGRADE }, { "UpgradePlan", IGNORE },
	{ "UpgradePlan", PRINT },
	{ "UpgradePatches", "directory", 4, 4, FIELD_STRING, NONE, CHECK(check_absolute) },
	{ 0 },
};
/* clang-format on */
