#define _GNU_SOURCE /* O_PATH */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/temporary.h"

/* Files that are being written, so that die() and signal handlers can remove them. The arrays with their names are
 * never freed, because a signal may reach any thread at any moment. */
enum { UNFINISHED_MAX = 8 };
static struct {
    volatile sig_atomic_t held;
    char path[PATH_MAX];
} unfinished[UNFINISHED_MAX];

void outputs_discard(void)
{
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i].held)
            unlink(unfinished[i].path);
}

/* Removes unfinished files, then ends the program by the signal itself, so that the caller sees which signal it was. */
static void end_by_signal(int number)
{
    outputs_discard();
    signal(number, SIG_DFL);
    raise(number);
}

/* A signal that is ignored (nohup) stays ignored. */
static void catch_signals(void)
{
    static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sigaction before, action = { .sa_handler = end_by_signal };
        sigemptyset(&action.sa_mask);
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ends[i], &action, NULL);
    }
}

static void hold_unfinished(const char *path)
{
    static bool prepared;
    if (!prepared) {
        catch_signals();
        prepared = at_quick_exit(outputs_discard) == 0;
    }
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (!unfinished[i].held && strlen(path) < PATH_MAX) {
            strcpy(unfinished[i].path, path);
            unfinished[i].held = 1;
            return;
        }
}

static void release_unfinished(const char *path)
{
    for (int i = 0; i < UNFINISHED_MAX; i++)
        if (unfinished[i].held && strcmp(unfinished[i].path, path) == 0)
            unfinished[i].held = 0;
}

/* Whether `path` is one of the links that the system keeps for descriptors: /dev/stderr leads to such a link. */
static bool is_descriptor_link(const char *path)
{
    struct statfs system;
    int link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool kept = link >= 0 && fstatfs(link, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
    if (link >= 0)
        close(link);
    return kept;
}

/* The target of a link, relative to the link's own folder. Caller frees. */
static char *follow_link(const char *path)
{
    char text[PATH_MAX];
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length < 0)
        die_errno("%s: cannot be written", path);
    text[length] = 0;
    const char *slash = strrchr(path, '/');
    if (text[0] == '/' || !slash)
        return copy_string(text);
    return format_string("%.*s/%s", (int)(slash - path), path, text);
}

/* The regular file, existing or not, that `path` leads to; caller frees. NULL: the path is something else and is
 * written directly. */
static char *find_target(const char *path)
{
    enum { LINKS_MAX = 40 };
    struct stat about;
    char *target = copy_string(path);
    for (int links = 0; lstat(target, &about) == 0 && S_ISLNK(about.st_mode); links++) {
        if (links == LINKS_MAX) {
            errno = ELOOP;
            die_errno("%s: cannot be written", path);
        }
        bool descriptor = is_descriptor_link(target);
        char *next = descriptor ? NULL : follow_link(target);
        free(target);
        target = next;
        if (descriptor)
            return NULL;
    }
    if (stat(target, &about) || S_ISREG(about.st_mode))
        return target;
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        die_errno("%s: cannot be written", path);
    }
    free(target);
    return NULL;
}

/* Opens the temporary file of a target; returns -1 with errno on failure. */
static int open_beside(struct output *output)
{
    temporary_clean(output->target);
    int descriptor = temporary_create(output->target, &output->temporary);
    if (descriptor >= 0)
        hold_unfinished(output->temporary);
    return descriptor;
}

static struct output open_output(const char *path, bool in_place)
{
    const int appends = O_WRONLY | O_APPEND | O_CLOEXEC;
    struct output output = { .file = stdout };
    int descriptor;
    if (!path || strcmp(path, "-") == 0)
        return output;
    output.path = copy_string(path);
    output.target = find_target(path);
    if (!output.target)
        descriptor = open(path, appends);
    else if (in_place)
        descriptor = open(output.target, appends | O_CREAT | O_TRUNC, 0666);
    else
        descriptor = open_beside(&output);
    output.file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (!output.file)
        die_errno("%s: cannot be written", path);
    return output;
}

struct output output_open(const char *path)
{
    return open_output(path, false);
}

struct output output_open_in_place(const char *path)
{
    return open_output(path, true);
}

/* The folder that path names a file in; caller frees. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? format_string("%.*s/", (int)(slash - path), path) : copy_string(".");
}

static bool may(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

void output_check(const char *path)
{
    if (strcmp(path, "-") == 0)
        return;
    char *target = find_target(path);
    const char *file = target ? target : path;
    char *folder = folder_of(file);
    bool writable = may(file, F_OK) ? may(file, W_OK) : errno == ENOENT && may(folder, W_OK | X_OK);
    if (!writable)
        die_errno("%s: cannot be written", path);
    free(folder);
    free(target);
}

void output_flush(struct output *output)
{
    if (ferror(output->file) || fflush(output->file))
        die_errno("%s: cannot be written", output->path ? output->path : "standard output");
}

/* Puts the new name of a moved file on disk, too; a folder that cannot be synchronised is skipped. */
static void sync_folder_of(const char *path)
{
    char *folder = folder_of(path);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

/* Flush, close and move into place, unless it was written there. Returns false with errno. */
static bool finish(struct output *output)
{
    bool good = !ferror(output->file) && !fflush(output->file) && (!output->target || !fsync(fileno(output->file)));
    int reason = errno;
    if (fclose(output->file) && good) {
        good = false;
        reason = errno;
    }
    if (good && output->temporary && rename(output->temporary, output->target)) {
        good = false;
        reason = errno;
    }
    errno = reason;
    return good;
}

void output_close(struct output *output)
{
    if (!output->path) {
        close_stdout();
        return;
    }
    if (!finish(output))
        die_errno("%s: cannot be written", output->path);
    if (output->temporary) {
        sync_folder_of(output->target);
        release_unfinished(output->temporary);
    }
    free(output->path);
    free(output->target);
    free(output->temporary);
    *output = (struct output){ 0 };
}

void write_bytes(FILE *file, const char *path, const void *bytes, size_t size)
{
    if (size && fwrite(bytes, 1, size, file) != size)
        die_errno("%s: cannot be written", path ? path : "standard output");
}

void write_clean(FILE *file, const char *text)
{
    for (; *text; text++)
        putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, file);
}

void close_stdout(void)
{
    if (ferror(stdout) || fflush(stdout) || fclose(stdout))
        die_errno("standard output: cannot be written");
}
