#include "analysis/stats_directory.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/stats_tables.h"

struct pass {
	struct stats stats;
	struct table misconfigured;
};

static bool on_domain(void *arg, const struct observation *observation, const struct classification *result)
{
	struct pass *pass = arg;

	stats_add(&pass->stats, observation, result);
	if (classification_misconfigured(result))
		stats_misconfigured_row(&pass->misconfigured.csv, observation, result);
	return !text_failed(&pass->misconfigured.file.text);
}

static int make_directory(const char *directory, struct error *error)
{
	struct stat status;

	if (mkdir(directory, 0777) == 0)
		return 0;
	if (errno == EEXIST && stat(directory, &status) == 0 && !S_ISDIR(status.st_mode))
		errno = ENOTDIR;
	if (errno == EEXIST)
		return 0;
	return error_set(error, "%s: cannot be used as the folder for the tables: %s; choose another with -d",
			 directory, strerror(errno));
}

static int write_all(struct pass *pass, struct scan_files *files, const char *directory, struct error *error)
{
	struct error late;
	bool done;

	if (scan_files_differ(files, NULL, error) < 0 || make_directory(directory, error) < 0 ||
	    table_open(&pass->misconfigured, directory, "misconfigured", STATS_MISCONFIGURED_COLUMNS, error) < 0)
		return -1;
	done = scan_files_read(files, on_domain, pass, error) == 0 && scan_files_expect_domains(files, error) == 0;
	if (table_close(&pass->misconfigured, done, &late) < 0) {
		*error = late;
		return -1;
	}
	return done ? stats_tables_write(&pass->stats, directory, error) : -1;
}

int stats_directory_write(struct scan_files *files, const char *directory, struct error *error)
{
	struct pass pass; /* some 20 KiB */
	int result;

	stats_init(&pass.stats);
	result = write_all(&pass, files, directory, error);
	stats_fini(&pass.stats);
	return result;
}
