/* kstrap version. */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/str.h"

int cmd_version(int argc, char **argv, struct err *err)
{
	if (argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		puts("Usage: kstrap version\n\nPrints the version of kstrap.");
		return 0;
	}
	if (argc > 1) {
		err_set(err, ERR_USAGE, "version takes no argument \"%s\"", argv[1]);
		return err_next(err, "kstrap version --help");
	}
	puts("kstrap " PACKAGE_VERSION);
	return 0;
}
