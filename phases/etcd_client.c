#include "phases/etcd_client.h"

#include "base/net.h"
#include "base/str.h"

#include <string.h>

#define PODS \
	"/api/v1/namespaces/kube-system/pods?labelSelector=component%3Detcd%2Ctier%3Dcontrol-plane"
#define ANNOTATION "kubeadm.kubernetes.io/etcd.advertise-client-urls"
#define FILE_MAX   ((size_t)1 << 20)

void etcd_client_add(json_t *endpoints, const char *address)
{
	AUTO(free) char *authority = net_join(address, 2379);
	AUTO(free) char *url = xasprintf("https://%s", authority);

	json_add_once(endpoints, url);
}

int etcd_client_pods(struct kube *kube, json_t *endpoints, struct err *err)
{
	AUTO(json) json_t *pods = NULL;
	const json_t *pod;
	size_t i;

	if (kube_get(kube, PODS, &pods, err) < 0)
		return -1;
	json_array_foreach (json_object_get(pods, "items"), i, pod) {
		/* Dots in its name: no path for json_at. */
		const char *urls = json_str(json_at(pod, "metadata.annotations"), ANNOTATION);

		while (urls && *urls) {
			size_t len = strcspn(urls, ",");
			AUTO(free) char *url = xstrndup(urls, len);

			if (str_starts(url, "https://"))
				json_add_once(endpoints, url);
			urls += len + (urls[len] == ',');
		}
	}
	return 0;
}

static int read_file(const struct run *run, const char *name, char **ret, struct err *err)
{
	AUTO(free) char *path = xasprintf("%s/etcd/%s", run->config->certificates_dir, name);

	return tree_read(run->tree, run->fs, path, FILE_MAX, ret, NULL, err);
}

int etcd_client_open(const struct run *run, const json_t *endpoints, long timeout_s,
		     void (*tick)(void *), void *arg, struct etcd **ret, struct err *err)
{
	AUTO(free) char *ca = NULL;
	AUTO(free) char *cert = NULL;
	AUTO(secret) char *key = NULL;

	if (read_file(run, "ca.crt", &ca, err) < 0 ||
	    read_file(run, "healthcheck-client.crt", &cert, err) < 0 ||
	    read_file(run, "healthcheck-client.key", &key, err) < 0)
		return -1;
	return etcd_open(&(struct etcd_peer){ .ca = ca,
					      .cert = cert,
					      .key = key,
					      .timeout_s = timeout_s,
					      .tick = tick,
					      .arg = arg },
			 endpoints, ret, err);
}
