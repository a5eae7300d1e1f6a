#include "phases/ostree/boot.h"

#include <string.h>

#include "base/journal.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/cni/plugins.h"
#include "phases/ostree/image.h"
#include "phases/ostree/kept.h"
#include "phases/ostree/skew.h"
#include "phases/service.h"
#include "pki/cert.h"

#define LOCK_S	 30
#define RELOAD_S 60
#define UNITS	 "/etc/systemd/system/"
#define WANTS	 UNITS "multi-user.target.wants/"
#define ETCD	 "/manifests/etcd.yaml"
#define REPLACED STATE_DIR "/etcd.yaml.replaced"
#define UNITS_MAX 16

struct boot {
	struct run *run;
	struct kept kept;
	unsigned mended, stay;
	bool units; /* systemd has to read its files anew */
};

enum verdict {
	RIGHT,	 /* as recorded */
	OLD,	 /* an earlier version of it */
	ANOTHER, /* none that we know */
};

static enum verdict judge(const struct run *run, const char *path, const json_t *want)
{
	AUTO(kept_state) json_t *now = kept_look(run->fs, path);
	const char *sum = now ? json_str(now, "sum") : KEPT_ABSENT;

	/* What the record cannot hold, a directory for one, is not ours. */
	if (!now && fs_is_named(run->fs, path))
		return ANOTHER;
	if (str_eq(sum, json_str(want, "sum")))
		return json_equal(json_object_get(now, "mode"), json_object_get(want, "mode")) ?
			       RIGHT :
			       OLD;
	return !now || json_has(json_object_get(want, "was"), sum) ? OLD : ANOTHER;
}

/* etcd refuses data that a newer minor version has written, and from 3.6 says little of it
 * (CHANGELOG-3.6: etcdutl migrate): an older one is never what is wanted. */
static bool older_etcd(struct boot *boot, const char *path, const json_t *want)
{
	AUTO(kept_state) json_t *now = str_ends(path, ETCD) ? kept_look(boot->run->fs, path) : NULL;
	struct semver has_it, wants;

	if (!now || !skew_image(json_str(now, "text"), &has_it) || !skew_image(json_str(want, "text"), &wants) ||
	    semver_cmp(&has_it, &wants) >= 0)
		return false;
	tree_text(boot->run->tree, REPLACED, 0600, json_str(now, "text"));
	log_warn("%s names etcd %d.%d.%d, but %d.%d.%d has written the data: it gives way, and is "
		 "kept as " REPLACED,
		 path, has_it.major, has_it.minor, has_it.patch, wants.major, wants.minor,
		 wants.patch);
	return true;
}

static bool has_ended(const struct run *run, const char *path, const json_t *want)
{
	const char *text = json_str(want, "text");
	AUTO(x509) X509 *cert = NULL;
	struct err ignored = ERR_INIT;

	return text && str_ends(path, ".crt") &&
	       cert_from_pem(text, strlen(text), path, &cert, &ignored) == 0 &&
	       cert_not_after(cert) < run->now;
}

static int other_ca(const char *path, struct err *err)
{
	err_set(err, ERR_CRYPTO,
		"/etc was rolled back, and %s is neither the CA that kstrap has recorded nor an "
		"earlier one: nothing was put back",
		path);
	return err_next(err, "put the cluster's CA there and run: kstrap boot; or, if that one is right, "
			     "move " KEPT_PATH " away first");
}

/* {path: verdict}, of what is not as it is to be. Errors: ERR_CRYPTO. */
static int judge_all(struct boot *boot, json_t *verdicts, struct err *err)
{
	const char *path;
	json_t *want;

	json_object_foreach (json_object_get(boot->kept.record, "files"), path, want) {
		enum verdict verdict = judge(boot->run, path, want);

		if (verdict == ANOTHER && str_ends(path, "ca.crt"))
			return other_ca(path, err);
		if (verdict == OLD && fs_is_named(boot->run->fs, path) &&
		    has_ended(boot->run, path, want)) {
			log_warn("%s: the one that is kept has ended as well; renew it: kstrap certs "
				 "renew all",
				 path);
			verdict = ANOTHER;
		}
		if (verdict == ANOTHER && older_etcd(boot, path, want))
			verdict = OLD;
		if (verdict != RIGHT)
			json_object_set_new(verdicts, path, json_integer(verdict));
	}
	return 0;
}

/* A key is put back with its certificate or not at all. */
static bool partner_stays(const json_t *verdicts, const char *path)
{
	static const char *const kinds[] = { ".crt", ".key", ".pub" };
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; i < 3 && dot; i++) {
		AUTO(free) char *other = xasprintf("%.*s%s", (int)(dot - path), path, kinds[i]);

		if (json_integer_value(json_object_get(verdicts, other)) == ANOTHER)
			return true;
	}
	return false;
}

static void put_back(struct boot *boot, const char *path, const json_t *want)
{
	const json_t *made = run_made(boot->run, path);
	const char *phase = json_str(made, "phase"), *text = json_str(want, "text");
	struct tree *tree = boot->run->tree;

	tree_set_phase(tree, phase ? phase : "boot");
	if (text)
		tree_file(tree, path, (mode_t)json_integer_value(json_object_get(want, "mode")), text,
			  strlen(text), ENTRY_SECRET | (made ? 0 : ENTRY_FOREIGN), NULL);
	else if (json_str(want, "link"))
		tree_link(tree, path, json_str(want, "link"));
	else
		tree_absent(tree, path);
}

static int mend(struct boot *boot, struct err *err)
{
	AUTO(json) json_t *verdicts = json_object();
	AUTO(free) char *count = xasprintf("%lld\n", (long long)boot->kept.generation);
	const json_t *files = json_object_get(boot->kept.record, "files");
	const char *path;
	json_t *verdict;

	if (judge_all(boot, verdicts, err) < 0)
		return -1;
	json_object_foreach (verdicts, path, verdict) {
		if (json_integer_value(verdict) == OLD && !partner_stays(verdicts, path)) {
			put_back(boot, path, json_object_get(files, path));
			continue;
		}
		log_warn("%s stays as it is: kstrap did not write it so, or not its pair", path);
		boot->stay++;
	}
	tree_set_phase(boot->run->tree, "boot");
	tree_text(boot->run->tree, KEPT_WITNESS, 0644, count);
	return 0;
}

/* As long as the image has what was copied, the copy is that, or another's work, which is not ours
 * to renew. A copy out of an archive has no source in the image. */
static void renew_copy(struct boot *boot, struct image *known, const char *path, const char *source)
{
	struct run *run = boot->run;
	const char *const names[] = { path_name(path), NULL };
	const json_t *made = run_made(run, path);
	AUTO(tree) struct tree *image = tree_new();
	AUTO(json) json_t *answer = NULL;
	AUTO(free) char *from = path_dir(source);
	AUTO(free) char *to = path_dir(path);
	const struct entry *plugin;
	struct err err = ERR_INIT;
	bool ours = false;
	char sum[65];

	if (!str_eq(path_name(source), *names) || !made ||
	    plugins_list(run->fs, from, names, to, image, &err) < 0)
		return;
	plugin = tree_entry(image, 0);
	if (image_sum(known, source, plugin->fd, sum, &err) < 0 ||
	    str_eq(sum, json_str(made, "sha256")) ||
	    journal_same(run->fs, path, made, &ours, &err) < 0 || !ours)
		return;
	if (plugin_ask(plugin, &answer, &err) == 0)
		tree_copy(run->tree, path, 0755, plugin->fd, source);
	else
		log_warn("%s stays as it is: %s", path, err.msg);
}

static void renew_copies(struct boot *boot)
{
	struct image image;
	const char *path;
	json_t *source;

	tree_set_phase(boot->run->tree, "cni/plugins");
	image_open(boot->run->fs, !boot->run->offline, &image);
	json_object_foreach (json_object_get(boot->kept.record, "copies"), path, source)
		if (*json_string_value(source) == '/')
			renew_copy(boot, &image, path, json_string_value(source));
	image_keep(&image, boot->run->tree);
	image_clear(&image);
}

static void told(void *arg, const struct entry *e, const char *what)
{
	struct boot *boot = arg;

	if (str_starts(e->path, STATE_DIR "/") || str_eq(e->path, KEPT_WITNESS))
		return;
	boot->mended++;
	boot->units |= str_starts(e->path, UNITS);
	if (e->kind == ENTRY_COPY)
		log_say("renewed %s out of %s", e->path, e->data);
	else
		log_say("mended %s: %s", e->path,
			str_eq(what, "create") ? "it was gone" :
			str_eq(what, "change") ? "an earlier version was back" :
						 "it had been taken away, and was back");
}

/* A unit that the boot did not know of is started after this, as its Before= says. */
static int start_units(const struct boot *boot, struct err *err)
{
	static const char *const reload[] = { "systemctl", "daemon-reload", NULL };
	const char *start[UNITS_MAX + 4] = { "systemctl", "start", "--no-block" };
	size_t n = 3;
	const char *path;
	json_t *want;

	json_object_foreach (json_object_get(boot->kept.record, "files"), path, want)
		if (str_starts(path, WANTS) && json_str(want, "link") && n < UNITS_MAX)
			start[n++] = path + strlen(WANTS);
	if (proc_run(&(struct proc){ .argv = reload, .timeout_s = RELOAD_S }, err) < 0 ||
	    (n > 3 && proc_run(&(struct proc){ .argv = start, .timeout_s = RELOAD_S }, err) < 0))
		return err_next(err, "systemctl daemon-reload, then systemctl start kubelet");
	return 0;
}

static int put(struct boot *boot, struct err *err)
{
	struct run *run = boot->run;
	const int rc = commit_tree(run->commit, run->tree, told, boot, NULL, err);

	tree_free(run->tree);
	run->tree = tree_new();
	return rc;
}

static int work(struct boot *boot, struct err *err)
{
	struct run *run = boot->run;
	AUTO(free) char *kubelet = kubelet_path(run, "config.yaml");
	AUTO(free) char *status = NULL;
	bool old;

	if (kept_open(run->fs, &boot->kept, err) < 0)
		return -1;
	if (!boot->kept.generation && boot->kept.here && !fs_exists(run->fs, kubelet)) {
		log_warn("/etc has files that kstrap made, /var has none: they are an image's (kinit or "
			 "kjoin goes on from there), or of before a reset (kinit or kjoin begins anew)");
		return 0;
	}
	old = boot->kept.here < boot->kept.generation;
	if ((old ? mend(boot, err) < 0 : kept_note(run, err) < 0) || put(boot, err) < 0 ||
	    (boot->units && !run->offline && start_units(boot, err) < 0))
		return -1;
	/* Megabytes, for which the disk may have no room: /etc does not wait for them. */
	renew_copies(boot);
	if (put(boot, err) < 0)
		return -1;
	status = xasprintf("STATUS=%s: %u files mended, %u stay",
			   old ? "/etc was rolled back" : "/etc is up to date", boot->mended,
			   boot->stay);
	log_say("%s", status + strlen("STATUS="));
	service_notify(status);
	return 0;
}

int boot_run(struct config *config, struct err *err)
{
	AUTO(run) struct run *run = NULL;
	struct boot boot = { .run = NULL };
	AUTO(free) char *status = NULL;
	int rc;

	if (run_open_files(config, &run, err) < 0 ||
	    commit_open(run->fs, LOCK_S, &run->commit, err) < 0)
		return -1;
	boot.run = run;
	rc = work(&boot, err);
	kept_clear(&boot.kept);
	if (rc == 0)
		return 0;
	status = xasprintf("STATUS=%s", err->msg);
	service_notify(status);
	return -1;
}
