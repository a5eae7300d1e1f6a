#include "config/flags.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

static bool is_secret(const struct flag *flag)
{
	if (strcmp(flag->name, "token") == 0)
		return true;
	return flag->at != FLAG_NO_MEMBER && member_at(flag->at)->type == MEMBER_SECRET;
}

static const struct flag *find(enum config_for kind, const char *name, size_t len)
{
	for (const struct flag *flag = flags; flag->name; flag++)
		if ((flag->commands & kind) && strlen(flag->name) == len &&
		    memcmp(flag->name, name, len) == 0)
			return flag;
	return NULL;
}

static const struct flag *find_letter(enum config_for kind, char letter)
{
	for (const struct flag *flag = flags; flag->name; flag++)
		if ((flag->commands & kind) && flag->letter == letter)
			return flag;
	return NULL;
}

/* The copy is ours; what ps and /proc show from now on is not the secret. */
static char *take_secret(char *text)
{
	char *copy = xstrdup(text);

	memset(text, 'x', strlen(text));
	return copy;
}

static void add(struct argv_read *read, const struct flag *flag, char *text)
{
	read->given = xrealloc(read->given, read->len + 1, sizeof(*read->given));
	read->given[read->len++] = (struct given){ flag, text };
}

static void unknown(enum config_for kind, const char *name, size_t len, struct faults *faults)
{
	AUTO(free) char *word = xstrndup(name, len);
	AUTO(free) char *quoted = NULL;
	const char *names[FLAGS_MAX];
	const char *near;
	size_t n = 0;

	for (const struct flag *flag = flags; flag->name; flag++) {
		if ((flag->commands & kind) && !(flag->traits & FLAG_HIDDEN) && n + 1 < FLAGS_MAX)
			names[n++] = flag->name;
		if (strcmp(flag->name, word) == 0) {
			faults_add(faults, "--%s is a flag of other commands, not of this one",
				   word);
			return;
		}
	}
	names[n] = NULL;
	near = str_nearest(word, names);
	quoted = faults_quote(word);
	if (near)
		faults_add(faults, "unknown flag --%.*s: did you mean --%s?",
			   (int)strlen(quoted) - 2, quoted + 1, near);
	else
		faults_add(faults, "unknown flag --%.*s", (int)strlen(quoted) - 2, quoted + 1);
}

/* One "--name", "--name=value" or "--name value"; returns how many of argv it took. */
static int long_flag(enum config_for kind, char **argv, int left, struct argv_read *ret,
		     struct faults *faults)
{
	char *name = argv[0] + 2, *value = strchr(name, '=');
	size_t len = value ? (size_t)(value - name) : strlen(name);
	const struct flag *flag = find(kind, name, len);
	int took = 1;

	value = value ? value + 1 : NULL;
	if (!flag) {
		unknown(kind, name, len, faults);
		/* Whatever was meant, it may have been a secret. */
		if (value && check_is_token(value, true))
			memset(value, 'x', strlen(value));
		return took;
	}
	if (strcmp(flag->name, "help") == 0) {
		ret->help = true;
		return took;
	}
	if (!value && (!flag->arg || flag->traits & FLAG_ALONE)) {
		add(ret, flag, xstrdup(flag->arg ? member_at(flag->at)->def : "true"));
		return took;
	}
	if (!value) {
		if (left < 2) {
			faults_add(faults, "--%s needs a value: %s", flag->name, flag->arg);
			return took;
		}
		value = argv[1];
		took = 2;
	}
	add(ret, flag, is_secret(flag) ? take_secret(value) : xstrdup(value));
	return took;
}

/* -h, -f, -v, -vv, -v5, -v=5 and kubeadm's "-v 5"; -o json, -ojson, -o=json. */
static int short_flag(enum config_for kind, char **argv, int left, struct argv_read *ret,
		      struct faults *faults)
{
	const struct flag *flag = find_letter(kind, argv[0][1]);
	const char *rest = argv[0] + 2;

	if (!flag) {
		faults_add(faults, "unknown flag -%c",
			   isprint((unsigned char)argv[0][1]) ? argv[0][1] : '?');
		return 1;
	}
	if (!flag->arg && !*rest) {
		if (flag->letter == 'h')
			ret->help = true;
		else
			add(ret, flag, xstrdup("true"));
		return 1;
	}
	if (flag->letter == 'v' && strspn(rest, "v") == strlen(rest)) {
		bool number = left > 1 && !*rest && *argv[1] &&
			      strspn(argv[1], "0123456789") == strlen(argv[1]);

		add(ret, flag, number ? xstrdup(argv[1]) : xasprintf("%zu", strlen(rest) + 1));
		return number ? 2 : 1;
	}
	if (!*rest && left < 2)
		faults_add(faults, "-%c needs a value: %s", flag->letter, flag->arg);
	if (!*rest && left < 2)
		return 1;
	add(ret, flag, xstrdup(*rest ? rest + (*rest == '=') : argv[1]));
	return *rest ? 1 : 2;
}

/* What is no flag. Of the token command's arguments all that might be meant as tokens are taken. */
static void argument(enum config_for kind, char *text, int n, struct argv_read *ret,
		     struct faults *faults)
{
	bool taken = kind == CONFIG_TOKEN && strchr(text, '.');

	if (!taken && check_is_token(text, true)) {
		memset(text, 'x', strlen(text));
		faults_add(faults, "argument %d is a token: it stands as --token=TOKEN", n);
	} else if (json_array_append_new(ret->args, json_string(text)) < 0) {
		faults_add(faults, "argument %d is not UTF-8", n);
	}
	if (taken)
		memset(text, 'x', strlen(text));
}

void flags_read(enum config_for kind, int argc, char **argv, struct argv_read *ret,
		struct faults *faults)
{
	bool only_args = false;
	int n = 0;

	*ret = (struct argv_read){ .args = json_array() };
	for (int i = 0; i < argc;) {
		if (only_args || argv[i][0] != '-' || !argv[i][1]) {
			argument(kind, argv[i], ++n, ret, faults);
			i++;
		} else if (strcmp(argv[i], "--") == 0) {
			only_args = true;
			i++;
		} else if (argv[i][1] == '-') {
			i += long_flag(kind, argv + i, argc - i, ret, faults);
		} else {
			i += short_flag(kind, argv + i, argc - i, ret, faults);
		}
	}
}

void argv_read_clear(struct argv_read *read)
{
	for (size_t i = 0; i < read->len; i++)
		secret_free(read->given[i].text);
	free(read->given);
	json_decref(read->args);
	*read = (struct argv_read){ 0 };
}

const char *flags_text(const struct argv_read *read, const char *name)
{
	for (size_t i = read->len; i-- > 0;)
		if (strcmp(read->given[i].flag->name, name) == 0)
			return read->given[i].text;
	return NULL;
}

/* A flag's second value adds to its first, but its first replaces the file's and the default;
 * except for the checks to ignore, of which kubeadm takes the flag's and the file's. */
static bool adds(const struct argv_read *read, size_t i)
{
	if (read->given[i].flag->at == offsetof(struct config, ignore_preflight))
		return true;
	for (size_t j = 0; j < i; j++)
		if (read->given[j].flag->at == read->given[i].flag->at)
			return true;
	return false;
}

void flags_check_mix(const struct argv_read *read, struct faults *faults)
{
	for (size_t i = 0; i < read->len; i++)
		if (!(read->given[i].flag->traits & (FLAG_WITH_FILE | FLAG_OURS)))
			faults_add(faults,
				   "--%s cannot stand beside --config: put it into the file",
				   read->given[i].flag->name);
}

void flags_apply(const struct argv_read *read, struct config *config, struct origins *origins,
		 struct faults *faults)
{
	for (size_t i = 0; i < read->len; i++) {
		const struct flag *flag = read->given[i].flag;
		const char *text = read->given[i].text;
		struct err err = ERR_INIT;

		if (flag->at == FLAG_NO_MEMBER)
			continue;
		if (is_secret(flag) && !*text)
			member_at(flag->at)->check(&(char *){ read->given[i].text }, &err);
		else
			member_set_text(config, member_at(flag->at), text, adds(read, i), &err);
		if (err.code != ERR_NONE)
			faults_add(faults, "--%s: %s", flag->name, err.msg);
		else
			origins_set(origins, flag->at, xasprintf("--%s", flag->name));
	}
}
