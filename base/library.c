#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

int library_open(const char *soname, const struct library_name *names, void *to, struct err *err)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	for (; library && names->name; names++) {
		void *found = dlsym(library, names->name);

		if (!found)
			break;
		memcpy((char *)to + names->at, &found, sizeof(found));
	}
	if (library && !names->name)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "%s%s%s", soname, library ? " has no " : " is not there",
		       library ? names->name : "");
}
