#include "config/unused.h"

#include "base/log.h"
#include "base/str.h"

#define AT(name) offsetof(struct config, name)

/* Only etcd's own clients speak to an external etcd here: the API server, by `endpoints`. */
static void http_endpoints(const struct config *config)
{
	const json_t *plain = json_object_get(config->etcd_external, "httpEndpoints");

	if (json_array_size(plain) > 0 &&
	    !json_equal(plain, json_object_get(config->etcd_external, "endpoints")))
		log_warn("etcd.external.httpEndpoints has no effect: init asks etcd nothing over "
			 "HTTP");
}

void unused_check(const struct config *config, const struct origins *origins, struct faults *faults)
{
	const char *where = origins_get(origins, AT(join_control_plane));

	if (config->kind == CONFIG_JOIN && config->join_control_plane)
		faults_add(faults,
			   "%s: kjoin makes workers: upload the certificates on a control plane "
			   "(kinit --upload-certs), then make this one with kubeadm join "
			   "--control-plane",
			   where ? where : "--control-plane");
	if (config->kind == CONFIG_INIT && !config->image_pull_serial)
		log_warn("imagePullSerial: false has no effect: images are fetched one at a time");
	if (config->kind != CONFIG_RESET)
		http_endpoints(config);
}
