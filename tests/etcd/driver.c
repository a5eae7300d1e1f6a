/* One host's part of etcd-join by itself, for tests/etcd: what `kstrap join --control-plane` does
 * to etcd, with the host's files below a root. Its error as "error CODE: MESSAGE" and "next:
 * COMMAND". driver ROOT NAME ADDRESS START_S ETCD_S ENDPOINT... */
#include "base/log.h"
#include "base/str.h"
#include "phases/join/plane.h"

#include <stdio.h>
#include <stdlib.h>

static int prepare(struct config *config, char **argv, struct run **ret, struct err *err)
{
	struct join_state *state;
	json_t *endpoints;
	char name[16];

	config->join_control_plane = true;
	config->node_name = xstrdup(argv[2]);
	config->advertise_address = xstrdup(argv[3]);
	config->kubernetes_version = xstrdup("v1.20.2");
	config->timeout_control_plane_s = atol(argv[4]);
	config->timeout_etcd_s = atol(argv[5]);
	config->cri_socket = xstrdup("/nowhere.sock");
	if (run_open_files(config, ret, err) < 0)
		return -1;
	(*ret)->offline = false;
	if (cluster_derive_whole(config, (*ret)->facts, &(*ret)->cluster, err) < 0)
		return -1;
	/* Discovery is over: this is what it found. */
	state = join_state(*ret);
	state->known = true;
	state->config = config;
	state->cluster_status = xjson_pack("{s:{}}", "apiEndpoints");
	endpoints = json_object_get(state->cluster_status, "apiEndpoints");
	for (int i = 6; argv[i]; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		json_object_set_new(endpoints, name,
				    xjson_pack("{s:s}", "advertiseAddress", argv[i]));
	}
	return 0;
}

static int join(char **argv, struct err *err)
{
	struct config *config = config_new(CONFIG_JOIN); /* the run's from prepare on */
	AUTO(run) struct run *run = NULL;

	free(config->root);
	config->root = xstrdup(argv[1]);
	if (prepare(config, argv, &run, err) < 0)
		return -1;
	if (phase_find(phases_join, "check-etcd")->ask(run, NULL, err) < 0)
		return -1;
	return phases_run(phases_join, run, "etcd-join", err);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 7) {
		fprintf(stderr, "driver ROOT NAME ADDRESS START_S ETCD_S ENDPOINT...\n");
		return 2;
	}
	if (join(argv, &err) == 0)
		return 0;
	fprintf(stderr, "error %d: %s\n", (int)err.code, err.msg);
	if (*err.next)
		fprintf(stderr, "next: %s\n", err.next);
	return err_exit_status(err.code);
}
