/* Field numbers are those of k8s.io/cri-api's api.proto, the same in v1 and v1alpha2. */
#include "api/cri.h"

#include "api/grpc.h"
#include "api/guard.h"
#include "api/pb.h"

#include <string.h>

#define MAX_QUESTION (64u << 10)
#define MAX_ANSWER   (16u << 20)

struct cri {
	struct http *http;
	const char *version; /* "v1" or "v1alpha2" */
};

/* Asks SERVICE.METHOD of the runtime's version of the interface. A status other than OK is an
 * error. */
static int ask(struct cri *cri, const char *service, const char *method, const struct buf *question,
	       struct buf *ret, int *ret_status, struct err *err)
{
	AUTO(free) char *path = xasprintf("/runtime.%s.%s/%s", cri->version, service, method);
	int status;

	if (grpc_call(cri->http, path, question, &status, ret, err) < 0)
		return -1;
	if (ret_status)
		*ret_status = status;
	if (status == GRPC_OK)
		return 0;
	return err_set(err, ERR_API, "the container runtime at %s, %s: %s (gRPC status %d)",
		       http_label(cri->http), method, ret->len ? ret->data : "no reason given",
		       status);
}

static int malformed(const struct cri *cri, const char *method, struct err *err)
{
	return err_set(err, ERR_API, "the container runtime at %s, %s: malformed answer",
		       http_label(cri->http), method);
}

/* As ask; the answer's fields become members of `out`. */
static int ask_for(struct cri *cri, const char *method, const struct buf *question,
		   const struct pb_row *rows, json_t *out, int *ret_status, struct err *err)
{
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);

	if (ask(cri, "RuntimeService", method, question, &answer, ret_status, err) < 0)
		return -1;
	return pb_read(pb_over(answer.data, answer.len), rows, out) ? 0
								    : malformed(cri, method, err);
}

static int get_version(struct cri *cri, json_t **ret, int *ret_status, struct err *err)
{
	static const struct pb_row response[] = { { PB_TEXT, 2, "name", NULL },
						  { PB_TEXT, 3, "version", NULL },
						  { 0 } };
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(json)
	json_t *out = xjson_pack("{s:s, s:s, s:s}", "name", "", "version", "", "api", cri->version);

	if (ask_for(cri, "Version", &question, response, out, ret_status, err) < 0)
		return -1;
	*ret = TAKE(out);
	return 0;
}

int cri_version(struct cri *cri, json_t **ret, struct err *err)
{
	return get_version(cri, ret, NULL, err);
}

/* *ret_status tells a runtime that does not know this version of the interface from one that does
 * not work. */
static int open_version(const char *socket, const char *version, long timeout_s, struct cri **ret,
			int *ret_status, struct err *err)
{
	AUTO(cri) struct cri *cri = xcalloc(1, sizeof(*cri));
	AUTO(json) json_t *answer = NULL;

	*ret_status = GRPC_OK;
	if (str_starts(socket, "unix://"))
		socket += strlen("unix://");
	cri->version = version;
	if (http_open_unix(socket, true, timeout_s, &cri->http, err) < 0 ||
	    get_version(cri, &answer, ret_status, err) < 0)
		return -1;
	*ret = TAKE(cri);
	return 0;
}

int cri_open(const char *socket, long timeout_s, struct cri **ret, struct err *err)
{
	struct err first = ERR_INIT;
	int status;

	if (open_version(socket, "v1", timeout_s, ret, &status, &first) == 0)
		return 0;
	if (status == GRPC_UNIMPLEMENTED)
		return cri_open_alpha(socket, timeout_s, ret, err);
	*err = first;
	return -1;
}

int cri_open_alpha(const char *socket, long timeout_s, struct cri **ret, struct err *err)
{
	int status;

	if (open_version(socket, "v1alpha2", timeout_s, ret, &status, err) == 0)
		return 0;
	if (status == GRPC_UNIMPLEMENTED)
		err_next(err, CRI_TURN_ON);
	return -1;
}

void cri_close(struct cri *cri)
{
	if (!cri)
		return;
	http_close(cri->http);
	free(cri);
}

/* A map<string, string>. */
static const struct pb_row pairs[] = { { PB_TEXT, 1, "key", NULL },
				       { PB_TEXT, 2, "value", NULL },
				       { 0 } };

static const char *pair(const json_t *list, const char *key)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (json_str_is(one, "key", key))
			return json_str(one, "value");
	return NULL;
}

static bool holds(const json_t *conditions, const char *type)
{
	const json_t *one;
	size_t i;

	json_array_foreach (conditions, i, one)
		if (json_str_is(one, "type", type))
			return json_int(one, "status") != 0;
	return false;
}

/* The verbose answer's "config" is JSON text in containerd and in CRI-O. */
int cri_status(struct cri *cri, json_t **ret, struct err *err)
{
	static const struct pb_row condition[] = { { PB_TEXT, 1, "type", NULL },
						   { PB_NUMBER, 2, "status", NULL },
						   { 0 } };
	static const struct pb_row status[] = { { PB_LIST, 1, "conditions", condition }, { 0 } };
	static const struct pb_row response[] = { { PB_PART, 1, NULL, status },
						  { PB_LIST, 2, "info", pairs },
						  { 0 } };
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(json) json_t *answer = json_object();
	json_t *config = NULL;
	struct err ignored = ERR_INIT;
	const json_t *conditions;
	const char *text;

	pb_put_number(&question, 1, 1); /* verbose */
	if (ask_for(cri, "Status", &question, response, answer, NULL, err) < 0)
		return -1;
	conditions = json_object_get(answer, "conditions");
	text = pair(json_object_get(answer, "info"), "config");
	if (text)
		(void)guard_json(text, strlen(text), "config", &config, &ignored);
	*ret = xjson_pack("{s:b, s:b, s:o*}", "runtimeReady", holds(conditions, "RuntimeReady"),
			  "networkReady", holds(conditions, "NetworkReady"), "config", config);
	return 0;
}

/* SYSTEMD is 0 and so left out. */
bool cri_read_cgroup_driver(const void *answer, size_t len, const char **ret)
{
	static const char *const drivers[] = { "systemd", "cgroupfs" };
	static const struct pb_row config[] = { { PB_NUMBER, 1, "driver", NULL }, { 0 } };
	static const struct pb_row response[] = { { PB_LIST, 1, "linux", config }, { 0 } };
	AUTO(json) json_t *out = json_object();
	const json_t *linux_part;
	json_int_t driver;

	*ret = NULL;
	if (!pb_read(pb_over(answer, len), response, out))
		return false;
	linux_part = json_array_get(json_object_get(out, "linux"), 0);
	driver = json_int(linux_part, "driver");
	if (linux_part && driver >= 0 && driver < 2)
		*ret = drivers[driver];
	return true;
}

int cri_cgroup_driver(struct cri *cri, const char **ret, struct err *err)
{
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	int status = GRPC_OK;

	*ret = NULL;
	if (ask(cri, "RuntimeService", "RuntimeConfig", &question, &answer, &status, err) < 0)
		return status == GRPC_UNIMPLEMENTED ? 0 : -1;
	if (!cri_read_cgroup_driver(answer.data, answer.len, ret))
		return malformed(cri, "RuntimeConfig", err);
	return 0;
}

/* ImageSpec (image = 1) is field 1 of both requests. */
static int ask_image(struct cri *cri, const char *method, const char *image, struct buf *ret,
		     struct err *err)
{
	AUTO(buf) struct buf spec = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);

	if (pb_put_string(&spec, 1, image) < 0 ||
	    pb_put_bytes(&question, 1, spec.data, spec.len) < 0)
		return err_set(err, ERR_CONFIG, "%.80s...: image name too long", image);
	if (ask(cri, "ImageService", method, &question, ret, NULL, err) < 0)
		return err_wrap(err, "image %.300s", image);
	return 0;
}

/* The answer has no image where there is none. */
int cri_has_image(struct cri *cri, const char *image, bool *ret, struct err *err)
{
	static const struct pb_row nothing[] = { { 0 } };
	static const struct pb_row response[] = { { PB_LIST, 1, "image", nothing }, { 0 } };
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	AUTO(json) json_t *out = json_object();

	if (ask_image(cri, "ImageStatus", image, &answer, err) < 0)
		return -1;
	if (!pb_read(pb_over(answer.data, answer.len), response, out))
		return malformed(cri, "ImageStatus", err);
	*ret = json_object_get(out, "image") != NULL;
	return 0;
}

int cri_pull(struct cri *cri, const char *image, struct err *err)
{
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);

	return ask_image(cri, "PullImage", image, &answer, err);
}

/* What kubelets label theirs with takes the labels' place. */
static void read_labels(json_t *one)
{
	const json_t *labels = json_object_get(one, "labels");
	const char *pod = pair(labels, "io.kubernetes.pod.name");
	const char *space = pair(labels, "io.kubernetes.pod.namespace");

	if (pod)
		json_put_str(one, "pod", pod);
	if (space)
		json_put_str(one, "namespace", space);
	json_object_del(one, "labels");
}

/* A container that went meanwhile keeps what the list said. */
static int add_details(struct cri *cri, json_t *container, struct err *err)
{
	static const struct pb_row details[] = { { PB_NUMBER, 7, "exitCode", NULL },
						 { PB_TEXT, 15, "logPath", NULL },
						 { 0 } };
	static const struct pb_row response[] = { { PB_PART, 1, NULL, details }, { 0 } };
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	struct err first = ERR_INIT;
	int status = GRPC_OK;

	pb_put_string(&question, 1, json_str(container, "id") ?: "");
	if (ask_for(cri, "ContainerStatus", &question, response, container, &status, &first) == 0 ||
	    status == GRPC_NOT_FOUND)
		return 0;
	*err = first;
	return -1;
}

/* ListContainersRequest: filter = 1; ContainerFilter: label_selector = 4, a map. */
static void put_namespace_filter(struct buf *question)
{
	AUTO(buf) struct buf entry = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf filter = BUF_INIT(MAX_QUESTION);

	pb_put_string(&entry, 1, "io.kubernetes.pod.namespace");
	pb_put_string(&entry, 2, "kube-system");
	pb_put_bytes(&filter, 4, entry.data, entry.len);
	pb_put_bytes(question, 1, filter.data, filter.len);
}

static json_int_t created_at(const json_t *container)
{
	return json_int(container, "createdAt");
}

/* Keeps newest first while the list grows; lists are short. */
static void insert_by_age(json_t *list, json_t *container)
{
	size_t at = 0;

	while (at < json_array_size(list) &&
	       created_at(json_array_get(list, at)) >= created_at(container))
		at++;
	json_array_insert(list, at, container);
}

int cri_containers(struct cri *cri, json_t **ret, struct err *err)
{
	static const char *const states[] = { "created", "running", "exited", "unknown" };
	static const struct pb_row metadata[] = { { PB_TEXT, 1, "name", NULL },
						  { PB_NUMBER, 2, "attempt", NULL },
						  { 0 } };
	static const struct pb_row container[] = { { PB_TEXT, 1, "id", NULL },
						   { PB_PART, 3, NULL, metadata },
						   { PB_NUMBER, 6, "stateNumber", NULL },
						   { PB_NUMBER, 7, "createdAt", NULL },
						   { PB_LIST, 8, "labels", pairs },
						   { 0 } };
	static const struct pb_row response[] = { { PB_LIST, 1, "all", container }, { 0 } };
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(json) json_t *answer = json_object();
	AUTO(json) json_t *out = json_array();
	/* What the encoding leaves out. */
	AUTO(json) json_t *defaults = xjson_pack("{s:s, s:s, s:s, s:i}", "id", "", "name", "", "pod",
						 "", "attempt", 0);
	json_t *one;
	size_t i;

	put_namespace_filter(&question);
	if (ask_for(cri, "ListContainers", &question, response, answer, NULL, err) < 0)
		return -1;
	json_array_foreach (json_object_get(answer, "all"), i, one) {
		const json_int_t state = json_int(one, "stateNumber");

		read_labels(one);
		json_object_update_missing(one, defaults);
		json_put_str(one, "state", states[state >= 0 && state < 4 ? state : 3]);
		if (add_details(cri, one, err) < 0)
			return -1;
		insert_by_age(out, one);
	}
	*ret = TAKE(out);
	return 0;
}

/* The labels are those that every kubelet sets. */
int cri_pods(struct cri *cri, json_t **ret, struct err *err)
{
	static const struct pb_row sandbox[] = { { PB_TEXT, 1, "id", NULL },
						 { PB_NUMBER, 4, "createdAt", NULL },
						 { PB_LIST, 5, "labels", pairs },
						 { 0 } };
	static const struct pb_row response[] = { { PB_LIST, 1, "all", sandbox }, { 0 } };
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(json) json_t *answer = json_object();
	AUTO(json) json_t *out = json_array();
	json_t *one;
	size_t i;

	if (ask_for(cri, "ListPodSandbox", &question, response, answer, NULL, err) < 0)
		return -1;
	json_array_foreach (json_object_get(answer, "all"), i, one) {
		read_labels(one);
		if (json_str(one, "id") && json_str(one, "pod") && json_str(one, "namespace"))
			insert_by_age(out, one);
	}
	*ret = TAKE(out);
	return 0;
}

/* StopPodSandboxRequest, RemovePodSandboxRequest: pod_sandbox_id = 1. */
int cri_remove_pod(struct cri *cri, const char *id, struct err *err)
{
	static const char *const methods[] = { "StopPodSandbox", "RemovePodSandbox" };

	for (size_t i = 0; i < 2; i++) {
		AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
		AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
		struct err why = ERR_INIT;
		int status = GRPC_OK;

		pb_put_string(&question, 1, id);
		if (ask(cri, "RuntimeService", methods[i], &question, &answer, &status, &why) < 0 &&
		    status != GRPC_NOT_FOUND) {
			*err = why;
			return -1;
		}
	}
	return 0;
}
