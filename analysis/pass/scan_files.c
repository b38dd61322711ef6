/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/scan_files.h"

#include <string.h>

#include "analysis/pass/scan_pass.h"
#include "output/same_file.h"

static bool is_one_file(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || same_file(file_behind(a, false), file_behind(b, false));
}

int scan_files_check_distinct(const struct scan_files *files, struct error *error)
{
	for (int i = 0; i < files->count; i++)
		for (int k = 0; k < i; k++)
			if (is_one_file(files->path[i], files->path[k]))
				return error_set(error, "%s is given twice: each domain would count twice",
						 files->path[i]);
	return 0;
}

int scan_files_check_output(const struct scan_files *files, const char *output, struct error *error)
{
	for (int i = 0; i < files->count; i++)
		if (is_one_file(files->path[i], output))
			return error_set(error, "%s is a file to be read; choose another output", output);
	return 0;
}

int scan_files_check_domains(const struct scan_files *files, struct error *error)
{
	if (files->domains > 0 || files->hosts > 0)
		return 0;
	return error_set(error, "there is no domain in %s", files->count == 1 ? files->path[0] : "these files");
}

/* ---- one domain after the other ---- */

struct sequence {
	scan_files_on_domain *on_domain;
	void *arg;
};

static bool give_domain(void *state, struct text *output, const struct observation *observation,
			const struct classification *result)
{
	struct sequence *sequence = state;

	(void)output;
	return sequence->on_domain(sequence->arg, observation, result);
}

int scan_files_read(struct scan_files *files, scan_files_on_domain *on_domain, void *arg, struct error *error)
{
	static const struct scan_files_work work = { .on_domain = give_domain };
	struct sequence sequence = { on_domain, arg };
	struct scan_pass pass = { .files = files, .work = &work, .work_arg = &sequence, .arg = arg, .threads = 1 };

	return scan_pass_run(&pass, error);
}

int scan_files_work(struct scan_files *files, const struct scan_files_work *work, void *arg, struct error *error)
{
	struct scan_pass pass = { .files = files,
				  .work = work,
				  .work_arg = arg,
				  .arg = arg,
				  .threads = files->threads > 0 ? files->threads : 1 };

	return scan_pass_run(&pass, error);
}
