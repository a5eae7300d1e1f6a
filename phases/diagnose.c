#include "phases/diagnose.h"

#include <stdio.h>
#include <fcntl.h>
#include <string.h>

#include "api/cri.h"
#include "base/str.h"
#include "phases/kubelet.h"

static const char *const components[] = { "etcd", "kube-apiserver", "kube-controller-manager",
					  "kube-scheduler", NULL };

#define TAIL_MAX 65536
#define LINES_MAX 8
#define LINE_MAX_LEN 300
#define ASK_S 5

/* Skips "2026-01-01T00:00:00.000Z stderr F ". */
static const char *words_of(const char *line)
{
	const char *at = line;

	for (int i = 0; i < 3; i++) {
		at = strchr(at, ' ');
		if (!at)
			return line;
		at++;
	}
	return at;
}

static bool looks_wrong(const char *words)
{
	static const char *const signs[] = { "rror", "atal", "panic", "invalid", "refused", "denied",
					     "cannot", "unable", "Unable", "ailed", NULL };

	if ((*words == 'E' || *words == 'F') && words[1] >= '0' && words[1] <= '9')
		return true; /* klog */
	for (const char *const *sign = signs; *sign; sign++)
		if (strstr(words, *sign))
			return true;
	return false;
}

static char *read_tail(const struct fs *fs, const char *path)
{
	struct err ignored = ERR_INIT;
	AUTO(fd) int fd = fs_openat(fs, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, &ignored);
	char *data = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	data = xcalloc(1, TAIL_MAX + 1);
	n = pread(fd, data, TAIL_MAX, st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0);
	data[n > 0 ? n : 0] = '\0';
	return data;
}

/* A component that ends often prints how it is used after the error: what looks wrong comes first. */
char *diagnose_log_tail(const struct fs *fs, const char *path, int lines)
{
	AUTO(free) char *data = read_tail(fs, path);
	AUTO(buf) struct buf text = BUF_INIT(4096);
	const char *wrong[LINES_MAX], *last[LINES_MAX];
	size_t n_wrong = 0, n_last = 0, max = (size_t)lines < LINES_MAX ? (size_t)lines : LINES_MAX;
	char *save = NULL;

	for (char *line = data ? strtok_r(data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *words = words_of(line);

		last[n_last++ % max] = words;
		if (looks_wrong(words))
			wrong[n_wrong++ % max] = words;
	}
	for (size_t n = n_wrong ? n_wrong : n_last, i = n > max ? n - max : 0; i < n; i++)
		(void)buf_addf(&text, "\n    %.*s", LINE_MAX_LEN,
			       (n_wrong ? wrong : last)[i % max]);
	return xstrdup(text.data ? text.data : "");
}

static const json_t *newest(const json_t *containers, const char *name)
{
	const json_t *container;
	size_t i;

	json_array_foreach (containers, i, container)
		if (json_str_is(container, "name", name))
			return container;
	return NULL;
}

/* One component's line; true when it is not well. */
static bool tell(const struct run *run, const char *name, const json_t *container,
		 struct buf *text)
{
	AUTO(free) char *tail = NULL;
	const char *state, *log;

	if (!container) {
		(void)buf_addf(text, "\n  %s was not started", name);
		return true;
	}
	state = json_str(container, "state");
	log = json_str(container, "logPath");
	tail = log ? diagnose_log_tail(run->fs, log, 3) : xstrdup("");
	if (str_eq(state, "running")) {
		(void)buf_addf(text, "\n  %s runs (attempt %d)%s", name,
			       (int)json_int(container, "attempt"),
			       str_eq(name, "kube-apiserver") ? tail : "");
		return false;
	}
	(void)buf_addf(text, "\n  %s %s with status %d (attempt %d)%s", name, state,
		       (int)json_int(container, "exitCode"), (int)json_int(container, "attempt"),
		       tail);
	return true;
}

char *diagnose_summary(struct run *run)
{
	AUTO(buf) struct buf text = BUF_INIT(600);
	AUTO(json) json_t *containers = NULL;
	AUTO(cri) struct cri *cri = NULL;
	struct err why = ERR_INIT;

	if (cri_open(run->cluster->cri_socket, ASK_S, &cri, &why) < 0 ||
	    cri_containers(cri, &containers, &why) < 0)
		return xstrdup("the container runtime does not answer");
	for (const char *const *name = components; *name; name++) {
		const json_t *container = newest(containers, *name);
		const char *state = json_str(container, "state");

		if (!container)
			continue;
		(void)buf_addf(&text, "%s%s ", text.len ? ", " : "", *name);
		if (str_eq(state, "exited"))
			(void)buf_addf(&text, "exited with status %d (attempt %d)",
				       (int)json_int(container, "exitCode"),
				       (int)json_int(container, "attempt"));
		else
			(void)buf_addf(&text, "%s", str_eq(state, "running") ? "runs" : "starts");
	}
	return xstrdup(text.data ? text.data : "the kubelet has started no pod yet");
}

char *diagnose_control_plane(struct run *run)
{
	AUTO(buf) struct buf text = BUF_INIT(1700);
	AUTO(json) json_t *containers = NULL;
	AUTO(cri) struct cri *cri = NULL;
	struct err why = ERR_INIT;
	bool any = false;

	if (cri_open(run->cluster->cri_socket, ASK_S, &cri, &why) < 0 ||
	    cri_containers(cri, &containers, &why) < 0)
		(void)buf_addf(&text, "\n  the container runtime does not answer: %.300s", why.msg);
	for (const char *const *name = components; containers && *name; name++) {
		const json_t *container = newest(containers, *name);

		if (str_eq(*name, "etcd") && json_object_size(run->config->etcd_external) > 0)
			continue;
		any = any || container;
		(void)tell(run, *name, container, &text);
	}
	if (!any) {
		AUTO(free) char *words = kubelet_last_words();

		(void)buf_addf(&text, "\n  the kubelet %s; it said:\n    %s",
			       kubelet_healthy() ? "runs" : "does not run",
			       *words ? words : "nothing that looks wrong");
	}
	return xstrdup(text.data ? text.data : "");
}
