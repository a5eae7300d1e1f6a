/* The rows of kubeadm's kinds. Source: the Kubernetes documentation's reference pages "kubeadm
 * Configuration" of v1beta2, v1beta3 and v1beta4. Their descriptions stand in fields.txt. */
#include "config/field.h"

#define AT(name)      false, offsetof(struct config, name), NULL
#define CHECK(check)  false, FIELD_NO_MEMBER, check
#define NEEDED(check) true, FIELD_NO_MEMBER, check
#define NONE          false, FIELD_NO_MEMBER, NULL

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
	{ IN, "bootstrapTokens", 2, 4, FIELD_OBJECTS, NONE, "BootstrapToken" },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, AT(dry_run), NULL },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, NONE, "NodeRegistration" },
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, NONE, "LocalAPIEndpoint" },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, AT(certificate_key), NULL },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, AT(skip_phases), NULL },
	{ IN, "patches", 3, 4, FIELD_OBJECT, NONE, "Patches" },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, "Timeouts" },
#undef IN
#define IN "BootstrapToken"
	{ IN, "token", 2, 4, FIELD_SECRET, CHECK(check_token), NULL },
	{ IN, "description", 2, 4, FIELD_STRING, NONE, NULL },
	{ IN, "ttl", 2, 4, FIELD_DURATION, NONE, NULL },
	{ IN, "expires", 2, 4, FIELD_TIME, NONE, NULL },
	{ IN, "usages", 2, 4, FIELD_STRINGS, CHECK(check_token_usage), NULL },
	{ IN, "groups", 2, 4, FIELD_STRINGS, CHECK(check_token_group), NULL },
#undef IN
#define IN "NodeRegistration"
	{ IN, "name", 2, 4, FIELD_STRING, AT(node_name), NULL },
	{ IN, "criSocket", 2, 4, FIELD_STRING, AT(cri_socket), NULL },
	{ IN, "taints", 2, 4, FIELD_OBJECTS, AT(taints), "Taint" },
	{ IN, "kubeletExtraArgs", 2, 4, FIELD_ARGS, AT(kubelet_args), NULL },
	{ IN, "ignorePreflightErrors", 2, 4, FIELD_STRINGS, AT(ignore_preflight), NULL },
	{ IN, "imagePullPolicy", 3, 4, FIELD_STRING, AT(image_pull_policy), NULL },
	{ IN, "imagePullSerial", 4, 4, FIELD_BOOL, AT(image_pull_serial), NULL },
#undef IN
#define IN "Taint"
	{ IN, "key", 2, 4, FIELD_STRING, NEEDED(NULL), NULL },
	{ IN, "value", 2, 4, FIELD_STRING, NONE, NULL },
	{ IN, "effect", 2, 4, FIELD_STRING, NEEDED(check_taint_effect), NULL },
	{ IN, "timeAdded", 2, 4, FIELD_TIME, NONE, NULL },
#undef IN
#define IN "LocalAPIEndpoint"
	{ IN, "advertiseAddress", 2, 4, FIELD_STRING, AT(advertise_address), NULL },
	{ IN, "bindPort", 2, 4, FIELD_INT, AT(bind_port), NULL },
#undef IN
#define IN "Patches"
	{ IN, "directory", 3, 4, FIELD_STRING, AT(patches_dir), NULL },
#undef IN
#define IN "Timeouts"
	{ IN, "controlPlaneComponentHealthCheck", 4, 4, FIELD_DURATION,
	  AT(timeout_control_plane_s), NULL },
	{ IN, "kubeletHealthCheck", 4, 4, FIELD_DURATION, AT(timeout_kubelet_s), NULL },
	{ IN, "kubernetesAPICall", 4, 4, FIELD_DURATION, AT(timeout_api_s), NULL },
	{ IN, "etcdAPICall", 4, 4, FIELD_DURATION, AT(timeout_etcd_s), NULL },
	{ IN, "tlsBootstrap", 4, 4, FIELD_DURATION, AT(timeout_tls_bootstrap_s), NULL },
	{ IN, "discovery", 4, 4, FIELD_DURATION, AT(timeout_discovery_s), NULL },
	{ IN, "upgradeManifests", 4, 4, FIELD_DURATION, AT(timeout_upgrade_s), NULL },
#undef IN

	/* ClusterConfiguration */
#define IN "ClusterConfiguration"
	{ IN, "etcd", 2, 4, FIELD_OBJECT, NONE, "Etcd" },
	{ IN, "networking", 2, 4, FIELD_OBJECT, NONE, "Networking" },
	{ IN, "kubernetesVersion", 2, 4, FIELD_STRING, AT(kubernetes_version), NULL },
	{ IN, "controlPlaneEndpoint", 2, 4, FIELD_STRING, AT(control_plane_endpoint), NULL },
	{ IN, "apiServer", 2, 4, FIELD_OBJECT, NONE, "APIServer" },
	{ IN, "controllerManager", 2, 4, FIELD_OBJECT, NONE, "ControllerManager" },
	{ IN, "scheduler", 2, 4, FIELD_OBJECT, NONE, "Scheduler" },
	{ IN, "dns", 2, 4, FIELD_OBJECT, NONE, "DNS" },
	{ IN, "proxy", 4, 4, FIELD_OBJECT, NONE, "Proxy" },
	{ IN, "certificatesDir", 2, 4, FIELD_STRING, AT(certificates_dir), NULL },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, AT(image_repository), NULL },
	{ IN, "useHyperKubeImage", 2, 2, FIELD_BOOL, NONE, NULL },
	{ IN, "featureGates", 2, 4, FIELD_GATES, AT(feature_gates), NULL },
	{ IN, "clusterName", 2, 4, FIELD_STRING, AT(cluster_name), NULL },
	{ IN, "encryptionAlgorithm", 4, 4, FIELD_STRING, AT(key_algorithm), NULL },
	{ IN, "certificateValidityPeriod", 4, 4, FIELD_DURATION, AT(cert_validity_s), NULL },
	{ IN, "caCertificateValidityPeriod", 4, 4, FIELD_DURATION, AT(ca_validity_s), NULL },
#undef IN
#define IN "Networking"
	{ IN, "serviceSubnet", 2, 4, FIELD_STRING, AT(service_subnet), NULL },
	{ IN, "podSubnet", 2, 4, FIELD_STRING, AT(pod_subnet), NULL },
	{ IN, "dnsDomain", 2, 4, FIELD_STRING, AT(dns_domain), NULL },
#undef IN
#define IN "Etcd"
	{ IN, "local", 2, 4, FIELD_OBJECT, NONE, "LocalEtcd" },
	{ IN, "external", 2, 4, FIELD_OBJECT, AT(etcd_external), "ExternalEtcd" },
#undef IN
#define IN "LocalEtcd"
	{ IN, "imageRepository", 2, 4, FIELD_STRING, AT(etcd_image_repository), NULL },
	{ IN, "imageTag", 2, 4, FIELD_STRING, AT(etcd_image_tag), NULL },
	{ IN, "dataDir", 2, 4, FIELD_STRING, AT(etcd_data_dir), NULL },
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(etcd_args), NULL },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(etcd_envs), "EnvVar" },
	{ IN, "serverCertSANs", 2, 4, FIELD_STRINGS, AT(etcd_server_sans), NULL },
	{ IN, "peerCertSANs", 2, 4, FIELD_STRINGS, AT(etcd_peer_sans), NULL },
#undef IN
#define IN "ExternalEtcd"
	{ IN, "endpoints", 2, 4, FIELD_STRINGS, NEEDED(check_url), NULL },
	{ IN, "httpEndpoints", 4, 4, FIELD_STRINGS, CHECK(check_url), NULL },
	{ IN, "caFile", 2, 4, FIELD_STRING, CHECK(check_absolute), NULL },
	{ IN, "certFile", 2, 4, FIELD_STRING, CHECK(check_absolute), NULL },
	{ IN, "keyFile", 2, 4, FIELD_STRING, CHECK(check_absolute), NULL },
#undef IN
#define IN "APIServer"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(apiserver_args), NULL },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, AT(apiserver_volumes), "HostPathMount" },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(apiserver_envs), "EnvVar" },
	{ IN, "certSANs", 2, 4, FIELD_STRINGS, AT(apiserver_sans), NULL },
	{ IN, "timeoutForControlPlane", 2, 3, FIELD_DURATION, AT(timeout_control_plane_s), NULL },
#undef IN
#define IN "ControllerManager"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(controller_manager_args), NULL },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, AT(controller_manager_volumes), "HostPathMount" },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(controller_manager_envs), "EnvVar" },
#undef IN
#define IN "Scheduler"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, AT(scheduler_args), NULL },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, AT(scheduler_volumes), "HostPathMount" },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, AT(scheduler_envs), "EnvVar" },
#undef IN
#define IN "HostPathMount"
	{ IN, "name", 2, 4, FIELD_STRING, NEEDED(NULL), NULL },
	{ IN, "hostPath", 2, 4, FIELD_STRING, NEEDED(check_absolute), NULL },
	{ IN, "mountPath", 2, 4, FIELD_STRING, NEEDED(check_absolute), NULL },
	{ IN, "readOnly", 2, 4, FIELD_BOOL, NONE, NULL },
	{ IN, "pathType", 2, 4, FIELD_STRING, CHECK(check_path_type), NULL },
#undef IN
#define IN "EnvVar"
	{ IN, "name", 4, 4, FIELD_STRING, NEEDED(NULL), NULL },
	{ IN, "value", 4, 4, FIELD_STRING, NONE, NULL },
	{ IN, "valueFrom", 4, 4, FIELD_ANY, NONE, NULL },
#undef IN
#define IN "DNS"
	{ IN, "type", 2, 2, FIELD_STRING, NONE, NULL },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, AT(dns_image_repository), NULL },
	{ IN, "imageTag", 2, 4, FIELD_STRING, AT(dns_image_tag), NULL },
	{ IN, "disabled", 4, 4, FIELD_BOOL, AT(dns_disabled), NULL },
#undef IN
#define IN "Proxy"
	{ IN, "disabled", 4, 4, FIELD_BOOL, AT(proxy_disabled), NULL },
#undef IN

	/* JoinConfiguration */
#define IN "JoinConfiguration"
	{ IN, "dryRun", 4, 4, FIELD_BOOL, AT(dry_run), NULL },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, NONE, "NodeRegistration" },
	{ IN, "caCertPath", 2, 4, FIELD_STRING, AT(ca_cert_path), NULL },
	{ IN, "discovery", 2, 4, FIELD_OBJECT, NEEDED(NULL), "Discovery" },
	{ IN, "controlPlane", 2, 4, FIELD_OBJECT, AT(join_control_plane), "JoinControlPlane" },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, AT(skip_phases), NULL },
	{ IN, "patches", 3, 4, FIELD_OBJECT, NONE, "Patches" },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, "Timeouts" },
#undef IN
#define IN "Discovery"
	{ IN, "bootstrapToken", 2, 4, FIELD_OBJECT, NONE, "BootstrapTokenDiscovery" },
	{ IN, "file", 2, 4, FIELD_OBJECT, NONE, "FileDiscovery" },
	{ IN, "tlsBootstrapToken", 2, 4, FIELD_SECRET, AT(tls_bootstrap_token), NULL },
	{ IN, "timeout", 2, 3, FIELD_DURATION, AT(timeout_discovery_s), NULL },
#undef IN
#define IN "BootstrapTokenDiscovery"
	{ IN, "token", 2, 4, FIELD_SECRET, AT(join_token), NULL },
	{ IN, "apiServerEndpoint", 2, 4, FIELD_STRING, AT(api_server_endpoint), NULL },
	{ IN, "caCertHashes", 2, 4, FIELD_STRINGS, AT(ca_cert_hashes), NULL },
	{ IN, "unsafeSkipCAVerification", 2, 4, FIELD_BOOL, AT(unsafe_skip_ca_verification), NULL },
#undef IN
#define IN "FileDiscovery"
	{ IN, "kubeConfigPath", 2, 4, FIELD_STRING, AT(discovery_file), NULL },
#undef IN
#define IN "JoinControlPlane"
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, NONE, "LocalAPIEndpoint" },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, AT(certificate_key), NULL },
#undef IN

	/* ResetConfiguration */
#define IN "ResetConfiguration"
	{ IN, "cleanupTmpDir", 4, 4, FIELD_BOOL, NONE, NULL },
	{ IN, "certificatesDir", 4, 4, FIELD_STRING, CHECK(check_absolute), NULL },
	{ IN, "criSocket", 4, 4, FIELD_STRING, CHECK(check_cri_socket), NULL },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NONE, NULL },
	{ IN, "force", 4, 4, FIELD_BOOL, NONE, NULL },
	{ IN, "ignorePreflightErrors", 4, 4, FIELD_STRINGS, CHECK(check_preflight_name), NULL },
	{ IN, "skipPhases", 4, 4, FIELD_STRINGS, NONE, NULL },
	{ IN, "unmountFlags", 4, 4, FIELD_STRINGS, CHECK(check_unmount_flag), NULL },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, "Timeouts" },
#undef IN

	/* UpgradeConfiguration */
#define IN "UpgradeConfiguration"
	{ IN, "apply", 4, 4, FIELD_OBJECT, NONE, "UpgradeApply" },
	{ IN, "diff", 4, 4, FIELD_OBJECT, NONE, "UpgradeDiff" },
	{ IN, "node", 4, 4, FIELD_OBJECT, NONE, "UpgradeNode" },
	{ IN, "plan", 4, 4, FIELD_OBJECT, NONE, "UpgradePlan" },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, NONE, "Timeouts" },
#undef IN
#define API_VERSION	     "kubernetesVersion", 4, 4, FIELD_STRING, CHECK(check_version), NULL
#define EXPERIMENTAL "allowExperimentalUpgrades", 4, 4, FIELD_BOOL, NONE, NULL
#define CANDIDATES   "allowRCUpgrades", 4, 4, FIELD_BOOL, NONE, NULL
#define RENEWAL	     "certificateRenewal", 4, 4, FIELD_BOOL, NONE, NULL
#define DRY_RUN	     "dryRun", 4, 4, FIELD_BOOL, NONE, NULL
#define ETCD_UPGRADE "etcdUpgrade", 4, 4, FIELD_BOOL, NONE, NULL
#define IGNORE	     "ignorePreflightErrors", 4, 4, FIELD_STRINGS, CHECK(check_preflight_name), NULL
#define PATCHES	     "patches", 4, 4, FIELD_OBJECT, NONE, "UpgradePatches"
#define PRINT	     "printConfig", 4, 4, FIELD_BOOL, NONE, NULL
#define SKIP	     "skipPhases", 4, 4, FIELD_STRINGS, NONE, NULL
#define PULL	     "imagePullPolicy", 4, 4, FIELD_STRING, CHECK(check_pull_policy), NULL
#define SERIAL	     "imagePullSerial", 4, 4, FIELD_BOOL, NONE, NULL
	{ "UpgradeApply", API_VERSION }, { "UpgradeApply", EXPERIMENTAL }, { "UpgradeApply", CANDIDATES },
	{ "UpgradeApply", RENEWAL }, { "UpgradeApply", DRY_RUN }, { "UpgradeApply", ETCD_UPGRADE },
	{ "UpgradeApply", "forceUpgrade", 4, 4, FIELD_BOOL, NONE, NULL },
	{ "UpgradeApply", IGNORE }, { "UpgradeApply", PATCHES }, { "UpgradeApply", PRINT },
	{ "UpgradeApply", SKIP }, { "UpgradeApply", PULL }, { "UpgradeApply", SERIAL },
	{ "UpgradeDiff", API_VERSION },
	{ "UpgradeDiff", "contextLines", 4, 4, FIELD_INT, NONE, NULL },
	{ "UpgradeNode", RENEWAL }, { "UpgradeNode", DRY_RUN }, { "UpgradeNode", ETCD_UPGRADE },
	{ "UpgradeNode", IGNORE }, { "UpgradeNode", PATCHES }, { "UpgradeNode", SKIP },
	{ "UpgradeNode", PULL }, { "UpgradeNode", SERIAL },
	{ "UpgradePlan", API_VERSION }, { "UpgradePlan", EXPERIMENTAL }, { "UpgradePlan", CANDIDATES },
	{ "UpgradePlan", DRY_RUN }, { "UpgradePlan", ETCD_UPGRADE }, { "UpgradePlan", IGNORE },
	{ "UpgradePlan", PRINT },
	{ "UpgradePatches", "directory", 4, 4, FIELD_STRING, CHECK(check_absolute), NULL },
	{ 0 },
};
/* clang-format on */
