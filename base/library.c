#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

#include "base/str.h"

int library_open(const char *soname, const char *names, void *ret, const char *package,
		 struct err *err)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	char *to = ret;

	while (library && *names) {
		const size_t len = strcspn(names, " ");
		AUTO(free) char *name = xstrndup(names, len);
		void *function = dlsym(library, name);

		if (!function)
			break;
		memcpy(to, &function, sizeof(function)); /* POSIX: as wide as an object's pointer */
		to += sizeof(function);
		names += len + strspn(names + len, " ");
	}
	if (library && !*names)
		return 0;
	err_set(err, ERR_NOT_FOUND, "%s cannot be used: %s", soname, dlerror());
	return err_next(err, "install it: %s", package);
}
