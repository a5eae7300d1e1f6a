/* Preflight: the host's layout, whether what is executed may be, and what the next boot changes. */
#include "phases/preflight/preflight.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/str.h"
#include "phases/cni/cni.h"

#define TABLE_MAX 4096

static enum layout_place place(const struct layout *layout, const char *path)
{
	if (path_within(path, "/opt"))
		return layout->opt;
	if (path_within(path, "/usr/local"))
		return layout->usr_local;
	if (path_within(path, "/usr"))
		return layout->usr_read_only ? PLACE_IMAGE : PLACE_WRITABLE;
	return path_within(path, "/run") ? PLACE_TRANSIENT : PLACE_UNKNOWN;
}

/* What becomes of a file at that path; NULL where the layout has no word for it. /opt and
 * /usr/local are what they were found to be; of another place it is that where its links lead. */
static const char *nature(const struct run *run, const char *path)
{
	const struct layout *layout = &run->layout;
	enum layout_place is = place(layout, path);
	AUTO(free) char *real = NULL;

	if (is != PLACE_UNKNOWN)
		return layout_place_text(is);
	real = fs_real_above(run->fs, path);
	if (real[1]) /* else nothing of it is there yet */
		path = real;
	if (!run->offline && layout_flags(run->fs, path) & ST_RDONLY)
		return layout_place_text(PLACE_IMAGE);
	if (path_within(path, "/var"))
		return "writable; upgrades and rollbacks leave it alone";
	if (path_within(path, "/etc"))
		return layout->ostree ? "writable; merged in an upgrade, goes back in a rollback" :
					layout_place_text(PLACE_WRITABLE);
	return layout_place_text(place(layout, path));
}

static const char *next_boot(const struct layout *layout)
{
	if (layout->staged)
		return layout->locked ? "as now: the staged deployment is locked"
				      : "a staged deployment, with /etc as it is at shutdown";
	return layout->moves ? "another deployment, whose /etc is made already" : "as now";
}

static void add(struct buf *table, const char *name, const char *value, const char *means)
{
	(void)buf_addf(table, "%-16s %s%s%s\n", name, value, *value && means ? ": " : "",
		       means ? means : "");
}

static void add_path(struct buf *table, const struct run *run, const char *name, const char *path)
{
	if (path)
		add(table, name, path, nature(run, path));
}

char *preflight_layout_text(const struct run *run)
{
	const struct layout *layout = &run->layout;
	const struct config *config = run->config;
	const char *volumes = run->cluster->volume_plugin_dir;
	AUTO(buf) struct buf table = BUF_INIT(TABLE_MAX);

	add(&table, "layout", layout->ostree ? "ostree" : "no ostree",
	    layout->sysext ? "system extensions are merged" : NULL);
	add(&table, "/usr", "", nature(run, "/usr"));
	add(&table, "/opt", "", nature(run, "/opt"));
	add(&table, "/usr/local", "", nature(run, "/usr/local"));
	add_path(&table, run, "CNI plugins", config->cni_bin_dir);
	add_path(&table, run, "image's plugins", cni_plugin_source(run));
	add_path(&table, run, "volume plugins", volumes ? volumes : PREFLIGHT_VOLUMES);
	add_path(&table, run, "Kubernetes", config->kubernetes_dir);
	add_path(&table, run, "kubelet", config->kubelet_dir);
	add_path(&table, run, "certificates", config->certificates_dir);
	add_path(&table, run, "etcd", config->etcd_data_dir);
	add(&table, "SELinux", layout_selinux_text(layout->selinux), NULL);
	add(&table, "next boot", next_boot(layout), NULL);
	return xstrdup(table.data);
}

static void executable(struct preflight *preflight, const struct run *run, const char *path,
		       const char *whose, bool fails)
{
	AUTO(free) char *fix = NULL;

	if (!(layout_flags(run->fs, path) & ST_NOEXEC))
		return;
	fix = xasprintf("mount -o remount,exec \"$(findmnt -no TARGET -T %s)\", and take noexec "
			"out of /etc/fstab or its mount unit",
			path);
	(fails ? preflight_fail : preflight_warn)(preflight, "NoExec", fix,
						  "%s, %s, is mounted noexec", path, whose);
}

static void next_deployment(struct preflight *preflight, const struct layout *layout)
{
	if (layout->busy)
		preflight_warn(
			preflight, "DeploymentBusy",
			"wait until it is done: ostree admin status, rpm-ostree status",
			"somebody is changing the host's deployments (ostree's lock is held)");
	/* A staged one gets its /etc from this one later; this one has had it. */
	if (layout->moves && !layout->staged)
		preflight_fail(
			preflight, "DeploymentPending", "systemctl reboot first",
			"the next boot is into another deployment, whose /etc was made when it "
			"was deployed: what is written to /etc now would not be in it");
	if (!layout->staged)
		return;
	preflight_warn(
		preflight, "DeploymentStaged",
		layout->locked ? "ostree admin lock-finalization --unlock lets it"
			       : "systemctl reboot first, to set up the host as it will be",
		layout->locked
			? "a deployment is staged, but locked: the next boot will not take it"
			: "a deployment is staged: the next boot takes it, and /etc as it is "
			  "merged at shutdown, so the kubelet may be another one then");
}

void preflight_layout(struct preflight *preflight, struct run *run)
{
	const struct config *config = run->config;
	AUTO(free) char *bridge = xasprintf("%s/bridge", config->cni_bin_dir);

	if (!fs_exists(run->fs, bridge))
		preflight_writable(preflight, run, config->cni_bin_dir, "for CNI plugins",
				   "leave out --cni-bin-dir, or give it a path below /var");
	executable(preflight, run, config->cni_bin_dir, "where the runtime starts CNI plugins",
		   true);
	executable(preflight, run, config->kubelet_dir, "where pods have their volumes", false);
	executable(preflight, run, "/run", "where runtimes keep what they start", false);
	if (place(&run->layout, config->cni_bin_dir) == PLACE_TRANSIENT)
		preflight_warn(preflight, "CNITransient",
			       "leave out --cni-bin-dir, or give it a path below /var",
			       "%s, for CNI plugins, is empty again after the next boot",
			       config->cni_bin_dir);
	next_deployment(preflight, &run->layout);
}
