/* Checks of single values. Each takes the value's text and may put its normal form in its place.
 * A failure's message is the value and the reason, without the setting's name: the caller knows
 * whether that was a flag or a line of a file. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "base/err.h"

#include <jansson.h>

#include <stdbool.h>

typedef int check_fn(char **value, struct err *err); /* Errors: ERR_CONFIG. */

check_fn check_address; /* an IPv4 or IPv6 address that a node can have */
check_fn check_port;
check_fn check_version;        /* "1.20.2" becomes "v1.20.2"; labels are refused */
check_fn check_service_subnet; /* one CIDR, or two of different families */
check_fn check_pod_subnet;
check_fn check_dns_domain;     /* RFC 1123 subdomain */
check_fn check_node_name;      /* lower-cased, and told */
check_fn check_endpoint;       /* host[:port] */
check_fn check_server;         /* host[:port]; 6443 when absent */
check_fn check_san;            /* address, DNS name or *.name; lower-cased */
check_fn check_absolute;       /* absolute path */
check_fn check_dir;            /* one that is not a directory that all share */
check_fn check_unit_path;      /* the same, and stands in a unit as it is */
check_fn check_own_dir;        /* the same, and not at the top */
check_fn check_path;           /* made absolute from the working directory */
check_fn check_discovery_file; /* path, file:// or https:// */
check_fn check_cri_socket;     /* absolute path or unix:// */
check_fn check_key_algorithm;
check_fn check_profile;
check_fn check_network;
check_fn check_flannel_backend;
check_fn check_mtu;
check_fn check_role;
check_fn check_pull_policy;
check_fn check_repository;
check_fn check_image_tag;
check_fn check_ca_hash;      /* sha256:<64 hex> */
check_fn check_sha256;       /* 64 hex digits, lower-cased */
check_fn check_feature_gate; /* a name */
check_fn check_token_usage;
check_fn check_token_group;
check_fn check_token_uses;
check_fn check_output; /* text, json, yaml, jsonpath=TEMPLATE */
check_fn check_preflight_name; /* lower-cased */
check_fn check_taint_effect;
check_fn check_node_label; /* NAME[=VALUE] that a kubelet may give itself; becomes NAME=VALUE */
check_fn check_path_type; /* of a hostPath volume */
check_fn check_unmount_flag;
check_fn check_url; /* http:// or https:// */
check_fn check_subject; /* a user's or group's name in a certificate: 1 to 64 characters */
/* These never show the value. */
check_fn check_token;           /* id.secret */
check_fn check_pinned_token;    /* id.secret or id.secret.pin */
check_fn check_certificate_key; /* 64 hex digits */
check_fn check_bearer;          /* any token of an HTTP header */

/* KEY[=VALUE]:EFFECT, appended to the array `ret` as {key,value?,effect}. Errors: ERR_CONFIG. */
int check_taint(const char *text, json_t *ret, struct err *err);

/* Whether `text` has the form of a bootstrap token: id.secret, and .pin after it if `pinned`. */
bool check_is_token(const char *text, bool pinned);
/* Whether `text` is an RFC 1123 subdomain in lower case. */
bool check_is_dns_name(const char *text);

#endif
