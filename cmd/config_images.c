/* kstrap config images: which images a control plane of a version is made of, and fetching them
 * ahead through the runtime's own socket. */
#include "cmd/config.h"

#include "api/cri.h"
#include "base/fs.h"
#include "base/jsonpath.h"
#include "base/log.h"
#include "base/str.h"
#include "base/yaml.h"
#include "config/rules.h"
#include "phases/cluster.h"
#include "phases/host.h"

#include <stdio.h>
#include <string.h>

AUTO_DEFINE(cluster, struct cluster *, cluster_free);

#define PULL_S 600 /* one image over a slow line */

/* Flags count only without a file, as in kubeadm. */
static int read_config(const struct config_call *call, struct config_file *ret, struct err *err)
{
	const char *path = flags_text(&call->read, "config");
	AUTO(faults) struct faults faults = FAULTS_INIT;

	if (path)
		return config_file_read(path, ret, err);
	ret->init = config_new(CONFIG_INIT);
	flags_apply(&call->read, ret->init, &ret->init_origins, &faults);
	return faults_raise(&faults, ERR_USAGE, err);
}

/* Images depend on the version only; the host is asked for it, and for nothing else that its
 * answer may change. */
static int derive(struct config *config, struct cluster **ret, struct err *err)
{
	AUTO(json) json_t *facts = json_object();
	AUTO(fs) struct fs *fs = NULL;

	if (!config->kubernetes_version &&
	    (fs_open("/", &fs, err) < 0 || host_ask(config, fs, false, facts, err) < 0))
		return -1;
	if (!config->node_name)
		config->node_name = xstrdup("node");
	if (!config->advertise_address)
		config->advertise_address = xstrdup("192.0.2.1"); /* RFC 5737: nobody's */
	return cluster_derive(config, facts, ret, err);
}

/* In the order in which kubeadm of that version names them. */
static json_t *images_of(const struct config *config, const struct cluster *cluster)
{
	static const char *const names[] = { "kube-apiserver", "kube-controller-manager",
					     "kube-scheduler", "kube-proxy",
					     "coredns",        "pause",
					     "etcd",           "coredns" };
	bool dns_first = semver_atleast(&cluster->version, 1, 29);
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const *name = &names[i];

		if (str_eq(*name, "coredns") && dns_first != (i == 4))
			continue;
		if ((str_eq(*name, "etcd") && json_object_size(config->etcd_external)) ||
		    (str_eq(*name, "coredns") && config->dns_disabled) ||
		    (str_eq(*name, "kube-proxy") && config->proxy_disabled))
			continue;
		json_array_append(list, json_object_get(cluster->images, *name));
	}
	return list;
}

static int pull_all(const char *socket, const json_t *images, struct err *err)
{
	AUTO(cri) struct cri *cri = NULL;
	const json_t *image;
	size_t i;

	if (cri_open(socket, PULL_S, &cri, err) < 0)
		return -1;
	json_array_foreach (images, i, image) {
		const char *name = json_string_value(image);
		bool have = false;

		if (cri_has_image(cri, name, &have, err) < 0)
			return -1;
		if (!have && cri_pull(cri, name, err) < 0)
			return err_wrap(err, "pull %s", name);
		log_say("%s %s", have ? "has" : "pulled", name);
	}
	return 0;
}

/* As kubeadm prints them. */
static int print(const json_t *images, const char *format, bool missing_ok, struct err *err)
{
	AUTO(json) json_t *list = NULL;
	AUTO(free) char *text = NULL;
	AUTO(buf) struct buf out = BUF_INIT((size_t)1 << 20);
	const json_t *image;
	size_t i;

	if (!format || str_eq(format, "text")) {
		json_array_foreach (images, i, image)
			puts(json_string_value(image));
		return 0;
	}
	list = xjson_pack("{s:s, s:s, s:O}", "kind", "Images", "apiVersion",
			  "output.kubeadm.k8s.io/v1alpha3", "images", images);
	if (str_starts(format, "jsonpath=")) {
		if (jsonpath_print(format + strlen("jsonpath="), list, missing_ok, &out, err) < 0)
			return -1;
		log_raw(out.data ? out.data : "");
		return 0;
	}
	if (!str_eq(format, "json") && !str_eq(format, "yaml"))
		return err_set(err, ERR_USAGE,
			       "--output: %.100s is none of text, json, yaml and jsonpath=TEMPLATE",
			       format);
	text = str_eq(format, "json") ? json_dumps(list, JSON_INDENT(4)) : yaml_dump(list, 1);
	log_raw(text);
	if (str_eq(format, "json"))
		log_raw("\n");
	return 0;
}

static const char *format_of(const struct argv_read *read)
{
	const char *format = flags_text(read, "output");

	return format ? format : flags_text(read, "experimental-output");
}

static int run(const struct config_call *call, bool fetch, struct config_file *file,
	       struct err *err)
{
	AUTO(cluster) struct cluster *cluster = NULL;
	AUTO(json) json_t *images = NULL;

	if (read_config(call, file, err) < 0 || derive(file->init, &cluster, err) < 0)
		return -1;
	images = images_of(file->init, cluster);
	if (fetch)
		return pull_all(cluster->cri_socket, images, err);
	return print(images, format_of(&call->read),
		     !str_eq(flags_text(&call->read, "allow-missing-template-keys"), "false"), err);
}

int config_images(const void *config_call, const json_t *args, struct err *err)
{
	const char *what = json_text(args, 1);
	struct config_file file = { 0 };
	int failed;

	if (!str_eq(what, "list") && !str_eq(what, "pull"))
		return err_set(err, ERR_USAGE, "config images: which of list and pull?");
	failed = run(config_call, str_eq(what, "pull"), &file, err);
	config_file_clear(&file);
	return failed;
}
