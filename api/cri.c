/* Field numbers are those of k8s.io/cri-api's api.proto, the same in v1 and v1alpha2. */
#include "api/cri.h"

#include "api/grpc.h"
#include "api/guard.h"
#include "api/pb.h"

#include <string.h>

#define MAX_QUESTION   (64u << 10)
#define MAX_ANSWER     (16u << 20)
#define MAX_CONTAINERS 2000

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

static struct pb over(const struct buf *buf)
{
	return pb_over(buf->data, buf->len);
}

/* Text from the runtime; a string that is not UTF-8 becomes "". */
static void set_text(json_t *obj, const char *key, const struct pb_field *field)
{
	AUTO(free) char *text = pb_string(field);
	json_t *value = json_string(text);

	json_object_set_new(obj, key, value ? value : json_string(""));
}

/* One entry of a map<string, string>: key is field 1, value field 2. */
static bool map_entry(const struct pb_field *entry, char **ret_key, char **ret_value)
{
	AUTO(free) char *key = xstrdup("");
	AUTO(free) char *value = xstrdup("");
	struct pb pb = entry->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		char **target = field.number == 1 ? &key : field.number == 2 ? &value : NULL;

		if (!target)
			continue;
		free(*target);
		*target = pb_string(&field);
	}
	if (rc < 0)
		return false;
	*ret_key = TAKE(key);
	*ret_value = TAKE(value);
	return true;
}

/* VersionResponse: runtime_name = 2, runtime_version = 3. */
static int read_version(const struct cri *cri, const struct buf *answer, json_t **ret,
			struct err *err)
{
	AUTO(json) json_t *out = xjson_pack("{s:s, s:s, s:s}", "name", "", "version", "", "api",
					    cri->version);
	struct pb pb = over(answer);
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number == 2)
			set_text(out, "name", &field);
		else if (field.number == 3)
			set_text(out, "version", &field);
	}
	if (rc < 0)
		return malformed(cri, "Version", err);
	*ret = TAKE(out);
	return 0;
}

static int get_version(struct cri *cri, json_t **ret, int *ret_status, struct err *err)
{
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);

	if (ask(cri, "RuntimeService", "Version", &question, &answer, ret_status, err) < 0)
		return -1;
	return read_version(cri, &answer, ret, err);
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
		err_next(err, "turn on the CRI plugin of the container runtime (containerd: "
			      "disabled_plugins in /etc/containerd/config.toml)");
	return -1;
}

void cri_close(struct cri *cri)
{
	if (!cri)
		return;
	http_close(cri->http);
	free(cri);
}

/* RuntimeCondition: type = 1, status = 2. */
static int read_condition(const struct pb_field *condition, json_t *out)
{
	AUTO(free) char *type = xstrdup("");
	bool status = false;
	struct pb pb = condition->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number == 1) {
			free(type);
			type = pb_string(&field);
		} else if (field.number == 2) {
			status = field.value != 0;
		}
	}
	if (str_eq(type, "RuntimeReady"))
		json_object_set_new(out, "runtimeReady", json_boolean(status));
	else if (str_eq(type, "NetworkReady"))
		json_object_set_new(out, "networkReady", json_boolean(status));
	return rc;
}

/* RuntimeStatus: conditions = 1. */
static int read_conditions(const struct pb_field *status, json_t *out)
{
	struct pb pb = status->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0)
		if (field.number == 1 && read_condition(&field, out) < 0)
			return -1;
	return rc;
}

/* The verbose answer's info; "config" is JSON text in containerd and in CRI-O. */
static int read_info(const struct pb_field *entry, json_t *out)
{
	AUTO(free) char *key = NULL;
	AUTO(free) char *value = NULL;
	struct err ignored = ERR_INIT;
	json_t *config;

	if (!map_entry(entry, &key, &value))
		return -1;
	if (str_eq(key, "config") &&
	    guard_json(value, strlen(value), "config", &config, &ignored) == 0)
		json_object_set_new(out, "config", config);
	return 0;
}

/* StatusRequest: verbose = 1. StatusResponse: status = 1, info = 2. */
int cri_status(struct cri *cri, json_t **ret, struct err *err)
{
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	AUTO(json) json_t *out = xjson_pack("{s:b, s:b}", "runtimeReady", 0, "networkReady", 0);
	struct pb pb;
	struct pb_field field;
	int rc;

	pb_put_number(&question, 1, 1);
	if (ask(cri, "RuntimeService", "Status", &question, &answer, NULL, err) < 0)
		return -1;
	pb = over(&answer);
	while ((rc = pb_next(&pb, &field)) > 0)
		if ((field.number == 1 && read_conditions(&field, out) < 0) ||
		    (field.number == 2 && read_info(&field, out) < 0))
			return malformed(cri, "Status", err);
	if (rc < 0)
		return malformed(cri, "Status", err);
	*ret = TAKE(out);
	return 0;
}

/* RuntimeConfigResponse: linux = 1; in it cgroup_driver = 1, where SYSTEMD is 0 and so left out. */
bool cri_read_cgroup_driver(const void *answer, size_t len, const char **ret)
{
	struct pb pb = pb_over(answer, len), linux_part;
	struct pb_field field;
	int rc;

	*ret = NULL;
	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number != 1)
			continue;
		*ret = "systemd";
		linux_part = field.bytes;
		while ((rc = pb_next(&linux_part, &field)) > 0)
			if (field.number == 1)
				*ret = field.value == 0 ? "systemd" :
				       field.value == 1 ? "cgroupfs" :
							  NULL;
		if (rc < 0)
			return false;
	}
	return rc == 0;
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

/* ImageStatusResponse: image = 1, absent when there is no such image. */
int cri_has_image(struct cri *cri, const char *image, bool *ret, struct err *err)
{
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	bool found = false;
	struct pb pb;
	struct pb_field field;
	int rc;

	if (ask_image(cri, "ImageStatus", image, &answer, err) < 0)
		return -1;
	pb = over(&answer);
	while ((rc = pb_next(&pb, &field)) > 0)
		found = found || (field.number == 1 && field.is_bytes);
	if (rc < 0)
		return malformed(cri, "ImageStatus", err);
	*ret = found;
	return 0;
}

int cri_pull(struct cri *cri, const char *image, struct err *err)
{
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);

	return ask_image(cri, "PullImage", image, &answer, err);
}

/* ContainerMetadata: name = 1, attempt = 2. */
static int read_metadata(const struct pb_field *metadata, json_t *out)
{
	struct pb pb = metadata->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number == 1)
			set_text(out, "name", &field);
		else if (field.number == 2)
			json_object_set_new(out, "attempt", json_integer((json_int_t)field.value));
	}
	return rc;
}

static const char *state_name(uint64_t state)
{
	static const char *const names[] = { "created", "running", "exited", "unknown" };

	return names[state < 4 ? state : 3];
}

static int read_label(const struct pb_field *entry, json_t *out)
{
	AUTO(free) char *key = NULL;
	AUTO(free) char *value = NULL;

	if (!map_entry(entry, &key, &value))
		return -1;
	if (str_eq(key, "io.kubernetes.pod.name"))
		json_put_str(out, "pod", value);
	else if (str_eq(key, "io.kubernetes.pod.namespace"))
		json_put_str(out, "namespace", value);
	return 0;
}

/* Container: id = 1, metadata = 3, state = 6, created_at = 7, labels = 8. */
static int read_container(const struct pb_field *container, json_t *out)
{
	struct pb pb = container->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number == 1)
			set_text(out, "id", &field);
		else if (field.number == 3 && read_metadata(&field, out) < 0)
			return -1;
		else if (field.number == 6)
			json_put_str(out, "state", state_name(field.value));
		else if (field.number == 7)
			json_object_set_new(out, "createdAt",
					    json_integer((json_int_t)field.value));
		else if (field.number == 8 && read_label(&field, out) < 0)
			return -1;
	}
	return rc;
}

/* ContainerStatus: exit_code = 7, log_path = 15. */
static int read_details(const struct pb_field *status, json_t *out)
{
	struct pb pb = status->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number == 7)
			json_object_set_new(out, "exitCode",
					    json_integer((json_int_t)(int32_t)field.value));
		else if (field.number == 15)
			set_text(out, "logPath", &field);
	}
	return rc;
}

/* ContainerStatusRequest: container_id = 1; the response's status is field 1. A container that went
 * meanwhile keeps what the list said. */
static int add_details(struct cri *cri, json_t *container, struct err *err)
{
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	const char *id = json_str(container, "id");
	struct err first = ERR_INIT;
	int status = GRPC_OK;
	struct pb pb;
	struct pb_field field;
	int rc;

	pb_put_string(&question, 1, id ? id : "");
	if (ask(cri, "RuntimeService", "ContainerStatus", &question, &answer, &status, &first) < 0) {
		if (status == GRPC_NOT_FOUND)
			return 0;
		*err = first;
		return -1;
	}
	pb = over(&answer);
	while ((rc = pb_next(&pb, &field)) > 0)
		if (field.number == 1 && read_details(&field, container) < 0)
			return malformed(cri, "ContainerStatus", err);
	return rc < 0 ? malformed(cri, "ContainerStatus", err) : 0;
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
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	AUTO(json) json_t *out = json_array();
	struct pb pb;
	struct pb_field field;
	int rc;

	put_namespace_filter(&question);
	if (ask(cri, "RuntimeService", "ListContainers", &question, &answer, NULL, err) < 0)
		return -1;
	pb = over(&answer);
	while ((rc = pb_next(&pb, &field)) > 0 && json_array_size(out) < MAX_CONTAINERS) {
		AUTO(json) json_t *one = xjson_pack("{s:s, s:s, s:s, s:s, s:i}", "id", "", "name",
						    "", "pod", "", "state", "created", "attempt", 0);

		if (field.number != 1) /* Container */
			continue;
		if (read_container(&field, one) < 0)
			return malformed(cri, "ListContainers", err);
		if (add_details(cri, one, err) < 0)
			return -1;
		insert_by_age(out, one);
	}
	if (rc < 0)
		return malformed(cri, "ListContainers", err);
	*ret = TAKE(out);
	return 0;
}

/* PodSandbox: id = 1, created_at = 4, labels = 5. */
static int read_sandbox(const struct pb_field *sandbox, json_t *out)
{
	struct pb pb = sandbox->bytes;
	struct pb_field field;
	int rc;

	while ((rc = pb_next(&pb, &field)) > 0) {
		if (field.number == 1)
			set_text(out, "id", &field);
		else if (field.number == 4)
			json_object_set_new(out, "createdAt",
					    json_integer((json_int_t)field.value));
		else if (field.number == 5 && read_label(&field, out) < 0)
			return -1;
	}
	return rc;
}

/* ListPodSandboxResponse: items = 1. The labels are those that every kubelet sets. */
int cri_pods(struct cri *cri, json_t **ret, struct err *err)
{
	AUTO(buf) struct buf question = BUF_INIT(MAX_QUESTION);
	AUTO(buf) struct buf answer = BUF_INIT(MAX_ANSWER);
	AUTO(json) json_t *out = json_array();
	struct pb pb;
	struct pb_field field;
	int rc;

	if (ask(cri, "RuntimeService", "ListPodSandbox", &question, &answer, NULL, err) < 0)
		return -1;
	pb = over(&answer);
	while ((rc = pb_next(&pb, &field)) > 0 && json_array_size(out) < MAX_CONTAINERS) {
		AUTO(json) json_t *one = json_object();

		if (field.number != 1)
			continue;
		if (read_sandbox(&field, one) < 0)
			return malformed(cri, "ListPodSandbox", err);
		if (json_str(one, "id") && json_str(one, "pod") && json_str(one, "namespace"))
			insert_by_age(out, one);
	}
	if (rc < 0)
		return malformed(cri, "ListPodSandbox", err);
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
