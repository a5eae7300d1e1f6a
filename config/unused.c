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

void unused_check(const struct config *config, const struct origins *origins)
{
	if (config->kind == CONFIG_JOIN && !config->join_control_plane &&
	    !str_eq(config->role, "etcd") && origins_get(origins, AT(certificate_key)))
		log_warn("%s has no effect without --control-plane",
			 origins_get(origins, AT(certificate_key)));
	if (config->kind == CONFIG_INIT && !config->image_pull_serial)
		log_warn("imagePullSerial: false has no effect: images are fetched one at a time");
	if (config->kind != CONFIG_RESET)
		http_endpoints(config);
}
