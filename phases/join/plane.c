/* The phases that only a control plane has: mostly init's own, for this host and the cluster's
 * configuration. */
#include "phases/join/plane.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "phases/approve/approve.h"
#include "phases/cluster_status.h"
#include "phases/init/init.h"
#include "phases/patches.h"
#include "pki/spec.h"

#define STATUS_S 30

static const char *const conf_names[] = { "admin", "controller-manager", "scheduler", NULL };
static const char *const pods[] = { "kube-apiserver", "kube-controller-manager", "kube-scheduler",
				    NULL };

/* A member of etcd alone: the certificates of etcd itself. */
static bool wanted(const struct run *run, const struct cert_spec *spec)
{
	return plane_wanted(run) || (spec->etcd && !str_eq(spec->name, "apiserver-etcd-client"));
}

static int render_certs(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (!member_wanted(run))
		return 0;
	/* Without the phase before it, too: a CA that is missing must never be made here. */
	if (join_state(run)->shared && plane_download_render(run, NULL, err) < 0)
		return -1;
	for (const struct cert_spec *spec = cert_specs; spec->name; spec++)
		if (wanted(run, spec) && certs_render(run, spec->name, err) < 0)
			return err_wrap(err, "%s", spec->name);
	return plane_wanted(run) ? certs_sa(run, NULL, err) : 0;
}

static int ask_confs(struct run *run, const void *arg, struct err *err)
{
	return plane_wanted(run) ? kubeconfig_ask(run, arg, err) : 0;
}

static int render_confs(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (!plane_wanted(run))
		return 0;
	for (const char *const *name = conf_names; *name; name++)
		if (kubeconfig_render(run, *name, err) < 0)
			return -1;
	return 0;
}

/* Etcd's manifest too, which etcd-join renders once etcd has its members. */
static int ask_pods(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (!member_wanted(run))
		return 0;
	for (const char *const *pod = pods; *pod; pod++)
		if (control_plane_ask(run, *pod, err) < 0)
			return -1;
	return control_plane_ask(run, "etcd", err);
}

static int render_pods(struct run *run, const void *arg, struct err *err)
{
	(void)arg;
	if (!plane_wanted(run))
		return 0;
	for (const char *const *pod = pods; *pod; pod++)
		if (control_plane_render(run, *pod, err) < 0)
			return -1;
	return 0;
}

static int render_approver(struct run *run, const void *arg, struct err *err)
{
	return plane_wanted(run) ? approver_render(run, arg, err) : 0;
}

static int start_approver(struct run *run, const void *arg, struct err *err)
{
	return plane_wanted(run) ? approver_start(run, arg, err) : 0;
}

const struct phase plane_prepare[] = {
	{ .name = "download-certs",
	  .doc = "Take over the CAs and keys that control planes share",
	  .ask = plane_download_ask,
	  .render = plane_download_render },
	{ .name = "certs",
	  .doc = "Issue this host's certificates",
	  .ask = plane_download_ask,
	  .render = render_certs },
	{ .name = "kubeconfig",
	  .doc = "Write admin.conf, controller-manager.conf and scheduler.conf",
	  .ask = ask_confs,
	  .render = render_confs },
	{ .name = "control-plane",
	  .doc = "Write the static pods of API server, controller manager and scheduler",
	  .ask = ask_pods,
	  .render = render_pods },
	{ .name = "approver-service",
	  .doc = "Install the service that approves nodes' certificates",
	  .ask = approver_ask,
	  .render = render_approver },
	{ .name = NULL },
};

/* One try; ERR_CONFLICT when another wrote in between. */
static int enter_status(struct run *run, struct err *err)
{
	AUTO(json) json_t *map = NULL;
	AUTO(json) json_t *status = NULL;
	AUTO(json) json_t *line = cluster_status_line(run);
	json_t *endpoints;

	if (run_kube(run, err) < 0 || kube_get(run->kube, KUBEADM_CONFIG, &map, err) < 0 ||
	    cluster_status_of(map, &status, err) < 0)
		return -1;
	if (!status)
		return err_set(err, ERR_API, "the ConfigMap kubeadm-config has no ClusterStatus");
	endpoints = json_object_get(status, "apiEndpoints");
	if (!json_is_object(endpoints)) {
		endpoints = json_object();
		json_object_set_new(status, "apiEndpoints", endpoints);
	}
	if (json_equal(json_object_get(endpoints, run->cluster->node_name), line))
		return 0;
	json_object_set(endpoints, run->cluster->node_name, line);
	return cluster_status_write(run->kube, map, status, err);
}

/* Before 1.22 kubeadm-config lists every control plane, which others find etcd and each other by.
 */
static int update_status(struct run *run, const void *arg, struct err *err)
{
	double until = clock_mono() + STATUS_S;

	(void)arg;
	if (!plane_wanted(run) || semver_atleast(&run->cluster->version, 1, 22))
		return 0;
	while (enter_status(run, err) < 0) {
		if (err->code != ERR_CONFLICT || clock_mono() > until)
			return -1;
		*err = (struct err)ERR_INIT;
		clock_sleep(0.05);
	}
	log_say("the cluster lists this control plane at %s", run->cluster->advertise_address);
	return 0;
}

static int mark(struct run *run, const void *arg, struct err *err)
{
	return plane_wanted(run) ? mark_act(run, arg, err) : 0;
}

const struct phase plane_join[] = {
	{ .name = "update-status",
	  .doc = "Enter this control plane into kubeadm-config (before Kubernetes 1.22)",
	  .kind = PHASE_ACTS,
	  .ask = plane_adopt,
	  .act = update_status },
	{ .name = "mark-control-plane",
	  .doc = "Label and taint this node as a control plane",
	  .kind = PHASE_ACTS,
	  .ask = plane_adopt,
	  .act = mark },
	{ .name = "approver",
	  .doc = "Start the service that approves nodes' certificates",
	  .kind = PHASE_ACTS,
	  .act = start_approver },
	{ .name = NULL },
};

int plane_wait(struct run *run, const void *arg, struct err *err)
{
	return plane_wanted(run) ? wait_act(run, arg, err) : 0;
}
