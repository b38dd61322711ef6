/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mail/as_user.c - preloaded into mail servers that insist on being root and on users of their own.
 *
 * They believe that they are root and become whom they want. Nothing changes hands: all they do is done as the user who
 * runs the lab, in the lab's folder, and no user need be made on this machine. */
#include <dlfcn.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAND_IN "mail" /* a user every Debian has, for those a package would have made */

static uid_t real_user, user; /* what the program believes; root at first */
static gid_t real_group, group;

uid_t getuid(void)
{
	return real_user;
}

uid_t geteuid(void)
{
	return user;
}

gid_t getgid(void)
{
	return real_group;
}

gid_t getegid(void)
{
	return group;
}

int setuid(uid_t to)
{
	real_user = user = to;
	return 0;
}

int setgid(gid_t to)
{
	real_group = group = to;
	return 0;
}

int seteuid(uid_t to)
{
	user = to;
	return 0;
}

int setegid(gid_t to)
{
	group = to;
	return 0;
}

int setgroups(size_t count, const gid_t *groups)
{
	(void)count;
	(void)groups;
	return 0;
}

int initgroups(const char *name, gid_t to)
{
	(void)name;
	(void)to;
	return 0;
}

int chown(const char *path, uid_t owner, gid_t to)
{
	(void)path;
	(void)owner;
	(void)to;
	return 0;
}

int fchown(int fd, uid_t owner, gid_t to)
{
	(void)fd;
	(void)owner;
	(void)to;
	return 0;
}

/* Files of whoever runs us are root's: Exim takes no configuration of anybody else. */
int fstat(int fd, struct stat *info)
{
	int (*real)(int, struct stat *) = (int (*)(int, struct stat *))dlsym(RTLD_NEXT, "fstat");
	int status = real(fd, info);

	if (status == 0 && info->st_uid == (uid_t)syscall(SYS_getuid)) {
		info->st_uid = 0;
		info->st_gid = 0;
	}
	return status;
}

struct passwd *getpwnam(const char *name)
{
	struct passwd *(*real)(const char *) = (struct passwd * (*)(const char *)) dlsym(RTLD_NEXT, "getpwnam");
	struct passwd *found = real(name);

	return found ? found : real(STAND_IN);
}

struct group *getgrnam(const char *name)
{
	struct group *(*real)(const char *) = (struct group * (*)(const char *)) dlsym(RTLD_NEXT, "getgrnam");
	struct group *found = real(name);

	return found ? found : real(STAND_IN);
}
