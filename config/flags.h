/* Flags: one table that parsing, --help and suggestions read. */
#ifndef CONFIG_FLAGS_H
#define CONFIG_FLAGS_H

#include "config/config.h"
#include "config/faults.h"
#include "config/member.h"
#include "config/origins.h"

#include <stdbool.h>

#define FLAGS_MAX      128 /* rows; a test counts them */
#define FLAG_NO_MEMBER ((unsigned short)-1)

enum flag_traits {
	FLAG_WITH_FILE = 1 << 0, /* may stand beside --config, and wins over the file */
	FLAG_OURS = 1 << 1,      /* kubeadm has no such flag; may stand beside --config too */
	FLAG_HIDDEN = 1 << 2,    /* a former name of another row; not in --help */
	FLAG_ALONE = 1 << 3,     /* may stand without its value, which is the default then */
	FLAG_PATH = 1 << 4,      /* a path of this host: config/paths.h */
};

struct flag {
	const char *name;
	char letter;             /* 0: none */
	unsigned short at;       /* of struct config, or FLAG_NO_MEMBER */
	unsigned short commands; /* enum config_for */
	unsigned short traits;
	const char *arg; /* placeholder in --help; NULL: a boolean */
};
extern const struct flag
	flags[]; /* sorted by name within kubeadm's and ours; ends with a NULL name */

/* The section of flags.txt with the flag's help; the caller frees. */
char *flag_section(const struct flag *flag);

/* What argv had, in order. */
struct given {
	const struct flag *flag;
	char *text;
};
struct argv_read {
	struct given *given;
	size_t len;
	json_t *args; /* what is no flag */
	bool help;
};
void argv_read_clear(struct argv_read *read);
static inline void auto_argv_read_(struct argv_read *read)
{
	argv_read_clear(read);
}

/* Sorts argv into flags and arguments. Secrets are copied and overwritten in argv, also when a
 * fault is found. Adds unknown flags and missing values to `faults`. */
void flags_read(enum config_for kind, int argc, char **argv, struct argv_read *ret,
		struct faults *faults);
/* The last text given for `name`, or NULL. Borrows. */
const char *flags_text(const struct argv_read *read, const char *name);
/* With a file, adds to `faults` the flags that may not stand beside one, as kubeadm does. */
void flags_check_mix(const struct argv_read *read, struct faults *faults);
/* Puts what was given into config; a fault names its flag. */
void flags_apply(const struct argv_read *read, struct config *config, struct origins *origins,
		 struct faults *faults);

#endif
