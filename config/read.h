/* kubeadm's configuration files: documents of YAML or JSON into config. */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "config/config.h"
#include "config/faults.h"
#include "config/origins.h"

#define READ_MAX (1 << 20)

/* What a file's documents are put into. A file may have init's and join's kinds at once, which set
 * the same members: each gets a config of its own. All are the caller's. */
struct reading {
	struct config *init, *join;
	struct origins *init_origins, *join_origins;
	json_t *kinds; /* {kind: "kubeadm.k8s.io/v1beta4"} of the documents there were */
};

/* Reads every document of text[0..len). Faults are added with "name:line:column: "; a text that is
 * no YAML has one. Borrows all but ret->kinds, which the caller frees. */
void read_documents(const char *text, size_t len, const char *name, struct reading *ret,
		    struct faults *faults);

#endif
