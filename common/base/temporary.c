#define _GNU_SOURCE /* mkostemps, flock */
#include "base/temporary.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static const char ending[] = ".tale.tmp";
enum { RANDOM = 6, ADDED = 1 + RANDOM + sizeof ending - 1 }; /* ".XXXXXX.tale.tmp" */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The number of characters of the target's name that the temporary name uses: all, unless the name would be too
 * long. */
static int stem_length(const char *base)
{
    size_t length = strlen(base), most = NAME_MAX - ADDED;
    return (int)(length < most ? length : most);
}

/* Whether `name` is the name of a temporary file for the target with that base name. */
static bool is_temporary(const char *name, const char *base)
{
    size_t stem = (size_t)stem_length(base);
    if (strlen(name) != stem + ADDED || strncmp(name, base, stem) != 0 || name[stem] != '.' ||
        strcmp(name + stem + 1 + RANDOM, ending) != 0)
        return false;
    for (int i = 1; i <= RANDOM; i++)
        if (!isalnum((unsigned char)name[stem + (size_t)i]))
            return false;
    return true;
}

/* Removes a file unless another process has locked it. */
static void remove_unlocked(int folder, const char *name)
{
    struct stat about;
    int descriptor = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return;
    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
        flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(descriptor);
}

void temporary_clean(const char *target)
{
    const char *base = base_of(target);
    char *path = base == target ? copy_string(".") : format_string("%.*s", (int)(base - target), target);
    DIR *folder = opendir(path);
    struct dirent *entry;
    free(path);
    while (folder && (entry = readdir(folder)))
        if (is_temporary(entry->d_name, base))
            remove_unlocked(dirfd(folder), entry->d_name);
    if (folder)
        closedir(folder);
}

/* The permissions of the new file. */
static mode_t mode_for(const char *target)
{
    struct stat about;
    mode_t mask = umask(0);
    umask(mask);
    return stat(target, &about) == 0 ? about.st_mode & 0777 : 0666 & ~mask;
}

/* Whether the open file is still at `path`: another program may have removed it before it was locked. */
static bool stands_at(int descriptor, const char *path)
{
    struct stat here, there;
    return fstat(descriptor, &here) == 0 && lstat(path, &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

int temporary_create(const char *target, char **path)
{
    const char *base = base_of(target);
    for (;;) {
        *path = format_string("%.*s.XXXXXX%s", (int)(base - target) + stem_length(base), target, ending);
        int descriptor = mkostemps(*path, sizeof ending - 1, O_CLOEXEC);
        if (descriptor < 0) {
            free(*path);
            return -1;
        }
        flock(descriptor, LOCK_EX); /* some file systems have no locks: there, nothing is ever removed */
        if (stands_at(descriptor, *path)) {
            fchmod(descriptor, mode_for(target));
            return descriptor;
        }
        close(descriptor);
        free(*path);
    }
}
