#include "phases/runtime/program.h"

#include <string.h>

#include "api/cri.h"
#include "base/proc.h"
#include "base/str.h"
#include "phases/cni/config.h"
#include "phases/runtime/containerd.h"
#include "phases/runtime/crio.h"
#include "phases/runtime/runtime.h"
#include "phases/runtime/toml.h"

#define ASK_S 20

static int call(const struct fs *fs, const char *name, const char *first, const char *second,
		struct proc_result *result, struct err *err)
{
	const bool here = fs_is_host(fs);
	const char *program = str_eq(name, "cri-o") ? "/usr/bin/crio" : "/usr/bin/containerd";
	const char *const argv[] = { "chroot", fs_root(fs), here ? program + strlen("/usr/bin/") : program,
				     first, second, NULL };

	return proc_call(&(struct proc){ .argv = argv + (here ? 2 : 0), .timeout_s = ASK_S }, result,
			 err);
}

static void last_words(const struct proc_result *result, const char *name, struct err *err)
{
	const char *words = result->err;
	size_t len = strlen(words);

	while (len > 0 && words[len - 1] == '\n')
		len--;
	err_set(err, ERR_CONFIG, "%s: %.*s", name, len > 400 ? 400 : (int)len,
		len > 400 ? words + len - 400 : words);
}

char *runtime_program_version(const struct fs *fs, const char *name, struct err *err)
{
	AUTO(proc_result) struct proc_result result = { 0 };
	char *word, *save = NULL;

	if (call(fs, name, "--version", NULL, &result, err) < 0)
		return NULL;
	/* "containerd PACKAGE VERSION REVISION" and "crio version VERSION": the third word. */
	word = strtok_r(result.out, " \n", &save);
	for (int i = 0; word && i < 2; i++)
		word = strtok_r(NULL, " \n", &save);
	if (result.status == 0 && word)
		return xstrdup(word);
	last_words(&result, name, err);
	return NULL;
}

int runtime_program_check(const struct fs *fs, const char *name, const char *bin_dir,
			  struct err *err)
{
	const bool crio = str_eq(name, "cri-o");
	AUTO(proc_result) struct proc_result result = { 0 };
	AUTO(json) json_t *dirs = json_array();
	AUTO(free) char *text = NULL;

	if (call(fs, name, "config", crio ? NULL : "dump", &result, err) < 0)
		return err->code == ERR_TIMEOUT ? -1 : 0;
	if (result.status != 0) {
		last_words(&result, name, err);
		if (result.status > 124) /* chroot(1) could not start it */
			return 0;
		err_wrap(err, "%s does not take its settings", name);
		return err_next(err, "set %s there by hand, then run this again", bin_dir);
	}
	if ((crio ? crio_told : containerd_told)(result.out, dirs, err) < 0)
		return -1;
	if (json_has(dirs, bin_dir))
		return 1;
	/* Docker's packages of containerd turn it off. */
	if (!crio && json_array_size(dirs) == 0) {
		err_set(err, ERR_CONFIG, "%s has its CRI plugin turned off", name);
		return err_next(err, CRI_TURN_ON);
	}
	text = toml_list(dirs);
	err_set(err, ERR_CONFIG,
		"%s looks for CNI plugins in %s and not in %s: another of its files sets that", name,
		text, bin_dir);
	return err_next(err, crio ? "crio config" : "containerd config dump");
}
