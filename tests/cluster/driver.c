/* The API client by itself, for tests/cluster and tests/fault: one call, its result on stdout, its
 * error as "error CODE: MESSAGE" and "next: COMMAND" on stderr. */
#include "api/cri.h"
#include "api/kube.h"
#include "base/clock.h"
#include "base/dns.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/yaml.h"
#include "phases/discovery.h"

#include <stdio.h>
#include <string.h>

static struct fs *disk;
static int ticks;

static char *slurp(const char *path, struct err *err)
{
	char *text = NULL;

	return fs_read(disk, path, 32u << 20, &text, NULL, err) < 0 ? NULL : text;
}

static void print_json(const json_t *value)
{
	AUTO(free) char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	printf("%s\n", text ? text : "null");
}

static void tick(void *arg)
{
	(void)arg;
	ticks++;
}

/* Objects of a YAML or JSON file, several documents allowed. */
static int load(const char *path, json_t **ret, struct err *err)
{
	AUTO(free) char *text = slurp(path, err);

	return text ? yaml_parse(text, strlen(text), path, ret, NULL, err) : -1;
}

static int do_apply(struct kube *kube, char **argv, struct err *err)
{
	AUTO(json) json_t *objects = NULL;
	size_t i;
	json_t *obj;

	if (load(argv[0], &objects, err) < 0)
		return -1;
	json_array_foreach(objects, i, obj)
	{
		bool changed;

		if (kube_apply(kube, obj, &changed, err) < 0)
			return -1;
		printf("%s %s %s\n", changed ? "changed" : "same", json_str(obj, "kind"),
		       json_str(json_object_get(obj, "metadata"), "name"));
	}
	return 0;
}

static int do_create(struct kube *kube, char **argv, struct err *err)
{
	AUTO(json) json_t *objects = NULL;
	AUTO(json) json_t *made = NULL;

	if (load(argv[0], &objects, err) < 0 ||
	    kube_create(kube, json_array_get(objects, 0), &made, err) < 0)
		return -1;
	print_json(made);
	return 0;
}

static int do_get(struct kube *kube, char **argv, struct err *err)
{
	AUTO(json) json_t *obj = NULL;

	if (kube_get(kube, argv[0], &obj, err) < 0)
		return -1;
	print_json(obj);
	return 0;
}

static int do_patch(struct kube *kube, char **argv, struct err *err)
{
	AUTO(json) json_t *patch = json_loads(argv[1], 0, NULL);

	return kube_patch(kube, argv[0], "application/merge-patch+json", patch, NULL, err);
}

static int do_delete(struct kube *kube, char **argv, struct err *err)
{
	return kube_delete(kube, argv[0], err);
}

static int do_probe(struct kube *kube, char **argv, struct err *err)
{
	AUTO(free) char *body = NULL;
	long status;

	if (kube_probe(kube, argv[0], &status, &body, err) < 0)
		return -1;
	printf("%ld %s\n", status, body);
	return 0;
}

struct watching {
	struct kube *kube;
	int left;
	bool nested; /* reads each object again in the middle of the watch */
};

static int seen(void *arg, const char *type, const json_t *obj, struct err *err)
{
	struct watching *watching = arg;
	AUTO(free) char *path = kube_path(obj);

	printf("%s %s\n", type, json_str(json_object_get(obj, "metadata"), "name"));
	fflush(stdout);
	if (watching->nested && !str_eq(type, "DELETED")) {
		AUTO(json) json_t *again = NULL;

		if (kube_get(watching->kube, path, &again, err) < 0)
			return -1;
	}
	return --watching->left == 0 ? 1 : 0;
}

/* PATH SECONDS EVENTS [nested] */
static int do_watch(struct kube *kube, char **argv, struct err *err)
{
	struct watching watching = { kube, atoi(argv[2]), argv[3] != NULL };
	double start = clock_mono();
	int rc = kube_watch(kube, argv[0], atol(argv[1]), seen, tick, &watching, err);

	/* A tick a second at least, whatever the server does. */
	if (ticks + 1 < (int)(clock_mono() - start))
		printf("too few ticks: %d\n", ticks);
	return rc;
}

static const struct {
	const char *name;
	int args;
	int (*run)(struct kube *kube, char **argv, struct err *err);
} kube_commands[] = {
	{ "apply", 1, do_apply },   { "create", 1, do_create }, { "get", 1, do_get },
	{ "patch", 2, do_patch },   { "delete", 1, do_delete }, { "probe", 1, do_probe },
	{ "watch", 3, do_watch },
};

/* ENDPOINT[,ENDPOINT...] or cluster:NAME, TOKEN SECONDS [sha256:HASH...] */
static int discover(int argc, char **argv, struct err *err)
{
	AUTO(json) json_t *hashes = json_array();
	AUTO(discovery) struct discovery found = { 0 };
	AUTO(json) json_t *servers = json_array();
	struct discovery_want want = { .servers = { .further = servers },
				       .token = argv[1],
				       .ca_hashes = hashes,
				       .timeout_s = atol(argv[2]),
				       .tick = tick };
	double start = clock_mono();
	int rc;

	if (str_starts(argv[0], "cluster:"))
		want.servers = (struct servers_want){ .cluster = argv[0] + strlen("cluster:"), .suffix = "k8s" };
	for (char *save, *p = want.servers.cluster ? NULL : strtok_r(argv[0], ",", &save); p; p = strtok_r(NULL, ",", &save))
		json_array_append_new(servers, json_string(p));
	for (int i = 3; i < argc; i++)
		json_array_append_new(hashes, json_string(argv[i]));
	rc = discovery_by_token(&want, &found, err);
	if (ticks + 1 < (int)(clock_mono() - start))
		printf("too few ticks: %d\n", ticks);
	if (rc == 0)
		printf("server %s\npinned %d\nskew %ld\n%s", found.server, found.pinned, found.skew_s,
		       found.ca_pem);
	return rc;
}

/* PATH-OR-URL SECONDS */
static int discover_file(char **argv, struct err *err)
{
	AUTO(discovery) struct discovery found = { 0 };
	int rc = discovery_by_file(&(struct discovery_file){ .fs = disk,
							     .path = argv[0],
							     .timeout_s = atol(argv[1]),
							     .tick = tick },
				   &found, err);

	if (rc == 0)
		printf("server %s\nuser %s\n%s", found.server,
		       found.user.token	     ? "token" :
		       found.user.cert_pem ? "certificate" :
					     "none",
		       found.ca_pem);
	return rc;
}

/* SERVICE HOST PORT SECONDS; "" for none of the first two */
static int names(char **argv, struct err *err)
{
	AUTO(json) json_t *found = NULL;
	const json_t *one;
	size_t i;

	if (dns_find(&(struct dns_want){ .service = *argv[0] ? argv[0] : NULL,
					 .host = *argv[1] ? argv[1] : NULL,
					 .port = atoi(argv[2]),
					 .timeout_s = atof(argv[3]),
					 .tick = tick },
		     &found, err) < 0)
		return -1;
	json_array_foreach (found, i, one)
		printf("%s %s %lld\n", json_str(one, "name"), json_str(one, "address"),
		       json_integer_value(json_object_get(one, "port")));
	return 0;
}

/* SOCKET version|status|containers|has IMAGE|pull IMAGE */
static int runtime(char **argv, bool alpha, struct err *err)
{
	AUTO(cri) struct cri *cri = NULL;
	AUTO(json) json_t *out = NULL;
	bool has;
	int rc;

	if ((alpha ? cri_open_alpha : cri_open)(argv[0], 10, &cri, err) < 0)
		return -1;
	if (str_eq(argv[1], "version"))
		rc = cri_version(cri, &out, err);
	else if (str_eq(argv[1], "status"))
		rc = cri_status(cri, &out, err);
	else if (str_eq(argv[1], "containers"))
		rc = cri_containers(cri, &out, err);
	else if (str_eq(argv[1], "pull"))
		return cri_pull(cri, argv[2], err);
	else if ((rc = cri_has_image(cri, argv[2], &has, err)) == 0)
		out = json_boolean(has);
	if (rc == 0)
		print_json(out);
	return rc;
}

/* NAME=VALUE arguments before the command: url, ca, cert, key (files), bearer, timeout. */
static int with_kube(int argc, char **argv, struct err *err)
{
	AUTO(free) char *ca = NULL;
	AUTO(free) char *cert = NULL;
	AUTO(free) char *key = NULL;
	AUTO(kube) struct kube *kube = NULL;
	struct http_peer peer = { .timeout_s = 10, .tick = tick };

	for (; argc && strchr(*argv, '=') && **argv != '/'; argc--, argv++) {
		const char *value = strchr(*argv, '=') + 1;

		if (str_starts(*argv, "url="))
			peer.url = value;
		else if (str_starts(*argv, "ca="))
			peer.ca = ca = slurp(value, err);
		else if (str_starts(*argv, "cert="))
			peer.cert = cert = slurp(value, err);
		else if (str_starts(*argv, "key="))
			peer.key = key = slurp(value, err);
		else if (str_starts(*argv, "bearer="))
			peer.bearer = value;
		else if (str_starts(*argv, "timeout="))
			peer.timeout_s = atol(value);
	}
	if (err->code)
		return -1;
	for (size_t i = 0; argc && i < sizeof(kube_commands) / sizeof(*kube_commands); i++)
		if (str_eq(*argv, kube_commands[i].name) && argc - 1 >= kube_commands[i].args)
			return kube_open(&peer, &kube, err) < 0
				       ? -1
				       : kube_commands[i].run(kube, argv + 1, err);
	return err_set(err, ERR_USAGE, "no such command");
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int rc;

	if (fs_open("/", &disk, &err) < 0)
		return 1;
	if (argc > 4 && str_eq(argv[1], "discover"))
		rc = discover(argc - 2, argv + 2, &err);
	else if (argc > 3 && str_eq(argv[1], "file"))
		rc = discover_file(argv + 2, &err);
	else if (argc > 5 && str_eq(argv[1], "names"))
		rc = names(argv + 2, &err);
	else if (argc > 3 && (str_eq(argv[1], "cri") || str_eq(argv[1], "cri-alpha")))
		rc = runtime(argv + 2, str_eq(argv[1], "cri-alpha"), &err);
	else
		rc = with_kube(argc - 1, argv + 1, &err);
	fs_close(disk);
	if (rc == 0)
		return 0;
	(void)fprintf(stderr, "error %u: %s\n", err.code, err.msg);
	if (*err.next)
		(void)fprintf(stderr, "next: %s\n", err.next);
	return err_exit_status(err.code);
}
