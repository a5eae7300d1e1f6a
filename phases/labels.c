#include "phases/labels.h"

#include "base/label.h"
#include "base/log.h"
#include "base/str.h"

#include <stdint.h>

#define TEXT_MAX 4096

void labels_tell(struct run *run)
{
	AUTO(buf) struct buf paths = BUF_INIT(TEXT_MAX);
	const json_t *journal;
	const char *path;
	json_t *note;

	if (label_how(run->fs) == LABEL_NOT)
		return;
	(void)run_made(run, "/"); /* reads the journal where the lock is not ours */
	journal = run->commit ? commit_journal(run->commit) :
				json_object_get(run->facts, "journal");
	json_object_foreach ((json_t *)(uintptr_t)journal, path, note) {
		AUTO(free) char *label = label_wrong(run->fs, path);

		if (label)
			(void)buf_addf(&paths, " %s", path);
	}
	if (paths.len)
		log_warn("other SELinux labels than the policy's; run: restorecon -v%s", paths.data);
}
