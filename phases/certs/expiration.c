/* When which certificate ends, in kubeadm's words and columns. */
#include "phases/certs/certs.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "manifests/manifest.h"
#include "phases/certs/held.h"
#include "phases/init/init.h"

#define COLUMNS  5
#define MINUTE   60L
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define YEAR     (365 * DAY)
#define TEXT_MAX 65536

static json_t *row(const char *name, X509 *cert, bool external, const char *ca, time_t now)
{
	char date[21];
	json_t *ret;

	if (!cert)
		return xjson_pack("{s:s, s:n, s:i, s:b, s:b}", "name", name, "expirationDate",
				  "residualTime", 0, "externallyManaged", 0, "missing", 1);
	clock_rfc3339(cert_not_after(cert), date);
	ret = xjson_pack("{s:s, s:s, s:I, s:b}", "name", name, "expirationDate", date,
			 "residualTime", (json_int_t)(cert_not_after(cert) - now),
			 "externallyManaged", (int)external);
	if (ca)
		json_put_str(ret, "caName", ca);
	json_object_set_new(ret, "missing", json_false());
	return ret;
}

static int add_leaf(struct run *run, const struct certs_item *item, bool only_present, json_t *list,
		    struct err *err)
{
	const struct cert_spec *ca = certs_item_ca(item);
	AUTO(held) struct held held = { .how = HELD_NOT };

	if (held_read(run, item, &held, err) < 0)
		return -1;
	if (held.how != HELD_NOT || !only_present)
		json_array_append_new(list, row(item->name, held.cert, held_external(run, ca),
						ca->name, run->now));
	return 0;
}

static int add_ca(struct run *run, const struct cert_spec *spec, bool only_present, json_t *list,
		  struct err *err)
{
	AUTO(x509) X509 *cert = NULL;

	if (held_ca(run, spec, &cert, NULL, err) < 0)
		return -1;
	if (cert || !only_present)
		json_array_append_new(
			list, row(spec->name, cert, held_external(run, spec), NULL, run->now));
	return 0;
}

static int add_cas(struct run *run, bool only_present, bool etcd, json_t *list, struct err *err)
{
	static const char *const by_name[] = { "ca", "etcd-ca", "front-proxy-ca", NULL };

	for (const char *const *name = by_name; *name; name++) {
		const struct cert_spec *spec = cert_spec_find(*name);

		if ((!spec->etcd || etcd) && add_ca(run, spec, only_present, list, err) < 0)
			return -1;
	}
	return 0;
}

/* What a Kubernetes of this host's version does not have is not missing. */
static bool optional(const struct certs_item *item)
{
	return str_eq(item->name, "super-admin.conf");
}

int certs_expiration(struct run *run, json_t **ret, struct err *err)
{
	AUTO(json) json_t *leaves = json_array();
	AUTO(json) json_t *cas = json_array();
	bool worker = !held_control_plane(run), etcd = held_etcd(run);

	for (const struct certs_item *item = certs_items; item->name; item++) {
		const struct cert_spec *spec = certs_item_cert(item);

		if ((!spec || !spec->etcd || etcd) &&
		    add_leaf(run, item, worker || optional(item), leaves, err) < 0)
			return -1;
	}
	if (add_cas(run, worker, etcd, cas, err) < 0)
		return -1;
	*ret = xjson_pack("{s:s, s:s, s:O, s:O}", "kind", "CertificateExpirationInfo", "apiVersion",
			  "output.kubeadm.k8s.io/v1alpha3", "certificates", leaves,
			  "certificateAuthorities", cas);
	return 0;
}

static char *two(long big, const char *big_unit, long small, const char *small_unit)
{
	return small ? xasprintf("%ld%s%ld%s", big, big_unit, small, small_unit)
		     : xasprintf("%ld%s", big, big_unit);
}

/* Kubernetes' HumanDuration (apimachinery's util/duration). */
static char *human(long s)
{
	if (s < -1)
		return xstrdup("<invalid>");
	if (s < 0)
		return xstrdup("0s");
	if (s < 2 * MINUTE)
		return xasprintf("%lds", s);
	if (s < 10 * MINUTE)
		return two(s / MINUTE, "m", s % MINUTE, "s");
	if (s < 3 * HOUR)
		return xasprintf("%ldm", s / MINUTE);
	if (s < 8 * HOUR)
		return two(s / HOUR, "h", s / MINUTE % 60, "m");
	if (s < 2 * DAY)
		return xasprintf("%ldh", s / HOUR);
	if (s < 8 * DAY)
		return two(s / DAY, "d", s / HOUR % 24, "h");
	if (s < 2 * YEAR)
		return xasprintf("%ldd", s / DAY);
	if (s < 8 * YEAR)
		return two(s / YEAR, "y", s / DAY % 365, "d");
	return xasprintf("%ldy", s / YEAR);
}

/* "Nov 20, 2027 22:20 UTC" */
static char *date_of(const json_t *item)
{
	const char *text = json_str(item, "expirationDate");
	char date[64] = "";
	struct tm tm;
	time_t t;

	if (text && clock_parse_rfc3339(text, &t) == 0)
		(void)strftime(date, sizeof(date), "%b %d, %Y %H:%M UTC", gmtime_r(&t, &tm));
	return xstrdup(date);
}

struct line {
	char *cells[COLUMNS];
};

static struct line line_of(const json_t *item, bool leaf)
{
	const char *name = json_str(item, "name"), *ca = json_str(item, "caName");
	struct line line = { { NULL } };
	size_t n = 0;

	if (json_flag(item, "missing")) {
		line.cells[n++] = xasprintf("!MISSING! %s", name);
		while (n < (leaf ? COLUMNS : COLUMNS - 1))
			line.cells[n++] = xstrdup("");
		return line;
	}
	line.cells[n++] = xstrdup(name);
	line.cells[n++] = date_of(item);
	line.cells[n++] = human((long)json_int(item, "residualTime"));
	if (leaf)
		line.cells[n++] = xstrdup(ca ? ca : "");
	line.cells[n] = xasprintf("%-8s", json_flag(item, "externallyManaged") ? "yes" : "no");
	return line;
}

static struct line heading(bool leaf)
{
	struct line line = { { NULL } };
	size_t n = 0;

	line.cells[n++] = xstrdup(leaf ? "CERTIFICATE" : "CERTIFICATE AUTHORITY");
	line.cells[n++] = xstrdup("EXPIRES");
	line.cells[n++] = xstrdup("RESIDUAL TIME");
	if (leaf)
		line.cells[n++] = xstrdup("CERTIFICATE AUTHORITY");
	line.cells[n] = xstrdup("EXTERNALLY MANAGED");
	return line;
}

/* As Go's tabwriter with cells of at least 10 and 3 blanks between them; the last cell of a line
 * is as long as it is. */
static void add_table(const struct line *lines, size_t len, struct buf *out)
{
	size_t width[COLUMNS] = { 0 };

	for (size_t i = 0; i < len; i++)
		for (size_t c = 0; c < COLUMNS && lines[i].cells[c]; c++) {
			size_t wide = strlen(lines[i].cells[c]) + 3;

			wide = wide < 10 ? 10 : wide;
			width[c] = wide > width[c] ? wide : width[c];
		}
	for (size_t i = 0; i < len; i++) {
		for (size_t c = 0; c < COLUMNS && lines[i].cells[c]; c++) {
			bool last = c + 1 == COLUMNS || !lines[i].cells[c + 1];

			(void)buf_addf(out, "%-*s", last ? 0 : (int)width[c], lines[i].cells[c]);
		}
		(void)buf_addf(out, "\n");
	}
}

static void add_list(const json_t *list, bool leaf, struct buf *out)
{
	size_t n = json_array_size(list);
	struct line *lines = xcalloc(n + 1, sizeof(*lines));

	lines[0] = heading(leaf);
	for (size_t i = 0; i < n; i++)
		lines[i + 1] = line_of(json_array_get(list, i), leaf);
	add_table(lines, n + 1, out);
	for (size_t i = 0; i <= n; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			free(lines[i].cells[c]);
	free(lines);
}

char *certs_expiration_text(const json_t *info)
{
	AUTO(buf) struct buf out = BUF_INIT(TEXT_MAX);

	add_list(json_object_get(info, "certificates"), true, &out);
	(void)buf_addf(&out, "\n");
	add_list(json_object_get(info, "certificateAuthorities"), false, &out);
	return xstrdup(out.data);
}
