/* scanner/rules/address.h - IP addresses: text, CIDR sets, and which ones a survey may contact.
 *
 * Only globally reachable unicast addresses are contacted: everything in the IANA special-purpose registries
 * (RFC 6890 and its updates) that is not global is refused, also when it hides inside an IPv4-mapped
 * (::ffff:0:0/96), 6to4 (2002::/16), NAT64 (64:ff9b::/96) or Teredo address. --allow-reserved lifts the rule
 * for a lab's ranges.
 */
#ifndef STSURVEY_SCANNER_RULES_ADDRESS_H
#define STSURVEY_SCANNER_RULES_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "parsers/observation.h"
#include "parsers/span.h"

enum { ADDRESS_TEXT_MAX = 46 }; /* octets with NUL, INET6_ADDRSTRLEN */

/* An IPv4 or IPv6 address without brackets, port or zone. False for anything else. */
bool address_parse(struct span text, struct obs_address *address);
void address_text(const struct obs_address *address, char text[ADDRESS_TEXT_MAX]);
socklen_t address_sockaddr(const struct obs_address *address, uint16_t port, struct sockaddr_storage *out);

/* Put @address in the order a client tries them (RFC 8305 4): the families in turn, IPv6 first. At most
 * OBS_ADDRESS_MAX. */
void address_interleave(struct obs_address *address, size_t count);

/* "ip", "ip:port", "[v6]:port"; @port is left alone where the text has none. */
bool address_parse_endpoint(struct span text, struct obs_address *address, uint16_t *port);

/* A set of networks; grows while loading, read-only (and so thread-safe) afterwards. */
struct cidr_set;
struct cidr_set *cidr_set_new(void);
void cidr_set_free(struct cidr_set *set);

/* Add "net/len" or a bare address. 0; -1 no memory; -2 not a network. */
int cidr_set_add(struct cidr_set *set, struct span text);

/* Add every line of a file (comments with #). 0, or -1 with one line for the user in @error (file, line,
 * remedy). */
int cidr_set_load(struct cidr_set *set, const char *path, char *error, size_t error_size);
bool cidr_set_has(const struct cidr_set *set, const struct obs_address *address);

/* Is it global unicast? Looks inside embedding forms. */
bool address_is_global(const struct obs_address *address);

/* 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct obs_address *address);

enum address_verdict { ADDRESS_ALLOWED, ADDRESS_RESERVED, ADDRESS_BLOCKLISTED };

/* The one question asked before any packet leaves for @address. A blocklist wins over @allow, also where it
 * names the IPv4 address inside an embedding form. Sets may be NULL. */
enum address_verdict address_check(const struct obs_address *address, const struct cidr_set *allow,
				   const struct cidr_set *block);

/* Domains and everything below them. */
struct domain_set;
struct domain_set *domain_set_new(void);
void domain_set_free(struct domain_set *set);

/* Add a name in A-labels, any case, no trailing dot. 0; -1 no memory. */
int domain_set_add(struct domain_set *set, struct span name);

/* Add every line of a file: names, U-labels too, comments with #. 0, or -1 with one line for the user in
 * @error. */
int domain_set_load(struct domain_set *set, const char *path, char *error, size_t error_size);
bool domain_set_has(const struct domain_set *set, struct span name); /* @name or an ancestor is listed */

#endif
