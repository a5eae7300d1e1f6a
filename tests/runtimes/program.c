/* Stands in for a runtime's program of a version that no package has: tells its version, and prints as
 * its settings what the test's own reader made of the files. Static, as it starts in an empty root. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	FILE *f = fopen(argc > 1 && strcmp(argv[1], "--version") == 0 ? "/tmp/version" : "/tmp/dump", "r");
	int c;

	if (!f)
		return 1;
	while ((c = fgetc(f)) != EOF)
		putchar(c);
	return 0;
}
