/* The kubelet's files, and its start. */
#include "phases/init/init.h"

#include "base/log.h"
#include "phases/approve/approve.h"
#include "phases/cni/cni.h"
#include "phases/kubelet.h"

int kubelet_start_ask(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	return kubelet_ask(run, err);
}

int kubelet_start_render(struct run *run, const void *arg, struct err *err)
{
	AUTO(json) json_t *configuration = NULL;

	(void)arg;
	if (kubelet_configuration(run, &configuration, err) < 0)
		return -1;
	/* Not in what the cluster keeps for all its nodes: kubeadm's know nobody who would approve. */
	if (approver_wanted(run) && !json_object_get(configuration, "serverTLSBootstrap"))
		json_object_set_new(configuration, "serverTLSBootstrap", json_true());
	return kubelet_render(run, configuration, NULL, err);
}

int kubelet_start_act(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (run->count.made + run->count.changed == 0 && kubelet_healthy()) {
		log_say("the kubelet runs with these files");
		return 0;
	}
	if (cni_wait_runtime(run, err) < 0 || kubelet_start(run, err) < 0)
		return -1;
	log_say("started the kubelet");
	return 0;
}
