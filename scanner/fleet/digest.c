/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "output/text.h"

enum { DIGEST_READ = 64 * 1024 }; /* octets at a time */

struct digest {
	EVP_MD_CTX *context;
	bool failed;
};

struct digest *digest_new(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return NULL;
	digest->context = EVP_MD_CTX_new();
	digest->failed = !digest->context || EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1;
	return digest;
}

void digest_add(struct digest *digest, struct span octets)
{
	if (octets.n > 0 && !digest->failed)
		digest->failed = EVP_DigestUpdate(digest->context, octets.p, octets.n) != 1;
}

bool digest_end(struct digest *digest, char hex[static JOB_HASH_TEXT])
{
	unsigned char octet[EVP_MAX_MD_SIZE] = { 0 };
	unsigned n = 0;
	bool is_well = digest && !digest->failed && EVP_DigestFinal_ex(digest->context, octet, &n) == 1 &&
		       n == JOB_HASH_OCTETS;

	text_hex_to(hex, octet, is_well ? n : 0);
	if (digest)
		EVP_MD_CTX_free(digest->context);
	free(digest);
	return is_well;
}

bool digest_of(struct span octets, char hex[static JOB_HASH_TEXT])
{
	struct digest *digest = digest_new();

	if (digest)
		digest_add(digest, octets);
	return digest_end(digest, hex);
}

int digest_of_file(int fd, const char *name, char hex[static JOB_HASH_TEXT], struct error *error)
{
	struct digest *digest = digest_new();
	char *room = malloc(DIGEST_READ);
	ssize_t n = digest && room ? 1 : 0;
	int number = n ? 0 : ENOMEM;

	while (number == 0 && n != 0) {
		n = read(fd, room, DIGEST_READ);
		if (n > 0)
			digest_add(digest, (struct span){ room, (size_t)n });
		else if (n < 0 && errno != EINTR)
			number = errno;
	}
	free(room);
	if (!digest_end(digest, hex) && number == 0)
		number = ENOMEM;
	return number == 0 ? 0 : error_set(error, "%s: %s", name, strerror(number));
}
