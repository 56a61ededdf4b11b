/* version.c: see version.h. Versions are asked of the libraries, not of their headers: a
 * report of a fault is about what ran. */
#include "daemon/control/version.h"

#include <brotli/encode.h>
#include <curl/curl.h>
#include <ev.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <utf8proc.h>
#include <yaml.h>
#include <zlib.h>

#include "feeds/base/buf.h"

#ifdef HAVE_LIBPQ
#include <libpq-fe.h>
#endif

void version_describe(struct buf *out)
{
	const struct scmp_version *seccomp = seccomp_version();
	unsigned brotli = BrotliEncoderVersion();
	long xml = strtol(xmlParserVersion, NULL, 10); /* 20914 */

	buf_add_str(out, "gazetted " GAZETTED_VERSION "\n");
	buf_printf(out,
		"libxml2 %ld.%ld.%ld, libcurl %s, OpenSSL %s, SQLite %s, libev %d.%d, ",
		xml / 10000, xml / 100 % 100, xml % 100,
		curl_version_info(CURLVERSION_NOW)->version,
		OpenSSL_version(OPENSSL_VERSION_STRING), sqlite3_libversion(),
		ev_version_major(), ev_version_minor());
	buf_printf(out,
		"libyaml %s, jansson %s, zlib %s, brotli %u.%u.%u, utf8proc %s, "
		"libseccomp %u.%u.%u\n",
		yaml_get_version_string(), jansson_version_str(), zlibVersion(),
		brotli >> 24, brotli >> 12 & 0xfff, brotli & 0xfff, utf8proc_version(),
		seccomp->major, seccomp->minor, seccomp->micro);
#ifdef HAVE_LIBPQ
	buf_printf(out, "stores: SQLite; PostgreSQL by libpq %d.%d\n", PQlibVersion() / 10000,
		PQlibVersion() % 10000);
#else
	buf_add_str(out, "stores: SQLite (built without libpq)\n");
#endif
}
