/* Prints the ClusterConfiguration that upload-config keeps in the cluster for a
 * configuration file, under the kubeadm profile.
 * usage: document FILE */
#include "config/config.h"

#include <stdio.h>

#include "base/str.h"
#include "base/yaml.h"

int main(int argc, char **argv)
{
	AUTO(free) char *flag = xasprintf("--config=%s", argc == 2 ? argv[1] : "");
	char profile[] = "--profile=kubeadm", *args[] = { flag, profile, NULL };
	AUTO(config) struct config *config = NULL;
	AUTO(json) json_t *rest = NULL, *document = NULL;
	AUTO(free) char *text = NULL;
	struct err err = ERR_INIT;
	struct semver version;
	bool help;

	if (argc != 2) {
		fputs("usage: document FILE\n", stderr);
		return 2;
	}
	if (config_load(CONFIG_INIT, 2, args, &config, &rest, &help, &err) < 0 ||
	    semver_parse(config->kubernetes_version, &version, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	document = config_cluster_document(config, config_api_version(&version));
	text = yaml_dump(document, 1);
	fputs(text, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
