/* Checks of paths and of secrets: values whose text is not judged as a word or a network name. */
#include "config/check.h"
#include "config/faults.h"

#include "base/auto.h"
#include "base/str.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int refuse(struct err *err, const char *value, const char *why)
{
	AUTO(free) char *quoted = faults_quote(value);

	return err_set(err, ERR_CONFIG, "%s %s", quoted, why);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* "/a//b/./" as "/a/b"; false when a component is "..", whose meaning depends on links. */
static bool normal_path(char *path)
{
	char *out = path;

	for (const char *p = path; *p;) {
		size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.')
			return false;
		if (len && !(len == 1 && *p == '.')) {
			*out++ = '/';
			memmove(out, p, len);
			out += len;
		}
		p += len + (p[len] == '/');
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	return true;
}

int check_absolute(char **value, struct err *err)
{
	if (**value != '/')
		return refuse(err, *value, "is no absolute path");
	if (has_control(*value) || strlen(*value) >= PATH_MAX)
		return refuse(err, *value, "is no path: too long, or with control characters");
	if (!normal_path(*value))
		return refuse(err, *value, "has \"..\" in it: name the place itself");
	return 0;
}

static int for_all(struct err *err, const char *value)
{
	return refuse(err, value, "is there for all: name a directory below it");
}

/* hier(7): what is ours gets modes of its own, and is taken away by reset. */
int check_dir(char **value, struct err *err)
{
	static const char shared[][12] = { "/",        "/etc",     "/usr",     "/var",
					   "/var/lib", "/var/opt", "/var/run", "/usr/local" };

	if (check_absolute(value, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (strcmp(*value, shared[i]) == 0)
			return for_all(err, *value);
	return 0;
}

int check_unit_path(char **value, struct err *err)
{
	if (check_dir(value, err) < 0)
		return -1;
	/* What systemd.service(5) would take for syntax. */
	if (strpbrk(*value, " \"'\\%$;"))
		return refuse(err, *value, "cannot stand in a unit file: choose a plain path");
	return 0;
}

/* One that reset takes away with all that is in it. */
int check_own_dir(char **value, struct err *err)
{
	if (check_unit_path(value, err) < 0)
		return -1;
	return strchr(*value + 1, '/') ? 0 : for_all(err, *value);
}

int check_path(char **value, struct err *err)
{
	char cwd[PATH_MAX], *path;

	if (**value == '/')
		return check_absolute(value, err);
	if (!**value)
		return refuse(err, *value, "is no path");
	if (!getcwd(cwd, sizeof(cwd)))
		return err_sys(err, "find the working directory");
	path = xasprintf("%s/%s", cwd, *value);
	free(*value);
	*value = path;
	if (has_control(path) || strlen(path) >= PATH_MAX)
		return refuse(err, path, "is no path: too long, or with control characters");
	return 0;
}

int check_discovery_file(char **value, struct err *err)
{
	static const char file[] = "file://";

	if (str_starts(*value, "https://")) {
		if (has_control(*value) || strchr(*value, ' ') || !(*value)[strlen("https://")])
			return refuse(err, *value, "is no URL");
		return 0;
	}
	if (str_starts(*value, file)) {
		memmove(*value, *value + sizeof(file) - 1, strlen(*value) - sizeof(file) + 2);
		return check_absolute(value, err);
	}
	if (strstr(*value, "://"))
		return refuse(err, *value, "has a scheme other than https or file");
	return check_path(value, err);
}

int check_url(char **value, struct err *err)
{
	const char *host = str_starts(*value, "https://")  ? *value + 8
			   : str_starts(*value, "http://") ? *value + 7
							   : "";

	if (!*host || *host == '/' || has_control(*value) || strchr(*value, ' '))
		return refuse(err, *value, "is no URL: it looks like https://10.0.0.5:2379");
	return 0;
}

int check_cri_socket(char **value, struct err *err)
{
	static const char scheme[] = "unix://";
	const char *path = *value;

	if (str_starts(path, scheme))
		path += sizeof(scheme) - 1;
	if (*path != '/' || has_control(path) || strlen(path) >= PATH_MAX)
		return refuse(err, *value,
			      "is no socket: it looks like "
			      "unix:///run/containerd/containerd.sock");
	return 0;
}

static bool lower_sha256(char *hex)
{
	if (strlen(hex) != 64 || strspn(hex, "0123456789abcdefABCDEF") != 64)
		return false;
	for (; *hex; hex++)
		*hex = (char)tolower((unsigned char)*hex);
	return true;
}

int check_ca_hash(char **value, struct err *err)
{
	static const char prefix[] = "sha256:";

	if (!str_starts(*value, prefix) || !lower_sha256(*value + sizeof(prefix) - 1))
		return refuse(err, *value, "is no CA hash: it is \"sha256:\" and 64 hex digits");
	return 0;
}

int check_sha256(char **value, struct err *err)
{
	return lower_sha256(*value) ? 0 : refuse(err, *value, "is no SHA-256: that is 64 hex digits");
}

/* In the C locale whatever the user's: tokens are ASCII. */
static bool all_of(const char *text, size_t len, const char *set)
{
	return strlen(text) >= len && strspn(text, set) >= len;
}

#define LOWER_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"
#define BASE64URL    LOWER_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

bool check_is_token(const char *text, bool pinned)
{
	if (!all_of(text, 6, LOWER_DIGITS) || text[6] != '.' || !all_of(text + 7, 16, LOWER_DIGITS))
		return false;
	text += 6 + 1 + 16;
	if (!pinned || !*text)
		return !*text;
	return *text == '.' && all_of(text + 1, 43, BASE64URL) && !text[44];
}

/* Which part is wrong helps; the part itself is never shown. */
static int token(const char *text, bool pinned, struct err *err)
{
	AUTO(free) char *malformed = xasprintf("is malformed (%zu characters)", strlen(text));
	const char *why = !*text			   ? "is empty" :
			  strpbrk(text, " \t\r\n\v\f")	   ? "has white space in it" :
			  !pinned && check_is_token(text, true) ? "has a CA pin, which only join takes" :
								  malformed;

	if (check_is_token(text, pinned))
		return 0;
	return err_set(err, ERR_CONFIG,
		       "the token %s: it is id.secret%s: 6 and 16 lower case letters or digits%s", why,
		       pinned ? " or id.secret.pin" : "",
		       pinned ? ", then 43 characters of base64url" : "");
}

int check_token(char **value, struct err *err)
{
	return token(*value, false, err);
}

int check_pinned_token(char **value, struct err *err)
{
	return token(*value, true, err);
}

int check_certificate_key(char **value, struct err *err)
{
	if (strlen(*value) != 64 || strspn(*value, "0123456789abcdefABCDEF") != 64)
		return err_set(err, ERR_CONFIG,
			       "the certificate key is malformed: it is 64 hex digits (32 bytes)");
	return 0;
}

/* RFC 6750 section 2.1, but whatever a server may give out. */
int check_bearer(char **value, struct err *err)
{
	const char *p = *value;

	while (*p > ' ' && *p < 0x7f)
		p++;
	return **value && !*p ? 0 :
				err_set(err, ERR_CONFIG, "the token is empty, or has blanks or other "
							 "characters that no token has");
}

/* RFC 5280 appendix A: ub-common-name and ub-organization-name are 64. */
int check_subject(char **value, struct err *err)
{
	size_t len = 0;

	for (const char *p = *value; *p; p++)
		len += ((unsigned char)*p & 0xc0) != 0x80;
	if (len < 1 || len > 64)
		return refuse(err, *value, "is no name of 1 to 64 characters");
	return has_control(*value) ? refuse(err, *value, "has control characters") : 0;
}
