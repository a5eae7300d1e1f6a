#include "phases/ostree/skew.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/credentials.h"

#define FILE_MAX  ((size_t)1 << 20)
#define PROGRAM_S 20
#define KEY	  "image:"
#define SAYS	  "Kubernetes " /* and then its version */
#define API_S	  10
#define PROXY	  "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"

/* The first "image:" with nothing but blanks and a list's dash before it on its line. */
static const char *image_key(const char *manifest)
{
	const char *at = manifest ? strstr(manifest, KEY) : NULL, *line;

	for (; at; at = strstr(at + strlen(KEY), KEY)) {
		for (line = at; line > manifest && (line[-1] == ' ' || line[-1] == '-'); line--)
			;
		if (line == manifest || line[-1] == '\n')
			return at + strlen(KEY);
	}
	return NULL;
}

bool skew_image(const char *manifest, struct semver *ret)
{
	const char *at = image_key(manifest), *tag;
	AUTO(free) char *image = NULL;
	struct err ignored = ERR_INIT;

	if (!at)
		return false;
	at += strspn(at, " \"'");
	image = xstrndup(at, strcspn(at, " \"'@\n"));
	tag = strrchr(image, ':');
	return tag && semver_parse(tag + 1, ret, &ignored) == 0;
}

const char *skew_rule(const struct semver *kubelet, const struct semver *apiserver,
		      const struct semver *proxy)
{
	const int behind = apiserver->minor - kubelet->minor;

	if (semver_atleast(kubelet, apiserver->major, apiserver->minor + 1))
		return "a kubelet must not be newer than the API server";
	if (kubelet->major != apiserver->major || behind > 3)
		return "a kubelet must not be more than three minor versions older than the API server";
	if (behind > 2 && kubelet->minor < 25)
		return "a kubelet before 1.25 must not be more than two minor versions older than the API "
		       "server";
	if (proxy && abs(proxy->minor - kubelet->minor) > (proxy->minor < 25 ? 2 : 3))
		return "kube-proxy and the kubelet beside it must not be more than three minor versions "
		       "apart (before 1.25: two)";
	return NULL;
}

static void put_version(json_t *report, const char *key, const struct semver *v)
{
	AUTO(free) char *text = xasprintf("v%d.%d.%d", v->major, v->minor, v->patch);

	json_put_str(report, key, text);
}

/* ostree lists its deployments in the order in which they would boot: "  OS CHECKSUM.N (staged)". */
static int next_system(struct run *run, char **ret, struct err *err)
{
	AUTO(free) char *sysroot = xasprintf("--sysroot=%s/", fs_root(run->fs));
	const char *const argv[] = { "ostree", "admin", "status", sysroot, NULL };
	AUTO(proc_result) struct proc_result result = { 0 };
	char os[256], name[256];

	if (run->config->deployment) {
		*ret = xstrdup(run->config->deployment);
		return 0;
	}
	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = PROGRAM_S }, &result, err) < 0 ||
	    result.status != 0 || sscanf(result.out, "%*[* ]%255s %255s", os, name) != 2) {
		const char *why = !result.err ? err->msg : *result.err ? result.err : result.out;

		err_set(err, ERR_NOT_FOUND, "ostree names no system that could boot here: %.*s",
			(int)strcspn(why, "\n"), why);
		return err_next(err, "name its root: kstrap upgrade check-host --deployment DIR");
	}
	*ret = xasprintf("/ostree/deploy/%s/deploy/%s", os, name);
	if (result.out[0] == '*')
		log_say("no other system is staged or pending: the one that runs is looked at");
	return 0;
}

/* Run where it is at home, with its own libraries. The first line of what it says; NULL when it is
 * not there or fails. */
static char *version_of(struct run *run, const char *system, const char *program, struct err *err)
{
	AUTO(free) char *dir = xasprintf("%s%s", fs_root(run->fs), system);
	const char *const argv[] = { "chroot", dir, program, "--version", NULL };
	AUTO(proc_result) struct proc_result result = { 0 };

	if (proc_call(&(struct proc){ .argv = argv, .timeout_s = PROGRAM_S }, &result, err) < 0) {
		err_wrap(err, "%s of %s", program, dir);
		return NULL;
	}
	if (result.status != 0) {
		err_set(err, ERR_NOT_FOUND,
			"%s of %s does not tell its version: exit status %d; %.*s", program, dir,
			result.status, (int)strcspn(result.err, "\n"), result.err);
		return NULL;
	}
	return xstrndup(result.out, strcspn(result.out, "\n"));
}

/* As the administrator, who may read more, else as the node. */
static int connect_api(struct run *run, struct kube **ret, json_t *report, struct err *err)
{
	static const char *const names[] = { "admin.conf", "kubelet.conf" };

	for (size_t i = 0; i < 2; i++) {
		AUTO(free) char *path = conf_path(run, names[i]);
		const char *file = run->config->kubeconfig ? run->config->kubeconfig : path;
		AUTO(credentials) struct credentials own = { .server = NULL };

		if (credentials_read(run->fs, file, &own, err) < 0)
			continue;
		json_put_str(report, "from", own.server);
		return credentials_open(&own, API_S, ret, err);
	}
	return -1;
}

static int ask_api(struct run *run, json_t *report, struct semver *ret, struct semver *ret_proxy,
		   bool *ret_has_proxy, struct err *err)
{
	AUTO(kube) struct kube *kube = NULL;
	AUTO(json) json_t *version = NULL;
	AUTO(json) json_t *proxy = NULL;
	AUTO(free) char *image = NULL;
	struct err ignored = ERR_INIT;
	const char *text;

	if (connect_api(run, &kube, report, err) < 0 || kube_get(kube, "/version", &version, err) < 0)
		return -1;
	text = json_str(version, "gitVersion");
	if (semver_parse(text ? text : "", ret, err) < 0)
		return -1;
	if (kube_get(kube, PROXY, &proxy, &ignored) < 0)
		return 0;
	text = json_str(json_array_get(json_at(proxy, "spec.template.spec.containers"), 0), "image");
	image = xasprintf("image: %s", text ? text : "");
	*ret_has_proxy = skew_image(image, ret_proxy);
	return 0;
}

/* Without the API server, on a control plane: what the kubelet is to start. */
static int read_manifest(struct run *run, const char *name, json_t *report, struct semver *ret)
{
	AUTO(free) char *path = manifest_path(run, name);
	AUTO(free) char *text = NULL;
	struct err ignored = ERR_INIT;

	if (fs_read(run->fs, path, FILE_MAX, &text, NULL, &ignored) < 0 || !skew_image(text, ret))
		return -1;
	if (report)
		json_put_str(report, "from", path);
	return 0;
}

static int look(struct run *run, const char *system, json_t *report, struct err *err)
{
	AUTO(free) char *kubelet_text = version_of(run, system, "kubelet", err);
	AUTO(free) char *runtime = NULL;
	struct semver kubelet, apiserver, proxy, etcd;
	struct err why = ERR_INIT;
	bool has_proxy = false;
	const char *rule;

	if (!kubelet_text)
		return err_next(err, "its image needs the kubelet: add it, or boot another");
	if (semver_parse(kubelet_text + (str_starts(kubelet_text, SAYS) ? strlen(SAYS) : 0),
			 &kubelet, err) < 0) {
		err->code = ERR_HOST;
		return err_wrap(err, "the kubelet of %s", system);
	}
	if ((run->offline || ask_api(run, report, &apiserver, &proxy, &has_proxy, err) < 0) &&
	    read_manifest(run, "kube-apiserver", report, &apiserver) < 0) {
		if (run->offline)
			err_set(err, ERR_NOT_FOUND, "below %s no manifest tells the API server's version",
				fs_root(run->fs));
		return err_next(err, "on a host whose API server answers, or on a control plane: run it "
				     "there");
	}
	runtime = version_of(run, system, "containerd", &why);
	if (!runtime)
		runtime = version_of(run, system, "crio", &why);
	put_version(report, "kubelet", &kubelet);
	put_version(report, "apiserver", &apiserver);
	json_put_str(report, "runtime", runtime);
	if (has_proxy)
		put_version(report, "kubeProxy", &proxy);
	if (read_manifest(run, "etcd", NULL, &etcd) == 0)
		put_version(report, "etcd", &etcd);
	rule = skew_rule(&kubelet, &apiserver, has_proxy ? &proxy : NULL);
	json_object_set_new(report, "fits", json_boolean(!rule));
	json_put_str(report, "reason", rule);
	return 0;
}

int skew_look(struct run *run, json_t **ret, struct err *err)
{
	AUTO(json) json_t *report = json_object();
	AUTO(free) char *system = NULL;

	if (next_system(run, &system, err) < 0)
		return -1;
	json_put_str(report, "system", system);
	if (look(run, system, report, err) < 0)
		return -1;
	*ret = TAKE(report);
	return 0;
}
