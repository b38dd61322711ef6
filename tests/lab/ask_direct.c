/* SPDX-License-Identifier: BSD-2-Clause */
/* ask_direct - what an authoritative server answers, as `scan --direct` judges it.
 *
 *   ask_direct ADDRESS PORT [FOLDER]   of each line "NAME TYPE ZONE" of standard input
 *
 * Prints a line for each: the status where the answer counts, else why not; and what the answer is like. FOLDER: the
 * answers go there, as NAME-TYPE.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "parsers/direct_answer.h"

enum { PATIENCE_S = 10, RECEIVE_MAX = 1536 }; /* seconds; octets, as the scanner takes */

struct question {
	char name[DNS_NAME_TEXT_MAX], type_word[8], zone[DNS_NAME_TEXT_MAX];
	uint16_t type;
};

static int connect_to(const char *address, const char *port)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &peer.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) != 0)
		return -1;
	return fd;
}

static void keep(const char *folder, const struct question *question, const uint8_t *packet, size_t n)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%s", folder, question->name, question->type_word);
	file = fopen(path, "wb");
	if (!file || fwrite(packet, 1, n, file) != n || fclose(file) != 0)
		perror(path);
}

static void tell(const struct question *question, const uint8_t *packet, ssize_t size)
{
	bool cut = size > RECEIVE_MAX;
	enum dns_status status = DNS_SKIPPED;
	enum obs_fall_back why = direct_answer_judge(packet, cut ? RECEIVE_MAX : (size_t)size, cut,
						     span_of(question->name), question->type, span_of(question->zone),
						     &status);

	printf("%s: rcode %u, aa %u, tc %d, answers %u, octets %zd\n",
	       why == FALL_BACK_NONE ? dns_status_names[status] : obs_fall_back_names[why], dns_rcode(packet),
	       packet[2] >> 2 & 1u, dns_is_truncated(packet), (unsigned)(packet[6] << 8 | packet[7]), size);
}

static bool ask(int fd, const struct question *question, const char *folder)
{
	uint8_t query[DNS_QUERY_MAX], packet[RECEIVE_MAX];
	int size = direct_query_write((uint16_t)random(), span_of(question->name), question->type, query);
	ssize_t n;

	if (size < 0 || send(fd, query, (size_t)size, 0) != size)
		return false;
	do
		n = recv(fd, packet, sizeof(packet), MSG_TRUNC);
	while (n >= 2 && memcmp(packet, query, 2) != 0); /* late, of the question before */
	if (n < DNS_HEADER_SIZE) {
		printf("timeout\n");
		return true;
	}
	tell(question, packet, n);
	if (folder)
		keep(folder, question, packet, (size_t)n < sizeof(packet) ? (size_t)n : sizeof(packet));
	return true;
}

int main(int argc, char **argv)
{
	struct question question;
	int fd;

	if (argc < 3 || (fd = connect_to(argv[1], argv[2])) < 0) {
		fprintf(stderr, "usage: ask_direct ADDRESS PORT [FOLDER]\n");
		return 2;
	}
	while (scanf("%254s %7s %254s", question.name, question.type_word, question.zone) == 3) {
		question.type = strcmp(question.type_word, "MX") == 0 ? DNS_TYPE_MX : DNS_TYPE_TXT;
		if (!ask(fd, &question, argv[3])) {
			perror("ask_direct");
			return 1;
		}
	}
	close(fd);
	return 0;
}
