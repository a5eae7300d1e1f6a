/* What the user asked for: flags and kubeadm's configuration kinds, read into one struct that is
 * complete (defaulted), checked, and read-only from then on. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/auto.h"
#include "base/err.h"
#include "base/semver.h"

#include <stdbool.h>

#define KUBELET_DIR    "/var/lib/kubelet" /* the kubelet's own choice (kubelet --help) */
#define VOLUME_PLUGINS "/volumeplugins" /* in the kubelet's directory: below /usr it could not be made */
#define CONFIG_PATHS   "/etc/kstrap/paths.yaml"

enum config_for {
	CONFIG_INIT = 1 << 0,
	CONFIG_JOIN = 1 << 1,
	CONFIG_OTHER = 1 << 2,
	CONFIG_FILES = 1 << 3, /* the config command, which reads files of every kind */
	CONFIG_TOKEN = 1 << 4, /* the token command; its arguments may be tokens */
	CONFIG_CERTS = 1 << 5,
	CONFIG_USER = 1 << 6,  /* kubeconfig user */
	CONFIG_RESET = 1 << 7,
	CONFIG_WAIT = 1 << 8,  /* wait-master; its arguments are servers, as join's */
	CONFIG_CNI = 1 << 9,   /* the cni command */
	CONFIG_BOOT = 1 << 10,
	CONFIG_UPGRADE = 1 << 11,
};

/* Strings are NULL when unset and without a default. Lists and maps are never NULL: empty JSON
 * arrays of strings (or as said) and objects. Arguments of components are arrays of
 * {"name","value"} objects, in order, as v1beta4 has them. */
struct config {
	enum config_for kind;

	/* the run */
	char *root; /* --root; "/" by default */
	bool dry_run;
	int verbosity;
	json_t *skip_phases;      /* "certs", "certs/apiserver" or "apiserver" of certs */
	json_t *ignore_preflight; /* names as kubeadm's, lower case; "all" */
	char *profile;            /* "default" (kstrap's), "cis" (stricter) or "kubeadm" (its files to the byte) */
	char *patches_dir;

	/* cluster */
	char *kubernetes_version;     /* "v1.20.2"; NULL until the host's kubelet is asked */
	char *cluster_name;           /* kubernetes */
	char *control_plane_endpoint; /* host[:port] or NULL */
	char *certificates_dir;       /* /etc/kubernetes/pki */
	char *image_repository;       /* NULL: by version */
	char *dns_image_repository, *dns_image_tag, *etcd_image_repository, *etcd_image_tag;
	char *pod_subnet;     /* one, or two separated by a comma; NULL or "" for none */
	char *service_subnet; /* 10.96.0.0/12 */
	char *dns_domain;     /* cluster.local */
	char *network;        /* "auto", "bridge", "flannel" or "none" */
	bool single_node;
	char *key_algorithm;   /* ECDSA-P256 */
	long cert_validity_s;  /* 8760h */
	long ca_validity_s;    /* 87600h */
	json_t *feature_gates; /* {name: bool} */
	json_t *apiserver_sans, *etcd_server_sans, *etcd_peer_sans;
	json_t *apiserver_args, *controller_manager_args, *scheduler_args, *etcd_args;
	json_t *apiserver_volumes, *controller_manager_volumes, *scheduler_volumes;
	json_t *apiserver_envs, *controller_manager_envs, *scheduler_envs, *etcd_envs;
	char *etcd_data_dir;   /* /var/lib/etcd */
	json_t *etcd_external; /* {} or {endpoints:[..],caFile,certFile,keyFile} */
	bool dns_disabled, proxy_disabled;
	json_t *kubelet_configuration;    /* the user's KubeletConfiguration, {} when none */
	json_t *kube_proxy_configuration; /* likewise */

	/* this node */
	char *node_name;         /* NULL until the host is asked */
	char *node_ip;           /* kubelet's --node-ip */
	char *advertise_address; /* NULL until the host is asked */
	int bind_port;           /* 6443 */
	char *cri_socket;        /* NULL until the host is asked; "unix:///..." or a path */
	json_t *taints;          /* of {key,value?,effect}; json_null() when not given */
	json_t *node_labels;     /* "name=value" */
	json_t *kubelet_args;
	char *image_pull_policy; /* NULL: the template's IfNotPresent */
	bool image_pull_serial;  /* true */

	/* tokens of init */
	char *token;      /* the first token, id.secret; NULL: made */
	long token_ttl_s; /* 24h; 0: never expires */
	char *token_description;
	json_t *token_usages, *token_groups;
	bool print_manifest; /* phases addon: print the objects, apply nothing */
	bool print_token; /* show the join line even when stdout is no terminal */
	bool upload_certs;
	char *certificate_key;
	bool skip_certificate_key_print;
	bool skip_token_print;
	/* Tokens of the file after the first, as {token,description,ttl_s,usages,groups}; secret.
	 */
	json_t *further_tokens;

	/* the token command */
	bool print_join_command;
	int token_uses;	   /* how many joins the token is good for; 0: as many as it lives */
	char *token_node;  /* the one node that may join with it; NULL: any */
	char *output;	   /* "text", "json", "yaml" or "jsonpath=TEMPLATE" */
	bool missing_keys; /* what a jsonpath template does not find is empty: true */

	/* the commands certs and kubeconfig */
	char *kubeconfig_dir;	 /* where certs generate-csr puts kubeconfigs: /etc/kubernetes */
	char *client_name;	 /* whom a kubeconfig is for */
	json_t *client_orgs;
	char *client_token;	 /* its bearer token, instead of a certificate */
	long client_validity_s;	 /* 8760h */

	/* join */
	char *join_token;          /* id.secret or id.secret.pin; wiped by config_free */
	char *api_server_endpoint; /* host:port */
	json_t *further_endpoints; /* host:port of further servers of the cluster */
	char *join_cluster;        /* whose masters DNS names: masters.NAME.SUFFIX */
	char *cluster_suffix;      /* k8s */
	json_t *ca_cert_hashes;    /* "sha256:<hex>" */
	bool unsafe_skip_ca_verification;
	bool require_pin;
	char *discovery_file;      /* kubeconfig: path or https URL */
	char *tls_bootstrap_token; /* NULL: join_token */
	bool join_control_plane;
	char *role; /* "worker", "control-plane" or "etcd" (a host with etcd's member only) */
	char *ca_cert_path; /* /etc/kubernetes/pki/ca.crt: where a worker keeps the CA */

	/* upgrade */
	char *deployment; /* the root of the system that is to be looked at; NULL: the next to boot */

	/* reset */
	bool force;              /* do not ask */
	bool cleanup_tmp_dir;    /* also empty /etc/kubernetes/tmp */
	json_t *unmount_flags;   /* MNT_FORCE, ... */

	/* paths of this host; settings, not constants */
	char *cni_bin_dir;       /* /var/lib/cni/bin */
	char *cni_conf_dir;	 /* /etc/cni/net.d */
	bool check;              /* cni rewrite: list, and change nothing */
	int pod_mtu;             /* of the built-in network; 0: the host's */
	char *flannel_backend;   /* "vxlan" or "host-gw"; NULL: as etcd has it, else vxlan */
	char *flannel_etcd;      /* URL of the etcd whose key holds flannel's settings; may be NULL */
	char *flannel_etcd_cafile, *flannel_etcd_certfile, *flannel_etcd_keyfile; /* its TLS, or NULL */
	char *cni_plugins;       /* where the image has them; NULL: looked for */
	char *cni_from;          /* directory or archive of this machine, or https URL */
	char *cni_sha256;        /* the archive's, 64 hex digits */
	char *volume_plugin_dir; /* where flag or file put it; NULL: VOLUME_PLUGINS */
	char *kubernetes_dir;    /* /etc/kubernetes */
	char *kubelet_dir;       /* /var/lib/kubelet */
	json_t *paths;           /* what CONFIG_PATHS said: {flag: path} */
	char *paths_text;        /* all of that file; NULL: there is none */
	char *kubeconfig;        /* --kubeconfig of phases that act on the API */

	/* waits, in seconds */
	long timeout_control_plane_s; /* 240 */
	long timeout_discovery_s;     /* 300 */
	long timeout_tls_bootstrap_s; /* 300 */
	long timeout_kubelet_s;       /* 240 */
	long timeout_api_s;           /* 60 */
	long timeout_etcd_s;          /* 120 */
	long timeout_upgrade_s;       /* 300 */

	/* documents of other commands, as they stand in the file; {} when none */
	json_t *reset_configuration, *upgrade_configuration;
};

/* Reads `argv` (without the command's name) and the file of --config, applies defaults and checks
 * everything, telling all faults at once (one a line in err->msg). *ret_args gets what is no flag
 * (an array). A token in argv is overwritten there at once. --help is told by *ret_help and nothing
 * else is done then: *ret is NULL. The caller frees with config_free.
 * Of join's arguments the servers are taken away; those before them ("phase", NAME) are the
 * caller's, as are all of the other commands'.
 * Errors: ERR_USAGE (flags), ERR_CONFIG (file, values), ERR_NOT_FOUND or ERR_HOST (no such file).
 */
int config_load(enum config_for kind, int argc, char **argv, struct config **ret, json_t **ret_args,
		bool *ret_help, struct err *err);
void config_free(struct config *config);
AUTO_DEFINE(config, struct config *, config_free);

/* A config with every default and nothing else. Never NULL. */
struct config *config_new(enum config_for kind);

/* The flags of a command for --help, one or more lines each, aligned; the caller frees. */
char *config_usage(enum config_for kind);

/* What CONFIG_PATHS is to say so that later commands find this run's paths; NULL where there is
 * nothing to say, the file's own text where it says so already. The caller frees. */
char *config_paths_text(const struct config *config);

/* The cluster's documents as kubeadm has them for `api` ("v1beta2".."v1beta4"): the
 * ClusterConfiguration that upload-config stores. A new object. `config` must have its version. */
json_t *config_cluster_document(const struct config *config, const char *api);
/* The config of a control plane that joins: what the cluster's ClusterConfiguration (a document as
 * kubeadm-config has it, of any version) says of the cluster, and what `node` says of the rest;
 * key_algorithm is NULL where the cluster does not tell. The caller frees. Errors: ERR_CONFIG. */
int config_adopt(const struct config *node, const json_t *document, struct config **ret,
		 struct err *err);
/* kubeadm.k8s.io's newest version that Kubernetes `version` reads: v1beta2 up to 1.21, v1beta3 up
 * to 1.30, v1beta4 from 1.31. */
const char *config_api_version(const struct semver *version);

#endif
