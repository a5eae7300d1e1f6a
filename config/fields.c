/* The rows of kubeadm's kinds. Source: the Kubernetes documentation's reference pages "kubeadm
 * Configuration" of v1beta2, v1beta3 and v1beta4. */
#include "config/field.h"

#define AT(name)      offsetof(struct config, name), NULL, false
#define CHECK(check)  FIELD_NO_MEMBER, check, false
#define NEEDED(check) FIELD_NO_MEMBER, check, true
#define NONE          FIELD_NO_MEMBER, NULL, false

#define KUBEADM "kubeadm.k8s.io"

/* clang-format off */
const struct kind kinds[] = {
	{ "InitConfiguration", KUBEADM, 2, 4, NULL,
	  "What init needs to know of this one run and of the first node." },
	{ "ClusterConfiguration", KUBEADM, 2, 4, NULL,
	  "What holds for the whole cluster; init keeps it in the ConfigMap kubeadm-config." },
	{ "JoinConfiguration", KUBEADM, 2, 4, NULL,
	  "What join needs to know: where the cluster is, what vouches for it, and this node." },
	{ "ResetConfiguration", KUBEADM, 4, 4, NULL, "What reset does." },
	{ "UpgradeConfiguration", KUBEADM, 4, 4, NULL, "What upgrade does." },
	{ "KubeletConfiguration", "kubelet.config.k8s.io", 0, 0, "v1beta1",
	  "The kubelets' own configuration; what it says is put over the cluster's defaults." },
	{ "KubeProxyConfiguration", "kubeproxy.config.k8s.io", 0, 0, "v1alpha1",
	  "kube-proxy's own configuration; what it says is put over the cluster's defaults." },
	{ 0 },
};

const struct field fields[] = {
	/* InitConfiguration */
#define IN "InitConfiguration"
	{ IN, "bootstrapTokens", 2, 4, FIELD_OBJECTS, "BootstrapToken", NONE,
	  "Tokens with which nodes may join; the first is the one that is shown." },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NULL, AT(dry_run),
	  "Show what would be done; change nothing." },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, "NodeRegistration", NONE,
	  "This node, as it is entered into the cluster." },
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, "LocalAPIEndpoint", NONE,
	  "Where this node's API server listens." },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, NULL, AT(certificate_key),
	  "The key that encrypts uploaded certificates: 64 hex digits." },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, NULL, AT(skip_phases),
	  "Phases to leave out." },
	{ IN, "patches", 3, 4, FIELD_OBJECT, "Patches", NONE,
	  "Changes to what is generated." },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE,
	  "How long to wait for what." },
#undef IN
#define IN "BootstrapToken"
	{ IN, "token", 2, 4, FIELD_SECRET, NULL, CHECK(check_token),
	  "id.secret: 6 and 16 lower case letters or digits." },
	{ IN, "description", 2, 4, FIELD_STRING, NULL, NONE,
	  "What the token is for, for people." },
	{ IN, "ttl", 2, 4, FIELD_DURATION, NULL, NONE,
	  "How long the token is good (24h); 0s: for ever." },
	{ IN, "expires", 2, 4, FIELD_TIME, NULL, NONE,
	  "When the token ends; excludes ttl." },
	{ IN, "usages", 2, 4, FIELD_STRINGS, NULL, CHECK(check_token_usage),
	  "signing (of cluster-info), authentication (of joining nodes); both by default." },
	{ IN, "groups", 2, 4, FIELD_STRINGS, NULL, CHECK(check_token_group),
	  "Groups that the token authenticates as." },
#undef IN
#define IN "NodeRegistration"
	{ IN, "name", 2, 4, FIELD_STRING, NULL, AT(node_name),
	  "The node's name; the host name by default." },
	{ IN, "criSocket", 2, 4, FIELD_STRING, NULL, AT(cri_socket),
	  "The container runtime's socket; looked for by default." },
	{ IN, "taints", 2, 4, FIELD_OBJECTS, "Taint", AT(taints),
	  "Taints of the node; [] for none. By default a control plane's own." },
	{ IN, "kubeletExtraArgs", 2, 4, FIELD_ARGS, NULL, AT(kubelet_args),
	  "Flags of this node's kubelet, without their dashes." },
	{ IN, "ignorePreflightErrors", 2, 4, FIELD_STRINGS, NULL, AT(ignore_preflight),
	  "Checks whose failure is only a warning." },
	{ IN, "imagePullPolicy", 3, 4, FIELD_STRING, NULL, AT(image_pull_policy),
	  "Always, IfNotPresent or Never, for the images that preflight fetches." },
	{ IN, "imagePullSerial", 4, 4, FIELD_BOOL, NULL, AT(image_pull_serial),
	  "Fetch one image at a time." },
#undef IN
#define IN "Taint"
	{ IN, "key", 2, 4, FIELD_STRING, NULL, NEEDED(NULL), "The taint's key." },
	{ IN, "value", 2, 4, FIELD_STRING, NULL, NONE, "The taint's value." },
	{ IN, "effect", 2, 4, FIELD_STRING, NULL, NEEDED(check_taint_effect),
	  "NoSchedule, PreferNoSchedule or NoExecute." },
	{ IN, "timeAdded", 2, 4, FIELD_TIME, NULL, NONE, "When a NoExecute taint came." },
#undef IN
#define IN "LocalAPIEndpoint"
	{ IN, "advertiseAddress", 2, 4, FIELD_STRING, NULL, AT(advertise_address),
	  "The address that the API server announces; of the route to the outside by default." },
	{ IN, "bindPort", 2, 4, FIELD_INT, NULL, AT(bind_port), "The API server's port." },
#undef IN
#define IN "Patches"
	{ IN, "directory", 3, 4, FIELD_STRING, NULL, AT(patches_dir),
	  "Where files named TARGET[SUFFIX][+TYPE].EXTENSION lie." },
#undef IN
#define IN "Timeouts"
	{ IN, "controlPlaneComponentHealthCheck", 4, 4, FIELD_DURATION, NULL,
	  AT(timeout_control_plane_s), "For the control plane to become healthy." },
	{ IN, "kubeletHealthCheck", 4, 4, FIELD_DURATION, NULL, AT(timeout_kubelet_s),
	  "For the kubelet to become healthy." },
	{ IN, "kubernetesAPICall", 4, 4, FIELD_DURATION, NULL, AT(timeout_api_s),
	  "For a call to the API server, with its repetitions." },
	{ IN, "etcdAPICall", 4, 4, FIELD_DURATION, NULL, AT(timeout_etcd_s),
	  "For a call to etcd, with its repetitions." },
	{ IN, "tlsBootstrap", 4, 4, FIELD_DURATION, NULL, AT(timeout_tls_bootstrap_s),
	  "For a joining kubelet's certificate." },
	{ IN, "discovery", 4, 4, FIELD_DURATION, NULL, AT(timeout_discovery_s),
	  "For the cluster's identity to be found and verified." },
	{ IN, "upgradeManifests", 4, 4, FIELD_DURATION, NULL, AT(timeout_upgrade_s),
	  "For a static pod to come back with its new manifest." },
#undef IN

	/* ClusterConfiguration */
#define IN "ClusterConfiguration"
	{ IN, "etcd", 2, 4, FIELD_OBJECT, "Etcd", NONE, "The cluster's store." },
	{ IN, "networking", 2, 4, FIELD_OBJECT, "Networking", NONE, "Subnets and domain." },
	{ IN, "kubernetesVersion", 2, 4, FIELD_STRING, NULL, AT(kubernetes_version),
	  "The control plane's version; the host's kubelet's by default." },
	{ IN, "controlPlaneEndpoint", 2, 4, FIELD_STRING, NULL, AT(control_plane_endpoint),
	  "host[:port]: a stable name in front of all control planes." },
	{ IN, "apiServer", 2, 4, FIELD_OBJECT, "APIServer", NONE, "The API server." },
	{ IN, "controllerManager", 2, 4, FIELD_OBJECT, "ControllerManager", NONE,
	  "The controller manager." },
	{ IN, "scheduler", 2, 4, FIELD_OBJECT, "Scheduler", NONE, "The scheduler." },
	{ IN, "dns", 2, 4, FIELD_OBJECT, "DNS", NONE, "The DNS addon, CoreDNS." },
	{ IN, "proxy", 4, 4, FIELD_OBJECT, "Proxy", NONE, "The kube-proxy addon." },
	{ IN, "certificatesDir", 2, 4, FIELD_STRING, NULL, AT(certificates_dir),
	  "Where certificates and keys are kept." },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, NULL, AT(image_repository),
	  "Where the control plane's images come from; by version by default." },
	{ IN, "useHyperKubeImage", 2, 2, FIELD_BOOL, NULL, NONE,
	  "One image for all components. Without effect: there is none since Kubernetes 1.19." },
	{ IN, "featureGates", 2, 4, FIELD_GATES, NULL, AT(feature_gates), "kubeadm's own gates." },
	{ IN, "clusterName", 2, 4, FIELD_STRING, NULL, AT(cluster_name), "The cluster's name." },
	{ IN, "encryptionAlgorithm", 4, 4, FIELD_STRING, NULL, AT(key_algorithm),
	  "ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072 or RSA-4096, for every key." },
	{ IN, "certificateValidityPeriod", 4, 4, FIELD_DURATION, NULL, AT(cert_validity_s),
	  "How long certificates are valid." },
	{ IN, "caCertificateValidityPeriod", 4, 4, FIELD_DURATION, NULL, AT(ca_validity_s),
	  "How long CAs are valid." },
#undef IN
#define IN "Networking"
	{ IN, "serviceSubnet", 2, 4, FIELD_STRING, NULL, AT(service_subnet),
	  "The services' addresses; two, separated by a comma, for IPv4 and IPv6." },
	{ IN, "podSubnet", 2, 4, FIELD_STRING, NULL, AT(pod_subnet),
	  "The pods' addresses; two, separated by a comma, for IPv4 and IPv6." },
	{ IN, "dnsDomain", 2, 4, FIELD_STRING, NULL, AT(dns_domain), "The services' DNS domain." },
#undef IN
#define IN "Etcd"
	{ IN, "local", 2, 4, FIELD_OBJECT, "LocalEtcd", NONE,
	  "An etcd of our own on each control plane; the default." },
	{ IN, "external", 2, 4, FIELD_OBJECT, "ExternalEtcd", AT(etcd_external),
	  "An etcd that others run; excludes local." },
#undef IN
#define IN "LocalEtcd"
	{ IN, "imageRepository", 2, 4, FIELD_STRING, NULL, AT(etcd_image_repository),
	  "Where etcd's image comes from; the cluster's imageRepository by default." },
	{ IN, "imageTag", 2, 4, FIELD_STRING, NULL, AT(etcd_image_tag),
	  "The image's tag; by version by default." },
	{ IN, "dataDir", 2, 4, FIELD_STRING, NULL, AT(etcd_data_dir), "Where the data lie." },
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(etcd_args), "Flags, without their dashes." },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(etcd_envs), "Environment variables." },
	{ IN, "serverCertSANs", 2, 4, FIELD_STRINGS, NULL, AT(etcd_server_sans),
	  "Further names for the serving certificate." },
	{ IN, "peerCertSANs", 2, 4, FIELD_STRINGS, NULL, AT(etcd_peer_sans),
	  "Further names for the certificate between members." },
#undef IN
#define IN "ExternalEtcd"
	{ IN, "endpoints", 2, 4, FIELD_STRINGS, NULL, NEEDED(check_url), "URLs of the members." },
	{ IN, "httpEndpoints", 4, 4, FIELD_STRINGS, NULL, CHECK(check_url),
	  "URLs for HTTP, where they differ." },
	{ IN, "caFile", 2, 4, FIELD_STRING, NULL, CHECK(check_absolute), "CA of the members." },
	{ IN, "certFile", 2, 4, FIELD_STRING, NULL, CHECK(check_absolute), "Client certificate." },
	{ IN, "keyFile", 2, 4, FIELD_STRING, NULL, CHECK(check_absolute), "Its key." },
#undef IN
#define IN "APIServer"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(apiserver_args), "Flags, without their dashes." },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, "HostPathMount", AT(apiserver_volumes),
	  "Files and directories of the host." },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(apiserver_envs), "Environment variables." },
	{ IN, "certSANs", 2, 4, FIELD_STRINGS, NULL, AT(apiserver_sans),
	  "Further names and addresses for the serving certificate." },
	{ IN, "timeoutForControlPlane", 2, 3, FIELD_DURATION, NULL, AT(timeout_control_plane_s),
	  "For the control plane to become healthy; timeouts.controlPlaneComponentHealthCheck in v1beta4." },
#undef IN
#define IN "ControllerManager"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(controller_manager_args),
	  "Flags, without their dashes." },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, "HostPathMount", AT(controller_manager_volumes),
	  "Files and directories of the host." },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(controller_manager_envs),
	  "Environment variables." },
#undef IN
#define IN "Scheduler"
	{ IN, "extraArgs", 2, 4, FIELD_ARGS, NULL, AT(scheduler_args), "Flags, without their dashes." },
	{ IN, "extraVolumes", 2, 4, FIELD_OBJECTS, "HostPathMount", AT(scheduler_volumes),
	  "Files and directories of the host." },
	{ IN, "extraEnvs", 4, 4, FIELD_OBJECTS, "EnvVar", AT(scheduler_envs), "Environment variables." },
#undef IN
#define IN "HostPathMount"
	{ IN, "name", 2, 4, FIELD_STRING, NULL, NEEDED(NULL), "The volume's name." },
	{ IN, "hostPath", 2, 4, FIELD_STRING, NULL, NEEDED(check_absolute), "Path on the host." },
	{ IN, "mountPath", 2, 4, FIELD_STRING, NULL, NEEDED(check_absolute), "Path in the pod." },
	{ IN, "readOnly", 2, 4, FIELD_BOOL, NULL, NONE, "Whether the pod may only read it." },
	{ IN, "pathType", 2, 4, FIELD_STRING, NULL, CHECK(check_path_type),
	  "What must be there: DirectoryOrCreate, Directory, FileOrCreate, File, Socket, ..." },
#undef IN
#define IN "EnvVar"
	{ IN, "name", 4, 4, FIELD_STRING, NULL, NEEDED(NULL), "The variable's name." },
	{ IN, "value", 4, 4, FIELD_STRING, NULL, NONE, "Its value." },
	{ IN, "valueFrom", 4, 4, FIELD_ANY, NULL, NONE, "Where its value comes from instead." },
#undef IN
#define IN "DNS"
	{ IN, "type", 2, 2, FIELD_STRING, NULL, NONE,
	  "CoreDNS, which is what a cluster gets whatever stands here." },
	{ IN, "imageRepository", 2, 4, FIELD_STRING, NULL, AT(dns_image_repository),
	  "Where CoreDNS' image comes from; the cluster's imageRepository by default." },
	{ IN, "imageTag", 2, 4, FIELD_STRING, NULL, AT(dns_image_tag),
	  "The image's tag; by version by default." },
	{ IN, "disabled", 4, 4, FIELD_BOOL, NULL, AT(dns_disabled), "Leave the addon out." },
#undef IN
#define IN "Proxy"
	{ IN, "disabled", 4, 4, FIELD_BOOL, NULL, AT(proxy_disabled), "Leave the addon out." },
#undef IN

	/* JoinConfiguration */
#define IN "JoinConfiguration"
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NULL, AT(dry_run),
	  "Show what would be done; change nothing." },
	{ IN, "nodeRegistration", 2, 4, FIELD_OBJECT, "NodeRegistration", NONE,
	  "This node, as it is entered into the cluster." },
	{ IN, "caCertPath", 2, 4, FIELD_STRING, NULL, AT(ca_cert_path),
	  "Where this node keeps the cluster's CA." },
	{ IN, "discovery", 2, 4, FIELD_OBJECT, "Discovery", NEEDED(NULL),
	  "Where the cluster is and what vouches for it." },
	{ IN, "controlPlane", 2, 4, FIELD_OBJECT, "JoinControlPlane", AT(join_control_plane),
	  "Makes this node a further control plane, even when empty." },
	{ IN, "skipPhases", 3, 4, FIELD_STRINGS, NULL, AT(skip_phases), "Phases to leave out." },
	{ IN, "patches", 3, 4, FIELD_OBJECT, "Patches", NONE, "Changes to what is generated." },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE, "How long to wait for what." },
#undef IN
#define IN "Discovery"
	{ IN, "bootstrapToken", 2, 4, FIELD_OBJECT, "BootstrapTokenDiscovery", NONE,
	  "By a token; excludes file." },
	{ IN, "file", 2, 4, FIELD_OBJECT, "FileDiscovery", NONE,
	  "By a kubeconfig; excludes bootstrapToken." },
	{ IN, "tlsBootstrapToken", 2, 4, FIELD_SECRET, NULL, AT(tls_bootstrap_token),
	  "The token that vouches for this node; bootstrapToken.token by default." },
	{ IN, "timeout", 2, 3, FIELD_DURATION, NULL, AT(timeout_discovery_s),
	  "For the cluster's identity to be found; timeouts.discovery in v1beta4." },
#undef IN
#define IN "BootstrapTokenDiscovery"
	{ IN, "token", 2, 4, FIELD_SECRET, NULL, AT(join_token),
	  "The token that vouches for the cluster: id.secret, or id.secret.pin." },
	{ IN, "apiServerEndpoint", 2, 4, FIELD_STRING, NULL, AT(api_server_endpoint),
	  "host:port of an API server." },
	{ IN, "caCertHashes", 2, 4, FIELD_STRINGS, NULL, AT(ca_cert_hashes),
	  "sha256:<64 hex digits> of the public keys that the CA may have." },
	{ IN, "unsafeSkipCAVerification", 2, 4, FIELD_BOOL, NULL, AT(unsafe_skip_ca_verification),
	  "Trust the token alone." },
#undef IN
#define IN "FileDiscovery"
	{ IN, "kubeConfigPath", 2, 4, FIELD_STRING, NULL, AT(discovery_file),
	  "A path, or an https URL." },
#undef IN
#define IN "JoinControlPlane"
	{ IN, "localAPIEndpoint", 2, 4, FIELD_OBJECT, "LocalAPIEndpoint", NONE,
	  "Where this node's API server listens." },
	{ IN, "certificateKey", 2, 4, FIELD_SECRET, NULL, AT(certificate_key),
	  "The key of the uploaded certificates: 64 hex digits." },
#undef IN

	/* ResetConfiguration */
#define IN "ResetConfiguration"
	{ IN, "cleanupTmpDir", 4, 4, FIELD_BOOL, NULL, NONE, "Also empty /etc/kubernetes/tmp." },
	{ IN, "certificatesDir", 4, 4, FIELD_STRING, NULL, CHECK(check_absolute),
	  "Where certificates and keys are kept." },
	{ IN, "criSocket", 4, 4, FIELD_STRING, NULL, CHECK(check_cri_socket),
	  "The container runtime's socket." },
	{ IN, "dryRun", 4, 4, FIELD_BOOL, NULL, NONE, "Show what would be done; change nothing." },
	{ IN, "force", 4, 4, FIELD_BOOL, NULL, NONE, "Do not ask." },
	{ IN, "ignorePreflightErrors", 4, 4, FIELD_STRINGS, NULL, CHECK(check_preflight_name),
	  "Checks whose failure is only a warning." },
	{ IN, "skipPhases", 4, 4, FIELD_STRINGS, NULL, NONE, "Phases to leave out." },
	{ IN, "unmountFlags", 4, 4, FIELD_STRINGS, NULL, CHECK(check_unmount_flag),
	  "MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW." },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE, "How long to wait for what." },
#undef IN

	/* UpgradeConfiguration */
#define IN "UpgradeConfiguration"
	{ IN, "apply", 4, 4, FIELD_OBJECT, "UpgradeApply", NONE, "upgrade apply." },
	{ IN, "diff", 4, 4, FIELD_OBJECT, "UpgradeDiff", NONE, "upgrade diff." },
	{ IN, "node", 4, 4, FIELD_OBJECT, "UpgradeNode", NONE, "upgrade node." },
	{ IN, "plan", 4, 4, FIELD_OBJECT, "UpgradePlan", NONE, "upgrade plan." },
	{ IN, "timeouts", 4, 4, FIELD_OBJECT, "Timeouts", NONE, "How long to wait for what." },
#undef IN
#define API_VERSION	     "kubernetesVersion", 4, 4, FIELD_STRING, NULL, CHECK(check_version), "The version to go to."
#define EXPERIMENTAL "allowExperimentalUpgrades", 4, 4, FIELD_BOOL, NULL, NONE, "Also to alpha and beta versions."
#define CANDIDATES   "allowRCUpgrades", 4, 4, FIELD_BOOL, NULL, NONE, "Also to release candidates."
#define RENEWAL	     "certificateRenewal", 4, 4, FIELD_BOOL, NULL, NONE, "Renew certificates on the way (true)."
#define DRY_RUN	     "dryRun", 4, 4, FIELD_BOOL, NULL, NONE, "Show what would be done; change nothing."
#define ETCD_UPGRADE "etcdUpgrade", 4, 4, FIELD_BOOL, NULL, NONE, "Upgrade etcd as well (true)."
#define IGNORE	     "ignorePreflightErrors", 4, 4, FIELD_STRINGS, NULL, CHECK(check_preflight_name), "Checks whose failure is only a warning."
#define PATCHES	     "patches", 4, 4, FIELD_OBJECT, "UpgradePatches", NONE, "Changes to what is generated."
#define PRINT	     "printConfig", 4, 4, FIELD_BOOL, NULL, NONE, "Show the configuration that is used."
#define SKIP	     "skipPhases", 4, 4, FIELD_STRINGS, NULL, NONE, "Phases to leave out."
#define PULL	     "imagePullPolicy", 4, 4, FIELD_STRING, NULL, CHECK(check_pull_policy), "Always, IfNotPresent or Never."
#define SERIAL	     "imagePullSerial", 4, 4, FIELD_BOOL, NULL, NONE, "Fetch one image at a time (true)."
	{ "UpgradeApply", API_VERSION }, { "UpgradeApply", EXPERIMENTAL }, { "UpgradeApply", CANDIDATES },
	{ "UpgradeApply", RENEWAL }, { "UpgradeApply", DRY_RUN }, { "UpgradeApply", ETCD_UPGRADE },
	{ "UpgradeApply", "forceUpgrade", 4, 4, FIELD_BOOL, NULL, NONE, "Go on where it is advised against." },
	{ "UpgradeApply", IGNORE }, { "UpgradeApply", PATCHES }, { "UpgradeApply", PRINT },
	{ "UpgradeApply", SKIP }, { "UpgradeApply", PULL }, { "UpgradeApply", SERIAL },
	{ "UpgradeDiff", API_VERSION },
	{ "UpgradeDiff", "contextLines", 4, 4, FIELD_INT, NULL, NONE, "Lines around each change." },
	{ "UpgradeNode", RENEWAL }, { "UpgradeNode", DRY_RUN }, { "UpgradeNode", ETCD_UPGRADE },
	{ "UpgradeNode", IGNORE }, { "UpgradeNode", PATCHES }, { "UpgradeNode", SKIP },
	{ "UpgradeNode", PULL }, { "UpgradeNode", SERIAL },
	{ "UpgradePlan", API_VERSION }, { "UpgradePlan", EXPERIMENTAL }, { "UpgradePlan", CANDIDATES },
	{ "UpgradePlan", DRY_RUN }, { "UpgradePlan", ETCD_UPGRADE }, { "UpgradePlan", IGNORE },
	{ "UpgradePlan", PRINT },
	{ "UpgradePatches", "directory", 4, 4, FIELD_STRING, NULL, CHECK(check_absolute),
	  "Where files named TARGET[SUFFIX][+TYPE].EXTENSION lie." },
	{ 0 },
};
/* clang-format on */
