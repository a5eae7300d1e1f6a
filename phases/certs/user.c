/* A kubeconfig for one more user of the cluster. */
#include "phases/certs/certs.h"

#include <string.h>

#include "base/log.h"
#include "base/net.h"
#include "base/str.h"
#include "phases/certs/held.h"
#include "phases/init/init.h"
#include "pki/key.h"

/* Where the cluster is: as it is told, else where the administrator's kubeconfig finds it. */
static int find_server(struct run *run, char **ret_server, char **ret_cluster, struct err *err)
{
	const struct config *config = run->config;
	AUTO(free) char *admin = conf_path(run, "admin.conf");
	AUTO(kubeconfig) struct kubeconfig conf = { .server = NULL };
	AUTO(free) char *host = NULL;
	const struct entry *file;
	int port = 0;

	*ret_cluster = xstrdup(config->cluster_name);
	if (config->control_plane_endpoint &&
	    net_split(config->control_plane_endpoint, &host, &port)) {
		AUTO(free) char *endpoint = net_join(host, port > 0 ? port : config->bind_port);

		*ret_server = xasprintf("https://%s", endpoint);
		return 0;
	}
	if (config->advertise_address) {
		AUTO(free) char *endpoint = net_join(config->advertise_address, config->bind_port);

		*ret_server = xasprintf("https://%s", endpoint);
		return 0;
	}
	if (run_see(run, admin, err) < 0)
		return -1;
	file = run_file(run, admin);
	if (!file) {
		err_set(err, ERR_NOT_FOUND, "where is the cluster? there is no %s that says so",
			admin);
		return err_next(err,
				"give --config FILE with its controlPlaneEndpoint, or run this "
				"on a control plane");
	}
	if (kubeconfig_read(file->data, file->len, admin, &conf, err) < 0)
		return -1;
	*ret_server = TAKE(conf.server);
	free(*ret_cluster);
	*ret_cluster = xstrdup(conf.cluster);
	return 0;
}

static int sign(const struct run *run, const struct user_want *want, X509 *ca, EVP_PKEY *ca_key,
		char **ret_cert, char **ret_key, struct err *err)
{
	const struct cert_want cert_want = { .cn = want->name,
					     .orgs = want->orgs,
					     .usage = CERT_CLIENT,
					     .now = run->now,
					     .validity_s = want->validity_s };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;

	if (!ca_key) {
		err_set(err, ERR_CRYPTO, "%s/ca.key is not on this host, so nothing can be signed",
			run->config->certificates_dir);
		return err_next(err, "run this on a control plane that has it");
	}
	if (want->validity_s > CERT_VALIDITY_S)
		log_warn("valid for longer than a year, and nothing can take it back");
	if (key_generate(run->config->key_algorithm, &key, err) < 0 ||
	    cert_issue(&cert_want, key, ca, ca_key, &cert, err) < 0 ||
	    cert_to_pem(cert, ret_cert, err) < 0)
		return -1;
	return key_to_pem(key, ret_key, err);
}

int certs_user(struct run *run, const struct user_want *want, char **ret, struct err *err)
{
	const struct cert_want ca_want = { .usage = CERT_CA, .now = run->now };
	AUTO(free) char *ca_path = pki_path(run, "ca", ".crt");
	AUTO(x509) X509 *ca = NULL;
	AUTO(pkey) EVP_PKEY *ca_key = NULL;
	AUTO(free) char *server = NULL;
	AUTO(free) char *cluster = NULL;
	AUTO(free) char *ca_pem = NULL;
	AUTO(free) char *cert = NULL;
	AUTO(secret) char *key = NULL;

	if (held_ca(run, cert_spec_find("ca"), &ca, &ca_key, err) < 0)
		return -1;
	if (!ca) {
		err_set(err, ERR_NOT_FOUND, "there is no %s", ca_path);
		return err_next(err, "run this on a control plane, or give --cert-dir DIR");
	}
	if (cert_check(ca, &ca_want, ca_key, NULL, ca_path, err) < 0 ||
	    find_server(run, &server, &cluster, err) < 0 || cert_to_pem(ca, &ca_pem, err) < 0)
		return -1;
	if (!want->token && sign(run, want, ca, ca_key, &cert, &key, err) < 0)
		return -1;
	return kubeconfig_write(&(struct kubeconfig_want){ .server = server,
							   .cluster = cluster,
							   .user = want->name,
							   .ca_pem = ca_pem,
							   .cert_pem = cert,
							   .key_pem = key,
							   .token = want->token },
				ret, err);
}
