/* SPDX-License-Identifier: BSD-2-Clause */
/* NATS's keys: base32 of a prefix, the key and a CRC-16, without padding. A seed has two octets of prefix: that it is
 * one, and of what kind; the public key one. libnats signs with the seed, but wants to be told the public key. */
#include "scanner/bus/bus_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
	KEY_OCTETS = 32, /* Ed25519 */
	CRC_OCTETS = 2,
	SEED_OCTETS = 2 + KEY_OCTETS + CRC_OCTETS,
	PUBLIC_OCTETS = 1 + KEY_OCTETS + CRC_OCTETS,
	SEED_TEXT = 58,        /* SEED_OCTETS in base32 */
	PREFIX_SEED = 18 << 3, /* 'S' */
	PREFIX_USER = 20 << 3, /* 'U' */
	LINE_MAX_OCTETS = 256
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM. */
static unsigned crc_of(const unsigned char *octet, size_t n)
{
	unsigned crc = 0;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned)octet[i] << 8;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	return crc;
}

static bool decode(const char *text, unsigned char octet[static SEED_OCTETS])
{
	unsigned bits = 0, waiting = 0;
	size_t n = 0;

	for (size_t i = 0; i < SEED_TEXT; i++) {
		const char *place = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!place)
			return false;
		waiting = (waiting << 5 | (unsigned)(place - alphabet)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			octet[n++] = (unsigned char)(waiting >> bits & 0xff);
		}
	}
	return n == SEED_OCTETS &&
	       crc_of(octet, SEED_OCTETS - CRC_OCTETS) == (octet[n - 2] | (unsigned)octet[n - 1] << 8);
}

static void encode(const unsigned char octet[static PUBLIC_OCTETS], char text[static BUS_NKEY_MAX])
{
	unsigned bits = 0, waiting = 0;
	size_t n = 0;

	for (size_t i = 0; i < PUBLIC_OCTETS; i++) {
		waiting = (waiting << 8 | octet[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			text[n++] = alphabet[waiting >> (bits - 5) & 31];
	}
	text[n] = '\0'; /* 35 octets are 56 digits, nothing left over */
}

/* Of a user? */
static bool is_user_seed(const unsigned char octet[static SEED_OCTETS])
{
	return (octet[0] & 0xf8) == PREFIX_SEED && ((octet[0] & 7) << 5 | (octet[1] & 0xf8) >> 3) == PREFIX_USER;
}

static bool derive(const unsigned char *seed, unsigned char key[static KEY_OCTETS])
{
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_OCTETS);
	size_t n = KEY_OCTETS;
	bool is_well = pair && EVP_PKEY_get_raw_public_key(pair, key, &n) == 1 && n == KEY_OCTETS;

	EVP_PKEY_free(pair);
	return is_well;
}

/* The first line that is one; libnats skips the others, too. */
static bool find_seed(FILE *file, char seed[static LINE_MAX_OCTETS])
{
	while (fgets(seed, LINE_MAX_OCTETS, file)) {
		if (seed[0] == 'S' && strcspn(seed, "\r\n") == SEED_TEXT) {
			seed[SEED_TEXT] = '\0';
			return true;
		}
	}
	return false;
}

int bus_nkey_public(const char *path, char key[static BUS_NKEY_MAX], struct error *error)
{
	unsigned char octet[SEED_OCTETS], public[PUBLIC_OCTETS] = { PREFIX_USER };
	char seed[LINE_MAX_OCTETS];
	FILE *file = fopen(path, "re");
	int result = 0;
	unsigned crc;

	if (!file)
		return error_set(error, "--nkey %s: %s", path, strerror(errno));
	if (!find_seed(file, seed) || !decode(seed, octet) || !is_user_seed(octet))
		result = error_set(error,
				   "--nkey %s: no seed of a user; expected a line that begins with SU, as "
				   "`nk -gen user` writes it",
				   path);
	else if (!derive(octet + 2, public + 1))
		result = error_set(error, "--nkey %s: no memory", path);
	fclose(file);
	OPENSSL_cleanse(seed, sizeof(seed));
	OPENSSL_cleanse(octet, sizeof(octet));
	if (result != 0)
		return result;
	crc = crc_of(public, PUBLIC_OCTETS - CRC_OCTETS);
	public[PUBLIC_OCTETS - 2] = crc & 0xff;
	public[PUBLIC_OCTETS - 1] = crc >> 8 & 0xff;
	encode(public, key);
	return 0;
}
