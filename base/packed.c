#include "base/packed.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* next_in only reads */
#include <zlib.h>

#define FILES_MAX 64
#define GZIP      (15 + 16) /* a window of 32 KiB, and gzip's header and trailer */

/* What is wrong here is wrong with the program itself. */
static void bug(void)
{
	fputs("kstrap: bug: the files compiled in cannot be unpacked\n", stderr);
	abort();
}

/* The last four bytes are the length, the lowest first (RFC 1952, 2.3.1). */
static size_t unpacked_len(void)
{
	const unsigned char *end = packed_data + packed_data_len;

	return end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
}

static char *unpack(void)
{
	size_t len = unpacked_len();
	char *text = xcalloc(1, len + 1);
	z_stream stream = { .next_in = packed_data,
			    .avail_in = (uInt)packed_data_len,
			    .next_out = (unsigned char *)text,
			    .avail_out = (uInt)len };

	if (inflateInit2(&stream, GZIP) != Z_OK || inflate(&stream, Z_FINISH) != Z_STREAM_END ||
	    stream.total_out != len)
		bug();
	inflateEnd(&stream);
	return text;
}

const struct packed *packed_files(void)
{
	static struct packed files[FILES_MAX + 1];
	static char *text;
	size_t n = 0;

	if (text)
		return files;
	text = unpack();
	for (char *at = text; at && *at == '\1' && n < FILES_MAX; n++) {
		*at++ = '\0'; /* the end of the file before it */
		files[n].name = at;
		at = strchr(at, '\n');
		if (!at)
			bug();
		*at++ = '\0';
		files[n].text = at;
		at = strchr(at, '\1');
	}
	return files;
}

static const char *text_of(const char *name)
{
	for (const struct packed *file = packed_files(); file->name; file++)
		if (strcmp(file->name, name) == 0)
			return file->text;
	return "";
}

char *packed_part(const char *file, const char *section)
{
	AUTO(free) char *heading = xasprintf("\n# %s\n", section);
	const char *at = strstr(text_of(file), heading), *end;

	if (!at)
		return xstrdup("");
	at = strchrnul(at + 1, '\n');
	while (strncmp(at, "\n# ", 3) == 0)
		at = strchrnul(at + 1, '\n');
	end = strstr(at, "\n# ");
	if (!end)
		end = strchr(at, '\0');
	while (at < end && *at == '\n')
		at++;
	while (end > at && end[-1] == '\n')
		end--;
	return xstrndup(at, (size_t)(end - at));
}

char *packed_section(const char *file, const char *section)
{
	char *ret = packed_part(file, section);

	for (char *p = ret; (p = strchr(p, '\n')); p++)
		*p = ' ';
	return ret;
}
