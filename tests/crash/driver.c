/* driver ROOT VERSION few|many: commits one version of a small tree; VERSION "recover" only opens
 * the state directory, which finishes or takes back what a killed run left. */
#include "base/commit.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static void add(struct tree *tree, const char *path, const char *version, unsigned flags,
		const char *unit)
{
	AUTO(free) char *text = xasprintf("%s of %s", version, path);

	tree_file(tree, path, 0600, text, strlen(text), flags, unit);
}

static void fill(struct tree *tree, const char *version, bool many)
{
	const bool first = strcmp(version, "v1") == 0;

	tree_set_phase(tree, version);
	add(tree, "/etc/pki/ca.crt", version, 0, "ca");
	add(tree, "/etc/pki/ca.key", version, ENTRY_SECRET, "ca");
	add(tree, "/etc/shared", version, ENTRY_SHARED, NULL);
	tree_link(tree, "/etc/link", version);
	for (int i = 0; many && i < 8; i++) {
		AUTO(free) char *path = xasprintf("/etc/many/%d", i);

		add(tree, path, version, 0, "many");
	}
	if (first) {
		add(tree, "/etc/going", version, 0, NULL);
	} else {
		tree_absent(tree, "/etc/going");
		add(tree, "/etc/coming/deep/a", version, 0, "coming");
		add(tree, "/etc/coming/deep/b", version, 0, "coming");
	}
}

int main(int argc, char **argv)
{
	AUTO(fs) struct fs *fs = NULL;
	AUTO(commit) struct commit *commit = NULL;
	AUTO(tree) struct tree *tree = tree_new();
	struct err err = ERR_INIT;

	if (argc != 4)
		return 2;
	if (fs_open(argv[1], &fs, &err) < 0 || commit_open(fs, 0, &commit, &err) < 0)
		goto failed;
	if (strcmp(argv[2], "recover") == 0)
		return 0;
	fill(tree, argv[2], strcmp(argv[3], "many") == 0);
	if (commit_tree(commit, tree, NULL, NULL, NULL, &err) == 0)
		return 0;
failed:
	(void)fprintf(stderr, "%s\n", err.msg);
	return err_exit_status(err.code);
}
