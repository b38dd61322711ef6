/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mkcert.c - the lab's certificate mint.
 *
 * Reads orders from standard input, one a line, fields separated by tabs, and carries them out in order;
 * hundreds of certificates take a fraction of a second because everything happens in one process.
 *
 *   key   NAME ec|rsa512|rsa2048
 *   cert  NAME key=K issuer=CERT|self [issuer-key=K] from=SECONDS to=SECONDS [cn=TEXT]
 *         [san=dns:A,dns:B,ip:…,mail:…,uri:…] [ca=1] [pathlen=N] [eku=client] [md=sha1]
 *         [permit=DOMAIN] [critical=1] [badsig=1]
 *   pem   FILE CERT,CERT,… [KEY]
 *
 * from and to are relative to now. In a SAN value, %00 is a NUL octet. Exit 1 with one line on stderr at the first
 * mistake.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum {
	ITEMS_MAX = 4096, /* keys and certificates of one run; the world needs a few hundred */
	FIELDS_MAX = 24,  /* of one order; there are 14 kinds */
};

struct item {
	char *name;
	EVP_PKEY *key; /* either */
	X509 *cert;    /* or */
};

struct order {
	char *field[FIELDS_MAX];
	int count;
};

static struct item items[ITEMS_MAX];
static int item_count;
static long serial = 1000;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("mkcert: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void *need(void *made, const char *what)
{
	if (!made)
		die("OpenSSL could not make %s", what);
	return made;
}

static struct item *find(const char *name, bool key)
{
	for (int i = item_count - 1; i >= 0; i--)
		if (strcmp(items[i].name, name) == 0 && !items[i].key == !key)
			return &items[i];
	die("no %s called %s", key ? "key" : "certificate", name);
}

static struct item *add(const char *name)
{
	if (item_count == ITEMS_MAX)
		die("more than %d items", ITEMS_MAX);
	items[item_count].name = need(strdup(name), "a name");
	return &items[item_count++];
}

/* The value of field @name=, or NULL. */
static const char *get(const struct order *order, const char *name)
{
	size_t len = strlen(name);

	for (int i = 2; i < order->count; i++)
		if (strncmp(order->field[i], name, len) == 0 && order->field[i][len] == '=')
			return order->field[i] + len + 1;
	return NULL;
}

static long get_number(const struct order *order, const char *name, long fallback)
{
	const char *value = get(order, name);

	return value ? atol(value) : fallback;
}

static void make_key(const struct order *order)
{
	const char *type = order->count > 2 ? order->field[2] : "ec";
	EVP_PKEY *key;

	if (strncmp(type, "rsa", 3) == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atol(type + 3));
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	add(order->field[1])->key = need(key, "a key");
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = need(X509V3_EXT_conf_nid(NULL, &context, nid, value), value);
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
}

/* %00 → NUL; returns the length. */
static int unescape(char *text)
{
	char *out = text;

	for (char *in = text; *in; in++) {
		if (strncmp(in, "%00", 3) == 0) {
			*out++ = '\0';
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return (int)(out - text);
}

static GENERAL_NAME *san_entry(char *entry)
{
	GENERAL_NAME *name = need(GENERAL_NAME_new(), "a SAN");
	char *value = strchr(entry, ':');
	ASN1_IA5STRING *text;
	int kind = *entry == 'm' ? GEN_EMAIL : *entry == 'u' ? GEN_URI : GEN_DNS;

	if (!value)
		die("SAN %s has no kind", entry);
	*value++ = '\0';
	if (strcmp(entry, "ip") == 0) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, need(a2i_IPADDRESS(value), value));
		return name;
	}
	text = need(ASN1_IA5STRING_new(), "a SAN");
	ASN1_STRING_set(text, value, unescape(value));
	GENERAL_NAME_set0_value(name, kind, text);
	return name;
}

static void add_san(X509 *cert, const char *list)
{
	GENERAL_NAMES *names = need(sk_GENERAL_NAME_new_null(), "a SAN");
	char *copy = need(strdup(list), "a SAN"), *rest = copy, *entry;

	while ((entry = strsep(&rest, ",")))
		sk_GENERAL_NAME_push(names, san_entry(entry));
	X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0);
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
	free(copy);
}

/* A critical extension nobody knows: whoever verifies must refuse. */
static void add_unknown_critical(X509 *cert)
{
	ASN1_OCTET_STRING *value = need(ASN1_OCTET_STRING_new(), "an extension");
	ASN1_OBJECT *object = need(OBJ_txt2obj("1.3.6.1.4.1.32473.1", 1), "an object");
	X509_EXTENSION *extension;

	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2);
	extension = need(X509_EXTENSION_create_by_OBJ(NULL, object, 1, value), "an extension");
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
}

static void add_extensions(X509 *cert, X509 *issuer, const struct order *order)
{
	char text[300];
	const char *value;

	if (get(order, "ca")) {
		if ((value = get(order, "pathlen")))
			snprintf(text, sizeof(text), "critical,CA:TRUE,pathlen:%s", value);
		else
			snprintf(text, sizeof(text), "critical,CA:TRUE");
		add_extension(cert, issuer, NID_basic_constraints, text);
		add_extension(cert, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
	} else {
		add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE");
		add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature");
		value = get(order, "eku");
		add_extension(cert, issuer, NID_ext_key_usage,
			      value && strcmp(value, "client") == 0 ? "clientAuth" : "serverAuth");
	}
	add_extension(cert, issuer, NID_subject_key_identifier, "hash");
	if ((value = get(order, "permit"))) {
		snprintf(text, sizeof(text), "critical,permitted;DNS:%s", value);
		add_extension(cert, issuer, NID_name_constraints, text);
	}
	if ((value = get(order, "san")) && *value)
		add_san(cert, value);
	if (get(order, "critical"))
		add_unknown_critical(cert);
	if (issuer != cert)
		add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always");
}

/* Flip a bit of the signature. */
static X509 *spoil(X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	const unsigned char *at = der;

	if (len <= 0)
		die("could not encode a certificate");
	der[len - 1] ^= 1;
	X509_free(cert);
	cert = need(d2i_X509(NULL, &at, len), "a spoilt certificate");
	OPENSSL_free(der);
	return cert;
}

static void make_cert(const struct order *order)
{
	const char *issuer_name = get(order, "issuer"), *key_name = get(order, "key"), *cn = get(order, "cn");
	const char *signer_name = get(order, "issuer-key"), *md = get(order, "md");
	bool self = !issuer_name || strcmp(issuer_name, "self") == 0;
	X509 *cert = need(X509_new(), "a certificate"), *issuer = self ? cert : find(issuer_name, false)->cert;
	EVP_PKEY *key = find(key_name ? key_name : "leaf", true)->key;
	EVP_PKEY *signer = self && !signer_name ? key : find(signer_name ? signer_name : issuer_name, true)->key;
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	if (cn)
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	X509_gmtime_adj(X509_getm_notBefore(cert), get_number(order, "from", -86400));
	X509_gmtime_adj(X509_getm_notAfter(cert), get_number(order, "to", 90 * 86400L));
	X509_set_pubkey(cert, key);
	add_extensions(cert, issuer, order);
	if (X509_sign(cert, signer, md && strcmp(md, "sha1") == 0 ? EVP_sha1() : EVP_sha256()) <= 0)
		die("could not sign %s", order->field[1]);
	if (get(order, "badsig"))
		cert = spoil(cert);
	add(order->field[1])->cert = cert;
}

static void write_pem(const struct order *order)
{
	FILE *file = fopen(order->field[1], "w");
	char *rest = order->count > 2 ? order->field[2] : NULL, *name;

	if (!file)
		die("%s: cannot be written", order->field[1]);
	while ((name = strsep(&rest, ",")))
		if (*name && !PEM_write_X509(file, find(name, false)->cert))
			die("%s: writing failed", order->field[1]);
	if (order->count > 3 &&
	    !PEM_write_PrivateKey(file, find(order->field[3], true)->key, NULL, NULL, 0, NULL, NULL))
		die("%s: writing failed", order->field[1]);
	if (fclose(file) != 0)
		die("%s: writing failed", order->field[1]);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		struct order order = { .count = 0 };
		char *rest = line;

		line[strcspn(line, "\n")] = '\0';
		while (order.count < FIELDS_MAX && (order.field[order.count] = strsep(&rest, "\t")))
			order.count++;
		if (order.count < 2)
			continue;
		if (strcmp(order.field[0], "key") == 0)
			make_key(&order);
		else if (strcmp(order.field[0], "cert") == 0)
			make_cert(&order);
		else if (strcmp(order.field[0], "pem") == 0)
			write_pem(&order);
		else
			die("what is %s?", order.field[0]);
	}
	free(line);
	for (int i = 0; i < item_count; i++) {
		free(items[i].name);
		EVP_PKEY_free(items[i].key);
		X509_free(items[i].cert);
	}
	return 0;
}
