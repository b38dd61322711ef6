/* SPDX-License-Identifier: BSD-2-Clause */
/* stsurvey - survey scanner for MTA-STS and TLSRPT: the process around scanner/program.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scanner/options/exit_status.h"
#include "scanner/program.h"

/* A standard descriptor that came closed would be the next file's: messages would stand in a scan file. In its place
 * comes one that fails in the same way, EBADF. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FATAL);
}

#ifdef STSURVEY_COVERAGE /* which the compiler's own code writes at the end, into the build folder */
enum { IS_PROCESS = 0 };
#else
enum { IS_PROCESS = 1 };
#endif

int main(int argc, char **argv)
{
	int status;

	fill_standard_descriptors();
	/* A reader that goes away is an error to report, not a way to die. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file that reached `ulimit -f`. */
	signal(SIGXFSZ, SIG_IGN);
	status = program_run(argc, argv, IS_PROCESS);
	if (status == EXIT_COMPLETE && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "stsurvey: standard output: %s\n", strerror(errno));
		status = EXIT_FATAL;
	}
	return status;
}
